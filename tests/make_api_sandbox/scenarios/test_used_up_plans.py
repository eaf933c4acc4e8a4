"""What happens when an organization has used up its plan, and when there is room again."""

from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.clock import parse_stamp, stamp

if TYPE_CHECKING:
    from .conftest import Shop

pytestmark = pytest.mark.anyio

HOURLY = {"type": "indefinitely", "interval": 3600}
INSTANT = {"type": "immediately"}


def compose(ident: int = 1, value: str = "x") -> dict[str, Any]:
    return {
        "id": ident,
        "module": "util:ComposeTransformer",
        "version": 1,
        "parameters": {},
        "mapper": {"value": value},
    }


def trigger(hook: Any) -> dict[str, Any]:
    parameters = {"hook": hook["id"], "maxResults": 1}
    return {
        "id": 1,
        "module": "gateway:CustomWebHook",
        "version": 1,
        "parameters": parameters,
        "mapper": {},
    }


async def use_up(shop: "Shop") -> int:
    """Run a scenario until nothing is left; its id."""
    used = int((await organization(shop))["operations"])
    shop.license(operations=used + 1, allowOverage=None)
    ident = await shop.create(compose(1), compose(2))
    await shop.start(ident)
    assert (await shop.run(ident))["error"]["name"] == "OperationsLimitExceededError"
    return ident


async def organization(shop: "Shop") -> Any:
    return (await shop.get("/organizations/1"))["organization"]


async def paused(shop: "Shop", *idents: int) -> list[bool]:
    return [(await shop.scenario(ident))["isPaused"] for ident in idents]


async def test_a_used_up_plan_pauses_the_organization_and_its_scenarios(shop: "Shop") -> None:
    other = await shop.create(compose(), scheduling=HOURLY)
    await shop.start(other)
    await shop.settle()
    ended = await use_up(shop)
    assert (await organization(shop))["isPaused"] is True
    assert await paused(shop, other, ended) == [True, True]
    assert (await shop.scenario(ended))["isActive"] is False
    assert (await shop.scenario(other))["isActive"] is True
    refused = await shop.call("POST", f"/scenarios/{other}/run")
    assert (refused.status_code, refused.json()["code"]) == (429, "IM310")
    before = len(await shop.runs(other))
    await shop.advance(4 * 3600)
    assert len(await shop.runs(other)) == before


async def test_requests_wait_at_the_hooks_of_a_paused_organization(shop: "Shop") -> None:
    hook = await shop.hook()
    ident = await shop.create(trigger(hook), scheduling=INSTANT)
    await shop.start(ident)
    await use_up(shop)
    assert (await shop.deliver(hook, {"n": 1})).text == "Accepted"
    await shop.settle()
    assert await shop.runs(ident) == []
    assert (await shop.get(f"/hooks/{hook['id']}"))["hook"]["queueCount"] == 1


async def test_an_organization_paused_by_hand_lets_requests_wait_too(shop: "Shop") -> None:
    hook = await shop.hook()
    ident = await shop.create(trigger(hook), scheduling=INSTANT)
    await shop.start(ident)
    await shop.control("PATCH", "/world", {"organizations": {"1": {"is_paused": True}}})
    await shop.deliver(hook, {"n": 1})
    await shop.settle()
    assert await shop.runs(ident) == []


async def test_more_operations_end_the_pause_and_the_queue_is_worked_off(shop: "Shop") -> None:
    hook = await shop.hook()
    waiting = await shop.create(trigger(hook), scheduling=INSTANT)
    hourly = await shop.create(compose(), scheduling=HOURLY)
    await shop.start(waiting)
    await shop.start(hourly)
    await shop.settle()
    ended = await use_up(shop)
    await shop.deliver(hook, {"n": 1})
    await shop.advance(5 * 3600)
    shop.license(operations=1000)
    await shop.advance(1)
    await shop.settle()
    assert (await organization(shop))["isPaused"] is False
    assert await paused(shop, waiting, hourly, ended) == [False, False, False]
    assert len(await shop.runs(waiting)) == 1
    runs = len(await shop.runs(hourly))
    await shop.advance(3600)
    assert len(await shop.runs(hourly)) == runs + 1


async def test_a_new_period_ends_the_pause(shop: "Shop") -> None:
    begins = parse_stamp((await organization(shop))["lastReset"])
    next_reset = stamp(begins.replace(month=begins.month + 1))
    shop.world.update("organizations", 1, next_reset=next_reset)
    hourly = await shop.create(compose(), scheduling=HOURLY)
    await shop.start(hourly)
    await shop.settle()
    await use_up(shop)
    shop.license(operations=100)
    shop.world.update("organizations", 1, is_paused=True)
    await shop.advance(40 * 86_400)
    shown = await organization(shop)
    assert shown["lastReset"] == next_reset
    assert shown["nextReset"] == stamp(begins.replace(month=begins.month + 2))
    assert int(shown["operations"]) == len(await shop.runs(hourly, **{"from": _ms(next_reset)}))


def _ms(text: str) -> int:
    return int(parse_stamp(text).timestamp() * 1000)


async def test_a_pause_by_hand_is_not_ended_by_room_in_the_plan(shop: "Shop") -> None:
    await shop.control("PATCH", "/world", {"organizations": {"1": {"is_paused": True}}})
    await shop.advance(60)
    assert (await organization(shop))["isPaused"] is True


async def test_retries_wait_while_the_organization_is_paused(shop: "Shop") -> None:
    broken = {
        "id": 2,
        "module": "json:ParseJSON",
        "version": 1,
        "parameters": {},
        "mapper": {"json": "{"},
        "onerror": [
            {
                "id": 3,
                "module": "builtin:Break",
                "version": 1,
                "mapper": {"retry": True, "count": 3, "interval": 1},
            }
        ],
    }
    ident = await shop.create(compose(), broken, settings={"dlq": True})
    await shop.run(ident)
    await shop.control("PATCH", "/world", {"organizations": {"1": {"is_paused": True}}})
    await shop.advance(600)
    dlqs = (await shop.get("/dlqs", scenarioId=ident))["dlqs"]
    assert [each["attempts"] for each in dlqs] == [0]
