"""Runs of every kind and length make one execution; progress names modules; calls can be left."""

import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from harness import Company, Connect, Server
from make_mcp_core_tools._engine import run_progress

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio

MINUTES = 15
INPUTS = [{"name": "length", "type": "number"}]


async def quarter(floor: "Floor", **more: Any) -> int:
    """A scenario of seven modules that takes fifteen minutes."""
    naps = [floor.sleeping(number, "300") for number in (2, 4, 6)]
    parses = [floor.parsing(number, "{}", f"Part {number}") for number in (3, 5)]
    steps = (floor.start, naps[0], parses[0], naps[1], parses[1], naps[2])
    return await floor.scenario(*steps, floor.returning(7, done="yes"), **more)


class Heard:
    """Progress as a client hears it."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.lines: list[str] = []

    async def hear(self, progress: float, total: float | None, message: str | None) -> None:
        self.values.append(progress)
        self.lines.append(message or "")

    def told(self, text: str) -> bool:
        return any(text in line for line in self.lines)


async def comes(core: Server, floor: "Floor", ident: int, run: str, text: str) -> str:
    """Follow a run until its progress begins with a text; gives the rest of it."""
    found: list[str] = []

    async def came() -> bool:
        told = await core.call(
            "scenario_execution_get", scenario_id=ident, execution_id=run, wait=0.5
        )
        assert told.data["status"] == "running"
        found.append(str(told.data.get("progress", "")))
        return found[-1].startswith(text)

    await floor.until(came)
    return found[-1].removeprefix(text)


async def test_a_run_of_fifteen_minutes_tells_each_module_and_ends_with_its_result(
    connect: Connect, era: str, floor: "Floor", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_progress, "SHARE", 100.0)
    await floor.freeze()
    ident, heard = await quarter(floor), Heard()
    told: list[dict[str, Any]] = []

    async def call(server: Server) -> None:
        run = {"scenario_id": ident, "wait_seconds": 60}
        answer = await server.client.call_tool("scenario_run", run, progress_callback=heard.hear)
        told.append(answer.structured_content or {})

    async def comes(text: str) -> None:
        async def came() -> bool:
            return heard.told(text)

        await floor.until(came)

    async with connect(era=era) as server, anyio.create_task_group() as tasks:
        tasks.start_soon(call, server)
        await comes("1 of 7: scenario-service:StartSubscenario")
        for text in ("3 of 7: ", "5 of 7: "):
            await floor.advance(300)
            await comes(text)
        await floor.advance(300)
    assert heard.told("Part 3 (json:ParseJSON)")
    assert heard.values == sorted(set(heard.values))
    assert (told[0]["status"], told[0]["outputs"]) == ("success", {"done": "yes"})
    assert told[0]["duration_ms"] >= MINUTES * 60_000
    assert await floor.starts(ident) == 1
    assert len(await floor.sent("POST", "/run")) == 1


async def test_at_its_end_a_watched_run_names_its_modules_in_order(
    core: Server, floor: "Floor"
) -> None:
    """As it is where module logs are silent as long as a run goes on."""
    silent: dict[str, Any] = {"status": 200, "body": {"moduleLogs": [], "pg": {"limit": 20}}}
    await floor.fault("GET", r"/modules/\d+/logs$", **silent)
    await floor.freeze()
    ident, heard = await quarter(floor), Heard()

    async def call() -> None:
        run = {"scenario_id": ident, "wait_seconds": 60}
        await core.client.call_tool("scenario_run", run, progress_callback=heard.hear)

    async def waits() -> bool:
        return len(heard.lines) > 2

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await floor.until(waits)
        await floor.clear_faults()
        await floor.advance(MINUTES * 60 + 1)
    assert not any(" of 7" in line for line in heard.lines[:-1])
    last = heard.lines[-1]
    assert "7 of 7: " in last
    places = [last.index(name) for name in ("StartSubscenario", "Part 3", "Part 5", "ReturnData")]
    assert places == sorted(places)


async def test_a_run_that_stays_pending_says_how_far_it_has_come(
    core: Server, floor: "Floor", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_progress, "SHARE", 100.0)
    await floor.freeze()
    ident = await quarter(floor)
    told = (await core.call("scenario_run", scenario_id=ident, wait_seconds=1)).data
    assert told["status"] == "pending"
    call = told["next_calls"][0]
    run = call["arguments"]["execution_id"]
    assert call["tool"] == "scenario_execution_get"
    assert await comes(core, floor, ident, run, "1 of 7: ") == "scenario-service:StartSubscenario"
    await floor.advance(301)
    assert (await comes(core, floor, ident, run, "3 of 7: ")).endswith("Part 3 (json:ParseJSON)")


async def test_asking_for_modules_keeps_to_its_share_of_the_licences_calls(
    core: Server, floor: "Floor"
) -> None:
    await floor.freeze()
    ident = await quarter(floor)
    await core.call("scenario_run", scenario_id=ident, wait_seconds=2)
    asked = [r for r in await floor.sent("GET", "/logs") if "/modules/" in r["path"]]
    assert 1 <= len(asked) <= 6


async def test_module_logs_that_cannot_be_read_leave_progress_to_the_time(
    core: Server, floor: "Floor"
) -> None:
    await floor.freeze()
    ident, heard = await quarter(floor), Heard()
    denied = {"message": "Permission denied", "code": "SC403"}
    await floor.fault("GET", r"/modules/\d+/logs$", status=403, body=denied)
    run = {"scenario_id": ident, "wait_seconds": 1}
    answer = await core.client.call_tool("scenario_run", run, progress_callback=heard.hear)
    assert (answer.structured_content or {})["status"] == "pending"
    assert heard.told("s so far.")
    assert not heard.told(" of 7")


async def test_modules_behind_a_router_and_error_handlers_are_told_by_the_route_taken(
    core: Server, floor: "Floor", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_progress, "SHARE", 100.0)
    await floor.freeze()
    never = {"name": "Never", "conditions": [[{"a": "1", "o": "text:equal", "b": "2"}]]}
    handler: list[dict[str, Any]] = [
        {"id": 9, "module": "builtin:Ignore", "version": 1, "metadata": {}}
    ]
    taken = [floor.parsing(6, "{}", "Taken", onerror=handler), floor.sleeping(7, "300")]
    routes = [{"flow": [floor.parsing(5, "{}", "Left", filter=never)]}, {"flow": taken}]
    router = {"id": 4, "module": "builtin:BasicRouter", "version": 1, "mapper": None}
    at: dict[str, Any] = {"designer": {"x": 0, "y": 0}}
    ident = await floor.scenario(floor.start, {**router, "routes": routes, "metadata": at})
    run = (await core.call("scenario_run", scenario_id=ident, wait_seconds=0)).data["execution_id"]
    assert (await comes(core, floor, ident, run, "2 of 4: ")).endswith("Taken (json:ParseJSON)")


async def test_a_scenario_that_waits_for_another_tells_what_it_did_before(
    core: Server, floor: "Floor", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_progress, "SHARE", 100.0)
    await floor.freeze()
    child = await floor.scenario(floor.start, floor.sleeping(2, "300"), name="Child")
    call: dict[str, Any] = {"id": 3, "module": "scenario-service:CallSubscenario", "version": 1}
    settings = {"scenario": f"SCN_{child}", "shouldWaitForExecutionEnd": True}
    at: dict[str, Any] = {"designer": {"x": 900, "y": 0}}
    calling = {**call, "parameters": settings, "mapper": {}, "metadata": at}
    ident = await floor.scenario(floor.start, floor.parsing(2, "{}", "Before"), calling)
    told = (await core.call("scenario_run", scenario_id=ident, wait_seconds=0)).data
    named = await comes(core, floor, ident, told["execution_id"], "2 of 3: ")
    assert named.endswith("Before (json:ParseJSON)")
    await floor.advance(301)
    done = await core.call(
        "scenario_execution_get",
        scenario_id=ident,
        execution_id=told["execution_id"],
        wait=20,
    )
    assert done.data["status"] == "success"
    assert (await floor.starts(ident), await floor.starts(child)) == (1, 1)


# One execution, whatever the scenario


KINDS = ["short", "failing", "long", "busy", "busy with other data", "inactive", "switched on"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_call_makes_no_more_than_one_execution(
    core: Server, floor: "Floor", company: Company, kind: str
) -> None:
    await floor.freeze()
    text = "{broken" if kind == "failing" else "{}"
    is_long = kind in ("long", "busy", "busy with other data")
    steps = [floor.sleeping(3, "300")] if is_long else []
    settings: dict[str, Any] = {"sequential": kind.startswith("busy")}
    if kind in ("inactive", "switched on"):
        daily = {"type": "daily", "time": "06:00"}
        ident = await floor.scenario(floor.parsing(2, text), scheduling=daily, active=False)
    else:
        settings |= {"inputs": INPUTS}
        ident = await floor.scenario(floor.start, floor.parsing(2, text), *steps, **settings)
    run: dict[str, Any] = {"scenario_id": ident, "wait_seconds": 1}
    if kind.startswith("busy"):
        await company.send("POST", f"/scenarios/{ident}/run", {"data": {}})
    run |= {"data": {"length": 2}} if kind == "busy with other data" else {}
    run |= {"activate_if_needed": True} if kind == "switched on" else {}
    first = await core.call("scenario_run", **run)
    second = await core.call("scenario_run", **run) if is_long or kind == "inactive" else first
    told = [a.error["code"] if a.result.is_error else a.data["status"] for a in (first, second)]
    assert told[0] == told[1] == EXPECTED[kind]
    assert await floor.starts(ident) == (0 if kind == "inactive" else 1)


EXPECTED = {
    "short": "success",
    "failing": "error",
    "long": "pending",
    "busy": "pending",
    "busy with other data": "already_running",
    "inactive": "inactive",
    "switched on": "success",
}


# Leaving a call


async def test_a_cancelled_call_lets_go_within_two_seconds_and_the_run_is_there_by_id(
    core: Server, floor: "Floor", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The waits between looks are the real ones here: a cancellation does not wait for a look."""
    monkeypatch.undo()
    await floor.freeze()
    ident, heard = await quarter(floor), Heard()
    stopped = await quarter(floor, name="Stop me")

    async def call(scenario: int, *, stop: bool) -> None:
        run = {"scenario_id": scenario, "wait_seconds": 600, "stop_on_cancel": stop}
        await core.client.call_tool("scenario_run", run, progress_callback=heard.hear)

    async def both_wait() -> bool:
        return bool(await floor.running(ident) and await floor.running(stopped) and heard.lines)

    async def is_stopped() -> bool:
        return not await floor.running(stopped)

    left = 0.0
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: call(ident, stop=False))
        tasks.start_soon(lambda: call(stopped, stop=True))
        await floor.until(both_wait)
        tasks.cancel_scope.cancel()
        left = time.monotonic()
    assert left
    assert time.monotonic() - left < 2
    await floor.until(is_stopped)
    assert time.monotonic() - left < 2
    (run,) = await floor.running(ident)
    await floor.advance(MINUTES * 60 + 1)
    done = await core.call("scenario_execution_get", scenario_id=ident, execution_id=run, wait=20)
    assert (done.data["status"], done.data["outputs"]) == ("success", {"done": "yes"})
    assert (await floor.starts(ident), await floor.starts(stopped)) == (1, 1)
