"""What the bodies of agents may hold."""

import re
from collections.abc import Mapping
from typing import Any, cast

from make_api_sandbox.http.body import (
    Member,
    choice,
    identifier,
    integer,
    list_of,
    members,
    name_text,
    text,
)
from make_api_sandbox.shapes import JsonObject

FIELD_TYPES = (
    "string",
    "text",
    "email",
    "url",
    "uuid",
    "color",
    "number",
    "integer",
    "uinteger",
    "boolean",
    "date",
    "json",
    "dynamicCollection",
    "collection",
    "array",
    "select",
    "any",
)
MOST_NESTED = 10
"""Fields of one `spec`."""

DEPTH = 10
"""Nesting of fields; not documented."""

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def structure(**named: Member) -> Member:
    """An object of exactly these members."""

    def check(value: Any) -> str | None:
        if not isinstance(value, dict):
            return "should be object"
        return _first_fault(cast(JsonObject, value), named)

    return Member(check)


def _first_fault(body: JsonObject, named: Mapping[str, Member]) -> str | None:
    absent = [name for name, one in named.items() if one.required and name not in body]
    unknown = [name for name in body if name not in named]
    if absent or unknown:
        return f"'{absent[0]}' is missing" if absent else f"'{unknown[0]}' is unknown"
    faults = ((n, one.fault(body[n])) for n, one in named.items() if n in body)
    return next((f"'{name}' {fault}" for name, fault in faults if fault), None)


def uuid() -> Member:
    """The text of a UUID."""

    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and UUID.fullmatch(value) else "should be uuid"

    return Member(check)


def output_fields() -> Member:
    """Fields of an answer."""
    return Member(lambda value: _list_fault(value, DEPTH))


def _list_fault(value: Any, depth: int) -> str | None:
    if not isinstance(value, list):
        return "should be array"
    faults = (_field_fault(one, depth) for one in cast("list[Any]", value))
    return next((fault for fault in faults if fault), None)


def _field_fault(value: Any, depth: int) -> str | None:
    if not isinstance(value, dict):
        return "should hold objects"
    field = cast(JsonObject, value)
    fault = _first_fault({name: field[name] for name in field if name in FIELD}, FIELD)
    nested = field.get("spec")
    if fault or nested is None:
        return fault
    if depth == 0:
        return "is nested too deeply"
    if isinstance(nested, list) and len(cast("list[Any]", nested)) > MOST_NESTED:
        return f"'spec' should NOT have more than {MOST_NESTED} items"
    single = isinstance(nested, dict)
    return _item_fault(nested, depth - 1) if single else _list_fault(nested, depth - 1)


def _item_fault(value: Any, depth: int) -> str | None:
    """A `spec` that is one field: that of an array's items, which needs no name."""
    return _field_fault({"name": "item", **value}, depth)


FIELD = {
    "name": name_text(),
    "type": choice(*FIELD_TYPES),
    "label": text().optional().or_null(),
    "required": Member(lambda v: None if isinstance(v, bool) else "should be boolean").optional(),
}
"""Other members of a field, such as `options`, pass unchecked."""

POSITIVE = integer(1)
SCENARIOS = list_of(
    structure(
        makeScenarioId=identifier(),
        approvalMode=choice("auto-run", "approval-required").optional(),
    )
)
MCP_CONFIGS = list_of(structure(mcpConnectionId=identifier(), toolIds=list_of(name_text())))
HISTORY = structure(iterationsFromHistoryCount=integer(0))
MODEL = structure(maxTokens=POSITIVE)
INVOCATION = structure(recursionLimit=POSITIVE, timeout=POSITIVE.optional())


def _parser_fault(value: Any) -> str | None:
    shape = structure(
        type=choice("text", "make-schema"), schema=output_fields().optional().or_null()
    )
    fault = shape.fault(value)
    if fault is None and value["type"] == "make-schema" and not value.get("schema"):
        return "'schema' is missing"
    return fault


PARSER = Member(_parser_fault)

SETTINGS = {
    "llmConfig": MODEL.optional(),
    "scenarios": SCENARIOS.optional(),
    "historyConfig": HISTORY.optional().or_null(),
    "mcpConfigs": MCP_CONFIGS.optional(),
    "outputParserFormat": PARSER.optional(),
}
CREATE = members(
    name=name_text(),
    teamId=identifier(),
    makeConnectionId=identifier(),
    defaultModel=name_text(),
    systemPrompt=text(None, 1),
    contexts=list_of(structure(id=uuid())).optional(),
    **SETTINGS,
)
CHANGE = members(
    name=name_text().optional(),
    systemPrompt=text(None, 1).optional(),
    defaultModel=name_text().optional(),
    invocationConfig=INVOCATION.optional(),
    **SETTINGS,
)
CONFIG = structure(
    systemPrompt=text(None, 1).optional(),
    additionalSystemPrompt=text().optional(),
    scenarios=SCENARIOS.optional(),
    historyConfig=HISTORY.optional().or_null(),
    llmConfig=structure(
        llmModel=name_text().optional(), settings=structure(maxTokens=POSITIVE).optional()
    ).optional(),
    invocationConfig=INVOCATION.optional(),
    mcpConfigs=MCP_CONFIGS.optional(),
    outputParser=PARSER.optional(),
)


def _messages_fault(value: Any) -> str | None:
    one = structure(role=choice("assistant", "user"), content=text())
    return list_of(one).fault(value) or (None if value else "should NOT have fewer than 1 items")


RUN = members(
    messages=Member(_messages_fault),
    config=CONFIG,
    threadId=uuid().optional(),
    callbackUrl=text(2048).optional(),
)
