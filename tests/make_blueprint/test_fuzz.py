"""Whatever comes in, every public function answers or raises its one kind of error, in time."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_blueprint import iml
from make_blueprint.bindings import bindings, rebind
from make_blueprint.diff import diff
from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    Module,
    clone_value,
    dump,
    load,
)
from make_blueprint.documentation import document as make_page
from make_blueprint.graph import graph
from make_blueprint.lint.checking import lint
from make_blueprint.lint.mending import mend
from make_blueprint.masking import masked
from make_blueprint.merge import merge as merge_blueprints
from make_blueprint.outline import describe_filter, outline, to_text
from make_blueprint.outputs import available_at
from make_blueprint.patch import apply
from make_blueprint.positions import locate
from make_blueprint.problem import BlueprintError
from make_blueprint.references import broken_references, references
from make_blueprint.repair import repair
from make_blueprint.source import rewrite
from make_blueprint.validate import validate
from make_blueprint.walk import next_id, walk

from tests.make_blueprint.generate import blueprint, branch, chain, if_else, merge, module, router
from tests.make_blueprint.odd_json import odd_blueprint

EVERYDAY = 300
LONG = 60_000
CHUNKS = 20
SECONDS = 10
"""Far above what one document takes anywhere here, far below what an endless loop takes."""

HUGE = 10**4300 - 1
WRONG: tuple[JsonValue, ...] = (
    *(None, True, False, 0, -1, 5, 1.5, -0.0, 1e308, HUGE, -HUGE, "", "x", "7", "SCN_9"),
    *("{{", "{{1.x}}", "{{1.a[].b[-1].`c`}}", "{{if(1;2", "\ud83d", "\x00", "9" * 400, "{{" * 50),
    *([], [[]], [None, 7], [[[[]]]], {}, {"flow": 5}, {"flow": [{}]}, {"": {"": []}}, {"id": "x"}),
    *({"x": HUGE, "y": -1e308}, {"name": [], "type": {}}, {"a": {}, "o": [], "b": 0}),
    *([{"flow": [None, {"module": "a:b"}]}], {"conditions": [[{"o": "exist"}], 5]}),
)
KEYS = (
    *("flow", "routes", "branches", "tools", "onerror", "id", "module", "version", "parameters"),
    *("mapper", "filter", "conditions", "metadata", "designer", "orphans", "restore", "expect"),
    *("feeder", "target", "else", "outputs", "filters", "mappings", "merge", "x", "y", "name"),
    *("flags", "io", "input_spec", "notes", "moduleIds", "scheduling", "interface", "type"),
)
TOKENS = (
    *("{{", "}}", "1.", "`", "``", "a", "[]", "[1]", "[-1]", "[9999999999]", ".", ";", "(", ")"),
    *("if(", "map(", "get(", "formatDate(", "parseDate(", "replace(", "join(", "+", "-", "*", "/"),
    *(
        "%",
        "=",
        "!=",
        "<",
        ">=",
        "&",
        "|",
        "!",
        '"',
        "'",
        "\\",
        "now",
        "null",
        "true",
        "emptystring",
    ),
    *(
        "1e999",
        "-0",
        "99999999999999999999",
        "🙂",
        "\ud83d",
        " ",
        "\n",
        "erase",
        "var.team.x",
        "sum(",
    ),
)


def mangled(random: Random) -> Blueprint:
    """Make a sound blueprint and put wrong values or keys anywhere into it."""
    document = odd_blueprint(random) if random.random() < 0.7 else several()
    for _ in range(random.randint(1, 6)):
        holders = containers(document)
        holder = random.choice(holders[: random.choice((5, len(holders)))])
        wrong = clone_value(random.choice(WRONG))
        if isinstance(holder, dict):
            known = [*holder, *random.choices(KEYS, k=2)]
            holder[random.choice(known)] = wrong
        elif holder and random.random() < 0.7:
            holder[random.randrange(len(holder))] = wrong
        else:
            holder.append(wrong)
    return document


def several() -> Blueprint:
    """Make a blueprint with every shape that branches."""
    test: JsonValue = {"a": "{{1.a}}", "o": "exist"}
    agent = module(
        30, "ai-local-agent:RunLocalAIAgent", tools=[{"name": "t", "flow": [module(31)]}]
    )
    collect = module(32, "builtin:BasicAggregator", parameters={"feeder": 1, "target": "3.x"})
    forks = if_else(3, branch(module(4), test=test), branch(module(5), router(6, [module(7)])))
    return blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 7}),
        forks,
        merge(8, {"name": "x", "mappings": ["{{4.a}}", "{{5.a}}"]}),
        agent,
        collect,
        router(9, [module(10, onerror=[module(11, "builtin:Break")])], [module(12)], else_=1),
        metadata={
            "designer": {"orphans": [[module(20)], module(21)]},
            "notes": [{"moduleIds": [1]}],
        },
    )


def containers(root: JsonValue) -> list[JsonObject | list[JsonValue]]:
    found: list[JsonObject | list[JsonValue]] = []
    todo = [root]
    for value in todo:
        if isinstance(value, (dict, list)):
            found.append(value)
            todo += value.values() if isinstance(value, dict) else value
    return found


def some_op(random: Random) -> JsonObject:
    """Draw an operation, half of the time with something wrong in it."""
    number: JsonValue = random.choice((1, 2, 3, 6, 9, 10, "4", 30))
    fresh: JsonObject = {"module": "util:FunctionSleep"}
    wrong = clone_value(random.choice(WRONG))
    place: JsonObject = {random.choice(("after", "before")): number}
    op: JsonObject = random.choice(
        (
            {"op": "add_module", "module": fresh, **place},
            {"op": "add_module", "module": fresh, "route_of": number, "route": 0},
            {"op": "move_module", "module": number, **place},
            {"op": "remove_module", "module": number},
            {"op": "set_mapper", "module": number, "name": "a.0", "value": wrong},
            {"op": "set_param", "module": number, "name": "limit", "unset": True},
            {"op": "set_filter", "module": number, "filter": {"conditions": []}},
            {"op": "set_binding", "module": number, "kind": "hook", "value": 1, "label": "L"},
            {"op": "rename_module", "module": number, "name": "N"},
            {"op": "set_error_handler", "module": number, "handlers": [fresh]},
            {"op": "add_route", "router": number, "flow": [fresh]},
            {"op": "remove_route", "router": number, "route": 0},
            {"op": "reschedule", "scheduling": {"type": "weekly", "time": "08:00", "days": [1]}},
            {"op": "restore", "edits": [["put", ["flow", 0, "x"], 1, 0]]},
        )
    )
    if random.random() < 0.5:
        op[random.choice([*op, *KEYS])] = wrong
    return op


def check_document(random: Random) -> None:
    """Put one mangled document through every public function."""
    document = mangled(random)
    try:
        text = dump(document)
    except BlueprintError:
        return
    asked: tuple[Callable[[], object], ...] = (
        lambda: load(text),
        lambda: load({"blueprint": document}),
        lambda: list(walk(document)),
        lambda: next_id(document),
        lambda: bindings(document),
        lambda: rebind(document, {"hook": {7: 8}}, partial=random.random() < 0.5),
        lambda: references(document),
        lambda: broken_references(document),
        lambda: validate(document),
        lambda: to_text(outline(document)),
        lambda: diff(document, several()).to_markdown(),
        lambda: diff(several(), document).to_text(),
        lambda: masked(document),
        lambda: describe_filter(document),
        lambda: check_repair(document),
        lambda: check_patch(document, [some_op(random) for _ in range(random.randint(1, 2))]),
        lambda: check_rewrite(document, mangled(random)),
    )
    for ask in asked:
        answered(ask)
    assert dump(document) == text


def check_judging(random: Random) -> None:
    """Judge one mangled document, mend it, merge it, and write about it."""
    document, other = mangled(random), mangled(random)
    try:
        text = dump(document)
        dump(other)
    except BlueprintError:
        return
    asked: tuple[Callable[[], object], ...] = (
        lambda: lint(document),
        lambda: check_mending(document),
        lambda: merge_blueprints(several(), document, other),
        lambda: merge_blueprints(document, other, several(), favor="theirs"),
        lambda: check_one_sided(document, other),
        lambda: graph(document).to_mermaid() + graph(document).to_dot(),
        lambda: make_page(document),
        lambda: available_at(document, 4),
        lambda: locate(text, [finding.path for finding in lint(document).findings]),
    )
    for ask in asked:
        answered(ask)
    assert dump(document) == text


def check_mending(document: Blueprint) -> None:
    outcome = mend(document)
    assert not [finding for finding in outcome.left.findings if finding.fixable]


def check_one_sided(document: Blueprint, other: Blueprint) -> None:
    merged = merge_blueprints(document, document, other)
    assert (merged.blueprint, merged.conflicts) == (other, [])


def answered(ask: Callable[[], object]) -> None:
    with suppress(BlueprintError):
        ask()


def check_repair(document: Blueprint) -> None:
    repaired = repair(document).blueprint
    assert dump(repair(repaired).blueprint) == dump(repaired)


def check_patch(document: Blueprint, ops: list[JsonObject]) -> None:
    result = apply(document, ops)
    assert dump(apply(result.blueprint, result.inverse).blueprint) == dump(document)


def check_rewrite(document: Blueprint, other: Blueprint) -> None:
    text = json.dumps(document, indent=1)
    load(text)
    assert rewrite(text, document) == text
    assert load(rewrite(text, other)) == load(dump(other))


def check_expression(random: Random) -> None:
    """Put one mangled expression through reading and evaluating."""
    text = "".join(random.choices(TOKENS, k=random.randint(1, 25)))
    if random.random() < 0.7:
        text = "{{" + text + "}}"
    bundle: JsonObject = {"a": [1, {"b": "x"}, None], "b": {"a": -1.5}, "": "2026-01-01"}
    scope = iml.Scope(
        bundles={1: bundle}, now=datetime(2026, 3, 1, tzinfo=UTC), random=Random(1), variables={}
    )
    condition: list[list[JsonObject]] = [[{"a": text, "o": "text:pattern", "b": "a"}]]
    iml.references(text)
    iml.variables(text)
    iml.functions(text)
    iml.is_expression(text)
    asked: tuple[Callable[[], object], ...] = (
        lambda: iml.write(iml.parse(text)),
        lambda: iml.evaluate(text, scope),
        lambda: iml.evaluate_value({"x": [text, 1]}, scope),
        lambda: iml.passes(condition, scope),
    )
    for ask in asked:
        with suppress(iml.IMLError, iml.NotEvaluated):
            ask()


CHECKS: tuple[Callable[[Random], None], ...] = (check_document, check_judging, check_expression)


def run(cases: int) -> None:
    """Check a number of cases: documents, what is judged and made of them, and expressions."""

    @settings(max_examples=cases, deadline=None, database=None)
    @given(st.integers(0, 2**62))
    def check(seed: int) -> None:
        started = process_time()
        CHECKS[seed % 3](Random(seed))
        assert process_time() - started < SECONDS

    check()


def test_mangled_documents_and_expressions_are_answered_or_refused() -> None:
    run(EVERYDAY)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_tens_of_thousands_of_mangled_inputs_are_answered_or_refused(chunk: int) -> None:
    run(LONG // CHUNKS)


def looped(kind: str) -> Blueprint:
    """Make data that contain themselves, which no JSON can."""
    document = chain(3)
    flow = document["flow"]
    assert isinstance(flow, list)
    mapper: JsonObject = {}
    mapper["self"] = mapper
    twice: list[JsonValue] = []
    twice += [twice, twice]
    inner: Module = {"id": 9, "module": "builtin:BasicRouter", "routes": [{"flow": flow}]}
    held: JsonObject = {"mapper": module(8, mapper=mapper), "flow": inner, "twice": twice}
    flow.append(held[kind])
    return document


FUNCTIONS: dict[str, Callable[[Blueprint], object]] = {
    "load": load,
    "dump": dump,
    "bindings": bindings,
    "rebind": lambda document: rebind(document, {}, partial=True),
    "references": references,
    "broken_references": broken_references,
    "validate": validate,
    "repair": repair,
    "diff": lambda document: diff(chain(2), document),
    "diff, the other way": lambda document: diff(document, chain(2)),
    "apply": lambda document: apply(document, []),
    "outline": outline,
    "lint": lint,
    "mend": mend,
    "merge": lambda document: merge_blueprints(chain(2), document, chain(3)),
    "graph": graph,
    "documentation": make_page,
    "available_at": lambda document: available_at(document, 1),
    "masked": masked,
    "rewrite": lambda document: rewrite("{}", document),
}


@pytest.mark.parametrize("kind", ["mapper", "flow", "twice"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_data_that_contain_themselves_are_refused_at_once(name: str, kind: str) -> None:
    started = process_time()
    with pytest.raises(BlueprintError):
        FUNCTIONS[name](looped(kind))
    assert process_time() - started < SECONDS


NO_JSON = (10**4300, -(10**4300), float("nan"), {1, 2}, b"x")


def test_a_list_of_modules_that_contains_itself_ends_the_walk() -> None:
    with pytest.raises(BlueprintError, match="itself"):
        list(walk(looped("flow")))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("value", NO_JSON, ids=["digits", "minus", "nan", "set", "bytes"])
def test_values_that_json_has_not_are_refused(name: str, value: JsonValue) -> None:
    with pytest.raises(BlueprintError):
        FUNCTIONS[name](blueprint(module(1, mapper={"value": value})))


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "dump"])
def test_five_hundred_levels_are_refused(name: str) -> None:
    deep: JsonValue = 1
    for _ in range(500):
        deep = [deep]
    with pytest.raises(BlueprintError, match="deeper than 200"):
        FUNCTIONS[name](blueprint(module(1, mapper={"value": deep})))
