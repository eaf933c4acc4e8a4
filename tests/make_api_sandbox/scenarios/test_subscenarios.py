"""Scenarios that call one another, and limits of runs by plan."""

from typing import TYPE_CHECKING, Any

import pytest
from flows import compose, fail, module

if TYPE_CHECKING:
    from .conftest import Shop

pytestmark = pytest.mark.anyio

INSTANT = {"type": "immediately"}
ANSWER = {"output": [{"name": "answer", "type": "text"}, {"name": "more", "type": "text"}]}


def give(ident: int, **mapper: str) -> dict[str, Any]:
    expect = [{"name": name, "type": "text"} for name in mapper]
    slug = "scenario-service:ReturnData"
    return module(ident, slug, mapper=mapper, metadata={"expect": expect})


def calling(ident: int, child: int, *, wait: bool = True, **members: Any) -> dict[str, Any]:
    parameters = {"scenario": f"SCN_{child}", "shouldWaitForExecutionEnd": wait}
    slug = "scenario-service:CallSubscenario"
    return module(ident, slug, parameters=parameters, mapper={"data": {}}, **members)


async def child(shop: "Shop", *flow: dict[str, Any], active: bool = True, **body: Any) -> int:
    ident = await shop.create(*(flow or (compose(1, "x"), give(2, answer="42"))), **body)
    if body.get("scheduling") is None:
        await shop.call("PATCH", f"/scenarios/{ident}/interface", {"interface": ANSWER})
    if active:
        await shop.start(ident)
        await shop.settle()
    return ident


async def parent(shop: "Shop", called: int, **members: Any) -> tuple[int, Any]:
    ident = await shop.create(
        calling(1, called, **members), compose(2, "[{{1.answer}}|{{1.more}}]")
    )
    return ident, await shop.run(ident)


async def value(shop: "Shop", ident: int, at: int) -> Any:
    sql = "SELECT output FROM execution_modules WHERE scenario_id = ? AND module_id = ?"
    return shop.world.value(sql, ident, at)


async def test_outputs_that_are_not_mapped_are_null(shop: "Shop") -> None:
    ident, _ = await parent(shop, await child(shop))
    assert await value(shop, ident, 2) == [{"value": "[42|]"}]


async def test_a_call_that_does_not_wait_goes_on_without_outputs(shop: "Shop") -> None:
    called = await child(shop)
    ident, answer = await parent(shop, called, wait=False)
    await shop.settle()
    assert answer["status"] == 1
    assert await value(shop, ident, 2) == [{"value": "[|]"}]
    assert [run["status"] for run in await shop.runs(called)] == [1]


async def test_an_error_of_the_child_is_an_error_of_the_calling_module(shop: "Shop") -> None:
    called = await child(shop, compose(1, "x"), fail(2))
    _, answer = await parent(shop, called)
    assert answer["error"]["causeModule"]["name"] == "CallSubscenario"
    handled = module(3, "builtin:Resume", mapper={"answer": "none"})
    called = await child(shop, compose(1, "x"), fail(2))
    ident, answer = await parent(shop, called, onerror=[handled])
    assert answer["status"] == 1
    assert await value(shop, ident, 2) == [{"value": "[none|]"}]


async def test_a_child_has_to_be_active_on_demand_and_of_the_same_team(shop: "Shop") -> None:
    team = (await shop.post("/teams", {"name": "Other", "organizationId": 1}))["team"]["id"]
    hourly = {"type": "indefinitely", "interval": 3600}
    wrong = [
        await child(shop, active=False),
        await child(shop, compose(1, "x"), scheduling=hourly),
        await child(shop, teamId=team),
    ]
    for called in wrong:
        _, answer = await parent(shop, called)
        assert answer["error"]["causeModule"]["name"] == "CallSubscenario"


async def test_a_call_costs_no_credits_and_the_modules_of_the_child_do(shop: "Shop") -> None:
    called = await child(shop)
    ident, _ = await parent(shop, called)
    [caller], [callee] = await shop.runs(ident), await shop.runs(called)
    assert (caller["operations"], caller["centicredits"]) == (2, 100)
    assert (callee["operations"], callee["centicredits"]) == (2, 100)


async def test_returned_data_does_not_answer_a_webhook(shop: "Shop") -> None:
    hook = await shop.hook()
    trigger = module(1, "gateway:CustomWebHook", parameters={"hook": hook["id"]}, mapper={})
    ident = await shop.create(trigger, give(2, answer="42"), scheduling=INSTANT)
    await shop.start(ident)
    assert (await shop.deliver(hook, {"n": 1})).text == "Accepted"


async def test_a_response_of_a_scheduled_run_goes_nowhere(shop: "Shop") -> None:
    hook = await shop.hook()
    trigger = module(1, "gateway:CustomWebHook", parameters={"hook": hook["id"]}, mapper={})
    mapper: dict[str, Any] = {"status": "201", "body": "late", "headers": []}
    respond = module(2, "gateway:WebhookRespond", mapper=mapper)
    every = {"type": "indefinitely", "interval": 900}
    ident = await shop.create(trigger, respond, scheduling=every)
    await shop.start(ident)
    answer = await shop.deliver(hook, {"n": 1})
    assert (answer.status_code, answer.text) == (200, "Accepted")
    await shop.advance(900)
    assert (await shop.runs(ident))[0]["status"] == 1


@pytest.mark.parametrize(("minutes", "status"), [(40, 1), (10, 2)])
async def test_the_plan_limits_how_long_a_run_may_take(
    shop: "Shop", minutes: int, status: int
) -> None:
    shop.license(executionTime=minutes)
    naps = [module(at, "util:FunctionSleep", mapper={"duration": "300"}) for at in (1, 2, 3)]
    ident = await shop.create(*naps)
    await shop.post(f"/scenarios/{ident}/run")
    for _ in range(5):
        await shop.advance(300)
    [entry] = await shop.runs(ident)
    assert entry["status"] == status
    assert entry["duration"] <= minutes * 60_000 + 1_000
