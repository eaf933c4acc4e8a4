"""Two runs side by side."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio

TEXT = [{"name": "text", "type": "text"}]


async def run(floor: "Floor", ident: int, text: str) -> str:
    body = {"data": {"text": text}, "responsive": True}
    answer = await floor.company.send("POST", f"/scenarios/{ident}/run", body)
    return str(answer["executionId"])


async def parser(floor: "Floor", **more: Any) -> int:
    """A scenario that fails when its input is no JSON, with a module behind that one."""
    step = floor.parsing(2, "{{var.input.text}}")
    return await floor.scenario(floor.start, step, floor.returning(3, order="{{2}}"), inputs=TEXT)


async def test_the_last_failure_is_held_against_the_success_before_it(
    core: Server, floor: "Floor"
) -> None:
    ident = await parser(floor)
    good = await run(floor, ident, '{"a": 1}')
    bad = await run(floor, ident, "{broken")
    await run(floor, ident, '{"a": 2}')
    told = (await core.call("scenario_execution_compare", scenario_id=ident)).data
    assert (told["a"]["execution_id"], told["b"]["execution_id"]) == (bad, good)
    assert (told["a"]["status"], told["b"]["status"]) == ("error", "success")
    assert told["first_difference"] == 2
    rows = {row["module_id"]: row for row in told["modules"]}
    assert "status" in rows[2]["differs_in"]
    assert rows[3]["differs_in"] == ["ran"]
    assert "a" not in rows[3]
    assert "blueprint_diff" not in told


async def test_an_edit_between_the_runs_is_shown(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident = await parser(floor)
    good = await run(floor, ident, '{"a": 1}')
    blueprint = (await company.get(f"/scenarios/{ident}/blueprint"))["response"]["blueprint"]
    blueprint["flow"][1]["mapper"]["json"] = "{broken"
    await company.send("PATCH", f"/scenarios/{ident}", {"blueprint": json.dumps(blueprint)})
    bad = await run(floor, ident, '{"a": 1}')
    told = (await core.call("scenario_execution_compare", scenario_id=ident, a=bad, b=good)).data
    assert told["a"]["blueprint_version"] > told["b"]["blueprint_version"]
    assert len(told["blueprint_diff"]) == 1
    assert "{broken" in told["blueprint_diff"][0]


async def test_outputs_are_compared_by_their_shape(core: Server, floor: "Floor") -> None:
    ident = await floor.scenario(
        floor.start,
        floor.parsing(2, "{{var.input.text}}"),
        floor.returning(3, order="{{2.order}}"),
        inputs=TEXT,
        outputs=[{"name": "order", "type": "any"}],
    )
    b = await run(floor, ident, '{"order": {"id": 1, "lines": [{"sku": "x"}]}}')
    a = await run(floor, ident, '{"order": {"id": "1", "lines": []}}')
    told = (await core.call("scenario_execution_compare", scenario_id=ident, a=a, b=b)).data
    assert told["outputs_diff"] == [
        "- outputs.order.lines[]: collection",
        "- outputs.order.lines[].sku: text",
        "~ outputs.order.id: number -> text",
    ]


async def test_equal_runs_differ_in_nothing(core: Server, floor: "Floor") -> None:
    ident = await parser(floor)
    b = await run(floor, ident, '{"a": 1}')
    a = await run(floor, ident, '{"a": 1}')
    told = (await core.call("scenario_execution_compare", scenario_id=ident, a=a, b=b)).data
    assert told["modules"] == []
    assert told["same_modules"] == 3
    assert "first_difference" not in told


async def test_without_a_failure_or_with_an_unknown_run_it_says_what_to_do(
    core: Server, floor: "Floor"
) -> None:
    ident = await parser(floor)
    await run(floor, ident, '{"a": 1}')
    none = await core.call("scenario_execution_compare", scenario_id=ident)
    assert none.error["code"] == "not_found"
    assert "scenario_execution_list" in none.text
    unknown = await core.call("scenario_execution_compare", scenario_id=ident, a="0" * 32)
    assert unknown.error["code"] == "not_found"


def forget(floor: "Floor", run_id: str) -> None:
    """Drop the module logs of a run, as Make does after some time."""
    world = floor.company.mounted.sandbox.world
    world.execute("DELETE FROM execution_modules WHERE execution_id = ?", run_id)


async def test_a_success_whose_module_logs_are_gone_is_replaced_by_the_newest_one(
    core: Server, floor: "Floor"
) -> None:
    ident = await parser(floor)
    old = await run(floor, ident, '{"a": 1}')
    await run(floor, ident, "{broken")
    new = await run(floor, ident, '{"a": 2}')
    forget(floor, old)
    told = (await core.call("scenario_execution_compare", scenario_id=ident)).data
    assert (told["b"]["execution_id"], told["first_difference"]) == (new, 2)
    assert old in told["warnings"][0]


async def test_runs_whose_module_logs_are_gone_are_not_said_to_differ(
    core: Server, floor: "Floor"
) -> None:
    ident = await parser(floor)
    old = await run(floor, ident, '{"a": 1}')
    bad = await run(floor, ident, "{broken")
    forget(floor, old)
    told = (await core.call("scenario_execution_compare", scenario_id=ident, b=old)).data
    assert (told["a"]["execution_id"], told["modules"], told["same_modules"]) == (bad, [], 0)
    assert "first_difference" not in told
    assert "no module logs of run b" in told["note"]
    whole = await core.call(
        "scenario_execution_get", scenario_id=ident, execution_id=old, include=["modules"]
    )
    assert "no module logs" in whole.data["warnings"][0]
    one = await core.call(
        "scenario_execution_module_get", scenario_id=ident, execution_id=old, module_id=2
    )
    assert "kept no longer" in one.data["content_note"]
