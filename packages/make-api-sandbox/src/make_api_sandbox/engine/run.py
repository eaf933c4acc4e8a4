"""Runs a blueprint from its first module to its result.

Phases as Make has them: initialization checks every module, then cycles of operation and commit
(or rollback), then finalization. `machine` is the walk itself.
"""

from collections.abc import Mapping

from make_api_sandbox.engine.connections import check_connections
from make_api_sandbox.engine.errors import ModuleError, RunError
from make_api_sandbox.engine.execution import Execution, Limits, Start, Status
from make_api_sandbox.engine.expressions import Surroundings
from make_api_sandbox.engine.machine import Machine, is_control
from make_api_sandbox.engine.plan import Node, compile_blueprint
from make_api_sandbox.engine.ports import Ports, Variables
from make_api_sandbox.engine.registry import CLOSED_APPS, implementation
from make_api_sandbox.engine.state import Run, RunEnded
from make_api_sandbox.engine.transactions import Transaction
from make_api_sandbox.engine.values import Bundle, Json, Value


async def execute(
    blueprint: dict[str, Json], start: Start, ports: Ports, limits: Limits | None = None
) -> Execution:
    """Run a blueprint once.

    Args:
        blueprint: `{name, flow, metadata}` as the API stores it.
        start: Inputs, trigger bundles, or the point at which to resume.
        ports: The surroundings of the run.
        limits: Bounds in seconds, steps, operations and bundles.

    Returns:
        The result; failures of the blueprint are part of it and never raised.

    Source: the execution semantics of Make's help pages on phases, cycles, error handling.
    """
    moment = ports.clock.now()
    execution = Execution(id=start.execution_id, started=moment, ended=moment)
    try:
        run = _prepare(blueprint, start, ports, limits or Limits(), execution)
    except ModuleError as error:
        _fail(execution, RunError.of(error, None), fatal=True)
    else:
        await _perform(run)
    execution.ended = max(ports.clock.now(), execution.started)
    return execution


def _prepare(
    blueprint: dict[str, Json], start: Start, ports: Ports, limits: Limits, execution: Execution
) -> Run:
    plan = compile_blueprint(blueprint)
    custom = ports.variables()
    surroundings = Surroundings(
        variables=_variables(start, custom),
        timezone=ports.timezone,
        random=ports.random,
        execution_id=start.execution_id,
        functions=custom.functions,
    )
    transaction = Transaction(ports.stores)
    run = Run(plan, start, ports, limits, execution, surroundings, transaction)
    run.pending_trigger = list(start.trigger or ())
    return run


def _variables(start: Start, custom: Variables) -> Mapping[str, Value]:
    scenario: Bundle = {"executionId": start.execution_id, **start.details}
    return {
        "input": dict(start.inputs),
        "scenario": scenario,
        "organization": dict(custom.organization),
        "team": dict(custom.team),
    }


async def _perform(run: Run) -> None:
    try:
        _initialize(run)
        await _cycles(run)
    except RunEnded as end:
        _end(run, end)


def _initialize(run: Run) -> None:
    """Check every module and every connection; a failure here cannot be handled."""
    for node in run.plan.nodes.values():
        try:
            _check_module(node)
            check_connections(node, run.ports, run.start.inputs)
        except ModuleError as error:
            cause = RunError.of(error, node.cause)
            fatal = error.name == "InvalidConfigurationError"
            raise RunEnded(Status.ERROR, cause, keep=False, counts=True, fatal=fatal) from error


def _check_module(node: Node) -> None:
    app = node.slug.partition(":")[0]
    if app in CLOSED_APPS and not is_control(node.slug) and implementation(node.slug) is None:
        raise ModuleError("InvalidConfigurationError", f"Module '{node.slug}' not found.")


async def _cycles(run: Run) -> None:
    machine = Machine(run)
    if run.start.resume is not None:
        await machine.resume(run.start.resume)
        run.transaction.commit()
        return
    for cycle in range(run.plan.settings.roundtrips):
        run.begin_cycle()
        delivered = await machine.cycle()
        run.transaction.commit()
        if not delivered:
            run.execution.check_run = cycle == 0 and run.execution.operations <= 1
            return
        if run.start.trigger is not None and not run.pending_trigger:
            return


def _end(run: Run, end: RunEnded) -> None:
    if end.keep:
        run.transaction.commit()
    else:
        run.execution.trigger_done = run.trigger_committed
        if not _rolled_back(run):
            return
    if end.status is Status.ERROR and end.error is not None:
        _fail(run.execution, end.error, counts=end.counts, fatal=end.fatal)
    elif end.status is Status.WARNING and end.error is not None:
        run.warn(end.error)


def _rolled_back(run: Run) -> bool:
    """Revert what was written; where that fails, the data is inconsistent and the run says so."""
    try:
        run.transaction.rollback()
    except ModuleError as error:
        message = f"The rollback failed: {error.message}"
        _fail(run.execution, RunError("InconsistencyError", message), fatal=True)
        return False
    return True


def _fail(
    execution: Execution, error: RunError, *, counts: bool = True, fatal: bool = False
) -> None:
    execution.status = Status.ERROR
    execution.error = error
    execution.counts_as_error = counts
    execution.fatal = fatal
