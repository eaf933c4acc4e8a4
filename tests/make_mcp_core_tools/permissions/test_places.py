"""Organizations and teams."""

import json

import pytest
from harness import Company, Server
from regressions import failure

from .conftest import Library, Serve

pytestmark = pytest.mark.anyio


@failure(
    "team list without an organization",
    size="48 % of 1,402",
    here="the only or configured organization is used, otherwise the choices are listed",
)
async def test_f5_with_several_organizations_a_team_list_asks_which(
    core: Server, company: Company
) -> None:
    world = company.mounted.sandbox.world
    now = world.clock.stamp()
    other = world.insert("organizations", name="Second", created=now, last_reset=now)
    owner = (await company.get("/users/me"))["authUser"]["id"]
    world.insert("user_organization_roles", user_id=owner, organization_id=other, role_id=11)
    error = (await core.call("team_list")).error
    assert error["code"] == "missing_argument"
    assert f"{other} (Second)" in error["what"]
    assert "organization_id" in error["next_step"]


async def test_f5_with_one_organization_a_team_list_needs_no_argument(
    core: Server, company: Company, organization: int, team: int
) -> None:
    for each in (await company.get("/organizations"))["organizations"]:
        if each["id"] != organization:
            await company.send("DELETE", f"/organizations/{each['id']}", confirmed="true")
    told = (await core.call("team_list")).data
    assert team in [each["id"] for each in told["teams"]]
    assert told["assumed"] == {"organization_id": organization}


async def test_f5_a_configured_organization_is_the_default(
    serve_as: Serve, organization: int
) -> None:
    async with serve_as("*", organization_id=organization) as server:
        told = (await server.call("team_list")).data
    assert told["assumed"] == {"organization_id": organization}


async def test_long_lists_of_teams_come_in_pages(
    core: Server, company: Company, organization: int
) -> None:
    for number in range(12):
        body = {"name": f"Page {number:02}", "organizationId": organization}
        await company.send("POST", "/teams", body)
    wanted = {"organization_id": organization, "name_contains": "page ", "limit": 5}
    names: list[str] = []
    cursor = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = (await core.call("team_list", **wanted, **more)).data
        names += [team["name"] for team in page["teams"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    assert names == [f"Page {number:02}" for number in range(12)]


async def test_a_team_is_shown_with_what_it_used(core: Server, team: int) -> None:
    told = (await core.call("team_get", team_id=team, include_usage=True)).data
    assert (told["name"], told["active_scenarios"], told["consumed_credits"]) == (
        "Test bench",
        0,
        0,
    )


async def test_a_team_above_the_licence_is_refused_before_anything_is_sent(
    core: Server, company: Company, organization: int
) -> None:
    held = len((await company.get("/teams", organizationId=organization))["teams"])
    licence = {str(organization): {"teams": held}}
    await company.control("PATCH", "/world", {"licenses": licence})
    await company.control("DELETE", "/requests")
    error = (await core.call("team_create", name="One more", organization_id=organization)).error
    assert (error["code"], f"{held} team(s)" in error["why"]) == ("licence_gate", True)
    log = (await company.control("GET", "/requests"))["requests"]
    assert {request["method"] for request in log} == {"GET"}


async def test_an_empty_team_is_deleted_after_its_plan(
    core: Server, company: Company, organization: int, team: int
) -> None:
    planned = (await core.call("team_delete", team_id=team)).data["plan"]
    assert planned["affects"][0].startswith("Lost for good: 0 scenarios")
    assert team in await _teams(company, organization)
    await core.call("team_delete", team_id=team, plan_id=planned["plan_id"])
    assert team not in await _teams(company, organization)


async def test_a_team_that_holds_something_needs_its_exact_name(
    core: Server, company: Company, organization: int, team: int
) -> None:
    await company.send("POST", "/data-structures", {"teamId": team, "name": "Kept", "spec": []})
    for given in ({}, {"name": "test bench"}):
        error = (await core.call("team_delete", team_id=team, **given)).error
        assert error["code"] == "name_needed"
        assert "1 data structures" in error["why"]
        assert "Test bench" not in json.dumps(error)
    await core.apply("team_delete", team_id=team, name="Test bench")
    assert team not in await _teams(company, organization)


async def test_a_plan_to_delete_a_team_is_void_once_the_team_holds_more(
    core: Server, company: Company, organization: int, team: int
) -> None:
    plan_id = (await core.call("team_delete", team_id=team, name="Test bench")).data["plan"][
        "plan_id"
    ]
    await company.send("POST", "/data-structures", {"teamId": team, "name": "New", "spec": []})
    told = await core.call("team_delete", team_id=team, name="Test bench", plan_id=plan_id)
    assert told.error["code"] == "plan_void"
    assert team in await _teams(company, organization)


async def test_organizations_are_listed_with_their_plan(library: Library) -> None:
    told = (await library.core.call("organization_list")).data
    known = {
        o["id"]: o["name"] for o in (await library.company.get("/organizations"))["organizations"]
    }
    assert {o["id"]: o["name"] for o in told["organizations"]} == known
    assert all(o["service_name"] for o in told["organizations"])
    assert max(len(json.dumps(row)) for row in told["organizations"]) <= 200


async def test_an_organization_is_shown_with_licence_and_use(library: Library) -> None:
    told = (await library.core.call("organization_get", organization_id=library.organization)).data
    raw = (await library.company.get(f"/organizations/{library.organization}"))["organization"]
    assert told["used"]["credits"] == int(raw["centicreditsConsumed"]) / 100
    assert told["used"]["transfer_bytes"] == int(raw["transfer"])
    assert told["licence"]["minimum_interval_minutes"] == raw["license"]["interval"]
    assert told["timezone"] == "Europe/Prague"


async def test_an_organization_is_changed_by_names_and_back(
    core: Server, company: Company, organization: int
) -> None:
    path = f"/organizations/{organization}"
    before = (await company.get(path))["organization"]
    wanted = {"organization_id": organization, "timezone": "Europe/Berlin", "country": "Germany"}
    dry = (await core.call("organization_update", **wanted, dry_run=True)).data["plan"]
    assert dry["requests"][0]["body"]["timezoneId"] == 114
    assert (await company.get(path))["organization"]["timezoneId"] == before["timezoneId"]
    done = (await core.call("organization_update", **wanted)).data
    assert (await company.get(path))["organization"]["timezoneId"] == 114
    again = (await core.call("organization_update", **wanted)).data
    assert (done["changed"], again["changed"]) == (True, False)
    await core.apply("operation_undo", operation_id=done["operation_id"])
    after = (await company.get(path))["organization"]
    assert (after["timezoneId"], after["countryId"]) == (before["timezoneId"], before["countryId"])


@failure(
    "one problem an answer",
    size="many turns",
    here="all problems at once",
)
async def test_f18_all_faults_of_a_change_are_told_at_once(library: Library) -> None:
    told = await library.core.call(
        "organization_update",
        organization_id=library.organization,
        timezone="Pragu",
        country="Atlantis",
    )
    problems = {problem["path"]: problem for problem in told.error["problems"]}
    assert set(problems) == {"timezone", "country"}
    assert "Europe/Prague" in problems["timezone"]["fix"]


async def test_a_change_of_nothing_is_refused(library: Library) -> None:
    told = await library.core.call("organization_update", organization_id=library.organization)
    assert "`timezone`" in told.error["problems"][0]["problem"]


async def _teams(company: Company, organization: int) -> list[int]:
    return [
        team["id"] for team in (await company.get("/teams", organizationId=organization))["teams"]
    ]


LIMIT = {"cols[]": ["name", "operationsLimit"]}


async def test_a_team_is_renamed_and_limited_and_both_are_taken_back(
    core: Server, company: Company, team: int
) -> None:
    same = await core.call("team_update", team_id=team, name="Test bench")
    assert same.data["changed"] is False
    none = await core.call("team_update", team_id=team)
    assert none.error["code"] == "invalid_arguments"
    done = await core.call("team_update", team_id=team, name="Work bench", operations_limit=5000)
    shown = (await company.get(f"/teams/{team}", **LIMIT))["team"]
    assert (shown["name"], shown["operationsLimit"]) == ("Work bench", 5000)
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    shown = (await company.get(f"/teams/{team}", **LIMIT))["team"]
    assert (shown["name"], shown["operationsLimit"]) == ("Test bench", None)


async def test_a_limit_below_what_a_team_used_waits_for_its_plan(core: Server) -> None:
    planned = await core.call("team_update", team_id=1, operations_limit=1)
    assert any("paused" in line for line in planned.data["plan"]["affects"])
    lost = await core.call("team_update", team_id=99999, name="X")
    assert lost.error["status"] == 403
