"""Unsaved work of the editor, kept for whoever did it (Make API reference, chapter 2.27).

Scenario 0 is one that was never saved. Whose work it is, is not documented; the sandbox keeps one
for every person, team and scenario.
"""

from make_api_sandbox.http.body import mapping, members
from make_api_sandbox.http.call import Call, whole_number
from make_api_sandbox.http.context import query_team
from make_api_sandbox.http.errors import not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject, Row

PATH = "/scenarios/{scenarioId}/recovery"
OF_ONE = " WHERE team_id = ? AND user_id = ? AND ifnull(scenario_id, 0) = ?"


def _in_team(call: Call) -> None:
    query_team(call)
    text = call.path("scenarioId")
    number = 0 if text == "0" else whole_number("scenarioId", text)
    row: Row | None = {"id": 0, "team_id": call.team_id}
    if number:
        row = call.world.get("scenarios", number)
    if row is None or row["team_id"] != call.team_id:
        raise not_found("Scenario")
    call.entity = row


@route("GET", PATH, scope="scenarios:read", context=_in_team)
def get_recovery(call: Call) -> JsonObject:
    """What was not saved, if anything."""
    row = call.world.row("SELECT * FROM recoveries" + OF_ONE, *_key(call))
    if row is None:
        return {"status": "not-found"}
    return {"blueprint": row["blueprint"], "createdAt": row["created"]}


@route(
    "PUT",
    PATH,
    scope="scenarios:write",
    context=_in_team,
    permission="scenario edit",
    body=members(blueprint=mapping()),
)
def put_recovery(call: Call) -> JsonObject:
    """Keep unsaved work, in place of what was kept before."""
    call.world.execute("DELETE FROM recoveries" + OF_ONE, *_key(call))
    call.world.insert(
        "recoveries",
        team_id=call.team_id,
        user_id=call.user_id,
        scenario_id=call.entity["id"] or None,
        created=call.clock.stamp(),
        blueprint=call.body["blueprint"],
    )
    return {}


@route("DELETE", PATH, scope="scenarios:write", context=_in_team, permission="scenario edit")
def delete_recovery(call: Call) -> JsonObject:
    """Forget unsaved work."""
    call.world.execute("DELETE FROM recoveries" + OF_ONE, *_key(call))
    return {"scenarioId": call.entity["id"]}


def _key(call: Call) -> tuple[int | None, int, int]:
    return call.team_id, call.user_id, call.entity["id"]
