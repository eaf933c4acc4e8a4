"""Which scenarios and MCP tools an agent may call."""

from make_mcp_base.authoring import (
    ConnectionId,
    Input,
    Make,
    Output,
    Problem,
    ScenarioId,
    TeamId,
)

from make_mcp_core_tools.ai_agents.declared import category
from make_mcp_core_tools.ai_agents.editing import (
    AgentMcp,
    AgentTool,
    refuse,
    save,
    tell_users,
)
from make_mcp_core_tools.ai_agents.records import (
    WRITE,
    Agent,
    AgentRef,
    McpConfig,
    ScenarioTool,
    mcp_body,
    read_agent,
    tools_body,
)
from make_mcp_core_tools.ai_agents.tool_checks import (
    ToolRow,
    check_tools,
    missing_connections,
    problems_of,
)

# Inputs


class SetAgentTools(Input):
    agent_id: AgentRef
    team_id: TeamId | None = None
    add: list[AgentTool] = []
    """Scenarios to attach; one that is attached gets the approval mode given here."""
    remove: list[ScenarioId] = []
    """Scenarios to detach; ids of deleted ones too."""
    mcp_set: list[AgentMcp] = []
    """MCP servers to attach, each with all tools it shall have."""
    mcp_remove: list[ConnectionId] = []
    """MCP servers to detach."""


# Outputs


class AgentMcpTools(Output):
    connection_id: int
    tools: list[str]


class AgentTools(Output):
    agent_id: str
    name: str
    changed: bool
    tools: list[ToolRow]
    mcp: list[AgentMcpTools] | None = None


# Tools


@category.tool(
    scope=WRITE,
    effect="update",
    words=("attach scenario", "detach scenario", "mcp"),
    examples=[
        SetAgentTools(
            agent_id="Order desk",
            add=[AgentTool(scenario_id=101, approval_mode="approval-required")],
        )
    ],
)
async def ai_agent_tool_set(make: Make, args: SetAgentTools) -> AgentTools:
    """Attach scenarios and MCP tools to an agent, or detach them; others stay.

    A scenario must be active and scheduled on demand. The answer names modules that change things.
    """
    team = await make.team(args.team_id)
    agent = await read_agent(make, team, args.agent_id)
    await _refuse_faults(make, agent, args)
    tools, servers = _tools(agent, args), _servers(agent, args)
    new = {"scenarios": tools_body(tools), "mcpConfigs": mcp_body(servers)}
    old = agent.settings()
    moved = {name: value for name, value in new.items() if old[name] != value}
    checked = await check_tools(make, team, tools)
    fresh = {one.scenario_id for one in args.add}
    for one in checked:
        for line in one.advice() if one.tool.make_scenario_id in fresh else ():
            make.warn(line)
    if moved:
        await tell_users(make, agent)
        make.shows(*_diff(agent, tools, servers))
        await save(make, agent, moved, says=f"Change the tools of the AI agent {agent.title}")
    return AgentTools(
        agent_id=agent.id,
        name=agent.name,
        changed=bool(moved),
        tools=[one.row for one in checked],
        mcp=[AgentMcpTools(connection_id=s.mcp_connection_id, tools=s.ids) for s in servers]
        or None,
    )


async def _refuse_faults(make: Make, agent: Agent, args: SetAgentTools) -> None:
    added = [_wanted(one) for one in args.add]
    problems = problems_of(await check_tools(make, agent.team_id, added, deep=False), "add")
    wanted = {
        f"mcp_set[{n}].connection_id": one.connection_id for n, one in enumerate(args.mcp_set)
    }
    problems += await missing_connections(make, agent.team_id, wanted)
    both = {one.scenario_id for one in args.add} & set(args.remove)
    problems += [Problem("remove", f"Scenario {ident} is in `add` too.") for ident in both]
    if not (args.add or args.remove or args.mcp_set or args.mcp_remove):
        problems.append(Problem("add", "Nothing to attach or detach was given."))
    refuse("The tools were not changed.", "ai_agent_tool_set", problems)


def _wanted(given: AgentTool) -> ScenarioTool:
    return ScenarioTool(make_scenario_id=given.scenario_id, approval_mode=given.approval_mode)


def _tools(agent: Agent, args: SetAgentTools) -> list[ScenarioTool]:
    """Give the tools it shall have, in their order; new ones come last."""
    kept = {one.make_scenario_id: one for one in agent.scenarios}
    kept |= {one.scenario_id: _wanted(one) for one in args.add}
    return [one for ident, one in kept.items() if ident not in args.remove]


def _servers(agent: Agent, args: SetAgentTools) -> list[McpConfig]:
    kept = {one.mcp_connection_id: one for one in agent.mcp_configs}
    for one in args.mcp_set:
        kept[one.connection_id] = McpConfig(
            mcp_connection_id=one.connection_id, tool_ids=one.tool_ids
        )
    return [one for ident, one in kept.items() if ident not in args.mcp_remove]


def _diff(agent: Agent, tools: list[ScenarioTool], servers: list[McpConfig]) -> list[str]:
    before = [_line(one) for one in agent.scenarios] + [_mcp_line(s) for s in agent.mcp_configs]
    after = [_line(one) for one in tools] + [_mcp_line(s) for s in servers]
    return [f"- {line}" for line in before if line not in after] + [
        f"+ {line}" for line in after if line not in before
    ]


def _line(tool: ScenarioTool) -> str:
    return f"scenario {tool.make_scenario_id} ({tool.approval_mode})"


def _mcp_line(server: McpConfig) -> str:
    return f"MCP connection {server.mcp_connection_id}: {', '.join(server.ids)}"
