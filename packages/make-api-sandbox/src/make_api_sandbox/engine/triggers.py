"""Instant triggers: modules that deliver the requests a hook has received."""

from collections.abc import Sequence

from make_api_sandbox.engine.registry import Operation
from make_api_sandbox.engine.values import Bundle, size, whole

HOOK_NAMES = ("hook", "__IMTHOOK__")
"""Parameters that hold the id of the hook."""


def is_hook_trigger(operation: Operation) -> bool:
    """Tell whether a module without an implementation starts the scenario by a hook."""
    return operation.is_first and any(whole(operation.parameters.get(n)) for n in HOOK_NAMES)


async def deliver_requests(operation: Operation) -> Sequence[Bundle]:
    """Deliver the requests received, at most `maxResults` in one cycle (default 2)."""
    waiting = operation.run.pending_trigger
    count = max(1, whole(operation.parameters.get("maxResults")) or 2)
    delivered = [waiting.pop(0) for _ in range(min(count, len(waiting)))]
    operation.size = sum(size(bundle) for bundle in delivered)
    return delivered
