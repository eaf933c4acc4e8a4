"""What the audit log watches, and which events each thing has.

Documented are the event names of webhooks, `key_created`, `connection_created`, the shape
`<thing>_<what happened>`, and the details of a webhook. The other names follow that shape, except
that variables are `…_edited`, as their documented history calls it; details of the other things
follow the webhook's, with `old` and `new` as in the history of variables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

Describe = Callable[[World, Row | None, Row | None], JsonObject]
"""The details of a change, from the row as it was and as it is."""


@dataclass(frozen=True)
class Thing:
    """One kind of thing.

    Args:
        word: Its name in event names.
        header: The heading of its events.
        table: Where its rows are.
        verbs: What can happen to it.
        told: Detail members and the columns they show.
        compared: Members of `old` and `new` and the columns they show; never a secret.
        of_team: False for what belongs to the organization alone.
        id: The column that is the target's id.
    """

    word: str
    header: str
    table: str
    verbs: tuple[str, ...]
    told: Mapping[str, str]
    compared: Mapping[str, str] = field(default_factory=dict[str, str])
    of_team: bool = True
    id: str = "id"

    def event(self, verb: str) -> str:
        """The name of an event, such as `webhook_created`."""
        return f"{self.word}_{verb}"

    def items(self) -> list[JsonObject]:
        """Its events with their labels, for filters."""
        names = [self.event(verb) for verb in self.verbs]
        return [{"label": name.replace("_", " ").capitalize(), "value": name} for name in names]

    def describe(self, world: World, old: Row | None, new: Row | None) -> JsonObject:
        """The details of a change: what the thing is and, after an edit, what differs."""
        row = new or old or {}
        told = {name: row[column] for name, column in self.told.items()}
        if old is None or new is None:
            return told
        moved = {n: c for n, c in self.compared.items() if old[c] != new[c]}
        if not moved:
            return told
        return {**told, "old": _members(old, moved), "new": _members(new, moved)}


def _members(row: Row, columns: Mapping[str, str]) -> dict[str, Any]:
    return {name: row[column] for name, column in columns.items()}


@dataclass(frozen=True)
class Membership(Thing):
    """A person's place in a team or organization; the person is the target."""

    def describe(self, world: World, old: Row | None, new: Row | None) -> JsonObject:
        """Who it is and in which role; after a change both roles."""
        row = new or old or {}
        person = world.get("users", row["user_id"]) or {"name": None, "email": None}
        told = {"userName": person["name"], "userEmail": person["email"]}
        was, now = (_role_name(world, each) for each in (old, new))
        if old is None or new is None or was == now:
            return {**told, "role": now or was}
        return {**told, "old": {"role": was}, "new": {"role": now}}


def _role_name(world: World, row: Row | None) -> str | None:
    return world.value("SELECT name FROM roles WHERE id = ?", row["role_id"]) if row else None


MADE = ("created", "updated", "deleted")
NAME = {"name": "name"}
VARIABLE = {"value": "value", "typeId": "type_id"}

WEBHOOK = Thing(
    "webhook",
    "Webhooks",
    "hooks",
    ("created", "updated", "enabled", "disabled", "deleted"),
    {"webhookName": "name", "webhookType": "type_name"},
    {**NAME, "data": "data"},
)
CONNECTION = Thing(
    "connection",
    "Connections",
    "connections",
    MADE,
    {"connectionName": "name", "connectionType": "type"},
    {**NAME, "scopes": "scopes", "state": "state"},
)
KEY = Thing("key", "Keys", "keys", MADE, {"keyName": "name", "keyType": "type_name"}, NAME)
SCENARIO = Thing(
    "scenario",
    "Scenarios",
    "scenarios",
    ("created", "updated", "activated", "deactivated", "deleted"),
    {"scenarioName": "name"},
    {
        **NAME,
        "description": "description",
        "folderId": "folder_id",
        "scheduling": "scheduling",
        "interface": "interface",
        "version": "version",
        "isActive": "is_active",
    },
)
DATA_STORE = Thing(
    "data_store",
    "Data stores",
    "data_stores",
    MADE,
    {"dataStoreName": "name"},
    {**NAME, "maxSize": "max_size", "dataStructureId": "data_structure_id"},
)
DATA_STRUCTURE = Thing(
    "data_structure",
    "Data structures",
    "data_structures",
    MADE,
    {"dataStructureName": "name"},
    {**NAME, "strict": "strict", "spec": "spec"},
)
CUSTOM_FUNCTION = Thing(
    "custom_function",
    "Custom functions",
    "custom_functions",
    MADE,
    {"customFunctionName": "name"},
    {"description": "description", "code": "code"},
)
TEAM_VARIABLE = Thing(
    "team_variable",
    "Team variables",
    "variables",
    ("created", "edited", "deleted"),
    {"variableName": "name"},
    VARIABLE,
)
TEAM = Thing(
    "team",
    "Teams",
    "teams",
    MADE,
    {"teamName": "name"},
    {**NAME, "operationsLimit": "operations_limit"},
)
TEAM_USER = Membership(
    "team_user",
    "Team users",
    "user_team_roles",
    ("added", "role_changed", "removed"),
    {},
    id="user_id",
)
ORGANIZATION_USER = Membership(
    "organization_user",
    "Organization users",
    "user_organization_roles",
    ("invited", "joined", "role_changed", "removed"),
    {},
    of_team=False,
    id="user_id",
)
CUSTOM_ROLE = Thing(
    "custom_role",
    "Custom roles",
    "roles",
    MADE,
    {"roleName": "name", "roleCategory": "category"},
    {**NAME, "description": "description", "permissions": "permissions"},
    of_team=False,
)
ORGANIZATION = Thing(
    "organization",
    "Organization",
    "organizations",
    ("updated",),
    {"organizationName": "name"},
    {
        **NAME,
        "timezoneId": "timezone_id",
        "countryId": "country_id",
        "tfaEnforced": "tfa_enforced",
    },
    of_team=False,
)
ORGANIZATION_VARIABLE = Thing(
    "organization_variable",
    "Organization variables",
    "variables",
    ("created", "edited", "deleted"),
    {"variableName": "name"},
    VARIABLE,
    of_team=False,
)

THINGS: tuple[Thing, ...] = (
    WEBHOOK,
    CONNECTION,
    KEY,
    SCENARIO,
    DATA_STORE,
    DATA_STRUCTURE,
    CUSTOM_FUNCTION,
    TEAM,
    TEAM_USER,
    TEAM_VARIABLE,
    ORGANIZATION,
    ORGANIZATION_USER,
    ORGANIZATION_VARIABLE,
    CUSTOM_ROLE,
)
"""Everything watched, in the order of the filters."""


def events(*, of_team: bool) -> list[JsonObject]:
    """The events to filter by, under the heading of their thing.

    Args:
        of_team: True to leave out what belongs to the organization alone.
    """
    shown = [thing for thing in THINGS if thing.of_team or not of_team]
    return [{"header": thing.header, "items": thing.items()} for thing in shown]
