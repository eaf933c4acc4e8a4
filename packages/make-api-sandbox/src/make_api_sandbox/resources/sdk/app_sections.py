"""The code of an app as a whole: base, groups, install, common data and readme."""

import json
from typing import Any, cast

from starlette.responses import Response

from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, jsonc, sections
from make_api_sandbox.resources.sdk.access import READ, VERSION, WRITE
from make_api_sandbox.resources.sdk.apps import FIRST_CODE
from make_api_sandbox.resources.sdk.sections import MARKDOWN, Place
from make_api_sandbox.shapes import JsonObject

SECTIONS = ("base", "groups", "install", "installSpec")


@route("GET", f"{VERSION}/common", scope=READ, context=access.own_version)
def get_common(call: Call) -> Response:
    """The app's common data, such as OAuth client secrets; only its author sees them."""
    return Json(sections.parsed(call.world, Place(call.entity), "common", "{}"))


@route("PUT", f"{VERSION}/common", scope=WRITE, context=access.own_version)
def set_common(call: Call) -> JsonObject:
    """Replace the common data; they need no commit (not documented)."""
    place = Place({**call.entity, "approved": False})
    sections.store(call.world, place, "common", sections.body_code(call, "common"))
    return {"changed": True}


@route("GET", f"{VERSION}/readme", scope=READ, context=access.readable_version)
def get_readme(call: Call) -> Response:
    """The documentation of the app, in Markdown."""
    return sections.shown(call.world, Place(call.entity), "readme", "", MARKDOWN)


@route("PUT", f"{VERSION}/readme", scope=WRITE, context=access.own_version)
def set_readme(call: Call) -> JsonObject:
    """Replace the documentation."""
    sections.store(call.world, Place(call.entity), "readme", sections.body_text(call))
    return {"changed": True}


@route("POST", f"{VERSION}/base", scope=WRITE, context=access.own_version)
def set_base(call: Call) -> JsonObject:
    """Replace what all requests of the app have in common."""
    content = sections.body_code(call, "base")
    return {"change": sections.store(call.world, Place(call.entity), "base", content)}


@route("PATCH", f"{VERSION}/base", scope=WRITE, context=access.own_version)
def edit_base(call: Call) -> JsonObject:
    """Change some members of the base; a list replaces it, and its comments go (not documented)."""
    place = Place(call.entity)
    given = jsonc.parse(sections.body_code(call, "base"))
    present: Any = sections.parsed(call.world, place, "base", FIRST_CODE["base"])
    if isinstance(given, dict) and isinstance(present, dict):
        given = {**cast(JsonObject, present), **cast(JsonObject, given)}
    content = json.dumps(given, indent=4, ensure_ascii=False)
    return {"change": sections.store(call.world, place, "base", content)}


@route("GET", f"{VERSION}/{{section}}", scope=READ, context=access.readable_version)
def get_section(call: Call) -> Response:
    """One section of the app's code, as it was sent."""
    code = sections.known(call.path("section"), SECTIONS)
    return sections.shown(call.world, Place(call.entity), code, FIRST_CODE[code])


@route("PUT", f"{VERSION}/{{section}}", scope=WRITE, context=access.own_version)
def set_section(call: Call) -> JsonObject:
    """Replace one section of the app's code."""
    code = sections.known(call.path("section"), SECTIONS)
    content = sections.body_code(call, code)
    return {"change": sections.store(call.world, Place(call.entity), code, content)}
