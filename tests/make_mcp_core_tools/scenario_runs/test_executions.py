"""Executions: lists with real filters, one run in depth, its modules, stopping it."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Connect, Server
from make_mcp_core_tools._engine import run_history, run_modules, run_watch
from mcp.types import TextResourceContents
from regressions import failure

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio

TEXT = [{"name": "text", "type": "text"}]


async def runs(floor: "Floor", ident: int, *texts: str) -> list[str]:
    """Run a scenario behind our server's back, once for each text; gives the ids in order."""
    ids: list[str] = []
    for text in texts:
        body = {"data": {"text": text}, "responsive": True}
        answer = await floor.company.send("POST", f"/scenarios/{ident}/run", body)
        ids.append(answer["executionId"])
    return ids


async def parser(floor: "Floor", **more: Any) -> int:
    """A scenario that fails when its input is no JSON."""
    step = floor.parsing(2, "{{var.input.text}}")
    return await floor.scenario(floor.start, step, inputs=TEXT, **more)


async def test_runs_are_listed_newest_first_in_rows_of_at_most_200_bytes(
    core: Server, floor: "Floor"
) -> None:
    ident = await parser(floor)
    ids = await runs(floor, ident, "{}", "{broken", "[]")
    rows = (await core.call("scenario_execution_list", scenario_id=ident)).data["executions"]
    assert [row["id"] for row in rows] == ids[::-1]
    assert [row["status"] for row in rows] == ["success", "error", "success"]
    assert rows[1]["error"]
    assert max(len(json.dumps(row, separators=(",", ":"))) for row in rows) <= 200


async def test_status_and_time_filters_reach_make(core: Server, floor: "Floor") -> None:
    ident = await parser(floor)
    ids = await runs(floor, ident, "{}", "{broken")
    failed = await core.call("scenario_execution_list", scenario_id=ident, status=["error"])
    assert [row["id"] for row in failed.data["executions"]] == ids[1:]
    none = await core.call(
        "scenario_execution_list", scenario_id=ident, **{"from": "2020-01-01", "to": "2020-02-01"}
    )
    assert none.data["executions"] == []
    asked = (await floor.sent("GET", f"/scenarios/{ident}/logs"))[-1]
    assert "1577836800000" in json.dumps(asked)


async def test_edits_and_switches_stand_apart_from_runs(core: Server, floor: "Floor") -> None:
    ident = await parser(floor)
    await runs(floor, ident, "{}")
    plain = (await core.call("scenario_execution_list", scenario_id=ident)).data
    assert "events" not in plain
    told = await core.call("scenario_execution_list", scenario_id=ident, include_events=True)
    assert len(told.data["executions"]) == 1
    assert "start" in {event["event"] for event in told.data["events"]}


async def test_pages_of_one_scenario_miss_and_repeat_nothing(core: Server, floor: "Floor") -> None:
    ident = await parser(floor)
    ids = await runs(floor, ident, *["{}"] * 5)
    assert await all_pages(core, scenario_id=ident, limit=2) == ids[::-1]


async def test_pages_of_a_team_are_merged_by_time(
    core: Server, floor: "Floor", company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = (await company.send("POST", "/teams", {"name": "Yard", "organizationId": 1}))["team"]
    yard = type(floor)(company, int(team["id"]))
    one, other = await parser(yard, name="One"), await parser(yard, name="Other")
    ids: list[str] = []
    for ident in (one, other, one, other, other, one):
        ids += await runs(yard, ident, "{}")
    assert await all_pages(core, team_id=yard.team, limit=2) == ids[::-1]
    monkeypatch.setattr(run_history, "MOST_SCENARIOS", 1)
    cut = (await core.call("scenario_execution_list", team_id=yard.team)).data
    assert "1 of 2 scenarios" in cut["warnings"][0]


async def all_pages(core: Server, **arguments: Any) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(20):
        page = (await core.call("scenario_execution_list", **arguments, **cursor)).data
        found += [row["id"] for row in page["executions"]]
        if "next_cursor" not in page:
            return found
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("the pages do not end")


async def test_a_made_up_cursor_and_a_wrong_time_are_refused(core: Server, floor: "Floor") -> None:
    ident = await parser(floor)
    told = await core.call("scenario_execution_list", scenario_id=ident, cursor="c25")
    assert "not a cursor" in told.error["what"]
    wrong = await core.call("scenario_execution_list", scenario_id=ident, since="yesterday")
    assert wrong.error["problems"][0]["path"] == "since"


async def test_one_run_tells_cost_version_and_the_module_that_failed(
    core: Server, floor: "Floor"
) -> None:
    ident = await parser(floor)
    (failed,) = await runs(floor, ident, "{broken")
    told = (
        await core.call(
            "scenario_execution_get",
            scenario_id=ident,
            execution_id=failed,
            include=["modules", "outputs"],
        )
    ).data
    assert (told["status"], told["error"]["module_id"]) == ("error", 2)
    assert told["error"]["module"] == "Read the order (json:ParseJSON)"
    assert told["blueprint_version"] >= 1
    assert told["operations"] >= 1
    rows = {row["module_id"]: row for row in told["modules"]}
    assert rows[2]["status"] == "error"
    assert rows[2]["messages"]


async def test_modules_are_named_by_the_version_the_run_was_made_with(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident = await parser(floor)
    (failed,) = await runs(floor, ident, "{broken")
    answer = await company.get(f"/scenarios/{ident}/blueprint")
    blueprint = answer["response"]["blueprint"]
    blueprint["flow"][1]["metadata"]["designer"]["name"] = "Renamed later"
    body = {"blueprint": json.dumps(blueprint)}
    await company.send("PATCH", f"/scenarios/{ident}", body)
    told = await core.call("scenario_execution_get", scenario_id=ident, execution_id=failed)
    assert told.data["error"]["module"] == "Read the order (json:ParseJSON)"


async def test_errors_that_a_handler_kept_quiet_are_listed(core: Server, floor: "Floor") -> None:
    ignore: dict[str, Any] = {"id": 3, "module": "builtin:Ignore", "version": 1, "mapper": {}}
    ignore["metadata"] = {"designer": {"x": 0, "y": 0}}
    step = floor.parsing(2, "{{var.input.text}}", onerror=[ignore])
    ident = await floor.scenario(floor.start, step, inputs=TEXT)
    (quiet,) = await runs(floor, ident, "{broken")
    told = (await core.call("scenario_execution_get", scenario_id=ident, execution_id=quiet)).data
    assert told["status"] == "success"
    (hidden,) = told["hidden_errors"]
    assert (hidden["module_id"], hidden["count"]) == (2, 1)
    assert hidden["handled_by"] == "builtin:Ignore"


# F8: malformed execution ids


@pytest.mark.parametrize("form", ["uuid", "upper", "imt", "address", "blank"])
async def test_f8_an_execution_id_in_another_form_is_repaired_and_told(
    core: Server, floor: "Floor", form: str
) -> None:
    ident = await parser(floor)
    (run,) = await runs(floor, ident, "{}")
    given = {
        "uuid": f"{run[:8]}-{run[8:12]}-{run[12:16]}-{run[16:20]}-{run[20:]}",
        "upper": run.upper(),
        "imt": f"1782984474246_scenario.{ident}.manual.{run}",
        "address": f"https://eu1.make.com/1/scenarios/{ident}/logs/{run}?showCheckRuns=false",
        "blank": f" {run} ",
    }[form]
    told = await core.call("scenario_execution_get", scenario_id=ident, execution_id=given)
    assert told.data["execution_id"] == run
    assert any(run in warning for warning in told.data["warnings"])


@pytest.mark.parametrize("given", ["latest", "12", "g" * 32, "0" * 31, "0" * 33])
async def test_f8_what_is_no_execution_id_is_told_with_every_other_fault(
    core: Server, floor: "Floor", given: str
) -> None:
    ident = await parser(floor)
    told = await core.call("scenario_execution_get", scenario_id=ident, execution_id=given, wait=-1)
    problems = {problem["path"]: problem["problem"] for problem in told.error["problems"]}
    assert set(problems) == {"execution_id", "wait"}
    assert "scenario_execution_list" in problems["execution_id"]


async def test_an_unknown_run_is_told_with_the_way_to_look(core: Server, floor: "Floor") -> None:
    ident = await parser(floor)
    told = await core.call("scenario_execution_get", scenario_id=ident, execution_id="0" * 32)
    assert told.error["code"] == "not_found"
    assert "wait=30" in told.error["next_step"]


# F15: executions of many megabytes


async def big(floor: "Floor", size: int) -> tuple[int, str]:
    """A run whose output has about `size` bytes."""
    outputs = [{"name": "text", "type": "text"}]
    ident = await floor.scenario(
        floor.start,
        floor.returning(2, text="{{var.input.text}}"),
        inputs=TEXT,
        outputs=outputs,
    )
    (run,) = await runs(floor, ident, "board " * (size // 6))
    return ident, run


async def test_f15_outputs_above_the_answer_are_cut_and_whole_behind_a_link(
    core: Server, floor: "Floor"
) -> None:
    ident, run = await big(floor, 300_000)
    told = await core.call("scenario_execution_get", scenario_id=ident, execution_id=run)
    assert len(told.text) <= 16_100
    assert told.data["truncated"] is True
    link = told.data["whole"]
    assert link.startswith("make://result/")
    assert len((await resource(core, link))["outputs"]["text"]) == 300_000


@failure(
    "execution detail of tens of megabytes",
    size="outage",
    here="read under a budget, a summary and a link to the rest",
)
async def test_f15_outputs_of_many_megabytes_give_a_summary_and_a_resource(
    core: Server, floor: "Floor"
) -> None:
    ident, run = await big(floor, 12_000_000)
    told = (await core.call("scenario_execution_get", scenario_id=ident, execution_id=run)).data
    assert told["status"] == "success"
    assert told["operations"] >= 1
    assert "outputs" not in told
    assert "4,000,000 bytes" in told["outputs_note"]
    assert told["resource_uri"] == f"make://execution/{ident}/{run}"
    whole = await resource(core, told["resource_uri"])
    assert len(whole["outputs"]["text"]) == 12_000_000


async def test_f15_reading_stops_at_the_budget_when_make_does_not_keep_to_it(
    core: Server, floor: "Floor", monkeypatch: pytest.MonkeyPatch
) -> None:
    ident, run = await big(floor, 600)
    monkeypatch.setattr(run_watch, "MOST_BYTES", 200_000)
    huge = {"status": "SUCCESS", "outputs": {"text": "board " * 100_000}}
    await floor.fault("GET", r"/executions/[0-9a-f]{32}$", status=200, body=huge)
    told = (await core.call("scenario_execution_get", scenario_id=ident, execution_id=run)).data
    assert told["status"] == "success"
    assert "outputs" not in told
    assert told["resource_uri"]


async def resource(server: Server, uri: str) -> Any:
    """Read a resource that holds JSON."""
    (found,) = (await server.client.read_resource(uri)).contents
    assert isinstance(found, TextResourceContents)
    return json.loads(found.text)


# One module


async def test_one_module_tells_each_of_its_operations(
    core: Server, floor: "Floor", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_modules, "PAGE", 2)
    ident = await parser(floor)
    ids = await runs(floor, ident, *["{}"] * 3, "{broken", *["{}"] * 3)
    told = (
        await core.call(
            "scenario_execution_module_get", scenario_id=ident, execution_id=ids[3], module_id=2
        )
    ).data
    assert told["module"] == "Read the order (json:ParseJSON)"
    assert [row["status"] for row in told["operations"]] == ["error"]
    assert told["operations"][0]["message"]
    assert "not their content" in told["content_note"]


async def test_the_bundle_an_incomplete_execution_kept_is_shown(
    core: Server, floor: "Floor"
) -> None:
    ident = await parser(floor, dlq=True)
    (failed,) = await runs(floor, ident, "{broken")
    told = (
        await core.call(
            "scenario_execution_module_get", scenario_id=ident, execution_id=failed, module_id=2
        )
    ).data
    assert told["data"]["failed_here"] is True
    assert told["data"]["bundle"]["error"]["message"]


async def test_an_unknown_module_is_answered_with_those_there_are(
    core: Server, floor: "Floor"
) -> None:
    ident = await parser(floor)
    (run,) = await runs(floor, ident, "{}")
    told = await core.call(
        "scenario_execution_module_get", scenario_id=ident, execution_id=run, module_id=99
    )
    assert "2 Read the order" in told.error["why"]


# Stopping


async def test_a_run_is_stopped_only_by_a_confirmed_plan(core: Server, floor: "Floor") -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "200"))
    run = (await core.call("scenario_run", scenario_id=ident, wait_seconds=0)).data["execution_id"]
    stop = {"scenario_id": ident, "execution_id": run}
    plan = (await core.call("scenario_execution_stop", **stop)).data["plan"]
    assert await floor.running(ident) == [run]
    assert any("incomplete execution" in line for line in plan["affects"])
    told = await core.call("scenario_execution_stop", **stop, plan_id=plan["plan_id"])
    assert (told.data["changed"], told.data["status"]) == (True, "warning")
    assert await floor.running(ident) == []


async def test_stopping_a_run_that_has_ended_changes_nothing(core: Server, floor: "Floor") -> None:
    ident = await parser(floor)
    (run,) = await runs(floor, ident, "{}")
    told = await core.call("scenario_execution_stop", scenario_id=ident, execution_id=run)
    assert (told.data["changed"], told.data["status"]) == (False, "success")
    assert not await floor.sent("POST", "/stop")


# Replaying


async def test_a_replay_asks_first_then_runs_once_with_the_old_data(
    core: Server, floor: "Floor"
) -> None:
    outputs = [{"name": "text", "type": "text"}]
    step = floor.returning(2, text="{{var.input.text}}")
    ident = await floor.scenario(floor.start, step, inputs=TEXT, outputs=outputs)
    first, other = await runs(floor, ident, "oak", "ash")
    replay = {"scenario_id": ident, "execution_id": first}
    plan = (await core.call("scenario_replay", **replay)).data["plan"]
    assert await floor.starts(ident) == 2
    told = (await core.call("scenario_replay", **replay, plan_id=plan["plan_id"])).data
    assert (told["status"], told["outputs"]) == ("success", {"text": "oak"})
    assert told["execution_id"] not in (first, other)
    assert told["replay_of"] == first
    assert await floor.starts(ident) == 3


async def test_a_replay_of_an_inactive_scenario_is_explained(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident = await floor.scenario(
        floor.parsing(1, "{}"), scheduling={"type": "daily", "time": "06:00"}
    )
    (run,) = await runs(floor, ident, "")
    await company.send("POST", f"/scenarios/{ident}/stop")
    told = await core.call("scenario_replay", scenario_id=ident, execution_id=run)
    assert told.error["code"] == "inactive"
    assert "scenario_activate" in told.error["next_step"]
    assert await floor.starts(ident) == 1


async def test_a_run_whose_data_was_not_kept_cannot_be_replayed(
    core: Server, floor: "Floor"
) -> None:
    ident = await parser(floor, confidential=True)
    (run,) = await runs(floor, ident, "{}")
    told = await core.call("scenario_replay", scenario_id=ident, execution_id=run)
    assert told.error["code"] == "not_replayable"
    assert "scenario_run" in told.error["next_step"]


# The resource


async def test_the_resource_of_a_run_holds_it_whole(
    connect: Connect, era: str, floor: "Floor"
) -> None:
    ident = await parser(floor)
    (failed,) = await runs(floor, ident, "{broken")
    async with connect(era=era) as server:
        run = await resource(server, f"make://execution/{ident}/{failed}")
        assert (run["status"], run["error"]["module_id"]) == ("error", 2)
        assert [row["module_id"] for row in run["modules"]] == [1, 2]
