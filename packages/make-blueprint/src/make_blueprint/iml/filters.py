"""Filter conditions: the 58 operators of Make's official list.

An operator converts its operands to the type it is named after, unlike the strict `=` inside
expressions. What cannot be converted fails the condition, also a negated one, which is a guess;
negated text and array conditions are exact negations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias, cast

from make_blueprint.iml import ecmascript
from make_blueprint.iml.coercion import to_boolean, to_date, to_number, to_text
from make_blueprint.iml.errors import EvaluationError, Refused
from make_blueprint.iml.evaluation import evaluate
from make_blueprint.iml.operators import order, sign
from make_blueprint.iml.scope import Scope
from make_blueprint.iml.values import Data, Special, Value
from make_blueprint.iml.zones import aware, milliseconds, zone

Condition: TypeAlias = Mapping[str, Data]
"""`{"a": left operand, "o": operator code, "b": right operand}`."""

Conditions: TypeAlias = Sequence[Sequence[Condition]]
"""Groups of which one must hold; a group holds when all its conditions do."""

_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "equal": lambda a, b: a == b,
    "contain": lambda a, b: b in a,
    "startwith": lambda a, b: a.startswith(b),
    "endwith": lambda a, b: a.endswith(b),
}
_COMPARISONS = {
    "greater": ">",
    "less": "<",
    "greaterorequal": ">=",
    "lessorequal": "<=",
}
_RELATIONS = ("equal", "notequal", *_COMPARISONS)
_TIME = re.compile(
    r"\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?\s*(?:([AaPp])[Mm])?\s*"
)
_VERSION = re.compile(
    r"\s*[vV=]?\s*([0-9]{1,15})(?:\.([0-9]{1,15}))?(?:\.([0-9]{1,15}))?"
    r"(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\s*"
)


def _codes() -> frozenset[str]:
    tests = [f"{no}{test}" for test in (*_TEXT_TESTS, "pattern") for no in ("", "not")]
    codes = {"exist", "notexist", "boolean:equal", "boolean:notequal"}
    codes |= {f"text:{test}{case}" for test in tests for case in ("", ":ci")}
    codes |= {f"array:{no}contain{case}" for no in ("", "not") for case in ("", ":ci")}
    groups = ("number", "date", "time", "semver", "array")
    return frozenset(codes | {f"{group}:{name}" for group in groups for name in _RELATIONS})


OPERATORS = _codes()
"""Every operator code; anything else is refused."""


def passes(conditions: Conditions | None, scope: Scope) -> bool:
    """Whether a bundle passes a filter.

    Args:
        conditions: The `conditions` of a filter. None, `[]` and `[[]]` let everything pass.
        scope: What the operands can see.

    Raises:
        IMLError: An operand fails, or as `EvaluationError`, an operator code is unknown.
        NotEvaluated: An operand calls an unknown function.
    """
    if not conditions:
        return True
    return any(all(holds(condition, scope) for condition in group) for group in conditions)


def holds(condition: Condition, scope: Scope) -> bool:
    """Whether one condition holds; raises as `passes` does."""
    code = condition.get("o")
    if not isinstance(code, str) or code not in OPERATORS:
        raise EvaluationError(f"{code!r} is not a filter operator", 0, _source(condition))
    left = _operand(condition.get("a"), scope)
    if code in ("exist", "notexist"):
        return _exists(left) is (code == "exist")
    right = _operand(condition.get("b"), scope)
    try:
        return _test(code, left, right, scope)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise EvaluationError(f"{code}: {error}", 0, _source(condition)) from error


def _source(condition: Condition) -> str:
    """The left operand as an error quotes it."""
    return to_text(cast("Value", condition.get("a")))


def _operand(operand: Data, scope: Scope) -> Value:
    found = evaluate(operand, scope) if isinstance(operand, str) else cast("Value", operand)
    return None if isinstance(found, Special) else found


def _exists(value: Value) -> bool:
    # "Filled in" is read literally: the empty text is not, 0, false and an empty array are.
    return value is not None and value != ""


def _test(code: str, left: Value, right: Value, scope: Scope) -> bool:
    group, name, *case = code.split(":")
    match group:
        case "text":
            return _text_test(name, to_text(left), to_text(right), bool(case))
        case "boolean":
            return (to_boolean(left) is to_boolean(right)) is (name == "equal")
        case "array" if name.endswith("contain"):
            return _contains(left, right, bool(case)) is (name == "contain")
        case _:
            return _related(group, name, left, right, scope)


def _text_test(name: str, left: str, right: str, ignores_case: bool) -> bool:
    test = name.removeprefix("not")
    if test == "pattern":
        flags = "i" if ignores_case else ""
        found = any(True for _ in ecmascript.matches(right, flags, left))
    elif ignores_case:
        found = _TEXT_TESTS[test](left.lower(), right.lower())
    else:
        found = _TEXT_TESTS[test](left, right)
    return found is (test == name)


def _contains(left: Value, right: Value, ignores_case: bool) -> bool:
    texts = [to_text(item) for item in _items(left)]
    wanted = to_text(right)
    if ignores_case:
        return wanted.lower() in [text.lower() for text in texts]
    return wanted in texts


def _items(value: Value) -> list[Value]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _related(group: str, name: str, left: Value, right: Value, scope: Scope) -> bool:
    try:
        difference = _SIGNS[group](left, right, scope)
    except (Refused, ArithmeticError):
        return False
    if name in ("equal", "notequal"):
        return (difference == 0) is (name == "equal")
    return order(_COMPARISONS[name], difference)


def _number_sign(left: Value, right: Value, scope: Scope) -> int:
    return sign(to_number(left), to_number(right))


def _date_sign(left: Value, right: Value, scope: Scope) -> int:
    dates = (to_date(value, scope.timezone) for value in (left, right))
    return sign(*map(milliseconds, dates))


def _time_sign(left: Value, right: Value, scope: Scope) -> int:
    return sign(_time_of_day(left, scope), _time_of_day(right, scope))


def _version_sign(left: Value, right: Value, scope: Scope) -> int:
    first, second = _version(left), _version(right)
    return (first > second) - (first < second)


def _length_sign(left: Value, right: Value, scope: Scope) -> int:
    return sign(len(_items(left)), to_number(right))


_SIGNS: dict[str, Callable[[Value, Value, Scope], int]] = {
    "number": _number_sign,
    "date": _date_sign,
    "time": _time_sign,
    "semver": _version_sign,
    "array": _length_sign,
}


def _time_of_day(value: Value, scope: Scope) -> int:
    """Milliseconds since midnight of `hours:minutes[:seconds]`, or of a date's local time."""
    if isinstance(value, datetime):
        local = aware(value).astimezone(zone(scope.timezone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return int((local.replace(tzinfo=None) - midnight).total_seconds() * 1000)
    match = _TIME.fullmatch(to_text(value)[:100])
    if match is None:
        raise Refused("not a time of day")
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[5]:
        hour = hour % 12 + (12 if match[5] in "pP" else 0)
    return (hour * 3600 + minute * 60 + second) * 1000 + int((match[4] or "").ljust(3, "0")[:3])


_Version: TypeAlias = tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]


def _version(value: Value) -> _Version:
    """A version by the precedence of Semantic Versioning 2.0; missing parts count as 0."""
    match = _VERSION.fullmatch(to_text(value)[:300])
    if match is None:
        raise Refused("not a version")
    numbers = tuple(int(match[part] or 0) for part in (1, 2, 3))
    release = match[4] is None
    marks = [] if release else match[4].split(".")
    precedence = tuple(
        (not mark.isdigit(), int(mark[:15]) if mark.isdigit() else 0, mark) for mark in marks
    )
    return numbers, release, precedence
