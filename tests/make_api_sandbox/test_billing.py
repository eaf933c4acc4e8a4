"""The catalogue, subscriptions, payments and discounts."""

from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.roles import MEMBER
from make_api_sandbox.seed.people import ACCOUNTANT

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

HOME = "/organizations/1"
CUSTOMER = {"email": "b@b.example", "name": "Berg", "isBusiness": True, "countryId": 1}
READS = (
    "payments",
    "subscription",
    "subscription/payment-method-types",
    "subscription/payment-methods",
    "universal-discount",
)
WRITES: tuple[tuple[str, str, Any, int, str], ...] = (
    ("POST", "subscription", {"priceId": 10, "customer": CUSTOMER}, 403, "IM001"),
    ("POST", "subscription", {"priceId": 77, "customer": CUSTOMER}, 404, "SC404"),
    ("POST", "subscription", {"priceId": 10, "customer": {}}, 400, "SC400"),
    ("POST", "subscription", {"customer": CUSTOMER}, 400, "SC400"),
    ("PATCH", "subscription", {"priceId": 10}, 403, "IM001"),
    ("DELETE", "subscription", None, 403, "IM001"),
    ("POST", "subscription-free", None, 403, "IM001"),
    ("DELETE", "subscription/payment-methods/pm_1", None, 404, "SC404"),
    ("PATCH", "subscription/payment-methods/pm_1/default", {"target": "extras"}, 404, "SC404"),
    ("PATCH", "subscription/payment-methods/pm_1/default", {"target": "none"}, 400, "SC400"),
    ("POST", "universal-discount/claim-cancellation-offer", None, 404, "SC404"),
    ("POST", "universal-discount/redeem", {"universalDiscountId": 1}, 404, "SC404"),
    ("POST", "universal-discount/redeem", {}, 400, "SC400"),
)


async def test_the_catalogue_lists_the_free_plan_with_its_licence(studio: "Studio") -> None:
    products = (await studio.get("/cashier/products"))["products"]
    free = products[0]
    assert (free["id"], free["name"]["en"], free["type"]) == (1, "Free", "PLAN")
    assert free["config"]["scenarios"] == 2
    assert free["prices"][0]["price"] == 0
    assert free["prices"][0]["config"]["operations"] == 1000
    assert (await studio.get("/cashier/products", type="EXTRA"))["products"] == []
    assert (await studio.call("GET", "/cashier/products", type="GIFT")).status_code == 400
    foreign = await studio.call("GET", "/cashier/products", organizationId=2)
    assert foreign.status_code == 403


async def test_a_price_is_text_on_its_own_and_a_number_in_the_list(studio: "Studio") -> None:
    price = await studio.get("/cashier/prices/10")
    assert price == {
        "id": 10,
        "productId": 4,
        "price": "86.00",
        "currencyCode": "USD",
        "period": "month",
        "priority": 5,
        "visible": True,
        "default": False,
        "config": {
            "dslimit": 12,
            "iolimit": 2668,
            "dsslimit": 41943040,
            "transfer": 21474836480,
            "dlqStorage": 41943040,
            "operations": 40000,
            "restartPeriod": "1 month",
        },
    }
    listed = (await studio.get("/cashier/products"))["products"][1]["prices"][0]
    assert listed == {name: price[name] for name in listed} | {"price": 86}
    assert (await studio.call("GET", "/cashier/prices/2")).status_code == 404


async def test_a_subscription_follows_the_plan_and_is_free_for_plans_not_for_sale(
    studio: "Studio",
) -> None:
    free = {
        "product": {
            "id": 1,
            "name": "FREE",
            "nextBill": None,
            "price": {"id": 1, "price": "0.00", "currencyCode": "USD", "period": "1 month"},
        }
    }
    for plan in ("Core", "Free"):
        studio.world.update("organizations", 1, service_name=plan)
        assert await studio.get(f"{HOME}/subscription") == free
    due = "2026-04-01T00:00:00.000Z"
    studio.world.update("organizations", 1, service_name="Teams", next_reset=due)
    product = (await studio.get(f"{HOME}/subscription"))["product"]
    assert (product["name"], product["price"]["price"]) == ("Teams", "86.00")
    assert product["nextBill"] == due


async def test_nobody_has_paid_for_anything(studio: "Studio") -> None:
    assert await studio.get(f"{HOME}/payments") == {"payments": []}
    methods = await studio.get(f"{HOME}/subscription/payment-methods")
    assert (methods["paymentMethods"], methods["pg"]["limit"]) == ([], 10_000)
    assert await studio.get(f"{HOME}/universal-discount") == {"universalDiscount": None}
    types = (await studio.get(f"{HOME}/subscription/payment-method-types"))["paymentMethodTypes"]
    assert types[1] == {
        "value": "us_bank_account",
        "label": "US bank account",
        "canBeDefaultForSubscription": True,
        "canBeDefaultForExtras": False,
    }


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), WRITES)
async def test_buying_is_refused_and_changes_nothing(
    studio: "Studio", method: str, path: str, body: Any, status: int, code: str
) -> None:
    before = studio.world.get("organizations", 1)
    answer = await studio.call(method, f"{HOME}/{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert studio.world.get("organizations", 1) == before


async def test_billing_is_for_owners_admins_and_accountants(studio: "Studio") -> None:
    books = studio.token("*", user=studio.join("Ana", role=ACCOUNTANT))
    member = studio.token("*", user=studio.join("Bo", role=MEMBER))
    for path in READS:
        for token, status in ((books, 200), (member, 403)):
            answer = await studio.call("GET", f"{HOME}/{path}", token=token)
            assert answer.status_code == status, (path, answer.text)
    assert (await studio.call("GET", "/organizations/2/payments")).status_code == 403
    body = {"priceId": 10, "customer": CUSTOMER}
    refused = await studio.call("POST", f"{HOME}/subscription", body, token=member)
    assert refused.json()["code"] == "SC403"
