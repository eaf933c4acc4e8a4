"""What an expression can see while it is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from make_blueprint.iml.errors import Refused
from make_blueprint.iml.values import Data, Value


def _no_bundles() -> Mapping[int, Mapping[str, Data]]:
    return {}


def _no_values() -> Mapping[str, Data]:
    return {}


def _no_functions() -> Mapping[str, Callable[..., Value]]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The surroundings of an evaluation; the same scope gives the same result.

    Args:
        bundles: Output bundle of each module that has run on this path, by module id.
        variables: The `var` object: `{"team": {...}, "organization": {...}, "input": {...},
            "scenario": {...}}`.
        now: Value of `now` and `timestamp`, with a zone. Evaluating either without it fails.
        timezone: Time zone of the organization, a TZ database name.
        random: Source of `random`, `uuid` and `shuffle`, seeded by the caller. Evaluating one
            of them without it fails.
        execution_id: Value of `executionId`.
        extra: Values of other bare names, such as `parameters` or `item` in custom-app code.
        functions: Custom functions by name. They are called with the evaluated arguments and
            come before built-in functions of the same name.
        undocumented: Also offer functions that Make's reference does not list but its skills
            mention: `dateDifference`.
    """

    bundles: Mapping[int, Mapping[str, Data]] = field(default_factory=_no_bundles)
    variables: Mapping[str, Data] = field(default_factory=_no_values)
    now: datetime | None = None
    timezone: str = "UTC"
    random: Random | None = None
    execution_id: str = ""
    extra: Mapping[str, Data] = field(default_factory=_no_values)
    functions: Mapping[str, Callable[..., Value]] = field(default_factory=_no_functions)
    undocumented: bool = False

    def clock(self) -> datetime:
        """The value of `now`, in whole milliseconds."""
        if self.now is None or self.now.tzinfo is None:
            raise Refused("the scope has no current time with a zone")
        return self.now.replace(microsecond=self.now.microsecond // 1000 * 1000)

    def dice(self) -> Random:
        """The source of randomness."""
        if self.random is None:
            raise Refused("the scope has no source of randomness")
        return self.random
