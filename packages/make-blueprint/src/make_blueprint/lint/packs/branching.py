"""Branching: routers, if-else, merges and error routes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from make_blueprint.document import JsonValue, as_list, as_object
from make_blueprint.lint.rule import Hit, at, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.walk import IF_ELSE, MERGE, ROUTER, Visit

_DIRECTIVES = (
    "builtin:Ignore",
    "builtin:Commit",
    "builtin:Rollback",
    "builtin:Resume",
    "builtin:Break",
)


def _drop_route(subject: Subject, hit: Hit) -> None:
    number = int(hit.place[1])
    del as_list(hit.module.get("routes"))[number]
    parameters = as_object(hit.module.get("parameters"))
    fallback = parameters.get("else")
    if isinstance(fallback, int) and fallback == number:
        del parameters["else"]
    elif isinstance(fallback, int) and fallback > number:
        parameters["else"] = fallback - 1


@rule("S15", "empty-route", "error", fix=_drop_route)
def empty_route(subject: Subject) -> Iterator[Hit]:
    """A router has no routes, or a route without modules.

    Make refuses it. The fix drops an empty route and keeps the fallback where it was.
    """
    for visit in subject.of(ROUTER):
        routes = visit.module.get("routes")
        if not isinstance(routes, list) or not routes:
            text, remedy = "The router has no routes.", "Give it routes or remove it."
            yield at(visit, text, remedy, place=("routes",), fixable=False)
        for number, route in enumerate(as_list(routes)):
            flow = as_object(route).get("flow")
            if not isinstance(flow, list) or not flow:
                fixable = flow in (None, []) and len(as_list(routes)) > 1
                text, remedy = "The route has no modules.", "Give it a module or remove it."
                yield at(visit, text, remedy, place=("routes", number), fixable=fixable)


def _inline_route(subject: Subject, hit: Hit) -> None:
    index = next(i for i, m in enumerate(hit.owner.container) if m is hit.module)
    flow = as_list(as_object(as_list(hit.module["routes"])[0]).get("flow"))
    hit.owner.container[index : index + 1] = flow


@rule("S16", "single-route", "info", fix=_inline_route)
def single_route(subject: Subject) -> Iterator[Hit]:
    """A router has a single route.

    It does nothing that the list itself would not do. The fix puts the route's modules in the
    router's place, where the router has no filter and no fallback of its own.
    """
    for visit in subject.of(ROUTER):
        routes = as_list(visit.module.get("routes"))
        if len(routes) == 1 and as_object(routes[0]).get("flow"):
            own = as_object(visit.module.get("filter")).get("conditions")
            last = visit.index == len(visit.container) - 1
            fixable = not own and not visit.module.get("parameters") and last
            yield at(visit, "The router has one route.", "Inline it.", fixable=fixable)


def _clear_mapper(subject: Subject, hit: Hit) -> None:
    hit.module["mapper"] = None


@rule("S17", "mapper-on-router", "error", fix=_clear_mapper)
def mapper_on_router(subject: Subject) -> Iterator[Hit]:
    """A router, if-else or merge has mapped values; it takes none."""
    yield from subject.problems("mapper-not-allowed")


@rule("S18", "router-not-last", "error")
def router_not_last(subject: Subject) -> Iterator[Hit]:
    """Modules stand behind a router in the same list; they cannot run.

    A router hands every bundle to its routes and is the end of its own list.
    """
    yield from subject.problems("router-not-last")


def _drop_fallback(subject: Subject, hit: Hit) -> None:
    del as_object(hit.module.get("parameters"))["else"]


@rule("S19", "no-such-route", "error", fix=_drop_fallback)
def no_such_route(subject: Subject) -> Iterator[Hit]:
    """A router's fallback is a route that does not exist; routes count from 0."""
    yield from subject.problems("no-such-route")


def _else_last(subject: Subject, hit: Hit) -> None:
    branches = as_list(hit.module.get("branches"))
    branches.append(branches.pop(int(hit.place[1])))


@rule("S20", "bad-else", "error", fix=_else_last)
def bad_else(subject: Subject) -> Iterator[Hit]:
    """An if-else has no branches, more than one else, or an else with conditions or not last.

    Conditions are tried in order, so what stands behind the else is never tried.
    """
    for hit in subject.problems("no-branches", "many-else", "else-with-conditions", "bad-branch"):
        yield replace(hit, fixable=False)
    for visit in subject.of(IF_ELSE):
        branches = as_list(visit.module.get("branches"))
        elses = [n for n, branch in enumerate(branches) if _is_else(branch)]
        if len(elses) == 1 and elses[0] != len(branches) - 1:
            merging = as_object(branches[elses[0]]).get("merge") is True
            text = "The else branch is not the last; those behind it are never tried."
            place = ("branches", elses[0])
            yield at(visit, text, "Move it to the end.", place=place, fixable=not merging)


@rule("S21", "branch-off", "error")
def branch_off(subject: Subject) -> Iterator[Hit]:
    """A branch has no conditions or no modules, which switches it off in silence.

    A branch that is off on purpose says so with `disabled`.
    """
    for visit in subject.of(IF_ELSE):
        for number, branch in enumerate(as_list(visit.module.get("branches"))):
            entry = as_object(branch)
            if not entry or _is_else(branch) or entry.get("disabled") is True:
                continue
            lacking = [key for key in ("conditions", "flow") if not entry.get(key)]
            if lacking:
                what = " and no ".join("modules" if key == "flow" else key for key in lacking)
                evidence: dict[str, JsonValue] = {"branch": number, "label": entry.get("label")}
                text = f"Branch {number + 1} has no {what}; it is switched off."
                yield at(visit, text, place=("branches", number), evidence=evidence)


def _stop_merging(subject: Subject, hit: Hit) -> None:
    for branch in as_list(hit.module.get("branches")):
        if as_object(branch).get("merge") is True:
            as_object(branch)["merge"] = False


@rule("S22", "merge-missing", "error", fix=_stop_merging)
def merge_missing(subject: Subject) -> Iterator[Hit]:
    """A branch goes on to a merge, but no merge follows the if-else.

    The fix ends the branches where they are, when nothing follows the if-else.
    """
    for hit in subject.problems("merge-missing"):
        last = hit.owner.index == len(hit.owner.container) - 1
        yield replace(hit, fixable=last)


def _pad(subject: Subject, hit: Hit) -> None:
    wanted = len(hit.owner.merging)
    lists = [hit.module.get("filters")]
    lists += [as_object(output).get("mappings") for output in as_list(hit.module.get("outputs"))]
    for entries in lists:
        if isinstance(entries, list):
            entries += [None] * (wanted - len(entries))


@rule("S23", "bad-merge", "error", fix=_pad)
def bad_merge(subject: Subject) -> Iterator[Hit]:
    """A merge stands alone, or has not one entry for each branch that it joins.

    It stands directly behind its if-else; each output, and the list of filters, has one entry for
    every branch with `merge`, in their order. The fix adds missing entries as null.
    """
    for hit in subject.problems("merge-alone"):
        yield replace(hit, fixable=False)
    for hit in subject.problems("merge-count"):
        counts = _entry_counts(hit.owner)
        yield replace(hit, fixable=all(count <= len(hit.owner.merging) for count in counts))


@rule("S24", "nested-branching", "warning")
def nested_branching(subject: Subject) -> Iterator[Hit]:
    """A router or an if-else stands inside a branch.

    Make's own validator refuses it in published templates, though scenarios with it do run.
    """
    for visit in subject.of(ROUTER, IF_ELSE):
        if visit.role == "branch":
            what = "A router" if visit.type == ROUTER else "An if-else"
            yield at(visit, f"{what} stands inside a branch.", "Move it into a sub-scenario.")


@rule("S25", "never-runs", "warning")
def never_runs(subject: Subject) -> Iterator[Hit]:
    """Modules follow an if-else none of whose branches goes on; they never run."""
    yield from subject.problems("never-runs")


def _drop_handler(subject: Subject, hit: Hit) -> None:
    del hit.module["onerror"]


@rule("S29", "handler-not-allowed", "error", fix=_drop_handler)
def handler_not_allowed(subject: Subject) -> Iterator[Hit]:
    """A directive or a router has an error route; it takes none.

    The fix removes the error route when it holds nothing but directives.
    """
    for visit in subject.running:
        handlers = as_list(visit.module.get("onerror"))
        if handlers and visit.type in (*_DIRECTIVES, ROUTER, MERGE):
            fixable = all(as_object(item).get("module") in _DIRECTIVES for item in handlers)
            text = f"{visit.type} takes no error handler."
            yield at(visit, text, "Remove it.", place=("onerror",), fixable=fixable)


def _is_else(branch: JsonValue) -> bool:
    return as_object(branch).get("type") == "else"


def _entry_counts(visit: Visit) -> list[int]:
    lists = [visit.module.get("filters")]
    lists += [as_object(output).get("mappings") for output in as_list(visit.module.get("outputs"))]
    return [len(entries) for entries in lists if isinstance(entries, list)]
