"""Organizations that another one manages and shares its operations with (API reference, 2.23).

Make Managed Services are a plan of their own. How a parent is told from others is not documented:
here it is an organization whose `serviceName` is `MMS`; any other gets 403. Also chosen: an owner
or admin of the parent acts; transfer follows operations; a child keeps at least 10,000 operations
and a parent cannot give what it does not have; `operationsDiff` is an amount, its direction is
`limitIncreased`.
"""

from make_api_sandbox.http.body import Member, identifier, integer, members, name_text, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_organization
from make_api_sandbox.http.errors import (
    invalid_parameters,
    not_found,
    permission_denied,
    refused,
)
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.enums import list_zones
from make_api_sandbox.resources.teams import BYTES_PER_OPERATION
from make_api_sandbox.roles import OWNER, TEAM_ADMIN
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usage import consumed, period_start_ms

PLAN, CHILD_PLAN = "MMS", "Enterprise"
READ, WRITE = "managed-organizations:read", "managed-organizations:write"
LOOK, MANAGE = "organization view", "organization edit"
PATH = "/organizations/{organizationId}/managed-organizations"
STEP = 10_000
FIRST_ZONES = {1: "eu1.make.com", 2: "us1.make.com"}
"""Where an organization of a region goes."""

PAGING = Paging({"name": "o.name COLLATE NOCASE"})
CHILDREN = (
    "SELECT o.* FROM organizations o JOIN managed_organizations m ON m.child_id = o.id"
    " WHERE m.parent_id = ?"
)


def _operations() -> Member:
    whole = integer(STEP)

    def check(value: object) -> str | None:
        fault = whole.check(value)
        if fault is None and isinstance(value, int) and value % STEP:
            return f"should be a multiple of {STEP}"
        return fault

    return Member(check)


def _parent(call: Call) -> None:
    """The organization in the path, when it manages others."""
    path_organization(call)
    if call.organization["service_name"] != PLAN:
        raise permission_denied()


@route("GET", PATH, scope=READ, context=_parent, permission=LOOK)
def list_children(call: Call) -> JsonObject:
    """The organizations that this one manages."""
    page = call.page(PAGING)
    rows = call.world.rows(CHILDREN + page.slice_sql(tie="o.id"), call.organization_id)
    zones = {zone["domain"]: zone for zone in list_zones(call)["imtZones"]}
    shown = [_present(row, zones[row["zone"]]) for row in rows]
    return {"managedOrganizations": shown, "pg": page.echo()}


def _present(row: Row, zone: JsonObject) -> JsonObject:
    return {
        "organizationId": row["id"],
        "organizationName": row["name"],
        "operationsAllocated": row["license"]["operations"],
        "countryId": row["country_id"],
        "timezoneId": row["timezone_id"],
        "zoneId": zone["id"],
        "zoneDomain": zone["domain"],
        "zoneName": zone["name"],
    }


@route(
    "GET",
    "/organizations/{organizationId}/managed-organizations-consumption",
    scope=READ,
    context=_parent,
    permission=LOOK,
)
def list_consumption(call: Call) -> JsonObject:
    """What every managed organization used in its current period."""
    rows = call.world.rows(CHILDREN + " ORDER BY o.id", call.organization_id)
    return {"managedOrganizationsConsumption": [_consumption(call, row) for row in rows]}


def _consumption(call: Call, row: Row) -> JsonObject:
    used = consumed(call.world, "organization_id", row["id"], period_start_ms(row))
    return {
        "organizationId": row["id"],
        "centicreditsConsumed": str(used["centicredits"]),
        "centicreditsExtra": "0",
        "operationsConsumed": used["operations"],
        "operationsExtra": 0,
        "transferConsumed": str(used["transfer"]),
        "transferExtra": "0",
        "lastReset": row["last_reset"],
    }


@route(
    "POST",
    PATH,
    scope=WRITE,
    context=_parent,
    permission=MANAGE,
    body=members(
        userEmail=text(250, 3),
        userName=name_text(250),
        organizationName=name_text(),
        regionId=identifier(),
        countryId=identifier(),
        operations=_operations(),
    ),
)
def create_child(call: Call) -> JsonObject:
    """Make an organization for a customer, whose owner is the named person."""
    body = call.body
    faults = [] if "@" in body["userEmail"] else [("userEmail", "should match format email")]
    if body["regionId"] not in FIRST_ZONES:
        faults.append(("regionId", "should be one of: 1, 2"))
    if faults:
        raise invalid_parameters([(name, f"'{name}' {fault}.") for name, fault in faults])
    left = _taken_from_parent(call, body["operations"])
    user, existed = _person(call)
    child_id = _child(call, user["id"])
    return {
        "userId": user["id"],
        "userEmail": user["email"],
        "userName": user["name"],
        "userLanguage": user["language"],
        "userExisted": existed,
        "childOrganizationId": child_id,
        "newParentOperations": left,
        "domain": FIRST_ZONES[body["regionId"]],
    }


@route(
    "PATCH",
    PATH + "/{childOrganizationId}",
    scope=WRITE,
    context=_parent,
    permission=MANAGE,
    body=members(operations=_operations()),
)
def allocate(call: Call) -> JsonObject:
    """Give a managed organization more operations, or take some back."""
    sql = CHILDREN + " AND o.id = ?"
    child = call.world.row(sql, call.organization_id, call.path_id("childOrganizationId"))
    if child is None:
        raise not_found("Organization")
    wanted, had = call.body["operations"], child["license"]["operations"]
    left = _taken_from_parent(call, wanted - had)
    call.world.update("organizations", child["id"], license=_sized(child["license"], wanted))
    return {
        "newParentOperations": left,
        "newChildOperations": wanted,
        "operationsDiff": abs(wanted - had),
        "limitIncreased": wanted > had,
    }


def _taken_from_parent(call: Call, operations: int) -> int:
    """Take operations from the parent's licence and return what is left of them."""
    left = call.license.get("operations", 0) - operations
    if left < 0:
        raise refused("The organization does not have as many operations to allocate.")
    call.world.update("organizations", call.organization["id"], license=_sized(call.license, left))
    return left


def _sized(license: JsonObject, operations: int) -> JsonObject:
    transfer = int(operations * BYTES_PER_OPERATION)
    return {**license, "operations": operations, "transfer": transfer}


def _person(call: Call) -> tuple[Row, bool]:
    """The account behind the address, a new one if need be, and whether it was there."""
    email = call.body["userEmail"]
    known = call.world.row("SELECT * FROM users WHERE lower(email) = lower(?)", email)
    if known:
        return known, True
    user_id = call.world.insert("users", email=email, name=call.body["userName"])
    return call.world.rows("SELECT * FROM users WHERE id = ?", user_id)[0], False


def _child(call: Call, user_id: int) -> int:
    parent, body, world = call.organization, call.body, call.world
    child_id = world.insert(
        "organizations",
        name=body["organizationName"],
        zone=FIRST_ZONES[body["regionId"]],
        timezone_id=parent["timezone_id"],
        country_id=body["countryId"],
        license=_sized(parent["license"], body["operations"]),
        service_name=CHILD_PLAN,
        created=call.clock.stamp(),
        last_reset=call.clock.stamp(),
        next_reset=parent["next_reset"],
    )
    team_id = world.insert("teams", organization_id=child_id, name="My Team")
    world.insert("managed_organizations", child_id=child_id, parent_id=parent["id"])
    world.insert(
        "user_organization_roles", user_id=user_id, organization_id=child_id, role_id=OWNER
    )
    world.insert(
        "user_team_roles",
        user_id=user_id,
        team_id=team_id,
        role_id=TEAM_ADMIN,
        changeable=False,
    )
    return child_id
