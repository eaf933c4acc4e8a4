"""What every report is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from make_blueprint.lint.checking import Finding, Report
from make_blueprint.positions import Position
from make_blueprint.problem import Severity

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class FileReport:
    """The findings in one file.

    Attributes:
        file: Its name as the caller wrote it, with forward slashes.
        report: What the rules say.
        positions: Where the paths of the findings stand in the file.
        mended: What was put right in it.
    """

    file: str
    report: Report
    positions: Mapping[str, Position] = field(default_factory=dict[str, Position])
    mended: list[Finding] = field(default_factory=list[Finding])

    def position(self, finding: Finding) -> Position:
        """Tell where a finding stands; the first character where that is not known."""
        return self.positions.get(finding.path, Position(1, 1))


def tally(files: list[FileReport]) -> dict[Severity, int]:
    """Count the findings of all files by severity."""
    return {severity: sum(file.report.count(severity) for file in files) for severity in SEVERITIES}
