"""Custom roles: sets of permissions an Enterprise organization puts together itself.

Make API reference, chapter 2.24. A role's kind of place never changes; a role somebody has cannot
be deleted.
"""

from typing import Annotated

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    OrganizationId,
    Output,
    Problem,
    Request,
    Undo,
    delete,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.people import members_of, team_members_of
from make_mcp_core_tools.permissions.roles import Role, RoleCategory, find_role, permission_delta

BASE = "/users/custom-roles"
Names = Annotated[list[str], Field(max_length=300)]

# Inputs


class CreateCustomRole(Input):
    organization_id: OrganizationId | None = None
    name: str = Field(min_length=1, max_length=128)
    """What it is called; unique in the organization."""
    category: RoleCategory
    """Where people have it; cannot be changed later."""
    base_role: int | str | None = None
    """Id or name of a role whose permissions it starts from."""
    permissions: Names = []
    """More permissions, by name (`role_permission_list`); what they build on is added."""
    description: str | None = Field(default=None, max_length=512)
    """What it is for."""


class UpdateCustomRole(Input):
    organization_id: OrganizationId | None = None
    role_id: int | str
    """Id or name of a custom role (`role_list`)."""
    name: str | None = Field(default=None, min_length=1, max_length=128)
    """New name."""
    description: str | None = Field(default=None, max_length=512)
    """New description."""
    grant: Names = []
    """Permissions to add, by name."""
    revoke: Names = []
    """Permissions to take away, by name."""


class DeleteCustomRole(Input):
    organization_id: OrganizationId | None = None
    role_id: int | str
    """Id or name of a custom role (`role_list`)."""


# Outputs


class CustomRole(Output):
    id: int
    name: str
    category: RoleCategory
    permissions: list[str]
    changed: bool = True
    granted: list[str] | None = None
    revoked: list[str] | None = None


class CustomRoleDeleted(Output):
    role_id: int


# Make's answers


class Grant(Output):
    id: int
    name: str
    requires: list[str] = []


class Grants(Output):
    users_roles_permissions: list[Grant]


class OneCustomRole(Output):
    role: Role


# Tools


@category.tool(
    scope="user:write",
    effect="create",
    formerly=("custom-roles_create",),
    examples=(
        CreateCustomRole(
            name="Run only", category="team", base_role="Team Monitoring", permissions=["dlq run"]
        ),
    ),
)
async def custom_role_create(make: Make, args: CreateCustomRole) -> CustomRole:
    """Create a role of an Enterprise organization from permissions, or from another role's."""
    known = await _grants(make, args.category)
    base = await _base(make, args)
    names = _completed(make, [*base, *args.permissions], known, "permissions")
    body: Document = {
        "name": args.name,
        "category": args.category,
        "organizationId": args.organization_id,
        "permissions": [known[name].id for name in names],
    }
    if args.description is not None:
        body["description"] = args.description
    make.shows(*(f"+ {name}" for name in names))
    made = await make.write(
        post(BASE, body),
        into=OneCustomRole,
        says=f"Create the {args.category} role “{args.name}” with {len(names)} permissions",
        undo=lambda answer: Undo((_removal(answer.role.id, args.organization_id),)),
    )
    return _shown(made.role, args.category)


@category.tool(scope="user:write", effect="update", confirm=True, formerly=("custom-roles_update",))
async def custom_role_update(make: Make, args: UpdateCustomRole) -> CustomRole:
    """Rename a custom role, or change what everybody who has it may do."""
    role = await _custom(make, args.role_id, args.organization_id)
    place: RoleCategory = "team" if role.category == "team" else "organization"
    known = await _grants(make, place)
    kept = [name for name in role.permissions if name not in args.revoke]
    _refuse_unknown([*args.revoke], known, "revoke")
    names = _completed(make, [*kept, *args.grant], known, "grant")
    granted, revoked = permission_delta(role, role.model_copy(update={"permissions": names}))
    changes: Document = {"name": args.name, "description": args.description}
    was: Document = {"name": role.name, "description": role.description}
    changes = {k: v for k, v in changes.items() if v is not None and v != was[k]}
    if granted or revoked:
        changes["permissions"] = [known[name].id for name in names]
    if not changes:
        return _shown(role, place).model_copy(update={"changed": False})
    was["permissions"] = [known[name].id for name in role.permissions if name in known]
    make.shows(*(f"+ {name}" for name in granted), *(f"- {name}" for name in revoked))
    make.affects(*await _holders(make, role, args.organization_id))
    path, owner = f"{BASE}/{role.id}", {"organizationId": args.organization_id}
    answer = await make.write(
        patch(path, owner | changes),
        into=OneCustomRole,
        says=f"Change the role “{role.name}” ({', '.join(changes)})",
        before={"name": role.name, "permissions": [*sorted(role.permissions)]},
        undo=Undo((patch(path, owner | {name: was[name] for name in changes}),)),
    )
    told = {"granted": granted or None, "revoked": revoked or None}
    return _shown(answer.role, place).model_copy(update=told)


@category.tool(scope="user:write", effect="delete", formerly=("custom-roles_delete",))
async def custom_role_delete(make: Make, args: DeleteCustomRole) -> CustomRoleDeleted:
    """Delete a custom role that nobody has; who has it is told otherwise."""
    role = await _custom(make, args.role_id, args.organization_id)
    holders = await _holders(make, role, args.organization_id)
    if holders:
        raise Failure(
            f"The role “{role.name}” was not deleted.",
            why=f"{len(holders)} people have it: {'; '.join(holders[:20])}.",
            next_step="Give them another role first (`user_team_role_set`,"
            " `user_organization_role_set`).",
            code="in_use",
        )
    known = await _grants(make, "team" if role.category == "team" else "organization")
    again: Document = {
        "name": role.name,
        "category": role.category,
        "organizationId": args.organization_id,
        "description": role.description or "",
        "permissions": [known[name].id for name in role.permissions if name in known],
    }
    return await make.write(
        _removal(role.id, args.organization_id),
        into=CustomRoleDeleted,
        says=f"Delete the role “{role.name}” ({role.id})",
        before={"name": role.name, "permissions": [*sorted(role.permissions)]},
        undo=Undo((post(BASE, again),), note="The role gets a new id."),
    )


# Parts


def _removal(role_id: int, organization_id: int | None) -> Request:
    """Delete a role; Make wants the organization in the body."""
    return delete(f"{BASE}/{role_id}", {"organizationId": organization_id})


def _shown(role: Role, place: RoleCategory) -> CustomRole:
    return CustomRole(id=role.id, name=role.name, category=place, permissions=role.permissions)


async def _base(make: Make, args: CreateCustomRole) -> list[str]:
    if args.base_role is None:
        return []
    base = await find_role(make, args.base_role, args.category, args.organization_id)
    return base.permissions


async def _custom(make: Make, given: int | str, organization_id: int | None) -> Role:
    role = await find_role(make, given, organization_id=organization_id)
    if role.management_type == "custom_managed":
        return role
    raise Failure(
        f"The role “{role.name}” is one of Make's own and cannot be changed.",
        next_step=f"Create one that starts from it: `custom_role_create` with base_role={role.id}.",
        code="not_custom",
    )


async def _grants(make: Make, place: RoleCategory) -> dict[str, Grant]:
    """Read what roles of a kind of place can grant, by name."""
    query = {"roleCategory": place}
    answer = await make.get(
        "/users/roles/permissions", query, into=Grants, scope="user:read", fresh_for=60.0
    )
    return {one.name: one for one in answer.users_roles_permissions}


def _completed(make: Make, wanted: list[str], known: dict[str, Grant], argument: str) -> list[str]:
    """Give the wanted permissions with those they build on, each once."""
    _refuse_unknown(wanted, known, argument)
    names = list(dict.fromkeys(wanted))
    for name in names:  # grows while it is walked: what is added has needs of its own
        names += [need for need in known[name].requires if need not in names and need in known]
    if added := [name for name in names if name not in wanted]:
        make.warn(f"Added, because others build on them: {', '.join(added)}.")
    return names


def _refuse_unknown(wanted: list[str], known: dict[str, Grant], argument: str) -> None:
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise Failure(
            "The role was not changed.",
            next_step="`role_permission_list` tells every name.",
            code="invalid_arguments",
            problems=[Problem(argument, f"“{name}” is no permission here.") for name in unknown],
        )


async def _holders(make: Make, role: Role, organization_id: int | None) -> list[str]:
    """Name those who have a role, with the place where they have it."""
    organization = int(organization_id or 0)
    if role.category == "organization":
        members = await members_of(make, organization)
        return [f"user {one.user_id}" for one in members if one.users_role_id == role.id]
    account = await make.account()
    teams = [t for o in account.organizations if o.id == organization for t in o.teams]
    held = await make.each(teams, lambda team: team_members_of(make, team.id))
    return [
        f"user {one.user_id} in the team {team.name}"
        for team, members in zip(teams, held, strict=True)
        for one in members
        if one.users_role_id == role.id
    ]
