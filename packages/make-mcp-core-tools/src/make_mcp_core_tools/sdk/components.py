"""Components of custom apps: list, look at, change, show and hide."""

from typing import Any, Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Json,
    Make,
    NextCall,
    Output,
    Problem,
    Undo,
    Watch,
    patch,
    post,
)
from pydantic import Field, RootModel

from make_mcp_core_tools._engine.app_code import parts_of
from make_mcp_core_tools._engine.custom_apps import (
    KINDS,
    MODULE_TYPES,
    READ,
    SECTIONS,
    WRITE,
    AppName,
    ComponentName,
    Kind,
    Major,
    Place,
    component,
)
from make_mcp_core_tools.sdk.declared import category

_TYPES = {number: name for name, number in MODULE_TYPES.items()}
CHANGEABLE: dict[Kind, dict[str, str]] = {
    "connection": {"label": "label", "connected_system": "connectedSystemName"},
    "module": {"label": "label", "description": "description", "connection": "connection"},
    "rpc": {"label": "label", "connection": "connection", "alt_connection": "altConnection"},
    "webhook": {"label": "label", "connection": "connection", "alt_connection": "altConnection"},
    "function": {},
    "endpoint": {
        "label": "label",
        "description": "description",
        "context": "context",
        "annotations": "annotations",
        "attached_accounts": "attachedAccounts",
    },
}
"""What can be changed of each kind, with Make's name for it."""

# Inputs


class Annotations(Input):
    read_only_hint: bool | None = None
    """It changes nothing."""
    destructive_hint: bool | None = None
    """It may destroy."""
    idempotent_hint: bool | None = None
    """Calling it again changes no more."""
    open_world_hint: bool | None = None
    """It reaches others."""


class ListComponents(Input):
    app: AppName
    """Name of the custom app (`custom_app_list`)."""
    version: Major = 1
    """Major version."""
    kind: Kind | None = None
    """Only this kind."""
    kinds: list[Kind] = Field(default=list(KINDS), min_length=1)
    """Only these kinds."""


class GetComponent(Input):
    app: AppName
    """Name of the custom app."""
    version: Major = 1
    """Major version."""
    kind: Kind
    """Kind of component."""
    name: ComponentName
    """Its name (`sdk_component_list`)."""


class UpdateComponent(GetComponent):
    label: str | None = Field(default=None, min_length=1, max_length=128)
    """New name that people see; all kinds but functions."""
    description: str | None = None
    """Modules and endpoints."""
    connection: str | None = None
    """Modules, RPCs and webhooks: name of the app's connection; empty for none."""
    alt_connection: str | None = None
    """RPCs and webhooks: the second connection; empty for none."""
    connected_system: str | None = None
    """Connections: name of the connected system; empty for none."""
    context: str | None = None
    """Endpoints: how an agent should use it."""
    annotations: Annotations | None = None
    """Endpoints: what it does, in hints."""
    attached_accounts: list[str] | None = None
    """Endpoints: names of connections; they replace the present ones."""


class SetVisibility(Input):
    app: AppName
    """Name of the custom app."""
    version: Major = 1
    """Major version."""
    kind: Literal["module", "endpoint"]
    """Kind of component."""
    name: ComponentName
    """Its name."""
    visibility: Literal["public", "private"]
    """`public` shows it to the users of the app."""


# Outputs


class Component(Output):
    kind: Kind
    name: str
    label: str | None = None
    type: str | None = None
    """Type of module, connection or webhook."""
    args: str | None = None
    """Parameters of a function."""
    public: bool | None = None
    approved: bool | None = None
    archived: bool | None = None
    connection: str | None = None
    alt_connection: str | None = None
    webhook: str | None = None


class Components(Output):
    app: str
    version: int
    components: list[Component]


class ComponentDetail(Component):
    description: str | None = None
    crud: str | None = None
    context: str | None = None
    annotations: Document | None = None
    attached_accounts: list[str] | None = None
    connected_system_name: str | None = None
    sections: list[str]
    """Code it may have: `sdk_component_section_get`."""
    next_calls: list[NextCall] = []


class ComponentSaved(Output):
    component: Component
    changed: bool = True
    next_calls: list[NextCall] = []


class Answered(RootModel[Json]):
    """An answer of which nothing is needed; some of Make's are empty."""


# Tools


@category.tool(
    scope=READ,
    effect="read",
    formerly=(
        "sdk-connections_list",
        "sdk-modules_list",
        "sdk-rpcs_list",
        "sdk-functions_list",
        "sdk-webhooks_list",
        "sdk-endpoints_list",
    ),
    words=("custom app", "parts"),
)
async def sdk_component_list(make: Make, args: ListComponents) -> Components:
    """List the components of a custom app: connections, modules, RPCs, webhooks and so on."""
    kinds: list[Kind] = [args.kind] if args.kind else args.kinds
    parts = await parts_of(make, Place(args.app, args.version), kinds)
    rows = [_told(described(part.place.kind or "module", part.meta)) for part in parts]
    return Components(app=args.app, version=args.version, components=rows)


def _told(row: Component) -> Component:
    """Leave out of a row what is not so."""
    flags = {name: getattr(row, name) or None for name in ("public", "approved", "archived")}
    return row.model_copy(update=flags)


@category.tool(
    scope=READ,
    effect="read",
    formerly=(
        "sdk-connections_get",
        "sdk-modules_get",
        "sdk-rpcs_get",
        "sdk-functions_get",
        "sdk-webhooks_get",
        "sdk-endpoints_get",
    ),
)
async def sdk_component_get(make: Make, args: GetComponent) -> ComponentDetail:
    """Show one component of a custom app and which code sections it has."""
    place = Place(args.app, args.version, args.kind, args.name)
    found = await component(make, place)
    row = {key: value for key, value in found.items() if key != "parameters"}
    sections = list(SECTIONS[args.kind])
    arguments: Document = args.model_dump() | {"section": sections[0]}
    call = NextCall(tool="sdk_component_section_get", arguments=arguments, why="Read its code.")
    members: dict[str, Any] = described(args.kind, found).model_dump()
    more = ComponentDetail.model_validate(row | {"kind": args.kind, "sections": sections})
    return more.model_copy(update=members | {"next_calls": [call]})


@category.tool(
    scope=WRITE,
    effect="update",
    formerly=(
        "sdk-connections_update",
        "sdk-modules_update",
        "sdk-rpcs_update",
        "sdk-webhooks_update",
        "sdk-endpoints_update",
    ),
    examples=(
        UpdateComponent(app="harbor-stock-a1b2c3", kind="module", name="getStock", label="Get it"),
    ),
)
async def sdk_component_update(make: Make, args: UpdateComponent) -> ComponentSaved:
    """Change label, description or connections of a component; its code has its own tool."""
    place = Place(args.app, args.version, args.kind, args.name)
    wanted = _wanted(args)
    found = await component(make, place)
    changes = {key: value for key, value in wanted.items() if value != found.get(key)}
    if not changes:
        return ComponentSaved(component=described(args.kind, found), changed=False)
    before = {key: found.get(key) for key in changes}
    await make.write(
        patch(place.path, changes),
        into=Answered,
        says=f"Change {', '.join(changes)} of the {place.title} of {args.app}",
        before=before,
        predict={},
        undo=Undo(
            (patch(place.path, before),),
            Watch(place.path, tuple(f"{place.key}.{key}" for key in changes)),
        ),
    )
    return ComponentSaved(component=described(args.kind, found | changes))


@category.tool(
    scope=WRITE,
    effect="update",
    confirm=True,
    formerly=(
        "sdk-modules_set-public",
        "sdk-modules_set-private",
        "sdk-endpoints_set-public",
        "sdk-endpoints_set-private",
    ),
    words=("hide", "show", "publish"),
)
async def sdk_component_visibility_set(make: Make, args: SetVisibility) -> ComponentSaved:
    """Show a module or endpoint to the users of a custom app, or hide it from them."""
    place = Place(args.app, args.version, args.kind, args.name)
    found, public = await component(make, place), args.visibility == "public"
    if bool(found.get("public")) == public:
        return ComponentSaved(component=described(args.kind, found), changed=False)
    if public:
        make.affects("Whoever has the app finds it from then on.")
    else:
        make.affects("Scenarios that have it keep it; nobody finds it for new ones.")
    other = "private" if public else "public"
    await make.write(
        post(f"{place.path}/{args.visibility}"),
        into=Answered,
        says=f"Make the {place.title} of {args.app} {args.visibility}",
        before={"public": not public},
        predict={},
        undo=Undo((post(f"{place.path}/{other}"),), Watch(place.path, (f"{place.key}.public",))),
    )
    return ComponentSaved(component=described(args.kind, found | {"public": public}))


# Parts


def described(kind: Kind, found: Document) -> Component:
    """Give the row of a component as Make shows it."""
    kind_of = found.get("type") or _TYPES.get(found.get("typeId", 0))
    return Component.model_validate(found | {"kind": kind, "type": kind_of})


def _wanted(args: UpdateComponent) -> Document:
    """Give what is to be sent, in Make's names.

    Raises:
        Failure: Some of it cannot be changed of that kind, or nothing is given.
    """
    names, place = CHANGEABLE[args.kind], set(GetComponent.model_fields)
    given = sorted(args.sent() - place)
    strange = [name for name in given if name not in names]
    if strange or not given:
        fix = f"Of a {args.kind}: {', '.join(names)}." if names else "Change its code instead."
        problems = [Problem(name, f"is nothing that a {args.kind} has.", fix) for name in strange]
        raise Failure(
            f"The {args.kind} was not changed.",
            why="" if given else f"Nothing to change was given. {fix}",
            next_step="Call `sdk_component_update` again with what is to change.",
            code="invalid_arguments",
            problems=problems,
        )
    body: Document = {}
    for name in given:
        value = getattr(args, name)
        if isinstance(value, Annotations):
            value = value.model_dump(exclude_none=True)
            value = {_camel(key): member for key, member in value.items()}
        emptied = "onnect" in name and value == ""
        body[names[name]] = None if emptied else value
    return body


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
