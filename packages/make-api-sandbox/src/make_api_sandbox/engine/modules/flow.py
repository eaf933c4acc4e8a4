"""Iterator, repeater, and modules that raise errors or warnings."""

from collections.abc import Sequence

from make_api_sandbox.engine.errors import ModuleError, invalid_parameters
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import Bundle, Value, number, text

MOST_REPEATS = 10_000


@module("builtin:BasicFeeder")
async def iterate(operation: Operation) -> Sequence[Bundle]:
    """One bundle per item of an array; an item that is no collection stands under `value`."""
    source = operation.mapper.get("array")
    rows = [] if source is None or source == "" else source
    return numbered(rows if isinstance(rows, list) else [rows])


def numbered(rows: Sequence[Value]) -> list[Bundle]:
    """Turn rows into bundles that know their position and how many there are."""
    return [
        {
            **(row if isinstance(row, dict) else {"value": row}),
            "__IMTLENGTH__": len(rows),
            "__IMTINDEX__": index,
        }
        for index, row in enumerate(rows, 1)
    ]


@module("builtin:BasicRepeater")
async def repeat(operation: Operation) -> Sequence[Bundle]:
    """`repeats` bundles whose `i` starts at `start` and grows by `step`."""
    required(operation.mapper, "start", "repeats", "step")
    read = {name: number(operation.mapper[name]) for name in ("start", "repeats", "step")}
    problems = [f"Parameter '{name}' is not a number." for name in read if read[name] is None]
    repeats = int(read["repeats"] or 0)
    if not 0 <= repeats <= MOST_REPEATS:
        problems.append(f"Parameter 'repeats' must lie between 0 and {MOST_REPEATS}.")
    if problems:
        raise invalid_parameters(problems)
    start, step = read["start"] or 0, read["step"] or 0
    return [{"i": start + index * step} for index in range(repeats)]


@module("builtin:ThrowError")
async def throw_error(operation: Operation) -> Sequence[Bundle]:
    """Fail on purpose."""
    raise ModuleError("RuntimeError", _message(operation))


@module("builtin:ThrowWarning")
async def throw_warning(operation: Operation) -> Sequence[Bundle]:
    """Let the run end with a warning and go on."""
    operation.warning = _message(operation)
    return [{}]


def _message(operation: Operation) -> str:
    return text(operation.mapper.get("message")) or "An error was thrown by the scenario."
