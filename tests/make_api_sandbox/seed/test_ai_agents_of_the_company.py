"""The company's AI agents: they work, and their tokens agree with the credits paid for them."""

from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.world import World

if TYPE_CHECKING:
    from .conftest import Office

LABEL = "[Sandbox stand-in, no model]"


def test_agents_hold_only_what_their_team_has(company: World):
    agents = company.rows("SELECT * FROM ai_agents")
    assert len(agents) == 3
    for agent in agents:
        connection = company.get("connections", agent["connection_id"]) or {}
        assert connection["team_id"] == agent["team_id"]
        for tool in agent["tool_scenarios"]:
            scenario = company.get("scenarios", tool["makeScenarioId"]) or {}
            assert scenario["team_id"] == agent["team_id"]
            assert scenario["is_active"]


def test_every_token_was_paid_for(company: World):
    [tokens] = company.rows(
        "SELECT sum(prompt_tokens + completion_tokens) AS used, sum(centicredits) AS paid"
        " FROM ai_token_usage"
    )
    [runs] = company.rows(
        "SELECT sum(e.centicredits) - 100 * sum(e.operations) AS paid FROM executions e"
        " JOIN scenarios s ON s.id = e.scenario_id WHERE s.name = 'SUP-02 Sort the support inbox'"
    )
    assert tokens["paid"] == runs["paid"] > 0
    assert tokens["used"] == 25 * tokens["paid"]


@pytest.mark.anyio
async def test_the_support_desk_answers_with_what_it_knows(office: "Office"):
    team = office.world.value("SELECT id FROM teams WHERE name = 'Support'")
    listed = await office.call("GET", f"/ai-agents/v1/agents?teamId={team}")
    [agent] = listed.json()
    body: Any = {"messages": [{"role": "user", "content": "Is a refund late?"}], "config": {}}
    path = f"/ai-agents/v1/agents/{agent['id']}/run?teamId={team}"
    assert (await office.call("POST", path, body)).json()["response"].startswith(LABEL)
    body["messages"][0]["content"] = "How long do refunds take?"
    answer = (await office.call("POST", path, body)).json()
    assert "Refunds arrive within five working days." in answer["response"]
