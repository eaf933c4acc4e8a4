"""Installed apps, feature controls, domains, access lists and pages of Make's own."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

ON_DEMAND = json.dumps({"type": "on-demand"})


def blueprint(*modules: tuple[str, int]) -> str:
    flow: list[dict[str, Any]] = [
        {"id": at, "module": slug, "version": version, "parameters": {}, "mapper": {}}
        for at, (slug, version) in enumerate(modules, 1)
    ]
    return json.dumps({"name": "S", "flow": flow, "metadata": {"version": 1}})


async def test_an_app_is_installed_by_the_first_scenario_saved_with_it(studio: "Studio") -> None:
    body = {"teamId": 1, "scheduling": ON_DEMAND}
    first = {**body, "blueprint": blueprint(("http:MakeRequest", 4), ("slack:CreateMessage", 4))}
    await studio.post("/scenarios", first, confirmed="true")
    await studio.control("POST", "/clock", {"advance": 3600})
    second = {**body, "blueprint": blueprint(("slack:CreateMessage", 4), ("notion:createAPage", 1))}
    await studio.post("/scenarios", second, confirmed="true")
    assert (await studio.get("/organizations/1/apps"))["installedApps"] == [
        {
            "appName": name,
            "appVersion": version,
            "organizationId": 1,
            "installedAt": at,
            "installedBy": 1,
        }
        for name, version, at in (
            ("notion", 1, "2026-03-04T09:30:15.000Z"),
            ("slack", 4, "2026-03-04T08:30:15.000Z"),
        )
    ]


async def test_installed_custom_apps_are_listed(studio: "Studio") -> None:
    now = studio.world.clock.stamp()
    app = studio.world.insert(
        "sdk_apps",
        author_id=2,
        name="kiln-x1",
        version=1,
        label="Kiln",
        theme="#cccccc",
        language="en",
        created=now,
    )
    studio.world.insert("sdk_app_installs", app_id=app, organization_id=1, user_id=1, installed=now)
    [shown] = (await studio.get("/organizations/1/apps"))["installedApps"]
    assert (shown["appName"], shown["appVersion"], shown["installedBy"]) == ("kiln-x1", 1, 1)


async def test_the_detail_of_an_organization_tells_its_features(studio: "Studio") -> None:
    mia = studio.join("Mia", role=13)
    for owner in (1, mia):
        studio.world.insert(
            "teams", organization_id=1, name=f"Of {owner}", is_private=True, extra={"owner": owner}
        )
    await studio.call("PATCH", "/organizations/1/feature-controls", {"id": 2, "enabled": True})
    certificate = {"type": "saml", "valid_from": "x", "valid_to": "y", "certificate": "z"}
    studio.world.insert("sso_certificates", organization_id=1, **certificate)
    shown = (await studio.get("/organizations/1"))["organization"]
    assert shown["featureControls"] == [
        {"name": "Make AI Tools", "enabled": True},
        {"name": "Advanced Security", "enabled": False},
    ]
    assert (shown["privateSpaces"], shown["ssoType"]) == ([], None)
    studio.license(dedicatedSso=True)
    studio.world.update("organizations", 1, service_name="Enterprise")
    shown = (await studio.get("/organizations/1"))["organization"]
    assert shown["ssoType"] == "saml2"
    assert [(one["name"], one["isOwner"]) for one in shown["privateSpaces"]] == [
        ("Of 1", True),
        (f"Of {mia}", False),
    ]
    token = studio.token("organizations:read", user=mia)
    [own] = (await studio.get("/organizations/1", token=token))["organization"]["privateSpaces"]
    assert own == {"id": own["id"], "name": f"Of {mia}", "isOwner": True} | {
        "hasAdminVisibility": False
    }


async def test_features_are_switched_on_and_off(studio: "Studio") -> None:
    path = "/organizations/1/feature-controls"
    listed = await studio.get(path)
    assert listed["enableAllControlFeatures"] is False
    assert [(one["id"], one["enabled"]) for one in listed["featureControls"]] == [
        (2, False),
        (1, False),
    ]
    done = await studio.call("PATCH", path, {"id": 1, "enabled": True})
    assert done.json() == {"featureControl": {"id": 1, "enabled": True}}
    named = {"featureControlName": "Advanced Security", "cols[]": ["id", "enabled"]}
    [shown] = (await studio.get(path, params=named))["featureControls"]
    assert shown == {"id": 1, "enabled": True}
    [shown] = (await studio.get("/teams/1/feature-controls", params=named))["featureControls"]
    assert shown == {"id": 1, "enabled": True}
    unknown = await studio.call("PATCH", path, {"id": 3, "enabled": True})
    assert unknown.status_code == 404
    member = studio.token("organizations:write", user=studio.join("Mia", role=13))
    refused = await studio.call("PATCH", path, {"id": 1, "enabled": False}, token=member)
    assert refused.status_code == 403


async def test_domains_are_part_of_some_plans_and_none_is_there(studio: "Studio") -> None:
    path = "/organizations/1/domains/1/verify"
    assert (await studio.call("POST", path)).json()["code"] == "SC402"
    studio.license(dedicatedSso=True)
    assert (await studio.call("POST", path)).status_code == 404


# Locked connections


async def connection(studio: "Studio") -> str:
    body = {"accountName": "Bot", "accountType": "slack"}
    made = (await studio.post("/connections", body, teamId=1))["connection"]["id"]
    return f"/teams/1/connections/{made}/access-list"


async def test_locked_connections_are_off_outside_enterprise(studio: "Studio") -> None:
    path = await connection(studio)
    answer = await studio.call("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (400, "IM903")


async def test_whoever_manages_a_connection_lets_others_use_it(studio: "Studio") -> None:
    studio.world.update("organizations", 1, service_name="Enterprise")
    path = await connection(studio)
    mia, tom = (studio.join(name, role=13, team_role=3) for name in ("Mia", "Tom"))
    member = {"userId": mia, "role": "entity:entity-member"}
    assert await studio.post(f"{path}/users", member) == {"member": member}
    author = {"userId": 1, "role": "entity:entity-admin"}
    assert (await studio.get(path))["accessList"] == [author, member]
    again = await studio.call("POST", f"{path}/users", member)
    assert (again.status_code, again.json()["code"]) == (400, "IM005")
    as_mia = studio.token("connections:write", user=mia)
    other = {"userId": tom, "role": "entity:entity-member"}
    refused = await studio.call("POST", f"{path}/users", other, token=as_mia)
    assert (refused.status_code, refused.json()["code"]) == (403, "IM002")
    admin = {"role": "entity:entity-admin"}
    raised = await studio.call("PATCH", f"{path}/users/{mia}", admin)
    assert raised.json() == {"member": {"userId": mia, **admin}}
    assert (await studio.call("POST", f"{path}/users", other, token=as_mia)).is_success


@pytest.mark.parametrize(
    ("user", "role", "status"),
    [(2, "entity:entity-member", 404), (99, "entity:entity-member", 404), (1, "owner", 400)],
)
async def test_only_people_of_the_team_get_one_of_two_roles(
    studio: "Studio", user: int, role: str, status: int
) -> None:
    studio.world.update("organizations", 1, service_name="Enterprise")
    path = await connection(studio)
    answer = await studio.call("POST", f"{path}/users", {"userId": user, "role": role})
    assert answer.status_code == status
    absent = await studio.call("PATCH", f"{path}/users/7", {"role": "entity:entity-admin"})
    assert absent.status_code == 404
    elsewhere = await studio.call("GET", "/teams/1/connections/99/access-list")
    assert elsewhere.status_code == 404


# Make's own pages


async def test_ordinary_tokens_do_not_reach_makes_own_pages(studio: "Studio") -> None:
    token = studio.token("organizations:read")
    paths = ("/llm-usage/1", "/consumptions/reports/1", "/consumptions/reports/1/1")
    answers: list[Any] = [await studio.call("GET", path, token=token) for path in paths]
    assert {one.status_code for one in answers} == {403}
    assert (await studio.get("/llm-usage/1"))["usedInputTokens"] == 0
    assert (await studio.call("GET", "/consumptions/reports/1")).status_code == 403


# Granting a connection in a browser


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_service_that_sends_the_browser_back_grants_the_connection(
    studio: "Studio", method: str
) -> None:
    body = {"accountName": "Bot", "accountType": "slack"}
    made = (await studio.post("/connections", body, teamId=1))["connection"]["id"]
    told = await studio.http.post(f"/api/v2/oauth/auth/{made}")
    assert told.json() == {"url": f"http://sandbox.test/api/v2/oauth/auth/{made}"}
    assert (await studio.call("POST", f"/connections/{made}/test")).status_code == 424
    for path in ("google", f"google/{made}", f"slack/{made + 1}"):
        wrong = await studio.http.request(method, f"/api/v2/oauth/cb/{path}")
        assert wrong.status_code == 404
    back = await studio.http.request(method, f"/api/v2/oauth/cb/slack/{made}")
    assert back.status_code == 200
    assert (await studio.post(f"/connections/{made}/test"))["verified"] is True
    assert (await studio.http.post("/api/v2/oauth/auth/99")).status_code == 404
