"""The front says what the SDK says: the same messages to both, the same answers from both."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from talking import ENVELOPE, INITIALIZED, initialize, modern, note, request, talking

Said = dict[str, Any] | bytes
VERSION, CAPABILITIES, CLIENT = list(ENVELOPE)
CURSOR = {"cursor": "eyJwYWdlIjoyfQ"}
RICH: dict[str, Any] = {
    "capabilities": {
        "roots": {"listChanged": True},
        "sampling": {"tools": {}, "context": {}},
        "elicitation": {"form": {"applyDefaults": True}, "url": {}},
        "experimental": {"example/thing": {"depth": [1, None, {"x": 2.5}]}},
        "extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html"]}},
        "tasks": {"list": {}, "requests": {"sampling": {"createMessage": {}}}},
        "somethingNew": 7,
    },
    "clientInfo": {
        "name": "Zażółć",
        "title": "日本語 🛠",
        "version": "0",
        "websiteUrl": "https://example.com",
        "icons": [{"src": "data:,", "sizes": ["48x48"], "theme": "dark", "mimeType": "a/b"}],
    },
    "other": [1],
}


def enveloped(number: int, **members: Any) -> dict[str, Any]:
    """A discovery whose envelope differs from the usual one."""
    meta = {k: v for k, v in {**ENVELOPE, **members}.items() if v != "absent"}
    return request("server/discover", number, _meta=meta)


LEGACY: dict[str, Sequence[Said]] = {
    "the usual start": [
        initialize(),
        INITIALIZED,
        request("tools/list", 2),
        request("ping", 3),
        request("tools/list", "four", _meta={"progressToken": "t", "trace": {"a": 1}}),
        request("prompts/list", 5),
        request("resources/templates/list", 6),
        request("tools/list", 7),
        request("ping", 8),
        request("tools/call", 9, name="no_such_tool", arguments={}),
    ],
    "a rich client": [initialize(**RICH), INITIALIZED, request("tools/list", 2)],
    "an older client": [initialize(version="2024-11-05"), request("tools/list", 2)],
    "a client between": [initialize(version="2025-06-18"), request("tools/list", 2)],
    "a version nobody knows": [initialize(version="1999-01-01"), request("tools/list", 2)],
    "faulty handshakes, then a good one": [
        initialize(1, capabilities=[]),
        initialize(2, clientInfo={"name": 5, "version": "1"}),
        initialize(3, clientInfo=None),
        initialize(4, capabilities={"roots": {"listChanged": {}}}),
        initialize(5),
        request("tools/list", 6),
    ],
    "requests before the handshake": [
        request("ping", 1),
        request("tools/list", 2),
        request("no/such", 3),
        initialize(4),
        request("tools/list", 5),
    ],
    "the end of a handshake before its beginning": [
        INITIALIZED,
        request("tools/list", 1),
        initialize(2),
    ],
    "a second handshake": [
        initialize(1),
        request("tools/list", 2),
        initialize(3, version="2025-03-26"),
        request("tools/list", 4),
    ],
    "the other era's requests": [
        initialize(1),
        INITIALIZED,
        modern("tools/list", 2),
        request("server/discover", 3),
        modern("server/discover", 4),
        request("ping", 5),
    ],
    "lines that are no message": [
        initialize(1),
        b"this is not JSON\n",
        b"\n",
        b"[]\n",
        b'[{"jsonrpc":"2.0","id":90,"method":"ping"}]\n',
        b'{"jsonrpc":"2.0","id":null,"method":"ping"}\n',
        b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}\n',
        b'{"jsonrpc":"2.0","id":true,"method":"ping"}\n',
        b'{"jsonrpc":"1.0","id":91,"method":"ping"}\n',
        b'{"jsonrpc":"2.0","id":92,"method":"ping","params":[]}\n',
        b"\xff\xfe\n",
        request("ping", 2),
    ],
    "unusual forms": [
        initialize(1),
        b'{"jsonrpc":"2.0","id":2,"method":"ping"}\r\n',
        b'  {"method":"ping", "id":3 ,\t"jsonrpc":"2.0"}  \n',
        b'{"jsonrpc":"2.0","id":12345678901234567890123,"method":"ping"}\n',
        b'{"jsonrpc":"2.0","id":-0,"method":"ping"}\n',
        b'{"jsonrpc":"2.0","id":"\\u00e9\\n\\"","method":"ping"}\n',
        b'{"jsonrpc":"2.0","id":6,"method":"ping","params":null}\n',
        b'{"jsonrpc":"2.0","id":7,"method":"ping","more":1}\n',
        b'{"jsonrpc":"2.0","id":8,"id":9,"method":"ping"}\n',
        b'{"jsonrpc":"2.0","id":10,"method":"ping","params":{"_meta":null}}\n',
        b'{"jsonrpc":"2.0","id":11,"method":"ping","params":{"_meta":{"progressToken":1.5}}}\n',
        request("tools/list", 12, **CURSOR),
        request("tools/list", 13, cursor=5),
        request("tools/list", 14, unknown=True),
    ],
    "other notifications": [
        initialize(1),
        note("notifications/initialized", _meta={"a": 1}),
        note("notifications/cancelled", requestId=1),
        note("notifications/roots/list_changed"),
        note("notifications/unheard-of"),
        request("tools/list", 2),
    ],
}
MODERN: dict[str, Sequence[Said]] = {
    "the usual start": [
        modern("server/discover", 1),
        modern("tools/list", 2),
        modern("tools/list", "three"),
        modern("tools/call", 4, name="no_such_tool", arguments={}),
        modern("tools/list", 5),
        modern("server/discover", 6),
        modern("prompts/list", 7),
    ],
    "no discovery": [modern("tools/list", 1), modern("resources/list", 2)],
    "a handshake too late": [
        modern("tools/list", 1),
        initialize(2),
        request("ping", 3),
        modern("ping", 4),
        modern("tools/list", 5),
    ],
    "envelopes of all kinds": [
        enveloped(1, traceparent="00-0-0-0", progressToken=4),
        enveloped(2, **{CLIENT: "absent"}),
        enveloped(3, **{CLIENT: None}),
        enveloped(4, **{CLIENT: {"name": "x"}}),
        enveloped(5, **{CAPABILITIES: "absent"}),
        enveloped(6, **{CAPABILITIES: {"roots": {"listChanged": 4}, "elicitation": {}}}),
        enveloped(7, **{CAPABILITIES: []}),
        enveloped(8, **{VERSION: "2027-01-01"}),
        enveloped(9, **{VERSION: 5}),
        enveloped(10, **{"io.modelcontextprotocol/logLevel": "info"}),
        enveloped(11, **{"io.modelcontextprotocol/logLevel": "shout"}),
        enveloped(12, progressToken={}),
        request("tools/list", 13),
    ],
    "an unknown version first": [enveloped(1, **{VERSION: "2027-01-01"}), modern("tools/list", 2)],
    "notifications and cursors": [
        modern("tools/list", 1),
        INITIALIZED,
        note("notifications/cancelled", requestId=1),
        modern("tools/list", 2, **CURSOR),
        modern("tools/list", 3, cursor=None),
    ],
}


@pytest.mark.parametrize("case", LEGACY)
def test_a_client_with_a_handshake_is_told_the_same(case: str, tmp_path: Path) -> None:
    ending = request("ping", "end")
    assert exchange(tmp_path, LEGACY[case], ending, "1") == exchange(
        tmp_path, LEGACY[case], ending, "0"
    )


@pytest.mark.parametrize("case", MODERN)
def test_a_client_without_a_handshake_is_told_the_same(case: str, tmp_path: Path) -> None:
    ending = modern("server/discover", "end")
    assert exchange(tmp_path, MODERN[case], ending, "1") == exchange(
        tmp_path, MODERN[case], ending, "0"
    )


@pytest.mark.parametrize("module", ["make_mcp_analytics", "make_mcp_legacy"])
@pytest.mark.parametrize("words", [(), ("--all", "--read-only"), ("--exclude-tools=server_info",)])
def test_every_app_and_selection_is_described_the_same(
    module: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    usual = [initialize(), INITIALIZED, request("tools/list", 2)]
    ending = request("ping", "end")
    answers = exchange(tmp_path, usual, ending, "1", *words, module=module)
    assert answers == exchange(tmp_path, usual, ending, "0", *words, module=module)
    assert answers[2]["result"]["tools"]


def exchange(
    tmp: Path,
    messages: Sequence[Said],
    ending: dict[str, Any],
    front: str,
    *words: str,
    module: str = "make_mcp_core",
) -> dict[Any, dict[str, Any]]:
    """Send messages and give the answers by id.

    Messages are sent at once; the ending is asked for when all that can be answered is, so that an
    answer too many would come before its.
    """
    numbered = [m for m in messages if isinstance(m, dict) and "id" in m]
    found: dict[Any, dict[str, Any]] = {}
    with talking(tmp, *words, module=module, MAKE_MCP_FRONT=front) as talk:
        for message in messages:
            talk.send(message)
            if isinstance(message, dict) and "id" in message:
                while message["id"] not in found:
                    answer = talk.answer()
                    assert answer["id"] not in found, "answered twice"
                    found[answer["id"]] = answer
        talk.send(ending)
        while ending["id"] not in found:
            answer = talk.answer()
            found[answer["id"]] = answer
    assert {m["id"] for m in numbered} <= found.keys()
    return found
