"""Creating, changing and deleting agents."""

from typing import Any

from make_mcp_base.authoring import (
    ConnectionId,
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    ScenarioId,
    TeamId,
    Undo,
    Watch,
    delete,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools.ai_agents.declared import category
from make_mcp_core_tools.ai_agents.listing import (
    AgentDetail,
    AgentUser,
    detail_of,
    readable_users_of,
)
from make_mcp_core_tools.ai_agents.models import models_of
from make_mcp_core_tools.ai_agents.records import (
    AGENTS,
    WRITE,
    Agent,
    AgentRef,
    Approval,
    Nothing,
    ScenarioTool,
    read_agent,
    tools_body,
)
from make_mcp_core_tools.ai_agents.tool_checks import (
    check_tools,
    missing_connections,
    problems_of,
)

# Inputs


class AgentTool(Input):
    scenario_id: ScenarioId
    """Active, scheduled on demand, in the agent's team."""
    approval_mode: Approval = "auto-run"
    """`approval-required` asks a person before each call."""


class AgentMcp(Input):
    connection_id: ConnectionId
    """Connection to an MCP server."""
    tool_ids: list[str] = Field(min_length=1)
    """Names of its tools."""


class AgentLimits(Input):
    max_tokens: int | None = Field(default=None, ge=1)
    """Most tokens of one answer."""
    history_iterations: int | None = Field(default=None, ge=0)
    """Past exchanges of a thread it is reminded of."""
    output_fields: list[Document] | None = None
    """Fields of a structured answer, `[{name, type, label, required}]`; `[]` means text."""


class CreateAgent(AgentLimits):
    team_id: TeamId | None = None
    name: str = Field(min_length=1)
    """Name of the agent."""
    connection_id: ConnectionId
    """Connection to an AI service; it cannot be changed later."""
    model: str = Field(min_length=1)
    """Model as `llm_model_list` names it."""
    system_prompt: str = Field(min_length=1)
    """What it is told about itself and its task."""
    tools: list[AgentTool] = []
    """Scenarios it may call."""
    mcp: list[AgentMcp] = []
    """MCP tools it may call."""


class UpdateAgent(AgentLimits):
    agent_id: AgentRef
    team_id: TeamId | None = None
    name: str | None = Field(default=None, min_length=1)
    """New name."""
    model: str | None = Field(default=None, min_length=1)
    """New model, of the same provider."""
    system_prompt: str | None = Field(default=None, min_length=1)
    """New system prompt, whole."""
    recursion_limit: int | None = Field(default=None, ge=1)
    """Most steps of one run."""
    timeout_ms: int | None = Field(default=None, ge=1)
    """Longest wait for one tool."""


class DeleteAgent(Input):
    agent_id: AgentRef
    team_id: TeamId | None = None
    ignore_dependents: bool = False
    """Delete it even when scenarios run it."""


# Outputs


class AgentSaved(AgentDetail):
    changed: bool = True


class AgentDeleted(Output):
    deleted: str
    name: str = ""
    broken_scenarios: list[AgentUser] | None = None
    backup: str = ""


# Make's answers


class _Made(Output):
    agent_id: str


# Creating


@category.tool(
    scope=WRITE,
    effect="create",
    formerly=("create-ai-agent",),
    words=("assistant", "new agent"),
    examples=[
        CreateAgent(
            name="Order desk",
            connection_id=31,
            model="medium",
            system_prompt="You answer questions about orders.",
            tools=[AgentTool(scenario_id=101)],
        )
    ],
)
async def ai_agent_create(make: Make, args: CreateAgent) -> AgentSaved:
    """Create an AI agent. Its connection, and so its provider, cannot be changed later.

    Tool scenarios must be active and scheduled on demand; all faults are told at once.
    """
    team = await make.team(args.team_id)
    tools = [_tool(one) for one in args.tools]
    checked = await check_tools(make, team, tools)
    wanted = {f"mcp[{n}].connection_id": one.connection_id for n, one in enumerate(args.mcp)}
    wanted["connection_id"] = args.connection_id
    problems = problems_of(checked, "tools") + await missing_connections(make, team, wanted)
    refuse("The agent was not created.", "ai_agent_create", problems)
    for line in (line for one in checked for line in one.advice()):
        make.warn(line)
    made = await make.write(
        post(AGENTS, _new(args, team, tools), teamId=team),
        into=_Made,
        says=f"Create the AI agent “{args.name}” in team {team}",
        undo=lambda made: Undo((delete(f"{AGENTS}/{made.agent_id}", teamId=team),)),
    )
    agent = await read_agent(make, team, made.agent_id)
    await _warn_of_model(make, agent)
    saved = _saved(agent)
    saved.next_calls = [
        NextCall(
            tool="ai_agent_run",
            arguments={"agent_id": agent.id, "team_id": team, "message": "…"},
            why="Talk to it.",
        )
    ]
    return saved


def _new(args: CreateAgent, team: int, tools: list[ScenarioTool]) -> dict[str, Any]:
    return {
        "name": args.name,
        "teamId": team,
        "makeConnectionId": args.connection_id,
        "defaultModel": args.model,
        "systemPrompt": args.system_prompt,
        "scenarios": tools_body(tools),
        "mcpConfigs": [
            {"mcpConnectionId": one.connection_id, "toolIds": one.tool_ids} for one in args.mcp
        ],
        **_limits(args),
    }


def _tool(given: AgentTool) -> ScenarioTool:
    return ScenarioTool(make_scenario_id=given.scenario_id, approval_mode=given.approval_mode)


def _limits(args: AgentLimits) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if args.max_tokens is not None:
        body["llmConfig"] = {"maxTokens": args.max_tokens}
    if args.history_iterations is not None:
        body["historyConfig"] = {"iterationsFromHistoryCount": args.history_iterations}
    if args.output_fields is not None:
        fields = args.output_fields
        parser = {"type": "make-schema", "schema": fields} if fields else {"type": "text"}
        body["outputParserFormat"] = parser
    return body


def refuse(what: str, tool: str, problems: list[Problem]) -> None:
    """Refuse an agent's new settings when they have faults.

    Raises:
        Failure: With all of them.
    """
    if problems:
        raise Failure(
            what,
            next_step=f"Mend what is listed, then call `{tool}` again.",
            code="invalid_agent",
            problems=problems,
        )


async def _warn_of_model(make: Make, agent: Agent) -> None:
    """Say when the agent's provider does not list its model; Make takes such names too."""
    if agent.llm_provider_id is None:
        return
    known = [one.model for one in await models_of(make, agent.team_id, agent.llm_provider_id)]
    if known and agent.default_model not in known:
        make.warn(
            f"Provider {agent.llm_provider_id} does not list the model “{agent.default_model}”;"
            f" it lists {', '.join(known[:8])}."
        )


def _saved(agent: Agent, *, changed: bool = True) -> AgentSaved:
    return AgentSaved.model_validate({**detail_of(agent).model_dump(), "changed": changed})


# Changing


@category.tool(
    scope=WRITE,
    effect="update",
    formerly=("update-ai-agent",),
    words=("system prompt", "instructions", "model"),
)
async def ai_agent_update(make: Make, args: UpdateAgent) -> AgentSaved:
    """Change an agent's name, prompt, model or limits; what is left out stays.

    An agent that active scenarios run is changed after a plan. Tools: `ai_agent_tool_set`.
    """
    team = await make.team(args.team_id)
    agent = await read_agent(make, team, args.agent_id)
    old, body = agent.settings(), _changes(args, agent)
    moved = {name: value for name, value in body.items() if old.get(name) != value}
    if not moved:
        return _saved(agent, changed=False)
    await tell_users(make, agent)
    make.shows(*_diff(old, moved))
    await save(make, agent, moved, says=f"Change the AI agent {agent.title}")
    now = await read_agent(make, team, agent.id)
    if "defaultModel" in moved:
        await _warn_of_model(make, now)
    return _saved(now)


def _changes(args: UpdateAgent, agent: Agent) -> dict[str, Any]:
    named = {"name": args.name, "systemPrompt": args.system_prompt, "defaultModel": args.model}
    body = {key: value for key, value in named.items() if value is not None} | _limits(args)
    if args.recursion_limit is not None or args.timeout_ms is not None:
        given = {"recursionLimit": args.recursion_limit, "timeout": args.timeout_ms}
        kept = {key: value for key, value in given.items() if value is not None}
        body["invocationConfig"] = {**(agent.invocation_config or {}), **kept}
    return body


def _diff(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Write changes as lines; of the prompt, only the lines that differ."""
    lines: list[str] = []
    for name, value in new.items():
        if name != "systemPrompt":
            lines.append(f"~ {name}: {old.get(name)} -> {value}")
            continue
        before, after = str(old.get(name)).splitlines(), str(value).splitlines()
        lines += [f"- prompt: {line}" for line in before if line not in after]
        lines += [f"+ prompt: {line}" for line in after if line not in before]
    return lines


async def tell_users(make: Make, agent: Agent) -> None:
    """Say in the plan who runs an agent, and ask for one when an active scenario does."""
    users = await readable_users_of(make, agent)
    for user in users:
        make.affects(f"Scenario {user.scenario_id} “{user.name}” runs it.")
    if any(user.active for user in users):
        make.confirm("Active scenarios run this agent.")


async def save(make: Make, agent: Agent, moved: dict[str, Any], *, says: str) -> None:
    """Send changed settings of an agent, with the old ones as the way back."""
    old = agent.settings()
    back = {name: old[name] for name in moved if old[name] is not None}
    await make.write(
        patch(agent.path, moved, teamId=agent.team_id),
        into=Nothing,
        says=says,
        undo=Undo(
            (patch(agent.path, back, teamId=agent.team_id),),
            Watch(agent.path, tuple(map(_shown_as, moved)), {"teamId": agent.team_id}),
        ),
        before=old,
    )


def _shown_as(name: str) -> str:
    return "outputParser" if name == "outputParserFormat" else name


# Deleting


@category.tool(scope=WRITE, effect="delete", formerly=("delete-ai-agent",), words=("remove",))
async def ai_agent_delete(make: Make, args: DeleteAgent) -> AgentDeleted:
    """Delete an agent with its knowledge and threads; modules that run it fail from then on.

    Undo makes it again under a new id, without its knowledge files and threads.
    """
    team = await make.team(args.team_id)
    agent = await read_agent(make, team, args.agent_id)
    users = await readable_users_of(make, agent)
    if users and not args.ignore_dependents:
        raise _used(agent, users)
    for user in users:
        make.affects(f"Scenario {user.scenario_id} “{user.name}”, modules {user.modules}, fails.")
    if agent.contexts:
        make.affects(f"{len(agent.contexts)} knowledge files are lost.")
    await make.write(
        delete(agent.path, teamId=team),
        into=Nothing,
        says=f"Delete the AI agent {agent.title}",
        undo=_again(agent),
        before=agent.settings(),
    )
    return AgentDeleted(
        deleted=agent.id,
        name=agent.name,
        broken_scenarios=users or None,
        backup="`operation_undo` makes it again with the same settings.",
    )


def _used(agent: Agent, users: list[AgentUser]) -> Failure:
    lines = [
        Problem(f"scenario {user.scenario_id}", f"Modules {user.modules} of “{user.name}” run it.")
        for user in users
    ]
    return Failure(
        f"{len(users)} scenarios run the agent {agent.title}.",
        next_step="Give those modules another agent first, or call `ai_agent_delete` with"
        " ignore_dependents=true.",
        code="has_dependents",
        problems=lines,
    )


def _again(agent: Agent) -> Undo:
    """Make a deleted agent again; how it is invoked is no member of a creation."""
    settings = {key: value for key, value in agent.settings().items() if value is not None}
    invocation = settings.pop("invocationConfig", None)
    body = settings | {"teamId": agent.team_id, "makeConnectionId": agent.make_connection_id}
    requests = [post(AGENTS, body, teamId=agent.team_id)]
    if invocation:
        path = f"{AGENTS}/{{0.agentId}}"
        requests.append(patch(path, {"invocationConfig": invocation}, teamId=agent.team_id))
    return Undo(
        tuple(requests),
        note="The agent gets a new id and has neither its knowledge files nor its threads.",
    )
