"""`billing_cost_breakdown_get`: who used the credits, and what that is in money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from make_mcp_base.authoring import (
    Document,
    Make,
    OrganizationId,
    Output,
    Page,
    PageInput,
    Timestamp,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine.scenarios import Scenario
from make_mcp_core_tools.billing.app_shares import by_app
from make_mcp_core_tools.billing.declared import category
from make_mcp_core_tools.billing.figures import (
    READ,
    Organization,
    Sourced,
    missing,
    read_organization,
    read_subscription,
    read_usage,
    zone_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

By = Literal["team", "folder", "scenario", "app"]
_SCENARIOS = "scenarios:read"
_DELETED, _OTHER, _NO_FOLDER = "deleted scenarios", "not by scenarios", "no folder"
_MOST_MOVERS = 10
_WEEK = 7
_NEARLY_ALL = 0.95

# Inputs


class GetBreakdown(PageInput):
    organization_id: OrganizationId | None = None
    by: By = "scenario"
    """What the rows are; `app` reads blueprints and counts the last `days` days."""
    days: int = Field(default=30, ge=1, le=30)
    """Days that `app` counts; the others count from the last reset."""
    unit_price: Decimal | None = Field(default=None, ge=0)
    """Price of one credit; left out, the plan's price by its operations, where Make shows it."""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """Of `unit_price`, such as EUR."""
    movers: bool = False
    """Compare the last seven closed days of the ten largest with the seven before; for teams and
    scenarios, a request each."""


# Outputs


class Share(Output):
    name: str
    id: int | None = None
    credits: float
    operations: int | None = None
    transfer_bytes: int | None = None
    percent: float | None = None
    """Of all credits of the period."""
    cost: str | None = None


class Mover(Output):
    name: str
    id: int
    last_7_days: float
    """Credits of the last seven closed days."""
    before: float
    """Credits of the seven days before these."""
    change_percent: float | None = None
    """Absent when there was no use before."""


class UnitPrice(Output):
    per_credit: str
    currency: str | None = None
    source: str


class Breakdown(Sourced, Page):
    by: By
    since: Timestamp
    until: Timestamp
    total_credits: float
    total_cost: str | None = None
    price: UnitPrice | None = None
    rows: list[Share]
    """Most credits first."""
    movers: list[Mover] | None = None
    """Largest change first."""
    formula: str


# Make's answers


class Consumption(Output):
    scenario_id: int
    operations: int = 0
    transfer: int = 0
    centicredits: int = 0


class _Consumptions(Output):
    scenario_consumptions: list[Consumption] = []
    last_reset: Timestamp | None = None


class _Folder(Output):
    id: int
    name: str


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("cost", "expensive", "who used", "credits by team", "chargeback", "top"),
)
async def billing_cost_breakdown_get(make: Make, args: GetBreakdown) -> Breakdown:
    """Break used credits down by scenario, team, folder or app, in money where a price is known.

    Money is a share of a price, never a bill: Make charges by plan, not by scenario.
    """
    organization, reading = await read_organization(make, args.organization_id)
    counted = await _count(make, args, organization, reading.at)
    shares, sources = counted.shares, counted.sources
    price, why = await _price(make, args, organization, sources)
    total = round(sum(row.credits for row in shares), 2)
    _weigh(shares, total, price)
    shares.sort(key=lambda row: (-row.credits, row.name))
    page, more = page_of(shares, args)
    return Breakdown(
        as_of=reading.at,
        as_of_clock=reading.clock,
        sources=sources,
        missing=missing(
            cost=why,
            movers=_no_movers(args),
            apps=await _untold(make, args, organization, reading.at, total),
        ),
        by=args.by,
        since=counted.since,
        until=reading.at,
        total_credits=total,
        total_cost=_money(total, price),
        price=price,
        rows=page,
        movers=await _movers(make, args, organization, page, reading.at),
        formula=_formula(args.by),
        **more,
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """The rows, from when on they count, and where they were read."""

    shares: list[Share]
    since: datetime
    sources: list[str]


async def _count(
    make: Make, args: GetBreakdown, organization: Organization, at: datetime
) -> _Counted:
    query: Document = {"organizationId": organization.id}
    scenarios = await make.all(
        "/scenarios", query, key="scenarios", item=Scenario, scope=_SCENARIOS
    )
    if args.by == "app":
        used = await by_app(make, organization.id, scenarios, args.days)
        sources = [f"POST /scenarios/modules/consumptions?days={args.days}", "blueprints"]
        since = at - timedelta(days=args.days)
        return _Counted([Share.model_validate(row) for row in used], since, sources)
    path = "/scenarios/consumptions"
    answer = await make.get(path, query, into=_Consumptions, scope=_SCENARIOS)
    names = await _names(make, args.by, organization, scenarios)
    rows = _grouped(answer.scenario_consumptions, scenarios, args.by, names)
    rows += _rest(organization, rows)
    sources = [f"GET {path}?organizationId={organization.id}", "GET /scenarios"]
    since = answer.last_reset or organization.last_reset or at
    return _Counted([Share.model_validate(row) for row in rows], since, sources)


async def _untold(
    make: Make, args: GetBreakdown, organization: Organization, at: datetime, total: float
) -> str | None:
    """Say when modules account for much less than the organization used in these days."""
    if args.by != "app":
        return None
    path, zone = f"/organizations/{organization.id}", await zone_of(make, organization)
    usage = await read_usage(make, path, zone, READ, at)
    first = usage.today - timedelta(days=args.days - 1)
    used = round(sum(day.credits for day in usage.between(first, usage.today)), 2)
    if total >= used * _NEARLY_ALL:
        return None
    return (
        f"Make tells {total:,} credits of modules, and {used:,} of the organization in these days;"
        " the difference belongs to no app here. `by` scenario or team tells all of it."
    )


def _formula(by: By) -> str:
    text = "percent = credits of the row / total_credits × 100; cost = credits × price.per_credit."
    if by == "app":
        return f"{text} A module's credits count for the app before the colon of its type."
    return (
        f"{text} “{_OTHER}” is what the organization used since the reset less the sum of its"
        " scenarios."
    )


# Rows


Row = dict[str, "str | int | float | None"]


@dataclass(slots=True)
class _Sum:
    name: str
    id: int | None
    operations: int = 0
    centicredits: int = 0
    transfer: int = 0

    def row(self) -> Row:
        """Write it as a row."""
        return {
            "name": self.name,
            "id": self.id,
            "credits": self.centicredits / 100,
            "operations": self.operations,
            "transfer_bytes": self.transfer,
        }


async def _names(
    make: Make, by: By, organization: Organization, scenarios: list[Scenario]
) -> dict[int, str]:
    """Name teams or folders by id."""
    if by == "team":
        account = await make.account()
        home = next((one for one in account.organizations if one.id == organization.id), None)
        return {team.id: team.name for team in home.teams} if home else {}
    if by != "folder":
        return {}
    teams = sorted({one.team_id for one in scenarios if one.folder_id is not None})

    async def read(team_id: int) -> list[_Folder]:
        query: Document = {"teamId": team_id}
        path = "/scenarios-folders"
        return await make.all(path, query, key="scenariosFolders", item=_Folder, scope=_SCENARIOS)

    return {row.id: row.name for rows in await make.each(teams, read) for row in rows}


def _grouped(
    used: list[Consumption], scenarios: list[Scenario], by: By, names: dict[int, str]
) -> list[Row]:
    """Add up what belongs together; what is of no listed scenario is a row of its own."""
    known = {one.id: one for one in scenarios}
    sums: dict[tuple[str, int | None], _Sum] = {}
    for each in used:
        name, ident = _group(known.get(each.scenario_id), by, names)
        one = sums.setdefault((name, ident), _Sum(name, ident))
        one.operations += each.operations
        one.centicredits += each.centicredits
        one.transfer += each.transfer
    return [one.row() for one in sums.values()]


def _group(scenario: Scenario | None, by: By, names: dict[int, str]) -> tuple[str, int | None]:
    if scenario is None:
        return _DELETED, None
    if by == "scenario":
        return scenario.name, scenario.id
    ident = scenario.team_id if by == "team" else scenario.folder_id
    if ident is None:
        return _NO_FOLDER, None
    return names.get(ident, f"{by} {ident}"), ident


def _rest(organization: Organization, rows: Sequence[Row]) -> list[Row]:
    """Tell what the organization used beside its scenarios, such as Make's AI assistants."""
    whole = organization.centicredits_consumed
    if whole is None:
        return []
    listed = sum(round(float(row["credits"] or 0) * 100) for row in rows)
    return [{"name": _OTHER, "credits": (whole - listed) / 100}] if whole > listed else []


# Money


async def _price(
    make: Make, args: GetBreakdown, organization: Organization, sources: list[str]
) -> tuple[UnitPrice | None, str | None]:
    """Give the price of a credit, or the reason why there is none."""
    if args.unit_price is not None:
        told = UnitPrice(
            per_credit=str(args.unit_price), currency=args.currency, source="`unit_price`"
        )
        return told, None
    paid = await read_subscription(make, organization.id)
    if isinstance(paid, str):
        return None, f"{paid} Send `unit_price`."
    sources.append(f"GET /organizations/{organization.id}/subscription")
    price, operations = paid.price, organization.license.get("operations")
    if price is None or price.price is None or not operations:
        return None, "Make told no price or no limit of operations. Send `unit_price`."
    length = organization.license.get("restartPeriod")
    if price.price == 0:
        return None, "The plan costs nothing."
    if price.period != length:
        return None, f"The price is for {price.period}, the limit for {length}. Send `unit_price`."
    each = (price.price / Decimal(operations)).quantize(Decimal("0.00000001"))
    source = f"price {price.price:.2f} for {price.period} / {operations} operations of the licence"
    return UnitPrice(per_credit=f"{each:f}", currency=price.currency_code, source=source), None


def _money(credits: float, price: UnitPrice | None) -> str | None:
    if price is None:
        return None
    return f"{(Decimal(str(credits)) * Decimal(price.per_credit)).quantize(Decimal('0.0001')):f}"


def _weigh(rows: list[Share], total: float, price: UnitPrice | None) -> None:
    for row in rows:
        row.percent = round(row.credits / total * 100, 2) if total else None
        row.cost = _money(row.credits, price)


# Movers


def _no_movers(args: GetBreakdown) -> str | None:
    if args.movers and args.by in ("folder", "app"):
        return f"Make tells use by day of teams and scenarios only, not by {args.by}."
    return None


async def _movers(
    make: Make, args: GetBreakdown, organization: Organization, rows: list[Share], at: datetime
) -> list[Mover] | None:
    """Compare two weeks of closed days, for the largest rows."""
    if not args.movers or args.by in ("folder", "app"):
        return None
    zone = await zone_of(make, organization)
    scope = "teams:read" if args.by == "team" else _SCENARIOS

    async def compare(row: Share) -> Mover:
        usage = await read_usage(make, f"/{args.by}s/{row.id}", zone, scope, at)
        last = usage.today - timedelta(days=1)
        middle = last - timedelta(days=_WEEK)
        now = round(sum(d.credits for d in usage.between(middle + timedelta(days=1), last)), 2)
        start = middle - timedelta(days=_WEEK - 1)
        before = round(sum(day.credits for day in usage.between(start, middle)), 2)
        return Mover(
            name=row.name,
            id=row.id or 0,
            last_7_days=now,
            before=before,
            change_percent=round((now - before) / before * 100, 1) if before else None,
        )

    largest = [row for row in rows if row.id is not None][:_MOST_MOVERS]
    found = await make.each(largest, compare)
    return sorted(found, key=lambda one: -abs(one.last_7_days - one.before))
