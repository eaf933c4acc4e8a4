"""Which endpoint does what: the one table between routes and audited events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from make_api_sandbox.audit import things
from make_api_sandbox.audit.things import Thing
from make_api_sandbox.http.call import Call
from make_api_sandbox.shapes import Row

Change = tuple[Row | None, Row | None]
"""A row as it was and as it is; None for a thing that was not there, or is no more."""

Find = Callable[[], list[Change]]
Watch = Callable[[Call], Find]
"""Looks before the endpoint acts, and returns what finds the changes afterwards."""

Verb = str | Callable[[Change], str]


@dataclass(frozen=True)
class Deed:
    """What an endpoint does to which thing."""

    thing: Thing
    verb: Verb
    watch: Watch

    def event(self, change: Change) -> str:
        """The name of the event."""
        verb = self.verb if isinstance(self.verb, str) else self.verb(change)
        return self.thing.event(verb)


# Watching


def _made(thing: Thing) -> Watch:
    """What is there afterwards and was not before; works for several at once."""

    def watch(call: Call) -> Find:
        last = call.world.value(f"SELECT coalesce(max(id), 0) FROM {thing.table}")
        sql = f"SELECT * FROM {thing.table} WHERE id > ? ORDER BY id"
        return lambda: [(None, row) for row in call.world.rows(sql, last)]

    return watch


def _one(thing: Thing, member: str) -> Watch:
    """The thing that the path names."""

    def watch(call: Call) -> Find:
        ident = call.request.path_params.get(member, call.body.get("id"))
        return _rows(call, thing, [ident])

    return watch


def _listed(thing: Thing) -> Watch:
    """The things of a team that go; for calls that name several in the body."""

    def watch(call: Call) -> Find:
        rows = call.world.rows(f"SELECT id FROM {thing.table} WHERE team_id = ?", call.team_id)
        found = _rows(call, thing, [row["id"] for row in rows])
        return lambda: [(old, new) for old, new in found() if new is None]

    return watch


def _rows(call: Call, thing: Thing, ids: list[Any]) -> Find:
    before = [row for id in ids if id is not None and (row := call.world.get(thing.table, id))]
    return lambda: [(row, call.world.get(thing.table, row["id"])) for row in before]


def _any(thing: Thing) -> Watch:
    """Whatever comes, changes or goes, wherever it belongs."""

    def watch(call: Call) -> Find:
        def all_of_it() -> dict[Any, Row]:
            return {row["id"]: row for row in call.world.rows(f"SELECT * FROM {thing.table}")}

        before = all_of_it()
        return lambda: _differences(before, all_of_it())

    return watch


def _differences(before: Mapping[Any, Row], after: Mapping[Any, Row]) -> list[Change]:
    changes = [(before.get(place), after.get(place)) for place in {**before, **after}]
    return [(old, new) for old, new in changes if old != new]


def _variable(call: Call) -> Find:
    owner, id = ("team", call.team_id) if call.team_id else ("organization", call.organization_id)
    name = call.request.path_params.get("variableName", call.body.get("name"))
    sql = "SELECT * FROM variables WHERE owner = ? AND owner_id = ? AND name = ?"
    before = call.world.row(sql, owner, id, name)
    return lambda: [(before, call.world.row(sql, owner, id, name))]


def _context_organization(call: Call) -> Find:
    return _rows(call, things.ORGANIZATION, [call.organization_id])


def _team_seats(call: Call) -> Find:
    sql = "SELECT * FROM user_team_roles WHERE team_id = ?"
    return _seats(lambda: call.world.rows(sql, call.team_id), "team_id")


def _organization_seats(call: Call) -> Find:
    sql = "SELECT * FROM user_organization_roles WHERE organization_id = ?"
    return _seats(lambda: call.world.rows(sql, call.organization_id), "organization_id")


def _own_seats(call: Call) -> Find:
    sql = "SELECT * FROM user_organization_roles WHERE user_id = ?"
    return _seats(lambda: call.world.rows(sql, call.user_id), "organization_id")


def _seats(read: Callable[[], list[Row]], owner: str) -> Find:
    """Every place that is taken, given up or changed."""

    def places() -> dict[tuple[int, int], Row]:
        return {(row["user_id"], row[owner]): row for row in read()}

    before = places()
    return lambda: _differences(before, places())


# Verbs


def _team_verb(change: Change) -> str:
    old, new = change
    return "added" if old is None else "removed" if new is None else "role_changed"


def _organization_verb(change: Change) -> str:
    old, new = change
    return "invited" if old is None else "removed" if new is None else "role_changed"


def _usual_verb(change: Change) -> str:
    old, new = change
    return "created" if old is None else "deleted" if new is None else "updated"


# The table

Route = tuple[str, str]


def _usual(thing: Thing, path: str, member: str) -> dict[Route, Deed]:
    """POST makes, PATCH changes, DELETE removes."""
    one = f"{path}/{{{member}}}"
    return {
        ("POST", path): Deed(thing, "created", _made(thing)),
        ("PATCH", one): Deed(thing, "updated", _one(thing, member)),
        ("DELETE", one): Deed(thing, "deleted", _one(thing, member)),
    }


def _on(thing: Thing, member: str, **paths: str) -> dict[Route, Deed]:
    """Further endpoints of one thing: verb = `METHOD path`."""
    found: dict[Route, Deed] = {}
    for verb, listed in paths.items():
        for line in listed.split(", "):
            method, _, path = line.partition(" ")
            found[method, path] = Deed(thing, verb, _one(thing, member))
    return found


def _variables(thing: Thing, path: str) -> dict[Route, Deed]:
    one = f"{path}/{{variableName}}"
    return {
        ("POST", path): Deed(thing, "created", _variable),
        ("PATCH", one): Deed(thing, "edited", _variable),
        ("DELETE", one): Deed(thing, "deleted", _variable),
    }


_SINGLE: Mapping[Route, Deed] = {
    **_usual(things.WEBHOOK, "/hooks", "hookId"),
    **_on(
        things.WEBHOOK,
        "hookId",
        updated="POST /hooks/{hookId}/set-data",
        enabled="POST /hooks/{hookId}/enable",
        disabled="POST /hooks/{hookId}/disable",
    ),
    **_usual(things.CONNECTION, "/connections", "connectionId"),
    **_on(things.CONNECTION, "connectionId", updated="POST /connections/{connectionId}/set-data"),
    **_usual(things.KEY, "/keys", "keyId"),
    **_usual(things.SCENARIO, "/scenarios", "scenarioId"),
    ("POST", "/scenarios/{scenarioId}/clone"): Deed(
        things.SCENARIO, "created", _made(things.SCENARIO)
    ),
    ("POST", "/scenarios/tools"): Deed(things.SCENARIO, "created", _made(things.SCENARIO)),
    **_on(
        things.SCENARIO,
        "scenarioId",
        updated="PATCH /scenarios/tools/{scenarioId}, PATCH /scenarios/{scenarioId}/interface",
        activated="POST /scenarios/{scenarioId}/start",
        deactivated="POST /scenarios/{scenarioId}/stop",
    ),
    **_usual(things.DATA_STORE, "/data-stores", "dataStoreId"),
    ("DELETE", "/data-stores"): Deed(things.DATA_STORE, "deleted", _listed(things.DATA_STORE)),
    **_usual(things.DATA_STRUCTURE, "/data-structures", "dataStructureId"),
    ("POST", "/data-structures/{dataStructureId}/clone"): Deed(
        things.DATA_STRUCTURE, "created", _made(things.DATA_STRUCTURE)
    ),
    **_usual(things.CUSTOM_FUNCTION, "/functions", "functionId"),
    **_usual(things.TEAM, "/teams", "teamId"),
    **_variables(things.TEAM_VARIABLE, "/teams/{teamId}/variables"),
    **_variables(things.ORGANIZATION_VARIABLE, "/organizations/{organizationId}/variables"),
    ("PATCH", "/organizations/{organizationId}"): Deed(
        things.ORGANIZATION, "updated", _context_organization
    ),
    ("PATCH", "/organizations/{organizationId}/tfa-enforcement"): Deed(
        things.ORGANIZATION, "updated", _context_organization
    ),
    **_usual(things.CUSTOM_ROLE, "/users/custom-roles", "roleId"),
    **_on(
        things.CUSTOM_ROLE,
        "roleId",
        updated="PATCH /users/custom-roles",
        deleted="DELETE /users/custom-roles",
    ),
    ("POST", "/users/{userId}/user-team-roles/{teamId}"): Deed(
        things.TEAM_USER, _team_verb, _team_seats
    ),
    ("POST", "/organizations/accept-invitation"): Deed(
        things.ORGANIZATION_USER, "joined", _own_seats
    ),
    **{
        ("POST", path): Deed(things.ORGANIZATION_USER, _organization_verb, _organization_seats)
        for path in (
            "/organizations/{organizationId}/invite",
            "/organizations/{organizationId}/user-organization-roles/transfer",
            "/users/{userId}/user-organization-roles/{organizationId}",
            "/users/{userId}/user-organization-roles/{organizationId}/transfer",
        )
    },
}
"""Endpoints that do one thing."""

_CREDENTIALS = tuple(
    Deed(thing, _usual_verb, _any(thing)) for thing in (things.CONNECTION, things.KEY)
)
_TAKEN_OUT = "/users/{userId}/user-organization-roles/{organizationId}"

DEEDS: Mapping[Route, tuple[Deed, ...]] = {
    **{route: (deed,) for route, deed in _SINGLE.items()},
    ("POST", _TAKEN_OUT): (_SINGLE["POST", _TAKEN_OUT], _CREDENTIALS[0]),
    ("DELETE", "/users"): (_CREDENTIALS[0],),
    ("POST", "/credence/{teamId}/{requestId}"): _CREDENTIALS,
    ("DELETE", "/credential-requests/requests/{requestId}"): _CREDENTIALS,
    ("POST", "/credential-requests/credentials/{credentialId}/delete-remote"): _CREDENTIALS,
}
"""Endpoint → what it does. An endpoint that is not here writes nothing into the audit log: no
source names events for what else there is (folders, templates, custom apps, agents, devices,
custom properties), nor an actor for what Make does by itself."""
