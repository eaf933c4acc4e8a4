"""Writes that no other test makes, held to their contracts like all answers of the studio."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.make_api_sandbox.conftest import Studio

pytestmark = pytest.mark.anyio


async def write(studio: "Studio", method: str, path: str, body: Any = None, **query: Any) -> Any:
    answer = await studio.call(method, path, body, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_assets_are_renamed_and_removed(studio: "Studio") -> None:
    mail = {"accountName": "Mail", "accountType": "imap", "host": "mail.example.com", "port": 993}
    login = {"username": "box@example.com", "password": "hidden words"}
    made = (await studio.post("/connections", mail | login, teamId=1))["connection"]
    renamed = await write(studio, "PATCH", f"/connections/{made['id']}", {"name": "Box"})
    assert renamed["connection"]["name"] == "Box"

    size = {"name": "Orders", "teamId": 1, "maxSizeMB": 1}
    store = (await studio.post("/data-stores", size))["dataStore"]["id"]
    renamed = await write(studio, "PATCH", f"/data-stores/{store}", {"name": "Sales"})
    assert renamed["dataStore"]["name"] == "Sales"
    gone = await write(studio, "DELETE", f"/data-stores/{store}", confirmed="true")
    assert gone == {"dataStore": store}

    body: dict[str, Any] = {"name": "Order", "teamId": 1, "strict": False, "spec": []}
    structure = (await studio.post("/data-structures", body))["dataStructure"]["id"]
    field = {"name": "total", "type": "number", "label": "Total", "required": True}
    changed = await write(studio, "PATCH", f"/data-structures/{structure}", {"spec": [field]})
    assert changed["dataStructure"]["spec"] == [field]

    body = {"name": "Old", "teamId": 1}
    folder = (await studio.post("/scenarios-folders", body))["scenarioFolder"]["id"]
    renamed = await write(studio, "PATCH", f"/scenarios-folders/{folder}", {"name": "New"})
    assert renamed["scenarioFolder"]["name"] == "New"


async def test_team_and_organization_are_renamed_handed_over_and_removed(
    studio: "Studio",
) -> None:
    assert (await write(studio, "PATCH", "/teams/1", {"name": "Atelier"}))["team"]["id"] == 1
    renamed = await write(studio, "PATCH", "/organizations/1", {"name": "Berg and Ash"})
    assert renamed["organization"]["name"] == "Berg and Ash"
    ana = studio.join("Ana", role=12)
    path = "/organizations/1/user-organization-roles/transfer"
    roles = (await studio.post(path, {"userId": ana}))["userOrganizationRoles"]
    assert [(one["userId"], one["usersRoleId"]) for one in roles] == [(1, 12), (ana, 11)]
    token = studio.token("*", user=ana)
    gone = await write(studio, "DELETE", "/organizations/1", token=token, confirmed="true")
    assert gone == {"organization": 1}


async def test_an_enterprise_demands_a_second_factor_and_changes_its_own_roles(
    studio: "Studio",
) -> None:
    studio.world.update("organizations", 1, service_name="Enterprise")
    path = "/organizations/1/tfa-enforcement"
    assert await write(studio, "PATCH", path, {"enable": True}) == {
        "organization": {"tfaEnforced": True}
    }
    body: dict[str, Any] = {
        "name": "Readers",
        "category": "team",
        "organizationId": 1,
        "permissions": [],
    }
    role = (await studio.post("/users/custom-roles", body))["role"]["id"]
    path = f"/users/custom-roles/{role}"
    changed = await write(studio, "PATCH", path, {"organizationId": 1, "name": "Lookers"})
    assert changed["role"]["name"] == "Lookers"
    assert await write(studio, "DELETE", path, {"organizationId": 1}) == {"roleId": role}


async def test_a_credential_is_declined_with_a_reason(studio: "Studio") -> None:
    body = {"teamId": 1, "connections": [{"type": "google", "description": "For the sheet."}]}
    made = await studio.post("/credential-requests/actions/create-by-credentials", body)
    path = f"/credential-requests/credentials/{made['credentials'][0]['id']}/decline"
    declined = await studio.post(path, {"reason": "Not mine."})
    assert declined["credential"]["declineReason"] == "Not mine."


async def test_what_a_scenario_keeps_is_set(studio: "Studio") -> None:
    scenario = studio.scenario("Watch", {"module": "rss:ActionReadArticles"})
    path = f"/scenarios/{scenario}"
    epoch = {"1": {"epoch": {"date": "2026-03-01T00:00:00.000Z"}}}
    assert await write(studio, "PUT", f"{path}/data", epoch) == {"updated": True}
    assert await studio.get(f"{path}/data/1") == {"exists": True}
    interface = {"input": [{"name": "mail", "type": "text"}], "output": None}
    await write(studio, "PATCH", f"{path}/interface", {"interface": interface})
    body = {"input": [{"name": "mail", "value": "TAC_1"}]}
    assert await write(studio, "PUT", f"{path}/build-variables", body) == {"ok": 1}
    assert await studio.get(f"{path}/build-variables") == {
        "variables": {"input": {"mail": "TAC_1"}}
    }


async def test_incomplete_executions_are_retried_and_removed(studio: "Studio") -> None:
    scenario = await failing(studio)
    listed = (await studio.get("/dlqs", scenarioId=scenario))["dlqs"]
    assert len(listed) == 2
    first, second = (one["id"] for one in listed)
    assert await studio.post("/dlqs/retry", {"ids": [first]}, scenarioId=scenario) == {
        "dlqs": [first]
    }
    assert await write(studio, "DELETE", f"/dlqs/{second}") == {"dlq": second}


async def failing(studio: "Studio") -> int:
    """A scenario that ran twice and left an incomplete execution each time."""
    flow: list[dict[str, Any]] = [
        {"id": 1, "module": "util:ComposeTransformer", "version": 1, "mapper": {"value": "x"}},
        {"id": 2, "module": "json:ParseJSON", "version": 1, "mapper": {"json": "{"}},
    ]
    metadata = {"version": 1, "scenario": {"dlq": True, "maxErrors": 9}}
    body = {
        "teamId": 1,
        "blueprint": json.dumps({"name": "Parse", "flow": flow, "metadata": metadata}),
        "scheduling": json.dumps({"type": "on-demand"}),
    }
    made = await studio.post("/scenarios", body, confirmed="true")
    scenario = made["scenario"]["id"]
    await studio.post(f"/scenarios/{scenario}/start")
    for _ in range(2):
        await studio.post(f"/scenarios/{scenario}/run", {"responsive": True})
    return scenario
