"""The CSV app: reading a table from text."""

import csv
import io
from collections.abc import Iterator, Sequence

from make_api_sandbox.engine.errors import ModuleError, invalid_parameters
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import Bundle, as_bundle, text, truth, whole

DELIMITERS = {"": ",", "comma": ",", "tab": "\t", "\\t": "\t", "semicolon": ";"}
LONGEST_FIELD = 10_000_000


@module("csv:ParseCSV")
async def parse_csv(operation: Operation) -> Sequence[Bundle]:
    """One bundle per row, with its values under `col1` to `colN`.

    The first row is left out where the text contains headers. `colCount` is the number of columns
    of a table without headers; a row with more or fewer values fails unless `relax` is set. What
    `relax` allows besides is not documented; here it also takes quotation marks inside of values.
    """
    settings: Bundle = {**as_bundle(operation.parameters), **operation.mapper}
    required(settings, "csv")
    relax = truth(settings.get("relax"))
    rows = list(_rows(text(settings["csv"]), _delimiter(settings), relax))
    columns = whole(settings.get("colCount"))
    if truth(settings.get("csvContainsHeaders")):
        columns = len(rows[0]) if rows else columns
        rows = rows[1:]
    return [_bundle(at, row, columns, relax) for at, row in enumerate(rows, 1)]


def _delimiter(settings: Bundle) -> str:
    chosen = text(settings.get("delimiterType"))
    sign = text(settings.get("delimiter")) if chosen == "other" else DELIMITERS.get(chosen, chosen)
    if len(sign) != 1:
        raise invalid_parameters(["Parameter 'delimiter' must be one character."])
    return sign


def _rows(source: str, delimiter: str, relax: bool) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(source, newline=""), delimiter=delimiter, strict=not relax)
    try:
        yield from (row for row in reader if row)
    except csv.Error as error:
        raise ModuleError("BundleValidationError", f"Source is not valid CSV: {error}.") from error


def _bundle(at: int, row: list[str], columns: int | None, relax: bool) -> Bundle:
    if columns is not None and len(row) != columns and not relax:
        message = f"Row {at} has {len(row)} columns instead of {columns}."
        raise ModuleError("BundleValidationError", message)
    filled = [*row, *([""] * ((columns or 0) - len(row)))]
    return {f"col{number}": value for number, value in enumerate(filled, 1)}
