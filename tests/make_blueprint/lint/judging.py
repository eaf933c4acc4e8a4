"""What tests of rules hold in their hands."""

from __future__ import annotations

from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, as_object, clone
from make_blueprint.lint.checking import Finding, Profile, lint
from make_blueprint.lint.mending import mend
from make_blueprint.lint.surroundings import NOTHING, Surroundings


def found(rule: str, blueprint: Blueprint, surroundings: Surroundings = NOTHING) -> list[Finding]:
    """Give what one rule says about a blueprint."""
    before = clone(blueprint)
    report = lint(blueprint, surroundings, Profile(frozenset({rule})))
    assert blueprint == before, "judging changed the blueprint"
    assert rule not in report.not_judged, f"{rule} was not judged: {report.not_judged}"
    return report.findings


def places(rule: str, blueprint: Blueprint, surroundings: Surroundings = NOTHING) -> list[str]:
    """Give the paths one rule objects to."""
    return [finding.path for finding in found(rule, blueprint, surroundings)]


def mended(rule: str, blueprint: Blueprint, surroundings: Surroundings = NOTHING) -> JsonObject:
    """Let one rule put right what it finds; nothing fixable is left."""
    before = clone(blueprint)
    outcome = mend(blueprint, surroundings, Profile(frozenset({rule})))
    assert blueprint == before, "mending changed the original"
    assert outcome.done, "there was nothing to mend"
    assert not [left for left in outcome.left.findings if left.fixable]
    return outcome.blueprint


def value_at(value: JsonValue, *keys: str | int) -> JsonValue:
    """Give what stands at a place."""
    for key in keys:
        value = as_list(value)[key] if isinstance(key, int) else as_object(value)[key]
    return value


def having(value: JsonObject, **members: JsonValue) -> JsonObject:
    """Copy an object with some members set."""
    return {**value, **members}
