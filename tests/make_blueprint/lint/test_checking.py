"""How rules are run, chosen and described, whatever they are about."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, as_object, clone
from make_blueprint.lint.checking import Profile, lint, rules
from make_blueprint.lint.mending import mend
from make_blueprint.lint.rule import Rule
from make_blueprint.lint.subject import Subject
from make_blueprint.lint.surroundings import NOTHING, Surroundings

from tests.make_blueprint.generate import blueprint, module, router
from tests.make_blueprint.lint.judging import having


def faulty() -> Blueprint:
    """Faults of the whole, of a module, and one that only a note is worth."""
    sleep = module(3, "util:FunctionSleep", mapper={"duration": "1"})
    document = blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 7}, version=9),
        router(2, [sleep], else_=5),
    )
    del document["name"]
    return document


def ids(document: Blueprint, profile: Profile) -> list[str]:
    return [finding.rule for finding in lint(document, NOTHING, profile).findings]


def test_findings_come_in_the_order_of_the_modules_those_of_the_whole_first() -> None:
    only = Profile(frozenset({"S02", "S11", "S16", "S19"}))
    assert ids(faulty(), only) == ["S02", "S11", "S16", "S19"]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (Profile(frozenset({"S16"})), ["S16"]),
        (Profile(frozenset({"single-route"})), ["S16"]),
        (Profile(frozenset({"S02", "S19"}), frozenset({"S02"})), ["S19"]),
        (Profile(frozenset({"S16"}), frozenset({"S"})), []),
    ],
)
def test_rules_are_chosen_by_id_name_and_letter(profile: Profile, expected: list[str]) -> None:
    assert ids(faulty(), profile) == expected


@pytest.mark.parametrize("key", ["S16", "single-route"])
def test_a_profile_can_judge_a_rule_otherwise(key: str) -> None:
    profile = Profile(frozenset({"S16"}), severities={key: "error"})
    (finding,) = lint(faulty(), NOTHING, profile).findings
    assert finding.severity == "error"


def test_the_report_counts_by_severity() -> None:
    report = lint(faulty(), NOTHING, Profile(frozenset({"S02", "S11", "S16", "S19"})))
    assert [report.count(severity) for severity in ("error", "warning", "info")] == [2, 1, 1]


def test_a_rule_that_lacks_facts_says_which_instead_of_guessing() -> None:
    needy = [rule for rule in rules().values() if rule.needs]
    report = lint(faulty())
    assert set(report.not_judged) == {
        rule.id for rule in needy if set(rule.needs) - {"scheduling"} or "scheduling" in rule.needs
    }
    for rule in needy:
        assert set(report.not_judged[rule.id]) <= set(rule.needs)


def test_a_schedule_that_came_with_the_blueprint_counts_as_known() -> None:
    bundled = having(faulty(), scheduling={"type": "indefinitely", "interval": 900})
    only_schedule = {rule.id for rule in rules().values() if rule.needs == ("scheduling",)}
    assert only_schedule
    assert not only_schedule & set(lint(bundled).not_judged)


def test_surroundings_name_what_they_know() -> None:
    told = Surroundings(hooks={}, zone="eu1.make.com")
    assert told.known() == ("hooks", "zone")
    assert NOTHING.known() == ()


def test_mending_all_leaves_the_original_alone_and_tells_what_it_did() -> None:
    document = faulty()
    before = clone(document)
    profile = Profile(frozenset({"S11", "S16", "S19"}))
    outcome = mend(document, NOTHING, profile)
    assert document == before
    assert [finding.rule for finding in outcome.done] == ["S11", "S19", "S16"]
    assert outcome.left.findings == []


def test_nothing_to_mend_gives_an_equal_copy() -> None:
    document = blueprint(module(1, "gateway:CustomWebHook", parameters={"hook": 7}))
    outcome = mend(document, NOTHING, Profile(frozenset({"S"})))
    assert outcome.done == []
    assert outcome.blueprint == document
    assert outcome.blueprint is not document


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.id)
def test_every_rule_has_a_page(rule: Rule) -> None:
    assert rule.statement.endswith(".")
    assert rule.name == rule.name.lower()
    assert " " not in rule.name
    assert rule.group


def test_names_are_unique_and_ids_are_letters_with_two_digits() -> None:
    names = [rule.name for rule in rules().values()]
    assert len(set(names)) == len(names)
    assert all(len(id_) == 3 and id_[0].isupper() and id_[1:].isdigit() for id_ in rules())


def test_every_rule_explains_itself_in_the_manual() -> None:
    explained = [rule for rule in rules().values() if rule.explanation]
    assert len(explained) > len(rules()) / 2


def test_a_subject_passes_over_what_is_no_module_and_what_never_runs() -> None:
    document = blueprint(module(1), "no module", module(2), module(3))
    detached = module(9, mapper={"value": "{{1.value}}"})
    as_object(as_object(document["metadata"])["designer"])["orphans"] = [[detached]]
    subject = Subject(document)
    assert [visit.id for visit in subject.before(subject.by_id[3])] == [2, 1]
    assert subject.uses_of(subject.by_id[1]) == []


def test_one_object_that_stands_twice_is_followed_once() -> None:
    twice = module(2, "util:FunctionSleep")
    document = blueprint(module(1, "gateway:CustomWebHook"), twice, module(3), twice)
    subject = Subject(document, NOTHING)
    first = subject.running[0]
    assert [visit.id for visit in subject.after(first)] == [2, 3]
    assert "R01" not in lint(document).not_judged
