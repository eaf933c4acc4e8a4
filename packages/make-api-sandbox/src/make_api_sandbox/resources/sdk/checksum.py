"""Checksums of an app's code, by which editors find what differs.

Seen in Make's official editor extension: MD5 of each section by component, null where there is no
code. That the text is taken as it was sent is not documented.
"""

from hashlib import md5

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access, sections
from make_api_sandbox.resources.sdk.access import READ, VERSION
from make_api_sandbox.resources.sdk.components import rows_of
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

GROUPS = {
    "modules": "module",
    "rpcs": "rpc",
    "functions": "function",
    "accounts": "connection",
    "hooks": "webhook",
}


@route("GET", f"{VERSION}/checksum", scope=READ, context=access.readable_version)
def get_checksums(call: Call) -> JsonObject:
    """The checksums of everything in an app version."""
    app = call.entity
    groups = {
        group: [_entry(call.world, Place(app, each)) for each in rows_of(call.world, app, kind)]
        for group, kind in GROUPS.items()
    }
    return {**groups, "app": [_entry(call.world, Place(app))]}


def _entry(world: World, place: Place) -> JsonObject:
    found = sections.texts(world, place)
    shown = {code: _digest(text) for code, text in found.items() if code != "common"}
    return {"name": place.name, "checksum": shown}


def _digest(text: str) -> str | None:
    return md5(text.encode(), usedforsecurity=False).hexdigest() if text else None
