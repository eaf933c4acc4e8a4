"""Promotions one after another: hotfixes survive or are told, whatever development did."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
from harness import Company, Server

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("many_calls")]

Document = dict[str, Any]
Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Git = Callable[..., str]


@pytest.fixture
async def source(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    return int((await new_scenario(blueprint(*(step(number) for number in range(1, 6)))))["id"])


@pytest.fixture
def promote(core: Server, source: int, other_team: int) -> Callable[..., Awaitable[Document]]:
    """Promotes the source to the other team; says nothing changed without a plan."""

    async def once(**more: Any) -> Document:
        arguments = {"scenario_id": source, "target_team_id": other_team, **more}
        told = await core.call("blueprint_promote", **arguments)
        if "plan" not in told.data:
            return told.data
        plan_id = told.data["plan"]["plan_id"]
        return (await core.call("blueprint_promote", **arguments, plan_id=plan_id)).data

    return once


async def _patch(core: Server, scenario: int, *ops: Document) -> None:
    told = await core.call("scenario_patch", scenario_id=scenario, ops=list(ops))
    assert told.data["changed"] is True


def _set(module: int, value: str) -> Document:
    return {"op": "set_mapper", "module": module, "name": "value", "value": value}


def _add(after: int, value: str) -> Document:
    mapper = {"name": "new", "scope": "roundtrip", "value": value}
    module = {"module": "util:SetVariable2", "version": 1, "parameters": {}, "mapper": mapper}
    return {"op": "add_module", "module": module, "after": after}


def _values(stored: Document) -> list[str]:
    return [one["mapper"]["value"] for one in stored["blueprint"]["flow"]]


async def test_hotfixes_survive_three_promotions_in_a_row(
    core: Server, source: int, promote: Callable[..., Awaitable[Document]], stored: Reader
) -> None:
    target = (await promote())["scenario_id"]
    await _patch(core, target, _set(2, "hotfix"))
    expected = ["1"] * 5
    expected[1] = "hotfix"
    for number in (1, 3, 4):
        await _patch(core, source, _set(number, f"feature {number}"))
        done = await promote()
        expected[number - 1] = f"feature {number}"
        assert (done["changed"], done["recorded"]) == (True, True)
        assert _values(await stored(target)) == expected
        assert len(done["hotfixes_kept"]) == 1
        again = await promote()
        assert again["changed"] is False
        assert _values(await stored(target)) == expected
    await _patch(core, source, _set(2, "hotfix"))
    assert (await promote())["changed"] is False
    await _patch(core, source, _set(2, "mended better"))
    assert (await promote())["changed"] is True
    assert _values(await stored(target))[1] == "mended better"


@pytest.mark.parametrize(("winner", "kept"), [("target", True), ("source", False)])
async def test_a_hotfix_in_a_module_that_development_removed_is_a_conflict(
    core: Server,
    source: int,
    other_team: int,
    promote: Callable[..., Awaitable[Document]],
    stored: Reader,
    winner: str,
    kept: bool,
) -> None:
    target = (await promote())["scenario_id"]
    await _patch(core, target, _set(3, "hotfix"))
    await _patch(core, source, {"op": "remove_module", "module": 3}, _set(4, "feature"))
    before = await stored(target)
    for _ in range(2):
        told = await core.call("blueprint_promote", scenario_id=source, target_team_id=other_team)
        assert told.error["code"] == "conflicts"
        assert len(told.error["problems"]) == 1
        assert await stored(target) == before
    done = await promote(on_conflict=winner)
    assert done["changed"] is True
    values = ["1", "1", "hotfix", "feature", "1"] if kept else ["1", "1", "feature", "1"]
    assert _values(await stored(target)) == values
    await _patch(core, source, _set(1, "later"))
    await promote()
    assert _values(await stored(target)) == ["later", *values[1:]]


async def test_a_module_added_in_production_and_one_in_development_under_the_same_id_both_stay(
    core: Server, source: int, promote: Callable[..., Awaitable[Document]], stored: Reader
) -> None:
    target = (await promote())["scenario_id"]
    await _patch(core, target, _add(1, "hotfix"))
    await _patch(core, source, _add(4, "{{2.v2}} feature"))
    expected = ["1", "hotfix", "1", "1", "1", "{{2.v2}} feature", "1"]
    await promote()
    assert _values(await stored(target)) == expected
    assert (await promote())["changed"] is False
    flow = (await stored(source))["blueprint"]["flow"]
    feature = next(one["id"] for one in flow if "feature" in one["mapper"]["value"])
    for number in range(3):
        await _patch(
            core, source, _set(feature, f"feature {number}"), _set(5, f"{{{{{feature}.new}}}}")
        )
        await promote()
        flow = (await stored(target))["blueprint"]["flow"]
        assert [one["mapper"]["value"] for one in flow][1:6] == [
            "hotfix",
            "1",
            "1",
            "1",
            f"feature {number}",
        ]
        assert flow[6]["mapper"]["value"] == f"{{{{{flow[5]['id']}.new}}}}"
        await _patch(core, source, _set(5, "1"))
        await promote()
    assert len({one["id"] for one in flow}) == 7


async def test_random_edits_of_different_modules_meet_in_production(
    core: Server, source: int, promote: Callable[..., Awaitable[Document]], stored: Reader
) -> None:
    random = Random(20)
    target = (await promote())["scenario_id"]
    fixed: set[int] = set()
    built: set[int] = set()
    expected = dict.fromkeys(range(1, 6), "1")
    for turn in range(8):
        for scenario, own, others in ((source, built, fixed), (target, fixed, built)):
            for number in random.sample(range(1, 6), random.randint(0, 2)):
                if number not in others:
                    own.add(number)
                    expected[number] = f"{scenario}.{turn}.{number}"
                    await _patch(core, scenario, _set(number, expected[number]))
        await promote()
        assert _values(await stored(target)) == list(expected.values()), turn


async def test_an_undone_promotion_is_no_base_and_the_record_is_read_with_git(
    core: Server,
    company: Company,
    source: int,
    promote: Callable[..., Awaitable[Document]],
    stored: Reader,
    git: Git,
    other_team: int,
) -> None:
    target = (await promote())["scenario_id"]
    await _patch(core, target, _set(2, "hotfix"))
    for turn in range(3):
        await _patch(core, source, _set(1, f"feature {turn}"))
        before = (await stored(target))["blueprint"]
        done = await promote()
        await core.apply("operation_undo", operation_id=done["operation_id"])
        assert (await stored(target))["blueprint"] == before
    await promote()
    assert _values(await stored(target)) == ["feature 2", "hotfix", "1", "1", "1"]
    store = core.kernel.place / "blueprints.git"
    assert git(store, "fsck", "--strict", "--no-dangling") == ""
    said = git(store, "log", "--format=%s", "main").splitlines()
    assert set(said) == {f"Promote scenario {source} to scenario {target}"}
    shown = (await company.get(f"/scenarios/{target}"))["scenario"]
    assert (shown["isActive"], shown["teamId"]) == (False, other_team)


async def test_the_target_keeps_its_name_schedule_inputs_and_folder(
    core: Server,
    company: Company,
    source: int,
    promote: Callable[..., Awaitable[Document]],
    stored: Reader,
) -> None:
    target = (await promote())["scenario_id"]
    body = {"name": "Production", "scheduling": '{"type":"on-demand"}'}
    await company.send("PATCH", f"/scenarios/{target}", body)
    fields = [{"name": "city", "type": "text", "label": "City", "required": True}]
    interface = {"interface": {"input": fields, "output": []}}
    await company.send("PATCH", f"/scenarios/{target}/interface", interface)
    before = (await company.get(f"/scenarios/{target}"))["scenario"]
    settings = await stored(target)
    await _patch(core, source, _set(1, "feature"))
    await company.send("PATCH", f"/scenarios/{source}", {"name": "Development"})
    done = await promote()
    assert done["name"] == "Production"
    after = (await company.get(f"/scenarios/{target}"))["scenario"]
    same = ("name", "scheduling", "folderId", "description", "isActive")
    assert [after.get(key) for key in same] == [before.get(key) for key in same]
    now = await stored(target)
    assert (now["scheduling"], now["metadata"]) == (settings["scheduling"], settings["metadata"])
    assert now["blueprint"]["name"] == "Production"
    assert _values(now)[0] == "feature"


async def test_what_is_missing_in_the_target_team_is_created_when_that_is_allowed(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Callable[..., Awaitable[int]],
    stored: Reader,
    other_team: int,
) -> None:
    own = await hook("Orders")
    trigger = step(
        1,
        "gateway:CustomWebHook",
        parameters={"hook": own, "maxResults": 1},
        mapper={},
        metadata={"parameters": [{"name": "hook", "type": "hook:gateway-webhook"}]},
    )
    made = await new_scenario(blueprint(trigger, step(2)), scheduling={"type": "immediately"})
    source = made["id"]
    arguments: Document = {"scenario_id": source, "target_team_id": other_team}
    refused = await core.call("blueprint_promote", **arguments)
    assert refused.error["code"] == "unmapped"
    assert "create_missing=true" in refused.error["problems"][0]["fix"]
    arguments["create_missing"] = True
    planned = await core.call("blueprint_promote", **arguments, dry_run=True)
    assert len(planned.data["plan"]["requests"]) == 2
    assert (await company.get("/hooks", teamId=other_team))["hooks"] == []
    undone = await core.apply("blueprint_promote", **arguments)
    await core.apply("operation_undo", operation_id=undone.data["operation_id"])
    assert (await company.get("/hooks", teamId=other_team))["hooks"] == []
    assert (await company.get("/scenarios", teamId=other_team))["scenarios"] == []
    done = await core.apply("blueprint_promote", **arguments)
    (made,) = (await company.get("/hooks", teamId=other_team))["hooks"]
    flow = (await stored(done.data["scenario_id"]))["blueprint"]["flow"]
    assert flow[0]["parameters"]["hook"] == made["id"] != own
    await _patch(core, source, _set(2, "later"))
    await core.apply("blueprint_promote", **arguments)
    flow = (await stored(done.data["scenario_id"]))["blueprint"]["flow"]
    assert (flow[0]["parameters"]["hook"], flow[1]["mapper"]["value"]) == (made["id"], "later")
    assert len((await company.get("/hooks", teamId=other_team))["hooks"]) == 1
