"""Every place where Make shows data in clear is looked at: one secret of its own in each."""

import json
import random
import string
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Hook = Callable[..., Awaitable[int]]

PLACES = (
    "blueprint",
    "version",
    "note",
    "team variable",
    "organization variable",
    "record",
    "function",
    "custom app",
    "incomplete execution",
    "request",
)


def tokens(seed: int = 7) -> dict[str, str]:
    """A secret for each place, in the form of a service's tokens, by the place's name."""
    draw = random.Random(seed)
    made: dict[str, str] = {}
    for place in PLACES:
        letters = draw.choices(string.ascii_letters + string.digits, k=36)
        made[place] = "ghp_" + "".join(letters)
    return made


async def plant_everywhere(
    company: Company,
    team: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Hook,
    seed: int = 7,
) -> dict[str, str]:
    """Put one secret into each place, and give them by place."""
    many = {"licenses": {"1": {"apiLimit": 100_000}}, "rate_limits": False}
    await company.control("PATCH", "/world", many)
    await company.license(["customFunctions"])
    words = tokens(seed)
    await _in_scenario(company, team, new_scenario, blueprint, step, words)
    home = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    for owner, ident in (("team", team), ("organization", home)):
        body = {"name": f"note{seed}", "typeId": 2, "value": f"use {words[f'{owner} variable']}"}
        await company.send("POST", f"/{owner}s/{ident}/variables", body)
    store = {"name": "Notes", "teamId": team, "maxSizeMB": 1}
    kept = (await company.send("POST", "/data-stores", store))["dataStore"]["id"]
    record = {"key": "a", "data": {"deep": [{"text": f"bot: {words['record']}"}]}}
    await company.send("POST", f"/data-stores/{kept}/data", record)
    code = f'function sign(x) {{ return x + "{words["function"]}"; }}'
    function = {"name": "sign", "description": "", "code": code}
    await company.send("POST", "/functions", function, teamId=team)
    await _in_app(company, words["custom app"], seed)
    url = (await company.get(f"/hooks/{await hook()}"))["hook"]["url"]
    await company.http.post(url, json={"text": f"use {words['request']}"})
    return words


async def _in_scenario(
    company: Company,
    team: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    words: dict[str, str],
) -> None:
    """A scenario with a secret now, before, in a note and in what a failed run left."""
    begin = step(1, "scenario-service:StartSubscenario", mapper={})
    parse = step(2, "json:ParseJSON", mapper={"json": "{{1.order}}"})
    old = step(3, mapper={"name": "v3", "scope": "roundtrip", "value": words["version"]})
    settings: dict[str, Any] = {"dlq": True, "maxErrors": 100}
    scenario = await new_scenario(
        blueprint(begin, parse, old, **settings),
        interface={"input": [{"name": "order", "type": "text"}], "output": None},
        scheduling={"type": "on-demand"},
        active=True,
    )
    ident = scenario["id"]
    now = step(3, mapper={"name": "v3", "scope": "roundtrip", "value": words["blueprint"]})
    changed = blueprint(begin, parse, now, **settings)
    await company.send("PATCH", f"/scenarios/{ident}", {"blueprint": json.dumps(changed)})
    note = {
        "moduleIds": [1],
        "metadata": {"color": "#ffffff"},
        "content": f"<p>old key: {words['note']}</p>",
        "isFilterNote": False,
    }
    await company.send("POST", f"/scenarios/{ident}/notes", note, teamId=team)
    data = {"order": f"token {words['incomplete execution']}"}
    await company.send("POST", f"/scenarios/{ident}/run", {"data": data, "responsive": True})


async def _in_app(company: Company, word: str, seed: int) -> None:
    body = {
        "name": f"leaky-{seed}",
        "label": "Leaky",
        "theme": "#aabbcc",
        "language": "en",
        "audience": "global",
        "private": True,
    }
    name = (await company.send("POST", "/sdk/apps", body))["app"]["name"]
    base = {"baseUrl": "https://api.example.com", "headers": {"Authorization": f"Bearer {word}"}}
    headers = {
        "Authorization": f"Token {company.mounted.token}",
        "content-type": "application/jsonc",
    }
    answer = await company.http.put(
        f"/api/v2/sdk/apps/{name}/1/base", content=json.dumps(base), headers=headers
    )
    answer.raise_for_status()


@pytest.mark.parametrize("seed", [7, 8])
async def test_a_secret_in_any_place_is_found_there_and_twice_the_same(
    core: Server,
    company: Company,
    team: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Hook,
    seed: int,
) -> None:
    words = await plant_everywhere(company, team, new_scenario, blueprint, step, hook, seed)
    told = await core.call("secret_scan", team_id=team, limit=100)
    rows = told.data["findings"]
    assert len({row["fingerprint"] for row in rows}) == len(words), [r["place"] for r in rows]
    for place in PLACES:
        words_of = {"version": ", version", "record": "record “a”", "blueprint": "scenario "}
        start = words_of.get(place, place)
        assert any(start in row["place"] for row in rows), place
    assert told.data["documents"]["custom_apps"] >= 1
    assert told.data.get("not_checked", []) == []
    for word in words.values():
        assert word not in told.text
    again = await core.call("secret_scan", team_id=team, limit=100)
    assert again.data["findings"] == rows


async def test_a_team_beside_it_is_clean_twice(
    core: Server,
    company: Company,
    team: int,
    other_team: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Hook,
) -> None:
    await plant_everywhere(company, team, new_scenario, blueprint, step, hook)
    targets = ["blueprints", "versions", "notes", "data_stores", "functions", "run_logs"]
    for _ in range(2):
        told = (await core.call("secret_scan", team_id=other_team, targets=targets)).data
        assert (told["findings"], told["total"]) == ([], 0)
