"""Rebuilds the place in the middle of a blueprint at which a retry goes on."""

from collections.abc import Mapping
from dataclasses import replace

from make_api_sandbox.engine.context import Context, Loop, MergePoint
from make_api_sandbox.engine.errors import RunError
from make_api_sandbox.engine.execution import ResumePoint, Status
from make_api_sandbox.engine.plan import Node, Plan, upstream_ids
from make_api_sandbox.engine.state import RunEnded
from make_api_sandbox.engine.values import Bundle


def position(plan: Plan, point: ResumePoint) -> tuple[Node, Context, list[Loop]]:
    """Find the module to resume at and what its bundle was in the middle of.

    Loops around the module are opened again for the one bundle that is resumed, so aggregators
    behind it emit what comes out of this retry.

    Returns:
        The module, the context in front of it, and the open loops, outermost first.

    Raises:
        RunEnded: The blueprint no longer has the module.
    """
    node = plan.nodes.get(point.module_id)
    if node is None:
        message = f"Module {point.module_id} is not part of the blueprint."
        error = RunError("InvalidConfigurationError", message)
        raise RunEnded(Status.ERROR, error, keep=False, counts=True)
    context = Context(bundles=dict(point.bundles))
    open_loops: list[Loop] = []
    for feeder in _feeders_around(plan, node):
        base = replace(context, bundles=_before(feeder, point.bundles))
        loop = Loop(feeder, base)
        open_loops.append(loop)
        context = context.inside(loop)
    return node, replace(context, merge=_merge_point(node, context)), open_loops


def _feeders_around(plan: Plan, node: Node) -> list[int]:
    """Feeders before the node whose aggregator stands at or behind it, outermost first."""
    before = list(reversed(upstream_ids(node)))
    around: list[int] = []
    for feeder in before:
        closers = plan.closers.get(feeder, [])
        if any(each is node or node.id in upstream_ids(each) for each in closers):
            around.append(feeder)
    return around


def _before(module_id: int, bundles: Mapping[int, Bundle]) -> dict[int, Bundle]:
    kept: dict[int, Bundle] = {}
    for key, bundle in bundles.items():
        if key == module_id:
            break
        kept[key] = bundle
    return kept


def _merge_point(node: Node, context: Context) -> MergePoint | None:
    """Rebuild where the branches around a node merge, outermost first."""
    owners: list[tuple[Node, int]] = []
    at = node.owner
    while at is not None:
        owners.append(at)
        at = at[0].owner
    point: MergePoint | None = None
    for owner, order in reversed(owners):
        readable = set(upstream_ids(owner))
        bundles = {key: each for key, each in context.bundles.items() if key in readable}
        base = replace(context, bundles=bundles, merge=point)
        point = MergePoint(owner.next, order, base)
    return point
