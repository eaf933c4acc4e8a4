"""What a plan grants in a period, and the pause of an organization that has used it up.

The run that finds nothing left fails; then the organization and its scenarios are paused, and what
arrives at hooks waits in their queues. The pause ends when a new period begins or when the licence
grants more. Source: Make API reference, chapter 1.18, and the execution semantics of
`OperationsLimitExceededError` and `DataSizeLimitExceededError`.
"""

from calendar import monthrange
from datetime import datetime

from make_api_sandbox.clock import parse_stamp, stamp
from make_api_sandbox.scenarios.state import plan_next
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usage import consumed, period_start_ms
from make_api_sandbox.world import World

USED_UP = frozenset({"OperationsLimitExceededError", "DataSizeLimitExceededError"})
LIMITED = ("operations", "transfer")
MARK = "usedUp"
"""Member of an organization's `extra` while its plan is the reason of its pause."""

OF_ORGANIZATION = " WHERE team_id IN (SELECT id FROM teams WHERE organization_id = ?)"
PAUSED = (
    "SELECT s.is_paused OR t.is_paused OR o.is_paused FROM scenarios s JOIN teams t"
    " ON t.id = s.team_id JOIN organizations o ON o.id = t.organization_id WHERE s.id = ?"
)


def is_paused(world: World, scenario_id: int) -> bool:
    """Tell whether a scenario, its team or its organization is paused."""
    return bool(world.value(PAUSED, scenario_id))


def left_of(organization: Row, used: Row) -> dict[str, int | None]:
    """Operations and bytes of transfer that an organization may still use; None: any number.

    Args:
        organization: Its row.
        used: What it used in the period.
    """
    licence: JsonObject = organization["license"]
    left: dict[str, int | None] = dict.fromkeys(LIMITED)
    for name in LIMITED:
        if licence.get(name) is not None:
            granted = licence[name] * (licence.get("allowOverage") or 100) // 100
            left[name] = max(0, granted - used[name])
    return left


def pause(world: World, organization_id: int) -> None:
    """Pause an organization that used up its plan, with its scenarios."""
    row = world.get("organizations", organization_id)
    if row is None or row["is_paused"]:
        return
    world.update(
        "organizations", organization_id, is_paused=True, extra={**row["extra"], MARK: True}
    )
    world.execute("UPDATE scenarios SET is_paused = 1" + OF_ORGANIZATION, organization_id)


def resume(world: World, at: datetime) -> list[int]:
    """End the pauses for which there is no more reason; returns the scenarios that go on.

    Args:
        world: Where.
        at: The moment from which their next runs are planned; missed ones are not made up for.
    """
    marked = f"SELECT * FROM organizations WHERE json_extract(extra, '$.{MARK}') = 1"
    resumed: list[int] = []
    for row in world.rows(marked):
        used = consumed(world, "organization_id", row["id"], period_start_ms(row))
        if not row["is_paused"] or all(left != 0 for left in left_of(row, used).values()):
            resumed += _go_on(world, row, at)
    return resumed


def _go_on(world: World, organization: Row, at: datetime) -> list[int]:
    ident = organization["id"]
    rest = {name: value for name, value in organization["extra"].items() if name != MARK}
    with world.write():
        world.update("organizations", ident, is_paused=False, extra=rest)
        world.execute("UPDATE scenarios SET is_paused = 0" + OF_ORGANIZATION, ident)
        sql = "SELECT * FROM scenarios" + OF_ORGANIZATION + " AND is_active = 1 ORDER BY id"
        scenarios = world.rows(sql, ident)
        for scenario in scenarios:
            plan_next(world, scenario, at)
    return [scenario["id"] for scenario in scenarios]


def next_reset(world: World) -> datetime | None:
    """When the next period of any organization begins."""
    text = world.value("SELECT min(next_reset) FROM organizations")
    return parse_stamp(text) if text else None


def begin_periods(world: World, at: datetime) -> None:
    """Begin the periods that are due, by `license.restartPeriod` (a month or a year)."""
    for row in world.rows("SELECT * FROM organizations WHERE next_reset <= ?", stamp(at)):
        due = last = parse_stamp(row["next_reset"])
        months = 12 if "year" in str(row["license"].get("restartPeriod")) else 1
        while due <= at:
            last, due = due, _later(due, months)
        world.update("organizations", row["id"], last_reset=stamp(last), next_reset=stamp(due))


def _later(moment: datetime, months: int) -> datetime:
    """The same day some months later, or the last day of a shorter month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
