"""Findings as JUnit XML: a file is a suite, a rule that objects is a failed case."""

from __future__ import annotations

import re
from collections import defaultdict
from xml.etree import ElementTree

from make_blueprint.lint.checking import Finding, rules
from make_blueprint.lint.reports.report import FileReport

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(files: list[FileReport]) -> str:
    """Write one test suite per file and one case per rule; notes (`info`) do not fail."""
    suites = ElementTree.Element("testsuites", name="make-blueprint lint")
    for file in files:
        _suite(suites, file)
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'


def _suite(suites: ElementTree.Element, file: FileReport) -> None:
    by_rule: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in file.report.findings:
        by_rule[finding.rule].append(finding)
    failed = sum(any(_fails(each) for each in found) for found in by_rule.values())
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        name=_clean(file.file),
        tests=str(len(rules()) - len(file.report.not_judged)),
        failures=str(failed),
        skipped="0",
        errors="0",
    )
    for rule in rules().values():
        if rule.id in file.report.not_judged:
            continue
        case = ElementTree.SubElement(
            suite, "testcase", classname=_clean(file.file), name=f"{rule.id} {rule.name}"
        )
        found = by_rule.get(rule.id, [])
        failing = [finding for finding in found if _fails(finding)]
        if failing:
            message = f"{failing[0].severity}: {failing[0].message}"
            failure = ElementTree.SubElement(case, "failure", message=_clean(message))
            failure.set("type", failing[0].severity)
            failure.text = _clean("\n".join(_line(file, finding) for finding in failing))
        elif found:
            noted = ElementTree.SubElement(case, "system-out")
            noted.text = _clean("\n".join(_line(file, finding) for finding in found))


def _fails(finding: Finding) -> bool:
    return finding.severity != "info"


def _line(file: FileReport, finding: Finding) -> str:
    line, column = file.position(finding)
    text = f"{file.file}:{line}:{column} {finding.path}: {finding.message}"
    return f"{text} {finding.remedy}" if finding.remedy else text


def _clean(text: str) -> str:
    """Leave out characters that XML cannot express."""
    return _NOT_XML.sub("\ufffd", text)
