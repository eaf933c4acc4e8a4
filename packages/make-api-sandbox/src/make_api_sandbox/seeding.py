"""Filling a world: built-in roles, a company and the owner's token."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from make_api_sandbox.roles import install_built_in_roles
from make_api_sandbox.seed.licences import PLANS, Plan, licence_of
from make_api_sandbox.tokens import ensure_owner_token
from make_api_sandbox.world import World, WorldError

Company = Literal["default", "smallest"]
SETTING = "recipe"
"""Setting of the world that notes what it was made from."""


@dataclass(frozen=True)
class Recipe:
    """What a world is made from; the same recipe and time give the same world.

    Args:
        seed: Decides everything that is made up.
        scale: How many times as many runs the default company has; 1 gives about 15,000.
        plan: Plan of every organization; None leaves each the one it is made with.
        company: `default` is two organizations with 90 days of history, `smallest` one person who
            owns one organization with one empty team.

    Raises:
        WorldError: A scale below 1, an unknown plan or company.
    """

    seed: int = 1
    scale: int = 1
    plan: Plan | None = None
    company: Company = "default"

    def __post_init__(self) -> None:
        if self.scale < 1:
            raise WorldError("the scale must be at least 1")
        if self.plan not in (None, *PLANS):
            raise WorldError(f"no plan {self.plan!r}; there are {', '.join(PLANS)}")
        if self.company not in get_args(Company):
            raise WorldError(f"no company {self.company!r}; there are default, smallest")

    @classmethod
    def of(cls, world: World) -> "Recipe":
        """What `world` was made from, or will be while it is empty."""
        noted: dict[str, Any] = world.setting(SETTING) or {}
        return cls(seed=world.setting("seed"), **noted)


def populate(world: World, recipe: Recipe | None = None) -> None:
    """Fill an empty world, in one transaction; leaves a world with people in it alone."""
    with world.write():
        if world.is_empty:
            _fill(world, recipe or Recipe.of(world))


def start_over(world: World, wanted: Recipe | int) -> None:
    """Empty the world and fill it again.

    Args:
        world: The world.
        wanted: What from; a number is a seed for the recipe it was made from before.
    """
    recipe = replace(Recipe.of(world), seed=wanted) if isinstance(wanted, int) else wanted
    with world.write():
        world.reset(recipe.seed)
        _fill(world, recipe)


def subscribe(world: World, plan: Plan) -> None:
    """Give every organization the licence of a plan; `productName` and usage stay."""
    with world.write():
        for row in world.rows("SELECT id FROM organizations"):
            name = plan.capitalize()
            world.update("organizations", row["id"], license=licence_of(plan), service_name=name)
        world.set_setting(SETTING, _noted(replace(Recipe.of(world), plan=plan)))


def smallest_company(world: World) -> None:
    """One person who owns one organization with one team, on the Core plan."""
    now = world.clock.stamp()
    user = world.insert("users", name="Robin Berg", email="robin.berg@example.com", last_login=now)
    organization = world.insert(
        "organizations",
        name="Berg Studio",
        service_name="Core",
        license=licence_of("core"),
        created=now,
        last_reset=now,
    )
    team = world.insert("teams", organization_id=organization, name="Studio")
    world.insert("user_organization_roles", user_id=user, organization_id=organization, role_id=11)
    world.insert("user_team_roles", user_id=user, team_id=team, role_id=1, changeable=False)


def _fill(world: World, recipe: Recipe) -> None:
    world.set_setting("seed", recipe.seed)
    world.set_setting(SETTING, _noted(recipe))
    install_built_in_roles(world)
    if recipe.company == "smallest":
        smallest_company(world)
    else:
        from make_api_sandbox.seed import default

        default.seed(world, scale=recipe.scale)
    if recipe.plan:
        subscribe(world, recipe.plan)
    ensure_owner_token(world)


def _noted(recipe: Recipe) -> dict[str, object]:
    """All but the seed, which has a setting of its own."""
    return {name: value for name, value in asdict(recipe).items() if name != "seed"}
