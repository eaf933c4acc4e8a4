"""What an organization pays and with what (API reference, chapter 2.23, billing).

The sandbox takes no money: there are no payments and no payment methods, and whatever would buy,
change or end a subscription is refused as an action that is not allowed (403 `IM001`), after the
caller's role and the input were found to be right. Which subscription an organization has follows
from the name of its plan (module `products`).
"""

from make_api_sandbox.http.body import choice, identifier, mapping, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_organization
from make_api_sandbox.http.errors import ApiError, invalid_parameters, missing, not_found
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.products import price_of, subscribed
from make_api_sandbox.shapes import JsonObject

HOME = "/organizations/{organizationId}"
SUBSCRIPTION = f"{HOME}/subscription"
METHODS = f"{SUBSCRIPTION}/payment-methods"
READ, WRITE, BILLING = "organizations:read", "organizations:write", "organization billing"
PAGING = Paging({"id": "id"})
METHOD_TYPES = (
    ("card", "Card", True),
    ("us_bank_account", "US bank account", False),
)
"""Value, label, and whether it pays for extras, which need an immediate method."""

CUSTOMER = ("email", "name", "isBusiness", "countryId")
"""What must be known of a customer."""

BUY = members(priceId=identifier(), couponCode=text().optional(), customer=mapping())
CHANGE = members(priceId=identifier(), customer=mapping().optional())


@route("GET", f"{HOME}/payments", scope=READ, context=path_organization, permission=BILLING)
def list_payments(call: Call) -> JsonObject:
    """None: nobody pays here."""
    call.page(PAGING)
    return {"payments": []}


@route("GET", SUBSCRIPTION, scope=READ, context=path_organization, permission=BILLING)
def get_subscription(call: Call) -> JsonObject:
    """The plan with its price and the day it is due again."""
    product, price = subscribed(call.organization)
    shown = {
        "id": price.id,
        "price": f"{price.amount:.2f}",
        "currencyCode": price.currency,
        "period": f"1 {price.period}",
    }
    next_bill = call.organization["next_reset"]
    name = product.name.upper() if price.amount == 0 else product.name
    return {"product": {"id": product.id, "name": name, "nextBill": next_bill, "price": shown}}


@route("POST", SUBSCRIPTION, scope=WRITE, context=path_organization, permission=BILLING, body=BUY)
def buy(call: Call) -> JsonObject:
    """Refused, once the order is in order."""
    customer: JsonObject = call.body["customer"]
    faults = [missing(f"customer.{name}") for name in CUSTOMER if name not in customer]
    if faults:
        raise invalid_parameters(faults)
    raise _no_sale(call.body["priceId"])


@route(
    "PATCH", SUBSCRIPTION, scope=WRITE, context=path_organization, permission=BILLING, body=CHANGE
)
def change(call: Call) -> JsonObject:
    """Refused, once the price is known."""
    raise _no_sale(call.body["priceId"])


@route("DELETE", SUBSCRIPTION, scope=WRITE, context=path_organization, permission=BILLING)
def cancel(call: Call) -> JsonObject:
    """Refused: what was not bought cannot be given back."""
    raise _not_allowed()


@route(
    "POST", f"{HOME}/subscription-free", scope=WRITE, context=path_organization, permission=BILLING
)
def change_to_free(call: Call) -> JsonObject:
    """Refused: it would make a customer of the organization."""
    raise _not_allowed()


@route(
    "GET",
    f"{SUBSCRIPTION}/payment-method-types",
    scope=READ,
    context=path_organization,
    permission=BILLING,
)
def list_method_types(call: Call) -> JsonObject:
    """With what one could pay."""
    shown = [
        {
            "value": value,
            "label": label,
            "canBeDefaultForSubscription": True,
            "canBeDefaultForExtras": extras,
        }
        for value, label, extras in METHOD_TYPES
    ]
    return {"paymentMethodTypes": shown}


@route("GET", METHODS, scope=READ, context=path_organization, permission=BILLING)
def list_methods(call: Call) -> JsonObject:
    """None: no card is known here."""
    return {"paymentMethods": [], "pg": call.page(PAGING).echo()}


@route(
    "DELETE",
    f"{METHODS}/{{paymentMethodId}}",
    scope=WRITE,
    context=path_organization,
    permission=BILLING,
)
def delete_method(call: Call) -> JsonObject:
    """There is none to remove."""
    raise not_found("Payment method")


@route(
    "PATCH",
    f"{METHODS}/{{paymentMethodId}}/default",
    scope=WRITE,
    context=path_organization,
    permission=BILLING,
    body=members(target=choice("both", "extras", "subscription").optional()),
)
def prefer_method(call: Call) -> JsonObject:
    """There is none to prefer."""
    raise not_found("Payment method")


def _no_sale(price_id: int) -> ApiError:
    return _not_allowed() if price_of(price_id) else not_found("Price")


def _not_allowed() -> ApiError:
    return ApiError(403, "IM001", "Action is not allowed.", detail="The sandbox takes no payments.")
