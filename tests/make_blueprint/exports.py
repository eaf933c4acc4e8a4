"""Blueprints as the editor exports them, and the single edits people make to them.

Unlike the small ones of `generate`, these carry what the editor saves for itself: schemas of both
domains, labels of what was chosen, known outputs (`metadata.expect`, `restore`, `interface`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, compact, dump
from make_blueprint.patch import apply
from make_blueprint.walk import ROUTER, walk

from tests.make_blueprint.generate import blueprint, module, router

_FIELDS: dict[str, tuple[str, ...]] = {
    "google-sheets:addRow": ("spreadsheetId", "sheetId", "valueInputOption", "includesHeaders"),
    "google-email:sendAnEmail": ("to", "subject", "bodyType", "content", "cc"),
    "http:MakeRequest": ("url", "method", "contentType", "inputMethod", "parseResponse", "timeout"),
    "airtable:ActionCreateRecord": ("base", "table", "record", "typecast", "useColumnId"),
    "slack:CreateMessage": ("channel", "text", "threadTs", "parse", "linkNames"),
    "datastore:AddRecord": ("key", "overwrite", "data"),
    "openai-gpt-3:CreateCompletion": ("model", "messages", "max_tokens", "temperature", "n_"),
    "util:SetVariable2": ("name", "scope", "value"),
}
_OUTPUTS = ("id", "email", "status", "total", "createdAt", "customer", "items", "notes")


def export(seed: int, length: int = 30) -> Blueprint:
    """Make the export of a scenario: a webhook, a chain, a router with two routes."""
    random = Random(seed)
    hook = module(1, "gateway:CustomWebHook", parameters={"hook": 4711, "maxResults": 1})
    hook["metadata"] = {
        "designer": {"x": 0, "y": 0},
        "restore": {"parameters": {"hook": {"label": "New orders", "data": {"editable": "true"}}}},
        "parameters": [
            {"name": "hook", "type": "hook:gateway-webhook", "label": "Webhook", "required": True},
            {"name": "maxResults", "type": "number", "label": "Maximum number of results"},
        ],
        "interface": [{"name": name, "type": "text", "label": name} for name in _OUTPUTS],
    }
    upstream = length // 2
    flow: list[JsonValue] = [hook, *(_app(random, number) for number in range(2, upstream))]
    split = (upstream + 1 + length) // 2
    routes = [
        [_app(random, number) for number in range(upstream + 1, split)],
        [_app(random, number) for number in range(split, length + 1)],
    ]
    flow.append(router(upstream, *routes))
    return blueprint(*flow, name="Orders to ledger", scheduling={"type": "immediately"})


def _app(random: Random, number: int) -> Module:
    """Make a module of an app with what the editor keeps of its form."""
    name = random.choice(list(_FIELDS))
    fields = _FIELDS[name]
    mapper: JsonObject = {field: _mapped(random, number) for field in fields}
    made = module(number, name, mapper=mapper, parameters={"__IMTCONN__": 1000 + number % 4})
    if random.random() < 0.3:
        conditions: JsonValue = [[{"a": "{{1.status}}", "o": "text:equal", "b": "paid"}]]
        made["filter"] = {"name": "Only paid orders", "conditions": conditions}
    account = f"account:{name.partition(':')[0]}"
    chosen: JsonObject = {"mode": "chose", "label": "Shop account (orders@example.com)"}
    made["metadata"] = {
        "designer": {"x": 300 * number, "y": 0},
        "restore": {
            "parameters": {"__IMTCONN__": {**chosen, "data": {"scoped": "true"}}},
            "expect": {field: {"mode": "chose", "label": field.title()} for field in fields},
        },
        "parameters": [
            {"name": "__IMTCONN__", "type": account, "label": "Connection", "required": True}
        ],
        "expect": [
            {"name": field, "type": "text", "label": field.title(), "required": field == fields[0]}
            for field in fields
        ],
        "interface": [{"name": out, "type": "text", "label": out} for out in _OUTPUTS[:3]],
    }
    return made


def _mapped(random: Random, number: int) -> str:
    source = random.randint(1, min(number - 1, 3))
    return random.choice(
        (
            f"{{{{{source}.{random.choice(_OUTPUTS)}}}}}",
            f'Order {{{{1.id}}}} of {{{{formatDate({source}.createdAt; "YYYY-MM-DD")}}}}',
            f'{{{{if({source}.total > 100; "large"; "small")}}}}',
            "https://example.com/api/orders",
        )
    )


def edits(seed: int, document: Blueprint) -> Iterator[list[JsonObject]]:
    """Give single edits of a document, one of each kind, each as the operations it takes."""
    random = Random(seed)
    visits = list(walk(document))
    plain = [visit.id or 0 for visit in visits[1:] if visit.type != ROUTER]
    fork = next(visit.id or 0 for visit in visits if visit.type == ROUTER)
    one, other = random.sample(plain, 2)
    condition: JsonObject = {"a": "{{1.total}}", "o": "number:greater", "b": "100"}
    gate: JsonObject = {"name": "Large orders only", "conditions": [[condition]]}
    message: JsonObject = {"channel": "C024BE91L", "text": "Order {{1.id}}: {{1.total}}"}
    slack: JsonObject = {
        "module": "slack:CreateMessage",
        "version": 4,
        "parameters": {"__IMTCONN__": 1002},
        "mapper": message,
    }
    retry: JsonObject = {
        "module": "builtin:Break",
        "mapper": {"count": "3", "retry": True, "interval": "15"},
    }
    text = 'Order {{1.id}} of {{formatDate(1.createdAt; "DD.MM.YYYY")}} was paid'
    single: Sequence[JsonObject] = (
        {"op": "set_mapper", "module": one, "name": "subject", "value": text},
        {"op": "set_mapper", "module": one, "name": "content", "value": text * 4},
        {"op": "set_param", "module": one, "name": "limit", "value": 10},
        {"op": "set_filter", "module": other, "filter": gate},
        {"op": "set_binding", "module": one, "kind": "connection", "value": 1003, "label": "New"},
        {"op": "rename_module", "module": one, "name": "Write the order into the ledger"},
        {"op": "add_module", "module": slack, "after": other},
        {"op": "move_module", "module": one, "after": 1},
        {"op": "set_error_handler", "module": other, "handlers": [retry]},
        {"op": "add_route", "router": fork, "flow": [slack], "filter": gate},
        {"op": "remove_module", "module": visits[-1].id},
        {"op": "reschedule", "scheduling": {"type": "indefinitely", "interval": 900}},
    )
    for op in single:
        yield [op]


def sizes(blueprints: int) -> Iterator[tuple[str, int, int]]:
    """Give name and size of each edit of some exports, and the export's size, in characters.

    Each edit is applied, so that it is a real one.
    """
    for seed in range(blueprints):
        document = export(seed)
        whole = len(dump(document))
        for ops in edits(seed, document):
            apply(document, ops)
            yield str(ops[0]["op"]), len(compact([*ops])), whole
