"""Deeds: what a module does to the world, told from its name.

Apps name their modules alike: `createARecord`, `ActionUpdateRecords`, `searchContacts`. Where the
name says nothing, nothing is claimed, so whoever asks stays silent about that module.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, TypeAlias

from make_blueprint.document import as_object, whole_number
from make_blueprint.walk import Visit

Deed: TypeAlias = Literal[
    "read", "search", "create", "update", "delete", "send", "ask", "call", "none", ""
]
"""`ask` is a question to a model, `call` a request that writes; "" means that it is not known."""

WRITING: frozenset[Deed] = frozenset({"create", "update", "delete", "send", "call"})

AI_APPS = frozenset(
    {"openai-gpt-3", "gemini-ai", "anthropic-claude", "ai-tools", "ai-agent", "ai-local-agent"}
    | {"mistral-ai", "perplexity-ai", "groq", "deepseek-ai", "cohere", "hugging-face"}
)
"""Apps whose modules answer by means of a language model."""

AGENTS = ("ai-local-agent:RunLocalAIAgent", "ai-agent:RunAnAIAgent")

_INNER_APPS = frozenset(
    {"util", "json", "csv", "xml", "regexp", "markdown", "builtin", "placeholder", "code"}
    | {"scenario-service", "gateway", "rss"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_VERBS: dict[str, Deed] = {
    **dict.fromkeys(("get", "read", "download", "retrieve", "fetch", "exist", "count"), "read"),
    **dict.fromkeys(("search", "find", "list", "filter", "query", "select"), "search"),
    **dict.fromkeys(("create", "add", "insert", "upload", "append", "publish"), "create"),
    **dict.fromkeys(("update", "edit", "upsert", "modify", "change", "replace"), "update"),
    **dict.fromkeys(("delete", "remove", "clear", "trash"), "delete"),
    **dict.fromkeys(("send", "post", "reply", "notify", "forward"), "send"),
}
_MESSAGES = frozenset({"message", "email", "mail", "sms", "notification"})
_PREFIXES = frozenset({"action", "an", "a"})
_REPEATING = frozenset(
    {"builtin:BasicFeeder", "builtin:BasicRepeater", "csv:ParseCSV", "datastore:SearchRecord"}
)


def deed(visit: Visit) -> Deed:
    """Tell what a module does; a request of the HTTP app goes by its method."""
    if visit.app != "http":
        return _named_deed(visit.app, visit.type.partition(":")[2])
    method = as_object(visit.module.get("mapper")).get("method", "get")
    if not isinstance(method, str) or "{{" in method:
        return ""
    if method.lower() in ("get", "head", "options", ""):
        return "read"
    return "delete" if method.lower() == "delete" else "call"


def writes(visit: Visit) -> bool:
    """Tell whether a module is known to change something outside of the scenario."""
    return deed(visit) in WRITING


@lru_cache(maxsize=1024)
def _named_deed(app: str, name: str) -> Deed:
    if app in AI_APPS:
        return "ask"
    if app in _INNER_APPS:
        return "none"
    words = [word.lower() for word in _WORD.findall(name)]
    while words and words[0] in _PREFIXES:
        words.pop(0)
    found: Deed = _VERBS.get(words[0], "") if words else ""
    if found == "create" and _MESSAGES.intersection(words):
        return "send"
    return found


def repeats(visit: Visit) -> bool:
    """Tell whether a module surely may give several bundles to the modules behind it.

    A module of one of Make's own apps does by its kind, one of another app when it searches for
    several things (`searchContacts`, not `SearchUser`). One whose limit is 1 does not.
    """
    type_ = visit.type
    if type_ in ("regexp:Parser", "regexp:AdvancedParser"):
        return as_object(visit.module.get("parameters")).get("global") is True
    may = type_ in _REPEATING or (type_.endswith("s") and deed(visit) == "search")
    return may and items_of(visit) != 1


def items_of(visit: Visit) -> int | None:
    """Read how many bundles a module gives at most, or None when its settings do not tell."""
    mapper = as_object(visit.module.get("mapper"))
    if visit.type == "builtin:BasicRepeater":
        return whole_number(mapper.get("repeats"))
    if visit.type == "builtin:BasicFeeder":
        array = mapper.get("array")
        return len(array) if isinstance(array, list) else None
    parameters = as_object(visit.module.get("parameters"))
    found = [
        number
        for holder in (parameters, mapper)
        for name in ("limit", "maxResults", "maxRecords", "mappAbleLimit")
        if (number := whole_number(holder.get(name)))
    ]
    return min(found, default=None)
