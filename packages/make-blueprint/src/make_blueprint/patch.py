"""Patches: small edits of a blueprint by operations, all or none, with an exact way back.

An operation is a plain object with a member `op`:

- `set_param`, `set_mapper` {module, name, value | unset: true}; the name may be dotted
  (`variables.0.value`)
- `set_filter` {module, filter | null}
- `rename_module` {module, name | null}
- `set_binding` {module, value, kind?, parameter?, label?}
- `add_module` {module: {module, version?, parameters?, mapper?, …}, and one of after: id,
  before: id, route_of: id with route: index, at: "start" | "end"}
- `move_module` {module, and a place as above}
- `remove_module` {module}
- `set_error_handler` {module, handlers: [module, …] | null}
- `add_route` {router, flow: [module, …], filter?}, `remove_route` {router, route}
- `reschedule` {scheduling: {type, …}}: sets `scheduling` beside `flow`, where clients that bundle
  the two keep it; Make itself keeps it with the scenario
- `restore` {edits}: only made by `apply`, as the inverse of a patch

New modules get the next free id; a module that others of the same patch refer to may bring an id
of its own, as long as it is free.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias, cast

from make_blueprint import settings_ops, structure_ops
from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, check_data, clone
from make_blueprint.edits import Edit, is_edit
from make_blueprint.placement import settle
from make_blueprint.problem import BlueprintError, Problem
from make_blueprint.references import BrokenReference, broken_in
from make_blueprint.session import Refusal, Session
from make_blueprint.structure import errors, structure_problems
from make_blueprint.walk import Visit, walk

Operation: TypeAlias = Mapping[str, JsonValue]

_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "id": (int, str),
    "object": (dict,),
    "list": (list,),
    "null": (type(None),),
    "boolean": (bool,),
}
_PLACE = {"after": "id", "before": "id", "route_of": "id", "route": "id", "at": "text"}


@dataclass(frozen=True, slots=True)
class _Form:
    """What an operation takes, and the function that carries it out."""

    run: Callable[[Session, JsonObject], None]
    required: dict[str, str]
    optional: dict[str, str]


@dataclass(frozen=True, slots=True)
class Patched:
    """A patched blueprint.

    Attributes:
        blueprint: A new object; the input is untouched.
        inverse: Operations that lead back to exactly the input.
        new_ids: Ids of added modules, in the order of the operations.
        broken: References that the patch broke; those broken before are left out.
        changed: Ids of the other modules that were changed, moved or removed.
        notes: What else the caller should know, one sentence each.
        scheduling: What the patch rescheduled to, to be sent to the scenario; None when it did not.
            It is in `blueprint` as well, for clients that bundle the two.
    """

    blueprint: Blueprint
    inverse: list[JsonObject]
    new_ids: list[int]
    broken: list[BrokenReference]
    changed: list[int]
    notes: list[str]
    scheduling: JsonObject | None = None


def apply(blueprint: Blueprint, ops: Sequence[Operation] | Sequence[JsonValue]) -> Patched:
    """Apply operations in order.

    Args:
        blueprint: Stays as it is.
        ops: Operations, see the module's text. Ids may be given as text.

    Raises:
        BlueprintError: Some operation cannot be carried out, or the outcome would have structural
            faults that the input has not. `problems` holds every one, with paths like
            `ops[2].module`; nothing is applied then.
    """
    plain = [_as_operation(op) for op in ops]
    check_data({"ops": [*plain]})
    check_data(blueprint)
    session = Session(blueprint)
    for number, op in enumerate(plain):
        _carry_out(session, f"ops[{number}]", dict(op))
    settle(session)
    before, after = list(walk(blueprint)), list(walk(session.blueprint))
    if not session.problems and not any(op.get("op") == "restore" for op in plain):
        session.problems += _new_faults(blueprint, before, session.blueprint, after)
    if session.problems:
        count = len(session.problems)
        text = f"The patch was not applied: {count} problem{'s' if count > 1 else ''}."
        raise BlueprintError(text, session.problems)
    inverse = cast("list[JsonValue]", session.editor.inverse())
    return Patched(
        session.blueprint,
        [{"op": "restore", "edits": inverse}] if inverse else [],
        session.new_ids,
        _newly_broken(before, after),
        session.changed,
        session.notes,
        session.scheduling and clone(session.scheduling),
    )


def _as_operation(op: Operation | JsonValue) -> JsonObject:
    """Take an operation as it came; what is no object is refused later, with its place."""
    return dict(op) if isinstance(op, Mapping) else {"op": op}


def operation_names() -> tuple[str, ...]:
    """Name the operations a caller may write."""
    return tuple(name for name in _FORMS if name != "restore")


def _carry_out(session: Session, path: str, op: JsonObject) -> None:
    name = op.pop("op", None)
    form = _FORMS.get(name) if isinstance(name, str) else None
    if form is None:
        near = get_close_matches(str(name), operation_names(), n=1)
        fix = f"Did you mean `{near[0]}`?" if near else f"Use {', '.join(operation_names())}."
        _refuse(session, path, Refusal("op", f"There is no operation {name!r}.", fix))
        return
    if form.run is not structure_ops.add_module:
        settle(session)
    refusals = list(_form_faults(form, op))
    if not refusals:
        try:
            form.run(session, op)
        except Refusal as refusal:
            refusals.append(refusal)
        except LookupError as error:
            refusals.append(Refusal("", f"This does not fit the blueprint: {error}."))
    for refusal in refusals:
        _refuse(session, path, refusal)


def _refuse(session: Session, path: str, refusal: Refusal) -> None:
    place = f"{path}.{refusal.field}" if refusal.field else path
    session.problems.append(
        Problem("bad-operation", "error", place, None, refusal.problem, refusal.fix)
    )


def _form_faults(form: _Form, op: JsonObject) -> list[Refusal]:
    """Find unknown, missing and ill-typed members of an operation."""
    known = form.required | form.optional
    found: list[Refusal] = []
    for name, value in op.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            fix = f"Did you mean `{near[0]}`?" if near else f"It takes {', '.join(known)}."
            found.append(Refusal(name, f"The operation takes no `{name}`.", fix))
        elif not _fits(value, known[name]):
            found.append(Refusal(name, f"`{name}` must be {known[name]}."))
    found += [Refusal(name, f"`{name}` is missing.") for name in form.required if name not in op]
    return found


def _fits(value: JsonValue, wanted: str) -> bool:
    if wanted == "anything":
        return True
    if isinstance(value, bool):
        return "boolean" in wanted
    return any(isinstance(value, _TYPES[word]) for word in wanted.split(" or "))


def _new_faults(
    old: Blueprint, before: list[Visit], new: Blueprint, after: list[Visit]
) -> list[Problem]:
    """Give the structural errors that the patch brought; broken feeders are told as references."""
    faults = errors(structure_problems(new, after))
    if not faults:
        return []
    had = Counter((fault.code, fault.module_id) for fault in structure_problems(old, before))
    found: list[Problem] = []
    for fault in faults:
        key = (fault.code, fault.module_id)
        if had[key]:
            had[key] -= 1
        elif fault.code != "bad-feeder":
            found.append(fault)
    return found


def _newly_broken(before: list[Visit], after: list[Visit]) -> list[BrokenReference]:
    references = broken_in(after)
    if not references:
        return []
    had = Counter(map(_identity, broken_in(before)))
    found: list[BrokenReference] = []
    for broken in references:
        key = _identity(broken)
        if had[key]:
            had[key] -= 1
        else:
            found.append(broken)
    return found


def _identity(broken: BrokenReference) -> tuple[int | None, int, str, str, int]:
    """Tell references apart without their place, which other operations may shift."""
    use = broken.reference
    return use.module_id, use.module, use.field, use.text, use.start


def _restore(session: Session, op: JsonObject) -> None:
    """Carry out recorded edits; the inverse of a patch."""
    edits = as_list(op.get("edits"))
    if not all(is_edit(edit) for edit in edits):
        raise Refusal("edits", "These are not the recorded edits of a patch.")
    session.replay([cast("Edit", edit) for edit in edits])


_VALUE = {"value": "anything", "unset": "boolean"}
_FORMS: dict[str, _Form] = {
    "set_param": _Form(settings_ops.set_param, {"module": "id", "name": "text"}, _VALUE),
    "set_mapper": _Form(settings_ops.set_mapper, {"module": "id", "name": "text"}, _VALUE),
    "set_filter": _Form(settings_ops.set_filter, {"module": "id", "filter": "object or null"}, {}),
    "rename_module": _Form(
        settings_ops.rename_module, {"module": "id", "name": "text or null"}, {}
    ),
    "set_binding": _Form(
        settings_ops.set_binding,
        {"module": "id", "value": "id"},
        {"kind": "text or null", "parameter": "text or null", "label": "text or null"},
    ),
    "add_module": _Form(structure_ops.add_module, {"module": "object"}, _PLACE),
    "move_module": _Form(structure_ops.move_module, {"module": "id"}, _PLACE),
    "remove_module": _Form(structure_ops.remove_module, {"module": "id"}, {}),
    "set_error_handler": _Form(
        structure_ops.set_error_handler, {"module": "id", "handlers": "list or null"}, {}
    ),
    "add_route": _Form(
        structure_ops.add_route,
        {"router": "id", "flow": "list"},
        {"filter": "object or null"},
    ),
    "remove_route": _Form(structure_ops.remove_route, {"router": "id", "route": "id"}, {}),
    "reschedule": _Form(settings_ops.reschedule, {"scheduling": "object"}, {}),
    "restore": _Form(_restore, {"edits": "list"}, {}),
}
