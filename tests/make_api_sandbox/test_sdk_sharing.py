"""Publishing custom apps, invitations, installations and icons."""

import struct
import zlib
from typing import TYPE_CHECKING

import pytest

from .sdk import app, approve, module, put_text

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

SIGNATURE = b"\x89PNG\r\n\x1a\n"


async def published(studio: "Studio") -> tuple[str, str]:
    """A published app with a module; its name and the token of its invitation."""
    name = await app(studio)
    await module(studio, name)
    await studio.post(f"/sdk/apps/{name}/1/modules/getPot/public")
    await module(studio, name, "hidden")
    answer = await studio.post(f"/sdk/apps/{name}/1/public")
    assert answer["public"] is True
    return name, answer["inviteToken"]


async def test_an_invitation_shows_only_public_modules(studio: "Studio") -> None:
    name, token = await published(studio)
    invite = (await studio.get(f"/sdk/apps/invites/{token}"))["appInvite"]
    assert invite == {
        "name": name,
        "label": "Kiln",
        "theme": "#000000",
        "created": "2026-03-04T08:30:15.000Z",
        "access": True,
        "manifestBasic": {
            "icon": f"/img/apps/{name}.png",
            "name": f"app#{name}",
            "label": "Kiln",
            "theme": "#000000",
            "groups": [],
            "public": True,
            "actions": [
                {
                    "name": "getPot",
                    "label": "Get a pot",
                    "public": True,
                    "approved": False,
                    "description": "",
                    "responder": False,
                }
            ],
            "version": "1.0.0",
            "searches": [],
            "triggers": [],
            "description": None,
        },
        "language": "en",
        "installable": [{"id": 1, "name": "Berg Studio"}],
    }


async def test_a_stranger_installs_an_app_as_the_licence_allows(studio: "Studio") -> None:
    name, token = await published(studio)
    stranger = studio.token("sdk-apps:read", "sdk-apps:write", user=2)
    path = f"/sdk/apps/invites/{token}"
    invite = (await studio.call("GET", path, token=stranger)).json()["appInvite"]
    assert invite["installable"] == []
    body = {"organizationIds": [2]}
    refused = await studio.call("POST", path, body, token=stranger)
    assert refused.json()["code"] == "IM903"
    studio.world.update("organizations", 2, license={"installPublicApps": True})
    accepted = (await studio.call("POST", path, body, token=stranger)).json()["appInvite"]
    assert (accepted["name"], accepted["version"]) == (name, 1)
    assert "installable" not in accepted
    foreign = await studio.call("POST", path, {"organizationIds": [1]}, token=stranger)
    assert foreign.status_code == 403
    kept = await studio.call("POST", f"/sdk/apps/{name}/1/private")
    assert kept.json()["code"] == "IM005"
    uninstall = f"/sdk/apps/{name}/1/uninstall"
    removed = await studio.call("POST", uninstall, {"organizationId": 2}, token=stranger)
    assert removed.json() == [
        {
            "name": name,
            "label": "Kiln",
            "appVersion": 1,
            "organizationId": 2,
            "installedAt": "2026-03-04T08:30:15.000Z",
            "userId": "2",
            "theme": "#000000",
        }
    ]
    again = await studio.call("POST", uninstall, {"organizationId": 2}, token=stranger)
    assert again.status_code == 404


async def test_an_organization_keeps_an_app_that_its_scenarios_use(studio: "Studio") -> None:
    name, token = await published(studio)
    await studio.post(f"/sdk/apps/invites/{token}", {"organizationIds": [1]})
    studio.scenario("Pots", {"module": f"app#{name}:getPot", "parameters": {}})
    answer = await studio.call("POST", f"/sdk/apps/{name}/1/uninstall", {"organizationId": 1})
    assert answer.json()["code"] == "IM005"


async def test_an_invitation_ends_when_the_app_is_withdrawn(studio: "Studio") -> None:
    name, token = await published(studio)
    withdrawn = await studio.post(f"/sdk/apps/{name}/1/private")
    assert withdrawn == {"public": False, "inviteToken": None}
    assert (await studio.call("GET", f"/sdk/apps/invites/{token}")).status_code == 404
    approve(studio, name)
    answer = await studio.call("POST", f"/sdk/apps/{name}/1/private")
    assert answer.json()["code"] == "IM005"


# Icons


def chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check


def picture(side: int, *, filter: int = 0, colour: int = 6, depth: int = 8) -> bytes:
    """A PNG whose left half is red and whose right half is blue."""
    pixels = {
        6: (b"\xff\0\0\xff", b"\0\0\xff\xff"),
        2: (b"\xff\0\0", b"\0\0\xff"),
        3: (b"\0", b"\1"),
    }[colour]
    line = pixels[0] * (side // 2) + pixels[1] * (side // 2)
    if filter == 1:
        width = len(pixels[0])
        shifted = b"\0" * width + line[:-width]
        line = bytes((a - b) & 255 for a, b in zip(line, shifted, strict=True))
    rows = [bytes([filter]) + line] * side
    if filter in (2, 3, 4):
        left = (b"\0" * len(pixels[0]) + line)[: len(line)]
        means = bytes((a + b) // 2 for a, b in zip(left, line, strict=True))
        guess = means if filter == 3 else line
        rest = bytes((a - b) & 255 for a, b in zip(line, guess, strict=True))
        rows = [b"\0" + line, *[bytes([filter]) + rest] * (side - 1)]
    head = struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, 0)
    palette = chunk(b"PLTE", b"\xff\0\0\0\0\xff") if colour == 3 else b""
    data = chunk(b"IDAT", zlib.compress(b"".join(rows)))
    return SIGNATURE + chunk(b"IHDR", head) + palette + data + chunk(b"IEND", b"")


def pixels(png: bytes, side: int) -> list[bytes]:
    """The RGBA pixels of the first line of a PNG that uses no filter there."""
    start = png.index(b"IDAT") + 4
    (length,) = struct.unpack_from(">I", png, start - 8)
    line = zlib.decompress(png[start : start + length])[1 : 1 + 4 * side]
    return [line[at : at + 4] for at in range(0, len(line), 4)]


@pytest.mark.parametrize(
    ("filter", "colour"), [(0, 6), (1, 6), (2, 6), (3, 6), (4, 6), (0, 2), (1, 2), (0, 3)]
)
async def test_an_icon_is_shown_in_every_size(studio: "Studio", filter: int, colour: int) -> None:
    path = f"/sdk/apps/{await app(studio)}/1/icon"
    assert (await studio.call("GET", f"{path}/512")).status_code == 404
    icon = picture(512, filter=filter, colour=colour)
    assert (await put_text(studio, path, icon, "image/png")).json() == {"changed": True}
    shown = await studio.call("GET", f"{path}/512")
    assert (shown.content, shown.headers["content-type"]) == (icon, "image/png")
    small = (await studio.call("GET", f"{path}/32")).content
    assert struct.unpack_from(">II", small, 16) == (32, 32)
    assert pixels(small, 32) == [b"\xff\0\0\xff"] * 16 + [b"\0\0\xff\xff"] * 16
    assert (await studio.call("GET", f"{path}/100")).status_code == 400


async def test_transparent_pixels_lend_no_colour_to_a_smaller_icon(studio: "Studio") -> None:
    path = f"/sdk/apps/{await app(studio)}/1/icon"
    line = (b"\xff\0\0\xff" + b"\0\0\xff\0") * 256
    head = struct.pack(">IIBBBBB", 512, 512, 8, 6, 0, 0, 0)
    data = zlib.compress((b"\0" + line) * 512)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    await put_text(studio, path, SIGNATURE + chunks, "image/png")
    small = (await studio.call("GET", f"{path}/256")).content
    assert pixels(small, 256) == [b"\xff\0\0\x7f"] * 256


@pytest.mark.parametrize(
    ("icon", "said"),
    [
        (b"GIF89a", "no PNG"),
        (picture(256), "512 x 512"),
        (picture(512)[:-5], "cut short"),
        (picture(512).replace(b"IDAT", b"IDAX"), "damaged"),
        (picture(512, depth=4), "8 bits"),
    ],
)
async def test_a_wrong_icon_is_refused(studio: "Studio", icon: bytes, said: str) -> None:
    path = f"/sdk/apps/{await app(studio)}/1/icon"
    answer = await put_text(studio, path, icon, "image/png")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert (await studio.call("GET", f"{path}/512")).status_code == 404


async def test_an_icon_that_is_too_large_is_refused(studio: "Studio") -> None:
    path = f"/sdk/apps/{await app(studio)}/1/icon"
    assert (await put_text(studio, path, b"x" * 600_000, "image/png")).status_code == 413
