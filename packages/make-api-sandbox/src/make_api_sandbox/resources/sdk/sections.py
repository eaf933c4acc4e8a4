"""The code of apps and components: texts that are kept byte for byte.

Changes of an approved app wait until they are committed; those of any other app hold at once, and
the answer then names no change (Make's page on app maintenance).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError, not_found
from make_api_sandbox.resources.sdk import jsonc
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

JSONC, JAVASCRIPT, MARKDOWN = "application/jsonc", "application/javascript", "text/markdown"

TABLES = {
    "app": "apps",
    "module": "apps_modules",
    "endpoint": "apps_endpoints",
    "rpc": "apps_rpcs",
    "connection": "apps_connections",
    "webhook": "apps_webhooks",
    "function": "function",
}
"""Group of a change by what was changed; those of apps, modules, endpoints and webhooks are not
documented and follow the others."""

LISTS = frozenset({"groups", "parameters", "expect", "interface", "scope", "installSpec"})
OBJECTS = frozenset({"common", "install", "attach", "detach", "update", "epoch"})


@dataclass(frozen=True)
class Place:
    """Whose code: an app version itself, or one of its components."""

    app: Row
    component: Row | None = None

    @property
    def kind(self) -> str:
        """`app`, or the kind of the component."""
        return self.component["kind"] if self.component else "app"

    @property
    def name(self) -> str:
        """Name of the component, or of the app."""
        return (self.component or self.app)["name"]

    @property
    def component_id(self) -> int | None:
        """Id of the component; None for the app itself."""
        return self.component["id"] if self.component else None


def known(code: str, allowed: Iterable[str]) -> str:
    """A section of the path, or a 404."""
    if code not in allowed:
        raise not_found("Section")
    return code


def read(world: World, place: Place, code: str, default: str = "") -> str:
    """The text of a section as it was last sent."""
    content = world.value(
        "SELECT content FROM sdk_sections WHERE app_id = ? AND component_id IS ? AND code = ?",
        place.app["id"],
        place.component_id,
        code,
    )
    return default if content is None else content


def parsed(world: World, place: Place, code: str, default: str = "") -> Any:
    """The value of a section."""
    return jsonc.parse(read(world, place, code, default))


def shown(world: World, place: Place, code: str, default: str, media: str = JSONC) -> Response:
    """A section as the answer of its endpoint."""
    return Response(read(world, place, code, default), media_type=media)


def store(world: World, place: Place, code: str, content: str) -> JsonObject:
    """Replace a section.

    Returns:
        The change that waits for a commit; empty unless the app is approved.
    """
    old = read(world, place, code)
    world.execute(
        "DELETE FROM sdk_sections WHERE app_id = ? AND component_id IS ? AND code = ?",
        place.app["id"],
        place.component_id,
        code,
    )
    world.insert(
        "sdk_sections",
        app_id=place.app["id"],
        component_id=place.component_id,
        code=code,
        content=content,
    )
    return _change(world, place, code, old, content) if place.app["approved"] else {}


def fill(world: World, place: Place, texts: Mapping[str, str]) -> None:
    """Give something new its first code, which is no change of anything."""
    world.insert_many(
        "sdk_sections",
        [
            {
                "app_id": place.app["id"],
                "component_id": place.component_id,
                "code": code,
                "content": content,
            }
            for code, content in texts.items()
        ],
    )


def texts(world: World, place: Place) -> dict[str, str]:
    """All sections of an app or component that hold code, by name."""
    rows = world.rows(
        "SELECT code, content FROM sdk_sections WHERE app_id = ? AND component_id IS ?"
        " ORDER BY code",
        place.app["id"],
        place.component_id,
    )
    return {row["code"]: row["content"] for row in rows}


def body_text(call: Call) -> str:
    """The body as text.

    Raises:
        ApiError: 400 when it is no UTF-8.
    """
    try:
        return call.raw_body.decode()
    except UnicodeDecodeError as error:
        raise ApiError(400, "SC400", "The body is not UTF-8 text.") from error


def body_code(call: Call, code: str) -> str:
    """The body as the text of a JSON section.

    Raises:
        ApiError: 400 when it does not parse or is no list or object where the section needs one.
    """
    content = body_text(call)
    try:
        value = jsonc.parse(content)
    except ValueError as error:
        raise ApiError(400, "SC400", "Invalid JSON body.", detail=str(error)) from error
    fault = _misfit(code, value)
    if fault:
        raise ApiError(400, "SC400", "Invalid JSON body.", detail=f"'{code}' {fault}")
    return content


def _misfit(code: str, value: Any) -> str | None:
    """What is wrong with the outermost value; an `rpc://` text may stand for a list."""
    if code in LISTS and not isinstance(value, list | str):
        return "should be array"
    if code in OBJECTS and not isinstance(value, dict):
        return "should be object"
    if not isinstance(value, dict | list | str):
        return "should be object or array"
    return None


# Changes


def _change(world: World, place: Place, code: str, old: str, new: str) -> JsonObject:
    waiting = world.row(
        "SELECT * FROM sdk_changes WHERE app_id = ? AND component_id IS ? AND code = ?",
        place.app["id"],
        place.component_id,
        code,
    )
    first = waiting["old_content"] if waiting else old
    if first == new:
        if waiting:
            world.delete("sdk_changes", waiting["id"])
        return {}
    if waiting:
        world.update("sdk_changes", waiting["id"], new_content=new)
        return present_change(
            world.rows("SELECT * FROM sdk_changes WHERE id = ?", waiting["id"])[0]
        )
    ident = world.insert(
        "sdk_changes",
        app_id=place.app["id"],
        component_id=place.component_id,
        table_name=TABLES[place.kind],
        item=place.name,
        code=code,
        old_content=first,
        new_content=new,
    )
    return present_change(world.rows("SELECT * FROM sdk_changes WHERE id = ?", ident)[0])


def present_change(row: Row) -> JsonObject:
    """A change with both texts."""
    return {
        **present_place(row),
        "oldValue": row["old_content"],
        "newValue": row["new_content"],
    }


def present_place(row: Row) -> JsonObject:
    """Where a change is, as the `changes` of an app or component list it."""
    return {
        "id": row["id"],
        "group": row["table_name"],
        "item": row["item"],
        "code": row["code"],
    }


def changes_of(world: World, place: Place) -> list[JsonObject]:
    """What waits for a commit; for an app all of it, its components included."""
    rows = world.rows(
        "SELECT * FROM sdk_changes WHERE app_id = ? AND (? IS NULL OR component_id = ?)"
        " ORDER BY id",
        place.app["id"],
        place.component_id,
        place.component_id,
    )
    return [present_place(row) for row in rows]
