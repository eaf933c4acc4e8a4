"""Private spaces: teams of one person. Make API reference, chapter 2.25."""

from make_mcp_base.authoring import (
    Counter,
    Input,
    Make,
    OrganizationId,
    Output,
    Page,
    PageInput,
    Undo,
    Watch,
    page_of,
    patch,
)
from pydantic import Field

from make_mcp_core_tools.permissions.declared import category

BASE = "/private-spaces"
READ = "private-spaces:read"

# Inputs


class ListPrivateSpaces(PageInput):
    organization_id: OrganizationId | None = None
    owner_contains: str | None = Field(default=None, max_length=255)
    """Part of the owner's name or address."""


class GetPrivateSpace(Input):
    private_space_id: int = Field(ge=1)
    """Id (`private_space_list`)."""


class UpdatePrivateSpace(Input):
    private_space_id: int = Field(ge=1)
    """Id (`private_space_list`)."""
    operations_limit: int | None = Field(ge=0)
    """Operations it may use in a period; null lifts the limit."""


# Outputs


class PrivateSpace(Output):
    id: int
    name: str
    owner: str | None = None
    owner_email: str | None = None
    paused: bool | None = None
    operations_limit: int | None = None
    operations_used: int | None = None
    """In this period."""


class PrivateSpaces(Page):
    private_spaces: list[PrivateSpace]


class PrivateSpaceDetail(PrivateSpace):
    organization_id: int
    transfer_limit_bytes: int | None = None
    transfer_used_bytes: int | None = None
    credits_used: float | None = None


class PrivateSpaceChanged(Output):
    private_space: PrivateSpaceDetail
    changed: bool


# Make's answers


class Space(Output):
    id: int
    name: str
    organization_id: int = 0
    private_space_owner_id: int | None = None
    private_space_owner_name: str | None = None
    private_space_owner_email: str | None = None
    is_paused: bool | None = None
    operations_limit: int | None = None
    transfer_limit: Counter | None = None
    consumed_operations: Counter | None = None
    consumed_transfer: Counter | None = None
    consumed_centicredits: Counter | None = None

    @property
    def told(self) -> PrivateSpaceDetail:
        """The space as tools show it."""
        spent = self.consumed_centicredits
        return PrivateSpaceDetail(
            id=self.id,
            name=self.name,
            organization_id=self.organization_id,
            owner=self.private_space_owner_name,
            owner_email=self.private_space_owner_email,
            paused=self.is_paused or None,
            operations_limit=self.operations_limit,
            operations_used=self.consumed_operations,
            transfer_limit_bytes=self.transfer_limit,
            transfer_used_bytes=self.consumed_transfer,
            credits_used=None if spent is None else spent / 100,
        )


class OneSpace(Output):
    private_space: Space


# Tools


@category.tool(
    scope=READ, effect="read", formerly=("private-spaces_list",), words=("personal space",)
)
async def private_space_list(make: Make, args: ListPrivateSpaces) -> PrivateSpaces:
    """List the private spaces of an organization: teams of one person, with their use."""
    rows = await spaces_of(make, args.organization_id or 0)
    wanted = (args.owner_contains or "").casefold()
    shown = [PrivateSpace.model_validate(row.told.model_dump()) for row in rows]
    kept = [one for one in shown if wanted in f"{one.owner} {one.owner_email}".casefold()]
    page, more = page_of(kept, args)
    return PrivateSpaces(private_spaces=page, **more)


@category.tool(scope=READ, effect="read", formerly=("private-spaces_get",))
async def private_space_get(make: Make, args: GetPrivateSpace) -> PrivateSpaceDetail:
    """Show a private space: its owner, its limits and what it used in this period."""
    return (await make.get(f"{BASE}/{args.private_space_id}", into=OneSpace)).private_space.told


@category.tool(scope="private-spaces:write", effect="update", formerly=("private-spaces_update",))
async def private_space_update(make: Make, args: UpdatePrivateSpace) -> PrivateSpaceChanged:
    """Limit the operations of a private space; the transfer limit follows in proportion.

    A limit below what is used already pauses the space, and needs a plan first.
    """
    path = f"{BASE}/{args.private_space_id}"
    space = (await make.get(path, into=OneSpace, scope=READ)).private_space
    if space.operations_limit == args.operations_limit:
        return PrivateSpaceChanged(private_space=space.told, changed=False)
    used = space.consumed_operations or 0
    pauses = args.operations_limit is not None and args.operations_limit < used
    if pauses:
        make.affects(f"“{space.name}” has used {used} operations and will be paused.")
        make.confirm("it pauses the space")
    answer = await make.write(
        patch(path, {"operationsLimit": args.operations_limit}, confirmed=True if pauses else None),
        into=OneSpace,
        says=f"Limit “{space.name}” to {args.operations_limit} operations"
        if args.operations_limit is not None
        else f"Lift the limit of “{space.name}”",
        before={"operationsLimit": space.operations_limit},
        undo=Undo(
            (patch(path, {"operationsLimit": space.operations_limit}, confirmed=True),),
            Watch(path, ("privateSpace.operationsLimit",)),
        ),
    )
    return PrivateSpaceChanged(private_space=answer.private_space.told, changed=True)


# For other tools


async def spaces_of(make: Make, organization_id: int) -> list[Space]:
    """Read the private spaces of an organization that the token's user may see."""
    query = {"organizationId": organization_id}
    return await make.all(BASE, query, key="privateSpaces", item=Space, scope=READ)
