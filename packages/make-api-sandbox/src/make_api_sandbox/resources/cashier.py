"""The billing catalogue (API reference, chapter 2.9).

Any token may read it, since no scope is declared. What `relatedPriceId` relates is not documented;
it is for extras, of which none are known, and leaves plans as they are.
"""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import enter_organization
from make_api_sandbox.http.errors import invalid_parameters, not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.products import PRODUCTS, Price, Product, price_of
from make_api_sandbox.shapes import JsonObject

TYPES = ("PLAN", "EXTRA")


def _asked_organization(call: Call) -> None:
    """The organization in the query, when there is one."""
    organization_id = call.query_id("organizationId")
    if organization_id:
        enter_organization(call, organization_id)


@route("GET", "/cashier/products", context=_asked_organization)
def list_products(call: Call) -> JsonObject:
    """Plans and extras for sale; all of them are visible."""
    wanted = call.query("type")
    if wanted not in (None, *TYPES):
        raise invalid_parameters([("type", f"'type' should be one of: {', '.join(TYPES)}.")])
    call.query_flag("includeInvisible")
    call.query_id("relatedPriceId")
    shown = [] if wanted == "EXTRA" else [_product(product) for product in PRODUCTS]
    return {"products": shown}


@route("GET", "/cashier/prices/{priceId}")
def get_price(call: Call) -> JsonObject:
    """One price; its amount is text here."""
    found = price_of(call.path_id("priceId"))
    if found is None:
        raise not_found("Price")
    product, price = found
    return {**_price(price), "price": f"{price.amount:.2f}", "productId": product.id}


def _product(product: Product) -> JsonObject:
    return {
        "id": product.id,
        "name": {"cs": product.name, "en": product.name},
        "description": {"cs": "", "en": product.description},
        "descriptionHover": {"cs": "", "en": ""},
        "additionalInfo": {"cs": [], "en": list(product.facts)},
        "priority": product.id,
        "visible": True,
        "config": product.config,
        "type": "PLAN",
        "comparisonId": product.id,
        "prices": [_price(price) for price in product.prices],
    }


def _price(price: Price) -> JsonObject:
    return {
        "id": price.id,
        "price": price.amount,
        "config": price.config,
        "period": price.period,
        "default": price.default,
        "visible": True,
        "priority": price.priority,
        "currencyCode": price.currency,
    }
