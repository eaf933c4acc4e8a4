"""Mending: carry out the fixes of rules, as often as they find something."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from make_blueprint.document import Blueprint, check_data, clone
from make_blueprint.lint.checking import (
    EVERYTHING,
    Finding,
    Profile,
    Report,
    as_finding,
    lint,
    missing,
    rules,
)
from make_blueprint.lint.rule import Rule
from make_blueprint.lint.subject import Subject
from make_blueprint.lint.surroundings import NOTHING, Surroundings

_MAX_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Mended:
    """A mended blueprint.

    Attributes:
        blueprint: A copy; equal to the original when nothing was done.
        done: What was put right, in the order it was done.
        left: What the rules still say.
    """

    blueprint: Blueprint
    done: list[Finding]
    left: Report


def mend(
    blueprint: Blueprint,
    surroundings: Surroundings = NOTHING,
    profile: Profile = EVERYTHING,
) -> Mended:
    """Put right every finding that has one safe answer.

    A fix may lay bare what another rule finds, so the rules are run again until nothing is left
    to do, five rounds at most.

    Args:
        blueprint: Stays as it is; the answer holds a copy.
        surroundings: What is known of the account it runs in.
        profile: Which rules count.

    Raises:
        BlueprintError: As `lint`.
    """
    check_data(blueprint)
    copy = clone(blueprint)
    done: list[Finding] = []
    fixing = [rule for rule in rules().values() if rule.fix and profile.wants(rule)]
    rounds = iter(lambda: _round(fixing, copy, surroundings, profile), [])
    for found in islice(rounds, _MAX_ROUNDS):
        done += found
    return Mended(copy, done, lint(copy, surroundings, profile))


def _round(
    fixing: list[Rule], blueprint: Blueprint, surroundings: Surroundings, profile: Profile
) -> list[Finding]:
    """Let each rule once put right what it finds; the blueprint is read anew after each change."""
    done: list[Finding] = []
    subject = Subject(blueprint, surroundings)
    for rule in fixing:
        found = _apply(rule, subject, profile)
        if found:
            subject = Subject(blueprint, surroundings)
            done += found
    return done


def _apply(rule: Rule, subject: Subject, profile: Profile) -> list[Finding]:
    """Fix all hits of one rule, the last first, so that earlier places stay where they are."""
    if rule.fix is None or missing(rule, subject):
        return []
    hits = [hit for hit in rule.check(subject) if hit.fixable]
    done = [as_finding(rule, hit, profile) for hit in hits]
    for hit in reversed(hits):
        rule.fix(subject, hit)
    return done
