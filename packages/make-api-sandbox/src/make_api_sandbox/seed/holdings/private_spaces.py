"""Spaces of single people, from when the company tried the Enterprise plan."""

from make_api_sandbox.roles import TEAM_ADMIN
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import PEOPLE, Directory
from make_api_sandbox.world import World

LIMITS: dict[str, int | None] = {"jonas": None, "ines": 1_000}
"""Operations a month of each space, by person."""


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Insert the spaces; nobody has built anything in them yet."""
    names = {person.key: person.name for person in PEOPLE}
    for key, limit in LIMITS.items():
        owner = directory.people[key]
        space = world.insert(
            "teams",
            organization_id=directory.organizations[0],
            name=f"{names[key]}'s personal space",
            operations_limit=limit,
            is_private=True,
            extra={"owner": owner},
        )
        world.insert(
            "user_team_roles",
            user_id=owner,
            team_id=space,
            role_id=TEAM_ADMIN,
            changeable=False,
        )
