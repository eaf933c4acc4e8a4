"""Blueprints for tests: a few written by hand, and a hypothesis strategy for any number more.

Generated blueprints are sound by construction: ids are unique, every reference leads upstream,
routers stand last, merges follow their if-else.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module


def module(
    number: int,
    name: str = "util:ComposeTransformer",
    *,
    version: int = 1,
    mapper: JsonObject | None = None,
    parameters: JsonObject | None = None,
    at: tuple[int, int] | None = None,
    **more: JsonValue,
) -> Module:
    """Make a module as Make exports it."""
    x, y = at or (300 * number, 0)
    made: Module = {"id": number, "module": name, "version": version}
    made["parameters"] = parameters or {}
    made["mapper"] = mapper or {}
    made |= more
    made["metadata"] = {"designer": {"x": x, "y": y}}
    return made


def router(number: int, *flows: Sequence[JsonValue], **parameters: JsonValue) -> Module:
    """Make a router with one route per flow."""
    made: Module = {"id": number, "module": "builtin:BasicRouter", "version": 1, "mapper": None}
    if parameters:
        made["parameters"] = {key.rstrip("_"): value for key, value in parameters.items()}
    made["routes"] = [{"flow": [*flow]} for flow in flows]
    made["metadata"] = {"designer": {"x": 300 * number, "y": 0}}
    return made


def if_else(number: int, *branches: JsonValue) -> Module:
    """Make an if-else from branch objects."""
    return {
        "id": number,
        "module": "builtin:BasicIfElse",
        "version": 1,
        "mapper": None,
        "metadata": {"designer": {"x": 300 * number, "y": 0}},
        "branches": list(branches),
    }


def branch(*flow: JsonValue, merge: bool = True, test: JsonValue = None) -> JsonObject:
    """Make a branch; without a test it is the else branch."""
    made: JsonObject = {"type": "condition" if test else "else", "merge": merge}
    if test:
        made["conditions"] = [[test]]
    made["flow"] = list(flow)
    return made


def merge(number: int, *outputs: JsonValue) -> Module:
    """Make a merge from output objects."""
    return {
        "id": number,
        "module": "builtin:BasicMerge",
        "version": 1,
        "mapper": None,
        "outputs": list(outputs),
        "metadata": {"designer": {"x": 300 * number, "y": 0}},
    }


def blueprint(*flow: JsonValue, name: str = "Orders to ledger", **more: JsonValue) -> Blueprint:
    """Make a blueprint as Make exports it."""
    return {
        "name": name,
        "flow": list(flow),
        "metadata": {
            "version": 1,
            "scenario": {"roundtrips": 1, "maxErrors": 3, "autoCommit": True},
            "designer": {"orphans": []},
        },
        **more,
    }


def chain(length: int) -> Blueprint:
    """Make a straight scenario in which every module maps the one before."""
    flow: list[JsonValue] = [module(1, "gateway:CustomWebHook", parameters={"hook": 71})]
    flow += [
        module(number, mapper={"value": f"{{{{{number - 1}.value}}}} of {{{{1.id}}}}"})
        for number in range(2, length + 1)
    ]
    return blueprint(*flow)


few = settings(max_examples=40, deadline=None)
"""Settings of tests that draw whole blueprints."""

_words = st.text(st.characters(codec="utf-8", exclude_characters="{}"), max_size=12)
_scalars: st.SearchStrategy[JsonValue] = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**6), 10**6), _words
)
_values: st.SearchStrategy[JsonValue] = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text("abcdefg.[]", min_size=1, max_size=4), inner, max_size=3),
    ),
    max_leaves=6,
)


class _Builder:
    """Draws modules with fresh ids."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw
        self.last = 0

    def number(self) -> int:
        self.last += self.draw(st.integers(1, 3))
        return self.last

    def flow(self, upstream: tuple[int, ...], depth: int) -> list[JsonValue]:
        made: list[JsonValue] = []
        for _ in range(self.draw(st.integers(1, 3))):
            added = self.plain(upstream)
            upstream = (*upstream, self.last)
            if self.draw(st.integers(0, 4)) == 4:
                added["onerror"] = self.flow(upstream, 0)
            made.append(added)
        if depth and self.draw(st.booleans()):
            made.append(self.router(upstream, depth - 1))
        return made

    def plain(self, upstream: tuple[int, ...]) -> Module:
        number = self.number()
        mapper: JsonObject = {"value": self.text(upstream), "extra": self.draw(_values)}
        made = module(number, mapper=mapper, parameters={"mode": self.draw(_scalars)})
        if self.draw(st.booleans()):
            made["filter"] = self.filter(upstream)
        if self.draw(st.integers(0, 3)) == 3:
            made["unknownToUs"] = self.draw(_values)
        if self.draw(st.integers(0, 3)) == 3:
            made.pop("parameters")
        return made

    def router(self, upstream: tuple[int, ...], depth: int) -> Module:
        number = self.number()
        flows = [self.flow((*upstream, number), depth) for _ in range(self.draw(st.integers(1, 3)))]
        return router(number, *flows)

    def text(self, upstream: tuple[int, ...]) -> str:
        if not upstream or self.draw(st.booleans()):
            return self.draw(_words)
        return f"{self.draw(_words)}{{{{{self.draw(st.sampled_from(upstream))}.value}}}}"

    def filter(self, upstream: tuple[int, ...]) -> JsonObject:
        condition: JsonObject = {"a": self.text(upstream), "b": "x", "o": "text:equal"}
        return {"name": self.draw(_words), "conditions": [[condition]]}


@st.composite
def blueprints(draw: DrawFn) -> Blueprint:
    """Draw a sound blueprint."""
    builder = _Builder(draw)
    made = blueprint(*builder.flow((), 2))
    if draw(st.booleans()):
        made["somethingElse"] = draw(_values)
    return made
