"""Figures that are compared with Make's dates go by Make's clock."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


async def _set(company: Company, moment: datetime) -> None:
    await company.control("PATCH", "/world", {"rate_limits": False})
    company.mounted.sandbox.world.clock.freeze(moment)  # without the runs that would be due


async def _now(company: Company) -> datetime:
    return _moment((await company.control("GET", "/clock"))["now"])


@pytest.mark.parametrize("days", [-9, 3, 400])
async def test_days_left_are_counted_by_the_clock_of_make(
    core: Server, company: Company, days: int
) -> None:
    await _set(company, await _now(company) + timedelta(days=days, hours=5))
    told = (await core.call("billing_account_get", organization_id=1)).data
    raw = (await company.get("/organizations/1"))["organization"]
    left = _moment(raw["nextReset"]) - await _now(company)
    assert told["period"]["days_left"] == pytest.approx(left.total_seconds() / 86_400, abs=0.02)
    assert told["as_of_clock"] == "make"
    assert abs(_moment(told["as_of"]) - await _now(company)) < timedelta(seconds=2)


async def test_the_day_that_goes_on_is_the_one_at_make(core: Server, company: Company) -> None:
    zones = (await company.get("/enums/timezones"))["timezones"]
    names = {zone["code"]: zone["id"] for zone in zones}
    for code in ("America/New_York", "Asia/Tokyo"):
        await company.send("PATCH", "/organizations/1", {"timezoneId": names[code]})
        for hour in (1, 23):
            at = (await _now(company)).replace(hour=hour, minute=30) + timedelta(days=1)
            await _set(company, at)
            told = (await core.call("billing_usage_get", organization_id=1)).data
            today = at.astimezone(ZoneInfo(code)).date()
            assert (told["timezone"], told["last_day"]) == (code, today.isoformat())
            assert told["first_day"] == (today - timedelta(days=29)).isoformat()
            rows = (await company.get("/organizations/1/usage", organizationTimezone="true"))[
                "data"
            ]
            own: dict[str, Any] = {row["date"]: row for row in rows}
            for row in told["days"]:
                theirs = own[date.fromisoformat(row["date"]).strftime("%d-%m-%Y")]
                assert row["credits"] == theirs["centicredits"] / 100
                assert row["operations"] == theirs["operations"]
            assert len(told["days"]) == len(own) > 5


async def test_spans_back_of_invoices_count_from_the_time_at_make(
    core: Server, company: Company
) -> None:
    await _set(company, datetime.fromisoformat("2031-05-20T10:00:00+00:00"))
    row = {"invoice_number": "M-1", "created": "2031-05-10T08:00:00.000Z", "amount_total": "8"}
    fault = {"path": "/payments$", "status": 200, "body": {"payments": [row]}}
    await company.control("POST", "/faults", fault)
    for since, count in (("11d", 1), ("9d", 0)):
        told = (await core.call("billing_invoice_list", organization_id=1, since=since)).data
        assert told["total"] == count


async def test_credits_that_are_used_up_run_out_no_more(core: Server, company: Company) -> None:
    raw = (await company.get("/organizations/1"))["organization"]
    body = {"organization": raw | {"unusedCenticredits": "-500"}}
    fault = {"path": "/organizations/1$", "status": 200, "body": body}
    await company.control("POST", "/faults", fault)
    ahead = (await core.call("billing_usage_get", organization_id=1)).data["forecast"]
    assert ahead["left_credits"] == -5
    assert "exhausted_at" not in ahead
    assert "used up" in ahead["note"]
