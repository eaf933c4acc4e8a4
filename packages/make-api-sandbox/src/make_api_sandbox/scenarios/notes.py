"""Notes on the canvas of a scenario (Make API reference, chapter 2.27)."""

from make_api_sandbox.http.body import boolean, identifier, list_of, mapping, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO
from make_api_sandbox.scenarios.presentation import users_by_id
from make_api_sandbox.shapes import JsonObject

NOTE = members(
    moduleIds=list_of(identifier()),
    metadata=mapping().optional(),
    content=text(),
    isFilterNote=boolean().optional(),
)
CHANGE = members(
    moduleIds=list_of(identifier()).optional(),
    metadata=mapping().optional(),
    content=text().optional(),
    isFilterNote=boolean().optional(),
)


@route("GET", "/scenarios/{scenarioId}/notes", scope="scenarios:read", context=ONE_SCENARIO)
def list_notes(call: Call) -> JsonObject:
    """Notes, the newest first."""
    return {"notes": [_shown(call, note) for note in reversed(_notes(call))]}


@route(
    "POST",
    "/scenarios/{scenarioId}/notes",
    scope="scenarios:write",
    context=ONE_SCENARIO,
    body=NOTE,
)
def create_note(call: Call) -> JsonObject:
    """Add a note."""
    number = (call.world.setting("notes") or 0) + 1
    call.world.set_setting("notes", number)
    note: JsonObject = {
        "id": number,
        "moduleIds": call.body["moduleIds"],
        "metadata": call.body.get("metadata", {}),
        "content": call.body["content"],
        "created": call.clock.stamp(),
        "updated": None,
        "isFilterNote": call.body.get("isFilterNote", False),
        "author": call.user_id,
        "editor": None,
    }
    _keep(call, [*_notes(call), note])
    return {"note": _shown(call, note)}


@route(
    "GET", "/scenarios/{scenarioId}/notes/{noteId}", scope="scenarios:read", context=ONE_SCENARIO
)
def get_note(call: Call) -> JsonObject:
    """One note."""
    return {"note": _shown(call, _note(call))}


@route(
    "PATCH",
    "/scenarios/{scenarioId}/notes/{noteId}",
    scope="scenarios:write",
    context=ONE_SCENARIO,
    body=CHANGE,
)
def change_note(call: Call) -> JsonObject:
    """Change a note."""
    old = _note(call)
    new = {**old, **call.body, "updated": call.clock.stamp(), "editor": call.user_id}
    _keep(call, [new if note["id"] == old["id"] else note for note in _notes(call)])
    return {"note": _shown(call, new)}


@route(
    "DELETE",
    "/scenarios/{scenarioId}/notes/{noteId}",
    scope="scenarios:write",
    context=ONE_SCENARIO,
)
def delete_note(call: Call) -> JsonObject:
    """Remove a note."""
    old = _note(call)
    _keep(call, [note for note in _notes(call) if note["id"] != old["id"]])
    return {"id": old["id"]}


def _notes(call: Call) -> list[JsonObject]:
    extra: JsonObject = call.entity["extra"]
    return extra.get("notes", [])


def _note(call: Call) -> JsonObject:
    ident = call.path_id("noteId")
    found = next((note for note in _notes(call) if note["id"] == ident), None)
    if found is None:
        raise not_found("Note")
    return found


def _keep(call: Call, notes: list[JsonObject]) -> None:
    extra = {**call.entity["extra"], "notes": notes}
    call.world.update("scenarios", call.entity["id"], extra=extra)


def _shown(call: Call, note: JsonObject) -> JsonObject:
    users = users_by_id(call.world)
    shown = {name: each for name, each in note.items() if name not in ("author", "editor")}
    return {
        **shown,
        "scenarioId": call.entity["id"],
        "createdByUser": users.get(note["author"], {}),
        "updatedByUser": users.get(note["editor"] or 0, {}),
    }
