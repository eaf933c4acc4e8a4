"""Custom apps to test with."""

from typing import TYPE_CHECKING, Any

from make_api_sandbox.tokens import OWNER_TOKEN

if TYPE_CHECKING:
    import httpx

    from .conftest import Studio


async def app(studio: "Studio", name: str = "kiln") -> str:
    """A new private app of the owner; its name."""
    body = {"name": name, "label": "Kiln", "audience": "global"}
    return (await studio.post("/sdk/apps", body))["app"]["name"]


async def module(studio: "Studio", app: str, name: str = "getPot", **more: Any) -> dict[str, Any]:
    """A new module of version 1 of an app, an action unless said otherwise."""
    body = {"name": name, "typeId": 4, "label": "Get a pot"} | more
    return (await studio.post(f"/sdk/apps/{app}/1/modules", body))["appModule"]


async def put_text(
    studio: "Studio", path: str, content: str | bytes, media: str = "application/jsonc"
) -> "httpx.Response":
    """Send a section."""
    headers = {"Authorization": f"Token {OWNER_TOKEN}", "Content-Type": media}
    return await studio.http.put(f"/api/v2{path}", content=content, headers=headers)


async def read_text(studio: "Studio", path: str) -> "httpx.Response":
    """Get a section; must succeed."""
    answer = await studio.call("GET", path)
    assert answer.status_code == 200, answer.text
    return answer


def approve(studio: "Studio", name: str) -> None:
    """Approve an app, which only people of Make do."""
    studio.world.execute("UPDATE sdk_apps SET public = 1, approved = 1 WHERE name = ?", name)


def allow_apps(studio: "Studio", *more: str) -> None:
    """Give the owner the feature of people who develop Make's own apps."""
    features = dict.fromkeys(("allow_apps", *more), True)
    studio.world.update("users", 1, features=features)
