"""People and the caller's own account (API reference, chapter 2.33)."""

import hashlib

from make_api_sandbox.http.body import identifier, members, name_text, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import query_team_or_organization
from make_api_sandbox.http.errors import permission_denied
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.enums import locale_code, time_zone_name
from make_api_sandbox.scopes import ALL_SCOPES
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

USER = Columns(
    (
        "id",
        "name",
        "email",
        "language",
        "timezoneId",
        "localeId",
        "countryId",
        "features",
        "avatar",
        "lastLogin",
        "tfaStatus",
    ),
    ("supportEligible", "userTeamIds"),
)
ME = Columns(
    (
        "id",
        "name",
        "email",
        "language",
        "timezoneId",
        "localeId",
        "countryId",
        "features",
        "avatar",
        "lastLogin",
        "timezone",
        "locale",
        "emailNotifications",
        "hasAddedApp",
        "tfaStatus",
    ),
    (
        "usersAdminsRoleId",
        "userOrganizationRoles",
        "userTeamRoles",
        "forceSetPassword",
        "hasPassword",
        "tfaEnabled",
        "isAffiliatePartner",
        "supportEligible",
    ),
)
PAGING = Paging(
    {"name": "u.name COLLATE NOCASE", "id": "u.id", "email": "u.email COLLATE NOCASE"}, limit=10
)
EDIT = members(
    name=name_text(250).optional(),
    language=text(10, 2).optional(),
    timezoneId=identifier().optional(),
    localeId=identifier().optional(),
    countryId=identifier().optional(),
)
EDITED = {
    "name": "name",
    "language": "language",
    "timezoneId": "timezone_id",
    "localeId": "locale_id",
    "countryId": "country_id",
}

IN_TEAM = "JOIN user_team_roles m ON m.user_id = u.id AND m.team_id = :team"
IN_ORGANIZATION = (
    "JOIN user_organization_roles m ON m.user_id = u.id AND m.organization_id = :organization"
)


@route("GET", "/users/me", scope="user:read")
def get_me(call: Call) -> JsonObject:
    """The caller's account."""
    return {"authUser": ME.pick(present_me(call.world, call.user), call.cols)}


@route("GET", "/users/me/current-authorization")
def get_current_authorization(call: Call) -> JsonObject:
    """The scopes of the credential in use; a token for everything lists every scope."""
    scopes: list[str] = call.token["scopes"]
    shown = list(ALL_SCOPES) if "*" in scopes else scopes
    return {"authorization": {"scope": shown, "authUsed": call.token["auth_used"]}}


@route("GET", "/users", scope="user:read", context=query_team_or_organization)
def list_users(call: Call) -> JsonObject:
    """The people of a team or an organization."""
    page, cols = call.page(PAGING), USER.asked(call.cols)
    condition, values = _filters(call)
    joined = IN_TEAM if call.query("teamId") else IN_ORGANIZATION
    sql = f"SELECT u.* FROM users u {joined} WHERE {condition}{page.slice_sql(tie='u.id')}"
    named = {"team": call.team_id, "organization": call.organization_id, **values}
    rows = call.world.rows_by_name(sql, named)
    shown = [_with_teams(call, row) for row in rows]
    users = [{name: user[name] for name in cols if name in user} for user in shown]
    return {"users": users, "pg": page.echo()}


def _filters(call: Call) -> tuple[str, JsonObject]:
    """The condition of the list and its named values."""
    role = (
        call.query_id("teamRoleId") if call.query("teamId") else call.query_id("organizationRoleId")
    )
    by_team = call.query("filterByTeamId")
    values: JsonObject = {
        "name": call.query("name"),
        "email": call.query("email"),
        "role": role,
        "tfa": call.query("tfaStatus"),
        "by_team": int(by_team) if by_team and by_team.isdigit() else None,
    }
    mine = (
        "SELECT r.user_id FROM user_team_roles r JOIN teams t ON t.id = r.team_id"
        " WHERE t.organization_id = :organization"
    )
    condition = (
        "(:name IS NULL OR instr(lower(u.name), lower(:name)) > 0)"
        " AND (:email IS NULL OR instr(lower(u.email), lower(:email)) > 0)"
        " AND (:role IS NULL OR m.role_id = :role)"
        " AND (:tfa IS NULL OR u.tfa_status = :tfa)"
        f" AND (:by_team IS NULL OR (:by_team = 0 AND u.id NOT IN ({mine}))"
        f" OR (:by_team > 0 AND u.id IN ({mine} AND t.id = :by_team)))"
    )
    return condition, values


def _with_teams(call: Call, row: Row) -> JsonObject:
    """`userTeamIds` is only known inside one organization."""
    user = present_user(row)
    if call.query("organizationId"):
        teams = call.world.rows(
            "SELECT m.team_id FROM user_team_roles m JOIN teams t ON t.id = m.team_id"
            " WHERE m.user_id = ? AND t.organization_id = ? ORDER BY m.team_id",
            row["id"],
            call.organization_id,
        )
        user["userTeamIds"] = [team["team_id"] for team in teams]
    return user


@route("PATCH", "/users/{userId}", scope="user:write", body=EDIT)
def edit_user(call: Call) -> JsonObject:
    """Change one's own account; others' are closed."""
    if call.path_id("userId") != call.user_id:
        raise permission_denied()
    changes = {EDITED[name]: value for name, value in call.body.items()}
    call.world.update("users", call.user_id, **changes)
    row = call.world.rows("SELECT * FROM users WHERE id = ?", call.user_id)[0]
    return {"user": USER.pick(present_user(row), call.cols)}


def present_user(row: Row) -> JsonObject:
    """A person as the API shows one."""
    digest = hashlib.md5(row["email"].lower().encode(), usedforsecurity=False).hexdigest()
    return {
        "id": row["id"],
        "name": row["name"],
        "email": row["email"],
        "language": row["language"],
        "timezoneId": row["timezone_id"],
        "localeId": row["locale_id"],
        "countryId": row["country_id"],
        "features": row["features"],
        "avatar": f"https://secure.gravatar.com/avatar/{digest}.jpg?d=mm",
        "lastLogin": row["last_login"],
        "tfaStatus": row["tfa_status"],
        "supportEligible": True,
    }


def present_me(world: World, row: Row) -> JsonObject:
    """The caller's own account with what only its owner sees."""
    organizations = world.rows(
        "SELECT role_id AS usersRoleId, user_id AS userId, organization_id AS organizationId,"
        " invitation FROM user_organization_roles WHERE user_id = ? ORDER BY organization_id",
        row["id"],
    )
    teams = world.rows(
        "SELECT role_id AS usersRoleId, user_id AS userId, team_id AS teamId, changeable"
        " FROM user_team_roles WHERE user_id = ? ORDER BY team_id",
        row["id"],
    )
    return {
        **present_user(row),
        "timezone": time_zone_name(row["timezone_id"]),
        "locale": locale_code(row["locale_id"]),
        "emailNotifications": None,
        "usersAdminsRoleId": None,
        "userOrganizationRoles": organizations,
        "userTeamRoles": teams,
        "forceSetPassword": False,
        "hasPassword": True,
        "tfaEnabled": row["tfa_status"] > 0,
        "hasAddedApp": False,
        "isAffiliatePartner": _is_partner(world, row["id"]),
    }


def _is_partner(world: World, user_id: int) -> bool:
    return world.row("SELECT 1 FROM affiliate_partners WHERE user_id = ?", user_id) is not None
