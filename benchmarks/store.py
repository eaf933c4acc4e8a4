"""Median times of the kernel store.

Usage: python benchmarks/store.py [DIRECTORY] [POSTGRES_URL]. The directory decides which disk is
measured (default: the temporary directory).
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from make_mcp_base.store.open import open_store
from make_mcp_base.store.port import NewEntry, StoredPlan
from make_mcp_base.store.sqlite import open_sqlite

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from make_mcp_base.store.port import Store

ROUNDS = 1_000
BODY = {"before": {"name": "Orders", "fields": "x" * 400}, "after": {"name": "Orders 2"}}
PLAN = StoredPlan("", "scenario_update", "organization:7", "d" * 64, "f" * 64, "{}", 0.0, 1e12)


async def measure(name: str, call: Callable[[int], Awaitable[object]]) -> None:
    """Print median and 99th percentile of a call, in milliseconds."""
    times: list[float] = []
    for number in range(ROUNDS):
        started = time.perf_counter()
        await call(number)
        times.append((time.perf_counter() - started) * 1_000)
    tail = statistics.quantiles(times, n=100)[98]
    print(f"  {name:<34} {statistics.median(times):8.3f} {tail:8.3f}")  # noqa: T201


async def run(title: str, store: Store) -> None:
    """Measure every kind of call on one store."""
    print(f"{title}: milliseconds, median and 99th percentile of {ROUNDS}")  # noqa: T201
    await reads_and_light_writes(store)
    await durable_writes(store)
    await store.close()


async def reads_and_light_writes(store: Store) -> None:
    """Cache, budget, index and lease."""
    document = " ".join(f"word{number}" for number in range(300))
    now = time.time()
    await measure("cache_put (1 kB)", lambda n: store.cache_put(f"k{n}", b"x" * 1_000, 600))
    await measure("cache_get", lambda n: store.cache_get(f"k{n}"))
    await measure("budget_take (given)", lambda n: store.budget_take("o", 600, 60, now + n / 5))
    await measure("budget_take (refused)", lambda _: store.budget_take("o", 60, 60, now + 200))
    await measure(
        "index_put (300 words)", lambda n: store.index_put("s", "t", f"{n}", "v", document)
    )
    await measure("index_get", lambda n: store.index_get("s", "t", f"{n}"))
    await measure("index_search (limit 20)", lambda n: store.index_search("s", "t", "word7", 20))
    await measure("lease (renewed)", lambda _: store.lease("l", "me", 60))


async def durable_writes(store: Store) -> None:
    """Journal and plans."""
    entry = NewEntry("", "opened", "organization:7", "scenario_update", 0.0, BODY)
    await measure(
        "journal_append (0.5 kB)",
        lambda n: store.journal_append(replace(entry, operation_id=f"op-{n}")),
    )
    await measure("journal_operation", lambda n: store.journal_operation(f"op-{n}"))
    await measure("journal_operations (limit 20)", lambda _: store.journal_operations(limit=20))
    await measure("plan_put", lambda n: store.plan_put(replace(PLAN, plan_id=f"p{n}")))
    await measure("plan_get", lambda n: store.plan_get(f"p{n}"))
    await measure("plan_take", lambda n: store.plan_take(f"p{n}", 1.0))


async def floor(place: Path, level: str) -> None:
    """Measure what one bare insert costs on this disk, so that the calls can be judged."""
    connection = sqlite3.connect(place / f"floor-{level}.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {level}")
    connection.execute("CREATE TABLE line (number INTEGER PRIMARY KEY, body BLOB)")

    async def insert(number: int) -> None:
        connection.execute("INSERT INTO line VALUES (?, ?)", (number, b"x" * 800))

    await measure(f"bare insert, synchronous={level}", insert)
    connection.close()


async def main(directory: str | None, postgres: str | None) -> None:
    """Measure SQLite as it ships, and PostgreSQL when an address is given."""
    with tempfile.TemporaryDirectory(dir=directory) as place:
        await floor(Path(place), "FULL")
        await floor(Path(place), "NORMAL")
        await run("SQLite", await open_sqlite(Path(place) / "store.sqlite3"))
    if postgres:
        await run("PostgreSQL", await open_store(postgres, data_dir=Path()))


if __name__ == "__main__":
    asyncio.run(main(*[*sys.argv[1:], None, None][:2]))
