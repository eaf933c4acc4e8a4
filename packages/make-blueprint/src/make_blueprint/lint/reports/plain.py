"""Findings as plain JSON."""

from __future__ import annotations

from dataclasses import asdict

from make_blueprint.document import JsonObject, JsonValue, compact
from make_blueprint.lint.checking import Finding
from make_blueprint.lint.reports.report import FileReport, tally


def to_json(files: list[FileReport]) -> str:
    """Write `{"files": [{file, findings, mended, not_judged}], "summary": {error, …}}`."""
    return compact({"files": [_file(file) for file in files], "summary": {**tally(files)}})


def _file(file: FileReport) -> JsonObject:
    not_judged: JsonObject = {rule: [*needs] for rule, needs in file.report.not_judged.items()}
    return {
        "file": file.file,
        "findings": [_finding(file, finding) for finding in file.report.findings],
        "mended": [_finding(file, finding) for finding in file.mended],
        "not_judged": not_judged,
    }


def _finding(file: FileReport, finding: Finding) -> JsonValue:
    line, column = file.position(finding)
    return asdict(finding) | {"line": line, "column": column}
