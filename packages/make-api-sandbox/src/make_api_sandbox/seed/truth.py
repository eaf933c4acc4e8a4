"""What is hidden in the company: the answers that an analysis of it should find.

Moments and planted scenarios come from the note the seed left in the world; counts and ids are
computed from the tables, so they stay right after the world has changed.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import cast

from make_blueprint.references import references

from make_api_sandbox.clock import milliseconds, parse_stamp, stamp
from make_api_sandbox.engine.values import Json, items, members
from make_api_sandbox.scenarios.documents import all_modules
from make_api_sandbox.scenarios.saving import missing_connections
from make_api_sandbox.seed.default import SETTING
from make_api_sandbox.seed.incidents import (
    BROKEN,
    DEACTIVATED,
    EXPIRED,
    INCOMPLETE,
    OUTAGE_TYPE,
    REGRESSED,
)
from make_api_sandbox.seed.inventory import CONNECTIONS
from make_api_sandbox.shapes import Row
from make_api_sandbox.usages import agents_using, scenarios_by_use
from make_api_sandbox.world import World

NAMING = r"(SAL|SUP|FIN|MKT|OPS|STU)-\d{2} \S.*"
"""How the company names its scenarios."""

STALE_DAYS, ABSENT_DAYS = 60, 90
NEARLY_FULL = 0.9
SECRET_HEADER = "authorization"
AI_APPS = ("ai-tools", "ai-local-agent", "ai-agent", "openai-gpt-3", "anthropic-claude")
PERSONAL = frozenset({"email", "from", "name", "customer", "employee", "person", "text", "message"})
"""Fields that say who somebody is, or hold what they wrote."""

DAY_MS = 86_400_000

Truth = dict[str, Json]


def truth(world: World) -> Truth:
    """Tell what is hidden in a world that `seed.default` filled.

    Args:
        world: The world.

    Returns:
        One member per truth; ids are numbers, moments ISO 8601, `runs` and `errors` counts.

    Raises:
        LookupError: The world was filled by something else.
    """
    noted = members(world.setting(SETTING))
    if not noted:
        raise LookupError("this world was not filled by the default seed")
    ids = cast("dict[str, int]", noted["scenarios"])
    return {
        "scenarios": {**ids},
        "regression": _regression(world, ids[REGRESSED], str(noted["regression"])),
        "outage": _outage(world, [str(each) for each in items(noted["outage"])]),
        "expired_connection": _connection(world, EXPIRED, str(noted["expired"])),
        "broken_connection": _connection(world, BROKEN, str(noted["broken"])),
        "incomplete": _incomplete(world, ids[INCOMPLETE]),
        "deactivated": _deactivated(world, ids[DEACTIVATED]),
        "missing_connection": _missing(world),
        "broken_reference": {"scenario_id": ids["operations.copy"], "module_id": 2, "missing": 7},
        "stale": _stale(world),
        "only_check_runs": _only_check_runs(world),
        "naming": {"pattern": NAMING, "outliers": _outliers(world)},
        "secrets": _secrets(world),
        "personal_data": _personal(world),
        "orphan_hooks": _column(world, ORPHAN_HOOKS),
        "disabled_hooks": _column(world, "SELECT id FROM hooks WHERE enabled = 0 ORDER BY id"),
        "stuck_hooks": [{**row} for row in world.rows(STUCK_HOOKS)],
        "nearly_full_stores": [{**row} for row in world.rows(FULL_STORES, NEARLY_FULL)],
        "unused_connections": _unused(world),
        "absent_people": _absent(world),
        "credits": [{**row} for row in world.rows(CREDITS, DAY_MS)],
    }


CREDITS = (
    "SELECT team_id, date(timestamp_ms / 1000, 'unixepoch') AS date,"
    " sum(operations) AS operations, sum(centicredits) AS centicredits FROM executions"
    " WHERE operations > 0 GROUP BY team_id, timestamp_ms / ?1 ORDER BY team_id, date"
)
ORPHAN_HOOKS = (
    "SELECT id FROM hooks WHERE id NOT IN"
    " (SELECT hook_id FROM scenarios WHERE hook_id IS NOT NULL) ORDER BY id"
)
STUCK_HOOKS = (
    "SELECT h.id AS hook_id, s.id AS scenario_id, count(*) AS queue FROM hooks h"
    " JOIN hook_incomings i ON i.hook_id = h.id JOIN scenarios s ON s.hook_id = h.id"
    " WHERE s.is_active = 0 GROUP BY h.id ORDER BY h.id"
)
FULL_STORES = (
    "SELECT d.id AS data_store_id, sum(r.size) AS used_bytes, d.max_size AS max_bytes"
    " FROM data_stores d JOIN data_store_records r ON r.data_store_id = d.id"
    " GROUP BY d.id HAVING used_bytes > ? * d.max_size ORDER BY d.id"
)
ITS_RUNS = "SELECT 1 FROM executions e WHERE e.scenario_id = s.id AND e.kind = 'run'"
ACTIVE = f"SELECT s.id FROM scenarios s WHERE s.is_active = 1 AND EXISTS ({ITS_RUNS})"
RUNS = (
    "SELECT count(*) AS runs, coalesce(sum(status = 3), 0) AS errors FROM executions"
    " WHERE kind = 'run' AND is_check_run = 0 AND scenario_id = ? AND timestamp_ms"
)


def _column(world: World, sql: str, *values: object) -> list[Json]:
    return [next(iter(row.values())) for row in world.rows(sql, *values)]


def _regression(world: World, scenario: int, since: str) -> Truth:
    at = milliseconds(parse_stamp(since))
    before, after = (world.row(f"{RUNS} {side} ?", scenario, at) or {} for side in ("<", ">="))
    version = world.value(
        "SELECT version FROM scenario_versions WHERE scenario_id = ? AND created = ?",
        scenario,
        since,
    )
    return {
        "scenario_id": scenario,
        "version": version,
        "since": since,
        "before": {**before},
        "after": {**after},
    }


def _outage(world: World, bounds: Sequence[str]) -> Truth:
    """Failed runs of scenarios that use the service, while it was away."""
    failed = world.rows(
        "SELECT scenario_id, count(*) AS errors FROM executions WHERE kind = 'run'"
        " AND json_extract(error, '$.name') = 'ConnectionError'"
        " AND json_extract(error, '$.causeModule.appName') = ?"
        " AND scenario_id IN (SELECT id FROM scenarios)"
        " AND timestamp_ms >= ? AND timestamp_ms < ? GROUP BY scenario_id ORDER BY scenario_id",
        OUTAGE_TYPE,
        *(milliseconds(parse_stamp(each)) for each in bounds),
    )
    return {
        "connection_type": OUTAGE_TYPE,
        "from": bounds[0],
        "to": bounds[1],
        "connection_ids": _column(
            world, "SELECT id FROM connections WHERE type = ? ORDER BY id", OUTAGE_TYPE
        ),
        "scenario_ids": [row["scenario_id"] for row in failed],
        "errors": sum(row["errors"] for row in failed),
    }


def _connection(world: World, key: str, since: str) -> Truth:
    """A connection that stopped working, and the scenarios that need it."""
    name = next(plan.name for plan in CONNECTIONS if plan.key == key)
    row = world.row("SELECT * FROM connections WHERE name = ?", name) or {}
    used = scenarios_by_use(world, row["team_id"], "connection").get(row["id"], [])
    return {
        "connection_id": row["id"],
        "state": row["state"],
        "since": since,
        "scenario_ids": [one["id"] for one in used],
    }


def _incomplete(world: World, scenario: int) -> Truth:
    sql = "SELECT count(*) FROM dlqs WHERE scenario_id = ? AND resolved = 0 AND deleted = 0"
    return {"scenario_id": scenario, "unresolved": world.value(sql, scenario)}


def _deactivated(world: World, scenario: int) -> Truth:
    stopped = world.value(
        "SELECT max(timestamp) FROM executions WHERE scenario_id = ? AND kind = 'event'"
        " AND type = 'stop'",
        scenario,
    )
    row = world.get("scenarios", scenario) or {}
    return {"scenario_id": scenario, "at": stopped, "errors": row["consecutive_errors"]}


def _scenarios(world: World) -> list[Row]:
    return world.rows("SELECT id, name, team_id, blueprint FROM scenarios ORDER BY id")


def _missing(world: World) -> list[Json]:
    """Scenarios that name a connection their team does not have."""
    return [
        {"scenario_id": row["id"], "connection_id": ident}
        for row in _scenarios(world)
        for ident in missing_connections(world, row["team_id"], row["blueprint"])
    ]


def _stale(world: World) -> list[Json]:
    """Active scenarios that last ran long ago."""
    since = milliseconds(world.clock.now() - timedelta(days=STALE_DAYS))
    return _column(world, f"{ACTIVE} AND NOT EXISTS ({ITS_RUNS} AND timestamp_ms >= ?)", since)


def _only_check_runs(world: World) -> list[Json]:
    """Active scenarios that always succeed and never have anything to do."""
    return _column(world, f"{ACTIVE} AND NOT EXISTS ({ITS_RUNS} AND is_check_run = 0)")


def _personal(world: World) -> list[Json]:
    """AI modules that are given fields which name people or quote them."""
    return [
        {"scenario_id": row["id"], "module_id": at, "module": slug, "fields": fields}
        for row in _scenarios(world)
        for at, slug, fields in _personal_in(row["blueprint"])
    ]


def _personal_in(blueprint: dict[str, Json]) -> Iterator[tuple[int, str, list[Json]]]:
    """Id, name and fields read of each such module."""
    used = [use for use in references(blueprint) if use.field in PERSONAL]
    for module in all_modules(blueprint):
        slug = str(module["module"])
        read = {use.field for use in used if use.module_id == module["id"]}
        if read and slug.partition(":")[0] in AI_APPS:
            yield int(str(module["id"])), slug, [*sorted(read)]


def _outliers(world: World) -> list[Json]:
    return [row["id"] for row in _scenarios(world) if not re.fullmatch(NAMING, row["name"])]


def _secrets(world: World) -> list[Json]:
    """HTTP modules whose credentials stand in a header as plain text."""
    return [
        {"scenario_id": row["id"], "module_id": module["id"], "header": header["name"]}
        for row in _scenarios(world)
        for module in all_modules(row["blueprint"])
        for header in map(members, items(members(module.get("mapper")).get("headers")))
        if str(header.get("name")).lower() == SECRET_HEADER and "{{" not in str(header["value"])
    ]


def _unused(world: World) -> list[Json]:
    used = {
        ident
        for row in world.rows("SELECT id FROM teams")
        for ident in scenarios_by_use(world, row["id"], "connection")
    }
    every = _column(world, "SELECT id FROM connections ORDER BY id")
    return [ident for ident in every if ident not in used and not agents_using(world, ident)]


def _absent(world: World) -> list[Json]:
    since = stamp(world.clock.now() - timedelta(days=ABSENT_DAYS))
    return _column(world, "SELECT id FROM users WHERE last_login < ? ORDER BY id", since)
