"""Organizations (API reference, chapter 2.23)."""

import re

from make_api_sandbox.http.access import organization_role
from make_api_sandbox.http.body import Member, boolean, identifier, members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import path_organization
from make_api_sandbox.http.errors import (
    insufficient_rights,
    invalid_parameters,
    missing,
    permission_denied,
    plan_required,
)
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.feature_controls import controls
from make_api_sandbox.resources.private_spaces import named_spaces
from make_api_sandbox.resources.sso_certificates import sign_on
from make_api_sandbox.roles import ORGANIZATION_PERMISSIONS, TEAM_PERMISSIONS
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usage import consumed, daily, organization_zone, period_start_ms
from make_api_sandbox.world import World

LISTED = Columns(
    ("id", "name", "timezoneId", "zone"),
    (
        "countryId",
        "license",
        "serviceName",
        "teams",
        "isPaused",
        "externalId",
        "productName",
        "tfaEnforced",
    ),
)
PAGING = Paging({"name": "o.name COLLATE NOCASE"})
NAME_FORM = re.compile(r"[^\W_]([\w\s'\-.()*+,@/]*[\w'\-.()*+,@/])?|[\w'\-.()*+,@/]+")


def _name() -> Member:
    length = name_text()

    def check(value: object) -> str | None:
        fault = length.check(value)
        if fault is None and not NAME_FORM.fullmatch(str(value)):
            return "should hold letters, digits, spaces and ' - . ( ) * + , @ _ / only"
        return fault

    return Member(check)


EDIT = members(
    name=_name().optional(),
    timezoneId=identifier().optional(),
    countryId=identifier().optional(),
)
EDITED = {"name": "name", "timezoneId": "timezone_id", "countryId": "country_id"}


@route("GET", "/organizations", scope="organizations:read")
def list_organizations(call: Call) -> JsonObject:
    """The organizations the caller belongs to."""
    page = call.page(PAGING)
    rows = call.world.rows(
        "SELECT o.* FROM organizations o JOIN user_organization_roles m"
        " ON m.organization_id = o.id AND m.user_id = ? AND m.invitation IS NULL"
        " WHERE (? IS NULL OR o.zone = ?) AND (? IS NULL OR o.external_id = ?)"
        + page.slice_sql(tie="o.id"),
        call.user_id,
        *(call.query("zone"), call.query("zone")),
        *(call.query("externalId"), call.query("externalId")),
    )
    shown = [present(call.world, row) for row in rows]
    return {"organizations": LISTED.pick_all(shown, call.cols), "pg": page.echo()}


@route(
    "GET",
    "/organizations/{organizationId}",
    scope="organizations:read",
    context=path_organization,
)
def get_organization(call: Call) -> JsonObject:
    """One organization with its licence and what it used of it."""
    shown = present(call.world, call.organization)
    features = {
        "privateSpaces": named_spaces(call),
        "ssoType": sign_on(call),
        "featureControls": [
            {"name": one["name"], "enabled": one["enabled"]}
            for one in controls(call.world, call.organization["id"])
        ],
    }
    return {"organization": shown | consumption(call.world, call.organization) | features}


@route(
    "PATCH",
    "/organizations/{organizationId}",
    scope="organizations:write",
    context=path_organization,
    body=EDIT,
)
def edit_organization(call: Call) -> JsonObject:
    """Change name, time zone or country."""
    changes = {EDITED[name]: value for name, value in call.body.items()}
    call.world.update("organizations", call.organization["id"], **changes)
    row = call.world.rows("SELECT * FROM organizations WHERE id = ?", call.organization_id)[0]
    return {"organization": present(call.world, row)}


@route("POST", "/organizations", scope=("organizations:write", "admin:write"))
def create_organization(call: Call) -> JsonObject:
    """Refused: only administrators of white-label instances create organizations."""
    raise permission_denied()


@route(
    "DELETE",
    "/organizations/{organizationId}",
    scope="organizations:write",
    context=path_organization,
)
def delete_organization(call: Call) -> JsonObject:
    """Remove an organization and its teams; active scenarios ask for confirmation."""
    active = call.world.rows(
        "SELECT s.id AS scenarioId, s.name AS scenarioName FROM scenarios s"
        " JOIN teams t ON t.id = s.team_id WHERE t.organization_id = ? AND s.is_active = 1"
        " ORDER BY s.id",
        call.organization_id,
    )
    if active:
        call.confirm("deleteOrganizationWithActiveScenarios", active)
    call.world.delete("organizations", call.organization["id"])
    return {"organization": call.organization_id}


@route(
    "GET",
    "/organizations/{organizationId}/usage",
    scope="organizations:read",
    context=path_organization,
)
def get_organization_usage(call: Call) -> JsonObject:
    """Usage by day over the last 30 days."""
    zone = organization_zone(call.organization) if call.query_flag("organizationTimezone") else None
    return {"data": daily(call.world, "organization_id", call.organization["id"], zone)}


@route("GET", "/organizations/{organizationId}/check-team-permission", context=path_organization)
def check_team_permission(call: Call) -> JsonObject:
    """Whether the caller holds a permission in some team of the organization."""
    wanted = call.query("teamPermission")
    if wanted is None:
        raise invalid_parameters([missing("teamPermission")])
    if wanted not in (*TEAM_PERMISSIONS, *ORGANIZATION_PERMISSIONS):
        raise invalid_parameters([("teamPermission", f"Unknown permission '{wanted}'.")])
    return {"hasPermission": _holds(call, wanted)}


def _holds(call: Call, wanted: str) -> bool:
    above = organization_role(call.world, call.user_id, call.organization["id"])
    rows = call.world.rows(
        "SELECT r.permissions FROM user_team_roles m JOIN roles r ON r.id = m.role_id"
        " JOIN teams t ON t.id = m.team_id WHERE m.user_id = ? AND t.organization_id = ?",
        call.user_id,
        call.organization_id,
    )
    governs = above is not None and "organization teams" in above["permissions"]
    return governs or any(wanted in row["permissions"] for row in rows)


@route(
    "PATCH",
    "/organizations/{organizationId}/tfa-enforcement",
    scope="organizations:write",
    context=path_organization,
    body=members(enable=boolean()),
)
def enforce_second_factor(call: Call) -> JsonObject:
    """Ask everybody for a second factor; the plans up to Pro cannot."""
    if call.organization["service_name"] in ("Free", "Core", "Pro"):
        raise plan_required("For TFA enforcement feature upgrade your plan.")
    own = organization_role(call.world, call.user_id, call.organization["id"])
    if own is None or "organization transfer" not in own["permissions"]:
        raise insufficient_rights()
    call.world.update("organizations", call.organization["id"], tfa_enforced=call.body["enable"])
    return {"organization": {"tfaEnforced": call.body["enable"]}}


def present(world: World, row: Row) -> JsonObject:
    """An organization as the API shows it, without what it used."""
    teams = world.rows(
        "SELECT id, name FROM teams WHERE organization_id = ? AND is_private = 0 ORDER BY name, id",
        row["id"],
    )
    return {
        "id": row["id"],
        "name": row["name"],
        "timezoneId": row["timezone_id"],
        "zone": row["zone"],
        "countryId": row["country_id"],
        "license": row["license"],
        "serviceName": row["service_name"],
        "isPaused": row["is_paused"],
        "externalId": row["external_id"],
        "productName": row["service_name"],
        "tfaEnforced": row["tfa_enforced"],
        "teams": teams,
    }


def consumption(world: World, row: Row) -> JsonObject:
    """What only the detail of an organization shows: use in the period, and what is left."""
    used = consumed(world, "organization_id", row["id"], period_start_ms(row))
    license = row["license"]
    bought = license.get("operations", 0)
    active = world.rows(
        "SELECT s.used_packages FROM scenarios s JOIN teams t ON t.id = s.team_id"
        " WHERE t.organization_id = ? AND s.is_active = 1",
        row["id"],
    )
    return {
        "solutionPartnerLink": None,
        "sharedScenarioPartnerCode": None,
        "createdAt": row["created"],
        "lastReset": row["last_reset"],
        "nextReset": row["next_reset"],
        "operations": str(used["operations"]),
        "transfer": str(used["transfer"]),
        "centicreditsConsumed": str(used["centicredits"]),
        "operationsExt": "0",
        "transferExt": "0",
        "centicreditsExtra": "0",
        "unusedOperations": str(max(0, bought - used["operations"])),
        "unusedTransfer": str(max(0, license.get("transfer", 0) - used["transfer"])),
        "unusedCenticredits": str(max(0, bought * 100 - used["centicredits"])),
        "autoPurchasingActivated": False,
        "autoPurchaseInProgress": False,
        "features": {},
        "activeApps": len({name for one in active for name in one["used_packages"]}),
        "activeScenarios": len(active),
    }
