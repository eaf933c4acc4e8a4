"""Failures: refusals that tell their reader what to do next.

A `Failure` is raised where the fault is known and rendered once, by the server. Its reader is
usually a model that will act on the last sentence, so every failure has a `next_step`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Problem:
    """One of possibly many faults of an input.

    Attributes:
        path: Where it is, in the words of the caller (`ops[2].module`), or "" for the whole.
        problem: What is wrong.
        fix: What to send instead, when that is known.
    """

    path: str
    problem: str
    fix: str = ""

    def __str__(self) -> str:
        """Write the problem on one line."""
        head = f"{self.path}: {self.problem}" if self.path else self.problem
        return f"{head} {self.fix}" if self.fix else head


class Failure(Exception):  # noqa: N818 - the word the whole project uses
    """Something did not work, and the caller can act on it.

    Args:
        what: What failed, one sentence.
        why: Why it failed, when known.
        next_step: What to do now: an exact tool call, a setting, or a place in Make.
        code: Our own stable word for the class of failure (`missing_scope`, `rate_limited`).
        retryable: True when the same call may succeed later without any change.
        wait_seconds: How long to wait before a retry, in seconds.
        make_code: Make's own error code (`SC403`, `IM004`), verbatim.
        request_id: Make's id of the failed request, for their support.
        status: HTTP status of Make's answer.
        problems: All faults found, when there may be several.
        effect: What may have happened in Make already ("the run may have been started"), or "".
    """

    code = "failed"

    def __init__(
        self,
        what: str,
        *,
        next_step: str,
        why: str = "",
        code: str | None = None,
        retryable: bool = False,
        wait_seconds: float | None = None,
        make_code: str | None = None,
        request_id: str | None = None,
        status: int | None = None,
        problems: Sequence[Problem] = (),
        effect: str = "",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step
        self.code = code or type(self).code
        self.retryable = retryable
        self.wait_seconds = wait_seconds
        self.make_code = make_code
        self.request_id = request_id
        self.status = status
        self.problems = tuple(problems)
        self.effect = effect

    def __str__(self) -> str:
        """Write the failure as a person or a model reads it: what, why, each problem, next step."""
        lines = [" ".join(part for part in (self.what, self.why, self.effect) if part)]
        lines += [f"- {problem}" for problem in self.problems]
        if self.wait_seconds is not None:
            lines.append(f"Wait {self.wait_seconds:g} s before trying again.")
        lines.append(self.next_step)
        trace = [f"Make code {self.make_code}" if self.make_code else ""]
        trace.append(f"request id {self.request_id}" if self.request_id else "")
        if tail := ", ".join(part for part in trace if part):
            lines.append(f"({tail})")
        return "\n".join(lines)
