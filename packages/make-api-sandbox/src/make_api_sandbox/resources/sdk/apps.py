"""Custom apps themselves (API reference, chapter 2.30)."""

from typing import Any

from make_api_sandbox.http.body import (
    boolean,
    choice,
    list_of,
    members,
    name_text,
    text,
)
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.errors import invalid_parameters, missing, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, names, sections
from make_api_sandbox.resources.sdk.access import READ, VERSION, WRITE
from make_api_sandbox.resources.sdk.events import note
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

BRIEF = ("name", "label", "description", "version", "beta", "theme", "language", "public")
DETAIL = (*BRIEF, "approved", "global", "countries", "created", "manifestVersion")
MORE = (
    "versionFull",
    "opensource",
    "changes",
    "compile",
    "compiledName",
    "compilationError",
    "inReview",
    "inviteToken",
    "ipmRepo",
    "origin",
)
APP = Columns(DETAIL, MORE)
LISTED = Columns(
    ("name", "label", "version", "beta"),
    tuple(name for name in (*DETAIL, *MORE) if name not in ("name", "label", "version", "beta")),
)
CREATED = ("name", "label", "version", "theme", "public", "approved")
EDITED = ("name", "label", "description", "version", "theme", "public")
AUDIENCES = ("global", "countries")
DEFAULT_THEME = "#000000"
"""Of an app made without a colour; Make's own is not documented."""

FIRST_CODE = {
    "base": '{\n    "baseUrl": "https://www.example.com",\n    "headers": {},\n    "log": {\n'
    '        "sanitize": ["request.headers.authorization"]\n    }\n}\n',
    "groups": "[]",
    "install": "{}",
    "installSpec": "[]",
    "common": "{}",
    "readme": "",
}
MOST_NAMES = 500


@route("GET", "/sdk/apps", scope=READ)
def list_apps(call: Call) -> JsonObject:
    """The caller's apps by name and version.

    `opensource=true` lists the open-source apps of everybody instead, `all=true` both. What they
    mean exactly is not documented.
    """
    opensource, everything = call.query_flag("opensource"), call.query_flag("all")
    rows = call.world.rows(
        "SELECT * FROM sdk_apps WHERE (author_id = ? AND (NOT ? OR ?)) OR (opensource AND ?)"
        " ORDER BY name, version",
        call.user_id,
        bool(opensource),
        bool(everything),
        bool(opensource or everything),
    )
    return {"apps": LISTED.pick_all([present(call.world, row) for row in rows], call.cols)}


@route(
    "POST",
    "/sdk/apps",
    scope=WRITE,
    body=members(
        name=names.app_name(),
        label=name_text(),
        description=text().optional().or_null(),
        theme=names.theme().optional(),
        language=text(10, 2).optional(),
        countries=list_of(text(2, 2)).optional().or_null(),
        private=boolean().optional(),
        audience=choice(*AUDIENCES),
    ),
)
def create_app(call: Call) -> JsonObject:
    """Make version 1 of an app; its name gets an ending unless the account may do without.

    `private: false` publishes it at once (not documented).
    """
    _refuse_no_countries(call.body)
    name = available_name(call, call.body["name"])
    ident = call.world.insert(
        "sdk_apps",
        author_id=call.user_id,
        name=name,
        version=1,
        **{"theme": DEFAULT_THEME, "language": "en", **_columns(call.body)},
        created=call.clock.stamp(),
    )
    if call.body.get("private") is False:
        call.world.update("sdk_apps", ident, public=True, invite_token=call.world.fresh_uuid())
    app = _row(call.world, ident)
    sections.fill(call.world, Place(app), FIRST_CODE)
    note(call, app, "App created.")
    return {"app": pick(call.world, app, CREATED)}


@route("GET", "/sdk/apps/themes", scope=READ)
def list_themes(call: Call) -> JsonObject:
    """Label and colour of the named apps; unknown names are left out."""
    wanted = [name for name in (call.query("names") or "").split(",") if name]
    if not wanted:
        raise invalid_parameters([missing("names")])
    if len(wanted) > MOST_NAMES:
        raise invalid_parameters([("names", f"'names' should NOT have more than {MOST_NAMES}.")])
    found = [access.newest(call.world, name) for name in dict.fromkeys(wanted)]
    return {"apps": [_theme(app) for app in found if app and (app["public"] or mine(call, app))]}


@route("GET", VERSION, scope=READ, context=access.readable_version)
def get_app(call: Call) -> JsonObject:
    """One version of an app."""
    return {"app": APP.pick(present(call.world, call.entity), call.cols)}


@route(
    "PATCH",
    VERSION,
    scope=WRITE,
    context=access.own_version,
    body=members(
        label=name_text().optional(),
        description=text().optional().or_null(),
        theme=names.theme().optional(),
        language=text(10, 2).optional(),
        countries=list_of(text(2, 2)).optional().or_null(),
        audience=choice(*AUDIENCES).optional(),
    ),
)
def edit_app(call: Call) -> JsonObject:
    """Change what people see of an app."""
    _refuse_no_countries(call.body)
    call.world.update("sdk_apps", call.entity["id"], **_columns(call.body))
    return {"app": pick(call.world, _row(call.world, call.entity["id"]), EDITED)}


@route("DELETE", VERSION, scope=WRITE, context=access.own_version)
def delete_app(call: Call) -> JsonObject:
    """Remove a private app version that no scenario uses."""
    app = call.entity
    access.refuse_when_public(app, "it cannot be deleted")
    access.refuse_used_in_scenarios(call.world, app)
    _leave_to_other_version(call.world, app)
    call.world.delete("sdk_apps", app["id"])
    return {"app": app["name"]}


def _leave_to_other_version(world: World, app: Row) -> None:
    """Connections and webhooks belong to all versions, so they go only with the last one."""
    other = world.value(
        "SELECT id FROM sdk_apps WHERE name = ? AND id <> ? ORDER BY version DESC LIMIT 1",
        app["name"],
        app["id"],
    )
    if other is None:
        return
    shared = world.rows(
        "SELECT id FROM sdk_components WHERE app_id = ? AND kind IN ('connection', 'webhook')",
        app["id"],
    )
    for row in shared:
        world.update("sdk_components", row["id"], app_id=other)
        for table in ("sdk_sections", "sdk_changes"):
            world.execute(f"UPDATE {table} SET app_id = ? WHERE component_id = ?", other, row["id"])


def available_name(call: Call, wanted: str) -> str:
    """The name a new app gets.

    Raises:
        ApiError: 400 when the account chooses names freely and this one is taken.
    """
    if not call.user["features"].get("allow_apps"):
        return names.with_suffix(call.world, wanted)
    if access.newest(call.world, wanted):
        raise refused(f"An app named '{wanted}' exists already.")
    return wanted


def mine(call: Call, app: Row) -> bool:
    """True for the author of an app."""
    return app["author_id"] == call.user_id


def _row(world: World, ident: int) -> Row:
    return world.rows("SELECT * FROM sdk_apps WHERE id = ?", ident)[0]


def _refuse_no_countries(body: JsonObject) -> None:
    if body.get("audience") == "countries" and not body.get("countries"):
        raise invalid_parameters([missing("countries")])


def _columns(body: JsonObject) -> dict[str, Any]:
    """The columns a body sets; a global app has no countries."""
    columns: dict[str, Any] = {k: body[k] for k in ("label", "language") if k in body}
    if "description" in body:
        columns["description"] = body["description"] or ""
    if "theme" in body:
        columns["theme"] = body["theme"].lower()
    if "audience" in body:
        columns["is_global"] = body["audience"] == "global"
        columns["countries"] = None if columns["is_global"] else body["countries"]
    elif "countries" in body:
        columns["countries"] = body["countries"]
    return columns


def _theme(app: Row) -> JsonObject:
    shown = {name: app[name] for name in ("name", "label", "theme")}
    return {**shown, "isCompiled": app["approved"]}


def pick(world: World, app: Row, members: tuple[str, ...]) -> JsonObject:
    """Some members of an app."""
    shown = present(world, app)
    return {name: shown[name] for name in members}


def present(world: World, app: Row) -> JsonObject:
    """An app version as the API shows it, all columns.

    Only approved apps are compiled; they are no longer beta. `ipmRepo` has no documented value
    and is null.
    """
    return {
        **{name: app[name] for name in ("name", "label", "description", "version")},
        "versionFull": f"{app['version']}.0.0",
        "beta": not app["approved"],
        **{name: app[name] for name in ("theme", "language", "public", "approved", "opensource")},
        "global": app["is_global"],
        "countries": app["countries"],
        "created": app["created"],
        "manifestVersion": 2,
        "changes": sections.changes_of(world, Place(app)),
        "compile": app["approved"],
        "compiledName": app["name"] if app["approved"] else None,
        "compilationError": None,
        "inReview": app["in_review"],
        "inviteToken": app["invite_token"],
        "ipmRepo": None,
        "origin": _home(world, app),
    }


def _home(world: World, app: Row) -> str | None:
    """The zone of the author's first organization."""
    return world.value(
        "SELECT o.zone FROM user_organization_roles m JOIN organizations o"
        " ON o.id = m.organization_id WHERE m.user_id = ? ORDER BY o.id LIMIT 1",
        app["author_id"],
    )
