"""Math functions (Make help, math functions).

The functions over several values take arrays, single values, or both; numbers spelled as text
count, other items are skipped ("the numeric values" of the array).
"""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

from make_blueprint.iml.coercion import to_number, whole
from make_blueprint.iml.errors import Refused
from make_blueprint.iml.library.registry import ArrayOr, Whole, function
from make_blueprint.iml.values import Number, Value

_PRECISION = 500
_SEPARATORS = str.maketrans("", "", " \u00a0\u202f'.,")


@function("abs")
def abs_(number: Number) -> Value:
    """The absolute value."""
    return abs(number)


@function("ceil")
def ceil(number: Number) -> Value:
    """The smallest integer not below."""
    return whole(math.ceil(number))


@function("floor")
def floor(number: Number) -> Value:
    """The largest integer not above."""
    return whole(math.floor(number))


@function("round")
def round_(number: Number) -> Value:
    """The nearest integer; halves go up, also negative ones, as in JavaScript."""
    below = math.floor(number)
    return whole(below + 1 if number - below >= 0.5 else below)


@function("trunc")
def trunc(number: Number, decimals: Whole | None = None) -> Value:
    """The number without its fraction, or with only so many decimals of it."""
    return whole(float(_to_decimals(number, decimals or 0, ROUND_DOWN)))


@function("formatNumber")
def format_number(
    number: Number,
    decimals: Whole,
    decimal_separator: str | None = None,
    thousands_separator: str | None = None,
) -> Value:
    """A number as text with so many decimals, by default as `1.234,50`.

    Halves round away from zero, which is a guess. An empty separator text is used as it is.
    """
    rounded = _to_decimals(number, decimals, ROUND_HALF_UP)
    comma = "," if decimal_separator is None else decimal_separator
    point = "." if thousands_separator is None else thousands_separator
    integer, _, fraction = f"{abs(rounded):,f}".partition(".")
    sign = "-" if rounded < 0 else ""
    return sign + integer.replace(",", point) + (comma + fraction if fraction else "")


@function("parseNumber")
def parse_number(text: str, decimal_separator: str | None = None) -> Value:
    """The number a text spells; blanks and separators other than the decimal one are dropped."""
    separator = decimal_separator or "."
    parts = [part.translate(_SEPARATORS) for part in text.split(separator)]
    try:
        return to_number(".".join(parts))
    except Refused as error:
        raise Refused(f"'{text[:60]}' is not a valid number") from error


@function("sum")
def sum_(*values: ArrayOr) -> Value:
    """The total; 0 of nothing."""
    return whole(math.fsum(_numbers(values)))


@function("average")
def average(*values: ArrayOr) -> Value:
    """The mean; null of nothing."""
    numbers = _numbers(values)
    return whole(math.fsum(numbers) / len(numbers)) if numbers else None


@function("max")
def max_(*values: ArrayOr) -> Value:
    """The largest; null of nothing."""
    return max(_numbers(values), default=None)


@function("min")
def min_(*values: ArrayOr) -> Value:
    """The smallest; null of nothing."""
    return min(_numbers(values), default=None)


@function("median")
def median(*values: ArrayOr) -> Value:
    """The middle one; of an even count, the mean of the middle two; null of nothing."""
    numbers = sorted(_numbers(values))
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return whole((numbers[middle - 1] + numbers[middle]) / 2)


@function("stdevP")
def stdev_p(*values: ArrayOr) -> Value:
    """The standard deviation of a population; null of nothing."""
    return _deviation(_numbers(values), 0)


@function("stdevS")
def stdev_s(*values: ArrayOr) -> Value:
    """The standard deviation of a sample; null of fewer than two."""
    return _deviation(_numbers(values), 1)


def _numbers(values: tuple[Value, ...]) -> list[Number]:
    numbers: list[Number] = []
    for value in values:
        for item in value if isinstance(value, list) else [value]:
            try:
                numbers.append(to_number(item))
            except Refused:
                continue
    return numbers


def _deviation(numbers: list[Number], correction: int) -> Value:
    if len(numbers) <= correction:
        return None
    mean = math.fsum(numbers) / len(numbers)
    squares = math.fsum((number - mean) ** 2 for number in numbers)
    return whole(math.sqrt(squares / (len(numbers) - correction)))


def _to_decimals(number: Number, decimals: int, rounding: str) -> Decimal:
    if not -100 <= decimals <= 100:
        raise Refused("the number of decimals must lie between -100 and 100")
    context = Context(prec=_PRECISION)
    exact = Decimal(number) if isinstance(number, int) else Decimal(repr(number))
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding, context)
