"""Running an agent, at once or as a stream (API reference, chapter 2.5).

The stand-in answers (package `agents`); scenarios among the tools really run. Not documented, and
chosen here: an agent whose connection does not work is a 424; a run through the API shows in the
tokens of the organization and not in its credits, because it is no run of a scenario.
"""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any, cast

from starlette.responses import Response, StreamingResponse

from make_api_sandbox.agents.conversation import (
    Conversation,
    PromptTooLongError,
    Step,
    ToolRunner,
)
from make_api_sandbox.agents.in_world import WorldAgents, output_fields
from make_api_sandbox.agents.ports import AgentProfile, Said, Thread
from make_api_sandbox.agents.stand_in import Outcome, ToolCall
from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.execution import Status
from make_api_sandbox.engine.fields import conform
from make_api_sandbox.engine.ports import HttpRequest
from make_api_sandbox.engine.values import Bundle, plain
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import query_team
from make_api_sandbox.http.errors import ApiError, organization_paused, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.ai_agents.agents import WRITE, agent_of, require_tools
from make_api_sandbox.resources.ai_agents.bodies import RUN
from make_api_sandbox.scenarios.documents import is_on_demand
from make_api_sandbox.scenarios.order import Order
from make_api_sandbox.scenarios.outbound import send
from make_api_sandbox.scenarios.runs import is_sequential, runs_of
from make_api_sandbox.scenarios.surroundings import PATIENCE
from make_api_sandbox.shapes import JsonObject, Row


@dataclass(frozen=True)
class _Talk:
    """A run about to begin."""

    conversation: Conversation
    thread_id: str
    said: list[Said]


@route("POST", "/ai-agents/v1/agents/{agentId}/run", scope=WRITE, context=query_team, body=RUN)
async def run_agent(call: Call) -> JsonObject:
    """Run an agent and wait for its answer; a callback address gets the answer as well."""
    talk, began = _begin(call), call.now()
    try:
        await talk.conversation.run(talk.said)
    except PromptTooLongError as error:
        raise refused(str(error), "SC400") from error
    answer = _answer(talk, round((call.now() - began).total_seconds() * 1000))
    if call.body.get("callbackUrl"):
        call.in_background(_call_back(call, answer))
    return answer


@route(
    "POST",
    "/ai-agents/v1/agents/{agentId}/run/stream",
    scope=WRITE,
    context=query_team,
    body=RUN,
)
async def stream_agent(call: Call) -> Response:
    """Run an agent and send each step as it happens."""
    talk = _begin(call)
    steps = talk.conversation.walk(talk.said)
    try:
        first = await anext(steps)
    except PromptTooLongError as error:
        raise refused(str(error), "SC400") from error
    return StreamingResponse(_frames(first, steps), media_type="text/event-stream")


async def _frames(first: Step, steps: AsyncGenerator[Step]) -> AsyncGenerator[str]:
    yield _frame(first)
    async for step in steps:
        yield _frame(step)


def _frame(step: Step) -> str:
    shown = step.present()
    data = {name: shown[name] for name in ("role", "content", "id", "agentIterationId")}
    return f"event:step\nid:{step.id}\ndata:{json.dumps(data, ensure_ascii=False)}\n\n"


def _answer(talk: _Talk, milliseconds: int) -> JsonObject:
    conversation = talk.conversation
    data = {} if conversation.fields is None else {"jsonResponse": conversation.fields}
    return {
        "response": conversation.response,
        **data,
        "executionSteps": [step.present() for step in conversation.steps],
        "executionTimeMs": milliseconds,
        "threadId": talk.thread_id,
        "tokenUsageSummary": conversation.used.present(),
        "lastAgentIterationId": conversation.iteration,
    }


async def _call_back(call: Call, answer: JsonObject) -> None:
    body = json.dumps(answer, ensure_ascii=False).encode()
    headers = (("content-type", "application/json"),)
    try:
        await send(call.sandbox, HttpRequest("POST", call.body["callbackUrl"], headers, body))
    except ModuleError:
        return


# Before the run


def _begin(call: Call) -> _Talk:
    row = agent_of(call, call.path("agentId"))
    _refuse_when_paused(call)
    _require_connection(call, row)
    config: JsonObject = call.body["config"]
    require_tools(call, config)
    agents = WorldAgents(call.world, row["team_id"])
    found = agents.profile(row["id"])
    profile = _configured(agents, cast(AgentProfile, found), config)
    thread = (call.body.get("threadId") or agents.fresh_uuid()).lower()
    timeout: int | None = (config.get("invocationConfig") or row["invocation_config"]).get(
        "timeout"
    )
    tools = _tool_runner(call, PATIENCE if timeout is None else timeout / 1000)
    talk = Conversation(profile, agents, Thread(f"agent/{row['id']}", thread), tools, call.now)
    messages: list[JsonObject] = call.body["messages"]
    return _Talk(talk, thread, [Said(one["role"], one["content"]) for one in messages])


def _refuse_when_paused(call: Call) -> None:
    team = call.world.get("teams", call.team_id or 0) or {}
    if call.organization["is_paused"] or team.get("is_paused"):
        raise organization_paused()


def _require_connection(call: Call, row: Row) -> None:
    connection = call.world.get("connections", row["connection_id"])
    if connection is None:
        raise ApiError(424, None, "The connection of the agent does not exist.")
    over = connection["expire"] and connection["expire"] <= call.clock.stamp()
    if over or connection["state"] != "valid":
        raise ApiError(424, None, "The connection of the agent does not work.")


def _configured(agents: WorldAgents, profile: AgentProfile, config: JsonObject) -> AgentProfile:
    """The agent with what the call overrides."""
    changes: dict[str, Any] = {}
    prompt = config.get("systemPrompt", profile.system_prompt)
    more = config.get("additionalSystemPrompt")
    changes["system_prompt"] = f"{prompt}\n{more}" if more else prompt
    if "scenarios" in config or "mcpConfigs" in config:
        changes["tools"] = _tools(agents, profile, config)
    if "historyConfig" in config:
        history: JsonObject = config["historyConfig"] or {}
        changes["iterations"] = history.get("iterationsFromHistoryCount")
    model: JsonObject = config.get("llmConfig", {})
    changes["model"] = model.get("llmModel", profile.model)
    changes["max_tokens"] = model.get("settings", {}).get("maxTokens", profile.max_tokens)
    if "invocationConfig" in config:
        changes["recursion_limit"] = config["invocationConfig"]["recursionLimit"]
    if "outputParser" in config:
        changes["output"] = output_fields(config["outputParser"])
    return replace(profile, **changes)


def _tools(agents: WorldAgents, profile: AgentProfile, config: JsonObject) -> tuple[Any, ...]:
    """Tools of both kinds, each kind as configured or as the agent has it."""
    given = agents.tools(config.get("scenarios", ()), config.get("mcpConfigs", ()))
    kinds = {"scenario": "scenarios", "mcp": "mcpConfigs"}
    kept = [one for one in profile.tools if kinds[one.kind] not in config]
    return tuple(sorted((*kept, *given), key=lambda one: one.kind != "scenario"))


# Tools


def _tool_runner(call: Call, seconds: float) -> ToolRunner:
    async def run_tool(asked: ToolCall) -> Outcome:
        if asked.tool.kind != "scenario":
            return Outcome(asked, ok=False, result="The sandbox reaches no MCP server.")
        return await _run_scenario(call, asked, seconds)

    return run_tool


async def _run_scenario(call: Call, asked: ToolCall, seconds: float) -> Outcome:
    runs = runs_of(call.sandbox)
    scenario = call.world.get("scenarios", int(asked.tool.id)) or {}
    fault = _why_not(scenario)
    if fault is None and is_sequential(scenario) and runs.is_running(scenario["id"]):
        fault = "Scenario is already being executed."
    if fault is not None:
        return Outcome(asked, ok=False, result=fault)
    try:
        inputs = conform(asked.tool.fields, cast(Bundle, asked.arguments))
    except ModuleError as error:
        return Outcome(asked, ok=False, result=" ".join(error.suberrors))
    plain_inputs = {name: plain(value) for name, value in inputs.items()}
    running = runs.begin(Order(scenario, inputs=plain_inputs))
    link = _link(call, scenario, running.id)
    if not await runs.wait(running, seconds) or running.result is None:
        return Outcome(asked, ok=False, result="The scenario is still running.", link=link)
    result = running.result
    if result.status is Status.ERROR and result.error is not None:
        return Outcome(asked, ok=False, result=result.error.message, link=link)
    return Outcome(asked, ok=True, result=result.outputs or {}, link=link)


def _why_not(scenario: Row) -> str | None:
    """Why a scenario can not be called as a tool now; None when it can."""
    if not scenario:
        return "The scenario does not exist."
    if scenario["is_paused"]:
        return "The scenario is paused."
    if not scenario["is_active"]:
        return "Scenario is not activated."
    if not is_on_demand(scenario["scheduling"]):
        return "The called scenario is not scheduled on demand."
    return None


def _link(call: Call, scenario: Row, execution: str) -> str:
    """Where a person finds the run, in the form of the web interface's addresses."""
    zone = call.organization["zone"]
    return f"https://{zone}/{call.team_id}/scenarios/{scenario['id']}/logs/{execution}"
