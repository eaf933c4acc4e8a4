"""What a running scenario can reach: the world behind the sandbox, as the engine's ports."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from make_api_sandbox import records
from make_api_sandbox.agents.in_world import WorldAgents
from make_api_sandbox.clock import Clock
from make_api_sandbox.custom_functions import functions_of
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
from make_api_sandbox.engine.values import Bundle, Json, plain
from make_api_sandbox.resources.connections import fault_of, has_expired
from make_api_sandbox.scenarios.outbound import send
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usage import organization_zone
from make_api_sandbox.variables import values
from make_api_sandbox.world import World

if TYPE_CHECKING:
    from make_api_sandbox.app import Sandbox

PATIENCE = 40.0
"""Seconds a responsive call waits (Make API reference, chapter 2.27), and how far a run may get
ahead of a driven clock: shorter sleeps pass at once, longer ones wait until the clock is moved."""

LARGEST_RECORD = 15 * 1024 * 1024
"""Bytes."""

MODULE_DATA = "SELECT module_data FROM scenarios WHERE id = ?"

POLL = 0.5
"""Seconds after which a parked run looks at the clock again, for one moved by another process."""

Caller = Callable[[Row, str, dict[str, Json], bool], Awaitable[SubRun]]
"""Runs a scenario on behalf of another one: (caller, reference, inputs, wait)."""


def zone_of(organization: Row) -> ZoneInfo:
    """Time zone of an organization; UTC when the machine does not know it."""
    zone = organization_zone(organization)
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")


class RunClock:
    """Time as one run sees it.

    On the machine's clock a sleep is a sleep. On a driven clock a run has a time of its own that
    only its sleeps move. It may be ahead of the world by `PATIENCE` seconds; beyond that it is
    parked until the clock follows.

    Args:
        clock: The world's clock.
        begins: When the run begins; earlier than now for a run that was due while a driven clock
            jumped over it.
    """

    def __init__(self, clock: Clock, begins: datetime | None = None) -> None:
        self._clock = clock
        self._driven = clock.mode == "driven"
        self._reached = begins or clock.now()
        self.stop = asyncio.Event()
        self.parked = asyncio.Event()
        self.moved = asyncio.Event()

    def now(self) -> datetime:
        """The moment this run has come to."""
        if self._driven:
            return self._reached
        return max(self._clock.now(), self._reached)

    async def sleep(self, seconds: float) -> None:
        """Let time pass; a request to stop ends it early."""
        self._driven = self._clock.mode == "driven"
        self._reached = self.now() + timedelta(seconds=seconds)
        if self._driven:
            await self._wait_for_clock()
        else:
            await _until(self.stop, seconds)
            self._reached = self._clock.now()

    async def _wait_for_clock(self) -> None:
        while self._is_too_far_ahead() and not self.stop.is_set():
            self.parked.set()
            await _until(self.moved, POLL)
            self.moved.clear()
        self.parked.clear()
        self._driven = self._clock.mode == "driven"

    def _is_too_far_ahead(self) -> bool:
        ahead = (self._reached - self._clock.now()).total_seconds()
        return ahead > PATIENCE and self._clock.mode == "driven"

    def interrupt(self) -> None:
        """Ask the run to stop."""
        self.stop.set()
        self.moved.set()


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


class TeamStores:
    """Data stores of a team."""

    def __init__(self, world: World, team_id: int) -> None:
        self._world = world
        self._team_id = team_id

    def exists(self, store: int) -> bool:
        """Tell whether the team has the data store."""
        row = self._world.get("data_stores", store)
        return row is not None and row["team_id"] == self._team_id

    def fields(self, store: int) -> Sequence[Json] | None:
        """Fields of the data structure, if the store has one."""
        structure = records.structure_of(self._world, self._row(store))
        return structure["spec"] if structure else None

    def get(self, store: int, key: str) -> Bundle | None:
        """Read a record."""
        return self._world.value(
            "SELECT data FROM data_store_records WHERE data_store_id = ? AND key = ?", store, key
        )

    def put(self, store: int, key: str, record: Bundle) -> None:
        """Write a record.

        Raises:
            ModuleError: `DataError` for a record of more than 15 MB, `OutOfSpaceError` when the
                store has no room for it.
        """
        data = cast("JsonObject", plain(record))
        if records.size_of(key, data) > LARGEST_RECORD:
            raise ModuleError("DataError", "The record is larger than 15 MB.")
        with self._world.write():
            former = self.get(store, key)
            taken = records.size_of(key, former) if former is not None else 0
            if records.size_of(key, data) - taken > records.free_bytes(
                self._world, self._row(store)
            ):
                raise ModuleError("OutOfSpaceError", "The data store has no room left.")
            records.put(self._world, store, key, data)

    def _row(self, store: int) -> Row:
        return self._world.get("data_stores", store) or {}

    def delete(self, store: int, key: str) -> None:
        """Remove a record."""
        sql = "DELETE FROM data_store_records WHERE data_store_id = ? AND key = ?"
        self._world.execute(sql, store, key)

    def records(self, store: int) -> Sequence[tuple[str, Bundle]]:
        """All records, in the order in which they were first written."""
        rows = self._world.rows(
            "SELECT key, data FROM data_store_records WHERE data_store_id = ? ORDER BY seq", store
        )
        return [(row["key"], row["data"]) for row in rows]


@dataclass
class WorldPorts:
    """Ports of one run of one scenario.

    Args:
        sandbox: The sandbox it runs in.
        scenario: Row of the scenario.
        organization: Row of its organization.
        clock: Time of the run.
        random: Generator of the run.
        call: Runs another scenario of the same team.
        write_down: Writes operations into the module logs while the run goes on.
        answer: Gets the first webhook response.
    """

    sandbox: "Sandbox"
    scenario: Row
    organization: Row
    clock: RunClock
    random: Random
    call: Caller
    write_down: Callable[[Sequence[ModuleRecord]], None]
    answer: "asyncio.Future[WebhookResponse] | None" = None
    stores: TeamStores = field(init=False)
    agents: WorldAgents = field(init=False)

    def __post_init__(self) -> None:
        self.stores = TeamStores(self.world, self.scenario["team_id"])
        self.agents = WorldAgents(self.world, self.scenario["team_id"])

    @property
    def world(self) -> World:
        """The world of the sandbox."""
        return self.sandbox.world

    @property
    def timezone(self) -> str:
        """Time zone of the organization."""
        return zone_of(self.organization).key

    def variables(self) -> Variables:
        """Variables of the organization and the team, and the team's functions."""
        return Variables(
            values(self.world, "organization", self.organization["id"]),
            values(self.world, "team", self.scenario["team_id"]),
            functions_of(self),
        )

    def stopped(self) -> bool:
        """Tell whether someone asked the run to stop."""
        return self.clock.stop.is_set()

    def key(self, key: int) -> Mapping[str, Json] | None:
        """Parameters of a key of the scenario's team."""
        row = self.world.get("keys", key)
        return row["parameters"] if row and row["team_id"] == self.scenario["team_id"] else None

    def connection(self, connection: int) -> ConnectionState:
        """Check a connection of the scenario's team; without its agent it counts as broken."""
        row = self.world.get("connections", connection)
        if row is None or row["team_id"] != self.scenario["team_id"]:
            return ConnectionState.MISSING
        if has_expired(self.world, row):
            return ConnectionState.EXPIRED
        return ConnectionState.BROKEN if fault_of(self.world, row) else ConnectionState.VALID

    def going_on(self, operations: Sequence[ModuleRecord]) -> None:
        """Show in the module logs what the run has done so far."""
        self.write_down(operations)

    def module_data(self, module_id: int) -> dict[str, Json]:
        """What the scenario keeps for a module between runs."""
        kept: JsonObject | None = self.world.value(MODULE_DATA, self._id)
        return (kept or {}).get(str(module_id), {})

    def keep_module_data(self, module_id: int, data: dict[str, Json]) -> None:
        """Replace what the scenario keeps for a module."""
        kept: JsonObject = self.world.value(MODULE_DATA, self._id)
        self.world.update("scenarios", self._id, module_data={**kept, str(module_id): data})

    @property
    def _id(self) -> int:
        return self.scenario["id"]

    async def call_scenario(self, scenario: str, inputs: dict[str, Json], wait: bool) -> SubRun:
        """Run another scenario of the team."""
        return await self.call(self.scenario, scenario, inputs, wait)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request to this machine or to one of the sandbox's hooks, nowhere else."""
        return await send(self.sandbox, request)

    def respond(self, response: WebhookResponse) -> None:
        """Answer the caller of the webhook; later answers are ignored."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(response)
