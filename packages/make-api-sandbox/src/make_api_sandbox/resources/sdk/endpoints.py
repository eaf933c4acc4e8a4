"""Endpoints of an app, a component of 2026 (API reference, chapter 2.30)."""

from starlette.responses import Response

from make_api_sandbox.http.body import boolean, list_of, mapping, members, name_text, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import invalid_parameters, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, components, names, sections
from make_api_sandbox.resources.sdk.access import READ, VERSION, WRITE
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.shapes import JsonObject, Row

ENDPOINTS = f"{VERSION}/endpoints"
ONE = f"{ENDPOINTS}/{{endpoint}}"
HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
FIRST_CODE = {"api": "{}", "scope": "[]", "inputParameters": "[]", "outputParameters": "[]"}


@route("GET", ENDPOINTS, scope=READ, context=access.readable_version)
def list_endpoints(call: Call) -> JsonObject:
    """The endpoints of an app version."""
    rows = components.rows_of(call.world, call.entity, "endpoint")
    return {"appEndpoints": [present(row) for row in rows]}


@route(
    "POST",
    ENDPOINTS,
    scope=WRITE,
    context=access.own_version,
    body=members(
        name=names.component_name(),
        label=name_text(),
        description=text().optional().or_null(),
        attachedAccounts=list_of(name_text()).optional(),
    ),
)
def create_endpoint(call: Call) -> JsonObject:
    """Make a private endpoint."""
    app, body = call.entity, call.body
    _refuse_unknown_accounts(call, app)
    extra = {
        "description": body.get("description"),
        "attachedAccounts": body.get("attachedAccounts", []),
    }
    made = components.create(call, app, "endpoint", body["name"], body["label"], extra, FIRST_CODE)
    return {"appEndpoint": present(made)}


@route("GET", ONE, scope=READ, context=access.component("endpoint", write=False))
def get_endpoint(call: Call) -> JsonObject:
    """One endpoint."""
    return {"appEndpoint": present(call.entity)}


@route(
    "PATCH",
    ONE,
    scope=WRITE,
    context=access.component("endpoint", write=True),
    body=members(
        label=name_text().optional(),
        description=text().optional().or_null(),
        context=text().optional().or_null(),
        annotations=mapping().optional(),
        attachedAccounts=list_of(name_text()).optional(),
    ),
)
def edit_endpoint(call: Call) -> JsonObject:
    """Change what agents read about an endpoint, and its connections."""
    _refuse_unknown_accounts(call, access.app_of(call))
    _refuse_odd_hints(call.body.get("annotations", {}))
    return {"appEndpoint": present(components.edit(call, call.body))}


@route("DELETE", ONE, scope=WRITE, context=access.component("endpoint", write=True))
def delete_endpoint(call: Call) -> Response:
    """Remove an endpoint of a private app; the answer is empty."""
    components.remove(call, access.app_of(call))
    return Response(status_code=204)


@route("POST", f"{ONE}/public", scope=WRITE, context=access.component("endpoint", write=True))
def show_endpoint(call: Call) -> Response:
    """Show an endpoint to the users of the app; the answer is empty."""
    components.edit(call, {"public": True})
    return Response(status_code=204)


@route("POST", f"{ONE}/private", scope=WRITE, context=access.component("endpoint", write=True))
def hide_endpoint(call: Call) -> Response:
    """Hide an endpoint; the answer is empty."""
    components.edit(call, {"public": False})
    return Response(status_code=204)


@route("GET", f"{ONE}/{{section}}", scope=READ, context=access.component("endpoint", write=False))
def get_endpoint_section(call: Call) -> Response:
    """One section of an endpoint's code, as it was sent."""
    code = sections.known(call.path("section"), FIRST_CODE)
    place = Place(access.app_of(call), call.entity)
    return sections.shown(call.world, place, code, FIRST_CODE[code])


@route("PUT", f"{ONE}/{{section}}", scope=WRITE, context=access.component("endpoint", write=True))
def set_endpoint_section(call: Call) -> Response:
    """Replace one section of an endpoint's code; the answer is empty."""
    code = sections.known(call.path("section"), FIRST_CODE)
    content = sections.body_code(call, code)
    sections.store(call.world, Place(access.app_of(call), call.entity), code, content)
    return Response(status_code=204)


def _refuse_unknown_accounts(call: Call, app: Row) -> None:
    for name in call.body.get("attachedAccounts", []):
        if not components.named(call.world, app, "connection", name):
            raise refused(f"The app has no connection named '{name}'.")


def _refuse_odd_hints(annotations: JsonObject) -> None:
    faults = [
        (f"annotations.{n}", f"Unknown parameter '{n}'.") for n in annotations if n not in HINTS
    ]
    faults += [
        (f"annotations.{name}", f"Parameter '{name}' should be boolean.")
        for name, value in annotations.items()
        if boolean().check(value)
    ]
    if faults:
        raise invalid_parameters(faults)


def present(row: Row) -> JsonObject:
    """An endpoint as the API shows it."""
    extra: JsonObject = row["extra"]
    return {
        "name": row["name"],
        "label": row["label"],
        "description": extra.get("description"),
        "context": extra.get("context"),
        "annotations": extra.get("annotations", {}),
        "attachedAccounts": extra.get("attachedAccounts", []),
        "public": extra.get("public", False),
        "approved": extra.get("approved", False),
        "deprecated": extra.get("deprecated", False),
        "archived": extra.get("archived", False),
        "schemaVersion": 1,
        "createdAt": row["created"],
        "updatedAt": row["updated"],
    }
