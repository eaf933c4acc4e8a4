"""Trying a remote procedure of an app (API reference, chapter 2.30)."""

from random import Random
from typing import Any, cast

from make_blueprint.iml import Scope

from make_api_sandbox import javascript
from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.values import Value
from make_api_sandbox.http.access import is_team_visible
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.body import list_of, mapping, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError, invalid_parameters, missing
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, sections
from make_api_sandbox.resources.sdk.communication import Communication
from make_api_sandbox.resources.sdk.components import rows_of
from make_api_sandbox.resources.sdk.rpcs import FIRST_CODE, ONE
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.scenarios.outbound import send
from make_api_sandbox.shapes import JsonObject, Row

CONNECTION = "__IMTCONN__"


@route(
    "POST",
    ONE,
    scope=access.WRITE,
    context=access.component("rpc", write=True),
    body=members(data=mapping(), schema=list_of(mapping()).optional()),
)
async def try_rpc(call: Call) -> Json:
    """Carry out the communication of a remote procedure and answer with what it puts out.

    `data` are its parameters, `schema` says which of them it needs. A connection named in
    `data.__IMTCONN__` is the caller's own. A failure is a 424 (its body is not documented).
    """
    _refuse_missing(call.body)
    app = access.app_of(call)
    place = Place(app, call.entity)
    api = sections.parsed(call.world, place, "api", FIRST_CODE["api"])
    base: Any = sections.parsed(call.world, Place(app), "base", "{}")
    communication = Communication(
        scope=_scope(call, app),
        values={
            "parameters": call.body["data"],
            "connection": _connection(call),
            "common": sections.parsed(call.world, Place(app), "common", "{}"),
        },
        base=cast(JsonObject, base) if isinstance(base, dict) else {},
        send=lambda request: send(call.sandbox, request),
    )
    try:
        return Json(await communication.carry_out(api))
    except ModuleError as error:
        raise ApiError(424, None, error.message, detail=error.name) from error


def _refuse_missing(body: JsonObject) -> None:
    absent = [
        missing(f"data.{field.get('name')}")
        for field in body.get("schema", [])
        if field.get("required") is True and body["data"].get(field.get("name")) in (None, "")
    ]
    if absent:
        raise invalid_parameters(absent)


def _connection(call: Call) -> JsonObject:
    """The data of the connection to use; none when it is not the caller's."""
    ident = call.body["data"].get(CONNECTION)
    row = call.world.get("connections", ident) if isinstance(ident, int) else None
    team = call.world.get("teams", row["team_id"]) if row else None
    if row is None or team is None or not is_team_visible(call.world, call.user_id, team):
        return {}
    return row["data"]


def _scope(call: Call, app: Row) -> Scope:
    now = call.now()
    dice = Random(f"{call.world.setting('seed')}/{now.isoformat()}")
    at = javascript.Surroundings(now, "UTC", dice)
    functions = {
        row["name"]: _function(call, app, row, at) for row in rows_of(call.world, app, "function")
    }
    return Scope(now=now, random=dice, functions=functions)


def _function(call: Call, app: Row, row: Row, at: javascript.Surroundings) -> Any:
    """An IML function of the app, to be called in its expressions."""
    code = sections.read(call.world, Place(app, row), "code")

    def function(*arguments: Value) -> Value:
        try:
            return javascript.call(code, row["name"], arguments, at)
        except (javascript.ScriptError, javascript.EngineMissing) as error:
            message = f"Function '{row['name']}' finished with error! {error}"
            raise ModuleError("RuntimeError", message) from error

    return function
