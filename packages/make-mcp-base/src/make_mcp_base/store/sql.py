"""Everything the store does, written once in the SQL that SQLite and PostgreSQL share.

An adapter brings connections, transactions, its tables (`schema`) and its errors; the rules are
here, so the two cannot drift apart. Parameters are `?1`, `?2`, which PostgreSQL writes `$1`, `$2`.
"""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from make_mcp_base.store import chain, refusals
from make_mcp_base.store.port import (
    Entry,
    Held,
    IndexEntry,
    NewDocument,
    NewEntry,
    OperationRow,
    StoredPlan,
    StoreHealth,
)
from make_mcp_base.store.words import tokens, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from contextlib import AbstractAsyncContextManager

Value: TypeAlias = "str | int | float | bytes | Sequence[str] | None"
# Drivers know the types of the columns, the checker does not; rows go straight into dataclasses.
Row: TypeAlias = "tuple[Any, ...]"

_SWEEP_EVERY = 64
_KEEP_PLANS_SECONDS = 86_400.0
_STEP = 100
_PLAN = "plan_id, tool, account, arguments_digest, fingerprint, body, created, expires, used_at"
_ENTRY = "seq, operation_id, kind, account, tool, at, body, previous_hash, hash"
_INDEXED = "e.kind, e.scope, e.key, e.version, e.body"

_OPERATIONS = """
SELECT o.operation_id, o.seq, o.tool, o.account, o.at,
       count(*) FILTER (WHERE e.kind = 'intended'), count(*) FILTER (WHERE e.kind = 'done'),
       count(*) FILTER (WHERE e.kind = 'failed'), count(*) FILTER (WHERE e.kind = 'unknown'),
       count(*) FILTER (WHERE e.kind = 'closed'), count(*) FILTER (WHERE e.kind = 'undone')
FROM (
    SELECT operation_id, seq, tool, account, at FROM journal
    WHERE kind = 'opened' AND seq < ?1 AND at >= ?2
      AND (CAST(?3 AS TEXT) IS NULL OR tool = ?3)
      AND (CAST(?4 AS TEXT) IS NULL OR account = ?4)
    ORDER BY seq DESC LIMIT ?5
) AS o JOIN journal AS e ON e.operation_id = o.operation_id
GROUP BY o.operation_id, o.seq, o.tool, o.account, o.at ORDER BY o.seq DESC
"""

_LEASE = """
INSERT INTO lease (name, owner, until) VALUES (?1, ?2, ?3)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE lease.owner = excluded.owner OR lease.until <= ?4
RETURNING name
"""

_BUDGET = """
SELECT (SELECT until FROM budget_block WHERE key = ?1 AND until > ?2),
       (SELECT at FROM budget_use WHERE key = ?1 AND at > ?3 AND at <= ?4
        ORDER BY at DESC LIMIT 1 OFFSET ?5)
"""

_SPENT = "DELETE FROM budget_use WHERE key = ?1 AND (at <= ?2 OR at > ?3)"

_BLOCK = """
INSERT INTO budget_block (key, until) VALUES (?1, ?2)
ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE budget_block.until < excluded.until
"""

_CACHE_PUT = """
INSERT INTO cache (key, value, expires) VALUES (?1, ?2, ?3)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires
"""

_PLACES = ", ".join(f"?{number}" for number in range(3, 3 + _STEP))

_INDEX_GET = f"""
SELECT {_INDEXED} FROM index_entry AS e
WHERE e.kind = ?1 AND e.scope = ?2 AND e.key IN ({_PLACES})
"""

_INDEX_NEXT = f"""
SELECT {_INDEXED} FROM index_entry AS e
WHERE e.kind = ?1 AND e.scope = ?2 AND e.key > ?3 ORDER BY e.key LIMIT {_STEP}
"""

_INDEX_DROP = f"""
DELETE FROM index_entry WHERE kind = ?1 AND scope = ?2 AND key IN ({_PLACES})
"""

_INDEX_PUT = """
INSERT INTO index_entry (kind, scope, key, version, body) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (kind, scope, key) DO UPDATE SET version = excluded.version, body = excluded.body
RETURNING id
"""


class Session(Protocol):
    """An open transaction: run a statement, get its rows."""

    async def __call__(self, sql: str, *values: Value) -> Sequence[Row]:
        """Run one statement inside the transaction."""
        ...


class SqlStore(ABC):
    """The store, on top of what an adapter can do.

    Args:
        location: Where the data lies, in words without a password.
        clock: Seconds since the epoch; used where the port takes no `now`.
    """

    def __init__(self, location: str, clock: Callable[[], float]) -> None:
        self._location = location
        self._clock = clock
        self._cache_puts = 0
        self._budget_takes = 0

    @abstractmethod
    async def _run(self, sql: str, *values: Value, durable: bool = False) -> Sequence[Row]:
        """Run one statement in a transaction of its own."""

    @abstractmethod
    def _transaction(
        self, lock: str = "", *, durable: bool = False
    ) -> AbstractAsyncContextManager[Session]:
        """Run several statements as one, alone among those that name the same lock."""

    @property
    @abstractmethod
    def _matching(self) -> str:
        """A query for the ids of the entries that have all the tokens of `?3`."""

    @abstractmethod
    def _asked(self, found: list[str]) -> Value:
        """Write the tokens that `_matching` asks for."""

    @abstractmethod
    async def _put_tokens(self, run: Session, entry_id: int, found: list[str]) -> None:
        """Make an index entry findable by these tokens and no others."""

    @abstractmethod
    async def health(self) -> StoreHealth:
        """Measure the store."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of the database."""

    # Cache

    async def cache_get(self, key: str) -> bytes | None:
        """Return a cached value, or None when it is absent or expired."""
        now = self._clock()
        rows = await self._run("SELECT value FROM cache WHERE key = ?1 AND expires > ?2", key, now)
        return rows[0][0] if rows else None

    async def cache_put(self, key: str, value: bytes, ttl_seconds: float) -> None:
        """Keep a value for a time; every 64th call clears away what has expired."""
        now = self._clock()
        if self._cache_puts % _SWEEP_EVERY == 0:
            await self._run("DELETE FROM cache WHERE expires <= ?1", now)
        self._cache_puts += 1
        await self._run(_CACHE_PUT, key, value, now + ttl_seconds)

    async def cache_drop(self, prefix: str) -> None:
        """Forget every value whose key begins with `prefix`."""
        await self._run("DELETE FROM cache WHERE substr(key, 1, length(?1)) = ?1", prefix)

    # Plans

    async def plan_put(self, plan: StoredPlan) -> None:
        """Keep a new plan, and clear away those that expired more than a day before it was made."""
        stale = plan.created - _KEEP_PLANS_SECONDS
        await self._run("DELETE FROM plan WHERE expires < ?1", stale)
        await self._run(
            f"INSERT INTO plan ({_PLAN}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            plan.plan_id,
            plan.tool,
            plan.account,
            plan.arguments_digest,
            plan.fingerprint,
            plan.body,
            plan.created,
            plan.expires,
            plan.used_at,
            durable=True,
        )

    async def plan_get(self, plan_id: str) -> StoredPlan | None:
        """Look at a plan without taking it."""
        rows = await self._run(f"SELECT {_PLAN} FROM plan WHERE plan_id = ?1", plan_id)
        return StoredPlan(*rows[0]) if rows else None

    async def plan_take(self, plan_id: str, now: float) -> StoredPlan | None:
        """Use a plan once; one statement decides, so no two processes can both have it."""
        rows = await self._run(
            "UPDATE plan SET used_at = ?2 WHERE plan_id = ?1 AND used_at IS NULL AND expires > ?2"
            f" RETURNING {_PLAN}",
            plan_id,
            now,
            durable=True,
        )
        return StoredPlan(*rows[0]) if rows else None

    # Journal

    async def journal_append(self, entry: NewEntry) -> Entry:
        """Append one entry; the chain's head is read and extended under one lock."""
        async with self._transaction("journal", durable=True) as run:
            head = await run("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
            seq, previous = head[0] if head else (0, chain.GENESIS)
            sealed = chain.seal(entry, seq + 1, previous)
            await run(
                f"INSERT INTO journal ({_ENTRY}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                sealed.seq,
                sealed.operation_id,
                sealed.kind,
                sealed.account,
                sealed.tool,
                sealed.at,
                sealed.body_json,
                sealed.previous_hash,
                sealed.hash,
            )
        return sealed

    async def journal_operation(self, operation_id: str) -> list[Entry]:
        """Return all entries of one operation, oldest first."""
        rows = await self._run(
            f"SELECT {_ENTRY} FROM journal WHERE operation_id = ?1 ORDER BY seq", operation_id
        )
        return [Entry(*row) for row in rows]

    async def journal_operations(
        self,
        *,
        limit: int,
        before_seq: int | None = None,
        tool: str | None = None,
        since: float | None = None,
        account: str | None = None,
    ) -> list[OperationRow]:
        """List operations, newest first."""
        before = 2**62 if before_seq is None else before_seq
        from_time = 0.0 if since is None else since
        rows = await self._run(_OPERATIONS, before, from_time, tool, account, limit)
        return [OperationRow(*row[:9], closed=row[9] > 0, undone=row[10] > 0) for row in rows]

    async def journal_scan(self, after_seq: int, limit: int) -> list[Entry]:
        """Return up to `limit` entries after `after_seq`, in order."""
        rows = await self._run(
            f"SELECT {_ENTRY} FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2", after_seq, limit
        )
        return [Entry(*row) for row in rows]

    # Budget

    async def budget_take(self, key: str, limit: int, window_seconds: float, now: float) -> float:
        """Ask for one request of a shared budget: a strict sliding window."""
        if limit < 1 or window_seconds <= 0:
            raise ValueError("a budget has at least one request and a window longer than nothing")
        if self._budget_takes % _SWEEP_EVERY == 0:
            await self._run(_SPENT, key, now - window_seconds, now + window_seconds)
        self._budget_takes += 1
        async with self._transaction(f"budget {key}") as run:
            free_at = await _free_at(run, key, limit, window_seconds, now)
            if free_at is not None:
                # Never 0, which would mean that the request was counted.
                return max(free_at - now, 0.001)
            await run("INSERT INTO budget_use (key, at) VALUES (?1, ?2)", key, now)
        return 0.0

    async def budget_block(self, key: str, until: float) -> None:
        """Give nothing from this budget until then."""
        await self._run(_BLOCK, key, until)

    # Secrets

    async def secret(self, name: str, length: int) -> bytes:
        """Return random bytes that are drawn once; whoever inserts first decides."""
        found = await self._secret(name)
        if found is None:
            await self._run(
                "INSERT INTO secret (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING",
                name,
                secrets.token_bytes(length),
                durable=True,
            )
            found = await self._secret(name)
        if found is None or len(found) != length:
            raise refusals.conflict(self._location, f"The secret {name} has another length.")
        return found

    async def _secret(self, name: str) -> bytes | None:
        rows = await self._run("SELECT value FROM secret WHERE name = ?1", name)
        return rows[0][0] if rows else None

    # Workspace index

    async def index_put(
        self, kind: str, scope: str, key: str, version: str, body: str, text: str | None = None
    ) -> None:
        """Keep a document and the words it is found by."""
        found = words(body if text is None else text)
        await self.index_put_many(kind, scope, [NewDocument(key, version, body, found)])

    async def index_put_many(
        self, kind: str, scope: str, documents: Collection[NewDocument]
    ) -> None:
        """Keep several documents and the terms they are found by, in one transaction."""
        cut = [(one, tokens(one.terms)) for one in documents]
        async with self._transaction() as run:
            for one, found in cut:
                body = _packed(one.body)
                row = (await run(_INDEX_PUT, kind, scope, one.key, one.version, body))[0]
                await self._put_tokens(run, row[0], found)

    async def index_get(self, kind: str, scope: str, key: str) -> IndexEntry | None:
        """Return one document."""
        rows = await self._run(
            f"SELECT {_INDEXED} FROM index_entry AS e"
            " WHERE e.kind = ?1 AND e.scope = ?2 AND e.key = ?3",
            kind,
            scope,
            key,
        )
        return _indexed(rows[0]) if rows else None

    async def index_get_many(
        self, kind: str, scope: str, keys: Collection[str] | None = None
    ) -> dict[str, IndexEntry]:
        """Return documents by key, or all of a scope, a hundred at a time."""
        found: dict[str, IndexEntry] = {}
        if keys is not None:
            for some in _steps(keys):
                rows = await self._run(_INDEX_GET, kind, scope, *some)
                found |= {row[2]: _indexed(row) for row in rows}
                await asyncio.sleep(0)
            return found
        last = ""
        while rows := await self._run(_INDEX_NEXT, kind, scope, last):
            found |= {row[2]: _indexed(row) for row in rows}
            last = rows[-1][2]
            await asyncio.sleep(0)
        return found

    async def index_keys(self, kind: str, scope: str) -> dict[str, str]:
        """Return the version of every document of a scope, by key."""
        rows = await self._run(
            "SELECT key, version FROM index_entry WHERE kind = ?1 AND scope = ?2", kind, scope
        )
        return {row[0]: row[1] for row in rows}

    async def index_drop(self, kind: str, scope: str, key: str | None = None) -> None:
        """Forget one document, or all of a scope."""
        await self._run(
            "DELETE FROM index_entry WHERE kind = ?1 AND scope = ?2"
            " AND (CAST(?3 AS TEXT) IS NULL OR key = ?3)",
            kind,
            scope,
            key,
        )

    async def index_drop_many(self, kind: str, scope: str, keys: Collection[str]) -> None:
        """Forget several documents in one transaction."""
        async with self._transaction() as run:
            for some in _steps(keys):
                await run(_INDEX_DROP, kind, scope, *some)

    async def index_select(
        self, kind: str, scope: str, terms: Collection[str] = ()
    ) -> dict[str, Held]:
        """Tell of every document its version and whether it has all the terms, in one statement."""
        found = tokens(terms)
        matches = f"e.id IN ({self._matching})" if found else "1 = 1"
        rows = await self._run(
            f"SELECT e.key, e.version, {matches} FROM index_entry AS e"
            " WHERE e.kind = ?1 AND e.scope = ?2",
            kind,
            scope,
            *([self._asked(found)] if found else []),
        )
        return {row[0]: Held(row[1], bool(row[2])) for row in rows}

    async def index_search(self, kind: str, scope: str, text: str, limit: int) -> list[IndexEntry]:
        """Find the documents that contain all words of `text`, ordered by key."""
        wanted = words(text)
        if not wanted:
            return []
        rows = await self._run(
            f"SELECT {_INDEXED} FROM index_entry AS e WHERE e.id IN ({self._matching})"
            " AND e.kind = ?1 AND e.scope = ?2 ORDER BY e.key LIMIT ?4",
            kind,
            scope,
            self._asked(wanted),
            limit,
        )
        return [_indexed(row) for row in rows]

    # Leases

    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        """Take or renew a lease; False while another owner holds it."""
        now = self._clock()
        return bool(await self._run(_LEASE, name, owner, now + seconds, now))

    async def lease_release(self, name: str, owner: str) -> None:
        """Give a lease back."""
        await self._run("DELETE FROM lease WHERE name = ?1 AND owner = ?2", name, owner)


async def _free_at(
    run: Session, key: str, limit: int, window_seconds: float, now: float
) -> float | None:
    """Return when the budget gives again, or None when it gives now."""
    # A use from beyond the next window was written by a clock that has since been set back.
    (row,) = await run(_BUDGET, key, now, now - window_seconds, now + window_seconds, limit - 1)
    blocked_until, oldest_that_counts = row
    if blocked_until is not None:
        return blocked_until
    return None if oldest_that_counts is None else oldest_that_counts + window_seconds


def _steps(keys: Collection[str]) -> Iterator[list[str]]:
    """Cut keys into steps of one length, so that one statement serves all; the last is filled."""
    whole = list(keys)
    for start in range(0, len(whole), _STEP):
        some = whole[start : start + _STEP]
        yield some + some[-1:] * (_STEP - len(some))


def _packed(body: str) -> bytes:
    """Keep text that PostgreSQL's own text type would refuse (NUL, lone surrogates)."""
    return body.encode("utf-8", "surrogatepass")


def _indexed(row: Row) -> IndexEntry:
    kind, scope, key, version, body = row
    return IndexEntry(kind, scope, key, version, bytes(body).decode("utf-8", "surrogatepass"))
