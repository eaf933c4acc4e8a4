"""Custom apps themselves: list, look at, create, change, copy, publish, delete."""

import re
from typing import ClassVar, Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Make,
    NextCall,
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
from make_mcp_base.client.failures import Forbidden
from pydantic import Field

from make_mcp_core_tools._engine.app_code import checksums, parts_of
from make_mcp_core_tools._engine.app_uses import ScenarioUse, installs_of, uses_of
from make_mcp_core_tools._engine.custom_apps import (
    MODULE_TYPES,
    READ,
    WRITE,
    App,
    AppName,
    Major,
    Place,
    read_app,
)
from make_mcp_core_tools.custom_apps.declared import category

_NAME = re.compile(r"[a-z][0-9a-z-]{1,60}[0-9a-z]")
_THEME = r"^#[0-9A-Fa-f]{6}$"
_TYPES = {number: name for name, number in MODULE_TYPES.items()}
_COUNTRY = re.compile(r"[A-Za-z]{2}")

# Inputs


class ListApps(PageInput):
    name_contains: str | None = None
    """Only apps with this text in name or label."""
    opensource: bool = False
    """Open-source apps of everybody instead of your own."""


class GetApp(Input):
    name: AppName
    """Name of the app (`custom_app_list`)."""
    version: Major = 1
    """Major version."""
    include: list[Literal["components", "checksum", "usage"]] = ["components"]
    """`checksum`: a digest of each code section; `usage`: installs and scenarios."""


class CreateApp(Input):
    name: str = Field(min_length=1, max_length=62)
    """Lower-case letters, digits, hyphens. Make usually adds an ending."""
    label: str = Field(min_length=1, max_length=128)
    """Name that people see."""
    description: str | None = None
    """What the app is for."""
    theme: str = Field(default="#000000", pattern=_THEME)
    """Colour, such as `#2f6f6a`."""
    language: str = Field(default="en", min_length=2, max_length=10)
    """Language of the texts in the app."""
    countries: list[str] = []
    """Two-letter codes the app is for; empty for everywhere."""


class UpdateApp(Input):
    name: AppName
    """Name of the app."""
    version: Major = 1
    """Major version."""
    label: str | None = Field(default=None, min_length=1, max_length=128)
    """New name that people see."""
    description: str | None = None
    """New description."""
    theme: str | None = Field(default=None, pattern=_THEME)
    """New colour."""
    language: str | None = Field(default=None, min_length=2, max_length=10)
    """New language."""
    countries: list[str] | None = None
    """New countries; an empty list for everywhere."""


class CloneApp(Input):
    name: AppName
    """App to copy."""
    version: Major = 1
    """Version to copy."""
    new_name: str | None = Field(default=None, max_length=62)
    """Name of the copy; leave out for the next major version of the same app."""
    new_version: Major | None = None
    """Version of a copy under another name; default 1."""


class SetVisibility(Input):
    name: AppName
    """Name of the app."""
    version: Major = 1
    """Major version."""
    visibility: Literal["public", "private"]
    """`public`: whoever has the invitation link may install it."""


class DeleteApp(Input):
    name: AppName
    """Name of the app."""
    version: Major = 1
    """Major version."""


# Outputs


class AppRow(Output):
    name: str
    label: str
    version: int
    public: bool | None = None
    approved: bool | None = None


class Apps(Page):
    apps: list[AppRow]


class ComponentRow(Output):
    name: str
    label: str | None = None
    type: str | int | None = None
    public: bool | None = None
    connection: str | None = None
    webhook: str | None = None


class AppUsage(Output):
    installed_in: list[int]
    """Organizations of this account."""
    scenarios: list[ScenarioUse]
    """Scenarios of this account's teams."""


class AppDetail(Output):
    name: str
    label: str
    version: int
    description: str | None = None
    theme: str = ""
    language: str = ""
    public: bool = False
    approved: bool = False
    opensource: bool = False
    in_review: bool = False
    countries: list[str] | None = None
    """Absent when it is for everywhere."""
    created: str | None = None
    pending_changes: int = 0
    """Changes of an approved app that wait for a commit."""
    components: dict[str, list[ComponentRow]] | None = None
    """By kind."""
    checksum: dict[str, dict[str, str | None]] | None = None
    """MD5 by `kind:name` and section; null where there is no code."""
    usage: AppUsage | None = None
    next_calls: list[NextCall] = []


class AppSaved(Output):
    name: str
    label: str
    version: int
    changed: bool = True
    next_calls: list[NextCall] = []


class AppVisible(Output):
    reveals: ClassVar[tuple[str, ...]] = ("invite_token",)

    name: str
    version: int
    public: bool
    changed: bool
    invite_token: str | None = None
    """Names the invitation; `sdk_app_invite_get` shows what it offers."""


class AppDeleted(Output):
    deleted: str
    version: int


# Make's answers


class _Listed(Output):
    apps: list[AppRow]


class _One(Output):
    app: App


class _Visible(Output):
    public: bool
    invite_token: str | None = None


class _Deleted(Output):
    app: str


# Tools


@category.tool(
    scope=READ,
    effect="read",
    formerly=("sdk-apps_list", "list-custom-apps"),
    words=("own app", "apps platform", "developer"),
)
async def custom_app_list(make: Make, args: ListApps) -> Apps:
    """List your custom apps, or open-source ones of everybody."""
    columns = ["name", "label", "version", "public", "approved"]
    query = {"cols": columns, "opensource": True if args.opensource else None}
    found = (await make.get("/sdk/apps", query, into=_Listed)).apps
    wanted = (args.name_contains or "").casefold()
    rows = [row for row in found if wanted in f"{row.name} {row.label}".casefold()]
    page, more = page_of(rows, args)
    return Apps(apps=page, **more)


@category.tool(scope=READ, effect="read", formerly=("sdk-apps_get",), words=("component tree",))
async def custom_app_get(make: Make, args: GetApp) -> AppDetail:
    """Show one version of a custom app with its tree of components."""
    place = Place(args.name, args.version)
    app = await read_app(make, place)
    return AppDetail(
        **app.model_dump(exclude={"is_global", "changes", "invite_token", "countries", "beta"}),
        countries=None if app.is_global else app.countries,
        pending_changes=len(app.changes),
        components=await _tree(make, place) if "components" in args.include else None,
        checksum=await _checksum(make, place) if "checksum" in args.include else None,
        usage=await _usage(make, place) if "usage" in args.include else None,
        next_calls=[_look(app.name, app.version)],
    )


@category.tool(
    scope=WRITE,
    effect="create",
    formerly=("sdk-apps_create", "create-custom-app"),
    examples=(CreateApp(name="harbor-stock", label="Harbor Stock", theme="#2f6f6a"),),
)
async def custom_app_create(make: Make, args: CreateApp) -> AppSaved:
    """Create version 1 of a private custom app."""
    _refuse(_name_problems("name", args.name) + _country_problems(args.countries))
    body = args.model_dump(exclude_none=True, exclude={"countries"}) | _audience(args.countries)
    made = await make.write(
        post("/sdk/apps", body | {"private": True}),
        into=_One,
        says=f"Create the custom app “{args.label}”",
        undo=lambda made: Undo((delete(Place(made.app.name, made.app.version).path),)),
    )
    app = made.app
    if app.name != args.name:
        make.warn(f"Make named it `{app.name}`.")
    call = NextCall(
        tool="sdk_component_create",
        arguments={"app": app.name, "version": app.version, "kind": "connection"}
        | {"type": "apikey", "label": args.label},
        why="Give it a connection.",
    )
    return AppSaved(name=app.name, label=app.label, version=app.version, next_calls=[call])


@category.tool(scope=WRITE, effect="update", formerly=("sdk-apps_update",))
async def custom_app_update(make: Make, args: UpdateApp) -> AppSaved:
    """Change what people see of a custom app: label, description, colour, language, countries."""
    _refuse(_country_problems(args.countries or []))
    place = Place(args.name, args.version)
    app = await read_app(make, place)
    now: Document = {
        "label": app.label,
        "description": app.description or "",
        "theme": app.theme,
        "language": app.language,
        **_audience([] if app.is_global else app.countries or []),
    }
    wanted = args.model_dump(exclude_none=True, exclude={"name", "version", "countries"})
    if args.theme is not None:
        wanted["theme"] = args.theme.lower()
    if args.countries is not None:
        wanted |= _audience(args.countries)
    changes = {key: value for key, value in wanted.items() if value != now.get(key)}
    if not changes:
        return AppSaved(name=app.name, label=app.label, version=app.version, changed=False)
    if "countries" in changes:
        changes["audience"] = "countries"
    before = {key: now[key] for key in changes if key in now}
    fields = tuple("global" if key == "audience" else key for key in changes)
    done = await make.write(
        patch(place.path, changes),
        into=_One,
        says=f"Change {', '.join(changes)} of {place.title}",
        before=before,
        undo=Undo(
            (patch(place.path, before),),
            Watch(place.path, tuple(f"app.{name}" for name in fields)),
        ),
    )
    return AppSaved(name=app.name, label=done.app.label, version=app.version)


@category.tool(
    scope=WRITE, effect="create", words=("copy", "new major version", "fork", "duplicate")
)
async def custom_app_clone(make: Make, args: CloneApp) -> AppSaved:
    """Copy a custom app under another name, or as its next major version.

    The next version needs a feature of the account, and keeps sharing connections and webhooks.
    """
    source = Place(args.name, args.version)
    if args.new_name is None:
        request = post(f"{source.path}/clone-major")
        says = f"Create the next major version of {source.title}"
    else:
        _refuse(_name_problems("new_name", args.new_name))
        body = {"newName": args.new_name, "newVersion": args.new_version}
        body = {key: value for key, value in body.items() if value is not None}
        request = post(f"{source.path}/clone", body)
        says = f"Copy {source.title} as “{args.new_name}”"
    await read_app(make, source)
    try:
        made = await make.write(
            request,
            into=_One,
            says=says,
            undo=lambda made: Undo((delete(Place(made.app.name, made.app.version).path),)),
        )
    except Forbidden as refused:
        if args.new_name is not None:
            raise
        raise Failure(
            "Make did not create the next major version.",
            why="That takes a feature of the account (`allow_apps`) which this one has not.",
            next_step="Copy the app under another name: call again with `new_name`.",
            code="feature_missing",
            status=403,
        ) from refused
    app = made.app
    return AppSaved(
        name=app.name,
        label=app.label,
        version=app.version,
        next_calls=[_look(app.name, app.version)],
    )


@category.tool(
    scope=WRITE,
    effect="update",
    confirm=True,
    formerly=("sdk-apps_set-public", "sdk-apps_set-private"),
    words=("publish", "share", "invite link"),
)
async def custom_app_visibility_set(make: Make, args: SetVisibility) -> AppVisible:
    """Publish a custom app, or withdraw it.

    A published app cannot be deleted, nor can its components; an approved or installed one may
    not become private again.
    """
    place, public = Place(args.name, args.version), args.visibility == "public"
    app = await read_app(make, place)
    if app.public == public:
        return _visible(place, public, app.invite_token, changed=False)
    if public:
        make.affects("From then on the app and its components cannot be deleted.")
        make.affects("Make may refuse to take it back once the app is installed or approved.")
    else:
        make.affects("Its invitation link ends.")
    other = "private" if public else "public"
    note = "" if public else "The invitation link may be another one."
    done = await make.write(
        post(f"{place.path}/{args.visibility}"),
        into=_Visible,
        says=f"Make {place.title} {args.visibility}",
        before={"public": app.public, "approved": app.approved},
        undo=Undo((post(f"{place.path}/{other}"),), Watch(place.path, ("app.public",)), note),
    )
    return _visible(place, done.public, done.invite_token, changed=True)


@category.tool(scope=WRITE, effect="delete", formerly=("sdk-apps_delete", "delete-custom-app"))
async def custom_app_delete(make: Make, args: DeleteApp) -> AppDeleted:
    """Delete one version of a custom app; the plan names installs and scenarios that use it.

    Nothing brings it back: `custom_app_export` keeps its code.
    """
    place = Place(args.name, args.version)
    app = await read_app(make, place)
    usage = await _usage(make, place)
    _refuse_deleting(place, app, usage)
    for organization in usage.installed_in:
        make.affects(f"Organization {organization} has it installed.")
    for kind, rows in (await _tree(make, place)).items():
        make.affects(f"{len(rows)} {kind}s go with it.")
    done = await make.write(
        delete(place.path),
        into=_Deleted,
        says=f"Delete {place.title}",
        before={"label": app.label, "installed": list(usage.installed_in)},
        undo=Irreversible("Make gives a deleted app's name and code back to nobody."),
    )
    return AppDeleted(deleted=done.app, version=args.version)


# Parts


async def _tree(make: Make, place: Place) -> dict[str, list[ComponentRow]]:
    tree: dict[str, list[ComponentRow]] = {}
    for part in await parts_of(make, place):
        kind = _TYPES.get(part.meta.get("typeId", 0)) or part.meta.get("type")
        row = part.meta | {"type": kind}
        tree.setdefault(str(part.place.kind), []).append(ComponentRow.model_validate(row))
    return tree


async def _checksum(make: Make, place: Place) -> dict[str, dict[str, str | None]]:
    found = await checksums(make, place)
    if found is None:
        make.warn("Make has no checksums here.")
    return found or {}


async def _usage(make: Make, place: Place) -> AppUsage:
    return AppUsage(
        installed_in=await installs_of(make, place.app, place.version),
        scenarios=await uses_of(make, place.app, place.version),
    )


def _refuse_deleting(place: Place, app: App, usage: AppUsage) -> None:
    problems = [
        Problem(f"scenario {use.scenario_id}", f"“{use.name}” has modules of it.", "Replace them.")
        for use in usage.scenarios
    ]
    if app.public:
        problems.append(Problem("", "The app is published."))
    if problems:
        raise Failure(
            f"The {place.title} cannot be deleted.",
            next_step="Solve the points above, then call `custom_app_delete` again.",
            code="in_use",
            problems=problems,
        )


def _audience(countries: list[str]) -> Document:
    if not countries:
        return {"audience": "global"}
    return {"audience": "countries", "countries": [code.lower() for code in countries]}


def _name_problems(path: str, name: str) -> list[Problem]:
    if _NAME.fullmatch(name):
        return []
    near = re.sub(r"-{2,}", "-", re.sub(r"[^0-9a-z]+", "-", name.lower())).strip("-0123456789")
    fix = f"For example `{near}`." if _NAME.fullmatch(near) else ""
    rule = "has to begin with a lower-case letter, then letters, digits and hyphens; 3 to 62."
    return [Problem(path, rule, fix)]


def _country_problems(countries: list[str]) -> list[Problem]:
    return [
        Problem(f"countries[{at}]", f"`{code[:20]}` is no two-letter code of a country.")
        for at, code in enumerate(countries)
        if not _COUNTRY.fullmatch(code)
    ]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Failure(
            "The app cannot be like that.",
            next_step="Call again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )


def _visible(place: Place, public: bool, token: str | None, *, changed: bool) -> AppVisible:
    return AppVisible(
        name=place.app,
        version=place.version,
        public=public,
        changed=changed,
        invite_token=token if public else None,
    )


def _look(name: str, version: int) -> NextCall:
    arguments: Document = {"name": name, "version": version, "section": "base"}
    return NextCall(tool="custom_app_section_get", arguments=arguments, why="Read its base.")
