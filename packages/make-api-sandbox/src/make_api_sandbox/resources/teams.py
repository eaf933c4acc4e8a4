"""Teams, the workspaces of an organization (API reference, chapter 2.31)."""

from make_api_sandbox.http.access import governs, organization_role
from make_api_sandbox.http.body import anything, identifier, integer, members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_organization, path_team, query_organization
from make_api_sandbox.http.errors import invalid_parameters, refused
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.roles import TEAM_ADMIN
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usage import consumed, daily, organization_zone, period_start_ms
from make_api_sandbox.world import World

TEAM = Columns(
    ("id", "name", "organizationId", "globalAgentsEnabled"),
    (
        "activeScenarios",
        "activeApps",
        "operations",
        "transfer",
        "centicredits",
        "operationsLimit",
        "transferLimit",
        "consumedOperations",
        "consumedTransfer",
        "consumedCenticredits",
        "isPaused",
        "scenarioDrafts",
    ),
)
CREATED = (
    "id",
    "name",
    "organizationId",
    "operationsLimit",
    "transferLimit",
    "consumedOperations",
    "consumedTransfer",
    "isPaused",
    "globalAgentsEnabled",
)
PAGING = Paging({"name": "name COLLATE NOCASE"})
BYTES_PER_OPERATION = 536_870_912 / 1000
"""The plan's ratio of transfer to operations, by which `transferLimit` follows."""

CREATE = members(
    name=name_text(),
    organizationId=identifier(),
    operationsLimit=integer(0).optional().or_null(),
)
EDIT = members(name=name_text().optional(), operationsLimit=integer(0).optional().or_null())
MODELS = tuple(
    f"{use}{what}"
    for use in ("aiMapping", "aiToolkit")
    for what in ("AccountId", "ModelName", "BuiltinTier")
)
TIERS = ("small", "medium", "large", None)
SET_MODELS = members(**{name: anything().optional().or_null() for name in MODELS})


@route("GET", "/teams", scope="teams:read", context=query_organization, permission="")
def list_teams(call: Call) -> JsonObject:
    """The teams of an organization; those who govern it see all, others their own."""
    page = call.page(PAGING)
    sees_all = governs(organization_role(call.world, call.user_id, call.organization["id"]))
    rows = call.world.rows(
        "SELECT * FROM teams WHERE organization_id = ? AND (? OR is_private = 0)"
        " AND (? OR id IN (SELECT team_id FROM user_team_roles WHERE user_id = ?))"
        + page.slice_sql(),
        call.organization_id,
        call.query_flag("includePrivateSpaces") is True,
        sees_all,
        call.user_id,
    )
    teams = TEAM.pick_all([present(call.world, row) for row in rows], call.cols)
    return {"teams": teams, "pg": page.echo()}


@route(
    "POST",
    "/teams",
    scope="teams:write",
    context=body_organization,
    permission="company add",
    body=CREATE,
)
def create_team(call: Call) -> JsonObject:
    """Make a team whose admin is the caller, within `license.teams`."""
    _refuse_above_licence(call)
    team_id = call.world.insert(
        "teams",
        organization_id=call.organization_id,
        name=call.body["name"],
        operations_limit=call.body.get("operationsLimit"),
    )
    call.world.insert(
        "user_team_roles",
        user_id=call.user_id,
        team_id=team_id,
        role_id=TEAM_ADMIN,
        changeable=False,
    )
    shown = present(call.world, call.world.rows("SELECT * FROM teams WHERE id = ?", team_id)[0])
    role = {"usersRoleId": TEAM_ADMIN, "userId": call.user_id, "teamId": team_id}
    return {
        "team": {name: shown[name] for name in CREATED},
        "userTeamRole": {**role, "changeable": False, "ssoPending": False},
    }


def _refuse_above_licence(call: Call) -> None:
    limit = call.license.get("teams")
    count = call.world.value(
        "SELECT count(*) FROM teams WHERE organization_id = ? AND is_private = 0",
        call.organization_id,
    )
    if limit is not None and count >= limit:
        raise refused(f"The license allows {limit} team(s); all are in use.")


@route("GET", "/teams/{teamId}", scope="teams:read", context=path_team)
def get_team(call: Call) -> JsonObject:
    """One team."""
    return {"team": TEAM.pick(present(call.world, _team(call)), call.cols)}


@route("PATCH", "/teams/{teamId}", scope="teams:write", context=path_team, body=EDIT)
def edit_team(call: Call) -> JsonObject:
    """Change the name or the share of operations."""
    columns = {"name": "name", "operationsLimit": "operations_limit"}
    changes = {columns[name]: value for name, value in call.body.items()}
    call.world.update("teams", call.team_id or 0, **changes)
    return get_team(call)


@route("DELETE", "/teams/{teamId}", scope="teams:write", context=path_team)
def delete_team(call: Call) -> JsonObject:
    """Remove a team with everything in it; always asks for confirmation."""
    active = call.world.rows(
        "SELECT id AS scenarioId, name AS scenarioName FROM scenarios"
        " WHERE team_id = ? AND is_active = 1 ORDER BY id",
        call.team_id,
    )
    call.confirm("deleteTeamWithActiveScenarios" if active else "deleteTeam", active)
    call.world.delete("teams", call.team_id or 0)
    return {"team": call.team_id}


@route("GET", "/teams/{teamId}/usage", scope="teams:read", context=path_team)
def get_team_usage(call: Call) -> JsonObject:
    """Usage by day over the last 30 days."""
    zone = organization_zone(call.organization) if call.query_flag("organizationTimezone") else None
    return {"data": daily(call.world, "team_id", call.team_id or 0, zone)}


@route("GET", "/teams/{teamId}/llm-configuration", scope="teams:read", context=path_team)
def get_models(call: Call) -> JsonObject:
    """Which language models the team's AI features use."""
    return _present_models(_team(call))


@route(
    "PATCH",
    "/teams/{teamId}/llm-configuration",
    scope="teams:write",
    context=path_team,
    body=SET_MODELS,
)
def set_models(call: Call) -> JsonObject:
    """Choose language models; at least one member is needed."""
    if not call.body:
        raise invalid_parameters([(name, f"One of '{name}' is needed.") for name in MODELS])
    tiers = [name for name in call.body if name.endswith("Tier") and call.body[name] not in TIERS]
    if tiers:
        raise invalid_parameters([(n, f"'{n}' should be small, medium or large.") for n in tiers])
    team = _team(call)
    call.world.update(
        "teams", team["id"], extra={**team["extra"], "llm": _models(team) | call.body}
    )
    return _present_models(_team(call))


def _models(team: Row) -> JsonObject:
    empty: JsonObject = dict.fromkeys(MODELS)
    return empty | team["extra"].get("llm", {})


def _present_models(team: Row) -> JsonObject:
    chosen = _models(team)
    return {**chosen, "aiMappingBuiltinTierInfo": None, "aiToolkitBuiltinTierInfo": None}


def _team(call: Call) -> Row:
    return call.world.rows("SELECT * FROM teams WHERE id = ?", call.team_id)[0]


def present(world: World, row: Row) -> JsonObject:
    """A team with all its columns."""
    organization = world.rows(
        "SELECT last_reset FROM organizations WHERE id = ?", row["organization_id"]
    )[0]
    used = consumed(world, "team_id", row["id"], period_start_ms(organization))
    ever = consumed(world, "team_id", row["id"], 0)
    active = world.rows(
        "SELECT used_packages FROM scenarios WHERE team_id = ? AND is_active = 1", row["id"]
    )
    limit = row["operations_limit"]
    return {
        "id": row["id"],
        "name": row["name"],
        "organizationId": row["organization_id"],
        "globalAgentsEnabled": row["global_agents_enabled"],
        "activeScenarios": len(active),
        "activeApps": len({name for one in active for name in one["used_packages"]}),
        "operations": str(ever["operations"]),
        "transfer": str(ever["transfer"]),
        "centicredits": str(ever["centicredits"]),
        "operationsLimit": limit,
        "transferLimit": None if limit is None else str(int(limit * BYTES_PER_OPERATION)),
        "consumedOperations": used["operations"],
        "consumedTransfer": str(used["transfer"]),
        "consumedCenticredits": used["centicredits"],
        "isPaused": row["is_paused"],
        "scenarioDrafts": False,
    }
