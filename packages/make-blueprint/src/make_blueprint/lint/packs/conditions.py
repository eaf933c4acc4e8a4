"""Conditions: filters, the conditions of branches and the filters of a merge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from make_blueprint import iml
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object
from make_blueprint.iml.nodes import Expression, Literal, Name
from make_blueprint.lint.rule import Hit, at, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.lint.written import whole_field
from make_blueprint.operators import nearest_operator, operators, takes_value
from make_blueprint.outputs import output_type
from make_blueprint.walk import Pointer, Visit

_MEANT = {
    "startswith": "startwith",
    "endswith": "endwith",
    "contains": "contain",
    "equals": "equal",
    "before": "less",
    "after": "greater",
}
_EMPTY_TESTS = {"text:isempty": "notexist", "text:isnotempty": "exist"}
_ALONE = {
    "text:equal": "notexist",
    "text:equal:ci": "notexist",
    "text:notequal": "exist",
    "text:notequal:ci": "exist",
}
_CONSTANTS = ("true", "false", "null", "emptystring", "emptyarray", "space", "tab", "newline")
_UNFIT: dict[str, frozenset[str]] = {
    "number": frozenset({"array", "collection", "boolean", "buffer"}),
    "date": frozenset({"array", "collection", "boolean", "buffer"}),
    "time": frozenset({"array", "collection", "boolean", "buffer"}),
    "semver": frozenset({"array", "collection", "boolean", "date", "buffer"}),
    "text": frozenset({"array", "collection"}),
    "array": frozenset({"text", "number", "integer", "uinteger", "boolean", "date", "email"}),
    "boolean": frozenset({"array", "collection", "number", "integer", "uinteger", "date"}),
}
_MAPPED = re.compile(r"\{\{\s*[0-9`]")
_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*")


class _Place(NamedTuple):
    """Where conditions stand: the object that has them, its place, and the key."""

    visit: Visit
    holder: JsonObject
    place: Pointer
    key: str = "conditions"

    @property
    def pointer(self) -> Pointer:
        return (*self.place, self.key)


class _Condition(NamedTuple):
    """One condition: the object itself and its place below the module."""

    visit: Visit
    place: Pointer
    test: JsonObject

    @property
    def operator(self) -> str:
        value = self.test.get("o")
        return value if isinstance(value, str) else ""


def _places(subject: Subject) -> Iterator[_Place]:
    for visit in subject.running:
        module = visit.module
        if isinstance(own := module.get("filter"), dict):
            yield _Place(visit, own, ("filter",))
        for number, branch in enumerate(as_list(module.get("branches"))):
            yield _Place(visit, as_object(branch), ("branches", number))
        for number, merging in enumerate(as_list(module.get("filters"))):
            yield _Place(visit, as_object(merging), ("filters", number))


def _conditions(subject: Subject) -> Iterator[_Condition]:
    for place in _places(subject):
        for number, group in enumerate(as_list(place.holder.get(place.key))):
            for index, test in enumerate(as_list(group)):
                if isinstance(test, dict):
                    yield _Condition(place.visit, (*place.pointer, number, index), test)


def _test_at(hit: Hit) -> JsonObject:
    """Give the condition that a hit stands on, or in."""
    value: JsonValue = hit.module
    for key in hit.place[: -1 if hit.place[-1] in ("a", "o", "b") else None]:
        value = as_list(value)[key] if isinstance(key, int) else as_object(value)[key]
    return as_object(value)


def _certain(operator: str) -> str:
    """Name the operator that is meant for certain, or ""."""
    kind, _, name = operator.replace("numeric:", "number:").partition(":")
    name, case, rest = name.partition(":ci")
    if name in ("before", "after") and kind not in ("date", "time"):
        return ""
    meant = f"{kind}:{_MEANT.get(name, name)}{case}{rest}"
    return _EMPTY_TESTS.get(operator) or (meant if meant in operators() else "")


def _name_operator(subject: Subject, hit: Hit) -> None:
    test = _test_at(hit)
    test["o"] = meant = _certain(str(test["o"]))
    if not takes_value(meant):
        test.pop("b", None)


@rule("R25", "unknown-operator", "warning", fix=_name_operator)
def unknown_operator(subject: Subject) -> Iterator[Hit]:
    """A condition has an operator that does not exist.

    Operators are written like `text:equal`, `number:greater` or `exist`; those of texts and
    `array:contain` also exist with `:ci`, which ignores case. A condition with an unknown one
    stops the run. The fix writes the operator where one alone can be meant: `startwith` for
    `startswith`, `date:less` for `date:before`, `number:` for `numeric:`.
    """
    for each in _conditions(subject):
        told = each.test.get("o")
        if isinstance(told, str) and told in operators():
            continue
        near = nearest_operator(each.operator[:60]) if each.operator else ""
        certain = _certain(each.operator)
        text = f"There is no operator {told!r:.60}."
        remedy = f"Use `{certain or near}`." if certain or near else "Choose one in the editor."
        place, evidence = (*each.place, "o"), {"operator": str(told)[:60]}
        yield at(
            each.visit, text, remedy, place=place, evidence={**evidence}, fixable=bool(certain)
        )


@rule("R26", "unfit-operator", "warning")
def unfit_operator(subject: Subject) -> Iterator[Hit]:
    """An operator does not fit what it compares.

    Operators convert both sides to the type they are named after. A list is no number, a number
    that is 0 counts as yes, and a text such as `abc` is never greater than anything: the condition
    then always has the same answer. Use the operators of the field's own type.
    """
    for each in _conditions(subject):
        kind = each.operator.partition(":")[0]
        if kind not in _UNFIT or each.operator not in operators():
            continue
        field, type_ = _operand_type(subject, each.test.get("a"))
        if type_ in _UNFIT[kind] and not _counts_items(each.operator, type_):
            text = f"`{each.operator}` compares `{field}`, which is of type {type_}."
            evidence: JsonObject = {"operator": each.operator, "field": field, "type": type_}
            remedy = f"Use an operator for {type_}."
            yield at(each.visit, text, remedy, place=(*each.place, "o"), evidence=evidence)
        elif kind == "number" and _is_no_number(each.test.get("b")):
            text = f"`{each.operator}` compares with a text that is no number."
            remedy = "Compare with a number, or use a text operator."
            evidence = {"operator": each.operator}
            yield at(each.visit, text, remedy, place=(*each.place, "b"), evidence=evidence)


def _counts_items(operator: str, type_: str) -> bool:
    """Tell whether `array:…` on a text only asks what a list of one item is asked."""
    return operator.startswith("array:") and operator.endswith("contain") and type_ == "text"


def _operand_type(subject: Subject, operand: JsonValue) -> tuple[str, str]:
    """Give the field that an operand is, and its type, as far as they are known."""
    field = whole_field(operand)
    source = subject.by_id.get(field[0]) if field else None
    if field is None or source is None:
        return "", ""
    return f"{field[0]}.{'.'.join(field[1])}", output_type(source, field[1])


def _is_no_number(operand: JsonValue) -> bool:
    if not isinstance(operand, str) or not operand.strip() or "{{" in operand:
        return False
    return _NUMBER.fullmatch(operand) is None


def _test_existence(subject: Subject, hit: Hit) -> None:
    test = _test_at(hit)
    test["o"] = _ALONE[str(test["o"])]
    test.pop("b", None)


@rule("R27", "no-right-side", "warning", fix=_test_existence)
def no_right_side(subject: Subject) -> Iterator[Hit]:
    """A condition has nothing to compare with.

    Whether a field is filled in is asked with `exist` and `notexist`. The fix writes these for
    "equals nothing" and "does not equal nothing" of texts; for other operators only a person can
    tell what the right side was to be.
    """
    for each in _conditions(subject):
        if each.operator not in operators() or not takes_value(each.operator):
            continue
        right = each.test.get("b")
        if right is None or (right == "" and each.operator.startswith(("number:", "date:"))):
            meant = _ALONE.get(each.operator, "")
            text = f"`{each.operator}` has nothing to compare with."
            remedy = f"Use `{meant}`." if meant else "Add the right side."
            evidence: JsonObject = {"operator": each.operator}
            fixable = bool(meant)
            yield at(each.visit, text, remedy, place=each.place, evidence=evidence, fixable=fixable)


def _drop_right_side(subject: Subject, hit: Hit) -> None:
    del _test_at(hit)["b"]


@rule("R28", "needless-right-side", "info", fix=_drop_right_side)
def needless_right_side(subject: Subject) -> Iterator[Hit]:
    """A test for existence has a right side, which nothing looks at.

    It is left over from another operator. The fix removes it.
    """
    for each in _conditions(subject):
        lone = each.operator in ("exist", "notexist")
        if lone and each.test.get("b") not in (None, ""):
            text = f"`{each.operator}` compares with nothing; the right side is ignored."
            yield at(each.visit, text, "Remove it.", place=(*each.place, "b"))


def _wrap_conditions(subject: Subject, hit: Hit) -> None:
    holder: JsonValue = hit.module
    for key in hit.place[:-1]:
        holder = as_list(holder)[key] if isinstance(key, int) else as_object(holder)[key]
    value = as_object(holder)["conditions"]
    as_object(holder)["conditions"] = [value] if isinstance(value, list) else [[value]]


@rule("R29", "bad-conditions", "error", fix=_wrap_conditions)
def bad_conditions(subject: Subject) -> Iterator[Hit]:
    """Conditions are not a list of lists.

    The outer list holds alternatives, each a list of conditions that must all hold; a condition
    is `{a, o, b}`. The fix takes a plain list of conditions as one such list.
    """
    for visit in subject.running:
        if not isinstance(visit.module.get("filter"), (dict, type(None))):
            text = "A filter is an object with `name` and `conditions`."
            yield at(visit, text, "Write it as such.", place=("filter",), fixable=False)
    for place in _places(subject):
        value = place.holder.get(place.key)
        if value is None or (isinstance(value, list) and all(map(_is_group, value))):
            continue
        tests = value if isinstance(value, list) else [value]
        fixable = all(isinstance(test, dict) and "o" in test for test in tests)
        text = "Conditions are a list of alternatives, each a list of conditions."
        remedy = "Wrap them in one more list." if fixable else "Write them as such lists."
        yield at(place.visit, text, remedy, place=place.pointer, fixable=fixable)


def _is_group(value: JsonValue) -> bool:
    return isinstance(value, list) and all(isinstance(test, dict) for test in value)


@rule("R30", "constant-condition", "warning")
def constant_condition(subject: Subject) -> Iterator[Hit]:
    """A condition compares fixed values, so it has the same answer in every run.

    Usually the left side was to be a field, and its name stands there as plain text. A condition
    that keeps a route shut on purpose is better said in the route's name.
    """
    for each in _conditions(subject):
        if each.operator not in operators() or not _is_fixed(each.test.get("a")):
            continue
        if takes_value(each.operator) and not _is_fixed(each.test.get("b", "")):
            continue
        answer = _answer(each.test)
        if answer is not None:
            text = f"The condition is always {'true' if answer else 'false'}."
            evidence: JsonObject = {"operator": each.operator, "always": answer}
            yield at(each.visit, text, "Map a field.", place=each.place, evidence=evidence)


def _is_fixed(operand: JsonValue) -> bool:
    """Tell whether an operand is a plain value; a missing one says nothing."""
    if not isinstance(operand, str):
        return isinstance(operand, (bool, int, float))
    if _MAPPED.search(operand):
        return False
    try:
        parts = iml.parse(operand).parts
    except iml.IMLError:
        return False
    nodes = (part.node for part in parts if isinstance(part, Expression))
    return all(
        isinstance(node, Literal) or (isinstance(node, Name) and node.name in _CONSTANTS)
        for node in nodes
    )


def _answer(test: JsonObject) -> bool | None:
    """Try a condition; patterns are not tried, one can take longer than anybody waits."""
    if "pattern" in str(test["o"]):
        return None
    return iml.passes([[test]], iml.Scope())
