"""The JSON app."""

import json
from collections.abc import Sequence
from typing import cast

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import Bundle, Json, Value, plain, text, whole

NOT_JSON = "Source is not valid JSON."


@module("json:ParseJSON")
async def parse_json(operation: Operation) -> Sequence[Bundle]:
    """Turn a text into bundles: an object is one bundle, an array one bundle per item."""
    required(operation.mapper, "json")
    source = operation.mapper["json"]
    parsed = source if isinstance(source, dict | list) else parsed_json(text(source))
    rows = parsed if isinstance(parsed, list) else [parsed]
    return [row if isinstance(row, dict) else {"value": row} for row in rows]


@module("json:CreateJSON")
async def create_json(operation: Operation) -> Sequence[Bundle]:
    """Write the mapped fields as a JSON text."""
    return [{"json": written(operation.mapper, operation.parameters.get("space"))}]


@module("json:TransformToJSON")
async def transform_to_json(operation: Operation) -> Sequence[Bundle]:
    """Write any mapped value as a JSON text."""
    value = operation.mapper.get("object")
    return [{"json": written(value, operation.parameters.get("space"))}]


def parsed_json(source: str) -> Value:
    """Read a JSON text.

    Raises:
        ModuleError: `BundleValidationError` when it is not JSON.
    """
    try:
        return cast("Value", json.loads(source, parse_constant=_refuse))
    except ValueError as error:
        raise ModuleError("BundleValidationError", NOT_JSON) from error


def written(value: Value, space: Json) -> str:
    """Write JSON, compact or indented by `space`: a tab, or a number of blanks."""
    indent = "\t" if space == "\t" or space == "tab" else whole(space)
    separators = (",", ": ") if indent else (",", ":")
    return json.dumps(plain(value), ensure_ascii=False, indent=indent, separators=separators)


def _refuse(constant: str) -> object:
    raise ValueError(constant)
