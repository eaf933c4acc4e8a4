"""What the company kept about its scenarios when it tried the Enterprise plan.

Its licence no longer has custom properties, so the API refuses them until `customProperties` is
licensed again. Some scenarios were never described.
"""

from datetime import timedelta
from random import Random

from make_api_sandbox.clock import stamp
from make_api_sandbox.engine.values import Json
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import TEAMS, Directory
from make_api_sandbox.world import World

AGE_DAYS = 140
DESCRIBED = 0.8
"""Share of the scenarios that somebody described."""

DEPARTMENTS: dict[str, str] = {key: name for key, name in TEAMS.items() if key != "studio"}
OUTWARD = frozenset({"sales", "support", "marketing"})
CRITICAL = frozenset({"operations.scan", "operations.supplier", "support.contact"})
Options = tuple[str, ...]

ITEMS: tuple[tuple[str, str, str, str, Options, bool], ...] = (
    # name, label, description, type, options, required
    (
        "department",
        "Department",
        "Who answers for the scenario.",
        "dropdown",
        (*DEPARTMENTS.values(),),
        True,
    ),
    (
        "businessCritical",
        "Business critical",
        "Stops the business within a day when it stands still.",
        "boolean",
        (),
        True,
    ),
    (
        "purpose",
        "Purpose",
        "What the scenario is good for.",
        "multiselect",
        ("Customers", "Money", "Goods", "Insight"),
        False,
    ),
    ("lastReview", "Last review", "When somebody last looked it through.", "date", (), False),
    ("hoursSaved", "Hours saved", "Hours of work saved in a month.", "number", (), False),
    ("runbook", "Runbook", "What to do when it fails.", "longText", (), False),
)


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Insert the structure, its items and the values of the described scenarios."""
    items = _items(world, directory.organizations[0])
    random = Random(f"{world.setting('seed')}/custom-properties")
    rows: list[dict[str, Json]] = []
    for slug, scenario in assets.scenarios.items():
        team = slug.partition(".")[0]
        if team in DEPARTMENTS and random.random() < DESCRIBED:
            values = _values(world, slug, team, random)
            rows += [
                {"scenario_id": scenario, "item_id": items[name], "value": value}
                for name, value in values.items()
            ]
    world.insert_many("custom_property_values", rows)


def _items(world: World, organization: int) -> dict[str, int]:
    structure = world.insert(
        "custom_property_structures",
        organization_id=organization,
        associated_type="scenario",
        created=stamp(world.clock.now() - timedelta(days=AGE_DAYS)),
    )
    return {
        name: world.insert(
            "custom_property_items",
            structure_id=structure,
            name=name,
            label=label,
            description=description,
            type=kind,
            options=[{"value": option} for option in options] or None,
            required=required,
        )
        for name, label, description, kind, options, required in ITEMS
    }


def _values(world: World, slug: str, team: str, random: Random) -> dict[str, Json]:
    purposes = ["Customers"] if team in OUTWARD else []
    purposes += ["Money"] if team == "finance" else []
    purposes += ["Goods"] if team == "operations" else []
    critical = slug in CRITICAL or team == "finance"
    values: dict[str, Json] = {
        "department": DEPARTMENTS[team],
        "businessCritical": critical,
        "purpose": list[Json](purposes),
        "hoursSaved": random.randint(1, 40),
    }
    if random.random() < 0.6:
        reviewed = world.clock.now() - timedelta(days=random.randint(3, AGE_DAYS))
        values["lastReview"] = stamp(reviewed)
    if critical:
        values["runbook"] = "Look at the incomplete executions, mend the cause, then retry them."
    return values
