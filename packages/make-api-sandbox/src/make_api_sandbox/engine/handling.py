"""What happens when a module fails: error routes, directives and the default handling.

Source: Make's help pages on error handling (types of errors, directives, incomplete executions).
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from make_api_sandbox.engine.context import Context, Failure
from make_api_sandbox.engine.errors import RETRIED, WARNINGS, ModuleError, RunError
from make_api_sandbox.engine.execution import Incomplete, Status
from make_api_sandbox.engine.plan import Node
from make_api_sandbox.engine.state import RunEnded
from make_api_sandbox.engine.values import members, truth, whole

if TYPE_CHECKING:
    from make_api_sandbox.engine.machine import Machine

SWITCHES_OFF = frozenset(
    {
        "DataSizeLimitExceededError",
        "InconsistencyError",
        "InvalidConfigurationError",
        "OperationsLimitExceededError",
    }
)
"""Errors after which a scenario is switched off at once."""

DIRECTIVES = frozenset(
    f"builtin:{name}" for name in ("Ignore", "Resume", "Break", "Commit", "Rollback")
)


def handle(machine: "Machine", node: Node, context: Context, error: ModuleError) -> None:
    """Deal with the failure of one operation.

    The error route of the module comes first. A failure inside an error route ends the run; any
    other is handled by its kind.

    Raises:
        RunEnded: The failure ends the run.
    """
    failure = RunError.of(error, node.cause)
    if node.has_handler:
        _enter_error_route(machine, node, context, failure)
    elif context.failure is not None:
        raise _error(failure)
    else:
        _default(machine, node, context, failure)


def _enter_error_route(machine: "Machine", node: Node, context: Context, failure: RunError) -> None:
    seen = context.having(node.id, {"error": {"type": failure.name, "message": failure.message}})
    inside = replace(seen, merge=None, failure=Failure(node, context, failure))
    machine.enter(node.handler, inside)


def _default(machine: "Machine", node: Node, context: Context, failure: RunError) -> None:
    """Handle a failure without an error route.

    - duplicate or incomplete data: a warning, the bundle is dropped, the next one follows;
    - temporary failure of the first module: the run ends with a warning;
    - incomplete executions are stored: the rest of the path is stored and the run ends with a
      warning, unless the first module failed;
    - otherwise the run ends with the error and is rolled back.
    """
    is_first = node is machine.run.plan.first
    if failure.name in WARNINGS:
        machine.run.warn(failure)
    elif is_first and failure.name in RETRIED:
        raise RunEnded(Status.WARNING, failure, keep=False)
    elif machine.run.plan.settings.dlq and not is_first:
        retry = failure.name in RETRIED
        machine.run.execution.incompletes.append(
            Incomplete(node.id, context.bundles, failure, retry)
        )
        raise RunEnded(Status.WARNING, failure, keep=True)
    else:
        raise _error(failure)


def record_status(machine: "Machine", node: Node, error: ModuleError) -> Status:
    """Status of the failed operation in the module's log."""
    temporary = error.name in RETRIED and node is machine.run.plan.first
    mild = error.name in WARNINGS or temporary
    return Status.WARNING if mild and not node.has_handler else Status.ERROR


def warn(machine: "Machine", node: Node, message: str) -> None:
    """Let the run end with a warning that a module gave."""
    machine.run.warn(RunError("RuntimeError", message, node.cause))


def direct(machine: "Machine", node: Node, context: Context) -> None:
    """Perform a directive. Outside of an error route it has nothing to handle and ends the path.

    Raises:
        RunEnded: By Commit and Rollback, and by Break when nothing can be stored.
    """
    failure = context.failure
    if failure is None:
        return
    match node.slug.removeprefix("builtin:"):
        case "Resume":
            _resume(machine, node, context, failure)
        case "Break":
            _store(machine, node, context, failure)
        case "Commit":
            raise RunEnded(Status.SUCCESS, keep=True)
        case "Rollback":
            raise RunEnded(Status.ERROR, failure.error, keep=False, counts=False)
        case _:
            return


def _resume(machine: "Machine", node: Node, context: Context, failure: Failure) -> None:
    """Let the bundle go on with a substitute for the output of the failed module."""
    try:
        substitute, _ = machine.evaluate(members(node.raw.get("mapper")), context)
    except ModuleError as error:
        raise _error(RunError.of(error, node.cause)) from error
    machine.deliver(failure.node, failure.context, [substitute])


def _store(machine: "Machine", node: Node, context: Context, failure: Failure) -> None:
    """Store the rest of the path; without storing of incomplete executions the error stands."""
    if not machine.run.plan.settings.dlq:
        raise _error(failure.error)
    try:
        mapper, _ = machine.evaluate(members(node.raw.get("mapper")), context)
    except ModuleError as error:
        raise _error(RunError.of(error, node.cause)) from error
    machine.run.execution.incompletes.append(
        Incomplete(
            failure.node.id,
            failure.context.bundles,
            failure.error,
            retry=truth(mapper.get("retry")),
            count=whole(mapper.get("count")),
            interval=whole(mapper.get("interval")),
        )
    )
    machine.run.warn(failure.error)


def _error(failure: RunError) -> RunEnded:
    fatal = failure.name in SWITCHES_OFF
    return RunEnded(Status.ERROR, failure, keep=False, counts=True, fatal=fatal)
