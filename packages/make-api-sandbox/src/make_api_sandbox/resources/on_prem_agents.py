"""On-premise agents, which let scenarios reach a company's own network (API reference, 2.3).

An agent is registered here and connects from where it is installed; nothing in the API connects
one, so an agent registered in the sandbox stays `REGISTERED`. Not documented, and chosen: without
the licence the answer is 402; registering, renaming and removing takes an owner or admin of the
organization; removing an agent removes its connected systems.
"""

from dataclasses import dataclass
from typing import Any

from make_api_sandbox.http.body import members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import query_organization
from make_api_sandbox.http.errors import ApiError, invalid_parameters, plan_required, refused
from make_api_sandbox.http.routing import LicenceGate, route
from make_api_sandbox.shapes import JsonObject, Row

ACTIVE, REGISTERED = "ACTIVE", "REGISTERED"
READ, WRITE = "agents:read", "agents:write"
MANAGE = "organization edit"
UUID_TEXT = "'agentId' should match format uuid."

LICENSED = LicenceGate(
    "onPremAgent", lambda: plan_required("On-prem agents are not part of the plan.")
)


@dataclass(frozen=True)
class Setting:
    """One thing an app must know of a system."""

    name: str
    label: str
    help: str | None = None

    def present(self) -> JsonObject:
        """The field as forms show it."""
        shown: JsonObject = {"name": self.name, "label": self.label}
        return shown | ({"help": self.help} if self.help else {}) | {"required": True}


SETTINGS: dict[str, tuple[Setting, ...]] = {
    "http": (Setting("url", "URL"),),
    "sap-agent": (
        Setting("ashost", "Application server host"),
        Setting("sysnr", "System number"),
        Setting("client", "Client", "SAP client number"),
    ),
}
"""What the apps of agents ask for; that of `http` is what the official client's own tests send."""


@route("GET", "/agents", scope=READ, context=query_organization, licence=LICENSED)
def list_agents(call: Call) -> JsonObject:
    """The agents of an organization, the oldest first."""
    rows = call.world.rows(
        "SELECT * FROM on_prem_agents WHERE organization_id = ? ORDER BY seq", call.organization_id
    )
    return {"agents": [_with_systems(call, row) for row in rows]}


@route("GET", "/agents/{agentId}", scope=READ, context=query_organization, licence=LICENSED)
def get_agent(call: Call) -> JsonObject:
    """One agent."""
    return {"agent": _with_systems(call, agent_of(call, call.path("agentId")))}


@route(
    "POST",
    "/agent/register",
    scope=WRITE,
    context=query_organization,
    permission=MANAGE,
    licence=LICENSED,
    body=members(name=name_text()),
)
def register_agent(call: Call) -> JsonObject:
    """Register an agent; its secret is shown only now."""
    made = _add(call, call.world.fresh_uuid())
    return {"agent": present(made) | {"clientSecret": made["client_secret"]}}


@route(
    "POST",
    "/agents/{agentId}",
    scope=WRITE,
    context=query_organization,
    permission=MANAGE,
    licence=LICENSED,
    body=members(name=name_text()),
)
def create_agent(call: Call) -> JsonObject:
    """Register an agent under an id of the caller's choice, the older way.

    Whether this way showed the secret is not documented; here it does not.

    Raises:
        ApiError: 400 when the id is no UUID or is taken.
    """
    agent_id = call.path("agentId").lower()
    if not _is_uuid(agent_id):
        raise invalid_parameters([("agentId", UUID_TEXT)])
    if call.world.get("on_prem_agents", agent_id):
        raise refused("An agent with this id exists already.")
    return {"agent": present(_add(call, agent_id))}


@route(
    "PATCH",
    "/agents/{agentId}",
    scope=WRITE,
    context=query_organization,
    permission=MANAGE,
    licence=LICENSED,
    body=members(name=name_text().optional()),
)
def rename_agent(call: Call) -> JsonObject:
    """Rename an agent."""
    agent_id = agent_of(call, call.path("agentId"))["id"]
    call.world.update("on_prem_agents", agent_id, **call.body)
    return {"agent": present(agent_of(call, agent_id))}


@route(
    "DELETE",
    "/agents/{agentId}",
    scope=WRITE,
    context=query_organization,
    permission=MANAGE,
    licence=LICENSED,
)
def delete_agent(call: Call) -> JsonObject:
    """Remove an agent with its connected systems; connections through them no longer work."""
    agent_id = agent_of(call, call.path("agentId"))["id"]
    call.world.delete("on_prem_agents", agent_id)
    return {"agent": agent_id}


@route(
    "GET",
    "/agents/{agentId}/apps/{appName}/config",
    scope=READ,
    context=query_organization,
    licence=LICENSED,
)
def get_app_settings(call: Call) -> JsonObject:
    """What an app asks for of a system that an agent reaches."""
    agent_of(call, call.path("agentId"))
    spec = [one.present() for one in settings_of(call.path("appName"))]
    return {
        "inputs": [{"name": "inputs", "label": "Inputs", "type": "collection", "spec": spec}],
    }


def settings_of(app_name: str) -> tuple[Setting, ...]:
    """The settings of an app.

    Raises:
        ApiError: 400 when agents know no such app.
    """
    if app_name not in SETTINGS:
        known = ", ".join(SETTINGS)
        raise invalid_parameters([("appName", f"'appName' should be one of: {known}.")])
    return SETTINGS[app_name]


def agent_of(call: Call, agent_id: str) -> Row:
    """An agent of the organization in context.

    Raises:
        ApiError: 400, not 404, when there is none.
    """
    row = call.world.get("on_prem_agents", agent_id.lower())
    if row is None or row["organization_id"] != call.organization_id:
        raise ApiError(400, "SC400", "Agent not found.")
    return row


def present(row: Row) -> JsonObject:
    """An agent as the API shows it; what is not known yet is left out."""
    shown: dict[str, Any] = {
        "id": row["id"],
        "tenantId": f"tenant-{row['organization_id']}",
        "name": row["name"],
        "status": row["status"],
        "alerted": row["status"] == "NOT_RESPONDING",
        "connected": row["status"] == ACTIVE,
        "version": row["version"],
        "createdDate": row["created"],
        "lastConnectionDate": row["last_connection"],
    }
    return {name: value for name, value in shown.items() if value is not None}


def _with_systems(call: Call, row: Row) -> JsonObject:
    count = call.world.value("SELECT count(*) FROM connected_systems WHERE agent_id = ?", row["id"])
    return present(row) | {"systemConnectionsCount": count}


def _add(call: Call, agent_id: str) -> Row:
    call.world.insert(
        "on_prem_agents",
        id=agent_id,
        organization_id=call.organization_id,
        name=call.body["name"],
        client_secret=call.world.fresh_hex(),
        status=REGISTERED,
        created=call.clock.stamp(),
    )
    return agent_of(call, agent_id)


def _is_uuid(text: str) -> bool:
    parts = text.split("-")
    digits = all(letter in "0123456789abcdef" for part in parts for letter in part)
    return digits and [len(part) for part in parts] == [8, 4, 4, 4, 12]
