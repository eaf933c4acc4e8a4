"""A scenario as the API shows it (Make API reference, chapter 2.27)."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from make_api_sandbox.custom_properties import are_in_use, properties_of
from make_api_sandbox.device_uses import devices_of
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.scenarios.documents import module_names
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

BEFORE_COUNTERS = (
    "id",
    "name",
    "teamId",
    "hookId",
    "devices",
    "deviceId",
    "deviceScope",
    "concept",
    "description",
    "folderId",
    "slots",
    "isinvalid",
    "islinked",
    "islocked",
    "isPaused",
    "usedPackages",
    "lastEdit",
    "scheduling",
    "iswaiting",
    "dlqCount",
    "allDlqCount",
    "createdByUser",
    "updatedByUser",
    "nextExec",
    "created",
    "chainingRole",
    "type",
    "isShared",
)
COUNTERS = ("operations", "centicredits", "transfer", "usedModules")
VERSIONS = ("scenarioVersion", "moduleSequenceId")

ONE = Columns((*BEFORE_COUNTERS, "isActive"), (*VERSIONS, *COUNTERS, "customProperties"))
LISTED = Columns((*BEFORE_COUNTERS, *COUNTERS, "isActive"), (*VERSIONS, "customProperties"))

SHOWN_SCHEDULING = ("type", "interval")


def present(world: World, scenario_id: int, cols: Sequence[str] = ()) -> JsonObject:
    """One scenario with the asked columns."""
    rows = world.rows("SELECT * FROM scenarios WHERE id = ?", scenario_id)
    asked = ONE.asked(cols)
    return _picked(_complete(world, rows, asked)[0], asked)


def present_all(world: World, rows: Sequence[Row], cols: Sequence[str]) -> list[JsonObject]:
    """Scenarios of a list with the asked columns; custom properties where they are in use."""
    asked = LISTED.asked(cols)
    if not cols and are_in_use(world, [*{row["team_id"] for row in rows}]):
        asked = (*asked, "customProperties")
    return [_picked(item, asked) for item in _complete(world, rows, asked)]


def _picked(item: JsonObject, asked: Iterable[str]) -> JsonObject:
    return {name: item[name] for name in asked if name in item}


def _complete(world: World, rows: Sequence[Row], asked: Sequence[str]) -> list[JsonObject]:
    """The asked members of some scenarios; what takes a query of its own only when asked for."""
    ids = [row["id"] for row in rows]
    wanted = set(asked)
    users = users_by_id(world) if wanted & {"createdByUser", "updatedByUser"} else {}
    dlqs = _dlq_counts(world, ids) if wanted & {"dlqCount", "allDlqCount"} else {}
    used = _used(world, rows) if wanted & set(COUNTERS) else {}
    running = _running(world, ids) if "islocked" in wanted else set[int]()
    devices = devices_of(world, ids) if "devices" in wanted else {}
    properties = properties_of(world, ids) if "customProperties" in wanted else {}
    others: dict[str, Callable[[Row], Any]] = {
        "createdByUser": lambda row: users.get(row["created_by"]),
        "updatedByUser": lambda row: users.get(row["updated_by"]),
        "islocked": lambda row: row["is_locked"] or row["id"] in running,
        "dlqCount": lambda row: dlqs.get(row["id"], (0, 0))[0],
        "allDlqCount": lambda row: dlqs.get(row["id"], (0, 0))[1],
        "devices": lambda row: devices.get(row["id"], []),
        "customProperties": lambda row: properties.get(row["id"], {}),
        "usedModules": lambda row: used_modules(row["blueprint"]),
    }
    every = MEMBERS | others
    chosen = [(name, every[name]) for name in asked if name in every]
    return [
        {name: member(row) for name, member in chosen} | used.get(row["id"], {}) for row in rows
    ]


PLAIN = {
    "id": "id",
    "name": "name",
    "teamId": "team_id",
    "hookId": "hook_id",
    "concept": "concept",
    "description": "description",
    "folderId": "folder_id",
    "isinvalid": "is_invalid",
    "islinked": "is_active",
    "isPaused": "is_paused",
    "usedPackages": "used_packages",
    "lastEdit": "last_edit",
    "iswaiting": "is_waiting",
    "nextExec": "next_exec",
    "created": "created",
    "type": "type",
    "isActive": "is_active",
    "scenarioVersion": "version",
    "moduleSequenceId": "module_sequence",
}
"""Members that are a column of the scenario's row."""

MEMBERS: dict[str, Callable[[Row], Any]] = {
    **{name: itemgetter(column) for name, column in PLAIN.items()},
    "deviceId": lambda row: None,
    "deviceScope": lambda row: None,
    "slots": lambda row: None,
    "scheduling": lambda row: shown_scheduling(row["scheduling"]),
    "chainingRole": lambda row: row["extra"].get("chainingRole", "none"),
    "isShared": lambda row: row["extra"].get("isShared", False),
}
"""Members that follow from the scenario's own row."""


def shown_scheduling(scheduling: JsonObject) -> JsonObject:
    """Kind and interval; the whole object is shown only with the blueprint."""
    return {name: scheduling[name] for name in SHOWN_SCHEDULING if name in scheduling}


def users_by_id(world: World) -> dict[int, JsonObject]:
    """Every user as `{id, name, email}`."""
    return {row["id"]: row for row in world.rows("SELECT id, name, email FROM users")}


def used_modules(blueprint: JsonObject) -> list[JsonObject]:
    """Distinct modules of a blueprint, in order of first use."""
    split = (slug.partition(":") for slug in dict.fromkeys(module_names(blueprint)))
    return [{"moduleName": name, "packageName": app} for app, _, name in split]


def marks(ids: Sequence[object]) -> str:
    """Placeholders of an SQL `IN` for some values."""
    return ", ".join("?" * len(ids))


def _dlq_counts(world: World, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Scenario id → unresolved and all incomplete executions."""
    rows = world.rows(
        "SELECT scenario_id, sum(resolved = 0) AS open, count(*) AS total FROM dlqs"
        f" WHERE deleted = 0 AND scenario_id IN ({marks(ids)}) GROUP BY scenario_id",
        *ids,
    )
    return {row["scenario_id"]: (row["open"], row["total"]) for row in rows}


def _running(world: World, ids: Sequence[int]) -> set[int]:
    rows = world.rows(
        "SELECT DISTINCT scenario_id FROM executions WHERE state = 'RUNNING'"
        f" AND scenario_id IN ({marks(ids)})",
        *ids,
    )
    return {row["scenario_id"] for row in rows}


def _used(world: World, rows: Sequence[Row]) -> dict[int, JsonObject]:
    """Scenario id → what it used in the current period of its organization."""
    ids = [row["id"] for row in rows]
    found = world.rows(
        "SELECT e.scenario_id, coalesce(sum(e.operations), 0) AS operations,"
        " coalesce(sum(e.centicredits), 0) AS centicredits,"
        " coalesce(sum(e.transfer), 0) AS transfer FROM executions e"
        " JOIN organizations o ON o.id = e.organization_id AND e.timestamp >= o.last_reset"
        f" WHERE e.scenario_id IN ({marks(ids)}) GROUP BY e.scenario_id",
        *ids,
    )
    nothing: JsonObject = {"operations": 0, "centicredits": 0, "transfer": 0}
    used = {row.pop("scenario_id"): row for row in found}
    return {ident: used.get(ident, dict(nothing)) for ident in ids}
