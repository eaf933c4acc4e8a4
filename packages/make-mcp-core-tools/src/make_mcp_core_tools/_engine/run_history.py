"""Pages of runs: of one scenario, or of all scenarios of a team merged by time.

Make keeps one log a scenario; its key (`imtId`) begins with the time, so it orders the runs of
different scenarios as well and serves as the place to go on from (Make API reference, 1.7, 1.16).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Document, Failure, Output, Timestamp
from pydantic import Field

from make_mcp_core_tools._engine.moments import milliseconds
from make_mcp_core_tools._engine.run_log import Entry, Status, read_entries

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

MOST_SCENARIOS = 60
"""Scenarios that one call asks; each is a request."""
_PAGE = 100
_MOST_PAGES = 10


@dataclass(frozen=True, slots=True)
class History:
    """Which runs are wanted.

    Attributes:
        since: Earliest start, as `moments` reads it; None for no bound.
        until: Latest start.
        status: Only runs that ended so; all when empty.
        kind: `auto` or `manual`; None for both.
        events: True to keep edits and switches too.
        limit: Runs wanted.
        after: Key of the entry to go on behind.
    """

    since: str | None = None
    until: str | None = None
    status: tuple[Status, ...] = ()
    kind: str | None = None
    events: bool = False
    limit: int = 25
    after: str | None = None

    def wants(self, entry: Entry) -> bool:
        """Tell whether an entry is one of the runs."""
        return entry.is_run and self.kind in (None, entry.type)


@dataclass(slots=True)
class Found:
    """A page.

    Attributes:
        runs: The runs, newest first.
        events: Edits and switches between them.
        last: Key of the last entry that was looked at.
        more: True when there may be more behind it.
    """

    runs: list[Entry] = field(default_factory=list[Entry])
    events: list[Entry] = field(default_factory=list[Entry])
    last: str | None = None
    more: bool = False


class Brief(Output):
    """A scenario, as far as choosing whom to ask is concerned."""

    id: int
    name: str
    team_id: int
    is_active: bool = False
    is_invalid: bool = Field(False, validation_alias="isinvalid")
    is_paused: bool = False
    dlq_count: int = 0
    hook_id: int | None = None
    last_edit: Timestamp | None = None
    scheduling: Document = {}


async def runs_of(make: Make, scenario_id: int, history: History) -> Found:
    """Read one page of a scenario's runs."""
    found = Found(last=history.after)
    for _ in range(_MOST_PAGES):
        page = await read_entries(
            make,
            scenario_id,
            limit=min(_PAGE, history.limit + 1),
            since_ms=milliseconds(history.since) if history.since else None,
            until_ms=milliseconds(history.until) if history.until else None,
            status=history.status,
            after=found.last,
        )
        if _took_enough(found, page, history):
            return found
        if len(page) < min(_PAGE, history.limit + 1):
            return found
    found.more = True
    return found


def _took_enough(found: Found, page: list[Entry], history: History) -> bool:
    """Take a page's entries until there are enough; True when more were left."""
    for entry in page:
        if history.wants(entry):
            if len(found.runs) == history.limit:
                found.more = True
                return True
            found.runs.append(entry)
        elif not entry.is_run and history.events:
            found.events.append(entry)
        found.last = entry.imt_id
    return False


async def read_briefs(make: Make, team_id: int | None, organization_id: int | None) -> list[Brief]:
    """List the scenarios of a team, or of an organization; active and lately edited ones first."""
    if team_id is None and organization_id is None:
        team_id = await make.team()
    query: Document = {"teamId": team_id} if team_id else {"organizationId": organization_id}
    found = await make.all("/scenarios", query, key="scenarios", item=Brief, scope="scenarios:read")
    return sorted(found, key=lambda s: (s.is_active, str(s.last_edit or "")), reverse=True)


async def fan_out(
    make: Make, team_id: int | None, organization_id: int | None, history: History
) -> Found:
    """Read one page of the runs of many scenarios, merged newest first.

    Raises:
        Failure: Both a team and an organization were named.
    """
    if team_id is not None and organization_id is not None:
        raise Failure(
            "`team_id` and `organization_id` exclude each other.",
            next_step="Send one of them, or `scenario_id`.",
            code="invalid_arguments",
        )
    scenarios = await read_briefs(make, team_id, organization_id)
    if len(scenarios) > MOST_SCENARIOS:
        make.warn(
            f"{MOST_SCENARIOS} of {len(scenarios)} scenarios were asked, active and lately edited"
            " ones first; ask for the others by `scenario_id`."
        )

    async def one(scenario: Brief) -> Found:
        return await runs_of(make, scenario.id, history)

    return _merged(await make.each(scenarios[:MOST_SCENARIOS], one), history)


def _merged(parts: list[Found], history: History) -> Found:
    """Merge pages by time; what lies behind a page that was cut may not be overtaken."""
    bounds = [part.last for part in parts if part.more and part.last]
    bound = max(bounds, default="")
    runs = sorted((e for part in parts for e in part.runs), key=_key, reverse=True)
    events = sorted((e for part in parts for e in part.events), key=_key, reverse=True)
    shown = [entry for entry in runs if entry.imt_id >= bound][: history.limit]
    cut = len(shown) < len(runs) or bool(bounds)
    last = shown[-1].imt_id if cut and shown else bound or history.after
    kept = [entry for entry in events if not cut or entry.imt_id >= (last or "")]
    return Found(shown, kept, last, cut)


def _key(entry: Entry) -> str:
    return entry.imt_id
