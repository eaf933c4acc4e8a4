"""Who may do what: credentials, scopes and roles (API reference, chapters 1.2, 1.3 and 2.24)."""

from collections.abc import Sequence

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.http.errors import not_logged_in, permission_denied
from make_api_sandbox.shapes import Row
from make_api_sandbox.world import World

WITHHELD = "withheld_scopes"
"""Attribute of `request.state` that holds the scopes a fault took away."""

SUBJECTS = {
    "connections": "account",
    "datastores": "datastore",
    "devices": "device",
    "dlqs": "dlq",
    "functions": "function",
    "hooks": "hook",
    "keys": "key",
    "organizations": "organization",
    "organization-variables": "organization variable",
    "scenarios": "scenario",
    "scenarios-shared": "scenario",
    "team-variables": "company variable",
    "teams": "company",
    "templates": "template",
    "udts": "udt",
}
"""The word in permission names for the resource in a scope; resources without one need no role."""

VERBS = {"GET": "view", "PUT": "edit", "PATCH": "edit", "DELETE": "delete"}


def credential(world: World, header: str | None) -> tuple[Row, Row]:
    """The token and its user behind an `Authorization` header, `Token …` or `Bearer …`.

    Raises:
        ApiError: 401 when the header is absent, malformed, unknown or expired.
    """
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() not in ("token", "bearer"):
        raise not_logged_in()
    token = world.row("SELECT * FROM tokens WHERE token = ?", secret.strip())
    user = world.get("users", token["user_id"]) if token else None
    if token is None or user is None or _is_over(world, token["expires"]):
        raise not_logged_in()
    return token, user


def _is_over(world: World, expires: str | None) -> bool:
    return expires is not None and parse_stamp(expires) <= world.clock.now()


def require_scopes(token: Row, scopes: tuple[str, ...], *, withheld: Sequence[str] = ()) -> None:
    """Refuse with 403 unless the token carries every scope; `*` carries all.

    Args:
        token: The token.
        scopes: What is needed.
        withheld: What was taken from the token for this request.
    """
    held: list[str] = token["scopes"]
    if set(scopes) & set(withheld) or ("*" not in held and not set(scopes) <= set(held)):
        raise permission_denied()


def permission_of(method: str, path: str, scopes: tuple[str, ...]) -> str | None:
    """The permission a role needs for a route that names none, such as `scenario edit`.

    A POST on a collection adds; a POST on one thing of it edits.
    """
    subject = SUBJECTS.get(scopes[0].partition(":")[0]) if scopes else None
    if subject is None:
        return None
    verb = VERBS.get(method) or ("edit" if "{" in path else "add")
    return f"{subject} {verb}"


def organization_role(world: World, user_id: int, organization_id: int) -> Row | None:
    """The accepted role of a user in an organization, or None."""
    return world.row(
        "SELECT r.* FROM user_organization_roles m JOIN roles r ON r.id = m.role_id"
        " WHERE m.user_id = ? AND m.organization_id = ? AND m.invitation IS NULL",
        user_id,
        organization_id,
    )


def team_role(world: World, user_id: int, team_id: int) -> Row | None:
    """The role of a user in a team, or None."""
    return world.row(
        "SELECT r.* FROM user_team_roles m JOIN roles r ON r.id = m.role_id"
        " WHERE m.user_id = ? AND m.team_id = ?",
        user_id,
        team_id,
    )


def governs(role: Row | None) -> bool:
    """True for an organization role that reaches into every team of it."""
    return role is not None and "organization teams" in role["permissions"]


def may(role: Row | None, permission: str | None) -> bool:
    """True when the role grants the permission; no permission needed is always granted."""
    return role is not None and (permission is None or permission in role["permissions"])


def require_organization(
    world: World, user_id: int, organization_id: int, permission: str | None
) -> None:
    """Refuse with 403 unless the user's role in the organization grants the permission.

    Someone else's and no organization at all are answered alike.
    """
    if not may(organization_role(world, user_id, organization_id), permission):
        raise permission_denied()


def is_team_visible(world: World, user_id: int, team: Row) -> bool:
    """True when the user works in the team or governs its organization."""
    if team_role(world, user_id, team["id"]):
        return True
    return governs(organization_role(world, user_id, team["organization_id"]))


def require_team(world: World, user_id: int, team: Row, permission: str | None) -> None:
    """Refuse with 403 unless a role of the user in the team or above it grants the permission."""
    above = organization_role(world, user_id, team["organization_id"])
    if governs(above) or may(team_role(world, user_id, team["id"]), permission):
        return
    raise permission_denied()
