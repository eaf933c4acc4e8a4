"""Who may do something (API reference, chapter 2.33).

`type=organization` asks for the roles in an organization, `type=company` for those in a team,
where the Owner and the Admins of its organization count as well.
"""

from make_api_sandbox.http.access import governs, may
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import query_organization, query_team
from make_api_sandbox.http.errors import invalid_parameters, missing
from make_api_sandbox.http.routing import route
from make_api_sandbox.roles import PERMISSIONS
from make_api_sandbox.shapes import JsonObject, Row

USER = Columns(("id", "name", "email"), ("invitationStatus",))
CONTEXTS = {"organization": query_organization, "company": query_team}
ROLE_KINDS = {"organization": "organization", "company": "team"}

MEMBERS = (
    "SELECT u.id, u.name, u.email, m.invitation, r.permissions, r.id AS role_id FROM users u"
    " JOIN user_organization_roles m ON m.user_id = u.id JOIN roles r ON r.id = m.role_id"
    " WHERE m.organization_id = ? ORDER BY u.name COLLATE NOCASE, u.id"
)
TEAM_ROLES = (
    "SELECT m.user_id, r.permissions FROM user_team_roles m JOIN roles r ON r.id = m.role_id"
    " WHERE m.team_id = ?"
)


def _asked(call: Call) -> None:
    """The organization or team in the query, whichever `type` calls for."""
    kind, permission = call.query("type"), call.query("permission")
    faults = [missing(n) for n, v in (("type", kind), ("permission", permission)) if v is None]
    if kind and kind not in CONTEXTS:
        faults.append(("type", f"'type' should be one of: {', '.join(CONTEXTS)}."))
    elif kind and permission and PERMISSIONS.get(permission) != ROLE_KINDS[kind]:
        faults.append(("permission", f"There is no {kind} permission '{permission}'."))
    if faults:
        raise invalid_parameters(faults)
    CONTEXTS[kind or ""](call)


@route("GET", "/users/by-permission", scope="user:read", context=_asked)
def list_by_permission(call: Call) -> JsonObject:
    """The people whose role grants a permission, by name; invited people have yet to join."""
    permission = call.query("permission")
    people = call.world.rows(MEMBERS, call.organization_id)
    if call.team_id is None:
        found = [person for person in people if may(person, permission)]
    else:
        roles = {row["user_id"]: row for row in call.world.rows(TEAM_ROLES, call.team_id)}
        found = [
            person
            for person in people
            if may(roles.get(person["id"]), permission) or _governs(person)
        ]
    return {"users": USER.pick_all([_present(person) for person in found], call.cols)}


def _governs(person: Row) -> bool:
    return person["invitation"] is None and governs(person)


def _present(person: Row) -> JsonObject:
    return {
        "id": person["id"],
        "name": person["name"],
        "email": person["email"],
        "invitationStatus": person["invitation"],
    }
