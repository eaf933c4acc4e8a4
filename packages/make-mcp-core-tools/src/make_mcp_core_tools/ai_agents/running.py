"""Talking to an agent."""

from typing import Any, Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Json,
    Make,
    NextCall,
    Output,
    TeamId,
    post,
)
from pydantic import Field

from make_mcp_core_tools.ai_agents.declared import category
from make_mcp_core_tools.ai_agents.records import WRITE, Agent, AgentRef, read_agent
from make_mcp_core_tools.ai_agents.streaming import SPENT, Streamed, stream_run
from make_mcp_core_tools.ai_agents.tool_checks import check_tools

# Inputs


class Message(Input):
    role: Literal["user", "assistant"]
    """Who said it."""
    content: str
    """What was said."""


class RunAgent(Input):
    agent_id: AgentRef
    team_id: TeamId | None = None
    message: str | None = Field(default=None, min_length=1)
    """What to say to it."""
    messages: list[Message] = []
    """Instead, or before it: a conversation that the thread does not hold."""
    thread_id: str | None = Field(default=None, pattern=r"^[0-9a-fA-F-]{36}$")
    """`thread_id` of an earlier answer, to go on with that conversation."""
    additional_prompt: str | None = None
    """Added to its system prompt, for this run only."""
    output_fields: list[Document] | None = None
    """Fields of a structured answer, for this run only."""
    callback_url: str | None = Field(default=None, max_length=2048)
    """Address that Make sends the answer to as well."""
    stream: bool = False
    """Tell each step as progress; then tokens and names of tools are not told."""


# Outputs


class ToolUse(Output):
    tool: str
    type: str = "scenario"
    """scenario, mcp or rag (knowledge)."""
    arguments: Json = None
    status: str | None = None
    """ok or fail; absent when it was not called in the end."""
    result: Json = None
    execution_url: str | None = None


class Tokens(Output):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class AgentAnswer(Output):
    agent_id: str
    name: str
    response: str
    json_response: Json = None
    """The structured answer, where one was asked for."""
    tool_calls: list[ToolUse] | None = None
    """Absent when it was streamed."""
    tool_results: list[Json] | None = None
    """What tools answered, in order; only when it was streamed."""
    steps: int
    thread_id: str
    tokens: Tokens | None = None
    """Absent when it was streamed: Make does not tell them then."""
    duration_ms: float | None = None
    next_calls: list[NextCall] | None = None


# Make's answers


class RawCall(Output):
    id: str = ""
    name: str
    tool_type: str = "scenario"
    arguments: Json = None


class RawOutcome(Output):
    name: str
    result: Json = None
    status: str = "ok"
    tool_type: str = "scenario"
    execution_link: str | None = None


class RawStep(Output):
    role: str
    content: Json = None
    tool_calls: list[RawCall] | None = None
    tool_response: RawOutcome | None = None


class RawRun(Output):
    """What an agent did (Make API reference, chapter 2.5)."""

    response: str
    json_response: Json = None
    execution_steps: list[RawStep] = []
    execution_time_ms: float | None = None
    thread_id: str
    token_usage_summary: Tokens = Tokens()


# Tools


@category.tool(
    scope=WRITE,
    effect="run",
    formerly=("test-ai-agent",),
    words=("chat", "ask agent", "talk"),
)
async def ai_agent_run(make: Make, args: RunAgent) -> AgentAnswer:
    """Say something to an agent and wait for its answer; its tools really run.

    Costs tokens, and credits of the scenarios it calls. Nothing is sent twice: after a timeout
    look at the runs of its tool scenarios before trying again.
    """
    team = await make.team(args.team_id)
    agent = await read_agent(make, team, args.agent_id)
    _refuse_nothing(args)
    for one in await check_tools(make, team, agent.scenarios, deep=False):
        if one.status != "ok":
            make.warn(
                f"Its tool scenario {one.tool.make_scenario_id} cannot be called: {one.status}."
            )
    says = f"Run the AI agent {agent.title}"
    if args.stream and not args.output_fields:
        return _streamed(agent, await stream_run(make, agent, body_of(args), says=says))
    if args.stream:
        make.warn("It was not streamed: a stream does not carry structured answers.")
    answer = await send(make, agent, body_of(args), says=says)
    return AgentAnswer(
        agent_id=agent.id,
        name=agent.name,
        response=answer.response,
        json_response=answer.json_response,
        tool_calls=tool_uses(answer),
        steps=len(answer.execution_steps),
        thread_id=answer.thread_id,
        tokens=answer.token_usage_summary,
        duration_ms=answer.execution_time_ms,
    )


def _refuse_nothing(args: RunAgent) -> None:
    last = "user" if args.message else args.messages[-1].role if args.messages else ""
    if last != "user":
        raise Failure(
            "There is nothing for the agent to answer.",
            why="The last of `messages` is the assistant's own." if last else "",
            next_step="Call `ai_agent_run` again with `message`.",
            code="invalid_arguments",
        )


def _streamed(agent: Agent, told: Streamed) -> AgentAnswer:
    return AgentAnswer(
        agent_id=agent.id,
        name=agent.name,
        response=told.response,
        tool_results=told.tool_results,
        steps=told.steps,
        thread_id=told.thread_id,
    )


def body_of(args: RunAgent) -> dict[str, Any]:
    """Write what is said as Make takes it; `config` must be there, even empty."""
    config: dict[str, Any] = {}
    if args.additional_prompt is not None:
        config["additionalSystemPrompt"] = args.additional_prompt
    if args.output_fields:
        config["outputParser"] = {"type": "make-schema", "schema": args.output_fields}
    said = [one.model_dump() for one in args.messages]
    said += [] if args.message is None else [{"role": "user", "content": args.message}]
    body: dict[str, Any] = {"messages": said, "config": config}
    if args.thread_id:
        body["threadId"] = args.thread_id
    if args.callback_url:
        body["callbackUrl"] = args.callback_url
    return body


async def send(
    make: Make, agent: Agent, body: dict[str, Any], *, says: str, predict: Json = None
) -> RawRun:
    """Run an agent once.

    Args:
        make: The call's Make.
        agent: The agent.
        body: As `body_of` gives it.
        says: What it is, for the journal.
        predict: An answer to go on with in a plan of several runs.
    """
    return await make.write(
        post(f"{agent.path}/run", body, teamId=agent.team_id),
        into=RawRun,
        says=says,
        undo=SPENT,
        before={"model": agent.default_model, "tools": len(agent.scenarios)},
        predict=predict,
    )


def tool_uses(answer: RawRun) -> list[ToolUse]:
    """Pair the calls an agent asked for with what came of them, in order."""
    uses: list[ToolUse] = []
    open_: list[ToolUse] = []
    for step in answer.execution_steps:
        for call in step.tool_calls or ():
            use = ToolUse(tool=call.name, type=call.tool_type, arguments=call.arguments)
            uses.append(use)
            open_.append(use)
        if step.tool_response:
            _settle(step.tool_response, open_, uses)
    return uses


def _settle(outcome: RawOutcome, open_: list[ToolUse], uses: list[ToolUse]) -> None:
    """Give an outcome to the first open call of its name, which a response does not repeat."""
    use = next((one for one in open_ if one.tool == outcome.name), None)
    if use is None:
        use = ToolUse(tool=outcome.name, type=outcome.tool_type)
        uses.append(use)
    else:
        open_.remove(use)
    use.status, use.result = outcome.status, outcome.result
    use.execution_url = outcome.execution_link
