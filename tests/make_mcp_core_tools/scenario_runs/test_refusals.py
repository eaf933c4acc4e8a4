"""Each tool about runs: ids that do not exist or belong elsewhere, missing scopes, undo."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server
from narrow import server_with

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio

NOBODY = "0123456789abcdef" * 2
RUNS = "scenario_execution_"
NEEDED: dict[str, dict[str, Any]] = {
    "scenario_run": {},
    "scenario_replay": {"execution_id": NOBODY},
    f"{RUNS}list": {},
    f"{RUNS}get": {"execution_id": NOBODY},
    f"{RUNS}module_get": {"execution_id": NOBODY, "module_id": 1},
    f"{RUNS}stop": {"execution_id": NOBODY},
    f"{RUNS}compare": {},
    "scenario_troubleshoot": {},
}
STARTING = ("scenario_run", "scenario_replay", f"{RUNS}stop")


async def done(floor: "Floor") -> tuple[int, str]:
    """A scenario that has run once."""
    ident = await floor.scenario(floor.start, floor.parsing(2, "{}"))
    answer = await floor.company.send("POST", f"/scenarios/{ident}/run", {"responsive": True})
    return ident, str(answer["executionId"])


@pytest.mark.parametrize("tool", NEEDED)
async def test_a_scenario_that_does_not_exist_is_told_with_the_list_of_those_that_do(
    core: Server, tool: str
) -> None:
    told = await core.call(tool, scenario_id=999_999, **NEEDED[tool])
    assert told.error["code"] == "not_found"
    assert "scenario_list" in told.error["next_step"]


@pytest.mark.parametrize("tool", [tool for tool, more in NEEDED.items() if "execution_id" in more])
async def test_a_run_of_another_scenario_is_not_told_as_one_of_this(
    core: Server, floor: "Floor", tool: str
) -> None:
    _, run = await done(floor)
    other = await floor.scenario(floor.start, floor.parsing(2, "{}"))
    told = await core.call(tool, scenario_id=other, **NEEDED[tool] | {"execution_id": run})
    assert told.error["code"] == "not_found"
    assert f"scenario_id={other}" in told.error["next_step"]
    assert await floor.starts(other) == 0


@pytest.mark.parametrize("tool", STARTING)
async def test_a_token_that_may_not_run_scenarios_starts_and_stops_nothing(
    floor: "Floor", company: Company, tmp_path: Path, tool: str
) -> None:
    ident, run = await done(floor)
    arguments = {k: run if k == "execution_id" else v for k, v in NEEDED[tool].items()}
    scopes = ("scenarios:read", "teams:read", "organizations:read", "user:read")
    async with server_with(company, tmp_path / "narrow", *scopes) as server:
        told = await server.call(tool, scenario_id=ident, **arguments)
    assert told.result.is_error
    assert "scenarios:run" in told.text
    assert await floor.starts(ident) == 1
    assert not await floor.sent("POST", "/stop")


async def test_a_health_report_skips_what_the_token_may_not_list_and_says_so(
    floor: "Floor", company: Company, tmp_path: Path
) -> None:
    scopes = ("scenarios:read", "teams:read", "organizations:read", "user:read")
    async with server_with(company, tmp_path / "narrow", *scopes) as server:
        told = (await server.call("scenario_health_report", team_id=floor.team)).data
    assert told["scenarios"]
    assert len(told["skipped"]) == 2
    assert (told["dead_connections"], told["stuck_queues"]) == ([], [])


async def test_a_troubleshoot_tells_each_check_that_the_token_does_not_allow(
    floor: "Floor", company: Company, tmp_path: Path
) -> None:
    connections = (await company.get("/connections", teamId=floor.team))["connections"]
    bound = {"__IMTCONN__": connections[0]["id"]}
    step = floor.parsing(2, "{}") | {"module": "slack:CreateMessage", "parameters": bound}
    ident = await floor.scenario(floor.start, step)
    async with server_with(company, tmp_path / "narrow", "scenarios:read") as server:
        told = (await server.call("scenario_troubleshoot", scenario_id=ident)).data
    skipped = {skip["check"]: skip["why"] for skip in told["skipped"]}
    assert {"connections", "connection tests", "team"} <= set(skipped)
    assert "connections:read" in skipped["connections"]
    assert "connections:write" in skipped["connection tests"]
    assert f"{len(told['skipped'])} skipped" in told["summary"]


async def test_a_run_a_replay_and_a_stop_cannot_be_undone_and_say_why(
    core: Server, floor: "Floor"
) -> None:
    ident, _ = await done(floor)
    first = (await core.call("scenario_run", scenario_id=ident)).data["execution_id"]
    await core.apply("scenario_replay", scenario_id=ident, execution_id=first)
    await floor.freeze()
    long = await floor.scenario(floor.start, floor.sleeping(2, "300"))
    run = (await core.call("scenario_run", scenario_id=long, wait_seconds=0)).data["execution_id"]
    await core.apply(f"{RUNS}stop", scenario_id=long, execution_id=run)
    begun = await floor.starts(ident), await floor.starts(long)
    listed = (await core.call("operation_list", limit=10)).data["operations"]
    assert {row["tool"] for row in listed} >= set(STARTING)
    for row in listed:
        told = await core.call("operation_undo", operation_id=row["operation_id"])
        assert told.result.is_error, told.text
    assert (await floor.starts(ident), await floor.starts(long)) == begun


async def test_a_scenario_without_runs_gives_an_empty_list(core: Server, floor: "Floor") -> None:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{}"))
    told = (await core.call(f"{RUNS}list", scenario_id=ident)).data
    assert told["executions"] == []
    assert "next_cursor" not in told
    report = await core.call("scenario_health_report", team_id=floor.team, since="1m")
    row = next(one for one in report.data["scenarios"] if one["id"] == ident)
    assert (row["runs"], row["failed"], "error_rate" in row) == (0, 0, False)
