"""Plan and use: the figures are Make's own, and the forecast can be made by hand."""

from collections.abc import AsyncGenerator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server
from narrow import server_with

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Books

pytestmark = pytest.mark.anyio


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def day(text: str) -> date:
    return date.fromisoformat("-".join(reversed(text.split("-"))))


# The account


async def test_the_account_tells_makes_own_figures(books: "Books") -> None:
    raw = await books.raw()
    told = await books.core.call("get-billing-account", organization_id=books.organization)
    found = told.data
    assert found["plan"] == raw["serviceName"]
    assert found["credits"]["used"] == int(raw["centicreditsConsumed"]) / 100
    assert found["credits"]["left"] == int(raw["unusedCenticredits"]) / 100
    assert found["operations"] == {
        "limit": raw["license"]["operations"],
        "bought_extra": 0,
        "used": int(raw["operations"]),
        "left": int(raw["unusedOperations"]),
        "used_percent": round(int(raw["operations"]) / raw["license"]["operations"] * 100, 2),
    }
    assert found["limits"]["api_calls_per_minute"] == raw["license"]["apiLimit"]
    assert moment(found["period"]["end"]) == moment(raw["nextReset"])
    assert found["subscription"]["price"] == "86.00"
    assert found["sources"] == [
        f"GET /organizations/{books.organization}",
        f"GET /organizations/{books.organization}/subscription",
    ]


async def test_what_make_does_not_tell_is_left_out_with_the_reason(books: "Books") -> None:
    told = await books.core.call("billing_account_get", organization_id=books.organization)
    assert "limit" not in told.data["credits"]
    assert "operations" in told.data["missing"]["credits_limit"]


@pytest.fixture
async def member(company: Company, tmp_path: "Path") -> AsyncGenerator[Server]:
    """A server whose token is of somebody without billing rights."""
    await company.control("PATCH", "/world", {"rate_limits": False})
    people = (await company.get("/organizations/1/user-organization-roles"))[
        "userOrganizationRoles"
    ]
    roles = {
        row["id"]: row
        for row in (await company.get("/users/roles", category="organization"))["usersRoles"]
    }
    plain = [
        row["userId"]
        for row in people
        if "organization billing" not in roles[row["usersRoleId"]]["permissions"]
        and "organization view" in roles[row["usersRoleId"]]["permissions"]
    ]
    async with server_with(company, tmp_path, "*", user_id=plain[0]) as server:
        yield server


async def test_without_billing_rights_the_price_is_missing_and_the_rest_is_there(
    member: Server,
) -> None:
    told = (await member.call("billing_account_get", organization_id=1)).data
    assert "billing rights" in told["missing"]["subscription"]
    assert ("subscription" in told, told["operations"]["used"] > 0) == (False, True)
    cost = (await member.call("billing_cost_breakdown_get", organization_id=1)).data
    assert ("price" in cost, "billing rights" in cost["missing"]["cost"]) == (False, True)
    invoices = await member.call("billing_invoice_list", organization_id=1)
    assert invoices.error["code"] == "forbidden"


async def test_a_foreign_organization_is_refused(books: "Books") -> None:
    for tool in ("billing_account_get", "billing_usage_get", "billing_cost_breakdown_get"):
        told = await books.core.call(tool, organization_id=999_999)
        assert told.error["code"] in {"forbidden", "not_found"}, tool


async def test_a_token_without_the_scope_is_told_which(company: Company, tmp_path: "Path") -> None:
    async with server_with(company, tmp_path, "teams:read") as server:
        account = await server.call("billing_account_get", organization_id=1)
        usage = await server.call("billing_usage_get", organization_id=1)
    assert account.error["code"] == usage.error["code"] == "missing_scope"
    assert "organizations:read" in usage.text


# Use by day


async def test_days_equal_makes_own_and_unused_days_are_counted(books: "Books") -> None:
    rows = await books.days()
    found = (await books.core.call("billing_usage_get", organization_id=books.organization)).data
    expected = [
        {
            "date": day(row["date"]).isoformat(),
            "operations": row["operations"],
            "credits": row["centicredits"] / 100,
            "transfer_bytes": row["dataTransfer"],
        }
        for row in rows
    ]
    assert found["days"] == expected
    assert found["total"]["credits"] == sum(row["centicredits"] for row in rows) / 100
    assert found["days_without_use"] == 30 - len(rows)
    assert found["last_day_is_closed"] is False


async def test_a_span_of_closed_days_is_cut_out(books: "Books") -> None:
    today = date.fromisoformat(
        (await books.core.call("billing_usage_get", organization_id=books.organization)).data[
            "last_day"
        ]
    )
    first, last = today - timedelta(days=5), today - timedelta(days=2)
    ask = {"organization_id": books.organization, "from": first.isoformat()}
    found = (await books.core.call("billing_usage_get", **ask, to=last.isoformat())).data
    rows = [row for row in await books.days() if first <= day(row["date"]) <= last]
    assert found["total"]["operations"] == sum(row["operations"] for row in rows)
    assert found["last_day_is_closed"] is True
    before = (today - timedelta(days=40)).isoformat()
    after = (today + timedelta(days=1)).isoformat()
    told = await books.core.call(
        "billing_usage_get", organization_id=books.organization, from_day=before, to_day=after
    )
    assert [one["path"] for one in told.error["problems"]] == ["from_day", "to_day"]


@pytest.mark.parametrize("closed", [1, 7, 29])
async def test_the_forecast_can_be_made_by_hand(books: "Books", closed: int) -> None:
    ask = {"organization_id": books.organization, "closed_days": closed}
    found = (await books.core.call("billing_usage_get", **ask)).data
    ahead, raw = found["forecast"], await books.raw()
    today = date.fromisoformat(found["last_day"])
    spent = sum(
        row["centicredits"]
        for row in await books.days()
        if today - timedelta(days=closed) <= day(row["date"]) < today
    )
    rate = spent / 100 / closed
    assert ahead["run_rate_credits_per_day"] == pytest.approx(rate, abs=1e-4)
    at, left = moment(found["as_of"]), int(raw["unusedCenticredits"]) / 100
    exhausted = at + timedelta(days=left / rate)
    assert abs(moment(ahead["exhausted_at"]) - exhausted) < timedelta(seconds=2)
    reset = moment(raw["nextReset"])
    assert ahead["exhausted_before_reset"] == (exhausted < reset)
    used = int(raw["centicreditsConsumed"]) / 100 + rate * (reset - at).total_seconds() / 86_400
    assert ahead["used_at_reset"] == pytest.approx(used, abs=0.1)
    assert "run_rate" in ahead["formula"]


async def test_teams_and_scenarios_have_days_and_no_forecast(books: "Books") -> None:
    team = (await books.core.call("billing_usage_get", team_id=books.team)).data
    rows = await books.days(f"/teams/{books.team}")
    assert team["total"]["operations"] == sum(row["operations"] for row in rows) > 0
    assert ("forecast" in team, "organization only" in team["missing"]["forecast"]) == (
        False,
        True,
    )
    busiest = max((await books.consumed()).items(), key=lambda pair: pair[1])[0]
    one = (await books.core.call("billing_usage_get", scenario_id=busiest)).data
    own = await books.days(f"/scenarios/{busiest}")
    assert one["total"]["credits"] == sum(row["centicredits"] for row in own) / 100
    assert f"scenario {busiest} “" in one["of"]


async def test_where_nothing_was_used_nothing_runs_out(core: Server, company: Company) -> None:
    await company.control("PATCH", "/world", {"rate_limits": False})
    team = await company.send("POST", "/teams", {"name": "Idle", "organizationId": 1})
    empty = (await core.call("billing_usage_get", team_id=team["team"]["id"])).data
    assert (empty["days"], empty["total"]["credits"], empty["days_without_use"]) == ([], 0, 30)
    fault: dict[str, Any] = {"path": "/organizations/1/usage$", "status": 200, "body": {"data": []}}
    await company.control("POST", "/faults", fault)
    ahead: dict[str, Any] = (await core.call("billing_usage_get", organization_id=1)).data[
        "forecast"
    ]
    assert (ahead["run_rate_credits_per_day"], "exhausted_at" in ahead) == (0, False)
    assert "nothing runs out" in ahead["note"]


async def test_days_in_the_documented_form_are_read_as_well(core: Server, company: Company) -> None:
    today = date.fromisoformat(
        (await core.call("billing_usage_get", organization_id=1)).data["last_day"]
    )
    row = {"date": today.isoformat(), "operations": 3, "dataTransfer": 9, "centicredits": 350}
    fault = {"path": "/organizations/1/usage$", "status": 200, "body": {"data": [row]}}
    await company.control("POST", "/faults", fault)
    found = (await core.call("billing_usage_get", organization_id=1)).data
    assert found["total"] == {"operations": 3, "credits": 3.5, "transfer_bytes": 9}


async def test_an_organization_that_used_nothing_is_told_so(core: Server, company: Company) -> None:
    world = company.mounted.sandbox.world
    for table in ("executions", "former_usage"):
        world.execute(f"DELETE FROM {table}")
    ask = {"organization_id": 1}
    account = (await core.call("billing_account_get", **ask)).data
    assert (account["credits"]["used"], account["operations"]["used_percent"]) == (0, 0)
    cost = (await core.call("billing_cost_breakdown_get", **ask)).data
    assert (cost["rows"], cost["total_credits"], cost["total"]) == ([], 0, 0)
    usage = (await core.call("billing_usage_get", **ask)).data
    assert (usage["days"], usage["days_without_use"]) == ([], 30)
    assert "nothing runs out" in usage["forecast"]["note"]
