"""Apps that organizations use, and invitations to custom apps."""

from collections import Counter

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    OrganizationId,
    Output,
    Page,
    PageInput,
    Timestamp,
    page_of,
)
from make_mcp_base.client.failures import NotFound
from pydantic import Field

from make_mcp_core_tools._engine.app_uses import PREFIX, installed_apps, scenarios_with
from make_mcp_core_tools._engine.custom_apps import READ
from make_mcp_core_tools.sdk.declared import category

# Inputs


class ListInstalled(PageInput):
    organization_id: OrganizationId | None = None
    custom_only: bool = False
    """Only custom apps that this token may read."""
    unused: bool = False
    """Only those that no scenario uses."""


class GetInvite(Input):
    token: str = Field(pattern=r"^[0-9A-Za-z-]{8,64}$")
    """The end of an invitation's address."""


# Outputs


class Installed(Output):
    app: str
    version: int
    custom: bool | None = None
    """True for custom apps that this token may read."""
    installed_at: Timestamp | None = None
    installed_by: int | None = None
    """User id."""
    used_by: int
    """Scenarios that have its modules."""


class InstalledApps(Page):
    apps: list[Installed]


class Place(Output):
    id: int
    name: str = ""


class Invite(Output):
    name: str
    label: str = ""
    description: str | None = None
    version: str | None = None
    language: str | None = None
    modules: list[str]
    installable: list[Place] = []
    """Organizations that may install it."""


# Make's answers


class _Manifest(Output):
    version: str | None = None
    description: str | None = None
    actions: list[Document] = []
    searches: list[Document] = []
    triggers: list[Document] = []


class _Invite(Output):
    name: str
    label: str = ""
    language: str | None = None
    manifest_basic: _Manifest = _Manifest()
    installable: list[Place] = []


class _OneInvite(Output):
    app_invite: _Invite


class _Own(Output):
    name: str


class _Owns(Output):
    apps: list[_Own]


# Tools


@category.tool(
    scope="organizations:read",
    effect="read",
    formerly=("list-installed-apps",),
    words=("custom apps in organization", "apps in use"),
)
async def sdk_app_installed_list(make: Make, args: ListInstalled) -> InstalledApps:
    """List the apps an organization has installed, with how many scenarios use each version."""
    organization = args.organization_id or 0
    rows = await installed_apps(make, organization)
    own = {app.name for app in (await make.get("/sdk/apps", {"all": True}, into=_Owns)).apps}
    used = await _used(make, organization)
    merged: dict[tuple[str, int], Installed] = {}
    for row in rows:
        name = row.app_name.removeprefix(PREFIX)
        custom = row.app_name.startswith(PREFIX) or name in own
        found = Installed(
            app=name,
            version=row.app_version,
            custom=True if custom else None,
            installed_at=row.installed_at,
            installed_by=row.installed_by,
            used_by=used[f"{PREFIX}{name}" if custom else name, row.app_version],
        )
        merged.setdefault((found.app, found.version), found)
    apps = [one for one in merged.values() if one.custom or not args.custom_only]
    page, more = page_of([one for one in apps if not (args.unused and one.used_by)], args)
    return InstalledApps(apps=page, **more)


@category.tool(
    scope=READ,
    effect="read",
    formerly=("install-sdk-app",),
    words=("invitation", "install link", "install app"),
)
async def sdk_app_invite_get(make: Make, args: GetInvite) -> Invite:
    """Look at an invitation to a custom app. Installing it is a person's consent, in Make.

    Make's API does not tell the address of the page where that is done.
    """
    try:
        invite = (await make.get(f"/sdk/apps/invites/{args.token}", into=_OneInvite)).app_invite
    except NotFound as missing:
        raise Failure(
            "There is no such invitation.",
            why="Its app was withdrawn, or the token is not whole.",
            next_step="Ask the author for the invitation again: `custom_app_visibility_set` gives"
            " them its token.",
            code="not_found",
            status=404,
        ) from missing
    shown = invite.manifest_basic
    modules = [*shown.triggers, *shown.actions, *shown.searches]
    return Invite(
        name=invite.name,
        label=invite.label,
        description=shown.description,
        version=shown.version,
        language=invite.language,
        modules=[str(module.get("label") or module.get("name")) for module in modules],
        installable=invite.installable,
    )


# Parts


async def _used(make: Make, organization: int) -> Counter[tuple[str, int]]:
    account = await make.account()
    teams = [t.id for o in account.organizations if o.id == organization for t in o.teams]
    used: Counter[tuple[str, int]] = Counter()
    for use in await scenarios_with(make, teams):
        used.update({(m.type.partition(":")[0], m.version) for m in use.modules})
    return used
