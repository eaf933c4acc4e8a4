"""Lines and columns of values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from make_blueprint.document import Blueprint, JsonValue
from make_blueprint.positions import Position, locate, parse_path
from make_blueprint.walk import Pointer, path_text

from tests.make_blueprint.generate import blueprints, few

TEXT = """{
  "name": "Orders",
  "flow": [
    {"id": 1, "mapper": {"a\\u0062": {"x.y": [10, "}{"]}}}
  ]
}
"""


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("", 1, 1),
        ("name", 2, 11),
        ("flow", 3, 11),
        ("flow[0]", 4, 5),
        ("flow[0].id", 4, 12),
        ("flow[0].mapper.ab['x.y'][1]", 4, 50),
        ("flow[0].mapper.missing", 4, 25),
        ("flow[7].mapper", 3, 11),
        ("metadata.scenario", 1, 1),
    ],
)
def test_a_value_is_found_or_what_encloses_it(path: str, line: int, column: int) -> None:
    assert locate(TEXT, [path]) == {path: Position(line, column)}


@pytest.mark.parametrize("opening", ['{"blueprint": ', '{"code": "OK", "response": {"blueprint": '])
def test_wrappers_of_the_api_are_looked_through(opening: str) -> None:
    closing = "}" * opening.count("{")
    found = locate(f"{opening}{TEXT}{closing}", ["name"])
    assert found["name"] == Position(2, 11)


@few
@given(blueprints())
def test_every_value_is_found_where_it_stands(document: Blueprint) -> None:
    text = json.dumps(document, indent=3)
    pointers = dict(_scalars(document, ()))
    found = locate(text, [path_text(pointer) for pointer in pointers])
    lines = text.splitlines()
    for pointer, value in pointers.items():
        line, column = found[path_text(pointer)]
        assert lines[line - 1][column - 1 :].rstrip(",") == json.dumps(value)
        assert parse_path(path_text(pointer)) == pointer


def _scalars(value: JsonValue, pointer: Pointer) -> list[tuple[Pointer, JsonValue]]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in _scalars(item, (*pointer, key))]
    if isinstance(value, list):
        return [found for at, item in enumerate(value) for found in _scalars(item, (*pointer, at))]
    return [(pointer, value)]
