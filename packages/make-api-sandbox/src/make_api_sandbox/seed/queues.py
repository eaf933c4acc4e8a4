"""Requests that wait in the queues of hooks, and the log of requests received."""

from datetime import timedelta
from random import Random
from typing import cast

from make_api_sandbox.clock import stamp
from make_api_sandbox.engine.values import Value, size
from make_api_sandbox.seed import inventory
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.inventions import record_of
from make_api_sandbox.world import World

STUCK = "stock"
"""The hook whose scenario is switched off while requests keep coming."""

WAITING = 137
"""Requests in its queue."""


def fill(world: World, assets: Assets) -> None:
    """Let requests wait in the queue of the hook nobody works off."""
    hook = next(each for each in inventory.HOOKS if each.key == STUCK)
    random = Random(f"{world.setting('seed')}/queue/{STUCK}")
    now = world.clock.now()
    rows: list[dict[str, object]] = []
    for number in range(WAITING):
        at = now - timedelta(days=6) * (1 - number / WAITING)
        data = record_of(hook.gives, random, random.randint(1, 180), at)
        rows.append(
            {
                "id": f"{random.getrandbits(128):032x}",
                "hook_id": assets.hooks[STUCK].id,
                "created": stamp(at),
                "size": size(cast("Value", data)),
                "data": data,
            }
        )
    world.insert_many("hook_incomings", rows)
