"""Incomplete executions: found, shown, corrected, retried, deleted."""

from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server
from narrow import server_with

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Shelf

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_looks")]

NONE = "0" * 32


def ids(told: dict[str, Any]) -> list[str]:
    return [row["id"] for row in told["incomplete_executions"]]


def mend(value: str = '{"a": 1}') -> dict[str, Any]:
    return {"op": "set_mapper", "module": 2, "name": "json", "value": value}


# Finding


async def test_a_scenarios_list_tells_reason_and_attempts_newest_first(
    core: Server, shelf: "Shelf"
) -> None:
    scenario = await shelf.scenario()
    made = await shelf.fail(scenario, "no json", "nor this")
    told = (await core.call("incomplete_execution_list", scenario_id=scenario)).data
    assert ids(told) == made[::-1]
    row = told["incomplete_executions"][0]
    assert (row["scenario_id"], row["attempts"], "resolved" in row) == (scenario, 0, False)
    assert row["reason"] == (await shelf.rows(scenario))[1]["reason"]
    assert (await core.call("incomplete-executions_list", scenario_id=scenario)).data == told


async def test_a_teams_list_asks_only_scenarios_that_have_some(
    core: Server, shelf: "Shelf"
) -> None:
    one, other = await shelf.scenario("One"), await shelf.scenario("Other")
    await shelf.scenario("Empty")
    made = [*await shelf.fail(one, "x"), *await shelf.fail(other, "y")]
    await shelf.company.control("DELETE", "/requests")
    told = (await core.call("incomplete_execution_list", team_id=shelf.team)).data
    rows = {row["id"]: row["scenario"] for row in told["incomplete_executions"]}
    assert rows == dict(zip(made, ["One", "Other"], strict=True))
    seen = (await shelf.company.control("GET", "/requests"))["requests"]
    assert len([one for one in seen if one["path"].endswith("/dlqs")]) == 2


async def test_a_team_without_any_has_an_empty_list(core: Server, shelf: "Shelf") -> None:
    await shelf.scenario()
    told = (await core.call("incomplete_execution_list", team_id=shelf.team)).data
    assert (told["incomplete_executions"], told["total"]) == ([], 0)


async def test_the_list_narrows_by_state_reason_and_time_and_names_the_module(
    core: Server, shelf: "Shelf"
) -> None:
    scenario = await shelf.scenario()
    one, other = await shelf.fail(scenario, "no", "no")
    await core.call("incomplete_execution_update", dlq_id=one, ops=[mend()])
    await core.call("incomplete_execution_retry", dlq_ids=[one])

    async def listed(**args: Any) -> list[str]:
        told = await core.call("incomplete_execution_list", scenario_id=scenario, **args)
        return ids(told.data)

    assert await listed() == [other]
    assert await listed(state="resolved") == [one]
    assert await listed(state="all") == [other, one]
    assert await listed(reason_contains="JSON") == [other]
    assert await listed(reason_contains="nothing of the kind") == []
    assert await listed(since="1h") == [other]
    assert await listed(until="1h") == []
    named = await core.call("incomplete_execution_list", scenario_id=scenario, with_module=True)
    assert named.data["incomplete_executions"][0]["module"] == "2"


async def test_two_pages_hold_all_once(core: Server, shelf: "Shelf") -> None:
    scenario = await shelf.scenario()
    made = await shelf.fail(scenario, *"abcde")
    ask = {"scenario_id": scenario, "limit": 3}
    first = (await core.call("incomplete_execution_list", **ask)).data
    second = await core.call("incomplete_execution_list", **ask, cursor=first["next_cursor"])
    assert ids(first) + ids(second.data) == made[::-1]


# One


async def test_one_shows_the_failed_module_its_error_and_its_data(
    core: Server, shelf: "Shelf"
) -> None:
    scenario = await shelf.scenario()
    [ident] = await shelf.fail(scenario, "no json")
    told = (await core.call("incomplete_execution_get", dlq_id=ident)).data
    assert told["failed_module_id"] == 2
    assert told["failed_module"] == "Read the order (json:ParseJSON)"
    assert told["error_type"]
    assert told["bundles"]["1"]["order"] == "no json"
    runs = (await shelf.company.get(f"/scenarios/{scenario}/logs"))["scenarioLogs"]
    assert told["execution_id"] in {run["id"] for run in runs}


async def test_one_is_compared_with_the_live_blueprint(core: Server, shelf: "Shelf") -> None:
    scenario = await shelf.scenario()
    [ident] = await shelf.fail(scenario, "no json")
    ask = {"dlq_id": ident, "include": ["blueprint", "logs"]}
    same = (await core.call("incomplete_execution_get", **ask)).data
    assert (same["changed_since"], same["changes"], same["logs"]) == (False, [], [])
    await core.apply("scenario_patch", scenario_id=scenario, ops=[mend("{}")])
    now = (await core.call("incomplete_execution_get", **ask)).data
    assert now["changed_since"] is True
    assert "{{1.order}}" in now["changes"][0]
    assert "bundles" not in now


async def test_one_that_does_not_exist_is_told(core: Server, shelf: "Shelf") -> None:
    told = await core.call("incomplete_execution_get", dlq_id=NONE)
    assert told.error["code"] == "not_found"
    wrong = await core.call("incomplete_execution_get", dlq_id="12")
    assert wrong.error["code"] == "invalid_arguments"


async def test_a_token_without_the_scope_is_told_which(
    company: Company, shelf: "Shelf", tmp_path: "Path"
) -> None:
    held = ("organizations:read", "teams:read", "scenarios:read")
    async with server_with(company, tmp_path, *held) as server:
        told = await server.call("incomplete_execution_list", team_id=shelf.team)
    assert "dlqs:read" in told.text
    assert told.error["code"] == "missing_scope"


# Correcting


async def test_a_correction_is_planned_saved_and_taken_back(core: Server, shelf: "Shelf") -> None:
    scenario = await shelf.scenario()
    one, other = await shelf.fail(scenario, "no", "no")
    before = await shelf.company.get(f"/dlqs/{one}/blueprint")
    given = {"dlq_id": one, "ops": [mend()]}
    planned = (await core.call("incomplete_execution_update", **given, dry_run=True)).data["plan"]
    assert await shelf.company.get(f"/dlqs/{one}/blueprint") == before
    done = (await core.call("incomplete_execution_update", **given)).data
    assert (done["changed"], done["diff"]) == (True, planned["diff"])
    assert done["failed_module"] == "Read the order (json:ParseJSON)"
    now = await shelf.company.get(f"/dlqs/{one}/blueprint")
    assert now["response"]["blueprint"]["flow"][1]["mapper"]["json"] == '{"a": 1}'
    live = (await shelf.company.get(f"/scenarios/{scenario}/blueprint"))["response"]
    assert live["blueprint"]["flow"][1]["mapper"]["json"] == "{{1.order}}"
    assert (await shelf.company.get(f"/dlqs/{other}/blueprint"))["response"] == before["response"]
    again = (await core.call("incomplete_execution_update", **given)).data
    assert again["changed"] is False
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert await shelf.company.get(f"/dlqs/{one}/blueprint") == before


async def test_a_correction_that_brings_faults_is_refused_with_all_of_them(
    core: Server, shelf: "Shelf"
) -> None:
    scenario = await shelf.scenario()
    [ident] = await shelf.fail(scenario, "no")
    await shelf.sent()
    wrong = [mend("{{9.a}}"), {"op": "set_mapper", "module": 77, "name": "x", "value": "1"}]
    told = await core.call("incomplete_execution_update", dlq_id=ident, ops=wrong)
    assert "77" in told.error["problems"][0]["problem"]
    timed = [{"op": "reschedule", "scheduling": {"type": "on-demand"}}]
    refused = await core.call("incomplete_execution_update", dlq_id=ident, ops=timed)
    assert refused.error["problems"][0]["path"] == "ops[0]"
    gone = [{"op": "remove_module", "module": 2}]
    removed = await core.call(
        "incomplete_execution_update", dlq_id=ident, ops=gone, allow_broken_references=True
    )
    assert removed.error["problems"][0]["path"] == "failed_module_id"
    assert await shelf.sent() == []


async def test_the_retry_can_go_on_at_another_module(core: Server, shelf: "Shelf") -> None:
    scenario = await shelf.scenario()
    [ident] = await shelf.fail(scenario, "no")
    done = await core.call("incomplete_execution_update", dlq_id=ident, failed_module_id=3)
    assert done.data["diff"] == ["~ goes on at: module 2 -> module 3"]
    told = (await core.call("incomplete_execution_retry", dlq_ids=[ident])).data
    assert told["resolved"] == 1


async def test_a_resolved_one_is_not_corrected(core: Server, shelf: "Shelf") -> None:
    scenario = await shelf.scenario()
    [ident] = await shelf.fail(scenario, "no")
    await core.call("incomplete_execution_update", dlq_id=ident, ops=[mend()])
    await core.call("incomplete_execution_retry", dlq_ids=[ident])
    told = await core.call("incomplete_execution_update", dlq_id=ident, ops=[mend("{}")])
    assert told.error["code"] == "resolved"


# Retrying


async def test_a_retry_tells_that_it_failed_again_or_was_resolved(
    core: Server, shelf: "Shelf"
) -> None:
    scenario = await shelf.scenario()
    [ident] = await shelf.fail(scenario, "no")
    [row] = (await core.call("incomplete_execution_retry", dlq_ids=[ident])).data[
        "incomplete_executions"
    ]
    assert (row["outcome"], "JSON" in row["reason"]) == ("failed", True)
    await core.call("incomplete_execution_update", dlq_id=ident, ops=[mend()])
    [row] = (await core.call("incomplete_execution_retry", dlq_ids=[ident])).data[
        "incomplete_executions"
    ]
    logs = (await shelf.company.get(f"/dlqs/{ident}/logs"))["dlqLogs"]
    assert (row["outcome"], row["execution_id"]) == ("resolved", logs[0]["id"])
    [row] = (await core.call("incomplete_execution_retry", dlq_ids=[ident])).data[
        "incomplete_executions"
    ]
    assert row["outcome"] == "was_resolved"
    assert len(logs) == 2


async def test_after_many_retries_exactly_the_successes_are_gone(
    core: Server, shelf: "Shelf"
) -> None:
    scenario = await shelf.scenario()
    made = await shelf.fail(scenario, *"abcdef")
    for ident in made[:4]:
        await core.call("incomplete_execution_update", dlq_id=ident, ops=[mend()])
    await shelf.sent()
    given = {"scenario_id": scenario, "all": True, "except_ids": [made[3]]}
    planned = (await core.call("incomplete_execution_retry", **given)).data["plan"]
    assert (await shelf.sent(), "5 retries" in planned["confirm_because"][0]) == ([], True)
    told = await core.call("incomplete_execution_retry", **given, plan_id=planned["plan_id"])
    done = told.data
    assert (done["retried"], done["resolved"], done["failed"], done["pending"]) == (5, 3, 2, 0)
    assert await shelf.sent() == ["POST /api/v2/dlqs/retry"]
    assert await shelf.unresolved(scenario) == made[3:]


async def test_a_plan_to_retry_is_void_once_one_of_them_was_retried(
    core: Server, shelf: "Shelf"
) -> None:
    scenario = await shelf.scenario()
    one, other = await shelf.fail(scenario, "a", "b")
    given = {"dlq_ids": [one, other]}
    plan_id = (await core.call("incomplete_execution_retry", **given)).data["plan"]["plan_id"]
    await core.call("incomplete_execution_retry", dlq_ids=[one])
    told = await core.call("incomplete_execution_retry", **given, plan_id=plan_id)
    assert told.error["code"] == "plan_void"


async def test_unclear_and_unknown_choices_are_refused(core: Server, shelf: "Shelf") -> None:
    scenario = await shelf.scenario()
    [ident] = await shelf.fail(scenario, "a")
    for tool in ("incomplete_execution_retry", "incomplete_execution_delete"):
        both = await core.call(tool, dlq_ids=[ident], all=True, except_ids=[NONE])
        neither = await core.call(tool, scenario_id=scenario)
        unknown = await core.call(tool, dlq_ids=[ident, NONE])
        assert [p["path"] for p in both.error["problems"]] == ["dlq_ids", "scenario_id"]
        assert neither.error["code"] == "invalid_arguments"
        assert (unknown.error["code"], NONE in unknown.text) == ("not_found", True)
    assert await shelf.unresolved(scenario) == [ident]


async def test_a_retry_that_does_not_end_in_time_is_pending(core: Server, shelf: "Shelf") -> None:
    scenario = await shelf.scenario()
    [ident] = await shelf.fail(scenario, "a")
    told = (await core.call("incomplete_execution_retry", dlq_ids=[ident], wait=0)).data
    assert (told["pending"], told["incomplete_executions"][0]["outcome"]) == (1, "pending")


# Deleting


async def test_deleting_hands_out_what_was_kept_and_cannot_be_taken_back(
    core: Server, shelf: "Shelf"
) -> None:
    scenario = await shelf.scenario()
    one, other = await shelf.fail(scenario, "first", "second")
    planned = (await core.call("incomplete_execution_delete", dlq_ids=[one])).data["plan"]
    assert planned["undo"].startswith("Not possible")
    assert await shelf.ids(scenario) == [one, other]
    told = await core.call("incomplete_execution_delete", dlq_ids=[one], plan_id=planned["plan_id"])
    [kept] = told.data["exported"]
    assert (kept["id"], kept["failed_module_id"], kept["bundles"]["1"]["order"]) == (
        one,
        2,
        "first",
    )
    assert (told.data["ids"], await shelf.ids(scenario)) == ([one], [other])


async def test_deleting_all_needs_the_scenarios_name(core: Server, shelf: "Shelf") -> None:
    scenario = await shelf.scenario("Read orders")
    made = await shelf.fail(scenario, "a", "b", "c")
    given = {"scenario_id": scenario, "all": True, "export": False}
    assert (await core.call("incomplete_execution_delete", **given)).error["code"] == "name_needed"
    wrong = await core.call("incomplete_execution_delete", **given, scenario_name="read orders")
    assert wrong.error["problems"][0]["path"] == "scenario_name"
    named = {**given, "scenario_name": "Read orders", "except_ids": [made[1]]}
    told = (await core.apply("incomplete_execution_delete", **named)).data
    assert (told["deleted"], "exported" in told) == (2, False)
    assert await shelf.ids(scenario) == [made[1]]
    rest = {**named, "except_ids": made}
    assert (await core.call("incomplete_execution_delete", **rest)).data["changed"] is False


@pytest.mark.parametrize(
    ("tool", "more"),
    [
        ("incomplete_execution_retry", {"all": True}),
        ("incomplete_execution_delete", {"all": True, "scenario_name": "Read orders"}),
        ("incomplete_execution_bulk_resolve", {"rules": [{"action": "retry"}]}),
    ],
)
async def test_what_was_retried_or_deleted_cannot_be_taken_back_and_that_is_said(
    core: Server, shelf: "Shelf", tool: str, more: dict[str, Any]
) -> None:
    scenario = await shelf.scenario()
    await shelf.fail(scenario, "a", "b")
    ask = {"scenario_id": scenario, **more}
    plan = (await core.call(tool, **ask)).data["plan"]
    assert plan["undo"].startswith("Not possible: ")
    await shelf.sent()
    done = (await core.call(tool, **ask, plan_id=plan["plan_id"])).data
    sent = await shelf.sent()
    assert sent == [f"{one['method']} /api/v2{one['path']}" for one in plan["requests"]]
    after = await shelf.rows(scenario)
    told = await core.call("operation_undo", operation_id=done["operation_id"])
    assert told.error["code"] == "not_undoable"
    assert (await shelf.rows(scenario), await shelf.sent()) == (after, [])
