"""Agents as Make tells of them, and how one is found.

Shapes: Make API reference, chapter 2.5. Bodies have no wrapper, and every call names the team.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from make_mcp_base.authoring import Document, Failure, Json, Make, Output, Timestamp
from pydantic import Field, RootModel

AGENTS = "/ai-agents/v1/agents"
READ, WRITE = "ai-agents:read", "ai-agents:write"

AgentRef = Annotated[str, Field(min_length=1, description="Agent id or name (`ai_agent_list`).")]
"""An agent, by id or by its unique name."""
Approval = Literal["auto-run", "approval-required"]
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class ScenarioTool(Output):
    """A scenario an agent may call."""

    make_scenario_id: int
    approval_mode: Approval = "auto-run"


class McpTool(Output):
    id: str
    is_deprecated: bool = False


class McpConfig(Output):
    """An MCP server an agent may call; lists name its tools by `toolIds`, details by `tools`."""

    mcp_connection_id: int
    name: str = ""
    tool_ids: list[str] | None = None
    tools: list[McpTool] = []

    @property
    def ids(self) -> list[str]:
        """Names of its tools."""
        return [tool.id for tool in self.tools] if self.tool_ids is None else self.tool_ids


class Context(Output):
    """A document an agent may look up."""

    id: str
    document_name: str = ""
    description: str | None = None
    created_at: Timestamp | None = None
    metadata: Document | None = None
    is_temporary: bool = False


class Agent(Output):
    """An agent; the last members are told by its detail only."""

    id: str
    name: str
    team_id: int
    created_at: Timestamp | None = None
    system_prompt: str = ""
    default_model: str = ""
    invocation_config: Document | None = None
    scenarios: list[ScenarioTool] = []
    mcp_configs: list[McpConfig] = []
    history_config: Document | None = None
    llm_config: Document | None = None
    contexts: list[Context] = []
    output_parser: Document | None = None
    make_connection_id: int | None = None
    make_connection_type: str | None = None
    llm_provider_id: int | None = None
    past_configurations: list[Document] = []

    @property
    def path(self) -> str:
        """Its address in the API."""
        return f"{AGENTS}/{self.id}"

    @property
    def title(self) -> str:
        """Its name and id, for sentences."""
        return f"“{self.name}” ({self.id})"

    def settings(self) -> dict[str, Any]:
        """Give everything that can be changed, in Make's spelling of a change."""
        parser = self.output_parser or {"type": "text"}
        return {
            "name": self.name,
            "systemPrompt": self.system_prompt,
            "defaultModel": self.default_model,
            "llmConfig": self.llm_config,
            "invocationConfig": self.invocation_config,
            "historyConfig": self.history_config,
            "outputParserFormat": parser,
            "scenarios": tools_body(self.scenarios),
            "mcpConfigs": mcp_body(self.mcp_configs),
        }


class _Agents(RootModel[list[Agent]]):
    pass


class Nothing(RootModel[Json]):
    """An answer without a body."""


def tools_body(tools: list[ScenarioTool]) -> list[Document]:
    """Write scenario tools as Make takes them."""
    return [
        {"makeScenarioId": tool.make_scenario_id, "approvalMode": tool.approval_mode}
        for tool in tools
    ]


def mcp_body(configs: list[McpConfig]) -> list[Document]:
    """Write MCP tools as Make takes them."""
    return [{"mcpConnectionId": one.mcp_connection_id, "toolIds": one.ids} for one in configs]


async def read_agents(make: Make, team_id: int) -> list[Agent]:
    """List the agents of a team, oldest first."""
    return (await make.get(AGENTS, {"teamId": team_id}, into=_Agents, scope=READ)).root


async def read_agent(make: Make, team_id: int, ref: str) -> Agent:
    """Read one agent, by id or unique name.

    Raises:
        Failure: The team has none of this name, or several.
    """
    ident = ref.strip()
    if not _UUID.fullmatch(ident):
        ident = _named(await read_agents(make, team_id), ident, team_id)
    return await make.get(f"{AGENTS}/{ident}", {"teamId": team_id}, into=Agent, scope=READ)


def _named(agents: list[Agent], name: str, team_id: int) -> str:
    found = [one for one in agents if one.name.casefold() == name.casefold()]
    if len(found) == 1:
        return found[0].id
    shown = found or agents
    listed = ", ".join(one.title for one in shown[:10])
    raise Failure(
        f"{len(found) or 'No'} agents of team {team_id} are named “{name}”.",
        why=f"{'Candidates' if found else 'Its agents'}: {listed}." if shown else "It has none.",
        next_step="Call again with the id; `ai_agent_list` lists them.",
        code="ambiguous_name" if found else "unknown_name",
    )
