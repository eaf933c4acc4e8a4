"""Execution ids: 32 hex characters, and the other forms in which they are met.

Forms: Make API reference, chapter 1.11. Log entries carry the id behind a time (`imtId`), the
interface shows it in the address of the run, and some clients write it as a UUID.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

_ID = re.compile(r"[0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IMT_ID = re.compile(r"\d{10,16}_(?:[\w.]*[._])?([0-9a-f]{32})")
_ADDRESS = re.compile(r"https?://\S+/(?:logs|executions)/([0-9a-f]{32})(?:[/?#]\S*)?")


def normal(text: str) -> str | None:
    """Give the id that a text means, None when it means none."""
    value = text.strip().strip("`\"'").lower()
    if _ID.fullmatch(value):
        return value
    if _UUID.fullmatch(value):
        return value.replace("-", "")
    found = _IMT_ID.fullmatch(value) or _ADDRESS.fullmatch(value)
    return found[1] if found else None


def _checked(text: str) -> str:
    if normal(text) is None:
        raise ValueError(
            "this is no execution id: 32 hex characters, as `scenario_execution_list` gives them"
        )
    return text


ExecutionRef = Annotated[
    str,
    AfterValidator(_checked),
    Field(
        description="Execution id, 32 hex characters (`scenario_execution_list`).", max_length=400
    ),
]
"""An execution id as a caller gave it; `repaired` makes it the one Make takes."""


def repaired(make: Make, given: str) -> str:
    """Give the id in Make's form, and tell the caller when it had another one.

    Args:
        make: The call's Make.
        given: An `ExecutionRef`, already checked.
    """
    found = normal(given) or given
    if found != given:
        make.warn(f"The execution id `{given[:80]}` was read as {found}.")
    return found
