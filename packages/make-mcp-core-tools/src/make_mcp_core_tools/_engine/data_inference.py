"""Data structures from samples: types, dates, nested things, and what may be absent.

Several samples are merged: a field has the type that fits all its values, and is required when
every one of at least two samples has it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, cast

from make_mcp_base.authoring import Document

from make_mcp_core_tools._engine.data_fields import Fields, is_date

Record = dict[str, Any]
_DEEPEST = 20

# Fields


def fields_of_samples(samples: Sequence[Record], path: str = "") -> tuple[Fields, list[str]]:
    """Infer the fields that all samples follow.

    Args:
        samples: Records, JSON data.
        path: Where they stand, for the remarks.

    Returns:
        The fields in order of first appearance, and what could not be known.
    """
    names = list(dict.fromkeys(name for sample in samples for name in sample))
    fields: Fields = []
    remarks: list[str] = []
    for name in names:
        values = [sample.get(name) for sample in samples]
        at = f"{path}.{name}" if path else name
        field, told = _field_of([value for value in values if value is not None], at)
        always = len(samples) > 1 and all(value is not None for value in values)
        fields.append({"name": name} | field | ({"required": True} if always else {}))
        remarks += told
    return fields, remarks


def _field_of(values: list[Any], path: str) -> tuple[Document, list[str]]:
    kinds = {_kind_of(value) for value in values}
    if not kinds:
        return {"type": "text"}, [f"{path} has no value in any sample; taken as text."]
    if len(kinds) > 1:
        mixed = f"{path} is {' and '.join(sorted(kinds))} in the samples; taken as text."
        return {"type": "text"}, [] if kinds == {"text", "date"} else [mixed]
    kind = kinds.pop()
    if kind in {"collection", "array"} and path.count(".") + path.count("[]") > _DEEPEST:
        return {"type": "text"}, [f"{path} is nested too deeply; taken as text."]
    if kind == "collection":
        inner, remarks = fields_of_samples(values, path)
        return {"type": kind, "spec": inner}, remarks
    if kind == "array":
        items = [item for value in values for item in value if item is not None]
        if not items:
            return {"type": kind, "spec": {"type": "text"}}, [
                f"{path} is empty in every sample; its items are taken as text."
            ]
        item, remarks = _field_of(items, f"{path}[]")
        return {"type": kind, "spec": item}, remarks
    return {"type": kind}, []


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict):
        return "collection"
    if isinstance(value, list):
        return "array"
    return "date" if isinstance(value, str) and is_date(value) else "text"


# CSV


def records_of_csv(text: str) -> list[Record]:
    """Read CSV with a header line; empty cells are absent.

    A column is numbers, booleans or text as a whole: one cell that is none makes it text.

    Raises:
        ValueError: There is no header, a column has no name, or a line is longer than the header.
    """
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter_of(text)))
    lines = [row for row in rows if any(cell.strip() for cell in row)]
    if not lines:
        raise ValueError("it has no header line")
    header = [cell.strip() for cell in lines[0]]
    if not all(header) or len(set(header)) < len(header):
        raise ValueError("its header has a column without a name, or a name twice")
    for at, line in enumerate(lines[1:], 2):
        if len(line) > len(header):
            raise ValueError(f"line {at} has {len(line)} cells, the header {len(header)}")
    columns = {
        name: _typed([line[at].strip() if at < len(line) else "" for line in lines[1:]])
        for at, name in enumerate(header)
    }
    return [
        {name: cells[at] for name, cells in columns.items() if cells[at] is not None}
        for at in range(len(lines) - 1)
    ]


def delimiter_of(text: str) -> str:
    """Guess what stands between the cells of CSV, from its header line."""
    head = text.lstrip("\ufeff\r\n").split("\n", 1)[0]
    return max(",;\t|", key=head.count)


def _typed(cells: list[str]) -> list[Any]:
    filled = [cell for cell in cells if cell]
    if filled and all(_is_number(cell) for cell in filled):
        return [None if not cell else _number(cell) for cell in cells]
    if filled and all(cell.lower() in {"true", "false"} for cell in filled):
        return [None if not cell else cell.lower() == "true" for cell in cells]
    return cast("list[Any]", [cell or None for cell in cells])


def _is_number(cell: str) -> bool:
    """Tell numbers from codes: 0042 and +49 stay text."""
    digits = cell.removeprefix("-")
    whole, _, fraction = digits.partition(".")
    if not (whole.isascii() and whole.isdigit()) or (len(whole) > 1 and whole.startswith("0")):
        return False
    return len(whole) <= 15 and (fraction.isdigit() if "." in digits else True)


def _number(cell: str) -> int | float:
    return float(cell) if "." in cell else int(cell)
