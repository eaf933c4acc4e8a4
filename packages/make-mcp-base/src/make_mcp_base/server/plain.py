"""Which messages are plain enough to be answered without the SDK.

The SDK checks every member of a message against the protocol's schema. The front knows only the
forms that clients send every day, and knows them strictly: whatever is not surely valid is
`Unusual` and goes to the SDK, which then says what is wrong with it, or that nothing is. So being
too strict here costs time, never a wrong answer. Source: MCP 2025-11-25 and 2026-07-28, schema.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[Any], bool]

HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN_VERSION = "2026-07-28"
RESERVED = "io.modelcontextprotocol/"
VERSION_KEY = f"{RESERVED}protocolVersion"
CAPABILITIES_KEY = f"{RESERVED}clientCapabilities"
CLIENT_KEY = f"{RESERVED}clientInfo"
LONGEST_LINE = 65_536
"""Bytes. What the front can answer is never longer."""

_MEMBERS = frozenset({"jsonrpc", "id", "method", "params"})


class Unusual(Exception):  # noqa: N818 - nothing went wrong; somebody else answers
    """A message that the front leaves to the SDK."""


def read(line: bytes) -> dict[str, Any]:
    """Read a request or notification with an object of parameters, or none.

    Raises:
        Unusual: It is something else, or two readers of JSON might disagree over it.
    """
    text = line.removesuffix(b"\r")
    if len(text) > LONGEST_LINE or b"\r" in text or b"\\ud" in text.lower():
        raise Unusual
    try:
        message = json.loads(
            text.decode(), object_pairs_hook=_object, parse_constant=_refused_constant
        )
    except (ValueError, RecursionError):
        raise Unusual from None
    if not isinstance(message, dict) or not _is_plain(cast("dict[str, Any]", message)):
        raise Unusual
    return cast("dict[str, Any]", message)


def is_initialize(params: dict[str, Any]) -> bool:
    """Tell whether these are surely valid parameters of `initialize`, without a modern envelope."""
    return (
        params.get("protocolVersion") in HANDSHAKE_VERSIONS
        and _capabilities(params.get("capabilities"))
        and _implementation(params.get("clientInfo"))
        and is_bare(params)
    )


def is_bare(params: dict[str, Any]) -> bool:
    """Tell whether the `_meta` of these parameters is surely valid on a handshake connection."""
    meta = params.get("_meta", {})
    return (
        isinstance(meta, dict)
        and not any(key.startswith(RESERVED) for key in cast("dict[str, Any]", meta))
        and _progress_token(cast("dict[str, Any]", meta))
    )


def is_modern(params: dict[str, Any]) -> bool:
    """Tell whether these parameters carry a surely valid envelope of protocol 2026-07-28."""
    meta = params.get("_meta")
    if not isinstance(meta, dict):
        return False
    envelope = cast("dict[str, Any]", meta)
    reserved = {key for key in envelope if key.startswith(RESERVED)}
    return (
        reserved <= {VERSION_KEY, CAPABILITIES_KEY, CLIENT_KEY}
        and envelope.get(VERSION_KEY) == MODERN_VERSION
        and _capabilities(envelope.get(CAPABILITIES_KEY))
        and (CLIENT_KEY not in envelope or _implementation(envelope[CLIENT_KEY]))
        and _progress_token(envelope)
    )


def _is_plain(message: dict[str, Any]) -> bool:
    return (
        message.keys() <= _MEMBERS
        and message.get("jsonrpc") == "2.0"
        and isinstance(message.get("method"), str)
        and type(message.get("id", 0)) in (int, str)
        and isinstance(message.get("params", {}), dict)
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found


def _refused_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _progress_token(meta: dict[str, Any]) -> bool:
    return type(meta.get("progressToken", 0)) in (int, str)


def _capabilities(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _CAPABILITIES.get(name, _anything)(member)
        for name, member in cast("dict[str, Any]", value).items()
    )


def _implementation(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    known = cast("dict[str, Any]", value)
    texts = (known.get(name, "") for name in ("title", "description", "websiteUrl"))
    return (
        all(isinstance(known.get(name), str) for name in ("name", "version"))
        and all(isinstance(text, str) for text in texts)
        and _list_of(_icon)(known.get("icons", []))
    )


def _icon(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    known = cast("dict[str, Any]", value)
    return (
        known.get("theme", "dark") in ("dark", "light")
        and all(isinstance(known.get(*given), str) for given in (("src",), ("mimeType", "")))
        and _list_of(_text)(known.get("sizes", []))
    )


def _anything(value: Any) -> bool:
    return True


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, cast("list[Any]", value)))


def _map_of(check: Check) -> Check:
    return lambda value: (
        isinstance(value, dict) and all(map(check, cast("dict[str, Any]", value).values()))
    )


def _object_tree(value: Any) -> bool:
    return _map_of(_object_tree)(value)


_objects = _map_of(_map_of(_anything))
_CAPABILITIES: dict[str, Check] = {
    "elicitation": _objects,
    "experimental": _objects,
    "extensions": _objects,
    "roots": _map_of(lambda value: isinstance(value, bool)),
    "sampling": _objects,
    "tasks": _object_tree,
}
