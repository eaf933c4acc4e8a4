"""Structure: faults in the shape of a blueprint, found without looking at any expression.

An `error` is what Make refuses or what makes every run fail; shapes that exported scenarios are
known to hold (version 0, filters on routers, nested if-else, placeholders) are never one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from make_blueprint.catalogue import is_aggregator
from make_blueprint.document import Blueprint, JsonValue, as_list, as_object
from make_blueprint.operators import nearest_operator, operators, takes_value
from make_blueprint.problem import Problem, Severity
from make_blueprint.walk import IF_ELSE, MERGE, PLACEHOLDER, ROUTER, Visit, feeder_of

MODULE_NAME = re.compile(r"(?:app#)?[^\s:@#]+:[^\s:@]+")
_DIRECTIVES = ("builtin:Ignore", "builtin:Commit", "builtin:Rollback", "builtin:Resume")


def structure_problems(blueprint: Blueprint, visits: list[Visit]) -> Iterator[Problem]:
    """Find every structural fault.

    Args:
        blueprint: The document.
        visits: Its modules, as `walk` gives them.
    """
    yield from _top_problems(blueprint)
    yield from _id_problems(visits)
    for visit in visits:
        yield from _module_problems(visit)
        yield from _filter_problems(visit)
        yield from _router_problems(visit)
        yield from _if_else_problems(visit)
        yield from _merge_problems(visit)
        yield from _feeder_problems(visit)
        yield from _handler_problems(visit)


def _top_problems(blueprint: Blueprint) -> Iterator[Problem]:
    flow = blueprint.get("flow")
    if not isinstance(flow, list) or not flow:
        yield _top("empty-flow", "flow", "`flow` is not a list with at least one module.")
    else:
        yield from _items(flow, "flow", None)
    name = blueprint.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 120:
        yield _top("bad-name", "name", "`name` is not a text of 1 to 120 characters.")
    metadata = blueprint.get("metadata")
    if not isinstance(metadata, dict):
        yield _top("no-metadata", "metadata", "`metadata` is missing.", "`repair` adds it.")
        return
    if metadata.get("version") != 1:
        yield _top("bad-format-version", "metadata.version", "The format version is not 1.")
    if not isinstance(metadata.get("scenario"), dict):
        text = "The scenario settings are missing."
        yield _top("no-settings", "metadata.scenario", text, "`repair` adds the defaults.")
    orphans = as_object(metadata.get("designer")).get("orphans")
    if not isinstance(orphans, list):
        path, text = "metadata.designer.orphans", "The list of detached modules is missing."
        yield _top("no-orphans", path, text, "`repair` adds an empty one.", "warning")


def _id_problems(visits: list[Visit]) -> Iterator[Problem]:
    places: defaultdict[int, list[str]] = defaultdict(list)
    for visit in visits:
        if visit.id is not None and visit.id >= 1:
            places[visit.id].append(visit.path)
        elif visit.type != PLACEHOLDER:
            value = visit.module.get("id")
            text = f"The id is {value!r}, not a whole number from 1 on."
            yield _at(visit, "bad-id", "error", text, "Give it the next free id.", "id")
    for number, paths in places.items():
        for path in paths[1:]:
            text = f"The id {number} is already used at {paths[0]}."
            fix = "Give this module the next free id and adapt what refers to it."
            yield Problem("duplicate-id", "error", f"{path}.id", number, text, fix)


def _module_problems(visit: Visit) -> Iterator[Problem]:
    if not MODULE_NAME.fullmatch(visit.type):
        text = f"{visit.module.get('module')!r} is not of the form `<app>:<Name>`."
        yield _at(visit, "bad-module-name", "error", text, "", "module")
    version = visit.version
    if (version is None or version < 0) and visit.type != PLACEHOLDER:
        value = visit.module.get("version")
        text = f"The version is {value!r}, not a whole number."
        yield _at(visit, "no-version", "error", text, "Give the app's major version.", "version")
    if visit.type == PLACEHOLDER and not visit.in_orphan:
        text = "This is an empty slot of the editor; nothing runs here."
        yield _at(visit, "placeholder", "warning", text, "Put a module here or remove it.")
    designer = as_object(as_object(visit.module.get("metadata")).get("designer"))
    if not all(_is_number(designer.get(key)) for key in ("x", "y")):
        text = "The place on the canvas is missing."
        yield _at(visit, "no-layout", "warning", text, "`repair` computes it.", "metadata.designer")
    for key in ("parameters", "mapper", "metadata"):
        if not isinstance(visit.module.get(key), (dict, type(None))):
            yield _at(visit, f"bad-{key}", "error", f"`{key}` is not an object.", "", key)


def _filter_problems(visit: Visit) -> Iterator[Problem]:
    value = visit.module.get("filter")
    if value is None:
        return
    if not isinstance(value, dict):
        text = "A filter is an object with `name` and `conditions`."
        yield _at(visit, "bad-filter", "error", text, "", "filter")
        return
    path = f"{visit.path}.filter.conditions"
    yield from condition_problems(value.get("conditions", []), path, visit.id)


def condition_problems(value: JsonValue, path: str, module_id: int | None) -> Iterator[Problem]:
    """Find faults in filter conditions: a list (or) of lists (and) of `{a, o, b}`."""
    groups = as_list(value)
    if value is not None and not isinstance(value, list):
        groups = [None]
    for number, group in enumerate(groups):
        for index, condition in enumerate(group if isinstance(group, list) else [None]):
            place = f"{path}[{number}][{index}]"
            if not isinstance(condition, dict):
                text = "Conditions are a list (or) of lists (and) of `{a, o, b}`."
                fix = "Wrap the conditions in one more list."
                yield Problem("bad-conditions", "error", path, module_id, text, fix)
                return
            yield from _operator_problems(condition.get("o"), "b" in condition, place, module_id)


def _operator_problems(
    operator: JsonValue, has_value: bool, path: str, module_id: int | None
) -> Iterator[Problem]:
    if isinstance(operator, str) and operator in operators():
        if takes_value(operator) and not has_value:
            text = f"The operator {operator} has nothing to compare with."
            fix = "Add `b`, or use `exist` or `notexist`."
            yield Problem("no-right-side", "warning", path, module_id, text, fix)
        return
    near = nearest_operator(operator) if isinstance(operator, str) else ""
    fix = f"Use `{near}`." if near else ""
    text = f"There is no operator {operator!r}."
    yield Problem("unknown-operator", "warning", f"{path}.o", module_id, text, fix)


def _router_problems(visit: Visit) -> Iterator[Problem]:
    routes = visit.module.get("routes")
    if visit.type in (ROUTER, IF_ELSE, MERGE) and visit.module.get("mapper"):
        text = "This module takes no mapped values."
        yield _at(visit, "mapper-not-allowed", "error", text, "Set `mapper` to null.", "mapper")
    if visit.type != ROUTER:
        return
    if not isinstance(routes, list) or not routes:
        yield _at(visit, "no-routes", "error", "The router has no routes.", "", "routes")
    for number, route in enumerate(as_list(routes)):
        yield from _flow_problems(visit, route, f"routes[{number}]", "empty-route")
    after = len(visit.container) - visit.index - 1
    if after and visit.role != "orphan":
        text = f"{after} modules stand after the router in the same list and cannot run."
        yield _at(visit, "router-not-last", "error", text, "Move them into a route.")
    otherwise = as_object(visit.module.get("parameters")).get("else")
    if isinstance(otherwise, int) and not 0 <= otherwise < len(as_list(routes)):
        text = f"The fallback route {otherwise} does not exist."
        yield _at(visit, "no-such-route", "error", text, "Routes count from 0.", "parameters.else")


def _if_else_problems(visit: Visit) -> Iterator[Problem]:
    if visit.type != IF_ELSE:
        return
    branches = as_list(visit.module.get("branches"))
    if not branches:
        yield _at(visit, "no-branches", "error", "The if-else has no branches.", "", "branches")
    merges = any(as_object(branch).get("merge") is True for branch in branches)
    next_type = _sibling_type(visit, 1)
    if merges and next_type != MERGE:
        text = "A branch says `merge`, but no merge follows the if-else."
        fix = "Put `builtin:BasicMerge` next, or set `merge` to false."
        yield _at(visit, "merge-missing", "error", text, fix)
    if not merges and next_type is not None and visit.role != "orphan":
        text = "No branch goes on to a merge, so what follows the if-else never runs."
        yield _at(visit, "never-runs", "warning", text, "Set `merge` on a branch and add a merge.")
    if visit.role == "branch":
        text = "Make's own validator refuses an if-else inside a branch; existing ones do run."
        yield _at(visit, "nested-if-else", "warning", text)
    yield from _branch_problems(visit, branches)


def _branch_problems(visit: Visit, branches: list[JsonValue]) -> Iterator[Problem]:
    elses = [i for i, branch in enumerate(branches) if as_object(branch).get("type") == "else"]
    if len(elses) > 1:
        yield _at(
            visit, "many-else", "error", "There is more than one else branch.", "", "branches"
        )
    for number, branch in enumerate(branches):
        place = f"branches[{number}]"
        if not isinstance(branch, dict):
            yield _at(visit, "bad-branch", "error", "A branch is not an object.", "", place)
            continue
        conditions, flow = branch.get("conditions"), branch.get("flow")
        path = f"{visit.path}.{place}.conditions"
        yield from condition_problems(conditions, path, visit.id)
        yield from _items(flow, f"{visit.path}.{place}.flow", visit.id)
        if branch.get("type") == "else":
            if conditions:
                text = "The else branch has conditions."
                yield _at(visit, "else-with-conditions", "error", text, "Remove them.", place)
        elif not conditions or not flow:
            text = "A branch without conditions or without modules is switched off silently."
            yield _at(visit, "branch-off", "warning", text, "", place)


def _merge_problems(visit: Visit) -> Iterator[Problem]:
    if visit.type != MERGE or visit.role == "orphan":
        return
    if _sibling_type(visit, -1) != IF_ELSE:
        text = "A merge stands directly behind an if-else, in the same list."
        yield _at(visit, "merge-alone", "error", text, "Move it behind the if-else or remove it.")
        return
    wanted = len(visit.merging)
    lists = [("filters", visit.module.get("filters"))]
    for number, output in enumerate(as_list(visit.module.get("outputs"))):
        lists.append((f"outputs[{number}].mappings", as_object(output).get("mappings")))
    for place, entries in lists:
        if isinstance(entries, list) and len(entries) != wanted:
            text = f"{len(entries)} entries for {wanted} merging branches."
            fix = "Give one entry per merging branch, in branch order; null where nothing applies."
            yield _at(visit, "merge-count", "error", text, fix, place)


def _feeder_problems(visit: Visit) -> Iterator[Problem]:
    feeder = feeder_of(visit.module)
    if feeder is None:
        if is_aggregator(visit.type) and visit.role != "orphan":
            text = "The aggregator does not say whose bundles it collects."
            fix = "Set `parameters.feeder` to the id of the module that begins the loop."
            yield _at(visit, "no-feeder", "error", text, fix, "parameters.feeder")
        return
    if visit.in_orphan or visit.scope.sees(feeder):
        return
    if visit.scope.ran(feeder):
        text = f"The bundles of module {feeder} are already collected by another aggregator."
        yield _at(visit, "feeder-consumed", "warning", text, "", "parameters.feeder")
    else:
        text = f"The feeder {feeder} does not run before the aggregator on this path."
        fix = "Give the id of the iterator or search that begins the loop."
        yield _at(visit, "bad-feeder", "error", text, fix, "parameters.feeder")


def _handler_problems(visit: Visit) -> Iterator[Problem]:
    handlers = visit.module.get("onerror")
    if handlers is None:
        return
    yield from _items(handlers, f"{visit.path}.onerror", visit.id)
    if handlers and visit.type in (*_DIRECTIVES, ROUTER, "builtin:Break"):
        text = "A directive or router takes no error handler."
        yield _at(visit, "handler-not-allowed", "warning", text, "Remove `onerror`.", "onerror")


def _flow_problems(visit: Visit, holder: JsonValue, place: str, code: str) -> Iterator[Problem]:
    flow = as_object(holder).get("flow")
    if not isinstance(flow, list) or not flow:
        text = "The route has no modules."
        yield _at(visit, code, "error", text, "Give it a module or remove the route.", place)
    else:
        yield from _items(flow, f"{visit.path}.{place}.flow", visit.id)


def _items(flow: JsonValue, path: str, module_id: int | None) -> Iterator[Problem]:
    """Find members of a module list that are no modules."""
    if flow is not None and not isinstance(flow, list):
        text = "This is not a list of modules."
        yield Problem("bad-flow", "error", path, module_id, text)
    for index, item in enumerate(as_list(flow)):
        if not isinstance(item, dict):
            text = f"A module is an object; this is {item!r:.60}."
            yield Problem("bad-module", "error", f"{path}[{index}]", module_id, text)


def _sibling_type(visit: Visit, step: int) -> str | None:
    index = visit.index + step
    if not 0 <= index < len(visit.container):
        return None
    value = as_object(visit.container[index]).get("module")
    return value if isinstance(value, str) else ""


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _top(code: str, path: str, text: str, fix: str = "", severity: Severity = "error") -> Problem:
    return Problem(code, severity, path, None, text, fix)


def _at(
    visit: Visit, code: str, severity: Severity, text: str, fix: str = "", place: str = ""
) -> Problem:
    path = f"{visit.path}.{place}" if place else visit.path
    return Problem(code, severity, path, visit.id, text, fix)


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Keep the problems that stop a scenario from being saved or run."""
    return [problem for problem in problems if problem.severity == "error"]
