"""Runs JavaScript functions: custom functions of teams and IML functions of custom apps.

Needs the extra `make-api-sandbox[javascript]`, an embedded engine that reaches neither files nor
network. As in Make, a call is synchronous and may take 300 ms; built-in IML functions are reachable
as `iml.name(…)`, and dates are those of the organization's time zone (Make's help page on custom
functions). `Math.random` and the present moment come from the world, so runs can be repeated.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import import_module, resources
from random import Random
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

from make_blueprint.iml import IMLError, NotEvaluated, Scope, builtin_functions, evaluate
from make_blueprint.iml.values import Special, Value

EXTRA = "make-api-sandbox[javascript]"
SECONDS = 0.3
MOST_MEMORY = 64 * 1_048_576
MOST_BUILT_IN_CALLS = 250
"""Calls of `iml.…` in one run; the code starts over at each of them, see `call`."""

FIRST_YEAR, LAST_YEAR = 1970, 2038
"""Years whose changes of the clock are known to the code."""


class EngineMissing(Exception):  # noqa: N818 - a state of this installation, no defect
    """The JavaScript engine is not installed."""

    def __init__(self) -> None:
        super().__init__(f"JavaScript is not evaluated here: install {EXTRA}.")


class ScriptError(Exception):
    """The code does not parse, threw, or took too long; the message is the engine's."""


class TookTooLongError(ScriptError):
    """The code was stopped because its time was over."""

    def __init__(self) -> None:
        super().__init__(f"The function took longer than {SECONDS * 1000:.0f} ms.")


@dataclass(frozen=True)
class Surroundings:
    """What code sees of the world.

    Args:
        now: The present moment, with a zone.
        timezone: Time zone of the organization, a TZ database name.
        random: Source of `Math.random` and of the built-in functions that throw dice.
    """

    now: datetime
    timezone: str
    random: Random


class _Context(Protocol):
    def eval(self, code: str) -> object: ...
    def set_time_limit(self, seconds: float) -> None: ...
    def set_memory_limit(self, size: int) -> None: ...


def check(code: str, name: str | None = None) -> None:
    """Run the top level of a source, which defines its function.

    Args:
        code: JavaScript source.
        name: The function that it has to define.

    Raises:
        EngineMissing: There is no engine.
        ScriptError: The source does not parse or fails, or defines no such function.
    """
    context = _context()
    _evaluate(context, code)
    if name is not None and _evaluate(context, f"typeof {name}") != "function":
        raise ScriptError(f"The code defines no function '{name}'.")


def call(
    code: str,
    name: str,
    arguments: Sequence[Value],
    at: Surroundings,
    *,
    seconds: float = SECONDS,
) -> Value:
    """Call a function that a source defines; it may take some seconds of the processor.

    The engine cannot call back while its time is limited. So when the code calls a built-in
    function, it is stopped, the function evaluated here, and the code started again with the
    answers so far; chance and time stand still, so it comes to the same place.

    Raises:
        EngineMissing: There is no engine.
        ScriptError: The code failed.
        TookTooLongError: It took more than `seconds`.
    """
    seed = at.random.getrandbits(32)
    answers: list[dict[str, Any]] = []
    while len(answers) <= MOST_BUILT_IN_CALLS:
        result = _run(_context(seconds), code, name, arguments, at, seed, answers)
        if "error" in result:
            raise ScriptError(result["error"])
        if "asked" not in result:
            return _value(result.get("value"))
        answers.append(_built_in(result["asked"], at))
    raise ScriptError(f"More than {MOST_BUILT_IN_CALLS} calls of built-in functions.")


def _run(
    context: _Context,
    code: str,
    name: str,
    arguments: Sequence[Value],
    at: Surroundings,
    seed: int,
    answers: list[dict[str, Any]],
) -> dict[str, Any]:
    given = {
        "seed": seed,
        "now": _milliseconds(at.now),
        "offsets": _offsets(at.timezone),
        "names": list(builtin_functions()),
        "answers": answers,
    }
    _evaluate(context, f"{_bridge()}({json.dumps(json.dumps(given))});")
    _evaluate(context, code)
    packed = json.dumps(json.dumps([_packed(each) for each in arguments]))
    text = _evaluate(context, f"__call(() => {name}, {packed})")
    return cast("dict[str, Any]", json.loads(cast(str, text)))


def _evaluate(context: _Context, code: str) -> object:
    try:
        return context.eval(code)
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("_quickjs", "quickjs"):
            raise
        line = str(error).partition("\n")[0].strip()
        if line == "InternalError: interrupted":
            raise TookTooLongError from error
        raise ScriptError(line) from error


def _context(seconds: float = SECONDS) -> _Context:
    try:
        engine = import_module("quickjs")
    except ImportError as error:
        raise EngineMissing from error
    context = cast(_Context, engine.Context())
    context.set_memory_limit(MOST_MEMORY)
    context.set_time_limit(seconds)
    return context


@lru_cache(maxsize=1)
def _bridge() -> str:
    return (resources.files(__package__ or "make_api_sandbox") / "javascript.js").read_text()


# Built-in functions


def _built_in(asked: dict[str, Any], at: Surroundings) -> dict[str, Any]:
    """Evaluate one call of `iml.…`."""
    values = [_value(each) for each in asked["arguments"]]
    extra = {f"argument{at}": value for at, value in enumerate(values)}
    scope = Scope(
        now=at.now, timezone=at.timezone, random=at.random, extra=cast("Mapping[str, Any]", extra)
    )
    try:
        result = evaluate(f"{{{{{asked['name']}({'; '.join(extra)})}}}}", scope)
    except (IMLError, NotEvaluated) as error:
        return {"error": str(error)}
    return {"value": _packed(result)}


# Values on their way in and out


def _packed(value: Any) -> Any:
    """A value as JSON in which dates and buffers are recognizable."""
    match value:
        case datetime():
            return {"@date": _milliseconds(value)}
        case bytes():
            return {"@bytes": base64.b64encode(value).decode()}
        case dict():
            members = cast("dict[str, Any]", value)
            packed = {key: _packed(each) for key, each in members.items()}
            return {"@object": packed} if any(key.startswith("@") for key in packed) else packed
        case list():
            return [_packed(each) for each in cast("list[Any]", value)]
        case Special():
            return None
        case _:
            return value


def _value(packed: Any) -> Value:
    if isinstance(packed, list):
        return [_value(each) for each in cast("list[Any]", packed)]
    if not isinstance(packed, dict):
        return packed
    members = cast("dict[str, Any]", packed)
    if "@date" in members:
        return _moment(members["@date"])
    if "@bytes" in members:
        return base64.b64decode(members["@bytes"])
    return {key: _value(each) for key, each in members.get("@object", members).items()}


def _moment(milliseconds: float) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise ScriptError("The function returned a date that no calendar holds.") from error


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@lru_cache(maxsize=16)
def _offsets(timezone: str) -> list[tuple[int, int]]:
    """From which moment on a zone is how many minutes ahead of UTC, found by halving weeks."""
    zone = ZoneInfo(timezone)
    moment = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    found = [(_milliseconds(moment), _ahead(moment, zone))]
    while moment.year < LAST_YEAR:
        following = moment + timedelta(days=7)
        if _ahead(following, zone) != found[-1][1]:
            change = _change(moment, following, zone)
            found.append((_milliseconds(change), _ahead(change, zone)))
        moment = following
    return found


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    first = _ahead(before, zone)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // 2
        before, after = (middle, after) if _ahead(middle, zone) == first else (before, middle)
    return after.replace(second=0, microsecond=0)


def _ahead(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0
