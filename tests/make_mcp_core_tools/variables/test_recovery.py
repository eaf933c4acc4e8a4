"""Incomplete executions in numbers: what failed alike, and rules for many at once."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from harness import Company, Server
from hypothesis import given
from hypothesis import strategies as st
from make_mcp_core_tools._engine.incomplete_executions import normalized, pattern_of
from narrow import server_with

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Shelf

pytestmark = pytest.mark.usefixtures("quick_looks")


def mend() -> dict[str, Any]:
    return {"op": "set_mapper", "module": 2, "name": "json", "value": '{"a": 1}'}


# Alike


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Order 17 is unknown", "Order 4,711.50 is unknown"),
        ("No user “Ann Lee”", "No user “Bo”"),
        ("GET https://a.example/x?y=1 failed", "GET https://b.example/ failed"),
        ("ann@example.org bounced", "bo.lee@example.com bounced"),
        ("Row a1b2c3d4e5f6 is gone", "Row 99887766aabb is gone"),
        ("Late since 2026-10-05T08:00:00Z", "Late since 2026-11-06"),
    ],
)
def test_texts_that_differ_in_data_only_are_alike(one: str, other: str) -> None:
    assert pattern_of(one) == pattern_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Order is unknown", "Order is closed"), ("Access denied", "Access granted")],
)
def test_texts_that_say_something_else_are_not(one: str, other: str) -> None:
    assert pattern_of(one) != pattern_of(other)


@given(st.integers(), st.integers(), st.uuids(), st.uuids())
def test_no_number_and_no_id_tells_texts_apart(one: int, other: int, row: UUID, next: UUID) -> None:
    text = "Order {} of {} failed with 'timeout {}'"
    assert pattern_of(text.format(one, row, other)) == pattern_of(text.format(other, next, one))


@given(st.text(max_size=3_000))
def test_a_cluster_is_named_by_a_short_text_whatever_the_error(text: str) -> None:
    assert len(normalized(text)) <= 200
    assert re.fullmatch("[0-9a-f]{12}", pattern_of(text))


@pytest.mark.anyio
async def test_clusters_tell_count_time_scenarios_module_and_samples(
    core: Server, shelf: "Shelf"
) -> None:
    one, other = await shelf.scenario("One"), await shelf.scenario("Other")
    first = await shelf.fail(one, "[", "[")
    second = await shelf.fail(other, "[")
    told = (await core.call("analyze-execution-failure-patterns", team_id=shelf.team)).data
    assert told["counted"] == sum(cluster["count"] for cluster in told["clusters"]) == 3
    cluster = told["clusters"][0]
    assert (cluster["count"], cluster["unresolved"]) == (3, 3)
    assert [(row["name"], row["count"]) for row in cluster["scenarios"]] == [
        ("One", 2),
        ("Other", 1),
    ]
    assert cluster["scenarios"][0]["module"] == "Read the order (json:ParseJSON)"
    assert cluster["sample_ids"] == [*second, *first[::-1]]
    assert cluster["first"] <= cluster["last"]
    assert cluster["error_type"]
    listed = await core.call(
        "incomplete_execution_list", team_id=shelf.team, pattern=cluster["pattern"]
    )
    assert listed.data["total"] == 3


@pytest.mark.anyio
async def test_no_incomplete_executions_are_no_clusters(core: Server, shelf: "Shelf") -> None:
    await shelf.scenario()
    told = (await core.call("incomplete_execution_pattern_get", team_id=shelf.team)).data
    assert (told["clusters"], told["counted"]) == ([], 0)
    strange = await core.call("incomplete_execution_pattern_get", scenario_id=999_999)
    assert strange.error["code"] in {"not_found", "forbidden"}


# Rules


@pytest.mark.anyio
async def test_the_first_rule_that_fits_decides_and_the_rest_stays(
    core: Server, shelf: "Shelf"
) -> None:
    scenario = await shelf.scenario()
    made = await shelf.fail(scenario, *"abcd")
    await core.call("incomplete_execution_update", dlq_id=made[0], ops=[mend()])
    await core.call("incomplete_execution_retry", dlq_ids=[made[1]])
    kind = (await core.call("incomplete_execution_get", dlq_id=made[3])).data["error_type"]
    rules = [
        {"action": "delete", "min_attempts": 1, "module_id": 2},
        {"action": "skip", "error_type": "SomethingElse"},
        {"action": "retry", "error_type": kind, "reason_contains": "json"},
    ]
    given = {"scenario_id": scenario, "rules": rules, "max": 3}
    await shelf.sent()
    planned = (await core.call("incomplete_execution_bulk_resolve", **given)).data["plan"]
    assert await shelf.sent() == []
    assert planned["undo"].startswith("Not possible")
    told = await core.call("incomplete_execution_bulk_resolve", **given, plan_id=planned["plan_id"])
    done = told.data
    counts = {name: done[name] for name in ("resolved", "failed", "deleted", "beyond_max")}
    assert counts == {"resolved": 1, "failed": 1, "deleted": 1, "beyond_max": 1}
    assert [one["bundles"]["1"]["order"] for one in done["exported"]] == ["b"]
    assert await shelf.unresolved(scenario) == made[2:]
    assert await shelf.sent() == ["POST /api/v2/dlqs/retry", "DELETE /api/v2/dlqs"]


@pytest.mark.anyio
async def test_a_rule_never_exceeds_its_max_and_the_next_call_goes_on(
    core: Server, shelf: "Shelf"
) -> None:
    scenario = await shelf.scenario()
    made = await shelf.fail(scenario, *"abcde")
    given = {
        "scenario_id": scenario,
        "rules": [{"action": "delete", "reason_contains": "json"}],
        "max": 2,
        "export": False,
    }
    left: list[int] = []
    for _ in range(3):
        told = (await core.apply("incomplete_execution_bulk_resolve", **given)).data
        left.append(len(await shelf.ids(scenario)))
        assert told["deleted"] <= 2
    assert left == [3, 1, 0]
    assert made
    nothing = (await core.call("incomplete_execution_bulk_resolve", **given)).data
    assert nothing["changed"] is False


@pytest.mark.anyio
async def test_calls_refused_for_their_number_leave_the_rest_for_the_next_call(
    company: Company, shelf: "Shelf", tmp_path: "Path"
) -> None:
    scenario = await shelf.scenario()
    await shelf.fail(scenario, *"abcd")
    given = {
        "scenario_id": scenario,
        "rules": [{"action": "delete", "module_id": 2}],
        "export": False,
    }
    busy = {"path": "/bundle$", "status": 429, "body": {"message": "limit"}, "after": 3}
    await company.control("POST", "/faults", busy)
    async with server_with(company, tmp_path / "first", "*") as server:
        planned = (await server.call("incomplete_execution_bulk_resolve", **given)).data["plan"]
    assert planned["requests"][0]["body"]["ids"] == (await shelf.ids(scenario))[:3]
    await company.control("DELETE", "/faults")
    async with server_with(company, tmp_path / "a minute later", "*") as server:
        told = (await server.apply("incomplete_execution_bulk_resolve", **given)).data
    assert (told["deleted"], await shelf.ids(scenario)) == (4, [])


@pytest.mark.anyio
async def test_what_no_rule_fits_and_what_is_skipped_stays(core: Server, shelf: "Shelf") -> None:
    scenario = await shelf.scenario()
    made = await shelf.fail(scenario, "a", "b")
    ask = {"scenario_id": scenario}
    none = await core.call(
        "incomplete_execution_bulk_resolve",
        **ask,
        rules=[{"action": "retry", "created_before": "1h"}],
    )
    skip = await core.call("incomplete_execution_bulk_resolve", **ask, rules=[{"action": "skip"}])
    assert (none.data["unmatched"], skip.data["skipped"]) == (2, 2)
    assert await shelf.unresolved(scenario) == made


@pytest.mark.anyio
async def test_a_rule_that_would_delete_everything_is_refused(core: Server, shelf: "Shelf") -> None:
    scenario = await shelf.scenario()
    [ident] = await shelf.fail(scenario, "a")
    told = await core.call(
        "bulk-resolve-incomplete-executions", scenario_id=scenario, rules=[{"action": "delete"}]
    )
    assert told.error["problems"][0]["path"] == "rules[0]"
    assert await shelf.ids(scenario) == [ident]


async def with_connection(shelf: "Shelf", name: str) -> tuple[int, int]:
    """A scenario whose failing module is bound to a connection."""
    body = {"accountName": name, "accountType": "openai-gpt-3", "apiKey": "not-a-key"}
    made = await shelf.company.send(
        "POST", "/connections", body | {"organizationId": "org"}, teamId=shelf.team
    )
    connection = int(made["connection"]["id"])
    return await shelf.scenario(name, parameters={"__IMTCONN__": connection}), connection


@pytest.mark.anyio
async def test_a_group_whose_connection_is_dead_is_held_back_until_it_works(
    core: Server, shelf: "Shelf"
) -> None:
    dead, connection = await with_connection(shelf, "Dead")
    alive, _ = await with_connection(shelf, "Alive")
    held = await shelf.fail(dead, "a", "b")
    free = await shelf.fail(alive, "c")
    for ident in (*held, *free):
        await core.call("incomplete_execution_update", dlq_id=ident, ops=[mend()])
    state = {"connections": {str(connection): {"state": "broken"}}}
    await shelf.company.control("PATCH", "/world", state)
    given = {"team_id": shelf.team, "rules": [{"action": "retry"}]}
    told = (await core.apply("incomplete_execution_bulk_resolve", **given)).data
    [row] = told["held_back"]
    assert (row["scenario_id"], row["connection_id"], row["count"]) == (dead, connection, 2)
    assert (told["resolved"], await shelf.unresolved(dead)) == (1, held)
    state["connections"][str(connection)]["state"] = "valid"
    await shelf.company.control("PATCH", "/world", state)
    again = (await core.apply("incomplete_execution_bulk_resolve", **given)).data
    assert (again["resolved"], "held_back" in again and again["held_back"]) == (2, [])
    assert await shelf.unresolved(dead) == []


@pytest.mark.anyio
async def test_after_a_connection_is_mended_the_count_falls_by_the_successes_alone(
    core: Server, shelf: "Shelf"
) -> None:
    scenario, connection = await with_connection(shelf, "Mended later")
    made = await shelf.fail(scenario, *"abcdefg")
    for ident in made[::2]:
        await core.call("incomplete_execution_update", dlq_id=ident, ops=[mend()])
    given = {"scenario_id": scenario, "rules": [{"action": "retry"}]}
    for state, resolved in (("broken", 0), ("valid", 4)):
        change = {"connections": {str(connection): {"state": state}}}
        await shelf.company.control("PATCH", "/world", change)
        before = len(await shelf.unresolved(scenario))
        told = (await core.call("incomplete_execution_bulk_resolve", **given)).data
        if plan := told.get("plan"):
            ask = {**given, "plan_id": plan["plan_id"]}
            told = (await core.call("incomplete_execution_bulk_resolve", **ask)).data
        assert (told["resolved"], told["failed"]) == (resolved, 3 if resolved else 0)
        assert before - len(await shelf.unresolved(scenario)) == resolved
    assert await shelf.unresolved(scenario) == made[1::2]
    holder = (await shelf.company.get(f"/scenarios/{scenario}"))["scenario"]
    assert holder["dlqCount"] == 3


@pytest.mark.anyio
async def test_without_the_right_to_test_connections_that_is_told(
    company: Company, shelf: "Shelf", tmp_path: "Path"
) -> None:
    scenario, _ = await with_connection(shelf, "Some")
    await shelf.fail(scenario, "a")
    held = ("organizations:read", "teams:read", "scenarios:read", "dlqs:read", "dlqs:write")
    async with server_with(company, tmp_path, *held) as server:
        planned = await server.call(
            "incomplete_execution_bulk_resolve",
            scenario_id=scenario,
            rules=[{"action": "retry"}],
        )
    assert "connections:write" in planned.data["plan"]["warnings"][0]


@pytest.mark.anyio
async def test_spans_back_count_from_the_time_at_make(
    company: Company, shelf: "Shelf", tmp_path: "Path"
) -> None:
    scenario = await shelf.scenario()
    made = await shelf.fail(scenario, "a")
    clock = company.mounted.sandbox.world.clock
    clock.freeze(clock.now() + timedelta(days=10))
    try:
        async with server_with(company, tmp_path, "*") as server:
            for span, count in (("11d", 1), ("9d", 0)):
                told = await server.call(
                    "incomplete_execution_list", scenario_id=scenario, since=span
                )
                assert told.data["total"] == count
                told = await server.call(
                    "incomplete_execution_pattern_get", scenario_id=scenario, since=span
                )
                assert told.data["counted"] == count
                rules = [{"action": "skip", "created_before": span}]
                told = await server.call(
                    "incomplete_execution_bulk_resolve", scenario_id=scenario, rules=rules
                )
                assert told.data["skipped"] == 1 - count
    finally:
        clock.release()
    assert await shelf.ids(scenario) == made
