"""The operations of Make's public API, one line each in `operations.csv`."""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

Key = tuple[str, str]
"""Method, and path with its placeholders emptied: two spellings of one address are equal."""


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Args:
        resource: The chapter of Make's reference it belongs to.
        method: HTTP method.
        path: Below `/api/v2`, with `{placeholders}`.
        scope: Scopes a token needs, separated by spaces; empty where none is needed. Those of audit
            logs are stated nowhere and taken from organizations and teams.
        plan: Plan, licence member or kind of instance it is kept for; empty for all.
        confidence: `sdk` (the official client uses it), `docs` (documented) or `guess`.
    """

    resource: str
    method: str
    path: str
    scope: str
    plan: str
    confidence: str

    @property
    def key(self) -> Key:
        """What tells it from every other operation."""
        return key(self.method, self.path)


def key(method: str, path: str) -> Key:
    """Method and path, whatever the placeholders are called."""
    return method, re.sub(r"\{[^}]*\}", "{}", path)


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation, in the order of the reference."""
    return tuple(Operation(**row) for row in _rows("operations.csv"))


@cache
def pages() -> frozenset[Key]:
    """Addresses that are known and are no operations: consent pages and their callbacks."""
    return frozenset(key(row["method"], row["path"]) for row in _rows("pages.csv"))


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__package__ or "").joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
