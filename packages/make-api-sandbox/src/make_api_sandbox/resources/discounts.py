"""Discounts of an organization (API reference, chapter 2.23, billing).

Make's own people give them, through administration that no ordinary token reaches, so no
organization here has one and there is nothing to redeem or to claim.
"""

from make_api_sandbox.http.body import identifier, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_organization
from make_api_sandbox.http.errors import not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject

DISCOUNT = "/organizations/{organizationId}/universal-discount"
BILLING = "organization billing"


@route("GET", DISCOUNT, scope="organizations:read", context=path_organization, permission=BILLING)
def get_discount(call: Call) -> JsonObject:
    """No discount."""
    return {"universalDiscount": None}


@route(
    "POST",
    f"{DISCOUNT}/claim-cancellation-offer",
    scope="organizations:write",
    context=path_organization,
    permission=BILLING,
)
def claim_offer(call: Call) -> JsonObject:
    """No offer was made."""
    raise not_found("Universal discount")


@route(
    "POST",
    f"{DISCOUNT}/redeem",
    scope="organizations:write",
    context=path_organization,
    permission=BILLING,
    body=members(universalDiscountId=identifier()),
)
def redeem(call: Call) -> JsonObject:
    """There is no such discount."""
    raise not_found("Universal discount")
