"""Tables and progress bars for people, drawn with rich."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any, cast

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

_WIDEST_CELL = 60
_NARROW_CELL = 10
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(\.\d+)?Z")


def show(data: dict[str, Any]) -> None:
    """Print a result: single values first, then a table for each list of things."""
    console = Console()
    lists = {k: v for k, v in data.items() if _is_rows(v)}
    plain = {k: v for k, v in data.items() if k not in lists and v not in (None, [], {})}
    for name, rows in lists.items():
        console.print(table_of(name, rows))
    if plain:
        console.print(_pairs(plain))


def table_of(name: str, rows: list[dict[str, Any]], *, widest: int = _WIDEST_CELL) -> Table:
    """Make a table of rows; columns in the order in which they first appear.

    Args:
        name: Title of the table.
        rows: What stands in it.
        widest: Characters of a cell; longer ones end with an ellipsis.
    """
    title = name.replace("_", " ")
    table = Table(
        title=title,
        title_justify="left",
        header_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    columns = list(dict.fromkeys(key for row in rows for key in row))
    for column in columns:
        cells = [_cell(row.get(column), widest) for row in rows]
        longest = max(map(len, cells))
        numeric = all(_is_number(row.get(column)) for row in rows)
        table.add_column(
            column.replace("_", " "),
            justify="right" if numeric else "left",
            no_wrap=longest <= _NARROW_CELL,
            min_width=min(longest, _NARROW_CELL),
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(_cell(row.get(column), widest) for column in columns))
    return table


def _pairs(values: dict[str, Any]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(name.replace("_", " "), Text(_words(value)))
    return table


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(value: Any, widest: int) -> Text:
    words = _words(value).replace("\n", " ")
    return Text(words if len(words) <= widest else f"{words[: widest - 1]}…")


def _words(value: Any, indent: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        rows = cast("dict[str, Any]", value).items()
        lines = [f"{indent}{k.replace('_', ' ')}: {_words(v, indent + '  ')}" for k, v in rows]
        return "\n".join(lines) if not indent else "\n" + "\n".join(lines)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if all(not isinstance(item, dict | list) for item in items):
            return ", ".join(_words(item) for item in items)
        return "\n".join(f"{indent}- {_words(item, indent + '  ').strip()}" for item in items)
    moment = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    return f"{moment[1]} {moment[2]}" if moment else str(value)


def _is_rows(value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(item, dict) for item in cast("list[Any]", value))


class Progress:
    """A progress bar on stderr that appears when a tool first reports progress."""

    def __init__(self, *, enabled: bool) -> None:
        self._bar: Bar | None = None
        self._enabled = enabled
        self._task: Any = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    async def progress(self, done: float, total: float | None, message: str) -> None:
        """Draw how far the work has come."""
        if not self._enabled:
            return
        if self._bar is None:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(message, total=total)
        self._bar.update(self._task, completed=done, total=total, description=message)
