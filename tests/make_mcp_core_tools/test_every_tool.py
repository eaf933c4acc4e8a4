"""What holds for every tool alike: a missing scope, another company's ids, an empty team."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest
from company_ids import ids_of
from harness import Company, Server
from hypothesis import Phase, given, settings
from make_mcp_base.definition import catalog
from make_mcp_base.definition.catalog import Entry
from make_mcp_core_tools import bundle
from narrow import server_with
from schemas import values
from sharing import company_like, server_for

pytestmark = pytest.mark.anyio

TOOLS = [entry for page in catalog.read(bundle) for entry in page.tools]
SCOPES = sorted({entry.scope for entry in TOOLS} - {""})
STRANGER = 13
"""A user of the second company alone; what is asked for belongs to the first."""
EVERYBODYS = {"role_id"}
"""Ids that mean the same in every organization."""


@pytest.fixture(scope="module")
async def shared(
    enterprise_world: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Company]:
    async with company_like(enterprise_world, tmp_path_factory.mktemp("every")) as company:
        many = {"1": {"apiLimit": 100_000}, "2": {"apiLimit": 100_000}}
        await company.control("PATCH", "/world", {"rate_limits": False, "licenses": many})
        yield company


async def all_scopes(company: Company) -> list[str]:
    told = await company.get("/users/me/current-authorization")
    return list(told["authorization"]["scope"])


async def writes(company: Company) -> list[str]:
    log = (await company.control("GET", "/requests"))["requests"]
    await company.control("DELETE", "/requests")
    return [f"{one['method']} {one['path']}" for one in log if one["method"] != "GET"]


@pytest.mark.parametrize("scope", SCOPES)
async def test_without_its_scope_a_tool_is_refused_before_anything_is_sent(
    scope: str, shared: Company, tmp_path: Path
) -> None:
    others = [one for one in await all_scopes(shared) if one != scope]
    async with server_with(shared, tmp_path, *others) as server:
        await writes(shared)
        for entry in TOOLS:
            if entry.scope == scope:
                told = await server.call(entry.name)
                assert told.error["code"] == "missing_scope", entry.name
                assert f"`{scope}`" in told.text
        assert await writes(shared) == []


def with_ids(schema: dict[str, Any], ids: dict[str, Any]) -> dict[str, Any]:
    """Choose, of known ids, those a tool takes."""
    return {
        name: ids[name]
        for name in schema["properties"]
        if name in ids and name.endswith(("_id", "_ids")) and name not in EVERYBODYS
    }


@pytest.fixture(scope="module")
async def stranger(
    shared: Company, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Server]:
    scopes = await all_scopes(shared)
    place = tmp_path_factory.mktemp("stranger")
    async with server_with(shared, place, *scopes, user_id=STRANGER) as server:
        yield server


@pytest.fixture(scope="module")
async def ids(shared: Company) -> dict[str, Any]:
    return await ids_of(shared)


def simplest(entry: Entry) -> dict[str, Any]:
    """The simplest arguments a schema takes."""
    found: list[dict[str, Any]] = []

    @settings(max_examples=1, database=None, derandomize=True, phases=[Phase.generate])
    @given(values(entry.input_schema))
    def draw(value: dict[str, Any]) -> None:
        found.append(value)

    draw()
    return found[0]


MORE: dict[str, dict[str, Any]] = {
    "blueprint_impact_get": {"kind": "scenario", "id": "1"},
    "connection_type_get": {"type": "slack"},
    "connection_verify": {"connection_ids": [4]},
    "data_store_record_delete": {"keys": ["A-17"]},
    "function_history_get": {"function_id": 1},
    "incomplete_execution_delete": {"all": True},
    "incomplete_execution_retry": {"all": True},
    "build_variable_set": {"variables": {"a": "b"}},
    "secret_exposure_check": {"secret_ref": "secret/crm#token"},
    "key_create": {"parameters": {"authUser": "u", "authPass": "p"}},
    "app_get": {"app": "slack"},
}
"""What a call needs besides ids to be understood, where the tool has no example for it."""
ANSWERED_HERE = {
    "app_get",
    "app_module_get",
    "app_module_validate",
    "change_request_list",
    "secret_posture_report",
    "secret_scan_baseline_set",
}
"""Tools of public apps and of what this server keeps, or that say of each part Make refused it."""
REFUSED = {
    "forbidden",
    "licence_gate",  # Make answers alike when a feature is missing and when access is
    "no_repository",
    "not_found",
    "options_unavailable",
    "vault_missing",
}


def foreign_calls(entry: Entry, ids: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Calls with ids of another company: all that a tool takes at once, then each by itself.

    Everything else is as in the tool's own example, or the simplest its schema takes.
    """
    example = dict(entry.examples[0]) if entry.examples else simplest(entry)
    example |= MORE.get(entry.name, {})
    chosen = with_ids(entry.input_schema, ids)
    rest = {name: value for name, value in example.items() if not name.endswith(("_id", "_ids"))}
    yield example | chosen
    for name in chosen:
        yield rest | {name: chosen[name]}
        yield {name: chosen[name]}


@pytest.fixture(scope="module")
async def names(shared: Company) -> set[str]:
    """Names that only the first company uses."""
    scenarios = (await shared.get("/scenarios", organizationId=1))["scenarios"]
    people = (await shared.get("/users", organizationId=1))["users"]
    own = {one["id"] for one in (await shared.get("/users", organizationId=2))["users"]}
    return {one["name"] for one in (*scenarios, *people) if one["id"] not in own}


@pytest.mark.parametrize("entry", TOOLS, ids=lambda entry: entry.name)
async def test_ids_of_another_company_open_nothing(
    entry: Entry, shared: Company, stranger: Server, ids: dict[str, Any], names: set[str]
) -> None:
    if not with_ids(entry.input_schema, ids):
        return
    await shared.control("DELETE", "/requests")
    codes: list[str] = []
    for call in foreign_calls(entry, ids):
        told = await stranger.call(entry.name, **call)
        assert not any(name in told.text for name in names)
        assert not told.result.is_error or told.error["next_step"]
        codes.append(str(told.error["code"]) if told.result.is_error else "answered")
        if codes[-1] != "invalid_arguments":
            break
    log = (await shared.control("GET", "/requests"))["requests"]
    assert [one["path"] for one in log if one["method"] != "GET" and one["status"] < 300] == []
    if entry.name not in ANSWERED_HERE:
        assert codes[-1] in REFUSED, codes


WANTS_MORE = {
    ("app_compatibility_check", "invalid_arguments"),
    ("blueprint_drift_get", "no_repository"),
    ("connection_type_get", "invalid_arguments"),
    ("scenario_search", "invalid_arguments"),
}
"""Tools that cannot answer by a team alone."""
ALWAYS_SOMETHING = {
    "app_list",  # Make's catalogue
    "app_popularity_get",  # public templates
    "llm_provider_list",  # Make's own, part of every team
    "secret_posture_report",  # the controls themselves
    "secret_scan",  # what it looked with
    "user_list",  # whoever made the team is in it
    "variable_list",  # the system's variables
}


@pytest.fixture(scope="module")
async def empty_team(shared: Company) -> dict[str, int]:
    """A team in which nothing was made yet."""
    body = {"name": "Tomorrow", "organizationId": 1}
    team = (await shared.send("POST", "/teams", body))["team"]["id"]
    return {"team_id": team, "organization_id": 1}


@pytest.fixture(scope="module")
async def owner(shared: Company) -> AsyncGenerator[Server]:
    async with server_for(shared) as server:
        yield server


def of_a_team(entry: Entry) -> bool:
    members: dict[str, Any] = entry.input_schema["properties"]
    needed = set(entry.input_schema.get("required", ()))
    return not entry.writes and "team_id" in members and needed <= {"team_id", "organization_id"}


@pytest.mark.parametrize("entry", [e for e in TOOLS if of_a_team(e)], ids=lambda entry: entry.name)
async def test_of_an_empty_team_there_is_nothing_to_tell_and_no_error(
    entry: Entry, owner: Server, empty_team: dict[str, int]
) -> None:
    needed = entry.input_schema.get("required", ())
    call = {n: v for n, v in empty_team.items() if n == "team_id" or n in needed}
    told = await owner.call(entry.name, **call)
    if told.result.is_error:
        assert (entry.name, told.error["code"]) in WANTS_MORE
        return
    more = {name for name, rows in told.data.items() if isinstance(rows, list) and rows}
    assert more <= {"next_calls", "sources"} or entry.name in ALWAYS_SOMETHING, told.text
