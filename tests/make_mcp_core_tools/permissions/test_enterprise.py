"""What Enterprise adds: custom roles and private spaces; and founding and closing organizations."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from harness import Company, Server
from sharing import company_like, server_for

from .conftest import Serve

pytestmark = pytest.mark.anyio

ORGANIZATION = 1


@pytest.fixture
async def company(enterprise_world: Path, tmp_path: Path) -> AsyncGenerator[Company]:
    async with company_like(enterprise_world, tmp_path) as found:
        await found.control("PATCH", "/world", {"rate_limits": False})
        yield found


@pytest.fixture
async def core(company: Company) -> AsyncGenerator[Server]:
    async with server_for(company) as server:
        yield server


async def roles(company: Company) -> dict[str, set[str]]:
    found = await company.get("/users/roles", organizationId=ORGANIZATION)
    custom = [one for one in found["usersRoles"] if one["managementType"] == "custom_managed"]
    return {one["name"]: set(one["permissions"]) for one in custom}


async def new_role(core: Server, **more: object) -> int:
    made = await core.call(
        "custom_role_create",
        organization_id=ORGANIZATION,
        name="Repair desk",
        category="team",
        base_role="Team Monitoring",
        permissions=["dlq edit"],
        **more,
    )
    return made.data["id"]


async def test_a_custom_role_starts_from_another_and_brings_what_it_builds_on(
    core: Server, company: Company
) -> None:
    told = await core.call(
        "custom_role_create",
        organization_id=ORGANIZATION,
        name="Repair desk",
        category="team",
        permissions=["scenario run"],
    )
    assert set(told.data["permissions"]) == {"scenario run", "scenario view"}
    assert "scenario view" in told.data["warnings"][0]
    assert (await roles(company))["Repair desk"] == {"scenario run", "scenario view"}
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert "Repair desk" not in await roles(company)


async def test_the_dry_run_of_a_role_is_what_is_then_sent(core: Server, company: Company) -> None:
    wanted = {"organization_id": ORGANIZATION, "name": "Observer", "category": "team"}
    plan = await core.call(
        "custom_role_create", **wanted, permissions=["scenario view"], dry_run=True
    )
    assert "+ scenario view" in plan.data["plan"]["diff"]
    assert "Observer" not in await roles(company)
    done = await core.call(
        "custom_role_create",
        **wanted,
        permissions=["scenario view"],
        plan_id=plan.data["plan"]["plan_id"],
    )
    assert done.data["name"] == "Observer"


async def test_unknown_permissions_are_all_told(core: Server) -> None:
    told = await core.call(
        "custom_role_create",
        organization_id=ORGANIZATION,
        name="X",
        category="team",
        permissions=["scenario fly", "hook sing"],
    )
    assert len(told.error["problems"]) == 2
    assert "role_permission_list" in told.error["next_step"]


async def test_changing_a_role_shows_who_has_it_and_what_they_gain_and_lose(
    core: Server, company: Company
) -> None:
    role = await new_role(core)
    before = (await roles(company))["Repair desk"]
    await core.apply("user_team_role_set", user_id="Ines Moreau", team_id=1, role=role)
    change = {
        "organization_id": ORGANIZATION,
        "role_id": "Repair desk",
        "grant": ["scenario run"],
        "revoke": ["dlq edit"],
    }
    plan = (await core.call("custom_role_update", **change)).data["plan"]
    assert {"+ scenario run", "- dlq edit"} <= set(plan["diff"])
    assert any("in the team" in line for line in plan["affects"])
    done = await core.call("custom_role_update", **change, plan_id=plan["plan_id"])
    assert done.data["granted"] == ["scenario run"]
    assert done.data["revoked"] == ["dlq edit"]
    again = await core.call("custom_role_update", **change)
    assert again.data["changed"] is False
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert (await roles(company))["Repair desk"] == before


async def test_a_role_somebody_has_is_not_deleted_and_the_rest_can_be_put_back(
    core: Server, company: Company
) -> None:
    role = await new_role(core)
    await core.apply("user_team_role_set", user_id="Ines Moreau", team_id=1, role=role)
    told = await core.call("custom_role_delete", organization_id=ORGANIZATION, role_id=role)
    assert "1 people have it" in told.error["why"]
    await core.apply("user_team_role_set", user_id="Ines Moreau", team_id=1, role="Team Member")
    gone = await core.apply("custom_role_delete", organization_id=ORGANIZATION, role_id=role)
    assert "Repair desk" not in await roles(company)
    await core.apply("operation_undo", operation_id=gone.data["operation_id"])
    assert "dlq edit" in (await roles(company))["Repair desk"]


async def test_makes_own_roles_are_not_changed(core: Server) -> None:
    told = await core.call(
        "custom_role_update", organization_id=ORGANIZATION, role_id="Team Admin", grant=[]
    )
    assert "custom_role_create" in told.error["next_step"]


async def test_private_spaces_are_listed_with_owner_and_limited(
    core: Server, company: Company
) -> None:
    rows = (await core.call("private_space_list", organization_id=ORGANIZATION)).data
    assert {row["owner"] for row in rows["private_spaces"]} == {"Ines Moreau", "Jonas Okafor"}
    one = next(row for row in rows["private_spaces"] if row["owner"] == "Ines Moreau")
    assert one["operations_limit"] == 1000
    done = await core.call("private_space_update", private_space_id=one["id"], operations_limit=500)
    assert done.data["private_space"]["operations_limit"] == 500
    again = await core.call(
        "private_space_update", private_space_id=one["id"], operations_limit=500
    )
    assert again.data["changed"] is False
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    shown = await core.call("private_space_get", private_space_id=one["id"])
    assert shown.data["operations_limit"] == 1000
    none = await core.call(
        "private_space_list", organization_id=ORGANIZATION, owner_contains="nobody"
    )
    assert none.data["private_spaces"] == []


async def test_a_foreign_private_space_is_not_found(core: Server) -> None:
    told = await core.call("private_space_get", private_space_id=9999)
    assert told.error["code"] == "not_found"


async def test_an_organization_with_teams_is_deleted_only_by_its_exact_name(
    core: Server, company: Company
) -> None:
    told = await core.call("organization_delete", organization_id=2)
    assert told.error["code"] == "name_needed"
    raw = (await company.get("/organizations/2"))["organization"]
    planned = await core.call("organization_delete", organization_id=2, name=raw["name"])
    assert "cannot be undone" in planned.text or "keeps nothing" in planned.text
    await core.apply("organization_delete", organization_id=2, name=raw["name"])
    left = (await company.get("/organizations"))["organizations"]
    assert [one["id"] for one in left] == [1]


async def test_founding_names_every_unknown_place_at_once(core: Server) -> None:
    told = await core.call(
        "organization_create", name="Pier", region="Moon", timezone="Mars/Base", country="Nowhere"
    )
    assert {one["path"] for one in told.error["problems"]} == {"region", "timezone", "country"}


async def test_founding_is_refused_as_make_refuses_an_ordinary_user(core: Server) -> None:
    region = (await core.call("enum_get", kind="regions")).data["entries"][0]["id"]
    told = await core.call(
        "organization_create",
        name="Pier",
        region=region,
        timezone="Europe/Prague",
        country="Czechia",
    )
    assert told.error["status"] == 403


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("private_space_list", {"organization_id": 1}),
        ("custom_role_create", {"organization_id": 1, "name": "X", "category": "team"}),
        ("organization_delete", {"organization_id": 1}),
    ],
)
async def test_a_token_without_the_scope_is_told_which_one_it_lacks(
    serve_as: Serve, tool: str, arguments: dict[str, object]
) -> None:
    async with serve_as("teams:read", "organizations:read") as server:
        told = await server.call(tool, **arguments)
        assert told.error["code"] == "missing_scope"
