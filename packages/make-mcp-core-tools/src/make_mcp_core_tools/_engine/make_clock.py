"""Make's clock: the `Date` of its answers (RFC 9110, section 6.6.1).

What is compared with dates of Make is compared by this clock, not by the machine's, which may be
wrong, or set to another time than a sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from make_mcp_base.authoring import Failure, Output
from pydantic import ValidationError

from make_mcp_core_tools._engine.moments import is_span

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

M = TypeVar("M", bound=Output)

Clock = Literal["make", "machine"]
_SELF = "/users/me/current-authorization"


@dataclass(frozen=True, slots=True)
class Reading:
    """A moment, and whose clock told it.

    Attributes:
        at: The moment, to the second.
        clock: `make` for the `Date` of an answer; `machine` where Make sent none.
    """

    at: datetime
    clock: Clock


async def read_dated(make: Make, path: str, *, into: type[M], scope: str) -> tuple[M, Reading]:
    """Read something and the moment at which Make told it.

    Args:
        make: The call's Make.
        path: API path with its ids filled in.
        into: Model of the answer, wrapper key included.
        scope: Make's permission it needs.

    Raises:
        Failure: As for any request.
    """
    if make.kernel is None:
        return await make.get(path, into=into, scope=scope), machine_time()
    client = (await make.kernel.api()).client
    answer = await client.request(
        "GET", path, scope=scope or None, organization=make.organization_id
    )
    try:
        found = into.model_validate(answer.json)
    except ValidationError as wrong:
        raise Failure(
            f"Make's answer to {path} was not as documented.",
            why=f"{wrong.error_count()} of its members are not of their types.",
            next_step="Call `health_check`; if all is well, report this.",
            code="unexpected_answer",
        ) from wrong
    return found, _dated(answer.headers.get("date"))


async def make_time(make: Make) -> Reading:
    """Ask what time it is at Make; a request of its own."""
    return (await read_dated(make, _SELF, into=Output, scope=""))[1]


async def now_for(make: Make, *moments: str | None) -> float:
    """Give the epoch seconds that spans back count from; Make is asked when there is a span."""
    if any(is_span(moment) for moment in moments if moment is not None):
        return (await make_time(make)).at.timestamp()
    return machine_time().at.timestamp()


def machine_time() -> Reading:
    """Tell the machine's own time."""
    return Reading(datetime.now(UTC).replace(microsecond=0), "machine")


def _dated(header: str | None) -> Reading:
    try:
        told = parsedate_to_datetime(header or "")
    except ValueError:
        return machine_time()
    return Reading(told.astimezone(UTC), "make")
