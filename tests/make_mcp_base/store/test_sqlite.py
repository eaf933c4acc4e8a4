"""What goes wrong with a file: each fault is one clear sentence and costs no confirmed write."""

# ruff: noqa: ASYNC240  # a test has no other task that a file operation could hold up

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from make_mcp_base.store.port import Entry, NewEntry, StoreError
from make_mcp_base.store.sqlite import SqliteStore, open_sqlite

pytestmark = pytest.mark.anyio

Step = Callable[..., NewEntry]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
async def small(file: Path) -> AsyncGenerator[SqliteStore]:
    """A store that may not grow beyond 300 kB."""
    store = await open_sqlite(file, max_bytes=300_000)
    yield store
    await store.close()


async def refused(file: Path) -> StoreError:
    with pytest.raises(StoreError) as refusal:
        await open_sqlite(file, patience=0.05)
    assert str(file) in refusal.value.what
    assert refusal.value.next_step
    return refusal.value


async def test_a_full_disk_refuses_the_write_and_keeps_the_confirmed_ones(
    small: SqliteStore, step: Step
) -> None:
    confirmed: list[Entry] = []

    async def fill() -> None:
        while len(confirmed) < 10_000:
            entry = step(f"op-{len(confirmed)}", body={"text": "x" * 2_000})
            confirmed.append(await small.journal_append(entry))

    with pytest.raises(StoreError) as refusal:
        await fill()
    assert refusal.value.code == "store_full"
    assert refusal.value.retryable
    assert "full" in str(refusal.value)
    assert len(confirmed) > 20
    assert await small.journal_scan(0, 10_000) == confirmed


async def test_a_full_disk_that_was_freed_takes_writes_again(
    small: SqliteStore, step: Step
) -> None:
    async def fill() -> None:
        for number in range(10_000):
            await small.cache_put(f"k{number}", b"x" * 5_000, 600)

    with pytest.raises(StoreError):
        await fill()
    await small.cache_drop("")
    assert (await small.journal_append(step())).seq == 1


async def test_a_text_file_is_refused_and_left_as_it_is(file: Path) -> None:
    file.write_text("Minutes of the meeting\n" * 100)
    before = file.read_bytes()
    assert (await refused(file)).code == "store_foreign"
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


async def test_the_database_of_another_application_is_refused_and_left_as_it_is(
    file: Path,
) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE bookmark (url TEXT)")
    connection.close()
    before = file.read_bytes()
    assert (await refused(file)).code == "store_foreign"
    assert file.read_bytes() == before


async def test_an_empty_database_with_the_mark_of_another_application_is_refused(
    file: Path,
) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA application_id = 42")
    connection.close()
    assert (await refused(file)).code == "store_foreign"


async def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(file: Path) -> None:
    await (await open_sqlite(file)).close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    refusal = await refused(file)
    assert refusal.code == "store_newer"
    assert "99" in refusal.what
    assert "Update" in refusal.next_step
    with closing(sqlite3.connect(file)) as connection, connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)
    connection.close()


async def test_a_directory_in_the_place_of_the_file_is_refused(file: Path) -> None:
    file.mkdir()
    assert (await refused(file)).code == "store_unreachable"


async def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert (await refused(tmp_path / "data" / "store.sqlite3")).code == "store_unreachable"


READ_ONLY = """
import asyncio, os, sys
from pathlib import Path
from make_mcp_base.store.port import StoreError
from make_mcp_base.store.sqlite import open_sqlite
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write everywhere, so be nobody
try:
    asyncio.run(open_sqlite(Path(sys.argv[1])))
except StoreError as refusal:
    print(refusal.code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no mode bits")
@pytest.mark.parametrize("exists", [False, True])
async def test_a_read_only_directory_is_refused(tmp_path: Path, exists: bool) -> None:
    place = tmp_path / "data"
    place.mkdir()
    if exists:
        await (await open_sqlite(place / "store.sqlite3")).close()
        (place / "store.sqlite3").chmod(0o444)
    place.chmod(0o555)
    for directory in (tmp_path, *tmp_path.parents[:-2]):
        directory.chmod(directory.stat().st_mode | 0o111)
    command = [sys.executable, "-c", READ_ONLY, str(place / "store.sqlite3")]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("store_read_only\n", "")


async def test_a_lock_is_waited_for_without_stopping_the_event_loop(file: Path, step: Step) -> None:
    store = await open_sqlite(file)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(store.journal_append(step()))
    longest, last, began = 0.0, time.monotonic(), time.monotonic()
    while last - began < 0.3:
        await asyncio.sleep(0)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    assert not waiting.done()
    other.execute("COMMIT")
    other.close()
    assert (await waiting).seq == 1
    assert longest < 0.2
    await store.close()


async def test_a_lock_that_stays_is_reported_after_the_patience_has_ended(
    file: Path, step: Step
) -> None:
    store = await open_sqlite(file, patience=0.05)
    confirmed = await store.journal_append(step())
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as refusal:
        await store.journal_append(step("op-2"))
    assert refusal.value.code == "store_busy"
    assert refusal.value.retryable
    # A reader needs no lock, and what was confirmed is there.
    assert await store.journal_scan(0, 9) == [confirmed]
    other.execute("ROLLBACK")
    other.close()
    assert (await store.journal_append(step("op-2"))).seq == 2
    await store.close()


async def test_a_cancelled_wait_for_a_lock_writes_nothing(file: Path, step: Step) -> None:
    store = await open_sqlite(file)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(store.journal_append(step()), 0.05)
    other.execute("COMMIT")
    other.close()
    assert await store.journal_scan(0, 9) == []
    assert (await store.journal_append(step())).seq == 1
    await store.close()


async def test_the_journal_refuses_updates_and_deletions(file: Path, step: Step) -> None:
    store = await open_sqlite(file)
    await store.journal_append(step())
    await store.close()
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in ("DELETE FROM journal", "UPDATE journal SET tool = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
    connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no mode bits")
async def test_the_file_and_its_directory_are_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "data" / "store.sqlite3"
    before = os.umask(0)
    try:
        store = await open_sqlite(file)
        await store.cache_put("k", b"v", 60)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert modes[file.name] == modes["store.sqlite3-wal"] == 0o600
    await store.close()


async def test_a_store_in_memory_forgets_when_it_is_closed(step: Step) -> None:
    store = await open_sqlite(None)
    await store.journal_append(step())
    assert (await store.health()).location == "in memory"
    await store.close()
    again = await open_sqlite(None)
    assert await again.journal_scan(0, 9) == []
    await again.close()


async def test_a_step_that_fails_leaves_the_file_without_any_of_it(file: Path) -> None:
    # A table that is in the way makes the first step fail half-way; ours is the application id.
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA application_id = 1296909136")
        connection.execute("CREATE TABLE plan (x)")
    connection.close()
    assert (await refused(file)).code == "store_failed"
    with closing(sqlite3.connect(file)) as connection, connection:
        names = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert names == [("plan",)]
