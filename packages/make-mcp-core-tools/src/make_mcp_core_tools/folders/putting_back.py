"""How much of what was deleted an undo may put back: one API call each, and kept until then."""

from collections.abc import Sequence

from make_mcp_base.authoring import Make, Request, post

from make_mcp_core_tools._engine.call_minute import SPARE_CALLS, calls_of_minute
from make_mcp_core_tools.folders.stores import Record

_MOST = 500
_LARGEST_BACKUP_BYTES = 2_000_000


async def most_put_back(make: Make, team_id: int) -> int:
    """Say how many things of a team an undo may put back: within a minute's API calls."""
    a_minute = await calls_of_minute(make, team_id)
    return min(_MOST, max(a_minute - SPARE_CALLS, SPARE_CALLS)) if a_minute else _MOST


def puts_back(path: str, records: Sequence[Record]) -> tuple[Request, ...]:
    """Give the requests that add records again."""
    return tuple(post(path, {"key": record.key, "data": record.data}) for record in records)


def is_small(records: Sequence[Record]) -> bool:
    """Tell whether records are few bytes enough to be kept for an undo."""
    return sum(len(record.model_dump_json()) for record in records) <= _LARGEST_BACKUP_BYTES
