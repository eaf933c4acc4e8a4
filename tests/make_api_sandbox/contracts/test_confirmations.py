"""What asks before it is done: 406 `IM004`, nothing changed; the same call confirmed is done."""

from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.contracts.operations import key
from make_api_sandbox.http.routing import discover

if TYPE_CHECKING:
    from tests.make_api_sandbox.conftest import Studio

    Prepare = Callable[[Studio], dict[str, Any] | None]

pytestmark = pytest.mark.anyio

ALL = {"all": True}
UNCONFIRMED: tuple[dict[str, str], ...] = ({}, {"confirmed": "false"})
UNTOUCHED = ("request_log", "rate_windows", "sqlite_sequence")
"""Tables that every call writes to."""


@dataclass(frozen=True)
class Asking:
    """A call that asks for confirmation.

    Args:
        call: Method and path.
        type: What is asked for, as the answer names it.
        prepare: Makes what is to go, and the use of it; returns further members of the query.
        body: Of the call.
    """

    call: str
    type: str
    prepare: "Prepare"
    body: dict[str, Any] | None = None


# What is to go


def used(kind: str, member: str, **columns: Any) -> "Prepare":
    """A row of team 1 that a scenario holds in the parameter `member` of its only module."""

    def prepare(studio: "Studio") -> None:
        id = studio.world.insert(kind, team_id=1, **columns)
        studio.scenario("User of it", {"module": MODULES[member], "parameters": {member: id}})

    return prepare


MODULES = {
    "__IMTCONN__": "slack:CreateMessage",
    "datastore": "datastore:AddRecord",
    "type": "json:ParseJSON",
    "device": "android:makeCall",
}

NOW = "2026-03-04T08:30:15.000Z"
STORE: dict[str, Any] = {"name": "Orders", "max_size": 1_048_576}
HOOK = {"name": "In", "udid": "h" * 32, "type": "web", "type_name": "gateway-webhook"}
HOOK_LOOK: dict[str, Any] = {"theme": "#c73a63", "editable": True, "created": NOW}
DEVICE: dict[str, Any] = {"name": "Phone", "udid": "d" * 32, "scopes": ["call"]}
CONNECTION = {"name": "Chat", "type": "slack", "label": "Slack", "account_type": "oauth"}
CONNECTION_LOOK: dict[str, Any] = {"theme": "#4a154b", "editable": False}
KEY: dict[str, Any] = {"name": "Api", "type_name": "apikeyauth", "theme": "#000", "parameters": {}}


def nothing(studio: "Studio") -> None:
    """What is to go is there."""


def hook(studio: "Studio") -> None:
    id = studio.world.insert("hooks", team_id=1, **HOOK, **HOOK_LOOK)
    studio.scenario("Listens", hook_id=id)


def key_of_team(studio: "Studio") -> None:
    studio.world.insert("keys", team_id=1, **KEY)


def variables(studio: "Studio") -> None:
    studio.license(customVariables=True)
    for owner in ("team", "organization"):
        row = {"owner": owner, "owner_id": 1, "name": "rate"}
        studio.world.insert("variables", type_id=1, value=4, **row)


def template(studio: "Studio") -> None:
    shape: dict[str, Any] = {"used_packages": [], "blueprint": {}, "scheduling": {}}
    studio.world.insert(
        "templates", team_id=1, name="T", language="en", created=NOW, controller={}, **shape
    )


def space(studio: "Studio") -> dict[str, Any]:
    studio.world.update("organizations", 1, service_name="Enterprise")
    space = studio.world.insert(
        "teams", organization_id=1, name="Own", is_private=True, extra={"owner": 1}
    )
    studio.world.insert("user_team_roles", user_id=1, team_id=space, role_id=1)
    scenario = studio.scenario("Costly", team_id=space)
    run = {"imt_id": "1_e", "id": "e" * 32, "scenario_id": scenario, "type": "manual", "status": 1}
    when = {"timestamp": NOW, "timestamp_ms": studio.world.clock.milliseconds()}
    sums = {"operations": 9, "centicredits": 900, "transfer": 9, "duration": 9}
    studio.world.insert("executions", team_id=space, organization_id=1, **run, **when, **sums)
    return {}


def waiting_messages(studio: "Studio") -> None:
    studio.world.insert("hooks", team_id=1, **HOOK, **HOOK_LOOK)
    message: dict[str, Any] = {"size": 2, "created": NOW, "data": {}}
    studio.world.insert("hook_incomings", id="a" * 32, hook_id=1, **message)
    studio.world.insert("devices", team_id=1, **DEVICE)
    for id, direction in (("b", "incoming"), ("c", "outgoing")):
        row = {"id": id * 32, "device_id": 1, "direction": direction, "scope": "call"}
        studio.world.insert("device_messages", **row, **message)


def incomplete(studio: "Studio") -> dict[str, Any]:
    scenario = studio.scenario("Fails")
    row: dict[str, Any] = {"execution_id": "e" * 32, "created": NOW, "reason": "x", "size": 1}
    rest: dict[str, Any] = {"failer": 1, "blueprint": {}, "bundles": {}}
    studio.world.insert("dlqs", id="a" * 32, scenario_id=scenario, **row, **rest)
    return {"scenarioId": scenario}


def records(studio: "Studio") -> None:
    studio.world.insert("data_stores", team_id=1, **STORE)
    studio.world.insert("data_store_records", data_store_id=1, key="k", data={}, size=2)


def stores(studio: "Studio") -> dict[str, Any]:
    studio.world.insert("data_stores", team_id=1, **STORE)
    return {"teamId": 1}


def structure(studio: "Studio") -> None:
    id = studio.world.insert("data_structures", team_id=1, name="Order", spec=[])
    studio.world.insert("data_stores", team_id=1, data_structure_id=id, **STORE)


def function(studio: "Studio") -> None:
    studio.license(customFunctions=True)
    row = {"name": "double", "description": "", "code": "function double(x) { return 2 * x; }"}
    studio.world.insert(
        "custom_functions", team_id=1, created=NOW, updated=NOW, created_by=1, **row
    )
    module = {"module": "util:SetVariable2", "mapper": {"value": "{{double(2)}}"}}
    studio.scenario("Doubles", module)


def property_with_value(studio: "Studio") -> None:
    studio.license(customProperties=9)
    made = {"organization_id": 1, "associated_type": "scenario", "created": NOW}
    structure = studio.world.insert("custom_property_structures", **made)
    item: dict[str, Any] = {"name": "owner", "label": "Owner", "description": ""}
    id = studio.world.insert(
        "custom_property_items", structure_id=structure, type="shortText", required=False, **item
    )
    scenario = studio.scenario("Owned")
    studio.world.insert("custom_property_values", scenario_id=scenario, item_id=id, value="Ana")


def active(studio: "Studio") -> None:
    studio.scenario("Works", is_active=True)


def agent(studio: "Studio") -> None:
    id = studio.world.insert("connections", team_id=1, **CONNECTION, **CONNECTION_LOOK)
    look: dict[str, Any] = {"provider_id": 1, "default_model": "m", "system_prompt": "Help."}
    settings: dict[str, Any] = {"invocation_config": {}, "llm_config": {}, "tool_scenarios": []}
    mcp: dict[str, Any] = {"mcp_configs": [{"mcpConnectionId": id, "toolIds": []}]}
    studio.world.insert(
        "ai_agents",
        id="a",
        team_id=1,
        name="Desk",
        connection_id=99,
        created=NOW,
        **look,
        **settings,
        **mcp,
    )


def fulfilled(studio: "Studio") -> None:
    id = studio.world.insert("connections", team_id=1, **CONNECTION, **CONNECTION_LOOK)
    studio.world.insert("credential_requests", id="r", team_id=1, name="Please", extra={})
    extra = {"remoteId": str(id), "component": "account"}
    studio.world.insert("requested_credentials", id="c", request_id="r", extra=extra)


TABLE = [
    # Always
    Asking("DELETE /teams/1", "deleteTeam", nothing),
    Asking("DELETE /teams/1", "deleteTeamWithActiveScenarios", active),
    Asking("DELETE /keys/1", "deleteKey", key_of_team),
    Asking("DELETE /templates/1", "deleteTemplate", template),
    Asking("DELETE /teams/1/variables/rate", "deleteVariable", variables),
    Asking("DELETE /organizations/1/variables/rate", "deleteVariable", variables),
    Asking("DELETE /personal-spaces/3", "deletePersonalSpace", space),
    # With `all`
    Asking("DELETE /data-stores", "deleteDataStores", stores, ALL),
    Asking("DELETE /data-stores/1/data", "deleteAllDataStoreRecords", records, ALL),
    Asking("DELETE /dlqs", "deleteAllDlqs", incomplete, ALL),
    Asking("DELETE /hooks/1/incomings", "deleteAllIncomings", waiting_messages, ALL),
    Asking("DELETE /devices/1/incomings", "deleteAllIncomings", waiting_messages, ALL),
    Asking("DELETE /devices/1/outgoings", "deleteAllOutgoings", waiting_messages, ALL),
    # When in use
    Asking("DELETE /hooks/1", "deleteHookUsedInScenarios", hook),
    Asking(
        "DELETE /connections/1",
        "deleteConnectionUsedInScenarios",
        used("connections", "__IMTCONN__", **CONNECTION, **CONNECTION_LOOK),
    ),
    Asking("DELETE /connections/1", "deleteConnectionUsedInAgents", agent),
    Asking(
        "DELETE /data-stores/1",
        "deleteDataStoreUsedInScenarios",
        used("data_stores", "datastore", **STORE),
    ),
    Asking(
        "DELETE /data-structures/1",
        "deleteDataStructureInUse",
        used("data_structures", "type", name="S", spec=[]),
    ),
    Asking("DELETE /data-structures/1", "deleteDataStructureInUse", structure),
    Asking("DELETE /devices/1", "deleteDeviceUsedInScenarios", used("devices", "device", **DEVICE)),
    Asking("DELETE /functions/1", "deleteFunctionUsedInScenarios", function),
    Asking(
        "DELETE /custom-property-structures/custom-property-structure-items/1",
        "deleteCustomPropertyStructureItemWithData",
        property_with_value,
    ),
    Asking("DELETE /organizations/1", "deleteOrganizationWithActiveScenarios", active),
    Asking(
        "DELETE /credential-requests/requests/r",
        "deleteCredentialRequestWithCredentials",
        fulfilled,
    ),
    # A limit below what was used
    Asking(
        "PATCH /private-spaces/3",
        "setOperationsLimitBelowConsumption",
        space,
        {"operationsLimit": 1},
    ),
    Asking(
        "PATCH /personal-spaces/3",
        "setOperationsLimitBelowConsumption",
        space,
        {"operationsLimit": 1},
    ),
]

ASKS_FOR_AN_APPLICATION = {
    "POST /scenarios",
    "PATCH /scenarios/{}",
    "POST /scenarios/{}/clone",
    "POST /scenarios/tools",
    "PATCH /scenarios/tools/{}",
}
"""These ask with 400 `IM007` before they install an application."""


@pytest.mark.parametrize("asking", TABLE, ids=lambda one: f"{one.call} {one.type}")
async def test_it_asks_changes_nothing_and_is_done_when_confirmed(
    studio: "Studio", asking: Asking
) -> None:
    query: dict[str, Any] = asking.prepare(studio) or {}
    method, _, path = asking.call.partition(" ")
    before = contents(studio)
    for unconfirmed in UNCONFIRMED:
        asked = await studio.call(method, path, asking.body, **query, **unconfirmed)
        assert asked.status_code == 406, asked.text
        body = asked.json()
        assert body["status"] == 406
        assert (body["code"], body["message"]) == ("IM004", "Confirmation required.")
        assert body["metadata"][0]["type"] == asking.type
    assert contents(studio) == before
    done = await studio.call(method, path, asking.body, **query, confirmed="true")
    assert done.status_code == 200, done.text
    assert contents(studio) != before


def test_the_table_knows_every_route_that_asks() -> None:
    asking = {
        " ".join(key(one.spec.method, one.spec.path)) for one in discover() if asks(one.handler)
    }
    told = {name_of(one.call) for one in TABLE}
    assert asking == told | ASKS_FOR_AN_APPLICATION


def name_of(call: str) -> str:
    """The route of a call: its members that are values stand empty."""
    routes = {" ".join(key(one.spec.method, one.spec.path)) for one in discover()}
    members = call.split("/")
    emptied = ["{}" if one.isdigit() or one in ("rate", "r") else one for one in members]
    name = "/".join(emptied)
    assert name in routes, call
    return name


def asks(function: Any, seen: tuple[Any, ...] = ()) -> bool:
    """True when a function, or one of ours that it calls, looks for a confirmation."""
    if not isinstance(function, FunctionType) or function in seen:
        return False
    if not function.__module__.startswith("make_api_sandbox"):
        return False
    names = function.__code__.co_names
    if {"confirm", "confirmed"} & set(names):
        return True
    return any(asks(function.__globals__.get(name), (*seen, function)) for name in names)


def contents(studio: "Studio") -> dict[str, list[dict[str, Any]]]:
    """Everything in the world that a call can change."""
    tables = studio.world.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    names = [row["name"] for row in tables if row["name"] not in UNTOUCHED]
    return {name: studio.world.rows(f"SELECT * FROM {name}") for name in names}
