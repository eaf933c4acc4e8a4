"""Connected systems: what an on-premise agent reaches. Make API reference, chapter 2.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    OrganizationId,
    Output,
    Page,
    PageInput,
    Problem,
    Undo,
    Watch,
    delete,
    page_of,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.on_prem_agents import (
    FEATURE,
    READ,
    UUID,
    WRITE,
    inputs_of,
    of_organization,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = "/connected-systems"
AGENT_ID = Field(pattern=UUID)
SYSTEM_ID = Field(pattern=UUID)
Settings = dict[str, str | int | float | bool]

# Inputs


class ListSystems(PageInput):
    organization_id: OrganizationId | None = None
    agent_id: str | None = Field(default=None, pattern=UUID)
    """Only those of one agent (`on_prem_agent_list`)."""


class GetSystem(Input):
    organization_id: OrganizationId | None = None
    system_id: str = SYSTEM_ID
    """Id (`connected_system_list`)."""


class CreateSystem(Input):
    organization_id: OrganizationId | None = None
    name: str = Field(min_length=1, max_length=128)
    """What it is called."""
    agent_id: str = AGENT_ID
    """The agent that reaches it (`on_prem_agent_list`)."""
    app: str = Field(min_length=1, max_length=128)
    """App that speaks to it (`connected_system_app_list`)."""
    settings: Settings
    """Value of each field (`on_prem_agent_app_config_get`)."""


class UpdateSystem(GetSystem):
    name: str | None = Field(default=None, min_length=1, max_length=128)
    """New name."""
    settings: Settings = {}
    """New values; fields that are left out keep theirs."""


class ListSystemApps(PageInput):
    pass


# Outputs


class System(Output):
    id: str
    name: str
    agent_id: str
    app: str


class Systems(Page):
    connected_systems: list[System]


class SystemDetail(System):
    agent_version: str | None = None
    settings: Document = {}


class SystemChanged(Output):
    connected_system: System
    changed: bool = True


class SystemDeleted(Output):
    connected_system: str
    """Id of the system that was removed."""


class SystemApp(Output):
    name: str
    label: str = ""


class SystemApps(Page):
    apps: list[SystemApp]


# Make's answers


class Value(Output):
    name: str
    value: str | int | float | bool | None = None


class RawSystem(Output):
    id: str
    name: str
    agent_id: str
    app_name: str
    agent_version: str | None = None
    inputs: list[Value] = []

    @property
    def told(self) -> System:
        """The system as tools show it."""
        return System(id=self.id, name=self.name, agent_id=self.agent_id, app=self.app_name)

    @property
    def settings(self) -> Document:
        """Its values by field."""
        return {one.name: one.value for one in self.inputs}


class OneSystem(Output):
    connected_system: RawSystem


# Tools


@category.tool(
    scope=READ, effect="read", feature=FEATURE, formerly=("connected-system_list",), words=("sap",)
)
async def connected_system_list(make: Make, args: ListSystems) -> Systems:
    """List the systems in the company's network that agents reach."""
    query = {**of_organization(args.organization_id), "agentId": args.agent_id}
    rows = await make.all(BASE, query, key="connectedSystems", item=RawSystem)
    page, more = page_of([row.told for row in rows], args)
    return Systems(connected_systems=page, **more)


@category.tool(scope=READ, effect="read", feature=FEATURE, formerly=("connected-system_get",))
async def connected_system_get(make: Make, args: GetSystem) -> SystemDetail:
    """Show a connected system with its settings."""
    raw = await _system(make, args)
    return SystemDetail(
        **raw.told.model_dump(), agent_version=raw.agent_version, settings=raw.settings
    )


@category.tool(scope=WRITE, effect="create", feature=FEATURE, formerly=("connected-system_create",))
async def connected_system_create(make: Make, args: CreateSystem) -> SystemChanged:
    """Connect a system through an agent; its settings are checked before anything is sent."""
    fields = await inputs_of(make, args.agent_id, args.app, args.organization_id)
    _refuse_wrong(fields, args.settings, "connected_system_create")
    of = of_organization(args.organization_id)
    body = {
        "name": args.name,
        "agentId": args.agent_id,
        "appName": args.app,
        "inputs": args.settings,
    }
    made = await make.write(
        post(BASE, body, **of),
        into=OneSystem,
        says=f"Connect the system “{args.name}” ({args.app})",
        undo=lambda answer: Undo(
            (delete(f"{BASE}/{answer.connected_system.id}", **of),),
            Watch(f"{BASE}/{answer.connected_system.id}", ("connectedSystem.name",), of),
        ),
    )
    return SystemChanged(connected_system=made.connected_system.told)


@category.tool(scope=WRITE, effect="update", feature=FEATURE, formerly=("connected-system_update",))
async def connected_system_update(make: Make, args: UpdateSystem) -> SystemChanged:
    """Rename a connected system or change settings; those that are left out stay as they are."""
    raw = await _system(make, args)
    settings = raw.settings | args.settings
    fields = await inputs_of(make, raw.agent_id, raw.app_name, args.organization_id)
    _refuse_wrong(fields, settings, "connected_system_update")
    changes: Document = {}
    was: Document = {}
    if args.name is not None and args.name != raw.name:
        changes["name"], was["name"] = args.name, raw.name
    if settings != raw.settings:
        changes["inputs"], was["inputs"] = settings, raw.settings
    if not changes:
        return SystemChanged(connected_system=raw.told, changed=False)
    path, of = f"{BASE}/{raw.id}", of_organization(args.organization_id)
    make.shows(
        *(f"{key}: {raw.settings.get(key)} → {settings[key]}" for key in args.settings),
    )
    answer = await make.write(
        patch(path, changes, **of),
        into=OneSystem,
        says=f"Change {' and '.join(changes)} of the system “{raw.name}”",
        before=was,
        undo=Undo((patch(path, was, **of),), Watch(path, ("connectedSystem.name",), of)),
    )
    return SystemChanged(connected_system=answer.connected_system.told)


@category.tool(scope=WRITE, effect="delete", feature=FEATURE, formerly=("connected-system_delete",))
async def connected_system_delete(make: Make, args: GetSystem) -> SystemDeleted:
    """Remove a connected system; connections through it stop working."""
    raw = await _system(make, args)
    of = of_organization(args.organization_id)
    body = {
        "name": raw.name,
        "agentId": raw.agent_id,
        "appName": raw.app_name,
        "inputs": raw.settings,
    }
    return await make.write(
        delete(f"{BASE}/{raw.id}", **of),
        into=SystemDeleted,
        says=f"Remove the system “{raw.name}”",
        before={"name": raw.name, "inputs": raw.settings},
        undo=Undo(
            (post(BASE, body, **of),),
            note="The system gets a new id; connections made with the old one stay broken.",
        ),
    )


@category.tool(scope="", effect="read", formerly=("connected-system_list-apps",))
async def connected_system_app_list(make: Make, args: ListSystemApps) -> SystemApps:
    """List the apps that can reach systems through an agent."""
    found = await make.all(
        "/enums/connected-system-apps", key="connectedSystemApps", item=SystemApp
    )
    page, more = page_of(found, args)
    return SystemApps(apps=page, **more)


# Parts


async def _system(make: Make, args: GetSystem) -> RawSystem:
    of = of_organization(args.organization_id)
    path = f"{BASE}/{args.system_id}"
    return (await make.get(path, of, into=OneSystem, scope=READ)).connected_system


def _refuse_wrong(fields: list[Document], settings: Mapping[str, object], tool: str) -> None:
    """Refuse settings the app does not know, and those it lacks, all at once."""
    known = {str(field["name"]): field for field in fields}
    problems = [
        Problem(f"settings.{name}", "The app knows no such field.", f"It has {', '.join(known)}.")
        for name in settings
        if name not in known
    ]
    problems += [
        Problem(f"settings.{name}", f"“{field.get('label') or name}” is missing.")
        for name, field in known.items()
        if field.get("required") and settings.get(name) in (None, "")
    ]
    if problems:
        raise Failure(
            "The settings are not right; nothing was sent.",
            next_step=f"Call `{tool}` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
