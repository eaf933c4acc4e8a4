"""Roles: what they allow, and giving, changing and taking them."""

from typing import Any

import pytest
from harness import Company, Server

from .conftest import Join, Library

pytestmark = pytest.mark.anyio


async def test_roles_are_listed_by_category(library: Library) -> None:
    told = await library.core.call(
        "role_list", organization_id=library.organization, category="team"
    )
    assert {role["category"] for role in told.data["roles"]} == {"team"}
    assert "Team Operator" in [role["name"] for role in told.data["roles"]]


async def test_two_roles_are_compared(library: Library) -> None:
    told = (await library.core.call("role_get", role_id="Team Operator", compare_to=4)).data
    assert "scenario run" in told["only_here"]
    assert told["only_there"] == []
    assert told["compared_to"] == "Team Monitoring"


async def test_permissions_name_what_they_build_on(library: Library) -> None:
    told = (await library.core.call("role_permission_list", contains="scenario run")).data
    assert told["permissions"][0]["requires"] == ["scenario view"]


async def test_a_change_of_role_shows_its_permissions_and_waits_for_its_plan(
    core: Server, company: Company, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    wanted = {"user_id": ada, "team_id": team, "role": "Team Operator"}
    planned = (await core.call("user_team_role_set", **wanted)).data["plan"]
    assert "- scenario edit" in planned["diff"]
    assert await _team_role(company, team, ada) == 3
    done = await core.call("user_team_role_set", **wanted, plan_id=planned["plan_id"])
    assert (done.data["before"], done.data["after"]) == ("Team Member", "Team Operator")
    assert "scenario edit" in done.data["permissions_lost"]
    assert await _team_role(company, team, ada) == 6
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert await _team_role(company, team, ada) == 3


async def test_a_person_and_a_role_are_named_and_only_the_team_is_given(
    core: Server, company: Company, team: int, join: Join
) -> None:
    assert len((await company.get("/organizations"))["organizations"]) > 1
    ada = await join("Ada Lund", team)
    await core.apply("user_team_role_set", user_id="ada lund", team_id=team, role="Team Operator")
    assert await _team_role(company, team, ada) == 6
    await core.apply(
        "user_team_role_set", user_id="Ada Lund", team_id="Test bench", role="Team Member"
    )
    assert await _team_role(company, team, ada) == 3


async def test_a_person_of_another_organization_is_not_meant_by_a_name(
    core: Server, company: Company, team: int
) -> None:
    own = (await company.get("/organizations"))["organizations"][1]["id"]
    body = {"email": "ben.oak@example.org", "name": "Ben Oak", "usersRoleId": 13}
    await company.send("POST", f"/organizations/{own}/invite", body)
    told = await core.call(
        "user_team_role_set", user_id="Ben Oak", team_id=team, role="Team Member"
    )
    assert told.error["code"] == "unknown_name"


async def test_a_role_that_is_there_already_changes_nothing(
    core: Server, company: Company, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    await company.control("DELETE", "/requests")
    told = await core.call("user_team_role_set", user_id=ada, team_id=team, role="team member")
    assert told.data["changed"] is False
    assert await _writes(company) == []


async def test_someone_is_taken_out_of_a_team_and_put_back(
    core: Server, company: Company, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    done = await core.apply("user_team_role_set", user_id=ada, team_id=team, remove=True)
    assert "after" not in done.data
    assert await _team_role(company, team, ada) is None
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert await _team_role(company, team, ada) == 3


async def test_an_undo_is_refused_once_somebody_else_changed_the_role(
    core: Server, company: Company, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    done = await core.apply("user_team_role_set", user_id=ada, team_id=team, role=6)
    await company.send("POST", f"/users/{ada}/user-team-roles/{team}", {"usersRoleId": 4})
    told = await core.call("operation_undo", operation_id=done.data["operation_id"])
    assert told.error["code"] == "moved_on"
    assert await _team_role(company, team, ada) == 4


async def test_a_plan_is_void_once_the_role_has_moved(
    core: Server, company: Company, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    wanted = {"user_id": ada, "team_id": team, "role": "Team Operator"}
    plan_id = (await core.call("user_team_role_set", **wanted)).data["plan"]["plan_id"]
    await company.send("POST", f"/users/{ada}/user-team-roles/{team}", {"usersRoleId": 4})
    told = await core.call("user_team_role_set", **wanted, plan_id=plan_id)
    assert told.error["code"] == "plan_void"
    assert await _team_role(company, team, ada) == 4


@pytest.mark.parametrize("change", [{"remove": True}, {"role": "Team Member"}])
async def test_the_only_admin_of_a_team_stays_its_admin(
    core: Server, company: Company, team: int, join: Join, change: dict[str, Any]
) -> None:
    ada = await join("Ada Lund", team)
    await company.send("POST", f"/users/{ada}/user-team-roles/{team}", {"usersRoleId": 1})
    company.mounted.sandbox.world.execute(
        "DELETE FROM user_team_roles WHERE team_id = ? AND user_id <> ?", team, ada
    )
    error = (await core.call("user_team_role_set", user_id=ada, team_id=team, **change)).error
    assert error["code"] == "last_admin"
    assert "user_team_role_set" in error["next_step"]
    assert await _team_role(company, team, ada) == 1


async def test_a_role_make_holds_fixed_is_not_tried(
    core: Server, company: Company, team: int
) -> None:
    owner = (await company.get("/users/me"))["authUser"]["id"]
    told = await core.call("user_team_role_set", user_id=owner, team_id=team, remove=True)
    assert told.error["code"] == "not_changeable"


@pytest.mark.parametrize("arguments", [{}, {"role": 3, "remove": True}])
async def test_a_role_or_its_removal_must_be_said_outright(
    core: Server, team: int, join: Join, arguments: dict[str, Any]
) -> None:
    ada = await join("Ada Lund", team)
    told = await core.call("user_team_role_set", user_id=ada, team_id=team, **arguments)
    assert told.error["problems"][0]["path"] == "role"


async def test_a_stranger_gets_no_team_role(core: Server, team: int) -> None:
    told = await core.call("user_team_role_set", user_id=987654, team_id=team, role=3)
    assert "user_invite" in told.error["next_step"]


async def test_a_role_of_the_other_category_is_refused(core: Server, team: int, join: Join) -> None:
    ada = await join("Ada Lund", team)
    told = await core.call("user_team_role_set", user_id=ada, team_id=team, role="Accountant")
    assert "Team Operator" in told.error["why"]


async def test_a_role_in_an_organization_is_changed_and_undone(
    core: Server, company: Company, organization: int, join: Join
) -> None:
    ada = await join("Ada Lund")
    wanted = {"user_id": ada, "organization_id": organization}
    done = await core.apply("user_organization_role_set", **wanted, role="Admin")
    assert "organization users" in done.data["permissions_gained"]
    assert await _organization_role(company, organization, ada) == 12
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert await _organization_role(company, organization, ada) == 13


async def test_the_owner_is_neither_demoted_nor_made(
    core: Server, company: Company, organization: int, join: Join
) -> None:
    owner = (await company.get("/users/me"))["authUser"]["id"]
    ada = await join("Ada Lund")
    for user, change in (
        (owner, {"role": "Member"}),
        (owner, {"remove": True}),
        (ada, {"role": 11}),
    ):
        told = await core.call(
            "user_organization_role_set", user_id=user, organization_id=organization, **change
        )
        assert told.error["code"] == "last_owner"


async def test_taking_someone_out_of_an_organization_says_what_is_lost(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    wanted = {"user_id": ada, "organization_id": organization, "remove": True}
    planned = (await core.call("user_organization_role_set", **wanted)).data["plan"]
    assert any("Test bench" in line for line in planned["affects"])
    assert planned["undo"].startswith("Not possible")
    await core.call("user_organization_role_set", **wanted, plan_id=planned["plan_id"])
    assert await _organization_role(company, organization, ada) is None


async def _team_role(company: Company, team: int, user: int) -> int | None:
    roles = (await company.get(f"/teams/{team}/user-team-roles"))["userTeamRoles"]
    return next((role["usersRoleId"] for role in roles if role["userId"] == user), None)


async def _organization_role(company: Company, organization: int, user: int) -> int | None:
    path = f"/organizations/{organization}/user-organization-roles"
    roles = (await company.get(path))["userOrganizationRoles"]
    return next((role["usersRoleId"] for role in roles if role["userId"] == user), None)


async def _writes(company: Company) -> list[Any]:
    log = (await company.control("GET", "/requests"))["requests"]
    return [request for request in log if request["method"] != "GET"]
