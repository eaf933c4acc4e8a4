"""What each plan opens (API reference, chapters 1.20 and 1.21), endpoint by endpoint."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from make_api_sandbox.contracts.operations import key
from make_api_sandbox.http.routing import discover
from make_api_sandbox.seed.licences import PLANS, Plan
from make_api_sandbox.seeding import subscribe

if TYPE_CHECKING:
    from tests.make_api_sandbox.conftest import Studio

pytestmark = pytest.mark.anyio

PRO = ("pro", "teams", "enterprise")
TEAMS = ("teams", "enterprise")
ENTERPRISE = ("enterprise",)
AGENT = "0d6c9d1e-6a50-4c1b-8f0e-2f5f4a1f7b11"
SYSTEM = "5b0b1a52-93a4-4a77-8f55-0d9d7d2c6b02"
NOW = "2026-03-04T08:30:15.000Z"
SCENARIO: dict[str, Any] = {"name": "Job", "flow": [], "metadata": {"version": 1}}


@dataclass(frozen=True)
class Gate:
    """One feature: what asks for it, how the others are refused, and who has it.

    Args:
        plans: Those that have it.
        refusal: Status and code of the answer on every other plan.
        calls: `METHOD path`, with things of the studio; a body follows where one is needed to get
            as far as the gate.
        member: Of the licence; None where only the plan decides.
    """

    plans: tuple[Plan, ...]
    refusal: tuple[int, str]
    calls: tuple[str, ...]
    member: str | None = None


GATES = {
    "custom functions": Gate(
        ENTERPRISE,
        (402, "SC402"),
        (
            "GET /functions?teamId=1",
            "POST /functions?teamId=1",
            "POST /functions/eval?teamId=1",
            "GET /functions/1",
            "PATCH /functions/1",
            "DELETE /functions/1",
            "GET /functions/1/history?teamId=1",
        ),
        "customFunctions",
    ),
    "custom properties": Gate(
        ENTERPRISE,
        (400, "IM027"),
        (
            "GET /custom-property-structures?organizationId=1",
            'POST /custom-property-structures {"associatedType": "scenario",'
            ' "belongerType": "organization", "belongerId": 1}',
            "GET /custom-property-structures/1/custom-property-structure-items",
            "POST /custom-property-structures/1/custom-property-structure-items",
            "PATCH /custom-property-structures/custom-property-structure-items/1",
            "DELETE /custom-property-structures/custom-property-structure-items/1",
            "GET /scenarios/1/custom-properties",
            "POST /scenarios/1/custom-properties",
            "PUT /scenarios/1/custom-properties",
            "PATCH /scenarios/1/custom-properties",
            "DELETE /scenarios/1/custom-properties",
        ),
        "customProperties",
    ),
    "analytics": Gate(ENTERPRISE, (403, "SC403"), ("GET /analytics/1",), "analyticsAccess"),
    "on-prem agents": Gate(
        ENTERPRISE,
        (402, "SC402"),
        (
            "GET /agents?organizationId=1",
            "POST /agent/register?organizationId=1",
            f"GET /agents/{AGENT}?organizationId=1",
            f"POST /agents/{AGENT}?organizationId=1",
            f"PATCH /agents/{AGENT}?organizationId=1",
            f"DELETE /agents/{AGENT}?organizationId=1",
            f"GET /agents/{AGENT}/apps/http/config?organizationId=1",
            "GET /connected-systems?organizationId=1",
            "POST /connected-systems?organizationId=1",
            f"GET /connected-systems/{SYSTEM}?organizationId=1",
            f"PATCH /connected-systems/{SYSTEM}?organizationId=1",
            f"DELETE /connected-systems/{SYSTEM}?organizationId=1",
        ),
        "onPremAgent",
    ),
    "single sign-on": Gate(
        ENTERPRISE,
        (402, "SC402"),
        (
            "GET /organizations/1/sso-certificates?type=saml",
            "POST /organizations/1/domains/1/verify",
        ),
        "dedicatedSso",
    ),
    "audit logs": Gate(
        TEAMS,
        (402, "SC402"),
        (
            "GET /audit-logs/organization/1",
            "GET /audit-logs/organization/1/filters",
            "GET /audit-logs/team/1",
            "GET /audit-logs/team/1/filters",
            "GET /audit-logs/1/e",
        ),
        "auditLogsDays",
    ),
    "full-text search": Gate(
        PRO, (402, "SC402"), ("POST /organizations/1/scenarios/fulltext",), "fulltext"
    ),
    "creating templates": Gate(
        PRO,
        (402, "SC402"),
        (
            'POST /templates {"teamId": 1, "language": "en", "blueprint": "{}",'
            ' "scheduling": "{}", "controller": "{}"}',
            "PATCH /templates/1",
        ),
        "creatingTemplates",
    ),
    "custom variables": Gate(
        PRO,
        (404, "SC404"),
        tuple(
            call
            for owner in ("organizations/1", "teams/1")
            for call in (
                f'POST /{owner}/variables {{"name": "rate", "typeId": 1, "value": 4}}',
                f"PATCH /{owner}/variables/level",
                f"DELETE /{owner}/variables/level?confirmed=true",
            )
        ),
        "customVariables",
    ),
    "private spaces": Gate(
        ENTERPRISE,
        (400, "IM903"),
        (
            "GET /private-spaces?organizationId=1",
            "GET /private-spaces/3",
            "PATCH /private-spaces/3",
            "GET /personal-spaces?organizationId=1",
            "GET /personal-spaces/3",
            "PATCH /personal-spaces/3",
            "DELETE /personal-spaces/3?confirmed=true",
        ),
    ),
    "locked connections": Gate(
        ENTERPRISE,
        (400, "IM903"),
        (
            "GET /teams/1/connections/1/access-list",
            "POST /teams/1/connections/1/access-list/users",
            "PATCH /teams/1/connections/1/access-list/users/1",
        ),
    ),
    "custom roles": Gate(
        ENTERPRISE,
        (403, "SC403"),
        (
            'POST /users/custom-roles {"name": "R", "category": "team", "organizationId": 1}',
            'PATCH /users/custom-roles/50 {"organizationId": 1, "name": "S"}',
            'DELETE /users/custom-roles/50 {"organizationId": 1}',
            'PATCH /users/custom-roles {"id": 50, "organizationId": 1, "name": "S"}',
            'DELETE /users/custom-roles {"id": 50, "organizationId": 1}',
        ),
    ),
    "second factor for everybody": Gate(
        TEAMS, (402, "SC402"), ('PATCH /organizations/1/tfa-enforcement {"enable": true}',)
    ),
    "managed organizations": Gate(
        (),
        (403, "SC403"),
        (
            "GET /organizations/1/managed-organizations",
            "POST /organizations/1/managed-organizations",
            "GET /organizations/1/managed-organizations-consumption",
            "PATCH /organizations/1/managed-organizations/2",
        ),
    ),
}
"""A plan that is for sale opens no managed organizations."""


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("feature", GATES)
async def test_a_plan_opens_what_it_holds_and_nothing_else(
    studio: "Studio", feature: str, plan: Plan
) -> None:
    gate = GATES[feature]
    everything(studio)
    subscribe(studio.world, plan)
    odd: list[str] = []
    for told in gate.calls:
        call, _, body = told.partition(" {")
        method, _, target = call.partition(" ")
        path, _, query = target.partition("?")
        members: dict[str, Any] = json.loads(f"{{{body}") if body else {}
        answer = await studio.call(method, path, members, params=dict(parse_qsl(query)))
        refusal = (answer.status_code, answer.json().get("code") if answer.content else None)
        if (refusal == gate.refusal) is (plan in gate.plans):
            odd.append(f"{told}: {answer.status_code} {answer.text}")
    assert odd == []


def test_the_table_knows_every_route_behind_a_member_of_the_licence() -> None:
    gated = {
        (one.spec.licence.member, one.spec.method, shape(one.spec.path))
        for one in discover()
        if one.spec.licence
    }
    told = {
        (gate.member, *at)
        for gate in GATES.values()
        if gate.member
        for at in (matched(call) for call in gate.calls)
    }
    assert gated == told


# Limits


async def made_teams(studio: "Studio") -> int:
    """How many teams the organization may have, as far as four."""
    teams = 1
    while teams < 4:
        answer = await studio.call("POST", "/teams", {"name": f"T{teams}", "organizationId": 1})
        if answer.status_code != 200:
            assert answer.json()["code"] == "IM005"
            break
        teams += 1
    return teams


async def activated(studio: "Studio") -> int:
    """How many scenarios may be active, as far as four."""
    module = {"module": "util:ComposeTransformer", "mapper": {"value": "x"}}
    for count in range(4):
        id = studio.scenario(f"Job {count}", module)
        answer = await studio.call("POST", f"/scenarios/{id}/start")
        if answer.status_code != 200:
            assert answer.json()["code"] == "IM011"
            return count
    return 4


async def shortest_interval(studio: "Studio") -> int:
    """The shortest interval in minutes that may be activated."""
    module = {"module": "rss:ActionReadArticles"}
    for minutes in (1, 5, 14, 15):
        scheduling = {"type": "indefinitely", "interval": 60 * minutes}
        id = studio.scenario(f"Each {minutes}", module, scheduling=scheduling)
        answer = await studio.call("POST", f"/scenarios/{id}/start")
        if answer.status_code == 200:
            return minutes
        assert answer.json()["message"] == "Invalid interval."
    raise AssertionError("no interval is long enough")


async def made_stores(studio: "Studio") -> int:
    """How many data stores of a megabyte may be made, as far as four."""
    for count in range(4):
        body = {"name": f"S{count}", "teamId": 1, "maxSizeMB": 1}
        answer = await studio.call("POST", "/data-stores", body)
        if answer.status_code != 200:
            assert answer.json()["code"] == "IM003"
            return count
    return 4


async def calls_a_minute(studio: "Studio") -> int:
    """What the licence of the organization says, which the rate limit reads."""
    return (await studio.get("/organizations/1"))["organization"]["license"]["apiLimit"]


LIMITS: dict[Plan, dict[str, int]] = {
    "free": {"teams": 1, "active": 2, "interval": 15, "stores": 1, "calls": 30},
    "core": {"teams": 1, "active": 4, "interval": 1, "stores": 4, "calls": 60},
    "pro": {"teams": 1, "active": 4, "interval": 1, "stores": 4, "calls": 120},
    "teams": {"teams": 4, "active": 4, "interval": 1, "stores": 4, "calls": 240},
    "enterprise": {"teams": 4, "active": 4, "interval": 1, "stores": 4, "calls": 1000},
}


@pytest.mark.parametrize("plan", PLANS)
async def test_a_plan_limits_teams_scenarios_intervals_stores_and_calls(
    studio: "Studio", plan: Plan
) -> None:
    subscribe(studio.world, plan)
    found = {"calls": await calls_a_minute(studio)}
    studio.license(apiLimit=1000)
    found["stores"] = await made_stores(studio)
    found["teams"] = await made_teams(studio)
    found["interval"] = await shortest_interval(studio)
    studio.world.execute("UPDATE scenarios SET is_active = 0")
    found["active"] = await activated(studio)
    assert found == LIMITS[plan]


async def test_applications_over_all_active_scenarios_are_limited(studio: "Studio") -> None:
    studio.license(appslimit=1)
    compose = {"module": "util:ComposeTransformer", "mapper": {"value": "x"}}
    read = {"module": "rss:ActionReadArticles", "mapper": {"url": "https://example.com/feed"}}
    first = studio.scenario("One", compose, used_packages=["util"])
    second = studio.scenario("Two", read, used_packages=["rss"])
    again = studio.scenario("Three", compose, used_packages=["util"])
    await studio.post(f"/scenarios/{first}/start")
    await studio.post(f"/scenarios/{again}/start")
    refused = await studio.call("POST", f"/scenarios/{second}/start")
    assert (refused.status_code, refused.json()["code"]) == (400, "IM011")


async def test_people_are_limited_and_invitations_count(studio: "Studio") -> None:
    studio.license(users=2)
    path, body = "/organizations/1/invite", {"name": "Ada", "email": "ada@example.org"}
    await studio.post(path, body)
    refused = await studio.call("POST", path, {"name": "Bo", "email": "bo@example.org"})
    assert (refused.status_code, refused.json()["code"]) == (400, "IM011")


async def test_inputs_and_outputs_need_their_member_of_the_licence(studio: "Studio") -> None:
    scenario = studio.scenario("Sub")
    field = {"name": "mail", "type": "text"}
    body = {"interface": {"input": [field], "output": None}}
    path = f"/scenarios/{scenario}/interface"
    assert (await studio.call("PATCH", path, body)).status_code == 200
    studio.license(scenarioIO=None)
    refused = await studio.call("PATCH", path, body)
    assert (refused.status_code, refused.json()["code"]) == (402, "SC402")
    off: dict[str, Any] = {"interface": {"input": [], "output": []}}
    assert (await studio.call("PATCH", path, off)).status_code == 200


# The studio


def everything(studio: "Studio") -> None:
    """One of each thing that stands behind a gate."""
    world = studio.world
    world.insert("teams", organization_id=1, name="Own", is_private=True, extra={"owner": 1})
    studio.scenario("Job")
    function = {"name": "f", "description": "", "code": "function f() {}"}
    world.insert("custom_functions", team_id=1, created=NOW, updated=NOW, created_by=1, **function)
    world.insert(
        "custom_property_structures", organization_id=1, associated_type="scenario", created=NOW
    )
    item: dict[str, Any] = {"name": "p", "label": "P", "description": "", "type": "number"}
    world.insert("custom_property_items", structure_id=1, required=False, **item)
    agent = {"name": "A", "status": "ACTIVE", "created": NOW}
    world.insert("on_prem_agents", id=AGENT, organization_id=1, **agent)
    world.insert(
        "connected_systems", id=SYSTEM, agent_id=AGENT, name="S", app_name="http", inputs={}
    )
    template: dict[str, Any] = {"used_packages": [], "blueprint": SCENARIO, "scheduling": {}}
    world.insert(
        "templates", team_id=1, name="T", language="en", created=NOW, controller={}, **template
    )
    for owner in ("team", "organization"):
        world.insert("variables", owner=owner, owner_id=1, name="level", type_id=1, value=4)
    connection: dict[str, Any] = {"type": "slack", "label": "Slack", "account_type": "oauth"}
    look: dict[str, Any] = {"theme": "#4a154b", "editable": False}
    world.insert("connections", team_id=1, name="Chat", author_id=1, **connection, **look)
    role: dict[str, Any] = {"category": "team", "management_type": "custom_managed"}
    world.insert("roles", id=50, name="R", organization_id=1, permissions=[], **role)


def shape(path: str) -> str:
    return key("", path)[1]


def matched(told: str) -> tuple[str, str]:
    """The route of a call in the table: method, and path with empty members."""
    method, path = told.partition(" {")[0].partition("?")[0].split(" ")
    for one in discover():
        if one.spec.method == method and fits(one.spec.path, path):
            return method, shape(one.spec.path)
    raise AssertionError(f"no route answers {told}")


def fits(template: str, path: str) -> bool:
    members, parts = template.split("/"), path.split("/")
    return len(members) == len(parts) and all(
        member.startswith("{") or member == part
        for member, part in zip(members, parts, strict=True)
    )
