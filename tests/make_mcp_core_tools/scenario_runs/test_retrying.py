"""Callers that call again and again: one run is started, and each answer names it."""

from random import Random
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from harness import Server

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio

INPUTS = [{"name": "length", "type": "number"}]


async def test_f3_a_loop_of_retries_starts_one_run_and_every_answer_names_it(
    core: Server, floor: "Floor"
) -> None:
    await floor.freeze()
    ident = await floor.scenario(floor.start, floor.sleeping(2, "100"), sequential=True)
    told = [
        (await core.call("scenario_run", scenario_id=ident, wait_seconds=0)).data for _ in range(10)
    ]
    assert {one["execution_id"] for one in told} == {told[0]["execution_id"]}
    assert [one.get("joined", False) for one in told] == [False] + [True] * 9
    assert await floor.starts(ident) == 1
    assert len(await floor.sent("POST", "/run")) == 1
    await floor.advance(120)
    await floor.ended(ident)
    end = (await core.call("scenario_run", scenario_id=ident)).data
    assert (end["status"], end["execution_id"]) == ("success", told[0]["execution_id"])
    assert await floor.starts(ident) == 1


@pytest.mark.parametrize("seed", [3, 11])
async def test_f3_retries_with_other_data_in_any_order_never_start_a_second_run(
    core: Server, floor: "Floor", seed: int
) -> None:
    await floor.freeze()
    steps = (floor.start, floor.sleeping(2, "100"))
    ident = await floor.scenario(*steps, inputs=INPUTS, sequential=True)
    first = await core.call("scenario_run", scenario_id=ident, data={"length": 0}, wait_seconds=0)
    running = first.data["execution_id"]
    random = Random(seed)
    refused: list[bool] = []

    async def again(length: int) -> None:
        data: dict[str, Any] = {"length": length}
        told = await core.call("scenario_run", scenario_id=ident, data=data, wait_seconds=0)
        assert running in told.text
        assert told.result.is_error == (length != 0)
        refused.append(bool(told.result.is_error))

    for _ in range(4):
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(again, random.randint(0, 2))
    assert set(refused) == {True, False}
    assert await floor.starts(ident) == 1
