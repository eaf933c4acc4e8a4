"""Folders: a tree read out of names, and filing scenarios."""

from typing import Any

import pytest
from harness import Server

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


async def test_an_undo_is_refused_once_somebody_else_renamed_the_folder(
    core: Server, bench: Bench
) -> None:
    made = (await core.call("folder_create", team_id=bench.team, name="Sales")).data
    folder = made["folder"]["id"]
    named = (await core.call("folder_update", folder_id=folder, name="Sales 2")).data
    await bench.company.send("PATCH", f"/scenarios-folders/{folder}", {"name": "Kept"})
    for operation in (named["operation_id"], made["operation_id"]):
        told = await core.call("operation_undo", operation_id=operation)
        assert told.error["code"] == "moved_on"
    assert await bench.folders() == {folder: "Kept"}


async def test_one_renamed_folder_below_bars_the_undo_of_all(core: Server, bench: Bench) -> None:
    sales, eu = await bench.folder("Sales"), await bench.folder("Sales/EU")
    done = (await core.call("folder_update", folder_id=sales, name="Archive")).data
    await bench.company.send("PATCH", f"/scenarios-folders/{eu}", {"name": "EU"})
    told = await core.call("operation_undo", operation_id=done["operation_id"])
    assert told.error["code"] == "moved_on"
    assert await bench.folders() == {sales: "Archive", eu: "EU"}


async def test_a_new_folder_elsewhere_does_not_bar_an_undo(core: Server, bench: Bench) -> None:
    sales = await bench.folder("Sales")
    done = (await core.call("folder_update", folder_id=sales, name="Archive")).data
    await bench.folder("Another")
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert sorted((await bench.folders()).values()) == ["Another", "Sales"]


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
    again = await _folder_called(bench, "Sales")
    assert (again != sales, await bench.folder_of(scenario)) == (True, again)


async def test_an_undone_delete_fills_the_folder_again(core: Server, bench: Bench) -> None:
    sales, other = await bench.folder("Sales"), await bench.folder("Other")
    scenarios = [await bench.scenario(name, sales) for name in ("One", "Two")]
    elsewhere = await bench.scenario("Three", other)
    planned = (await core.call("folder_delete", folder_id=sales)).data["plan"]
    assert "new id, with its 2 scenarios" in planned["undo"]
    done = await core.call("folder_delete", folder_id=sales, plan_id=planned["plan_id"])
    assert [await bench.folder_of(each) for each in scenarios] == [None, None]
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    again = await _folder_called(bench, "Sales")
    assert [await bench.folder_of(each) for each in scenarios] == [again, again]
    assert await bench.folder_of(elsewhere) == other


async def test_an_empty_folder_comes_back_too(core: Server, bench: Bench) -> None:
    done = await core.apply("folder_delete", folder_id=await bench.folder("Sales"))
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert list((await bench.folders()).values()) == ["Sales"]


@pytest.mark.parametrize("handed_on", [False, True])
@pytest.mark.parametrize("change", ["filed elsewhere", "deleted"])
async def test_a_delete_is_not_undone_once_a_scenario_of_it_has_moved_on(
    core: Server, bench: Bench, handed_on: bool, change: str
) -> None:
    sales, archive = await bench.folder("Sales"), await bench.folder("Archive")
    scenario = await bench.scenario("One", sales)
    more = {"move_contents_to": archive} if handed_on else {}
    done = await core.apply("folder_delete", folder_id=sales, **more)
    if change == "deleted":
        await bench.company.send("DELETE", f"/scenarios/{scenario}", confirmed="true")
    else:
        body = {"folderId": await bench.folder("Third")}
        await bench.company.send("PATCH", f"/scenarios/{scenario}", body)
    before = await bench.folders()
    told = await core.call("operation_undo", operation_id=done.data["operation_id"])
    assert told.error["code"] == "moved_on"
    assert await bench.folders() == before


async def test_a_folder_of_more_scenarios_than_a_minutes_calls_comes_back_empty(
    own_core: Server, own_bench: Bench
) -> None:
    sales = await own_bench.folder("Sales")
    scenarios = [await own_bench.scenario(f"No. {at}", sales) for at in range(11)]
    await own_bench.company.control("PATCH", "/world", {"rate_limits": False})
    await own_bench.licence(apiLimit=20)
    planned = (await own_core.call("folder_delete", folder_id=sales)).data["plan"]
    assert "empty" in planned["undo"]
    assert all(str(each) in planned["undo"] for each in scenarios)


async def test_a_folder_that_could_not_be_deleted_says_where_its_scenarios_are(
    own_core: Server, own_bench: Bench
) -> None:
    sales, archive = await own_bench.folder("Sales"), await own_bench.folder("Archive")
    scenario = await own_bench.scenario("One", sales)
    fault = {"method": "DELETE", "path": f"/scenarios-folders/{sales}$", "status": 400}
    await own_bench.company.control("POST", "/faults", fault | {"body": {"message": "no"}})
    wanted = {"folder_id": sales, "move_contents_to": archive}
    planned = (await own_core.call("folder_delete", **wanted)).data["plan"]
    assert f"Should the folder not be deleted, its scenarios stay in {archive}" in planned["undo"]
    error = (await own_core.call("folder_delete", **wanted, plan_id=planned["plan_id"])).error
    assert "“One”" in error["effect"]
    assert await own_bench.folder_of(scenario) == archive


async def test_a_folder_cannot_hand_its_scenarios_to_itself(core: Server, bench: Bench) -> None:
    sales = await bench.folder("Sales")
    told = await core.call("folder_delete", folder_id=sales, move_contents_to=sales)
    assert told.error["problems"][0]["path"] == "move_contents_to"


async def test_a_folder_nobody_has_is_not_found(core: Server) -> None:
    error = (await core.call("folder_get", folder_id=987654)).error
    assert (error["code"], "folder_list" in error["next_step"]) == ("not_found", True)


async def test_fifty_scenarios_move_in_one_operation_and_back_in_one_undo(
    core: Server, bench: Bench
) -> None:
    old, new = await bench.folder("Old"), await bench.folder("New")
    scenarios = [await bench.scenario(f"No. {at}", old if at % 2 else None) for at in range(50)]
    before = await _places(bench)
    done = (await core.call("folder_item_move", scenario_ids=scenarios, folder_id=new)).data
    assert len(done["moved"]) == 50
    assert set((await _places(bench)).values()) == {new}
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert await _places(bench) == before


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
    own_core: Server, own_bench: Bench
) -> None:
    new = await own_bench.folder("New")
    scenarios = [await own_bench.scenario(f"No. {at}") for at in range(22)]
    await own_bench.company.control("PATCH", "/world", {"rate_limits": False})
    await own_bench.licence(apiLimit=30)
    error = (await own_core.call("folder_item_move", scenario_ids=scenarios, folder_id=new)).error
    assert (error["code"], "at most 20 `scenario_ids`" in error["next_step"]) == ("too_many", True)
    assert await own_bench.folder_of(scenarios[0]) is None


async def test_a_move_that_fails_half_way_tells_what_was_done_and_can_be_undone(
    own_core: Server, own_bench: Bench
) -> None:
    new = await own_bench.folder("New")
    scenarios = [await own_bench.scenario(f"No. {at}") for at in range(3)]
    path = f"/scenarios/{scenarios[2]}$"
    fault = {"method": "PATCH", "path": path, "status": 400, "body": {"message": "no"}}
    await own_bench.company.control("POST", "/faults", fault)
    error = (await own_core.call("folder_item_move", scenario_ids=scenarios, folder_id=new)).error
    assert "“No. 1”" in error["effect"]
    operation = (await own_core.call("operation_list")).data["operations"][0]["operation_id"]
    await own_core.apply("operation_undo", operation_id=operation)
    assert [await own_bench.folder_of(each) for each in scenarios] == [None, None, None]


async def test_tidying_a_team_is_a_prompt(core: Server) -> None:
    prompt = await core.client.get_prompt("clean_workspace", {"team": "Bench"})
    assert "Bench" in str(prompt.messages[0].content)


async def _names(core: Server, bench: Bench, **arguments: Any) -> list[str]:
    told = await core.call("folder_list", team_id=bench.team, **arguments)
    return [row["name"] for row in told.data["folders"]]


async def _folder_called(bench: Bench, name: str) -> int:
    return next(folder for folder, called in (await bench.folders()).items() if called == name)


async def _count_in(core: Server, folder: int) -> int:
    told = await core.call("folder_get", folder_id=folder)
    return int(told.data["total"])


async def _places(bench: Bench) -> dict[int, int | None]:
    query = {"teamId": bench.team, "pg[limit]": 1000, "cols[]": ["id", "folderId"]}
    found = (await bench.company.get("/scenarios", **query))["scenarios"]
    return {scenario["id"]: scenario["folderId"] for scenario in found}
