"""Single values of a form: their types, bounds and patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from make_blueprint.document import as_list, as_object
from make_blueprint.iml.ecmascript import matches
from make_blueprint.iml.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from make_blueprint.document import JsonObject, JsonValue

VISUAL = frozenset({"banner", "markdown", "html", "separator"})
"""Fields that only show something."""

REFERENCES = {
    "account": "number",
    "hook": "number",
    "keychain": "number",
    "device": "number",
    "datastore": "number",
    "udt": "number",
    "aiagent": "text",
    "scenario": "text",
}
"""Fields that hold the id of an object of the team, and the type of the id."""

_ADDRESSES = {
    "account": "api://connections/",
    "hook": "api://hooks/",
    "keychain": "api://keys/",
    "device": "api://devices/",
    "datastore": "api://data-stores",
    "udt": "api://data-structures",
    "aiagent": "api://ai-agents/v1/agents",
    "scenario": "api://scenario-list",
}
_TEXTS = frozenset(
    {
        "text", "password", "email", "url", "filename", "color", "uuid", "path", "cert", "pkey",
        "timezone", "time", "timestamp", "date", "hidden", "file", "folder", "buffer",
    }
)  # fmt: skip
_NUMBERS = frozenset({"number", "integer", "uinteger", "port"})
_BOOLEANS = frozenset({"boolean", "checkbox"})
_PLACEHOLDER = re.compile(r"(?:PAC|TAC|SCN)_\d+")
_PER_RUN = re.compile(r"\{\{\s*var\.input\.[^{}]+\}\}")
_NUMERIC = re.compile(r"\s*-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*")


@dataclass(frozen=True, slots=True)
class ValueFault:
    """Something wrong with one value."""

    problem: str
    fix: str = ""
    severity: Literal["error", "warning"] = "error"


def base(entry: JsonObject) -> str:
    """Give the type of a field without what it is narrowed to: `account` of `account:slack`."""
    kind = entry.get("type")
    return kind.partition(":")[0] if isinstance(kind, str) else "any"


def name_of(entry: JsonObject) -> str:
    """Give the name of a field that holds a value; "" for others."""
    name = entry.get("name")
    return name if isinstance(name, str) and base(entry) not in VISUAL else ""


def is_empty(value: JsonValue) -> bool:
    """Tell whether a form counts a value as not given: `null` and the empty text."""
    return value is None or value == ""


def has_expression(value: JsonValue) -> bool:
    """Tell whether a value is text with an expression in it."""
    return isinstance(value, str) and "{{" in value


def is_fixed(value: JsonValue) -> bool:
    """Tell whether a value is known before a run."""
    if isinstance(value, dict):
        return all(map(is_fixed, value.values()))
    if isinstance(value, list):
        return all(map(is_fixed, value))
    return not has_expression(value)


def nearest(name: str, known: Collection[str]) -> str:
    """Give the known name most like another one, or ""."""
    found = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"`{found[0]}`" if found else ""


def wrong_type(wanted: str, value: JsonValue) -> str:
    """Say that a value is of another type."""
    return f"Expected type '{wanted}', got type '{type_name(value)}'."


def type_name(value: JsonValue) -> str:
    """Name the type of a value in the words of forms."""
    if isinstance(value, dict):
        return "collection"
    names = {"bool": "boolean", "int": "number", "float": "number", "str": "text", "list": "array"}
    return names.get(type(value).__name__, "null")


# References


def is_reference(kind: str, value: JsonValue) -> bool:
    """Tell whether a value can be the id of an object of the team."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return False
    if isinstance(value, int):
        return True
    return REFERENCES[kind] == "text" or value.strip().isdigit() or is_placeholder(value)


def is_placeholder(value: JsonValue) -> bool:
    """Tell a build variable, which Make replaces when the scenario is deployed."""
    return (
        isinstance(value, str) and value[:3] in ("PAC", "TAC") and bool(_PLACEHOLDER.match(value))
    )


def is_chosen_per_run(entry: JsonObject, value: str) -> bool:
    """Tell a connection that is a scenario input: the one expression allowed in a binding."""
    return base(entry) == "account" and bool(_PER_RUN.fullmatch(value.strip()))


def reference_address(entry: JsonObject) -> str:
    """Give the address of the objects that a field chooses from."""
    given = entry.get("options")
    if isinstance(given, str) and given.startswith("api://"):
        return given
    kind, _, narrowed = str(entry.get("type")).partition(":")
    address = _ADDRESSES[kind]
    return address + narrowed if address.endswith("/") else address


def reference_state(entry: JsonObject) -> JsonObject:
    """Give what the editor keeps of a chosen object beside its label."""
    kind, _, narrowed = str(entry.get("type")).partition(":")
    if kind == "account":
        return {"data": {"scoped": "true", "connection": narrowed.partition(",")[0]}}
    return {"data": {"editable": "true"}} if kind == "hook" else {}


# Plain values


def plain_faults(
    entry: JsonObject, value: JsonValue, *, numeric_text: bool
) -> Iterator[ValueFault]:
    """Find what is wrong with a value that is neither chosen nor composed.

    Args:
        entry: The field.
        value: A value without an expression.
        numeric_text: Whether text of digits counts as a number, as it does in a mapper.
    """
    kind = base(entry)
    if kind in _TEXTS and not isinstance(value, str):
        yield ValueFault(wrong_type("text", value), "Send it as text.")
    elif kind in _NUMBERS:
        yield from _number_faults(entry, kind, value, numeric_text)
    elif kind in _BOOLEANS and not isinstance(value, bool):
        yield _boolean_fault(value)
    elif isinstance(value, str) and kind in _TEXTS:
        yield from _text_faults(entry, value)


def _boolean_fault(value: JsonValue) -> ValueFault:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        fix = f"Send {value.lower()} without quotation marks."
        return ValueFault("A text stands for a truth value.", fix, "warning")
    return ValueFault(wrong_type("boolean", value), "Send true or false.")


def _number_faults(
    entry: JsonObject, kind: str, value: JsonValue, numeric_text: bool
) -> Iterator[ValueFault]:
    number = _number(value, numeric_text=True)
    if number is None:
        yield ValueFault(wrong_type("number", value))
        return
    if isinstance(value, str) and not numeric_text:
        yield ValueFault(wrong_type("number", value), "Send it without quotation marks.", "warning")
    if kind != "number" and number != int(number):
        yield ValueFault("Expected a whole number.")
    if kind in ("uinteger", "port") and number < 0:
        yield ValueFault("Expected a number of 0 or more.")
    if kind == "port" and number > 65_535:
        yield ValueFault("Expected a port number up to 65535.")
    rules = as_object(entry.get("validate"))
    low, high = _limit(rules.get("min")), _limit(rules.get("max"))
    if low is not None and number < low:
        yield ValueFault(f"Expected {low:g} at least, got {number:g}.")
    if high is not None and number > high:
        yield ValueFault(f"Expected {high:g} at most, got {number:g}.")
    yield from _enum_faults(rules, value)


def _number(value: JsonValue, numeric_text: bool) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if abs(value) < 1e300 else None
    if numeric_text and isinstance(value, str) and _NUMERIC.fullmatch(value):
        number = float(value)
        return number if abs(number) < 1e300 else None
    return None


def _limit(value: JsonValue) -> float | None:
    """Read a bound; one that is an expression of the app's own is not judged."""
    return _number(value, numeric_text=True)


def _text_faults(entry: JsonObject, value: str) -> Iterator[ValueFault]:
    rules = as_object(entry.get("validate"))
    low, high = _limit(rules.get("min")), _limit(rules.get("max"))
    if low is not None and len(value) < low:
        yield ValueFault(f"Expected {low:g} characters at least, got {len(value)}.")
    if high is not None and len(value) > high:
        yield ValueFault(f"Expected {high:g} characters at most, got {len(value)}.")
    pattern = rules.get("pattern")
    pattern = as_object(pattern).get("regexp") if isinstance(pattern, dict) else pattern
    if isinstance(pattern, str) and _differs(pattern, value):
        yield ValueFault(f"The value does not match the pattern {pattern[:80]}.")
    yield from _enum_faults(rules, value)


def _differs(pattern: str, value: str) -> bool:
    """Tell that a text surely does not match a JavaScript pattern; the rest is left to Make."""
    try:
        return next(matches(pattern, "", value), None) is None
    except Refused:
        return False


def _enum_faults(rules: JsonObject, value: JsonValue) -> Iterator[ValueFault]:
    allowed = rules.get("enum")
    if isinstance(allowed, list) and allowed and value not in allowed:
        shown = ", ".join(map(str, allowed[:8]))
        yield ValueFault(f"The value is not one of: {shown}.")


def size_faults(entry: JsonObject, value: list[JsonValue]) -> Iterator[str]:
    """Find what is wrong with the number of an array's items."""
    rules = as_object(entry.get("validate"))
    low, high = _limit(rules.get("minItems")), _limit(rules.get("maxItems"))
    if low is not None and len(value) < low:
        yield f"Expected {low:g} items at least, got {len(value)}."
    if high is not None and len(value) > high:
        yield f"Expected {high:g} items at most, got {len(value)}."


def filter_faults(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    """Find what is wrong with the shape of a filter: groups of conditions with operators."""
    if not isinstance(value, list):
        yield path, wrong_type("array", value)
        return
    for number, group in enumerate(value):
        if not isinstance(group, list):
            yield f"{path}[{number}]", "Expected a list of conditions: [[{a, o, b}]]."
            continue
        for place, condition in enumerate(as_list(group)):
            if not isinstance(as_object(condition).get("o"), str):
                yield f"{path}[{number}][{place}]", "A condition needs an operator `o`."
