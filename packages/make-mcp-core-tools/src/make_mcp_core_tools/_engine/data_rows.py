"""Records as text: NDJSON, JSON and CSV, read with their line numbers and written line by line."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from make_mcp_core_tools._engine.data_inference import delimiter_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from make_mcp_base.authoring import Document

    from make_mcp_core_tools._engine.data_fields import Fields

KEY = "$key"
"""What a record's key is called where fields are named."""

Format = Literal["ndjson", "json", "csv"]

_LONGEST_KEY = 256
_MADE_KEY = 12


@dataclass(frozen=True)
class Row:
    """A row that can be read: where it stands, its key or None, and what it holds."""

    line: int
    key: str | None
    data: Document


@dataclass
class Rows:
    """What was found in a text.

    Attributes:
        good: Rows that can be read.
        bad: Line and reason of each that cannot.
    """

    good: list[Row] = field(default_factory=list[Row])
    bad: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def take(self, line: int, found: object, key_field: str) -> None:
        """Add a row, or say why it is none."""
        if not isinstance(found, dict):
            self.bad.append((line, "is no object."))
            return
        data = cast("Document", found)
        if key_field == KEY and data.keys() == {"key", "data"} and isinstance(data["data"], dict):
            data = {KEY: data["key"], **cast("Document", data["data"])}
        key = data.get(key_field)
        if fault := _key_fault(key, key_field):
            self.bad.append((line, fault))
            return
        kept = {name: value for name, value in data.items() if name != KEY}
        self.good.append(Row(line, None if key is None else str(key), kept))


def _key_fault(key: object, name: str) -> str:
    if key is None:
        return ""
    if isinstance(key, bool) or not isinstance(key, str | int):
        return f"{name}: a key must be a text or a whole number."
    if not 0 < len(str(key)) <= _LONGEST_KEY:
        return f"{name}: a key has 1 to {_LONGEST_KEY} characters."
    return ""


# Reading


def rows_of_objects(found: Iterable[object], key_field: str) -> Rows:
    """Read rows that are data already; they are counted from 1."""
    rows = Rows()
    for line, one in enumerate(found, 1):
        rows.take(line, one, key_field)
    return rows


def rows_of_text(text: str, form: Format, key_field: str, fields: Fields) -> Rows:
    """Read rows out of a text.

    Args:
        text: The text.
        form: What it is.
        key_field: Member that holds a record's key.
        fields: Fields of the data structure, by which cells of CSV get their types.

    Returns:
        The rows with their lines; those of a JSON list are counted from 1.

    Raises:
        ValueError: The text as a whole cannot be read.
    """
    text = text.removeprefix("\ufeff")
    if form == "csv":
        return _rows_of_csv(text, key_field, {str(each.get("name")): each for each in fields})
    if form == "json":
        whole = _parsed(text)
        return rows_of_objects(cast("list[Any]", _listed(whole)), key_field)
    rows = Rows()
    for line, one in enumerate(text.splitlines(), 1):
        if not one.strip():
            continue
        try:
            rows.take(line, _parsed(one), key_field)
        except ValueError as wrong:
            rows.bad.append((line, f"is no JSON: {wrong}."))
    return rows


def form_of(text: str) -> Format:
    """Guess what a text is from how it begins."""
    text = text.removeprefix("\ufeff").lstrip()
    if not text.startswith("{"):
        return "json" if text.startswith("[") else "csv"
    try:
        _parsed(text)
    except ValueError:
        return "ndjson"
    return "json"


def _parsed(text: str) -> object:
    def refused(constant: str) -> float:
        raise ValueError(f"{constant} is no number of JSON")

    try:
        return json.loads(text, parse_constant=refused)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _listed(whole: object) -> object:
    """Take a list of rows, one row, or the answer of a tool that lists records."""
    if isinstance(whole, dict):
        members = cast("Document", whole)
        whole = members["records"] if isinstance(members.get("records"), list) else [members]
    if not isinstance(whole, list):
        raise ValueError("it is no list of objects")
    return cast("object", whole)


def _rows_of_csv(text: str, key_field: str, fields: Mapping[str, Document]) -> Rows:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    rows = Rows()
    nothing: list[str] = []
    header = [cell.strip() for cell in next(reader, nothing)]
    if not all(header) or not header or len(set(header)) < len(header):
        raise ValueError("its header has no column, one without a name, or a name twice")
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as wrong:
            rows.bad.append((line, f"is no CSV: {wrong}."))
            return rows
        if cells is None:
            return rows
        if len(cells) > len(header):
            rows.bad.append((line, f"has {len(cells)} cells, the header has {len(header)}."))
        elif any(cells):
            named = zip(header, cells, strict=False)
            found = {name: _typed(cell, fields.get(name)) for name, cell in named if cell}
            rows.take(line, found, key_field)


def _typed(cell: str, one: Document | None) -> Any:
    """Read a cell as its field's type; what cannot be read so stays text, to be refused later."""
    kind = one.get("type") if one else None
    if kind == "boolean" and cell.lower() in {"true", "false"}:
        return cell.lower() == "true"
    if kind in {"number", "collection", "array"}:
        try:
            return _parsed(cell)
        except ValueError:
            return cell
    return cell


# Keys


def with_keys(rows: Sequence[Row]) -> list[Row]:
    """Give rows without a key one made of what they hold.

    The same rows always get the same keys, so that sending them again adds nothing.
    """
    seen: dict[str, int] = {}
    return [row if row.key is not None else _keyed(row, seen) for row in rows]


def _keyed(row: Row, seen: dict[str, int]) -> Row:
    text = json.dumps(row.data, sort_keys=True, ensure_ascii=False)
    seen[text] = seen.get(text, 0) + 1
    digest = hashlib.sha256(f"{seen[text]}:{text}".encode()).hexdigest()
    return Row(row.line, digest[:_MADE_KEY], row.data)


# Writing


def line_of(key: str, data: Document, form: Format, columns: Sequence[str]) -> str:
    """Write a record as a line, without its end."""
    if form == "csv":
        return csv_line([_cell({KEY: key, **data}.get(name)) for name in columns])
    return json.dumps({KEY: key, **data}, ensure_ascii=False, separators=(",", ":"))


def csv_line(cells: Sequence[str]) -> str:
    """Write cells as a line of CSV (RFC 4180), without its end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)  # cells with either are quoted then
    return text.getvalue().removesuffix("\r\n")


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
