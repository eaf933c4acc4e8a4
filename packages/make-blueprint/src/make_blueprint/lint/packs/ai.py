"""AI: models, agents and their tools."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from make_blueprint import iml
from make_blueprint.catalogue import is_aggregator
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object, whole_number
from make_blueprint.lint.deeds import AGENTS, AI_APPS, deed, items_of
from make_blueprint.lint.rule import Hit, at, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.references import Reference
from make_blueprint.walk import Pointer, Visit, feeder_of

_LOCAL_AGENT = "ai-local-agent:RunLocalAIAgent"
_TIERS = {"low": "small", "high": "large"}
_OWN_PROVIDER = ("ai-provider", "make's ai provider")
_MODEL_ID = re.compile(r"(?:gpt|o\d|claude|gemini|mistral|llama|deepseek|command|grok)[\w.:/-]*\d")
_LIVE = re.compile(
    r"\b(?:search|browse|check) the (?:web|internet)\b|\blook (?:it |this |them )?up online\b|"
    r"\b(?:current|today'?s|latest|live|real-time) (?:news|weather|prices?|rates?|headlines)\b",
    re.IGNORECASE,
)
_CHATS = frozenset(
    {"telegram", "slack", "discord", "whatsapp-business-cloud", "facebook-messenger", "intercom"}
)
_OPEN_DOORS = _CHATS | {"email", "google-email", "microsoft-email", "google-forms", "typeform"}
_SYSTEM_KEYS = frozenset(
    {"systemPrompt", "additionalSystemPrompt", "system", "system_prompt"}
    | {"systemInstruction", "system_instruction", "instructions"}
)
_JSON_MODES = frozenset({"json_schema", "json_object", "make-schema", "application/json"})
_LIMIT_FIELDS = ("max_tokens", "maxTokens", "max_output_tokens", "maxOutputTokens")
_SHORTEST, _LONGEST = 120, 600


def _medium(subject: Subject, hit: Hit) -> None:
    as_object(hit.module.setdefault("parameters", {}))["model"] = "medium"


@rule("A01", "no-model", "error", fix=_medium)
def no_model(subject: Subject) -> Iterator[Hit]:
    """A module of Make AI Toolkit does not say which model is to answer.

    The model is required. The fix chooses `medium`, unless the connection is known to be one of
    another provider, whose models have other names.
    """
    for visit in subject.running:
        if visit.app != "ai-tools":
            continue
        parameters = visit.module.get("parameters")
        chosen = as_object(parameters).get("model") or _mapper(visit).get("model")
        if not chosen:
            provider = _provider(subject, visit)
            fixable = isinstance(parameters, (dict, type(None))) and (
                not provider or _is_make(provider)
            )
            place = ("parameters", "model")
            remedy = "Choose small, medium or large."
            yield at(visit, "No model is chosen.", remedy, place=place, fixable=fixable)


def _mapper(visit: Visit) -> JsonObject:
    return as_object(visit.module.get("mapper"))


def _parameters(visit: Visit) -> JsonObject:
    return as_object(visit.module.get("parameters"))


def _provider(subject: Subject, visit: Visit) -> str:
    """Give the type and name of the connection to a model, "" when nothing is known of it."""
    number = whole_number(_parameters(visit).get("makeConnectionId"))
    known = (subject.surroundings.connections or {}).get(number) if number is not None else None
    if known is not None:
        return f"{known.type} {known.name}"
    restore = as_object(as_object(visit.module.get("metadata")).get("restore"))
    state = as_object(as_object(restore.get("parameters")).get("makeConnectionId"))
    parts = [as_object(state.get("data")).get("connection"), state.get("label")]
    return " ".join(part for part in parts if isinstance(part, str))


def _is_make(provider: str) -> bool:
    return any(name in provider.lower() for name in _OWN_PROVIDER)


def _rename_tier(subject: Subject, hit: Hit) -> None:
    parameters = _parameters(hit.owner)
    parameters["model"] = _TIERS[str(parameters["model"])]


@rule("A02", "wrong-model", "warning", fix=_rename_tier)
def wrong_model(subject: Subject) -> Iterator[Hit]:
    """A model of Make's own provider is called by a name that it does not have.

    Make's provider offers `small`, `medium` and `large`. `low` and `high` are former names, which
    the fix replaces; ids such as `gpt-4o` belong to the connections of other providers.
    """
    for visit in subject.running:
        model = _parameters(visit).get("model") if visit.app == "ai-tools" else None
        if not isinstance(model, str):
            continue
        is_tier = model in _TIERS
        if is_tier or (_MODEL_ID.match(model) and _is_make(_provider(subject, visit))):
            remedy = f"Use {_TIERS[model]}." if is_tier else "Use small, medium or large."
            text = f"Make's provider has no model {model}."
            place = ("parameters", "model")
            evidence: JsonObject = {"model": model}
            yield at(visit, text, remedy, place=place, evidence=evidence, fixable=is_tier)


def _rename_connection(subject: Subject, hit: Hit) -> None:
    restore = as_object(as_object(hit.module.get("metadata")).get("restore"))
    for holder in (_parameters(hit.owner), as_object(restore.get("parameters"))):
        if "__IMTCONN__" in holder:
            holder["makeConnectionId"] = holder.pop("__IMTCONN__")


@rule("A03", "agent-connection-name", "error", fix=_rename_connection)
def agent_connection_name(subject: Subject) -> Iterator[Hit]:
    """An agent's connection stands under `__IMTCONN__` instead of `makeConnectionId`.

    The module does not look there, so it has no connection. The fix renames the parameter.
    """
    for visit in subject.of(_LOCAL_AGENT):
        parameters = _parameters(visit)
        if "__IMTCONN__" in parameters and "makeConnectionId" not in parameters:
            text = "The agent finds no connection under `__IMTCONN__`."
            place = ("parameters", "__IMTCONN__")
            yield at(visit, text, "Call it `makeConnectionId`.", place=place)


@rule("A04", "unnamed-tool", "error")
def unnamed_tool(subject: Subject) -> Iterator[Hit]:
    """A tool of an agent has no name or no description, or two have the same name.

    The agent chooses its tools by what they are called and what is said of them.
    """
    for visit in subject.running:
        tools = [as_object(tool) for tool in as_list(visit.module.get("tools"))]
        names = Counter(name for tool in tools if isinstance(name := tool.get("name"), str))
        for number, tool in enumerate(tools):
            lacking = [key for key in ("name", "description") if not _is_text(tool.get(key))]
            name = tool.get("name")
            if lacking:
                text = f"Tool {number + 1} has no {' and no '.join(lacking)}."
                evidence: JsonObject = {"tool": number, "name": name}
                yield at(visit, text, place=("tools", number), evidence=evidence)
            elif names[str(name)] > 1:
                text = f"Several tools are called {name}."
                evidence = {"tool": number, "name": name}
                yield at(visit, text, place=("tools", number, "name"), evidence=evidence)


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _decided(subject: Subject) -> Iterator[tuple[Visit, str, str]]:
    """Give the fields that agents fill: module, name of its field, name the agent is asked for."""
    for visit in subject.running:
        if visit.role != "tool" or visit.parent is None:
            continue
        for name, value in _mapper(visit).items():
            if isinstance(value, str) and iml.is_expression(value):
                for use in iml.references(value):
                    if use.module == visit.parent.id and use.fields:
                        yield visit, name, use.fields[0]


@rule("A05", "field-without-help", "warning")
def field_without_help(subject: Subject) -> Iterator[Hit]:
    """An agent is to fill a field of a tool, but nothing tells it what belongs there.

    The editor keeps the hint as `aiHelp` of the field. Without it the agent has to guess.
    """
    for visit, name, asked in _decided(subject):
        restore = as_object(as_object(visit.module.get("metadata")).get("restore"))
        states = as_object(restore.get("expect"))
        if not any(_help(states.get(key)) for key in (name, asked)):
            text = f"Nothing tells the agent what belongs into {name}."
            evidence: JsonObject = {"field": name}
            yield at(visit, text, "Describe it.", place=("mapper", name), evidence=evidence)


def _help(state: JsonValue) -> JsonValue:
    return as_object(as_object(state).get("extra")).get("aiHelp")


@rule("A06", "unknown-tool-field", "error")
def unknown_tool_field(subject: Subject) -> Iterator[Hit]:
    """A tool asks its agent for a field that the tool's module does not have.

    The agent fills the fields of the module's form, by their names. Anything else stays empty.
    """
    for visit, name, asked in _decided(subject):
        known = _field_names(as_list(as_object(visit.module.get("metadata")).get("expect")))
        if known and asked not in known and asked not in _mapper(visit):
            text = f"The module has no field {asked} that the agent could fill."
            evidence: JsonObject = {"field": asked}
            yield at(visit, text, f"Ask for {name}.", place=("mapper", name), evidence=evidence)


def _field_names(fields: list[JsonValue]) -> set[str]:
    """Collect the names of a form's fields, also of those inside others."""
    names: set[str] = set()
    todo = [*fields]
    while todo:
        field = todo.pop()
        if isinstance(field, list):
            todo += field
        name = as_object(field).get("name")
        if isinstance(name, str):
            names.add(name)
        todo += [inner for key in ("spec", "nested") if (inner := as_object(field).get(key))]
    return names


@rule("A07", "agent-without-tools", "info")
def agent_without_tools(subject: Subject) -> Iterator[Hit]:
    """An agent without tools is asked for what only a tool could look up.

    A model knows neither today's prices nor the news; without a tool it makes them up.
    """
    for visit in subject.of(_LOCAL_AGENT):
        for key in ("systemPrompt", "message"):
            prompt = _mapper(visit).get(key)
            match = _LIVE.search(prompt) if isinstance(prompt, str) else None
            if match and not as_list(visit.module.get("tools")):
                text = f"It is asked to `{match[0]}` and has no tools."
                evidence: JsonObject = {"words": match[0]}
                yield at(visit, text, "Give it a tool.", place=("mapper", key), evidence=evidence)


@rule("A08", "agent-without-memory", "info")
def agent_without_memory(subject: Subject) -> Iterator[Hit]:
    """An agent answers in a chat, but every message begins a new conversation.

    Map something that stays the same within a chat, such as its id, as the thread.
    """
    first = subject.first
    if first is None or first.app not in _CHATS or not _receives(first):
        return
    for visit in subject.of(*AGENTS):
        key = "threadId" if visit.type == _LOCAL_AGENT else "threadID"
        if not _mapper(visit).get(key) and first.id in subject.sources(visit):
            text = "The agent forgets each message."
            yield at(visit, text, "Map the chat's id as the thread.", place=("mapper", key))


def _receives(visit: Visit) -> bool:
    """Tell whether the first module of a scenario receives what others send."""
    name = visit.type.partition(":")[2].lower()
    has_hook = "__IMTHOOK__" in _parameters(visit)
    return has_hook or "watch" in name or "trigger" in name


@rule("A09", "unchecked-json", "warning")
def unchecked_json(subject: Subject) -> Iterator[Hit]:
    """The answer of a model is parsed as JSON, and nothing handles an answer that is none.

    A word too many from the model, and the run fails. Ask for structured output, or give the
    parser an error route with Resume.
    """
    for visit in subject.of("json:ParseJSON"):
        if visit.module.get("onerror"):
            continue
        for number in sorted(subject.sources(visit)):
            source = subject.by_id.get(number)
            if source is not None and source.app in AI_APPS and not _gives_json(subject, source):
                text = f"The answer of module {number} may be no JSON."
                remedy = "Ask for structured output, or add an error route with Resume."
                place = ("mapper", "json")
                yield at(visit, text, remedy, place=place, evidence={"model": number})


def _gives_json(subject: Subject, visit: Visit) -> bool:
    return any(text in _JSON_MODES for _, text in subject.strings(visit))


@rule("A10", "model-in-endless-loop", "warning")
def model_in_endless_loop(subject: Subject) -> Iterator[Hit]:
    """A model is asked once an item, and nothing limits the number of items.

    Each answer costs tokens as well as an operation. Set a limit on the search, cut the list with
    `slice`, or ask about several items at once. Lists inside one bundle are usually short, so
    an iterator is only mentioned.
    """
    endless: dict[int, bool] = {}
    for visit in subject.running:
        if deed(visit) != "ask":
            continue
        for loop in subject.loops(visit):
            if id(loop.module) not in endless:
                endless[id(loop.module)] = not _is_limited(subject, loop)
        loops = [loop for loop in subject.loops(visit) if endless[id(loop.module)]]
        if loops:
            ids: list[JsonValue] = [loop.id for loop in loops]
            inner = all(loop.type == "builtin:BasicFeeder" for loop in loops)
            text = f"The model is asked for every bundle of module {ids[-1]}."
            severity = "info" if inner else "warning"
            yield at(visit, text, "Set a limit.", evidence={"loops": ids}, severity=severity)


def _is_limited(subject: Subject, loop: Visit) -> bool:
    if items_of(loop) is not None:
        return True
    if any(_is_numbered(use) for use in subject.uses_of(loop)):
        return True
    array = _mapper(loop).get("array")
    if not isinstance(array, str):
        return False
    return "slice(" in array or any(
        _collects_few(subject, use.module) for use in iml.references(array)
    )


def _is_numbered(use: Reference) -> bool:
    """Tell whether a filter asks for the number of an item."""
    return ".filter." in use.path and use.field in ("__IMTINDEX__", "i")


def _collects_few(subject: Subject, number: int) -> bool:
    """Tell whether a module is an aggregator over something that has a limit."""
    visit = subject.by_id.get(number)
    if visit is None or not is_aggregator(visit.type):
        return False
    feeder = subject.by_id.get(feeder_of(visit.module) or 0)
    return feeder is not None and items_of(feeder) is not None


def _clamp(subject: Subject, hit: Hit) -> None:
    holder = _mapper(hit.owner)
    if hit.place[1] == "modelConfig":
        holder = as_object(holder["modelConfig"])
    seconds = max(_SHORTEST, min(_LONGEST, whole_number(holder["timeout"]) or 0))
    holder["timeout"] = str(seconds) if isinstance(holder["timeout"], str) else seconds


@rule("A11", "unbounded-model", "info", fix=_clamp)
def unbounded_model(subject: Subject) -> Iterator[Hit]:
    """A model has no limit of tokens, or an agent a timeout outside 120 to 600 seconds.

    A limit keeps a runaway answer from costing more than it is worth. The fix puts the timeout
    into its bounds.
    """
    for visit in subject.running:
        if visit.type in AGENTS:
            yield from _odd_timeouts(visit)
        elif visit.app in AI_APPS:
            expect = as_list(as_object(visit.module.get("metadata")).get("expect"))
            declared = {str(as_object(field).get("name")) for field in expect}
            for name in _LIMIT_FIELDS:
                if name in declared and not _mapper(visit).get(name):
                    place = ("mapper", name)
                    text = "The answer has no limit of tokens."
                    yield at(visit, text, "Set one.", place=place, fixable=False)


def _odd_timeouts(visit: Visit) -> Iterator[Hit]:
    mapper = _mapper(visit)
    places: tuple[tuple[Pointer, JsonObject], ...] = (
        (("mapper", "timeout"), mapper),
        (("mapper", "modelConfig", "timeout"), as_object(mapper.get("modelConfig"))),
    )
    for place, holder in places:
        timeout = whole_number(holder.get("timeout"))
        if timeout is not None and not _SHORTEST <= timeout <= _LONGEST:
            text = f"The timeout is {timeout} s, not {_SHORTEST} to {_LONGEST}."
            yield at(visit, text, "Adapt it.", place=place, evidence={"timeout": timeout})


@rule("A12", "stranger-in-system-prompt", "warning")
def stranger_in_system_prompt(subject: Subject) -> Iterator[Hit]:
    """What strangers send goes straight into the system prompt of a model.

    There the model takes it for its instructions, and whoever writes it decides what the model
    does. Put it into the user message, and say in the system prompt what it is.
    """
    first = subject.first
    from_app = first is not None and first.app in _OPEN_DOORS and _receives(first)
    if first is None or first.id is None or not (subject.is_instant or from_app):
        return
    for visit in subject.running:
        if visit.app not in AI_APPS or first.id not in subject.sources(visit):
            continue
        for place, text, _ in subject.texts(visit):
            if not _is_system(visit, place):
                continue
            uses = [use for use in iml.references(text) if use.module == first.id]
            if uses:
                fields: list[JsonValue] = [use.path for use in uses]
                message = f"The system prompt contains what module {first.id} received."
                evidence: JsonObject = {"fields": fields}
                remedy = "Move it to the user message."
                yield at(visit, message, remedy, place=place, evidence=evidence)


def _is_system(visit: Visit, place: Pointer) -> bool:
    """Tell whether a value is part of the instructions to a model."""
    if any(key in _SYSTEM_KEYS for key in place):
        return True
    if len(place) > 3 and place[1] == "messages" and isinstance(place[2], int):
        message = as_object(as_list(_mapper(visit).get("messages"))[place[2]])
        return message.get("role") in ("system", "developer")
    return False


@rule("A13", "unchecked-agent-answer", "warning")
def unchecked_agent_answer(subject: Subject) -> Iterator[Hit]:
    """The answer of an agent is handed on without asking whether there is one.

    An agent may end without an answer; the caller then gets an empty one and takes it for good.
    Route the empty case to a Throw module, or give a substitute with `ifempty`.
    """
    answering = subject.of("scenario-service:ReturnData", "gateway:WebhookRespond")
    agents = {visit.id: visit for visit in subject.of(*AGENTS)}
    for visit in answering:
        for place, text, _ in subject.texts(visit):
            if any(call.name in ("ifempty", "if", "switch") for call in iml.functions(text)):
                continue
            numbers = {use.module for use in iml.references(text) if use.fields[:1] != ("error",)}
            for agent in (agents[number] for number in sorted(numbers) if number in agents):
                if place[0] == "mapper" and not subject.is_tested(agent, visit):
                    message = f"The answer of agent {agent.id} may be empty."
                    evidence: JsonObject = {"agent": agent.id}
                    remedy = "Check that it exists first."
                    yield at(visit, message, remedy, place=place, evidence=evidence)
