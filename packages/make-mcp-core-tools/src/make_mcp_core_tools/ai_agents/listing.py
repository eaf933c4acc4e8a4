"""Reading agents: the list, one in detail, and who uses it."""

from typing import Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    TeamId,
    Timestamp,
    page_of,
)

from make_mcp_core_tools._engine.connection_uses import Bound, bound_scenarios
from make_mcp_core_tools.ai_agents.declared import category
from make_mcp_core_tools.ai_agents.records import (
    READ,
    Agent,
    AgentRef,
    Context,
    read_agent,
    read_agents,
)
from make_mcp_core_tools.ai_agents.tool_checks import ToolRow, check_tools

_PROMPT_SHOWN = 160
_SCENARIOS = 1_000

# Inputs


class ListAgents(PageInput):
    team_id: TeamId | None = None
    name_contains: str | None = None
    """Only agents with this text in their name."""
    include_blueprint_agents: bool = False
    """Also list scenarios whose blueprint holds agent modules."""


class GetAgent(Input):
    agent_id: AgentRef
    team_id: TeamId | None = None
    include: list[Literal["contexts", "tools", "usage", "history"]] = ["tools"]
    """Parts to add; `history` is its past configurations, newest first."""


class GetAgentUsage(Input):
    agent_id: AgentRef
    team_id: TeamId | None = None


# Outputs


class AgentRow(Output):
    id: str
    name: str
    model: str
    scenario_tools: int
    mcp_tools: int
    contexts: int
    used_by: int | None = None
    """Scenarios whose modules run it; absent when this token may not read them."""
    prompt: str
    """Its system prompt's beginning."""


class AgentScenario(Output):
    id: int
    name: str
    is_active: bool = False
    agent_count: int = 0
    """Agent modules in its blueprint."""


class Agents(Page):
    agents: list[AgentRow]
    scenarios: list[AgentScenario] | None = None


class McpRow(Output):
    connection_id: int
    name: str
    tools: list[str]
    deprecated: list[str] | None = None
    broken: bool | None = None
    """True when its connection is gone."""


class AgentUser(Output):
    scenario_id: int
    name: str
    active: bool
    modules: list[int]


class AgentDetail(Output):
    id: str
    name: str
    team_id: int
    model: str
    connection_id: int | None = None
    connection_type: str | None = None
    provider_id: int | None = None
    system_prompt: str
    max_tokens: int | None = None
    history_iterations: int | None = None
    """Past exchanges of a thread it is reminded of."""
    recursion_limit: int | None = None
    timeout_ms: int | None = None
    output_fields: list[Document] | None = None
    """Absent when it answers with text."""
    created: Timestamp | None = None
    tools: list[ToolRow] | None = None
    mcp: list[McpRow] | None = None
    contexts: list[Context] | None = None
    used_by: list[AgentUser] | None = None
    history: list[Document] | None = None
    next_calls: list[NextCall] | None = None


class AgentUsage(Output):
    agent_id: str
    name: str
    in_use: bool
    used_by: list[AgentUser]


# Make's answers


class _AgentScenarios(Output):
    scenarios: list[AgentScenario]


# Tools


@category.tool(
    scope=READ,
    effect="read",
    formerly=("list-ai-agents",),
    words=("assistants", "bots"),
)
async def ai_agent_list(make: Make, args: ListAgents) -> Agents:
    """List the AI agents of a team, and scenarios with agents of their own if asked."""
    team = await make.team(args.team_id)
    wanted = (args.name_contains or "").casefold()
    found = [one for one in await read_agents(make, team) if wanted in one.name.casefold()]
    page, more = page_of(found, args)
    uses = await _uses(make, team) if page else None
    rows = [_row(one, uses) for one in page]
    scenarios = await _blueprint_agents(make, team) if args.include_blueprint_agents else None
    return Agents(agents=rows, scenarios=scenarios, **more)


async def _uses(make: Make, team_id: int) -> list[Bound] | None:
    """Read what the team's scenarios run; without the right to, the list still answers."""
    try:
        return await bound_scenarios(make, team_id)
    except Failure as failure:
        if failure.code not in {"missing_scope", "forbidden"}:
            raise
        make.warn(f"Who uses the agents is not told: {failure.what}")
        return None


def _row(agent: Agent, uses: list[Bound] | None) -> AgentRow:
    users = [
        one
        for one in uses or ()
        if any(_binds(need.kind, need.value, agent) for need in one.bindings)
    ]
    return AgentRow(
        id=agent.id,
        name=agent.name,
        model=agent.default_model,
        scenario_tools=len(agent.scenarios),
        mcp_tools=sum(len(one.ids) for one in agent.mcp_configs),
        contexts=len(agent.contexts),
        used_by=None if uses is None else len(users),
        prompt=agent.system_prompt[:_PROMPT_SHOWN],
    )


async def _blueprint_agents(make: Make, team_id: int) -> list[AgentScenario]:
    """List scenarios with agent modules; this list has pages without a total."""
    rows: list[AgentScenario] = []
    while True:
        query = {"teamId": team_id, "pg[limit]": _SCENARIOS, "pg[offset]": len(rows)}
        answer = await make.get(
            "/scenarios/ai-agents", query, into=_AgentScenarios, scope="scenarios:read"
        )
        rows += answer.scenarios
        if len(answer.scenarios) < _SCENARIOS:
            return rows


@category.tool(scope=READ, effect="read", formerly=("get-ai-agent",))
async def ai_agent_get(make: Make, args: GetAgent) -> AgentDetail:
    """Show an agent: prompt, model, limits, and tools with what keeps them from being called."""
    team = await make.team(args.team_id)
    agent = await read_agent(make, team, args.agent_id)
    shown = detail_of(agent)
    if "tools" in args.include:
        checked = await check_tools(make, team, agent.scenarios)
        shown.tools = [one.row for one in checked]
        shown.mcp = _mcp_rows(agent) or None
        broken = [one for one in shown.tools if one.status != "ok"]
        for one in broken:
            make.warn(f"Tool scenario {one.scenario_id} cannot be called: {one.status}.")
    if "contexts" in args.include:
        shown.contexts = agent.contexts
    if "usage" in args.include:
        shown.used_by = await users_of(make, agent)
    if "history" in args.include:
        shown.history = agent.past_configurations
    return shown


def detail_of(agent: Agent) -> AgentDetail:
    """Write an agent's own settings as an answer."""
    limits, history = agent.invocation_config or {}, agent.history_config or {}
    return AgentDetail(
        id=agent.id,
        name=agent.name,
        team_id=agent.team_id,
        model=agent.default_model,
        connection_id=agent.make_connection_id,
        connection_type=agent.make_connection_type,
        provider_id=agent.llm_provider_id,
        system_prompt=agent.system_prompt,
        max_tokens=(agent.llm_config or {}).get("maxTokens"),
        history_iterations=history.get("iterationsFromHistoryCount"),
        recursion_limit=limits.get("recursionLimit"),
        timeout_ms=limits.get("timeout"),
        output_fields=(agent.output_parser or {}).get("schema"),
        created=agent.created_at,
    )


def _mcp_rows(agent: Agent) -> list[McpRow]:
    return [
        McpRow(
            connection_id=one.mcp_connection_id,
            name=one.name,
            tools=one.ids,
            deprecated=[tool.id for tool in one.tools if tool.is_deprecated] or None,
            broken=one.name == "Invalid MCP Connection" or None,
        )
        for one in agent.mcp_configs
    ]


async def users_of(make: Make, agent: Agent) -> list[AgentUser]:
    """Find the scenarios of its team whose modules run an agent."""
    found: list[AgentUser] = []
    for one in await bound_scenarios(make, agent.team_id, ("agent", agent.id)):
        ids = {need.module_id for need in one.bindings if _binds(need.kind, need.value, agent)}
        if ids:
            modules = sorted(ident for ident in ids if ident is not None)
            scenario = one.scenario
            found.append(
                AgentUser(
                    scenario_id=scenario.id,
                    name=scenario.name,
                    active=scenario.is_active,
                    modules=modules,
                )
            )
    return found


def _binds(kind: str, value: int | str, agent: Agent) -> bool:
    return kind == "agent" and str(value).lower() == agent.id.lower()


async def readable_users_of(make: Make, agent: Agent) -> list[AgentUser]:
    """Find an agent's users, or warn that this token may not read them."""
    try:
        return await users_of(make, agent)
    except Failure as failure:
        if failure.code not in {"missing_scope", "forbidden"}:
            raise
        make.warn(f"Who uses the agent was not checked: {failure.what}")
        return []


@category.tool(scope=READ, effect="read", words=("who uses agent", "dependencies"))
async def ai_agent_usage_get(make: Make, args: GetAgentUsage) -> AgentUsage:
    """Show which modules of which scenarios run an agent. Reads the team's blueprints."""
    team = await make.team(args.team_id)
    agent = await read_agent(make, team, args.agent_id)
    users = await users_of(make, agent)
    return AgentUsage(agent_id=agent.id, name=agent.name, in_use=bool(users), used_by=users)
