"""What tests of agents start from: a provider, a scenario that can be called, and an agent."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company

Made = dict[str, Any]
AGENTS = "/ai-agents/v1/agents"
ORDER: dict[str, Any] = {
    "name": "order",
    "type": "text",
    "label": "Order",
    "help": "Number of the order.",
    "required": True,
}


@pytest.fixture
async def provider(connection: Callable[..., Awaitable[int]]) -> int:
    """A connection to Make's own AI provider."""
    return await connection("Thinking", "ai-provider")


@pytest.fixture
async def order_status(new_scenario: Callable[..., Awaitable[Made]]) -> int:
    """An active on-demand scenario that tells the status of an order."""
    expect = [{"name": "status", "type": "text"}]
    start = {
        "id": 1,
        "module": "scenario-service:StartSubscenario",
        "version": 1,
        "parameters": {},
        "mapper": {},
        "metadata": {"interface": [ORDER], "designer": {"x": 0, "y": 0}},
    }
    give = {
        "id": 2,
        "module": "scenario-service:ReturnData",
        "version": 1,
        "parameters": {},
        "mapper": {"status": "{{upper(1.order)}} shipped"},
        "metadata": {"expect": expect, "designer": {"x": 300, "y": 0}},
    }
    blueprint: Made = {
        "name": "Order status",
        "flow": [start, give],
        "metadata": {"instant": False, "version": 1, "scenario": {}, "designer": {"orphans": []}},
    }
    made = await new_scenario(
        blueprint,
        scheduling={"type": "on-demand"},
        interface={"input": [ORDER], "output": expect},
        active=True,
    )
    return int(made["id"])


@pytest.fixture
async def idle(new_scenario: Callable[..., Awaitable[Made]], blueprint: Any, step: Any) -> int:
    """A scenario that is switched off and scheduled on demand."""
    made = await new_scenario(blueprint(step(1), name="Idle"), scheduling={"type": "on-demand"})
    return int(made["id"])


@pytest.fixture
async def agent(company: Company, team: int, provider: int) -> str:
    """An agent without tools, created behind our server's back."""
    body = {
        "name": "Desk",
        "teamId": team,
        "makeConnectionId": provider,
        "defaultModel": "small",
        "systemPrompt": "You are kind.\nYou are brief.",
    }
    return str((await company.send("POST", AGENTS, body, teamId=team))["agentId"])


@pytest.fixture
def shown(company: Company, team: int) -> Callable[[str], Awaitable[Made]]:
    """Reads an agent as Make shows it."""

    async def read(ident: str) -> Made:
        found: Made = await company.get(f"{AGENTS}/{ident}", teamId=team)
        return found

    return read


@pytest.fixture
async def runner(
    new_scenario: Callable[..., Awaitable[Made]], blueprint: Any, step: Any, agent: str
) -> int:
    """An inactive scenario with a module that runs the agent."""
    module = step(
        4, "ai-agent:RunAnAIAgent", parameters={"agent": agent}, mapper={"message": "Hello"}
    )
    made = await new_scenario(blueprint(module, name="Asks the desk"))
    return int(made["id"])
