"""Custom variables of the company and its teams, and how they came to their values.

The second organization's plan has no custom variables.
"""

from datetime import timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.engine.values import Json
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import PEOPLE, Directory
from make_api_sandbox.world import World

NUMBER, STRING, BOOLEAN = 1, 2, 3
"""Types of variables, as `/enums/variable-types` numbers them."""

Edit = tuple[float, str, Json]
"""Days ago, who, and the value from then on."""

VARIABLES: tuple[tuple[str, str, int, tuple[Edit, ...]], ...] = (
    # team or "" for the organization, name, type, values in order
    ("", "reportingCurrency", STRING, ((410, "mara", "EUR"),)),
    ("", "publicHolidayMode", BOOLEAN, ((70, "jonas", False), (49, "jonas", True))),
    ("finance", "vatRate", NUMBER, ((300, "pavel", 20), (21, "pavel", 21))),
    ("finance", "approvalLimit", NUMBER, ((120, "lucia", 500), (8.4, "pavel", 750))),
    ("support", "escalationChannel", STRING, ((88, "aiko", "#support-urgent"),)),
    ("operations", "stockAlertBelow", NUMBER, ((64, "emil", 12), (17.2, "emil", 20))),
)


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Make the variables and write their histories."""
    for team, name, type_id, edits in VARIABLES:
        owner = "team" if team else "organization"
        owner_id = directory.teams[team] if team else directory.organizations[0]
        place = {"owner": owner, "owner_id": owner_id, "name": name}
        world.insert("variables", **place, type_id=type_id, value=edits[-1][2])
        former: dict[str, Json] = {}
        for days, by, value in edits:
            now: dict[str, Json] = {"value": value, "typeId": type_id}
            made: dict[str, Json] = {"name": name, **now}
            world.insert(
                "variable_history",
                **place,
                action=f"{owner}_variable_{'edited' if former else 'created'}",
                changed=stamp(world.clock.now() - timedelta(days=days)),
                author=NAMES[by],
                diff={"old": former, "new": now} if former else made,
            )
            former = now


NAMES = {person.key: person.name for person in PEOPLE}
