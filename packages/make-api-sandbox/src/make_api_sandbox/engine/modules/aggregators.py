"""Array, text, table and numeric aggregators, and aggregation to JSON."""

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.modules.json import written
from make_api_sandbox.engine.registry import aggregator
from make_api_sandbox.engine.values import Bundle, Json, Value, as_value, number, text


@aggregator("builtin:BasicAggregator")
def array(parameters: dict[str, Json], rows: list[Bundle]) -> Bundle:
    """One array of the mapped items."""
    return {"array": list[Value](rows)}


@aggregator("util:TextAggregator")
def joined(parameters: dict[str, Json], rows: list[Bundle]) -> Bundle:
    """One text of the mapped values, with a separator between rows."""
    separator = _separator(parameters, "rowSeparator", "otherRowSeparator")
    return {"text": separator.join(text(row.get("value")) for row in rows)}


@aggregator("util:AggregateAggregator")
def table(parameters: dict[str, Json], rows: list[Bundle]) -> Bundle:
    """One text of rows and columns."""
    column = _separator(parameters, "columnSeparator", "otherColumnSeparator")
    row_separator = _separator(parameters, "rowSeparator", "otherRowSeparator")
    lines = [column.join(text(value) for value in _columns(row)) for row in rows]
    return {"text": row_separator.join(lines)}


@aggregator("util:FunctionAggregator2")
def numeric(parameters: dict[str, Json], rows: list[Bundle]) -> Bundle:
    """Sum, average, count, minimum or maximum of the mapped numbers; 0 when nothing arrived."""
    function = str(parameters.get("fn") or "sum").lower()
    if function == "count":
        return {"result": len(rows)}
    values = [_numeric(row.get("value")) for row in rows]
    match function:
        case "sum":
            return {"result": _whole(sum(values))}
        case "avg":
            return {"result": _whole(sum(values) / len(values)) if values else 0}
        case "min":
            return {"result": min(values, default=0)}
        case "max":
            return {"result": max(values, default=0)}
        case _:
            message = f"Aggregate function '{function}' does not exist."
            raise ModuleError("InvalidConfigurationError", message)


@aggregator("json:AggregateToJSON")
def json_text(parameters: dict[str, Json], rows: list[Bundle]) -> Bundle:
    """One JSON text of the mapped items."""
    return {"json": written(list[Value](rows), parameters.get("space"))}


def _separator(parameters: dict[str, Json], name: str, other: str) -> str:
    chosen = parameters.get(name)
    return text(as_value(parameters.get(other) if chosen == "other" else chosen))


def _columns(row: Bundle) -> list[Value]:
    columns = row.get("columns", row.get("value"))
    return columns if isinstance(columns, list) else list(row.values())


def _whole(result: float | int) -> float | int:
    return int(result) if float(result).is_integer() else result


def _numeric(value: Value) -> float | int:
    parsed = number(value)
    if parsed is None and value not in (None, ""):
        raise ModuleError("BundleValidationError", f"'{text(value)}' is not a valid number.")
    return parsed or 0
