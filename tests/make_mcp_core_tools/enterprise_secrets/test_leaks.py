"""The leak scan: finds what was planted, nothing else, twice the same, and shows no secret."""

import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from harness import Company, Server
from make_api_sandbox.seed.truth import truth
from make_mcp_core_tools._engine.leak_detectors import detectors

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Hook = Callable[..., Awaitable[int]]


@pytest.fixture
def without_catalogue(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The extra is not installed: its import fails."""
    monkeypatch.setitem(sys.modules, "kingfisher_sdk", None)
    detectors.cache_clear()
    yield
    detectors.cache_clear()


async def _plant(company: Company, team: int, scenario: int, secrets: dict[str, str]) -> None:
    """Put one secret into each place outside of blueprints."""
    body = {"name": "crmNote", "typeId": 2, "value": secrets["github"]}
    await company.send("POST", f"/teams/{team}/variables", body)
    store = {"name": "Notes", "teamId": team, "maxSizeMB": 1}
    made = (await company.send("POST", "/data-stores", store))["dataStore"]["id"]
    record = {"key": "a", "data": {"text": f"new bot: {secrets['slack']}"}}
    await company.send("POST", f"/data-stores/{made}/data", record)


async def test_every_planted_secret_of_a_team_is_found_in_its_place(
    core: Server,
    company: Company,
    team: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Hook,
    planted: dict[str, str],
) -> None:
    old = blueprint(step(1, mapper={"name": "v1", "scope": "roundtrip", "value": planted["aws"]}))
    scenario = (await new_scenario(old))["id"]
    call = {"url": planted["hook"], "headers": [{"name": "X-Auth", "value": planted["make"]}]}
    now = blueprint(step(1), step(2, "http:MakeRequest", version=4, mapper=call))
    now["metadata"]["notes"] = [{"text": f"agents: {planted['mcp']}"}]
    await company.send("PATCH", f"/scenarios/{scenario}", {"blueprint": json.dumps(now)})
    await _plant(company, team, scenario, planted)
    ours = await hook()
    url = (await company.get(f"/hooks/{ours}"))["hook"]["url"]
    await company.http.post(url, json={"text": f"use {planted['github']}"})

    told = await core.call("secret_scan", team_id=team)
    rows = told.data["findings"]
    places = {(row["kind"], row["place"].split(" “")[0].split(" to ")[0]) for row in rows}
    found = {place for _, place in places}
    assert f"scenario {scenario}" in found
    version = next(row for row in rows if "aws" in row["kind"].lower())
    assert "version 1" in version["place"]
    assert {"team variable"} <= found
    assert any(place.startswith("data store") for place in found)
    assert any(place.startswith("request ") for place in found)
    kinds = {row["kind"] for row in rows}
    assert {"Make API token", "webhook address", "Make MCP address", "github-pat"} <= kinds
    module = next(row for row in rows if row["kind"] == "Make API token")
    assert (module["module_id"], module["path"]) == (2, "flow[1].mapper.headers[0].value")
    [gated] = told.data["not_checked"]
    assert gated.startswith("functions:")
    assert "plan" in gated
    assert not any(_secret(value) in told.text for value in planted.values())

    again = await core.call("secret_scan", team_id=team)
    assert again.data["findings"] == rows


def _secret(value: str) -> str:
    """The part of a planted text that opens something."""
    bare = value.removesuffix("/sse")
    return bare[max(bare.rfind("/"), bare.rfind(" ")) + 1 :]


async def test_what_a_failed_run_left_behind_is_looked_at(
    core: Server,
    company: Company,
    team: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    planted: dict[str, str],
) -> None:
    begin = step(1, "scenario-service:StartSubscenario", mapper={})
    flow = (begin, step(2, "json:ParseJSON", mapper={"json": "{{1.order}}"}))
    fields = {"input": [{"name": "order", "type": "text"}], "output": None}
    settings: dict[str, Any] = {"dlq": True, "maxErrors": 100}
    scenario = await new_scenario(
        blueprint(*flow, **settings),
        interface=fields,
        scheduling={"type": "on-demand"},
        active=True,
    )
    ident = scenario["id"]
    body = {"data": {"order": f"token {planted['github']}"}, "responsive": True}
    await company.send("POST", f"/scenarios/{ident}/run", body)
    [left] = (await company.get("/dlqs", scenarioId=ident))["dlqs"]
    told = await core.call("secret_scan", team_id=team, scenario_ids=[ident])
    [row] = told.data["findings"]
    assert (row["kind"], row["place"]) == (
        "github-pat",
        f"incomplete execution {left['id']} of scenario {ident}",
    )
    assert "runs" in told.data["remedies"]
    assert planted["github"] not in told.text


async def test_what_the_seeded_company_hides_is_found_and_nothing_else(
    core: Server, company: Company
) -> None:
    many = {"licenses": {"1": {"apiLimit": 100_000}}, "rate_limits": False}
    await company.control("PATCH", "/world", many)
    [hidden] = cast("list[dict[str, Any]]", truth(company.mounted.sandbox.world)["secrets"])
    teams = (await company.get("/teams", organizationId=1))["teams"]
    rows: list[dict[str, Any]] = []
    for team in teams:
        told = (await core.call("secret_scan", team_id=team["id"])).data
        assert told["documents"]["blueprints"] >= 1
        rows += told["findings"]
    [row] = rows
    assert row["place"].startswith(f"scenario {hidden['scenario_id']} ")
    assert row["module_id"] == hidden["module_id"]
    assert row["kind"] == "authorization header"
    assert "sk_fake" not in json.dumps(row)


async def test_a_clean_team_has_no_finding(
    core: Server, team: int, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    header = [{"name": "Authorization", "value": "Bearer {{1.token}}"}]
    await new_scenario(blueprint(step(1), step(2, "http:MakeRequest", mapper={"headers": header})))
    told = (await core.call("secret_scan", team_id=team)).data
    assert told["findings"] == []
    assert told["documents"]["blueprints"] == 1
    assert told["total"] == 0


async def test_the_same_secret_in_old_versions_is_one_finding(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
    planted: dict[str, str],
) -> None:
    variable = {"name": "v1", "scope": "roundtrip", "value": planted["github"]}
    scenario = (await new_scenario(blueprint(step(1, mapper=dict(variable)))))["id"]
    two = blueprint(step(1, mapper=dict(variable)), step(2))
    await company.send("PATCH", f"/scenarios/{scenario}", {"blueprint": json.dumps(two)})
    [row] = (await core.call("secret_scan", scenario_ids=[scenario], team_id=team)).data["findings"]
    assert len(row["also_in"]) == 2
    assert all("version" in place for place in row["also_in"])


async def test_a_blueprint_is_judged_before_it_is_saved(
    core: Server, team: int, blueprint: Builder, step: Builder, planted: dict[str, str]
) -> None:
    mapper = {"name": "crmPassword", "scope": "roundtrip", "value": "correct-horse-9"}
    given = blueprint(step(1, mapper=mapper), step(2, mapper={"value": planted["slack"]}))
    told = await core.call("secret_scan", team_id=team, blueprint=given)
    kinds = [row["kind"] for row in told.data["findings"]]
    assert kinds == ["slack-bot-token", "literal in `crmPassword`"]
    assert "correct-horse" not in told.text


async def test_without_the_catalogue_the_make_rules_work_and_the_answer_says_so(
    without_catalogue: None,
    core: Server,
    team: int,
    blueprint: Builder,
    step: Builder,
    planted: dict[str, str],
) -> None:
    given = blueprint(step(1, mapper={"value": planted["slack"]}))
    told = (await core.call("secret_scan", team_id=team, blueprint=given)).data
    assert [row["kind"] for row in told["findings"]] == ["Slack token"]
    assert "make-mcp-core-tools[scan]" in told["not_checked"][0]
    assert told["detectors"] == ["make-2"]


async def test_what_the_token_may_not_read_is_named_and_the_rest_is_scanned(
    core: Server, company: Company, team: int
) -> None:
    fault = {"path": "^/api/v2/data-stores", "without_scopes": ["datastores:read"]}
    await company.control("POST", "/faults", fault)
    told = (await core.call("secret_scan", team_id=team)).data
    assert [line.split(":")[0] for line in told["not_checked"]] == ["data_stores", "functions"]
    assert "data_stores" not in told["documents"]


async def test_a_scenario_of_another_team_is_refused(
    core: Server, other_team: int, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    scenario = (await new_scenario(blueprint(step(1))))["id"]
    refused = await core.call("secret_scan", team_id=other_team, scenario_ids=[scenario])
    assert refused.error["code"] == "not_found"


async def test_an_accepted_finding_is_left_out_until_its_day_and_can_be_taken_back(
    core: Server,
    team: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    planted: dict[str, str],
) -> None:
    await new_scenario(blueprint(step(1, mapper={"value": planted["slack"]})))
    [row] = (await core.call("secret_scan", team_id=team)).data["findings"]
    day = (datetime.now(UTC) + timedelta(days=10)).date().isoformat()
    wanted: dict[str, Any] = {
        "team_id": team,
        "fingerprints": [row["fingerprint"]],
        "reason": "A token of the demo workspace",
        "until": day,
    }
    dry = await core.call("secret_scan_baseline_set", **wanted, dry_run=True)
    assert dry.data["changed"] is True
    assert (await core.call("secret_scan", team_id=team)).data["total"] == 1
    [kept] = (await core.call("secret_scan_baseline_set", **wanted)).data["accepted"]
    assert (kept["until"], kept["reason"]) == (day, "A token of the demo workspace")
    told = (await core.call("secret_scan", team_id=team)).data
    assert (told["findings"], told["accepted"]) == ([], 1)
    [shown] = (await core.call("secret_scan", team_id=team, show_accepted=True)).data["findings"]
    assert shown["accepted_until"] == day
    assert (await core.call("secret_scan_baseline_set", **wanted)).data["changed"] is False
    await core.call("secret_scan_baseline_set", **{**wanted, "until": "2020-01-01"})
    assert (await core.call("secret_scan", team_id=team)).data["total"] == 1
    far = await core.call("secret_scan_baseline_set", **{**wanted, "until": "2099-01-01"})
    assert far.error["code"] == "invalid_arguments"


async def test_no_file_of_the_server_holds_what_was_found(
    core: Server,
    team: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    planted: dict[str, str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    steps = [step(n, mapper={"value": one}) for n, one in enumerate(planted.values(), 1)]
    await new_scenario(blueprint(*steps))
    told = await core.call("secret_scan", team_id=team)
    assert len(told.data["findings"]) == len(planted)
    written = _written(tmp_path)
    assert any(b"leaks" in content for content in written), "the findings are kept nowhere"
    for value in map(_secret, planted.values()):
        assert not any(value.encode() in content for content in written)
        assert value not in told.text


def _written(place: Path) -> list[bytes]:
    """What our server wrote; the sandbox's own world knows the secrets, as Make does."""
    return [
        path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not path.name.startswith("world.db")
    ]


WORD = "Tr0ub4dor" + "-and-3"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"login": {"user": "svc", "password": WORD}}),
        f'const apiKey = "{WORD}";\nreturn call(apiKey);',
        f"grant_type=password&username=svc&password={WORD}",
        f"https://api.example.com/v1/orders?page=2&api_key={WORD}",
        f"# settings\nCRM_SECRET={WORD}\nCRM_URL=https://crm.example.com\n",
        f"postgres://svc:{WORD}@db.internal:5432/crm",
        f"<p>Set clientSecret: '{WORD}' before the run.</p>",
    ],
)
async def test_a_secret_inside_a_longer_text_is_found_by_its_surroundings(
    core: Server, team: int, blueprint: Builder, step: Builder, text: str
) -> None:
    given = blueprint(step(1, "http:MakeRequest", version=4, mapper={"data": text}))
    told = await core.call("secret_scan", team_id=team, blueprint=given)
    [row] = told.data["findings"]
    assert row["module_id"] == 1
    assert WORD not in told.text


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"login": {"user": "svc", "password": "{{2.password}}"}}),
        "const apiKey = parameters.apiKey2;\nreturn sign(apiKey);",
        "grant_type=password&username=svc&password={{connection.pass1}}",
        "https://api.example.com/v1/orders?page=2&api_key=YOUR_API_KEY_1",
        "Passwords: at least 12 characters, 1 digit. Secret: ask Ivan2.",
        "tokens_used=1200&total_tokens=3400",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
async def test_ordinary_text_about_secrets_is_no_finding(
    core: Server, team: int, blueprint: Builder, step: Builder, text: str
) -> None:
    given = blueprint(step(1, "http:MakeRequest", version=4, mapper={"data": text}))
    told = await core.call("secret_scan", team_id=team, blueprint=given)
    assert told.data["findings"] == []
