"""Editing a scenario by small operations: what is saved, refused, planned and taken back."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server
from regressions import failure

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
async def chain(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    """Three modules, the last one mapping the first."""
    third = step(3, mapper={"name": "copy", "scope": "roundtrip", "value": "{{1.v1}}"})
    return int((await new_scenario(blueprint(step(1), step(2), third)))["id"])


async def test_several_edits_are_one_save(
    core: Server, chain: int, stored: Reader, writes: Writes
) -> None:
    await writes()
    ops = [
        {"op": "set_mapper", "module": 2, "name": "value", "value": "two"},
        {"op": "rename_module", "module": 2, "name": "Second"},
        {"op": "set_filter", "module": 3, "filter": _filter("{{1.v1}}", "exist")},
    ]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    assert told.data["changed"] is True
    assert len(await writes()) == 1
    flow = (await stored(chain))["blueprint"]["flow"]
    assert flow[1]["mapper"]["value"] == "two"
    assert flow[1]["metadata"]["designer"]["name"] == "Second"
    assert flow[2]["filter"]["conditions"] == [[{"a": "{{1.v1}}", "o": "exist"}]]
    assert len(told.data["diff"]) == 3


async def test_a_new_module_gets_an_id_a_version_and_a_place(
    core: Server, chain: int, stored: Reader
) -> None:
    module = {"module": "util:FunctionSleep", "mapper": {"duration": "5"}}
    ops = [{"op": "add_module", "module": module, "after": 1}]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    assert told.data["new_module_ids"] == [4]
    added = (await stored(chain))["blueprint"]["flow"][1]
    assert (added["id"], added["version"]) == (4, 1)
    assert "x" in added["metadata"]["designer"]


async def test_all_faults_of_a_patch_are_told_at_once_and_nothing_is_saved(
    core: Server, chain: int, stored: Reader, writes: Writes
) -> None:
    before = await stored(chain)
    await writes()
    ops = [
        {"op": "set_maper", "module": 1, "name": "value", "value": "x"},
        {"op": "set_mapper", "module": 99, "name": "value", "value": "x"},
        {"op": "set_mapper", "module": 1, "name": "value"},
        {"op": "add_module", "module": {"module": "builtin:TextAggregator"}, "after": 1},
    ]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    paths = [problem["path"] for problem in told.error["problems"]]
    assert [path.split(".")[0] for path in paths] == ["ops[0]", "ops[1]", "ops[2]", "ops[3]"]
    assert "`set_mapper`" in told.error["problems"][0]["fix"]
    assert await writes() == []
    assert await stored(chain) == before


async def test_a_patch_that_breaks_references_is_refused_unless_allowed(
    core: Server, chain: int, stored: Reader
) -> None:
    ops = [{"op": "remove_module", "module": 1}]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    assert told.error["code"] == "broken_references"
    assert "{{1.v1}}" in told.error["problems"][0]["problem"]
    allowed = await core.call(
        "scenario_patch", scenario_id=chain, ops=ops, allow_broken_references=True
    )
    assert allowed.data["faults"][0]["severity"] == "error"
    assert len((await stored(chain))["blueprint"]["flow"]) == 2


async def test_a_wrong_expression_is_refused_with_its_place(core: Server, chain: int) -> None:
    ops = [{"op": "set_mapper", "module": 2, "name": "value", "value": "{{if(1, 2)}}"}]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    problem = told.error["problems"][0]
    assert problem["path"] == "flow[1].mapper.value"
    assert "';'" in problem["problem"]


async def test_an_edit_made_meanwhile_refuses_the_patch_and_names_its_author(
    core: Server, chain: int, company: Company, stored: Reader, writes: Writes
) -> None:
    read = (await core.call("scenario_get", scenario_id=chain)).data["last_edit"]
    await company.control("POST", "/clock", {"advance": 5})
    await company.send("PATCH", f"/scenarios/{chain}", {"description": "Edited in the browser"})
    before = await stored(chain)
    await writes()
    ops = [{"op": "set_mapper", "module": 2, "name": "value", "value": "late"}]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops, expected_last_edit=read)
    assert told.error["code"] == "edited_meanwhile"
    author = (await company.get(f"/scenarios/{chain}"))["scenario"]["updatedByUser"]["name"]
    assert author in told.error["why"]
    assert "scenario_get" in told.error["next_step"]
    assert await writes() == []
    assert await stored(chain) == before


async def test_the_last_edit_that_was_read_lets_the_patch_through(core: Server, chain: int) -> None:
    read = (await core.call("scenario_get", scenario_id=chain)).data["last_edit"]
    ops = [{"op": "set_mapper", "module": 2, "name": "value", "value": "x"}]
    first = await core.call("scenario_patch", scenario_id=chain, ops=ops, expected_last_edit=read)
    ops[0]["value"] = "y"
    second = await core.call(
        "scenario_patch",
        scenario_id=chain,
        ops=ops,
        expected_last_edit=first.data["last_edit"],
    )
    assert second.data["changed"] is True


async def test_an_active_scenario_is_patched_only_after_its_plan_was_read(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    stored: Reader,
    company: Company,
) -> None:
    made = await new_scenario(
        blueprint(step(1)), active=True, scheduling={"type": "daily", "time": "04:00"}
    )
    ops = [{"op": "set_mapper", "module": 1, "name": "value", "value": "7"}]
    planned = await core.call("scenario_patch", scenario_id=made["id"], ops=ops)
    plan = planned.data["plan"]
    assert "active" in plan["confirm_because"][0]
    assert plan["diff"] == ['~ changed: module 1 util:SetVariable2 mapper.value: "1" -> "7"']
    assert (await stored(made["id"]))["blueprint"]["flow"][0]["mapper"]["value"] == "1"
    arguments = {"scenario_id": made["id"], "ops": ops, "plan_id": plan["plan_id"]}
    assert (await core.call("scenario_patch", **arguments)).data["changed"] is True
    assert (await stored(made["id"]))["blueprint"]["flow"][0]["mapper"]["value"] == "7"
    assert (await company.get(f"/scenarios/{made['id']}"))["scenario"]["isActive"] is True


async def test_a_plan_for_an_active_scenario_is_void_after_an_edit_in_between(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    stored: Reader,
    company: Company,
) -> None:
    made = await new_scenario(
        blueprint(step(1)), active=True, scheduling={"type": "daily", "time": "04:00"}
    )
    arguments: dict[str, Any] = {
        "scenario_id": made["id"],
        "ops": [{"op": "set_mapper", "module": 1, "name": "value", "value": "7"}],
    }
    plan = (await core.call("scenario_patch", **arguments)).data["plan"]
    await company.control("POST", "/clock", {"advance": 5})
    await company.send("PATCH", f"/scenarios/{made['id']}", {"description": "Meanwhile"})
    told = await core.call("scenario_patch", **arguments, plan_id=plan["plan_id"])
    assert told.error["code"] == "plan_void"
    assert (await stored(made["id"]))["blueprint"]["flow"][0]["mapper"]["value"] == "1"


async def test_a_dry_run_shows_the_change_and_sends_nothing(
    core: Server, chain: int, stored: Reader, writes: Writes
) -> None:
    before = await stored(chain)
    await writes()
    ops = [{"op": "remove_module", "module": 2}]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops, dry_run=True)
    assert told.data["plan"]["diff"] == ["- removed: module 2 util:SetVariable2 at flow[1]"]
    assert told.data["plan"]["requests"][0]["path"] == f"/scenarios/{chain}"
    assert await writes() == []
    assert await stored(chain) == before


async def test_a_patch_that_changes_nothing_writes_nothing(
    core: Server, chain: int, writes: Writes
) -> None:
    await writes()
    ops = [{"op": "set_mapper", "module": 2, "name": "value", "value": "1"}]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    assert told.data["changed"] is False
    assert await writes() == []


async def test_a_patch_is_undone_to_the_last_byte(core: Server, chain: int, stored: Reader) -> None:
    before = json.dumps((await stored(chain))["blueprint"])
    ops = [
        {"op": "remove_module", "module": 3},
        {"op": "add_module", "module": {"module": "builtin:Ignore"}, "after": 2},
    ]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    assert json.dumps((await stored(chain))["blueprint"]) != before
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert json.dumps((await stored(chain))["blueprint"]) == before


async def test_an_undo_is_refused_once_somebody_else_has_edited(
    core: Server, chain: int, company: Company, stored: Reader
) -> None:
    ops = [{"op": "set_mapper", "module": 2, "name": "value", "value": "x"}]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    await company.control("POST", "/clock", {"advance": 5})
    await company.send("PATCH", f"/scenarios/{chain}", {"description": "Edited in the browser"})
    undone = await core.call("operation_undo", operation_id=told.data["operation_id"])
    assert undone.error["code"] == "moved_on"
    assert (await stored(chain))["blueprint"]["flow"][1]["mapper"]["value"] == "x"


async def test_a_patch_leaves_schedule_and_interface_alone(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder, stored: Reader
) -> None:
    inputs = [{"name": "order", "type": "text", "label": "Order", "required": True}]
    made = await new_scenario(
        blueprint(step(1)),
        scheduling={"type": "on-demand"},
        interface={"input": inputs, "output": [{"name": "sum", "type": "number"}]},
    )
    before = await stored(made["id"])
    ops = [{"op": "set_mapper", "module": 1, "name": "value", "value": "x"}]
    told = await core.call("scenario_patch", scenario_id=made["id"], ops=ops)
    after = await stored(made["id"])
    assert "warnings" not in told.data
    assert after["scheduling"] == before["scheduling"]
    assert after["metadata"] == before["metadata"]


async def test_what_make_drops_while_saving_is_reported(
    core: Server, chain: int, company: Company, stored: Reader
) -> None:
    kept = await stored(chain)
    fault = {
        "method": "GET",
        "path": f"/scenarios/{chain}/blueprint$",
        "status": 200,
        "after": 1,
        "body": {
            "code": "OK",
            "response": {**kept, "scheduling": {"type": "immediately"}, "metadata": {}},
        },
    }
    await company.control("POST", "/faults", fault)
    ops = [{"op": "set_mapper", "module": 2, "name": "value", "value": "lost"}]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    warnings = " ".join(told.data["warnings"])
    assert "stored something else" in warnings
    assert "scenario_schedule_set" in warnings


async def test_a_binding_is_changed_and_shown_under_its_new_name(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    stored: Reader,
    connection: Callable[..., Awaitable[int]],
) -> None:
    old, new = await connection("Slack old"), await connection("Slack new")
    restore = {"parameters": {"__IMTCONN__": {"label": "Slack old"}}}
    module = step(
        1,
        "slack:CreateMessage",
        version=4,
        parameters={"__IMTCONN__": old},
        metadata={"restore": restore},
    )
    made = await new_scenario(blueprint(module))
    op = {"op": "set_binding", "module": 1, "value": new, "label": "Slack new"}
    told = await core.call("scenario_patch", scenario_id=made["id"], ops=[op])
    assert told.data["changed"] is True
    module = (await stored(made["id"]))["blueprint"]["flow"][0]
    assert module["parameters"]["__IMTCONN__"] == new
    assert module["metadata"]["restore"]["parameters"]["__IMTCONN__"]["label"] == "Slack new"


async def test_f11_unknown_blueprint_keys_survive_byte_for_byte(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder, stored: Reader
) -> None:
    first = step(1, listener=True, metadata={"restore": {"expect": {"a": {"mode": "edit"}}}})
    first["zz_unknown"] = {"b": [1, 1.5, None, "ü\u2028"], "a": {}}
    document = blueprint(first, step(2))
    document["metadata"]["notes"] = [{"moduleIds": [1], "content": "<p>keep</p>"}]
    document["zz_top"] = {"deep": {"order": [3, 1, 2]}, "null": None}
    made = await new_scenario(document)
    ops = [{"op": "set_mapper", "module": 2, "name": "value", "value": "2"}]
    await core.call("scenario_patch", scenario_id=made["id"], ops=ops)
    expected = json.loads(json.dumps(document))
    expected["flow"][1]["mapper"]["value"] = "2"
    assert json.dumps((await stored(made["id"]))["blueprint"]) == json.dumps(expected)


@failure(
    "invented module names",
    size="long tail",
    here="the nearest real module, with its version",
)
async def test_f9_an_invented_module_is_answered_with_the_nearest_real_one(
    core: Server, chain: int
) -> None:
    invented = ("builtin:TextAggregator", "google-sheets:searchRows@2")
    ops = [{"op": "add_module", "module": {"module": one}, "after": 1} for one in invented]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    fixes = [problem["problem"] + problem.get("fix", "") for problem in told.error["problems"]]
    assert "`util:TextAggregator`" in fixes[0]
    assert "`google-sheets:filterRows`" in fixes[1]


async def test_f10_operations_may_come_as_text(core: Server, chain: int, stored: Reader) -> None:
    op = {"op": "set_mapper", "module": "2", "name": "value", "value": "text"}
    for ops in (json.dumps([op]), [json.dumps({**op, "value": "texts"})]):
        assert (await core.call("scenario_patch", scenario_id=chain, ops=ops)).data["changed"]
    assert (await stored(chain))["blueprint"]["flow"][1]["mapper"]["value"] == "texts"


def _filter(left: str, operator: str) -> dict[str, Any]:
    return {"name": "Gate", "conditions": [[{"a": left, "o": operator}]]}


async def test_a_patch_may_reschedule_and_undo_brings_the_old_schedule_back(
    core: Server, chain: int, stored: Reader, writes: Writes
) -> None:
    before = await stored(chain)
    await writes()
    nightly = {"type": "daily", "time": "03:00"}
    ops = [
        {"op": "set_mapper", "module": 2, "name": "value", "value": "two"},
        {"op": "reschedule", "scheduling": nightly},
    ]
    told = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    assert len(await writes()) == 1
    after = await stored(chain)
    assert after["scheduling"] == nightly
    assert "scheduling" not in after["blueprint"]
    assert not told.data.get("warnings")
    again = await core.call("scenario_patch", scenario_id=chain, ops=ops)
    assert again.data["changed"] is False
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    back = await stored(chain)
    assert (back["scheduling"], back["blueprint"]) == (before["scheduling"], before["blueprint"])
