"""Requests that arrive at webhook addresses."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Shop

pytestmark = pytest.mark.anyio

INSTANT = {"type": "immediately"}


def module(ident: int, slug: str, **members: Any) -> dict[str, Any]:
    return {"id": ident, "module": slug, "version": 1, "mapper": {}, "parameters": {}, **members}


def trigger(hook: Any, **parameters: Any) -> dict[str, Any]:
    return module(1, "gateway:CustomWebHook", parameters={"hook": hook["id"], **parameters})


def keep(value: str = "{{1.n}}") -> dict[str, Any]:
    return module(2, "util:ComposeTransformer", mapper={"value": value})


def respond(ident: int, body: str, status: str = "200") -> dict[str, Any]:
    headers = [{"key": "x-order", "value": "{{1.n}}"}]
    mapper = {"status": status, "body": body, "headers": headers}
    return module(ident, "gateway:WebhookRespond", mapper=mapper)


async def received(shop: "Shop", hook: Any) -> Any:
    """Bundle of the oldest request in the queue."""
    path = f"/hooks/{hook['id']}/incomings"
    first = (await shop.get(path))["incomings"][0]["id"]
    return (await shop.get(f"{path}/{first}"))["incoming"]["data"]


async def test_a_request_to_an_active_instant_scenario_runs_it_at_once(shop: "Shop") -> None:
    hook = await shop.hook()
    ident = await shop.create(trigger(hook), keep(), scheduling=INSTANT)
    await shop.start(ident)
    answer = await shop.deliver(hook, {"n": 5})
    assert (answer.status_code, answer.text) == (200, "Accepted")
    assert answer.headers["access-control-allow-origin"] == "*"
    await shop.settle()
    entry = (await shop.runs(ident))[0]
    assert (entry["type"], entry["instant"], entry["operations"]) == ("auto", True, 2)
    assert entry["transfer"] == len('{"n":5}')
    assert (await shop.get(f"/hooks/{hook['id']}"))["hook"]["queueCount"] == 0


async def test_a_response_module_answers_the_caller(shop: "Shop") -> None:
    hook = await shop.hook()
    flow = [trigger(hook), respond(2, "got {{1.n}}", "202"), respond(3, "too late")]
    ident = await shop.create(*flow, scheduling=INSTANT)
    await shop.start(ident)
    answer = await shop.deliver(hook, {"n": "seven"})
    assert (answer.status_code, answer.text) == (202, "got seven")
    assert answer.headers["x-order"] == "seven"


async def test_a_failed_scenario_with_a_response_module_answers_500(shop: "Shop") -> None:
    hook = await shop.hook()
    broken = module(2, "json:ParseJSON", mapper={"json": "{{1.n}}"})
    ident = await shop.create(trigger(hook), broken, respond(3, "ok"), scheduling=INSTANT)
    await shop.start(ident)
    answer = await shop.deliver(hook, {"n": "{"})
    assert (answer.status_code, answer.text) == (500, "Scenario failed to complete.")
    scenario = await shop.scenario(ident)
    assert scenario["isActive"] is False


async def test_a_response_that_is_not_reached_in_time_is_accepted(shop: "Shop") -> None:
    hook = await shop.hook()
    slow = module(2, "util:FunctionSleep", mapper={"duration": 250})
    ident = await shop.create(trigger(hook), slow, respond(3, "late"), scheduling=INSTANT)
    await shop.start(ident)
    answer = await shop.deliver(hook, {"n": 1})
    assert (answer.status_code, answer.text) == (200, "Accepted")


async def test_requests_wait_while_the_scenario_is_off_and_are_worked_off(shop: "Shop") -> None:
    hook = await shop.hook()
    ident = await shop.create(trigger(hook), keep(), scheduling=INSTANT)
    for number in (1, 2, 3):
        assert (await shop.deliver(hook, {"n": number})).text == "Accepted"
    queue = (await shop.get(f"/scenarios/{ident}/triggers"))["queueCount"]
    assert queue == 3
    await shop.start(ident)
    await shop.settle()
    assert len(await shop.runs(ident)) == 3
    assert (await shop.get(f"/scenarios/{ident}/triggers"))["queueCount"] == 0


async def test_a_failed_request_returns_to_the_queue(shop: "Shop") -> None:
    hook = await shop.hook()
    broken = module(2, "json:ParseJSON", mapper={"json": "{{1.n}}"})
    ident = await shop.create(trigger(hook), broken, scheduling=INSTANT)
    await shop.start(ident)
    await shop.deliver(hook, {"n": "{"})
    await shop.settle()
    assert (await shop.scenario(ident))["isActive"] is False
    assert await received(shop, hook) == {"n": "{"}


async def test_a_sequential_scenario_takes_one_request_after_the_other(shop: "Shop") -> None:
    hook = await shop.hook()
    slow = module(2, "util:FunctionSleep", mapper={"duration": 60})
    settings = {"sequential": True}
    ident = await shop.create(trigger(hook), slow, scheduling=INSTANT, settings=settings)
    await shop.start(ident)
    for number in (1, 2):
        await shop.deliver(hook, {"n": number})
    running = "SELECT count(*) FROM executions WHERE state = 'RUNNING'"
    assert shop.world.value(running) == 1
    await shop.advance(60)
    assert shop.world.value(running) == 1
    await shop.advance(60)
    assert len(await shop.runs(ident)) == 2


async def test_scheduled_processing_takes_as_many_requests_as_the_trigger_allows(
    shop: "Shop",
) -> None:
    hook = await shop.hook()
    every = {"type": "indefinitely", "interval": 900}
    ident = await shop.create(trigger(hook, maxResults=2), keep(), scheduling=every)
    for number in range(5):
        await shop.deliver(hook, {"n": number})
    await shop.start(ident)
    await shop.settle()
    assert [entry["operations"] for entry in await shop.runs(ident)] == [3]
    assert (await shop.get(f"/scenarios/{ident}/triggers"))["queueCount"] == 3
    await shop.advance(1800)
    assert (await shop.get(f"/scenarios/{ident}/triggers"))["queueCount"] == 0
    await shop.advance(900)
    assert len(await shop.runs(ident)) == 3
    assert len(await shop.runs(ident, showCheckRuns="true")) == 4


async def test_the_first_request_teaches_the_hook_its_structure(shop: "Shop") -> None:
    hook = await shop.hook()
    await shop.post(f"/hooks/{hook['id']}/learn-start")
    await shop.deliver(hook, {"name": "A", "paid": True, "lines": [{"sku": "x", "count": 2}]})
    ping = await shop.get(f"/hooks/{hook['id']}/ping")
    lines = {
        "type": "collection",
        "spec": [
            {"name": "sku", "type": "text"},
            {"name": "count", "type": "number"},
        ],
    }
    assert ping["learning"] is False
    assert ping["dataStructure"] == [
        {"name": "name", "type": "text"},
        {"name": "paid", "type": "boolean"},
        {"name": "lines", "type": "array", "spec": lines},
    ]
    assert (await shop.get(f"/hooks/{hook['id']}"))["hook"]["queueCount"] == 0


async def test_query_and_body_are_merged_and_the_query_wins(shop: "Shop") -> None:
    hook = await shop.hook(headers=True, method=True)
    await shop.deliver(
        hook, {"a": 1, "b": 2}, params=[("b", "x"), ("c", "1"), ("c", "2")], method="PUT"
    )
    bundle = await received(shop, hook)
    headers = {row["name"] for row in bundle.pop("__IMTHEADERS__")}
    assert "content-type" in headers
    assert bundle == {"a": 1, "b": "x", "c": ["1", "2"], "__IMTMETHOD__": "PUT"}


@pytest.mark.parametrize(
    ("request_", "bundle"),
    [
        (
            {"content": b"plain words", "headers": {"content-type": "text/plain"}},
            {"value": "plain words"},
        ),
        ({"data": {"k": ["1", "2"], "z": "y"}}, {"k": ["1", "2"], "z": "y"}),
        (
            {"content": b"[1, 2]", "headers": {"content-type": "application/json"}},
            {"value": [1, 2]},
        ),
        (
            {"content": b"{oops", "headers": {"content-type": "application/json"}},
            {"value": "{oops"},
        ),
        ({"content": b"\xff\x00"}, {"value": "IMTBuffer(2, binary, "}),
        (
            {"files": {"f": ("a.txt", b"hi", "text/plain")}},
            {"f": {"name": "a.txt", "mime": "text/plain"}},
        ),
    ],
)
async def test_bodies_of_every_kind_become_bundles(
    shop: "Shop", request_: Any, bundle: Any
) -> None:
    hook = await shop.hook()
    await shop.deliver(hook, **request_)
    data = await received(shop, hook)
    if "f" in bundle:
        assert data["f"].pop("data").endswith(b"hi".hex())
    if str(bundle.get("value", "")).startswith("IMTBuffer"):
        assert data["value"].startswith(bundle["value"])
        assert data["value"].endswith("ff00")
    else:
        assert data == bundle


async def test_stringify_keeps_a_json_body_as_text(shop: "Shop") -> None:
    hook = await shop.hook(stringify=True)
    await shop.deliver(hook, content=b'{"a": 1}', headers={"content-type": "application/json"})
    assert await received(shop, hook) == {"value": '{"a": 1}'}


async def test_unknown_disabled_and_gone_addresses_take_nothing(shop: "Shop") -> None:
    unknown = await shop.deliver({"udid": "0" * 32}, {})
    assert (unknown.status_code, unknown.text) == (410, "Webhook not found.")
    assert "access-control-allow-origin" not in unknown.headers
    hook = await shop.hook()
    await shop.post(f"/hooks/{hook['id']}/disable")
    assert (await shop.deliver(hook, {})).status_code == 410
    await shop.post(f"/hooks/{hook['id']}/enable")
    assert (await shop.deliver(hook, {})).status_code == 200
    shop.world.update("hooks", hook["id"], gone=True)
    assert (await shop.deliver(hook, {})).status_code == 410


async def test_a_full_queue_refuses_and_too_many_requests_are_held_off(shop: "Shop") -> None:
    shop.license(iolimit=2)
    hook = await shop.hook()
    answers = [await shop.deliver(hook, {"n": number}) for number in range(3)]
    assert [(a.status_code, a.text) for a in answers][-1] == (400, "Queue is full")
    for number in range(297):
        await shop.deliver(hook, {"n": number})
    flood = await shop.deliver(hook, {})
    assert (flood.status_code, flood.text) == (429, "Too many requests")
    await shop.advance(11)
    assert (await shop.deliver(hook, {})).status_code == 400


async def test_preflight_requests_are_answered(shop: "Shop") -> None:
    hook = await shop.hook()
    headers = {"access-control-request-headers": "x-one, x-two"}
    answer = await shop.deliver(hook, method="OPTIONS", headers=headers)
    assert (answer.status_code, answer.text) == (200, "ok")
    assert answer.headers["access-control-allow-headers"] == "x-one, x-two"


async def test_the_zone_address_reaches_the_same_hook(shop: "Shop") -> None:
    hook = await shop.hook()
    answer = await shop.http.post(hook["url"], json={"n": 1})
    assert (answer.status_code, answer.text) == (200, "Accepted")
    assert await received(shop, hook) == {"n": 1}


async def test_requests_are_logged_with_their_answer(shop: "Shop") -> None:
    hook = await shop.hook()
    await shop.deliver(hook, {"n": 1})
    path = f"/hooks/{hook['id']}/logs"
    entry = (await shop.get(path))["hookLogs"][0]
    detail = (await shop.get(f"{path}/{entry['id']}"))["hookLog"]["data"]
    assert detail["request"]["parsed"] == {"n": 1}
    assert (detail["response"]["status"], detail["response"]["body"]) == (200, "Accepted")


async def test_a_scenario_can_call_the_hook_of_another_one(shop: "Shop") -> None:
    hook = await shop.hook()
    called = await shop.create(
        trigger(hook), respond(2, '{"twice": {{1.n * 2}}}'), scheduling=INSTANT
    )
    await shop.start(called)
    mapper = {
        "url": hook["url"],
        "method": "post",
        "bodyType": "raw",
        "contentType": "application/json",
        "data": '{"n": 21}',
        "parseResponse": False,
    }
    request = module(1, "http:ActionSendData", parameters={"handleErrors": True}, mapper=mapper)
    back = module(
        2,
        "scenario-service:ReturnData",
        mapper={"text": "{{1.data}}", "status": "{{1.statusCode}}"},
        metadata={
            "expect": [{"name": "text", "type": "text"}, {"name": "status", "type": "number"}]
        },
    )
    caller = await shop.create(request, back)
    answer = await shop.run(caller)
    assert answer["outputs"] == {"text": '{"twice": 42}', "status": 200}
