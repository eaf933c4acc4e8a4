"""The order of a log, and the place of an entry in it.

Entries stand in the order of their time; those of the same millisecond in the order in which they
were written (`seq`). That order is total, so a page that goes on after `pg[last]` neither repeats
nor skips an entry.
"""

from make_api_sandbox.http.paging import Page
from make_api_sandbox.world import World

TIE = "seq"
"""Decides between entries of the same millisecond."""


def behind(world: World, table: str, page: Page) -> tuple[str, list[int]]:
    """The condition and its values that continue after `pg[last]`; empty without it.

    Args:
        world: Where the log is.
        table: Its table, which has `imt_id`, `timestamp_ms` and `seq`.
        page: The page asked for. A key that the log does not know (any more) stands for all
            entries of its millisecond, which are shown again.
    """
    if not page.last:
        return "", []
    sign = "<" if page.direction == "desc" else ">"
    found = world.row(f"SELECT timestamp_ms, seq FROM {table} WHERE imt_id = ?", page.last)
    if found is None:
        return f" AND timestamp_ms {sign}= ?", [_moment(page.last)]
    again = "=" if page.show_last else ""
    return f" AND (timestamp_ms, seq) {sign}{again} (?, ?)", [found["timestamp_ms"], found["seq"]]


def _moment(key: str) -> int:
    """The epoch milliseconds with which a key begins; 0 for what is none."""
    digits = key.partition("_")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else 0
