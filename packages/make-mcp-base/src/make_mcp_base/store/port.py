"""The port of the kernel store: what the servers may ask, and the rows they get back.

Every call of a server passes here, so the port is narrow: typed rows, no SQL, no driver. Importing
this module loads no database driver and no cryptography. Two adapters implement it (`sqlite`,
`postgres`) and one contract suite holds them equal; `open.open_store` chooses.

Times are seconds since the epoch, UTC, as `time.time()` gives them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic import JsonValue

EntryKind: TypeAlias = Literal[
    "opened", "intended", "done", "failed", "unknown", "closed", "undone"
]
OperationState: TypeAlias = Literal["open", "done", "partial", "failed", "unknown", "undone"]


class StoreError(Failure):
    """The store refused or failed; nothing that was confirmed before is lost."""

    code = "store_failed"


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A sealed plan, waiting for its one use.

    Attributes:
        plan_id: The id that the caller sends back; unguessable, made by the caller of the store.
        tool: Name of the tool that may use it.
        account: Whose plan it is.
        arguments_digest: Digest of the arguments that the plan was made for.
        fingerprint: Digest of the live state that the plan was made on.
        body: The plan itself, JSON text.
        created: When it was made.
        expires: From when on it is worthless.
        used_at: When it was taken, or None.
    """

    plan_id: str
    tool: str
    account: str
    arguments_digest: str
    fingerprint: str
    body: str
    created: float
    expires: float
    used_at: float | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One step of a write, to be appended to the journal.

    Attributes:
        operation_id: The operation that the step belongs to.
        kind: `opened` once, then `intended` before each request and `done`, `failed` or `unknown`
            after it, `closed` once at the end; `undone` when a later operation took it back.
        account: On whose behalf.
        tool: Name of the tool.
        at: When the step happened.
        body: Whatever the step has to remember, redacted by the caller.
    """

    operation_id: str
    kind: EntryKind
    account: str
    tool: str
    at: float
    body: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal, as it is stored.

    Attributes:
        seq: Position, from 1, without gaps.
        body_json: The body, byte for byte as it was hashed.
        previous_hash: `hash` of the entry before, or 64 zeros for the first.
        hash: SHA-256 of `previous_hash` and of every field, lower-case hexadecimal.
    """

    seq: int
    operation_id: str
    kind: EntryKind
    account: str
    tool: str
    at: float
    body_json: str
    previous_hash: str
    hash: str

    @property
    def body(self) -> dict[str, JsonValue]:
        """The body as an object."""
        return json.loads(self.body_json)


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation of the journal, counted up.

    Attributes:
        seq: Position of its `opened` entry; `before_seq` of the next page.
        opened: When it began.
        intended: Requests that were announced.
        done: Requests that Make confirmed.
        failed: Requests that Make refused.
        unknown: Requests whose outcome nobody knows.
        closed: True once the operation came to its end.
        undone: True once it was taken back.
    """

    operation_id: str
    seq: int
    tool: str
    account: str
    opened: float
    intended: int
    done: int
    failed: int
    unknown: int
    closed: bool
    undone: bool

    @property
    def state(self) -> OperationState:
        """The operation in one word.

        `open` also stands for an operation whose process died; `unknown` says that at least one
        request of a closed operation may or may not have taken effect.
        """
        if self.undone:
            return "undone"
        if not self.closed:
            return "open"
        if self.unknown or self.intended > self.done + self.failed:
            return "unknown"
        if self.failed:
            return "partial" if self.done else "failed"
        return "done"


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One document of the workspace index.

    Attributes:
        kind: What it is (`scenario`, `data_store`).
        scope: Where it lives (`team:12`).
        key: Its id inside that scope.
        version: What changes when the document changes (Make's `lastEdit`).
        body: What the index remembers of it.
    """

    kind: str
    scope: str
    key: str
    version: str
    body: str


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be kept in the workspace index.

    Attributes:
        key: As in `IndexEntry`.
        version: As in `IndexEntry`.
        body: As in `IndexEntry`.
        terms: What it is found by: any texts (`app:slack`), compared whole and letter by letter,
            of which the first 64 characters count.
    """

    key: str
    version: str
    body: str
    terms: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What a selection tells of one document.

    Attributes:
        version: Its version.
        matches: True when it has all the terms that were asked for.
    """

    version: str
    matches: bool


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """The state of the store, measured now.

    Attributes:
        kind: `sqlite` or `postgresql`.
        location: File, or server and database, never with a password.
        schema_version: Version of the tables.
        size_bytes: Bytes the store takes.
        latency_ms: Milliseconds one read took.
    """

    kind: str
    location: str
    schema_version: int
    size_bytes: int
    latency_ms: float


class Store(Protocol):
    """What the kernel keeps between calls and shares between processes.

    Every method may raise `StoreError`. A method that returned has kept its promise; a method that
    raised has changed nothing, unless the error's `effect` says otherwise.
    """

    async def cache_get(self, key: str) -> bytes | None:
        """Return a cached value, or None when it is absent or expired."""
        ...

    async def cache_put(self, key: str, value: bytes, ttl_seconds: float) -> None:
        """Keep a value for a time; it replaces the value under the same key."""
        ...

    async def cache_drop(self, prefix: str) -> None:
        """Forget every value whose key begins with `prefix` ("" forgets all)."""
        ...

    async def plan_put(self, plan: StoredPlan) -> None:
        """Keep a new plan; its id must be new."""
        ...

    async def plan_get(self, plan_id: str) -> StoredPlan | None:
        """Look at a plan, used or not, without taking it."""
        ...

    async def plan_take(self, plan_id: str, now: float) -> StoredPlan | None:
        """Use a plan: exactly one caller gets it, of all processes and for ever.

        Returns:
            The plan, or None when it is unknown, expired at `now`, or was taken before.
        """
        ...

    async def journal_append(self, entry: NewEntry) -> Entry:
        """Append one entry: durable, and chained to the one before, when this returns.

        Raises:
            StoreError: Code `store_conflict` when an operation is opened twice.
            ValueError: When the body is no JSON (a NaN, for one).
        """
        ...

    async def journal_operation(self, operation_id: str) -> list[Entry]:
        """Return all entries of one operation, oldest first."""
        ...

    async def journal_operations(
        self,
        *,
        limit: int,
        before_seq: int | None = None,
        tool: str | None = None,
        since: float | None = None,
        account: str | None = None,
    ) -> list[OperationRow]:
        """List operations, newest first.

        Args:
            limit: How many at most.
            before_seq: Only operations opened before this entry (paging).
            tool: Only operations of this tool.
            since: Only operations opened at or after this time.
            account: Only operations of this account.
        """
        ...

    async def journal_scan(self, after_seq: int, limit: int) -> list[Entry]:
        """Return up to `limit` entries after `after_seq`, in order."""
        ...

    async def budget_take(self, key: str, limit: int, window_seconds: float, now: float) -> float:
        """Ask for one request of a budget that all processes share.

        In any window of `window_seconds`, wherever it begins, at most `limit` are given.

        Args:
            key: Whose budget (`organization:77`).
            limit: Requests in one window, at least 1.
            window_seconds: Length of the window.
            now: The time of the request.

        Returns:
            0 when the request was counted; else the seconds to wait before asking again.
        """
        ...

    async def budget_block(self, key: str, until: float) -> None:
        """Give nothing from this budget until then; a block that ends later stays."""
        ...

    async def secret(self, name: str, length: int) -> bytes:
        """Return random bytes that are drawn once and are the same for all processes ever after.

        Raises:
            StoreError: When the secret exists with another length.
        """
        ...

    async def index_put(
        self, kind: str, scope: str, key: str, version: str, body: str, text: str | None = None
    ) -> None:
        """Keep a document; `text` is what the search reads, the body when it is None."""
        ...

    async def index_put_many(
        self, kind: str, scope: str, documents: Collection[NewDocument]
    ) -> None:
        """Keep several documents: all of them, or none when this raises."""
        ...

    async def index_get(self, kind: str, scope: str, key: str) -> IndexEntry | None:
        """Return one document."""
        ...

    async def index_get_many(
        self, kind: str, scope: str, keys: Collection[str] | None = None
    ) -> dict[str, IndexEntry]:
        """Return documents by key, or all of a scope; unknown keys are left out.

        They are read in several steps, between which other tasks run and processes may write.
        """
        ...

    async def index_keys(self, kind: str, scope: str) -> dict[str, str]:
        """Return the version of every document of a scope, by key."""
        ...

    async def index_drop(self, kind: str, scope: str, key: str | None = None) -> None:
        """Forget one document, or all of a scope."""
        ...

    async def index_drop_many(self, kind: str, scope: str, keys: Collection[str]) -> None:
        """Forget several documents: all of them, or none when this raises."""
        ...

    async def index_select(
        self, kind: str, scope: str, terms: Collection[str] = ()
    ) -> dict[str, Held]:
        """Tell of every document of a scope its version, and whether it has all the terms.

        Both are of one moment: a document that another process writes meanwhile is told of either
        as it was or as it is.
        """
        ...

    async def index_search(self, kind: str, scope: str, text: str, limit: int) -> list[IndexEntry]:
        """Find the documents that contain all words of `text`, ordered by key.

        A word is what `words.words` makes of it: letters and digits, without case and accents.
        """
        ...

    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        """Take or renew a lease; False while another owner holds it."""
        ...

    async def lease_release(self, name: str, owner: str) -> None:
        """Give a lease back; does nothing when `owner` does not hold it."""
        ...

    async def health(self) -> StoreHealth:
        """Measure the store."""
        ...

    async def close(self) -> None:
        """Let go of the file or the connections. May be called twice."""
        ...
