"""Tools of agents, talking to them, and the models they think with."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Made = dict[str, Any]
Builder = Callable[..., dict[str, Any]]
Shown = Callable[[str], Awaitable[Made]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]


# Tools


async def test_a_scenario_is_attached_and_its_run_is_shown_on_both_sides(
    core: Server, company: Company, team: int, agent: str, order_status: int
) -> None:
    add = [{"scenario_id": order_status}]
    attached = await core.call("ai_agent_tool_set", team_id=team, agent_id=agent, add=add)
    assert attached.data["changed"] is True
    told = (
        await core.call(
            "ai_agent_run", team_id=team, agent_id="Desk", message="What is up with order A-17?"
        )
    ).data
    [use] = told["tool_calls"]
    assert (use["status"], use["type"]) == ("ok", "scenario")
    assert "shipped" in str(use["result"])
    assert "no model" in told["response"]
    assert told["tokens"]["total_tokens"] > 0
    logs = (await company.get(f"/scenarios/{order_status}/logs"))["scenarioLogs"]
    runs = [row for row in logs if row.get("type") != "modify" and row.get("status")]
    assert len(runs) == 1
    assert runs[0]["id"] in use["execution_url"]


async def test_what_cannot_be_called_is_not_attached(
    core: Server, team: int, agent: str, idle: int, shown: Shown
) -> None:
    told = await core.call(
        "ai_agent_tool_set", team_id=team, agent_id=agent, add=[{"scenario_id": idle}]
    )
    assert told.error["problems"][0]["path"] == "add[0]"
    assert "scenario_activate" in told.error["problems"][0]["fix"]
    assert (await shown(agent))["scenarios"] == []


async def test_a_tool_that_changes_things_is_better_approved(
    core: Server,
    team: int,
    agent: str,
    new_scenario: Callable[..., Awaitable[Made]],
    blueprint: Builder,
    step: Builder,
) -> None:
    record = step(1, "datastore:AddRecord", mapper={"key": "a", "data": {}})
    made = await new_scenario(
        blueprint(record, name="Files it"), scheduling={"type": "on-demand"}, active=True
    )
    arguments: dict[str, Any] = {"team_id": team, "agent_id": agent}
    add = [{"scenario_id": made["id"]}]
    told = await core.call("ai_agent_tool_set", **arguments, add=add)
    assert told.data["tools"][0]["writes_with"] == ["datastore:AddRecord"]
    assert "approval_mode" in " ".join(told.data["warnings"])
    add = [{"scenario_id": made["id"], "approval_mode": "approval-required"}]
    safer = await core.call("ai_agent_tool_set", **arguments, add=add)
    assert safer.data["tools"][0]["approval_mode"] == "approval-required"
    assert "approval_mode" not in " ".join(safer.data["warnings"])


async def test_detaching_keeps_the_others_and_can_be_undone(
    core: Server,
    team: int,
    agent: str,
    order_status: int,
    connection: Callable[..., Awaitable[int]],
    shown: Shown,
) -> None:
    server = await connection("Wiki")
    arguments: dict[str, Any] = {"team_id": team, "agent_id": agent}
    await core.call(
        "ai_agent_tool_set",
        **arguments,
        add=[{"scenario_id": order_status}],
        mcp_set=[{"connection_id": server, "tool_ids": ["read_page"]}],
    )
    before = await shown(agent)
    planned = await core.call("ai_agent_tool_set", **arguments, remove=[order_status], dry_run=True)
    assert planned.data["plan"]["diff"] == [f"- scenario {order_status} (auto-run)"]
    told = await core.call("ai_agent_tool_set", **arguments, remove=[order_status])
    now = await shown(agent)
    assert now["scenarios"] == []
    assert now["mcpConfigs"] == before["mcpConfigs"]
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await shown(agent))["scenarios"] == before["scenarios"]


async def test_an_attached_tool_attached_again_sends_nothing(
    core: Server, team: int, agent: str, order_status: int, writes: Writes
) -> None:
    arguments: dict[str, Any] = {
        "team_id": team,
        "agent_id": agent,
        "add": [{"scenario_id": order_status}],
    }
    await core.call("ai_agent_tool_set", **arguments)
    await writes()
    told = await core.call("ai_agent_tool_set", **arguments)
    assert told.data["changed"] is False
    assert await writes() == []


async def test_attaching_nothing_is_refused(core: Server, team: int, agent: str) -> None:
    told = await core.call("ai_agent_tool_set", team_id=team, agent_id=agent)
    assert told.error["code"] == "invalid_agent"


# Runs


async def test_a_conversation_goes_on_by_its_thread(core: Server, team: int, agent: str) -> None:
    first = await core.call("ai_agent_run", team_id=team, agent_id=agent, message="I am Nora.")
    second = await core.call(
        "ai_agent_run",
        team_id=team,
        agent_id=agent,
        message="Who am I?",
        thread_id=first.data["thread_id"],
    )
    assert second.data["thread_id"] == first.data["thread_id"]
    assert "I am Nora." in second.data["response"]


async def test_a_structured_answer_has_the_fields_that_were_asked_for(
    core: Server, team: int, agent: str
) -> None:
    fields = [{"name": "email", "type": "email"}]
    told = await core.call(
        "ai_agent_run",
        team_id=team,
        agent_id=agent,
        message="Write to nora@example.com please.",
        output_fields=fields,
    )
    assert told.data["json_response"] == {"email": "nora@example.com"}


async def test_a_dry_run_says_nothing_to_the_agent(
    core: Server, team: int, agent: str, writes: Writes
) -> None:
    await writes()
    told = await core.call(
        "ai_agent_run", team_id=team, agent_id=agent, message="Hello", dry_run=True
    )
    assert told.data["plan"]["requests"][0]["path"].endswith("/run")
    assert await writes() == []


async def test_an_agent_whose_connection_is_broken_says_so(
    core: Server, company: Company, team: int, agent: str, provider: int
) -> None:
    await company.send("DELETE", f"/connections/{provider}", confirmed="true")
    told = await core.call("ai_agent_run", team_id=team, agent_id=agent, message="Hello")
    assert told.error["code"] == "upstream_failed"
    assert "connection" in told.text


# Models


async def test_providers_and_their_models_are_listed(core: Server, team: int) -> None:
    told = (await core.call("llm_provider_list", team_id=team)).data
    assert all("stand-in" in row["account_name"] for row in told["providers"])
    chosen = told["providers"][0]["id"]
    models = (await core.call("llm_model_list", team_id=team, provider_id=chosen)).data["models"]
    assert models
    assert all(row["token_limit"] >= row["max_tokens"] > 0 for row in models)


async def test_an_unknown_provider_is_refused(core: Server, team: int) -> None:
    told = await core.call("llm_model_list", team_id=team, provider_id=987_654)
    assert told.error["code"] == "not_found"


async def test_a_teams_models_are_chosen_after_a_plan_and_taken_back(
    core: Server, company: Company, team: int, provider: int
) -> None:
    path = f"/teams/{team}/llm-configuration"
    before = await company.get(path)
    told = await core.apply(
        "team_llm_config_set",
        team_id=team,
        toolkit={"tier": "large"},
        mapping={"connection_id": provider, "model": "small"},
    )
    assert told.data["toolkit"]["tier"] == "large"
    shown = (await core.call("team_llm_config_get", team_id=team)).data
    assert shown["mapping"] == {"connection_id": provider, "model": "small"}
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert await company.get(path) == before


async def test_a_teams_models_that_are_chosen_already_need_no_plan(
    core: Server, team: int, writes: Writes
) -> None:
    await core.apply("team_llm_config_set", team_id=team, toolkit={"tier": "small"})
    await writes()
    told = await core.call("team_llm_config_set", team_id=team, toolkit={"tier": "small"})
    assert told.data["changed"] is False
    assert await writes() == []


@pytest.mark.parametrize("choice", [{}, {"toolkit": {"connection_id": 987_654}}])
async def test_a_choice_of_nothing_or_of_a_foreign_connection_is_refused(
    core: Server, team: int, choice: dict[str, Any]
) -> None:
    told = await core.call("team_llm_config_set", team_id=team, **choice)
    assert told.error["code"] == "invalid_arguments"
