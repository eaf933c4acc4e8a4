"""Redaction: credentials, key data and hook addresses never reach results, logs or the journal.

Hidden by the name of a member (`apiKey`, `{"name": "X-Api-Key", "value": …}`), or by its look (hook
addresses, authorization values, well-known forms of keys, credentials inside addresses).
"""

from __future__ import annotations

import re
from typing import Any, cast

from make_mcp_base.safety.untrusted import DEEPEST, TOO_DEEP

HIDDEN = "[hidden]"

_SECRET_NAME = re.compile(
    r"(api[-_]?key|authorization|auth[-_]?(user|pass)|bearer|client[-_]?secret|cookie|credential|"
    r"pass(word|phrase|wd)|private[-_]?key|pkey|refresh[-_]?token|access[-_]?token|secret|"
    r"(^|[-_a-z])token$|signature|x-make-apikey|^udid$)",
    re.IGNORECASE,
)
_SECRET_WORD = (
    r"[\w-]{0,40}(?:api[-_]?key|authorization|passw(?:or)?d|passphrase|secret|access[-_]?token|"
    r"refresh[-_]?token|private[-_]?key|signature)[\w-]{0,40}|(?:[\w-]{0,40}[-_])?token"
)
_HOOK = re.compile(
    r"(https?:\\{0,4}/\\{0,4}/hook\.[\w.:-]+\\{0,4}/|/hook\\{0,4}/)[a-z0-9]{16,}|"
    r"\b[a-z0-9]{32}@hook\.[\w.-]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(Bearer|Token|Basic)\s+(?=\S*\d)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_IN_QUERY = re.compile(
    rf"([?&](?:{_SECRET_WORD}|sig|key)=)(?!\{{\{{|\[hidden)[^&\s\"'#<>]+", re.IGNORECASE
)
_IN_ADDRESS = re.compile(
    r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@:]{1,100}:[^\s/@]{1,200}@", re.IGNORECASE
)
_IN_JSON = re.compile(
    rf"(\\{{0,4}}\"(?:{_SECRET_WORD})\\{{0,4}}\"\s*:\s*\\{{0,4}}\")(?!\[hidden)[^\"\\]+",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"\b(sk-[A-Za-z0-9_-]{16,}|[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|xox[abeprs]-[A-Za-z0-9-]{10,}|"
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|AIza[\w-]{30,}|"
    r"ya29\.[\w-]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|whsec_[A-Za-z0-9]{16,}|"
    r"(?:AKIA|ASIA)[0-9A-Z]{16}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*)"
)
_PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(-----END \1-----|\Z)", re.DOTALL)
_NOT_SECRET = frozenset({"next_token", "token_count", "tokenlimit", "usedinputtokens"})
_PAIRS = (("name", "value"), ("key", "value"), ("header", "value"))
"""Members of rows that hold a name and what it stands for, as HTTP modules keep headers."""


def redact(value: Any, level: int = 0) -> Any:
    """Copy JSON data with everything secret hidden, by the name of a member or by its look."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict | list | tuple) and level >= DEEPEST:
        return TOO_DEEP
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        also = _named_by_a_sibling(members)
        return {
            k: _hidden(v) if k in also or _hides(k) else redact(v, level + 1)
            for k, v in members.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item, level + 1) for item in cast("list[Any]", value)]
    return value


def redact_text(text: str) -> str:
    """Hide hook addresses, authorization values and well-known forms of keys in a text."""
    if len(text) < 16:
        return text
    text = _HOOK.sub(lambda m: f"{m.group(1) or ''}{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    if "://" in text:
        text = _IN_ADDRESS.sub(rf"\1{HIDDEN}@", text)
    if "=" in text:
        text = _IN_QUERY.sub(rf"\1{HIDDEN}", text)
    if '"' in text:
        text = _IN_JSON.sub(rf"\1{HIDDEN}", text)
    if "PRIVATE KEY" in text:
        text = _PEM.sub(HIDDEN, text)
    return _KNOWN.sub(HIDDEN, text)


def _hides(name: str) -> bool:
    return name.lower() not in _NOT_SECRET and _SECRET_NAME.search(name) is not None


def _named_by_a_sibling(members: dict[str, Any]) -> set[str]:
    """Name the members that hold what a sibling calls by a secret's name."""
    said = [(value, members.get(name)) for name, value in _PAIRS if value in members]
    return {value for value, name in said if isinstance(name, str) and _hides(name)}


def _hidden(value: Any) -> Any:
    """Hide texts, alone or in a list; what is no text is searched further."""
    if isinstance(value, str):
        return HIDDEN if value else value
    if isinstance(value, list | tuple):
        return [HIDDEN if isinstance(v, str) and v else redact(v) for v in cast("list[Any]", value)]
    return redact(value)
