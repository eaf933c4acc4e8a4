"""What a token may do, kept from one run to the next, so that tools can be listed without asking.

A client asks for the tools in the moment it has started the server, and Make takes its time to say
who the token is. So the rights that the last run learned are kept in a small file, and the list is
made from them; without the file every tool of the selection is listed. The price: a right given or
taken away since the last run shows in the list one run late. Nothing is allowed by it, because each
call is checked against the account itself.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from pathlib import Path

    from make_mcp_base.calls.account import Account


class Holder(Protocol):
    """Whoever has rights: an account just read, or what is remembered of one."""

    def has(self, scope: str) -> bool:
        """Tell whether the token carries a scope."""
        ...

    def licensed(self, feature: str) -> bool:
        """Tell whether an organization's licence has a feature."""
        ...


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of a token.

    Attributes:
        scopes: Make's permissions (API reference, 1.3); None when Make did not tell.
        features: Members of the licences that are switched on in any organization; None when no
            licence is known.
    """

    scopes: frozenset[str] | None = None
    features: frozenset[str] | None = None

    def has(self, scope: str) -> bool:
        """Tell whether the token carries a scope; unknown scopes count as carried."""
        return not scope or self.scopes is None or scope in self.scopes

    def licensed(self, feature: str) -> bool:
        """Tell whether an organization's licence has a feature; unknown ones count as had."""
        return not feature or self.features is None or feature in self.features


def rights_of(account: Account) -> Rights:
    """Take from an account what decides over its tools: no names, no token."""
    licences = [o.license for o in account.organizations if o.license]
    features = frozenset(name for known in licences for name, value in known.items() if value)
    scopes = None if account.scopes is None else frozenset(account.scopes)
    return Rights(scopes, features if licences else None)


def remember(file: Path, rights: Rights) -> None:
    """Keep rights for the next run; a reader sees the old file or the new one, never half of one.

    Raises:
        OSError: The file cannot be written.
    """
    kept = {"scopes": _sorted(rights.scopes), "features": _sorted(rights.features)}
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(kept), "utf-8")
    part.replace(file)


def recall(file: Path) -> Rights | None:
    """Give the rights the last run kept; None when there are none that can be read."""
    try:
        kept = json.loads(file.read_text("utf-8"))
        scopes, features = (_names(kept[key]) for key in ("scopes", "features"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Rights(scopes, features)


def _sorted(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)


def _names(value: Any) -> frozenset[str] | None:
    """Read a list of names.

    Raises:
        TypeError: It is something else.
    """
    if value is None:
        return None
    if not isinstance(value, list):
        raise TypeError("not a list")
    return frozenset(str(name) for name in cast("list[Any]", value))
