"""The stand-in for a language model: the same words always get the same answer.

It calls a tool when the message names it, or when the message gives all inputs that the tool
requires. Each tool is called once for a message, in the order in which the agent lists them; a
later one may take its inputs from what earlier ones returned. Its answer reports what the tools
returned, and says so when nothing fits.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from make_api_sandbox.agents import LABEL
from make_api_sandbox.agents.filling import Sources, fill, names_of, words
from make_api_sandbox.agents.ports import Document, Tool
from make_api_sandbox.shapes import JsonObject

WHOLE_MESSAGE = frozenset(
    {"body", "content", "input", "message", "prompt", "query", "question", "text"}
)
"""Text inputs that take the whole message when nothing else fills them."""

ANSWERS = frozenset({"answer", "message", "output", "reply", "response", "result", "summary"})
"""Declared text fields that take the whole answer when nothing else fills them."""

SHORTEST_WORD, MOST_LINES = 4, 3
"""Letters of a word that is looked up in contexts, and lines quoted from them."""

CHOICE = re.compile(r"\b(?:one word|one of|either|choose|classify as|classify into)\b(.*)", re.I)
GOOD = frozenset({"excellent", "glad", "good", "great", "happy", "love", "perfect", "thanks"})
BAD = frozenset({"angry", "awful", "bad", "broken", "hate", "late", "refund", "terrible", "worst"})


@dataclass(frozen=True)
class ToolCall:
    """A tool the stand-in wants to be called."""

    tool: Tool
    arguments: JsonObject


@dataclass(frozen=True)
class Outcome:
    """What came of a call; `result` is JSON, or the reason of a failure."""

    call: ToolCall
    ok: bool
    result: Any
    link: str | None = None


@dataclass
class Situation:
    """All the stand-in knows when it speaks.

    Args:
        message: What was said last.
        before: Earlier messages of the user, oldest first.
        tools: What may be called.
        documents: What may be looked up.
        outcomes: What came of the calls so far.
    """

    message: str
    before: Sequence[str] = ()
    tools: Sequence[Tool] = ()
    documents: Sequence[Document] = ()
    outcomes: list[Outcome] = field(default_factory=list[Outcome])

    @property
    def results(self) -> list[Any]:
        """What tools returned, newest first."""
        return [one.result for one in reversed(self.outcomes) if one.ok]

    def sources(self) -> Sources:
        """Everything a value may be taken from."""
        return Sources.of([self.message, *reversed(self.before)], self.results)


# Tools


def next_call(now: Situation) -> ToolCall | None:
    """The tool to call next; None when it is time to answer."""
    called = [one.call.tool for one in now.outcomes]
    if now.documents and not now.outcomes and look_up(now.documents, now.message):
        return ToolCall(KNOWLEDGE, {"query": now.message})
    for tool in now.tools:
        if any(tool is one for one in called):
            continue
        arguments = _arguments(now, tool)
        if arguments is not None:
            return ToolCall(tool, arguments)
    return None


KNOWLEDGE = Tool("knowledge", "knowledge", kind="rag")
"""The look-up in an agent's contexts, shown as a tool of type `rag`."""


def is_named(tool: Tool, message: str) -> bool:
    """Tell whether a message speaks of a tool by its name."""
    name = words(tool.name)
    return bool(name) and f" {name} " in f" {words(message)} "


def lacking(now: Situation, tool: Tool) -> list[str]:
    """Names of required inputs that nothing fills."""
    filled = _filled(now, tool)
    return [str(one["name"]) for one in _required(tool) if str(one["name"]) not in filled]


def _arguments(now: Situation, tool: Tool) -> JsonObject | None:
    if is_named(tool, now.message):
        return None if lacking(now, tool) else _filled(now, tool)
    wanted = _required(tool)
    if not wanted:
        return None
    given = fill(wanted, Sources.of([now.message], guess=False))
    known = fill(wanted, Sources.of([now.message], now.results, guess=False))
    complete = all(str(one["name"]) in known for one in wanted)
    return _filled(now, tool) if given and complete else None


def _required(tool: Tool) -> list[JsonObject]:
    return [one for one in tool.fields if one.get("required")]


def _filled(now: Situation, tool: Tool) -> JsonObject:
    found = fill(tool.fields, now.sources())
    open_texts = [
        str(one["name"])
        for one in tool.fields
        if str(one["name"]) not in found and WHOLE_MESSAGE.intersection(names_of(one))
    ]
    return {**found, **dict.fromkeys(open_texts, now.message)}


# Contexts


def look_up(documents: Sequence[Document], message: str) -> list[JsonObject]:
    """The lines of contexts that share most words with a message, best first."""
    asked = {word for word in words(message).split() if len(word) >= SHORTEST_WORD}
    scored = [
        (len(asked.intersection(words(line).split())), {"document": one.name, "text": line.strip()})
        for one in documents
        for line in one.text.splitlines()
    ]
    best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
    return [found for _, found in best[:MOST_LINES]]


# Words


def answer(now: Situation) -> str:
    """What the stand-in says when it has called all it wants to call."""
    said = [_report(one) for one in now.outcomes]
    called = [one.call.tool for one in now.outcomes]
    said += [
        f"{tool.name} needs {', '.join(lacking(now, tool))}."
        for tool in now.tools
        if is_named(tool, now.message) and not any(tool is one for one in called)
    ]
    if not said:
        said.append(f'No tool and no context fits "{now.message}".')
        said += [f'Before that you said "{now.before[-1]}".'] if now.before else []
    return " ".join([LABEL, *said])


def _report(one: Outcome) -> str:
    result = one.result if isinstance(one.result, str) else json.dumps(one.result)
    return f"{one.call.tool.name} {'returned' if one.ok else 'failed:'} {result}"


def as_fields(fields: Sequence[JsonObject], now: Situation, text: str) -> JsonObject:
    """The declared fields of an answer; null where neither tools nor messages give a value."""
    found = fill(fields, now.sources())
    for one in fields:
        if one.get("type") in ("text", "string") and ANSWERS.intersection(names_of(one)):
            found.setdefault(str(one["name"]), text)
    return {str(one["name"]): found.get(str(one["name"])) for one in fields}


def reply(prompt: str) -> str:
    """The answer to a prompt without tools.

    A prompt that asks to choose (`one word, A or B: text`) gets the first choice that the text
    behind the colon contains, else the last one. Any other prompt is repeated.
    """
    instruction, _, subject = prompt.partition(":")
    asked = CHOICE.search(instruction)
    choices = [words(one) for one in re.split(r",|/|\bor\b", asked[1])] if asked and subject else []
    choices = [one for one in choices if one]
    if not choices:
        return f"{LABEL} {prompt}"
    said = f" {words(subject)} "
    return f"{LABEL} {next((one for one in choices if f' {one} ' in said), choices[-1])}"


def sentiment(text: str) -> str:
    """`positive`, `negative` or `neutral`, by a short list of words."""
    said = words(text).split()
    balance = sum(word in GOOD for word in said) - sum(word in BAD for word in said)
    return "positive" if balance > 0 else "negative" if balance < 0 else "neutral"
