"""Connections that an app defines (API reference, chapter 2.30).

They belong to all versions of the app and take their names from it.
"""

from starlette.responses import Response

from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.body import choice, members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, components, names, sections
from make_api_sandbox.resources.sdk.access import READ, WRITE, app_of
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

CONNECTIONS = "/sdk/apps/{app}/connections"
ONE = "/sdk/apps/connections/{connection}"
TYPES = (
    "oauth",
    "oauth-refresh",
    "oauth-resowncre",
    "oauth-clicre",
    "oauth-1",
    "apikey",
    "basic",
    "other",
)
BLANK = {
    "api": "{}",
    "parameters": "[]",
    "scopes": "{}",
    "scope": "[]",
    "install": "{}",
    "installSpec": "[]",
}
PARAMETERS = {
    "apikey": '[\n    {\n        "name": "apiKey",\n        "type": "text",\n'
    '        "label": "API key",\n        "required": true\n    }\n]\n',
    "basic": '[\n    {\n        "name": "username",\n        "type": "text",\n'
    '        "label": "Username",\n        "required": true\n    },\n    {\n'
    '        "name": "password",\n        "type": "password",\n'
    '        "label": "Password",\n        "required": true\n    }\n]\n',
}
"""What people are asked for in new connections of some types; Make's own first code is longer."""

READABLE = access.unversioned("connection", write=False)
OWN = access.unversioned("connection", write=True)


@route("GET", CONNECTIONS, scope=READ, context=access.readable_app)
def list_connections(call: Call) -> JsonObject:
    """The connections of an app."""
    rows = components.rows_of(call.world, call.entity, "connection")
    return {"appConnections": [_listed(call.world, row) for row in rows]}


@route(
    "POST",
    CONNECTIONS,
    scope=WRITE,
    context=access.own_app,
    body=members(type=choice(*TYPES), label=name_text()),
)
def create_connection(call: Call) -> JsonObject:
    """Make a connection; its name is the app's, from the second one on with a number."""
    app, kind = call.entity, call.body["type"]
    name = names.unversioned_name(call.world, "connection", app["name"])
    texts = {**BLANK, "parameters": PARAMETERS.get(kind, "[]"), "common": "{}"}
    extra = {"type": kind, "connectedSystemName": None}
    made = components.create(call, app, "connection", name, call.body["label"], extra, texts)
    return {"appConnection": _brief(made)}


@route("GET", ONE, scope=READ, context=READABLE)
def get_connection(call: Call) -> JsonObject:
    """One connection; the address for OAuth redirects is not documented and left out."""
    return {
        "appConnection": {
            **_brief(call.entity),
            "connectedSystemName": call.entity["extra"]["connectedSystemName"],
            "appVersion": app_of(call)["version"],
        }
    }


@route(
    "PATCH",
    ONE,
    scope=WRITE,
    context=OWN,
    body=members(
        label=name_text().optional(), connectedSystemName=name_text().optional().or_null()
    ),
)
def edit_connection(call: Call) -> JsonObject:
    """Change label or connected system."""
    return {"appConnection": _brief(components.edit(call, call.body))}


@route("DELETE", ONE, scope=WRITE, context=OWN)
def delete_connection(call: Call) -> JsonObject:
    """Remove a connection of a private app that no component uses."""
    return {"appConnection": components.remove(call, app_of(call))}


@route("GET", f"{ONE}/common", scope=READ, context=OWN)
def get_connection_common(call: Call) -> Response:
    """The connection's common data, such as client secrets; only the author sees them."""
    return Json(sections.parsed(call.world, Place(app_of(call), call.entity), "common", "{}"))


@route("PUT", f"{ONE}/common", scope=WRITE, context=OWN)
def set_connection_common(call: Call) -> JsonObject:
    """Replace the common data; they need no commit (not documented)."""
    place = Place({**app_of(call), "approved": False}, call.entity)
    sections.store(call.world, place, "common", sections.body_code(call, "common"))
    return {"changed": True}


@route("POST", f"{ONE}/recreate", scope=WRITE, context=OWN)
def recreate_connection(call: Call) -> JsonObject:
    """Set a connection up anew; what that does is not documented, here it changes nothing."""
    return {}


@route("GET", f"{ONE}/{{section}}", scope=READ, context=READABLE)
def get_connection_section(call: Call) -> Response:
    """One section of a connection's code, as it was sent."""
    code = sections.known(call.path("section"), BLANK)
    place = Place(app_of(call), call.entity)
    return sections.shown(call.world, place, code, BLANK[code])


@route("PUT", f"{ONE}/{{section}}", scope=WRITE, context=OWN)
def set_connection_section(call: Call) -> JsonObject:
    """Replace one section of a connection's code."""
    code = sections.known(call.path("section"), BLANK)
    content = sections.body_code(call, code)
    place = Place(app_of(call), call.entity)
    change = sections.store(call.world, place, code, content)
    return {"change": {n: v for n, v in change.items() if n not in ("oldValue", "newValue")}}


def _brief(row: Row) -> JsonObject:
    return {"name": row["name"], "label": row["label"], "type": row["extra"]["type"]}


def _listed(world: World, row: Row) -> JsonObject:
    app = world.rows("SELECT * FROM sdk_apps WHERE id = ?", row["app_id"])[0]
    return {
        **_brief(row),
        "parameters": sections.parsed(world, Place(app, row), "parameters", "[]"),
        "app_version": app["version"],
        "alias_to": None,
    }
