"""How long make-blueprint takes for a blueprint of 300 modules, beside `json.loads` of its text.

    uv run poe bench-blueprint

Every figure is a median on the machine it runs on; what can be compared between machines is the
ratio to the first line.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeAlias, cast

from make_blueprint.diff import diff
from make_blueprint.document import Blueprint, JsonObject, JsonValue, load
from make_blueprint.lint.checking import lint, rules
from make_blueprint.merge import merge
from make_blueprint.patch import apply
from make_blueprint.source import rewrite
from make_blueprint.walk import walk

MODULES = 300
Timed: TypeAlias = Any
"""The fixture of pytest-benchmark, which has no types."""


def module(number: int, *, name: str, mapper: JsonObject) -> JsonObject:
    """Make a module with the schema the editor saves beside it."""
    fields: list[JsonValue] = [
        {"name": key, "type": "text", "label": key.title(), "required": index == 0}
        for index, key in enumerate(mapper)
    ]
    state: JsonObject = {key: {"mode": "edit"} for key in mapper}
    return {
        "id": number,
        "module": name,
        "version": 1,
        "parameters": {"__IMTCONN__": 11},
        "mapper": mapper,
        "metadata": {
            "designer": {"x": 300 * (number % 40), "y": 300 * (number // 40)},
            "restore": {"parameters": {"__IMTCONN__": {"label": "Sales"}}, "expect": state},
            "parameters": [{"name": "__IMTCONN__", "type": "account:crm", "required": True}],
            "expect": fields,
        },
    }


def step(number: int, before: int) -> JsonObject:
    """Make a module that maps the one before it and the trigger, behind a filter."""
    mapper: JsonObject = {
        "to": f"{{{{ifempty({before}.email; 1.email)}}}}",
        "subject": f'Order {{{{1.number}}}}: {{{{formatDate({before}.date; "DD.MM.YYYY")}}}}',
        "items": f'{{{{map({before}.items; "sku"; "active"; "true")}}}}',
        "text": "Dear {{1.customer.name}}, thank you for your order of {{1.total}} {{1.currency}}.",
    }
    made = module(number, name="crm:updateDeal", mapper=mapper)
    condition: JsonObject = {"a": f"{{{{{before}.total}}}}", "o": "number:greater", "b": "10"}
    made["filter"] = {"name": f"Large {number}", "conditions": [[condition]]}
    return made


@cache
def text() -> str:
    """Write a blueprint of 300 modules: a webhook, a router of ten routes, error routes."""
    trigger: JsonObject = {
        "id": 1,
        "module": "gateway:CustomWebHook",
        "version": 1,
        "parameters": {"hook": 7, "maxResults": 1},
        "mapper": {},
        "metadata": {"designer": {"x": 0, "y": 0}},
    }
    routes: list[JsonValue] = []
    number = 3
    while number <= MODULES:
        flow: list[JsonValue] = []
        before = 1
        for _ in range(min(30, MODULES - number + 1)):
            flow.append(step(number, before))
            before, number = number, number + 1
        routes.append({"flow": flow})
    router: JsonObject = {
        "id": 2,
        "module": "builtin:BasicRouter",
        "version": 1,
        "mapper": None,
        "metadata": {"designer": {"x": 300, "y": 0}},
        "routes": routes,
    }
    metadata: JsonObject = {"version": 1, "scenario": {}, "designer": {"orphans": []}}
    return json.dumps({"name": "Orders", "flow": [trigger, router], "metadata": metadata}, indent=4)


def changed(number: int) -> Blueprint:
    """Change one value and add a module."""
    sleep: JsonObject = {"module": "util:FunctionSleep", "version": 1, "mapper": {"duration": "5"}}
    return apply(
        load(text()),
        [
            {"op": "set_mapper", "module": number, "name": "to", "value": "{{1.email}}"},
            {"op": "add_module", "after": number, "module": sleep},
        ],
    ).blueprint


def test_json_loads(benchmark: Timed) -> None:
    """The measure of the others."""
    assert cast(JsonObject, benchmark(json.loads, text()))["name"] == "Orders"


def test_parse_and_walk(benchmark: Timed) -> None:
    """Read the text and visit every module."""
    visits = benchmark(lambda: list(walk(load(text()))))
    assert len(visits) == MODULES


def test_lint(benchmark: Timed) -> None:
    """Judge by every rule."""
    blueprint = load(text())
    report = benchmark(lint, blueprint)
    assert len(report.not_judged) < len(rules())


def test_diff(benchmark: Timed) -> None:
    """Compare with a version in which two modules changed and two are new."""
    before, after = load(text()), changed(40)
    assert benchmark(diff, before, after).entries


def test_merge(benchmark: Timed) -> None:
    """Merge changes at two places."""
    base, ours, theirs = load(text()), changed(40), changed(200)
    merged = benchmark(merge, base, ours, theirs)
    assert not merged.conflicts


def test_rewrite(benchmark: Timed) -> None:
    """Write a changed blueprint into its own text."""
    after = changed(40)
    assert benchmark(rewrite, text(), after) != text()
