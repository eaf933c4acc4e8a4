"""Detectors of leaked secrets: rules for what Make itself makes secret, and kingfisher's catalogue.

Both find on this machine only; whether a secret still works is asked of its service only by
`service_verdict`. The catalogue is the extra `scan`, loaded at first use; without it the Make rules
work alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Protocol

from make_blueprint.lint.credentials import (
    credentials,
    is_placeholder,
    masked_text,
    may_hold_credentials,
)
from make_blueprint.masking import is_secret_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kingfisher_sdk import Scanner

Severity = Literal["high", "medium", "low"]

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ZONE = r"[\w.-]{1,80}"
_MAKE: tuple[tuple[str, Severity, re.Pattern[str]], ...] = (
    ("Make MCP address", "high", re.compile(rf"https://{_ZONE}/mcp/u/[\w-]{{16,}}", re.I)),
    ("Make API token", "high", re.compile(rf"\bToken\s+{_UUID}\b", re.I)),
    (
        "webhook address",
        "medium",
        re.compile(rf"https?://(?:hook\.{_ZONE}|{_ZONE}(?::\d+)?/hook)/[a-z0-9]{{20,}}", re.I),
    ),
    ("mailhook address", "medium", re.compile(rf"\b[a-z0-9]{{20,}}@hook\.{_ZONE}", re.I)),
)
"""What Make gives out that opens something to whoever reads it (API reference, 1.2 and 2.20)."""
_SHORTEST = 6
_SERVICE_SECONDS = 10
_HEADER = re.compile(r"(proxy-)?authorization", re.I)
_NAME = (
    r"(?<![\w-])[\w-]{0,40}(?:passw(?:or)?d|pwd|secret|api[-_]?key|access[-_]?token|auth[-_]?token)"
    r"[\w-]{0,40}"
)
_ASSIGNED = re.compile(
    rf"(?P<name>{_NAME})[\"']?\s*[:=]\s*(?P<quote>[\"'])(?P<value>[^\"'\s{{}}]{{8,200}})(?P=quote)|"
    rf"(?:^|[?&])(?P<field>{_NAME})=(?P<plain>[^&\s{{}};()\"']{{8,200}})(?=&|$)",
    re.I | re.M,
)
"""A literal given to a telling name in code, in a form, or in lines of settings."""
_MEMBER = re.compile(r"[A-Za-z_$][\w$]*(?:\.[\w$]+)+")
_DIGIT_AND_LETTER = re.compile(r"(?=.*\d)(?=.*[A-Za-z])", re.S)


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a document.

    Attributes:
        name: What the text is called where it stands (`password`, `Authorization`), or "".
        text: The text.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that a detector sees.

    Attributes:
        index: Which of the texts holds it.
        detector: `make` or `kingfisher`.
        kind: What it is.
        masked: As much of it as may be shown.
        secret: All of it; it must not be shown or kept.
    """

    index: int
    detector: str
    kind: str
    severity: Severity
    masked: str
    secret: str = field(repr=False, compare=False)


class Detector(Protocol):
    """Finds secrets in the texts of one document.

    Attributes:
        signature: Name and version; findings that are kept are void when it changes.
    """

    signature: str

    def find(self, texts: Sequence[Text]) -> list[Leak]:
        """Find secrets, in the order of the texts."""
        ...


class MakeRules:
    """Well-known forms of keys, addresses and tokens of Make, and literals under telling names."""

    signature = "make-2"

    def find(self, texts: Sequence[Text]) -> list[Leak]:
        """Find secrets, in the order of the texts."""
        return [leak for index, one in enumerate(texts) for leak in _of_make(index, one)]


def _of_make(index: int, one: Text) -> Iterator[Leak]:
    found = False
    for kind, severity, pattern in _MAKE:
        for match in pattern.finditer(one.text):
            found = True
            yield Leak(index, "make", kind, severity, _masked_end(match[0]), match[0])
    if not found and may_hold_credentials(one.text):
        for credential in credentials(one.text):
            found = True
            secret = credential.secret
            yield Leak(index, "make", credential.kind, "high", credential.shown, secret)
    if not found and (leak := _named(index, one)):
        found = True
        yield leak
    if not found:
        yield from _assigned(index, one.text)


def _assigned(index: int, text: str) -> Iterator[Leak]:
    """Judge literals inside a longer text by the names they are given to there."""
    for match in _ASSIGNED.finditer(text):
        name, value = match["name"] or match["field"], match["value"] or match["plain"]
        told = _DIGIT_AND_LETTER.match(value) and not _MEMBER.fullmatch(value)
        if told and is_secret_name(name) and not is_placeholder(value):
            yield Leak(index, "make", f"literal in `{name}`", "medium", masked_text(value), value)


def _masked_end(text: str) -> str:
    """Show the address or the scheme, never what opens it."""
    cut = max(text.rfind("/"), text.rfind(" ")) + 1
    return f"{text[:cut]}{masked_text(text[cut:])}" if cut else masked_text(text)


def _named(index: int, one: Text) -> Leak | None:
    """Judge a literal by the name it stands under."""
    value = one.text.strip()
    secret = value.rpartition(" ")[2]
    if "{{" in value or len(secret) < _SHORTEST:
        return None
    if _HEADER.fullmatch(one.name):
        severity: Severity = "low" if is_placeholder(value) else "high"
        return Leak(index, "make", "authorization header", severity, masked_text(secret), secret)
    if len(value) > 500 or is_placeholder(value) or not is_secret_name(one.name):
        return None
    return Leak(index, "make", f"literal in `{one.name}`", "medium", masked_text(value), value)


class Kingfisher:
    """The catalogue of kingfisher, some 500 forms of keys of services.

    Args:
        scanner: Compiled; shared by all documents.
        version: Of the package.
    """

    def __init__(self, scanner: Scanner, version: str) -> None:
        self.scanner, self.signature = scanner, f"kingfisher-{version}"

    def find(self, texts: Sequence[Text]) -> list[Leak]:
        """Find secrets, in the order of the texts; names give the catalogue its context."""
        lines = [f"{one.name} = {one.text}\n".encode("utf-8", "replace") for one in texts]
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        leaks: list[Leak] = []
        for found in self.scanner.scan(b"".join(lines)):
            index = bisect_right(starts, found.location["start_offset"]) - 1
            if found.visible and index < len(texts) and not is_placeholder(found.secret):
                severity: Severity = "high" if found.confidence == "high" else "medium"
                kind = found.rule_id.partition(".")[2] or found.rule_id
                masked = masked_text(found.secret)
                leak = Leak(index, "kingfisher", kind, severity, masked, found.secret)
                leaks.append(leak)
        return sorted(leaks, key=lambda leak: (leak.index, leak.kind, leak.masked))


@lru_cache(maxsize=1)
def detectors() -> tuple[Detector, ...]:
    """Give every detector that is installed; loading the catalogue takes seconds the first time."""
    try:
        from kingfisher_sdk import Rules, Scanner, __version__
    except ImportError:
        return (MakeRules(),)
    return (Kingfisher(Scanner(Rules()), __version__), MakeRules())


def find_leaks(texts: Sequence[Text], by: Sequence[Detector]) -> list[Leak]:
    """Find the secrets in the texts of a document, each once, in the order of the texts.

    What an earlier detector named is not named again by a later one.
    """
    leaks: list[Leak] = []
    for detector in by:
        known = {(leak.index, leak.masked) for leak in leaks}
        named = {leak.index for leak in leaks}
        leaks += [
            leak
            for leak in detector.find(texts)
            if (leak.index, leak.masked) not in known
            and not (leak.index in named and leak.kind.startswith(("literal", "authorization")))
        ]
    return sorted(_whole(leaks), key=lambda leak: leak.index)


def _whole(leaks: Sequence[Leak]) -> Iterator[Leak]:
    """Leave out what is only a part of another secret of the same text."""
    for leak in leaks:
        others = (one.secret for one in leaks if one.index == leak.index)
        if not any(leak.secret in one and leak.secret != one for one in others):
            yield leak


def service_verdict(secret: str, name: str) -> tuple[str, str] | None:
    """Ask the service that issued a secret whether it works; the secret goes there.

    Args:
        secret: The secret.
        name: What it is called where it stands; the catalogue's context.

    Returns:
        `live`, `dead` or `unknown` with what was said; None where the catalogue is not installed.
    """
    try:
        from kingfisher_sdk import Validator
    except ImportError:
        return None
    catalogue = next((one for one in detectors() if isinstance(one, Kingfisher)), None)
    if catalogue is None:
        return None
    text = f"{name} = {secret}\n".encode("utf-8", "replace")
    found = [one for one in catalogue.scanner.scan(text) if one.visible and one.secret in secret]
    if not found:
        return "unknown", "the catalogue has no form for it, so it knows nobody to ask"
    told = Validator(timeout=_SERVICE_SECONDS).validate(found[:1])[0]
    said = told.reason or told.outcome
    status = f", HTTP status {told.http_status}" if told.http_status else ""
    verdict = {"verified_active": "live", "verified_inactive": "dead"}.get(told.outcome, "unknown")
    return verdict, f"{told.outcome} ({said}{status})"
