"""Which refusals mean "not in this plan" rather than what their status says.

Make answers 402 for some features, and 400, 403 or 404 for others (Make API reference, chapters
1.9 and 1.20, and each resource).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gate:
    """A feature that a plan may lack, and how its absence shows.

    Attributes:
        feature: The feature in plain words.
        key: Member of `organization.license` that opens it, or "".
        path: Pattern of the endpoints behind it, matched from the start of the path.
        statuses: HTTP statuses that mean the gate there.
        methods: Methods for which they do; empty for all.
        codes: Make's codes that mean the gate; empty for any.
        certain: False when the status could mean something else as well.
    """

    feature: str
    key: str
    path: str
    statuses: frozenset[int]
    methods: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    certain: bool = True

    @property
    def why(self) -> str:
        """The sentence that explains the refusal."""
        if self.certain:
            return f"Make refuses {self.feature.lower()} to this organization."
        return f"Make answers so when the plan lacks {self.feature.lower()}."

    def shuts(self, method: str, path: str, status: int, code: str | None) -> bool:
        """Say whether this gate explains a refusal."""
        return (
            status in self.statuses
            and (not self.methods or method in self.methods)
            and (not self.codes or code in self.codes)
            and re.match(self.path, path) is not None
        )


GATES = (
    Gate("Custom properties", "customProperties", r"/", frozenset({400, 403}),
         codes=frozenset({"IM027"})),
    Gate("Private spaces", "", r"/(private|personal)-spaces", frozenset({400, 404}),
         codes=frozenset({"IM903"})),
    Gate("This feature", "", r"/", frozenset({400}), codes=frozenset({"IM903"})),
    Gate("Audit logs", "auditLogsDays", r"/audit-logs", frozenset({402})),
    Gate("This feature", "", r"/", frozenset({402})),
    Gate("Custom variables", "customVariables", r"/(organizations|teams)/\d+/variables/?$",
         frozenset({404}), frozenset({"POST"}), certain=False),
    Gate("Custom functions", "customFunctions", r"/functions/?$", frozenset({403, 404}),
         certain=False),
    Gate("Analytics (Enterprise, owners only)", "analyticsAccess", r"/analytics/",
         frozenset({403}), certain=False),
    Gate("Custom roles", "", r"/users/custom-roles", frozenset({403}), certain=False),
    Gate("On-prem agents", "onPremAgent", r"/agents?(/|$)", frozenset({403}), certain=False),
)  # fmt: skip
"""Asked in this order; the first that fits explains the refusal."""


def gate_of(method: str, path: str, status: int, code: str | None) -> Gate | None:
    """Find the licence gate that explains a refusal, None when none does."""
    return next((gate for gate in GATES if gate.shuts(method, path, status, code)), None)
