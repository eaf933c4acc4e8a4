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
        limit: The operator's choice above a caller's; a tool must pass both.
    """

    categories: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    everything: bool = False
    read_only: bool = False
    limit: Selection | None = None

    @property
    def narrowed(self) -> bool:
        """True when categories or tools were named, here or by the operator."""
        return self._names_some or (self.limit is not None and self.limit.narrowed)

    def chooses(self, tool: str, category: str) -> bool:
        """Tell whether a tool is among those named, here and by the operator."""
        return self.names(tool, category) and (
            self.limit is None or self.limit.chooses(tool, category)
        )

    def names(self, tool: str, category: str) -> bool:
        """Tell whether a tool is among those named here; all are where none is."""
        return not self._names_some or category in self.categories or tool in self.tools

    def within(self, limit: Selection) -> Selection:
        """Put this selection, made by a caller, under what the operator allows."""
        return replace(
            self,
            exclude=(*self.exclude, *limit.exclude),
            everything=self.everything or (limit.everything and not self._names_some),
            read_only=self.read_only or limit.read_only,
            limit=limit,
        )

    @property
    def _names_some(self) -> bool:
        return bool(self.categories or self.tools)


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
