"""Checking: run the rules over a blueprint."""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

from make_blueprint.document import Blueprint, JsonValue, check_data
from make_blueprint.lint import packs
from make_blueprint.lint.rule import MARK, Hit, Rule
from make_blueprint.lint.subject import Subject
from make_blueprint.lint.surroundings import NOTHING, Surroundings
from make_blueprint.problem import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One place a rule objects to.

    Attributes:
        rule: Id of the rule, `S16`.
        name: The same in words, `single-route`.
        severity: How bad it is.
        path: Where (`flow[2].mapper.to`), or "" for the whole.
        module_id: The module concerned, when there is one.
        message: What is wrong, one sentence.
        remedy: What to do, one sentence, or "".
        evidence: The facts the rule went by.
        fixable: Whether `mend` can put it right.
    """

    rule: str
    name: str
    severity: Severity
    path: str
    module_id: int | None
    message: str
    remedy: str = ""
    evidence: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    fixable: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """Which rules count, and how much. Rules are named by id, name, or letter of the pack.

    Attributes:
        select: Only these; None means all.
        ignore: Not these, even when selected.
        severities: Severity by rule, instead of the rule's own.
    """

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    severities: Mapping[str, Severity] = field(default_factory=dict[str, Severity])

    def wants(self, rule: Rule) -> bool:
        """Tell whether a rule is to be run."""
        names = {rule.id, rule.name, rule.id[0]}
        return (self.select is None or bool(names & self.select)) and not names & self.ignore

    def severity(self, rule: Rule, hit: Hit) -> Severity:
        """Tell how bad a hit is."""
        told = self.severities.get(rule.id) or self.severities.get(rule.name)
        return told or hit.severity or rule.severity


EVERYTHING = Profile()


@dataclass(frozen=True, slots=True)
class Report:
    """What the rules say about one blueprint.

    Attributes:
        findings: In the order of the modules concerned, the scenario as a whole first.
        not_judged: By rule id, what would have to be known for it.
    """

    findings: list[Finding]
    not_judged: Mapping[str, tuple[str, ...]]

    def count(self, severity: Severity) -> int:
        """Count the findings of a severity."""
        return Counter(finding.severity for finding in self.findings)[severity]


@cache
def rules() -> Mapping[str, Rule]:
    """Give every rule by id, in the order of their ids."""
    found: dict[str, Rule] = {}
    for module in pkgutil.iter_modules(packs.__path__):
        for member in vars(import_module(f"{packs.__name__}.{module.name}")).values():
            rule = getattr(member, MARK, None)
            if isinstance(rule, Rule):
                found[rule.id] = rule
    return dict(sorted(found.items()))


def lint(
    blueprint: Blueprint,
    surroundings: Surroundings = NOTHING,
    profile: Profile = EVERYTHING,
) -> Report:
    """Judge a blueprint by every rule of a profile.

    Args:
        blueprint: The document; it stays as it is.
        surroundings: What is known of the account it runs in.
        profile: Which rules count.

    Raises:
        BlueprintError: The data could not have come from JSON, or pass its limits.
    """
    check_data(blueprint)
    subject = Subject(blueprint, surroundings)
    found: list[tuple[int, str, Finding]] = []
    not_judged: dict[str, tuple[str, ...]] = {}
    order = {id(visit.module): number for number, visit in enumerate(subject.visits)}
    for rule in rules().values():
        if not profile.wants(rule):
            continue
        unknown = missing(rule, subject)
        if unknown:
            not_judged[rule.id] = unknown
            continue
        for hit in rule.check(subject):
            position = -1 if hit.visit is None else order[id(hit.visit.module)]
            found.append((position, rule.id, as_finding(rule, hit, profile)))
    found.sort(key=lambda each: each[:2])
    return Report([finding for _, _, finding in found], not_judged)


def missing(rule: Rule, subject: Subject) -> tuple[str, ...]:
    """Name what a rule needs and what is not known."""
    known = subject.surroundings.knows
    return tuple(
        need
        for need in rule.needs
        if not (known(need) or (need == "scheduling" and subject.scheduling is not None))
    )


def as_finding(rule: Rule, hit: Hit, profile: Profile = EVERYTHING) -> Finding:
    """Write down a hit of a rule."""
    return Finding(
        rule.id,
        rule.name,
        profile.severity(rule, hit),
        hit.path,
        hit.visit.id if hit.visit else None,
        hit.message,
        hit.remedy,
        hit.evidence,
        rule.fix is not None and hit.fixable,
    )
