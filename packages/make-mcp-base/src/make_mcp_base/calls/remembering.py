"""Documents read from Make once, kept in the workspace index until their version changes.

What is kept is only ever a shortcut: where the store cannot be read or written, everything is read
from Make instead, with a warning. Each document is kept as soon as it was read, so a call that
ends early has not worked for nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import anyio

from make_mcp_base.client.failures import RateLimited
from make_mcp_base.errors import Failure
from make_mcp_base.store.port import NewDocument, StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence

    from make_mcp_base.calls.make import Make
    from make_mcp_base.store.port import Held, Store

T = TypeVar("T")

_BATCH = 25
_READ = 100
_LONGEST_WAIT = 90.0
_SHORTEST_PAUSE = 1.0


@dataclass(slots=True)
class Remembering:
    """One look at the documents of a scope.

    Attributes:
        make: The call.
        store: Where they are kept; None keeps nothing.
        kind: What the documents are (`scenario`).
        scope: Where they live (`team:12`).
        versions: What changes when a document changes, by key.
        fetch: Makes the document of a key.
        terms: Tells what a document is found by.
        whole: True when `versions` names all documents of the scope: others are forgotten.
        wanted: Only documents that have all these terms are given.
    """

    make: Make
    store: Store | None
    kind: str
    scope: str
    versions: Mapping[str, str]
    fetch: Callable[[str], Awaitable[str]]
    terms: Callable[[str], Iterable[str]]
    whole: bool
    wanted: frozenset[str]
    _writable: bool = True
    _fresh: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    _unkept: list[NewDocument] = field(default_factory=list[NewDocument])

    async def documents(self) -> dict[str, str]:
        """Give all the wanted documents; order and failures as in `each`."""
        return {key: body async for key, body in self.each()}

    async def each(self) -> AsyncGenerator[tuple[str, str]]:
        """Give the wanted documents with their keys, in the order of `versions`.

        What has changed is read first, all of it; what is kept when its turn comes.

        Raises:
            Failure: What `fetch` raises; or Make's calls of this minute are used up for too long.
        """
        held = await self._held()
        await self._renew(
            [k for k, v in self.versions.items() if k not in held or held[k].version != v]
        )
        await self._forget(held)
        order = list(self.versions)
        for start in range(0, len(order), _READ):
            keys = order[start : start + _READ]
            current = [k for k in keys if k not in self._fresh and held[k].matches]
            found: dict[str, str | None] = {**await self._kept(current)}
            await self._renew([key for key in current if key not in found])
            for key in keys:
                body = found[key] if key in found else self._fresh.get(key)
                if body is not None:
                    yield key, body

    # Reading what is kept

    async def _held(self) -> dict[str, Held]:
        store = self.store
        if store is None:
            return {}
        return await self._reading(store.index_select(self.kind, self.scope, self.wanted)) or {}

    async def _kept(self, keys: Sequence[str]) -> dict[str, str]:
        """Give what is kept of documents; those another process has changed are left out."""
        if self.store is None or not keys:
            return {}
        entries = await self._reading(self.store.index_get_many(self.kind, self.scope, keys))
        return {
            key: entry.body
            for key in keys
            if entries and (entry := entries.get(key)) and entry.version == self.versions[key]
        }

    async def _reading(self, work: Awaitable[T]) -> T | None:
        try:
            return await work
        except StoreError as failure:
            self.store = None
            self._tell(failure)
            return None

    # Renewing

    async def _renew(self, keys: Sequence[str]) -> None:
        deadline = time.monotonic() + _LONGEST_WAIT

        async def one(key: str) -> None:
            body = await self._patiently(key, deadline)
            found_by = set(self.terms(body))
            self._fresh[key] = body if self.wanted <= found_by else None
            if self.store and self._writable:
                self._unkept.append(NewDocument(key, self.versions[key], body, found_by))
                if len(self._unkept) >= _BATCH:
                    await self._keep()

        try:
            await self.make.each(keys, one)
        finally:
            with anyio.CancelScope(shield=True):
                await self._keep()

    async def _patiently(self, key: str, deadline: float) -> str:
        """Fetch a document, waiting where Make's calls of this minute are used up."""
        while True:
            try:
                return await self.fetch(key)
            except RateLimited as limited:
                pause = max(limited.wait_seconds or 0.0, _SHORTEST_PAUSE)
                if time.monotonic() + pause > deadline:
                    self._say_how_far(limited)
                    raise
            await anyio.sleep(pause)

    def _say_how_far(self, limited: RateLimited) -> None:
        left = len(self.versions) - len(self._fresh)
        limited.effect = (
            f"{len(self._fresh)} of {len(self.versions)} were read now and are kept; at most {left}"
            " are still to be read."
        )
        limited.next_step = "Wait, then send the same call again: it goes on from there."

    async def _keep(self) -> None:
        batch, self._unkept = self._unkept, []
        if batch and self.store and self._writable:
            await self._writing(self.store.index_put_many(self.kind, self.scope, batch))

    async def _forget(self, held: Mapping[str, Held]) -> None:
        gone = held.keys() - self.versions.keys()
        if gone and self.whole and self.store and self._writable:
            await self._writing(self.store.index_drop_many(self.kind, self.scope, gone))

    async def _writing(self, work: Awaitable[None]) -> None:
        try:
            await work
        except StoreError as failure:
            self._writable = False
            self._tell(failure)

    def _tell(self, failure: StoreError) -> None:
        _tell_of_reading(self.make, failure)


async def store_of(make: Make) -> Store | None:
    """Give the store of a call; None, with a warning, when it cannot be opened."""
    try:
        return await make.kernel.store() if make.kernel else None
    except Failure as failure:
        _tell_of_reading(make, failure)
        return None


def home_of(make: Make) -> str:
    """Tell apart what different zones, or sandboxes, keep in one store under the same ids."""
    if make.kernel and make.kernel.setup.sandbox is not None:
        return make.kernel.account_key
    return make.page_url("")


def _tell_of_reading(make: Make, failure: Failure) -> None:
    """Warn that an answer comes from Make itself because the store cannot be used."""
    make.warn(f"Blueprints were read from Make, not from the index: {failure.what}")
