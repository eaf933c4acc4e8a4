"""Scenarios that the company shares, and the unfinished feature it has switched on."""

from datetime import timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.resources.shared_scenarios import fresh_id, mark_scenario
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World

SHARES = (
    # scenario, title, short text, author, days ago, whether the link works
    ("sales.demo", "Demo requests to Slack", "From form to channel in a second.", "ines", 120, 1),
    ("support.csat", "Unhappy customers", "Low scores reach us at once.", "devi", 33, 1),
    ("operations.uptime", "Shop check", None, "jonas", 9, 0),
)
AI_TOOLS = 2
"""Feature control of the AI modules; the support team sorts its mail with one."""


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Share the scenarios."""
    for slug, title, short, author, age, enabled in SHARES:
        shared = stamp(world.clock.now() - timedelta(days=age))
        world.insert(
            "shared_scenarios",
            id=fresh_id(world),
            scenario_id=assets.scenarios[slug],
            title=title,
            title_original=title,
            description_short=short,
            is_enabled=bool(enabled),
            author_id=directory.people[author],
            created=shared,
            updated=shared,
        )
        mark_scenario(world, assets.scenarios[slug])
    world.insert(
        "feature_controls",
        organization_id=directory.organizations[0],
        feature_id=AI_TOOLS,
        enabled=True,
    )
