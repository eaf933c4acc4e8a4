"""The store in one SQLite file, shared by the processes of one machine.

What survives: a journal entry, a plan (put or taken) and a secret are on the disk when the call
returns (`synchronous=FULL` in WAL mode: one fsync), so they survive the kill of the process and a
power cut, as far as the disk keeps its word. Caches, budget, index and leases are written with
`synchronous=NORMAL`: they survive the kill of the process; a power cut may take the last of them
back, never half of one, and never anything that was written before a later durable write.

Statements run inside the event loop: they take microseconds, a durable one an fsync, which is
cheaper than a thread. A lock held by another process would stop the loop, so SQLite itself waits
10 ms at most; after that the call sleeps in asyncio and tries again until its patience (5 s by
default) ends. A retry is safe because only a statement that did nothing is repeated: `BEGIN
IMMEDIATE` takes the write lock before anything is changed.

A store belongs to the thread and the event loop that opened it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from make_mcp_base.store import refusals, schema
from make_mcp_base.store.port import StoreHealth
from make_mcp_base.store.sql import Row, Session, SqlStore, Value

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Sequence

    from make_mcp_base.store.port import StoreError

_OLDEST_SQLITE = (3, 37, 0)  # STRICT tables; RETURNING is older
_BLOCKING_MS = 10
_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.032


async def open_sqlite(
    path: Path | None,
    *,
    clock: Callable[[], float] = time.time,
    patience: float = 5.0,
    max_bytes: int | None = None,
) -> SqliteStore:
    """Open a file as the store, or make it.

    Args:
        path: The file; its directory is made when missing. None keeps all in memory.
        clock: Seconds since the epoch.
        patience: Seconds to wait for a lock before giving up.
        max_bytes: Size at which further writes are refused; None for as far as the disk goes.

    Raises:
        StoreError: The file is another program's, newer than this program, locked or not writable.
    """
    location = "in memory" if path is None else str(path)
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise refusals.failed(location, f"SQLite {sqlite3.sqlite_version} is older than 3.37.")
    with _translated(location, patience):
        connection = _connect(path)
    store = SqliteStore(connection, path, clock, patience)
    try:
        await store.prepare(max_bytes)
    except BaseException:
        connection.close()
        raise
    return store


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        _make_private(path)
    connection = sqlite3.connect(path or ":memory:", isolation_level=None)
    connection.execute(f"PRAGMA busy_timeout = {_BLOCKING_MS}")
    return connection


def _make_private(path: Path) -> None:
    """Make the file readable by its owner only, as it holds secrets; SQLite would use the umask."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


class SqliteStore(SqlStore):
    """The store in a SQLite file; made by `open_sqlite`."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path | None,
        clock: Callable[[], float],
        patience: float,
    ) -> None:
        super().__init__("in memory" if path is None else str(path), clock)
        self._connection = connection
        self._path = path
        self._patience = patience
        self._durable: bool | None = None

    async def prepare(self, max_bytes: int | None) -> None:
        """Bring the tables up to date; refuse a file that is not ours before touching it."""
        self._check_owner(await self._now("PRAGMA application_id"), await self._tables())
        await self._now("PRAGMA journal_mode = WAL")
        if max_bytes is not None:
            pages = max_bytes // (await self._now("PRAGMA page_size"))
            await self._now(f"PRAGMA max_page_count = {max(pages, 1)}")
        known = len(schema.SQLITE)
        if await self._now("PRAGMA user_version") != known:
            async with self._transaction(durable=True) as run:
                await self._migrate(run, known)

    def _check_owner(self, application: int, tables: int) -> None:
        if application != schema.APPLICATION_ID and (application or tables):
            raise refusals.foreign(self._location)

    async def _tables(self) -> int:
        return await self._now("SELECT count(*) FROM sqlite_master")

    async def _migrate(self, run: Session, known: int) -> None:
        # Asked again under the lock: another process may have done it meanwhile.
        version = int((await run("PRAGMA user_version"))[0][0])
        if version > known:
            raise refusals.newer(self._location, version, known)
        for step in schema.SQLITE[version:]:
            for statement in step:
                await run(statement)
        await run(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        await run(f"PRAGMA user_version = {known}")

    async def _now(self, sql: str) -> int:
        return (await self._run(sql))[0][0]

    async def _run(self, sql: str, *values: Value, durable: bool = False) -> Sequence[Row]:
        with _translated(self._location, self._patience):
            return await self._patiently(sql, values, durable=durable)

    @asynccontextmanager
    async def _transaction(
        self, lock: str = "", *, durable: bool = False
    ) -> AsyncGenerator[Session]:
        # One writer at a time is SQLite's own rule, so `lock` adds nothing here. Nothing below
        # gives way to the event loop once BEGIN has succeeded: no other task can slip in.
        with _translated(self._location, self._patience):
            await self._patiently("BEGIN IMMEDIATE", (), durable=durable)
            try:
                yield self._execute
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    async def _execute(self, sql: str, *values: Value) -> Sequence[Row]:
        return self._connection.execute(sql, values).fetchall()

    async def _patiently(
        self, sql: str, values: Sequence[Value], *, durable: bool
    ) -> Sequence[Row]:
        """Run a statement that stands alone, and again while another process has the lock."""
        pause, deadline = _FIRST_PAUSE, time.monotonic() + self._patience
        while True:
            try:
                # Inside the loop: while this call slept, another task may have set the level.
                self._be_durable(durable)
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= deadline:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _be_durable(self, durable: bool) -> None:
        if durable is not self._durable:
            level = "FULL" if durable else "NORMAL"
            self._connection.execute(f"PRAGMA synchronous = {level}")
            self._durable = durable

    @property
    def _matching(self) -> str:
        return "SELECT rowid FROM index_words WHERE index_words MATCH ?3"

    def _asked(self, found: list[str]) -> Value:
        return " ".join(f'"{token}"' for token in found)

    async def _put_tokens(self, run: Session, entry_id: int, found: list[str]) -> None:
        await run("DELETE FROM index_words WHERE rowid = ?1", entry_id)
        await run(
            "INSERT INTO index_words (rowid, found) VALUES (?1, ?2)", entry_id, " ".join(found)
        )

    async def health(self) -> StoreHealth:
        """Measure the store: one indexed read, and the size of the file with its log."""
        started = time.perf_counter()
        await self._run("SELECT value FROM secret WHERE name = ?1", "health")
        latency = (time.perf_counter() - started) * 1_000
        version = await self._now("PRAGMA user_version")
        return StoreHealth("sqlite", self._location, version, await self._size(), latency)

    async def _size(self) -> int:
        if self._path is None:
            return await self._now("PRAGMA page_count") * await self._now("PRAGMA page_size")
        return _bytes_of(self._path) + _bytes_of(Path(f"{self._path}-wal"))

    async def close(self) -> None:
        """Close the file; the last process to do so folds the log into it."""
        self._connection.close()


def _bytes_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _is_busy(error: sqlite3.Error) -> bool:
    return _primary(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _primary(error: sqlite3.Error) -> int:
    """SQLite's result code without its extension; 0 for errors that the driver raises itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextmanager
def _translated(location: str, patience: float) -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _refusal(error, location, patience) from error
    except UnicodeEncodeError as error:
        raise refusals.failed(location, "The text has half a surrogate pair.") from error
    except UnicodeDecodeError as error:
        # A stored text, or SQLite's message about the damage, which quotes what it read.
        raise refusals.damaged(location, "A stored text is not UTF-8.") from error
    except PermissionError as error:
        raise refusals.read_only(location) from error
    except OSError as error:
        raise refusals.unreachable(location, f"{error}.") from error


def _refusal(error: sqlite3.Error, location: str, patience: float) -> StoreError:
    why = f"SQLite says: {error}."
    match _primary(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return refusals.busy(location, patience)
        case sqlite3.SQLITE_FULL:
            return refusals.full(location)
        case sqlite3.SQLITE_NOTADB:
            return refusals.foreign(location)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return refusals.read_only(location)
        case sqlite3.SQLITE_CANTOPEN:
            return refusals.unreachable(location, why)
        case sqlite3.SQLITE_CORRUPT:
            return refusals.damaged(location, why)
        case sqlite3.SQLITE_CONSTRAINT if "append-only" not in str(error):
            return refusals.conflict(location, why)
        case _:
            return refusals.failed(location, why)
