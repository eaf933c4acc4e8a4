"""Whether a team can use an app, and how much apps are used."""

from collections import Counter
from typing import Literal

from make_blueprint.bindings import bindings
from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Page,
    PageInput,
    ScenarioId,
    TeamId,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine.app_manifests import AppCard, app_cards, app_manifest
from make_mcp_core_tools._engine.app_places import Standpoint, installed_apps, standpoint
from make_mcp_core_tools._engine.blueprint_arguments import BlueprintArgument, as_blueprint
from make_mcp_core_tools._engine.scenarios import read_stored
from make_mcp_core_tools._engine.team_objects import TeamObject, team_objects
from make_mcp_core_tools.marketplace.declared import category

BUILT_IN = frozenset(
    {
        "ai-agent", "ai-local-agent", "ai-tools", "builtin", "code", "csv", "datastore", "gateway",
        "http", "json", "markdown", "placeholder", "regexp", "rss", "scenario-service", "util",
        "xml",
    }
)  # fmt: skip
"""Make's own apps: they are never installed."""

# Inputs


class CheckCompatibility(Input):
    app: str | None = None
    """Name as in blueprints."""
    apps: list[str] = Field(default=[], max_length=50)
    """Or several."""
    blueprint: BlueprintArgument | None = None
    """Or a blueprint that uses them."""
    scenario_id: ScenarioId | None = None
    """Or a scenario."""
    team_id: TeamId | None = None


class GetPopularity(PageInput):
    scope: Literal["templates", "my_org", "my_organization"] = "templates"
    """Public templates, or the scenarios of your organization (`my_org` says the same)."""
    app_category: str | None = None
    """Only apps of a category, such as `crm`."""
    team_id: TeamId | None = None
    """A team of the organization that is meant."""
    organization_id: OrganizationId | None = None


# Outputs


class AppVerdict(Output):
    app: str
    usable: bool | None = None
    """Null when something could not be told."""
    version: int | None = None
    premium_tier: int | None = None
    connections: list[int] | None = None
    """Connections of the team that its modules can take."""
    problems: list[str] = []
    notes: list[str] | None = None


class Compatibility(Output):
    team_id: int
    usable: bool | None = None
    apps: list[AppVerdict]
    next_calls: list[NextCall] | None = None


class PopularApp(Output):
    app: str
    label: str | None = None
    count: int
    uses: int | None = None
    """Scenarios made from those templates, as Make counts them."""


class Popularity(Page):
    method: str
    apps: list[PopularApp]


class _PublicTemplate(Output):
    used_apps: list[str] = []
    usage: int = 0


class _UsedPackages(Output):
    used_packages: list[str] = []


# Tools


@category.tool(
    scope="apps:read",
    effect="read",
    formerly=("check_account_compatibility",),
    words=("plan", "tier", "premium", "can we use", "installed"),
    examples=[CheckCompatibility(apps=["slack", "xero"])],
)
async def app_compatibility_check(make: Make, args: CheckCompatibility) -> Compatibility:
    """Tell whether a team can use apps: plan tier, installation, version, connections."""
    team = args.team_id or 0
    wanted = await _wanted(make, args)
    place = await standpoint(make, team)
    cards = {one.blueprint_name: one for one in await app_cards(make, place.organization_id)}
    used = await installed_apps(make, place.organization_id) if place.organization_id else None
    names = None if used is None else {one.app_name for one in used}
    objects = await team_objects(make, team, ["connection"])
    rows = [
        await _verdict(
            make, (app, version), cards.get(app), place, names, objects.all("connection")
        )
        for app, version in wanted
    ]
    blocked = any(row.usable is False for row in rows)
    unknown = any(row.usable is None for row in rows)
    return Compatibility(
        team_id=team,
        usable=False if blocked else None if unknown else True,
        apps=rows,
        next_calls=_connect(rows),
    )


@category.tool(
    scope="templates:read",
    effect="read",
    formerly=("list-popular-apps",),
    words=("popular", "most used", "trending"),
)
async def app_popularity_get(make: Make, args: GetPopularity) -> Popularity:
    """Count how many public templates, or scenarios of yours, use each app.

    Make publishes no figures of its own; the answer says how it counted.
    """
    place = await standpoint(make, args.team_id, args.organization_id)
    cards = {one.blueprint_name: one for one in await app_cards(make, place.organization_id)}
    if args.scope == "templates":
        counted = await _in_templates(make)
    else:
        counted = await _in_scenarios(make, await make.organization(place.organization_id))
    counts, uses, method = counted
    rows = [
        PopularApp(
            app=app,
            label=cards[app].label if app in cards else None,
            count=count,
            uses=uses.get(app),
        )
        for app, count in sorted(counts.items(), key=lambda one: (-one[1], -uses[one[0]], one[0]))
        if args.app_category is None
        or (app in cards and args.app_category in cards[app].categories)
    ]
    page, more = page_of(rows, args)
    return Popularity(method=method, apps=page, **more)


# Counting


async def _in_templates(make: Make) -> tuple[Counter[str], Counter[str], str]:
    """Count public templates by app, and the scenarios made from them."""
    counts, uses = Counter[str](), Counter[str]()
    rows = await make.all(
        "/templates/public", {"includeEn": True}, key="templatesPublic", item=_PublicTemplate
    )
    for row in rows:
        counts.update(set(row.used_apps))
        uses.update(dict.fromkeys(set(row.used_apps), row.usage))
    return counts, uses, f"Public templates that use the app, of {len(rows)}."


async def _in_scenarios(make: Make, organization: int) -> tuple[Counter[str], Counter[str], str]:
    counts = Counter[str]()
    rows = await make.all(
        "/scenarios",
        {"organizationId": organization},
        key="scenarios",
        item=_UsedPackages,
        scope="scenarios:read",
    )
    for row in rows:
        counts.update(set(row.used_packages))
    method = f"Scenarios of organization {organization} that use the app, of {len(rows)}."
    return counts, Counter(), method


# Judging


async def _wanted(make: Make, args: CheckCompatibility) -> list[tuple[str, int | None]]:
    """Name the apps that are asked about, with the versions a blueprint uses."""
    apps = [*([args.app] if args.app else []), *args.apps]
    given = [bool(apps), args.blueprint is not None, args.scenario_id is not None]
    if sum(given) != 1:
        raise Failure(
            "Send `apps`, `blueprint` or `scenario_id`, one of them.",
            next_step="`app_list` finds apps by what they do.",
            code="invalid_arguments",
        )
    if apps:
        return [(app, None) for app in dict.fromkeys(apps)]
    if args.scenario_id is not None:
        blueprint = (await read_stored(make, args.scenario_id)).blueprint
    else:
        blueprint = as_blueprint(args.blueprint or {})
    return [
        (str(one.value), int(one.type) if one.type.isdigit() else None)
        for one in bindings(blueprint)
        if one.kind == "app"
    ]


async def _verdict(
    make: Make,
    wanted: tuple[str, int | None],
    card: AppCard | None,
    place: Standpoint,
    installed: set[str] | None,
    connections: list[TeamObject],
) -> AppVerdict:
    app, version = wanted
    try:
        manifest = await app_manifest(make, app, version, place.organization_id)
    except Failure as failed:
        if failed.code != "unknown_app":
            raise
        return AppVerdict(app=app, usable=False, problems=[" ".join((failed.what, failed.why))])
    row = AppVerdict(app=app, usable=True, version=manifest.version)
    _judge_plan(row, card, place)
    if card and version is not None and card.version is not None and version < card.version:
        row.notes = [f"Version {card.version} is the latest."]
    new = installed is not None and not {app, app.removeprefix("app#")} & installed
    if new and app not in BUILT_IN:
        row.notes = [
            *(row.notes or []),
            "New to the organization: the first save asks for allow_app_install=true.",
        ]
    types = {
        name
        for module in manifest.modules
        for one in module.credentials
        if one.startswith("account:")
        for name in one.partition(":")[2].split(",")
    }
    if types:
        row.connections = [one.id for one in connections if one.type in types]
        if not row.connections:
            row.notes = [*(row.notes or []), f"No connection yet: {' or '.join(sorted(types))}."]
    return row


def _judge_plan(row: AppVerdict, card: AppCard | None, place: Standpoint) -> None:
    tier = card.premium_tier if card else 0
    row.premium_tier = tier or None
    allowed = place.license.get("premiumApps")
    if tier and not place.license:
        row.usable = None
        row.problems.append(f"It is of premium tier {tier}; the plan could not be read.")
    elif tier and tier > int(allowed or 0):
        row.usable = False
        row.problems.append(f"It is of premium tier {tier}; the plan includes {allowed or 'none'}.")
    if card and card.app and place.license.get("installPublicApps") is False:
        row.notes = ["The plan allows no apps that others made; your own are fine."]


def _connect(rows: list[AppVerdict]) -> list[NextCall] | None:
    lacking = [row.app for row in rows if row.connections == []]
    if not lacking:
        return None
    why = "See what a connection for it needs."
    return [NextCall(tool="app_credential_list", arguments={"app": lacking[0]}, why=why)]
