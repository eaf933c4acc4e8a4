"""Who may see and change a custom app.

An app belongs to the person who made it. Others read it when it is open source; to everybody else
it does not exist. Apps are no organization's, so these calls count against no rate limit (not
documented).
"""

from collections.abc import Callable

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import Context
from make_api_sandbox.http.errors import not_found, permission_denied, refused
from make_api_sandbox.scenarios.documents import all_modules
from make_api_sandbox.shapes import Row
from make_api_sandbox.world import World

READ, WRITE = "sdk-apps:read", "sdk-apps:write"
VERSION = "/sdk/apps/{app}/{ver}"


def own_version(call: Call) -> None:
    """The caller's own app version in the path, for writing."""
    app = _readable(call, find(call.world, call.path("app"), call.path_id("ver")))
    _require_author(call, app)
    call.entity = app


def readable_version(call: Call) -> None:
    """An app version in the path that the caller may read."""
    call.entity = _readable(call, find(call.world, call.path("app"), call.path_id("ver")))


def own_app(call: Call) -> None:
    """The newest version of the caller's own app in the path, where the path has no version."""
    app = _readable(call, newest(call.world, call.path("app")))
    _require_author(call, app)
    call.entity = app


def readable_app(call: Call) -> None:
    """The newest version of a readable app, where the path has no version."""
    call.entity = _readable(call, newest(call.world, call.path("app")))


def unversioned(kind: str, *, write: bool) -> Context:
    """A connection or webhook named in the path; `entity` is its component."""

    def enter(call: Call) -> None:
        found = call.world.row(
            "SELECT * FROM sdk_components WHERE kind = ? AND name = ?", kind, call.path(kind)
        )
        app = call.world.get("sdk_apps", found["app_id"]) if found else None
        if found is None or app is None or not may_read(call, app):
            raise not_found(kind.capitalize())
        if write:
            _require_author(call, app)
        call.entity = found

    return enter


def component(kind: str, *, write: bool) -> Context:
    """A component of an app version, both named in the path; `entity` is the component."""
    version: Callable[[Call], None] = own_version if write else readable_version

    def enter(call: Call) -> None:
        version(call)
        found = call.world.row(
            "SELECT * FROM sdk_components WHERE app_id = ? AND kind = ? AND name = ?",
            call.entity["id"],
            kind,
            call.path(kind),
        )
        if found is None:
            raise not_found(kind.capitalize())
        call.entity = found

    return enter


def app_of(call: Call) -> Row:
    """The app version that the component in context belongs to."""
    return call.world.rows("SELECT * FROM sdk_apps WHERE id = ?", call.entity["app_id"])[0]


def find(world: World, name: str, version: int) -> Row | None:
    """One version of an app."""
    return world.row("SELECT * FROM sdk_apps WHERE name = ? AND version = ?", name, version)


def newest(world: World, name: str) -> Row | None:
    """The highest version of an app."""
    return world.row("SELECT * FROM sdk_apps WHERE name = ? ORDER BY version DESC LIMIT 1", name)


def may_read(call: Call, app: Row) -> bool:
    """True for the author, and for everybody when the app is open source."""
    return app["author_id"] == call.user_id or app["opensource"]


def require_feature(call: Call, feature: str) -> None:
    """Refuse with 403 unless the caller's account has a feature of the apps platform."""
    if not call.user["features"].get(feature):
        raise permission_denied()


def refuse_when_public(app: Row, action: str) -> None:
    """Refuse what a published app no longer allows.

    The rules are those of Make's page on the visibility of apps; the code is not documented.
    """
    if app["public"]:
        raise refused(f"The app is published, so {action}.")


def refuse_used_in_scenarios(world: World, app: Row, module: str | None = None) -> None:
    """Refuse what scenarios still need: an app version, or one module of it."""
    uses = scenarios_using_app(world, app, module)
    if uses:
        thing = f"module '{module}'" if module else "app"
        raise refused(f"The {thing} is used in {len(uses)} scenario(s); remove it there first.")


def scenarios_using_app(world: World, app: Row, module: str | None = None) -> list[Row]:
    """Scenarios of anyone whose blueprint holds a module of this app version."""
    slug = f"app#{app['name']}:{module or ''}"
    rows = world.rows(
        "SELECT id, team_id, name, blueprint FROM scenarios"
        " WHERE instr(CAST(blueprint AS TEXT), ?) ORDER BY id",
        slug,
    )
    return [row for row in rows if _holds(row, slug, app["version"], exact=module is not None)]


def _holds(scenario: Row, slug: str, version: int, *, exact: bool) -> bool:
    return any(
        found.get("version") == version
        and (found.get("module") == slug if exact else str(found.get("module")).startswith(slug))
        for found in all_modules(scenario["blueprint"])
    )


def _readable(call: Call, app: Row | None) -> Row:
    if app is None or not may_read(call, app):
        raise not_found("App")
    return app


def _require_author(call: Call, app: Row) -> None:
    if app["author_id"] != call.user_id:
        raise permission_denied()
