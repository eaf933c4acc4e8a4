"""Systems in a company's own network that an on-premise agent reaches (API reference, 2.4).

Inputs are written as an object by name and read as a list. Not documented, and chosen: new inputs
replace the old ones, and every setting of the app must be among them.
"""

from typing import Any, cast

from make_api_sandbox.http.body import mapping, members, name_text, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import query_organization
from make_api_sandbox.http.errors import ApiError, invalid_parameters, missing
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.on_prem_agents import (
    ACTIVE,
    LICENSED,
    MANAGE,
    READ,
    WRITE,
    agent_of,
    settings_of,
)
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

WITH_AGENT = (
    "SELECT c.*, a.organization_id, a.name AS agent_name, a.version AS agent_version,"
    " a.status AS agent_status FROM connected_systems c JOIN on_prem_agents a ON a.id = c.agent_id"
    " WHERE "
)
COLUMNS = {"name": "name", "agentId": "agent_id", "appName": "app_name", "inputs": "inputs"}


@route("GET", "/connected-systems", scope=READ, context=query_organization, licence=LICENSED)
def list_systems(call: Call) -> JsonObject:
    """The connected systems of an organization or of one agent, the oldest first."""
    agent = call.query("agentId")
    rows = call.world.rows(
        WITH_AGENT + "a.organization_id = ? AND (? IS NULL OR a.id = lower(?)) ORDER BY c.seq",
        call.organization_id,
        agent,
        agent,
    )
    return {"connectedSystems": [present(row) for row in rows]}


@route(
    "GET",
    "/connected-systems/{connectedSystemId}",
    scope=READ,
    context=query_organization,
    licence=LICENSED,
)
def get_system(call: Call) -> JsonObject:
    """One connected system."""
    return {"connectedSystem": present(_named(call))}


@route(
    "POST",
    "/connected-systems",
    scope=WRITE,
    context=query_organization,
    permission=MANAGE,
    licence=LICENSED,
    body=members(name=name_text(), agentId=text(), appName=text(), inputs=mapping()),
)
def create_system(call: Call) -> JsonObject:
    """Connect a system through an agent."""
    body = call.body
    agent = agent_of(call, body["agentId"])
    _refuse_wrong(body["appName"], body["inputs"])
    system_id = call.world.fresh_uuid()
    call.world.insert(
        "connected_systems",
        id=system_id,
        agent_id=agent["id"],
        name=body["name"],
        app_name=body["appName"],
        inputs=body["inputs"],
    )
    return {"connectedSystem": present(_system(call, system_id))}


@route(
    "PATCH",
    "/connected-systems/{connectedSystemId}",
    scope=WRITE,
    context=query_organization,
    permission=MANAGE,
    licence=LICENSED,
    body=members(
        name=name_text().optional(),
        agentId=text().optional(),
        appName=text().optional(),
        inputs=mapping().optional(),
    ),
)
def edit_system(call: Call) -> JsonObject:
    """Change a connected system; the answer leaves the inputs out."""
    row, body = _named(call), dict(call.body)
    if "agentId" in body:
        body["agentId"] = agent_of(call, body["agentId"])["id"]
    _refuse_wrong(body.get("appName", row["app_name"]), body.get("inputs", row["inputs"]))
    changes = {COLUMNS[name]: value for name, value in body.items()}
    call.world.update("connected_systems", row["id"], **changes)
    shown = present(_system(call, row["id"]))
    del shown["inputs"]
    return {"connectedSystem": shown}


@route(
    "DELETE",
    "/connected-systems/{connectedSystemId}",
    scope=WRITE,
    context=query_organization,
    permission=MANAGE,
    licence=LICENSED,
)
def delete_system(call: Call) -> JsonObject:
    """Remove a connected system; connections through it no longer work."""
    system_id = _named(call)["id"]
    call.world.delete("connected_systems", system_id)
    return {"connectedSystem": system_id}


def _named(call: Call) -> Row:
    return _system(call, call.path("connectedSystemId"))


def _system(call: Call, system_id: str) -> Row:
    """A connected system of the organization in context.

    Raises:
        ApiError: 400, not 404, when there is none.
    """
    row = find(call.world, system_id)
    if row is None or row["organization_id"] != call.organization_id:
        raise ApiError(400, "SC400", "Connected system not found.")
    return row


def find(world: World, system_id: str) -> Row | None:
    """A connected system with what is needed of its agent."""
    return world.row(WITH_AGENT + "c.id = ?", system_id.lower())


def require_system(call: Call, system_id: object) -> str:
    """The id of a connected system that a new connection of the team in context names.

    Raises:
        ApiError: 400 when the organization has no such system.
    """
    return _system(call, str(system_id))["id"]


def fault_of_system(world: World, system_id: str) -> str | None:
    """Why a connected system cannot be reached now, or None."""
    row = find(world, system_id)
    if row is None:
        return "The connected system does not exist."
    if row["agent_status"] != ACTIVE:
        return f"The on-prem agent '{row['agent_name']}' is not connected."
    return None


def _refuse_wrong(app_name: str, inputs: JsonObject) -> None:
    names = [one.name for one in settings_of(app_name)]
    faults = [missing(f"inputs.{name}") for name in names if inputs.get(name) in (None, "")]
    faults += [
        (f"inputs.{name}", f"Unknown parameter '{name}'.") for name in inputs if name not in names
    ]
    if faults:
        raise invalid_parameters(faults)


def present(row: Row) -> JsonObject:
    """A connected system as the API shows it; its inputs as a list."""
    shown: JsonObject = {
        "id": row["id"],
        "name": row["name"],
        "agentId": row["agent_id"],
        "appName": row["app_name"],
    }
    if row["agent_version"]:
        shown["agentVersion"] = row["agent_version"]
    inputs = cast("dict[str, Any]", row["inputs"])
    shown["inputs"] = [{"name": name, "value": value} for name, value in inputs.items()]
    return shown
