"""The doors through which a running blueprint touches the world around it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Protocol

from make_api_sandbox.agents.ports import Agents
from make_api_sandbox.engine.execution import ModuleRecord
from make_api_sandbox.engine.values import Bundle, Json, Value


class ConnectionState(StrEnum):
    """What a check of a connection says."""

    VALID = "valid"
    EXPIRED = "expired"
    BROKEN = "broken"
    MISSING = "missing"


class Clock(Protocol):
    """Time as the run sees it."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` pass; returns early when the run is asked to stop."""
        ...


class Stores(Protocol):
    """Records of data stores. Failures are raised as `ModuleError`."""

    def exists(self, store: int) -> bool:
        """Tell whether the team has the data store."""
        ...

    def fields(self, store: int) -> Sequence[Json] | None:
        """The fields of the store's data structure; None when it has none."""
        ...

    def get(self, store: int, key: str) -> Bundle | None:
        """Read a record; None when there is none."""
        ...

    def put(self, store: int, key: str, record: Bundle) -> None:
        """Write a record, replacing one with the same key."""
        ...

    def delete(self, store: int, key: str) -> None:
        """Remove a record; a missing one is no failure."""
        ...

    def records(self, store: int) -> Sequence[tuple[str, Bundle]]:
        """All records as (key, data), in the order in which they were first written."""
        ...


@dataclass(frozen=True)
class HttpRequest:
    """A request an HTTP module wants to send."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout: float = 40
    follow_redirects: bool = True


@dataclass(frozen=True)
class HttpResponse:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class SubRun:
    """Result of calling another scenario; `outputs` stay None unless it was waited for."""

    execution_id: str
    outputs: Mapping[str, Json] | None = None
    error: str | None = None


@dataclass(frozen=True)
class WebhookResponse:
    """What a Webhook response module answers."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Variables:
    """Custom variables and functions that a run can use, read once when it starts."""

    organization: Mapping[str, Value] = field(default_factory=dict[str, Value])
    team: Mapping[str, Value] = field(default_factory=dict[str, Value])
    functions: Mapping[str, Callable[..., Value]] = field(
        default_factory=dict[str, Callable[..., Value]]
    )
    """Custom functions of the team, by name."""


class Ports(Protocol):
    """Everything a run may ask of its surroundings."""

    @property
    def clock(self) -> Clock:
        """Time of the run."""
        ...

    @property
    def stores(self) -> Stores:
        """The data stores of the team."""
        ...

    @property
    def agents(self) -> Agents:
        """The AI agents of the team."""
        ...

    @property
    def random(self) -> Random:
        """A generator seeded by the caller."""
        ...

    @property
    def timezone(self) -> str:
        """IANA name of the organization's time zone."""
        ...

    def variables(self) -> Variables:
        """Custom variables of the organization and the team, and the team's functions."""
        ...

    def stopped(self) -> bool:
        """True once someone asked the run to stop."""
        ...

    def key(self, key: int) -> Mapping[str, Json] | None:
        """Parameters of a key of the team; None when it has none with this id."""
        ...

    def connection(self, connection: int) -> ConnectionState:
        """Check a connection."""
        ...

    def going_on(self, operations: Sequence[ModuleRecord]) -> None:
        """Hear what the run has done so far; told before the run lets time pass."""
        ...

    def module_data(self, module_id: int) -> dict[str, Json]:
        """What the scenario keeps for a module between runs."""
        ...

    def keep_module_data(self, module_id: int, data: dict[str, Json]) -> None:
        """Replace what the scenario keeps for a module."""
        ...

    async def call_scenario(self, scenario: str, inputs: dict[str, Json], wait: bool) -> SubRun:
        """Run another scenario; `scenario` is its id, with or without the `SCN_` prefix."""
        ...

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request; raises `ModuleError("ConnectionError", …)` where it cannot go."""
        ...

    def respond(self, response: WebhookResponse) -> None:
        """Answer the webhook request that started the run; only the first answer counts."""
        ...
