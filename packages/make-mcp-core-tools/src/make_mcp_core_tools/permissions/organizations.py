"""Organizations: what people buy a plan for, and what teams belong to."""

from typing import Any

from make_mcp_base.authoring import (
    Counter,
    Document,
    Failure,
    Input,
    Json,
    Make,
    OrganizationId,
    Output,
    Page,
    PageInput,
    Problem,
    Timestamp,
    Undo,
    Watch,
    page_of,
    patch,
)
from pydantic import Field

from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.licence import Licence, licence_of
from make_mcp_core_tools.permissions.reference_lists import Kind, entries_of, entry_id

NAME = r"^[\w'\-.()*+,@/]([\w '\-.()*+,@/]*[\w'\-.()*+,@/])?$"
"""Letters, digits, spaces and ' - . ( ) * + , @ _ / (Make API reference, chapter 2.23)."""
_LISTED = ["id", "name", "zone", "serviceName", "isPaused", "timezoneId"]

# Inputs


class ListOrganizations(PageInput):
    name_contains: str | None = None
    """Only organizations with this text in their name."""


class GetOrganization(Input):
    organization_id: OrganizationId | None = None


class UpdateOrganization(Input):
    organization_id: OrganizationId | None = None
    name: str | None = Field(default=None, max_length=128, pattern=NAME)
    """New name."""
    timezone: int | str | None = None
    """Id or name, such as Europe/Prague (`enum_get` kind=timezones)."""
    country: int | str | None = None
    """Id, name or code (`enum_get` kind=countries)."""


# Outputs


class OrganizationRow(Output):
    id: int
    name: str
    zone: str | None = None
    service_name: str | None = None
    """The plan."""
    is_paused: bool | None = None


class Organizations(Page):
    organizations: list[OrganizationRow]


class Usage(Output):
    """What was used since `since`."""

    credits: float | None = None
    operations: int | None = None
    transfer_bytes: int | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None


class Team(Output):
    id: int
    name: str


class OrganizationDetail(Output):
    id: int
    name: str
    zone: str | None = None
    timezone: str | None = None
    country: str | None = None
    is_paused: bool = False
    tfa_enforced: bool = False
    active_scenarios: int | None = None
    licence: Licence
    used: Usage
    teams: list[Team]


class OrganizationChanged(Output):
    organization: OrganizationRow
    changed: bool


# Make's answers


class Raw(Output):
    id: int
    name: str
    zone: str | None = None
    timezone_id: int | None = None
    country_id: int | None = None
    service_name: str | None = None
    is_paused: bool | None = None
    tfa_enforced: bool = False
    license: Document = {}
    active_scenarios: Counter | None = None
    operations: Counter | None = None
    transfer: Counter | None = None
    centicredits_consumed: Counter | None = None
    last_reset: Timestamp | None = None
    next_reset: Timestamp | None = None
    teams: list[Team] = []


class OneOrganization(Output):
    organization: Raw


# Tools


@category.tool(
    scope="organizations:read",
    effect="read",
    formerly=("organizations_list", "list-organizations"),
)
async def organization_list(make: Make, args: ListOrganizations) -> Organizations:
    """List the organizations the token belongs to, with plan and home zone.

    Plan and pause are told only for organizations of the zone this server talks to.
    """
    rows = await make.all(
        "/organizations", {"cols": _LISTED}, key="organizations", item=OrganizationRow
    )
    wanted = (args.name_contains or "").casefold()
    page, more = page_of([row for row in rows if wanted in row.name.casefold()], args)
    return Organizations(organizations=page, **more)


@category.tool(
    scope="organizations:read",
    effect="read",
    formerly=("organizations_get", "get-organization"),
    words=("licence", "plan", "credits", "usage"),
)
async def organization_get(make: Make, args: GetOrganization) -> OrganizationDetail:
    """Show one organization: licence limits, what was used of them, teams, time zone."""
    path = f"/organizations/{args.organization_id}"
    raw = (await make.get(path, into=OneOrganization)).organization
    spent = raw.centicredits_consumed
    return OrganizationDetail(
        id=raw.id,
        name=raw.name,
        zone=raw.zone,
        timezone=await _named(make, "timezones", raw.timezone_id, "code"),
        country=await _named(make, "countries", raw.country_id, "name"),
        is_paused=raw.is_paused or False,
        tfa_enforced=raw.tfa_enforced,
        active_scenarios=raw.active_scenarios,
        licence=licence_of(raw.license, raw.service_name),
        used=Usage(
            credits=None if spent is None else spent / 100,
            operations=raw.operations,
            transfer_bytes=raw.transfer,
            since=raw.last_reset,
            until=raw.next_reset,
        ),
        teams=raw.teams,
    )


@category.tool(
    scope="organizations:write",
    effect="update",
    formerly=("organizations_update", "update-organization"),
    examples=(UpdateOrganization(organization_id=12, timezone="Europe/Prague"),),
)
async def organization_update(make: Make, args: UpdateOrganization) -> OrganizationChanged:
    """Change an organization's name, time zone or country; schedules follow the time zone."""
    path = f"/organizations/{args.organization_id}"
    wanted = await _wanted(make, args)
    raw = (await make.get(path, into=OneOrganization, scope="organizations:read")).organization
    now = {"name": raw.name, "timezoneId": raw.timezone_id, "countryId": raw.country_id}
    changes = {key: value for key, value in wanted.items() if value != now[key]}
    if not changes:
        row = OrganizationRow.model_validate(raw.model_dump())
        return OrganizationChanged(organization=row, changed=False)
    before: dict[str, Json] = {key: now[key] for key in changes}
    make.shows(*(f"{key}: {before[key]} → {changes[key]}" for key in changes))
    answer = await make.write(
        patch(path, changes),
        into=OneOrganization,
        says=f"Change {', '.join(changes)} of the organization “{raw.name}”",
        before=before,
        undo=Undo(
            (patch(path, before),), Watch(path, tuple(f"organization.{key}" for key in changes))
        ),
    )
    row = OrganizationRow.model_validate(answer.organization.model_dump())
    return OrganizationChanged(organization=row, changed=True)


# Parts


async def _wanted(make: Make, args: UpdateOrganization) -> dict[str, Any]:
    """Give the new members in Make's spelling.

    Raises:
        Failure: Nothing is to be changed, or a time zone or country is unknown; all of them told.
    """
    wanted: dict[str, Any] = {} if args.name is None else {"name": args.name}
    problems: list[Problem] = []
    sought: tuple[tuple[Kind, str, int | str | None], ...] = (
        ("timezones", "timezone", args.timezone),
        ("countries", "country", args.country),
    )
    for kind, argument, given in sought:
        if given is not None:
            found, problem = await entry_id(make, kind, given, argument)
            wanted[f"{argument}Id"] = found
            problems += [problem] if problem else []
    if not wanted:
        problems.append(Problem("", "`name`, `timezone` or `country` is needed."))
    if problems:
        raise Failure(
            "The organization was not changed.",
            next_step="Call `organization_update` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
    return wanted


async def _named(make: Make, kind: Kind, id: int | None, member: str) -> str | None:
    if id is None:
        return None
    rows = await entries_of(make, kind)
    return next((str(row[member]) for row in rows if row.get("id") == id), None)
