"""The world's time: the machine's own, or one that moves only when told."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from make_api_sandbox.world import World

Listener = Callable[[datetime], Awaitable[None]]
"""Told the new time after a driven clock moved."""

EPOCH = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""Where a driven clock starts when nobody set it."""


def stamp(moment: datetime) -> str:
    """Write a time as the API does: ISO 8601 UTC with milliseconds and `Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def milliseconds(moment: datetime) -> int:
    """Epoch milliseconds, as log filters and `imtId` use them."""
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def stamp_of(value: int) -> str:
    """Write epoch milliseconds as `stamp` does, several times as fast."""
    minute, rest = divmod(value, 60_000)
    return f"{_minute(minute)}:{rest // 1000:02}.{rest % 1000:03}Z"


@lru_cache(4096)
def _minute(minute: int) -> str:
    """Date, hour and minute of minutes since the epoch."""
    return datetime.fromtimestamp(minute * 60, UTC).isoformat(timespec="minutes")[:16]


def from_milliseconds(value: int) -> datetime:
    """The time of epoch milliseconds, aware, UTC."""
    return datetime.fromtimestamp(value // 1000, UTC) + timedelta(milliseconds=value % 1000)


def parse_stamp(text: str) -> datetime:
    """Read an ISO 8601 time; one without a zone is UTC.

    Raises:
        ValueError: The text is no ISO 8601 date and time.
    """
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Clock:
    """Time of one world; kept in its settings so that every process sharing the file agrees."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._listeners: list[Listener] = []

    @property
    def mode(self) -> Literal["real", "driven"]:
        """`driven` once `set` was called, until `release`."""
        return "driven" if self._world.setting("clock") else "real"

    def now(self) -> datetime:
        """The current time, aware, UTC."""
        driven = self._world.setting("clock")
        return parse_stamp(driven) if driven else datetime.now(UTC)

    def stamp(self) -> str:
        """The current time as the API writes it."""
        return stamp(self.now())

    def milliseconds(self) -> int:
        """The current time in epoch milliseconds."""
        return milliseconds(self.now())

    def subscribe(self, listener: Listener) -> None:
        """Have `listener` awaited after every move of a driven clock in this process."""
        self._listeners.append(listener)

    def freeze(self, moment: datetime) -> None:
        """Drive the clock from `moment` on, without telling the listeners."""
        self._world.set_setting("clock", moment.astimezone(UTC).isoformat())

    async def set(self, moment: datetime) -> None:
        """Drive the clock, starting at `moment`, and tell the listeners."""
        self.freeze(moment)
        for listener in self._listeners:
            await listener(moment)

    async def advance(self, seconds: float) -> datetime:
        """Move a driven clock on by `seconds`; a real clock is frozen at its time first."""
        moment = self.now() + timedelta(seconds=seconds)
        await self.set(moment)
        return moment

    @contextmanager
    def held(self) -> Generator[None]:
        """Let no time pass inside, so that what is made together bears the same moment."""
        was_real = self.mode == "real"
        self.freeze(self.now())
        try:
            yield
        finally:
            if was_real:
                self.release()

    def release(self) -> None:
        """Return to the machine's time."""
        self._world.set_setting("clock", None)
