"""Patterns: small whole scenarios to start from, one JSON file each.

A page holds `title`, `when` it fits, what it `needs` before it runs, what to `watch_out` for, and
`create`: the arguments of `scenario_create`, with `null` where something of the team goes.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Failure

if TYPE_CHECKING:
    from make_mcp_base.authoring import Document


def pattern_names() -> list[str]:
    """Name the patterns, in alphabetical order."""
    here = files(__name__).iterdir()
    return sorted(file.name.removesuffix(".json") for file in here if file.name.endswith(".json"))


def pattern(name: str) -> Document:
    """Read a pattern.

    Raises:
        Failure: There is none of this name.
    """
    if name not in pattern_names():
        raise Failure(
            f"There is no pattern `{name[:60]}`.",
            next_step=f"Read one of {', '.join(f'make://pattern/{n}' for n in pattern_names())}.",
            code="not_found",
        )
    return json.loads(files(__name__).joinpath(f"{name}.json").read_text("utf-8"))
