"""Placement: where operations put modules, and making new modules complete."""

from __future__ import annotations

from collections.abc import Iterable

from make_blueprint.catalogue import (
    NO_SUCH_MODULE,
    RIGHT_NAMES,
    known_versions,
    nearest_module,
)
from make_blueprint.document import (
    JsonObject,
    JsonValue,
    Module,
    as_list,
    as_object,
    clone,
    whole_number,
)
from make_blueprint.layout import STEP, Point, missing_positions, place, position
from make_blueprint.session import Refusal, Session
from make_blueprint.structure import MODULE_NAME
from make_blueprint.walk import IF_ELSE, MERGE, PLACEHOLDER, ROUTER, Pointer, Visit, walk

ANCHORS = ("after", "before", "route_of", "at")


def anchor(session: Session, op: JsonObject) -> Pointer:
    """Find the place that an operation names, as list and index.

    Raises:
        Refusal: None or several places are named, or nothing could run there.
    """
    named = [key for key in ANCHORS if op.get(key) is not None]
    if len(named) != 1:
        text = "Give exactly one of `after`, `before`, `route_of` (with `route`) and `at`."
        raise Refusal("", text)
    if named[0] in ("after", "before"):
        return _beside(session, op, named[0])
    if named[0] == "route_of":
        return _in_route(session, op)
    flow = as_list(session.blueprint.get("flow"))
    if op.get("at") == "start":
        return "flow", 0
    if op.get("at") != "end":
        raise Refusal("at", "`at` is `start` or `end`.")
    return _end_of(("flow",), flow, "at")


def point_at(session: Session, pointer: Pointer) -> Point:
    """Give the canvas place for a module that is about to be put at a pointer."""
    container, index = as_list(session.editor.get(pointer[:-1])), int(pointer[-1])
    if index and (before := _position_of(container, index - 1)):
        return before[0] + STEP, before[1]
    after = _pushed_position(session, container, index)
    if after:
        return after[0] - (STEP if len(pointer) == 2 else 0), after[1]
    parent = position(as_object(session.editor.get(pointer[:-4]))) or (0.0, 0.0)
    rows = [key for key in pointer[-4:-1] if isinstance(key, int)]
    row = rows[-1] if rows else 1
    return parent[0] + STEP, parent[1] + STEP * row


def make_room(session: Session, pointer: Pointer, point: Point) -> None:
    """Push what stands from a place on to the right when a new module would cover it.

    The modules stay where they are until `settle`: positions in a list are meant as if nothing
    before them had been pushed, so that adding many modules does not move the rest many times.
    """
    container, index = as_list(session.editor.get(pointer[:-1])), int(pointer[-1])
    after = _pushed_position(session, container, index)
    if after is None or abs(after[0] - point[0]) >= STEP or after[1] != point[1]:
        return
    module = as_object(container[index])
    _, far = session.pushed.get(id(module), (module, 0))
    session.pushed[id(module)] = (module, far + STEP)


def settle(session: Session) -> None:
    """Move the modules that were pushed, and all that follow them in their lists."""
    if not session.pushed:
        return
    far: dict[int, float] = {}
    visits = list(walk(session.blueprint))
    crowded = {id(visit.container) for visit in visits if id(visit.module) in session.pushed}
    for visit in visits:
        if id(visit.container) in crowded:
            _, more = session.pushed.get(id(visit.module), (None, 0))
            far[id(visit.container)] = by = far.get(id(visit.container), 0) + more
            shift(session, visit.pointer, (by, 0))
    session.pushed.clear()


def shift(session: Session, pointer: Pointer, by: Point) -> None:
    """Move a module and all it holds on the canvas."""
    if not any(by):
        return
    module = session.editor.get(pointer)
    for visit in walk({"flow": [module]}):
        old = position(visit.module)
        if old is None:
            continue
        inner = (*pointer, *visit.pointer[2:], "metadata", "designer")
        spot: JsonObject = {}
        place(spot, (old[0] + by[0], old[1] + by[1]))
        for number, (key, value) in enumerate(spot.items()):
            if by[number]:
                session.editor.set((*inner, key), value)


def prepare(
    session: Session,
    flow: list[JsonValue],
    field: str,
    point: Point,
    reusable: Iterable[int] = (),
) -> list[JsonValue]:
    """Complete new modules: ids, versions, empty settings and places on the canvas.

    Args:
        session: The patch; ids are allocated there.
        flow: Modules as the caller gave them; they stay as they are.
        field: Name of the operation's member, for problems.
        point: Canvas place of the first module.
        reusable: Ids of modules that the new ones replace.

    Raises:
        Refusal: A module has no usable name, version or id; the text tells all faults.
    """
    if not flow or not all(isinstance(module, dict) for module in flow):
        raise Refusal(field, "This is not a list of at least one module.")
    copy = clone({"flow": flow})
    refusals: list[str] = []
    for visit in walk(copy):
        try:
            _complete(session, visit, set(reusable))
        except Refusal as refusal:
            refusals.append(f"{visit.path}: {refusal.problem} {refusal.fix}".rstrip())
    if refusals:
        raise Refusal(field, " ".join(refusals))
    _lay_out(copy, point)
    return as_list(copy["flow"])


def after_removal(pointer: Pointer, removed: Pointer) -> Pointer:
    """Give where a pointer leads once the item at `removed` is gone."""
    at = len(removed) - 1
    index = removed[-1]
    if len(pointer) <= at or pointer[:at] != removed[:-1]:
        return pointer
    own = pointer[at]
    if isinstance(own, int) and isinstance(index, int) and own > index:
        return (*pointer[:at], own - 1, *pointer[at + 1 :])
    return pointer


def _beside(session: Session, op: JsonObject, side: str) -> Pointer:
    visit = session.module(op, side)
    step = 1 if side == "after" else 0
    following = visit.container[visit.index + step : visit.index + step + 1]
    if side == "after" and visit.type == ROUTER:
        fix = f"Use `route_of: {visit.id}` with `route`, or `add_route`."
        raise Refusal(side, "Nothing runs behind a router in the same list.", fix)
    if following and as_object(following[0]).get("module") == MERGE:
        merge = as_object(following[0]).get("id")
        fix = f"Use `after: {merge}`, or `route_of` to put it into a branch."
        raise Refusal(side, "A merge must stand directly behind its if-else.", fix)
    return (*visit.pointer[:-1], visit.index + step)


def _in_route(session: Session, op: JsonObject) -> Pointer:
    visit, route = session.module(op, "route_of"), whole_number(op.get("route"))
    key = {ROUTER: "routes", IF_ELSE: "branches"}.get(visit.type)
    if key is None:
        raise Refusal("route_of", f"Module {visit.id} is no router or if-else.")
    routes = as_list(visit.module.get(key))
    if route is None or not 0 <= route < len(routes):
        fix = f"Give an index from 0 to {len(routes) - 1}."
        raise Refusal("route", f"Module {visit.id} has no route {op.get('route')}.", fix)
    flow = as_object(routes[route]).get("flow")
    if not isinstance(flow, list):
        raise Refusal("route", f"Route {route} of module {visit.id} has no list of modules.")
    return _end_of((*visit.pointer, key, route, "flow"), flow, "route")


def _end_of(pointer: Pointer, flow: list[JsonValue], field: str) -> Pointer:
    if flow and as_object(flow[-1]).get("module") == ROUTER:
        router = as_object(flow[-1]).get("id")
        fix = f"Use `before: {router}` or `route_of: {router}`."
        raise Refusal(field, "The list ends with a router; nothing runs behind it.", fix)
    return (*pointer, len(flow))


def _position_of(container: list[JsonValue], index: int) -> Point | None:
    if not 0 <= index < len(container):
        return None
    return position(as_object(container[index]))


def _pushed_position(session: Session, container: list[JsonValue], index: int) -> Point | None:
    """Give where a module will stand, as seen from the one before it."""
    found = _position_of(container, index)
    if found is None:
        return None
    _, far = session.pushed.get(id(container[index]), (None, 0.0))
    return found[0] + far, found[1]


def _complete(session: Session, visit: Visit, reusable: set[int]) -> None:
    """Give one new module what it lacks, with the keys in Make's order."""
    module, name = visit.module, visit.type
    number = session.allocate(module.get("id"), reusable)
    _check_name(name)
    version = module.get("version")
    if version is None and name != PLACEHOLDER:
        versions = known_versions(name)
        if not versions:
            raise Refusal("", f"The version of `{name}` is missing.", "Give the app's version.")
        version = versions[0]
    head: Module = {"id": number, "module": name}
    if version is not None:
        head["version"] = version
    if name not in (ROUTER, IF_ELSE, MERGE, PLACEHOLDER):
        head |= {"parameters": {}, "mapper": {}}
    elif name != PLACEHOLDER:
        head["mapper"] = None
    rest = {key: value for key, value in module.items() if key not in ("id", "version")}
    module.clear()
    module.update(head | rest)


def _check_name(name: str) -> None:
    if not MODULE_NAME.fullmatch(name):
        near = nearest_module(name)
        fix = f"Did you mean `{near[0]}`?" if near else ""
        raise Refusal("", f"`{name}` is not of the form `<app>:<Name>`.", fix)
    if name in NO_SUCH_MODULE:
        raise Refusal("", f"There is no module `{name}`.", NO_SUCH_MODULE[name])
    if name in RIGHT_NAMES:
        raise Refusal("", f"There is no module `{name}`.", f"Use `{RIGHT_NAMES[name]}`.")


def _lay_out(copy: JsonObject, point: Point) -> None:
    """Place new modules that have no place: the first at a point, the others from there."""
    first = as_object(as_list(copy["flow"])[0])
    origin = position(first)
    for visit, computed in missing_positions(copy):
        metadata = visit.module.setdefault("metadata", {})
        designer = as_object(metadata).setdefault("designer", {})
        by = point if origin is None else (0.0, 0.0)
        place(as_object(designer), (computed[0] + by[0], computed[1] + by[1]))
