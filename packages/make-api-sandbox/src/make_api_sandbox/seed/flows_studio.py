"""Scenarios of the small studio on the Free plan."""

from make_api_sandbox.engine.values import Module
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.blueprints import (
    app,
    lines,
    polling,
    respond,
    store_put,
    store_search,
    webhook,
)
from make_api_sandbox.seed.plan import Plan, by_hook, daily, weekly


def _booking(at: Assets) -> list[Module]:
    record = {"email": "{{1.email}}", "workshop": "{{1.workshop}}", "seats": "{{1.seats}}"}
    return [
        webhook(1, at.hooks["booking"], "email:email! workshop seats:number"),
        store_put(2, at.stores["bookings"], "{{1.email}}", {**record}),
        respond(3, 200, '{"booked":{{ifempty(1.seats; 1)}}}'),
    ]


def _reminder(at: Assets) -> list[Module]:
    text = {"chatId": "@studio", "text": "Bookings:\n{{2.text}}"}
    return [
        store_search(1, at.stores["bookings"], [("seats", "number:greater", "0")], 50),
        lines(2, 1, "{{1.data.workshop}}: {{1.data.seats}}"),
        app(3, "telegram:SendReplyMessage", at.connections["telegram"], {**text}),
    ]


def _price_list(at: Assets) -> list[Module]:
    text = {"chatId": "@studio", "text": "New price: {{1.`0`}} {{1.`1`}}"}
    return [
        polling(1, "google-sheets:watchRows", at.connections["sheets-studio"], "0 1"),
        app(2, "telegram:SendReplyMessage", at.connections["telegram"], {**text}),
    ]


PLANS = (
    Plan("studio.booking", "STU-01 Take in bookings", "Workshops", "greta", _booking, by_hook(2)),
    Plan(
        "studio.reminder",
        "STU-02 Remind of workshops",
        "Workshops",
        "greta",
        _reminder,
        weekly("08:00", 5),
        items=(4, 12),
    ),
    Plan(
        "studio.prices",
        "STU-03 Announce new prices",
        "Workshops",
        "greta",
        _price_list,
        daily("09:00"),
        ended=52,
        active=False,
        age=150,
    ),
)
