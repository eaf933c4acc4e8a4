"""Roles, custom roles and permissions (API reference, chapter 2.24)."""

from make_api_sandbox.http.access import require_organization
from make_api_sandbox.http.body import (
    choice,
    identifier,
    list_of,
    members,
    name_text,
    text,
)
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_organization
from make_api_sandbox.http.errors import (
    ApiError,
    invalid_parameters,
    missing,
    not_found,
    permission_denied,
    refused,
)
from make_api_sandbox.http.routing import route
from make_api_sandbox.roles import PERMISSIONS, permission_id
from make_api_sandbox.shapes import JsonObject, Row

ROLE = Columns(
    (
        "id",
        "name",
        "identifier",
        "category",
        "subsidiary",
        "managementType",
        "description",
        "permissions",
    ),
    ("organizationId",),
)
CATEGORIES = ("organization", "team")
ENTERPRISE = "Enterprise"
"""Custom roles need this plan; no licence member says so, hence the name of the plan decides."""

CREATE = members(
    name=name_text(),
    category=choice(*CATEGORIES).optional(),
    permissionType=choice(*CATEGORIES).optional(),
    organizationId=identifier(),
    description=text(512).optional().or_null(),
    permissions=list_of(identifier()).optional(),
)
EDIT = members(
    id=identifier().optional(),
    organizationId=identifier(),
    name=name_text().optional(),
    description=text(512).optional().or_null(),
    permissions=list_of(identifier()).optional(),
)
REMOVE = members(id=identifier().optional(), organizationId=identifier())
USERS = "organization users"


@route("GET", "/users/roles", scope="user:read")
def list_roles(call: Call) -> JsonObject:
    """Built-in roles and the custom roles of the organization asked for."""
    category, excluded = call.query("category"), call.query_list("excludeRole")
    only, organization_id = call.query_id("roleId"), _asked_organization(call)
    rows = call.world.rows(
        "SELECT * FROM roles WHERE (organization_id IS NULL OR organization_id = ?)"
        " AND (? IS NULL OR category = ?) AND (? IS NULL OR id = ?) ORDER BY id",
        organization_id,
        category,
        category,
        only,
        only,
    )
    shown = [
        present(row)
        for row in rows
        if row["identifier"] not in excluded and str(row["id"]) not in excluded
    ]
    return {"usersRoles": ROLE.pick_all(shown, call.cols)}


def _asked_organization(call: Call) -> int | None:
    """The organization whose custom roles are meant, directly or through a team."""
    team_id, organization_id = call.query_id("teamId"), call.query_id("organizationId")
    if team_id:
        team = call.world.get("teams", team_id)
        organization_id = team["organization_id"] if team else 0
    if organization_id is not None:
        require_organization(call.world, call.user_id, organization_id, None)
    return organization_id


@route("GET", "/users/roles/permissions", scope="user:read")
def list_permissions(call: Call) -> JsonObject:
    """Everything a role can allow."""
    wanted = call.query("roleCategory")
    if wanted not in (None, *CATEGORIES):
        fault = f"'roleCategory' should be one of: {', '.join(CATEGORIES)}."
        raise invalid_parameters([("roleCategory", fault)])
    known = [_permission(n, c) for n, c in PERMISSIONS.items() if wanted in (None, c)]
    return {"usersRolesPermissions": known}


@route("GET", "/users/roles/{roleId}", scope="user:read")
def get_role(call: Call) -> JsonObject:
    """One role."""
    role = call.world.get("roles", call.path_id("roleId"))
    if role is None:
        raise not_found("Role")
    if role["organization_id"]:
        require_organization(call.world, call.user_id, role["organization_id"], None)
    return {"usersRole": ROLE.pick(present(role), call.cols)}


@route(
    "POST",
    "/users/custom-roles",
    scope="user:write",
    context=body_organization,
    permission=USERS,
    body=CREATE,
)
def create_role(call: Call) -> JsonObject:
    """Make a custom role."""
    body = call.body
    _require_plan(call)
    _refuse_taken(call, body["name"])
    category = body.get("category", body.get("permissionType"))
    if category is None:
        raise invalid_parameters([missing("category")])
    role_id = call.world.insert(
        "roles",
        name=body["name"],
        category=category,
        management_type="custom_managed",
        subsidiary=True,
        description=body.get("description"),
        organization_id=call.organization_id,
        permissions=_names(body.get("permissions", []), category),
    )
    return {"role": _custom(call, role_id)}


@route(
    "PATCH",
    "/users/custom-roles",
    scope="user:write",
    context=body_organization,
    permission=USERS,
    body=EDIT,
)
@route(
    "PATCH",
    "/users/custom-roles/{roleId}",
    scope="user:write",
    context=body_organization,
    permission=USERS,
    body=EDIT,
)
def edit_role(call: Call) -> JsonObject:
    """Change a custom role; a list of permissions replaces the former."""
    role = _own_role(call)
    changes = {n: call.body[n] for n in ("name", "description") if n in call.body}
    if changes.get("name", role["name"]) != role["name"]:
        _refuse_taken(call, changes["name"])
    if "permissions" in call.body:
        changes["permissions"] = _names(call.body["permissions"], role["category"])
    call.world.update("roles", role["id"], **changes)
    return {"role": _custom(call, role["id"])}


@route(
    "DELETE",
    "/users/custom-roles",
    scope="user:write",
    context=body_organization,
    permission=USERS,
    body=REMOVE,
)
@route(
    "DELETE",
    "/users/custom-roles/{roleId}",
    scope="user:write",
    context=body_organization,
    permission=USERS,
    body=REMOVE,
)
def delete_role(call: Call) -> JsonObject:
    """Remove a custom role nobody has."""
    role = _own_role(call)
    holders = call.world.value(
        "SELECT (SELECT count(*) FROM user_team_roles WHERE role_id = ?1)"
        " + (SELECT count(*) FROM user_organization_roles WHERE role_id = ?1)",
        role["id"],
    )
    if holders:
        raise refused(f"The role is assigned to {holders} user(s).")
    call.world.delete("roles", role["id"])
    return {"roleId": role["id"]}


def _require_plan(call: Call) -> None:
    if call.organization["service_name"] != ENTERPRISE:
        raise permission_denied()


def _own_role(call: Call) -> Row:
    _require_plan(call)
    role = call.world.get("roles", _asked_role(call))
    if role is None or role["organization_id"] != call.organization_id:
        raise not_found("Role")
    return role


def _asked_role(call: Call) -> int:
    """The role in the path, or in the body as older clients send it."""
    if "roleId" in call.request.path_params:
        return call.path_id("roleId")
    if "id" not in call.body:
        raise invalid_parameters([missing("id")])
    return call.body["id"]


def _refuse_taken(call: Call, name: str) -> None:
    sql = "SELECT 1 FROM roles WHERE name = ? AND organization_id = ?"
    if call.world.row(sql, name, call.organization_id):
        raise refused(f"A role named '{name}' already exists.")


def _names(ids: list[int], category: str) -> list[str]:
    """Permission names by id, with those they build on.

    Raises:
        ApiError: 400 for ids that are no permission of the category.
    """
    by_id = {permission_id(name): name for name, c in PERMISSIONS.items() if c == category}
    unknown = [id for id in ids if id not in by_id]
    if unknown:
        message = f"There is no {category} permission {unknown[0]}."
        raise ApiError(
            400, "SC400", message, suberrors=[{"name": "permissions", "message": message}]
        )
    return [by_id[id] for id in ids]


def _permission(name: str, category: str) -> JsonObject:
    subject, verb = name.rsplit(" ", 1)
    viewed = f"{subject} view"
    return {
        "id": permission_id(name),
        "name": name,
        "note": f"{verb.capitalize()}: {subject}",
        "category": subject,
        "roleCategory": category,
        "label": name.capitalize(),
        "customRolesHidden": False,
        "requires": [viewed] if viewed in PERMISSIONS and viewed != name else [],
    }


def _custom(call: Call, role_id: int) -> JsonObject:
    role = call.world.rows("SELECT * FROM roles WHERE id = ?", role_id)[0]
    return {
        "id": role["id"],
        "name": role["name"],
        "category": role["category"],
        "managementType": role["management_type"],
        "description": role["description"],
        "permissions": [{"id": permission_id(n), "name": n} for n in role["permissions"]],
    }


def present(row: Row) -> JsonObject:
    """A role as the API lists it."""
    shown = {
        "id": row["id"],
        "name": row["name"],
        "category": row["category"],
        "subsidiary": row["subsidiary"],
        "managementType": row["management_type"],
        "description": row["description"],
        "permissions": row["permissions"],
    }
    if row["identifier"]:
        shown["identifier"] = row["identifier"]
    if row["organization_id"]:
        shown["organizationId"] = row["organization_id"]
    return shown
