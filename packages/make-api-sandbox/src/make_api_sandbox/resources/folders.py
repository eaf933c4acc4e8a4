"""Scenario folders (API reference, chapter 2.28).

The documentation knows flat folders. The official client also nests them: a list holds the folders
of one level, each with its `children` one level down, or with all of them for `childrenDepth=all`.
Not documented is what becomes of nested folders when the one above is removed; here they go along,
and the scenarios of all of them stay outside any folder, as those of a single folder do. The client
has no call that sets a `position`, so it is null.
"""

from collections.abc import Mapping, Sequence

from make_api_sandbox.http.body import identifier, members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_team, entity, query_team
from make_api_sandbox.http.errors import invalid_parameters, not_found, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

NAME_LENGTH = 100
FOLDER = Columns(
    (
        "id",
        "name",
        "path",
        "parentId",
        "position",
        "scenariosTotal",
        "scenariosSubtreeTotal",
        "hasChildren",
        "children",
    )
)
ONE_FOLDER = entity("folders", "folderId", "Scenario folder")
PARENT = identifier().optional().or_null()


@route("GET", "/scenarios-folders", scope="scenarios:read", context=query_team)
def list_folders(call: Call) -> JsonObject:
    """The folders at the top of a team, or those under `parentId`, by name."""
    parent_id, depth = call.query_id("parentId"), call.query("childrenDepth")
    if depth not in (None, "all"):
        raise invalid_parameters([("childrenDepth", "'childrenDepth' should be one of: all.")])
    tree = Tree(call.world, call.team_id or 0)
    if parent_id is not None and parent_id not in tree.rows:
        raise not_found("Scenario folder")
    names = FOLDER.asked(call.cols)
    levels = len(tree.rows) if depth else 1
    shown = [tree.present(row, names, levels) for row in tree.below(parent_id)]
    return {"scenariosFolders": shown}


@route(
    "POST",
    "/scenarios-folders",
    scope="scenarios:write",
    context=body_team,
    body=members(name=name_text(NAME_LENGTH), teamId=identifier(), parentId=PARENT),
)
def create_folder(call: Call) -> JsonObject:
    """Make an empty folder, at the top or in another folder of the team."""
    parent_id = _parent(call)
    name = call.body["name"]
    id = call.world.insert("folders", team_id=call.team_id, name=name, parent_id=parent_id)
    return {"scenarioFolder": _one(call, id)}


@route(
    "PATCH",
    "/scenarios-folders/{folderId}",
    scope="scenarios:write",
    context=ONE_FOLDER,
    body=members(name=name_text(NAME_LENGTH).optional(), parentId=PARENT),
)
def change_folder(call: Call) -> JsonObject:
    """Rename a folder or move it; null for `parentId` moves it to the top.

    Raises:
        ApiError: 400 when it would come to lie in itself.
    """
    changes = {"name": call.body["name"]} if "name" in call.body else {}
    if "parentId" in call.body:
        changes["parent_id"] = parent_id = _parent(call)
        tree = Tree(call.world, call.team_id or 0)
        if parent_id is not None and call.entity["id"] in tree.way_to(parent_id):
            raise refused("A folder cannot be moved into itself.")
    call.world.update("folders", call.entity["id"], **changes)
    return {"scenarioFolder": _one(call, call.entity["id"])}


@route("DELETE", "/scenarios-folders/{folderId}", scope="scenarios:write", context=ONE_FOLDER)
def delete_folder(call: Call) -> JsonObject:
    """Remove a folder with those in it; their scenarios stay, outside any folder."""
    call.world.delete("folders", call.entity["id"])
    return {"scenarioFolder": call.entity["id"]}


def _parent(call: Call) -> int | None:
    parent_id: int | None = call.body.get("parentId")
    row = call.world.get("folders", parent_id or 0)
    if parent_id is not None and (row is None or row["team_id"] != call.team_id):
        raise not_found("Scenario folder")
    return parent_id


def _one(call: Call, folder_id: int) -> JsonObject:
    tree = Tree(call.world, call.team_id or 0)
    names = [name for name in FOLDER.asked(call.cols) if name != "children"]
    return tree.present(tree.rows[folder_id], names, 0)


class Tree:
    """The folders of a team, with how many scenarios are in each.

    Args:
        world: Where.
        team_id: Whose.
    """

    rows: Mapping[int, Row]
    """By id, in order of name."""

    def __init__(self, world: World, team_id: int) -> None:
        found = world.rows(
            "SELECT f.*, (SELECT count(*) FROM scenarios s WHERE s.folder_id = f.id) AS total"
            " FROM folders f WHERE f.team_id = ? ORDER BY f.name COLLATE NOCASE, f.id",
            team_id,
        )
        self.rows = {row["id"]: row for row in found}
        self._below: dict[int | None, list[Row]] = {}
        for row in found:
            self._below.setdefault(row["parent_id"], []).append(row)

    def below(self, folder_id: int | None) -> Sequence[Row]:
        """The folders directly in one; those at the top for None."""
        return self._below.get(folder_id, [])

    def way_to(self, folder_id: int) -> list[int]:
        """The ids from a folder up to the top, its own first."""
        way: list[int] = []
        at: int | None = folder_id
        while at is not None:
            way.append(at)
            at = self.rows[at]["parent_id"]
        return way

    def present(self, row: Row, names: Sequence[str], levels: int) -> JsonObject:
        """A folder as the API shows it.

        Args:
            row: Which.
            names: The members to show, of the folders in it as well.
            levels: How many levels of `children` to show.
        """
        way = reversed(self.way_to(row["id"]))
        children = self.below(row["id"])
        shown: JsonObject = {
            "id": row["id"],
            "name": row["name"],
            "path": "/".join(self.rows[id]["name"] for id in way),
            "parentId": row["parent_id"],
            "position": None,
            "scenariosTotal": row["total"],
            "scenariosSubtreeTotal": self._total(row),
            "hasChildren": bool(children),
        }
        if children and levels:
            shown["children"] = [self.present(one, names, levels - 1) for one in children]
        return {name: shown[name] for name in names if name in shown}

    def _total(self, row: Row) -> int:
        return row["total"] + sum(self._total(one) for one in self.below(row["id"]))
