"""What a call does to Make, in one word, and the hints that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["read", "create", "update", "delete", "run"]
"""What a call does to Make. `run` starts something and spends operations."""


@dataclass(frozen=True, slots=True)
class Hints:
    """The four annotations of an MCP tool, as the effect gives them."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool


def hints_of(effect: Effect, *, outside: bool = False) -> Hints:
    """Derive the hints: reading and updating repeat safely, deleting destroys."""
    return Hints(
        read_only=effect == "read",
        destructive=effect == "delete",
        idempotent=effect in {"read", "update", "delete"},
        open_world=outside or effect == "run",
    )
