"""Variables: found, created, changed, deleted, and who reads them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server
from narrow import server_with

if TYPE_CHECKING:
    from .conftest import Settings, Shelf

pytestmark = pytest.mark.anyio

Reading = Callable[..., Awaitable[int]]
HIDDEN = "[hidden]"


def names(told: dict[str, Any]) -> list[str]:
    return [row["name"] for row in told["variables"]]


# Finding


async def test_the_list_holds_custom_variables_and_on_demand_those_of_make(
    core: Server, settings: "Settings"
) -> None:
    await settings.put("vat_rate", 0.19, "number")
    await settings.put("is_live", True, "boolean")
    told = (await core.call("variable_list", team_id=settings.team)).data
    rows = [(row["name"], row["type"], row["value"]) for row in told["variables"]]
    assert rows == [("is_live", "boolean", True), ("vat_rate", "number", 0.19)]
    wide = await core.call("list-custom-variables", team_id=settings.team, include_system=True)
    assert {"teamId", "teamName"} < set(names(wide.data))
    narrow = await core.call("variable_list", team_id=settings.team, name_contains="VAT")
    assert names(narrow.data) == ["vat_rate"]


async def test_a_team_without_variables_has_an_empty_list(
    core: Server, settings: "Settings"
) -> None:
    told = (await core.call("variable_list", team_id=settings.team)).data
    assert (told["variables"], told["total"]) == ([], 0)


async def test_an_organization_is_meant_when_only_it_is_named(
    core: Server, settings: "Settings"
) -> None:
    await settings.put("motto", "Onwards", owner="organization")
    told = (await core.call("variable_list", organization_id=settings.organization)).data
    assert (told["scope"], "motto" in names(told)) == ("organization", True)
    by_team = await core.call("variable_list", scope="organization", team_id=settings.team)
    assert by_team.data["owner_id"] == settings.organization


async def test_secrets_are_masked_by_name_and_by_look(core: Server, settings: "Settings") -> None:
    await settings.put("crm_password", "hunter2-hunter2")
    await settings.put("note", "sk-aaaaaaaaaaaaaaaaaaaaaaaa")
    told = await core.call("variable_list", team_id=settings.team)
    assert [row["value"] for row in told.data["variables"]] == [HIDDEN, HIDDEN]
    assert "hunter2" not in told.text
    one = await core.call("variable_get", team_id=settings.team, name="crm_password")
    assert "hunter2" not in one.text


async def test_a_variable_tells_how_expressions_name_it(core: Server, settings: "Settings") -> None:
    await settings.put("vat_rate", 0.19, "number")
    told = (await core.call("variable_get", team_id=settings.team, name="vat_rate")).data
    assert (told["value"], told["expression"]) == (0.19, "{{var.team.vat_rate}}")
    refused = (await core.call("variable_get", team_id=settings.team, name="vat_rat")).error
    assert (refused["code"], "vat_rate" in refused["why"]) == ("not_found", True)


async def test_a_foreign_team_is_refused(core: Server, settings: "Settings") -> None:
    told = await core.call("variable_list", team_id=999_999)
    assert told.error["code"] in {"forbidden", "not_found"}


# Creating


@pytest.mark.parametrize(
    ("given", "type_id", "kept"),
    [
        ({"value": 12}, 1, 12),
        ({"value": "12", "type": "number"}, 1, 12),
        ({"value": "12"}, 2, "12"),
        ({"value": '{"a":  1}'}, 2, '{"a":  1}'),
        ({"value": 12, "type": "text"}, 2, "12"),
        ({"value": "true", "type": "boolean"}, 3, True),
        ({"value": False}, 3, False),
        ({"value": "2026-10-05", "type": "date"}, 4, "2026-10-05T00:00:00.000Z"),
        ({"value": "2026-10-05T08:00:00+02:00", "type": "date"}, 4, "2026-10-05T06:00:00.000Z"),
    ],
)
async def test_a_value_is_sent_as_its_type_wants_it(
    core: Server, settings: "Settings", given: dict[str, Any], type_id: int, kept: Any
) -> None:
    await core.call("variable_create", team_id=settings.team, name="x", **given)
    assert (await settings.types(), await settings.all()) == ({"x": type_id}, {"x": kept})


@pytest.mark.parametrize(
    "given",
    [
        {"value": "twelve", "type": "number"},
        {"value": True, "type": "number"},
        {"value": "yes", "type": "boolean"},
        {"value": "next week", "type": "date"},
        {"value": {"a": 1}},
        {"value": None},
    ],
)
async def test_a_value_that_does_not_fit_is_not_sent(
    core: Server, settings: "Settings", given: dict[str, Any]
) -> None:
    told = await core.call("variable_create", team_id=settings.team, name="x", **given)
    assert told.error["code"] == "invalid_arguments"
    assert await settings.all() == {}


@pytest.mark.parametrize("name", ["1st", "vat-rate", "vat rate", "", "a" * 129, "straße"])
async def test_a_name_that_breaks_the_rules_is_not_sent(
    core: Server, settings: "Settings", name: str
) -> None:
    told = await core.call("variable_create", team_id=settings.team, name=name, value="x")
    assert told.error["code"] == "invalid_arguments"
    assert await settings.all() == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crm_password", "hunter2"),
        ("apiKey", "abc"),
        ("note", "sk-aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("inbox", "https://hook.eu1.make.com/abcdefghijklmnopqrstuvwxyz012345"),
    ],
)
async def test_a_secret_is_refused_unless_plain_text_is_allowed(
    core: Server, settings: "Settings", name: str, value: str
) -> None:
    given = {"team_id": settings.team, "name": name, "value": value}
    told = await core.call("variable_create", **given)
    assert told.error["code"] == "plaintext_secret"
    assert value not in told.text
    assert await settings.all() == {}
    allowed = await core.call("variable_create", **given, allow_plaintext=True)
    assert value not in allowed.text
    assert await settings.all() == {name: value}


async def test_a_name_that_is_taken_leads_to_the_update(core: Server, settings: "Settings") -> None:
    await settings.put("x", "1")
    told = await core.call("variable_create", team_id=settings.team, name="x", value="2")
    assert (told.error["code"], "variable_update" in told.error["next_step"]) == ("exists", True)
    assert await settings.all() == {"x": "1"}


async def test_creating_is_planned_done_and_taken_back(core: Server, settings: "Settings") -> None:
    given = {"organization_id": settings.organization, "name": "vat_rate", "value": 0.19}
    before = await settings.all("organization")
    planned = (await core.call("variable_create", **given, dry_run=True)).data["plan"]
    assert await settings.all("organization") == before
    done = await core.call("variable_create", **given, plan_id=planned["plan_id"])
    assert (await settings.all("organization"))["vat_rate"] == 0.19
    assert planned["requests"][0]["body"] == {"name": "vat_rate", "typeId": 1, "value": 0.19}
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert await settings.all("organization") == before


async def test_a_plan_without_custom_variables_is_one_clear_sentence(
    company: Company, settings: "Settings", tmp_path: Path
) -> None:
    licence = {str(settings.organization): {"customVariables": False}}
    await company.control("PATCH", "/world", {"licenses": licence})
    ask = {"team_id": settings.team}
    async with server_with(company, tmp_path, "*") as server:
        told = (await server.call("variable_create", **ask, name="x", value="1")).error
        listed = (await server.call("variable_list", **ask)).data
    assert (told["code"], "no custom variables" in told["what"]) == ("licence_gate", True)
    assert "no custom variables" in listed["warnings"][0]


async def test_a_token_without_the_scope_is_told_which(
    company: Company, settings: "Settings", tmp_path: Path
) -> None:
    held = ("organizations:read", "teams:read", "team-variables:read")
    async with server_with(company, tmp_path, *held) as server:
        told = await server.call("variable_create", team_id=settings.team, name="x", value="1")
        listed = await server.call("variable_list", organization_id=settings.organization)
    assert "team-variables:write" in told.error["why"]
    assert "organization-variables:read" in listed.error["why"]
    assert await settings.all() == {}


async def test_a_variable_that_was_created_is_what_runs_read(
    core: Server, company: Company, settings: "Settings", shelf: "Shelf"
) -> None:
    given = {"team_id": settings.team, "name": "order", "value": '{"a": 1}'}
    scenario = await shelf.scenario(text="{{var.team.order}}")
    await core.call("variable_create", **given)
    run = {"data": {"order": "x"}, "responsive": True}
    first = await company.send("POST", f"/scenarios/{scenario}/run", run)
    await core.call("variable_update", **given | {"value": "no json"})
    second = await company.send("POST", f"/scenarios/{scenario}/run", run)
    assert (int(first["status"]), int(second["status"]) > 1) == (1, True)
    assert len(await shelf.ids(scenario)) == 1


# Changing


async def test_a_change_is_shown_done_and_taken_back(core: Server, settings: "Settings") -> None:
    await settings.put("vat_rate", 0.19, "number")
    given = {"team_id": settings.team, "name": "vat_rate", "value": 0.21}
    planned = (await core.call("variable_update", **given, dry_run=True)).data["plan"]
    assert planned["diff"] == ["vat_rate: 0.19 → 0.21"]
    done = (await core.call("variable_update", **given)).data
    assert (done["changed"], done["before"], await settings.all()) == (
        True,
        0.19,
        {"vat_rate": 0.21},
    )
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert await settings.all() == {"vat_rate": 0.19}


async def test_the_undo_of_a_secret_puts_the_real_value_back(
    core: Server, settings: "Settings"
) -> None:
    await settings.put("crm_password", "hunter2")
    given = {"team_id": settings.team, "name": "crm_password", "allow_plaintext": True}
    done = (await core.call("variable_update", **given, value="hunter3")).data
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert await settings.all() == {"crm_password": "hunter2"}


async def test_an_equal_value_changes_nothing(
    core: Server, settings: "Settings", writes: Callable[[], Awaitable[list[Any]]]
) -> None:
    await settings.put("x", 1, "number")
    await writes()
    told = (await core.call("variable_update", team_id=settings.team, name="x", value="1")).data
    assert (told["changed"], await writes()) == (False, [])


async def test_a_value_keeps_its_type_unless_another_is_asked_for(
    core: Server, settings: "Settings"
) -> None:
    await settings.put("x", 1, "number")
    given = {"team_id": settings.team, "name": "x", "value": "many"}
    assert "number" in (await core.call("variable_update", **given)).error["next_step"]
    await core.call("variable_update", **given, type="text")
    assert (await settings.types(), await settings.all()) == ({"x": 2}, {"x": "many"})


async def test_what_make_sets_is_not_changed(core: Server, settings: "Settings") -> None:
    given = {"team_id": settings.team, "name": "teamName"}
    changed = await core.call("variable_update", **given, value="Mine")
    deleted = await core.call("variable_delete", **given)
    assert {changed.error["code"], deleted.error["code"]} == {"system_variable"}


# Deleting


async def test_deleting_names_its_readers_first_and_is_taken_back(
    core: Server, settings: "Settings", reading: Reading
) -> None:
    await settings.put("vat_rate", 0.19, "number")
    scenario = await reading("{{var.team.vat_rate * 100}}", "{{1.v}}")
    given = {"team_id": settings.team, "name": "vat_rate"}
    planned = (await core.call("variable_delete", **given)).data["plan"]
    assert f"({scenario}, inactive) reads it in modules 1" in planned["affects"][0]
    assert await settings.all() == {"vat_rate": 0.19}
    done = (await core.call("variable_delete", **given, plan_id=planned["plan_id"])).data
    assert (done["changed"], await settings.all()) == (True, {})
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert (await settings.types(), await settings.all()) == ({"vat_rate": 1}, {"vat_rate": 0.19})


async def test_deleting_what_is_not_there_changes_nothing(
    core: Server, settings: "Settings"
) -> None:
    told = (await core.call("variable_delete", team_id=settings.team, name="gone")).data
    assert told["changed"] is False


# History


async def test_the_history_tells_old_and_new_values_newest_first(
    core: Server, settings: "Settings"
) -> None:
    await settings.put("vat_rate", 0.19, "number")
    await core.call("variable_update", team_id=settings.team, name="vat_rate", value=0.21)
    told = (await core.call("variable_history_get", team_id=settings.team, name="vat_rate")).data
    seen = [(one["action"], one.get("old"), one["new"]) for one in told["changes"]]
    assert seen == [("edited", 0.19, 0.21), ("created", None, 0.19)]
    assert told["changes"][0]["author"]
    gone = await core.call("variable_history_get", team_id=settings.team, name="nothing")
    assert gone.error["code"] == "not_found"


async def test_the_history_of_a_secret_masks_every_value(
    core: Server, settings: "Settings"
) -> None:
    await settings.put("crm_password", "hunter2")
    told = await core.call("variable_history_get", team_id=settings.team, name="crm_password")
    assert "hunter2" not in told.text


# Readers


async def test_usage_names_scenario_module_and_field(
    core: Server, settings: "Settings", reading: Reading
) -> None:
    await settings.put("vat_rate", 0.19, "number")
    far = "x" * 900 + "{{var.team.vat_rate}}"
    scenario = await reading("{{1.v}}", "{{upper(var.team.vat_rate)}}", far)
    await reading("{{var.team.vat_rates}} {{var.organization.vat_rate}}", name="Other")
    told = (await core.call("variable_usage_get", team_id=settings.team, name="vat_rate")).data
    [row] = told["scenarios"]
    assert (row["id"], [place["module_id"] for place in row["places"]]) == (scenario, [2, 3])
    assert row["places"][0]["path"] == "flow[1].mapper.value"
    assert told["searched_scenarios"] == 2


async def test_usage_of_an_organization_variable_is_searched_in_all_its_teams(
    core: Server, settings: "Settings", reading: Reading
) -> None:
    await settings.put("motto", "Onwards", owner="organization")
    scenario = await reading("{{var.organization.motto}}")
    told = await core.call(
        "variable_usage_get", organization_id=settings.organization, name="motto"
    )
    assert [row["id"] for row in told.data["scenarios"]] == [scenario]
    assert told.data["searched_scenarios"] > 1


async def test_usage_follows_an_edit_and_finds_picks_by_name_at_run_time(
    core: Server, settings: "Settings", reading: Reading
) -> None:
    await settings.put("vat_rate", 0.19, "number")
    scenario = await reading("nothing")
    ask = {"team_id": settings.team, "name": "vat_rate"}
    assert (await core.call("variable_usage_get", **ask)).data["in_use"] is False
    op = {"op": "set_mapper", "module": 1, "name": "value", "value": '{{get(var.team; "vat")}}'}
    await core.call("scenario_patch", scenario_id=scenario, ops=[op])
    [row] = (await core.call("variable_usage_get", **ask)).data["scenarios"]
    assert (row["id"], row["places"][0]["by_name_at_run"]) == (scenario, True)
