"""The run that all examples see: a shop's order, a spreadsheet row, and a web answer.

Module 1 watches orders, module 2 has found the customer's row, module 3 has asked a courier. The
organization is in Prague and the run starts on the eve of a clock change, so that what depends on
the time zone shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import NamedTuple

from make_blueprint.iml.scope import Scope
from make_blueprint.iml.values import Data, Value


class Example(NamedTuple):
    """An expression without its braces, and its value in the scope of the sample."""

    expression: str
    result: Value


def utc(text: str) -> datetime:
    """A date by its ISO 8601 text in UTC, as `2026-03-28T09:15:30.500Z`."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


NOW = utc("2026-03-28T09:15:30.500Z")
ZONE = "Europe/Prague"

BUNDLES: Mapping[int, Mapping[str, Data]] = {
    1: {
        "id": 4711,
        "placed": utc("2026-03-27T18:40:05.250Z"),
        "due": "2026-04-10",
        "email": " Ada.Novak@Example.com ",
        "customer": {"first name": "Ada", "last_name": "Nováková", "city": "Brno", "vip": True},
        "lines": [
            {"sku": "A-100", "name": "Notebook", "price": 12.5, "quantity": 4},
            {"sku": "B-7", "name": "Fountain pen", "price": 39.9, "quantity": 1},
            {"sku": "A-100", "name": "Notebook, ruled", "price": 13, "quantity": 2},
        ],
        "tags": ["gift", "new", "gift"],
        "total": 115.9,
        "paid": False,
        "note": "",
        "coupon": None,
        "message": "Please call +420 777 111 222 before delivery 🚚",
    },
    2: {
        "0": "Ada Nováková",
        "1": "VIP",
        "__ROW_NUMBER__": 7,
        "Phone number": "777 111 222",
        "__IMTLENGTH__": 3,
    },
    3: {
        "statusCode": 200,
        "headers": {"X-Request-Id": "r-81"},
        "data": {
            "price": "1 249,90",
            "position": 2,
            "tracking": [{"label": "home", "url": "h/1"}, {"label": "work", "url": "w/2"}],
            "stops": [["Brno", "Jihlava"], ["Praha"]],
            "version": "2.10.1",
            "opens": "8:30",
        },
    },
}

VARIABLES: Mapping[str, Data] = {
    "organization": {"vat_percent": 21},
    "team": {"sender": "orders@example.com"},
    "input": {"since": "2026-03-01"},
    "scenario": {"executionId": "e1f5", "name": "Orders"},
}


def scope() -> Scope:
    """The surroundings of the examples."""
    return Scope(
        bundles=BUNDLES,
        variables=VARIABLES,
        now=NOW,
        timezone=ZONE,
        random=Random(1),
        execution_id="e1f5",
        undocumented=True,
    )
