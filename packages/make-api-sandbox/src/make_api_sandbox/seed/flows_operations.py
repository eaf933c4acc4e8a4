"""Scenarios of operations: stock, orders, shipping."""

from make_api_sandbox.engine.values import Json, Module
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.blueprints import (
    app,
    collect,
    compose,
    give,
    http,
    ignore,
    iterate,
    lines,
    on_error,
    only_if,
    parse_json,
    polling,
    respond,
    retry_later,
    router,
    start,
    store_get,
    store_search,
    store_update,
    webhook,
)
from make_api_sandbox.seed.plan import Plan, by_hook, daily, every, on_demand, weekly

ORDER = "id email:email total:number currency lines:array"


def _scanner(at: Assets) -> list[Module]:
    record = {"sku": "{{1.sku}}", "quantity": "{{1.quantity}}", "location": "{{1.location}}"}
    low = {"channel": "#stock", "text": "{{1.sku}} is down to {{1.quantity}}"}
    few = ("{{1.quantity}}", "number:less", "5")
    slack = at.connections["slack-operations"]
    return [
        webhook(1, at.hooks["scan"], "sku! quantity:number location"),
        store_update(2, at.stores["levels"], "{{upper(1.sku)}}", {**record}),
        respond(3, 200, '{"sku":"{{upper(1.sku)}}","stored":true}'),
        on_error(only_if(app(4, "slack:CreateMessage", slack, {**low}), "Low", few), ignore(5)),
    ]


def _supplier_feed(at: Assets) -> list[Module]:
    record = {"sku": "{{1.sku}}", "quantity": "{{1.quantity}}", "location": "{{1.warehouse}}"}
    return [
        webhook(1, at.hooks["stock"], "sku! quantity:number warehouse"),
        store_update(2, at.stores["levels"], "{{1.sku}}", {**record}),
    ]


def _orders_to_erp(at: Assets) -> list[Module]:
    row = {"order_no": "{{1.id}}", "mail": "{{1.email}}", "total": "{{1.total}}"}
    insert = app(2, "mysql:insertRow", at.connections["mysql"], {**row}, gives="insertId")
    mark = {"id": "{{1.id}}", "tags": "erp"}
    return [
        polling(1, "shopify:watchOrders", at.connections["shopify"], ORDER),
        on_error(insert, retry_later(3, 3, 30)),
        app(4, "shopify:updateProduct", at.connections["shopify"], {**mark}),
    ]


def _picking_list(at: Assets) -> list[Module]:
    text = {"channel": "#packing", "text": "Pick for {{1.id}}:\n{{4.text}}"}
    return [
        polling(1, "shopify:watchOrders", at.connections["shopify"], ORDER),
        iterate(2, "{{1.lines}}", "value"),
        store_get(3, at.stores["levels"], "{{2.value}}"),
        lines(4, 2, "{{2.value}} at {{3.location}}"),
        app(5, "slack:CreateMessage", at.connections["slack-operations"], {**text}, gives="ts"),
    ]


def _shipping_labels(at: Assets) -> list[Module]:
    body = '{"reference":"{{1.id}}","email":"{{1.email}}"}'
    record = {"Order": "{{1.id}}", "Label": "{{2.data.label}}"}
    airtable = at.connections["airtable"]
    label = http(2, "post", "https://carrier.example.com/labels", body=body, key=at.keys["carrier"])
    return [
        polling(1, "shopify:watchOrders", at.connections["shopify"], ORDER),
        on_error(label, retry_later(4, 3, 15)),
        app(3, "airtable:ActionCreateRecord", airtable, {**record}, gives="id"),
    ]


def _reorder_list(at: Assets) -> list[Module]:
    row = {"Article": "{{1.data.sku}}", "Missing": "{{50 - 1.data.quantity}}"}
    airtable = at.connections["airtable"]
    return [
        store_search(1, at.stores["levels"], [("quantity", "number:less", "50")], 40),
        app(2, "airtable:ActionCreateRecord", airtable, {**row}, gives="id"),
    ]


def _split_lines(at: Assets) -> list[Module]:
    outputs = "codes:array count:number"
    return [
        start(1, "order"),
        parse_json(2, "{{1.order}}", "id lines:array"),
        iterate(3, "{{2.lines}}", "sku quantity:number"),
        only_if(
            compose(4, "{{upper(3.sku)}}x{{3.quantity}}"),
            "Something ordered",
            ("{{3.quantity}}", "number:greater", "0"),
        ),
        collect(5, 3, {"code": "{{4.value}}"}),
        give(6, outputs, {"codes": '{{map(5.array; "code")}}', "count": "{{length(5.array)}}"}),
    ]


def _returns(at: Assets) -> list[Module]:
    """Keeps a connection that was deleted, so Make marks it as invalid."""
    airtable = at.connections["airtable"]
    record = {"Return": "{{1.id}}"}
    made = app(2, "airtable:ActionCreateRecord", airtable, {**record}, gives="id")
    static = made["parameters"]
    if isinstance(static, dict):
        static["__IMTCONN__"] = missing_connection(at)
    return [polling(1, "shopify:watchOrders", at.connections["shopify"], ORDER), made]


def missing_connection(at: Assets) -> int:
    """An id that no connection has."""
    return max(each.id for each in at.connections.values()) + 4_000


def _price_sync(at: Assets) -> list[Module]:
    price = {"id": "{{1.sku}}", "price": "{{1.price}}"}
    return [
        polling(1, "airtable:TriggerWatchRecords", at.connections["airtable"], "sku price:number"),
        app(2, "shopify:updateProduct", at.connections["shopify"], {**price}),
    ]


def _old_copy(at: Assets) -> list[Module]:
    """A forgotten draft: it maps a module that was deleted."""
    text: dict[str, Json] = {"channel": "#test", "text": "{{7.name}} ordered"}
    return [
        polling(1, "shopify:watchOrders", at.connections["shopify"], ORDER),
        app(2, "slack:CreateMessage", at.connections["slack-operations"], text),
    ]


def _order_report(at: Assets) -> list[Module]:
    text = {"channel": "#stock", "text": "{{length(2.array)}} orders since yesterday"}
    slack = at.connections["slack-operations"]
    return [
        polling(1, "shopify:watchOrders", at.connections["shopify"], ORDER, limit=100),
        collect(2, 1, {"id": "{{1.id}}"}),
        router(
            3,
            [app(4, "slack:CreateMessage", slack, {**text}, gives="ts")],
            [
                only_if(
                    store_update(
                        5, at.stores["levels"], "orders", {"quantity": "{{length(2.array)}}"}
                    ),
                    "Any",
                    ("{{length(2.array)}}", "number:greater", "0"),
                )
            ],
        ),
    ]


PLANS = (
    Plan(
        "operations.scan",
        "OPS-01 Book warehouse scans",
        "Stock",
        "emil",
        _scanner,
        by_hook(10),
        pace=0.1,
        age=310,
    ),
    Plan(
        "operations.supplier",
        "OPS-02 Take in supplier stock",
        "Stock",
        "emil",
        _supplier_feed,
        by_hook(5),
        ended=6.2,
        active=False,
        age=280,
        description="Switched off while the supplier changes its numbers.",
    ),
    Plan(
        "operations.erp",
        "OPS-03 Copy orders to the ERP",
        "Shipping",
        "emil",
        _orders_to_erp,
        every(120, office=True),
        settings={"dlq": True},
        idle=0.35,
        items=(1, 3),
        age=340,
    ),
    Plan(
        "operations.picking",
        "OPS-04 Print picking lists",
        "Shipping",
        "emil",
        _picking_list,
        every(90, office=True),
        settings={"maxErrors": 10},
        idle=0.3,
        items=(1, 3),
        errors=0.008,
    ),
    Plan(
        "operations.labels",
        "OPS-05 Order shipping labels",
        "Shipping",
        "emil",
        _shipping_labels,
        every(90, office=True),
        settings={"dlq": True},
        idle=0.4,
        items=(1, 3),
        errors=0.02,
    ),
    Plan(
        "operations.reorder",
        "OPS-06 List articles to reorder",
        "Stock",
        "emil",
        _reorder_list,
        weekly("06:40", 1, 4),
        items=(5, 25),
    ),
    Plan(
        "operations.split",
        "OPS-07 Split an order into codes",
        "Shipping",
        "emil",
        _split_lines,
        on_demand(2),
        inputs="order!",
        outputs="codes:array count:number",
        pace=0.05,
    ),
    Plan(
        "operations.returns",
        "OPS-08 Register returns",
        "Shipping",
        "emil",
        _returns,
        every(240),
        active=False,
        invalid=True,
        ended=34,
        idle=0.5,
        age=230,
    ),
    Plan(
        "operations.prices",
        "OPS-09 Sync prices to the shop",
        "Stock",
        "emil",
        _price_sync,
        every(120, office=True),
        idle=0.5,
        items=(1, 8),
        ended=4.6,
        active=False,
        invalid=True,
        age=200,
    ),
    Plan(
        "operations.copy",
        "test copy (2) DO NOT USE",
        "",
        "otto",
        _old_copy,
        every(720),
        active=False,
        ended=89.5,
        age=140,
    ),
    Plan(
        "operations.report",
        "OPS-10 Daily order report",
        "Shipping",
        "emil",
        _order_report,
        daily("18:30"),
        items=(10, 40),
    ),
)
