"""Changing a scenario's name, description, folder or whole blueprint."""

import json
import random
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
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> dict[str, Any]:
    return await new_scenario(
        blueprint(step(1)),
        scheduling={"type": "on-demand"},
        interface={"input": [{"name": "a", "type": "text"}], "output": []},
    )


async def test_a_rename_sends_the_name_and_leaves_everything_else_alone(
    core: Server, scenario: dict[str, Any], stored: Reader, writes: Writes
) -> None:
    before = await stored(scenario["id"])
    await writes()
    told = await core.call("scenario_update", scenario_id=scenario["id"], name="Renamed")
    sent = await writes()
    assert [one["body"] for one in sent] == [{"name": "Renamed"}]
    assert told.data["diff"] == ["~ name: 'Relay' -> 'Renamed'"]
    after = await stored(scenario["id"])
    for part in ("scheduling", "metadata"):
        assert json.dumps(after[part]) == json.dumps(before[part])
    assert json.dumps(after["blueprint"]["flow"]) == json.dumps(before["blueprint"]["flow"])


async def test_a_rename_can_be_undone(
    core: Server, scenario: dict[str, Any], company: Company
) -> None:
    told = await core.call("scenario_update", scenario_id=scenario["id"], name="Renamed")
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    now = (await company.get(f"/scenarios/{scenario['id']}"))["scenario"]
    assert now["name"] == "Relay"


async def test_an_update_to_what_is_there_already_changes_nothing(
    core: Server, scenario: dict[str, Any], writes: Writes
) -> None:
    await writes()
    told = await core.call("scenario_update", scenario_id=scenario["id"], name="Relay")
    assert told.data["changed"] is False
    assert await writes() == []


async def test_a_scenario_is_put_into_a_folder_and_taken_out_again(
    core: Server, scenario: dict[str, Any], company: Company, team: int
) -> None:
    made = await company.send("POST", "/scenarios-folders", {"name": "Box", "teamId": team})
    folder = made["scenarioFolder"]["id"]
    path = f"/scenarios/{scenario['id']}"
    await core.call("scenario_update", scenario_id=scenario["id"], folder_id=folder)
    assert (await company.get(path))["scenario"]["folderId"] == folder
    await core.call("scenario_update", scenario_id=scenario["id"], folder_id=None)
    assert (await company.get(path))["scenario"]["folderId"] is None


async def test_a_dry_run_of_an_update_changes_nothing(
    core: Server, scenario: dict[str, Any], company: Company
) -> None:
    told = await core.call(
        "scenario_update", scenario_id=scenario["id"], description="New", dry_run=True
    )
    assert told.data["plan"]["requests"][0]["body"] == {"description": "New"}
    now = (await company.get(f"/scenarios/{scenario['id']}"))["scenario"]
    assert now["description"] == ""


async def test_a_whole_blueprint_needs_the_last_edit_it_rests_on(
    core: Server, scenario: dict[str, Any], blueprint: Builder, step: Builder, writes: Writes
) -> None:
    await writes()
    told = await core.call(
        "scenario_update", scenario_id=scenario["id"], blueprint=blueprint(step(1), step(2))
    )
    assert told.error["problems"][0]["path"] == "expected_last_edit"
    assert await writes() == []


async def test_a_whole_blueprint_is_replaced_and_the_name_kept(
    core: Server,
    scenario: dict[str, Any],
    blueprint: Builder,
    step: Builder,
    stored: Reader,
) -> None:
    told = await core.call(
        "scenario_update",
        scenario_id=scenario["id"],
        blueprint=blueprint(step(1), step(2), name="Another name"),
        expected_last_edit=scenario["lastEdit"],
    )
    assert (told.data["changed"], told.data["name"]) == (True, "Relay")
    now = await stored(scenario["id"])
    assert [module["id"] for module in now["blueprint"]["flow"]] == [1, 2]
    assert now["scheduling"] == {"type": "on-demand"}
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    back = await stored(scenario["id"])
    assert [module["id"] for module in back["blueprint"]["flow"]] == [1]
    assert back["metadata"]["input_spec"] == [{"name": "a", "type": "text"}]


async def test_a_whole_blueprint_with_faults_is_refused_with_all_of_them(
    core: Server, scenario: dict[str, Any], blueprint: Builder, step: Builder
) -> None:
    wrong = step(2, mapper={"value": "{{9.x}} {{if(1, 2)}}"})
    told = await core.call(
        "scenario_update",
        scenario_id=scenario["id"],
        blueprint=blueprint(step(2), wrong),
        expected_last_edit=scenario["lastEdit"],
    )
    problems = " ".join(problem["problem"] for problem in told.error["problems"])
    assert "already used" in problems
    assert "no module 9" in problems
    assert "';'" in problems


async def test_an_active_scenario_gets_a_new_blueprint_only_by_a_confirmed_plan(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder, stored: Reader
) -> None:
    made = await new_scenario(
        blueprint(step(1)), active=True, scheduling={"type": "daily", "time": "04:00"}
    )
    arguments = {
        "scenario_id": made["id"],
        "blueprint": blueprint(step(1), step(2)),
        "expected_last_edit": made["lastEdit"],
    }
    planned = await core.call("scenario_update", **arguments)
    assert planned.data["plan"]["applied"] is False
    assert len((await stored(made["id"]))["blueprint"]["flow"]) == 1
    told = await core.apply("scenario_update", **arguments)
    assert told.data["changed"] is True
    assert len((await stored(made["id"]))["blueprint"]["flow"]) == 2


async def test_f8_too_long_a_description_is_told_together_with_every_other_fault(
    core: Server, scenario: dict[str, Any]
) -> None:
    told = await core.call(
        "scenario_update", scenario_id=scenario["id"], description="x" * 241, name="y" * 121
    )
    problems = {one["path"]: one["problem"] for one in told.error["problems"]}
    assert set(problems) == {"description", "name"}
    assert "240" in problems["description"]


@failure(
    "undeclared blueprint keys lost on the way",
    size="silent corruption",
    here="they arrive byte for byte",
)
async def test_f11_random_unknown_members_survive_a_save_byte_for_byte(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder, stored: Reader
) -> None:
    made = await new_scenario(blueprint(step(1), step(2)))
    dice = random.Random(20261122)
    for _ in range(15):
        document = blueprint(step(1), step(2))
        holders = [document, document["metadata"], *document["flow"]]
        holders += [module["metadata"] for module in document["flow"]]
        for holder in holders:
            holder[f"zz_{dice.randrange(1000)}"] = _anything(dice, 3)
        now = (await core.call("scenario_get", scenario_id=made["id"])).data["last_edit"]
        told = await core.call(
            "scenario_update",
            scenario_id=made["id"],
            blueprint=document,
            expected_last_edit=now,
        )
        assert told.data["changed"] is True
        kept = (await stored(made["id"]))["blueprint"]
        assert json.dumps(kept) == json.dumps(document)


def _anything(dice: random.Random, depth: int) -> Any:
    """Make any JSON value."""
    leaves = [None, True, False, 0, -7, 1.5, 1e-9, "", "text", '\u2028\U0001f50c "\\', "{{1.v1}}"]
    if not depth or dice.random() < 0.4:
        return dice.choice(leaves)
    inner = [_anything(dice, depth - 1) for _ in range(dice.randrange(4))]
    return inner if dice.random() < 0.5 else {f"k{n}": one for n, one in enumerate(inner)}


async def test_faults_a_scenario_has_already_do_not_bar_a_new_blueprint(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder, stored: Reader
) -> None:
    lost = step(2, mapper={"value": "{{9.x}}"})
    dead = step(3, "slack:CreateMessage", version=4, parameters={"__IMTCONN__": 987_654})
    made = await new_scenario(blueprint(step(1), lost, dead))
    document = (await stored(made["id"]))["blueprint"]
    document["flow"][0]["mapper"]["value"] = "2"
    edit = {"scenario_id": made["id"], "expected_last_edit": made["lastEdit"]}
    told = await core.call("scenario_update", **edit, blueprint=document)
    assert json.dumps((await stored(made["id"]))["blueprint"]) == json.dumps(document)
    assert "no module 9" in told.data["faults"][0]["problem"]
    edit["expected_last_edit"] = told.data["last_edit"]
    document["flow"][0]["mapper"]["value"] = "{{8.x}}"
    document["flow"].append(step(4, "slack:CreateMessage", parameters={"__IMTCONN__": 987_653}))
    refused = await core.call("scenario_update", **edit, blueprint=document)
    problems = " ".join(problem["problem"] for problem in refused.error["problems"])
    assert "no module 8" in problems
    assert "987653" in problems
    assert "no module 9" not in problems
    assert "987654" not in problems
