"""The store in a PostgreSQL schema, shared by teams and replicas.

A write is as durable as the server's `synchronous_commit` makes it; what must happen one after the
other (the journal's chain, a budget) takes an advisory lock that ends with its transaction. When a
connection breaks in the middle of a write, the error's `effect` says that it may have happened.
Processes on several machines compare times that each took from its own clock, so those clocks must
agree to within a second.

The tables lie in one schema, `make_mcp_store` unless the address says `?schema=NAME`.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from make_mcp_base.store import refusals, schema
from make_mcp_base.store.port import StoreError, StoreHealth
from make_mcp_base.store.sql import Row, Session, SqlStore, Value

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Sequence

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

DEFAULT_SCHEMA = "make_mcp_store"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_MAYBE = "The connection broke before the answer; a write may have happened."

_GONE = (
    OSError,  # includes timeouts
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg raises when it is cut off in mid-protocol
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)

_SIZE = """
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class AS c
WHERE c.relkind IN ('r', 'S') AND c.relnamespace = to_regnamespace(?1)
"""

_TABLES = """
SELECT count(*) FROM pg_class AS c
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND c.relnamespace = to_regnamespace(?1)
"""


async def open_postgres(
    url: str, *, clock: Callable[[], float] = time.time, patience: float = 5.0
) -> PostgresStore:
    """Connect to a database as the store, and make the tables when they are missing.

    Args:
        url: `postgresql://user:password@host:port/database`, with `?schema=NAME` when wanted and
            the parameters of libpq (`sslmode`, `host` of a socket).
        clock: Seconds since the epoch.
        patience: Seconds to wait for a lock before giving up.

    Raises:
        StoreError: The database cannot be reached or written, or the schema is not ours.
    """
    dsn, name, location = _address(url)
    with _translated(location, patience):
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=4,
            timeout=10,
            command_timeout=max(10.0, patience * 2),
            server_settings=_settings(name, patience),
            reset=_keep,
        )
    store = PostgresStore(pool, name, location, clock, patience)
    try:
        await store.prepare()
    except BaseException:
        pool.terminate()
        raise
    return store


async def _keep(connection: object) -> None:
    """Leave a returned connection as it is: no call changes its session, so save the round trip."""


def _settings(name: str, patience: float) -> dict[str, str]:
    return {
        "application_name": "make-mcp",
        "search_path": name,
        "lock_timeout": str(max(1, int(patience * 1_000))),
        # The chain and the budget read what others committed while they waited for the lock.
        "default_transaction_isolation": "read committed",
        "jit": "off",
    }


def _address(url: str) -> tuple[str, str, str]:
    """Split our address into a libpq one, the schema, and words without the password."""
    try:
        parts = urlsplit(url)
        place = f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        # The reason is not repeated: it may quote a piece of the password.
        raise _unreadable("A password with special characters must be percent-encoded.") from None
    query = parse_qsl(parts.query, keep_blank_values=True)
    name = dict(query).get("schema", DEFAULT_SCHEMA)
    if not _NAME.fullmatch(name):
        raise _unreadable("A schema name has lower-case letters, digits and underscores only.")
    rest = urlencode([pair for pair in query if pair[0] != "schema"])
    dsn = urlunsplit(("postgresql", parts.netloc, parts.path, rest, ""))
    return dsn, name, f"postgresql://{place or dict(query).get('host', '')}{parts.path} ({name})"


def _unreadable(why: str) -> StoreError:
    return StoreError(
        "The address of the PostgreSQL store cannot be read.",
        why=why,
        next_step="Set MAKE_MCP_STORE_URL to postgresql://user:password@host:5432/database.",
        code="store_unreachable",
    )


class PostgresStore(SqlStore):
    """The store in a PostgreSQL schema; made by `open_postgres`."""

    def __init__(
        self, pool: Pool, name: str, location: str, clock: Callable[[], float], patience: float
    ) -> None:
        super().__init__(location, clock)
        self._pool = pool
        self._name = name
        self._patience = patience

    async def prepare(self) -> None:
        """Bring the tables up to date; refuse a schema that is not ours before touching it."""
        known = len(schema.POSTGRES)
        async with self._transaction("schema") as run:
            version = await self._version(run)
            if version > known:
                raise refusals.newer(self._location, version, known)
            if version == known:
                return
            if version == 0:
                await self._begin(run)
            for step in schema.POSTGRES[version:]:
                for statement in step:
                    await run(statement)
            await run("UPDATE store_version SET version = ?1", known)

    async def _version(self, run: Session) -> int:
        found = await run("SELECT to_regclass(?1) IS NOT NULL", f"{self._name}.store_version")
        if not found[0][0]:
            return 0
        return (await run("SELECT version FROM store_version"))[0][0]

    async def _begin(self, run: Session) -> None:
        if (await run(_TABLES, self._name))[0][0]:
            raise refusals.foreign(self._location)
        exists = await run("SELECT to_regnamespace(?1) IS NOT NULL", self._name)
        if not exists[0][0]:
            await run(f"CREATE SCHEMA {self._name}")
        await run("CREATE TABLE store_version (version integer NOT NULL)")
        await run("INSERT INTO store_version (version) VALUES (0)")

    async def _run(self, sql: str, *values: Value, durable: bool = False) -> Sequence[Row]:
        with _translated(self._location, self._patience):
            return _rows(await self._pool.fetch(_numbered(sql), *values))

    @asynccontextmanager
    async def _transaction(
        self, lock: str = "", *, durable: bool = False
    ) -> AsyncGenerator[Session]:
        with _translated(self._location, self._patience):
            async with self._pool.acquire() as connection, connection.transaction():

                async def run(sql: str, *values: Value) -> Sequence[Row]:
                    return _rows(await connection.fetch(_numbered(sql), *values))

                if lock:
                    await connection.fetch(_LOCK, f"{self._name} {lock}")
                yield run

    @property
    def _matching(self) -> str:
        return (
            "SELECT w.id FROM index_entry AS w WHERE w.found @> ?3 AND w.kind = ?1 AND w.scope = ?2"
        )

    def _asked(self, found: list[str]) -> Value:
        return found

    async def _put_tokens(self, run: Session, entry_id: int, found: list[str]) -> None:
        await run("UPDATE index_entry SET found = ?2 WHERE id = ?1", entry_id, found)

    async def health(self) -> StoreHealth:
        """Measure the store: one indexed read over the network, and the size of its tables."""
        started = time.perf_counter()
        await self._run("SELECT value FROM secret WHERE name = ?1", "health")
        latency = (time.perf_counter() - started) * 1_000
        version = (await self._run("SELECT version FROM store_version"))[0][0]
        size = (await self._run(_SIZE, self._name))[0][0]
        return StoreHealth("postgresql", self._location, version, size, latency)

    async def close(self) -> None:
        """Close the connections; those that do not answer within 2 s are cut."""
        try:
            await asyncio.wait_for(self._pool.close(), 2)
        except TimeoutError:
            self._pool.terminate()


def _rows(records: Sequence[asyncpg.Record]) -> list[Row]:
    return [tuple(record) for record in records]


@lru_cache(maxsize=256)
def _numbered(sql: str) -> str:
    """Write the shared parameters as PostgreSQL does; no statement has a `?` of its own."""
    return sql.replace("?", "$")


@contextmanager
def _translated(location: str, patience: float) -> Generator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise refusals.failed(location, "The text has half a surrogate pair.") from error
    except (asyncpg.PostgresError, *_GONE) as error:
        raise _refusal(error, location, patience) from error


def _refusal(error: Exception, location: str, patience: float) -> StoreError:
    why = f"PostgreSQL says: {error}." if str(error) else f"{type(error).__name__}."
    match error:
        case asyncpg.UniqueViolationError():
            return refusals.conflict(location, why)
        case asyncpg.LockNotAvailableError():
            return refusals.busy(location, patience)
        case asyncpg.DiskFullError():
            return refusals.full(location)
        case asyncpg.ReadOnlySQLTransactionError() | asyncpg.InsufficientPrivilegeError():
            return refusals.read_only(location)
        case asyncpg.DataError():
            return refusals.failed(location, why)
        case _ if isinstance(error, _GONE):
            return refusals.unreachable(location, why, effect=_MAYBE)
        case _:
            return refusals.failed(location, why)
