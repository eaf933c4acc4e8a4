"""Incomplete executions: what Make put aside of runs that failed, to be repaired and retried.

Make API reference, chapter 2.16. Make lists them scenario by scenario; `dlqCount` of a scenario
tells whether there is anything to ask for.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, cast

from make_blueprint.walk import walk
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Json,
    OrganizationId,
    Output,
    Problem,
    ScenarioId,
    TeamId,
)
from make_mcp_base.client.failures import NotFound, RateLimited
from pydantic import Field

from make_mcp_core_tools._engine.moments import milliseconds
from make_mcp_core_tools._engine.run_modules import module_name

if TYPE_CHECKING:
    from make_blueprint.document import Blueprint
    from make_blueprint.walk import Visit
    from make_mcp_base.authoring import Make

READ, WRITE = "dlqs:read", "dlqs:write"
_CAUSE_SECONDS = 900.0

DlqId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""Id of an incomplete execution: 32 hex characters."""


class WhereInput(Input):
    """Whose incomplete executions: a scenario's, a team's, an organization's."""

    scenario_id: ScenarioId | None = None
    team_id: TeamId | None = None
    organization_id: OrganizationId | None = None


class Incomplete(Output):
    """One row of Make's list."""

    id: str
    reason: str = ""
    created: str = ""
    size: int = 0
    resolved: bool = False
    retry: bool = False
    attempts: int = 0
    scenario_id: int = 0

    @property
    def created_ms(self) -> int:
        """When the run failed, in epoch milliseconds."""
        return milliseconds(self.created) if self.created else 0


class Detail(Incomplete):
    """One as its own address tells it."""

    scenario_name: str = ""
    execution_id: str = ""
    company_id: int | None = None


class Holder(Output):
    """A scenario, as far as its incomplete executions go."""

    id: int
    name: str = ""
    team_id: int = 0
    is_active: bool = False
    dlq_count: int = 0
    all_dlq_count: int | None = None


class OneDetail(Output):
    dlq: Detail


class _OneHolder(Output):
    scenario: Holder


class _Bundles(Output):
    response: Document = {}


class _StoredResponse(Output):
    blueprint: Document
    reason: str = ""


class _Stored(Output):
    response: _StoredResponse


@dataclass(slots=True)
class Waiting:
    """Incomplete executions of several scenarios.

    Attributes:
        holders: The scenarios that were asked, by id.
        rows: Newest first.
        unread: Scenarios that Make's limit of calls left out.
    """

    holders: dict[int, Holder]
    rows: list[Incomplete] = field(default_factory=list[Incomplete])
    unread: list[Holder] = field(default_factory=list[Holder])

    def name(self, row: Incomplete) -> str:
        """Name the scenario of a row."""
        return self.holders[row.scenario_id].name


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of a run: bundles of the modules before the failure, and the error.

    Attributes:
        bundles: By module id; the failed module's holds its error.
        module_id: The module that failed; None when Make does not tell.
        type: Kind of the error in Make's words.
        message: Its text.
    """

    bundles: Document
    module_id: int | None = None
    type: str = ""
    message: str = ""


# Reading


async def read_holder(make: Make, scenario_id: int) -> Holder:
    """Read a scenario; the call's rate budget is its organization's from then on."""
    path = f"/scenarios/{scenario_id}"
    holder = (await make.get(path, into=_OneHolder, scope="scenarios:read")).scenario
    await make.team(holder.team_id)
    return holder


async def read_waiting(make: Make, where: WhereInput, *, resolved_too: bool = False) -> Waiting:
    """Read the incomplete executions of a scenario, a team or an organization.

    Args:
        make: The call's Make.
        where: Whose.
        resolved_too: Also look where all are resolved.

    Raises:
        Failure: As for any request; or there are several teams to choose from.
    """
    holders = await _holders(make, where)
    asked = [
        one
        for one in holders
        if where.scenario_id is not None
        or one.dlq_count
        or (resolved_too and one.all_dlq_count != 0)
    ]
    found = Waiting({one.id: one for one in holders})
    done = 0

    async def ask(one: Holder) -> list[Incomplete] | None:
        nonlocal done
        try:
            rows = await rows_of(make, one.id)
        except RateLimited:
            return None
        done += 1
        await make.progress(done, len(asked), "Reading incomplete executions")
        return rows

    for one, rows in zip(asked, await make.each(asked, ask), strict=True):
        if rows is None:
            found.unread.append(one)
        else:
            found.rows += rows
    found.rows.sort(key=lambda row: (row.created_ms, row.id), reverse=True)
    return found


async def _holders(make: Make, where: WhereInput) -> list[Holder]:
    if where.scenario_id is not None:
        return [await read_holder(make, where.scenario_id)]
    if where.team_id is None and where.organization_id is not None:
        query: Document = {"organizationId": await make.organization(where.organization_id)}
    else:
        query = {"teamId": await make.team(where.team_id)}
    return await make.all("/scenarios", query, key="scenarios", item=Holder, scope="scenarios:read")


async def rows_of(make: Make, scenario_id: int) -> list[Incomplete]:
    """List those of one scenario, as Make orders them."""
    query: Document = {"scenarioId": scenario_id}
    rows = await make.all("/dlqs", query, key="dlqs", item=Incomplete, scope=READ)
    for row in rows:
        row.scenario_id = scenario_id
    return rows


async def read_detail(make: Make, ident: str) -> Detail:
    """Read one; the call's rate budget is its organization's from then on."""
    detail = (await make.get(f"/dlqs/{ident}", into=OneDetail, scope=READ)).dlq
    if detail.company_id:
        await make.team(detail.company_id)
    return detail


async def read_kept(make: Make, ident: str) -> Kept:
    """Read what was kept of the run, and which module failed."""
    bundles = (await make.get(f"/dlqs/{ident}/bundle", into=_Bundles, scope=READ)).response
    kept = Kept(bundles)
    for key, bundle in bundles.items():
        members = cast("Document", bundle) if isinstance(bundle, dict) else Document()
        error: Json = members.get("error")
        if isinstance(error, dict) and key.isdigit() and len(members) == 1:
            kept = Kept(
                bundles, int(key), str(error.get("type") or ""), str(error.get("message") or "")
            )
    return kept


async def read_cause(make: Make, row: Incomplete) -> Kept:
    """Read which module failed and how, without the data, and remember it for a while."""
    kept = await read_kept(make, row.id)
    await make.keep(_cause_note(row), [kept.module_id, kept.type], _CAUSE_SECONDS)
    return Kept({}, kept.module_id, kept.type)


async def remembered_cause(make: Make, row: Incomplete) -> Kept | None:
    """Give what `read_cause` read of the same attempt, when that is not long ago."""
    known = await make.kept(_cause_note(row))
    if not isinstance(known, list) or len(known) != 2:
        return None
    number, kind = known
    return Kept({}, number if isinstance(number, int) else None, str(kind))


def _cause_note(row: Incomplete) -> str:
    return f"incomplete:{row.id}:{row.attempts}"


async def read_blueprint_of(make: Make, ident: str) -> Blueprint:
    """Read the blueprint of the time of the failure, which a retry runs."""
    answer = await make.get(f"/dlqs/{ident}/blueprint", into=_Stored, scope=READ)
    return cast("Blueprint", answer.response.blueprint)


def module_in(blueprint: Blueprint, module_id: int | None) -> Visit | None:
    """Find a module of a blueprint by its id."""
    return next((v for v in walk(blueprint) if v.id == module_id and v.id is not None), None)


def named_module(blueprint: Blueprint, module_id: int | None) -> str | None:
    """Name a module as people know it, None when there is none of that id."""
    visit = module_in(blueprint, module_id)
    return module_name(visit) if visit else None


# Alike


_PARTS = (
    (re.compile(r"https?://\S+"), "<address>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<email>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+Z?)?"), "<date>"),
    (re.compile(r"\b(?=[a-z]*\d)(?=\d*[a-z])[0-9a-z]{8,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\"[^\"]{1,200}\"|“[^”]{1,200}”|'[^']{1,200}'|`[^`]{1,200}`"), "<text>"),
    (re.compile(r"(?:(?<!\S)[+-])?\d+(?:[.,]\d+)*"), "<number>"),
    (re.compile(r"\s+"), " "),
)
_LONGEST_REASON = 200


def normalized(reason: str) -> str:
    """Take out of an error text what differs from run to run: ids, numbers, quoted data."""
    text = reason[:2_000]
    for pattern, mark in _PARTS:
        text = pattern.sub(mark, text)
    return text.strip()[:_LONGEST_REASON]


def pattern_of(reason: str) -> str:
    """Give a short, stable name of all error texts that are alike."""
    return hashlib.sha256(normalized(reason).encode()).hexdigest()[:12]


# Choosing


class ChoiceInput(Input):
    """Which incomplete executions a change is for."""

    dlq_ids: list[DlqId] = Field(default=[], max_length=200)
    """Ids (`incomplete_execution_list`); or `all` with `scenario_id`."""
    scenario_id: ScenarioId | None = None
    all: bool = False
    """Every unresolved one of the scenario, but for `except_ids`."""
    except_ids: list[DlqId] = Field(default=[], max_length=200)
    """Ones that stay as they are, with `all`."""


@dataclass(slots=True)
class Chosen:
    """What a change is for.

    Attributes:
        rows: By scenario.
        resolved: Ids that are resolved already.
    """

    rows: dict[int, list[Incomplete]] = field(default_factory=dict[int, list[Incomplete]])
    resolved: list[str] = field(default_factory=list[str])

    @property
    def ids(self) -> list[str]:
        """All ids, scenario by scenario."""
        return [row.id for rows in self.rows.values() for row in rows]

    def cut(self, most: int) -> int:
        """Keep no more than some, and tell how many were left out."""
        left = 0
        for rows in self.rows.values():
            left += max(0, len(rows) - most)
            del rows[most:]
            most -= len(rows)
        self.rows = {scenario_id: rows for scenario_id, rows in self.rows.items() if rows}
        return left

    def add(self, row: Incomplete, *, resolved_too: bool) -> None:
        """Take a row in."""
        if row.resolved and not resolved_too:
            self.resolved.append(row.id)
        else:
            self.rows.setdefault(row.scenario_id, []).append(row)


async def choose(make: Make, args: ChoiceInput, tool: str, *, resolved_too: bool) -> Chosen:
    """Find what a change is for.

    Args:
        make: The call's Make.
        args: The choice.
        tool: The tool that is called, for failures.
        resolved_too: Whether resolved ones given by id are chosen as well.

    Raises:
        Failure: The choice is unclear, or names ids that do not exist; all are told.
    """
    _refuse_unclear(args, tool)
    chosen = Chosen()
    if args.all and args.scenario_id is not None:
        await read_holder(make, args.scenario_id)
        for row in await rows_of(make, args.scenario_id):
            if row.id not in args.except_ids and not row.resolved:
                chosen.add(row, resolved_too=resolved_too)
        return chosen
    for row in await _by_id(make, args, tool):
        chosen.add(row, resolved_too=resolved_too)
    return chosen


async def _by_id(make: Make, args: ChoiceInput, tool: str) -> list[Incomplete]:
    """Find those of some ids; one is read by itself, its scenario's list then tells the others."""
    ids = list(dict.fromkeys(args.dlq_ids))
    found: dict[str, Incomplete] = {}
    missing: list[str] = []
    if args.scenario_id is not None:
        await read_holder(make, args.scenario_id)
        found = {row.id: row for row in await rows_of(make, args.scenario_id)}
        missing = [ident for ident in ids if ident not in found]
    for ident in ids:
        if ident in found or ident in missing:
            continue
        try:
            detail = await read_detail(make, ident)
        except NotFound:
            missing.append(ident)
            continue
        found |= {row.id: row for row in await rows_of(make, detail.scenario_id)} | {ident: detail}
    if missing:
        raise _unknown(missing, tool)
    return [found[ident] for ident in ids]


def _unknown(missing: list[str], tool: str) -> Failure:
    return Failure(
        f"{len(missing)} of the incomplete executions do not exist; nothing was sent.",
        next_step="Read `incomplete_execution_list` and call"
        f" `{tool}` again without the ids above.",
        code="not_found",
        problems=[Problem("dlq_ids", f"{ident} is unknown.") for ident in missing],
    )


def _refuse_unclear(args: ChoiceInput, tool: str) -> None:
    problems: list[Problem] = []
    if args.all == bool(args.dlq_ids):
        problems.append(Problem("dlq_ids", "exactly one of it and `all` is needed."))
    if args.all and args.scenario_id is None:
        problems.append(Problem("scenario_id", "is needed with `all`."))
    if args.except_ids and not args.all:
        problems.append(Problem("except_ids", "goes with `all` only."))
    if problems:
        raise Failure(
            "Nothing was sent: it is unclear which incomplete executions are meant.",
            next_step=f"Call `{tool}` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
