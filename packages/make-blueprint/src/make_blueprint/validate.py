"""Validation: every fault of a blueprint at once, each with its place and its remedy."""

from __future__ import annotations

from collections.abc import Iterator

from make_blueprint import iml
from make_blueprint.catalogue import (
    NO_SUCH_MODULE,
    RIGHT_NAMES,
    known_apps,
    known_modules,
    known_versions,
    nearest_module,
)
from make_blueprint.document import Blueprint, as_list, as_object, check_data
from make_blueprint.problem import Problem, Severity
from make_blueprint.references import BrokenReference, broken_in
from make_blueprint.structure import structure_problems
from make_blueprint.texts import texts
from make_blueprint.walk import Visit, path_text, walk

__all__ = ["Problem", "Severity", "validate"]

_RANK = {"error": 0, "warning": 1, "info": 2}


def validate(blueprint: Blueprint) -> list[Problem]:
    """Find all structural, reference, naming and expression faults.

    Errors are what Make refuses or what breaks every run; a genuine export has none. Whether bound
    objects exist, and whether values fit an app's schema, needs the account and is not judged.

    Returns:
        The problems, errors first, each group in document order; empty for a sound blueprint.
    """
    check_data(blueprint)
    visits = list(walk(blueprint))
    broken = broken_in(visits)
    found = [*structure_problems(blueprint, visits), *problems_of(blueprint, visits, broken)]
    return sorted(found, key=lambda problem: _RANK[problem.severity])


def problems_of(
    blueprint: Blueprint, visits: list[Visit], broken: list[BrokenReference]
) -> Iterator[Problem]:
    """Find the faults of names, references, expressions and notes; those of structure apart.

    Args:
        blueprint: The document.
        visits: Its modules, as `walk` gives them.
        broken: Its broken references, as `broken_in` gives them.
    """
    yield from _naming_problems(visits)
    yield from _reference_problems(broken)
    yield from _expression_problems(visits)
    yield from _note_problems(blueprint, visits)


def _naming_problems(visits: list[Visit]) -> Iterator[Problem]:
    for visit in visits:
        name, path = visit.type, f"{visit.path}.module"
        if name in RIGHT_NAMES or name in NO_SUCH_MODULE:
            fix = NO_SUCH_MODULE.get(name) or _use(RIGHT_NAMES[name])
            text = f"There is no module `{name}`."
            yield Problem("no-such-module", "error", path, visit.id, text, fix)
        elif visit.app in known_apps() and name not in known_modules():
            near = nearest_module(name)
            fix = "Did you mean " + " or ".join(_named(other) for other in near) + "?"
            text = f"`{name}` is not among the known modules of `{visit.app}`."
            yield Problem("unknown-module", "warning", path, visit.id, text, fix if near else "")
        else:
            yield from _version_problems(visit)


def _version_problems(visit: Visit) -> Iterator[Problem]:
    module = known_modules().get(visit.type)
    if module is None or visit.version is None or visit.version in module.versions:
        return
    known = " or ".join(str(version) for version in module.versions)
    text = f"`{visit.type}` is known in version {known}, not {visit.version}."
    fix = f"Use version {module.versions[0]}."
    yield Problem("unknown-version", "warning", f"{visit.path}.version", visit.id, text, fix)


def _use(name: str) -> str:
    return f"Use {_named(name)}."


def _named(name: str) -> str:
    versions = known_versions(name)
    return f"`{name}` version {versions[0]}" if versions else f"`{name}`"


def _reference_problems(found: list[BrokenReference]) -> Iterator[Problem]:
    for broken in found:
        use = broken.reference
        if use.path.endswith(".parameters.feeder"):
            continue  # judged with the structure, where a second collection is only a warning
        severity: Severity = "info" if use.in_orphan else "error"
        if use.path.endswith(".parameters.target"):
            severity = "warning"
        text = f"{broken.problem} `{_shown(broken)}` stays empty."
        yield Problem("broken-reference", severity, use.path, use.module_id, text, _remedy(broken))


def _shown(broken: BrokenReference) -> str:
    use = broken.reference
    return f"{{{{{use.module}.{use.field}}}}}" if use.field else f"{{{{`{use.module}`}}}}"


def _remedy(broken: BrokenReference) -> str:
    if broken.fault == "consumed":
        return "Map the aggregator's output instead."
    return "Map a module that runs before this one on its path."


def _expression_problems(visits: list[Visit]) -> Iterator[Problem]:
    for visit in visits:
        if visit.in_orphan:
            continue
        for place, text, _ in texts(visit):
            try:
                iml.parse(text)
            except iml.IMLError as error:
                path = f"{visit.path}.{path_text(place)}"
                yield Problem("bad-expression", "error", path, visit.id, f"{error}.")


def _note_problems(blueprint: Blueprint, visits: list[Visit]) -> Iterator[Problem]:
    existing = {visit.id for visit in visits}
    notes = as_list(as_object(blueprint.get("metadata")).get("notes"))
    for number, note in enumerate(notes):
        for module_id in as_list(as_object(note).get("moduleIds")):
            if isinstance(module_id, int) and module_id not in existing:
                path = f"metadata.notes[{number}].moduleIds"
                text = f"The note is attached to module {module_id}, which does not exist."
                yield Problem("loose-note", "warning", path, None, text, "Remove the id.")
