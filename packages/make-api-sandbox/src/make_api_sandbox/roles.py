"""Roles and what they may do (API reference, chapters 2.24 and 2.33).

Ids and names of the built-in roles are Make's. Which permission each role holds is our reading of
the published role descriptions, since no list of it is published: Team Members do everything in a
team but manage it, Operators look and start, stop and run, Monitoring looks; in an organization
Owners and Admins govern its teams, Members look, Accountants look after billing.
"""

from collections.abc import Iterable

from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

ASSETS = ("account", "datastore", "device", "dlq", "hook", "key", "scenario", "template", "udt")
VERBS = ("view", "add", "edit", "delete")
RUNNING = ("scenario start", "scenario stop", "scenario run")

TEAM_PERMISSIONS = (
    *(f"{subject} {verb}" for subject in (*ASSETS, "function") for verb in VERBS),
    *RUNNING,
    *(f"company variable {verb}" for verb in VERBS),
    "company view",
    "company edit",
    "company delete",
    "company users",
)
ORGANIZATION_PERMISSIONS = (
    "organization view",
    "organization edit",
    "organization delete",
    "organization users",
    "organization teams",
    "organization billing",
    "organization transfer",
    *(f"organization variable {verb}" for verb in VERBS),
    "company add",
)

LOOKING = tuple(name for name in TEAM_PERMISSIONS if name.endswith(" view"))
MANAGING = frozenset({"company edit", "company delete", "company users"})


def _role(
    id: int, identifier: str, name: str, category: str, permissions: Iterable[str]
) -> JsonObject:
    return {
        "id": id,
        "identifier": identifier,
        "name": name,
        "category": category,
        "management_type": "system_locked",
        "permissions": list(permissions),
    }


BUILT_IN = (
    _role(1, "company:team-admin", "Team Admin", "team", TEAM_PERMISSIONS),
    _role(
        3,
        "company:team-member",
        "Team Member",
        "team",
        (name for name in TEAM_PERMISSIONS if name not in MANAGING),
    ),
    _role(4, "company:team-monitoring", "Team Monitoring", "team", LOOKING),
    _role(6, "company:team-operator", "Team Operator", "team", (*LOOKING, *RUNNING)),
    _role(11, "organization:owner", "Owner", "organization", ORGANIZATION_PERMISSIONS),
    _role(
        12,
        "organization:admin",
        "Admin",
        "organization",
        (n for n in ORGANIZATION_PERMISSIONS if n not in ("organization transfer",)),
    ),
    _role(
        13,
        "organization:member",
        "Member",
        "organization",
        ("organization view", "organization variable view"),
    ),
    _role(
        14,
        "organization:accountant",
        "Accountant",
        "organization",
        ("organization view", "organization billing"),
    ),
)
OWNER, ADMIN, MEMBER = 11, 12, 13
TEAM_ADMIN, TEAM_MEMBER = 1, 3


def install_built_in_roles(world: World) -> None:
    """Put the built-in roles into a new world."""
    for role in BUILT_IN:
        world.insert("roles", **role)


PERMISSIONS: dict[str, str] = {
    **dict.fromkeys(TEAM_PERMISSIONS, "team"),
    **dict.fromkeys(ORGANIZATION_PERMISSIONS, "organization"),
}
"""Every permission and the category of role that can hold it."""


def permission_id(name: str) -> int:
    """The number of a permission; stable while the lists above only grow at their end."""
    return 101 + list(PERMISSIONS).index(name)
