"""Who may do what: the table of people, teams and roles, held against Make's own answers."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from harness import Company, Server
from sharing import company_like, server_for

from .conftest import Join, Library

pytestmark = pytest.mark.anyio

OWNER, ADMIN = 11, 12


@pytest.fixture
async def large(enterprise_world: Path, tmp_path: Path) -> AsyncGenerator[Library]:
    """A company with an Enterprise plan and roles of its own."""
    async with company_like(enterprise_world, tmp_path) as company:
        await company.control("PATCH", "/world", {"rate_limits": False})
        first = (await company.get("/organizations"))["organizations"][0]["id"]
        async with server_for(company) as core:
            yield Library(company, core, first)


async def matrix(core: Server, organization: int, **more: Any) -> dict[int, dict[str, Any]]:
    """Every row, over all pages, by person."""
    rows: dict[int, dict[str, Any]] = {}
    asked = {"organization_id": organization, "limit": 7, **more}
    while True:
        told = (await core.call("access_matrix_get", **asked)).data
        rows |= {row["user_id"]: row for row in told["people"]}
        if "next_cursor" not in told:
            assert len(rows) == told["total"]
            return rows
        asked["cursor"] = told["next_cursor"]


async def teams_of(company: Company, organization: int) -> list[int]:
    found = await company.get("/teams", organizationId=organization)
    return [team["id"] for team in found["teams"]]


async def hold_against_make(library: Library) -> None:
    """Compare every cell with Make's lists of members."""
    company, organization = library.company, library.organization
    shown = await matrix(library.core, organization)
    listed = await company.get("/users/roles", organizationId=organization)
    roles = {role["id"]: role["name"] for role in listed["usersRoles"]}
    path = f"/organizations/{organization}/user-organization-roles"
    members = (await company.get(path))["userOrganizationRoles"]
    assert {u: row.get("role") for u, row in shown.items()} == {
        m["userId"]: roles[m["usersRoleId"]] for m in members
    }
    cells: dict[tuple[int, str], str] = {}
    for team in await teams_of(company, organization):
        query = {"pg[limit]": 10_000}
        places = (await company.get(f"/teams/{team}/user-team-roles", **query))["userTeamRoles"]
        cells |= {(p["userId"], str(team)): roles[p["usersRoleId"]] for p in places}
    assert cells == {(u, t): role for u, row in shown.items() for t, role in row["teams"].items()}
    assert len(cells) > 10


async def test_every_cell_is_what_make_tells_of_the_members(library: Library) -> None:
    await hold_against_make(library)


async def test_every_cell_is_what_make_tells_of_a_large_company(large: Library) -> None:
    await hold_against_make(large)


@pytest.mark.parametrize("permission", ["scenario run", "company users", "datastore edit"])
async def test_who_may_do_something_in_a_team_is_what_make_answers(
    library: Library, permission: str
) -> None:
    shown = await matrix(library.core, library.organization, permission=permission)
    able: dict[int, set[int]] = {}
    for team in await teams_of(library.company, library.organization):
        query = {"type": "company", "permission": permission, "teamId": team}
        for user in (await library.company.get("/users/by-permission", **query))["users"]:
            able.setdefault(user["id"], set()).add(team)
    assert {user: set(row["may_in"]) for user, row in shown.items()} == able


async def test_who_may_do_something_in_the_organization_is_what_make_answers(
    library: Library,
) -> None:
    asked = {"type": "organization", "permission": "organization users"}
    query = {**asked, "organizationId": library.organization}
    able = (await library.company.get("/users/by-permission", **query))["users"]
    shown = await matrix(library.core, library.organization, permission=asked["permission"])
    assert set(shown) == {user["id"] for user in able}
    assert all("may_in" not in row for row in shown.values())


async def test_an_invented_permission_is_answered_with_those_spelled_alike(
    library: Library,
) -> None:
    asked = {"organization_id": library.organization, "permission": "scenarios run"}
    error = (await library.core.call("access_matrix_get", **asked)).error
    assert error["code"] == "unknown_name"
    assert "scenario run" in error["why"]
    assert "role_permission_list" in error["next_step"]


async def test_a_team_of_elsewhere_is_not_found(library: Library) -> None:
    asked = {"organization_id": library.organization, "team_ids": [987654]}
    error = (await library.core.call("access_matrix_get", **asked)).error
    assert (error["code"], "987654" in error["what"]) == ("not_found", True)


async def test_rows_stay_small_and_the_sources_are_named(library: Library) -> None:
    asked = {"organization_id": library.organization, "limit": 100}
    told = (await library.core.call("access_matrix_get", **asked)).data
    assert max(len(json.dumps(row)) for row in told["people"]) <= 300
    assert f"/organizations/{library.organization}/user-organization-roles" in told["sources"]


async def test_flags_name_what_a_review_looks_for(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    ada = await join("Ada Lund", team)
    ben = await join("Ben Oak", role=ADMIN)
    await company.send("POST", f"/users/{ada}/user-team-roles/{team}", {"usersRoleId": 1})
    invited = {"email": "new@example.org", "name": "New One", "usersRoleId": ADMIN}
    sent = await company.send("POST", f"/organizations/{organization}/invite", invited)
    world = company.mounted.sandbox.world
    recent = datetime.now(UTC).isoformat(timespec="milliseconds")
    old = (datetime.now(UTC) - timedelta(days=100)).isoformat(timespec="milliseconds")
    world.update("users", ada, last_login=recent)
    world.update("users", ben, last_login=old)
    rows = await matrix(core, organization, team_ids=[team])
    assert "flags" not in rows[ada]
    assert rows[ben]["flags"] == [f"dormant: last login {old[:10]}"]
    assert rows[sent["user"]["id"]]["flags"] == ["not_accepted"]
    assert "flags" not in (await matrix(core, organization, dormant_days=101))[ben]
    assert set(await matrix(core, organization, flagged=True)) < set(rows)


async def test_the_one_admin_of_a_team_is_flagged_until_there_is_another(
    core: Server, company: Company, organization: int, team: int, join: Join
) -> None:
    me = (await company.get("/users/me"))["authUser"]["id"]
    alone = f"only_admin: {team}"
    assert alone in (await matrix(core, organization, team_ids=[team]))[me]["flags"]
    ada = await join("Ada Lund", team)
    await company.send("POST", f"/users/{ada}/user-team-roles/{team}", {"usersRoleId": 1})
    rows = await matrix(core, organization, team_ids=[team])
    assert not any(alone in row.get("flags", []) for row in rows.values())
