"""Running scenarios: one call, one run, whatever happens on the way."""

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from harness import Company, Connect, Server
from make_mcp_core_tools._engine import run_start
from regressions import failure

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio

INPUTS = [
    {"name": "length", "type": "number", "required": True},
    {"name": "wood", "type": "select", "options": [{"value": "oak"}, {"value": "ash"}]},
    {"name": "cuts", "type": "array", "spec": {"type": "number"}},
]
OUTPUTS = [{"name": "half", "type": "number"}]
RUN = r"/scenarios/\d+/run$"


async def half(floor: "Floor", **more: Any) -> int:
    """A scenario that halves a length."""
    step = floor.returning(2, half="{{var.input.length / 2}}")
    return await floor.scenario(floor.start, step, inputs=INPUTS, outputs=OUTPUTS, **more)


async def test_a_run_gives_outputs_operations_and_a_link(core: Server, floor: "Floor") -> None:
    ident = await half(floor)
    told = (await core.call("scenario_run", scenario_id=ident, data={"length": 5})).data
    assert (told["status"], told["outputs"]) == ("success", {"half": 2.5})
    assert told["operations"] >= 1
    assert told["credits"] == pytest.approx(told["credits"])
    assert told["url"].endswith(f"/{floor.team}/scenarios/{ident}/logs/{told['execution_id']}")
    assert await floor.starts(ident) == 1


async def test_f18_all_wrong_inputs_are_told_at_once_and_nothing_is_run(
    core: Server, floor: "Floor"
) -> None:
    ident = await half(floor)
    told = await core.call(
        "scenario_run", scenario_id=ident, data={"lenght": 5, "wood": "teak", "cuts": [1, "two"]}
    )
    problems = {problem["path"]: problem for problem in told.error["problems"]}
    assert set(problems) == {"data.length", "data.lenght", "data.wood", "data.cuts[1]"}
    assert "`length`" in problems["data.lenght"]["fix"]
    assert '"oak"' in problems["data.wood"]["fix"]
    assert await floor.starts(ident) == 0


@pytest.mark.parametrize("value", ["5", 5, 5.5])
async def test_values_that_make_converts_are_let_through(
    core: Server, floor: "Floor", value: Any
) -> None:
    ident = await half(floor)
    told = await core.call("scenario_run", scenario_id=ident, data={"length": value})
    assert told.data["outputs"] == {"half": float(value) / 2}


async def test_a_failed_run_names_the_module_by_its_label(core: Server, floor: "Floor") -> None:
    ident = await floor.scenario(
        floor.start, floor.parsing(2, '{"ok":1}', "Fine"), floor.parsing(3, "{broken", "Read order")
    )
    told = (await core.call("scenario_run", scenario_id=ident)).data
    assert told["status"] == "error"
    assert told["error"]["module_id"] == 3
    assert told["error"]["module"] == "Read order (json:ParseJSON)"
    assert told["error"]["message"]
    assert told["next_calls"][0]["tool"] == "scenario_troubleshoot"


async def test_a_dry_run_sends_nothing_and_says_that_it_cannot_be_undone(
    core: Server, floor: "Floor"
) -> None:
    ident = await half(floor)
    told = await core.call("scenario_run", scenario_id=ident, data={"length": 4}, dry_run=True)
    plan = told.data["plan"]
    assert plan["requests"][0]["path"] == f"/scenarios/{ident}/run"
    assert plan["requests"][0]["body"]["data"] == {"length": 4}
    assert plan["undo"].startswith("Not possible")
    assert await floor.starts(ident) == 0


async def test_a_webhook_scenario_is_explained_and_not_run(core: Server, floor: "Floor") -> None:
    hook = await floor.hook()
    ident = await floor.scenario(
        hook_module(hook["id"]), floor.parsing(2, '{"a":1}'), scheduling={"type": "immediately"}
    )
    told = await core.call("scenario_run", scenario_id=ident, data={"order": 1})
    assert told.error["code"] == "starts_by_hook"
    assert "hook_send_test" in told.error["next_step"]
    assert str(hook["id"]) in told.error["next_step"]
    assert await floor.starts(ident) == 0


@pytest.mark.parametrize("kind", ["immediately", "indefinitely"])
@pytest.mark.parametrize("data", [{"order": 7}, None])
async def test_the_offered_way_into_a_webhook_scenario_makes_its_one_run(
    core: Server, floor: "Floor", kind: str, data: Any
) -> None:
    hook = await floor.hook()
    scheduling = {"type": kind} | ({"interval": 900} if kind == "indefinitely" else {})
    ident = await floor.scenario(
        hook_module(hook["id"]), floor.parsing(2, '{"a":{{1.order}}}'), scheduling=scheduling
    )
    run: dict[str, Any] = {"scenario_id": ident} | ({"data": data} if data else {})
    refused = await core.call("scenario_run", **run)
    assert refused.error["code"] == "starts_by_hook"
    assert f"`hook_send_test` with hook_id={hook['id']}" in refused.error["next_step"]
    assert not await floor.sent("POST", f"/scenarios/{ident}/run")
    before = await floor.starts(ident)
    await core.call("hook_send_test", hook_id=hook["id"], body={"order": 7}, wait_seconds=0)
    if kind == "indefinitely":
        told = (await core.call("scenario_run", scenario_id=ident)).data
        assert told["status"] == "success"
    await floor.ended(ident)
    assert await floor.starts(ident) == before + 1


async def test_a_webhook_scenario_with_waiting_requests_works_them_off(
    core: Server, floor: "Floor", company: Company
) -> None:
    hook = await floor.hook()
    every = {"type": "indefinitely", "interval": 900}
    ident = await floor.scenario(
        hook_module(hook["id"]), floor.parsing(2, '{"a":1}'), scheduling=every
    )
    await core.call("scenario_run", scenario_id=ident)
    before = await floor.starts(ident)
    await company.http.post(f"/hook/{hook['udid']}", json={"order": 7})
    told = (await core.call("scenario_run", scenario_id=ident)).data
    assert told["status"] == "success"
    assert "1 requests wait" in told["warnings"][0]
    assert await floor.starts(ident) == before + 1


# F2: runs of inactive scenarios


@failure(
    "run of an inactive scenario",
    size="10,315 in 14 days, 28 % of runs",
    here="refused before anything is sent, with the next call; `activate_if_needed`",
)
async def test_f2_an_inactive_scenario_is_refused_with_a_clear_next_call(
    core: Server, floor: "Floor"
) -> None:
    ident = await floor.scenario(
        floor.parsing(1, "{}"), scheduling={"type": "daily", "time": "06:00"}, active=False
    )
    told = await core.call("scenario_run", scenario_id=ident)
    assert told.error["code"] == "inactive"
    assert "activate_if_needed=true" in told.error["next_step"]
    assert f"scenario_id={ident}" in told.error["next_step"]
    assert not await floor.sent("POST", "/run")


async def test_f2_an_inactive_scenario_is_switched_on_and_run_when_asked(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident = await floor.scenario(
        floor.parsing(1, "{}"), scheduling={"type": "daily", "time": "06:00"}, active=False
    )
    told = (await core.call("scenario_run", scenario_id=ident, activate_if_needed=True)).data
    assert (told["status"], told["activated"]) == ("success", True)
    assert (await company.get(f"/scenarios/{ident}"))["scenario"]["isActive"] is True
    assert await floor.starts(ident) == 1


async def test_f2_switching_an_interval_scenario_on_is_its_one_run(
    core: Server, floor: "Floor"
) -> None:
    ident = await floor.scenario(
        floor.parsing(1, "{}"), scheduling={"type": "indefinitely", "interval": 3600}, active=False
    )
    told = (await core.call("scenario_run", scenario_id=ident, activate_if_needed=True)).data
    assert (told["status"], told["activated"]) == ("success", True)
    assert await floor.starts(ident) == 1
    assert not await floor.sent("POST", "/run")


async def test_f2_an_on_demand_scenario_runs_while_it_is_off(core: Server, floor: "Floor") -> None:
    ident = await half(floor, active=False)
    told = await core.call("scenario_run", scenario_id=ident, data={"length": 2})
    assert told.data["status"] == "success"
    assert "activated" not in told.data


# F3: runs while a run goes on


async def test_f3_the_same_run_is_joined_while_it_goes_on(core: Server, floor: "Floor") -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    first = (await core.call("scenario_run", scenario_id=ident, wait_seconds=0)).data
    second = (await core.call("scenario_run", scenario_id=ident, wait_seconds=0.1)).data
    assert (first["status"], second["status"]) == ("pending", "pending")
    assert second["execution_id"] == first["execution_id"]
    assert second["joined"] is True
    assert await floor.starts(ident) == 1


@failure(
    "run while running, then retry loops",
    size="2,292",
    here="the run that goes on is joined; never a second one",
)
async def test_f3_two_calls_at_once_start_one_run(core: Server, floor: "Floor") -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    told: list[dict[str, Any]] = []

    async def call() -> None:
        told.append((await core.call("scenario_run", scenario_id=ident, wait_seconds=0.2)).data)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(call)
    assert len({one["execution_id"] for one in told}) == 1
    assert await floor.starts(ident) == 1


async def test_f3_other_data_is_another_run_where_make_allows_it(
    core: Server, floor: "Floor"
) -> None:
    await floor.freeze()
    steps = (floor.start, floor.sleeping(2, "100"))
    ident = await floor.scenario(*steps, inputs=INPUTS)
    ids = {
        (
            await core.call(
                "scenario_run", scenario_id=ident, data={"length": length}, wait_seconds=0
            )
        ).data["execution_id"]
        for length in (1, 2)
    }
    assert len(ids) == 2
    assert await floor.starts(ident) == 2


async def test_f3_a_busy_sequential_scenario_gives_the_id_of_its_run(
    core: Server, floor: "Floor"
) -> None:
    await floor.freeze()
    steps = (floor.start, floor.sleeping(2, "100"))
    ident = await floor.scenario(*steps, inputs=INPUTS, sequential=True)
    first = await core.call("scenario_run", scenario_id=ident, data={"length": 1}, wait_seconds=0)
    told = await core.call("scenario_run", scenario_id=ident, data={"length": 2}, wait_seconds=0)
    assert told.error["code"] == "already_running"
    assert first.data["execution_id"] in told.error["next_step"]
    assert "scenario_execution_get" in told.error["next_step"]
    assert await floor.starts(ident) == 1


async def test_f3_somebody_elses_run_is_waited_for(
    core: Server, floor: "Floor", company: Company
) -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"), sequential=True)
    theirs = await company.send("POST", f"/scenarios/{ident}/run", {})
    told: list[dict[str, Any]] = []

    async def call() -> None:
        told.append((await core.call("scenario_run", scenario_id=ident, wait_seconds=20)).data)

    async def refused() -> bool:
        return len(await floor.sent("POST", "/run")) == 2

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await floor.until(refused)
        await floor.advance(120)
    assert (told[0]["status"], told[0]["joined"]) == ("success", True)
    assert told[0]["execution_id"] == theirs["executionId"]
    assert await floor.starts(ident) == 1


async def test_f3_a_parallel_run_is_started_when_asked(core: Server, floor: "Floor") -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    await core.call("scenario_run", scenario_id=ident, wait_seconds=0)
    told = await core.call("scenario_run", scenario_id=ident, wait_seconds=0, allow_parallel=True)
    assert "joined" not in told.data
    assert await floor.starts(ident) == 2


# F16: runs longer than the wait


@failure(
    "a run longer than the call may last",
    size="every long run",
    here="progress, then a handle; exactly one run in Make",
)
async def test_f16_a_long_run_is_pending_and_its_result_comes_later_by_id(
    connect: Connect, era: str, floor: "Floor"
) -> None:
    await floor.freeze()
    ident = await floor.scenario(
        floor.start, floor.sleeping(2, "180"), floor.returning(3, done="yes")
    )
    heard: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    async with connect(era=era) as server:
        result = await server.client.call_tool(
            "scenario_run",
            {"scenario_id": ident, "wait_seconds": 0.5},
            progress_callback=hear,
        )
        told: dict[str, Any] = result.structured_content or {}
        assert told["status"] == "pending"
        assert any(message and told["execution_id"] in message for message in heard)
        follow = told["next_calls"][0]
        assert follow["tool"] == "scenario_execution_get"
        await floor.advance(200)
        done = (await server.call(follow["tool"], **follow["arguments"])).data
        assert (done["status"], done["outputs"]) == ("success", {"done": "yes"})
        assert await floor.starts(ident) == 1


async def test_f16_the_same_call_again_gives_the_end_that_was_not_waited_for(
    core: Server, floor: "Floor"
) -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    first = (await core.call("scenario_run", scenario_id=ident, wait_seconds=0)).data
    await floor.advance(120)
    await floor.ended(ident)
    again = (await core.call("scenario_run", scenario_id=ident)).data
    assert (again["status"], again["execution_id"]) == ("success", first["execution_id"])
    assert await floor.starts(ident) == 1
    fresh = (await core.call("scenario_run", scenario_id=ident, wait_seconds=0)).data
    assert fresh["execution_id"] != first["execution_id"]
    assert await floor.starts(ident) == 2


async def test_f16_an_end_seen_long_ago_is_not_given_for_a_new_run(
    core: Server, floor: "Floor", monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = await half(floor)
    monkeypatch.setattr(run_start, "UNTOLD_SECONDS", -1_000.0)
    run = {"scenario_id": ident, "data": {"length": 2}, "wait_seconds": 0}
    first = (await core.call("scenario_run", **run)).data
    await floor.ended(ident)
    second = (await core.call("scenario_run", **run)).data
    assert second["execution_id"] != first["execution_id"]


async def test_a_run_that_make_does_not_know_yet_is_waited_for(
    core: Server, floor: "Floor"
) -> None:
    ident = await half(floor)
    not_yet = {"message": "Execution not found.", "code": "SC404"}
    await floor.fault("GET", r"/executions/[0-9a-f]{32}$", status=404, body=not_yet, times=4)
    told = await core.call("scenario_run", scenario_id=ident, data={"length": 8})
    assert told.data["outputs"] == {"half": 4}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": {"message": "down"}, "times": 3},
        {"status": 429, "retry_after": 0, "body": {"message": "limit"}, "times": 4},
        {"drop": "after", "times": 2},
        {"malformed": True, "times": 2},
    ],
    ids=["500", "429", "lost", "malformed"],
)
async def test_f16_faults_while_watching_neither_end_nor_repeat_the_run(
    core: Server, floor: "Floor", fault: dict[str, Any]
) -> None:
    ident = await half(floor)
    await floor.fault("GET", r"/executions/[0-9a-f]{32}$", **fault)
    told = await core.call("scenario_run", scenario_id=ident, data={"length": 8})
    assert told.data["outputs"] == {"half": 4}
    assert await floor.starts(ident) == 1


async def test_f16_a_run_that_cannot_be_looked_at_is_pending_with_the_reason(
    core: Server, floor: "Floor"
) -> None:
    ident = await half(floor)
    denied = {"message": "Permission denied", "code": "SC403"}
    await floor.fault("GET", r"/executions/[0-9a-f]{32}$", status=403, body=denied)
    told = (await core.call("scenario_run", scenario_id=ident, data={"length": 8})).data
    assert told["status"] == "pending"
    assert told["execution_id"]
    assert any("403" in warning for warning in told["warnings"])
    assert await floor.starts(ident) == 1


async def test_a_refused_start_is_told_and_not_repeated(core: Server, floor: "Floor") -> None:
    ident = await half(floor)
    limit = {"message": "Requests limit for organization exceeded"}
    await floor.fault("POST", RUN, status=429, retry_after=7, body=limit)
    told = await core.call("scenario_run", scenario_id=ident, data={"length": 8})
    assert (told.error["code"], told.error["wait_seconds"]) == ("rate_limited", 7)
    assert len(await floor.sent("POST", "/run")) == 1
    assert await floor.starts(ident) == 0


# Lost answers


@pytest.mark.parametrize("effect", [{"drop": "after"}, {"malformed": True}])
async def test_f16_a_lost_answer_finds_the_run_that_was_started(
    core: Server, floor: "Floor", effect: dict[str, Any]
) -> None:
    ident = await half(floor)
    await core.call("scenario_run", scenario_id=ident, data={"length": 1})
    await floor.fault("POST", RUN, times=1, **effect)
    told = (await core.call("scenario_run", scenario_id=ident, data={"length": 8})).data
    assert (told["status"], told["outputs"]) == ("success", {"half": 4})
    assert any("lost" in warning for warning in told["warnings"])
    assert await floor.starts(ident) == 2
    assert len(await floor.sent("POST", "/run")) == 2


async def test_f16_a_start_that_nobody_can_confirm_is_told_honestly(
    core: Server, floor: "Floor"
) -> None:
    ident = await half(floor)
    await floor.fault("POST", RUN, drop="before", times=1)
    run = {"scenario_id": ident, "data": {"length": 8}, "wait_seconds": 0.1}
    told = await core.call("scenario_run", **run)
    assert told.error["code"] == "run_uncertain"
    assert "may have been started" in told.error["effect"]
    assert "scenario_execution_list" in told.error["next_step"]
    again = await core.call("scenario_run", **run)
    assert again.error["code"] == "run_uncertain"
    assert len(await floor.sent("POST", "/run")) == 1


async def test_f16_a_lost_run_that_ends_later_is_what_the_next_call_gives(
    core: Server, floor: "Floor"
) -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    await floor.fault("POST", RUN, drop="after", times=1)
    told = await core.call("scenario_run", scenario_id=ident, wait_seconds=0.1)
    assert told.error["code"] == "run_uncertain"
    started = await floor.running(ident)
    await floor.advance(120)
    await floor.ended(ident)
    found = (await core.call("scenario_run", scenario_id=ident)).data
    assert ([found["execution_id"]], found["status"]) == (started, "success")
    assert await floor.starts(ident) == 1
    fresh = (await core.call("scenario_run", scenario_id=ident, wait_seconds=0)).data
    assert fresh["execution_id"] not in started
    assert await floor.starts(ident) == 2


async def test_f16_a_run_with_other_data_is_not_taken_for_a_lost_one(
    core: Server, floor: "Floor"
) -> None:
    ident = await half(floor)
    await floor.fault("POST", RUN, drop="before", times=1)
    lost = {"scenario_id": ident, "data": {"length": 8}, "wait_seconds": 0.1}
    await core.call("scenario_run", **lost)
    other = (await core.call("scenario_run", scenario_id=ident, data={"length": 2})).data
    assert other["outputs"] == {"half": 1}
    told = await core.call("scenario_run", **lost)
    assert told.error["code"] == "run_uncertain"
    assert other["execution_id"] not in told.text


async def test_a_refused_parallel_run_leaves_the_one_that_goes_on_to_be_joined(
    core: Server, floor: "Floor"
) -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    run = {"scenario_id": ident, "wait_seconds": 0}
    first = (await core.call("scenario_run", **run)).data
    limit = {"message": "Requests limit for organization exceeded"}
    await floor.fault("POST", RUN, status=429, retry_after=1, body=limit, times=1)
    await core.call("scenario_run", **run, allow_parallel=True)
    joined = (await core.call("scenario_run", **run)).data
    assert (joined["execution_id"], joined["joined"]) == (first["execution_id"], True)
    assert await floor.starts(ident) == 1


async def test_a_start_that_was_lost_for_good_may_be_made_again(
    core: Server, floor: "Floor", monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = await half(floor)
    await floor.fault("POST", RUN, drop="before", times=1)
    run = {"scenario_id": ident, "data": {"length": 8}, "wait_seconds": 0.1}
    await core.call("scenario_run", **run)
    monkeypatch.setattr(run_start, "INGESTION_SECONDS", 0.0)
    again = await core.call("scenario_run", **run | {"wait_seconds": 10})
    assert again.data["status"] == "success"
    assert await floor.starts(ident) == 1


# Cancellation


async def test_f16_a_cancelled_call_leaves_its_run_going_and_the_next_call_joins_it(
    core: Server, floor: "Floor"
) -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    await cancelled(core, floor, ident)
    going_on = await floor.running(ident)
    joined = (await core.call("scenario_run", scenario_id=ident, wait_seconds=0)).data
    assert (going_on, joined["joined"]) == ([joined["execution_id"]], True)
    assert await floor.starts(ident) == 1


async def test_a_cancelled_call_stops_its_run_when_asked_to(core: Server, floor: "Floor") -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    await cancelled(core, floor, ident, stop_on_cancel=True)
    await floor.ended(ident)
    assert len(await floor.sent("POST", "/stop")) == 1


async def cancelled(core: Server, floor: "Floor", ident: int, **more: Any) -> None:
    """Call, and go away as soon as the run goes on."""
    async with anyio.create_task_group() as tasks:

        async def call() -> None:
            await core.call("scenario_run", scenario_id=ident, wait_seconds=60, **more)

        async def looked_at() -> bool:
            return any("/executions/" in e["path"] for e in await floor.sent("GET", ""))

        tasks.start_soon(call)
        await floor.until(looked_at)
        tasks.cancel_scope.cancel()


def hook_module(hook: int) -> dict[str, Any]:
    at = {"designer": {"x": 0, "y": 0}}
    parameters = {"hook": hook, "maxResults": 1}
    base: dict[str, Any] = {"id": 1, "module": "gateway:CustomWebHook", "version": 1, "mapper": {}}
    return {**base, "parameters": parameters, "metadata": at}
