"""Who calls a scenario: other scenarios of its team, and AI agents that have it as a tool.

Agents: Make API reference, chapter 2.5. Calls by the API and by MCP clients are not told by Make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from make_mcp_base.authoring import Output
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound
from pydantic import RootModel

from make_mcp_core_tools._engine.blueprint_index import callers_of

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Caller:
    """A scenario or agent that calls a scenario."""

    kind: Literal["scenario", "AI agent"]
    id: int | str
    name: str

    @property
    def place(self) -> str:
        """Its kind and id."""
        return f"{self.kind} {self.id}"

    def __str__(self) -> str:
        """Write it as `Scenario 23 “Expenses”`."""
        return f"{self.place[0].upper()}{self.place[1:]} “{self.name}”"


class _Tool(Output):
    make_scenario_id: int = 0


class _Agent(Output):
    id: str
    name: str = ""
    scenarios: list[_Tool] = []


class _Agents(RootModel[list[_Agent]]):
    pass


async def all_callers(make: Make, scenario: Scenario) -> list[Caller]:
    """Find what calls a scenario; a warning tells when agents could not be looked at."""
    found = [Caller("scenario", ident, name) for ident, name in await callers_of(make, scenario)]
    query = {"teamId": scenario.team_id}
    try:
        listed = await make.get("/ai-agents/v1/agents", query, into=_Agents, scope="ai-agents:read")
    except (LicenceGate, NotFound):  # agents are a beta that not every account has
        return found
    except Forbidden:
        make.warn("AI agents that call it were not looked for: the token lacks `ai-agents:read`.")
        return found
    return found + [
        Caller("AI agent", agent.id, agent.name)
        for agent in listed.root
        if any(tool.make_scenario_id == scenario.id for tool in agent.scenarios)
    ]
