"""People: listed, looked at, invited."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from harness import Company, Server

from .conftest import Join, Library, accept

pytestmark = pytest.mark.anyio


async def test_people_are_listed_with_role_and_teams(
    core: Server, organization: int, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    told = (
        await core.call("user_list", organization_id=organization, include_teams=True, limit=100)
    ).data
    row = next(user for user in told["users"] if user["id"] == ada)
    assert (row["role"], row["team_ids"]) == ("Member", [team])
    in_team = (await core.call("user_list", team_id=team)).data["users"]
    assert {user["id"]: user["role"] for user in in_team}[ada] == "Team Member"


async def test_rows_of_people_stay_small(core: Server, organization: int, join: Join) -> None:
    await join("Ada Lund")
    users = (await core.call("user_list", organization_id=organization)).data["users"]
    assert max(len(json.dumps(user)) for user in users) <= 200


async def test_people_are_chosen_by_role_name_and_absence(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada, ben = await join("Ada Lund", team), await join("Ben Oak", role=12)
    long_ago = (datetime.now(UTC) - timedelta(days=400)).isoformat(timespec="milliseconds")
    company.mounted.sandbox.world.update("users", ada, last_login=long_ago)

    async def ids(**arguments: object) -> list[int]:
        told = await core.call("user_list", organization_id=organization, limit=100, **arguments)
        return [user["id"] for user in told.data["users"]]

    assert ben in await ids(role="Admin")
    assert ada not in await ids(role="Admin")
    assert await ids(name_contains="ada.lund@") == [ada]
    assert ada in await ids(inactive_days=365)
    assert (await core.call("user_list", team_id=team, role=3)).data["total"] == 1


async def test_an_unknown_role_is_answered_with_the_roles_there_are(library: Library) -> None:
    error = (
        await library.core.call("user_list", organization_id=library.organization, role="Wizard")
    ).error
    assert error["code"] == "unknown_name"
    assert "Accountant" in error["why"]


async def test_one_person_is_shown_with_all_access(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    token = (await company.control("POST", "/tokens", {"user_id": ada}))["token"]
    made = await company.http.post(
        f"/api/v2/connections?teamId={team}",
        json={"accountName": "Own", "accountType": "make", "apiKey": "x", "url": "https://a.test"},
        headers={"Authorization": f"Token {token}"},
    )
    made.raise_for_status()
    told = (
        await core.call(
            "user_get", user_id="Ada Lund", organization_id=organization, include=["connections"]
        )
    ).data
    assert told["id"] == ada
    assert [(place["team_id"], place["role"]) for place in told["teams"]] == [(team, "Team Member")]
    assert [one["name"] for one in told["connections"]] == ["Own"]


async def test_someone_outside_the_organization_is_not_found(library: Library) -> None:
    error = (
        await library.core.call("user_get", user_id=987654, organization_id=library.organization)
    ).error
    assert error["code"] == "not_found"
    assert "user_invite" in error["next_step"]


async def test_several_people_are_invited_by_one_confirmed_call(
    core: Server, company: Company, organization: int, team: int
) -> None:
    people = [{"email": "ada.lund@example.org"}, {"email": "b@example.org", "name": "Ben Oak"}]
    wanted = {"organization_id": organization, "people": people, "role": "Member"}
    planned = (await core.call("user_invite", **wanted, team_ids=[team])).data["plan"]
    assert len(planned["requests"]) == 2
    assert await _member_states(company, organization, "ada.lund@example.org") == []
    done = (
        await core.call("user_invite", **wanted, team_ids=[team], plan_id=planned["plan_id"])
    ).data
    assert [one["email"] for one in done["invited"]] == ["ada.lund@example.org", "b@example.org"]
    assert await _member_states(company, organization, "ada.lund@example.org") == ["pending"]
    assert any("“Ada Lund”" in warning for warning in done["warnings"])


async def test_people_who_belong_already_are_named_and_not_invited(
    core: Server, organization: int, join: Join
) -> None:
    ada = await join("Ada Lund")
    people = [{"email": "ADA.LUND@example.org"}]
    told = await core.call(
        "user_invite", organization_id=organization, people=people, role="Member"
    )
    assert told.data["changed"] is False
    assert told.data["already"] == [
        {"user_id": ada, "email": "ada.lund@example.org", "state": "member"}
    ]


async def test_all_faults_of_an_invitation_are_told_at_once(library: Library) -> None:
    people = [{"email": "a@example.org"}, {"email": "A@example.org"}]
    error = (
        await library.core.call(
            "user_invite",
            organization_id=library.organization,
            people=people,
            role="Wizard",
            team_ids=[987654],
        )
    ).error
    assert {p["path"] for p in error["problems"]} == {"role", "team_ids[0]", "people[1].email"}


async def test_an_owner_cannot_be_invited(library: Library) -> None:
    people = [{"email": "a@example.org"}]
    told = await library.core.call(
        "user_invite", organization_id=library.organization, people=people, role="Owner"
    )
    assert told.error["problems"][0]["path"] == "role"


async def test_an_open_invitation_can_be_undone_and_an_accepted_one_not(
    core: Server, company: Company, organization: int
) -> None:
    wanted = {"organization_id": organization, "role": "Member"}
    first = await core.apply("user_invite", **wanted, people=[{"email": "a@example.org"}])
    await core.apply("operation_undo", operation_id=first.data["operation_id"])
    assert await _member_states(company, organization, "a@example.org") == []
    second = await core.apply("user_invite", **wanted, people=[{"email": "c@example.org"}])
    await accept(company, second.data["invited"][0]["user_id"])
    refused = await core.call("operation_undo", operation_id=second.data["operation_id"])
    assert refused.error["code"] == "moved_on"


async def _member_states(company: Company, organization: int, email: str) -> list[str]:
    users = (await company.get("/users", organizationId=organization, email=email))["users"]
    roles = (await company.get(f"/organizations/{organization}/user-organization-roles"))[
        "userOrganizationRoles"
    ]
    ids = {user["id"] for user in users}
    return [role["invitation"] for role in roles if role["userId"] in ids]
