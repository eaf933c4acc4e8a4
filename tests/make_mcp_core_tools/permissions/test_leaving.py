"""People who leave, owners who hand over: what is told first, what happens, what is refused."""

from typing import Any

import pytest
from harness import Company, Server

from .conftest import Join, accept

pytestmark = pytest.mark.anyio

TEAM_ADMIN, OWNER, ADMIN = 1, 11, 12


async def as_person(company: Company, user: int, method: str, path: str, **options: Any) -> Any:
    """Do something in Make as somebody else."""
    token = (await company.control("POST", "/tokens", {"user_id": user}))["token"]
    own = {"Authorization": f"Token {token}"}
    answer = await company.http.request(method, f"/api/v2{path}", headers=own, **options)
    answer.raise_for_status()
    return answer.json()


async def connection_of(company: Company, user: int, team: int) -> int:
    body = {"accountName": "Own", "accountType": "make", "apiKey": "x", "url": "https://a.test"}
    path = f"/connections?teamId={team}"
    return int((await as_person(company, user, "POST", path, json=body))["connection"]["id"])


async def roles_in(company: Company, team: int) -> dict[int, int]:
    rows = (await company.get(f"/teams/{team}/user-team-roles"))["userTeamRoles"]
    return {row["userId"]: row["usersRoleId"] for row in rows}


async def members(company: Company, organization: int) -> dict[int, int]:
    path = f"/organizations/{organization}/user-organization-roles"
    rows = (await company.get(path))["userOrganizationRoles"]
    return {row["userId"]: row["usersRoleId"] for row in rows}


async def sent(company: Company) -> list[tuple[str, str]]:
    log = (await company.control("GET", "/requests"))["requests"]
    return [
        (one["method"], one["path"].removeprefix("/api/v2"))
        for one in log
        if one["method"] != "GET"
    ]


async def alone_in(company: Company, user: int, team: int) -> None:
    """Make a person the only admin of a team."""
    me = (await company.get("/users/me"))["authUser"]["id"]
    path = f"/users/{user}/user-team-roles/{team}"
    await company.send("POST", path, {"usersRoleId": TEAM_ADMIN})
    world = company.mounted.sandbox.world  # Make holds the role of a team's maker fixed
    world.execute("DELETE FROM user_team_roles WHERE user_id = ? AND team_id = ?", me, team)


async def test_a_leaver_is_taken_out_after_a_plan_that_lists_what_they_hold(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada, ben = await join("Ada Lund", team), await join("Ben Oak")
    await alone_in(company, ada, team)
    connection = await connection_of(company, ada, team)
    leave = {
        "user_id": ada,
        "organization_id": organization,
        "successor_id": ben,
        "email": "ADA.lund@example.org",
    }
    await company.control("DELETE", "/requests")
    plan = (await core.call("user_offboard", **leave)).data["plan"]
    assert await sent(company) == []
    told = "\n".join([*plan["affects"], *plan["diff"]])
    assert f"“Own” ({connection}, make, team {team}, used by 0 scenarios)" in told
    assert "- Team Admin of “Test bench”" in told
    assert "API tokens" in told
    done = (await core.call("user_offboard", **leave, plan_id=plan["plan_id"])).data
    planned = [(one["method"], one["path"]) for one in plan["requests"]]
    assert sorted(await sent(company)) == sorted(planned)
    assert ada not in await members(company, organization)
    assert await roles_in(company, team) == {ben: TEAM_ADMIN}
    assert done["team_roles_removed"] == [
        {"team_id": team, "team": "Test bench", "role": "Team Admin"}
    ]
    assert [(one["team_id"], one["to"]) for one in done["handed_over"]] == [(team, "Ben Oak")]
    kept = (await company.get(f"/connections/{connection}"))["connection"]
    assert kept["name"] == "Own"
    undone = await core.call("operation_undo", operation_id=done["operation_id"])
    assert undone.error["code"] == "not_undoable"
    assert "user_invite" in undone.error["why"]


async def test_connections_go_with_the_leaver_only_when_that_is_said(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    connection = await connection_of(company, ada, team)
    other = await connection_of(company, await join("Ben Oak", team), team)
    leave = {"user_id": ada, "organization_id": organization, "email": "ada.lund@example.org"}
    planned = await core.call("user_offboard", **leave, delete_connections=True)
    assert any("They are deleted" in line for line in planned.data["plan"]["affects"])
    query = planned.data["plan"]["requests"][-1]["query"]
    assert query == {"confirmed": True, "deleteConnections": True}
    await core.apply("user_offboard", **leave, delete_connections=True)
    left = (await company.get("/connections", teamId=team))["connections"]
    assert [one["id"] for one in left] == [other]
    assert connection != other


async def test_leaving_the_teams_only_is_taken_back_with_every_role(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    body = {"name": "Second bench", "organizationId": organization}
    second = (await company.send("POST", "/teams", body))["team"]["id"]
    ada, ben = await join("Ada Lund", team, second), await join("Ben Oak", second)
    await alone_in(company, ada, second)
    before = [await roles_in(company, one) for one in (team, second)]
    leave = {"user_id": ada, "organization_id": organization, "only_teams": True}
    needed = await core.call("user_offboard", **leave)
    assert "“Second bench”" in needed.error["problems"][0]["problem"]
    done = (await core.apply("user_offboard", **leave, successor_id=ben)).data
    assert (done["left"], "role_removed" in done) == ("teams", False)
    assert ada in await members(company, organization)
    assert [ada in await roles_in(company, one) for one in (team, second)] == [False, False]
    assert (await roles_in(company, second))[ben] == TEAM_ADMIN
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert [await roles_in(company, one) for one in (team, second)] == before


async def test_scenarios_and_open_requests_of_the_leaver_are_listed(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    blueprint = '{"name":"Hers","flow":[{"id":1,"module":"util:FunctionSleep","version":1,'
    blueprint += '"parameters":{},"mapper":{"duration":"1"}}],"metadata":{"version":1}}'
    scenario = {
        "teamId": team,
        "blueprint": blueprint,
        "scheduling": '{"type":"indefinitely","interval":900}',
    }
    made = await as_person(company, ada, "POST", "/scenarios?confirmed=true", json=scenario)
    asking = {
        "name": "Sheets access",
        "teamId": team,
        "credentials": [{"appName": "google-sheets", "appModules": ["*"]}],
        "provider": {"providerMakeUserId": ada},
    }
    opened = await company.send("POST", "/credential-requests/requests/v2", asking)
    leave = {"user_id": ada, "organization_id": organization, "only_teams": True}
    told = (await core.apply("user_offboard", **leave)).data
    held = {one["kind"]: one for one in told["holdings"]}
    assert held["scenarios"]["items"] == [
        f"“Hers” ({made['scenario']['id']}, made and last edited)"
    ]
    assert held["credential requests"]["items"] == [f"“Sheets access” ({opened['request']['id']})"]
    assert "credential_request_delete" in held["credential requests"]["then"]


async def test_everything_that_stands_against_leaving_is_told_at_once(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    await alone_in(company, ada, team)
    leave = {"user_id": ada, "organization_id": organization, "email": "ada@example.org"}
    await company.control("DELETE", "/requests")
    error = (await core.call("user_offboard", **leave)).error
    assert {one["path"] for one in error["problems"]} == {"email", "successor_id"}
    assert "ada.lund@example.org" not in str(error)
    itself = (await core.call("user_offboard", **leave, successor_id=ada)).error
    assert "is the one who leaves." in [one["problem"] for one in itself["problems"]]
    stranger = (await core.call("user_offboard", **leave, successor_id=987654)).error
    assert "does not belong" in str(stranger["problems"])
    assert await sent(company) == []


async def test_the_owner_the_caller_and_strangers_are_not_taken_out(
    core: Server, company: Company, organization: int
) -> None:
    me = (await company.get("/users/me"))["authUser"]
    own = {"user_id": me["id"], "organization_id": organization, "email": me["email"]}
    owner = (await core.call("user_offboard", **own)).error
    assert owner["code"] == "last_owner"
    assert "organization_ownership_transfer" in owner["next_step"]
    stranger = await core.call("user_offboard", user_id=987654, organization_id=organization)
    assert stranger.error["code"] == "not_found"


async def test_a_new_connection_of_the_leaver_voids_the_plan(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    leave = {"user_id": ada, "organization_id": organization, "email": "ada.lund@example.org"}
    plan_id = (await core.call("user_offboard", **leave)).data["plan"]["plan_id"]
    await connection_of(company, ada, team)
    told = await core.call("user_offboard", **leave, plan_id=plan_id)
    assert told.error["code"] == "plan_void"
    assert ada in await members(company, organization)


async def test_the_only_admin_of_a_team_does_not_leave_by_losing_their_role(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    await alone_in(company, ada, team)
    out = {"user_id": ada, "organization_id": organization, "remove": True}
    error = (await core.call("user_organization_role_set", **out)).error
    assert error["code"] == "last_admin"
    assert f"({team})" in error["why"]
    assert "user_offboard" in error["next_step"]
    assert ada in await members(company, organization)


# Owners


async def test_an_organization_is_handed_over_after_a_plan_and_its_exact_name(
    core: Server, company: Company, organization: int, join: Join
) -> None:
    me = (await company.get("/users/me"))["authUser"]["id"]
    ada = await join("Ada Lund")
    name = (await company.get(f"/organizations/{organization}"))["organization"]["name"]
    give = {"organization_id": organization, "user_id": ada}
    unnamed = (await core.call("organization_ownership_transfer", **give)).error
    assert (unnamed["code"], name in str(unnamed)) == ("name_needed", False)
    plan = (await core.call("organization_ownership_transfer", **give, name=name)).data["plan"]
    assert plan["undo"].startswith("Not possible")
    assert (await members(company, organization))[me] == OWNER
    again = {**give, "name": name, "plan_id": plan["plan_id"]}
    done = (await core.call("organization_ownership_transfer", **again)).data
    assert (done["owner_id"], done["former_owner_role"], done["changed"]) == (ada, "Admin", True)
    now = await members(company, organization)
    assert (now[ada], now[me]) == (OWNER, ADMIN)
    same = (await core.call("organization_ownership_transfer", **give)).data
    assert (same["changed"], same["owner"]) == (False, "Ada Lund")
    back = await core.call("organization_ownership_transfer", **{**give, "user_id": me})
    assert back.error["code"] == "not_owner"
    assert f"user {ada}" in back.error["next_step"]


async def test_nobody_who_has_not_joined_becomes_owner(
    core: Server, company: Company, organization: int
) -> None:
    body = {"email": "new@example.org", "name": "New One", "usersRoleId": ADMIN}
    invited = await company.send("POST", f"/organizations/{organization}/invite", body)
    new = invited["user"]["id"]
    name = (await company.get(f"/organizations/{organization}"))["organization"]["name"]
    give = {"organization_id": organization, "user_id": new, "name": name}
    error = (await core.call("organization_ownership_transfer", **give)).error
    assert "not accepted" in error["problems"][0]["problem"]
    await accept(company, new)
    plan = await core.call("organization_ownership_transfer", **give)
    assert plan.data["plan"]["applied"] is False
    stranger = await core.call("organization_ownership_transfer", **{**give, "user_id": 987654})
    assert stranger.error["code"] == "not_found"
