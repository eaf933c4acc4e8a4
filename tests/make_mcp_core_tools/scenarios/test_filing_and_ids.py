"""Folders and ids that are not there: refused before anything is written, with the next step."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
async def foreign_folder(company: Company, other_team: int) -> int:
    """A folder of another team."""
    body = {"name": "Elsewhere", "teamId": other_team}
    return int((await company.send("POST", "/scenarios-folders", body))["scenarioFolder"]["id"])


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    return int((await new_scenario(blueprint(step(4), step(9))))["id"])


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_folder_of_another_team_is_refused_in_a_dry_run_as_in_the_run(
    core: Server,
    blueprint: Builder,
    step: Builder,
    scenario: int,
    team: int,
    foreign_folder: int,
    writes: Writes,
    dry_run: bool,
) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("scenario_create", {"team_id": team, "blueprint": blueprint(step(1))}),
        ("scenario_update", {"scenario_id": scenario, "name": "Other"}),
        ("scenario_clone", {"scenario_id": scenario}),
        ("scenario_bulk_apply", {"team_id": team, "scenario_ids": [scenario], "action": "move"}),
    ]
    await writes()
    for tool, arguments in calls:
        told = await core.call(tool, **arguments, folder_id=foreign_folder, dry_run=dry_run)
        (problem,) = told.error["problems"]
        assert problem["path"] == "folder_id", tool
        assert "`folder_list`" in problem["fix"], tool
    assert await writes() == []


async def test_what_is_not_there_is_answered_with_the_tool_that_lists_it(
    core: Server, scenario: int
) -> None:
    expected: list[tuple[str, dict[str, Any], str]] = [
        ("scenario_get", {"scenario_id": 999_999}, "`scenario_list`"),
        ("blueprint_get", {"scenario_id": scenario, "version_id": 77}, "`blueprint_version_list`"),
        (
            "scenario_module_get",
            {"scenario_id": scenario, "module_id": 4, "version_id": 77},
            "`blueprint_version_list`",
        ),
    ]
    for tool, arguments, remedy in expected:
        told = await core.call(tool, **arguments)
        assert told.error["code"] == "not_found", tool
        assert remedy in told.error["next_step"], tool


async def test_modules_of_a_blueprint_are_read_in_the_order_asked_for_and_strange_ids_are_named(
    core: Server, scenario: int
) -> None:
    told = await core.call("blueprint_get", scenario_id=scenario, module_ids=[9, 4, 9])
    assert [module["id"] for module in told.data["modules"]] == [9, 4]
    assert "blueprint" not in told.data
    strange = await core.call("blueprint_get", scenario_id=scenario, module_ids=[4, 7, 8])
    assert strange.error["code"] == "not_found"
    assert "no module 7, 8" in strange.error["what"]
    assert "It has 4, 9." in strange.error["why"]


async def test_a_blueprint_without_modules_is_explained_as_empty(core: Server, team: int) -> None:
    empty: dict[str, Any] = {"name": "Empty", "flow": [], "metadata": {"version": 1}}
    analysis = await core.call("blueprint_analyze", blueprint=empty)
    assert (analysis.data["module_count"], analysis.data["operations_per_bundle"]) == (0, 0)
    assert analysis.data["trigger"] == "none"
    components = await core.call("blueprint_component_list", blueprint=empty, target_team_id=team)
    assert components.data == {"components": [], "by_kind": {}, "not_ok": 0}
    validation = await core.call("blueprint_validate", blueprint=empty, target_team_id=team)
    assert validation.data["valid"] is False
