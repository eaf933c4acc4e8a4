"""Handing an organization over to another owner. Make API reference, chapter 2.23."""

from make_mcp_base.authoring import (
    Failure,
    Input,
    Irreversible,
    Make,
    OrganizationId,
    Output,
    Problem,
    UserId,
    post,
)

from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.organizations import OneOrganization
from make_mcp_core_tools.permissions.people import Member, members_of, user_in
from make_mcp_core_tools.permissions.roles import Role, roles_of

# Inputs


class TransferOwnership(Input):
    organization_id: OrganizationId | None = None
    user_id: UserId
    """The new owner, who belongs to the organization already."""
    name: str | None = None
    """The organization's exact name; needed because only the new owner can give it back."""


# Outputs


class OwnershipTransferred(Output):
    organization_id: int
    owner_id: int
    owner: str
    changed: bool
    former_owner_role: str | None = None
    """What the former owner is from now on."""


# Make's answers


class Transferred(Output):
    user_organization_roles: list[Member]


# The tool


@category.tool(
    scope="organizations:write",
    effect="delete",
    words=("new owner", "hand over", "owner leaves"),
    examples=(TransferOwnership(organization_id=12, user_id=51, name="Harbor"),),
)
async def organization_ownership_transfer(
    make: Make, args: TransferOwnership
) -> OwnershipTransferred:
    """Make another member the owner of an organization; only its owner can do so.

    The former owner becomes an admin. Billing and deletion are the new owner's from then on.
    """
    organization = args.organization_id or 0
    roles = {role.id: role for role in await roles_of(make, "organization", organization)}
    members = await members_of(make, organization)
    heir = await user_in(make, organization, args.user_id)
    owner = next((m.user_id for m in members if _owns(m, roles)), None)
    if owner == heir.id:
        return OwnershipTransferred(
            organization_id=organization, owner_id=heir.id, owner=heir.name, changed=False
        )
    await _refuse(make, args, members, owner)
    former = f"user {owner}"
    make.affects(f"{former} becomes an admin; only {heir.name} can give the ownership back.")
    answer = await make.write(
        post(
            f"/organizations/{organization}/user-organization-roles/transfer", {"userId": heir.id}
        ),
        into=Transferred,
        says=f"Make {heir.name} ({heir.id}) the owner of organization {organization}",
        before={"owner": owner, "members": len(members)},
        undo=Irreversible("Only the new owner can give it back, with the same tool."),
    )
    told = {m.user_id: roles.get(m.users_role_id or 0) for m in answer.user_organization_roles}
    was = told.get(owner or 0)
    return OwnershipTransferred(
        organization_id=organization,
        owner_id=heir.id,
        owner=heir.name,
        changed=True,
        former_owner_role=was.name if was else None,
    )


def _owns(member: Member, roles: dict[int, Role]) -> bool:
    role = roles.get(member.users_role_id or 0)
    return role is not None and role.is_owner


async def _refuse(
    make: Make, args: TransferOwnership, members: list[Member], owner: int | None
) -> None:
    """Refuse a transfer that Make would refuse, or that was not meant so.

    Raises:
        Failure: With every reason.
    """
    path = f"/organizations/{args.organization_id}"
    raw = (await make.get(path, into=OneOrganization, scope="organizations:read")).organization
    me = (await make.account()).user_id
    if me and me != owner:
        raise Failure(
            f"The ownership of organization {raw.id} was not changed.",
            why=f"Only its owner (user {owner}) can hand it over, with a token of their own.",
            next_step=f"Have user {owner} call `organization_ownership_transfer`.",
            code="not_owner",
        )
    problems: list[Problem] = []
    if any(m.user_id == args.user_id and m.invitation for m in members):
        problems.append(Problem("user_id", "has not accepted the invitation yet."))
    if args.name != raw.name:
        fix = "`organization_get` shows it."
        problems.append(Problem("name", "is not the organization's exact name.", fix))
    if problems:
        raise Failure(
            f"The ownership of organization {raw.id} was not changed.",
            problems=problems,
            next_step="Call `organization_ownership_transfer` again with the corrections above.",
            code="name_needed",
        )
