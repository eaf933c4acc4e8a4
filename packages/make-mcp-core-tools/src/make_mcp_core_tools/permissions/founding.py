"""Founding and closing organizations. Make API reference, chapter 2.23.

Founding is for administrators of white-label instances; others are refused by Make.
"""

from make_mcp_base.authoring import (
    Failure,
    Input,
    Irreversible,
    Make,
    OrganizationId,
    Output,
    Problem,
    Undo,
    Watch,
    delete,
    post,
)
from pydantic import Field

from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.organizations import NAME, OneOrganization, OrganizationRow
from make_mcp_core_tools.permissions.reference_lists import Kind, entry_id

# Inputs


class CreateOrganization(Input):
    name: str = Field(max_length=128, pattern=NAME)
    """What it is called."""
    region: int | str
    """Id or name (`enum_get` kind=regions)."""
    timezone: int | str
    """Id or name, such as Europe/Prague (`enum_get` kind=timezones)."""
    country: int | str
    """Id, name or code (`enum_get` kind=countries)."""


class DeleteOrganization(Input):
    organization_id: OrganizationId | None = None
    name: str | None = None
    """Its exact name; needed while it has teams."""


# Outputs


class OrganizationFounded(Output):
    organization: OrganizationRow


class OrganizationDeleted(Output):
    organization: int
    """Id of the deleted organization."""


# Tools


@category.tool(
    scope="organizations:write",
    effect="create",
    formerly=("organizations_create", "create-organization"),
    examples=(
        CreateOrganization(name="Harbor", region=1, timezone="Europe/Prague", country="Czechia"),
    ),
)
async def organization_create(make: Make, args: CreateOrganization) -> OrganizationFounded:
    """Create an organization, where the instance lets this user do so.

    On make.com organizations are created in the browser; white-label administrators can here.
    """
    body = {"name": args.name, **await _places(make, args)}
    answer = await make.write(
        post("/organizations", body),
        into=OneOrganization,
        says=f"Create the organization “{args.name}”",
        undo=lambda made: Undo(
            (delete(f"/organizations/{made.organization.id}", confirmed=True),),
            Watch(f"/organizations/{made.organization.id}", ("organization.name",)),
        ),
    )
    row = OrganizationRow.model_validate(answer.organization.model_dump())
    return OrganizationFounded(organization=row)


@category.tool(
    scope="organizations:write",
    effect="delete",
    formerly=("organizations_delete", "delete-organization"),
)
async def organization_delete(make: Make, args: DeleteOrganization) -> OrganizationDeleted:
    """Delete an organization with all its teams and everything in them.

    The plan names what is lost. One that has teams also needs its exact `name`.
    """
    path = f"/organizations/{args.organization_id}"
    raw = (await make.get(path, into=OneOrganization, scope="organizations:read")).organization
    if raw.teams and args.name != raw.name:
        raise Failure(
            f"The organization {raw.id} was not deleted.",
            why=f"It has {len(raw.teams)} teams: {', '.join(t.name for t in raw.teams[:20])}.",
            next_step=f"To delete all of it, call again with organization_id={raw.id} and `name`"
            " set to its exact name (`organization_get`).",
            code="name_needed",
            problems=[Problem("name", "is not its exact name.")] if args.name else [],
        )
    teams = ", ".join(f"“{team.name}”" for team in raw.teams) or "none"
    make.affects(f"Lost for good: its teams ({teams}) with all scenarios, connections and data.")
    make.affects(f"Active scenarios that stop: {raw.active_scenarios or 0}.")
    return await make.write(
        delete(path, confirmed=True),
        into=OrganizationDeleted,
        says=f"Delete the organization “{raw.name}” ({raw.id})",
        before={"name": raw.name, "teams": [team.id for team in raw.teams]},
        undo=Irreversible("Make keeps nothing of a deleted organization."),
    )


async def _places(make: Make, args: CreateOrganization) -> dict[str, int]:
    """Find region, time zone and country.

    Raises:
        Failure: Some are unknown; all of them told.
    """
    sought: tuple[tuple[Kind, str, int | str], ...] = (
        ("regions", "region", args.region),
        ("timezones", "timezone", args.timezone),
        ("countries", "country", args.country),
    )
    found = [(name, *await entry_id(make, kind, given, name)) for kind, name, given in sought]
    problems = [problem for _, _, problem in found if problem]
    if problems:
        raise Failure(
            "The organization was not created.",
            next_step="Call `organization_create` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
    return {f"{name}Id": id for name, id, _ in found}
