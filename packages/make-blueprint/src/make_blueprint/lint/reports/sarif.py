"""Findings as SARIF 2.1.0, the format of code scanning (OASIS standard)."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from urllib.parse import quote

from make_blueprint.document import JsonObject, compact
from make_blueprint.lint.checking import Finding, rules
from make_blueprint.lint.reports.report import FileReport
from make_blueprint.lint.rule import Rule

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def to_sarif(files: list[FileReport]) -> str:
    """Write one run with every rule that was applied and a result for each finding."""
    driver: JsonObject = {
        "name": "make-blueprint",
        "version": version("make-blueprint"),
        "rules": [_rule(rule) for rule in rules().values()],
    }
    run: JsonObject = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(file, finding) for file in files for finding in file.report.findings],
    }
    return compact({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> JsonObject:
    described: JsonObject = {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.statement},
        "fullDescription": {"text": f"{rule.statement} {rule.explanation}".strip()},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.group], "fixable": rule.fix is not None},
    }
    return described


def _result(file: FileReport, finding: Finding) -> JsonObject:
    line, column = file.position(finding)
    place: JsonObject = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(file.file)},
            "region": {"startLine": line, "startColumn": column},
        }
    }
    if finding.path:
        place["logicalLocations"] = [{"fullyQualifiedName": finding.path, "kind": "member"}]
    text = f"{finding.message} {finding.remedy}" if finding.remedy else finding.message
    return {
        "ruleId": finding.rule,
        "ruleIndex": list(rules()).index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [place],
        "partialFingerprints": {"finding/v1": _fingerprint(file, finding)},
    }


def _fingerprint(file: FileReport, finding: Finding) -> str:
    """Tell a finding again when lines have moved: its rule, module and message."""
    parts = (file.file, finding.rule, str(finding.module_id), finding.message)
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
