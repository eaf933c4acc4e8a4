"""Remote procedures of an app (API reference, chapter 2.30); `rpc_test` runs them."""

from starlette.responses import Response

from make_api_sandbox.http.body import members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, components, names, sections
from make_api_sandbox.resources.sdk.access import READ, VERSION, WRITE
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.shapes import JsonObject, Row

RPCS = f"{VERSION}/rpcs"
ONE = f"{RPCS}/{{rpc}}"
FIRST_CODE = {
    "api": '{\n    // Request of the remote procedure.\n    "url": "/entities",\n'
    '    "method": "GET",\n    "response": {\n        "iterate": "{{body}}",\n'
    '        "output": {\n            "label": "{{item.name}}",\n'
    '            "value": "{{item.id}}"\n        }\n    }\n}\n',
    "parameters": "[]",
}


@route("GET", RPCS, scope=READ, context=access.readable_version)
def list_rpcs(call: Call) -> JsonObject:
    """The remote procedures of an app version."""
    rows = components.rows_of(call.world, call.entity, "rpc")
    return {"appRpcs": [present(row) for row in rows]}


@route(
    "POST",
    RPCS,
    scope=WRITE,
    context=access.own_version,
    body=members(
        name=names.component_name(),
        label=name_text(),
        connection=name_text().optional().or_null(),
    ),
)
def create_rpc(call: Call) -> JsonObject:
    """Make a remote procedure with example code."""
    app, body = call.entity, call.body
    components.require(call.world, app, "connection", body, "connection")
    extra = {"connection": body.get("connection"), "altConnection": None}
    made = components.create(call, app, "rpc", body["name"], body["label"], extra, FIRST_CODE)
    return {"appRpc": {"name": made["name"], "label": made["label"]}}


@route("GET", ONE, scope=READ, context=access.component("rpc", write=False))
def get_rpc(call: Call) -> JsonObject:
    """One remote procedure."""
    return {"appRpc": present(call.entity)}


@route(
    "PATCH",
    ONE,
    scope=WRITE,
    context=access.component("rpc", write=True),
    body=members(
        label=name_text().optional(),
        connection=name_text().optional().or_null(),
        altConnection=name_text().optional().or_null(),
    ),
)
def edit_rpc(call: Call) -> JsonObject:
    """Change label or connections."""
    app, attached = access.app_of(call), ("connection", "altConnection")
    components.require(call.world, app, "connection", call.body, *attached)
    return {"appRpc": present(components.edit(call, call.body))}


@route("DELETE", ONE, scope=WRITE, context=access.component("rpc", write=True))
def delete_rpc(call: Call) -> JsonObject:
    """Remove a remote procedure of a private app that no other component calls."""
    return {"appRpc": components.remove(call, access.app_of(call))}


@route("GET", f"{ONE}/{{section}}", scope=READ, context=access.component("rpc", write=False))
def get_rpc_section(call: Call) -> Response:
    """One section of a remote procedure's code, as it was sent."""
    code = sections.known(call.path("section"), FIRST_CODE)
    place = Place(access.app_of(call), call.entity)
    return sections.shown(call.world, place, code, FIRST_CODE[code])


@route("PUT", f"{ONE}/{{section}}", scope=WRITE, context=access.component("rpc", write=True))
def set_rpc_section(call: Call) -> JsonObject:
    """Replace one section of a remote procedure's code."""
    code = sections.known(call.path("section"), FIRST_CODE)
    content = sections.body_code(call, code)
    place = Place(access.app_of(call), call.entity)
    return {"change": sections.store(call.world, place, code, content)}


def present(row: Row) -> JsonObject:
    """A remote procedure as the API shows it."""
    return {
        "name": row["name"],
        "label": row["label"],
        "connection": row["extra"].get("connection"),
        "altConnection": row["extra"].get("altConnection"),
    }
