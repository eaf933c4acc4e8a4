"""Two hundred incomplete executions on a small plan: within its calls a minute, call by call."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server
from narrow import server_with

if TYPE_CHECKING:
    from .conftest import Shelf

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_looks")]

CALLS_A_MINUTE = 60


async def _many(shelf: "Shelf", scenario: int, count: int) -> list[str]:
    """Put many runs aside: two through the engine, the others as copies of them."""
    one, other = await shelf.fail(scenario, "[", "{")
    world = shelf.company.mounted.sandbox.world
    columns = [row["name"] for row in world.rows("PRAGMA table_info(dlqs)")]
    kept = [name for name in columns if name not in ("id", "seq")]
    names = ", ".join(kept)
    for at in range(count - 2):
        source, ident = (one, other)[at % 2], f"{scenario:016x}{at:016x}"
        statement = f"INSERT INTO dlqs (id, {names}) SELECT ?, {names} FROM dlqs WHERE id = ?"
        world.execute(statement, ident, source)
    return await _ids(shelf, scenario)


async def _ids(shelf: "Shelf", scenario: int) -> list[str]:
    found = await shelf.company.get("/dlqs", scenarioId=scenario, **{"pg[limit]": 1_000})
    return [row["id"] for row in found["dlqs"]]


async def _small_plan(company: Company, shelf: "Shelf") -> int:
    organization = (await company.get(f"/teams/{shelf.team}"))["team"]["organizationId"]
    licence = {"licenses": {str(organization): {"apiLimit": CALLS_A_MINUTE}}}
    await company.control("PATCH", "/world", licence)
    await company.control("DELETE", "/requests")
    return int(organization)


async def _calls(company: Company) -> int:
    """How many counted requests were sent since the last look."""
    log = (await company.control("GET", "/requests"))["requests"]
    await company.control("DELETE", "/requests")
    return len(log)


@asynccontextmanager
async def _next_minute(
    company: Company, tmp_path: Path, organization: int
) -> AsyncGenerator[Server]:
    """A server with a minute of its own, that remembers all but what was spent before."""
    async with server_with(company, tmp_path, "*") as server:
        key = f"note:{server.kernel.account_key}:incomplete_looks:{organization}"
        await (await server.kernel.store()).cache_put(key, b"0", 60)
        yield server


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "delete", "module_id": 2},
        {"action": "delete", "reason_contains": "json"},
    ],
)
async def test_two_hundred_are_resolved_within_the_calls_of_a_minute(
    company: Company, shelf: "Shelf", tmp_path: Path, rule: dict[str, Any]
) -> None:
    scenario = await shelf.scenario()
    await _many(shelf, scenario, 200)
    organization = await _small_plan(company, shelf)
    tool, given = "incomplete_execution_bulk_resolve", {"scenario_id": scenario, "max": 200}
    left = 200
    for _ in range(2):
        async with _next_minute(company, tmp_path, organization) as server:
            told = (await server.apply(tool, **given, rules=[rule])).data
        assert await _calls(company) <= CALLS_A_MINUTE
        assert told["deleted"] == len(told["exported"]) >= 10
        assert told["beyond_max"] + told.get("not_looked_at", 0) == left - told["deleted"]
        left -= told["deleted"]
        assert len(await _ids(shelf, scenario)) == left
        await company.control("DELETE", "/requests")
    async with _next_minute(company, tmp_path, organization) as server:
        rest = {"action": "delete", "reason_contains": "json"}
        told = (await server.apply(tool, **given, rules=[rest], export=False)).data
    assert (told["deleted"], await _ids(shelf, scenario)) == (left, [])


async def test_what_was_looked_at_is_not_looked_at_again(
    company: Company, shelf: "Shelf", tmp_path: Path
) -> None:
    scenario = await shelf.scenario()
    made = await _many(shelf, scenario, 90)
    organization = await _small_plan(company, shelf)
    rules = [{"action": "skip", "module_id": 2}]
    seen: list[int] = []
    while not seen or seen[-1] < len(made):
        async with _next_minute(company, tmp_path, organization) as server:
            answer = await server.call(
                "incomplete_execution_bulk_resolve", scenario_id=scenario, rules=rules
            )
        assert await _calls(company) <= CALLS_A_MINUTE
        told = answer.data
        assert told["skipped"] + told.get("not_looked_at", 0) == len(made)
        seen.append(told["skipped"])
    assert seen == sorted(set(seen))


async def test_two_hundred_ids_are_found_by_their_scenarios_list(
    company: Company, shelf: "Shelf", tmp_path: Path
) -> None:
    scenario = await shelf.scenario()
    made = await _many(shelf, scenario, 200)
    await _small_plan(company, shelf)
    async with server_with(company, tmp_path, "*") as server:
        ask: dict[str, Any] = {"dlq_ids": made}
        told = (await server.apply("incomplete_execution_delete", **ask)).data
        assert await _calls(company) <= CALLS_A_MINUTE
        assert told["deleted"] + told["left"] == 200
        assert {row["id"] for row in told["exported"]} == set(told["ids"]) <= set(made)
        ask = {"dlq_ids": await _ids(shelf, scenario), "export": False}
        rest = (await server.apply("incomplete_execution_delete", **ask)).data
    assert (rest["deleted"], rest["left"], await _ids(shelf, scenario)) == (told["left"], 0, [])
