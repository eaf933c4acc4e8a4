"""Webhooks that an app defines (API reference, chapter 2.30).

They belong to all versions of the app and take their names from it.
"""

from starlette.responses import Response

from make_api_sandbox.http.body import choice, members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, components, names, sections
from make_api_sandbox.resources.sdk.access import READ, WRITE, app_of
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

WEBHOOKS = "/sdk/apps/{app}/webhooks"
ONE = "/sdk/apps/webhooks/{webhook}"
DEDICATED, SHARED = "web", "web-shared"
FIRST_CODE = {
    "api": '{\n    "output": "{{body}}"\n}\n',
    "parameters": "[]",
    "attach": "{}",
    "detach": "{}",
    "update": "{}",
    "scope": "[]",
}
READABLE = access.unversioned("webhook", write=False)
OWN = access.unversioned("webhook", write=True)


@route("GET", WEBHOOKS, scope=READ, context=access.readable_app)
def list_webhooks(call: Call) -> JsonObject:
    """The webhooks of an app."""
    rows = components.rows_of(call.world, call.entity, "webhook")
    return {"appWebhooks": [_listed(call.world, row) for row in rows]}


@route(
    "POST",
    WEBHOOKS,
    scope=WRITE,
    context=access.own_app,
    body=members(
        type=choice(DEDICATED, SHARED),
        label=name_text(),
        connection=name_text().optional().or_null(),
    ),
)
def create_webhook(call: Call) -> JsonObject:
    """Make a webhook; its name is the app's, from the second one on with a number."""
    app, body = call.entity, call.body
    components.require(call.world, app, "connection", body, "connection")
    name = names.unversioned_name(call.world, "webhook", app["name"])
    extra = {
        "type": body["type"],
        "connection": body.get("connection"),
        "altConnection": None,
    }
    made = components.create(call, app, "webhook", name, body["label"], extra, FIRST_CODE)
    return {"appWebhook": _brief(made)}


@route("GET", ONE, scope=READ, context=READABLE)
def get_webhook(call: Call) -> JsonObject:
    """One webhook with its code; addresses of shared webhooks are not documented and null."""
    app, row = app_of(call), call.entity
    place = Place(app, row)
    code = {name: sections.parsed(call.world, place, name, FIRST_CODE[name]) for name in FIRST_CODE}
    return {
        "appWebhook": {
            "appName": app["name"],
            "appVersion": app["version"],
            **_attached(row),
            **code,
            "changes": sections.changes_of(call.world, place),
            "aliasTo": None,
            "endpoint": None,
            "shieldEndpoint": None,
        }
    }


@route(
    "PATCH",
    ONE,
    scope=WRITE,
    context=OWN,
    body=members(
        label=name_text().optional(),
        connection=name_text().optional().or_null(),
        altConnection=name_text().optional().or_null(),
    ),
)
def edit_webhook(call: Call) -> JsonObject:
    """Change label or connections."""
    attached = ("connection", "altConnection")
    components.require(call.world, app_of(call), "connection", call.body, *attached)
    return {"appWebhook": _attached(components.edit(call, call.body))}


@route("DELETE", ONE, scope=WRITE, context=OWN)
def delete_webhook(call: Call) -> JsonObject:
    """Remove a webhook of a private app that no module uses."""
    return {"appWebhook": components.remove(call, app_of(call))}


@route("GET", f"{ONE}/{{section}}", scope=READ, context=READABLE)
def get_webhook_section(call: Call) -> Response:
    """One section of a webhook's code, as it was sent."""
    code = sections.known(call.path("section"), FIRST_CODE)
    place = Place(app_of(call), call.entity)
    return sections.shown(call.world, place, code, FIRST_CODE[code])


@route("PUT", f"{ONE}/{{section}}", scope=WRITE, context=OWN)
def set_webhook_section(call: Call) -> JsonObject:
    """Replace one section of a webhook's code."""
    code = sections.known(call.path("section"), FIRST_CODE)
    content = sections.body_code(call, code)
    place = Place(app_of(call), call.entity)
    return {"change": sections.store(call.world, place, code, content)}


def _brief(row: Row) -> JsonObject:
    return {"name": row["name"], "label": row["label"], "type": row["extra"]["type"]}


def _attached(row: Row) -> JsonObject:
    extra: JsonObject = row["extra"]
    return {
        **_brief(row),
        "connection": extra.get("connection"),
        "altConnection": extra.get("altConnection"),
    }


def _listed(world: World, row: Row) -> JsonObject:
    app = world.rows("SELECT * FROM sdk_apps WHERE id = ?", row["app_id"])[0]
    return {
        **_brief(row),
        "parameters": sections.parsed(world, Place(app, row), "parameters", "[]"),
        "app_version": app["version"],
    }
