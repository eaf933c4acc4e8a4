"""What is planned is what is sent, and what can be taken back is then as it was."""

from pathlib import Path
from typing import Any

import pytest
from harness import Company, Server
from sharing import company_like, server_for
from taking_back import Case, hold

from .conftest import Join, Library

pytestmark = pytest.mark.anyio

PLACELESS = ("organization_list", "role_permission_list")


@pytest.mark.parametrize(
    "tool",
    [
        "team_create",
        "team_update",
        "team_delete",
        "organization_update",
        "user_invite",
        "user_team_role_set",
        "user_organization_role_set",
        "user_offboard",
    ],
)
async def test_a_plan_is_what_is_sent_and_an_undo_puts_all_back(
    core: Server, company: Company, organization: int, team: int, join: Join, tool: str
) -> None:
    ada = await join("Ada Lund", team)
    members = f"/teams/{team}/user-team-roles"
    belonging = f"/organizations/{organization}/user-organization-roles"
    of = {"organization_id": organization}
    somebody = {"people": [{"email": "new@example.org"}], "role": "Member", **of}
    cases = {
        "team_create": Case({"name": "New team", **of}, f"/teams?organizationId={organization}"),
        "team_update": Case({"team_id": team, "name": "Renamed"}, f"/teams/{team}"),
        "team_delete": Case({"team_id": team}, f"/teams/{team}", lost=True),
        "organization_update": Case(
            {"timezone": "Europe/Lisbon", **of}, f"/organizations/{organization}"
        ),
        "user_invite": Case(somebody, belonging),
        "user_team_role_set": Case({"user_id": ada, "team_id": team, "role": 6}, members),
        "user_organization_role_set": Case({"user_id": ada, "role": "Admin", **of}, belonging),
        "user_offboard": Case({"user_id": ada, "only_teams": True, **of}, members),
    }
    await hold(core, company, tool, cases[tool])


async def test_a_limit_of_a_private_space_is_planned_sent_and_taken_back(
    enterprise_world: Path, tmp_path: Path
) -> None:
    async with company_like(enterprise_world, tmp_path) as large, server_for(large) as server:
        spaces = (await large.get("/private-spaces", organizationId=1))["privateSpaces"]
        shown = f"/private-spaces/{spaces[0]['id']}"
        change = {"private_space_id": spaces[0]["id"], "operations_limit": 900_000}
        await hold(server, large, "private_space_update", Case(change, shown))
        told = await server.call("user_get", user_id=spaces[0]["privateSpaceOwnerId"],
                                 organization_id=1, include=["private_space"])  # fmt: skip
        assert told.data["private_space_id"] == spaces[0]["id"]


@pytest.mark.parametrize(
    ("tool", "arguments", "rows"),
    [
        ("user_list", {"name_contains": "nobody of this name"}, "users"),
        ("user_list", {"role": "Accountant", "name_contains": "zz"}, "users"),
        ("team_list", {"name_contains": "no team of this name"}, "teams"),
        ("organization_list", {"name_contains": "nowhere"}, "organizations"),
        ("role_permission_list", {"contains": "no such permission"}, "permissions"),
        ("access_matrix_get", {"flagged": True, "dormant_days": 3650, "limit": 100}, "people"),
    ],
)
async def test_what_fits_nothing_is_an_empty_list_with_its_total(
    library: Library, tool: str, arguments: dict[str, Any], rows: str
) -> None:
    given = (
        arguments if tool in PLACELESS else {"organization_id": library.organization} | arguments
    )
    told = (await library.core.call(tool, **given)).data
    if tool == "access_matrix_get":
        assert all(row["flags"] for row in told[rows])
        assert told["total"] == len(told[rows])
    else:
        assert (told[rows], told["total"]) == ([], 0)
        assert "next_cursor" not in told
