"""Operations that add, move and remove modules, routes and error handlers."""

from __future__ import annotations

from make_blueprint.document import (
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    clone_value,
    whole_number,
)
from make_blueprint.layout import STEP, position
from make_blueprint.placement import (
    after_removal,
    anchor,
    make_room,
    point_at,
    prepare,
    settle,
    shift,
)
from make_blueprint.session import Refusal, Session
from make_blueprint.walk import ROUTER, Pointer, Visit, walk


def add_module(session: Session, op: JsonObject) -> None:
    """Add one module, with what it holds, at a named place."""
    pointer = anchor(session, op)
    point = point_at(session, pointer)
    module = prepare(session, [op.get("module")], "module", point)[0]
    make_room(session, pointer, point)
    session.editor.insert(pointer, module)
    session.added(pointer)


def move_module(session: Session, op: JsonObject) -> None:
    """Move one module, with what it holds and its filter, to a named place."""
    visit, target = session.module(op), anchor(session, op)
    source = visit.pointer
    if target[:-1] == source[:-1] and target[-1] in (visit.index, visit.index + 1):
        return
    if target[: len(source)] == source:
        raise Refusal("module", f"Module {visit.id} cannot be moved into itself.")
    module = clone_value(visit.module)
    _note_lost_filter(session, visit, "moved")
    target = after_removal(target, source)
    session.editor.drop(source)
    if target[:-1] != source[:-1]:
        target = _drop_empty(session, visit, target)
    point, old = point_at(session, target), position(as_object(module))
    make_room(session, target, point)
    settle(session)
    session.editor.insert(target, module)
    if old is not None:
        shift(session, target, (point[0] - old[0], point[1] - old[1]))
    session.touch(visit.id)
    session.moved()


def remove_module(session: Session, op: JsonObject) -> None:
    """Remove one module with everything it holds."""
    visit = session.module(op)
    _note_lost_filter(session, visit, "removed")
    session.touch(*_ids_in([visit.module]))
    session.editor.drop(visit.pointer)
    _drop_empty(session, visit, visit.pointer)
    session.moved()


def set_error_handler(session: Session, op: JsonObject) -> None:
    """Replace the error route of a module, or remove it with null."""
    visit, handlers = session.module(op), op.get("handlers")
    pointer = (*visit.pointer, "onerror")
    old = as_list(visit.module.get("onerror"))
    if not handlers:
        if "onerror" in visit.module:
            session.touch(visit.id, *_ids_in(old))
            session.editor.drop(pointer)
            session.moved()
        return
    x, y = position(visit.module) or (0.0, 0.0)
    kept = _ids_in(old)
    new = prepare(session, as_list(handlers), "handlers", (x + STEP, y + STEP), kept)
    session.new_ids = [number for number in session.new_ids if number not in kept]
    session.set(pointer, new, visit)
    session.touch(*kept)
    session.moved()


def add_route(session: Session, op: JsonObject) -> None:
    """Add a last route to a router; the filter goes in front of its first module."""
    visit = _router(session, op)
    routes = as_list(visit.module.get("routes"))
    pointer: Pointer = (*visit.pointer, "routes", len(routes), "flow", 0)
    new = prepare(session, as_list(op.get("flow")), "flow", point_at(session, pointer))
    wanted, first = op.get("filter"), as_object(new[0])
    if wanted is not None:
        if first.get("filter") is not None:
            raise Refusal("filter", "The first module brings a filter of its own.", "Give one.")
        first["filter"] = wanted
    if not isinstance(visit.module.get("routes"), list):
        session.editor.set((*visit.pointer, "routes"), [])
    session.editor.insert((*visit.pointer, "routes", len(routes)), {"flow": new})
    session.touch(visit.id)
    session.moved()


def remove_route(session: Session, op: JsonObject) -> None:
    """Remove a route with its modules; the fallback index keeps pointing to the same route."""
    visit, route = _router(session, op), whole_number(op.get("route"))
    routes = as_list(visit.module.get("routes"))
    if route is None or not 0 <= route < len(routes):
        fix = f"Routes: 0 to {len(routes) - 1}."
        raise Refusal("route", f"There is no route {op.get('route')}.", fix)
    session.touch(visit.id, *_ids_in(as_list(as_object(routes[route]).get("flow"))))
    session.editor.drop((*visit.pointer, "routes", route))
    pointer = (*visit.pointer, "parameters", "else")
    fallback = session.editor.get(pointer)
    if isinstance(fallback, int) and fallback == route:
        session.editor.drop(pointer)
    elif isinstance(fallback, int) and fallback > route:
        session.editor.set(pointer, fallback - 1)
    session.moved()


def _router(session: Session, op: JsonObject) -> Visit:
    visit = session.module(op, "router")
    if visit.type != ROUTER:
        raise Refusal("router", f"Module {visit.id} is `{visit.type}`, not a router.")
    return visit


def _ids_in(modules: list[JsonValue]) -> list[int]:
    return [visit.id for visit in walk({"flow": modules}) if visit.id is not None]


def _drop_empty(session: Session, visit: Visit, pointer: Pointer) -> Pointer:
    """Remove an error route or detached chain that has become empty; adapt a pointer to that."""
    container = visit.pointer[:-1]
    chain = visit.role == "orphan" and isinstance(container[-1], int)
    if session.editor.get(container) == [] and (visit.role == "onerror" or chain):
        session.editor.drop(container)
        return after_removal(pointer, container)
    return pointer


def _note_lost_filter(session: Session, visit: Visit, what: str) -> None:
    following = len(visit.container) > visit.index + 1
    if as_object(visit.module.get("filter")).get("conditions") and following:
        session.notes.append(
            f"Module {visit.id} was {what} with the filter in front of it; "
            "what followed it is no longer behind that filter."
        )
