"""Notes on the canvas of a scenario."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]
Notes = Callable[[], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    return int((await new_scenario(blueprint(step(1), step(2))))["id"])


@pytest.fixture
def notes(company: Company, team: int, scenario: int) -> Notes:
    async def read() -> list[dict[str, Any]]:
        answer = await company.get(f"/scenarios/{scenario}/notes", teamId=team)
        found: list[dict[str, Any]] = answer["notes"]
        return found

    return read


async def test_a_note_is_added_listed_and_taken_back(
    core: Server, scenario: int, notes: Notes
) -> None:
    told = await core.call(
        "scenario_note_set",
        scenario_id=scenario,
        text="Ask Nora < before you change this.\nReally.",
        module_ids=[2],
        color="#ff0000",
    )
    [kept] = await notes()
    assert kept["content"] == "<p>Ask Nora &lt; before you change this.</p><p>Really.</p>"
    assert kept["metadata"] == {"color": "#ff0000"}
    listed = await core.call("scenario_note_list", scenario_id=scenario, module_id=2)
    [row] = listed.data["notes"]
    assert (row["text"], row["module_ids"]) == (
        "Ask Nora < before you change this.\nReally.",
        [2],
    )
    other = await core.call("scenario_note_list", scenario_id=scenario, module_id=1)
    assert other.data["notes"] == []
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert await notes() == []


async def test_a_dry_run_adds_no_note(core: Server, scenario: int, notes: Notes) -> None:
    told = await core.call("scenario_note_set", scenario_id=scenario, text="Later", dry_run=True)
    assert told.data["plan"]["requests"][0]["path"] == f"/scenarios/{scenario}/notes"
    assert await notes() == []


async def test_a_note_is_changed_and_changed_back(
    core: Server, scenario: int, notes: Notes, writes: Writes
) -> None:
    made = (await core.call("scenario_note_set", scenario_id=scenario, text="First")).data
    await writes()
    same = await core.call(
        "scenario_note_set", scenario_id=scenario, note_id=made["id"], text="First"
    )
    assert same.data["changed"] is False
    assert await writes() == []
    told = await core.call(
        "scenario_note_set", scenario_id=scenario, note_id=made["id"], text="<p>Second</p>"
    )
    assert told.data["text"] == "Second"
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert [one["content"] for one in await notes()] == ["<p>First</p>"]


async def test_a_note_on_a_module_that_is_not_there_is_refused(
    core: Server, scenario: int, notes: Notes
) -> None:
    told = await core.call("scenario_note_set", scenario_id=scenario, module_ids=[9])
    assert [problem["path"] for problem in told.error["problems"]] == ["text", "module_ids"]
    assert await notes() == []


async def test_a_note_is_deleted_after_a_plan_and_written_again_by_undo(
    core: Server, scenario: int, notes: Notes
) -> None:
    made = (await core.call("scenario_note_set", scenario_id=scenario, text="Keep")).data
    arguments = {"scenario_id": scenario, "note_id": made["id"]}
    planned = await core.call("scenario_note_delete", **arguments)
    assert planned.data["plan"]["diff"] == ["- Keep"]
    assert len(await notes()) == 1
    told = await core.apply("scenario_note_delete", **arguments)
    assert await notes() == []
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert [one["content"] for one in await notes()] == ["<p>Keep</p>"]


async def test_a_note_of_another_scenario_is_not_found(core: Server, scenario: int) -> None:
    for tool in ("scenario_note_set", "scenario_note_delete"):
        told = await core.call(tool, scenario_id=scenario, note_id=987_654)
        assert told.error["code"] == "not_found"
