"""Findings for a person in a hurry: one line each, the remedy below, a summary at the end."""

from __future__ import annotations

from collections.abc import Iterator

from make_blueprint.lint.reports.report import SEVERITIES, FileReport, tally


def to_text(files: list[FileReport]) -> str:
    """Write the findings of all files, `file:line:column: severity rule: message`."""
    return "\n".join([*_lines(files), _summary(files)])


def _lines(files: list[FileReport]) -> Iterator[str]:
    for file in files:
        for finding in file.mended:
            yield f"{file.file}: mended {finding.rule} at {finding.path or 'the scenario'}"
        for finding in file.report.findings:
            line, column = file.position(finding)
            where = f"{file.file}:{line}:{column}"
            rule = f"{finding.rule} {finding.name}"
            yield f"{where}: {finding.severity} {rule}: {finding.message}"
            hint = f"    {finding.path}: " if finding.path else "    "
            remedy = f"{finding.remedy} (--fix does it)" if finding.fixable else finding.remedy
            if remedy or finding.path:
                yield f"{hint}{remedy}".rstrip(": ")


def _summary(files: list[FileReport]) -> str:
    counts = tally(files)
    found = [_counted(counts[severity], severity) for severity in SEVERITIES if counts[severity]]
    checked = f"{len(files)} {'blueprint' if len(files) == 1 else 'blueprints'} checked"
    fixable = sum(finding.fixable for file in files for finding in file.report.findings)
    hint = f"; --fix mends {fixable}" if fixable else ""
    return f"{checked}: {', '.join(found) or 'nothing found'}{hint}."


def _counted(count: int, severity: str) -> str:
    return f"{count} {severity}" if count == 1 or severity == "info" else f"{count} {severity}s"
