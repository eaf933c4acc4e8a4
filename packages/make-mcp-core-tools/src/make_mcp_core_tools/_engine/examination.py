"""An examination of one scenario: what was checked, what was found, what could not be checked.

A finding says which rule gave it and what shows it. There is no score: findings are ordered by how
sure they are, then by how much of the scenario they stop.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from make_mcp_base.authoring import Failure, NextCall, Output
from make_mcp_base.client.failures import CircuitOpen, NotAuthorized

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.run_log import Entry
    from make_mcp_core_tools._engine.run_modules import Pinned
    from make_mcp_core_tools._engine.scenarios import Scenario, Stored

Source = Literal["cause", "fault", "state", "runs", "warnings", "incompletes"]
"""What a finding is about: a cause, a fault of the blueprint, or what a cause shows itself in."""

Confidence = Literal["certain", "likely", "possible"]
Weight = Literal["stops everything", "fails runs", "loses data", "risk"]

_CONFIDENCES: tuple[Confidence, ...] = ("certain", "likely", "possible")
_WEIGHTS: tuple[Weight, ...] = ("stops everything", "fails runs", "loses data", "risk")


_DEEPER: dict[Source, tuple[Source, ...]] = {
    "fault": ("cause",),
    "runs": ("cause", "fault"),
    "incompletes": ("cause", "fault", "runs"),
    "warnings": ("cause", "fault", "incompletes"),
}
"""Which kinds of findings explain which."""


class Finding(Output):
    title: str
    module_id: int | None = None
    module: str | None = None
    effect: Weight
    confidence: Confidence
    rule: str
    """What makes it a finding, and why it is that sure."""
    evidence: list[str]
    """Ids that show it: `execution …`, `connection …`, `version …`."""
    changes: list[str] | None = None
    fix: str
    tool_call: NextCall | None = None
    symptom: bool | None = None
    """True when a finding above explains it."""

    @property
    def order(self) -> tuple[bool, int, int]:
        """Place among findings: causes before symptoms, the surest first, then the gravest."""
        place = _CONFIDENCES.index(self.confidence), _WEIGHTS.index(self.effect)
        return (bool(self.symptom), *place)

    def shares(self, other: Finding) -> bool:
        """Tell whether another finding is about the same module or the same runs."""
        if self.module_id is not None and self.module_id == other.module_id:
            return True
        runs = {line for line in self.evidence if "execution " in line}
        return not runs.isdisjoint(other.evidence)


class CheckDone(Output):
    check: str
    result: str


class CheckSkipped(Output):
    check: str
    why: str


@dataclass(slots=True)
class Failing:
    """Runs that failed alike.

    Attributes:
        name: Kind of failure.
        message: Its message in the newest of them.
        entries: The runs, newest first.
        cause: Id of the module that failed, None when it is not known.
        module: Its name, "" when it is not known.
        pinned: The blueprint of the newest run.
    """

    name: str
    message: str
    entries: list[Entry]
    cause: int | None = None
    module: str = ""
    pinned: Pinned | None = None

    @property
    def earliest(self) -> Entry:
        """The first of them."""
        return self.entries[-1]


@dataclass(slots=True)
class Examination:
    """One scenario under examination.

    Attributes:
        make: The call's Make.
        scenario: The scenario.
        stored: Its blueprint as it is now.
        since_ms: From when on runs count.
        entries: Its runs since then, newest first; at most one page.
        failing: The runs that failed, by how they failed; the most frequent first.
    """

    make: Make
    scenario: Scenario
    stored: Stored
    since_ms: int
    entries: list[Entry] = field(default_factory=list["Entry"])
    failing: list[Failing] = field(default_factory=list[Failing])
    findings: list[Finding] = field(default_factory=list[Finding])
    sources: list[Source] = field(default_factory=list["Source"])
    done: list[CheckDone] = field(default_factory=list[CheckDone])
    skipped: list[CheckSkipped] = field(default_factory=list[CheckSkipped])
    notes: list[str] = field(default_factory=list[str])

    async def check(self, name: str, work: Callable[[Examination], Awaitable[str]]) -> None:
        """Make one check; what Make refuses to tell skips it with the reason.

        Raises:
            Failure: Make cannot be reached or does not know the token, which ends all checks.
        """
        try:
            self.done.append(CheckDone(check=name, result=await work(self)))
        except (NotAuthorized, CircuitOpen):
            raise
        except Failure as failure:
            why = f"{failure.why} {failure.next_step}" if failure.why else failure.what
            self.skipped.append(CheckSkipped(check=name, why=why[:300]))

    def skip(self, name: str, why: str) -> None:
        """Tell that a check, or a part of one, was not made."""
        self.skipped.append(CheckSkipped(check=name, why=why))

    def find(self, finding: Finding, source: Source = "cause") -> None:
        """Add a finding."""
        self.findings.append(finding)
        self.sources.append(source)

    def ordered(self) -> list[Finding]:
        """Give the findings: causes before what they explain, the surest and gravest first."""
        for finding, source in zip(self.findings, self.sources, strict=True):
            finding.symptom = True if self._is_explained(finding, source) else None
        return sorted(self.findings, key=lambda finding: finding.order)

    def _is_explained(self, finding: Finding, source: Source) -> bool:
        """Tell whether another finding is what this one comes from."""
        if source == "cause":
            return False
        others = zip(self.findings, self.sources, strict=True)
        if source == "state":
            stopping = ("stops everything", "fails runs")
            return any(kind != "state" and other.effect in stopping for other, kind in others)
        deeper = _DEEPER[source]
        return any(
            kind in deeper and other.confidence != "possible" and finding.shares(other)
            for other, kind in others
        )

    def module_names(self) -> dict[int, str]:
        """Name the modules that can run, by id."""
        from make_mcp_core_tools._engine.run_modules import Pinned, module_name

        return {v.id: module_name(v) for v in Pinned(self.stored).modules if v.id is not None}

    def runs_blamed(self, module_id: int | None) -> list[str]:
        """Give the newest failed runs that a module is to blame for, as evidence."""
        blamed = [f.entries[0].id for f in self.failing if module_id and f.cause == module_id]
        return [f"execution {ident}" for ident in blamed]

    def runs_named(self, names: frozenset[str]) -> list[str]:
        """Give the newest runs of each failure that has one of these names, as evidence."""
        return [f"execution {f.entries[0].id}" for f in self.failing if f.name in names]
