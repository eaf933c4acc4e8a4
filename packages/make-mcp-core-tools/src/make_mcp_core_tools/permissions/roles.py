"""Roles: named sets of permissions, for organizations and for teams.

Ids differ between instances, so they are always read, never assumed (Make API reference, chapters
2.24 and 2.33). "Company" is Make's old word for team in the names of permissions.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, cast

from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    OrganizationId,
    Output,
    Page,
    PageInput,
    page_of,
)
from pydantic import BeforeValidator

from make_mcp_core_tools.permissions.declared import category

RoleCategory = Literal["organization", "team"]
_FRESH = 60.0

# Inputs


class ListRoles(PageInput):
    organization_id: OrganizationId | None = None
    category: RoleCategory | None = None
    """Only roles for this kind of place."""


class GetRole(Input):
    role_id: int | str
    """Role id or name (`role_list`)."""
    compare_to: int | str | None = None
    """Another role; the answer then says what each has that the other lacks."""


class ListPermissions(PageInput):
    category: RoleCategory | None = None
    """Only permissions that roles of this kind of place can grant."""
    contains: str | None = None
    """Only permissions with this text in their name or label."""


# Outputs


def _names(value: object) -> object:
    """Read permissions given as names or as `{id, name}`."""
    if not isinstance(value, list):
        return value
    items = cast("list[str | dict[str, str]]", value)
    return [item["name"] if isinstance(item, dict) else item for item in items]


class Role(Output):
    id: int
    name: str
    identifier: str | None = None
    category: str = ""
    management_type: str = ""
    description: str | None = None
    organization_id: int | None = None
    permissions: Annotated[list[str], BeforeValidator(_names)] = []

    def is_called(self, identifier: str, name: str) -> bool:
        """Tell a built-in role by the end of its identifier, else by its English name."""
        return (self.identifier or "").endswith(identifier) or self.name == name

    @property
    def is_owner(self) -> bool:
        """True for the one who owns an organization."""
        return self.category == "organization" and self.is_called(":owner", "Owner")

    @property
    def governs(self) -> bool:
        """True for those who govern an organization: owners and admins."""
        admin = self.category == "organization" and self.is_called("organization:admin", "Admin")
        return self.is_owner or admin

    @property
    def administers_team(self) -> bool:
        """True for the role that manages a team and its people."""
        return self.category == "team" and self.is_called("team-admin", "Team Admin")


class RoleRow(Output):
    id: int
    name: str
    category: str
    kind: str
    """system_locked, admin_managed or custom_managed."""
    permissions: int
    """How many it grants."""


class Roles(Page):
    roles: list[RoleRow]


class RoleDetail(Output):
    id: int
    name: str
    category: str
    kind: str
    description: str | None = None
    permissions: list[str]
    compared_to: str | None = None
    only_here: list[str] | None = None
    only_there: list[str] | None = None


class Permission(Output):
    name: str
    label: str = ""
    role_category: str = ""
    requires: list[str] = []


class Permissions(Page):
    permissions: list[Permission]


class RoleList(Output):
    users_roles: list[Role]


class OneRole(Output):
    users_role: Role


class PermissionList(Output):
    users_roles_permissions: list[Permission]


# Tools


@category.tool(scope="user:read", effect="read", formerly=("roles_list",), words=("access",))
async def role_list(make: Make, args: ListRoles) -> Roles:
    """List the roles people can have in an organization and in its teams, custom ones included."""
    found = await roles_of(make, args.category, args.organization_id)
    rows = [
        RoleRow(
            id=role.id,
            name=role.name,
            category=role.category,
            kind=role.management_type,
            permissions=len(role.permissions),
        )
        for role in found
    ]
    page, more = page_of(rows, args)
    return Roles(roles=page, **more)


@category.tool(scope="user:read", effect="read", formerly=("roles_get",))
async def role_get(make: Make, args: GetRole) -> RoleDetail:
    """Show what a role allows, or how two roles differ."""
    role = await find_role(make, args.role_id)
    shown = RoleDetail(
        id=role.id,
        name=role.name,
        category=role.category,
        kind=role.management_type,
        description=role.description,
        permissions=role.permissions,
    )
    if args.compare_to is None:
        return shown
    other = await find_role(make, args.compare_to)
    here, there = permission_delta(other, role)
    return shown.model_copy(
        update={"compared_to": other.name, "only_here": here, "only_there": there}
    )


@category.tool(
    scope="user:read", effect="read", formerly=("roles_permissions", "roles_permissions_list")
)
async def role_permission_list(make: Make, args: ListPermissions) -> Permissions:
    """List every permission a role can grant, and which other permissions each one needs."""
    known = await permissions_of(make, args.category)
    wanted = (args.contains or "").casefold()
    rows = [p for p in known if wanted in f"{p.name} {p.label}".casefold()]
    page, more = page_of(rows, args)
    return Permissions(permissions=page, **more)


# For other tools


async def roles_of(
    make: Make, category: RoleCategory | None, organization_id: int | None
) -> list[Role]:
    """Read the roles of a category, with an organization's own ones."""
    query = {"category": category, "organizationId": organization_id}
    answer = await make.get(
        "/users/roles", query, into=RoleList, scope="user:read", fresh_for=_FRESH
    )
    return answer.users_roles


async def permissions_of(make: Make, category: RoleCategory | None = None) -> list[Permission]:
    """Read what roles can grant."""
    path, query = "/users/roles/permissions", {"roleCategory": category}
    answer = await make.get(path, query, into=PermissionList, scope="user:read", fresh_for=_FRESH)
    return answer.users_roles_permissions


async def find_role(
    make: Make,
    given: int | str,
    category: RoleCategory | None = None,
    organization_id: int | None = None,
) -> Role:
    """Find a role by id or name.

    Args:
        make: The call's Make.
        given: Id or name, as the caller wrote it.
        category: Only roles of this category.
        organization_id: Whose custom roles count; every organization's when None.

    Raises:
        Failure: No role, or several, are called so; the failure lists what there is.
    """
    known = await _known_roles(make, category, organization_id)
    text = str(given).strip()
    by_id = [role for role in known if text.isdigit() and role.id == int(text)]
    hits = by_id or [role for role in known if role.name.casefold() == text.casefold()]
    if len(hits) == 1:
        return hits[0]
    among = hits or known
    kind = f"{category} role" if category else "role"
    raise Failure(
        f"{len(hits) or 'No'} {kind}{'s are' if hits else ' is'} called “{given}”.",
        why=f"There are {', '.join(f'{role.id} {role.name}' for role in among[:20])}.",
        next_step="Call again with one of these ids; `role_list` says more about them.",
        code="ambiguous_name" if hits else "unknown_name",
    )


async def _known_roles(
    make: Make, category: RoleCategory | None, organization_id: int | None
) -> list[Role]:
    if organization_id is not None:
        return await roles_of(make, category, organization_id)
    account = await make.account()
    places: list[int | None] = [o.id for o in account.organizations] or [None]
    lists = await make.each(places, lambda place: roles_of(make, category, place))
    return list({role.id: role for roles in lists for role in roles}.values())


def permission_delta(former: Role | None, new: Role | None) -> tuple[list[str], list[str]]:
    """Say which permissions a change of role gives and takes."""
    had, has = _granted(former), _granted(new)
    return [name for name in has if name not in had], [name for name in had if name not in has]


def _granted(role: Role | None) -> Sequence[str]:
    return role.permissions if role else ()
