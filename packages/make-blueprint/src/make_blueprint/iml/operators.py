"""What the operators do with values of each type.

Documented: concatenation once a text takes part, conversion of texts by `-`, milliseconds for
differences of dates, strict equality. Ours, because nothing states it: division by zero fails,
null in arithmetic fails like any value that is no number, a date, array or collection under `+`
becomes text, and an order between values that cannot be compared does not hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from make_blueprint.iml.coercion import to_date, to_number, to_text, whole
from make_blueprint.iml.errors import Refused
from make_blueprint.iml.limits import bounded_text
from make_blueprint.iml.scope import Scope
from make_blueprint.iml.values import Number, Value, equal, is_number
from make_blueprint.iml.zones import milliseconds


def add(left: Value, right: Value) -> Value:
    """The sum of two numbers, else the texts of both joined."""
    if any(isinstance(side, str | datetime | list | dict | bytes) for side in (left, right)):
        first, second = to_text(left), to_text(right)
        bounded_text(len(first) + len(second))
        return first + second
    return whole(_operand(left) + _operand(right))


def subtract(left: Value, right: Value) -> Value:
    """The difference; of two dates, in milliseconds."""
    return whole(_operand(left) - _operand(right))


def multiply(left: Value, right: Value) -> Value:
    """The product."""
    return whole(_operand(left) * _operand(right))


def divide(left: Value, right: Value) -> Value:
    """The quotient, with its fraction."""
    divisor = _divisor(right)
    return whole(_operand(left) / divisor)


def remainder(left: Value, right: Value) -> Value:
    """The remainder with the sign of the dividend, as in JavaScript."""
    divisor = _divisor(right)
    return whole(math.fmod(_operand(left), divisor))


def compare(operator: str, left: Value, right: Value, scope: Scope) -> bool:
    """Whether `left operator right` holds, for `<`, `<=`, `>` and `>=`."""
    try:
        difference = _difference(left, right, scope)
    except Refused:
        return False
    return order(operator, difference)


def order(operator: str, difference: int) -> bool:
    """Whether `left operator right` holds, given the sign of left minus right."""
    match operator:
        case "<":
            return difference < 0
        case "<=":
            return difference <= 0
        case ">":
            return difference > 0
        case _:
            return difference >= 0


def sign(left: Number, right: Number) -> int:
    """The sign of left minus right: -1, 0 or 1."""
    return (left > right) - (left < right)


ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
    "=": equal,
    "!=": lambda left, right: not equal(left, right),
}


def _operand(value: Value) -> Number:
    return milliseconds(value) if isinstance(value, datetime) else to_number(value)


def _divisor(value: Value) -> Number:
    divisor = _operand(value)
    if divisor == 0:
        raise Refused("division by zero")
    return divisor


def _difference(left: Value, right: Value, scope: Scope) -> int:
    """The sign of left minus right; refused for values without an order."""
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if isinstance(left, bool) and isinstance(right, bool):
        return left - right
    if is_number(left) or is_number(right):
        return sign(_operand(left), _operand(right))
    if isinstance(left, datetime) or isinstance(right, datetime):
        dates = (to_date(value, scope.timezone) for value in (left, right))
        return sign(*map(milliseconds, dates))
    raise Refused("the values have no order")
