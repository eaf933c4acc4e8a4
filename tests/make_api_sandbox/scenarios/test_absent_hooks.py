"""Hooks that no scenario uses."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Shop

pytestmark = pytest.mark.anyio

LONG, SHORT = 120 * 3600 + 60, 119 * 3600
INSTANT = {"type": "immediately"}


def trigger(hook: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "module": "gateway:CustomWebHook",
        "version": 1,
        "parameters": {"hook": hook["id"], "maxResults": 1},
        "mapper": {},
    }


async def test_a_hook_in_no_scenario_is_switched_off_after_120_hours(shop: "Shop") -> None:
    hook = await shop.hook()
    await shop.advance(SHORT)
    assert (await shop.deliver(hook, {"n": 1})).status_code == 200
    await shop.advance(2 * 3600)
    answer = await shop.deliver(hook, {"n": 1})
    assert (answer.status_code, answer.text) == (410, "")


async def test_a_hook_in_an_inactive_scenario_stays_open(shop: "Shop") -> None:
    hook = await shop.hook()
    await shop.create(trigger(hook), scheduling=INSTANT)
    await shop.advance(LONG)
    assert (await shop.deliver(hook, {"n": 1})).status_code == 200


async def test_the_120_hours_begin_when_the_scenario_is_deleted(shop: "Shop") -> None:
    hook = await shop.hook()
    ident = await shop.create(trigger(hook), scheduling=INSTANT)
    await shop.advance(LONG)
    await shop.call("DELETE", f"/scenarios/{ident}")
    await shop.advance(SHORT)
    assert (await shop.deliver(hook, {"n": 1})).status_code == 200
    await shop.advance(LONG - SHORT)
    assert (await shop.deliver(hook, {"n": 1})).status_code == 410


async def test_the_120_hours_begin_when_the_scenario_takes_another_hook(shop: "Shop") -> None:
    first, second = await shop.hook(), await shop.hook()
    ident = await shop.create(trigger(first), scheduling=INSTANT)
    await shop.advance(LONG)
    document: dict[str, Any] = {"name": "x", "flow": [trigger(second)], "metadata": {}}
    body = {"blueprint": json.dumps(document)}
    answer = await shop.call("PATCH", f"/scenarios/{ident}", body)
    assert answer.json()["scenario"]["hookId"] == second["id"]
    await shop.advance(SHORT)
    assert (await shop.deliver(first, {"n": 1})).status_code == 200
    await shop.advance(LONG - SHORT)
    assert (await shop.deliver(first, {"n": 1})).status_code == 410
    assert (await shop.deliver(second, {"n": 1})).status_code == 200


async def test_a_hook_that_is_enabled_or_used_again_takes_requests(shop: "Shop") -> None:
    enabled, used = await shop.hook(), await shop.hook()
    await shop.advance(LONG)
    await shop.post(f"/hooks/{enabled['id']}/enable")
    await shop.create(trigger(used), scheduling=INSTANT)
    for hook in (enabled, used):
        assert (await shop.deliver(hook, {"n": 1})).status_code == 200
