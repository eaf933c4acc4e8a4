"""Router, if-else, merge and the empty slot: modules that only steer bundles."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from make_api_sandbox.engine import handling
from make_api_sandbox.engine.context import Context, MergePoint
from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.execution import Status
from make_api_sandbox.engine.plan import Branch, Node
from make_api_sandbox.engine.state import Meter
from make_api_sandbox.engine.values import Bundle, Json, items, members, whole

if TYPE_CHECKING:
    from make_api_sandbox.engine.machine import Machine

MERGE = "builtin:BasicMerge"


def route(machine: "Machine", node: Node, context: Context) -> None:
    """Send the bundle down every route in order, the fallback last.

    The fallback (`parameters.else`, a route index) runs only when no other route let the bundle
    in; "let in" means that the filter of the route's first module passed. A router performs no
    operation.
    """
    inside = replace(context, merge=None)
    fallback = whole(node.parameters.get("else"))
    passed = Passed()
    order = [index for index in range(len(node.routes)) if index != fallback]
    if fallback is not None and 0 <= fallback < len(node.routes):
        order.append(fallback)
    for index in reversed(order):
        machine.push(Route(node.routes[index], inside, passed, index == fallback))


@dataclass
class Passed:
    """Whether any route of a router has let the bundle in."""

    any: bool = False


@dataclass
class Route:
    """A bundle stands in front of a route."""

    first: Node | None
    context: Context
    passed: Passed
    is_fallback: bool

    async def advance(self, machine: "Machine") -> None:
        """Let the bundle in when the filter passes and, for the fallback, nothing else did."""
        if self.is_fallback and self.passed.any:
            return
        try:
            let_in = self.first is None or machine.passes(self.first.conditions, self.context)
        except ModuleError as error:
            if self.first is not None:
                handling.handle(machine, self.first, self.context, error)
            return
        if let_in:
            self.passed.any = True
            machine.enter_admitted(self.first, self.context)


def branch(machine: "Machine", node: Node, context: Context) -> None:
    """Send the bundle down the first branch of an if-else whose conditions hold.

    Without a match the else branch takes it; without an else branch it ends here.
    """
    meter = Meter.begin(machine.run, node)
    try:
        chosen = _choose(machine, node, context)
    except ModuleError as error:
        meter.finish(handling.record_status(machine, node, error), error=error.message)
        handling.handle(machine, node, context, error)
        return
    meter.finish(Status.SUCCESS)
    if chosen is not None:
        point = MergePoint(node.next, chosen.order, context) if _merges(node, chosen) else None
        machine.enter(chosen.first, replace(context, merge=point))


def _choose(machine: "Machine", node: Node, context: Context) -> Branch | None:
    for each in node.branches:
        enabled = each.first is not None and any(items(group) for group in each.conditions)
        if not each.is_else and enabled and machine.passes(each.conditions, context):
            return each
    return next((each for each in node.branches if each.is_else), None)


def _merges(node: Node, chosen: Branch) -> bool:
    return chosen.merge and node.next is not None and node.next.slug == MERGE


def end_of_list(machine: "Machine", context: Context) -> None:
    """The bundle has passed the last module of its list: merge, or end here."""
    if context.merge is not None and context.merge.merge is not None:
        _merge(machine, context.merge.merge, context, context.merge)


def _merge(machine: "Machine", node: Node, context: Context, point: MergePoint) -> None:
    after = point.base
    try:
        if not machine.passes(_merge_conditions(node, point.order), context):
            return
        meter = Meter.begin(machine.run, node)
        merged = _merged(machine, node, context, point)
    except ModuleError as error:
        handling.handle(machine, node, after, error)
        return
    meter.finish(Status.SUCCESS, returned=[merged])
    machine.deliver(node, after, [merged])


def _merge_conditions(node: Node, order: int) -> list[Json]:
    filters = items(node.raw.get("filters"))
    chosen = members(filters[order]) if order < len(filters) else {}
    return items(chosen.get("conditions"))


def _merged(machine: "Machine", node: Node, context: Context, point: MergePoint) -> Bundle:
    """Evaluate the outputs for the branch that ran; no outputs means: its last bundle."""
    outputs = [members(each) for each in items(node.raw.get("outputs"))]
    if not outputs:
        added = [key for key in context.bundles if key not in point.base.bundles]
        return dict(context.bundles[added[-1]]) if added else {}
    templates: dict[str, Json] = {}
    for output in outputs:
        mappings = items(output.get("mappings"))
        templates[str(output.get("name"))] = (
            mappings[point.order] if point.order < len(mappings) else None
        )
    return machine.evaluate(templates, context)[0]


def stray_merge(machine: "Machine", node: Node, context: Context) -> None:
    """A merge that is not reached through a branch lets nothing through."""


def pass_by(machine: "Machine", node: Node, context: Context) -> None:
    """An empty slot of the editor does nothing and costs nothing."""
    machine.enter(node.next, context)


ControlFunction: TypeAlias = Callable[["Machine", Node, Context], None]

CONTROLS: dict[str, ControlFunction] = {
    "builtin:BasicRouter": route,
    "builtin:BasicIfElse": branch,
    MERGE: stray_merge,
    "placeholder:Placeholder": pass_by,
}
