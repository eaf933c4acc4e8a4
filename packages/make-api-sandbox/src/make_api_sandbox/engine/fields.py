"""Checks and converts values by the field lists a blueprint carries (`metadata.expect`).

Source: Make API reference, chapter 1.17 (field objects), and the coercion of mapped values.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from make_api_sandbox.engine.errors import invalid_parameters
from make_api_sandbox.engine.values import Bundle, Json, Value, items, members, number, text, truth

NUMBERS = frozenset({"number", "integer", "uinteger", "port"})
WHOLE = frozenset({"integer", "uinteger", "port"})
SWITCHES = frozenset({"boolean", "checkbox"})
TEXTS = frozenset({"text", "email", "url", "password", "filename", "uuid", "color"})


def conform(fields: Sequence[Json], values: Bundle) -> Bundle:
    """Convert values to the types of their fields; values without a field stay as they are.

    Raises:
        ModuleError: `BundleValidationError` listing every missing or unfit parameter.
    """
    problems: list[str] = []
    converted = _convert_members(fields, values, "", problems)
    if problems:
        raise invalid_parameters(problems)
    return converted


def required(values: Bundle, *names: str) -> None:
    """Insist on values that a module cannot do without.

    Raises:
        ModuleError: `BundleValidationError` listing every one that is missing.
    """
    problems = [_missing(name) for name in names if values.get(name) in (None, "")]
    if problems:
        raise invalid_parameters(problems)


def _missing(name: str) -> str:
    return f"Missing value of required parameter '{name}'."


def _convert_members(
    fields: Sequence[Json], values: Bundle, prefix: str, problems: list[str]
) -> Bundle:
    converted = dict(values)
    for field in map(members, fields):
        name = str(field.get("name", ""))
        value = values.get(name)
        if value is None or value == "":
            if truth(field.get("required")):
                problems.append(_missing(prefix + name))
        elif name:
            converted[name] = _convert(field, value, prefix + name, problems)
    return converted


def _convert(field: dict[str, Json], value: Value, path: str, problems: list[str]) -> Value:
    kind = str(field.get("type", "any"))
    if truth(field.get("multiple")):
        return value if isinstance(value, list) else [value]
    if kind == "array":
        return _convert_array(field, value, path, problems)
    if kind == "collection":
        if isinstance(value, dict):
            return _convert_members(items(field.get("spec")), value, f"{path}.", problems)
        return _refuse(path, "a collection", value, problems)
    converter = _converter(kind)
    if converter is None:
        return value
    converted = converter(value)
    return _refuse(path, f"a {kind}", value, problems) if converted is None else converted


def _convert_array(field: dict[str, Json], value: Value, path: str, problems: list[str]) -> Value:
    rows: list[Value] = value if isinstance(value, list) else [value]
    spec = field.get("spec")
    if isinstance(spec, list):
        converted: list[Value] = [
            _convert_members(spec, row, f"{path}[{at}].", problems)
            if isinstance(row, dict)
            else _refuse(f"{path}[{at}]", "a collection", row, problems)
            for at, row in enumerate(rows, 1)
        ]
        return converted
    one = members(spec)
    if not one:
        return rows
    return [
        None if row is None else _convert(one, row, f"{path}[{at}]", problems)
        for at, row in enumerate(rows, 1)
    ]


def _refuse(path: str, wanted: str, value: Value, problems: list[str]) -> Value:
    problems.append(f"Parameter '{path}' is not {wanted}.")
    return value


def _converter(kind: str) -> Callable[[Value], Value] | None:
    if kind in WHOLE:
        return _to_whole
    if kind in NUMBERS:
        return number
    if kind in SWITCHES:
        return _to_boolean
    if kind == "date":
        return _to_date
    return _to_text if kind in TEXTS else None


def _to_whole(value: Value) -> Value:
    parsed = number(value)
    return int(parsed) if parsed is not None and float(parsed).is_integer() else None


def _to_boolean(value: Value) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    return None


def _to_date(value: Value) -> Value:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _to_text(value: Value) -> Value:
    return value if isinstance(value, list | dict | bytes) else text(value)
