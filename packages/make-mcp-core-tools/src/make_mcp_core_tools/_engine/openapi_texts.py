"""Texts of strangers, made fit to stand in the code of a custom app."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from make_blueprint.lint.credentials import credentials
from make_blueprint.masking import is_secret_name
from make_mcp_base.safety.untrusted import clean_text

if TYPE_CHECKING:
    from make_blueprint.document import JsonValue

_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BRACES = re.compile(r"\{(?=\{)|\}(?=\})")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LONGEST_NAME = 128
_DEEPEST = 8
_INITIALS = ("api", "id", "url")
_RESERVED = frozenset({"true", "false", "null", "now", "empty", "and", "or", "not"})


def told(value: JsonValue, longest: int = 300) -> str:
    """Give a text as it may stand in code: no expression, no reference, no secret.

    Args:
        value: Anything; what is no text is "".
        longest: Characters at most.
    """
    if not isinstance(value, str):
        return ""
    text = _CONTROLS.sub(" ", clean_text(value[: longest * 4])).strip()
    text = _BRACES.sub(lambda found: f"{found[0]} ", text).replace("rpc://", "rpc: //")
    if credentials(text):
        return ""
    return text if len(text) <= longest else f"{text[: longest - 2].rstrip()} …"


def line(value: JsonValue, longest: int = 300) -> str:
    """Give a text as `told` does, on one line."""
    return " ".join(told(value, longest).split())


def usable(name: str) -> bool:
    """Tell whether a member of the service's data can be named in code as it is."""
    fit = 0 < len(name) <= _LONGEST_NAME and "`" not in name and told(name, _LONGEST_NAME) == name
    return fit and "\n" not in name


def words(name: str) -> list[str]:
    """Split a name into its words: `pet_id`, `petId` and `pet-id` alike."""
    return _WORD.findall(name)


def camel(name: str, default: str) -> str:
    """Write a name as letters and digits in camelCase, three characters at least.

    Args:
        name: Any text.
        default: What stands in front where it does not begin with a letter, or is too short.
    """
    first, *others = words(name) or [""]
    first = first.lower() if first.isupper() else first[:1].lower() + first[1:]
    made = first + "".join(part[0].upper() + part[1:] for part in others)
    if len(made) < 3 or not made[0].isalpha():
        made = f"{default}{made[:1].upper()}{made[1:]}"
    return made[:60]


def label(name: str) -> str:
    """Write a name as people read it: `petId` as `Pet ID`."""
    parts = [
        part.upper() if part.lower() in ("id", "url") else part.lower() for part in words(name)
    ]
    text = " ".join(parts)
    return text[:1].upper() + text[1:] if text else name[:60]


def member(path: list[str]) -> str:
    """Write a path of members for an expression, those of unusual names in backticks."""
    plain = [
        name if _PLAIN.fullmatch(name) and name not in _RESERVED else f"`{name}`" for name in path
    ]
    return ".".join(plain)


def sample(value: JsonValue, name: str = "", depth: int = 0) -> JsonValue:
    """Copy an example without what looks like a secret; None when nothing is left."""
    if isinstance(value, str):
        hidden = name and is_secret_name(name)
        return None if hidden or len(value) > 500 else told(value, 500) or None
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        kept = {key: sample(one, key, depth + 1) for key, one in value.items() if usable(key)}
        return {key: one for key, one in kept.items() if one is not None} or None
    if isinstance(value, list):
        rows = [sample(one, name, depth + 1) for one in value[:3]]
        return [row for row in rows if row is not None] or None
    return value if not isinstance(value, float) or abs(value) < 1e300 else None
