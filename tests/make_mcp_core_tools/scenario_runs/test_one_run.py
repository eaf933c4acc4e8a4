"""One run, whichever server process was asked: they share what an account has begun."""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from harness import Company, Connect, Server
from make_mcp_core_tools._engine import run_start
from processes import environment

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio

RUN = r"/scenarios/\d+/run$"


async def test_f3_two_servers_at_once_start_one_run(connect: Connect, floor: "Floor") -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    told: list[dict[str, Any]] = []

    async def call(server: Server) -> None:
        told.append((await server.call("scenario_run", scenario_id=ident, wait_seconds=0.2)).data)

    async with connect() as one, connect() as other, anyio.create_task_group() as tasks:
        for server in (one, other, one, other):
            tasks.start_soon(call, server)
    assert len({one["execution_id"] for one in told}) == 1
    assert sum("joined" not in one for one in told) == 1
    assert await floor.starts(ident) == 1


async def test_f3_a_run_is_joined_after_a_restart(connect: Connect, floor: "Floor") -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    run = {"scenario_id": ident, "wait_seconds": 0}
    async with connect() as before:
        first = (await before.call("scenario_run", **run)).data
    async with connect() as after:
        second = (await after.call("scenario_run", **run)).data
    assert (second["execution_id"], second["joined"]) == (first["execution_id"], True)
    assert await floor.starts(ident) == 1


async def test_an_end_that_one_server_told_lets_the_other_start_a_new_run(
    connect: Connect, floor: "Floor"
) -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"))
    run = {"scenario_id": ident, "wait_seconds": 0}
    async with connect() as one, connect() as other:
        first = (await one.call("scenario_run", **run)).data["execution_id"]
        await floor.advance(120)
        await floor.ended(ident)
        await other.call("scenario_execution_get", scenario_id=ident, execution_id=first)
        second = (await one.call("scenario_run", **run)).data
    assert second["execution_id"] != first
    assert "joined" not in second


async def test_a_busy_scenario_names_the_run_that_another_server_began(
    connect: Connect, floor: "Floor"
) -> None:
    await floor.freeze()
    steps = (floor.start, floor.sleeping(2, "100"))
    inputs = [{"name": "length", "type": "number"}]
    ident = await floor.scenario(*steps, inputs=inputs, sequential=True)
    run: dict[str, Any] = {"scenario_id": ident, "wait_seconds": 0}
    async with connect() as one, connect() as other:
        first = (await one.call("scenario_run", **run, data={"length": 1})).data
        refused = await other.call("scenario_run", **run, data={"length": 2})
    assert refused.error["code"] == "already_running"
    assert first["execution_id"] in refused.error["next_step"]


async def test_a_process_killed_while_it_starts_a_run_leaves_no_second_start(
    connect: Connect,
    company: Company,
    floor: "Floor",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{}"))
    await floor.fault("POST", RUN, latency_ms=60_000, times=1)

    async def is_starting() -> bool:
        return bool((await company.control("GET", "/faults"))["faults"][0]["fired"])

    with process_that_runs(ident, company.world, tmp_path):
        await floor.until(is_starting)
    async with connect() as server:
        told = await server.call("scenario_run", scenario_id=ident)
        assert told.error["code"] == "run_uncertain"
        assert await floor.starts(ident) == 0
        monkeypatch.setattr(run_start, "INGESTION_SECONDS", 0.0)
        assert (await server.call("scenario_run", scenario_id=ident)).data["status"] == "success"
    assert await floor.starts(ident) == 1


@contextmanager
def process_that_runs(ident: int, world: Path, tmp: Path) -> Generator[None]:
    """Call `scenario_run` from the shell, and kill that in the end; its turn ends half a second on.

    A turn is a minute otherwise, which the next caller would wait for.
    """
    code = (
        "import runpy; from make_mcp_core_tools._engine import open_runs;"
        " open_runs.START_SECONDS = 0.5; runpy.run_module('make_mcp_core', run_name='__main__')"
    )
    words = ["call", "scenario_run", json.dumps({"scenario_id": ident}), f"--sandbox={world}"]
    process = Popen(
        [sys.executable, "-c", code, *words],
        env=environment(tmp),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()
