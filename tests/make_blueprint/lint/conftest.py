"""The scenarios of the sandbox's company, for rules to be right about."""

import pytest
from make_api_sandbox.roles import install_built_in_roles
from make_api_sandbox.seed.assets import furnish
from make_api_sandbox.seed.blueprints import blueprint
from make_api_sandbox.seed.default import PLANS
from make_api_sandbox.seed.people import settle
from make_api_sandbox.world import World
from make_blueprint.document import Blueprint


@pytest.fixture(scope="session")
def company_blueprints() -> list[Blueprint]:
    """Every blueprint the sandbox is seeded with, made without its ninety days of runs."""
    world = World.open(":memory:")
    with world.write():
        install_built_in_roles(world)
        assets = furnish(world, settle(world))
        for number, plan in enumerate(PLANS, 1):
            assets.scenarios[plan.slug] = number
    made = [blueprint(plan.name, plan.flow(assets), plan.settings) for plan in PLANS]
    world.close()
    return made
