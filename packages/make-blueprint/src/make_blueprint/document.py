"""Documents: a blueprint as plain JSON data, read and written without losing a byte of meaning.

Keys this library does not know, their order, and `null` members all survive: Make's editor keeps
data in a blueprint that no public schema declares (webhook `listener`, `metadata.restore`).
"""

from __future__ import annotations

import gc
import json
import math
import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias, cast

from make_blueprint.problem import BlueprintError

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]
Blueprint: TypeAlias = dict[str, JsonValue]
"""`{name, flow, metadata, …}` as Make exports it."""
Module: TypeAlias = dict[str, JsonValue]
"""One module object of a flow."""

MAX_BYTES = 50 * 1024 * 1024
MAX_DEPTH = 200
MAX_DIGITS = 4300
"""Longest whole number, in decimal digits; Python itself reads and writes no longer ones."""
_MAX_WRAPPERS = 8
_TOO_LARGE = 10**MAX_DIGITS

_SURROGATE = re.compile("[\ud800-\udfff]")


def load(
    source: str | bytes | Mapping[str, JsonValue],
    *,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
) -> Blueprint:
    """Read a blueprint from JSON text, bytes, or data that is already decoded.

    Text inside text is decoded again, and the wrappers of Make's API are taken off:
    `{code, response: {blueprint}}` and `{blueprint}` (Make API reference, chapter 2.27).
    Containers given as data are not copied, except for the outermost.

    Args:
        source: JSON text, UTF-8 bytes, or a mapping.
        max_bytes: Largest accepted size of the JSON, in bytes.
        max_depth: Deepest accepted nesting of objects and lists, in levels.

    Raises:
        BlueprintError: The source is no JSON object, too large, too deep, not UTF-8, or holds
            NaN, Infinity or a key twice.
    """
    return unfold(source, max_bytes, max_depth)[0]


class Layer(NamedTuple):
    """One JSON text that a blueprint came in; the innermost holds the blueprint itself."""

    text: str
    """The text as it came, a byte order mark included."""
    steps: list[str]
    """Keys that lead from its root to the next layer's text, or to the blueprint."""


def unfold(
    source: str | bytes | Mapping[str, JsonValue], max_bytes: int, max_depth: int
) -> tuple[Blueprint, list[Layer]]:
    """Read a blueprint as `load` does, and tell which texts it was wrapped in, outermost first."""
    value: JsonValue | bytes | Mapping[str, JsonValue] = source
    layers: list[Layer] = []
    for _ in range(_MAX_WRAPPERS):
        if isinstance(value, (str, bytes)):
            text = _as_text(value, max_bytes)
            layers.append(Layer(text, []))
            value = _decode(text, max_depth)
        elif isinstance(value, Mapping):
            value = dict(value)
            if not layers:
                check_data(value, max_bytes, max_depth)
            key = _wrapper(value)
            if key is None:
                return value, layers
            if layers:
                layers[-1].steps.append(key)
            value = value[key]
        else:
            break
    raise BlueprintError(
        "A blueprint is a JSON object with `name`, `flow` and `metadata`; "
        f"this is {_type_name(value)}."
    )


def dump(blueprint: Blueprint) -> str:
    """Write a blueprint as compact JSON, in the order its keys have.

    Raises:
        BlueprintError: A number is NaN or infinite, which JSON cannot express.
    """
    return compact(blueprint)


def compact(value: JsonValue) -> str:
    """Write any JSON value compactly, without escaping more than JSON demands."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise BlueprintError(f"This is not expressible as JSON: {error}.") from error
    if not text.isascii() and _SURROGATE.search(text):
        # Half a surrogate pair is legal in JSON only as an escape, and cannot be sent as UTF-8.
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text


def clone(blueprint: JsonObject) -> JsonObject:
    """Copy a JSON object with everything in it; iterative, so depth does not matter."""
    copy = dict(blueprint)
    todo: list[JsonObject | list[JsonValue]] = [copy]
    while todo:
        container = todo.pop()
        if isinstance(container, dict):
            for key, value in container.items():
                if isinstance(value, (dict, list)):
                    container[key] = inner = value.copy()
                    todo.append(inner)
        else:
            for index, value in enumerate(container):
                if isinstance(value, (dict, list)):
                    container[index] = inner = value.copy()
                    todo.append(inner)
    return copy


def clone_value(value: JsonValue) -> JsonValue:
    """Copy any JSON value with everything in it."""
    return clone({"": value})[""]


def as_object(value: JsonValue) -> JsonObject:
    """Give the value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """Give the value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def whole_number(value: JsonValue) -> int | None:
    """Read an integer, also one written as text (exports write numbers both ways)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return None


def check_data(value: JsonObject, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> None:
    """Refuse decoded data that could not have come from JSON, or that passes the limits.

    Raises:
        BlueprintError: Too large, too deep, a number that is not finite, or a value or key of a
            type JSON does not have.
    """
    size = 0
    level = _Level()
    level.add(value, 1)
    for _ in range(max_depth):
        inner = _Level()
        for container in level.containers:
            times = level.times[id(container)]
            size += times * _check_container(container, times, inner)
            if size > max_bytes:
                raise _too_large(max_bytes)
        if not inner.containers:
            return
        level = inner
    raise _too_deep(max_depth)


class _Level:
    """The containers of one depth, and how often each occurs there, by identity.

    Data may share or hold itself; a container is looked at once a level, but counted as often as it
    would be written.
    """

    def __init__(self) -> None:
        self.containers: list[JsonValue] = []
        self.times: dict[int, int] = {}

    def add(self, container: JsonValue, times: int) -> None:
        """Count a container."""
        known = self.times.get(id(container))
        if known is None:
            self.containers.append(container)
            known = 0
        self.times[id(container)] = known + times


def _check_container(container: JsonValue, times: int, inner: _Level) -> int:
    """Check one container's members, collect its containers, and return a lower bound in bytes."""
    size = 2
    members: Iterable[JsonValue] = as_list(container)
    if isinstance(container, dict):
        size += _size_of_keys(container)
        members = container.values()
    for member in members:
        kind = type(member)
        if kind is str:
            size += len(cast("str", member)) + 3
        elif kind is dict or kind is list:
            inner.add(member, times)
            size += 1
        else:
            size += 1
            if kind is not bool and member is not None:
                _check_number(member)
    return size


def _size_of_keys(container: JsonObject) -> int:
    try:
        return len("".join(container)) + 3 * len(container)
    except TypeError as error:
        key = next(key for key in cast("dict[object, object]", container) if type(key) is not str)
        raise BlueprintError(f"The key {key!r:.60} is not text.") from error


def _check_number(value: object) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise BlueprintError(f"The number {value} does not exist in JSON.")
    elif not isinstance(value, int):
        raise BlueprintError(f"A value of type {type(value).__name__} is not JSON.")
    elif not -_TOO_LARGE < value < _TOO_LARGE:
        raise _too_many_digits()


def _decode(source: str, max_depth: int) -> JsonValue:
    try:
        with _without_collection():
            value = cast(
                "JsonValue",
                json.loads(
                    source.removeprefix("\ufeff"),
                    parse_float=_finite,
                    parse_constant=_refuse_constant,
                    object_pairs_hook=_unique_keys,
                ),
            )
    except BlueprintError:
        raise
    except json.JSONDecodeError as error:
        raise BlueprintError(
            f"This is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except ValueError as error:  # Python reads no whole number of more digits
        raise _too_many_digits() from error
    except RecursionError as error:
        raise _too_deep(max_depth) from error
    if _is_deeper(value, max_depth):
        raise _too_deep(max_depth)
    return value


@contextmanager
def _without_collection() -> Generator[None]:
    """Keep the garbage collector from looking through what is being read, again and again.

    A document being read holds no garbage; without this, looking takes a third of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _is_deeper(value: JsonValue, levels: int) -> bool:
    """Tell whether containers are nested in more levels than these."""
    level: list[JsonValue] = [value] if isinstance(value, (dict, list)) else []
    for _ in range(levels):
        if not level:
            return False
        level = [
            member
            for container in level
            for member in (
                container.values() if isinstance(container, dict) else as_list(container)
            )
            if isinstance(member, (dict, list))
        ]
    return bool(level)


def _as_text(source: str | bytes, max_bytes: int) -> str:
    if len(source) > max_bytes:
        raise _too_large(max_bytes)
    if isinstance(source, bytes):
        try:
            return source.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BlueprintError(f"This is not UTF-8: byte {error.start} is invalid.") from error
    if not source.isascii() and len(source.encode("utf-8", "surrogatepass")) > max_bytes:
        raise _too_large(max_bytes)
    return source


def _wrapper(value: JsonObject) -> str | None:
    """Name the member of an API wrapper that holds the blueprint; None when it is no wrapper."""
    if "flow" in value:
        return None
    if "blueprint" in value:
        return "blueprint"
    response = value.get("response")
    if isinstance(response, dict) and ("blueprint" in response or "flow" in response):
        return "response"
    return None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BlueprintError(f"The number {text[:40]} is too large.")
    return number


def _refuse_constant(name: str) -> JsonValue:
    raise BlueprintError(f"The number {name} does not exist in JSON.")


def _unique_keys(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    twice = next(key for key, _ in pairs if key in seen or seen.add(key))
    raise BlueprintError(f"An object has the key {twice!r} more than once.")


def _too_large(max_bytes: int) -> BlueprintError:
    return BlueprintError(f"The blueprint is larger than {max_bytes:,} bytes.")


def _too_deep(max_depth: int) -> BlueprintError:
    return BlueprintError(f"The blueprint is nested deeper than {max_depth} levels.")


def _too_many_digits() -> BlueprintError:
    return BlueprintError(f"A whole number has more than {MAX_DIGITS:,} digits.")


def _type_name(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, (bool, int, float)):
        return "a number or boolean"
    if isinstance(value, (str, bytes, Mapping)):
        return "wrapped too many times"
    return f"data of type {type(value).__name__}"
