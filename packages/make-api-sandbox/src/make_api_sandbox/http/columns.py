"""`cols[]`: which members of an item are shown (API reference, chapter 1.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from make_api_sandbox.http.errors import invalid_parameters
from make_api_sandbox.shapes import JsonObject


@dataclass(frozen=True)
class Columns:
    """The members of one kind of item.

    Args:
        default: Shown when nothing was asked for.
        more: Also to be asked for.
    """

    default: tuple[str, ...]
    more: tuple[str, ...] = ()

    def asked(self, cols: Sequence[str]) -> tuple[str, ...]:
        """The members to show for these `cols[]`; `*` stands for all.

        Raises:
            ApiError: 400 naming every unknown column.
        """
        every = self.default + self.more
        unknown = [name for name in cols if name != "*" and name not in every]
        if unknown:
            raise invalid_parameters([("cols", f"Unknown column '{name}'.") for name in unknown])
        if "*" in cols:
            return every
        return tuple(dict.fromkeys(cols)) or self.default

    def pick(self, item: Mapping[str, Any], cols: Sequence[str]) -> JsonObject:
        """The asked members of one item; members the item lacks are left out."""
        return {name: item[name] for name in self.asked(cols) if name in item}

    def pick_all(self, items: Sequence[Mapping[str, Any]], cols: Sequence[str]) -> list[JsonObject]:
        """The asked members of every item; unknown columns are refused even for no items."""
        names = self.asked(cols)
        return [{name: item[name] for name in names if name in item} for item in items]
