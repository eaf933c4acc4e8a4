"""Replacing code sections of custom apps."""

from __future__ import annotations

import hashlib
import json
from difflib import unified_diff
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Failure, Problem, Undo, put

from make_mcp_core_tools._engine.app_code import SECRET_SECTIONS, shown_code
from make_mcp_core_tools._engine.app_lint import TEXTS, section_faults
from make_mcp_core_tools._engine.jsonc import read_jsonc

if TYPE_CHECKING:
    from collections.abc import Collection

    from make_blueprint.document import JsonValue
    from make_mcp_base.authoring import Request

    from make_mcp_core_tools._engine.custom_apps import Place

MEDIA = {
    "readme": "text/markdown",
    "code": "application/javascript",
    "test": "application/javascript",
}
"""What sections are that are no JSON with comments."""
_MOST_LINES = 200


def as_text(section: str, content: JsonValue) -> str:
    """Write content as the text of a section; JSON data with four spaces.

    Raises:
        Failure: Data were given for a section that is no JSON.
    """
    if isinstance(content, str):
        return content
    if section in TEXTS:
        raise Failure(
            f"`{section}` is text.",
            next_step="Call again with `content` as text.",
            code="invalid_arguments",
        )
    return json.dumps(content, indent=4, ensure_ascii=False) + "\n"


def refuse_faulty(section: str, text: str, functions: Collection[str], tool: str) -> None:
    """Refuse code with errors, all of them at once.

    Raises:
        Failure: With every error.
    """
    errors = [f for f in section_faults(section, text, functions) if f.severity == "error"]
    if errors:
        raise Failure(
            f"The section `{section}` was not saved.",
            next_step=f"Correct it and call `{tool}` again.",
            code="invalid_code",
            problems=[
                Problem(f"{section}.{f.path}" if f.path else section, f.problem, f.fix)
                for f in errors
            ],
        )


def section_request(place: Place, section: str, text: str) -> Request:
    """Give the request that replaces a section: as text, comments included."""
    path = f"{place.path}/{section}"
    if section in SECRET_SECTIONS:
        return put(path, read_jsonc(text) or {})
    return put(path, text, media_type=MEDIA.get(section, "application/jsonc"))


def section_undo(place: Place, section: str, former: str) -> Undo:
    """Give the way back to the former code."""
    return Undo((section_request(place, section, former),))


def changes(section: str, before: str, after: str) -> list[str]:
    """Write the difference of two texts, secrets hidden."""
    old, new = shown_code(section, before), shown_code(section, after)
    lines = list(unified_diff(old.splitlines(), new.splitlines(), lineterm=""))[2:]
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… and {len(lines) - _MOST_LINES} lines more"]
    return lines


def same_code(section: str, one: str, other: str) -> bool:
    """Compare two texts; of secrets only the values count."""
    if section in SECRET_SECTIONS:
        return (read_jsonc(one) or {}) == (read_jsonc(other) or {})
    return one == other


def fingerprint(text: str) -> str:
    """Digest code, so that a plan rests on it and the journal does not hold it."""
    return hashlib.sha256(text.encode()).hexdigest()


def waits(answer: JsonValue) -> bool | None:
    """Tell whether Make keeps a change back until it is committed."""
    change = answer.get("change") if isinstance(answer, dict) else None
    return True if isinstance(change, dict) and change.get("id") else None
