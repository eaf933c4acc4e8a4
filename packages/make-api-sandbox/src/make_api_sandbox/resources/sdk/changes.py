"""Changes of approved apps, which wait for a commit (API reference, chapter 2.30)."""

from starlette.responses import PlainTextResponse, Response

from make_api_sandbox.http.body import boolean, identifier, list_of, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError, not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.sdk import access
from make_api_sandbox.resources.sdk.access import READ, VERSION, WRITE
from make_api_sandbox.resources.sdk.events import note
from make_api_sandbox.resources.sdk.sections import present_change
from make_api_sandbox.shapes import JsonObject, Row

LONGEST_MESSAGE = 10_000
"""Characters of a commit message; that there is a bound is documented, its height is not."""


@route("GET", f"{VERSION}/changes/{{changeId}}", scope=READ, context=access.own_version)
def get_change(call: Call) -> JsonObject:
    """One waiting change with the text before and after it."""
    change = _one(call, call.path_id("changeId"))
    shown = present_change(change)
    return {
        "change": {name: shown[name] for name in ("id", "group", "code", "oldValue", "newValue")}
    }


@route(
    "POST",
    f"{VERSION}/commit",
    scope=WRITE,
    context=access.own_version,
    body=members(
        message=text().optional(),
        notify=boolean().optional(),
        changeIds=list_of(identifier()).optional(),
    ),
)
def commit(call: Call) -> Response:
    """Let changes hold for everybody: those named, or all."""
    message = call.body.get("message", "")
    if len(message) > LONGEST_MESSAGE:
        raise ApiError(413, None, "The commit message is too long.")
    chosen = _chosen(call)
    for change in chosen:
        call.world.delete("sdk_changes", change["id"])
    note(call, call.entity, "Changes committed.", {"message": message, "changes": len(chosen)})
    return PlainTextResponse("true")


@route(
    "POST",
    f"{VERSION}/rollback",
    scope=WRITE,
    context=access.own_version,
    body=members(changeIds=list_of(identifier()).optional()),
)
def roll_back(call: Call) -> JsonObject:
    """Take changes back: those named, or all."""
    chosen = _chosen(call)
    for change in chosen:
        call.world.execute(
            "UPDATE sdk_sections SET content = ?"
            " WHERE app_id = ? AND component_id IS ? AND code = ?",
            change["old_content"],
            change["app_id"],
            change["component_id"],
            change["code"],
        )
        call.world.delete("sdk_changes", change["id"])
    note(call, call.entity, "Changes rolled back.", {"changes": len(chosen)})
    return {"rolledBack": True}


def _chosen(call: Call) -> list[Row]:
    wanted: list[int] | None = call.body.get("changeIds")
    if wanted is not None:
        return [_one(call, ident) for ident in dict.fromkeys(wanted)]
    return call.world.rows(
        "SELECT * FROM sdk_changes WHERE app_id = ? ORDER BY id", call.entity["id"]
    )


def _one(call: Call, ident: int) -> Row:
    found = call.world.get("sdk_changes", ident)
    if found is None or found["app_id"] != call.entity["id"]:
        raise not_found("Change")
    return found
