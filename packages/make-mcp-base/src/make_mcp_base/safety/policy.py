"""The port through which policies written elsewhere stop a change before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from make_mcp_base.errors import Failure, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.calls.requests import Write

Mode = Literal["audit", "warn", "enforce"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one policy says of a write.

    Attributes:
        policy: Name of the policy.
        mode: What a breach means: a note in the journal, a warning in the answer, or a refusal.
        problem: The breach in words.
    """

    policy: str
    mode: Mode
    problem: str


class PolicyGate(Protocol):
    """Judges a write before it is sent. An implementation is installed by a bundle."""

    async def judge(self, tool: str, write: Write) -> Sequence[Verdict]:
        """Say which policies a write breaks."""
        ...


class NoPolicies:
    """The gate of an installation in which nobody has written a policy."""

    async def judge(self, tool: str, write: Write) -> Sequence[Verdict]:
        """Find no breach."""
        return ()


def enforce(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Refuse enforced breaches and give the others, for the journal and as warnings.

    Raises:
        Failure: At least one breach is of a policy in mode `enforce`.
    """
    refused = [v for v in verdicts if v.mode == "enforce"]
    if refused:
        raise Failure(
            "A policy of this organization forbids the change.",
            next_step="Change what the policies name, or ask their owner.",
            code="policy",
            problems=[Problem(v.policy, v.problem) for v in refused],
        )
    return list(verdicts)


def warnings_of(verdicts: Sequence[Verdict]) -> list[str]:
    """Write what the caller is told: breaches in mode `audit` are for the journal alone."""
    return [f"Policy {v.policy}: {v.problem}" for v in verdicts if v.mode == "warn"]
