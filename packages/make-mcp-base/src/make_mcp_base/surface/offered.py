"""The run tools of a server: read from the account now and then, never as an effect of a call."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from make_mcp_base.definition.run_tools import RunTools
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_mcp_base.definition.catalog import Entry
    from make_mcp_base.definition.run_tools import RunTool
    from make_mcp_base.definition.schema import Schema
    from make_mcp_base.kernel import Kernel
    from make_mcp_base.surface.selection import Selection

FRESH_SECONDS = 60.0
"""A list older than this is read again before it is given; clients keep theirs as long."""


@dataclass(slots=True)
class Offered:
    """Run tools as they were read last.

    Attributes:
        chosen: What the operator named; nothing is read without it.
        left_out: What was named and is not offered, with the reasons.
        version: Rises with every change of the list.
    """

    chosen: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    version: int = 0
    _tools: tuple[RunTool, ...] = ()
    _entries: dict[str, Entry] = field(default_factory=dict[str, "Entry"])
    _read_at: float | None = None
    _reading: anyio.Lock = field(default_factory=anyio.Lock)

    async def refresh(self, kernel: Kernel) -> bool:
        """Read the run tools again, unless they were read within the last minute.

        What cannot be read now leaves the list as it was.

        Returns:
            True when the list has changed.
        """
        if not self.chosen:
            return False
        async with self._reading:
            if self._read_at is not None and time.monotonic() - self._read_at < FRESH_SECONDS:
                return False
            self._read_at = time.monotonic()
            try:
                found = await _read(kernel, self.chosen)
            except Failure as failure:
                kernel.counters.last_failure = failure.what
                self.left_out = (f"The run tools could not be read: {failure.what}",)
                return False
            self.left_out = found.left_out
            if found.tools == self._tools:
                return False
            self._tools = found.tools
            self._entries = dict(_entries(found.tools, kernel))
            self.version += 1
            return True

    def find(self, name: str) -> tuple[RunTool, Entry] | None:
        """Find a run tool by its name or a former one."""
        plain = name.strip().lower().replace("-", "_")
        for tool in self._tools:
            if plain == tool.name or plain in tool.formerly:
                return tool, self._entries[tool.name]
        return None

    def shown(self, selection: Selection) -> list[Entry]:
        """Give the run tools that a selection lets through, in alphabetical order."""
        tools = [tool for tool in self._tools if not refusal(tool, selection)]
        return [self._entries[tool.name] for tool in sorted(tools, key=lambda tool: tool.name)]


def refusal(tool: RunTool, selection: Selection) -> str:
    """Say why a selection shuts a run tool out; "" when it does not.

    The operator chose it by naming its scenario, so only what forbids counts: read-only, an
    exclusion, and the narrower choice of a caller over HTTP.
    """
    if selection.read_only:
        return "This server is read-only."
    if {tool.name, tool.tool} & set(selection.exclude):
        return "The tool is excluded on this server."
    if selection.limit is not None and not selection.names(tool.name, "scenarios"):
        return "The tool is not among the categories or tools this request chose."
    return ""


async def _read(kernel: Kernel, chosen: tuple[str, ...]) -> RunTools:
    from make_mcp_base.calls.reader import reader

    bundles = {bundle.name: bundle for bundle in kernel.whole_surface.bundles}
    for page in kernel.whole_surface.pages:
        if page.makes_run_tools:
            category = bundles[page.tools[0].bundle].load(page.category)
            return await category.makers[0](await reader(kernel), chosen)
    return RunTools(left_out=("No installed category makes run tools.",))


def _entries(tools: tuple[RunTool, ...], kernel: Kernel) -> Iterator[tuple[str, Entry]]:
    """Describe run tools as the catalog describes the others."""
    for tool in tools:
        worker = kernel.whole_surface.entries[tool.tool]
        yield (
            tool.name,
            replace(
                worker,
                name=tool.name,
                description=tool.description,
                input_schema=_with_dry_run(tool.schema),
                formerly=tool.formerly,
                words=(),
                examples=(),
            ),
        )


def _with_dry_run(schema: Schema) -> Schema:
    """Add the argument of every tool that writes, unless the scenario has an input of its name."""
    dry_run = {"type": "boolean", "description": "Only show the plan."}
    return schema | {"properties": {"dry_run": dry_run} | schema["properties"]}
