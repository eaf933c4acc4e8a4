"""Apps: finding them, and what one of them offers."""

from dataclasses import dataclass, field

from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Page,
    PageInput,
    TeamId,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine.app_manifests import (
    AppCard,
    AppModule,
    app_cards,
    app_manifest,
)
from make_mcp_core_tools._engine.app_places import (
    Standpoint,
    installed_apps,
    standpoint,
    team_connections,
)
from make_mcp_core_tools._engine.app_search import (
    ALWAYS_LOOKED_INTO,
    CONNECTED,
    INSTALLED,
    app_points,
    fitting,
    words_of,
)
from make_mcp_core_tools._engine.app_texts import described
from make_mcp_core_tools._engine.team_objects import TeamObject
from make_mcp_core_tools.marketplace.declared import category

LOOKED_INTO = 10
"""Apps whose modules are read for one search."""
SHOWN_MODULES = 3
ONE_WORD = 2.0
"""Points of a module that shares no word of its name with the request."""

# Inputs


class ListApps(PageInput):
    query: str | None = Field(default=None, min_length=2, max_length=200)
    """What is to be done, "send a Slack message"; without it all apps by name."""
    app_category: str | None = None
    """Only of a category, such as `crm`."""
    connected: bool | None = None
    """Only apps the team has a connection to."""
    installed: bool | None = None
    """Only apps the organization uses already."""
    team_id: TeamId | None = None
    """Team whose connections count."""
    organization_id: OrganizationId | None = None


class OneApp(Input):
    app: str
    """Name as in blueprints, `google-sheets`; custom apps `app#name`."""
    version: int | None = Field(default=None, ge=0)
    """Major version; default the latest."""


class GetApp(OneApp):
    team_id: TeamId | None = None
    """Team whose connections count."""
    organization_id: OrganizationId | None = None


class GetAppDoc(OneApp):
    module: str | None = None
    """Only this module, `CreateMessage`."""


# Outputs


class ModuleHit(Output):
    module: str
    label: str


class AppRow(Output):
    app: str
    label: str
    version: int | None = None
    custom: bool | None = None
    premium_tier: int | None = None
    score: float | None = None
    """How well it fits: 6 a word of its name, 3 of its keywords, 3 of a module, 2 for a connection.
    Only their order counts."""
    connections: list[int] | None = None
    """Connections of the team that its modules can take."""
    modules: list[ModuleHit] | None = None
    """Modules that fit the query best."""


class Apps(Page):
    apps: list[AppRow]
    next_calls: list[NextCall] | None = None


class AppDetail(Output):
    app: str
    label: str
    version: int | None = None
    """Major version shown."""
    versions_in_use: list[int] | None = None
    """Major versions that the organization uses."""
    custom: bool = False
    premium_tier: int | None = None
    """The plan must include this tier."""
    categories: list[str] = []
    keywords: str | None = None
    modules: dict[str, list[str]]
    """Module names by kind."""
    needs: list[str] = []
    """Types of connections and keys that its modules take."""
    webhooks: list[str] = []
    """Types of webhooks that its triggers take."""
    connections: list[int] | None = None
    """Connections of the team that fit."""
    procedures: list[str] | None = None
    """Remote procedures that its forms ask."""
    next_calls: list[NextCall] | None = None


class AppDoc(Output):
    app: str
    version: int | None = None
    text: str
    """Markdown, written from the app's manifest; Make's own help is not in the API."""


# Tools


@category.tool(
    scope="apps:read",
    effect="read",
    formerly=(
        "apps_list",
        "app_find",
        "apps_recommend",
        "search-public-apps",
        "search-sdk-apps",
        "search_apps",
        "list_apps",
    ),
    words=("marketplace", "integration", "service", "connector", "which module", "recommend"),
    examples=[ListApps(query="send a Slack message")],
)
async def app_list(make: Make, args: ListApps) -> Apps:
    """Find apps and modules by what is to be done; best first, connected ones before equal others.

    Without `query` all apps by name.
    """
    place = await standpoint(make, args.team_id, args.organization_id)
    found = await _finding(make, args, place)
    wanted = words_of(args.query or "")
    if args.query and not wanted:
        raise Failure(
            f"“{args.query}” says too little to search for.",
            next_step="Name the service or what is to be done: “add a row to a sheet”.",
            code="invalid_arguments",
        )
    rows = await _ranked(make, found, wanted) if wanted else _by_name(found)
    if not rows:
        make.warn(
            "No app fits. Name the service alone, or the thing it is about; any service with an API"
            " can be called with the app `http`."
        )
    page, more = page_of(rows, args)
    return Apps(apps=page, next_calls=_look(page) if wanted else None, **more)


@category.tool(
    scope="apps:read",
    effect="read",
    formerly=("get-public-app-details", "get_app", "app_spec"),
    words=("versions", "manifest", "integration"),
)
async def app_get(make: Make, args: GetApp) -> AppDetail:
    """Show what an app offers: modules by kind, credentials, webhooks, plan tier."""
    place = await standpoint(make, args.team_id, args.organization_id)
    manifest = await app_manifest(make, args.app, args.version, place.organization_id)
    card = AppCard.model_validate({"name": args.app, **manifest.data})
    modules: dict[str, list[str]] = {}
    for one in manifest.modules:
        modules.setdefault(one.kind, []).append(one.name)
    types = credential_types(manifest.modules)
    connections = await team_connections(make, place.team_id)
    return AppDetail(
        app=args.app,
        label=manifest.label,
        version=manifest.version,
        versions_in_use=await _in_use(make, args.app, place),
        custom=card.app,
        premium_tier=card.premium_tier or None,
        categories=card.categories,
        keywords=card.keywords or None,
        modules=modules,
        needs=types,
        webhooks=_hook_types(manifest.modules),
        connections=_fitting(connections, types),
        procedures=manifest.procedures or None,
        next_calls=[
            NextCall(tool="app_module_list", arguments={"app": args.app}, why="See what they do.")
        ],
    )


@category.tool(
    scope="apps:read",
    effect="read",
    formerly=("app_documentation_get",),
    words=("documentation", "help", "how to use"),
)
async def app_doc_get(make: Make, args: GetAppDoc) -> AppDoc:
    """Describe an app or one module in words: fields, options, outputs.

    Written from the manifest; Make's own help pages are not in the API.
    """
    manifest = await app_manifest(make, args.app, args.version)
    name = (args.module or "").rpartition(":")[2]
    modules = [manifest.module(name)] if name else manifest.modules
    lines = [f"# {manifest.label} (`{args.app}`, version {manifest.version})", ""]
    for one in modules:
        lines += described(args.app, one, full=bool(name))
    return AppDoc(app=args.app, version=manifest.version, text="\n".join(lines))


# Searching


@dataclass(slots=True)
class _Found:
    """An app while it is ranked.

    Attributes:
        fits: Whether one of its modules fits by more than a word in passing.
    """

    card: AppCard
    connections: list[int]
    points: float = 0.0
    modules: list[AppModule] = field(default_factory=list[AppModule])
    fits: bool = False

    def row(self) -> AppRow:
        name = self.card.blueprint_name
        hits = [ModuleHit(module=f"{name}:{one.name}", label=one.label) for one in self.modules]
        return AppRow(
            app=name,
            label=self.card.label,
            version=self.card.version,
            custom=self.card.app or None,
            premium_tier=self.card.premium_tier or None,
            score=round(self.points, 1) or None,
            connections=self.connections or None,
            modules=hits or None,
        )


async def _finding(make: Make, args: ListApps, place: Standpoint) -> list[_Found]:
    """Read the apps that pass the filters, with what speaks for each."""
    cards = await app_cards(make, place.organization_id)
    connections = await team_connections(make, place.team_id)
    if args.connected is not None and connections is None:
        await make.team(args.team_id)
    used = await installed_apps(make, place.organization_id) if place.organization_id else None
    names = {one.app_name for one in used or []}
    found: list[_Found] = []
    for card in cards:
        bound = [one.id for one in connections or [] if _belongs(one, card)]
        is_used = bool({card.name, card.blueprint_name} & names)
        if _passes(args, card, bool(bound), is_used):
            found.append(_Found(card, bound, CONNECTED * bool(bound) + INSTALLED * is_used))
    return found


def _passes(args: ListApps, card: AppCard, connected: bool, installed: bool) -> bool:
    return (
        args.connected in (None, connected)
        and args.installed in (None, installed)
        and (args.app_category is None or args.app_category in card.categories)
    )


def _belongs(connection: TeamObject, card: AppCard) -> bool:
    """Tell whether a connection is of an app: by its package, else by the name of its type."""
    if connection.package_name:
        return connection.package_name in (card.name, card.blueprint_name)
    return connection.type == card.name


def _by_name(found: list[_Found]) -> list[AppRow]:
    return [one.row() for one in sorted(found, key=lambda one: one.card.label.casefold())]


async def _ranked(make: Make, found: list[_Found], wanted: list[str]) -> list[AppRow]:
    hits: list[_Found] = []
    others: list[_Found] = []
    for one in found:
        points = app_points(one.card, wanted)
        (hits if points else others).append(one)
        one.points += points
    hits.sort(key=_place)
    mine = [one for one in others if one.card.name in ALWAYS_LOOKED_INTO or one.points]
    mine.sort(key=lambda one: (one.card.name not in ALWAYS_LOOKED_INTO, *_place(one)))
    mine = mine[:LOOKED_INTO]
    await make.each([*hits[:LOOKED_INTO], *mine], lambda one: _look_into(make, one, wanted))
    hits += [one for one in mine if one.fits]
    return [one.row() for one in sorted(hits, key=_place)]


def _place(one: _Found) -> tuple[float, str]:
    return -one.points, one.card.name


async def _look_into(make: Make, one: _Found, wanted: list[str]) -> None:
    """Find the modules of an app that fit; an app that does not tell them keeps its place."""
    try:
        manifest = await app_manifest(make, one.card.blueprint_name, one.card.version)
    except Failure as failed:
        if failed.retryable:
            raise
        return
    hits, points = fitting(manifest.modules, wanted)
    one.modules = (hits or manifest.modules)[:SHOWN_MODULES]
    one.fits = points > ONE_WORD
    one.points += points


def _look(page: list[AppRow]) -> list[NextCall] | None:
    modules = [one.module for row in page[:1] for one in row.modules or []][:1]
    if not modules:
        return None
    return [
        NextCall(tool="app_module_get", arguments={"modules": modules}, why="See what it takes.")
    ]


# One app


def credential_types(modules: list[AppModule]) -> list[str]:
    """Name the types of connections and keys that modules take."""
    return list(dict.fromkeys(one for module in modules for one in module.credentials))


def _hook_types(modules: list[AppModule]) -> list[str]:
    types = [
        str(entry.get("type")).partition(":")[2]
        for module in modules
        for entry in module.form.parameters
        if isinstance(entry, dict) and str(entry.get("type")).startswith("hook:")
    ]
    return list(dict.fromkeys(types))


def _fitting(connections: list[TeamObject] | None, types: list[str]) -> list[int] | None:
    """Choose the connections of the types that modules take."""
    if connections is None:
        return None
    wanted = {
        name
        for one in types
        if one.startswith("account:")
        for name in one.partition(":")[2].split(",")
    }
    return [one.id for one in connections if one.type in wanted]


async def _in_use(make: Make, app: str, place: Standpoint) -> list[int] | None:
    if place.organization_id is None:
        return None
    found = await installed_apps(make, place.organization_id) or []
    names = {app, app.removeprefix("app#")}
    versions = {one.app_version for one in found if one.app_name in names}
    return sorted(one for one in versions if one is not None) or None
