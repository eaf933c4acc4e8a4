"""Using templates: nothing half bound, nothing left behind, everything undone."""

from typing import Any

import pytest
from make_blueprint.bindings import slots
from make_blueprint.walk import walk

from .conftest import JsonObject, Studio

pytestmark = pytest.mark.anyio

FORM, ROWS = "1-add-webhook-data-to-google-sheets", "3-tell-slack-about-new-rows"


def unbound(blueprint: JsonObject) -> JsonObject:
    """A blueprint without what it binds, its name and what the editor shows."""
    for visit in walk(blueprint):
        for slot in list(slots(visit)):
            slot.holder.pop(slot.name)
        metadata: Any = visit.module["metadata"]
        metadata.pop("restore", None)
    kept: JsonObject = {name: value for name, value in blueprint.items() if name != "name"}
    for name in ("notes", "zone"):
        kept["metadata"].pop(name, None)
    return kept


async def test_a_template_is_used_with_the_teams_own_objects_and_undone(studio: Studio) -> None:
    values = {"2": {"spreadsheetId": "1LeadTracker", "sheetId": "Leads"}}
    told = await studio.core.call(
        "template_use", public_url=FORM, team_id=studio.team, name="Leads", values=values
    )
    kept = await studio.stored(told.data["scenario_id"])
    hooks = await studio.rows("/hooks", "hooks", studio.team)
    assert kept["flow"][0]["parameters"]["hook"] == hooks[0]["id"]
    assert hooks[0]["name"] == "Leads"
    row = kept["flow"][1]
    assert row["parameters"]["__IMTCONN__"] == studio.connections["google"]
    assert row["metadata"]["restore"]["parameters"]["__IMTCONN__"]["label"] == "Our google"
    assert row["mapper"]["spreadsheetId"] == "1LeadTracker"
    assert told.data["to_check"] == [
        "flow[1].mapper.spreadsheetId",
        "flow[1].mapper.sheetId",
    ]
    await studio.core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert await studio.rows("/scenarios", "scenarios", studio.team) == []
    assert await studio.rows("/hooks", "hooks", studio.team) == []


async def test_a_use_of_a_public_template_counts(studio: Studio) -> None:
    before = (await studio.company.get(f"/templates/public/{ROWS}"))["templatePublic"]["usage"]
    told = await studio.core.call("template_use", public_url=ROWS, team_id=studio.team)
    assert not told.result.is_error
    after = (await studio.company.get(f"/templates/public/{ROWS}"))["templatePublic"]["usage"]
    assert after == before + 1


async def test_a_half_mapped_use_is_refused_with_every_item_and_creates_nothing(
    studio: Studio,
) -> None:
    second = await studio.connection("slack", studio.team, "Second")
    await studio.writes()
    told = await studio.core.call(
        "template_use",
        public_url="7-raise-urgent-zendesk-tickets",
        team_id=studio.team,
        mapping={"connection": {"asana": 1}, "key": {"9": 2}},
    )
    problems = {one["path"]: one.get("fix", "") for one in told.error["problems"]}
    assert set(problems) == {
        "mapping.connection.asana",
        "mapping.key.9",
        "mapping.connection.zendesk",
        "mapping.connection.slack",
    }
    assert f"{second} “Second”" in problems["mapping.connection.slack"]
    assert await studio.writes() == []
    await studio.company.send("DELETE", f"/connections/{second}", confirmed="true")


async def test_a_dry_run_shows_what_the_run_then_does(studio: Studio) -> None:
    arguments: dict[str, Any] = {"public_url": FORM, "team_id": studio.team}
    await studio.writes()
    plan = (await studio.core.call("template_use", **arguments, dry_run=True)).data["plan"]
    assert await studio.writes() == []
    done = await studio.core.call("template_use", **arguments)
    paths = [f"{one['method']} /api/v2{one['path']}" for one in plan["requests"]]
    assert await studio.writes() == paths == ["POST /api/v2/hooks", "POST /api/v2/scenarios"]
    assert plan["diff"] == done.data["mapping"]


async def test_a_decision_for_one_module_leaves_the_others(
    studio: Studio, flow: JsonObject
) -> None:
    made = await studio.core.call("template_create", blueprint=flow, team_id=studio.team)
    special = await studio.connection("slack", studio.other, "Special")
    rows = await studio.rows("/connections", "connections", studio.other)
    theirs = next(row["id"] for row in rows if row["name"] == "Their slack")
    told = await studio.core.call(
        "template_use",
        template_id=made.data["template_id"],
        team_id=studio.other,
        mapping={"connection": {"5": special, "slack": theirs}},
    )
    kept = await studio.stored(told.data["scenario_id"])
    assert [one["parameters"]["__IMTCONN__"] for one in kept["flow"][1:]] == [theirs, special]
    await studio.company.send("DELETE", f"/connections/{special}", confirmed="true")


async def test_a_connection_of_another_team_is_refused(studio: Studio) -> None:
    theirs = (await studio.rows("/connections", "connections", studio.other))[0]["id"]
    told = await studio.core.call(
        "template_use",
        public_url=FORM,
        team_id=studio.team,
        mapping={"connection": {"google": theirs}},
    )
    assert str(theirs) in told.error["problems"][0]["problem"]
    assert await studio.rows("/hooks", "hooks", studio.team) == []


async def test_a_connection_that_may_not_do_enough_is_told(studio: Studio) -> None:
    made = await studio.company.send("POST", "/teams", {"name": "Narrow", "organizationId": 1})
    team = int(made["team"]["id"])
    narrow = await studio.connection("google", team, "Narrow", "openid")
    told = await studio.core.call("template_use", public_url=FORM, team_id=team)
    fix = told.error["problems"][0]["fix"]
    assert f"{narrow} “Narrow”" in fix
    assert "auth/spreadsheets" in fix


async def test_settings_of_a_module_that_is_not_there_are_refused(studio: Studio) -> None:
    told = await studio.core.call(
        "template_use", public_url=FORM, team_id=studio.team, values={"77": {"a": 1}}
    )
    assert told.error["problems"][0]["path"] == "values.77"


async def test_without_leave_no_webhook_is_created(studio: Studio) -> None:
    told = await studio.core.call(
        "template_use", public_url=FORM, team_id=studio.team, create_missing=False
    )
    assert told.error["code"] == "unmapped"
    assert "create_missing=true" in told.error["problems"][0]["fix"]


async def test_a_new_app_needs_leave(studio: Studio) -> None:
    telegram = await studio.connection("telegram", studio.team, "Bot")
    arguments: dict[str, Any] = {
        "public_url": "10-watch-a-website",
        "team_id": studio.team,
        "values": {"2": {"chatId": "1"}},
    }
    told = await studio.core.call("template_use", **arguments)
    assert told.error["code"] == "app_installation"
    assert "allow_app_install" in told.error["next_step"]
    done = await studio.core.call("template_use", **arguments, allow_app_install=True)
    assert done.data["scenario_id"]
    await studio.company.send("DELETE", f"/connections/{telegram}", confirmed="true")


async def test_a_use_is_filed_and_switched_on_as_one_operation(studio: Studio) -> None:
    body = {"name": "Box", "teamId": studio.team}
    box = await studio.company.send("POST", "/scenarios-folders", body)
    folder = box["scenarioFolder"]["id"]
    told = await studio.core.call(
        "template_use", public_url=ROWS, team_id=studio.team, folder_id=folder, activate=True
    )
    shown = (await studio.company.get(f"/scenarios/{told.data['scenario_id']}"))["scenario"]
    assert (shown["folderId"], shown["isActive"]) == (folder, True)
    await studio.core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert await studio.rows("/scenarios", "scenarios", studio.team) == []


async def test_a_scenario_comes_back_from_its_template_equal_but_for_bindings(
    studio: Studio, flow: JsonObject
) -> None:
    flow["flow"][2]["mapper"]["text"] = "Plain"
    scenario = await studio.scenario(flow, studio.team)
    before = await studio.stored(scenario)
    made = await studio.core.call("template_create", scenario_id=scenario, team_id=studio.team)
    used = await studio.core.call(
        "template_use", template_id=made.data["template_id"], team_id=studio.other
    )
    after = await studio.stored(used.data["scenario_id"])
    theirs = await studio.rows("/connections", "connections", studio.other)
    assert after["flow"][1]["parameters"]["__IMTCONN__"] in [row["id"] for row in theirs]
    assert unbound(after) == unbound(before)


async def test_routes_filters_and_error_handlers_come_back_as_they_were(
    studio: Studio, flow: JsonObject
) -> None:
    first, one, other = flow["flow"]
    one["filter"] = {
        "name": "Large",
        "conditions": [[{"a": "{{1.total}}", "o": "number:greater", "b": "100"}]],
    }
    other["mapper"]["text"] = "{{toString(1.total)}}"
    wait = {"id": 7, "module": "builtin:Break", "version": 1, "mapper": {"count": "3"}}
    other["onerror"] = [wait | {"metadata": {"designer": {"x": 1, "y": 2}}, "parameters": {}}]
    flow["flow"] = [
        first,
        {
            "id": 20,
            "module": "builtin:BasicRouter",
            "version": 1,
            "mapper": None,
            "metadata": {"designer": {"x": 300, "y": 0}},
            "routes": [{"flow": [one]}, {"flow": [other]}],
        },
    ]
    flow["metadata"]["scenario"] |= {"dlq": True, "sequential": True, "maxErrors": 7}
    scenario = await studio.scenario(flow, studio.team)
    before = await studio.stored(scenario)
    made = await studio.core.call("template_create", scenario_id=scenario, team_id=studio.team)
    for team in (studio.other, studio.team):
        used = await studio.core.call(
            "template_use", template_id=made.data["template_id"], team_id=team
        )
        after = await studio.stored(used.data["scenario_id"])
        names = [row["id"] for row in await studio.rows("/connections", "connections", team)]
        for route in after["flow"][1]["routes"]:
            assert route["flow"][0]["parameters"]["__IMTCONN__"] in names
        assert unbound(after) == unbound(before)


async def test_every_public_template_fits_a_team_that_has_all_it_needs(studio: Studio) -> None:
    made = await studio.company.send("POST", "/teams", {"name": "All", "organizationId": 1})
    team = int(made["team"]["id"])
    rows = (await studio.core.call("template_list", limit=100)).data["templates"]
    wanted: set[str] = set()
    for row in rows:
        told = await studio.core.call("template_get", public_url=row["public_url"])
        wanted |= {one["key"] for one in told.data["needs"] if one["kind"] == "connection"}
    for type_name in sorted(wanted):
        await studio.connection(type_name.partition(",")[0], team, type_name)
    for row in rows:
        told = await studio.core.call(
            "template_use", public_url=row["public_url"], team_id=team, allow_app_install=True
        )
        assert told.data["scenario_id"]
    assert len(rows) > 10
