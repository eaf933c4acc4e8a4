"""On-premise agents, connected systems and devices of a company with the Enterprise plan."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from harness import Company, Server
from sharing import company_like, server_for

pytestmark = pytest.mark.anyio

OF = {"organization_id": 1}
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def company(enterprise_world: Path, tmp_path: Path) -> AsyncGenerator[Company]:
    async with company_like(enterprise_world, tmp_path) as found:
        await found.control("PATCH", "/world", {"rate_limits": False})
        yield found


@pytest.fixture
async def core(company: Company) -> AsyncGenerator[Server]:
    async with server_for(company) as server:
        yield server


async def agents(core: Server) -> dict[str, dict[str, Any]]:
    rows = (await core.call("on_prem_agent_list", **OF)).data["agents"]
    return {row["name"]: row for row in rows}


async def systems(core: Server) -> dict[str, dict[str, Any]]:
    rows = (await core.call("connected_system_list", **OF)).data["connected_systems"]
    return {row["name"]: row for row in rows}


async def test_agents_are_listed_with_their_state_and_systems(core: Server) -> None:
    found = await agents(core)
    assert found["Warehouse bridge"]["status"] == "ACTIVE"
    assert found["Warehouse bridge"]["systems"] == 3
    assert found["Shop bridge"]["status"] == "REGISTERED"
    one = await core.call("on_prem_agent_get", **OF, agent_id=found["Office bridge"]["id"])
    assert one.data["connected"] is False
    assert one.data["alerted"] is True


async def test_the_secret_of_a_new_agent_is_shown_once_and_is_not_in_the_journal(
    core: Server, company: Company
) -> None:
    made = await core.call("on_prem_agent_create", **OF, name="Harbour bridge")
    secret = made.data["client_secret"]
    assert len(secret) >= 16
    listed = await core.call("operation_get", operation_id=made.data["operation_id"])
    shown = await core.call("on_prem_agent_get", **OF, agent_id=made.data["agent"]["id"])
    assert secret not in listed.text + shown.text
    kept = b"".join(p.read_bytes() for p in company.world.parent.rglob("data/**/*") if p.is_file())
    assert secret.encode() not in kept
    await core.apply("operation_undo", operation_id=made.data["operation_id"])
    assert "Harbour bridge" not in await agents(core)


async def test_an_agent_is_renamed_and_the_old_name_comes_back(core: Server) -> None:
    ident = (await agents(core))["Shop bridge"]["id"]
    done = await core.call("on_prem_agent_update", **OF, agent_id=ident, name="Pier bridge")
    again = await core.call("on_prem_agent_update", **OF, agent_id=ident, name="Pier bridge")
    assert again.data["changed"] is False
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert "Shop bridge" in await agents(core)


async def test_removing_an_agent_names_the_systems_that_go_with_it(core: Server) -> None:
    ident = (await agents(core))["Warehouse bridge"]["id"]
    plan = (await core.call("on_prem_agent_delete", **OF, agent_id=ident)).data["plan"]
    assert any("Label printer" in line for line in plan["affects"])
    assert "Warehouse bridge" in await agents(core)
    await core.apply("on_prem_agent_delete", **OF, agent_id=ident)
    assert "Warehouse bridge" not in await agents(core)
    assert "Label printer" not in await systems(core)


async def test_a_system_is_checked_against_the_fields_of_its_app(core: Server) -> None:
    agent = (await agents(core))["Warehouse bridge"]["id"]
    told = await core.call(
        "connected_system_create",
        **OF,
        name="ERP copy",
        agent_id=agent,
        app="sap-agent",
        settings={"ashost": "erp.example.com", "port": 3300},
    )
    assert {one["path"] for one in told.error["problems"]} == {
        "settings.port",
        "settings.sysnr",
        "settings.client",
    }
    assert "ERP copy" not in await systems(core)


async def test_a_system_is_made_changed_removed_and_each_is_taken_back(core: Server) -> None:
    agent = (await agents(core))["Warehouse bridge"]["id"]
    fields = await core.call("on_prem_agent_app_config_get", **OF, agent_id=agent, app="sap-agent")
    settings = {field["name"]: "1" for field in fields.data["inputs"]}
    made = await core.call(
        "connected_system_create",
        **OF,
        name="ERP copy",
        agent_id=agent,
        app="sap-agent",
        settings=settings,
    )
    ident = made.data["connected_system"]["id"]
    changed = await core.call(
        "connected_system_update", **OF, system_id=ident, settings={"client": "300"}
    )
    shown = await core.call("connected_system_get", **OF, system_id=ident)
    assert shown.data["settings"] == settings | {"client": "300"}
    await core.apply("operation_undo", operation_id=changed.data["operation_id"])
    shown = await core.call("connected_system_get", **OF, system_id=ident)
    assert shown.data["settings"] == settings
    gone = await core.apply("connected_system_delete", **OF, system_id=ident)
    assert "ERP copy" not in await systems(core)
    await core.apply("operation_undo", operation_id=gone.data["operation_id"])
    assert (await systems(core))["ERP copy"]["id"] != ident


async def test_the_systems_of_one_agent_and_the_apps_there_are(core: Server) -> None:
    agent = (await agents(core))["Office bridge"]["id"]
    rows = await core.call("connected_system_list", **OF, agent_id=agent)
    assert [row["name"] for row in rows.data["connected_systems"]] == ["Door system"]
    apps = await core.call("connected_system_app_list")
    assert {"http", "sap-agent"} <= {row["name"] for row in apps.data["apps"]}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("on_prem_agent_get", {"agent_id": NOBODY}),
        ("on_prem_agent_delete", {"agent_id": NOBODY}),
        ("connected_system_get", {"system_id": NOBODY}),
        ("connected_system_delete", {"system_id": NOBODY}),
    ],
)
async def test_what_is_not_there_is_refused_before_anything_is_sent(
    core: Server, tool: str, arguments: dict[str, str]
) -> None:
    told = await core.call(tool, **OF, **arguments)
    assert told.error["status"] == 400
    assert told.error["next_step"]


async def test_without_the_licence_the_tools_say_so(seeded_world: Path, tmp_path: Path) -> None:
    async with company_like(seeded_world, tmp_path) as teams, server_for(teams) as server:
        told = await server.call("on_prem_agent_list", **OF)
        assert told.error["code"] == "licence_gate"
        assert "onPremAgent" in told.text
        assert "plan" in told.error["next_step"]


async def test_devices_are_listed_with_what_they_can_do_and_who_uses_them(core: Server) -> None:
    rows: list[dict[str, Any]] = []
    for team in range(1, 8):
        told = await core.call("device_list", team_id=team)
        if not told.result.is_error:
            rows += told.data["devices"]
    assert rows
    able = [row for row in rows if row["can"]]
    assert able
    used = [row for row in rows if row["scenario_ids"]]
    assert all(isinstance(number, int) for row in used for number in row["scenario_ids"])
