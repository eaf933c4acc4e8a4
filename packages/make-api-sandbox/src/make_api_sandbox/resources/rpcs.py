"""Remote procedures: the options and fields that module forms ask for (API reference, 2.26).

Procedures of Make's own apps answer from the world, those of other apps from declared samples:
the sandbox never reaches the service. A connection among the parameters must be one the caller may
use, and must still work.
"""

from typing import Any, cast

from starlette.responses import Response

from make_api_sandbox.apps.catalogue import apps, version_number
from make_api_sandbox.apps.credentials import package_not_found
from make_api_sandbox.apps.manifest import App, Declared, Own
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.body import list_of, mapping, members
from make_api_sandbox.http.call import Call, whole_number
from make_api_sandbox.http.context import enter_team
from make_api_sandbox.http.errors import ApiError, invalid_parameters, missing, not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.connections import fault_of
from make_api_sandbox.shapes import JsonObject

PATH = "/rpcs/{appName}/{appVersion}/{rpcName}"
BODY = members(data=mapping().optional(), schema=list_of(mapping()).optional())


@route("OPTIONS", PATH)
def get_procedure(call: Call) -> JsonObject:
    """What a procedure wants to be told beside its parameters: nothing, for all that are shipped.

    Raises:
        ApiError: 404 when there is no such app, version or procedure.
    """
    _procedure(call)
    return {"config": []}


@route("POST", PATH, body=BODY)
def call_procedure(call: Call) -> Response:
    """Run a procedure; the answer is a list of options or of fields.

    With the header `imt-validate-schema: yes` the parameters are checked against `schema` first;
    `imt-ignore-required: yes` lets required ones be absent.
    """
    app, procedure = _procedure(call)
    data: JsonObject = call.body.get("data", {})
    if _asked(call, "imt-validate-schema"):
        _check(call, data)
    _use_connection(call, app, data)
    if isinstance(procedure, Declared):
        return Json(procedure.answer(data))
    return Json(procedure(call, data))


def _procedure(call: Call) -> tuple[App, Declared | Own]:
    app = apps().get(call.path("appName"))
    if app is None or version_number(app, call.path("appVersion")) is None:
        raise package_not_found()
    procedure = app.rpcs.get(call.path("rpcName"))
    if procedure is None:
        raise not_found("RPC")
    return app, procedure


def _asked(call: Call, header: str) -> bool:
    return call.request.headers.get(header, "").lower() in ("yes", "1", "true")


def _check(call: Call, data: JsonObject) -> None:
    """Refuse parameters that the schema of the body does not allow."""
    faults: list[tuple[str, str]] = []
    lenient = _asked(call, "imt-ignore-required")
    for field in cast("list[JsonObject]", call.body.get("schema", [])):
        name = str(field.get("name", ""))
        value = data.get(name)
        if value in (None, ""):
            if field.get("required") and not lenient:
                faults.append(missing(f"data.{name}"))
        elif not _fits(value, str(field.get("type", "any"))):
            faults.append((f"data.{name}", f"'data.{name}' should be {field['type']}."))
    if faults:
        raise invalid_parameters(faults)


def _fits(value: Any, kind: str) -> bool:
    """Tell whether a value is of a type; ids and numbers may be written as texts."""
    base = kind.partition(":")[0]
    if base in ("text", "select", "email", "url", "date"):
        return isinstance(value, str | int | float)
    if base in ("number", "integer", "uinteger", "account", "hook", "keychain", "datastore", "udt"):
        return isinstance(value, int | float) or str(value).lstrip("-").isdigit()
    wanted = {"boolean": bool, "array": list, "collection": dict}
    return isinstance(value, wanted.get(base, object))


def _use_connection(call: Call, app: App, data: JsonObject) -> None:
    """Prove the connection that the parameters name.

    Raises:
        ApiError: 404 for a connection that is not there or somebody else's, 424 for one that the
            service would refuse.
    """
    value = data.get(app.connection_field)
    if not app.connection or value in (None, ""):
        return
    row = call.world.get("connections", whole_number(app.connection_field, str(value)))
    if row is None:
        raise not_found("Connection")
    try:
        enter_team(call, row["team_id"])
    except ApiError as denied:
        raise not_found("Connection") from denied
    fault = fault_of(call.world, row)
    if fault:
        raise ApiError(424, None, fault, detail=fault)
