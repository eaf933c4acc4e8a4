"""Scenarios of the company that really run, through the API and through their webhooks."""

from typing import Any, Protocol

import httpx
import pytest
from make_api_sandbox.clock import milliseconds
from make_api_sandbox.world import World
from starlette.applications import Starlette


class Office(Protocol):
    """The parts of the shared fixture that these tests use."""

    world: World
    app: Starlette
    http: httpx.AsyncClient
    ids: dict[str, int]

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response: ...
    async def run(self, slug: str, **inputs: Any) -> Any: ...
    async def send(self, slug: str, body: Any) -> httpx.Response: ...
    def record(self, store: str, key: str) -> Any: ...


@pytest.mark.anyio
async def test_inputs_and_a_data_store_give_a_computed_output(office: Office):
    rate = office.record("Exchange rates", "USD")["rate"]
    result = await office.run("finance.convert", amount=125.5, currency="usd")
    assert int(result["status"]) == 1
    assert result["outputs"]["rate"] == rate
    assert result["outputs"]["euros"] == pytest.approx(125.5 / rate, abs=0.011)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("currency", "least", "most"),
    [("EUR", 100, 100), ("USD", 85, 100), ("GBP", 110, 125), ("CHF", 95, 115), ("JPY", 0.5, 0.8)],
)
async def test_a_hundred_of_a_currency_are_a_plausible_sum_in_euros(
    office: Office, currency: str, least: float, most: float
):
    result = await office.run("finance.convert", amount=100, currency=currency)
    assert least <= result["outputs"]["euros"] <= most


@pytest.mark.anyio
async def test_what_is_counted_is_whole_and_prices_are_those_of_a_shop(office: Office):
    numbers = range(1, 41)
    prices = [office.record("Price list", f"SKU-{n:04d}")["price"] for n in numbers]
    levels = [office.record("Stock levels", f"SKU-{n:04d}")["quantity"] for n in numbers]
    assert all(4 <= price <= 250 for price in prices)
    assert len(set(prices)) > 20
    assert all(isinstance(level, int) and 0 <= level <= 400 for level in levels)


@pytest.mark.anyio
async def test_an_iterator_and_an_aggregator_add_up_prices(office: Office):
    prices = [office.record("Price list", f"SKU-{n:04d}")["price"] for n in (3, 7, 7)]
    result = await office.run("sales.price-total", skus=["SKU-0003", " sku-0007", "SKU-0007"])
    assert result["outputs"]["positions"] == 3
    assert result["outputs"]["total"] == pytest.approx(sum(prices))


@pytest.mark.anyio
async def test_a_scenario_answers_with_the_outputs_of_the_one_it_calls(office: Office):
    price = office.record("Price list", "SKU-0011")["price"]
    result = await office.run("sales.quote-mail", email="kim@example.org", skus=["SKU-0011"])
    assert result["outputs"]["total"] == pytest.approx(price)
    child = office.world.row(
        "SELECT * FROM executions WHERE scenario_id = ? ORDER BY timestamp_ms DESC LIMIT 1",
        office.ids["sales.price-total"],
    )
    assert child is not None
    assert child["timestamp_ms"] == milliseconds(office.world.clock.now())


@pytest.mark.anyio
async def test_a_webhook_writes_a_record_and_answers(office: Office):
    lead = {"email": "New.Lead@Example.org", "name": "Nia", "company": "Elm", "source": "referral"}
    answer = await office.send("sales.lead-intake", lead)
    assert (answer.status_code, answer.json()) == (
        201,
        {"email": "new.lead@example.org", "score": 8},
    )
    record = office.record("Lead register", "new.lead@example.org")
    assert (record["name"], record["score"]) == ("Nia", 8)


@pytest.mark.anyio
async def test_a_webhook_computes_a_quote_over_an_array(office: Office):
    prices = [office.record("Price list", f"SKU-{n:04d}")["price"] for n in (1, 2)]
    body = {"email": "kim@example.org", "items": ["SKU-0001", "SKU-0002"], "discount": 10}
    answer = (await office.send("sales.quote", body)).json()
    assert answer["gross"] == pytest.approx(sum(prices))
    assert answer["net"] == pytest.approx(sum(prices) * 0.9, abs=0.011)


@pytest.mark.anyio
@pytest.mark.parametrize(("order", "status"), [("or-10001", 200), ("OR-1", 404)])
async def test_a_router_answers_known_and_unknown_orders(office: Office, order: str, status: int):
    answer = await office.send("support.status", {"order": order})
    assert answer.status_code == status
    known = office.record("Order index", order.upper())
    assert answer.json().get("status") == (known["status"] if known else None)


@pytest.mark.anyio
async def test_an_error_handler_substitutes_what_could_not_be_read(office: Office):
    good = '{"street": "Quay 4", "city": "Brno", "country": "CZ"}'
    read = (await office.run("support.address", address=good))["outputs"]
    assert read == {"street": "Quay 4", "city": "BRNO", "country": "CZ", "valid": True}
    result = await office.run("support.address", address="Quay 4, Brno")
    assert int(result["status"]) == 1
    assert (result["outputs"]["country"], result["outputs"]["valid"]) == ("unknown", False)


@pytest.mark.anyio
@pytest.mark.parametrize(("language", "text"), [("de", "Guten Tag Ada,"), ("fr", "Hello Ada,")])
async def test_two_branches_merge_into_one_greeting(office: Office, language: str, text: str):
    result = await office.run("support.greeting", name="Ada", language=language)
    assert result["outputs"] == {"text": text}


@pytest.mark.anyio
async def test_a_filter_drops_lines_without_a_quantity(office: Office):
    order = '{"id": 1, "lines": [{"sku": "a", "quantity": 2}, {"sku": "b", "quantity": 0}]}'
    result = await office.run("operations.split", order=order)
    assert result["outputs"] == {"codes": ["Ax2"], "count": 1}


@pytest.mark.anyio
async def test_a_scenario_takes_five_seconds(office: Office):
    result = await office.run("operations.replication", label="west")
    assert result["outputs"] == {"label": "west", "waited": 5}
    duration = office.world.value(
        "SELECT duration FROM executions WHERE id = ?", result["executionId"]
    )
    assert 5_000 <= duration < 6_000


@pytest.mark.anyio
async def test_an_expired_connection_fails_the_run_and_names_the_module(office: Office):
    result = await office.run("marketing.export", campaign="spring")
    assert int(result["status"]) == 3
    assert result["error"]["name"] == "AccountValidationError"
    assert result["error"]["causeModule"] == {"name": "addRow", "appName": "google-sheets"}


@pytest.mark.anyio
async def test_the_broken_database_leaves_one_more_incomplete_execution(office: Office):
    ident = office.ids["operations.erp"]
    count = "SELECT count(*) FROM dlqs WHERE scenario_id = ? AND resolved = 0"
    before = office.world.value(count, ident)
    result = await office.run("operations.erp")
    assert int(result["status"]) == 2
    assert office.world.value(count, ident) == before + 1


@pytest.mark.anyio
async def test_a_repaired_connection_lets_an_old_incomplete_execution_be_retried(office: Office):
    await office.http.patch(
        "/_sandbox/world", json={"connections": {str(_broken(office)): {"state": "valid"}}}
    )
    waiting = "SELECT id FROM dlqs WHERE scenario_id = ? AND resolved = 0 ORDER BY seq LIMIT 1"
    dlq = office.world.value(waiting, office.ids["operations.erp"])
    answer = await office.call("POST", f"/dlqs/{dlq}/retry")
    assert answer.status_code == 200, answer.text
    await office.app.state.sandbox.background.settle()
    assert office.world.value("SELECT resolved FROM dlqs WHERE id = ?", dlq) is True


def _broken(office: Office) -> int:
    return office.world.value("SELECT id FROM connections WHERE state = 'broken'")


@pytest.mark.anyio
async def test_the_draft_with_the_missing_connection_cannot_be_started(office: Office):
    answer = await office.call("POST", f"/scenarios/{office.ids['operations.returns']}/start")
    assert answer.status_code == 400
    assert "errors" in answer.text


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path",
    [
        "/scenarios?organizationId=1",
        "/connections?teamId=5",
        "/hooks?teamId=5",
        "/keys?teamId=5",
        "/data-stores?teamId=3",
        "/data-structures?teamId=3",
        "/scenarios-folders?teamId=1",
        "/organizations",
        "/teams?organizationId=1",
        "/users?organizationId=1",
        "/organizations/1/usage",
    ],
)
async def test_the_api_shows_the_company(office: Office, path: str):
    answer = await office.call("GET", path)
    assert answer.status_code == 200, answer.text
    (name,) = [key for key in answer.json() if key != "pg"]
    assert len(answer.json()[name]) >= 2
