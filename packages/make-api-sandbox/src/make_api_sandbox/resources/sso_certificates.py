"""Certificates of single sign-on (API reference, chapter 2.23).

No call of the API makes one: Make does when an organization sets up single sign-on. Not
documented, and chosen: without the licence the answer is 402.
"""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_organization
from make_api_sandbox.http.errors import invalid_parameters, missing, plan_required
from make_api_sandbox.http.routing import LicenceGate, route
from make_api_sandbox.shapes import JsonObject, Row

SAML = "saml"
LICENSED = LicenceGate(
    "dedicatedSso", lambda: plan_required("Single sign-on is not part of the plan.")
)


@route(
    "GET",
    "/organizations/{organizationId}/sso-certificates",
    scope="organizations:read",
    context=path_organization,
    licence=LICENSED,
)
def list_certificates(call: Call) -> JsonObject:
    """The certificates of one kind, the latest first; the only kind is `saml`."""
    kind = call.query("type")
    if kind is None:
        raise invalid_parameters([missing("type")])
    if kind != SAML:
        raise invalid_parameters([("type", f"'type' should be one of: {SAML}.")])
    rows = call.world.rows(
        "SELECT * FROM sso_certificates WHERE organization_id = ? AND type = ? ORDER BY id DESC",
        call.organization_id,
        kind,
    )
    return {"ssoCertificates": [_present(call, row) for row in rows]}


def sign_on(call: Call) -> str | None:
    """How people sign on to the organization in context: `saml2`, or None without it."""
    if not call.license.get(LICENSED.member):
        return None
    active = call.world.row(
        "SELECT 1 FROM sso_certificates WHERE organization_id = ? AND type = ?"
        " AND (deactivation_date IS NULL OR deactivation_date > ?)",
        call.organization_id,
        SAML,
        call.clock.stamp(),
    )
    return "saml2" if active else None


def _present(call: Call, row: Row) -> JsonObject:
    ends: str | None = row["deactivation_date"]
    return {
        "id": row["id"],
        "type": row["type"],
        "validFrom": row["valid_from"],
        "validTo": row["valid_to"],
        "certificate": row["certificate"],
        "status": "active" if ends is None or ends > call.clock.stamp() else "inactive",
        "deactivationDate": ends,
    }
