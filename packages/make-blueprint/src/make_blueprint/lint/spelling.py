"""Spelling: hits on an expression, and the fixes that write it anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from make_blueprint.document import JsonObject, JsonValue, as_list, as_object
from make_blueprint.lint.rule import Hit, at
from make_blueprint.lint.written import Written, rewritten
from make_blueprint.problem import Severity

if TYPE_CHECKING:
    from make_blueprint.lint.subject import Subject

Speller: TypeAlias = "Callable[[Subject, Written], str]"


def spelling(spell: Speller) -> Callable[[Subject, Hit], None]:
    """Make the fix that spells every expression of a text anew.

    Args:
        spell: Gives the new expression for an old one, braces included; the old one itself where
            it stays.
    """

    def fix(subject: Subject, hit: Hit) -> None:
        holder: JsonValue = hit.module
        for key in hit.place[:-1]:
            holder = as_list(holder)[key] if isinstance(key, int) else as_object(holder)[key]
        last = hit.place[-1]
        text = as_list(holder)[last] if isinstance(last, int) else as_object(holder)[last]
        old = next(t for t in subject.texts(hit.owner) if t.pointer == hit.place)
        if text != old.text:
            return  # an earlier hit on this text has put all of it right
        here = Written(hit.owner, old, "")
        new = rewritten(here, str(text), lambda written: spell(subject, written))
        if isinstance(last, int):
            as_list(holder)[last] = new
        else:
            as_object(holder)[last] = new

    return fix


def spelled_hit(
    written: Written,
    message: str,
    remedy: str,
    evidence: JsonObject | None = None,
    *,
    fixable: bool = True,
    severity: Severity | None = None,
) -> Hit:
    """Make a hit on the text that an expression stands in."""
    return at(
        written.visit,
        message,
        remedy,
        place=written.text.pointer,
        evidence=evidence,
        fixable=fixable,
        severity=severity,
    )
