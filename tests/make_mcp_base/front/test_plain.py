"""What the front takes for plain, the SDK takes for valid, whatever it is."""

import json
from copy import deepcopy
from typing import Any, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_mcp_base.server.plain import Unusual, is_bare, is_initialize, is_modern, read
from mcp.types import InitializeRequestParams, jsonrpc_message_adapter
from mcp_types.methods import validate_client_request
from talking import ENVELOPE, initialize

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
NAMES = [
    *("_meta", "progressToken", "protocolVersion", "capabilities", "clientInfo", "cursor"),
    *("roots", "listChanged", "sampling", "context", "tools", "elicitation", "form", "url"),
    *("experimental", "extensions", "tasks", "list", "cancel", "requests", "createMessage"),
    *("name", "title", "version", "description", "websiteUrl", "icons", "src", "sizes", "theme"),
    *("mimeType", *ENVELOPE, "io.modelcontextprotocol/logLevel", "id", "method", "jsonrpc"),
]


def objects_in(value: object) -> list[dict[str, Any]]:
    """The objects of a value, itself among them."""
    if isinstance(value, list):
        return [found for item in cast("list[Any]", value) for found in objects_in(item)]
    if not isinstance(value, dict):
        return []
    members = cast("dict[str, Any]", value)
    return [members, *(found for item in members.values() for found in objects_in(item))]


@st.composite
def nearly(draw: st.DrawFn, valid: dict[str, Any]) -> dict[str, Any]:
    """A valid object with up to three members changed, added or left out, at any depth."""
    value = deepcopy(valid)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from(objects_in(value)))
        name = draw(st.sampled_from([*place, *NAMES]))
        if name in place and draw(st.booleans()):
            del place[name]
        else:
            place[name] = draw(values | st.builds(dict[str, Any]))
    return value


patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CAPABILITIES: dict[str, Any] = {
    "roots": {"listChanged": True},
    "sampling": {"context": {}, "tools": {}},
    "elicitation": {"form": {}, "url": {}},
    "experimental": {"x": {}},
    "extensions": {"a/b": {"c": 1}},
    "tasks": {"list": {}, "cancel": {}, "requests": {"elicitation": {"create": {}}}},
}
CLIENT: dict[str, Any] = {
    "name": "n",
    "version": "1",
    "title": "t",
    "icons": [{"src": "data:,", "theme": "light", "sizes": ["any"]}],
}
HANDSHAKE = initialize(capabilities=CAPABILITIES, clientInfo=CLIENT, _meta={"progressToken": 1})


@patient
@given(nearly(HANDSHAKE["params"]))
def test_a_handshake_taken_for_plain_is_valid(params: dict[str, Any]) -> None:
    if is_initialize(params):
        validate_client_request("initialize", "2025-11-25", params)
        InitializeRequestParams.model_validate(params, by_name=False)


@patient
@given(nearly({"_meta": {"progressToken": "t", "x": {}}}))
def test_parameters_taken_for_bare_are_valid(params: dict[str, Any]) -> None:
    if is_bare(params):
        validate_client_request("ping", "2025-11-25", params)


@patient
@given(
    nearly(
        {
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": CAPABILITIES,
                "io.modelcontextprotocol/clientInfo": CLIENT,
            }
        }
    )
)
def test_an_envelope_taken_for_plain_is_valid(params: dict[str, Any]) -> None:
    if is_modern(params):
        validate_client_request("server/discover", "2026-07-28", params)


@patient
@given(nearly(HANDSHAKE))
def test_a_line_taken_for_plain_is_read_as_the_sdk_reads_it(message: Any) -> None:
    line = json.dumps(message).encode()
    try:
        found = read(line)
    except Unusual:
        return
    theirs = jsonrpc_message_adapter.validate_json(line, by_name=False)
    assert theirs.model_dump(exclude_unset=True) == found


def test_the_usual_messages_are_plain() -> None:
    assert is_initialize(HANDSHAKE["params"])
    assert is_modern({"_meta": ENVELOPE})
    assert read(json.dumps(HANDSHAKE).encode()) == HANDSHAKE
