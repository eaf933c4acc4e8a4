"""Switches of unfinished features, and domains, of an organization (API reference, 2.23)."""

from make_api_sandbox.http.body import boolean, identifier, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import path_organization, path_team
from make_api_sandbox.http.errors import not_found, plan_required
from make_api_sandbox.http.routing import LicenceGate, route
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

SHOWN = Columns(("id", "name", "label", "description", "tags", "warning_message", "enabled"))


def _feature(id: int, name: str, about: str, tag: str, warning: str) -> JsonObject:
    return {
        "id": id,
        "name": name,
        "label": {"en": name},
        "description": {"en": about},
        "tags": [tag],
        "warning_message": {"en": warning},
    }


FEATURES = (
    _feature(
        1,
        "Advanced Security",
        "Stricter checks of what AI features send and receive.",
        "AI",
        "The checks are made by a language model.",
    ),
    _feature(
        2,
        "Make AI Tools",
        "Modules that summarize, classify and translate texts.",
        "Beta",
        "The feature is in beta and may change.",
    ),
)
"""The two features the reference names; both are off until somebody switches them on."""


@route(
    "GET",
    "/organizations/{organizationId}/feature-controls",
    scope="organizations:read",
    context=path_organization,
)
def list_controls(call: Call) -> JsonObject:
    """The switches of an organization, the latest first."""
    return _listed(call)


@route("GET", "/teams/{teamId}/feature-controls", context=path_team)
def list_controls_for_team(call: Call) -> JsonObject:
    """The switches of the team's organization, which hold for all of its teams."""
    return _listed(call)


def _listed(call: Call) -> JsonObject:
    wanted = call.query("featureControlName")
    every = controls(call.world, call.organization_id or 0)
    found = [one for one in every if wanted in (None, one["name"])]
    shown = SHOWN.pick_all(found, call.cols)
    return {"enableAllControlFeatures": False, "featureControls": shown}


def controls(world: World, organization_id: int) -> list[JsonObject]:
    """Every feature with its state in an organization, the latest first."""
    rows = world.rows(
        "SELECT feature_id, enabled FROM feature_controls WHERE organization_id = ?",
        organization_id,
    )
    state = {row["feature_id"]: row["enabled"] for row in rows}
    return [
        {**feature, "enabled": state.get(feature["id"], False)} for feature in reversed(FEATURES)
    ]


@route(
    "PATCH",
    "/organizations/{organizationId}/feature-controls",
    scope="organizations:write",
    context=path_organization,
    body=members(id=identifier(), enabled=boolean()),
)
def set_control(call: Call) -> JsonObject:
    """Switch a feature on or off.

    Raises:
        ApiError: 404 when there is no such feature.
    """
    feature_id, enabled = call.body["id"], call.body["enabled"]
    if all(feature["id"] != feature_id for feature in FEATURES):
        raise not_found("Feature control")
    call.world.execute(
        "INSERT INTO feature_controls VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET enabled = excluded.enabled",
        call.organization_id,
        feature_id,
        enabled,
    )
    return {"featureControl": {"id": feature_id, "enabled": enabled}}


@route(
    "POST",
    "/organizations/{organizationId}/domains/{organizationDomainId}/verify",
    scope="organizations:write",
    context=path_organization,
    licence=LicenceGate(
        "dedicatedSso", lambda: plan_required("Own domains are not part of the plan.")
    ),
)
def verify_domain(call: Call) -> JsonObject:
    """Refused: the API has no call that adds a domain, so no organization here has one."""
    call.path_id("organizationDomainId")
    raise not_found("Organization domain")
