"""Administration of hooks, their queue and their log."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

OPTIONS = {"method": True, "headers": False, "stringify": False}
ASKED: dict[str, Any] = {
    "method": "POST",
    "query": {},
    "headers": {},
    "ip": "203.0.113.7",
    "url": "/x",
}
EXCHANGE: dict[str, Any] = {
    "request": {**ASKED, "parsed": None, "body": {"n": 1}},
    "response": {"status": 200, "headers": [], "body": "Accepted"},
}


async def webhook(studio: "Studio", name: str = "Orders in", **more: Any) -> dict[str, Any]:
    body = {"name": name, "teamId": 1, "typeName": "gateway-webhook", **OPTIONS, **more}
    return (await studio.post("/hooks", body))["hook"]


def incoming(studio: "Studio", hook: int, **more: Any) -> str:
    id = studio.world.fresh_hex()
    values = {"created": studio.world.clock.stamp(), "size": 7, "data": {"n": id[:4]}} | more
    studio.world.insert("hook_incomings", id=id, hook_id=hook, **values)
    return id


async def test_a_gateway_hook_without_its_options_names_all_of_them(studio: "Studio") -> None:
    body = {"name": "H", "teamId": 1, "typeName": "gateway-webhook"}
    answer = await studio.call("POST", "/hooks", body)
    assert answer.status_code == 400
    assert [one["name"] for one in answer.json()["suberrors"]] == ["method", "headers", "stringify"]


async def test_wrong_and_unknown_options_are_refused(studio: "Studio") -> None:
    body = {"name": "H", "teamId": 1, "typeName": "gateway-webhook", **OPTIONS}
    answer = await studio.call("POST", "/hooks", {**body, "headers": "yes", "colour": 1})
    assert {one["name"] for one in answer.json()["suberrors"]} == {"headers", "colour"}


async def test_an_invented_hook_type_is_im005(studio: "Studio") -> None:
    body = {"name": "H", "teamId": 1, "typeName": "custom-webhook", **OPTIONS}
    answer = await studio.call("POST", "/hooks", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "IM005")


async def test_a_new_hook_learns_and_has_an_address(studio: "Studio") -> None:
    hook = await webhook(studio)
    assert hook["url"] == f"https://hook.eu1.make.com/{hook['udid']}"
    assert len(hook["udid"]) == 32
    assert (hook["queueLimit"], hook["queueCount"], hook["enabled"]) == (667, 0, True)
    assert "scenarioId" not in hook
    ping = await studio.get(f"/hooks/{hook['id']}/ping")
    assert (ping["learning"], ping["attached"], ping["address"]) == (True, False, hook["url"])


async def test_a_mail_hook_has_a_mailbox(studio: "Studio") -> None:
    body = {"name": "Post", "teamId": 1, "typeName": "gateway-mailhook", **OPTIONS}
    hook = (await studio.post("/hooks", body))["hook"]
    assert (hook["type"], hook["url"]) == ("mail", f"{hook['udid']}@hook.eu1.make.com")


async def test_an_app_hook_needs_a_connection_of_the_team(studio: "Studio") -> None:
    body = {"name": "Forms", "teamId": 1, "typeName": "jotform", "formId": "12"}
    absent = await studio.call("POST", "/hooks", body)
    assert [one["name"] for one in absent.json()["suberrors"]] == ["__IMTCONN__"]
    assert (await studio.call("POST", "/hooks", {**body, "__IMTCONN__": 9})).status_code == 404
    connection = {"accountName": "J", "accountType": "jotform", "apiKey": "k"}
    made = await studio.post("/connections", connection, teamId=1)
    hook = await studio.post("/hooks", {**body, "__IMTCONN__": made["connection"]["id"]})
    assert hook["hook"]["data"]["formId"] == "12"


async def test_hooks_are_filtered_by_type_and_scenario(studio: "Studio") -> None:
    taken, free = (await webhook(studio, "b"))["id"], (await webhook(studio, "A"))["id"]
    scenario = studio.scenario("Listener", hook_id=taken, is_active=True)

    async def ids(**query: Any) -> list[int]:
        return [one["id"] for one in (await studio.get("/hooks", teamId=1, **query))["hooks"]]

    assert await ids() == [free, taken]
    assert await ids(assigned="true") == [taken]
    assert await ids(assigned="false") == [free]
    assert await ids(viewForScenarioId=scenario, assigned="false") == [free, taken]
    assert await ids(viewForScenarioId=scenario + 1) == [free]
    assert await ids(typeName="gateway-mailhook") == []
    shown = (await studio.get(f"/hooks/{taken}"))["hook"]
    assert (shown["scenarioId"], shown["scenarioIsActive"]) == (scenario, True)
    assert (await studio.get(f"/hooks/{taken}/ping"))["attached"] is True


async def test_switching_twice_succeeds_twice(studio: "Studio") -> None:
    hook = (await webhook(studio))["id"]
    for action, member, value in (
        ("disable", "enabled", False),
        ("enable", "enabled", True),
        ("learn-stop", "learning", False),
        ("learn-start", "learning", True),
    ):
        for _ in range(2):
            assert await studio.post(f"/hooks/{hook}/{action}") == {"success": True}
        row = studio.world.get("hooks", hook)
        assert row
        assert row[member] is value


async def test_setting_data_merges_and_tells_whether_anything_changed(studio: "Studio") -> None:
    hook = (await webhook(studio))["id"]
    assert await studio.post(f"/hooks/{hook}/set-data", {"headers": True}) == {"changed": True}
    assert await studio.post(f"/hooks/{hook}/set-data", {"headers": True}) == {"changed": False}
    data = (await studio.get(f"/hooks/{hook}"))["hook"]["data"]
    assert (data["headers"], data["method"]) == (True, True)
    refused = await studio.call("POST", f"/hooks/{hook}/set-data", {"stringify": 1})
    assert refused.status_code == 400


async def test_a_hook_in_use_asks_before_deletion(studio: "Studio") -> None:
    hook = (await webhook(studio))["id"]
    scenario = studio.scenario("Listener", hook_id=hook)
    assert (await studio.call("DELETE", f"/hooks/{hook}")).status_code == 406
    assert (await studio.call("DELETE", f"/hooks/{hook}", confirmed="true")).json() == {
        "hook": hook
    }
    row = studio.world.get("scenarios", scenario)
    assert row
    assert (row["hook_id"], row["is_invalid"]) == (None, True)


async def test_the_queue_is_listed_counted_and_read(studio: "Studio") -> None:
    hook = (await webhook(studio))["id"]
    first, second = incoming(studio, hook), incoming(studio, hook)
    listed = (await studio.get(f"/hooks/{hook}/incomings"))["incomings"]
    assert [one["id"] for one in listed] == [first, second]
    assert "data" not in listed[0]
    one = (await studio.get(f"/hooks/{hook}/incomings/{second}"))["incoming"]
    assert one["data"] == {"n": second[:4]}
    stats = await studio.get(f"/hooks/{hook}/incomings/stats")
    assert stats == {"incomingStat": {"queue": 2, "limit": 667, "enabled": True}}


async def test_messages_in_process_survive_deletion(studio: "Studio") -> None:
    hook = (await webhook(studio))["id"]
    first, busy = incoming(studio, hook), incoming(studio, hook, processing=True)
    spared = incoming(studio, hook)
    path, body = f"/hooks/{hook}/incomings", {"all": True, "exceptIds": [spared]}
    assert (await studio.call("DELETE", path, body)).status_code == 406
    answer = (await studio.call("DELETE", path, body, confirmed="true")).json()
    assert answer["incomings"] == [first]
    assert answer["error"]["name"] == "APIError"
    left = (await studio.get(path))["incomings"]
    assert [one["id"] for one in left] == [busy, spared]


async def test_logs_are_kept_as_long_as_licensed(studio: "Studio") -> None:
    hook = (await webhook(studio))["id"]
    now = studio.world.clock.milliseconds()
    for days in (0, 2, 4):
        studio.world.insert(
            "hook_logs",
            id=studio.world.fresh_hex(),
            imt_id=f"{now - days * 86_400_000}_x",
            hook_id=hook,
            logged_ms=now - days * 86_400_000,
            status_id=1,
            parser="gateway-webhook",
            size_before=1,
            size_after=1,
            data=EXCHANGE,
        )
    path = f"/hooks/{hook}/logs"
    listed = (await studio.get(path))["hookLogs"]
    assert [one["loggedAt"][:10] for one in listed] == ["2026-03-04", "2026-03-02"]
    before = await studio.get(path, params={"to": now - 86_400_000})
    assert len(before["hookLogs"]) == 1
    detail = (await studio.get(f"{path}/{listed[0]['id']}"))["hookLog"]
    assert detail["data"] == EXCHANGE
    studio.license(webhookLogRetentionDays=30)
    assert len((await studio.get(path))["hookLogs"]) == 3
