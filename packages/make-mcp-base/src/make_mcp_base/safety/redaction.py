"""Redaction: credentials, key data and hook addresses never reach results, logs or the journal."""

from __future__ import annotations

import re
from typing import Any, cast

HIDDEN = "[hidden]"

_SECRET_NAME = re.compile(
    r"(api[-_]?key|authorization|auth[-_]?(user|pass)|bearer|client[-_]?secret|cookie|credential|"
    r"pass(word|phrase|wd)|private[-_]?key|pkey|refresh[-_]?token|access[-_]?token|secret|"
    r"(^|[-_a-z])token$|signature|x-make-apikey)",
    re.IGNORECASE,
)
_HOOK = re.compile(r"(https?://hook\.[\w.:-]+/|/hook/)[a-z0-9]{16,}|\b[a-z0-9]{32}@hook\.[\w.-]+")
_BEARER = re.compile(r"\b(Bearer|Token|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_KNOWN = re.compile(
    r"\b(sk-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|gh[pousr]_[A-Za-z0-9]{20,}|"
    r"AKIA[0-9A-Z]{16}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*)"
)
_NOT_SECRET = frozenset({"next_token", "token_count", "tokenlimit", "usedinputtokens"})


def redact(value: Any) -> Any:
    """Copy JSON data with everything secret hidden, by the name of a member or by its look."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {k: HIDDEN if _hides(k, v) else redact(v) for k, v in members.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in cast("list[Any]", value)]
    return value


def redact_text(text: str) -> str:
    """Hide hook addresses, authorization values and well-known forms of keys in a text."""
    if len(text) < 16:
        return text
    text = _HOOK.sub(lambda m: f"{m.group(1) or ''}{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    return _KNOWN.sub(HIDDEN, text)


def _hides(name: str, value: object) -> bool:
    if not isinstance(value, str) or not value or name.lower() in _NOT_SECRET:
        return False
    return _SECRET_NAME.search(name) is not None
