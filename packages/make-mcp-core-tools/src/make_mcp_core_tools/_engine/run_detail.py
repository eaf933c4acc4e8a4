"""One ended run in depth: what each module did, and the errors that handlers kept quiet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Output

from make_mcp_core_tools._engine.run_modules import (
    Operation,
    Pinned,
    has_handler,
    module_name,
    read_operations,
)

if TYPE_CHECKING:
    from make_blueprint.walk import Visit
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.run_log import Entry

MOST_MODULES = 40
"""Modules whose logs are read for one answer; each is a request."""
_MOST_MESSAGES = 3
_RANK = {"success": 0, "warning": 1, "error": 2}


class ModuleRow(Output):
    module_id: int
    module: str
    status: str
    """Worst of its operations."""
    operations: int
    bundles: int
    """Bundles it gave."""
    size_bytes: int
    messages: list[str] | None = None
    """Its errors and warnings, each once."""


class HiddenError(Output):
    module_id: int
    module: str
    message: str
    count: int
    """Operations that ended so."""
    handled_by: str
    """Modules of its error route."""


@dataclass(frozen=True, slots=True)
class ModuleRun:
    """A module and its operations in one run."""

    visit: Visit
    operations: list[Operation]

    def row(self) -> ModuleRow:
        """Sum the operations up."""
        rows = self.operations
        worst = max((row.outcome for row in rows), key=_RANK.__getitem__)
        messages = list(dict.fromkeys(row.trouble for row in rows if row.trouble))
        return ModuleRow(
            module_id=self.visit.id or 0,
            module=module_name(self.visit),
            status=worst,
            operations=len(rows),
            bundles=sum(row.bundles for row in rows),
            size_bytes=sum(row.size for row in rows),
            messages=messages[:_MOST_MESSAGES] or None,
        )

    def hidden(self) -> HiddenError | None:
        """Give the error its handler kept out of the run's result, None when there is none."""
        failed = [row for row in self.operations if row.trouble]
        if not failed or not has_handler(self.visit):
            return None
        handlers = self.visit.module.get("onerror")
        names = (
            [h.get("module") for h in handlers if isinstance(h, dict)]
            if isinstance(handlers, list)
            else []
        )
        return HiddenError(
            module_id=self.visit.id or 0,
            module=module_name(self.visit),
            message=failed[0].trouble,
            count=len(failed),
            handled_by=", ".join(str(name) for name in names),
        )


async def read_module_runs(
    make: Make, scenario_id: int, pinned: Pinned, entry: Entry, *, handled_only: bool = False
) -> list[ModuleRun]:
    """Read what the modules did in a run; those that did nothing are left out.

    Args:
        make: The call's Make; told when there are too many modules to ask for all.
        scenario_id: The scenario.
        pinned: The blueprint of the run.
        entry: The run.
        handled_only: Only modules with an error route.
    """
    visits = [v for v in pinned.modules if has_handler(v) or not handled_only]
    if len(visits) > MOST_MODULES:
        make.warn(f"Only {MOST_MODULES} of {len(visits)} modules were asked for their logs.")

    async def one(visit: Visit) -> ModuleRun:
        found = await read_operations(make, scenario_id, visit.id or 0, entry.id, entry)
        return ModuleRun(visit, found)

    runs = await make.each(visits[:MOST_MODULES], one)
    return [run for run in runs if run.operations]
