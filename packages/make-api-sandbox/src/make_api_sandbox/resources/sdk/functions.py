"""IML functions of an app, in JavaScript (API reference, chapter 2.30)."""

import re

from starlette.responses import Response

from make_api_sandbox.http.body import members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, components, names, sections
from make_api_sandbox.resources.sdk.access import READ, VERSION, WRITE
from make_api_sandbox.resources.sdk.sections import JAVASCRIPT, Place
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

FUNCTIONS = f"{VERSION}/functions"
ONE = f"{FUNCTIONS}/{{function}}"


@route("GET", FUNCTIONS, scope=READ, context=access.readable_version)
def list_functions(call: Call) -> JsonObject:
    """The functions of an app version; `all` has no documented meaning and changes nothing."""
    app = call.entity
    rows = components.rows_of(call.world, app, "function")
    shown = [{"name": r["name"], "args": arguments(call.world, app, r)} for r in rows]
    return {"appFunctions": shown}


@route(
    "POST",
    FUNCTIONS,
    scope=WRITE,
    context=access.own_version,
    body=members(name=names.component_name()),
)
def create_function(call: Call) -> JsonObject:
    """Make a function that does nothing yet."""
    name: str = call.body["name"]
    texts = {"code": f"function {name}() {{\n\n}}\n", "test": ""}
    components.create(call, call.entity, "function", name, name, {}, texts)
    return {"appFunction": {"name": name}}


@route("GET", ONE, scope=READ, context=access.component("function", write=False))
def get_function(call: Call) -> JsonObject:
    """One function with its code."""
    place = Place(access.app_of(call), call.entity)
    return {
        "appFunction": {
            "name": call.entity["name"],
            "code": sections.read(call.world, place, "code"),
            "changes": sections.changes_of(call.world, place),
        }
    }


@route("DELETE", ONE, scope=WRITE, context=access.component("function", write=True))
def delete_function(call: Call) -> JsonObject:
    """Remove a function of a private app that no other component calls."""
    return {"appFunction": {"name": components.remove(call, access.app_of(call))}}


@route("GET", f"{ONE}/code", scope=READ, context=access.component("function", write=False))
def get_code(call: Call) -> Response:
    """The source of a function."""
    place = Place(access.app_of(call), call.entity)
    return sections.shown(call.world, place, "code", "", JAVASCRIPT)


@route("PUT", f"{ONE}/code", scope=WRITE, context=access.component("function", write=True))
def set_code(call: Call) -> JsonObject:
    """Replace the source; it may hold errors until it is called (not documented)."""
    place = Place(access.app_of(call), call.entity)
    change = sections.store(call.world, place, "code", sections.body_text(call))
    return {"change": {n: v for n, v in change.items() if n not in ("oldValue", "newValue")}}


@route("GET", f"{ONE}/test", scope=READ, context=access.component("function", write=False))
def get_test(call: Call) -> Response:
    """The tests of a function, which editors run."""
    place = Place(access.app_of(call), call.entity)
    return sections.shown(call.world, place, "test", "", JAVASCRIPT)


@route("PUT", f"{ONE}/test", scope=WRITE, context=access.component("function", write=True))
def set_test(call: Call) -> JsonObject:
    """Replace the tests; they need no commit."""
    place = Place({**access.app_of(call), "approved": False}, call.entity)
    sections.store(call.world, place, "test", sections.body_text(call))
    return {"changed": True}


def arguments(world: World, app: Row, row: Row) -> str:
    """The parameter list in a function's source, with brackets."""
    source = sections.read(world, Place(app, row), "code")
    found = re.search(rf"function\s+{re.escape(row['name'])}\s*(\([^)]*\))", source)
    return found.group(1) if found else "()"
