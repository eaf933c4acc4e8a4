"""Hints held against the requests that Make really sees."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Any

import make_mcp_legacy
import pytest
from harness import Company, Connect, Server
from jsonschema import Draft202012Validator
from make_mcp_base.definition.catalog import Entry

pytestmark = pytest.mark.anyio

ASKING = re.compile(
    r"/api/v2(/connections/\d+/(test|scoped)"
    r"|/organizations/\d+/scenarios/(executions|fulltext)"
    r"|/rpcs/.+|/scenarios/modules/consumptions|/ai-error-analysis)$"
)
"""POST requests of the API that change nothing (API reference, chapter 2)."""


@pytest.fixture
async def served(company: Company, connect: Connect) -> AsyncGenerator[Server]:
    async with connect(app=make_mcp_legacy.app) as server:
        yield server


async def ids_of(company: Company) -> dict[str, Any]:
    """Values of the company's own for arguments that name something."""
    team = (await company.get("/teams", organizationId=1))["teams"][0]["id"]
    found: dict[str, Any] = {"organization_id": 1, "team_id": team}
    lists = {
        "scenario_id": ("/scenarios", "scenarios"),
        "connection_id": ("/connections", "connections"),
        "hook_id": ("/hooks", "hooks"),
        "data_store_id": ("/data-stores", "dataStores"),
        "data_structure_id": ("/data-structures", "dataStructures"),
        "folder_id": ("/scenarios-folders", "scenariosFolders"),
        "key_id": ("/keys", "keys"),
        "template_id": ("/templates", "templates"),
    }
    for name, (path, key) in lists.items():
        rows = (await company.get(path, teamId=team))[key]
        if rows:
            found[name] = rows[0]["id"]
    people = (await company.get("/users", organizationId=1))["users"]
    # A name that a new thing may have as well as a variable that is there.
    found |= {"user_id": people[-1]["id"], "role_id": 1, "name": "teamName"}
    every = (await company.get("/scenarios", organizationId=1))["scenarios"]
    stuck = next(one["id"] for one in every if one["dlqCount"])
    found["dlq_id"] = (await company.get("/dlqs", scenarioId=stuck))["dlqs"][0]["id"]
    found |= {"app": "slack", "module": "slack:CreateMessage", "modules": ["slack:CreateMessage"]}
    runs = (await company.get(f"/scenarios/{found['scenario_id']}/logs"))["scenarioLogs"]
    found |= {"execution_id": runs[0]["id"], "module_id": 1, "type": "gateway-webhook"}
    found["scenario_ids"] = [found["scenario_id"]]
    found |= {"enabled": True, "key": "k", "data": {"note": "n"}, "value": "v", "label": "L"}
    return found


def arguments_of(entry: Entry, ids: dict[str, Any]) -> dict[str, Any] | None:
    """Arguments for a call, or None when neither the company's ids nor an example suffice.

    An example of the tool's own is taken with the company's ids in place of its own.
    """
    members: dict[str, Any] = entry.input_schema["properties"]
    required: list[str] = entry.input_schema.get("required", [])
    known = {*required, *({"team_id", "organization_id"} & set(members))}
    if "team_id" in known and "organization_id" not in required:
        known.discard("organization_id")
    given = {name: ids[name] for name in known if name in ids}
    example: dict[str, Any] = entry.examples[0] if entry.examples else {}
    if not required or not set(required) <= set(ids):
        given |= {name: ids.get(name, value) for name, value in example.items()}
    return given if set(required) <= set(given) else None


async def changes_of(company: Company) -> list[str]:
    """Requests seen that may have changed something."""
    seen = (await company.control("GET", "/requests"))["requests"]
    await company.control("DELETE", "/requests")
    return [
        f"{r['method']} {r['path']}"
        for r in seen
        if r["method"] != "GET" and not (r["method"] == "POST" and ASKING.match(r["path"]))
    ]


async def test_tools_that_read_send_nothing_that_writes(served: Server, company: Company) -> None:
    ids, worked, faults = await ids_of(company), list[str](), list[str]()
    await company.control("DELETE", "/requests")
    entries = [e for e in served.kernel.surface.entries.values() if not e.writes]
    for entry in entries:
        arguments = arguments_of(entry, ids)
        if arguments is None:
            continue
        told = await served.call(entry.name, **arguments)
        faults += [f"{entry.name}: {change}" for change in await changes_of(company)]
        worked += [] if told.result.is_error else [entry.name]
    assert faults == []
    assert len(worked) >= len(entries) / 2, sorted({e.name for e in entries} - set(worked))


async def test_a_dry_run_sends_nothing_that_writes(served: Server, company: Company) -> None:
    ids, planned, faults = await ids_of(company), list[str](), list[str]()
    await company.control("DELETE", "/requests")
    entries = [e for e in served.kernel.surface.entries.values() if e.writes]
    for entry in entries:
        arguments = arguments_of(entry, ids)
        if arguments is None:
            continue
        told = await served.call(entry.name, **arguments, dry_run=True)
        faults += [f"{entry.name}: {change}" for change in await changes_of(company)]
        planned += [] if told.result.is_error else [entry.name]
    assert faults == []
    assert len(planned) >= len(entries) / 4, sorted({e.name for e in entries} - set(planned))


async def test_a_destroying_tool_sends_nothing_that_writes_on_its_first_call(
    served: Server, company: Company
) -> None:
    ids, planned, faults = await ids_of(company), list[str](), list[str]()
    await company.control("DELETE", "/requests")
    entries = [e for e in served.kernel.surface.entries.values() if e.effect == "delete"]
    for entry in entries:
        arguments = arguments_of(entry, ids)
        if arguments is None:
            continue
        told = await served.call(entry.name, **arguments)
        faults += [f"{entry.name}: {change}" for change in await changes_of(company)]
        if not told.result.is_error and "plan" in told.data:
            planned.append(entry.name)
    assert faults == []
    assert planned


async def test_an_expected_result_has_the_shape_that_is_listed(
    served: Server, company: Company
) -> None:
    """The client refuses a result that breaks the listed schema; here the whole one is held."""
    ids, checked, faults = await ids_of(company), 0, list[str]()
    for entry in served.kernel.surface.entries.values():
        arguments = arguments_of(entry, ids)
        if entry.writes or arguments is None:
            continue
        told = await served.call(entry.name, **arguments)
        if told.result.is_error:
            continue
        checked += 1
        validator = Draft202012Validator(entry.output_schema)
        for error in validator.iter_errors(told.data):  # pyright: ignore[reportUnknownMemberType] - its stubs are partial
            faults.append(f"{entry.name} {error.json_path}: {error.message[:120]}")
    assert faults == []
    assert checked
