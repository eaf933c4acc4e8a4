import subprocess
import sys

import pytest
from hypothesis import given
from make_blueprint.document import Blueprint, JsonObject, JsonValue
from make_blueprint.iml import OPERATORS
from make_blueprint.operators import nearest_operator, operators
from make_blueprint.outline import describe_filter, outline, to_text
from make_blueprint.walk import walk

from tests.make_blueprint.generate import (
    blueprint,
    blueprints,
    branch,
    few,
    if_else,
    merge,
    module,
    router,
)


def test_an_outline_reads_like_the_scenario_runs() -> None:
    paid: JsonValue = {
        "name": "Paid",
        "conditions": [[{"a": "{{1.status}}", "o": "text:equal:ci", "b": "paid"}]],
    }
    named = module(
        3, "slack:CreateMessage", version=4, filter=paid, onerror=[module(4, "builtin:Ignore")]
    )
    named["metadata"] = {"designer": {"name": "Tell sales"}}
    split = if_else(6, branch(module(7), test={"a": "{{1.n}}", "o": "exist"}), branch(module(8)))
    document = blueprint(
        module(1, "gateway:CustomWebHook"),
        router(2, [named, module(5)], [split, merge(9)], else_=1),
    )
    document["metadata"] = {"designer": {"orphans": [[module(10)]]}}
    assert to_text(outline(document)).split("\n") == [
        "1 gateway:CustomWebHook@1",
        "2 builtin:BasicRouter@1",
        "  route 1 of 2: 3 Tell sales (slack:CreateMessage@4)"
        ' [only if "Paid": {{1.status}} equals (ignoring case) paid]',
        "    on error: 4 builtin:Ignore@1",
        "  5 util:ComposeTransformer@1",
        "  route 2 of 2 (fallback): 6 builtin:BasicIfElse@1",
        "    if {{1.n}} exists: 7 util:ComposeTransformer@1",
        "    else: 8 util:ComposeTransformer@1",
        "  9 builtin:BasicMerge@1",
        "detached: 10 util:ComposeTransformer@1",
    ]


def condition(operator: str, left: JsonValue = "{{1.x}}", right: JsonValue = "5") -> JsonObject:
    return {"a": left, "o": operator, "b": right}


SAID: list[tuple[JsonValue, str]] = [
    ([[condition("number:greater")]], "{{1.x}} is greater than 5"),
    ([[condition("exist")]], "{{1.x}} exists"),
    ([[condition("date:less", right="{{now}}")]], "{{1.x}} is earlier than {{now}}"),
    ([[condition("array:greater")]], "{{1.x}} has more items than 5"),
    ([[condition("boolean:equal", right=True)]], "{{1.x}} equals true"),
    ([[condition("text:equal", right="")]], '{{1.x}} equals ""'),
    (
        [[condition("exist"), condition("notexist", "{{1.y}}")], [condition("text:contain")]],
        "({{1.x}} exists and {{1.y}} does not exist) or {{1.x}} contains 5",
    ),
    ([[condition("text:weird")]], "{{1.x}} text:weird 5"),
    ([], ""),
    (None, ""),
    ([[]], ""),
    ("nonsense", ""),
]


@pytest.mark.parametrize(("conditions", "words"), SAID)
def test_a_filter_is_said_in_words(conditions: JsonValue, words: str) -> None:
    assert describe_filter({"conditions": conditions}) == words


def test_no_filter_has_no_words() -> None:
    assert describe_filter(None) == ""
    assert describe_filter({"name": "Else", "conditions": []}) == ""


def test_every_operator_that_can_be_evaluated_has_words_and_slips_lead_to_them() -> None:
    assert set(operators()) == OPERATORS
    assert nearest_operator("text:startswith") == "text:startwith"
    assert nearest_operator("date:before") == "date:less"
    assert nearest_operator("numeric:equal") == "number:equal"
    assert nearest_operator("text:isempty") == "notexist"
    assert nearest_operator("zzz") == ""


@given(blueprints())
@few
def test_an_outline_has_one_row_a_module(document: Blueprint) -> None:
    assert [row.path for row in outline(document)] == [visit.path for visit in walk(document)]


def test_importing_the_package_loads_none_of_its_modules() -> None:
    code = "import sys, make_blueprint; print([m for m in sys.modules if 'make_blueprint.' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
