"""The AI apps, answered by the sandbox's stand-in for a language model (see package `agents`).

With a connection to Make's own provider an operation costs one credit and its tokens; with an own
connection it costs one credit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from make_api_sandbox.agents import LABEL, stand_in
from make_api_sandbox.agents.conversation import Conversation, PromptTooLongError, ToolRunner
from make_api_sandbox.agents.ports import AgentProfile, Document, Said, Thread, Tool
from make_api_sandbox.agents.stand_in import Outcome, ToolCall
from make_api_sandbox.agents.tokens import TokenUsage, count, surcharge
from make_api_sandbox.engine.connections import check_connections, require_connection
from make_api_sandbox.engine.context import Context
from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.execution import ResumePoint
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.machine import Machine
from make_api_sandbox.engine.plan import Node, compile_blueprint
from make_api_sandbox.engine.ports import Ports
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.state import Run, RunEnded
from make_api_sandbox.engine.values import (
    Bundle,
    Json,
    Module,
    as_bundle,
    as_value,
    items,
    members,
    plain,
    text,
    whole,
)
from make_api_sandbox.shapes import JsonObject

ENDS_THE_RUN = frozenset({"ExecutionInterruptedError", "OperationsLimitExceededError"})
"""Ends of a tool that are ends of the whole run, not answers to the agent."""

SEGMENT = re.compile(r"\{\{.*?\}\}", re.DOTALL)


# Make AI Toolkit


@module("ai-tools:Ask")
async def ask(operation: Operation) -> Sequence[Bundle]:
    """Answer a prompt."""
    settings = _settings(operation)
    required(settings, "model", "input")
    prompt = text(settings["input"])
    answer = stand_in.reply(prompt)
    _charge(operation, text(settings["model"]), TokenUsage(count(prompt), count(answer)))
    return [{"answer": answer}]


@module("ai-tools:AnalyzeSentiment")
async def analyze_sentiment(operation: Operation) -> Sequence[Bundle]:
    """Judge a text; names of inputs and outputs are those the blueprint declares."""
    settings = _settings(operation)
    required(settings, "model")
    said = " ".join(text(each) for each in operation.mapper.values())
    judged = f"{LABEL} {stand_in.sentiment(said)}"
    _charge(operation, text(settings["model"]), TokenUsage(count(said), count(judged)))
    declared = items(members(operation.raw.get("metadata")).get("interface"))
    fields = [cast(JsonObject, members(one)) for one in declared]
    now = stand_in.Situation(said)
    found = stand_in.as_fields(fields, now, judged)
    return [{name: judged if value is None else value for name, value in found.items()}]


def _settings(operation: Operation) -> Bundle:
    return {**as_bundle(operation.parameters), **operation.mapper}


def _charge(operation: Operation, model: str, used: TokenUsage) -> None:
    """Make's own provider costs tokens."""
    agents = operation.run.ports.agents
    if agents.is_makes_own(whole(operation.parameters.get("makeConnectionId")) or 0):
        operation.surcharge = surcharge(model, used)
        agents.spend(model, used)


# Agents


@module("ai-agent:RunAnAIAgent")
async def run_agent(operation: Operation) -> Sequence[Bundle]:
    """Give messages to an agent of the team."""
    settings = _settings(operation)
    required(settings, "agent", "messages")
    ports = operation.run.ports
    profile = ports.agents.profile(text(settings["agent"]))
    if profile is None:
        raise ModuleError("RuntimeError", f"AI agent {text(settings['agent'])} not found.")
    require_connection(profile.connection, ports)
    more = text(settings.get("additionalSystemPrompt"))
    schema = _schema(settings)
    profile = replace(
        profile,
        system_prompt=f"{profile.system_prompt}\n{more}".strip(),
        output=profile.output if schema is None else schema,
    )
    thread = _thread(f"agent/{profile.id}", settings.get("threadID"))
    talk = await _talk(operation, profile, thread, _messages(settings), _scenario_tools(ports))
    return [{"output": talk.response, "jsonResponse": as_value(cast(Json, talk.fields))}]


@module("ai-local-agent:RunLocalAIAgent")
async def run_local_agent(operation: Operation) -> Sequence[Bundle]:
    """Give a message to the agent that is set up in the module itself."""
    settings = _settings(operation)
    required(settings, "defaultModel", "message")
    offered = _flow_tools(operation)
    config = members(settings.get("modelConfig"))
    profile = AgentProfile(
        id=str(operation.module_id),
        connection=whole(settings.get("makeConnectionId")) or 0,
        model=text(settings["defaultModel"]),
        system_prompt=text(settings.get("systemPrompt")),
        tools=tuple(each.tool for each in offered),
        documents=_documents(settings.get("files")),
        iterations=whole(config.get("iterationsFromHistoryCount")),
        max_tokens=whole(config.get("tokenLimit")),
        recursion_limit=whole(config.get("recursionLimit")) or 300,
        output=_schema(settings),
    )
    scenario = plain(operation.run.start.details.get("id"))
    thread = _thread(f"module/{scenario}/{operation.module_id}", settings.get("threadId"))
    said = [Said("user", text(settings["message"]))]
    talk = await _talk(operation, profile, thread, said, _flow_runner(operation, offered))
    return [{"response": talk.response, **as_bundle(talk.fields or {})}]


def _messages(settings: Bundle) -> list[Said]:
    raw = settings["messages"]
    texts = [text(each) for each in raw] if isinstance(raw, list) else [text(raw)]
    return [Said("user", each) for each in texts if each] or [Said("user", "")]


def _thread(owner: str, name: Any) -> Thread | None:
    """The thread a module names; without a name nothing is remembered."""
    return Thread(owner, text(name)) if text(name) else None


def _schema(settings: Bundle) -> tuple[JsonObject, ...] | None:
    if text(settings.get("outputType")) != "make-schema":
        return None
    return tuple(cast(JsonObject, members(one)) for one in items(settings.get("outputSchema")))


def _documents(files: Any) -> tuple[Document, ...]:
    found = [cast(Bundle, members(one)) for one in items(files)]
    return tuple(Document(text(one.get("fileName")), text(one.get("data"))) for one in found)


async def _talk(
    operation: Operation,
    profile: AgentProfile,
    thread: Thread | None,
    said: Sequence[Said],
    run_tool: ToolRunner,
) -> Conversation:
    run = operation.run
    talk = Conversation(profile, run.ports.agents, thread, run_tool, run.now)
    try:
        await talk.run(said)
    except PromptTooLongError as error:
        raise ModuleError("DataSizeLimitExceededError", str(error)) from error
    if run.ports.agents.is_makes_own(profile.connection):
        operation.surcharge = surcharge(profile.model, talk.used)
    operation.size = len(talk.response.encode())
    return talk


# Tools: scenarios


def _scenario_tools(ports: Ports) -> ToolRunner:
    """Calls scenarios of the team; nothing else is reached from here."""

    async def run_tool(call: ToolCall) -> Outcome:
        if call.tool.kind != "scenario":
            return Outcome(call, ok=False, result="The sandbox reaches no MCP server.")
        try:
            done = await ports.call_scenario(f"SCN_{call.tool.id}", call.arguments, True)
        except ModuleError as error:
            return Outcome(call, ok=False, result=error.message)
        if done.error is not None:
            return Outcome(call, ok=False, result=done.error)
        return Outcome(call, ok=True, result=dict(done.outputs or {}))

    return run_tool


# Tools: flows inside the module


@dataclass(frozen=True)
class FlowTool:
    """A tool of a module: what the agent knows of it, and its flow."""

    tool: Tool
    flow: list[Json]


def _flow_tools(operation: Operation) -> list[FlowTool]:
    found: list[FlowTool] = []
    for at, raw in enumerate(map(members, items(operation.raw.get("tools")))):
        flow = items(raw.get("flow"))
        fields = tuple(_inputs(flow, operation.module_id))
        name, about = str(raw.get("name") or ""), str(raw.get("description") or "")
        found.append(FlowTool(Tool(str(at), name, about, "scenario", fields), flow))
    return found


def _inputs(flow: Sequence[Json], agent: int) -> Iterator[JsonObject]:
    """The fields of a tool that the agent decides: what its modules read from the agent."""
    seen: set[str] = set()
    for node in _modules(flow):
        for key, value in _leaves(node.get("mapper")):
            for name in _read_from(agent, value):
                if name not in seen:
                    seen.add(name)
                    yield {**_declared(node, key), "name": name}


def _modules(flow: Sequence[Json]) -> Iterator[Module]:
    waiting = list(reversed(flow))
    while waiting:
        node = members(waiting.pop())
        yield node
        inner = [*items(node.get("routes")), *items(node.get("branches"))]
        nested = [one for path in inner for one in items(members(path).get("flow"))]
        waiting.extend(reversed([*nested, *items(node.get("onerror"))]))


def _leaves(mapper: Json) -> Iterator[tuple[str, str]]:
    """Texts of a mapper with the name of the field they stand in."""
    waiting: list[tuple[str, Json]] = list(reversed(list(members(mapper).items())))
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, dict):
            waiting.extend(reversed(list(value.items())))
        elif isinstance(value, list):
            waiting.extend((key, one) for one in reversed(value))


def _read_from(agent: int, value: str) -> Iterator[str]:
    reference = re.compile(rf"(?<![\w.`]){agent}\.(?:`([^`]+)`|(\w+))")
    for segment in SEGMENT.findall(value):
        for quoted, bare in reference.findall(segment):
            yield quoted or bare


def _declared(node: Module, name: str) -> JsonObject:
    """How the module declares a field; without a declaration it is a required text."""
    declared = (members(one) for one in items(members(node.get("metadata")).get("expect")))
    known = next((one for one in declared if one.get("name") == name), None)
    return {"type": "text", "required": True} if known is None else dict(known)


def _flow_runner(operation: Operation, offered: Sequence[FlowTool]) -> ToolRunner:
    async def run_tool(call: ToolCall) -> Outcome:
        flow = next(each.flow for each in offered if each.tool is call.tool)
        if not flow:
            return Outcome(call, ok=False, result="The tool has no modules.")
        try:
            returned = await _run_flow(operation, flow, call.arguments)
        except RunEnded as end:
            if end.error is None:
                return Outcome(call, ok=True, result=[])
            if end.error.name in ENDS_THE_RUN:
                raise
            return Outcome(call, ok=False, result=end.error.message)
        except ModuleError as error:
            return Outcome(call, ok=False, result=error.message)
        found = [plain(each) for each in returned]
        return Outcome(call, ok=True, result=found[0] if len(found) == 1 else found)

    return run_tool


async def _run_flow(
    operation: Operation, flow: list[Json], arguments: Mapping[str, Json]
) -> list[Bundle]:
    """Walk the flow of a tool within the run, the agent's decisions being its own output."""
    plan = compile_blueprint({"flow": flow})
    plan.settings = replace(operation.run.plan.settings, dlq=False)
    for node in plan.nodes.values():
        check_connections(node, operation.run.ports)
    walk = _ToolWalk(replace(operation.run, plan=plan, pending_trigger=[]))
    bundles = {**operation.bundles, operation.module_id: as_bundle(arguments)}
    try:
        await walk.resume(ResumePoint(plan.first.id, bundles))
    finally:
        operation.run.steps = walk.run.steps
    return walk.returned


class _ToolWalk(Machine):
    """A walk that keeps what comes out at its ends."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.returned: list[Bundle] = []

    def deliver(self, node: Node, context: Context, outputs: Sequence[Bundle]) -> None:
        """Note the outputs of a last module."""
        if node.next is None:
            self.returned.extend(outputs)
        super().deliver(node, context, outputs)
