"""Entries of a scenario's history that are no runs: started, stopped, modified."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from make_api_sandbox.clock import milliseconds, stamp
from make_api_sandbox.seed.runs import Row, Scenario

FIRST_NUMBER = 10_000_001
"""Events are numbered; Make itself goes on from the last one."""


def event_rows(
    now: datetime, scenarios: Sequence[Scenario], last_runs: Mapping[str, datetime]
) -> tuple[list[Row], int]:
    """The events of all scenarios in order of time, and the last number used."""
    found = [event for scenario in scenarios for event in _events(now, scenario, last_runs)]
    found.sort(key=lambda event: event[0])
    rows = [_row(*event, FIRST_NUMBER + at) for at, event in enumerate(found)]
    return rows, FIRST_NUMBER + len(rows) - 1


def _events(
    now: datetime, scenario: Scenario, last_runs: Mapping[str, datetime]
) -> list[tuple[datetime, str, int | None, Scenario]]:
    plan = scenario.plan
    born = now - timedelta(days=plan.age)
    found: list[tuple[datetime, str, int | None, Scenario]] = [
        (born + timedelta(minutes=40), "start", scenario.author_id, scenario)
    ]
    found += [
        (now - timedelta(days=each.until), "modify", author, scenario)
        for each, author in zip(plan.earlier, scenario.editors, strict=True)
    ]
    if not plan.active:
        by_make = plan.invalid
        last = last_runs.get(plan.slug, born + timedelta(hours=2))
        stopped = last + timedelta(seconds=4 if by_make else 5_000)
        found.append((stopped, "stop", None if by_make else scenario.author_id, scenario))
    return found


def _row(at: datetime, event: str, author: int | None, scenario: Scenario, number: int) -> Row:
    row: Row = {
        "imt_id": f"{milliseconds(at)}_{number}",
        "id": str(number),
        "kind": "event",
        "scenario_id": scenario.id,
        "team_id": scenario.team_id,
        "organization_id": scenario.organization_id,
        "type": event,
        "timestamp": stamp(at),
        "timestamp_ms": milliseconds(at),
    }
    return row if author is None else row | {"author_id": author}
