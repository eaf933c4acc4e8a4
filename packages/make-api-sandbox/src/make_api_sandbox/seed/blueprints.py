"""Small builders for blueprints in the shape of the editor's exports.

A flow is written as a list of modules with explicit ids, so that `{{3.email}}` can be read next to
the module it means. `blueprint` adds the settings, lays the modules out on the canvas and closes
the document. Field lists are in the short form of module `spec`.

Shapes: Make's blueprint format (module members, `metadata.restore`, `expect`, `interface`).
"""

from collections.abc import Sequence

from make_blueprint.catalogue import known_versions

from make_api_sandbox.engine.values import Json, Module, items, members
from make_api_sandbox.seed.assets import Connection, Hook, Key, Store
from make_api_sandbox.seed.spec import fields

SETTINGS: dict[str, Json] = {
    "roundtrips": 1,
    "maxErrors": 3,
    "autoCommit": True,
    "autoCommitTriggerLast": True,
    "sequential": False,
    "slots": None,
    "confidential": False,
    "dataloss": False,
    "dlq": False,
    "freshVariables": False,
}

VERSIONS = {
    "airtable:ActionSearchRecords": 3,
    "hubspotcrm:createContact": 2,
    "hubspotcrm:createDeal": 2,
    "hubspotcrm:searchContacts": 2,
    "hubspotcrm:watchDeals": 2,
    "jira:createIssue": 1,
    "mysql:insertRow": 1,
    "mysql:selectRows": 1,
    "notion:searchObjects": 1,
    "shopify:watchOrders": 2,
    "shopify:updateProduct": 2,
    "stripe:watchEvents": 1,
    "stripe:listCharges": 1,
    "xero:createInvoice": 1,
    "xero:listInvoices": 1,
    "zendesk:createTicket": 2,
    "zendesk:updateTicket": 2,
    "zendesk:watchTickets": 2,
}
"""Versions written for app modules that the blueprint catalogue does not list."""

CONNECTION_FIELDS = {"email": "account", "ai-tools": "makeConnectionId"}
"""Apps whose connection stands under another name than `__IMTCONN__`."""

COLUMN, ROW = 300, 240
"""Pixels between modules on the canvas."""

Condition = tuple[str, str] | tuple[str, str, str]
"""Left side, operator, right side (absent for `exist` and `notexist`)."""


# Modules


def module(
    ident: int,
    slug: str,
    *,
    parameters: dict[str, Json] | None = None,
    mapper: dict[str, Json] | None = None,
    expect: str = "",
    gives: str = "",
) -> Module:
    """One module.

    Args:
        ident: Its id, unique in the blueprint.
        slug: `<app>:<Name>`.
        parameters: Static settings.
        mapper: Mapped values; None for modules that take none.
        expect: Fields of the mapper, in the short form.
        gives: Output fields known to the editor, in the short form.
    """
    metadata: dict[str, Json] = {"designer": {}, "restore": {}}
    if expect:
        metadata["expect"] = fields(expect)
    if gives:
        metadata["interface"] = fields(gives)
    return {
        "id": ident,
        "module": slug,
        "version": _version(slug),
        "parameters": parameters or {},
        "mapper": dict[str, Json](mapper) if mapper is not None else None,
        "metadata": metadata,
    }


def _version(slug: str) -> int:
    return VERSIONS.get(slug) or next(iter(known_versions(slug)), 1)


Sheet = tuple[str, str]
"""Id of a spreadsheet and name of a sheet in it."""


def write_row(
    ident: int, slug: str, connection: Connection, sheet: Sheet, *cells: str, row: str = ""
) -> Module:
    """A module that writes cells, named by their position, into a row of Google Sheets.

    Args:
        ident: Its id.
        slug: `google-sheets:addRow` or `google-sheets:updateRow`.
        connection: Of the app.
        sheet: Where.
        cells: From the first column on.
        row: The number of the row, for the one that changes a row.
    """
    values: dict[str, Json] = {str(at): cell for at, cell in enumerate(cells)}
    place: dict[str, Json] = {"spreadsheetId": sheet[0], "sheetId": sheet[1]}
    number: dict[str, Json] = {"rowNumber": row} if row else {}
    how: dict[str, Json] = {"valueInputOption": "USER_ENTERED"}
    mapper: dict[str, Json] = {**place, **number, "values": values, **how}
    expect = "spreadsheetId! sheetId! rowNumber:uinteger! values:collection valueInputOption"
    wanted = expect if row else expect.replace("rowNumber:uinteger! ", "")
    return app(ident, slug, connection, mapper, expect=wanted, gives="rowNumber:number")


def app(
    ident: int,
    slug: str,
    connection: Connection,
    mapper: dict[str, Json],
    *,
    expect: str = "",
    gives: str = "",
    parameters: dict[str, Json] | None = None,
) -> Module:
    """A module of an app, with its connection as the editor saves it."""
    name = CONNECTION_FIELDS.get(slug.partition(":")[0], "__IMTCONN__")
    expect = expect or " ".join(mapper)
    static: dict[str, Json] = {name: connection.id, **(parameters or {})}
    made = module(ident, slug, parameters=static, mapper=mapper, expect=expect, gives=gives)
    state: Json = {
        "label": connection.name,
        "mode": "chose",
        "data": {"scoped": "true", "connection": connection.type},
    }
    made_metadata = members(made["metadata"])
    made_metadata["restore"] = {"parameters": {name: state}}
    made_metadata["parameters"] = [
        {
            "name": name,
            "type": f"account:{connection.type}",
            "label": "Connection",
            "required": True,
        }
    ]
    return made


def polling(
    ident: int, slug: str, connection: Connection, gives: str, *, limit: int = 10
) -> Module:
    """A trigger that looks for new items of an app."""
    made = app(ident, slug, connection, {}, gives=gives, parameters={"limit": limit})
    made["mapper"] = {}
    return made


def webhook(ident: int, hook: Hook, gives: str, *, mail: bool = False) -> Module:
    """An instant trigger of the gateway app."""
    slug = "gateway:CustomMailHook" if mail else "gateway:CustomWebHook"
    static: dict[str, Json] = {"hook": hook.id, "maxResults": 1}
    made = module(ident, slug, parameters=static, mapper={}, gives=gives)
    metadata = members(made["metadata"])
    state: Json = {"label": hook.name, "data": {"editable": "true"}}
    metadata["restore"] = {"parameters": {"hook": state}}
    kind = f"hook:{hook.type_name}"
    metadata["parameters"] = [
        {"name": "hook", "type": kind, "label": "Webhook", "required": True},
        {"name": "maxResults", "type": "number", "label": "Maximum number of results"},
    ]
    return made


def respond(ident: int, status: int, body: str, content_type: str = "application/json") -> Module:
    """Answer the caller of the webhook."""
    headers: Json = [{"key": "Content-Type", "value": content_type}]
    mapper: dict[str, Json] = {"status": str(status), "body": body, "headers": headers}
    expect = "status:uinteger! body:any headers:rows"
    return module(ident, "gateway:WebhookRespond", mapper=mapper, expect=expect)


def start(ident: int, inputs: str) -> Module:
    """Deliver the inputs of an on-demand scenario."""
    return module(ident, "scenario-service:StartSubscenario", mapper={}, gives=inputs)


def give(ident: int, outputs: str, mapper: dict[str, Json]) -> Module:
    """Return the outputs of an on-demand scenario."""
    return module(ident, "scenario-service:ReturnData", mapper=mapper, expect=outputs)


def call(ident: int, scenario: int, inputs: dict[str, Json], gives: str) -> Module:
    """Run another scenario and wait for its outputs."""
    static: dict[str, Json] = {"scenario": f"SCN_{scenario}"}
    mapper: dict[str, Json] = {"data": inputs, "shouldWaitForExecutionEnd": True}
    slug = "scenario-service:CallSubscenario"
    return module(ident, slug, parameters=static, mapper=mapper, gives=gives)


def variables(ident: int, values: dict[str, Json]) -> Module:
    """Set several variables for this cycle."""
    rows: list[Json] = [{"name": name, "value": value} for name, value in values.items()]
    mapper: dict[str, Json] = {"variables": rows, "scope": "roundtrip"}
    return module(
        ident,
        "util:SetVariables",
        mapper=mapper,
        expect="variables:rows scope!",
        gives=" ".join(values),
    )


def sleep(ident: int, seconds: int) -> Module:
    """Wait."""
    expect = "duration:uinteger!"
    return module(ident, "util:FunctionSleep", mapper={"duration": str(seconds)}, expect=expect)


def compose(ident: int, value: str) -> Module:
    """Make one text of several parts."""
    return module(ident, "util:ComposeTransformer", mapper={"value": value}, expect="value")


def parse_json(ident: int, source: str, gives: str) -> Module:
    """Read a JSON text."""
    static: dict[str, Json] = {"type": ""}
    mapper: dict[str, Json] = {"json": source}
    return module(
        ident, "json:ParseJSON", parameters=static, mapper=mapper, expect="json!", gives=gives
    )


def http(
    ident: int,
    method: str,
    url: str,
    *,
    headers: Sequence[tuple[str, str]] = (),
    body: str = "",
    key: Key | None = None,
) -> Module:
    """A request of the HTTP app, version 4."""
    static: dict[str, Json] = {"authenticationType": "noAuth", "tlsType": "", "proxyKeychain": ""}
    if key is not None:
        static |= {"authenticationType": "apiKey", "apiKeyKeychain": key.id}
    rows: list[Json] = [{"name": name, "value": value} for name, value in headers]
    mapper: dict[str, Json] = {
        "url": url,
        "method": method,
        "headers": rows,
        "queryParameters": [],
        "contentType": "json" if body else "",
        "parseResponse": True,
        "stopOnHttpError": True,
        "allowRedirects": True,
        "shareCookies": False,
        "requestCompressedContent": True,
    }
    if body:
        mapper |= {"inputMethod": "jsonString", "jsonStringBodyContent": body}
    made = module(ident, "http:MakeRequest", parameters=static, mapper=mapper, expect="url:url!")
    if key is not None:
        metadata = members(made["metadata"])
        metadata["restore"] = {"parameters": {"apiKeyKeychain": {"label": key.name}}}
        metadata["parameters"] = [
            {"name": "apiKeyKeychain", "type": "keychain:apikeyauth", "label": "Credentials"}
        ]
    return made


# Data stores


def _stored(ident: int, slug: str, store: Store, mapper: dict[str, Json], expect: str) -> Module:
    made = module(ident, slug, parameters={"datastore": store.id}, mapper=mapper, expect=expect)
    metadata = members(made["metadata"])
    metadata["restore"] = {"parameters": {"datastore": {"label": store.name}}}
    metadata["parameters"] = [
        {"name": "datastore", "type": "datastore", "label": "Data store", "required": True}
    ]
    return made


def store_get(ident: int, store: Store, key: str) -> Module:
    """Read one record; its fields are the output."""
    mapper: dict[str, Json] = {"key": key, "returnWrapped": False}
    made = _stored(ident, "datastore:GetRecord", store, mapper, "key! returnWrapped:boolean")
    members(made["metadata"])["interface"] = fields(store.spec)
    return made


def store_put(ident: int, store: Store, key: str, data: dict[str, Json]) -> Module:
    """Write one record, replacing an older one."""
    mapper: dict[str, Json] = {"key": key, "overwrite": True, "data": data}
    expect = "key overwrite:boolean data:collection"
    return _stored(ident, "datastore:AddRecord", store, mapper, expect)


def store_update(ident: int, store: Store, key: str, data: dict[str, Json]) -> Module:
    """Change some fields of a record, adding it when it is new."""
    mapper: dict[str, Json] = {
        "key": key,
        "upsert": True,
        "overwriteArrays": False,
        "data": data,
    }
    expect = "key! upsert:boolean overwriteArrays:boolean data:collection"
    return _stored(ident, "datastore:UpdateRecord", store, mapper, expect)


def store_search(ident: int, store: Store, conditions: Sequence[Condition], limit: int) -> Module:
    """Find records by the names of their fields."""
    mapper: dict[str, Json] = {
        "filter": [[_condition(each) for each in conditions]],
        "sort": [],
        "mappAbleLimit": str(limit),
    }
    made = _stored(ident, "datastore:SearchRecord", store, mapper, "")
    members(made["parameters"]).update({"continueWhenNoRes": False, "limit": str(limit)})
    metadata = members(made["metadata"])
    data: Json = {"name": "data", "type": "collection", "spec": fields(store.spec)}
    metadata["interface"] = [{"name": "key", "type": "text", "label": "Key"}, data]
    return made


# Flow control


def router(ident: int, *routes: list[Module], fallback: int | None = None) -> Module:
    """Send every bundle down all routes that let it in.

    Args:
        ident: Its id.
        routes: One list of modules per route.
        fallback: Position of the route for bundles that no other route took.
    """
    made = module(ident, "builtin:BasicRouter")
    made["routes"] = [{"flow": list[Json](route)} for route in routes]
    if fallback is not None:
        made["parameters"] = {"else": fallback}
    else:
        del made["parameters"]
    return made


def choose(ident: int, condition: Condition, then: list[Module], otherwise: list[Module]) -> Module:
    """Send every bundle down one of two branches; both go on behind the merge."""
    made = module(ident, "builtin:BasicIfElse")
    del made["parameters"]
    made["branches"] = [
        {
            "type": "condition",
            "label": "Yes",
            "merge": True,
            "conditions": [[_condition(condition)]],
            "flow": list[Json](then),
        },
        {"type": "else", "label": "No", "merge": True, "flow": list[Json](otherwise)},
    ]
    return made


def merge(ident: int, outputs: dict[str, Sequence[str]]) -> Module:
    """Join the branches of the if-else in front: per output one text a branch."""
    made = module(ident, "builtin:BasicMerge", gives=" ".join(outputs))
    del made["parameters"]
    made["outputs"] = [
        {"name": name, "mappings": list[Json](texts)} for name, texts in outputs.items()
    ]
    return made


def iterate(ident: int, array: str, gives: str = "") -> Module:
    """One bundle per item of an array."""
    expect = "array:list!"
    return module(ident, "builtin:BasicFeeder", mapper={"array": array}, expect=expect, gives=gives)


def _aggregator(
    ident: int, slug: str, feeder: int, mapper: dict[str, Json], **static: Json
) -> Module:
    made = module(ident, slug, parameters={"feeder": feeder, **static}, mapper=mapper)
    state: Json = {"label": f"Source module [{feeder}]"}
    members(made["metadata"])["restore"] = {"extra": {"feeder": state}}
    return made


def collect(ident: int, feeder: int, mapper: dict[str, Json], *, group_by: str = "") -> Module:
    """One array of what reaches it, or one per value of `group_by`."""
    made = _aggregator(ident, "builtin:BasicAggregator", feeder, mapper)
    if group_by:
        made["flags"] = {"groupBy": group_by, "stopIfEmpty": True}
    return made


def total(ident: int, feeder: int, value: str, function: str = "sum") -> Module:
    """One number of many."""
    return _aggregator(ident, "util:FunctionAggregator2", feeder, {"value": value}, fn=function)


def lines(ident: int, feeder: int, value: str) -> Module:
    """One text with a line per bundle."""
    return _aggregator(ident, "util:TextAggregator", feeder, {"value": value}, rowSeparator="\n")


def only_if(made: Module, name: str, *conditions: Condition) -> Module:
    """Put a filter in front of a module: all conditions must hold."""
    groups: list[Json] = [[_condition(each) for each in conditions]] if conditions else []
    made["filter"] = {"name": name, "conditions": groups}
    return made


def _condition(condition: Condition) -> Json:
    written: dict[str, Json] = {"a": condition[0], "o": condition[1]}
    if len(condition) == 3:
        written["b"] = condition[2]
    return written


def on_error(made: Module, *route: Module) -> Module:
    """Give a module an error route."""
    made["onerror"] = list[Json](route)
    return made


def ignore(ident: int) -> Module:
    """Drop the bundle and go on."""
    return module(ident, "builtin:Ignore")


def resume(ident: int, substitute: dict[str, Json]) -> Module:
    """Go on with a substitute for the output of the failed module."""
    return module(ident, "builtin:Resume", mapper=substitute)


def retry_later(ident: int, count: int = 3, minutes: int = 15) -> Module:
    """Store the rest of the path and try again."""
    mapper: dict[str, Json] = {"retry": True, "count": str(count), "interval": str(minutes)}
    expect = "retry:boolean! count:uinteger! interval:uinteger!"
    return module(ident, "builtin:Break", mapper=mapper, expect=expect)


def named(made: Module, label: str) -> Module:
    """Give a module a label on the canvas."""
    members(members(made["metadata"])["designer"])["name"] = label
    return made


# Documents


def blueprint(
    name: str, flow: list[Module], settings: dict[str, Json], *, notes: Sequence[str] = ()
) -> dict[str, Json]:
    """Close a flow into a blueprint.

    Args:
        name: Name of the scenario.
        flow: Its modules.
        settings: Where the scenario settings differ from the defaults.
        notes: Sticky notes at the first module.
    """
    _lay_out(list[Json](flow), 0, 0)
    instant = str(flow[0]["module"]).startswith("gateway:")
    return {
        "name": name,
        "flow": list[Json](flow),
        "metadata": {
            "instant": instant,
            "version": 1,
            "scenario": {**SETTINGS, **settings},
            "designer": {"orphans": []},
            "zone": "eu1.make.com",
            "notes": [_note(text, flow[0]["id"]) for text in notes],
        },
    }


def _note(text: str, module_id: Json) -> Json:
    return {
        "moduleIds": [module_id],
        "content": f"<p>{text}</p>",
        "isFilterNote": False,
        "metadata": {"color": "#9138FE"},
    }


def _lay_out(flow: list[Json], x: int, y: int) -> tuple[int, int]:
    """Place a list of modules from left to right; returns how many columns and rows it took."""
    column, rows = 0, 1
    for each in map(members, flow):
        members(members(each["metadata"])["designer"]).update(x=x + column * COLUMN, y=y)
        column += 1
        width, depth = _lay_out_inside(each, x + column * COLUMN, y)
        column += width
        rows = max(rows, depth)
    return column, rows


def _lay_out_inside(module: dict[str, Json], x: int, y: int) -> tuple[int, int]:
    """Place routes and branches right of a module and its error route below them."""
    width = depth = 0
    for one in [*items(module.get("routes")), *items(module.get("branches"))]:
        columns, rows = _lay_out(items(members(one)["flow"]), x, y + depth * ROW)
        width, depth = max(width, columns), depth + rows
    if "onerror" in module:
        below = max(depth, 1)
        depth = below + _lay_out(items(module["onerror"]), x, y + below * ROW)[1]
    return width, depth
