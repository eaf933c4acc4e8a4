"""Plausible made-up values for named fields; the same generator state gives the same values."""

from datetime import datetime, timedelta
from random import Random

from make_api_sandbox.clock import stamp
from make_api_sandbox.engine.values import Json
from make_api_sandbox.seed.spec import split

FIRST = ("alba", "bruno", "cleo", "dario", "edda", "finn", "gaia", "hugo", "iris", "juno", "kaj")
LAST = ("arden", "bloom", "croft", "dale", "ember", "frost", "grove", "heath", "isle", "kestrel")
CHOICES: dict[str, tuple[str, ...]] = {
    "campaign": ("spring", "harvest", "open-house"),
    "carrier": ("Northline", "Swift Parcel", "Tidewater"),
    "company": ("Alder Works", "Bright Quarry", "Copper Lane", "Dune Supply", "Elm Street Books"),
    "comment": ("Quick and friendly.", "Took two days.", "All good.", "Still waiting."),
    "location": ("A-01", "A-14", "B-03", "C-22"),
    "message": ("Where is my parcel?", "The lamp arrived damaged.", "Please change my address."),
    "purpose": ("Train ticket", "Printer paper", "Client lunch", "Hotel"),
    "reason": ("New colleague", "Project change", "Audit"),
    "source": ("website", "fair", "referral", "newsletter"),
    "status": ("packed", "shipped", "delivered", "returned"),
    "subject": ("Late delivery", "Wrong size", "Invoice copy", "Return label"),
    "system": ("wiki", "warehouse", "ledger", "helpdesk"),
    "topic": ("ceramics", "furniture", "events"),
    "type": ("charge.succeeded", "charge.refunded", "payout.paid"),
    "warehouse": ("harbor", "inland"),
    "workshop": ("wheel throwing", "glazing", "raku"),
}
RATES = {
    "EUR": 1.0,
    "USD": 1.08,
    "GBP": 0.86,
    "CZK": 25.1,
    "CHF": 0.95,
    "SEK": 11.3,
    "DKK": 7.46,
    "PLN": 4.3,
    "NOK": 11.6,
    "HUF": 395.0,
    "RON": 4.97,
    "JPY": 162.0,
}
"""How much of each currency a euro buys, give or take a hundredth."""
CURRENCIES = tuple(RATES)
WHOLE = {
    "score": (1, 10),
    "quantity": (0, 400),
    "seats": (1, 6),
    "discount": (0, 15),
    "severity": (1, 5),
    "positions": (1, 9),
    "count": (1, 9),
    "row": (2, 600),
    "rowNumber": (2, 600),
    "waited": (5, 7),
}
"""Lowest and highest value of numbers that count something."""


def record_of(
    spec: str, random: Random, ordinal: int, now: datetime, *, pad: int = 0
) -> dict[str, Json]:
    """Make one record.

    Args:
        spec: Its fields in the short form.
        random: Where chance comes from.
        ordinal: Number of the record; texts that serve as keys contain it.
        now: Dates lie in the 90 days before it.
        pad: Characters of filler in a field named `memo`.
    """
    record: dict[str, Json] = {}
    for word in spec.split():
        name, kind = split(word)
        record[name] = _value(name, kind, random, ordinal, now, record)
    if pad:
        record["memo"] = ("Delivered as agreed. " * (pad // 20))[:pad]
    return record


def _value(
    name: str, kind: str, random: Random, ordinal: int, now: datetime, so_far: dict[str, Json]
) -> Json:
    if kind == "number":
        return _number(name, random, so_far)
    if kind == "boolean":
        return random.random() < 0.8
    if kind == "date":
        return stamp(now - timedelta(minutes=random.randint(60, 90 * 24 * 60)))
    if kind == "array":
        return [f"SKU-{random.randint(1, 40):04d}" for _ in range(random.randint(1, 4))]
    if name in CHOICES:
        return random.choice(CHOICES[name])
    return _text(name, kind, random, ordinal)


def _number(name: str, random: Random, so_far: dict[str, Json]) -> Json:
    if name in WHOLE:
        return random.randint(*WHOLE[name])
    if name == "rate":
        worth = RATES.get(str(so_far.get("currency", "USD")), 1.0)
        return 1.0 if worth == 1 else round(worth * random.uniform(0.99, 1.01), 4)
    if name == "price":
        return random.randint(4, 249) + 0.9
    return round(random.uniform(4, 900), 2)


def _text(name: str, kind: str, random: Random, ordinal: int) -> str:
    first, last = random.choice(FIRST), random.choice(LAST)
    if kind == "email" or name in ("email", "from"):
        return f"{first}.{last}.{ordinal}@example.org"
    match name:
        case "currency":
            return CURRENCIES[(ordinal - 1) % len(CURRENCIES)]
        case "sku":
            return f"SKU-{ordinal:04d}"
        case "order" | "invoice" | "ticket" | "id" | "document":
            return f"{name[:2].upper()}-{10_000 + ordinal}"
        case "slot":
            return f"{random.choice(('Monday', 'Tuesday', 'Thursday'))} {random.randint(9, 16)}:00"
        case _:
            return f"{first.title()} {last.title()}"
