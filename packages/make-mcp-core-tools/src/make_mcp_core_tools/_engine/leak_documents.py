"""What Make shows in clear, as documents that a scan for leaked secrets reads.

Blueprints and versions: API reference, 2.27; variables: 2.23 and 2.31; records: 2.13; functions:
2.18; histories: 2.27, 2.16 and 2.20.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from make_blueprint.document import as_object, whole_number
from make_blueprint.walk import path_text

from make_mcp_core_tools._engine.leak_detectors import Text, find_leaks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from make_blueprint.document import JsonValue
    from make_blueprint.walk import Pointer

    from make_mcp_core_tools._engine.leak_detectors import Detector, Leak, Severity

_NAMES = ("name", "key", "header")
_DEEPEST = 200
_LONGEST_DOCUMENT = 1_000_000


@dataclass(frozen=True, slots=True)
class Paper:
    """A document with its place.

    Attributes:
        owner: Whose it is; the same secret of one owner is one finding (`scenario 31`).
        place: Where it is, for people.
        value: The document.
        source: Where it is, for reading it again: kind of place, then ids.
    """

    owner: str
    place: str
    value: JsonValue
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A secret in a document, as it may be kept and shown.

    Attributes:
        fingerprint: The same for the same secret of the same owner, keyed for this installation.
        module_id: The module that holds it, in a blueprint.
        path: Place in the document.
        source: As the document has it.
    """

    fingerprint: str
    detector: str
    kind: str
    severity: Severity
    masked: str
    owner: str
    place: str
    path: str
    module_id: int | None = None
    source: tuple[str, ...] = ()

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Found:
        """Read what `as_json` gave."""
        members = dict(kept)
        members["source"] = tuple(members["source"])
        return cls(**members)

    def as_json(self) -> dict[str, object]:
        """Give it as plain JSON data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Leaf:
    pointer: Pointer
    name: str
    text: str
    module_id: int | None


@dataclass(frozen=True, slots=True)
class Revealed:
    """A secret read again from its place; it lives as long as the question about it.

    Attributes:
        leak: What it is, and the secret itself.
        found: What may be told of it.
    """

    leak: Leak
    found: Found


def reveal(paper: Paper, by: Sequence[Detector], key: bytes, fingerprint: str) -> Revealed | None:
    """Find the secret of a fingerprint in a document; None when it is not there any more."""
    leaves, leaks = _leaks(paper, by)
    for leak in leaks:
        found = _found(paper, leaves[leak.index], leak, key)
        if found.fingerprint == fingerprint:
            return Revealed(leak, found)
    return None


def scan(paper: Paper, by: Sequence[Detector], key: bytes) -> list[Found]:
    """Find the secrets of a document.

    Args:
        paper: The document.
        by: The detectors.
        key: Keys the fingerprints, so that they cannot be guessed back.
    """
    leaves, leaks = _leaks(paper, by)
    return [_found(paper, leaves[leak.index], leak, key) for leak in leaks]


def _leaks(paper: Paper, by: Sequence[Detector]) -> tuple[list[_Leaf], list[Leak]]:
    leaves = list(_leaves(paper.value))
    return leaves, find_leaks([Text(leaf.name, leaf.text) for leaf in leaves], by)


def _found(paper: Paper, leaf: _Leaf, leak: Leak, key: bytes) -> Found:
    return Found(
        _fingerprint(key, paper.owner, leak.secret),
        leak.detector,
        leak.kind,
        leak.severity,
        leak.masked,
        paper.owner,
        paper.place,
        path_text(leaf.pointer),
        leaf.module_id,
        paper.source,
    )


def _fingerprint(key: bytes, *parts: str) -> str:
    return hmac.new(key, "\0".join(parts).encode("utf-8", "replace"), "sha256").hexdigest()[:16]


def _leaves(document: JsonValue) -> Iterator[_Leaf]:
    """Give every text with the name it stands under, in document order."""
    todo: list[tuple[JsonValue, Pointer, str, int | None]] = [(document, (), "", None)]
    while todo:
        value, pointer, name, module = todo.pop()
        value = _read(value) if isinstance(value, str) else value
        if isinstance(value, str):
            if value:
                yield _Leaf(pointer, name, value, module)
            continue
        if len(pointer) > _DEEPEST or not isinstance(value, (dict, list)):
            continue
        if isinstance(value, dict):
            here = whole_number(value.get("id")) if "module" in value else None
            module = here if here is not None else module
            sibling = _sibling(value)
            inner = [
                (member, (*pointer, key), sibling if sibling and key == "value" else key, module)
                for key, member in value.items()
            ]
        else:
            inner = [(member, (*pointer, at), name, module) for at, member in enumerate(value)]
        todo += reversed(cast("list[tuple[JsonValue, Pointer, str, int | None]]", inner))


def _read(text: str) -> JsonValue:
    """Read a text that is a JSON document, such as the body of an HTTP module; else it stays."""
    if text[:1] not in ("{", "[") or text[:2] == "{{" or len(text) > _LONGEST_DOCUMENT:
        return text
    try:
        found: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found


def _sibling(value: JsonValue) -> str:
    """Give the name in a `{name, value}` pair, as headers and set variables have it."""
    members = as_object(value)
    named = [members.get(key) for key in _NAMES if "value" in members]
    return next((name for name in named if isinstance(name, str) and name), "")
