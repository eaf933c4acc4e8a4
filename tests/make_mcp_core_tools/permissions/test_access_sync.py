"""Access as a document: brought about once, the same again changes nothing."""

from random import Random
from typing import Any

import pytest
from harness import Company, Server

from .conftest import Join

pytestmark = pytest.mark.anyio

ROLES = ("Team Admin", "Team Member", "Team Monitoring", "Team Operator")


async def seen(company: Company, organization: int) -> dict[str, Any]:
    """Everybody's roles, as Make tells them."""
    path = f"/organizations/{organization}/user-organization-roles"
    found: dict[str, Any] = {"organization": await company.get(path)}
    for team in (await company.get("/teams", organizationId=organization))["teams"]:
        path = f"/teams/{team['id']}/user-team-roles"
        rows = (await company.get(path, **{"pg[limit]": 1000}))["userTeamRoles"]
        found[str(team["id"])] = sorted((r["userId"], r["usersRoleId"]) for r in rows)
    return found


async def writes(company: Company) -> list[str]:
    log = (await company.control("GET", "/requests"))["requests"]
    await company.control("DELETE", "/requests")
    return [one["path"] for one in log if one["method"] != "GET"]


async def test_a_document_is_brought_about_and_the_same_again_changes_nothing(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    body = {"name": "Second bench", "organizationId": organization}
    second = (await company.send("POST", "/teams", body))["team"]["id"]
    ada, ben = await join("Ada Lund", team), await join("Ben Oak", second)
    before = await seen(company, organization)
    wanted: dict[str, Any] = {
        "organization_id": organization,
        "desired": [
            {"person": "ADA.lund@example.org", "teams": {"second bench": "Team Admin"}},
            {"person": ben, "role": "Admin", "teams": {str(second): 4, str(team): "Team Operator"}},
            {"person": "new@example.org", "role": "Member"},
        ],
    }
    await writes(company)
    plan = (await core.call("access_sync", **wanted)).data["plan"]
    assert await writes(company) == []
    assert plan["diff"] == [
        "Ada Lund, team “Second bench”: none → Team Admin",
        "Ben Oak, organization: Member → Admin",
        "Ben Oak, team “Second bench”: Team Member → Team Monitoring",
        "Ben Oak, team “Test bench”: none → Team Operator",
        "Ada Lund, team “Test bench”: Team Member → none",
    ]
    assert "new@example.org" in plan["warnings"][0]
    assert "Not listed and left alone: " in plan["affects"][0]
    done = (await core.call("access_sync", **wanted, plan_id=plan["plan_id"])).data
    assert (await writes(company)) == [f"/api/v2{one['path']}" for one in plan["requests"]]
    assert (done["changed"], len(done["changes"]), done["not_members"]) == (
        True,
        5,
        ["new@example.org"],
    )
    assert done["next_calls"][0]["arguments"]["people"] == [{"email": "new@example.org"}]
    after = await seen(company, organization)
    assert (ada, 1) in after[str(second)]
    assert ada not in [user for user, _ in after[str(team)]]
    assert ((ben, 4) in after[str(second)], (ben, 6) in after[str(team)]) == (True, True)
    await writes(company)
    again = (await core.call("access_sync", **wanted)).data
    assert (again["changed"], again["changes"], await writes(company)) == (False, [], [])
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert await seen(company, organization) == before


@pytest.mark.parametrize("seed", [2, 29])
async def test_random_documents_are_brought_about_exactly(
    core: Server, company: Company, organization: int, team: int, join: Join, seed: int
) -> None:
    random = Random(seed)
    people = [await join(name, team) for name in ("Ada Lund", "Ben Oak", "Cleo Fir")]
    teams = [str(team)]
    for number in range(2):
        body = {"name": f"Bench {number}", "organizationId": organization}
        teams.append(str((await company.send("POST", "/teams", body))["team"]["id"]))
    for _ in range(2):
        chosen = {p: random.sample(teams, random.randint(0, len(teams))) for p in people}
        wanted = {p: {t: random.choice(ROLES) for t in each} for p, each in chosen.items()}
        desired = [{"person": person, "teams": roles} for person, roles in wanted.items()]
        asked = {"organization_id": organization, "desired": desired}
        told = await core.call("access_sync", **asked)
        if "plan" in told.data:
            await core.call("access_sync", **asked, plan_id=told.data["plan"]["plan_id"])
        rows = (await core.call("access_matrix_get", organization_id=organization, limit=100)).data
        held = {row["user_id"]: row["teams"] for row in rows["people"]}
        assert {person: held[person] for person in people} == wanted
        assert (await core.call("access_sync", **asked)).data["changed"] is False


async def test_everything_that_stands_against_a_document_is_told_at_once(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada, ben = await join("Ada Lund", team), await join("Ben Oak", team)
    me = (await company.get("/users/me"))["authUser"]["id"]
    await company.send("POST", f"/users/{ben}/user-team-roles/{team}", {"usersRoleId": 1})
    world = company.mounted.sandbox.world
    world.execute("DELETE FROM user_team_roles WHERE user_id = ? AND team_id = ?", me, team)
    await writes(company)
    desired: list[dict[str, Any]] = [
        {"person": ada, "role": "Wizard", "teams": {"Nowhere": "Team Member"}},
        {"person": ben, "teams": {}},
        {"person": "ben.oak@example.org"},
        {"person": me, "role": "Member"},
    ]
    told = await core.call("access_sync", organization_id=organization, desired=desired)
    problems = [(one["path"], one["problem"]) for one in told.error["problems"]]
    assert [path for path, _ in problems] == [
        "desired[0].role",
        "desired[0].teams.Nowhere",
        "desired[2].person",
        "desired[3].role",
        "desired",
    ]
    assert "would have no admin" in problems[-1][1]
    assert await writes(company) == []


async def test_a_role_make_holds_fixed_is_not_tried(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    me = (await company.get("/users/me"))["authUser"]["id"]
    desired = [
        {"person": ada, "teams": {str(team): "Team Admin"}},
        {"person": me, "teams": {str(team): "Team Operator"}},
    ]
    told = await core.call("access_sync", organization_id=organization, desired=desired)
    assert any("fixed" in one["problem"] for one in told.error["problems"])
