"""Problems: what is wrong with a blueprint or with an edit, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity: TypeAlias = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault.

    Attributes:
        code: Stable word for the kind of fault, such as `duplicate-id`.
        severity: `error` when Make refuses or every run fails, `warning` for a likely defect.
        path: Where it is (`flow[2].routes[0].flow[1].mapper.to`), or "" for the whole.
        module_id: The module concerned, when there is one.
        problem: What is wrong, one sentence.
        fix: What to do instead, when that is known.
    """

    code: str
    severity: Severity
    path: str
    module_id: int | None
    problem: str
    fix: str = ""

    def __str__(self) -> str:
        """Write the problem on one line."""
        head = f"{self.path}: {self.problem}" if self.path else self.problem
        return f"{head} {self.fix}" if self.fix else head


class BlueprintError(ValueError):
    """A blueprint or an edit was refused; `problems` holds every reason, not only the first."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems: tuple[Problem, ...] = tuple(problems)

    def __str__(self) -> str:
        """Write the message and each problem on its own line."""
        return "\n".join([self.message, *(f"- {problem}" for problem in self.problems)])
