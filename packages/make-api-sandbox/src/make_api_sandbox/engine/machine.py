"""The walk through a compiled blueprint: depth-first, one bundle at a time.

The walk keeps its own stack of tasks instead of calling itself, so a chain of modules or a nesting
of routes of any length is safe. A task does one small thing and pushes what has to happen next; the
last pushed task runs first, which gives the depth-first order: bundle 1 passes all following
modules before bundle 2 enters the next one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from make_api_sandbox.engine import control, handling, loops
from make_api_sandbox.engine.connections import reach_services
from make_api_sandbox.engine.context import Context
from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.execution import ResumePoint, Status
from make_api_sandbox.engine.expressions import evaluate_mapper, let_through, scope
from make_api_sandbox.engine.fields import conform
from make_api_sandbox.engine.plan import AGGREGATORS, Node
from make_api_sandbox.engine.registry import ModuleFunction, Operation, implementation
from make_api_sandbox.engine.resuming import position
from make_api_sandbox.engine.samples import answer_with_samples
from make_api_sandbox.engine.state import Meter, Run
from make_api_sandbox.engine.triggers import deliver_requests, is_hook_trigger
from make_api_sandbox.engine.values import Bundle, Json, items, members


class Task(Protocol):
    """One small piece of the walk."""

    async def advance(self, machine: "Machine") -> None:
        """Do it, and push what follows."""
        ...


def is_control(slug: str) -> bool:
    """Tell whether the machine itself performs a module, without calling an implementation."""
    return slug in control.CONTROLS or slug in handling.DIRECTIVES or slug in AGGREGATORS


class Machine:
    """Walks one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._stack: list[Task] = []
        self._first_was_empty = False

    async def cycle(self) -> bool:
        """Run one cycle; False when the first module had nothing to deliver."""
        self._first_was_empty = False
        self.enter(self.run.plan.first, Context())
        await self._walk()
        return not self._first_was_empty

    async def resume(self, point: ResumePoint) -> None:
        """Go on at the module that failed, with the bundles stored then."""
        node, context, open_loops = position(self.run.plan, point)
        for loop in open_loops:
            self.push(loops.CloseLoop(loop))
        self.push(Step(node, context, admitted=True))
        await self._walk()

    async def _walk(self) -> None:
        while self._stack:
            await self.run.checkpoint()
            await self._stack.pop().advance(self)

    def push(self, task: Task) -> None:
        """Make `task` the next one."""
        self._stack.append(task)

    def enter(self, node: Node | None, context: Context) -> None:
        """Next, bring a bundle in front of `node`, or to the end of its list."""
        self.push(Step(node, context))

    def enter_admitted(self, node: Node | None, context: Context) -> None:
        """Like `enter`, for a bundle that has passed the filter of `node` already."""
        self.push(Step(node, context, admitted=True))

    def deliver(self, node: Node, context: Context, outputs: Sequence[Bundle]) -> None:
        """Next, send every output of `node` through the modules behind it, one after the other."""
        if node is self.run.plan.first:
            self._first_was_empty = not outputs
        inside = loops.open_loop(self, node, context)
        self.push(Deliver(node, inside, outputs))

    def passes(self, conditions: Sequence[Json], context: Context) -> bool:
        """Tell whether conditions hold for the bundles of `context`."""
        return let_through(
            conditions, scope(self.run.surroundings, context.bundles, self.run.now())
        )

    def evaluate(
        self, mapper: Mapping[str, Json], context: Context
    ) -> tuple[Bundle, frozenset[str]]:
        """Evaluate a mapper for the bundles of `context`."""
        return evaluate_mapper(
            mapper, scope(self.run.surroundings, context.bundles, self.run.now())
        )

    async def operate(self, node: Node, context: Context) -> None:
        """Call a module once and pass on what it returns."""
        meter = Meter.begin(self.run, node)
        operation = self._operation(node, context)
        try:
            outputs = await self._call(node, operation, context)
        except ModuleError as error:
            meter.finish(
                handling.record_status(self, node, error),
                received=operation.mapper,
                error=error.message,
            )
            handling.handle(self, node, context, error)
            return
        self._succeed(node, operation, meter, outputs)
        self.deliver(node, context, outputs)

    def _operation(self, node: Node, context: Context) -> Operation:
        return Operation(
            module_id=node.id,
            slug=node.slug,
            parameters=node.parameters,
            mapper={},
            raw=node.raw,
            run=self.run,
            is_first=node is self.run.plan.first,
            bundles=context.bundles,
        )

    async def _call(self, node: Node, operation: Operation, context: Context) -> list[Bundle]:
        try:
            values, operation.erased = self.evaluate(members(node.raw.get("mapper")), context)
            operation.mapper = values
            operation.mapper = conform(items(node.metadata.get("expect")), values)
            reach_services(node, self.run.ports, self.run.start.inputs)
            outputs = list(await self._function(operation)(operation))
        except RecursionError as error:
            raise ModuleError("DataError", "The data is nested too deeply.") from error
        if len(outputs) > self.run.limits.bundles:
            raise ModuleError("MaxResultsExceededError", f"{len(outputs)} bundles are too many.")
        return outputs

    def _function(self, operation: Operation) -> ModuleFunction:
        function = implementation(operation.slug)
        if function is not None:
            return function
        return deliver_requests if is_hook_trigger(operation) else answer_with_samples

    def _succeed(
        self, node: Node, operation: Operation, meter: Meter, outputs: list[Bundle]
    ) -> None:
        status = Status.WARNING if operation.warning else Status.SUCCESS
        meter.finish(
            status,
            size=operation.size,
            received=operation.mapper,
            returned=outputs,
            warning=operation.warning,
            surcharge=operation.surcharge,
        )
        if operation.warning:
            handling.warn(self, node, operation.warning)
        settings = self.run.plan.settings
        if settings.auto_commit:
            self.run.transaction.commit()
            if node is self.run.plan.first and not settings.trigger_last:
                self.run.trigger_committed = True


@dataclass
class Step:
    """A bundle stands in front of a module."""

    node: Node | None
    context: Context
    admitted: bool = False
    """True when the filter in front of the module has been passed already."""

    async def advance(self, machine: Machine) -> None:
        """Filter the bundle, then steer it, collect it or call the module."""
        node = self.node
        if node is None:
            control.end_of_list(machine, self.context)
        elif self._blocked(machine, node):
            return
        elif node.slug in control.CONTROLS:
            control.CONTROLS[node.slug](machine, node, self.context)
        elif node.slug in handling.DIRECTIVES:
            handling.direct(machine, node, self.context)
        elif node.slug in AGGREGATORS:
            loops.gather(machine, node, self.context)
        else:
            await machine.operate(node, self.context)

    def _blocked(self, machine: Machine, node: Node) -> bool:
        if self.admitted or node is machine.run.plan.first:
            return False
        try:
            return not machine.passes(node.conditions, self.context)
        except ModuleError as error:
            handling.handle(machine, node, self.context, error)
            return True


@dataclass
class Deliver:
    """Outputs of a module that still have to go their way."""

    node: Node
    context: Context
    outputs: Sequence[Bundle]
    at: int = 0

    async def advance(self, machine: Machine) -> None:
        """Send the next output on its way."""
        if self.at >= len(self.outputs):
            return
        if self.at + 1 < len(self.outputs):
            machine.push(replace(self, at=self.at + 1))
        bundle = self.outputs[self.at]
        machine.enter(self.node.next, self.context.having(self.node.id, bundle))
