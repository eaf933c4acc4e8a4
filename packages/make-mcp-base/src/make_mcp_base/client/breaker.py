"""A circuit breaker for one zone.

Counts answers of 500 and above, timeouts and broken connections; a refusal (4xx) proves that the
zone is alive. After some in a row the zone is left alone, then one request is let through.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from make_mcp_base.client.failures import CircuitOpen, MakeDown, TimedOut, Unreachable
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

Condition = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class BreakerState:
    """What a breaker shows of itself.

    Attributes:
        zone: Host it stands for.
        condition: `closed` lets everything through, `open` nothing, `half_open` one request.
        failures: Failures in a row.
        retry_in_seconds: Seconds until one request is let through, 0 when something may pass.
        last_failure: What failed last, "" when nothing did.
    """

    zone: str
    condition: Condition
    failures: int
    retry_in_seconds: float
    last_failure: str


class Breaker:
    """Opens after `threshold` failures in a row, for `rest` seconds.

    Args:
        zone: Host it stands for.
        threshold: Failures in a row that open it.
        rest: Seconds during which nothing is sent once it is open.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        zone: str,
        *,
        threshold: int = 5,
        rest: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._zone = zone
        self._threshold = threshold
        self._rest = rest
        self._clock = clock
        self._failures = 0
        self._opened: float | None = None
        self._probing = False
        self._last = ""

    @property
    def state(self) -> BreakerState:
        """The present state."""
        return BreakerState(self._zone, self._condition(), self._failures, self._left(), self._last)

    def check(self) -> None:
        """Refuse when nothing may be sent now. Raises `CircuitOpen`."""
        condition = self._condition()
        if condition == "open" or (condition == "half_open" and self._probing):
            raise CircuitOpen(self._zone, max(self._left(), 1.0), self._last)

    @contextmanager
    def watch(self) -> Generator[None]:
        """Let one request through and learn from how it ends. Raises `CircuitOpen`.

        A cancelled request teaches nothing and frees its place.
        """
        self.check()
        probe = self._condition() == "half_open"
        self._probing = self._probing or probe
        try:
            yield
        except (MakeDown, Unreachable, TimedOut) as failure:
            self._failed(failure)
            raise
        except Failure:
            self._succeeded()
            raise
        else:
            self._succeeded()
        finally:
            self._probing = self._probing and not probe

    def _condition(self) -> Condition:
        if self._opened is None:
            return "closed"
        return "open" if self._left() > 0 else "half_open"

    def _left(self) -> float:
        if self._opened is None:
            return 0.0
        return max(0.0, self._opened + self._rest - self._clock())

    def _failed(self, failure: Failure) -> None:
        self._failures += 1
        self._last = f"{failure.code} {failure.status}" if failure.status else failure.code
        if self._failures >= self._threshold:
            self._opened = self._clock()

    def _succeeded(self) -> None:
        self._failures = 0
        self._opened = None
        self._last = ""
