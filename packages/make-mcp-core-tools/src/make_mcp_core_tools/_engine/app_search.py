"""Finding apps and modules by what somebody wants to do.

Words of the request are held against names, labels, keywords and categories of apps, then against
labels and descriptions of their modules; what is done says nothing of an app, only of a module. An
app that the team has a connection to comes before an equal one it has not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from make_mcp_core_tools._engine.app_manifests import AppCard, AppModule

_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    _WORD.findall(
        "a an and any app are as at be by do for from get how i in into is it me my new of on or"
        " our that the their them this to use using via want when whenever which with"
    )
)
_SYNONYMS = {
    "add": "create",
    "append": "create",
    "make": "create",
    "insert": "create",
    "write": "create",
    "send": "create",
    "post": "create",
    "find": "search",
    "list": "search",
    "read": "search",
    "look": "search",
    "save": "create",
    "start": "run",
    "call": "request",
    "wait": "sleep",
    "pause": "sleep",
    "delay": "sleep",
    "split": "iterator",
    "loop": "iterator",
    "join": "aggregator",
    "aggregate": "aggregator",
    "combine": "aggregator",
    "repeat": "repeater",
    "branch": "router",
    "route": "router",
    "edit": "update",
    "change": "update",
    "trigger": "watch",
    "remove": "delete",
    "mail": "email",
    "gmail": "email",
    "spreadsheet": "sheet",
}
_DEEDS = frozenset(
    {"create", "search", "update", "delete", "watch", "get", "upload", "download", "move", "copy"}
    | {"run", "call", "execute", "start"}
    | {word for word, meant in _SYNONYMS.items() if meant not in ("email", "sheet")}
)
"""Words that say what is done."""
CONNECTED, INSTALLED = 2.0, 1.0
ALWAYS_LOOKED_INTO = frozenset({"builtin", "util"})
"""Make's own modules for flow control and small tools, which no service names."""


def words_of(text: str) -> list[str]:
    """Split a request into the words that count, in the singular."""
    found = [_singular(word) for word in _WORD.findall(text.casefold())]
    return list(dict.fromkeys(word for word in found if word not in _EMPTY))


def words_of_name(name: str) -> list[str]:
    """Split the name of a module into its words: `PostMessage`."""
    return words_of(_spaced(name))


def app_points(card: AppCard, wanted: Iterable[str]) -> float:
    """Tell how well an app fits by itself; 0 means not at all."""
    named = set(words_of(f"{card.label} {card.name}"))
    keyed = set(words_of(card.keywords))
    filed = set(words_of(" ".join(card.categories)))
    return sum(
        max(
            6.0 * _hit(word, named),
            3.0 * _hit(word, keyed),
            2.0 * _hit(word, filed),
        )
        for word in wanted
        if word not in _DEEDS
    )


def module_points(module: AppModule, wanted: Iterable[str]) -> float:
    """Tell how well a module fits; 0 means not at all."""
    named = set(words_of_name(module.name)) | set(words_of(module.label))
    told = set(words_of(module.description))
    meant = {_SYNONYMS.get(word, word) for word in named}
    points = 0.0
    for word in wanted:
        alike = _hit(_SYNONYMS.get(word, word), meant)
        points += max(3.0 * _hit(word, named), 2.5 * alike, 1.0 * _hit(word, told))
    return points


def fitting(modules: Sequence[AppModule], wanted: Sequence[str]) -> tuple[list[AppModule], float]:
    """Give the modules that fit, best first, and the points of the best one."""
    rated = [(module_points(module, wanted), module) for module in modules]
    hits = sorted((pair for pair in rated if pair[0]), key=lambda pair: -pair[0])
    return [module for _, module in hits], hits[0][0] if hits else 0.0


def _hit(word: str, among: set[str]) -> float:
    """1 for the word itself, half for one that begins with it or is its beginning."""
    if word in among:
        return 1.0
    return 0.5 * any(_begins(one, word) or _begins(word, one) for one in among)


def _begins(one: str, other: str) -> bool:
    return len(other) >= 4 and one.startswith(other)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
