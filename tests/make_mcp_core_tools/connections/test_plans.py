"""What is planned is what is sent, and what can be taken back is then as it was."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server
from sharing import company_like, server_for
from taking_back import Case, hold

if TYPE_CHECKING:
    from .conftest import Office

pytestmark = pytest.mark.anyio

Prepared = Callable[["Office"], Awaitable[Case]]


async def renamed_hook(office: "Office") -> Case:
    hook = await office.hook()
    change = {"name": "Renamed", "config": {"headers": True}}
    return Case({"hook_id": hook, **change}, f"/hooks/{hook}")


async def switched_hook(office: "Office") -> Case:
    hook = await office.hook()
    return Case({"hook_id": hook, "enabled": False}, f"/hooks/{hook}")


async def learning_hook(office: "Office") -> Case:
    hook = await office.hook()
    await office.company.send("POST", f"/hooks/{hook}/learn-stop")
    return Case({"hook_id": hook, "action": "start"}, f"/hooks/{hook}/ping")


async def doomed_hook(office: "Office") -> Case:
    hook = await office.hook()
    return Case({"hook_id": hook}, f"/hooks/{hook}", lost=True)


async def purged_hook(office: "Office") -> Case:
    hook = await office.hook()
    await office.company.send("POST", f"/hooks/{hook}/learn-stop")
    await office.deliver(hook, {"n": 1})
    return Case({"hook_id": hook, "all": True}, f"/hooks/{hook}/incomings", lost=True)


async def new_hook(office: "Office") -> Case:
    return Case({"team_id": office.team, "name": "New"}, f"/hooks?teamId={office.team}")


async def renamed_connection(office: "Office") -> Case:
    ident = await office.connection()
    return Case({"connection_id": ident, "name": "Renamed"}, f"/connections/{ident}")


async def new_connection(office: "Office") -> Case:
    wanted = {"type": "openai-gpt-3", "name": "New", "data": {"apiKey": "k", "organizationId": "o"}}
    return Case({"team_id": office.team, **wanted}, f"/connections?teamId={office.team}")


async def doomed_connection(office: "Office") -> Case:
    ident = await office.connection()
    return Case({"connection_id": ident}, f"/connections/{ident}", lost=True)


async def asked(office: "Office") -> dict[str, Any]:
    wanted = {"teamId": office.team, "connections": [{"type": "slack", "scope": ["chat:write"]}]}
    path = "/credential-requests/actions/create-by-credentials"
    found: dict[str, Any] = await office.company.send("POST", path, wanted)
    return found


async def new_request(office: "Office") -> Case:
    items = [{"type": "slack", "scopes": ["chat:write"]}]
    shown = f"/credential-requests/requests?teamId={office.team}"
    return Case({"team_id": office.team, "items": items}, shown)


async def declined_credential(office: "Office") -> Case:
    made = await asked(office)
    ids = {"request_id": made["request"]["id"], "credential_id": made["credentials"][0]["id"]}
    return Case(ids, f"/credential-requests/requests/{ids['request_id']}/detail")


async def taken_credential(office: "Office") -> Case:
    case = await declined_credential(office)
    await office.authorize(case.arguments["request_id"])
    return Case(case.arguments, case.shown, lost=True)


async def doomed_request(office: "Office") -> Case:
    made = await asked(office)
    ident = made["request"]["id"]
    return Case({"request_id": ident}, f"/credential-requests/requests/{ident}", lost=True)


CASES: dict[str, list[Prepared]] = {
    "hook_create": [new_hook],
    "hook_update": [renamed_hook],
    "hook_enabled_set": [switched_hook],
    "hook_learn": [learning_hook],
    "hook_delete": [doomed_hook],
    "hook_incoming_delete": [purged_hook],
    "connection_create": [new_connection],
    "connection_update": [renamed_connection],
    "connection_delete": [doomed_connection],
    "credential_request_create": [new_request],
    "credential_request_decline": [declined_credential],
    "credential_request_credential_delete": [taken_credential],
    "credential_request_delete": [doomed_request],
}


@pytest.mark.parametrize(
    ("tool", "prepare"), [(tool, one) for tool, several in CASES.items() for one in several]
)
async def test_a_plan_is_what_is_sent_and_an_undo_puts_all_back(
    core: Server, office: "Office", tool: str, prepare: Prepared
) -> None:
    await hold(core, office.company, tool, await prepare(office))


# On-premise


@pytest.fixture
async def premises(
    enterprise_world: Path, tmp_path: Path
) -> AsyncGenerator[tuple[Server, Company]]:
    place = tmp_path / "premises"
    place.mkdir()
    async with company_like(enterprise_world, place) as company, server_for(company) as server:
        await company.control("PATCH", "/world", {"rate_limits": False})
        yield server, company


OF = "organizationId=1"


@pytest.mark.parametrize(
    "tool",
    [
        "on_prem_agent_create",
        "on_prem_agent_update",
        "on_prem_agent_delete",
        "connected_system_create",
        "connected_system_update",
    ],
)
async def test_a_plan_about_premises_is_what_is_sent_and_an_undo_puts_all_back(
    premises: tuple[Server, Company], tool: str
) -> None:
    server, company = premises
    agents = (await company.get("/agents", organizationId=1))["agents"]
    systems = (await company.get("/connected-systems", organizationId=1))["connectedSystems"]
    agent = next(one["id"] for one in agents if one["name"] == "Warehouse bridge")
    system = next(one for one in systems if one["name"] == "Label printer")
    form = await company.get(f"/agents/{agent}/apps/sap-agent/config", organizationId=1)
    settings = {f["name"]: "1" for group in form["inputs"] for f in group["spec"]}
    new = {"name": "ERP copy", "agent_id": agent, "app": "sap-agent", "settings": settings}
    cases = {
        "on_prem_agent_create": Case({"name": "Harbour bridge"}, f"/agents?{OF}"),
        "on_prem_agent_update": Case({"agent_id": agent, "name": "Pier"}, f"/agents?{OF}"),
        "on_prem_agent_delete": Case({"agent_id": agent}, f"/agents/{agent}?{OF}", lost=True),
        "connected_system_create": Case(new, f"/connected-systems?{OF}"),
        "connected_system_update": Case(
            {"system_id": system["id"], "name": "Printer"},
            f"/connected-systems/{system['id']}?{OF}",
        ),
    }
    case = cases[tool]
    case.arguments["organization_id"] = 1
    await hold(server, company, tool, case)


@pytest.mark.parametrize(
    ("tool", "rows"),
    [
        ("connection_list", "connections"),
        ("hook_list", "hooks"),
        ("credential_request_list", "requests"),
        ("device_list", "devices"),
        ("connection_diagnose", "findings"),
        ("connection_verify", "connections"),
    ],
)
async def test_a_team_that_holds_nothing_gives_an_empty_list(
    core: Server, office: "Office", tool: str, rows: str
) -> None:
    whole = tool in ("connection_diagnose", "connection_verify")
    told = await core.call(tool, **{"all_in_team" if whole else "team_id": office.team})
    assert told.data[rows] == []
    assert told.data.get("total", 0) == 0
