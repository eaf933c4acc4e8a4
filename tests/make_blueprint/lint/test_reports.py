"""Findings as text, JSON, SARIF and JUnit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from make_blueprint.document import Blueprint
from make_blueprint.lint.checking import Profile, Report, lint, rules
from make_blueprint.lint.mending import mend
from make_blueprint.lint.reports.junit import to_junit
from make_blueprint.lint.reports.plain import to_json
from make_blueprint.lint.reports.report import FileReport
from make_blueprint.lint.reports.sarif import to_sarif
from make_blueprint.lint.reports.text import to_text
from make_blueprint.lint.surroundings import NOTHING
from make_blueprint.positions import locate

from tests.make_blueprint.generate import blueprint, module, router

SCHEMA = Path(__file__).parent / "schemas" / "sarif-2.1.0.json"
ONLY = Profile(frozenset({"S02", "S11", "S16", "S19"}))


def document(name: str = "") -> Blueprint:
    sleep = module(3, "util:FunctionSleep", mapper={"duration": "1"})
    return blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 7}, version=9),
        router(2, [sleep], else_=5),
        name=name,
    )


def judged(file: str = "orders.json", *, name: str = "") -> FileReport:
    made = document(name)
    report = lint(made, NOTHING, ONLY)
    text = json.dumps(made, indent=2)
    return FileReport(file, report, locate(text, [each.path for each in report.findings]))


def clean(file: str = "clean.json") -> FileReport:
    start = module(1, "gateway:CustomWebHook", parameters={"hook": 7})
    return FileReport(file, lint(blueprint(start), NOTHING, ONLY))


def test_text_tells_where_what_and_what_to_do() -> None:
    lines = to_text([judged()]).splitlines()
    assert lines[0] == "orders.json:2:11: error S02 bad-name: The scenario has no name."
    assert lines[1] == "    name: Name it."
    fallback = "orders.json:25:17: error S19 no-such-route: The fallback route 5 does not exist."
    assert fallback in lines
    assert "    flow[1].parameters.else: Routes count from 0. (--fix does it)" in lines
    assert lines[-1] == "1 blueprint checked: 2 errors, 1 warning, 1 info; --fix mends 2."


def test_text_of_sound_blueprints_is_one_line() -> None:
    assert to_text([clean(), clean("other.json")]) == "2 blueprints checked: nothing found."


def test_text_names_what_was_mended() -> None:
    outcome = mend(document("Orders"), NOTHING, ONLY)
    shown = to_text([FileReport("orders.json", outcome.left, {}, outcome.done)])
    assert shown.splitlines() == [
        "orders.json: mended S11 at flow[0].version",
        "orders.json: mended S19 at flow[1].parameters.else",
        "orders.json: mended S16 at flow[1]",
        "1 blueprint checked: nothing found.",
    ]


def test_json_holds_everything_with_lines() -> None:
    data = json.loads(to_json([judged(), clean()]))
    assert data["summary"] == {"error": 2, "warning": 1, "info": 1}
    first, second = data["files"]
    assert second == {"file": "clean.json", "findings": [], "mended": [], "not_judged": {}}
    assert first["findings"][1] == {
        "rule": "S11",
        "name": "unknown-version",
        "severity": "warning",
        "path": "flow[0].version",
        "module_id": 1,
        "message": "`gateway:CustomWebHook` is known in version 1, not 9.",
        "remedy": "Use version 1.",
        "evidence": {"version": 9},
        "fixable": True,
        "line": 7,
        "column": 18,
    }


def test_sarif_obeys_the_official_schema() -> None:
    everything = lint(document())
    outcome = FileReport("with space/ümlaut.json", everything)
    log = json.loads(to_sarif([judged(), clean(), outcome]))
    official = cast("Any", Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))))
    assert [str(error) for error in official.iter_errors(log)] == []
    assert not official.is_valid({"version": "2.1.0"})


def test_sarif_names_every_rule_and_points_to_lines() -> None:
    (run,) = json.loads(to_sarif([judged()]))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(rules())
    result = run["results"][1]
    assert result["level"] == "warning"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "S11"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "orders.json"
    assert place["region"] == {"startLine": 7, "startColumn": 18}


def test_a_finding_keeps_its_fingerprint_when_lines_move() -> None:
    here = judged()
    moved = FileReport(here.file, here.report)
    runs = [json.loads(to_sarif([each]))["runs"][0]["results"] for each in (here, moved)]
    prints = [[result["partialFingerprints"] for result in results] for results in runs]
    assert prints[0] == prints[1]
    assert len({json.dumps(each) for each in prints[0]}) == len(prints[0])


def test_a_finding_about_the_whole_has_no_place_within() -> None:
    sleeps = [module(n, "util:FunctionSleep", mapper={"duration": "1"}) for n in range(1, 40)]
    large = lint(blueprint(*sleeps), NOTHING, Profile(frozenset({"S33"})))
    bare = [replace(each, remedy="") for each in large.findings]
    report = FileReport("large.json", Report(bare, {}))
    (result,) = json.loads(to_sarif([report]))["runs"][0]["results"]
    assert "logicalLocations" not in result["locations"][0]
    assert to_text([report]).splitlines() == [
        "large.json:1:1: info S33 too-large: 39 modules, nested 0 deep.",
        "1 blueprint checked: 1 info.",
    ]


def test_junit_has_a_suite_for_each_file_and_a_case_for_each_rule() -> None:
    root = ElementTree.fromstring(to_junit([judged(), clean()]).encode())
    first, second = root
    assert (first.get("name"), first.get("failures")) == ("orders.json", "3")
    assert (second.get("name"), second.get("failures")) == ("clean.json", "0")
    assert len(first) == int(first.get("tests", "0")) == len(rules())
    failed = {case.get("name") for case in first if case.find("failure") is not None}
    assert failed == {"S02 bad-name", "S11 unknown-version", "S19 no-such-route"}
    noted = [case.get("name") for case in first if case.find("system-out") is not None]
    assert noted == ["S16 single-route"]


def test_junit_leaves_out_rules_that_were_not_judged() -> None:
    everything = lint(document())
    root = ElementTree.fromstring(to_junit([FileReport("a.json", everything)]).encode())
    assert len(root[0]) == len(rules()) - len(everything.not_judged)


@pytest.mark.parametrize("name", ["\x00\x0b\ud800", "a & b <c>", "\N{GRINNING FACE}"])
def test_names_that_xml_cannot_hold_do_no_harm(name: str) -> None:
    report = FileReport(name, judged(name=name).report)
    root = ElementTree.fromstring(to_junit([report]).encode("utf-8"))
    assert root[0].get("name")
