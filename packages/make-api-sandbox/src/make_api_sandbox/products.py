"""What Make sells, as far as it is known (API reference, chapters 1.21 and 2.9).

Only two prices are documented: the Free plan's, and one for 40,000 operations a month of product 4,
which another example calls Teams. Other plans and extras exist, but their products and prices are
not known, so they are not for sale here.
"""

from dataclasses import dataclass

from make_api_sandbox.shapes import JsonObject, Row

MEBIBYTE = 1_048_576


@dataclass(frozen=True)
class Price:
    """What a product costs in one size; `config` is the licence it adds."""

    id: int
    amount: int
    config: JsonObject
    priority: int
    default: bool = False
    period: str = "month"
    currency: str = "USD"


@dataclass(frozen=True)
class Product:
    """A plan; `config` is the licence that all its sizes share."""

    id: int
    name: str
    description: str
    facts: tuple[str, ...]
    config: JsonObject
    prices: tuple[Price, ...]


FREE = Product(
    1,
    "Free",
    "For anyone to learn the basics.",
    ("2 active scenarios",),
    {
        "teams": 1,
        "fslimit": 5 * MEBIBYTE,
        "apiLimit": 30,
        "fulltext": False,
        "interval": 15,
        "priority": "low",
        "retention": 7,
        "scenarios": 2,
        "gracePeriod": 0,
        "executionTime": 5,
        "creatingTemplates": False,
        "installPublicApps": True,
        "productManagement": "selfService",
    },
    (
        Price(
            1,
            0,
            {
                "dslimit": 1,
                "iolimit": 50,
                "dsslimit": MEBIBYTE,
                "transfer": 512 * MEBIBYTE,
                "dlqStorage": MEBIBYTE,
                "operations": 1000,
                "restartPeriod": "1 month",
            },
            priority=1,
            default=True,
        ),
    ),
)
TEAMS = Product(
    4,
    "Teams",
    "",
    (),
    {
        "apiLimit": 240,
        "fulltext": True,
        "interval": 1,
        "retention": 30,
        "executionTime": 40,
        "installPublicApps": True,
        "productManagement": "selfService",
    },
    (
        Price(
            10,
            86,
            {
                "dslimit": 12,
                "iolimit": 2668,
                "dsslimit": 40 * MEBIBYTE,
                "transfer": 20_480 * MEBIBYTE,
                "dlqStorage": 40 * MEBIBYTE,
                "operations": 40_000,
                "restartPeriod": "1 month",
            },
            priority=5,
        ),
    ),
)
PRODUCTS = (FREE, TEAMS)
"""Everything known to be for sale, by priority."""


def price_of(id: int) -> tuple[Product, Price] | None:
    """A price and its product, or None."""
    return next(((p, price) for p in PRODUCTS for price in p.prices if price.id == id), None)


def subscribed(organization: Row) -> tuple[Product, Price]:
    """What an organization has subscribed to: its plan in the one size whose price is known.

    Plans that nobody can buy here were given away, so such an organization pays for none but the
    Free plan.
    """
    named = {product.name: product for product in PRODUCTS}
    product = named.get(organization["service_name"], FREE)
    return product, product.prices[0]
