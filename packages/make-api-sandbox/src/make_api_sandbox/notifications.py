"""Telling people what happened (API reference, chapters 2.22 and 2.33).

Members of a team are told of errors, warnings and deactivations of its scenarios, each kind as far
as they want it. An invited person is told of the invitation; no type of it is documented, so it is
shown as a warning, the one documented type that reports no failure.
"""

import html
from typing import Any

from make_api_sandbox.clock import stamp
from make_api_sandbox.engine.execution import Execution, Status
from make_api_sandbox.shapes import Row
from make_api_sandbox.world import World

ERROR, WARNING, DEACTIVATION = 1, 2, 6
"""Types of notifications, which are the ids of `/enums/user-email-notifications`."""

WANTED = {ERROR: True, WARNING: False, DEACTIVATION: True}
"""What a person is told of without having chosen; the documented example shows these."""

_SCENARIO = {
    ERROR: ("Encountered error in {} scenario", "Your scenario {} has encountered an error."),
    WARNING: ("Encountered warning in {} scenario", "Your scenario {} has encountered a warning."),
    DEACTIVATION: (
        "Scenario {} was deactivated",
        "Your scenario {} was deactivated after repeated errors.",
    ),
}


def tell_of_run(world: World, scenario: Row, result: Execution, *, switched_off: bool) -> None:
    """Tell the members of a team how a run ended, unless it went well.

    Args:
        world: Where.
        scenario: Row of the scenario.
        result: What the run did.
        switched_off: Whether it was the run that switched the scenario off.
    """
    at = stamp(result.ended)
    if result.status is Status.ERROR:
        tell_team(world, scenario, ERROR, at)
    elif result.status is Status.WARNING:
        tell_team(world, scenario, WARNING, at)
    if switched_off:
        tell_team(world, scenario, DEACTIVATION, at)


def tell_team(world: World, scenario: Row, kind: int, at: str) -> None:
    """Send a notification about a scenario to everybody in its team who wants that kind."""
    world.insert_many("notifications", rows_for_team(world, scenario, kind, at))


def rows_for_team(world: World, scenario: Row, kind: int, at: str) -> list[dict[str, Any]]:
    """The notifications that an event of a scenario gives, one for each recipient."""
    people = world.rows(
        "SELECT m.user_id, t.organization_id FROM user_team_roles m"
        " JOIN teams t ON t.id = m.team_id"
        " LEFT JOIN user_team_notifications n ON n.user_id = m.user_id"
        " AND n.team_id = m.team_id AND n.notification_id = ?"
        " WHERE m.team_id = ? AND coalesce(n.enabled, ?) ORDER BY m.user_id",
        kind,
        scenario["team_id"],
        WANTED[kind],
    )
    subject, told = _SCENARIO[kind]
    name = f"<strong>{html.escape(scenario['name'])}</strong>"
    shown = {
        "type": kind,
        "subject": subject.format(scenario["name"]),
        "body": f"<p>{told.format(name)}</p>\n",
        "created": at,
    }
    return [{**person, **shown} for person in people]


def tell_invited(world: World, user_id: int, organization: Row) -> None:
    """Tell a person of an invitation into an organization."""
    name = html.escape(organization["name"])
    world.insert(
        "notifications",
        user_id=user_id,
        organization_id=organization["id"],
        type=WARNING,
        subject=f"Invitation to {organization['name']}",
        body=f"<p>You have been invited to join <strong>{name}</strong>.</p>\n",
        created=world.clock.stamp(),
    )


# What people want


def wants(world: World, user_id: int, team_id: int) -> dict[int, bool]:
    """Which kinds of notifications a person wants from a team."""
    rows = world.rows(
        "SELECT notification_id, enabled FROM user_team_notifications"
        " WHERE user_id = ? AND team_id = ?",
        user_id,
        team_id,
    )
    return WANTED | {row["notification_id"]: row["enabled"] for row in rows}


def choose(world: World, user_id: int, team_id: int, kind: int, enabled: bool) -> None:
    """Note whether a person wants a kind of notification from a team."""
    world.execute(
        "INSERT INTO user_team_notifications VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET enabled = excluded.enabled",
        user_id,
        team_id,
        kind,
        enabled,
    )
