"""Agents: listed, shown, created, changed, deleted; who runs them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Made = dict[str, Any]
Shown = Callable[[str], Awaitable[Made]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]

NOBODY = "00000000-0000-4000-8000-000000000000"
AGENTS = "/ai-agents/v1/agents"


# Reading


async def test_agents_are_listed_with_their_counts(core: Server, team: int, agent: str) -> None:
    told = (await core.call("ai_agent_list", team_id=team)).data
    [row] = told["agents"]
    assert (row["id"], row["name"], row["model"]) == (agent, "Desk", "small")
    assert (row["scenario_tools"], row["mcp_tools"], row["contexts"]) == (0, 0, 0)
    assert told["total"] == 1


async def test_a_team_without_agents_has_an_empty_list(core: Server, team: int) -> None:
    told = await core.call("list-ai-agents", teamId=team, nameContains="desk")
    assert told.data["agents"] == []


async def test_scenarios_with_agents_of_their_own_are_listed_too(
    core: Server, team: int, agent: str, runner: int
) -> None:
    told = await core.call("ai_agent_list", team_id=team, include_blueprint_agents=True)
    [row] = told.data["scenarios"]
    assert (row["id"], row["agent_count"]) == (runner, 1)


async def test_an_agent_is_shown_by_its_name(core: Server, team: int, agent: str) -> None:
    told = (await core.call("ai_agent_get", team_id=team, agent_id="desk")).data
    assert told["id"] == agent
    assert told["connection_type"] == "ai-provider"
    assert (told["max_tokens"], told["recursion_limit"]) == (100_000, 300)
    assert told["tools"] == []


async def test_broken_tools_of_an_agent_are_told(
    core: Server, company: Company, team: int, agent: str, order_status: int
) -> None:
    add = [{"scenario_id": order_status}]
    await core.call("ai_agent_tool_set", team_id=team, agent_id=agent, add=add)
    await company.send("POST", f"/scenarios/{order_status}/stop")
    told = (await core.call("ai_agent_get", team_id=team, agent_id=agent)).data
    assert [(row["scenario_id"], row["status"]) for row in told["tools"]] == [
        (order_status, "inactive")
    ]
    assert told["tools"][0]["inputs"] == ["order*"]
    assert str(order_status) in told["warnings"][0]


@pytest.mark.parametrize("ref", [NOBODY, "Nobody"])
async def test_an_unknown_agent_is_refused(core: Server, team: int, agent: str, ref: str) -> None:
    told = await core.call("ai_agent_get", team_id=team, agent_id=ref)
    assert told.error["code"] in {"not_found", "unknown_name"}


async def test_an_agent_of_another_team_is_not_found(
    core: Server, other_team: int, agent: str
) -> None:
    told = await core.call("ai_agent_get", team_id=other_team, agent_id=agent)
    assert told.error["code"] == "not_found"


async def test_the_modules_that_run_an_agent_are_found(
    core: Server, team: int, agent: str, runner: int
) -> None:
    told = (await core.call("ai_agent_usage_get", team_id=team, agent_id=agent)).data
    assert told["in_use"] is True
    assert told["used_by"] == [
        {"scenario_id": runner, "name": "Asks the desk", "active": False, "modules": [4]}
    ]


async def test_an_agent_nobody_runs_is_not_in_use(core: Server, team: int, agent: str) -> None:
    told = await core.call("ai_agent_usage_get", team_id=team, agent_id=agent)
    assert told.data["in_use"] is False


async def test_a_token_without_the_scope_is_told_which(
    company: Company, core: Server, team: int, agent: str
) -> None:
    fault = {"path": "^/api/v2/ai-agents", "without_scopes": ["ai-agents:read"]}
    await company.control("POST", "/faults", fault)
    told = await core.call("ai_agent_list", team_id=team)
    assert told.error["code"] in {"missing_scope", "forbidden"}
    assert "ai-agents:read" in told.text


# Creating


async def test_an_agent_is_created_with_its_tools_and_taken_back(
    core: Server, company: Company, team: int, provider: int, order_status: int, shown: Shown
) -> None:
    arguments: dict[str, Any] = {
        "team_id": team,
        "name": "Orders",
        "connection_id": provider,
        "model": "sandbox-stand-in-small",
        "system_prompt": "You know orders.",
        "tools": [{"scenario_id": order_status, "approval_mode": "approval-required"}],
        "max_tokens": 500,
        "history_iterations": 3,
        "output_fields": [{"name": "status", "type": "text"}],
    }
    planned = await core.call("ai_agent_create", **arguments, dry_run=True)
    assert planned.data["plan"]["requests"][0]["path"] == AGENTS
    assert await company.get(AGENTS, teamId=team) == []
    told = await core.call("ai_agent_create", **arguments)
    kept = await shown(told.data["id"])
    assert kept["scenarios"] == [
        {"makeScenarioId": order_status, "approvalMode": "approval-required"}
    ]
    assert kept["llmConfig"] == {"maxTokens": 500}
    assert kept["historyConfig"] == {"iterationsFromHistoryCount": 3}
    assert kept["outputParser"]["schema"] == [{"name": "status", "type": "text"}]
    assert "does not list" not in told.text
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert await company.get(AGENTS, teamId=team) == []


async def test_every_fault_of_a_new_agent_is_told_at_once(
    core: Server, team: int, idle: int, writes: Writes
) -> None:
    await writes()
    told = await core.call(
        "ai_agent_create",
        team_id=team,
        name="Orders",
        connection_id=987_654,
        model="small",
        system_prompt="You know orders.",
        tools=[{"scenario_id": idle}, {"scenario_id": 987_655}],
        mcp=[{"connection_id": 987_656, "tool_ids": ["search"]}],
    )
    paths = {problem["path"] for problem in told.error["problems"]}
    assert paths == {"tools[0]", "tools[1]", "mcp[0].connection_id", "connection_id"}
    assert "scenario_activate" in told.text
    assert await writes() == []


async def test_a_model_the_provider_does_not_list_is_pointed_out(
    core: Server, team: int, provider: int
) -> None:
    told = await core.call(
        "ai_agent_create",
        team_id=team,
        name="Orders",
        connection_id=provider,
        model="huge",
        system_prompt="You know orders.",
    )
    assert "does not list" in told.data["warnings"][0]


# Changing


async def test_a_prompt_is_changed_with_a_diff_of_its_lines_and_taken_back(
    core: Server, team: int, agent: str, shown: Shown
) -> None:
    before = await shown(agent)
    arguments: dict[str, Any] = {
        "team_id": team,
        "agent_id": agent,
        "system_prompt": "You are kind.\nYou are exact.",
        "timeout_ms": 5_000,
    }
    planned = await core.call("ai_agent_update", **arguments, dry_run=True)
    diff = planned.data["plan"]["diff"]
    assert "- prompt: You are brief." in diff
    assert "+ prompt: You are exact." in diff
    assert await shown(agent) == before
    told = await core.call("ai_agent_update", **arguments)
    now = await shown(agent)
    assert now["systemPrompt"] == "You are kind.\nYou are exact."
    assert now["invocationConfig"] == {"recursionLimit": 300, "timeout": 5_000}
    assert (now["name"], now["defaultModel"]) == ("Desk", "small")
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    again = await shown(agent)
    assert {**again, "pastConfigurations": []} == before


async def test_settings_that_are_there_already_send_nothing(
    core: Server, team: int, agent: str, writes: Writes
) -> None:
    await writes()
    told = await core.call("ai_agent_update", team_id=team, agent_id=agent, name="Desk")
    assert told.data["changed"] is False
    assert await writes() == []


async def test_an_agent_that_active_scenarios_run_is_changed_after_a_plan(
    core: Server, company: Company, team: int, agent: str, runner: int, shown: Shown
) -> None:
    await company.send("POST", f"/scenarios/{runner}/start")
    arguments: dict[str, Any] = {"team_id": team, "agent_id": agent, "name": "Front desk"}
    planned = await core.call("ai_agent_update", **arguments)
    assert str(runner) in " ".join(planned.data["plan"]["affects"])
    assert (await shown(agent))["name"] == "Desk"
    told = await core.apply("ai_agent_update", **arguments)
    assert told.data["name"] == "Front desk"


async def test_an_undo_is_refused_when_somebody_changed_the_agent_since(
    core: Server, company: Company, team: int, agent: str, shown: Shown
) -> None:
    told = await core.call("ai_agent_update", team_id=team, agent_id=agent, name="Front desk")
    other = await core.call("ai_agent_update", team_id=team, agent_id=agent, name="Back desk")
    assert other.data["changed"] is True
    undone = await core.call("operation_undo", operation_id=told.data["operation_id"])
    assert undone.result.is_error or "moved" in undone.text
    assert (await shown(agent))["name"] == "Back desk"


# Deleting


async def test_an_agent_in_use_is_deleted_only_when_told_so(
    core: Server, company: Company, team: int, agent: str, runner: int
) -> None:
    refused = await core.call("ai_agent_delete", team_id=team, agent_id=agent)
    assert refused.error["code"] == "has_dependents"
    assert refused.error["problems"][0]["path"] == f"scenario {runner}"
    told = await core.apply("ai_agent_delete", team_id=team, agent_id=agent, ignore_dependents=True)
    assert told.data["broken_scenarios"][0]["modules"] == [4]
    assert await company.get(AGENTS, teamId=team) == []


async def test_a_deleted_agent_is_made_again_by_undo(
    core: Server, company: Company, team: int, agent: str, order_status: int, shown: Shown
) -> None:
    add = [{"scenario_id": order_status}]
    await core.call("ai_agent_tool_set", team_id=team, agent_id=agent, add=add)
    await core.call("ai_agent_update", team_id=team, agent_id=agent, recursion_limit=20)
    before = await shown(agent)
    told = await core.apply("ai_agent_delete", team_id=team, agent_id=agent)
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    [row] = await company.get(AGENTS, teamId=team)
    again = await shown(row["id"])
    assert again["id"] != agent
    for name in ("name", "systemPrompt", "scenarios", "invocationConfig", "makeConnectionId"):
        assert again[name] == before[name]
