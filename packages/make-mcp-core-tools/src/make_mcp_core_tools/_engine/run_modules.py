"""Which module did what in a run: names from the blueprint of that time, operations from its logs.

Module logs tell status, error, number and size of bundles of each operation, not their content
(Make API reference, chapter 2.27).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_blueprint.document import as_list
from make_blueprint.walk import Visit, walk
from make_mcp_base.authoring import Output
from make_mcp_base.client.failures import NotFound

from make_mcp_core_tools._engine.moments import milliseconds
from make_mcp_core_tools._engine.run_log import RunFault
from make_mcp_core_tools._engine.scenarios import Stored, read_stored

if TYPE_CHECKING:
    from make_mcp_base.authoring import Document, Make

    from make_mcp_core_tools._engine.run_log import Entry, Status
    from make_mcp_core_tools._engine.run_watch import Cause

PAGE = 100
NEWEST = 20
MOST_PAGES = 10
"""Pages of a module's log that are read to find one run."""

_OUTCOMES: dict[int, Status] = {1: "success", 2: "warning", 3: "error"}


class Operation(Output):
    """One operation of one module."""

    imt_id: str
    timestamp: str
    status: int = 1
    error: RunFault | None = None
    warning: RunFault | None = None
    size: int = 0
    bundles: int = 0
    execution_id: str = ""

    @property
    def outcome(self) -> Status:
        """How the operation ended."""
        return _OUTCOMES.get(self.status, "success")

    @property
    def trouble(self) -> str:
        """Its error or warning in words, or ""."""
        found = self.error or self.warning
        return str(found) if found else ""


class _ModuleLogs(Output):
    module_logs: list[Operation] = []


class Version(Output):
    version: int
    created: str
    draft: bool = False


class _Versions(Output):
    scenarios_blueprints: list[Version] = []


@dataclass(frozen=True, slots=True)
class Pinned:
    """The blueprint a run was made with.

    Attributes:
        stored: The document.
        version: Its number; None for the live one, when versions are no longer kept.
    """

    stored: Stored
    version: int | None = None

    @property
    def modules(self) -> list[Visit]:
        """Its modules that can run, in walk order."""
        return [v for v in walk(self.stored.blueprint) if v.id is not None and not v.in_orphan]


def module_name(visit: Visit) -> str:
    """Name a module as people know it: its label, else `<app>:<Name>`."""
    return f"{visit.label} ({visit.type})" if visit.label else visit.type


async def read_versions(make: Make, scenario_id: int) -> list[Version]:
    """List the kept, published versions of a scenario, newest first."""
    path = f"/scenarios/{scenario_id}/blueprints"
    answer = await make.get(path, into=_Versions, scope="scenarios:read", fresh_for=5)
    published = [version for version in answer.scenarios_blueprints if not version.draft]
    return sorted(published, key=lambda v: (milliseconds(v.created), v.version), reverse=True)


def version_at(versions: list[Version], moment_ms: int) -> Version | None:
    """Give the version that was live at a moment, None when it is no longer kept."""
    return next((v for v in versions if milliseconds(v.created) <= moment_ms), None)


async def read_pinned(make: Make, scenario_id: int, started_ms: int) -> Pinned:
    """Read the blueprint that was live when a run began; the live one when that is gone."""
    versions = await read_versions(make, scenario_id)
    version = version_at(versions, started_ms)
    if version is None or version is versions[0]:
        stored = await read_stored(make, scenario_id)
        return Pinned(stored, version.version if version else None)
    try:
        return Pinned(await read_stored(make, scenario_id, version.version), version.version)
    except NotFound:
        return Pinned(await read_stored(make, scenario_id))


async def read_operations(
    make: Make, scenario_id: int, module_id: int, execution_id: str, entry: Entry | None
) -> list[Operation]:
    """Read what one module did in one run, oldest first.

    Args:
        make: The call's Make.
        scenario_id: The scenario.
        module_id: The module.
        execution_id: The run.
        entry: Its log entry, which bounds the search in time; None while it goes on.
    """
    found: list[Operation] = []
    last = f"{entry.ended_ms + 1_000}_" if entry else None
    for _ in range(MOST_PAGES):
        page = await _page(make, scenario_id, module_id, last)
        found += [row for row in page if row.execution_id == execution_id]
        if len(page) < PAGE or (entry and milliseconds(page[-1].timestamp) < entry.started_ms):
            break
        last = page[-1].imt_id
    return found[::-1]


async def newest_operations(make: Make, scenario_id: int, module_id: int) -> list[Operation]:
    """Read the newest operations of a module, of whatever runs."""
    return await _page(make, scenario_id, module_id, None, NEWEST)


async def _page(
    make: Make, scenario_id: int, module_id: int, last: str | None, limit: int = PAGE
) -> list[Operation]:
    query: Document = {"pg[limit]": limit} | ({"pg[last]": last} if last else {})
    path = f"/scenarios/{scenario_id}/modules/{module_id}/logs"
    return (await make.get(path, query, into=_ModuleLogs, scope="scenarios:read")).module_logs


async def find_cause(
    make: Make, pinned: Pinned, scenario_id: int, entry: Entry, cause: Cause | None
) -> tuple[Visit | None, list[Operation]]:
    """Find the module that made a run fail, and its operations in that run.

    Make names the module by type only. One module of that type is the cause; among several, and
    when Make names none, the one whose log holds an error of this run.
    """
    name = f"{cause.app_name}:{cause.name}" if cause else ""
    candidates = [v for v in pinned.modules if v.type == name] if cause else pinned.modules
    for visit in candidates:
        rows = await read_operations(make, scenario_id, visit.id or 0, entry.id, entry)
        if len(candidates) == 1 or any(row.outcome == "error" for row in rows):
            return visit, rows
    return None, []


def has_handler(visit: Visit) -> bool:
    """Tell whether a module has an error route."""
    return bool(as_list(visit.module.get("onerror")))
