"""Every read of the seeded company, and what a stranger to a right gets, keep their contracts."""

import re
import shutil
import struct
import zlib
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from holding import DepartureError, hold_to_contracts
from make_api_sandbox.contracts.coverage import Standing, coverage
from make_api_sandbox.contracts.operations import Operation
from make_api_sandbox.mount import MountedSandbox, mount
from make_api_sandbox.world import World

pytestmark = pytest.mark.anyio

ROWS = 5
"""Of each kind of thing, spread over all there are."""

EVERYTHING = {
    "apiLimit": 1_000_000,
    "operations": 100_000,
    "auditLogsDays": 90,
    "analyticsAccess": True,
    "customFunctions": True,
    "customProperties": 100,
    "customVariables": True,
    "creatingTemplates": True,
    "dynamicConnections": True,
    "dynamicDependencies": True,
    "fulltext": True,
    "onPremAgent": True,
    "dedicatedSso": True,
    "scenarioIO": True,
}

PLANS = {1: "Enterprise", 2: "MMS"}
"""So that no plan hides anything; the second organization manages another."""

TEAM = "SELECT id AS teamId FROM teams"
ORGANIZATION = "SELECT id AS organizationId FROM organizations"
SCENARIO = "SELECT id AS scenarioId FROM scenarios"
RUN = "SELECT scenario_id AS scenarioId, id AS executionId FROM executions WHERE kind = 'run'"
AGENT = "SELECT id AS agentId, team_id AS teamId FROM ai_agents"
MINE = "SELECT 1 AS userId, id AS teamId, organization_id AS organizationId FROM teams"
APP = "SELECT name AS app, version AS ver FROM sdk_apps"
SHARE = "SELECT scenario_id AS scenarioId, id AS sharedScenarioId FROM shared_scenarios"


def part(kind: str, member: str) -> str:
    """The components of one kind of every custom app."""
    return (
        f"SELECT a.name AS app, a.version AS ver, c.name AS '{member}' FROM sdk_components c"
        f" JOIN sdk_apps a ON a.id = c.app_id WHERE c.kind = '{kind}'"
    )


def section(kind: str, member: str) -> str:
    """The sections of the components of one kind."""
    return part(kind, member).replace(
        f"c.name AS '{member}' FROM sdk_components c",
        f"c.name AS '{member}', s.code AS section FROM sdk_components c"
        " JOIN sdk_sections s ON s.component_id = c.id"
        " AND s.code NOT IN ('common', 'code', 'test')",
    )


SAMPLES = {
    "/agents": ORGANIZATION,
    "/agents/{agentId}": "SELECT id AS agentId, organization_id AS organizationId FROM"
    " on_prem_agents",
    "/agents/{agentId}/apps/{appName}/config": "SELECT id AS agentId, organization_id AS"
    " organizationId, app AS appName FROM on_prem_agents, (SELECT 'http' AS app UNION SELECT"
    " 'sap-agent')",
    "/connected-systems": ORGANIZATION,
    "/connected-systems/{connectedSystemId}": "SELECT s.id AS connectedSystemId, a.organization_id"
    " AS organizationId FROM connected_systems s JOIN on_prem_agents a ON a.id = s.agent_id",
    "/ai-agents/v1/agents/{agentId}": AGENT,
    "/ai-agents/v1/contexts": AGENT,
    "/ai-agents/v1/llm-providers/{providerId}": "SELECT p.id AS providerId, t.id AS teamId FROM"
    " (SELECT DISTINCT provider_id AS id FROM ai_agents) p, teams t",
    "/ai-agents/v1/llm-providers/{providerId}/models": "SELECT DISTINCT provider_id AS providerId,"
    " team_id AS teamId FROM ai_agents",
    "/audit-logs/{organizationId}/{uuid}": "SELECT organization_id AS organizationId, uuid FROM"
    " audit_logs ORDER BY seq DESC LIMIT 12",
    "/cashier/prices/{priceId}": "SELECT value AS priceId FROM json_each('[1, 2, 3, 4, 5, 6]')",
    "/connections/{connectionId}": "SELECT id AS connectionId FROM connections ORDER BY"
    " account_type",
    "/teams/{teamId}/connections/{connectionId}/access-list": "SELECT team_id AS teamId, id AS"
    " connectionId FROM connections",
    "/credential-requests/requests/{requestId}": "SELECT id AS requestId FROM credential_requests",
    "/credential-requests/apps/{appName}/{appVersion}/modules-with-credentials": "SELECT value AS"
    " appName, 'latest' AS appVersion FROM json_each('[\"slack\", \"google-sheets\"]')",
    "/custom-property-structures": ORGANIZATION,
    "/custom-property-structures/{customPropertyStructureId}": "SELECT id AS"
    " customPropertyStructureId FROM custom_property_structures",
    "/data-stores/{dataStoreId}": "SELECT id AS dataStoreId FROM data_stores",
    "/data-structures/{dataStructureId}": "SELECT id AS dataStructureId FROM data_structures",
    "/devices/{deviceId}": "SELECT id AS deviceId FROM devices",
    "/devices/{deviceId}/incomings/{incomingId}": "SELECT device_id AS deviceId, id AS incomingId"
    " FROM device_messages WHERE direction LIKE 'in%'",
    "/devices/{deviceId}/outgoings/{outgoingId}": "SELECT device_id AS deviceId, id AS outgoingId"
    " FROM device_messages WHERE direction LIKE 'out%'",
    "/dlqs": "SELECT DISTINCT scenario_id AS scenarioId FROM dlqs",
    "/dlqs/{dlqId}": "SELECT id AS dlqId FROM dlqs",
    "/dlqs/{dlqId}/logs/{executionDlqId}": "SELECT dlq_id AS dlqId, id AS executionDlqId FROM"
    " dlq_logs",
    "/functions/{functionId}": "SELECT id AS functionId, team_id AS teamId FROM custom_functions",
    "/imt/apps-meta": ORGANIZATION,
    "/imt/apps": "SELECT organization_id AS organizationId, id AS teamId FROM teams",
    "/imt/apps/{name}/{version}": "SELECT value AS name, 'latest' AS version FROM"
    ' json_each(\'["slack", "http", "google-sheets", "builtin", "datastore"]\')',
    "/hooks/{hookId}": "SELECT id AS hookId FROM hooks",
    "/hooks/{hookId}/incomings/{incomingId}": "SELECT hook_id AS hookId, id AS incomingId FROM"
    " hook_incomings",
    "/hooks/{hookId}/logs/{logId}": "SELECT hook_id AS hookId, id AS logId FROM hook_logs",
    "/keys/{keyId}": "SELECT id AS keyId FROM keys",
    "/notifications/{notificationId}": "SELECT id AS notificationId FROM notifications WHERE"
    " user_id = 1",
    "/organizations/{organizationId}": ORGANIZATION,
    "/organizations/{organizationId}/check-team-permission": "SELECT id AS organizationId,"
    " 'scenario add' AS teamPermission FROM organizations",
    "/organizations/{organizationId}/sso-certificates": "SELECT organization_id AS organizationId,"
    " type FROM sso_certificates",
    "/organizations/invitation": "SELECT hash FROM invitations WHERE user_id = 1",
    "/organizations/{organizationId}/user-organization-roles/{userId}": "SELECT organization_id AS"
    " organizationId, user_id AS userId FROM user_organization_roles",
    "/users/{userId}/user-organization-roles": "SELECT DISTINCT user_id AS userId FROM"
    " user_organization_roles",
    "/users/{userId}/user-organization-roles/{organizationId}": "SELECT user_id AS userId,"
    " organization_id AS organizationId FROM user_organization_roles",
    "/organizations/{organizationId}/variables/{variableName}/history": "SELECT owner_id AS"
    " organizationId, name AS variableName FROM variables WHERE owner = 'organization'",
    "/teams/{teamId}/variables/{variableName}/history": "SELECT owner_id AS teamId, name AS"
    " variableName FROM variables WHERE owner = 'team'",
    "/users/roles/{roleId}": "SELECT id AS roleId FROM roles",
    "/private-spaces": ORGANIZATION,
    "/private-spaces/{privateSpaceId}": "SELECT id AS privateSpaceId FROM teams WHERE is_private",
    "/personal-spaces": ORGANIZATION,
    "/personal-spaces/{personalSpaceId}": "SELECT id AS personalSpaceId FROM teams WHERE"
    " is_private",
    "/teams/{teamId}": TEAM,
    "/analytics/{organizationId}": ORGANIZATION,
    "/llm-usage/{organizationId}": ORGANIZATION,
    "/audit-logs/organization/{organizationId}": ORGANIZATION,
    "/scenarios/{scenarioId}": SCENARIO,
    "/scenarios/replayable-executions/{scenarioId}": SCENARIO,
    "/scenarios/{scenarioId}/recovery": "SELECT id AS scenarioId, team_id AS teamId FROM scenarios",
    "/scenarios/tools/{scenarioId}": f"{SCENARIO} WHERE type = 'tool'",
    "/scenarios/{scenarioId}/logs/{executionId}": "SELECT scenario_id AS scenarioId, id AS"
    " executionId FROM executions",
    "/scenarios/{scenarioId}/executions/{executionId}": RUN,
    "/scenarios/{scenarioId}/modules/{moduleId}/logs": "SELECT DISTINCT scenario_id AS scenarioId,"
    " module_id AS moduleId FROM execution_modules",
    "/scenarios/{scenarioId}/data/{moduleId}": "SELECT id AS scenarioId, 1 AS moduleId FROM"
    " scenarios",
    "/scenarios/{scenarioId}/notes/{noteId}": "SELECT s.id AS scenarioId, s.team_id AS teamId,"
    " json_extract(n.value, '$.id') AS noteId FROM scenarios s,"
    " json_each(s.extra, '$.notes') n",
    "/scenarios/{scenarioId}/notes": "SELECT id AS scenarioId, team_id AS teamId FROM scenarios",
    "/templates/public/{templateUrl}": "SELECT id || '-any' AS templateUrl FROM public_templates",
    "/scenarios-shared/{scenarioId}": SHARE,
    "/scenarios-shared/{scenarioId}/{sharedScenarioId}": SHARE,
    "/sdk/apps/{app}/{ver}": APP,
    "/sdk/apps/{app}/{ver}/{section}": "SELECT a.name AS app, a.version AS ver, s.code AS section"
    " FROM sdk_sections s JOIN sdk_apps a ON a.id = s.app_id WHERE s.component_id IS NULL AND"
    " s.code NOT IN ('common', 'readme')",
    "/sdk/apps/{app}/{ver}/changes/{changeId}": "SELECT a.name AS app, a.version AS ver, c.id AS"
    " changeId FROM sdk_changes c JOIN sdk_apps a ON a.id = c.app_id",
    "/sdk/apps/{app}/{ver}/icon/{size}": f"SELECT *, 512 AS size FROM ({APP})",
    "/sdk/apps/themes": "SELECT group_concat(name) AS names FROM sdk_apps",
    "/sdk/apps/invites/{token}": "SELECT invite_token AS token FROM sdk_apps WHERE invite_token"
    " IS NOT NULL",
    "/sdk/apps/{app}/{ver}/modules/{module}": part("module", "module"),
    "/sdk/apps/{app}/{ver}/modules/{module}/{section}": section("module", "module"),
    "/sdk/apps/{app}/{ver}/endpoints/{endpoint}": part("endpoint", "endpoint"),
    "/sdk/apps/{app}/{ver}/endpoints/{endpoint}/{section}": section("endpoint", "endpoint"),
    "/sdk/apps/{app}/{ver}/rpcs/{rpc}": part("rpc", "rpc"),
    "/sdk/apps/{app}/{ver}/rpcs/{rpc}/{section}": section("rpc", "rpc"),
    "/sdk/apps/{app}/{ver}/functions/{fn}": part("function", "fn"),
    "/sdk/apps/{app}/connections": APP,
    "/sdk/apps/connections/{connection}": part("connection", "connection"),
    "/sdk/apps/connections/{connection}/{section}": section("connection", "connection"),
    "/sdk/apps/{app}/webhooks": APP,
    "/sdk/apps/webhooks/{webhook}": part("webhook", "webhook"),
    "/sdk/apps/webhooks/{webhook}/{section}": section("webhook", "webhook"),
    "/teams": ORGANIZATION,
    "/teams/{teamId}/user-team-roles/{userId}": "SELECT team_id AS teamId, user_id AS userId FROM"
    " user_team_roles",
    "/users/{userId}/user-team-roles": "SELECT DISTINCT user_id AS userId FROM user_team_roles",
    "/users/{userId}/user-team-roles/{teamId}": "SELECT team_id AS teamId, user_id AS userId FROM"
    " user_team_roles",
    "/templates/{templateId}": "SELECT id AS templateId FROM templates",
    "/users": ORGANIZATION,
    "/users/password-reset": "SELECT hash FROM password_resets",
    "/users/by-permission": "SELECT 'company' AS type, 'scenario add' AS permission, id AS teamId"
    " FROM teams",
    "/users/{userId}/user-team-notifications/{teamId}": MINE,
    "/users/{userId}/user-team-notifications/{teamId}/{notificationId}": f"SELECT *, 1 AS"
    f" notificationId FROM ({MINE})",
    "/mailhub/users/{userId}/preferences": "SELECT 1 AS userId",
    "/mailhub/users/{userId}/organizations/{organizationId}/teams/{teamId}/preferences": MINE,
}
"""Where real ids are found, by the beginning of the path; columns that are no member of the path
go into the query. What stands nowhere here belongs to a team or needs nothing."""


async def test_every_read_of_the_company_keeps_its_contract(visit: "Visit") -> None:
    await visit.live()
    faults: list[str] = []
    for operation in operations_that(Standing.IMPLEMENTED, "GET"):
        faults += await visit.read(operation.path)
    assert not faults, "\n".join(faults)


async def test_whoever_lacks_the_right_is_refused_in_the_words_of_the_contract(
    visit: "Visit",
) -> None:
    for operation in operations_that(Standing.REFUSED):
        path = re.sub(r"\{\w+\}", "1", operation.path)
        answer = await visit.call(operation.method, path, {})
        assert answer.status_code in (400, 401, 402, 403, 404), (operation, answer.text)


def operations_that(standing: Standing, method: str | None = None) -> Iterator[Operation]:
    for operation, found in coverage().standings.items():
        if found is standing and method in (None, operation.method):
            yield operation


class Visit:
    """A walk through the seeded company with its owner's token."""

    def __init__(self, mounted: MountedSandbox, http: httpx.AsyncClient) -> None:
        self.world: World = mounted.sandbox.world
        self.token = mounted.token
        self.http = http

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        headers = {"Authorization": f"Token {self.token}"}
        return await self.http.request(
            method, f"/api/v2{path}", json=body, params=query, headers=headers
        )

    async def write(self, method: str, path: str, body: Any, **query: Any) -> Any:
        answer = await self.call(method, path, body, **query)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    async def read(self, template: str) -> list[str]:
        """What is wrong with the answers of one operation, one of which must be no refusal."""
        refusals: list[str] = []
        answered = False
        for path, query in self.addresses(template):
            try:
                answer = await self.call("GET", path, **query)
            except DepartureError as departure:
                return [f"{departure}\n  at {path} {query}"]
            answered = answered or answer.is_success
            if not answer.is_success:
                refusals.append(f"{path} {query}: {answer.status_code} {answer.text[:200]}")
        return [] if answered else [f"nothing can be read at {template}: {refusals[:2]}"]

    def addresses(self, template: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Paths and queries with real ids."""
        rows = self.world.rows(source(template))
        for row in rows[:: max(1, len(rows) // ROWS)][:ROWS]:
            yield filled(template, row), row

    async def live(self) -> None:
        """Add what the company has none of."""
        await self.write("POST", "/users/password-reset-demand", {"email": self.email})
        await self.write("POST", "/teams/1/variables", {"name": "rate", "typeId": 1, "value": 4})
        body = {"name": "currency", "typeId": 2, "value": "EUR"}
        await self.write("POST", "/organizations/1/variables", body)
        body = {"partnerCode": "pine", "paypalMeLink": "https://paypal.example/pine"}
        await self.write("POST", "/affiliate/partner-register", body | {"termsAndConditions": True})
        await self.manage_another_organization()
        await self.take_notes()
        await self.make_a_tool()
        await self.fill_a_custom_app()
        await self.send_to_every_hook()
        self.join_another_organization()
        self.be_invited()

    @property
    def email(self) -> str:
        return self.world.value("SELECT email FROM users WHERE id = 1")

    async def manage_another_organization(self) -> None:
        who = {"userEmail": "lee@example.org", "userName": "Lee", "organizationName": "Branch"}
        body = who | {"regionId": 1, "countryId": 1, "operations": 10_000}
        await self.write("POST", "/organizations/2/managed-organizations", body)

    async def take_notes(self) -> None:
        scenario = self.world.rows("SELECT id, team_id FROM scenarios LIMIT 1")[0]
        path, team = f"/scenarios/{scenario['id']}", scenario["team_id"]
        body = {"content": "<p>Ask Ines.</p>", "moduleIds": [1], "metadata": {"color": "#fff"}}
        await self.write("POST", f"{path}/notes", body | {"isFilterNote": False}, teamId=team)
        drawing: dict[str, Any] = {"name": "Draft", "flow": [], "metadata": {"version": 1}}
        await self.write("PUT", f"{path}/recovery", {"blueprint": drawing}, teamId=team)

    async def make_a_tool(self) -> None:
        module: dict[str, Any] = {
            "module": "util:SetVariable2",
            "version": 1,
            "mapper": {},
            "parameters": {},
        }
        body: dict[str, Any] = {"name": "Tool", "description": "Sets.", "inputs": [], "teamId": 1}
        await self.write("POST", "/scenarios/tools", body | {"module": module | {"metadata": {}}})

    async def fill_a_custom_app(self) -> None:
        app = self.world.rows("SELECT name, version FROM sdk_apps WHERE author_id = 1 LIMIT 1")[0]
        path = f"/sdk/apps/{app['name']}/{app['version']}/endpoints"
        await self.write("POST", path, {"name": "quote", "label": "Quote", "description": "One."})
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "image/png"}
        icon = f"/api/v2{path.removesuffix('endpoints')}icon"
        answer = await self.http.put(icon, content=blank(512), headers=headers)
        assert answer.is_success, answer.text

    async def send_to_every_hook(self) -> None:
        for hook in self.world.rows("SELECT udid FROM hooks WHERE type = 'web'"):
            await self.http.post(f"/hook/{hook['udid']}", json={"n": 1})

    def join_another_organization(self) -> None:
        """Belong to one with a plan from the price list."""
        who = {"user_id": 1, "organization_id": self.free_organization(), "role_id": 11}
        self.world.insert("user_organization_roles", **who)

    def be_invited(self) -> None:
        who = {"user_id": 1, "organization_id": self.free_organization(), "role_id": 13}
        self.world.insert("user_organization_roles", **who, invitation="pending")
        hash, now = self.world.fresh_uuid(), self.world.clock.stamp()
        self.world.insert("invitations", hash=hash, team_ids=[], created=now, **who)

    def free_organization(self) -> int:
        now = self.world.clock.stamp()
        return self.world.insert(
            "organizations",
            name="Elsewhere",
            service_name="Free",
            license={"apiLimit": 1_000_000, "operations": 1000},
            created=now,
            last_reset=now,
        )


def blank(size: int) -> bytes:
    """A grey square as PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    lines = zlib.compress(b"\0" * (size + 1) * size)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def filled(template: str, row: dict[str, Any]) -> str:
    """The path with its members taken out of the row."""
    return re.sub(r"\{(\w+)\}", lambda found: quote(str(row.pop(found[1])), safe=""), template)


def source(template: str) -> str:
    """The query for real ids: that of the longest beginning of the path."""
    fitting = [one for one in SAMPLES if template == one or template.startswith(f"{one}/")]
    return SAMPLES[max(fitting, key=len)] if fitting else TEAM


@pytest.fixture
async def visit(seeded_world: Path, tmp_path: Path) -> AsyncGenerator[Visit]:
    shutil.copy(seeded_world, tmp_path / "world.db")
    mounted = mount(str(tmp_path / "world.db"))
    world = mounted.sandbox.world
    for row in world.rows("SELECT id, license FROM organizations"):
        license, plan = row["license"] | EVERYTHING, PLANS[row["id"]]
        world.update("organizations", row["id"], license=license, service_name=plan)
    transport = httpx.ASGITransport(hold_to_contracts(mounted.app))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as http:
        yield Visit(mounted, http)
    await mounted.close()
