"""Custom apps: the company's own for its warehouse, an approved one, and a colleague's open one.

The first two are the owner's, so that the ready-made token may change them.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from string import ascii_lowercase, digits

from make_api_sandbox.clock import stamp
from make_api_sandbox.resources.sdk import connections, modules, rpcs, sections, webhooks
from make_api_sandbox.resources.sdk.apps import FIRST_CODE
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World, uuid_form

BLANK = {
    "module": modules.BLANK,
    "rpc": rpcs.FIRST_CODE,
    "connection": {**connections.BLANK, "common": "{}"},
    "webhook": webhooks.FIRST_CODE,
}


@dataclass(frozen=True)
class ComponentPlan:
    """One component; those without a name take the app's. `code` are its own sections."""

    kind: str
    name: str
    label: str
    extra: JsonObject = field(default_factory=dict[str, object])
    code: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class AppPlan:
    """One app; `pending` is a change of its base that waits for a commit."""

    name: str
    label: str
    description: str
    theme: str
    author: str
    age: float
    code: dict[str, str]
    components: tuple[ComponentPlan, ...]
    public: bool = False
    approved: bool = False
    opensource: bool = False
    pending: str | None = None


def _module(name: str, label: str, type_id: int, api: str, **more: object) -> ComponentPlan:
    extra = {"description": f"{label}.", "typeId": type_id, "public": True, **more}
    return ComponentPlan("module", name, label, extra, {"api": api})


STOCK_API = """{
    // The warehouse answers with pages of 100 articles.
    "url": "/v1/stock",
    "qs": {"location": "{{parameters.location}}"},
    "response": {
        "iterate": "{{body.articles}}",
        "output": "{{item}}"
    }
}
"""
MOVE_API = """{
    "url": "/v1/moves",
    "method": "POST",
    "body": {
        "article": "{{parameters.article}}",
        "quantity": "{{parameters.quantity}}"
    },
    "response": {
        "output": "{{body}}",
        "error": {"message": "[{{statusCode}}] {{body.detail}}"}
    }
}
"""
LOCATIONS_API = """{
    "url": "/v1/locations",
    "response": {
        "iterate": "{{body.locations}}",
        "output": {"label": "{{item.name}}", "value": "{{item.code}}"}
    }
}
"""
LOCATION = """[
    {
        "name": "location",
        "type": "select",
        "label": "Location",
        "options": "rpc://listLocations",
        "required": true
    }
]
"""
SKU = """function articleCode(family, number) {
    return family.toUpperCase() + '-' + String(number).padStart(5, '0');
}
"""
WAREHOUSE = AppPlan(
    "harbor-warehouse",
    "Harbor Warehouse",
    "Stock and moves of our own warehouse.",
    "#2f6f6a",
    "mara",
    210,
    {
        "base": '{\n    "baseUrl": "https://warehouse.harborpine.example.com",\n'
        '    "headers": {\n        // Keys are made in the warehouse under Access.\n'
        '        "authorization": "Bearer {{connection.apiKey}}"\n    },\n    "log": {\n'
        '        "sanitize": ["request.headers.authorization"]\n    }\n}\n',
        "groups": '[{"label": "Stock", "modules": ["searchStock", "moveStock", "watchMoves"]}]',
        "readme": "# Harbor Warehouse\n\nStock levels and moves. Ask operations for a key.\n",
    },
    (
        ComponentPlan("connection", "", "Warehouse key", {"type": "apikey"}),
        ComponentPlan("webhook", "", "Warehouse moves", {"type": "web"}),
        ComponentPlan("rpc", "listLocations", "List locations", {}, {"api": LOCATIONS_API}),
        ComponentPlan("function", "articleCode", "articleCode", {}, {"code": SKU, "test": ""}),
        ComponentPlan(
            "module",
            "searchStock",
            "Search stock",
            {"description": "Finds articles at a location.", "typeId": 9, "public": True},
            {"api": STOCK_API, "expect": LOCATION},
        ),
        _module("moveStock", "Move stock", 4, MOVE_API, crud="create"),
        _module("watchMoves", "Watch moves", 10, "{}"),
    ),
)
QUOTES_BASE = '{\n    "baseUrl": "https://api.freight-quotes.example.com/v2"\n}\n'
QUOTES = AppPlan(
    "freight-quotes",
    "Freight Quotes",
    "Prices and transit times of carriers.",
    "#b4532a",
    "mara",
    420,
    {"base": QUOTES_BASE, "groups": '[{"label": "Quotes", "modules": ["getQuote"]}]'},
    (
        ComponentPlan("connection", "", "Freight Quotes", {"type": "apikey"}),
        _module("getQuote", "Get a quote", 4, '{"url": "/quotes"}', approved=True, crud="read"),
    ),
    public=True,
    approved=True,
    pending=QUOTES_BASE.replace("/v2", "/v3"),
)
LABELS = AppPlan(
    "parcel-labels",
    "Parcel Labels",
    "Prints parcel labels.",
    "#5a4fcf",
    "jonas",
    75,
    {"base": '{\n    "baseUrl": "http://127.0.0.1:9100" // the printer\n}\n'},
    (_module("printLabel", "Print a label", 4, '{"url": "/print", "method": "POST"}'),),
    opensource=True,
)
PLANS = (WAREHOUSE, QUOTES, LABELS)


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Insert the apps; the company has installed its own."""
    dice = Random(f"{world.setting('seed')}/custom_apps")
    for plan in PLANS:
        app = _app(world, directory, plan, dice)
        for component in plan.components:
            _component(world, app, component)
        if plan.pending:
            sections.store(world, Place(app), "base", plan.pending)
        if plan.author == "mara":
            _install(world, directory, app)


def _app(world: World, directory: Directory, plan: AppPlan, dice: Random) -> Row:
    suffix = "".join(dice.choices(ascii_lowercase + digits, k=6))
    token = uuid_form(dice.randbytes(16))
    author = directory.people[plan.author]
    born = stamp(world.clock.now() - timedelta(days=plan.age))
    ident = world.insert(
        "sdk_apps",
        author_id=author,
        name=f"{plan.name}-{suffix}",
        version=1,
        label=plan.label,
        description=plan.description,
        theme=plan.theme,
        language="en",
        public=plan.public,
        approved=plan.approved,
        opensource=plan.opensource,
        created=born,
        invite_token=token if plan.public else None,
    )
    app = world.rows("SELECT * FROM sdk_apps WHERE id = ?", ident)[0]
    sections.fill(world, Place(app), {**FIRST_CODE, **plan.code})
    world.insert(
        "sdk_app_events", app_id=ident, message="App created.", author_id=author, created=born
    )
    return app


def _component(world: World, app: Row, plan: ComponentPlan) -> None:
    """Insert a component; modules and RPCs use the connection and webhook of the app, if any."""
    extra = dict(plan.extra)
    if plan.kind in ("module", "rpc"):
        own = {row["kind"]: row["name"] for row in _unversioned(world, app)}
        extra["connection"] = own.get("connection")
        if extra.get("typeId") == modules.INSTANT:
            extra["webhook"] = own["webhook"]
    if plan.kind == "connection":
        extra["connectedSystemName"] = None
    ident = world.insert(
        "sdk_components",
        app_id=app["id"],
        kind=plan.kind,
        name=plan.name or app["name"],
        label=plan.label,
        created=app["created"],
        updated=app["created"],
        extra=extra,
    )
    row = world.rows("SELECT * FROM sdk_components WHERE id = ?", ident)[0]
    sections.fill(world, Place(app, row), {**BLANK.get(plan.kind, {}), **plan.code})


def _unversioned(world: World, app: Row) -> list[Row]:
    return world.rows(
        "SELECT kind, name FROM sdk_components WHERE app_id = ?"
        " AND kind IN ('connection', 'webhook')",
        app["id"],
    )


def _install(world: World, directory: Directory, app: Row) -> None:
    world.insert(
        "sdk_app_installs",
        app_id=app["id"],
        organization_id=directory.organizations[0],
        user_id=app["author_id"],
        installed=app["created"],
    )
