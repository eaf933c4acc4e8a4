"""Loops between a feeder and the aggregators that close it.

An aggregator collects during one operation of its feeder and emits when the feeder's last bundle
has gone all the way. Without `groupBy` it emits one bundle even when nothing arrived, unless
`flags.stopIfEmpty`; with `groupBy` one bundle per distinct value, in order of first appearance.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from make_api_sandbox.engine import handling
from make_api_sandbox.engine.context import Context, Gathering, Loop
from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.execution import Status
from make_api_sandbox.engine.plan import Node
from make_api_sandbox.engine.registry import aggregation
from make_api_sandbox.engine.state import Meter
from make_api_sandbox.engine.values import Bundle, Value, members, plain, truth

if TYPE_CHECKING:
    from make_api_sandbox.engine.machine import Machine


def open_loop(machine: "Machine", node: Node, context: Context) -> Context:
    """Open a loop when `node` feeds an aggregator; returns the context inside of it."""
    if node.id not in machine.run.plan.closers:
        return context
    loop = Loop(node.id, context)
    machine.push(CloseLoop(loop))
    return context.inside(loop)


def gather(machine: "Machine", node: Node, context: Context) -> None:
    """Let a bundle arrive at an aggregator."""
    loop = context.loops.get(node.feeder) if node.feeder is not None else None
    if loop is None:
        return
    gathering = loop.gathered.setdefault(node.id, Gathering())
    group_by = members(node.raw.get("flags")).get("groupBy")
    try:
        row, _ = machine.evaluate(members(node.raw.get("mapper")), context)
        key, _ = machine.evaluate({"groupBy": group_by or None}, context)
    except ModuleError as error:
        handling.handle(machine, node, context, error)
        return
    gathering.rows.append(row)
    gathering.keys.append(key["groupBy"])
    gathering.last = context


@dataclass
class CloseLoop:
    """All bundles of a feeder have gone their way: its aggregators emit, in document order."""

    loop: Loop

    async def advance(self, machine: "Machine") -> None:
        """Push one emission per aggregator."""
        feeder = machine.run.plan.nodes[self.loop.feeder]
        for node in reversed(machine.run.plan.closers[feeder.id]):
            arrived = node.id in self.loop.gathered
            if arrived or node.error_route == feeder.error_route:
                machine.push(Emit(node, self.loop))


@dataclass
class Emit:
    """An aggregator returns what it collected."""

    node: Node
    loop: Loop

    async def advance(self, machine: "Machine") -> None:
        """Combine what arrived and send it on from in front of the loop."""
        gathering = self.loop.gathered.get(self.node.id, Gathering())
        context = self._context(gathering)
        meter = Meter.begin(machine.run, self.node)
        try:
            outputs = _aggregate(self.node, gathering)
        except ModuleError as error:
            status = handling.record_status(machine, self.node, error)
            meter.finish(status, error=error.message)
            handling.handle(machine, self.node, context, error)
            return
        meter.finish(Status.SUCCESS, returned=outputs)
        machine.deliver(self.node, context, outputs)

    def _context(self, gathering: Gathering) -> Context:
        """What stands before the feeder stays readable, its loop is closed."""
        last = gathering.last or self.loop.base
        return replace(self.loop.base, merge=last.merge, failure=last.failure)


def _aggregate(node: Node, gathering: Gathering) -> list[Bundle]:
    flags = members(node.raw.get("flags"))
    combine = aggregation(node.slug)
    if not gathering.rows and truth(flags.get("stopIfEmpty")):
        return []
    if not flags.get("groupBy"):
        return [_counted(combine(node.parameters, gathering.rows), len(gathering.rows))]
    outputs: list[Bundle] = []
    for key, rows in _groups(gathering):
        bundle = _counted(combine(node.parameters, rows), len(rows))
        outputs.append({**bundle, "__IMTKEY__": key})
    return outputs


def _counted(bundle: Bundle, rows: int) -> Bundle:
    return {**bundle, "__IMTAGGLENGTH__": rows}


def _groups(gathering: Gathering) -> list[tuple[Value, list[Bundle]]]:
    groups: dict[str, tuple[Value, list[Bundle]]] = {}
    for key, row in zip(gathering.keys, gathering.rows, strict=True):
        mark = f"{type(key).__name__}:{plain(key)}"
        groups.setdefault(mark, (key, []))[1].append(row)
    return list(groups.values())
