"""The code of an app as a whole: base, groups, install, common data, readme, icon."""

from typing import Any, ClassVar, Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    Output,
    Undo,
    put,
)
from pydantic import Field, RootModel

from make_mcp_core_tools._engine.app_code import parts_of, section_text, shown_code
from make_mcp_core_tools._engine.app_icons import SIDE, icon_or_none, png_size
from make_mcp_core_tools._engine.app_writing import (
    as_text,
    changes,
    fingerprint,
    refuse_faulty,
    same_code,
    section_request,
    section_undo,
    waits,
)
from make_mcp_core_tools._engine.custom_apps import (
    READ,
    WRITE,
    AppName,
    AppSection,
    Major,
    Place,
    read_app,
)
from make_mcp_core_tools.custom_apps.declared import category

# Inputs


class GetSection(Input):
    name: AppName
    """Name of the app."""
    version: Major = 1
    """Major version."""
    section: AppSection | Literal["icon"]
    """`base` is shared by all requests; `common` holds secrets, of which only names are shown."""
    size: Literal[16, 32, 64, 128, 256, 512] = 512
    """With `icon`: pixels."""
    max_bytes: int | None = Field(default=None, ge=1_000)
    """Size of the answer; the rest becomes a link."""


class SetSection(Input):
    name: AppName
    """Name of the app."""
    version: Major = 1
    """Major version."""
    section: AppSection | Literal["icon"]
    """`common` takes an object with the app's secrets, such as an OAuth client."""
    content: str | Document | list[Json]
    """The whole new section; of `icon` a PNG of 512 by 512 pixels in base64."""


# Outputs


class SectionCode(Output):
    reveals: ClassVar[tuple[str, ...]] = ("content",)

    name: str
    version: int
    section: str
    content: str = ""
    """As it stands in Make, comments included; literal secrets are hidden."""
    png_base64: str | None = None
    """The icon."""


class SectionSaved(Output):
    name: str
    version: int
    section: str
    changed: bool
    diff: list[str] = []
    waits_for_commit: bool | None = None
    """True in an approved app: the change holds for others once it is committed in Make."""


class Answered(RootModel[Json]):
    """An answer of any form."""


# Tools


@category.tool(
    scope=READ,
    effect="read",
    formerly=(
        "sdk-apps_get-section",
        "sdk-apps_get-docs",
        "sdk-apps_get-common",
        "sdk-apps_get-icon",
    ),
    words=("readme", "base url", "oauth client", "code"),
)
async def custom_app_section_get(make: Make, args: GetSection) -> SectionCode:
    """Show one code section of a custom app, its readme or its icon."""
    place = Place(args.name, args.version)
    head: dict[str, Any] = {"name": args.name, "version": args.version, "section": args.section}
    if args.section == "icon":
        return SectionCode(**head, png_base64=await _icon(make, place, args.size))
    text = await section_text(make, place, args.section)
    return SectionCode(**head, content=shown_code(args.section, text))


@category.tool(
    scope=WRITE,
    effect="update",
    formerly=(
        "sdk-apps_set-section",
        "sdk-apps_set-docs",
        "sdk-apps_set-common",
        "sdk-apps_set-icon",
    ),
    words=("readme", "base url", "oauth client secret", "code"),
)
async def custom_app_section_set(make: Make, args: SetSection) -> SectionSaved:
    """Replace one code section of a custom app, checked first; the answer tells the difference.

    Hidden secrets have to be filled in again. An undo brings back the former code.
    """
    place, section = Place(args.name, args.version), args.section
    if section == "icon":
        return await _set_icon(make, place, args.content)
    text = as_text(section, args.content)
    parts = await parts_of(make, place, ("function",))
    refuse_faulty(section, text, [part.place.name for part in parts], "custom_app_section_set")
    former = await section_text(make, place, section)
    told: dict[str, Any] = {"name": args.name, "version": args.version, "section": section}
    if same_code(section, former, text):
        return SectionSaved(**told, changed=False)
    diff = changes(section, former, text)
    make.shows(*diff)
    answer = await make.write(
        section_request(place, section, text),
        into=Answered,
        says=f"Replace `{section}` of {place.title}",
        before={"sha256": fingerprint(former)},
        predict={},
        undo=section_undo(place, section, former),
    )
    return SectionSaved(**told, changed=True, diff=diff, waits_for_commit=waits(answer.root))


# Parts


async def _icon(make: Make, place: Place, size: int) -> str:
    icon = await icon_or_none(make, place, size)
    if icon is None:
        await read_app(make, place)
        raise Failure(
            f"The {place.title} has no icon yet.",
            next_step="Give it one: `custom_app_section_set` with section=icon.",
            code="no_icon",
            status=404,
        )
    return icon


async def _set_icon(make: Make, place: Place, content: str | Document | list[Json]) -> SectionSaved:
    icon = content if isinstance(content, str) else ""
    size = png_size(icon)
    if size != (SIDE, SIDE):
        found = f"It has {size[0]} by {size[1]}." if size else "It is no PNG in base64."
        raise Failure(
            f"An icon is a PNG of {SIDE} by {SIDE} pixels.",
            why=found,
            next_step="Call again with such a picture as `content`, in base64.",
            code="invalid_icon",
        )
    former = await icon_or_none(make, place)
    told: dict[str, Any] = {"name": place.app, "version": place.version, "section": "icon"}
    if former == icon:
        return SectionSaved(**told, changed=False)
    path = f"{place.path}/icon"
    await make.write(
        put(path, icon, media_type="image/png"),
        into=Answered,
        says=f"Replace the icon of {place.title}",
        before={"sha256": fingerprint(former or "")},
        predict={},
        undo=Undo((put(path, former, media_type="image/png"),))
        if former
        else Irreversible("Make has no way back to no icon."),
    )
    return SectionSaved(**told, changed=True)
