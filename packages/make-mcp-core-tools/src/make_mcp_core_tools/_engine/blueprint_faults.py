"""Every fault that a blueprint shows by itself, with the nearest real names as remedies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from make_blueprint.catalogue import known_versions, nearest_module
from make_blueprint.problem import Problem
from make_blueprint.texts import texts
from make_blueprint.validate import validate
from make_blueprint.walk import path_text, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_blueprint.document import Blueprint


def all_faults(blueprint: Blueprint) -> list[Problem]:
    """Validate a blueprint; errors first, each with a remedy where one is known."""
    found = list(_with_nearest_names(validate(blueprint), blueprint))
    found += _unclosed(blueprint)
    rank = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda problem: rank[problem.severity])


def suggestion(name: str) -> str:
    """Say which real module a name may mean; "" when none is near."""
    near = [f"`{other}`{_version(other)}" for other in nearest_module(name)]
    return f"Did you mean {' or '.join(near)}?" if near else ""


def _version(name: str) -> str:
    versions = known_versions(name)
    return f" version {versions[0]}" if versions else ""


def _with_nearest_names(problems: list[Problem], blueprint: Blueprint) -> Iterator[Problem]:
    """Add the nearest real module, with its version, to problems about a module's name."""
    names = {f"{visit.path}.module": visit.type for visit in walk(blueprint)}
    for found in problems:
        unnamed = found.code == "bad-module-name" and not found.fix
        name = names.get(found.path, "")
        yield replace(found, fix=suggestion(name)) if unnamed and name else found


def _unclosed(blueprint: Blueprint) -> Iterator[Problem]:
    """Find expressions that are opened and never closed: Make takes them as plain text."""
    for visit in walk(blueprint):
        for place, text, _ in texts(visit):
            if text.rfind("{{") > text.rfind("}}"):
                path = f"{visit.path}.{path_text(place)}"
                what = f"The expression `{text[text.rfind('{{') :][:60]}` is never closed."
                fix = "Close it with `}}`; as it stands it is sent as plain text."
                yield Problem("open-expression", "warning", path, visit.id, what, fix)
