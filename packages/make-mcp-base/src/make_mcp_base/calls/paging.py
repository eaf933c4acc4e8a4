"""Pages of a list that is known whole: filters apply to all rows, then one page is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.definition.models import PageInput

M = TypeVar("M")


def page_of(rows: Sequence[M], args: PageInput) -> tuple[list[M], dict[str, Any]]:
    """Cut one page out of all rows.

    Returns:
        The rows of the page, and the members `total` and `next_cursor` of a `Page`.

    Raises:
        Failure: The cursor is not one that this tool gave.
    """
    start = _offset(args.cursor)
    end = start + args.limit
    more = {"next_cursor": f"c{end}"} if end < len(rows) else {}
    return list(rows[start:end]), {"total": len(rows), **more}


def rows_needed(args: PageInput) -> int:
    """Tell how many rows have to be known to give the page, and to say that there are more."""
    return _offset(args.cursor) + args.limit + 1


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor[:1] == "c" and cursor[1:].isdigit() and len(cursor) < 12):
        raise Failure(
            f"`{cursor[:20]}` is not a cursor of this tool.",
            next_step="Leave `cursor` out for the first page, or send `next_cursor` unchanged.",
            code="invalid_arguments",
        )
    return int(cursor[1:])
