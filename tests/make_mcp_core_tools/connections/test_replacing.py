"""Moving scenarios to another connection."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from harness import Server

if TYPE_CHECKING:
    from .conftest import Office

pytestmark = pytest.mark.anyio

MODULE = "openai-gpt-3:CreateCompletion"


async def test_three_scenarios_move_together_and_one_undo_puts_every_byte_back(
    core: Server, office: "Office", bound: Any
) -> None:
    old, new = await office.connection(name="Old"), await office.connection(name="New")
    first, second = bound(MODULE, old), bound(MODULE, old, id=9)
    odd = {**bound(MODULE, old), "listener": {"kept": None}, "zeta": [1, {"a": 0.5}]}
    nested = {"module": "builtin:BasicRouter", "routes": [{"flow": [second]}]}
    scenarios = [
        await office.scenario("One", first),
        await office.scenario("Two", {"module": "util:SetVariable2"}, nested),
        await office.scenario("Three", odd, bound(MODULE, old)),
    ]
    untouched = await office.scenario("Four", bound(MODULE, new))
    before = [await office.blueprint(one) for one in scenarios]
    planned = await core.call("connection_replace", from_id=old, to_id=new)
    plan = planned.data["plan"]
    assert len(plan["requests"]) == 3
    assert [await office.blueprint(one) for one in scenarios] == before
    done = await core.call("connection_replace", from_id=old, to_id=new, plan_id=plan["plan_id"])
    assert [one["id"] for one in done.data["scenarios"]] == scenarios
    assert [one["modules"] for one in done.data["scenarios"]] == [[1], [9], [1, 2]]
    usage = (await core.call("connection_usage_get", connection_id=new)).data
    assert [one["id"] for one in usage["scenarios"]] == [*scenarios, untouched]
    assert (await core.call("connection_usage_get", connection_id=old)).data["in_use"] is False
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert [await office.blueprint(one) for one in scenarios] == before


async def test_only_the_binding_and_its_label_change(
    core: Server, office: "Office", bound: Any
) -> None:
    old, new = await office.connection(name="Old"), await office.connection(name="New")
    scenario = await office.scenario("One", bound(MODULE, old))
    before = json.loads(await office.blueprint(scenario))
    told = await core.apply("connection_replace", from_id=old, to_id=new)
    assert any("__IMTCONN__" in line for line in told.data["scenarios"][0]["diff"])
    after = json.loads(await office.blueprint(scenario))
    module = before["flow"][0]
    module["parameters"]["__IMTCONN__"] = new
    module["metadata"]["restore"]["parameters"]["__IMTCONN__"]["label"] = "New"
    assert after == before


async def test_chosen_scenarios_move_and_others_stay(
    core: Server, office: "Office", bound: Any
) -> None:
    old, new = await office.connection(), await office.connection(name="New")
    one, two = [await office.scenario(n, bound(MODULE, old)) for n in ("One", "Two")]
    stranger = await office.scenario("Three", {"module": "util:SetVariable2"})
    args = {"from_id": old, "to_id": new}
    refused = await core.call("connection_replace", **args, scenario_ids=[one, stranger])
    assert str(stranger) in refused.error["problems"][0]["problem"]
    await core.apply("connection_replace", **args, scenario_ids=[two])
    usage = (await core.call("connection_usage_get", connection_id=old)).data
    assert [row["id"] for row in usage["scenarios"]] == [one]


async def test_another_type_and_missing_scopes_are_refused(
    core: Server, office: "Office", bound: Any
) -> None:
    model, chat = await office.connection(), await office.granted("read", "write")
    narrow = await office.granted("read", name="Narrow")
    scenario = await office.scenario("Post", bound("slack:PostNote", chat, "slack"))
    before = await office.blueprint(scenario)
    wrong = await core.call("connection_replace", from_id=chat, to_id=model)
    assert "`slack` is needed" in wrong.error["problems"][0]["problem"]
    same = await core.call("connection_replace", from_id=chat, to_id=chat)
    assert same.error["code"] == "not_replaceable"
    fewer = await core.call("connection_replace", from_id=chat, to_id=narrow)
    assert "write" in fewer.error["problems"][0]["problem"]
    assert await office.blueprint(scenario) == before
    done = await core.apply(
        "connection_replace", from_id=chat, to_id=narrow, allow_missing_scopes=True
    )
    assert "write" in done.data["warnings"][0]


async def test_an_edit_after_the_plan_stops_everything(
    core: Server, office: "Office", bound: Any
) -> None:
    old, new = await office.connection(), await office.connection(name="New")
    one, two = [await office.scenario(n, bound(MODULE, old)) for n in ("One", "Two")]
    before = await office.blueprint(one)
    args = {"from_id": old, "to_id": new}
    plan_id = (await core.call("connection_replace", **args)).data["plan"]["plan_id"]
    edited = (await office.blueprint(two)).replace('"version": 1', '"version": 2', 1)
    await office.company.send("PATCH", f"/scenarios/{two}", {"blueprint": edited})
    told = await core.call("connection_replace", **args, plan_id=plan_id)
    assert told.error["code"] == "plan_void"
    assert await office.blueprint(one) == before


async def test_a_connection_nobody_uses_has_nothing_to_replace(
    core: Server, office: "Office"
) -> None:
    old, new = await office.connection(), await office.connection(name="New")
    told = await core.call("connection_replace", from_id=old, to_id=new)
    assert (told.data["changed"], told.data["scenarios"]) == (False, [])


async def test_app_hooks_are_named_as_left_behind(
    core: Server, office: "Office", bound: Any
) -> None:
    old = await office.connection("jotform", "Old", apiKey="k")
    new = await office.connection("jotform", "New", apiKey="k")
    await office.hook("Form", "jotform", __IMTCONN__=old, formId="1")
    await office.scenario("One", bound("jotform:GetForm", old, "jotform"))
    told = await core.apply("connection_replace", from_id=old, to_id=new)
    assert any("Form" in line for line in told.data["left"])
