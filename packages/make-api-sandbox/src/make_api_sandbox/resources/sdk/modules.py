"""Modules of an app (API reference, chapter 2.30)."""

from starlette.responses import Response

from make_api_sandbox.http.body import Member, choice, integer, mapping, members, name_text, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import invalid_parameters, missing, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, components, names, sections
from make_api_sandbox.resources.sdk.access import READ, VERSION, WRITE
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.shapes import JsonObject, Row

MODULES = f"{VERSION}/modules"
ONE = f"{MODULES}/{{module}}"
TRIGGER, ACTION, SEARCH, INSTANT, RESPONDER, UNIVERSAL = 1, 4, 9, 10, 11, 12
TYPES = (TRIGGER, ACTION, SEARCH, INSTANT, RESPONDER, UNIVERSAL)
SECTIONS = ("api", "epoch", "parameters", "expect", "interface", "samples", "scope")
BLANK = {
    "api": "{}",
    "epoch": "{}",
    "parameters": "[]",
    "expect": "[]",
    "interface": "[]",
    "samples": "{}",
    "scope": "[]",
}
EXAMPLE = {
    **BLANK,
    "api": '{\n    // Request of the module.\n    "url": "/entities",\n    "method": "GET",\n'
    '    "response": {\n        "output": "{{body}}"\n    }\n}\n',
    "interface": '[\n    {\n        "name": "id",\n        "type": "uinteger",\n'
    '        "label": "ID"\n    }\n]\n',
    "samples": '{\n    "id": 1\n}\n',
}
BRIEF = ("name", "label", "description", "typeId", "crud", "connection", "webhook")
EDITED = ("name", "label", "description", "typeId", "crud", "connection", "altConnection")


def _type_id() -> Member:
    def check(value: object) -> str | None:
        fault = integer().check(value)
        listed = ", ".join(map(str, TYPES))
        return fault or (None if value in TYPES else f"should be one of: {listed}")

    return Member(check)


@route("GET", MODULES, scope=READ, context=access.readable_version)
def list_modules(call: Call) -> JsonObject:
    """The modules of an app version."""
    rows = components.rows_of(call.world, call.entity, "module")
    return {"appModules": [present(row) for row in rows]}


@route(
    "POST",
    MODULES,
    scope=WRITE,
    context=access.own_version,
    body=members(
        name=names.component_name(),
        typeId=_type_id(),
        label=name_text().optional(),
        description=text().optional().or_null(),
        moduleInitMode=choice("blank", "example", "module").optional(),
        moduleInitSource=name_text().optional().or_null(),
        connection=name_text().optional().or_null(),
        webhook=name_text().optional().or_null(),
        crud=choice("create", "read", "update", "delete").optional().or_null(),
    ),
)
def create_module(call: Call) -> JsonObject:
    """Make a hidden module with blank code, example code or the code of another one.

    An instant trigger needs its webhook. Without `moduleInitMode` it is blank (not documented).
    """
    app, body = call.entity, call.body
    components.require(call.world, app, "connection", body, "connection")
    components.require(call.world, app, "webhook", body, "webhook")
    if body["typeId"] == INSTANT and not body.get("webhook"):
        raise invalid_parameters([missing("webhook")])
    extra = {
        "description": body.get("description") or "",
        "typeId": body["typeId"],
        "crud": body.get("crud"),
        "connection": body.get("connection"),
        "webhook": body.get("webhook"),
    }
    label = body.get("label", body["name"])
    made = components.create(call, app, "module", body["name"], label, extra, _first_code(call))
    return {"appModule": _pick(made, BRIEF)}


def _first_code(call: Call) -> dict[str, str]:
    mode = call.body.get("moduleInitMode", "blank")
    if mode != "module":
        return EXAMPLE if mode == "example" else BLANK
    source = call.body.get("moduleInitSource")
    if not source:
        raise invalid_parameters([missing("moduleInitSource")])
    found = components.named(call.world, call.entity, "module", source)
    if found is None:
        raise refused(f"The app has no module named '{source}'.")
    return sections.texts(call.world, Place(call.entity, found))


@route("GET", ONE, scope=READ, context=access.component("module", write=False))
def get_module(call: Call) -> JsonObject:
    """One module."""
    return {"appModule": present(call.entity)}


@route(
    "PATCH",
    ONE,
    scope=WRITE,
    context=access.component("module", write=True),
    body=members(
        label=name_text().optional(),
        description=text().optional().or_null(),
        connection=name_text().optional().or_null(),
    ),
)
def edit_module(call: Call) -> JsonObject:
    """Change label, description or connection."""
    components.require(call.world, access.app_of(call), "connection", call.body, "connection")
    return {"appModule": _pick(components.edit(call, call.body), (*EDITED, "webhook"))}


@route("DELETE", ONE, scope=WRITE, context=access.component("module", write=True))
def delete_module(call: Call) -> JsonObject:
    """Remove a module of a private app that no scenario uses."""
    app = access.app_of(call)
    access.refuse_used_in_scenarios(call.world, app, call.entity["name"])
    return {"appModule": components.remove(call, app)}


def _switch(call: Call, **members: bool) -> JsonObject:
    components.edit(call, dict(members))
    return {"changed": True}


@route("POST", f"{ONE}/public", scope=WRITE, context=access.component("module", write=True))
def show_module(call: Call) -> JsonObject:
    """Show a module to the users of the app."""
    return _switch(call, public=True)


@route("POST", f"{ONE}/private", scope=WRITE, context=access.component("module", write=True))
def hide_module(call: Call) -> JsonObject:
    """Hide a module from the users of the app; scenarios keep it."""
    return _switch(call, public=False)


@route("POST", f"{ONE}/deprecate", scope=WRITE, context=access.component("module", write=True))
def deprecate_module(call: Call) -> JsonObject:
    """Mark a module as outdated; no answer shows it."""
    return _switch(call, deprecated=True)


@route("POST", f"{ONE}/undeprecate", scope=WRITE, context=access.component("module", write=True))
def undeprecate_module(call: Call) -> JsonObject:
    """Take the mark back."""
    return _switch(call, deprecated=False)


@route("POST", f"{ONE}/archive", scope=WRITE, context=access.component("module", write=True))
def archive_module(call: Call) -> JsonObject:
    """Put a module away."""
    return _switch(call, archived=True)


@route("POST", f"{ONE}/unarchive", scope=WRITE, context=access.component("module", write=True))
def unarchive_module(call: Call) -> JsonObject:
    """Take a module back."""
    return _switch(call, archived=False)


@route(
    "POST",
    f"{ONE}/clone",
    scope=WRITE,
    context=access.component("module", write=True),
    body=members(newName=names.component_name(), label=name_text()),
)
def clone_module(call: Call) -> JsonObject:
    """Make a hidden copy of a module in the same app version."""
    app, row = access.app_of(call), call.entity
    extra = {**row["extra"], "public": False, "deprecated": False, "archived": False}
    texts = sections.texts(call.world, Place(app, row))
    made = components.create(
        call, app, "module", call.body["newName"], call.body["label"], extra, texts
    )
    return {"module": _pick(made, BRIEF)}


@route(
    "PUT",
    f"{ONE}/consumable",
    scope=WRITE,
    context=access.component("module", write=True),
    body=members(
        centicreditsFormula=text().optional().or_null(),
        centicreditsFormulaDescription=text().optional().or_null(),
        centicreditsFormulaDocumentationUrl=text().optional().or_null(),
        centicreditsFormulaMeta=mapping().optional().or_null(),
    ),
)
def set_consumable(call: Call) -> JsonObject:
    """Set how many credits a run of the module costs; needs a feature of the account.

    The last member of the path is our reading: the documents hold a placeholder there.
    """
    access.require_feature(call, "allow_apps_set_consumable")
    components.edit(call, call.body)
    return {"name": call.entity["name"]}


@route("GET", f"{ONE}/{{section}}", scope=READ, context=access.component("module", write=False))
def get_module_section(call: Call) -> Response:
    """One section of a module's code, as it was sent."""
    code = sections.known(call.path("section"), SECTIONS)
    return sections.shown(call.world, Place(access.app_of(call), call.entity), code, BLANK[code])


@route("PUT", f"{ONE}/{{section}}", scope=WRITE, context=access.component("module", write=True))
def set_module_section(call: Call) -> JsonObject:
    """Replace one section of a module's code."""
    code = sections.known(call.path("section"), SECTIONS)
    content = sections.body_code(call, code)
    place = Place(access.app_of(call), call.entity)
    return {"change": sections.store(call.world, place, code, content)}


def present(row: Row) -> JsonObject:
    """A module as the API shows it."""
    extra: JsonObject = row["extra"]
    return {
        "name": row["name"],
        "label": row["label"],
        "description": extra.get("description") or "",
        "typeId": extra["typeId"],
        "public": extra.get("public", False),
        "approved": extra.get("approved", False),
        "archived": extra.get("archived", False),
        "crud": extra.get("crud"),
        "connection": extra.get("connection"),
        "altConnection": extra.get("altConnection"),
        "webhook": extra.get("webhook"),
    }


def _pick(row: Row, members: tuple[str, ...]) -> JsonObject:
    shown = present(row)
    return {name: shown[name] for name in members}
