"""Modules: what they take and give, the options of their fields, and checks of their settings."""

from typing import Literal, cast

from make_blueprint.bindings import kind_of_type
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object
from make_mcp_base.authoring import (
    ConnectionId,
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Page,
    PageInput,
    Problem,
    TeamId,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine import form_options
from make_mcp_core_tools._engine.app_manifests import (
    AppModule,
    app_manifest,
    found_modules,
    split_module,
)
from make_mcp_core_tools._engine.app_places import standpoint
from make_mcp_core_tools._engine.app_search import fitting, words_of
from make_mcp_core_tools._engine.form_lookups import check_live, look_up
from make_mcp_core_tools._engine.form_schemas import fill_defaults, schema_of, skeleton
from make_mcp_core_tools._engine.form_values import base, is_empty, name_of
from make_mcp_core_tools._engine.forms import Checked, Domain, Form, Lookup
from make_mcp_core_tools.marketplace.declared import category

MOST_FAULTS = 50

# Inputs


class ListModules(PageInput):
    app: str
    """Name as in blueprints; custom apps `app#name`."""
    version: int | None = Field(default=None, ge=0)
    """Major version; default the latest."""
    kind: str | None = None
    """Only of a kind: action, search, trigger, instant …"""
    query: str | None = None
    """Only those that fit, best first."""


class GetModules(Input):
    modules: list[str] = Field(min_length=1, max_length=10)
    """`app:Module` each, as `slack:CreateMessage`."""
    version: int | None = Field(default=None, ge=0)
    """Major version of the app; default the latest."""
    view: Literal["compact", "json_schema", "form", "forman"] = "compact"
    """`form` (or `forman`) puts Make's own field objects into the template, as the editor does."""
    connection_id: ConnectionId | None = None
    """Connection to put into the templates."""


class _OneModule(Input):
    module: str
    """`app:Module`, or the module alone beside `app`."""
    app: str | None = None
    """App of the module."""
    version: int | None = Field(default=None, ge=0)
    """Major version of the app; default the latest."""
    connection_id: ConnectionId | None = None
    """Connection to ask with; goes where the form has its connection."""
    team_id: TeamId | None = None
    """Team whose connections, hooks and stores count."""
    organization_id: OrganizationId | None = None


class ListOptions(_OneModule):
    field: str
    """Name of the field; inside a collection `headers.name`."""
    values: Document = {}
    """Values of other fields that options depend on, such as the chosen spreadsheet."""
    query: str | None = None
    """Only options with this text."""
    limit: int = Field(default=50, ge=1, le=200)
    """Options to return."""
    cursor: str | None = None
    """`next_cursor` of the answer before."""


class ValidateModule(_OneModule):
    parameters: Document = {}
    """Fixed settings, as in a blueprint."""
    mapper: Document = {}
    """Mapped settings; expressions are fine."""
    strict: bool = False
    """Refuse fields that the form does not have."""
    fill_defaults: bool = False
    """Put the form's defaults where nothing is given, and give the whole settings back."""
    restore: bool = False
    """Also give what Make's editor shows of the choices (`metadata.restore`)."""


# Outputs


class ModuleRow(Output):
    module: str
    label: str
    kind: str
    needs: list[str] | None = None
    """Types of connection or key it takes."""
    about: str | None = None


class Modules(Page):
    app: str
    version: int | None = None
    modules: list[ModuleRow]


class FieldRow(Output):
    name: str
    type: str
    label: str | None = None
    required: bool | None = None
    default: object = None
    options: list[object] | str | None = None
    """Values, or the address they come from: `app_module_option_list` gives them."""
    fields: list[str] | None = None
    """What a collection or list holds."""


class ModuleSpec(Output):
    module: str
    version: int | None = None
    label: str
    kind: str
    about: str | None = None
    needs: list[str] | None = None
    """Types of connection or key it takes."""
    scopes: list[str] | None = None
    parameters: list[FieldRow] | None = None
    mapper: list[FieldRow] | None = None
    outputs: list[str] | None = None
    """`name: type` of what later modules can map."""
    json_schema: Document | None = None
    module_template: Document
    """To put into a blueprint, with defaults filled in."""
    to_fill_in: list[str] | None = None
    """Required fields without a default."""


class ModuleSpecs(Output):
    specs: list[ModuleSpec]
    next_calls: list[NextCall] | None = None


class OptionRow(Output):
    value: object
    label: str | None = None
    brings: list[str] | None = None
    """Fields that appear with this choice."""


class Options(Page):
    field: str
    type: str
    source: str
    """Where they come from: the manifest, a remote procedure, or the team."""
    options: list[OptionRow] = []
    fields: list[FieldRow] | None = None
    """For a collection whose fields are asked for."""
    note: str | None = None


class FaultRow(Output):
    severity: Literal["error", "warning", "info"]
    path: str
    problem: str
    fix: str | None = None


class ModuleChecked(Output):
    valid: bool
    """No errors; warnings are accepted by Make."""
    errors: int
    warnings: int
    faults: list[FaultRow] = []
    not_checked: list[str] | None = None
    """Places whose options or fields could not be told, most often because they are mapped."""
    filled: Document | None = None
    """`parameters` and `mapper` with the defaults in them."""
    restore: Document | None = None
    """For `metadata.restore` of the module."""


# Tools


@category.tool(
    scope="apps:read",
    effect="read",
    formerly=("app-modules_list", "search_modules"),
    words=("actions", "triggers", "searches"),
)
async def app_module_list(make: Make, args: ListModules) -> Modules:
    """List the modules of an app: kind, credentials, what they do."""
    manifest = await app_manifest(make, args.app, args.version)
    found = [one for one in manifest.modules if args.kind in (None, one.kind)]
    if wanted := words_of(args.query or ""):
        found, _ = fitting(found, wanted)
    rows = [
        ModuleRow(
            module=f"{args.app}:{one.name}",
            label=one.label,
            kind=one.kind,
            needs=one.credentials or None,
            about=one.description[:120] or None,
        )
        for one in found
    ]
    page, more = page_of(rows, args)
    return Modules(app=args.app, version=manifest.version, modules=page, **more)


@category.tool(
    scope="apps:read",
    effect="read",
    formerly=("app-module_get", "module_spec", "get_module", "app_module_spec"),
    words=("fields", "schema", "form", "parameters", "mapper", "inputs of a module"),
    examples=[GetModules(modules=["slack:CreateMessage"])],
)
async def app_module_get(make: Make, args: GetModules) -> ModuleSpecs:
    """Show what modules take and give, each with a module to put into a blueprint.

    Fields that depend on a choice appear once it is made: `app_module_validate` tells them.
    """
    modules = list(dict.fromkeys(args.modules))
    found = await found_modules(make, modules, args.version)
    specs = [
        _spec(name, module, manifest.version, args)
        for name, (manifest, module) in zip(modules, found, strict=True)
    ]
    check: Document = {"module": specs[0].module}
    for member in ("parameters", "mapper"):
        check[member] = specs[0].module_template[member]
    call = NextCall(tool="app_module_validate", arguments=check, why="Check it once filled in.")
    return ModuleSpecs(specs=specs, next_calls=[call])


@category.tool(
    scope="apps:read",
    effect="read",
    outside=True,
    formerly=("module_options_get", "module_field_resolve", "app_module_option_get"),
    words=("choices", "dropdown", "select", "dynamic", "spreadsheets", "channels", "rpc"),
    examples=[
        ListOptions(
            module="google-sheets:addRow",
            field="sheetId",
            values={"spreadsheetId": "1LeadTracker"},
        )
    ],
)
async def app_module_option_list(make: Make, args: ListOptions) -> Options:
    """List the options of a field as the account has them: channels, sheets, connections.

    Options may depend on other fields: send those in `values`.
    """
    app, form, version = await _form(make, args)
    place = await standpoint(make, args.team_id, args.organization_id)
    given = _sorted_in(form, args.values)
    _connect(form, given, args.connection_id)
    checked = await check_live(make, (app, version), form, given, place.team_id)
    entry = _entry(args.field, checked)
    data = {**given["parameters"], **given["mapper"]}
    address, told = _address(entry)
    rows: list[JsonValue] = told
    if address:
        answer = await look_up(make, (app, version), Lookup(address, data), place.team_id)
        if isinstance(answer, str):
            raise _unasked(args.field, address, answer)
        rows = answer
    return _options(args, entry, address, rows, _unset(checked, data))


@category.tool(
    scope="apps:read",
    effect="read",
    outside=True,
    formerly=("validate_module", "validate_module_configuration"),
    words=("check settings", "configuration", "parameters", "before saving"),
    examples=[
        ValidateModule(
            module="slack:CreateMessage",
            parameters={"__IMTCONN__": 11},
            mapper={"channel": "#general", "text": "{{1.name}} wrote"},
        )
    ],
)
async def app_module_validate(make: Make, args: ValidateModule) -> ModuleChecked:
    """Check a module's settings against its form as Make does: all faults in one answer.

    Mapped values are never held against options; what cannot be checked for that is told.
    """
    app, form, version = await _form(make, args)
    place = await standpoint(make, args.team_id, args.organization_id)
    given: dict[Domain, JsonObject] = {
        "parameters": cast("JsonObject", dict(args.parameters)),
        "mapper": cast("JsonObject", dict(args.mapper)),
    }
    _connect(form, given, args.connection_id)
    if args.fill_defaults:
        fill_defaults(form, given)
    checked = await check_live(make, (app, version), form, given, place.team_id, strict=args.strict)
    faults = sorted(checked.faults, key=lambda one: ("error", "warning").count(one.severity) == 0)
    errors, warnings = len(checked.errors), sum(one.severity == "warning" for one in faults)
    if len(faults) > MOST_FAULTS:
        make.warn(f"The first {MOST_FAULTS} of {len(faults)} faults are shown.")
    return ModuleChecked(
        valid=not errors,
        errors=errors,
        warnings=warnings,
        faults=[
            FaultRow(severity=one.severity, path=one.path, problem=one.problem, fix=one.fix or None)
            for one in faults[:MOST_FAULTS]
        ],
        not_checked=list(dict.fromkeys(checked.unresolved)) or None,
        filled={**given} if args.fill_defaults else None,
        restore=_restore(checked) if args.restore else None,
    )


# Describing


def _spec(name: str, module: AppModule, version: int | None, args: GetModules) -> ModuleSpec:
    form, view = module.form, args.view
    described = {"version": version, **module.data}
    made, missing = skeleton(name, described, form, saved=view.startswith("form"))
    compact = view == "compact"
    given: dict[Domain, JsonObject] = {"parameters": as_object(made["parameters"]), "mapper": {}}
    _connect(form, given, args.connection_id)
    made["parameters"] = given["parameters"]
    missing = [one for one in missing if one.partition(".")[2] not in given["parameters"]]
    return ModuleSpec(
        module=name,
        version=version,
        label=module.label,
        kind=module.kind,
        about=module.description or None,
        needs=module.credentials or None,
        scopes=module.scopes or None,
        parameters=rows_of(form.parameters) if compact else None,
        mapper=rows_of(form.mapper) if compact else None,
        outputs=[
            f"{as_object(one).get('name')}: {as_object(one).get('type')}"
            for one in as_list(module.data.get("interface"))
        ]
        or None,
        json_schema=cast("Document", schema_of(form)) if view == "json_schema" else None,
        module_template=cast("Document", made),
        to_fill_in=missing or None,
    )


def rows_of(fields: list[JsonValue]) -> list[FieldRow]:
    """Show fields, one row each; fields that an option brings stand below it."""
    rows: list[FieldRow] = []
    for entry in map(as_object, fields):
        if not name_of(entry):
            continue
        spec = form_options.spec_of(entry)
        inner = [name_of(as_object(one)) for one in spec] if isinstance(spec, list) else []
        address, listed = _address(entry)
        shown = [as_object(one).get("value") for one in listed]
        rows.append(
            FieldRow(
                name=name_of(entry),
                type=str(entry.get("type") or "any"),
                label=_text(entry.get("label"), unlike=name_of(entry)),
                required=entry.get("required") is True or None,
                default=entry.get("default"),
                options=address or cast("list[object]", shown) or None,
                fields=[name for name in inner if name] or None,
            )
        )
    return rows


def _text(value: JsonValue, unlike: str = "") -> str | None:
    return value if isinstance(value, str) and value and value != unlike else None


# Reading the form


async def _form(make: Make, args: _OneModule) -> tuple[str, Form, int | None]:
    whole = f"{args.app}:{args.module}" if args.app and ":" not in args.module else args.module
    app, name = split_module(whole)
    manifest = await app_manifest(make, app, args.version, args.organization_id)
    return app, manifest.module(name).form, manifest.version


def _sorted_in(form: Form, values: Document) -> dict[Domain, JsonObject]:
    """Put values where their fields are; what no field is named like goes to the mapper."""
    fixed = {name_of(as_object(one)) for one in form.parameters}
    given: dict[Domain, JsonObject] = {"parameters": {}, "mapper": {}}
    for name, value in values.items():
        given["parameters" if name in fixed else "mapper"][name] = value
    return given


def _connect(form: Form, given: dict[Domain, JsonObject], connection_id: int | None) -> None:
    """Put the connection where the form wants one and none is given."""
    for entry in map(as_object, form.parameters):
        name = name_of(entry)
        if base(entry) == "account" and connection_id and is_empty(given["parameters"].get(name)):
            given["parameters"][name] = connection_id
            return


def _entry(path: str, checked: Checked) -> JsonObject:
    """Find a field among those in force.

    Raises:
        Failure: There is none of that name; those there are are told.
    """
    names = [one for one in path.split(".") if one not in ("parameters", "mapper")] or [path]
    fields = checked.fields["parameters"] + checked.fields["mapper"]
    for depth, name in enumerate(names):
        found = [one for one in fields if name_of(one) == name.partition("[")[0]]
        if not found:
            raise Failure(
                f"The form has no field `{'.'.join(names[: depth + 1])}`.",
                why=f"Fields: {', '.join(name_of(one) for one in fields)}.",
                next_step="Fields of a choice appear once it is made: send it in `values`.",
                code="unknown_field",
            )
        if depth == len(names) - 1:
            return found[0]
        spec = form_options.spec_of(found[0])
        fields = list(map(as_object, spec)) if isinstance(spec, list) else []
    raise RuntimeError("A path has at least one name.")


def _address(entry: JsonObject) -> tuple[str, list[JsonValue]]:
    """Give where a field's options or fields come from, and those the form tells itself."""
    spec = form_options.spec_of(entry)
    if isinstance(spec, str):
        return spec, []
    asked: list[str] = []

    def note(address: str) -> None:
        asked.append(address)

    listed = form_options.listed(entry, note)
    if asked:
        return asked[0], []
    if listed is None and kind_of_type(str(entry.get("type"))):
        from make_mcp_core_tools._engine.form_values import reference_address

        return reference_address(entry), []
    return "", cast("list[JsonValue]", listed.rows) if listed else []


def _unset(checked: Checked, data: JsonObject) -> list[str]:
    """Name the required fields without a value, which options may depend on."""
    fields = checked.fields["parameters"] + checked.fields["mapper"]
    return [
        name_of(one)
        for one in fields
        if one.get("required") is True and is_empty(data.get(name_of(one)))
    ]


def _unasked(field: str, address: str, why: str) -> Failure:
    return Failure(
        f"The options of `{field}` could not be asked for.",
        why=f"{address}: {why}",
        next_step="Send `connection_id` of a working connection (`connection_list`,"
        " `connection_verify`) and `team_id`, and the values that the options depend on.",
        code="options_unavailable",
        problems=[Problem("field", f"{address} did not answer.")],
    )


def _options(
    args: ListOptions, entry: JsonObject, address: str, rows: list[JsonValue], unset: list[str]
) -> Options:
    kind = str(entry.get("type") or "any")
    source = "manifest" if not address else "team" if address.startswith("api://") else address
    if base(entry) in ("collection", "dynamicCollection") and address:
        return Options(field=args.field, type=kind, source=source, fields=rows_of(rows))
    listed = [_option(as_object(row)) for row in rows]
    wanted = (args.query or "").casefold()
    found = [one for one in listed if wanted in f"{one.value} {one.label or ''}".casefold()]
    page, more = page_of(found, PageInput.model_construct(limit=args.limit, cursor=args.cursor))
    others = [name for name in unset if name != args.field]
    note = None
    if not listed and others:
        note = f"Nothing was found. It may depend on fields without a value: {', '.join(others)}."
    elif not listed and not address:
        note = "This field has no options; any value of its type is taken."
    return Options(field=args.field, type=kind, source=source, options=page, note=note, **more)


def _option(row: JsonObject) -> OptionRow:
    nested, _ = form_options.nested_fields(row.get("nested"))
    brings = [one if isinstance(one, str) else name_of(as_object(one)) for one in nested]
    label = _text(row.get("label"), unlike=str(row.get("value")))
    return OptionRow(value=row.get("value"), label=label, brings=brings or None)


def _restore(checked: Checked) -> Document:
    found = {"parameters": checked.states["parameters"], "expect": checked.states["mapper"]}
    return {domain: states for domain, states in found.items() if states}
