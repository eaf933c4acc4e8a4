"""`billing_usage_get`: use by day of an organization, team or scenario, and how long it lasts."""

from datetime import date, datetime

from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    OrganizationId,
    Output,
    Problem,
    ScenarioId,
    TeamId,
)
from pydantic import Field

from make_mcp_core_tools.billing.declared import category
from make_mcp_core_tools.billing.figures import (
    KEPT_DAYS,
    Organization,
    Sourced,
    Usage,
    UsageDay,
    missing,
    read_organization,
    read_usage,
    zone_of,
)
from make_mcp_core_tools.billing.forecasting import Forecast, forecast

# Inputs


class GetUsage(Input):
    organization_id: OrganizationId | None = None
    team_id: TeamId | None = None
    """Only this team."""
    scenario_id: ScenarioId | None = None
    """Only this scenario."""
    from_day: date | None = Field(default=None, validation_alias="from")
    """First day, such as 2026-10-05; Make keeps 30 days."""
    to_day: date | None = Field(default=None, validation_alias="to")
    """Last day; today without it."""
    closed_days: int = Field(default=7, ge=1, le=29)
    """Closed days that the forecast rests on."""


# Outputs


class Total(Output):
    operations: int
    credits: float
    transfer_bytes: int


class DailyUsage(Sourced):
    of: str
    timezone: str
    """Whose days they are."""
    first_day: date
    last_day: date
    last_day_is_closed: bool
    """False when the last day is today and still grows."""
    days: list[UsageDay]
    """Days without use are left out, as Make leaves them out."""
    days_without_use: int
    total: Total
    forecast: Forecast | None = None
    """Of the organization's credits."""


class _Place(Output):
    id: int
    name: str = ""
    team_id: int | None = None


class _OneScenario(Output):
    scenario: _Place


# Tools


@category.tool(
    scope="",
    effect="read",
    words=("consumption", "credits", "operations", "forecast", "run out", "burn rate", "per day"),
)
async def billing_usage_get(make: Make, args: GetUsage) -> DailyUsage:
    """Show credits, operations and transfer by day, and when the credits run out at this rate.

    Days are those of the organization's time zone; the forecast's formula is in the answer.
    """
    of, path, scope, organization_id = await _place(make, args)
    organization, reading = await read_organization(make, organization_id)
    zone = await zone_of(make, organization)
    usage = await read_usage(make, path, zone, scope, reading.at)
    first, last = _span(args, usage)
    days = usage.between(first, last)
    ahead = _ahead(args, organization, usage, reading.at)
    return DailyUsage(
        as_of=reading.at,
        as_of_clock=reading.clock,
        sources=[
            f"GET {path}/usage (organizationTimezone)",
            f"GET /organizations/{organization.id}",
        ],
        missing=missing(forecast=ahead if isinstance(ahead, str) else None),
        of=of,
        timezone=usage.zone,
        first_day=first,
        last_day=last,
        last_day_is_closed=last < usage.today,
        days=days,
        days_without_use=(last - first).days + 1 - len(days),
        total=Total(
            operations=sum(day.operations for day in days),
            credits=round(sum(day.credits for day in days), 2),
            transfer_bytes=sum(day.transfer_bytes for day in days),
        ),
        forecast=None if isinstance(ahead, str) else ahead,
    )


async def _place(make: Make, args: GetUsage) -> tuple[str, str, str, int]:
    """Give whose use is meant in words, its path, the scope it needs, and its organization."""
    team_id = args.team_id
    if args.scenario_id is not None:
        path = f"/scenarios/{args.scenario_id}"
        found = (await make.get(path, into=_OneScenario, scope="scenarios:read")).scenario
        home = await _organization_of(make, found.team_id)
        return f"scenario {found.id} “{found.name}”", path, "scenarios:read", home
    if team_id is not None:
        home = await _organization_of(make, team_id)
        return f"team {team_id}", f"/teams/{team_id}", "teams:read", home
    organization_id = await make.organization(args.organization_id)
    path = f"/organizations/{organization_id}"
    return f"organization {organization_id}", path, "organizations:read", organization_id


async def _organization_of(make: Make, team_id: int | None) -> int:
    team = await make.team(team_id)
    known = (await make.account()).organization_of(team)
    home = known or (await make.api.account(fresh=True)).organization_of(team)
    return await make.organization(home.id if home else None)


def _span(args: GetUsage, usage: Usage) -> tuple[date, date]:
    """Give the days that are wanted.

    Raises:
        Failure: They lie outside of what Make keeps, or the wrong way round.
    """
    first, last = args.from_day or usage.first, args.to_day or usage.today
    problems: list[Problem] = []
    if first < usage.first:
        problems.append(Problem("from_day", f"is before {usage.first}, the first day Make keeps."))
    if last > usage.today:
        problems.append(Problem("to_day", f"is after today, {usage.today} ({usage.zone})."))
    if first > last:
        problems.append(Problem("from_day", "is after the last day."))
    if problems:
        raise Failure(
            f"Make tells the usage of the last {KEPT_DAYS} days only.",
            next_step="Call `billing_usage_get` again with days in that span.",
            code="invalid_arguments",
            problems=problems,
        )
    return first, last


def _ahead(
    args: GetUsage, organization: Organization, usage: Usage, at: datetime
) -> Forecast | str:
    if args.team_id is not None or args.scenario_id is not None:
        return "Make tells what is left for the organization only; ask for it as a whole."
    return forecast(organization, usage, args.closed_days, at)
