"""Ports over plain dictionaries: run a blueprint without a world around it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from make_api_sandbox.agents.ports import MemoryAgents
from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.execution import ModuleRecord
from make_api_sandbox.engine.ports import (
    ConnectionState,
    HttpRequest,
    HttpResponse,
    SubRun,
    Variables,
    WebhookResponse,
)
from make_api_sandbox.engine.values import Bundle, Json

Sender = Callable[[HttpRequest], Awaitable[HttpResponse]]


@dataclass
class MemoryClock:
    """A clock that stands still except for sleeping."""

    moment: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    slept: float = 0

    def now(self) -> datetime:
        """The current moment."""
        return self.moment

    async def sleep(self, seconds: float) -> None:
        """Move on by `seconds` at once."""
        self.slept += seconds
        self.moment += timedelta(seconds=seconds)


@dataclass
class MemoryStores:
    """Data stores by id; `structures` holds the fields of those that have a structure."""

    stores: dict[int, dict[str, Bundle]] = field(default_factory=dict[int, dict[str, Bundle]])
    structures: dict[int, list[Json]] = field(default_factory=dict[int, list[Json]])

    def exists(self, store: int) -> bool:
        """Tell whether the store is there."""
        return store in self.stores

    def fields(self, store: int) -> Sequence[Json] | None:
        """Fields of the structure, if any."""
        return self.structures.get(store)

    def get(self, store: int, key: str) -> Bundle | None:
        """Read a record."""
        return self.stores[store].get(key)

    def put(self, store: int, key: str, record: Bundle) -> None:
        """Write a record."""
        self.stores[store][key] = record

    def delete(self, store: int, key: str) -> None:
        """Remove a record."""
        self.stores[store].pop(key, None)

    def records(self, store: int) -> Sequence[tuple[str, Bundle]]:
        """All records."""
        return list(self.stores[store].items())


@dataclass
class MemoryPorts:
    """Surroundings that remember what a run did to them."""

    clock: MemoryClock = field(default_factory=MemoryClock)
    stores: MemoryStores = field(default_factory=MemoryStores)
    agents: MemoryAgents = field(default_factory=MemoryAgents)
    random: Random = field(default_factory=lambda: Random(1))
    timezone: str = "UTC"
    custom: Variables = field(default_factory=Variables)
    connections: dict[int, ConnectionState] = field(default_factory=dict[int, ConnectionState])
    keys: dict[int, dict[str, Json]] = field(default_factory=dict[int, dict[str, Json]])
    data: dict[int, dict[str, Json]] = field(default_factory=dict[int, dict[str, Json]])
    answers: dict[str, SubRun] = field(default_factory=dict[str, SubRun])
    """What a called scenario answers, by the reference it is called with."""
    calls: list[tuple[str, dict[str, Json], bool]] = field(
        default_factory=list[tuple[str, dict[str, Json], bool]]
    )
    responses: list[WebhookResponse] = field(default_factory=list[WebhookResponse])
    sender: Sender | None = None
    stop_requested: bool = False

    def variables(self) -> Variables:
        """Custom variables."""
        return self.custom

    def stopped(self) -> bool:
        """Tell whether the run is to stop."""
        return self.stop_requested

    def key(self, key: int) -> Mapping[str, Json] | None:
        """Parameters of a key."""
        return self.keys.get(key)

    def connection(self, connection: int) -> ConnectionState:
        """Check a connection; unknown ones are missing."""
        return self.connections.get(connection, ConnectionState.MISSING)

    def going_on(self, operations: Sequence[ModuleRecord]) -> None:
        """Nobody looks while a run goes on here."""

    def module_data(self, module_id: int) -> dict[str, Json]:
        """What was kept for a module."""
        return self.data.get(module_id, {})

    def keep_module_data(self, module_id: int, data: dict[str, Json]) -> None:
        """Keep something for a module."""
        self.data[module_id] = data

    async def call_scenario(self, scenario: str, inputs: dict[str, Json], wait: bool) -> SubRun:
        """Answer from `answers`."""
        self.calls.append((scenario, inputs, wait))
        if scenario not in self.answers:
            raise ModuleError("RuntimeError", f"Scenario {scenario} does not exist.")
        return self.answers[scenario]

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Hand the request to `sender`; without one there is no network."""
        if self.sender is None:
            raise ModuleError("ConnectionError", f"No route to {request.url}.")
        return await self.sender(request)

    def respond(self, response: WebhookResponse) -> None:
        """Remember the answer."""
        self.responses.append(response)
