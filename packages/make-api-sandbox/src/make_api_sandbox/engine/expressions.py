"""Evaluates mappers and filters of a running blueprint; the one place that knows IML."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, cast

from make_blueprint.iml import (
    ERASE,
    IGNORE,
    EvaluationError,
    IMLError,
    NotEvaluated,
    Scope,
    evaluate_value,
    passes,
)

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.values import Bundle, Json, Value, as_value, items, members

if TYPE_CHECKING:
    from make_blueprint.iml.filters import Conditions


@dataclass(frozen=True)
class Surroundings:
    """What stays the same for every expression of a run."""

    variables: Mapping[str, Value]
    timezone: str
    random: Random
    execution_id: str
    functions: Mapping[str, Callable[..., Value]] = field(
        default_factory=dict[str, Callable[..., Value]]
    )
    """Custom functions of the team."""


def scope(at: Surroundings, bundles: Mapping[int, Bundle], now: datetime) -> Scope:
    """The scope in which an expression sees `bundles` at the moment `now`."""
    return Scope(
        bundles=bundles,
        variables=at.variables,
        now=now,
        timezone=at.timezone,
        random=at.random,
        execution_id=at.execution_id,
        functions=at.functions,
    )


def evaluate_mapper(mapper: Mapping[str, Json], within: Scope) -> tuple[Bundle, frozenset[str]]:
    """Evaluate the fields of a mapper.

    Returns:
        The values, and the names of the fields which the keyword `erase` empties, members of
        collections with dots (`data.name`). Fields that became `ignore` are absent; erased ones
        are null.

    Raises:
        ModuleError: `BundleValidationError` naming the field whose expression failed.
    """
    values: Bundle = {}
    erased: set[str] = set()
    for name, template in mapper.items():
        value = evaluate_field(name, template, within)
        if value is IGNORE:
            continue
        values[name] = _settled(value, name, erased)
    return values, frozenset(erased)


def evaluate_field(name: str, template: Json, within: Scope) -> object:
    """Evaluate one field, keeping the keywords `erase` and `ignore` recognizable."""
    try:
        return cast("object", evaluate_value(as_value(template), within))
    except NotEvaluated as error:
        message = f"Failed to map '{name}': Function '{error.name}' not found!"
        raise ModuleError("BundleValidationError", message) from error
    except ModuleError as error:
        raise ModuleError(error.name, f"Failed to map '{name}': {error.message}") from error
    except IMLError as error:
        raise ModuleError(_kind(error), f"Failed to map '{name}': {error}") from error


def let_through(conditions: Sequence[Json], within: Scope) -> bool:
    """Tell whether a filter lets the bundle pass; no conditions let everything pass.

    Raises:
        ModuleError: `BundleValidationError` when an operand cannot be evaluated.
    """
    if not conditions:
        return True
    try:
        return passes(_groups(conditions), within)
    except NotEvaluated as error:
        message = f"Failed to evaluate filter: Function '{error.name}' not found!"
        raise ModuleError("BundleValidationError", message) from error
    except ModuleError as error:
        raise ModuleError(error.name, f"Failed to evaluate filter: {error.message}") from error
    except IMLError as error:
        raise ModuleError(_kind(error), f"Failed to evaluate filter: {error}") from error


def _groups(conditions: Sequence[Json]) -> "Conditions":
    """Alternatives of conditions; a plain list of conditions counts as one group."""
    groups = [items(each) if isinstance(each, list) else [each] for each in conditions]
    return cast("Conditions", [[members(each) for each in group] for group in groups])


def _kind(error: IMLError) -> str:
    """Values that do not fit are a data error; unreadable expressions an invalid bundle."""
    return "DataError" if isinstance(error, EvaluationError) else "BundleValidationError"


def _settled(value: object, path: str, erased: set[str]) -> Value:
    """Drop ignored members, empty erased ones at any depth and note where they are."""
    if value is ERASE:
        erased.add(path)
    if value is ERASE or value is IGNORE:
        return None
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value).items()
        kept = [(key, each) for key, each in pairs if each is not IGNORE]
        return {key: _settled(each, f"{path}.{key}", erased) for key, each in kept}
    if isinstance(value, list | tuple):
        rows = [each for each in cast("list[object]", value) if each is not IGNORE]
        return [_settled(each, f"{path}.{at}", erased) for at, each in enumerate(rows)]
    return cast("Value", value)
