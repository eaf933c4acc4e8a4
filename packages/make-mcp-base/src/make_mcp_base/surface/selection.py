"""What the operator chose: categories, tools, exclusions, read-only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Selection:
    """The choice of tools. Exclusion wins over inclusion, read-only over everything.

    Attributes:
        categories: Only these categories; empty means all.
        tools: Only these tools, added to the categories when both are given.
        exclude: Never these tools, whatever else is said.
        everything: Show all enabled tools rather than the everyday ones and the gateway.
        read_only: Only tools that change nothing exist.
    """

    categories: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    everything: bool = False
    read_only: bool = False

    @property
    def narrowed(self) -> bool:
        """True when categories or tools were named."""
        return bool(self.categories or self.tools)

    def within(self, limit: Selection) -> Selection:
        """Narrow this selection, made by a caller, to what the operator allows."""
        categories, tools = self.categories, self.tools
        if limit.narrowed:
            kept = tuple(c for c in categories if c in limit.categories)
            categories = kept if categories or tools else limit.categories
            named = tuple(t for t in tools if t in limit.tools or limit.categories)
            tools = named if self.narrowed else limit.tools
            if not (categories or tools):
                categories = ("-",)
        return replace(
            self,
            categories=categories,
            tools=tools,
            exclude=(*self.exclude, *limit.exclude),
            everything=self.everything or (limit.everything and not self.narrowed),
            read_only=self.read_only or limit.read_only,
        )


def from_environment(environment: Mapping[str, str]) -> Selection:
    """Read MAKE_MCP_CATEGORIES, _TOOLS, _EXCLUDE_TOOLS, _ALL and _READ_ONLY."""

    def names(key: str) -> tuple[str, ...]:
        return split_names(environment.get(f"MAKE_MCP_{key}", ""))

    return Selection(
        categories=names("CATEGORIES"),
        tools=names("TOOLS"),
        exclude=names("EXCLUDE_TOOLS"),
        everything=truthy(environment.get("MAKE_MCP_ALL", "")),
        read_only=truthy(environment.get("MAKE_MCP_READ_ONLY", "")),
    )


def split_names(text: str) -> tuple[str, ...]:
    """Split a comma-separated list of names."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def truthy(text: str) -> bool:
    """Read a yes or no from an environment variable."""
    return text.strip().lower() in {"1", "true", "yes", "on"}
