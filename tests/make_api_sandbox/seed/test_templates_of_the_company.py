"""The company's templates and shares, Make's gallery, and manifests for all that is used."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.apps.catalogue import apps
from make_api_sandbox.scenarios.documents import structural_faults
from make_api_sandbox.world import World
from make_blueprint.bindings import OBJECT_KINDS, bindings
from make_blueprint.document import as_object
from make_blueprint.walk import walk

if TYPE_CHECKING:
    from .conftest import Office


def test_every_module_in_use_is_described_by_a_manifest(company: World):
    used = {
        (visit.app, visit.version or 0, visit.type.partition(":")[2])
        for table in ("scenarios", "public_templates", "templates")
        for row in company.rows(f"SELECT blueprint FROM {table}")
        for visit in walk(row["blueprint"])
    }
    described = {
        (app.name, version, module.name)
        for app in apps().values()
        for version in app.versions
        for module in app.modules_of(version)
    }
    assert used - described == set()
    assert len(used) > 50


def test_templates_hold_nothing_that_belongs_to_one_team(company: World):
    rows = company.rows("SELECT name, blueprint FROM templates")
    rows += company.rows("SELECT name, blueprint FROM public_templates")
    assert len(rows) == 6 + 12 + 3
    for row in rows:
        assert structural_faults(row["blueprint"]) == [], row["name"]
        bound = [one for one in bindings(row["blueprint"]) if one.kind in OBJECT_KINDS]
        assert bound == [], row["name"]


async def told(office: "Office", path: str) -> Any:
    answer = await office.call("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.anyio
async def test_templates_are_at_every_stage_of_their_way_to_the_public(office: "Office"):
    listed = (await told(office, "/templates"))["templates"]
    stages = {(one["public"], one["requestedApproval"], bool(one["approved"])) for one in listed}
    assert stages == {
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, False, True),
    }


@pytest.mark.anyio
async def test_a_scenario_can_be_made_from_every_public_template(office: "Office"):
    public = (await told(office, "/templates/public"))["templatesPublic"]
    assert (len(public), public[0]["name"]) == (13, "Add webhook data to Google Sheets")
    for template in public:
        held = await told(office, f"/templates/public/{template['url']}/blueprint")
        body: dict[str, Any] = {
            "teamId": 1,
            "blueprint": json.dumps(held["blueprint"]),
            "scheduling": json.dumps(held["scheduling"]),
            "basedon": template["id"],
        }
        made = await office.call("POST", "/scenarios?confirmed=true", body)
        assert made.status_code == 200, (template["name"], made.text)
        assert made.json()["scenario"]["usedPackages"] == template["usedApps"]


@pytest.mark.anyio
async def test_shares_installed_apps_and_features_are_told(office: "Office"):
    shares = (await told(office, "/scenarios-shared?organizationId=1"))["scenariosShared"]
    assert {one["scenarioName"][:6] for one in shares} == {"SAL-02", "SUP-03", "OPS-13"}
    scenarios = (await told(office, "/scenarios?organizationId=1"))["scenarios"]
    shared = {one["name"][:6] for one in scenarios if one["isShared"]}
    assert shared == {"SAL-02", "SUP-03"}
    installed = (await told(office, "/organizations/1/apps"))["installedApps"]
    names = {one["appName"] for one in installed}
    assert {"slack", "hubspotcrm", "xero", "shopify"} <= names
    controls = (await told(office, "/organizations/1/feature-controls"))["featureControls"]
    assert [one["name"] for one in controls if one["enabled"]] == ["Make AI Tools"]


@pytest.mark.anyio
async def test_one_request_for_credentials_is_open_one_answered_one_declined(office: "Office"):
    found: dict[str, Any] = {}
    for team in (1, 3, 4):
        path = f"/credential-requests/requests?teamId={team}"
        found |= {one["status"]: one for one in (await told(office, path))["requests"]}
    assert found.keys() == {"pending", "authorized", "declined"}
    path = f"/credential-requests/requests/{found['authorized']['id']}/detail"
    [credential] = (await told(office, path))["requestDetail"]["credentials"]
    connection = (await told(office, f"/connections/{credential['remoteId']}"))["connection"]
    assert connection["accountName"] == credential["name"]


def test_connections_were_granted_what_the_modules_that_use_them_need(company: World):
    granted = {row["id"]: set(row["scopes"]) for row in company.rows("SELECT * FROM connections")}
    checked = 0
    for row in company.rows("SELECT name, blueprint FROM scenarios"):
        for visit in walk(row["blueprint"]):
            parameters: dict[str, Any] = as_object(visit.module.get("parameters"))
            app = apps().get(visit.app)
            name = visit.type.partition(":")[2]
            if app and parameters.get(app.connection_field) in granted:
                module = next(m for m in app.modules_of(visit.version or 0) if m.name == name)
                needed = set(module.scope)
                assert needed <= granted[parameters[app.connection_field]], (row["name"], name)
                checked += bool(needed)
    assert checked > 40
