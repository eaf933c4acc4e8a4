"""Who used the credits, what that is in money, what Make sells and what was paid."""

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server

if TYPE_CHECKING:
    from .conftest import Books

pytestmark = pytest.mark.anyio


async def broken_down(books: "Books", **args: Any) -> dict[str, Any]:
    ask = {"organization_id": books.organization, "limit": 100, **args}
    return (await books.core.call("billing_cost_breakdown_get", **ask)).data


# Shares


@pytest.mark.parametrize("by", ["scenario", "team", "folder"])
async def test_the_rows_add_up_to_what_the_organization_used(books: "Books", by: str) -> None:
    told = await broken_down(books, by=by)
    used = int((await books.raw())["centicreditsConsumed"]) / 100
    assert told["total_credits"] == pytest.approx(used)
    assert sum(row["credits"] for row in told["rows"]) == pytest.approx(used)
    assert sum(row["percent"] for row in told["rows"]) == pytest.approx(100, abs=0.5)
    ranks = [row["credits"] for row in told["rows"]]
    assert ranks == sorted(ranks, reverse=True)


async def test_scenarios_and_teams_have_makes_own_figures(books: "Books") -> None:
    consumed = await books.consumed()
    rows = (await broken_down(books))["rows"]
    assert {row["id"]: row["credits"] for row in rows if "id" in row} == {
        ident: spent / 100 for ident, spent in consumed.items()
    }
    listed = (await books.company.get("/scenarios", organizationId=books.organization))["scenarios"]
    of_team = {one["id"] for one in listed if one["teamId"] == books.team}
    teams = {row.get("id"): row for row in (await broken_down(books, by="team"))["rows"]}
    spent = sum(value for ident, value in consumed.items() if ident in of_team)
    assert teams[books.team]["credits"] == spent / 100


async def test_apps_are_told_for_a_span_of_days(books: "Books") -> None:
    told = await broken_down(books, by="app", days=7)
    assert {"slack", "http", "google-sheets"} & {row["name"] for row in told["rows"]}
    assert "days=7" in told["sources"][0]
    listed = (await books.company.get("/scenarios", organizationId=books.organization))["scenarios"]
    answer = await books.company.send(
        "POST",
        "/scenarios/modules/consumptions",
        {"scenarioIds": [one["id"] for one in listed]},
        organizationId=books.organization,
        days=7,
    )
    spent = sum(m["centicredits"] for one in answer["scenarios"] for m in one["modules"])
    assert told["total_credits"] == pytest.approx(spent / 100)


async def test_what_no_app_accounts_for_is_said(books: "Books") -> None:
    told = await broken_down(books, by="app", days=30)
    used = sum(row["centicredits"] for row in await books.days()) / 100
    assert told["total_credits"] < used
    assert f"{used:,}" in told["missing"]["apps"]
    assert "apps" not in (await broken_down(books)).get("missing", {})


async def test_movers_compare_two_weeks_of_closed_days(books: "Books") -> None:
    told = await broken_down(books, movers=True)
    assert len(told["movers"]) == 10
    for one in told["movers"]:
        if "change_percent" in one:
            change = (one["last_7_days"] - one["before"]) / one["before"] * 100
            assert one["change_percent"] == pytest.approx(change, abs=0.06)
    by_folder = await broken_down(books, by="folder", movers=True)
    assert "folder" in by_folder["missing"]["movers"]


async def test_deleted_scenarios_and_other_use_are_rows_of_their_own(
    core: Server, company: Company
) -> None:
    await company.control("PATCH", "/world", {"rate_limits": False})
    path = "/scenarios/consumptions$"
    rows = [
        {"scenarioId": 1, "operations": 2, "transfer": 5, "centicredits": 200},
        {"scenarioId": 999_999, "operations": 3, "transfer": 5, "centicredits": 300},
    ]
    body = {"scenarioConsumptions": rows, "lastReset": "2026-11-01T00:00:00.000Z"}
    await company.control("POST", "/faults", {"path": path, "status": 200, "body": body})
    told = (await core.call("billing_cost_breakdown_get", organization_id=1)).data
    raw = (await company.get("/organizations/1"))["organization"]
    spent = {row["name"]: row["credits"] for row in told["rows"]}
    assert spent["deleted scenarios"] == 3
    assert spent["not by scenarios"] == (int(raw["centicreditsConsumed"]) - 500) / 100


# Money


async def test_the_price_of_a_credit_is_the_plans_by_its_operations(books: "Books") -> None:
    told = await broken_down(books)
    raw = await books.raw()
    each = Decimal(86) / raw["license"]["operations"]
    assert abs(Decimal(told["price"]["per_credit"]) - each) < Decimal("1e-8")
    assert told["price"]["currency"] == "USD"
    assert "86.00 for 1 month" in told["price"]["source"]
    top = told["rows"][0]
    cost = Decimal(str(top["credits"])) * Decimal(told["price"]["per_credit"])
    assert abs(Decimal(top["cost"]) - cost) < Decimal("0.0001")


async def test_a_given_price_is_used_as_it_is(books: "Books") -> None:
    told = await broken_down(books, unit_price="0.001", currency="EUR")
    assert (told["price"]["per_credit"], told["price"]["currency"]) == ("0.001", "EUR")
    total = Decimal(str(told["total_credits"])) * Decimal("0.001")
    assert abs(Decimal(told["total_cost"]) - total) < Decimal("0.0001")


async def test_a_plan_that_costs_nothing_gives_no_price(core: Server, company: Company) -> None:
    price = {"id": 1, "price": "0.00", "currencyCode": "USD", "period": "1 month"}
    body = {"product": {"id": 1, "name": "FREE", "nextBill": None, "price": price}}
    fault = {"path": "/subscription$", "status": 200, "body": body}
    await company.control("POST", "/faults", fault)
    told = (await core.call("billing_cost_breakdown_get", organization_id=1)).data
    assert ("price" in told, "total_cost" in told) == (False, False)
    assert told["missing"]["cost"] == "The plan costs nothing."


async def test_a_price_for_another_period_is_not_divided(core: Server, company: Company) -> None:
    price = {"id": 1, "price": "900.00", "currencyCode": "USD", "period": "1 year"}
    body = {"product": {"id": 4, "name": {"en": "Teams"}, "nextBill": None, "price": price}}
    fault = {"path": "/subscription$", "status": 200, "body": body}
    await company.control("POST", "/faults", fault)
    told = (await core.call("billing_cost_breakdown_get", organization_id=1)).data
    assert ("price" in told, "1 year" in told["missing"]["cost"]) == (False, True)
    account = (await core.call("billing_account_get", organization_id=1)).data
    assert account["subscription"]["product"] == "Teams"


# What Make sells


async def test_plans_are_held_against_the_use_of_the_last_days(books: "Books") -> None:
    ask = {"organization_id": books.organization}
    told = (await books.core.call("billing_plan_list", **ask)).data
    rows = await books.days()
    assert told["used"]["operations"] == sum(row["operations"] for row in rows)
    free, teams = told["plans"]
    assert (free["product"], free["fits"]) == ("Free", False)
    assert any("operations: 1,000 <" in line for line in free["too_small"])
    assert any("active scenarios: 2 <" in line for line in free["too_small"])
    assert (teams["price"], teams["currency"], teams["fits"], teams["current"]) == (
        "86.00",
        "USD",
        True,
        True,
    )
    assert told["cheapest_that_fits"] == [teams["price_id"]]
    extras = (await books.core.call("billing_plan_list", **ask, type="EXTRA")).data
    assert (extras["plans"], extras["cheapest_that_fits"]) == ([], [])
    other = (await books.core.call("billing_plan_list", **ask, currency="EUR")).data
    assert other["plans"] == []


# What was paid


PAID = {
    "id": "in_1",
    "invoice_number": "M-1",
    "created": "2026-10-01T08:00:00.000Z",
    "type_name": "subscription",
    "status_name": "paid",
    "product_name": {"en": "Teams", "cs": "Týmy"},
    "payment_method": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
    "amount_total": "86.00",
    "currency_code": "USD",
    "invoice_url": "https://pay.example/doc/secret-1",
    "hosted_invoice_url": "https://pay.example/page/secret-1",
    "period_from": "2026-10-01T08:00:00.000Z",
    "period_to": "2026-11-01T08:00:00.000Z",
}
LATER = PAID | {"invoice_number": "M-2", "created": "2026-11-01T08:00:00.000Z"}
OPEN = LATER | {"invoice_number": "M-3", "status_name": "open", "amount_total": "10.50"}


async def test_an_organization_that_never_paid_has_no_invoices(books: "Books") -> None:
    ask = {"organization_id": books.organization}
    told = (await books.core.call("billing_invoice_list", **ask)).data
    assert (told["invoices"], told["totals"], told["total"]) == ([], {}, 0)


async def test_invoices_are_told_newest_first_with_sums_and_without_links(
    core: Server, company: Company
) -> None:
    body = {"payments": [PAID, LATER, OPEN]}
    fault = {"path": "/payments$", "status": 200, "body": body}
    await company.control("POST", "/faults", fault)
    told = await core.call("billing_invoice_list", organization_id=1)
    rows = told.data["invoices"]
    assert [row["number"] for row in rows] == ["M-2", "M-3", "M-1"]
    assert (rows[0]["product"], rows[0]["paid_with"]) == ("Teams", "card …4242")
    assert told.data["totals"] == {"USD paid": "172.00", "USD open": "10.50"}
    assert "secret-1" not in told.text
    linked = await core.call("billing_invoice_list", organization_id=1, include_links=True)
    assert linked.data["invoices"][0]["document_url"] == PAID["hosted_invoice_url"]
    span = {"since": "2026-10-15", "until": "2026-12-01"}
    later = (await core.call("billing_invoice_list", organization_id=1, **span)).data
    assert later["total"] == 2
    text = (await core.call("billing_invoice_list", organization_id=1, format="csv")).data["csv"]
    assert [row["number"] for row in csv.DictReader(io.StringIO(text))] == ["M-2", "M-3", "M-1"]


async def test_no_tool_of_billing_sends_anything_that_changes(books: "Books") -> None:
    await books.company.control("DELETE", "/requests")
    for tool in (
        "billing_account_get",
        "billing_usage_get",
        "billing_plan_list",
        "billing_invoice_list",
        "billing_payment_method_list",
    ):
        await books.core.call(tool, organization_id=books.organization)
    await broken_down(books, by="app")
    seen = (await books.company.control("GET", "/requests"))["requests"]
    asked = {one["path"] for one in seen if one["method"] != "GET"}
    assert asked <= {"/api/v2/scenarios/modules/consumptions"}
    entries = books.core.kernel.surface.entries.values()
    effects = {entry.effect for entry in entries if entry.category == "billing"}
    assert effects == {"read"}


async def test_means_of_payment_are_told_by_kind_and_last_digits(
    core: Server, company: Company
) -> None:
    none = (await core.call("billing_payment_method_list", organization_id=1)).data
    types = await company.get("/organizations/1/subscription/payment-method-types")
    assert none["payment_methods"] == []
    assert [(one["value"], one["for_plan"]) for one in none["types"]] == [
        (one["value"], one["canBeDefaultForSubscription"]) for one in types["paymentMethodTypes"]
    ]
    details = {"brand": "visa", "display_brand": "Visa", "last4": "4242"}
    method = {"id": "pm_1234567890", "type": "card", "valid": True, "methodDetails": details}
    method |= {"customerDefaultMethod": True, "customerDefaultExtrasMethod": False}
    fault = {"path": "/payment-methods$", "status": 200, "body": {"paymentMethods": [method]}}
    await company.control("POST", "/faults", fault)
    told = await core.call("billing_payment_method_list", organization_id=1)
    assert told.data["payment_methods"] == [
        {
            "type": "card",
            "brand": "Visa",
            "last_digits": "4242",
            "valid": True,
            "pays_plan": True,
            "pays_extras": False,
        }
    ]
    assert "pm_1234567890" not in told.text
