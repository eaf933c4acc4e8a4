"""Hints held against the requests that Make really sees."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

import make_mcp_legacy
import pytest
from company_ids import arguments_of, ids_of
from harness import Company, Connect, Server
from jsonschema import Draft202012Validator

pytestmark = pytest.mark.anyio

ASKING = re.compile(
    r"/api/v2(/connections/\d+/(test|scoped)"
    r"|/organizations/\d+/scenarios/(executions|fulltext)"
    r"|/rpcs/.+|/scenarios/modules/consumptions|/ai-error-analysis)$"
)
"""POST requests of the API that change nothing (API reference, chapter 2)."""


@pytest.fixture
async def served(company: Company, connect: Connect) -> AsyncGenerator[Server]:
    many = {"1": {"apiLimit": 100_000}, "2": {"apiLimit": 100_000}}
    await company.control("PATCH", "/world", {"rate_limits": False, "licenses": many})
    async with connect(app=make_mcp_legacy.app) as server:
        yield server


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
    assert len(worked) >= len(entries) * 0.6, sorted({e.name for e in entries} - set(worked))


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
