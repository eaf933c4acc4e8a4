"""What the company kept from when it tried the Enterprise plan, and its devices."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.seed.licences import licence_of

if TYPE_CHECKING:
    from .conftest import Office

pytestmark = pytest.mark.anyio
REFUSALS = {
    "/agents?organizationId=1": (402, "SC402"),
    "/connected-systems?organizationId=1": (402, "SC402"),
    "/custom-property-structures?organizationId=1": (400, "IM027"),
    "/private-spaces?organizationId=1": (400, "IM903"),
    "/organizations/1/sso-certificates?type=saml": (402, "SC402"),
    "/organizations/1/managed-organizations": (403, "SC403"),
}


def subscribe(office: "Office") -> None:
    """Put the company on the Enterprise plan."""
    licence = licence_of("enterprise")
    office.world.update("organizations", 1, license=licence, service_name="Enterprise")


async def told(office: "Office", path: str) -> Any:
    answer = await office.call("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_plan_of_the_company_refuses_all_of_it(office: "Office") -> None:
    for path, refusal in REFUSALS.items():
        answer = await office.call("GET", path)
        assert (answer.status_code, answer.json()["code"]) == refusal, path
    (listed,) = (await told(office, "/scenarios?teamId=1&pg[limit]=1"))["scenarios"]
    assert "customProperties" not in listed


async def test_agents_reach_systems_once_the_company_is_on_enterprise(office: "Office") -> None:
    subscribe(office)
    agents = (await told(office, "/agents?organizationId=1"))["agents"]
    states = {one["status"]: one["systemConnectionsCount"] for one in agents}
    assert states == {"ACTIVE": 3, "NOT_RESPONDING": 1, "REGISTERED": 0}
    systems = (await told(office, "/connected-systems?organizationId=1"))["connectedSystems"]
    for system in systems:
        path = f"/agents/{system['agentId']}/apps/{system['appName']}/config?organizationId=1"
        spec = (await told(office, path))["inputs"][0]["spec"]
        assert {one["name"] for one in spec} == {one["name"] for one in system["inputs"]}


async def test_most_scenarios_are_described_by_values_that_fit(office: "Office") -> None:
    subscribe(office)
    listed = (await told(office, "/scenarios?organizationId=1"))["scenarios"]
    described = [one for one in listed if one["customProperties"]]
    assert 0.6 < len(described) / len(listed) < 0.95
    departments = Counter(one["customProperties"]["department"] for one in described)
    assert len(departments) == 5
    teams = {
        one["id"]: one["name"] for one in (await told(office, "/teams?organizationId=1"))["teams"]
    }
    assert all(teams[one["teamId"]] == one["customProperties"]["department"] for one in described)
    for one in described:
        path = f"/scenarios/{one['id']}/custom-properties"
        again = await office.call("PUT", path, one["customProperties"])
        assert again.status_code == 200, again.text


async def test_people_have_spaces_and_single_sign_on_has_certificates(office: "Office") -> None:
    subscribe(office)
    spaces = (await told(office, "/private-spaces?organizationId=1"))["privateSpaces"]
    owners = [one["privateSpaceOwnerName"] for one in spaces]
    assert owners == ["Ines Moreau", "Jonas Okafor"]
    path = "/organizations/1/sso-certificates?type=saml"
    certificates = (await told(office, path))["ssoCertificates"]
    assert [one["status"] for one in certificates] == ["active", "inactive"]


async def test_devices_work_on_every_plan(office: "Office") -> None:
    teams = (await told(office, "/teams?organizationId=1"))["teams"]
    devices = {
        one["name"]: one
        for team in teams
        for one in (await told(office, f"/devices?teamId={team['id']}"))["devices"]
    }
    assert devices["Old dock phone"]["gone"] is True
    scanner, phone = devices["Warehouse handheld 1"], devices["Field sales phone"]
    assert (scanner["queueCount"], phone["queueCount"]) == (3, 1)
    (waiting,) = (await told(office, f"/devices/{phone['id']}/outgoings"))["outgoings"]
    message = await told(office, f"/devices/{phone['id']}/outgoings/{waiting['id']}")
    assert message["data"] == {"to": "+12025550187"}
