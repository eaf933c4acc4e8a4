"""Private spaces, teams of one person (API reference, chapter 2.25).

A space is a team whose `extra.owner` is its person. The feature belongs to the Enterprise plan
here; others are told that it is off. Not documented, and chosen: those who govern the organization
see all spaces and set their limits, others see their own; lifting the limit above the consumption
lets a paused space go on.
"""

from make_api_sandbox.http.access import governs, organization_role
from make_api_sandbox.http.body import integer, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import query_organization
from make_api_sandbox.http.errors import insufficient_rights, not_found, refused
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources import teams
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

PLAN = "Enterprise"
OWNER = ("privateSpaceOwnerName", "privateSpaceOwnerEmail", "privateSpaceOwnerId")
LIMITS = (
    "operationsLimit",
    "transferLimit",
    "consumedOperations",
    "consumedTransfer",
    "isPaused",
    "consumedCenticredits",
)
COUNTERS = ("operations", "transfer", "centicredits")
BASE = ("id", "name", "organizationId", "globalAgentsEnabled", "type", *OWNER)
REST = ("deleted", "externalId")
LISTED = Columns((*BASE, *LIMITS), REST)
DETAIL = Columns((*BASE, *LIMITS, *COUNTERS), REST)
CHANGED = (*BASE, *LIMITS, *REST)
PAGING = Paging({"name": "name COLLATE NOCASE"}, limit=100)
SET_LIMIT = members(operationsLimit=integer(0).or_null())


def spaces_of_organization(call: Call) -> None:
    """The organization in the query, when it has private spaces."""
    query_organization(call)
    refuse_when_off(call)


def one_space(member: str, call: Call) -> None:
    """The space in the path; `call.entity` is its row.

    Args:
        member: The path member that holds its id.
        call: Whose.
    """
    row = call.world.get("teams", call.path_id(member))
    if row is None or not row["is_private"] or not _sees(call, row):
        raise not_found("Private space")
    call.team_id, call.organization_id = row["id"], row["organization_id"]
    call.entity = row
    refuse_when_off(call)


def _one(call: Call) -> None:
    one_space("privateSpaceId", call)


def _sees(call: Call, row: Row) -> bool:
    role = organization_role(call.world, call.user_id, row["organization_id"])
    return governs(role) or row["extra"].get("owner") == call.user_id


def refuse_when_off(call: Call) -> None:
    """Refuse with 400 `IM903` unless the organization in context has private spaces."""
    if call.organization["service_name"] != PLAN:
        raise refused("Private spaces are not enabled.", "IM903")


def require_governing(call: Call) -> None:
    """Refuse with 403 `IM002` whoever does not govern the organization in context."""
    if not governs(organization_role(call.world, call.user_id, call.organization["id"])):
        raise insufficient_rights()


@route("GET", "/private-spaces", scope="private-spaces:read", context=spaces_of_organization)
def list_spaces(call: Call) -> JsonObject:
    """The private spaces of an organization that the caller sees."""
    page = call.page(PAGING)
    rows = visible_spaces(call)
    shown = [present(call.world, row) for row in ordered(rows, page.direction)]
    return {"privateSpaces": LISTED.pick_all(page.cut(shown), call.cols), "pg": page.echo()}


@route("GET", "/private-spaces/{privateSpaceId}", scope="private-spaces:read", context=_one)
def get_space(call: Call) -> JsonObject:
    """One private space."""
    return {"privateSpace": DETAIL.pick(present(call.world, call.entity), call.cols)}


@route(
    "PATCH",
    "/private-spaces/{privateSpaceId}",
    scope="private-spaces:write",
    context=_one,
    body=SET_LIMIT,
)
def limit_space(call: Call) -> JsonObject:
    """Set how many operations a space may use; the answer shows the transfer as a number."""
    set_limit(call)
    shown = present(call.world, call.entity)
    transfer = shown["transferLimit"]
    shown["transferLimit"] = None if transfer is None else int(transfer)
    return {"privateSpace": {name: shown[name] for name in CHANGED}}


def set_limit(call: Call) -> None:
    """Set the limit of the space in context from the body.

    Raises:
        ApiError: 403 for callers who do not govern the organization, 406 for a limit below what
            was consumed, which pauses the space.
    """
    require_governing(call)
    limit: int | None = call.body["operationsLimit"]
    consumed: int = teams.present(call.world, call.entity)["consumedOperations"]
    pauses = limit is not None and limit < consumed
    if pauses:
        call.confirm("setOperationsLimitBelowConsumption")
    call.world.update("teams", call.entity["id"], operations_limit=limit, is_paused=pauses)
    call.entity = call.world.get("teams", call.entity["id"]) or {}


def visible_spaces(call: Call) -> list[Row]:
    """The spaces of the organization in context that the caller sees, by id."""
    external_id = call.query("externalId")
    wanted = _seen_spaces(call)
    return [row for row in wanted if external_id in (None, row["extra"].get("externalId"))]


def _seen_spaces(call: Call) -> list[Row]:
    rows = call.world.rows(
        "SELECT * FROM teams WHERE organization_id = ? AND is_private = 1 ORDER BY id",
        call.organization_id,
    )
    return [row for row in rows if _sees(call, row)]


def named_spaces(call: Call) -> list[JsonObject]:
    """The spaces that the detail of an organization names; none while the feature is off.

    Whoever governs the organization has `hasAdminVisibility`, which is not documented.
    """
    if call.organization["service_name"] != PLAN:
        return []
    role = organization_role(call.world, call.user_id, call.organization["id"])
    return [
        {
            "id": row["id"],
            "name": row["name"],
            "isOwner": row["extra"].get("owner") == call.user_id,
            "hasAdminVisibility": governs(role),
        }
        for row in _seen_spaces(call)
    ]


def ordered(rows: list[Row], direction: str) -> list[Row]:
    """Spaces by name, then id."""
    return sorted(
        rows, key=lambda row: (row["name"].lower(), row["id"]), reverse=direction == "desc"
    )


def present(world: World, row: Row) -> JsonObject:
    """A private space with all its columns."""
    team = teams.present(world, row)
    owner = world.get("users", row["extra"].get("owner", 0)) or {}
    return {
        **{name: team[name] for name in (*BASE[:4], *LIMITS, *COUNTERS)},
        "type": "personal",
        "privateSpaceOwnerName": owner.get("name"),
        "privateSpaceOwnerEmail": owner.get("email"),
        "privateSpaceOwnerId": owner.get("id"),
        "consumedCenticredits": str(team["consumedCenticredits"]),
        "deleted": False,
        "externalId": row["extra"].get("externalId"),
    }
