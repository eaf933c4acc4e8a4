"""The Tools app: variables, sleep, compose, switch, increment, basic trigger."""

from collections.abc import Sequence

from make_api_sandbox.engine.errors import invalid_parameters
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.patterns import found
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import (
    Bundle,
    Value,
    as_value,
    items,
    members,
    number,
    text,
    truth,
    whole,
)

LONGEST_SLEEP = 300
SCOPES = ("roundtrip", "execution")


@module("util:SetVariable2")
async def set_variable(operation: Operation) -> Sequence[Bundle]:
    """Set one variable; the output field has its name."""
    name = _set_one(operation)
    return [{name: operation.mapper.get("value")}]


@module("util:SetVariable")
async def set_variable_old(operation: Operation) -> Sequence[Bundle]:
    """Set one variable; the older module answers under `value`."""
    _set_one(operation)
    return [{"value": operation.mapper.get("value")}]


def _set_one(operation: Operation) -> str:
    required(operation.mapper, "name", "scope")
    name = text(operation.mapper["name"])
    _keep(operation, {name: operation.mapper.get("value")})
    return name


@module("util:SetVariables")
async def set_variables(operation: Operation) -> Sequence[Bundle]:
    """Set several variables; one output field each."""
    required(operation.mapper, "scope")
    rows = [row for row in _rows(operation.mapper.get("variables")) if isinstance(row, dict)]
    if any(not text(row.get("name")) for row in rows):
        raise invalid_parameters(["Missing value of required parameter 'variables[].name'."])
    values: Bundle = {text(row.get("name")): row.get("value") for row in rows}
    _keep(operation, values)
    return [values]


def _keep(operation: Operation, values: Bundle) -> None:
    scope = text(operation.mapper.get("scope"))
    if scope not in SCOPES:
        raise invalid_parameters(["Parameter 'scope' must be roundtrip or execution."])
    run = operation.run
    (run.lasting if scope == "execution" else run.roundtrip).update(values)


@module("util:GetVariable2")
async def get_variable(operation: Operation) -> Sequence[Bundle]:
    """Read a variable that any module set earlier in time, on whatever route."""
    required(operation.mapper, "name")
    name = text(operation.mapper["name"])
    return [{name: _read(operation, name)}]


@module("util:GetVariable")
async def get_variable_old(operation: Operation) -> Sequence[Bundle]:
    """Read a variable; the older module answers under `value`."""
    required(operation.mapper, "name")
    return [{"value": _read(operation, text(operation.mapper["name"]))}]


@module("util:GetVariables")
async def get_variables(operation: Operation) -> Sequence[Bundle]:
    """Read several variables; one output field each."""
    names = [
        text(row.get("name") if isinstance(row, dict) else row)
        for row in _rows(operation.mapper.get("variables"))
    ]
    return [{name: _read(operation, name) for name in names}]


def _read(operation: Operation, name: str) -> Value:
    run = operation.run
    return run.roundtrip.get(name, run.lasting.get(name))


def _rows(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


@module("util:FunctionSleep")
async def sleep(operation: Operation) -> Sequence[Bundle]:
    """Let 1 to 300 seconds pass."""
    required(operation.mapper, "duration")
    seconds = number(operation.mapper["duration"])
    if seconds is None or not 1 <= seconds <= LONGEST_SLEEP:
        message = f"Parameter 'duration' must lie between 1 and {LONGEST_SLEEP} seconds."
        raise invalid_parameters([message])
    await operation.run.sleep(seconds)
    return [{}]


@module("util:FunctionIncrement")
async def increment(operation: Operation) -> Sequence[Bundle]:
    """Count calls: per cycle (`run`), per run (`execution`) or for ever (`scenario`)."""
    reset = text(as_value(operation.parameters.get("reset"))) or "run"
    run, ident = operation.run, operation.module_id
    if reset == "scenario":
        last = whole(run.ports.module_data(ident).get("i")) or 0
        run.ports.keep_module_data(ident, {"i": last + 1})
    else:
        last = run.counters.get((reset, ident), 0)
        run.counters[reset, ident] = last + 1
    return [{"i": last + 1}]


@module("util:ComposeTransformer")
async def compose(operation: Operation) -> Sequence[Bundle]:
    """Answer with the mapped text."""
    return [{"value": text(operation.mapper.get("value"))}]


@module("util:Switcher")
async def switch(operation: Operation) -> Sequence[Bundle]:
    """Answer with the output of the first case that matches the input, else the other one."""
    subject = text(operation.mapper.get("input"))
    use_patterns = truth(operation.mapper.get("useRegExpMatch"))
    for row in _rows(operation.mapper.get("casesTable")):
        if isinstance(row, dict) and _matches(text(row.get("pattern")), subject, use_patterns):
            return [{"output": row.get("output")}]
    return [{"output": operation.mapper.get("elseOutput")}]


def _matches(pattern: str, subject: str, use_patterns: bool) -> bool:
    return found(pattern, subject) if use_patterns else pattern == subject


@module("util:BasicTrigger")
async def basic_trigger(operation: Operation) -> Sequence[Bundle]:
    """One bundle per item written into the parameters."""
    return [
        {
            str(pair.get("name")): as_value(pair.get("value"))
            for pair in map(members, items(row.get("spec")))
        }
        for row in map(members, items(operation.parameters.get("values")))
    ]
