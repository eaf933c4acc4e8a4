"""Scenario folders (API reference, chapter 2.28)."""

from make_api_sandbox.http.body import identifier, members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_team, entity, query_team
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

FOLDER = Columns(("id", "name", "scenariosTotal"))
ONE_FOLDER = entity("folders", "folderId", "Scenario folder")
NAME_LENGTH = 100
WITH_TOTAL = (
    "SELECT f.id, f.name, (SELECT count(*) FROM scenarios s WHERE s.folder_id = f.id)"
    " AS scenariosTotal FROM folders f WHERE "
)


@route("GET", "/scenarios-folders", scope="scenarios:read", context=query_team)
def list_folders(call: Call) -> JsonObject:
    """The folders of a team by name."""
    sql = WITH_TOTAL + "f.team_id = ? ORDER BY f.name COLLATE NOCASE, f.id"
    return {"scenariosFolders": FOLDER.pick_all(call.world.rows(sql, call.team_id), call.cols)}


@route(
    "POST",
    "/scenarios-folders",
    scope="scenarios:write",
    context=body_team,
    body=members(name=name_text(NAME_LENGTH), teamId=identifier()),
)
def create_folder(call: Call) -> JsonObject:
    """Make an empty folder."""
    folder_id = call.world.insert("folders", team_id=call.team_id, name=call.body["name"])
    return {"scenarioFolder": FOLDER.pick(_folder(call.world, folder_id), call.cols)}


@route(
    "PATCH",
    "/scenarios-folders/{folderId}",
    scope="scenarios:write",
    context=ONE_FOLDER,
    body=members(name=name_text(NAME_LENGTH)),
)
def rename_folder(call: Call) -> JsonObject:
    """Rename a folder."""
    call.world.update("folders", call.entity["id"], name=call.body["name"])
    return {"scenarioFolder": FOLDER.pick(_folder(call.world, call.entity["id"]), call.cols)}


@route("DELETE", "/scenarios-folders/{folderId}", scope="scenarios:write", context=ONE_FOLDER)
def delete_folder(call: Call) -> JsonObject:
    """Remove a folder; its scenarios stay, outside any folder."""
    call.world.delete("folders", call.entity["id"])
    return {"scenarioFolder": call.entity["id"]}


def _folder(world: World, folder_id: int) -> JsonObject:
    return world.rows(f"{WITH_TOTAL}f.id = ?", folder_id)[0]
