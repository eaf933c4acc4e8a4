"""Folders: a tree read out of names, and filing scenarios."""

from typing import Any

import pytest
from harness import Company, Server

from .conftest import Bench

pytestmark = pytest.mark.anyio


async def test_three_levels_of_folders_come_back_as_they_were_made(
    core: Server, bench: Bench
) -> None:
    for path in ("Sales", "Sales / EU", "Sales/EU/Leads", "Salesforce"):
        made = await core.call("folder_create", team_id=bench.team, name=path)
        assert made.data["changed"] is True
    assert sorted((await bench.folders()).values()) == [
        "Sales",
        "Sales/EU",
        "Sales/EU/Leads",
        "Salesforce",
    ]
    told = await _names(core, bench, under="Sales")
    assert told == ["Sales/EU", "Sales/EU/Leads"]
    assert await _names(core, bench, depth=1) == ["Sales", "Salesforce"]
    assert await _names(core, bench, under="sales", depth=1) == ["Sales/EU"]


async def test_folders_tell_scenarios_and_problems_rolled_up(core: Server, bench: Bench) -> None:
    sales, eu = await bench.folder("Sales"), await bench.folder("Sales/EU")
    await bench.scenario("One", sales)
    broken = await bench.scenario("Two", eu)
    await bench.scenario("Three")
    await bench.company.control(
        "PATCH", "/world", {"scenarios": {str(broken): {"is_invalid": True}}}
    )
    told = (await core.call("folder_list", team_id=bench.team)).data
    rows = {row["name"]: row for row in told["folders"]}
    assert (rows["Sales"]["scenarios"], rows["Sales"]["scenarios_below"]) == (1, 1)
    assert (rows["Sales/EU"]["with_problems"], rows["Sales"]["with_problems"]) == (1, 0)
    assert told["unfiled_scenarios"] == 1
    contents = (await core.call("folder_get", folder_id=sales, recursive=True)).data
    problems = {row["name"]: row.get("problem") for row in contents["scenarios"]}
    assert problems == {"One": None, "Two": "stopped by errors"}
    assert [folder["name"] for folder in contents["subfolders"]] == ["Sales/EU"]
    assert contents["scenarios"][0]["url"].endswith(
        f"/{bench.team}/scenarios/{contents['scenarios'][0]['id']}"
    )


async def test_a_folder_that_is_there_already_is_given_back(core: Server, bench: Bench) -> None:
    there = await bench.folder("Sales/EU")
    await bench.company.control("DELETE", "/requests")
    told = (await core.call("folder_create", team_id=bench.team, name="sales/eu")).data
    assert (told["folder"]["id"], told["changed"]) == (there, False)
    assert await bench.writes() == []


async def test_a_folder_is_made_below_another_and_undone(core: Server, bench: Bench) -> None:
    sales = await bench.folder("Sales")
    made = (await core.call("folder_create", parent_id=sales, team_id=bench.team, name="EU")).data
    assert made["folder"]["name"] == "Sales/EU"
    await core.apply("operation_undo", operation_id=made["operation_id"])
    assert list((await bench.folders()).values()) == ["Sales"]


@pytest.mark.parametrize("name", ["/Sales", "Sales//EU", "Sales/" + "x" * 100])
async def test_a_path_that_make_cannot_keep_is_refused(
    core: Server, bench: Bench, name: str
) -> None:
    told = await core.call("folder_create", team_id=bench.team, name=name)
    assert told.error["problems"][0]["path"] == "name"
    assert await bench.folders() == {}


async def test_renaming_takes_the_folders_below_along_and_back(core: Server, bench: Bench) -> None:
    for name in ("Sales", "Sales/EU", "Salesforce"):
        await bench.folder(name)
    before = await bench.folders()
    sales = next(id for id, name in before.items() if name == "Sales")
    done = (await core.call("folder_update", folder_id=sales, name="Archive/Sales")).data
    assert sorted((await bench.folders()).values()) == [
        "Archive/Sales",
        "Archive/Sales/EU",
        "Salesforce",
    ]
    assert done["renamed"] == 2
    again = (await core.call("folder_update", folder_id=sales, name="Archive/Sales")).data
    assert again["changed"] is False
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert await bench.folders() == before


async def test_a_taken_name_is_refused_and_nothing_is_renamed(core: Server, bench: Bench) -> None:
    sales = await bench.folder("Sales")
    await bench.folder("Archive")
    told = await core.call("folder_update", folder_id=sales, name="Archive")
    assert "already" in told.error["problems"][0]["problem"]
    assert sorted((await bench.folders()).values()) == ["Archive", "Sales"]


async def test_deleting_a_folder_says_where_its_scenarios_go(core: Server, bench: Bench) -> None:
    sales = await bench.folder("Sales")
    scenario = await bench.scenario("One", sales)
    planned = (await core.call("folder_delete", folder_id=sales)).data["plan"]
    assert "1 scenarios end up outside any folder: “One”." in planned["affects"]
    assert await bench.folder_of(scenario) == sales
    done = await core.call("folder_delete", folder_id=sales, plan_id=planned["plan_id"])
    assert done.data["unfiled_scenarios"] == 1
    assert (await bench.folders(), await bench.folder_of(scenario)) == ({}, None)


async def test_a_deleted_folder_can_hand_its_scenarios_on(core: Server, bench: Bench) -> None:
    sales, archive = await bench.folder("Sales"), await bench.folder("Archive")
    scenario = await bench.scenario("One", sales)
    done = await core.apply("folder_delete", folder_id=sales, move_contents_to=archive)
    assert done.data["moved_scenarios"] == 1
    assert await bench.folder_of(scenario) == archive
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert sorted((await bench.folders()).values()) == ["Archive", "Sales"]


async def test_a_folder_cannot_hand_its_scenarios_to_itself(core: Server, bench: Bench) -> None:
    sales = await bench.folder("Sales")
    told = await core.call("folder_delete", folder_id=sales, move_contents_to=sales)
    assert told.error["problems"][0]["path"] == "move_contents_to"


async def test_a_folder_nobody_has_is_not_found(core: Server) -> None:
    error = (await core.call("folder_get", folder_id=987654)).error
    assert (error["code"], "folder_list" in error["next_step"]) == ("not_found", True)


async def test_fifty_scenarios_move_in_one_operation_and_back_in_one_undo(
    core: Server, bench: Bench, company: Company
) -> None:
    old, new = await bench.folder("Old"), await bench.folder("New")
    scenarios = [await bench.scenario(f"No. {at}", old if at % 2 else None) for at in range(50)]
    before = await _places(company, bench)
    done = (await core.call("folder_item_move", scenario_ids=scenarios, folder_id=new)).data
    assert len(done["moved"]) == 50
    assert set((await _places(company, bench)).values()) == {new}
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert await _places(company, bench) == before


async def test_moving_plans_the_same_requests_as_it_sends(core: Server, bench: Bench) -> None:
    old, new = await bench.folder("Old"), await bench.folder("New")
    for name in ("Lead in", "Lead out", "Other"):
        await bench.scenario(name, old)
    wanted: dict[str, Any] = {"from_folder_id": old, "name_contains": "lead", "folder_id": new}
    dry = (await core.call("folder_item_move", **wanted, dry_run=True)).data["plan"]
    assert await _count_in(core, new) == 0
    await bench.company.control("DELETE", "/requests")
    await core.call("folder_item_move", **wanted)
    sent = [line.removeprefix("PATCH /api/v2") for line in await bench.writes()]
    assert sent == [request["path"] for request in dry["requests"]]
    assert await _count_in(core, new) == 2


async def test_scenarios_that_are_there_already_are_left_alone(core: Server, bench: Bench) -> None:
    new = await bench.folder("New")
    scenario = await bench.scenario("One", new)
    await bench.company.control("DELETE", "/requests")
    told = (await core.call("folder_item_move", scenario_ids=[scenario], folder_id=new)).data
    assert (told["unchanged"], told["changed"]) == ([scenario], False)
    assert await bench.writes() == []


async def test_scenarios_are_taken_out_of_all_folders(core: Server, bench: Bench) -> None:
    scenario = await bench.scenario("One", await bench.folder("Old"))
    await core.call("folder_item_move", scenario_ids=[scenario], out_of_folders=True)
    assert await bench.folder_of(scenario) is None


async def test_an_undo_of_a_move_is_refused_when_a_scenario_was_moved_again(
    core: Server, bench: Bench
) -> None:
    new, other = await bench.folder("New"), await bench.folder("Other")
    scenario = await bench.scenario("One")
    done = (await core.call("folder_item_move", scenario_ids=[scenario], folder_id=new)).data
    await bench.company.send("PATCH", f"/scenarios/{scenario}", {"folderId": other})
    told = await core.call("operation_undo", operation_id=done["operation_id"])
    assert told.error["code"] == "moved_on"
    assert await bench.folder_of(scenario) == other


async def test_every_scenario_of_another_team_is_named_at_once(core: Server, bench: Bench) -> None:
    new, own = await bench.folder("New"), await bench.scenario("One")
    told = await core.call("folder_item_move", scenario_ids=[987651, own, 987652], folder_id=new)
    assert [p["path"] for p in told.error["problems"]] == ["scenario_ids[0]", "scenario_ids[2]"]
    assert await bench.folder_of(own) is None


async def test_what_to_move_and_where_to_must_both_be_said(core: Server) -> None:
    told = await core.call("folder_item_move", out_of_folders=True, folder_id=1)
    assert {p["path"] for p in told.error["problems"]} == {"folder_id", "scenario_ids"}


async def test_a_move_beyond_the_plans_calls_is_refused_before_it_begins(
    core: Server, bench: Bench
) -> None:
    new = await bench.folder("New")
    scenarios = [await bench.scenario(f"No. {at}") for at in range(22)]
    await bench.company.control("PATCH", "/world", {"rate_limits": False})
    await bench.licence(apiLimit=30)
    error = (await core.call("folder_item_move", scenario_ids=scenarios, folder_id=new)).error
    assert (error["code"], "at most 20 `scenario_ids`" in error["next_step"]) == ("too_many", True)
    assert await bench.folder_of(scenarios[0]) is None


async def test_a_move_that_fails_half_way_tells_what_was_done_and_can_be_undone(
    core: Server, bench: Bench
) -> None:
    new = await bench.folder("New")
    scenarios = [await bench.scenario(f"No. {at}") for at in range(3)]
    path = f"/scenarios/{scenarios[2]}$"
    fault = {"method": "PATCH", "path": path, "status": 400, "body": {"message": "no"}}
    await bench.company.control("POST", "/faults", fault)
    error = (await core.call("folder_item_move", scenario_ids=scenarios, folder_id=new)).error
    assert "“No. 1”" in error["effect"]
    operation = (await core.call("operation_list")).data["operations"][0]["operation_id"]
    await core.apply("operation_undo", operation_id=operation)
    assert [await bench.folder_of(each) for each in scenarios] == [None, None, None]


async def test_tidying_a_team_is_a_prompt(core: Server) -> None:
    prompt = await core.client.get_prompt("clean_workspace", {"team": "Bench"})
    assert "Bench" in str(prompt.messages[0].content)


async def _names(core: Server, bench: Bench, **arguments: Any) -> list[str]:
    told = await core.call("folder_list", team_id=bench.team, **arguments)
    return [row["name"] for row in told.data["folders"]]


async def _count_in(core: Server, folder: int) -> int:
    told = await core.call("folder_get", folder_id=folder)
    return int(told.data["total"])


async def _places(company: Company, bench: Bench) -> dict[int, int | None]:
    query = {"teamId": bench.team, "pg[limit]": 1000, "cols[]": ["id", "folderId"]}
    found = (await company.get("/scenarios", **query))["scenarios"]
    return {scenario["id"]: scenario["folderId"] for scenario in found}
