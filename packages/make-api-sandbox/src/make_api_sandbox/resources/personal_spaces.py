"""Private spaces under their earlier name (API reference, chapter 2.34).

The same spaces as in module `private_spaces`, with `personalSpace…` for `privateSpace…`. Not
documented, and chosen: one space a person and organization; a limit is changed with the same body
as there.
"""

from functools import partial

from make_api_sandbox.http.body import identifier, integer, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_organization
from make_api_sandbox.http.errors import ApiError, not_found, refused
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources import private_spaces
from make_api_sandbox.resources.private_spaces import (
    BASE,
    COUNTERS,
    LIMITS,
    REST,
    SET_LIMIT,
    ordered,
    refuse_when_off,
    require_governing,
    set_limit,
    spaces_of_organization,
    visible_spaces,
)
from make_api_sandbox.roles import TEAM_ADMIN
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

READ, WRITE = "teams:read", "teams:write"
PAGING = Paging({"name": "name COLLATE NOCASE"})


def _renamed(name: str) -> str:
    return name.replace("privateSpace", "personalSpace")


SPACE = Columns(tuple(map(_renamed, BASE)), (*LIMITS, *COUNTERS, *REST))
CHANGED = (*SPACE.default, *REST, *LIMITS)
ONE = partial(private_spaces.one_space, "personalSpaceId")


def _body_organization(call: Call) -> None:
    body_organization(call)
    refuse_when_off(call)


@route("GET", "/personal-spaces", scope=READ, context=spaces_of_organization, permission="")
def list_spaces(call: Call) -> JsonObject:
    """The personal spaces of an organization that the caller sees."""
    page = call.page(PAGING)
    shown = [present(call.world, row) for row in ordered(visible_spaces(call), page.direction)]
    return {"personalSpaces": SPACE.pick_all(page.cut(shown), call.cols), "pg": page.echo()}


@route(
    "POST",
    "/personal-spaces",
    scope=WRITE,
    context=_body_organization,
    permission="",
    body=members(
        organizationId=identifier(), userId=identifier(), operationsLimit=integer(0).or_null()
    ),
)
def create_space(call: Call) -> JsonObject:
    """Give a person of the organization a space of their own.

    Raises:
        ApiError: 404 for a stranger, 400 for a person who has a space already.
    """
    require_governing(call)
    user = _member(call, call.body["userId"])
    if any(row["extra"].get("owner") == user["id"] for row in visible_spaces(call)):
        raise refused("The user has a personal space already.")
    space_id = call.world.insert(
        "teams",
        organization_id=call.organization_id,
        name=f"{user['name']}'s personal space",
        operations_limit=call.body["operationsLimit"],
        is_private=True,
        extra={"owner": user["id"]},
    )
    call.world.insert(
        "user_team_roles",
        user_id=user["id"],
        team_id=space_id,
        role_id=TEAM_ADMIN,
        changeable=False,
    )
    shown = present(call.world, call.world.get("teams", space_id) or {})
    return {"personalSpace": {name: shown[name] for name in CHANGED}}


def _member(call: Call, user_id: int) -> Row:
    row = call.world.row(
        "SELECT u.* FROM users u JOIN user_organization_roles m ON m.user_id = u.id"
        " WHERE u.id = ? AND m.organization_id = ? AND m.invitation IS NULL",
        user_id,
        call.organization_id,
    )
    if row is None:
        raise not_found("User")
    return row


@route("GET", "/personal-spaces/{personalSpaceId}", scope=READ, context=ONE, permission="")
def get_space(call: Call) -> JsonObject:
    """One personal space."""
    return {"personalSpace": SPACE.pick(present(call.world, call.entity), call.cols)}


@route(
    "PATCH",
    "/personal-spaces/{personalSpaceId}",
    scope=WRITE,
    context=ONE,
    permission="",
    body=SET_LIMIT,
)
def limit_space(call: Call) -> JsonObject:
    """Set how many operations a space may use."""
    set_limit(call)
    shown = present(call.world, call.entity)
    return {"personalSpace": {name: shown[name] for name in CHANGED}}


@route("DELETE", "/personal-spaces/{personalSpaceId}", scope=WRITE, context=ONE, permission="")
def delete_space(call: Call) -> JsonObject:
    """Remove a space with everything in it; always asks for confirmation.

    Raises:
        ApiError: 406 that names the active scenarios of the space.
    """
    require_governing(call)
    if not call.confirmed:
        raise _unconfirmed(call)
    call.world.delete("teams", call.entity["id"])
    return {"personalSpaceId": call.entity["id"]}


def _unconfirmed(call: Call) -> ApiError:
    active = call.world.rows(
        "SELECT id AS scenarioId, name AS scenarioName FROM scenarios"
        " WHERE team_id = ? AND is_active = 1 ORDER BY id",
        call.entity["id"],
    )
    metadata: list[JsonObject] = [{"type": "deletePersonalSpace"}]
    if active:
        metadata.append({"type": "deletePersonalSpaceWithActiveScenarios", "data": active})
    return ApiError(406, "IM004", "Confirmation required.", metadata=metadata)


def present(world: World, row: Row) -> JsonObject:
    """A personal space with all its columns; its credits are a number here."""
    shown = private_spaces.present(world, row)
    credits = int(shown["consumedCenticredits"])
    return {_renamed(name): value for name, value in shown.items()} | {
        "consumedCenticredits": credits
    }
