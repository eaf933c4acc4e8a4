"""What goes through a hook: learning, tests, the queue and the log."""

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from harness import Server

if TYPE_CHECKING:
    from .conftest import Office

pytestmark = pytest.mark.anyio


def listener(hook: int) -> dict[str, Any]:
    return {"module": "gateway:CustomWebHook", "parameters": {"hook": hook, "maxResults": 1}}


NOTE = {
    "module": "util:SetVariable2",
    "mapper": {"name": "n", "scope": "roundtrip", "value": "{{1.n}}"},
}


async def live(office: "Office", *modules: dict[str, Any]) -> tuple[int, int]:
    """A hook that is done learning, with an active instant scenario; their ids."""
    hook = await office.hook()
    await office.company.send("POST", f"/hooks/{hook}/learn-stop")
    scenario = await office.scenario(
        "Listen", listener(hook), *(modules or (NOTE,)), active=True, instant=True
    )
    return hook, scenario


async def waiting(office: "Office", count: int = 3) -> tuple[int, list[str]]:
    """A hook with messages in its queue; its id and theirs, the oldest first."""
    hook = await office.hook()
    await office.company.send("POST", f"/hooks/{hook}/learn-stop")
    for at in range(count):
        assert await office.deliver(hook, {"n": at}) == 200
    return hook, await queued(office, hook)


async def queued(office: "Office", hook: int) -> list[str]:
    found = (await office.company.get(f"/hooks/{hook}/incomings"))["incomings"]
    return [one["id"] for one in found]


# Tests


async def test_a_test_gives_the_run_that_processed_the_very_payload(
    core: Server, office: "Office"
) -> None:
    hook, scenario = await live(office)
    await core.call("hook_send_test", hook_id=hook, body={"n": "earlier"})
    told = (await core.call("hook_send_test", hook_id=hook, body={"n": "mine"})).data
    assert (told["http_status"], told["accepted"]) == (200, True)
    run = told["execution"]
    assert (run["status"], run["operations"]) == ("success", 2)
    assert "this very body" in told["proven_by"]
    modules = await office.company.get(f"/scenarios/{scenario}/logs")
    assert run["execution_id"] in [one["id"] for one in modules["scenarioLogs"]]
    assert "mine" in await taken(office, run["execution_id"])


async def test_two_tests_one_after_the_other_find_two_runs(core: Server, office: "Office") -> None:
    hook, _ = await live(office)
    runs = [
        (await core.call("hook_send_test", hook_id=hook, body={"n": at})).data["execution"][
            "execution_id"
        ]
        for at in (1, 2)
    ]
    assert len(set(runs)) == 2


async def test_tests_sent_at_once_never_claim_the_run_of_another(
    core: Server, office: "Office"
) -> None:
    hook, scenario = await live(office)
    told: dict[str, dict[str, Any]] = {}

    async def send(word: str) -> None:
        told[word] = (await core.call("hook_send_test", hook_id=hook, body={"n": word})).data

    async with anyio.create_task_group() as tasks:
        for word in ("oak", "ash", "elm", "yew"):
            tasks.start_soon(send, word)
    logs = (await office.company.get(f"/scenarios/{scenario}/logs"))["scenarioLogs"]
    assert len(logs) >= 4
    for word, one in told.items():
        if "execution" in one:
            assert word in await taken(office, one["execution"]["execution_id"])
        else:
            took = [run for run in one["candidates"] if word in await taken(office, run)]
            assert took or one["note"].startswith("Delivered")


async def taken(office: "Office", execution: str) -> str:
    """What the first module of a run put out."""
    rows = office.company.mounted.sandbox.world.rows(
        "SELECT CAST(output AS TEXT) AS output FROM execution_modules"
        " WHERE execution_id = ? AND module_id = 1",
        execution,
    )
    return str(rows[0]["output"])


async def test_a_failed_run_is_told_with_its_error(core: Server, office: "Office") -> None:
    broken = {"module": "json:ParseJSON", "parameters": {"type": ""}, "mapper": {"json": "{"}}
    hook, _ = await live(office, broken)
    told = (await core.call("hook_send_test", hook_id=hook, body={"n": 1})).data
    assert told["execution"]["status"] == "error"
    assert told["execution"]["error"]["message"]


async def test_the_answer_of_a_response_module_is_shown(core: Server, office: "Office") -> None:
    reply: dict[str, Any] = {
        "module": "gateway:WebhookRespond",
        "mapper": {"status": "201", "body": "made {{1.n}}", "headers": []},
    }
    hook, _ = await live(office, reply)
    told = (await core.call("hook_send_test", hook_id=hook, body={"n": 5})).data
    assert (told["http_status"], told["answer"]) == (201, "made 5")
    assert told["execution"]["status"] == "success"


async def test_an_inactive_scenario_runs_nothing_and_says_so(
    core: Server, office: "Office"
) -> None:
    hook = await office.hook()
    scenario = await office.scenario("Listen", listener(hook), NOTE, instant=True)
    told = (await core.call("hook_send_test", hook_id=hook, body={"n": 1})).data
    assert "execution" not in told
    assert "not active" in told["note"]
    call = [one for one in told["next_calls"] if one["tool"] == "scenario_activate"]
    assert not call or call[0]["arguments"] == {"scenario_id": scenario}
    free = await office.hook("Free")
    alone = (await core.call("hook_send_test", hook_id=free, body={"n": 1})).data
    assert "No scenario" in alone["note"]


async def test_nothing_is_sent_to_a_closed_hook_or_a_mailbox(
    core: Server, office: "Office"
) -> None:
    hook, mail = await office.hook(), await office.hook("Post", "gateway-mailhook")
    await office.company.send("POST", f"/hooks/{hook}/disable")
    for ident, code in ((hook, "hook_off"), (mail, "not_a_webhook")):
        told = await core.call("hook_send_test", hook_id=ident, body={})
        assert told.error["code"] == code
    assert (await office.company.get(f"/hooks/{hook}/logs"))["hookLogs"] == []


async def test_a_dry_run_of_a_test_sends_nothing(core: Server, office: "Office") -> None:
    hook, _ = await live(office)
    told = await core.call("hook_send_test", hook_id=hook, body={"n": 1}, dry_run=True)
    assert told.data["plan"]["requests"][0]["method"] == "POST"
    assert (await office.company.get(f"/hooks/{hook}/logs"))["hookLogs"] == []


async def test_text_headers_and_method_arrive_as_given(core: Server, office: "Office") -> None:
    hook = await office.hook()
    await core.call(
        "hook_send_test",
        hook_id=hook,
        body="plain words",
        headers={"X-Source": "desk"},
        method="PUT",
    )
    log = (await office.company.get(f"/hooks/{hook}/logs"))["hookLogs"][0]["id"]
    request = (await office.company.get(f"/hooks/{hook}/logs/{log}"))["hookLog"]["data"]["request"]
    assert (request["method"], request["body"]) == ("PUT", "plain words")
    assert request["headers"]["x-source"] == "desk"
    assert request["headers"]["content-type"].startswith("text/plain")


# Learning


async def test_a_hook_learns_a_sample_in_one_call(core: Server, office: "Office") -> None:
    hook = await office.hook()
    await office.company.send("POST", f"/hooks/{hook}/learn-stop")
    sample = {"order": "A-1", "total": 9.5, "paid": True}
    told = (await core.call("hook_learn", hook_id=hook, sample=sample)).data
    assert (told["learning"], told["answer_status"]) == (False, 200)
    assert told["structure"] == [
        {"name": "order", "type": "text"},
        {"name": "total", "type": "number"},
        {"name": "paid", "type": "boolean"},
    ]
    assert await queued(office, hook) == []


async def test_learning_on_a_live_hook_waits_for_a_plan(core: Server, office: "Office") -> None:
    hook, scenario = await live(office)
    args = {"hook_id": hook, "sample": {"n": 1}}
    planned = (await core.call("hook_learn", **args)).data["plan"]
    assert "active" in planned["confirm_because"][0]
    assert len(planned["steps"]) == 2
    logs = (await office.company.get(f"/scenarios/{scenario}/logs"))["scenarioLogs"]
    assert [one for one in logs if one.get("status")] == []
    done = await core.call("hook_learn", **args, plan_id=planned["plan_id"])
    assert done.data["structure"] == [{"name": "n", "type": "number"}]


async def test_learning_is_started_and_stopped_and_twice_changes_nothing(
    core: Server, office: "Office"
) -> None:
    hook = await office.hook()
    states: list[bool] = []
    for action in ("start", "stop", "stop", "start"):
        told = await core.call("hook_learn", hook_id=hook, action=action)
        states.append(told.data["changed"])
        ping = await office.company.get(f"/hooks/{hook}/ping")
        assert ping["learning"] is (action == "start")
    assert states == [False, True, False, True]


async def test_learning_without_a_sample_or_on_a_closed_hook_is_refused(
    core: Server, office: "Office"
) -> None:
    hook = await office.hook()
    bare = await core.call("hook_learn", hook_id=hook)
    assert "action=start" in bare.error["next_step"]
    await office.company.send("POST", f"/hooks/{hook}/disable")
    closed = await core.call("hook_learn", hook_id=hook, sample={"n": 1})
    assert closed.error["code"] == "hook_off"


# The queue


async def test_the_queue_is_listed_oldest_first_with_its_age(
    core: Server, office: "Office"
) -> None:
    hook, ids = await waiting(office)
    told = (await core.call("hook_incoming_list", hook_id=hook, limit=2)).data
    assert [one["id"] for one in told["incoming"]] == ids[:2]
    assert (told["total"], told["next_cursor"]) == (3, "c2")
    assert told["oldest_age_seconds"] >= 0
    assert told["notice"] == "No scenario listens to this hook."
    late = await core.call("hook_incoming_list", hook_id=hook, from_time="2999-01-01T00:00:00Z")
    assert late.data["incoming"] == []


async def test_a_message_is_shown_with_its_payload(core: Server, office: "Office") -> None:
    hook, ids = await waiting(office, 1)
    told = await core.call("hook_incoming_get", hook_id=hook, incoming_id=ids[0])
    assert told.data["data"] == {"n": 0}
    absent = await core.call("hook_incoming_get", hook_id=hook, incoming_id="0" * 32)
    assert absent.error["code"] == "not_found"
    crooked = await core.call("hook_incoming_get", hook_id=hook, incoming_id="../1")
    assert crooked.error["code"] == "invalid_arguments"


async def test_a_purge_leaves_the_excepted_ones_and_exports_the_others(
    core: Server, office: "Office"
) -> None:
    hook, ids = await waiting(office, 4)
    args = {"hook_id": hook, "all": True, "except_ids": ids[1:2], "export": True}
    planned = (await core.call("hook_incoming_delete", **args)).data["plan"]
    assert "3 of 4 messages" in planned["affects"][0]
    assert await queued(office, hook) == ids
    done = (await core.call("hook_incoming_delete", **args, plan_id=planned["plan_id"])).data
    assert await queued(office, hook) == ids[1:2]
    assert (done["deleted"], done["kept"]) == (3, 1)
    assert [one["data"]["n"] for one in done["exported"]] == [0, 2, 3]


async def test_a_message_that_arrives_after_the_plan_voids_it(
    core: Server, office: "Office"
) -> None:
    hook, ids = await waiting(office, 1)
    args = {"hook_id": hook, "all": True}
    plan_id = (await core.call("hook_incoming_delete", **args)).data["plan"]["plan_id"]
    await office.deliver(hook, {"n": "late"})
    told = await core.call("hook_incoming_delete", **args, plan_id=plan_id)
    assert told.error["code"] == "plan_void"
    assert len(await queued(office, hook)) == 2
    one = await core.apply("hook_incoming_delete", hook_id=hook, incoming_ids=ids)
    assert one.data["deleted_ids"] == ids


async def test_unknown_ids_and_contradictions_are_refused_together(
    core: Server, office: "Office"
) -> None:
    hook, ids = await waiting(office, 1)
    told = await core.call(
        "hook_incoming_delete",
        hook_id=hook,
        incoming_ids=[ids[0], "f" * 32],
        except_ids=["e" * 32],
        all=True,
    )
    assert len(told.error["problems"]) == 3
    assert await queued(office, hook) == ids


async def test_an_empty_choice_deletes_nothing_without_a_plan(
    core: Server, office: "Office"
) -> None:
    hook, ids = await waiting(office, 1)
    told = await core.call("hook_incoming_delete", hook_id=hook, older_than="2000-01-01T00:00:00Z")
    assert (told.data["deleted"], told.data["kept"]) == (0, 1)
    assert await queued(office, hook) == ids


# The log


async def test_deliveries_are_joined_with_the_runs_they_started(
    core: Server, office: "Office"
) -> None:
    hook, _ = await live(office)
    sent = (await core.call("hook_send_test", hook_id=hook, body={"n": 1})).data
    told = (await core.call("hook_log_list", hook_id=hook)).data
    [row] = told["deliveries"]
    assert (row["status"], row["execution_id"]) == ("ok", sent["execution"]["execution_id"])


async def test_deliveries_too_close_together_are_joined_with_nothing(
    core: Server, office: "Office"
) -> None:
    hook, _ = await live(office)
    await office.deliver(hook, {"n": 1})
    await office.deliver(hook, {"n": 2})
    told = (await core.call("hook_log_list", hook_id=hook)).data
    assert len(told["deliveries"]) == 2
    assert not any("execution_id" in row for row in told["deliveries"])


async def test_the_log_is_filtered_by_status_and_time(core: Server, office: "Office") -> None:
    hook = await office.hook()
    await office.deliver(hook, {"n": 1})
    failed = (await core.call("hook_log_list", hook_id=hook, status="failed")).data
    assert failed["deliveries"] == []
    later = await core.call("hook_log_list", hook_id=hook, from_time="2999-01-01T00:00:00Z")
    assert later.data["deliveries"] == []
    both = (await core.call("hook_log_list", hook_id=hook, status="ok")).data
    assert len(both["deliveries"]) == 1
