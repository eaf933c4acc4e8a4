"""Who may send to a hook, how much, and what becomes of mails and files."""

from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Shop

pytestmark = pytest.mark.anyio

INSTANT = {"type": "immediately"}
RAW = {"content-type": "message/rfc822"}


def module(ident: int, slug: str, **members: Any) -> dict[str, Any]:
    return {"id": ident, "module": slug, "version": 1, "mapper": {}, "parameters": {}, **members}


def trigger(hook: Any, slug: str = "gateway:CustomWebHook") -> dict[str, Any]:
    return module(1, slug, parameters={"hook": hook["id"]})


def name_run(value: str) -> dict[str, Any]:
    return module(2, "scenario-service:NameExecution", mapper={"executionName": value})


async def key(shop: "Shop", value: str) -> int:
    parameters = {"key": value, "placement": "header", "name": "x-make-apikey"}
    body = {"name": "K", "teamId": 1, "typeName": "apikeyauth", "parameters": parameters}
    return (await shop.post("/keys", body))["key"]["id"]


@pytest.mark.parametrize(
    ("listed", "status"),
    [
        ("127.0.0.1", 200),
        ("10.0.0.1, 127.0.0.0/8", 200),
        ("10.0.0.1", 403),
        ("::1", 403),
        (None, 200),
    ],
)
async def test_only_listed_addresses_may_send(
    shop: "Shop", listed: str | None, status: int
) -> None:
    hook = await shop.hook(ip=listed)
    assert (await shop.deliver(hook, {"n": 1})).status_code == status


@pytest.mark.parametrize("listed", ["home", ["1.2.3.4"], "1.2.3.4/99"])
async def test_a_list_of_addresses_has_to_be_one(shop: "Shop", listed: Any) -> None:
    hook = await shop.hook()
    answer = await shop.call("POST", f"/hooks/{hook['id']}/set-data", {"ip": listed})
    assert answer.status_code == 400


async def test_a_protected_hook_wants_the_value_of_one_of_its_keys(shop: "Shop") -> None:
    first, second = await key(shop, "one"), await key(shop, "two")
    hook = await shop.hook(apiKeys=[first, second])
    for value, status in (("one", 200), ("two", 200), ("three", 401), ("", 401)):
        answer = await shop.deliver(hook, {}, headers={"X-Make-ApiKey": value})
        assert answer.status_code == status
    assert (await shop.deliver(hook, {})).status_code == 401
    await shop.call("DELETE", f"/keys/{first}", confirmed="true")
    assert (await shop.deliver(hook, {}, headers={"X-Make-ApiKey": "one"})).status_code == 401


async def test_keys_of_others_cannot_protect_a_hook(shop: "Shop") -> None:
    hook = await shop.hook()
    answer = await shop.call("POST", f"/hooks/{hook['id']}/set-data", {"apiKeys": [999]})
    assert answer.status_code == 404


async def test_a_rate_limit_holds_requests_back_for_a_minute(shop: "Shop") -> None:
    await shop.advance(0)
    hook = await shop.hook()
    limited = {**INSTANT, "maximum_runs_per_minute": 2}
    ident = await shop.create(trigger(hook), name_run("{{1.n}}"), scheduling=limited)
    await shop.start(ident)
    for number in range(5):
        assert (await shop.deliver(hook, {"n": number})).text == "Accepted"
    await shop.settle()
    assert len(await shop.runs(ident)) == 2
    await shop.advance(61)
    assert len(await shop.runs(ident)) == 4
    await shop.advance(61)
    names = [entry["executionName"] for entry in reversed(await shop.runs(ident))]
    assert names == ["0", "1", "2", "3", "4"]


async def test_a_limited_scenario_that_answers_refuses_what_is_too_much(shop: "Shop") -> None:
    await shop.advance(0)
    hook = await shop.hook()
    respond = module(2, "gateway:WebhookRespond", mapper={"status": "200", "body": "hi"})
    limited = {**INSTANT, "maximum_runs_per_minute": 1}
    ident = await shop.create(trigger(hook), respond, scheduling=limited)
    await shop.start(ident)
    assert (await shop.deliver(hook, {})).text == "hi"
    refused = await shop.deliver(hook, {})
    assert (refused.status_code, refused.text) == (429, "Too many requests")
    assert (await shop.get(f"/hooks/{hook['id']}"))["hook"]["queueCount"] == 0


@pytest.mark.parametrize("header", [("k" * 257, "v"), ("k", "v" * 4097), ("a b", "v"), ("k", "\n")])
async def test_a_response_header_that_cannot_be_sent_fails_the_run(
    shop: "Shop", header: tuple[str, str]
) -> None:
    hook = await shop.hook()
    headers = [{"key": header[0], "value": header[1]}]
    mapper = {"status": "200", "body": "hi", "headers": headers}
    respond = module(2, "gateway:WebhookRespond", mapper=mapper)
    await shop.start(await shop.create(trigger(hook), respond, scheduling=INSTANT))
    answer = await shop.deliver(hook, {})
    assert (answer.status_code, answer.text) == (500, "Scenario failed to complete.")


# Mails and files


def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ada <ada@example.com>"
    message["To"] = "in@hook.eu1.make.com, Bo <bo@example.com>"
    message["Subject"] = "Größe"
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0100"
    message.set_content("plain\n")
    message.add_alternative("<p>html</p>", subtype="html")
    message.add_attachment(b"\xff\x00", maintype="image", subtype="png", filename="a.png")
    return message


async def mailbox(shop: "Shop") -> Any:
    options = {"method": False, "headers": False, "stringify": False}
    body = {"name": "Mail", "teamId": 1, "typeName": "gateway-mailhook", **options}
    hook = (await shop.post("/hooks", body))["hook"]
    shop.world.update("hooks", hook["id"], learning=False)
    return hook


async def post_mail(shop: "Shop", hook: Any, raw: bytes) -> Any:
    return await shop.http.post(f"/hook/{hook['udid']}", content=raw, headers=RAW)


async def test_a_mail_runs_the_scenario_of_its_mailhook(shop: "Shop") -> None:
    hook = await mailbox(shop)
    flow = [
        trigger(hook, "gateway:CustomMailHook"),
        name_run(
            "{{1.from.address}} {{1.to[2].name}} {{1.subject}} {{trim(1.text)}}"
            " {{1.attachments[].fileName}} {{length(1.attachments[].data)}} {{1.date}}"
        ),
    ]
    ident = await shop.create(*flow, scheduling=INSTANT)
    await shop.start(ident)
    answer = await post_mail(shop, hook, mail().as_bytes())
    assert (answer.status_code, answer.text) == (200, "Accepted")
    await shop.settle()
    name = (await shop.runs(ident))[0]["executionName"]
    assert name == "ada@example.com Bo Größe plain a.png 2 2026-03-02T09:00:00.000Z"


async def test_a_mailhook_takes_nothing_but_mails(shop: "Shop") -> None:
    hook = await mailbox(shop)
    assert (await shop.deliver(hook, {"a": 1})).status_code == 410
    assert hook["url"].startswith(f"{hook['udid']}@hook.")
    answer = await shop.http.post(f"/hook/{hook['url']}", content=b"Subject: x", headers=RAW)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"From: <<>>,;\nTo: \xff\n\n\x00", b"Content-Type: multipart/x\n\n--"]
)
async def test_a_malformed_mail_is_delivered_all_the_same(shop: "Shop", raw: bytes) -> None:
    hook = await mailbox(shop)
    assert (await post_mail(shop, hook, raw)).status_code == 200
    assert (await shop.get(f"/hooks/{hook['id']}"))["hook"]["queueCount"] == 1


async def test_an_uploaded_file_reaches_the_modules_as_a_buffer(shop: "Shop") -> None:
    hook = await shop.hook()
    flow = [trigger(hook), name_run("{{length(1.f.data)}} {{toString(1.f.data)}}")]
    ident = await shop.create(*flow, scheduling=INSTANT)
    await shop.start(ident)
    await shop.deliver(hook, files={"f": ("a.bin", b"four", "application/x")})
    await shop.settle()
    assert (await shop.runs(ident))[0]["executionName"] == "4 four"


# Failures that pass


def failing(url: str) -> dict[str, Any]:
    mapper = {"url": url, "method": "get", "serializeUrl": False}
    return module(2, "http:ActionSendData", mapper=mapper, parameters={"handleErrors": True})


async def test_an_instant_scenario_backs_off_and_recovers(shop: "Shop") -> None:
    await shop.advance(0)
    hook = await shop.hook()
    ident = await shop.create(trigger(hook), failing("http://nowhere.invalid/"), scheduling=INSTANT)
    await shop.start(ident)
    await shop.deliver(hook, {"n": 1})
    await shop.settle()
    assert (await shop.scenario(ident))["isActive"]
    await shop.deliver(hook, {"n": 2})
    await shop.settle()
    assert [each["status"] for each in await shop.runs(ident)] == [3]
    await shop.advance(61)
    assert [each["status"] for each in await shop.runs(ident)] == [3, 3]
    flow = [trigger(hook), name_run("{{1.n}}")]
    shop.world.update("scenarios", ident, blueprint={"flow": flow, "metadata": {}})
    await shop.advance(60)
    assert len(await shop.runs(ident)) == 2
    await shop.advance(61)
    names = [entry.get("executionName") for entry in reversed(await shop.runs(ident))]
    assert names[2:] == ["1", "2"]


async def test_a_back_off_that_is_used_up_switches_the_scenario_off(shop: "Shop") -> None:
    await shop.advance(0)
    hook = await shop.hook()
    flow = [trigger(hook), failing("http://nowhere.invalid/")]
    ident = await shop.create(*flow, scheduling=INSTANT)
    await shop.start(ident)
    began = shop.world.clock.now()
    await shop.deliver(hook, {"n": 1})
    await shop.settle()
    await shop.advance(3 * 86_400)
    times = shop.world.rows(
        "SELECT timestamp_ms FROM executions WHERE scenario_id = ? AND kind = 'run'"
        " ORDER BY timestamp_ms",
        ident,
    )
    minutes = [round(row["timestamp_ms"] / 60_000 - began.timestamp() / 60) for row in times]
    assert minutes == [0, 1, 3, 8, 18, 78, 258, 978, 2418]
    stopped = await shop.scenario(ident)
    assert (stopped["isActive"], stopped["isinvalid"]) == (False, True)


async def test_a_scenario_made_from_a_template_remembers_it(shop: "Shop") -> None:
    ident = await shop.create(name_run("x"), basedon=77)
    row = shop.world.get("scenarios", ident)
    assert row is not None
    assert row["extra"] == {"basedon": 77}


async def test_an_increment_of_the_run_starts_over_in_every_cycle(shop: "Shop") -> None:
    values = [{"spec": [{"name": "a", "value": "1"}]}, {"spec": [{"name": "a", "value": "2"}]}]
    flow = [
        module(1, "util:BasicTrigger", parameters={"values": values}),
        module(2, "util:FunctionIncrement", parameters={"reset": "run"}),
        module(3, "util:FunctionIncrement", parameters={"reset": "execution"}),
        module(4, "scenario-service:NameExecution", mapper={"executionName": "{{2.i}} {{3.i}}"}),
    ]
    ident = await shop.create(*flow, settings={"roundtrips": 2})
    await shop.run(ident)
    assert (await shop.runs(ident))[0]["executionName"] == "2 4"
