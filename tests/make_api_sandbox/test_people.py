"""People, their roles, invitations, tokens, organizations and teams."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio


async def test_me_shows_more_when_asked(studio: "Studio") -> None:
    me = (await studio.get("/users/me"))["authUser"]
    assert (me["id"], me["timezone"], me["locale"]) == (1, "Europe/Prague", "cs")
    assert "userTeamRoles" not in me
    asked = await studio.get("/users/me", params={"cols[]": ["userTeamRoles", "hasPassword"]})
    role = {"usersRoleId": 1, "userId": 1, "teamId": 1, "changeable": False}
    assert asked["authUser"] == {"userTeamRoles": [role], "hasPassword": True}


async def test_people_are_filtered_by_name_role_and_team(studio: "Studio") -> None:
    ada = studio.join("Ada", role=13, team_role=4)
    ben = studio.join("Ben", role=12)

    async def ids(**query: Any) -> list[int]:
        return [one["id"] for one in (await studio.get("/users", **query))["users"]]

    assert await ids(organizationId=1) == [ada, ben, 1]
    assert await ids(organizationId=1, name="EN") == [ben]
    assert await ids(organizationId=1, organizationRoleId=13) == [ada]
    assert await ids(organizationId=1, filterByTeamId=0) == [ben]
    assert await ids(organizationId=1, filterByTeamId=1) == [ada, 1]
    assert await ids(teamId=1, teamRoleId=4) == [ada]
    listed = await studio.get("/users", params={"organizationId": 1, "cols[]": "userTeamIds"})
    assert listed["users"] == [{"userTeamIds": [1]}, {"userTeamIds": []}, {"userTeamIds": [1]}]


async def test_only_the_own_account_can_be_edited(studio: "Studio") -> None:
    ada = studio.join("Ada", role=13)
    assert (await studio.call("PATCH", f"/users/{ada}", {"name": "X"})).status_code == 403
    edited = await studio.call("PATCH", "/users/1", {"name": "Robin B.", "timezoneId": 301})
    assert edited.json()["user"]["name"] == "Robin B."
    assert (await studio.get("/users/me"))["authUser"]["timezone"] == "America/New_York"


async def test_a_new_token_works_within_its_scopes_until_deleted(studio: "Studio") -> None:
    body = {"label": "reader", "scope": ["teams:read", "user:read"]}
    created = (await studio.post("/users/me/api-tokens", body))["apiToken"]
    await studio.get("/teams/1", token=created["token"])
    assert (await studio.call("GET", "/keys", token=created["token"], teamId=1)).status_code == 403
    await studio.control("POST", "/clock", {"advance": 1})
    listed = (await studio.get("/users/me/api-tokens"))["apiTokens"]
    hidden = next(one for one in listed if one["label"] == "reader")
    assert hidden["token"] == created["token"][:8] + "-****-****-****-************"
    gone = await studio.call("DELETE", f"/users/me/api-tokens/{created['created']}")
    assert gone.json() == {"apiToken": created["created"]}
    assert (await studio.call("GET", "/teams/1", token=created["token"])).status_code == 401


async def test_a_token_with_unknown_scopes_is_refused(studio: "Studio") -> None:
    body = {"label": "odd", "scope": ["teams:read", "moon:write"]}
    answer = await studio.call("POST", "/users/me/api-tokens", body)
    assert answer.status_code == 400
    assert answer.json()["suberrors"][0]["message"] == "Unknown scope 'moon:write'."


async def test_an_invited_person_has_no_access_until_accepting(studio: "Studio") -> None:
    body = {"email": "kim.doe@example.net", "name": "Kim", "usersRoleId": 13, "teamsId": [1]}
    invited = await studio.post("/organizations/1/invite", body)
    assert invited["userOrganizationRole"]["invitation"] == "pending"
    token = studio.token("*", user=2)
    assert (await studio.call("GET", "/teams/1", token=token)).status_code == 403
    own = await studio.get("/users/me/organization-invitations", token=token)
    invitation = own["userOrganizationInvitations"][0]
    assert invitation["organizationName"] == "Berg Studio"
    shown = await studio.get("/organizations/invitation", token=token, hash=invitation["hash"])
    assert shown["organization"]["id"] == 1
    accepted = await studio.post(
        "/organizations/accept-invitation", {"hash": invitation["hash"]}, token=token
    )
    assert accepted["userOrganizationRole"]["invitation"] is None
    assert (await studio.get("/teams/1", token=token))["team"]["name"] == "Studio"
    again = await studio.call(
        "POST", "/organizations/accept-invitation", {"hash": invitation["hash"]}, token=token
    )
    assert again.status_code == 404


async def test_nobody_is_invited_as_owner(studio: "Studio") -> None:
    body = {"email": "new@example.org", "name": "New", "usersRoleId": 11}
    answer = await studio.call("POST", "/organizations/1/invite", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "IM002")


async def test_nobody_else_sees_an_invitation(studio: "Studio") -> None:
    await studio.post("/organizations/1/invite", {"email": "new@example.org", "name": "New"})
    hash = studio.world.value("SELECT hash FROM invitations")
    assert (await studio.call("GET", "/organizations/invitation", hash=hash)).status_code == 404


async def test_a_team_role_is_set_changed_and_removed(studio: "Studio") -> None:
    ada = studio.join("Ada", role=13)
    path = f"/users/{ada}/user-team-roles/1"
    expected = {"usersRoleId": 4, "userId": ada, "teamId": 1, "changeable": True}
    assert (await studio.post(path, {"usersRoleId": 4}))["userTeamRole"] == expected
    await studio.post(path, {"usersRoleId": 3})
    roles = (await studio.get("/teams/1/user-team-roles"))["userTeamRoles"]
    assert {one["userId"]: one["usersRoleId"] for one in roles} == {1: 1, ada: 3}
    assert (await studio.post(path))["userTeamRole"]["usersRoleId"] is None
    assert (await studio.call("GET", path)).status_code == 404


async def test_an_organization_role_is_no_team_role(studio: "Studio") -> None:
    ada = studio.join("Ada", role=13, team_role=4)
    answer = await studio.call("POST", f"/users/{ada}/user-team-roles/1", {"usersRoleId": 12})
    assert answer.status_code == 400
    kept = await studio.get(f"/users/{ada}/user-team-roles/1")
    assert kept["userTeamRole"]["usersRoleId"] == 4


async def test_leaving_an_organization_leaves_its_teams(studio: "Studio") -> None:
    ada = studio.join("Ada", role=13, team_role=3)
    gone = await studio.post(f"/users/{ada}/user-organization-roles/1")
    assert gone["userOrganizationRole"] == {
        "userId": ada,
        "organizationId": 1,
        "usersRoleId": None,
        "invitation": None,
    }
    token = studio.token("*", user=ada)
    assert (await studio.call("GET", "/teams/1", token=token)).status_code == 403


async def test_ownership_moves_by_transfer_only(studio: "Studio") -> None:
    ada = studio.join("Ada", role=12)
    path = f"/users/{ada}/user-organization-roles/1"
    assert (await studio.call("POST", path, {"usersRoleId": 11})).status_code == 403
    own = await studio.call("POST", "/users/1/user-organization-roles/1", {"usersRoleId": 13})
    assert own.status_code == 403
    moved = await studio.post(f"{path}/transfer")
    roles = moved["userOrganizationRoles"]
    assert [(one["userId"], one["usersRoleId"]) for one in roles] == [(ada, 11), (1, 12)]
    assert (await studio.call("POST", f"{path}/transfer")).json()["code"] == "IM002"


async def test_roles_and_permissions_are_listed_by_category(studio: "Studio") -> None:
    roles = (await studio.get("/users/roles", category="team"))["usersRoles"]
    assert [one["id"] for one in roles] == [1, 3, 4, 6]
    monitoring = (await studio.get("/users/roles/4"))["usersRole"]
    known = await studio.get("/users/roles/permissions", roleCategory="team")
    names = {one["name"] for one in known["usersRolesPermissions"]}
    assert set(monitoring["permissions"]) < names
    assert all(name.endswith(" view") for name in monitoring["permissions"])


async def test_custom_roles_need_the_enterprise_plan_and_then_limit(studio: "Studio") -> None:
    known = (await studio.get("/users/roles/permissions"))["usersRolesPermissions"]
    ids = {one["name"]: one["id"] for one in known}
    body = {
        "name": "Key reader",
        "category": "team",
        "organizationId": 1,
        "permissions": [ids["key view"]],
    }
    assert (await studio.call("POST", "/users/custom-roles", body)).status_code == 403
    studio.world.update("organizations", 1, service_name="Enterprise")
    role = (await studio.post("/users/custom-roles", body))["role"]
    assert role["permissions"] == [{"id": ids["key view"], "name": "key view"}]
    token = studio.token("*", user=studio.join("Ada", role=13, team_role=role["id"]))
    assert (await studio.call("GET", "/keys", token=token, teamId=1)).is_success
    assert (await studio.call("GET", "/hooks", token=token, teamId=1)).status_code == 403
    path = f"/users/custom-roles/{role['id']}"
    held = await studio.call("DELETE", path, {"organizationId": 1})
    assert held.json()["code"] == "IM005"


async def test_an_organization_shows_what_was_used_since_the_reset(studio: "Studio") -> None:
    scenario = studio.scenario("Orders", used_packages=["json", "http"], is_active=True)
    times = {"old": "2026-03-01T00:00:00.000Z", "new": "2026-03-04T08:30:00.000Z"}
    for at, (name, stamp) in enumerate(times.items()):
        studio.world.insert(
            "executions",
            imt_id=f"{at}_{name}",
            id=name,
            scenario_id=scenario,
            team_id=1,
            organization_id=1,
            type="auto",
            status=1,
            timestamp=stamp,
            timestamp_ms=1_772_323_200_000 if name == "old" else 1_772_613_000_000,
            operations=4,
            centicredits=400,
            transfer=10,
        )
    studio.world.update("organizations", 1, last_reset="2026-03-02T00:00:00.000Z")
    shown = (await studio.get("/organizations/1"))["organization"]
    assert (shown["operations"], shown["centicreditsConsumed"]) == ("4", "400")
    assert (shown["activeScenarios"], shown["activeApps"]) == (1, 2)
    assert shown["unusedOperations"] == "9996"
    assert (await studio.get("/teams/1/usage"))["data"] == [
        {"date": "01-03-2026", "operations": 4, "dataTransfer": 10, "centicredits": 400},
        {"date": "04-03-2026", "operations": 4, "dataTransfer": 10, "centicredits": 400},
    ]


@pytest.mark.parametrize("name", [" Lead", "Trail ", "Semi;colon", ""])
async def test_an_organization_name_of_other_characters_is_refused(
    studio: "Studio", name: str
) -> None:
    answer = await studio.call("PATCH", "/organizations/1", {"name": name})
    assert answer.status_code == 400
    assert (await studio.get("/organizations/1"))["organization"]["name"] == "Berg Studio"


async def test_only_own_organizations_are_listed_in_short(studio: "Studio") -> None:
    listed = (await studio.get("/organizations"))["organizations"]
    short = {"id": 1, "name": "Berg Studio", "timezoneId": 113, "zone": "eu1.make.com"}
    assert listed == [short]


async def test_a_new_team_belongs_to_its_maker(studio: "Studio") -> None:
    body = {"name": "Second", "organizationId": 1, "operationsLimit": 1000}
    created = await studio.post("/teams", body)
    assert created["team"]["transferLimit"] == "536870912"
    assert created["userTeamRole"]["usersRoleId"] == 1
    names = [one["name"] for one in (await studio.get("/teams", organizationId=1))["teams"]]
    assert names == ["Second", "Studio"]


async def test_more_teams_than_licensed_are_refused(studio: "Studio") -> None:
    studio.license(teams=1)
    answer = await studio.call("POST", "/teams", {"name": "Second", "organizationId": 1})
    assert answer.status_code == 400
    assert studio.world.value("SELECT count(*) FROM teams WHERE organization_id = 1") == 1


async def test_deleting_a_team_without_confirmation_changes_nothing(studio: "Studio") -> None:
    scenario = studio.scenario("Orders", is_active=True)
    refused = await studio.call("DELETE", "/teams/1")
    assert refused.status_code == 406
    assert refused.json() == {
        "status": 406,
        "message": "Confirmation required.",
        "code": "IM004",
        "suberrors": [{"message": "Orders"}],
        "metadata": [
            {
                "type": "deleteTeamWithActiveScenarios",
                "data": [{"scenarioId": scenario, "scenarioName": "Orders"}],
            }
        ],
    }
    assert (await studio.get("/teams/1"))["team"]["id"] == 1
    assert (await studio.call("DELETE", "/teams/1", confirmed="true")).json() == {"team": 1}
    assert studio.world.get("scenarios", scenario) is None
    assert (await studio.call("GET", "/teams/1")).status_code == 403


async def test_members_see_their_own_teams_only(studio: "Studio") -> None:
    await studio.post("/teams", {"name": "Second", "organizationId": 1})
    token = studio.token("teams:read", user=studio.join("Ada", role=13, team_role=3))
    listed = await studio.get("/teams", token=token, organizationId=1)
    assert [one["name"] for one in listed["teams"]] == ["Studio"]


async def test_language_models_of_a_team_are_chosen_one_by_one(studio: "Studio") -> None:
    path = "/teams/1/llm-configuration"
    assert (await studio.call("PATCH", path, {})).status_code == 400
    assert (await studio.call("PATCH", path, {"aiMappingBuiltinTier": "huge"})).status_code == 400
    await studio.call("PATCH", path, {"aiMappingBuiltinTier": "small"})
    chosen = await studio.get(path)
    assert (chosen["aiMappingBuiltinTier"], chosen["aiToolkitBuiltinTier"]) == ("small", None)


# Variables

VARIABLES = (
    ("/organizations/1/variables", "organizationVariable"),
    ("/teams/1/variables", "teamVariable"),
)


@pytest.mark.parametrize(("path", "key"), VARIABLES)
async def test_variables_without_the_feature_are_system_ones_and_read_only(
    studio: "Studio", path: str, key: str
) -> None:
    listed = (await studio.get(path))[f"{key}s"]
    assert all(one["isSystem"] for one in listed)
    assert "Studio" in " ".join(str(one["value"]) for one in listed)
    body = {"name": "rate", "typeId": 1, "value": 2}
    assert (await studio.call("POST", path, body)).status_code == 404


@pytest.mark.parametrize(("path", "key"), VARIABLES)
async def test_a_variable_is_created_edited_and_deleted_with_its_history(
    studio: "Studio", path: str, key: str
) -> None:
    studio.license(customVariables=True)
    body = {"name": "rate", "typeId": 1, "value": 2}
    assert (await studio.post(path, body))[key] == {**body, "isSystem": False}
    assert (await studio.call("POST", path, body)).json()["code"] == "IM005"
    edited = await studio.call("PATCH", f"{path}/rate", {"value": "loose"})
    assert edited.json()[key] == {"name": "rate", "typeId": 1, "value": "loose"}
    misfit = await studio.call("PATCH", f"{path}/rate", {"value": "x", "typeId": 3})
    assert misfit.status_code == 400
    history = (await studio.get(f"{path}/rate/history"))[f"{key}History"]
    assert [one["diffObject"] for one in history] == [
        body,
        {"old": {"value": 2, "typeId": 1}, "new": {"value": "loose", "typeId": 1}},
    ]
    assert history[0]["action"].endswith("_variable_created")
    assert (await studio.call("DELETE", f"{path}/rate")).status_code == 406
    assert (await studio.call("DELETE", f"{path}/rate", confirmed="true")).json() == {"ok": 1}
    assert [one for one in (await studio.get(path))[f"{key}s"] if not one["isSystem"]] == []


@pytest.mark.parametrize(
    ("type_id", "value", "fits"),
    [
        (1, 2.5, True),
        (1, True, False),
        (2, 5, False),
        (3, False, True),
        (3, "true", False),
        (4, "2026-01-31T00:00:00.000Z", True),
        (4, "tomorrow", False),
    ],
)
async def test_a_new_variable_has_a_value_of_its_type(
    studio: "Studio", type_id: int, value: object, fits: bool
) -> None:
    studio.license(customVariables=True)
    body = {"name": "one", "typeId": type_id, "value": value}
    assert (await studio.call("POST", "/teams/1/variables", body)).is_success is fits


async def test_system_variables_cannot_be_changed(studio: "Studio") -> None:
    studio.license(customVariables=True)
    answer = await studio.call("PATCH", "/teams/1/variables/teamName", {"value": "X"})
    assert answer.status_code == 400
    assert "system variable" in answer.json()["message"]


async def test_a_custom_role_is_also_addressed_by_its_id_in_the_body(studio: "Studio") -> None:
    studio.world.update("organizations", 1, service_name="Enterprise")
    body = {"name": "Reader", "permissionType": "team", "organizationId": 1}
    role = (await studio.post("/users/custom-roles", body))["role"]["id"]
    change = {"organizationId": 1, "id": role, "name": "Looker"}
    renamed = await studio.call("PATCH", "/users/custom-roles", change)
    assert renamed.json()["role"]["name"] == "Looker"
    gone = await studio.call("DELETE", "/users/custom-roles", {"organizationId": 1, "id": role})
    assert gone.json() == {"roleId": role}
    again = await studio.call("DELETE", f"/users/custom-roles/{role}", {"organizationId": 1})
    assert again.status_code == 404
