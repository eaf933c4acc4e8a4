"""A process of its own that works on a shared store; started by tests.

Usage: worker.py ADDRESS JOB NAME COUNT. It opens the store, writes `ready`, waits for a line on
stdin, does the job COUNT times and writes what it got as JSON.
"""

import asyncio
import json
import sys
from pathlib import Path

from make_mcp_base.store.open import open_store
from make_mcp_base.store.port import NewEntry, Store

NOW = 1_700_000_000.0


async def append(store: Store, name: str, number: int) -> object:
    entry = NewEntry(f"{name}-{number}", "opened", "a", "t", NOW, {"number": number})
    done = (await store.journal_append(entry)).seq
    print(done, flush=True)  # noqa: T201  # the parent counts what was confirmed
    return done


async def take(store: Store, name: str, number: int) -> object:
    plan = await store.plan_take(f"plan-{number}", NOW)
    return plan and plan.plan_id


async def spend(store: Store, name: str, number: int) -> object:
    return await store.budget_take("organization:7", 100, 60, NOW + number / 1_000)


async def secret(store: Store, name: str, number: int) -> object:
    return (await store.secret(f"s{number}", 32)).hex()


async def lease(store: Store, name: str, number: int) -> object:
    return await store.lease(f"lease-{number}", name, 600)


JOBS = {"append": append, "take": take, "spend": spend, "secret": secret, "lease": lease}


async def main(address: str, job: str, name: str, count: str) -> None:
    store = await open_store(address, data_dir=Path())
    print("ready", flush=True)  # noqa: T201  # the protocol of this script
    sys.stdin.readline()
    got = [await JOBS[job](store, name, number) for number in range(int(count))]
    await store.close()
    print(json.dumps(got), flush=True)  # noqa: T201  # the protocol of this script


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
