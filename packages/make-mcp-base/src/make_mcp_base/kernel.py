"""The kernel: one server's parts, each made when it is first needed.

Making a kernel imports nothing heavy and opens nothing. The Make client comes with the first call,
the store with the first write.
"""

from __future__ import annotations

import os
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from make_mcp_base.errors import Failure
from make_mcp_base.surface.assembly import surface_of
from make_mcp_base.surface.offered import Offered

if TYPE_CHECKING:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from make_mcp_base.app import App
    from make_mcp_base.calls.account import Account
    from make_mcp_base.calls.live import LiveApi
    from make_mcp_base.calls.operation import Seal
    from make_mcp_base.definition.catalog import Entry
    from make_mcp_base.definition.category import Tool
    from make_mcp_base.safety.policy import PolicyGate
    from make_mcp_base.sandboxed import Mounted
    from make_mcp_base.setup import Setup
    from make_mcp_base.store.port import Store
    from make_mcp_base.surface.rights import Holder, Rights
    from make_mcp_base.surface.surface import Surface

_ACCOUNT_PATIENCE = 3.0

requested_surface: ContextVar[Surface | None] = ContextVar("requested_surface", default=None)
"""The narrower surface an HTTP request asked for, set around its handling."""


@dataclass(slots=True)
class Counters:
    """What `/metrics` and `health_check` tell about this process."""

    calls: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    last_failure: str = ""
    writing: int = 0
    """Requests that change Make and are under way."""

    def count(self, tool: str, outcome: str, seconds: float) -> None:
        """Count one call."""
        self.calls[tool, outcome] = self.calls.get((tool, outcome), 0) + 1
        self.seconds[tool] = self.seconds.get(tool, 0.0) + seconds


@dataclass(slots=True)
class Kernel:
    """The parts of one server process.

    Attributes:
        app: What the server is.
        setup: What this process was told.
        whole_surface: All tools the operator allows.
        policies: Judges writes before they are sent.
        offered: Scenarios that are tools of their own.
    """

    app: App
    setup: Setup
    whole_surface: Surface
    policies: PolicyGate | None = None
    offered: Offered = field(default_factory=Offered)
    counters: Counters = field(default_factory=Counters)
    _remembered: tuple[Rights | None] | None = None
    _api: LiveApi | None = None
    _store: Store | None = None
    _mounted: Mounted | None = None
    _temporary: TemporaryDirectory[str] | None = None
    _tools: dict[str, Tool] = field(default_factory=dict[str, "Tool"])
    _making: anyio.Lock = field(default_factory=anyio.Lock)
    _opening: anyio.Lock = field(default_factory=anyio.Lock)

    @classmethod
    def of(cls, app: App, setup: Setup) -> Kernel:
        """Put a server together from its declaration and the process's choices.

        Raises:
            Failure: A bundle is missing, or the choice of tools names unknown ones.
        """
        surface = surface_of(app, setup.selection)
        return cls(app, setup, surface, offered=Offered(setup.run_tools))

    @property
    def surface(self) -> Surface:
        """The tools of the request at hand: the operator's, or what its caller narrowed them to."""
        return requested_surface.get() or self.whole_surface

    # Parts

    async def api(self) -> LiveApi:
        """Give the API, made at the first call.

        Raises:
            Failure: The configuration cannot be used.
        """
        async with self._making:
            if self._api is None:
                self._api = await self._make_api()
        return self._api

    async def store(self) -> Store:
        """Give the store, opened at the first call.

        Raises:
            Failure: It cannot be opened.
        """
        async with self._opening:
            if self._store is None:
                from make_mcp_base.store.open import open_store

                self._store = await open_store(self.setup.store_url or None, data_dir=self.place)
        return self._store

    @property
    def api_if_made(self) -> LiveApi | None:
        """The API when something has needed it already."""
        return self._api

    @property
    def known_account(self) -> Account | None:
        """The account when it has been read, without asking."""
        return self._api.known_account if self._api else None

    @property
    def defaults(self) -> tuple[int | None, int | None]:
        """Team and organization of the configuration."""
        if self._api is None:
            return None, None
        settings = self._api.client.settings
        return settings.team_id, settings.organization_id

    @property
    def place(self) -> Path:
        """Directory of this account's zone; beside its world for a sandbox."""
        if self.setup.sandbox is not None:
            world = self.world().world_path
            return world.parent / f"{world.stem}-store" if world else self._in_memory()
        return self.setup.data_dir / self.setup.client_settings().host.replace(":", "_")

    @property
    def account_key(self) -> str:
        """Name of the acting account in the journal; tells nothing about its token."""
        from make_mcp_base.setup import account_digest

        if self.setup.sandbox is not None:
            mounted = self.world()
            return account_digest(mounted.token, mounted.base_url)
        settings = self.setup.client_settings()
        return account_digest(settings.token, settings.host)

    async def seal(self) -> Seal:
        """Give what encrypts undo data: keyed by a file beside the store, or by a shared store."""
        import hashlib

        from make_mcp_base.calls.operation import Seal

        if self.setup.store_url:
            return Seal(await (await self.store()).secret("undo", 32))
        from make_mcp_base.store.keys import signing_key

        raw = signing_key(self.place).private_bytes_raw()
        return Seal(hashlib.blake2b(raw, digest_size=32, person=b"undo").digest())

    async def account_soon(self) -> Account | None:
        """Give the account if it is known or told within three seconds; None otherwise."""
        try:
            with anyio.move_on_after(_ACCOUNT_PATIENCE):
                return await (await self.api()).account()
        except Failure as failure:
            self.counters.last_failure = failure.what
        return None

    def list_as(self, rights: Rights | None) -> None:
        """List tools for these rights from now on, rather than ask Make; see `surface.rights`."""
        self._remembered = (rights,)

    async def rights_to_list(self) -> Holder | None:
        """Give the rights that decide which tools are listed; None lists all of the selection."""
        return self._remembered[0] if self._remembered else await self.account_soon()

    async def listed(self) -> list[Entry]:
        """Give the tools of `tools/list`, run tools after the others."""
        await self.offered.refresh(self)
        entries = self.surface.shown(await self.rights_to_list())
        return [*entries, *self.offered.shown(self.surface.selection)]

    def tool(self, entry: Entry) -> Tool:
        """Give the code of a tool, its category imported at the first call.

        Raises:
            Failure: The bundle is broken.
        """
        if entry.name not in self._tools:
            bundle = next(b for b in self.surface.bundles if b.name == entry.bundle)
            self._tools.update(bundle.load(entry.category).tools)
        return self._tools[entry.name]

    async def aclose(self) -> None:
        """Sign the journal so far, and let go of connections and files."""
        with anyio.CancelScope(shield=True), anyio.move_on_after(1.5):
            if self._store is not None:
                await self._checkpoint()
                await self._store.close()
            if self._api is not None:
                await self._api.client.aclose()
            if self._mounted is not None:
                await self._mounted.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    @property
    def checkpoints(self) -> Path:
        """File of the journal's signed checkpoints, outside the store."""
        return self.place / "checkpoints.jsonl"

    async def _checkpoint(self) -> None:
        from make_mcp_base.store.chain import checkpoint
        from make_mcp_base.store.keys import signing_key

        store = await self.store()
        if await store.journal_scan(0, 1):
            try:
                await checkpoint(
                    store,
                    self.checkpoints,
                    signing_key(self.place),
                    at=time.time(),
                    owner=f"pid-{os.getpid()}",
                )
            except Failure as failure:
                self.counters.last_failure = failure.what

    async def _make_api(self) -> LiveApi:
        from make_mcp_base.calls.live import LiveApi, SharedBudget, zone_of
        from make_mcp_base.client.budget import LocalBudget
        from make_mcp_base.client.client import MakeClient
        from make_mcp_base.client.settings import ClientSettings

        transport = wire = None
        if self.setup.sandbox is not None:
            from make_mcp_base.client.transport import HttpxWire, in_process

            mounted = self.world()
            settings = ClientSettings(mounted.token, mounted.base_url)
            transport = in_process(mounted.app)
            wire = HttpxWire(transport)
        else:
            settings = self.setup.client_settings()
        try:
            shared = SharedBudget(await self.store(), LocalBudget())
        except Failure as failure:  # reading works without a store; only writes insist on one
            self.counters.last_failure = failure.what
            shared = None
        client = MakeClient(settings, transport=transport, budget=shared or LocalBudget())
        return LiveApi(client, shared, zone_of(settings.base_url), wire, self._keep_rights)

    def _keep_rights(self, account: Account) -> None:
        """Keep what the next run lists tools by; without it that run lists them all."""
        from make_mcp_base.surface.rights import remember, rights_of

        if file := self.setup.rights_file:
            try:
                remember(file, rights_of(account))
            except OSError as error:
                self.counters.last_failure = f"The rights of the token were not kept: {error}"

    def world(self) -> Mounted:
        """Give the sandbox, mounted at the first call."""
        if self._mounted is None:
            from make_mcp_base.sandboxed import mount

            self._mounted = mount(self.setup.sandbox or None)
        return self._mounted

    def _in_memory(self) -> Path:
        """Give the directory of a sandbox in memory: gone with the process, like its world."""
        from pathlib import Path
        from tempfile import TemporaryDirectory

        if self._temporary is None:
            self._temporary = TemporaryDirectory(prefix="make-mcp-")
        return Path(self._temporary.name)
