"""Eight processes on one store: what one promises, all keep together."""

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from make_mcp_base.store.chain import entry_hash
from make_mcp_base.store.open import open_store
from make_mcp_base.store.port import StoredPlan

pytestmark = pytest.mark.anyio

WORKER = Path(__file__).with_name("worker.py")
PROCESSES = 8


def start(address: str, job: str, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, WORKER, address, job, name, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def together(address: str, job: str, count: int) -> list[list[object]]:
    """Let eight processes do a job at the same time; return what each got."""
    workers = [start(address, job, f"w{number}", count) for number in range(PROCESSES)]
    try:
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            assert worker.stdin
            worker.stdin.write("go\n")
            worker.stdin.flush()
        outputs = [worker.communicate()[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    assert [worker.returncode for worker in workers] == [0] * PROCESSES
    return [json.loads(output.splitlines()[-1]) for output in outputs]


async def test_eight_processes_append_one_chain_without_a_gap(address: str, tmp_path: Path) -> None:
    got = together(address, "append", 40)
    store = await open_store(address, data_dir=tmp_path)
    entries = await store.journal_scan(0, 1_000)
    await store.close()
    assert [entry.seq for entry in entries] == list(range(1, 321))
    assert all(one.hash == other.previous_hash for one, other in pairwise(entries))
    assert all(entry.hash == entry_hash(entry) for entry in entries)
    for name, seqs in enumerate(got):
        mine = [entry.seq for entry in entries if entry.operation_id.startswith(f"w{name}-")]
        assert mine == seqs


async def test_eight_processes_take_each_plan_once(address: str, tmp_path: Path) -> None:
    store = await open_store(address, data_dir=tmp_path)
    for number in range(20):
        plan_id = f"plan-{number}"
        await store.plan_put(StoredPlan(plan_id, "t", "a", "d", "f", "{}", 0.0, 1e12))
    await store.close()
    taken = [plan for got in together(address, "take", 20) for plan in got if plan]
    assert sorted(map(str, taken)) == sorted(f"plan-{number}" for number in range(20))


async def test_eight_processes_never_exceed_the_budget(address: str) -> None:
    waits = [wait for got in together(address, "spend", 40) for wait in got]
    assert waits.count(0) == 100


async def test_eight_processes_see_one_secret_and_one_lease_holder(address: str) -> None:
    assert len({tuple(got) for got in together(address, "secret", 3)}) == 1
    leases = together(address, "lease", 5)
    assert [sum(bool(got[number]) for got in leases) for number in range(5)] == [1] * 5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_kill_in_the_middle_of_appends_loses_nothing_that_was_confirmed(
    address: str, tmp_path: Path
) -> None:
    worker = start(address, "append", "w", 1_000)
    assert worker.stdin
    assert worker.stdout
    assert worker.stdout.readline() == "ready\n"
    worker.stdin.write("go\n")
    worker.stdin.flush()
    for _ in range(300):
        worker.stdout.readline()
    os.kill(worker.pid, signal.SIGKILL)
    rest = worker.stdout.read()  # `communicate` would pass over what was read ahead
    confirmed = 300 + rest.count("\n")
    worker.communicate()
    assert worker.returncode == -signal.SIGKILL

    store = await open_store(address, data_dir=tmp_path)
    entries = await store.journal_scan(0, 2_000)
    await store.close()
    # One more than was confirmed may be there: its confirmation died with the process.
    assert confirmed <= len(entries) <= confirmed + 1 < 1_000
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert all(one.hash == other.previous_hash for one, other in pairwise(entries))
    assert all(entry.hash == entry_hash(entry) for entry in entries)
