"""Who works where: two organizations, their teams, people and roles.

All names are invented; addresses are under domains reserved for examples.
"""

from dataclasses import dataclass
from datetime import timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.roles import ADMIN, MEMBER, OWNER, TEAM_ADMIN, TEAM_MEMBER
from make_api_sandbox.seed.licences import licence_of
from make_api_sandbox.world import World

ACCOUNTANT, TEAM_MONITORING, TEAM_OPERATOR = 14, 4, 6
"""Further built-in roles (Make API reference, chapter 2.33)."""

COMPANY = "Harbor and Pine"
STUDIO = "Juniper Kiln"
TEAMS = {
    "sales": "Sales",
    "support": "Support",
    "finance": "Finance",
    "marketing": "Marketing",
    "operations": "Operations and IT",
    "studio": "Studio",
}
"""Teams by the word the seed knows them by; the last one is the second organization's."""


@dataclass(frozen=True)
class Person:
    """Someone with an account.

    Args:
        key: The word the seed knows them by.
        name: As shown.
        role: Role in the first organization.
        teams: Role by team.
        seen: Days since the last login.
        tfa: 1 with an authenticator app.
    """

    key: str
    name: str
    role: int
    teams: dict[str, int]
    seen: float = 1
    tfa: int = 0

    @property
    def email(self) -> str:
        """Address under an example domain."""
        return f"{self.name.lower().replace(' ', '.')}@harborpine.example.com"


EVERY_TEAM = dict.fromkeys(list(TEAMS)[:5], TEAM_ADMIN)

PEOPLE = (
    Person("mara", "Mara Lindqvist", OWNER, EVERY_TEAM, 0.2, 1),
    Person("jonas", "Jonas Okafor", ADMIN, EVERY_TEAM, 0.1, 1),
    Person("ines", "Ines Moreau", MEMBER, {"sales": TEAM_ADMIN, "marketing": TEAM_MEMBER}, 0.6, 1),
    Person("tomas", "Tomas Brandt", MEMBER, {"sales": TEAM_MEMBER}, 1.3),
    Person("aiko", "Aiko Tanner", MEMBER, {"support": TEAM_ADMIN}, 0.4, 1),
    Person("devi", "Devi Rao", MEMBER, {"support": TEAM_MEMBER, "operations": TEAM_OPERATOR}, 2.1),
    Person("pavel", "Pavel Novotny", ACCOUNTANT, {"finance": TEAM_ADMIN}, 0.9, 1),
    Person("lucia", "Lucia Ferrante", MEMBER, {"finance": TEAM_MEMBER}, 3.2),
    Person("noor", "Noor Haddad", MEMBER, {"marketing": TEAM_ADMIN}, 0.7),
    Person("emil", "Emil Strand", MEMBER, {"operations": TEAM_MEMBER}, 0.3, 1),
    Person(
        "wanda",
        "Wanda Fields",
        MEMBER,
        dict.fromkeys(list(TEAMS)[:5], TEAM_MONITORING),
        5.5,
    ),
    Person("otto", "Otto Weiss", MEMBER, {"marketing": TEAM_MEMBER, "sales": TEAM_MEMBER}, 100),
    Person("greta", "Greta Holm", 0, {"studio": TEAM_ADMIN}, 1.8),
)
"""The first one owns both organizations, so the ready-made token reaches everything; the one with
role 0 belongs to the second organization only. Otto has not logged in for 100 days."""


@dataclass(frozen=True)
class Directory:
    """Ids of the people, organizations and teams."""

    people: dict[str, int]
    organizations: tuple[int, int]
    teams: dict[str, int]

    def organization_of(self, team: str) -> int:
        """The organization a team belongs to."""
        return self.organizations[1 if team == "studio" else 0]


def settle(world: World) -> Directory:
    """Put the people into the world."""
    people = {person.key: _person(world, person) for person in PEOPLE}
    organizations = _organizations(world)
    teams = _teams(world, organizations)
    directory = Directory(people, organizations, teams)
    _roles(world, directory)
    return directory


def _person(world: World, person: Person) -> int:
    seen = world.clock.now() - timedelta(days=person.seen)
    return world.insert(
        "users",
        name=person.name,
        email=person.email,
        last_login=stamp(seen),
        tfa_status=person.tfa,
    )


def _organizations(world: World) -> tuple[int, int]:
    now = world.clock.now()
    reset = now - timedelta(days=11, hours=7)
    plans = (
        (COMPANY, "Teams", licence_of("teams"), 820),
        (STUDIO, "Free", licence_of("free"), 240),
    )
    ids = [
        world.insert(
            "organizations",
            name=name,
            service_name=plan,
            license=licence,
            created=stamp(now - timedelta(days=age)),
            last_reset=stamp(reset),
            next_reset=stamp(reset + timedelta(days=30)),
        )
        for name, plan, licence, age in plans
    ]
    return ids[0], ids[1]


def _teams(world: World, organizations: tuple[int, int]) -> dict[str, int]:
    return {
        key: world.insert(
            "teams",
            organization_id=organizations[1 if key == "studio" else 0],
            name=name,
        )
        for key, name in TEAMS.items()
    }


def _roles(world: World, directory: Directory) -> None:
    first, second = directory.organizations
    owner, studio = directory.people["mara"], directory.people["greta"]
    members = [(directory.people[each.key], first, each.role) for each in PEOPLE if each.role]
    members += [(owner, second, OWNER), (studio, second, ADMIN)]
    for user, organization, role in members:
        world.insert(
            "user_organization_roles", user_id=user, organization_id=organization, role_id=role
        )
    for person in PEOPLE:
        for team, role in person.teams.items():
            _join(world, directory.people[person.key], directory.teams[team], role)
    _join(world, owner, directory.teams["studio"], TEAM_ADMIN)


def _join(world: World, user: int, team: int, role: int) -> None:
    # Owners keep their place in a team: their role cannot be taken from them.
    owner = user == 1
    world.insert("user_team_roles", user_id=user, team_id=team, role_id=role, changeable=not owner)
