"""Filling a world: built-in roles, the seeded company and the owner's token."""

from collections.abc import Callable
from importlib import import_module, util
from typing import cast

from make_api_sandbox.roles import install_built_in_roles
from make_api_sandbox.tokens import ensure_owner_token
from make_api_sandbox.world import World

Seed = Callable[[World], object]


def populate(world: World) -> None:
    """Fill an empty world, in one transaction; leaves a world with people in it alone.

    The company is `make_api_sandbox.seed.default.seed(world)`; without that module it is the
    smallest one that works.
    """
    with world.write():
        if not world.is_empty:
            return
        install_built_in_roles(world)
        company()(world)
        ensure_owner_token(world)


def start_over(world: World, seed: int) -> None:
    """Empty the world and fill it again from `seed`."""
    with world.write():
        world.reset(seed)
        populate(world)


def company() -> Seed:
    """The function that makes the company."""
    if util.find_spec("make_api_sandbox.seed") is None:
        return smallest_company
    if util.find_spec("make_api_sandbox.seed.default") is None:
        return smallest_company
    return cast(Seed, import_module("make_api_sandbox.seed.default").seed)


def smallest_company(world: World) -> None:
    """One person who owns one organization with one team."""
    now = world.clock.stamp()
    user = world.insert("users", name="Robin Berg", email="robin.berg@example.com", last_login=now)
    organization = world.insert(
        "organizations",
        name="Berg Studio",
        service_name="Core",
        license=core_license(),
        created=now,
        last_reset=now,
    )
    team = world.insert("teams", organization_id=organization, name="Studio")
    world.insert("user_organization_roles", user_id=user, organization_id=organization, role_id=11)
    world.insert("user_team_roles", user_id=user, team_id=team, role_id=1, changeable=False)


def core_license() -> dict[str, object]:
    """A licence of the Core plan (API reference, chapters 1.20 and 1.21)."""
    return {
        "restartPeriod": "1 month",
        "operations": 10_000,
        "transfer": 5_368_709_120,
        "dslimit": 10,
        "dsslimit": 10_485_760,
        "fslimit": 104_857_600,
        "iolimit": 667,
        "dlqStorage": 10_485_760,
        "interval": 1,
        "retention": 30,
        "executionTime": 40,
        "apiLimit": 60,
        "priority": "medium",
        "webhookLogRetentionDays": 3,
        "installPublicApps": True,
        "onDemandScheduling": True,
        "scenarioIO": True,
        "productManagement": "selfService",
    }
