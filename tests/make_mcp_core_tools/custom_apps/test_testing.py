"""Trying a custom app against its service."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from app_bench import Bench, service

pytestmark = pytest.mark.anyio

ROWS = [{"label": "Oslo", "value": 1}, {"label": "Bergen", "value": 2}]


async def test_cases_pass_or_fail_by_what_the_service_answers(bench: Bench) -> None:
    app = await bench.whole()
    async with service({"places": ROWS}) as address:
        api = {"url": f"{address}/places", "response": {"output": "{{body.places}}"}}
        await bench.code(f"/sdk/apps/{app}/1/base", "{}")
        await bench.code(f"/sdk/apps/{app}/1/rpcs/listPlaces/api", json.dumps(api))
        cases: list[dict[str, Any]] = [
            {"rpc": "listPlaces", "min_rows": 2, "expect": [{"label": "Oslo"}]},
            {"rpc": "listPlaces", "min_rows": 3},
            {"rpc": "listPlaces", "expect": [{"label": "Tromsø"}]},
            {"rpc": "notThere"},
        ]
        told = (await bench.core.call("custom_app_test", name=app, cases=cases, junit=True)).data
    assert [row["passed"] for row in told["cases"]] == [True, False, False, False]
    assert (told["passed"], told["failed"]) == (1, 3)
    assert told["cases"][1]["why"] == "2 rows, at least 3 were expected."
    assert told["cases"][1]["result"] == ROWS
    suite = ElementTree.fromstring(told["junit"])
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")


async def test_a_service_that_does_not_answer_fails_its_case_only(bench: Bench) -> None:
    app = await bench.whole()
    api = {"url": "http://127.0.0.1:9/none"}
    await bench.code(f"/sdk/apps/{app}/1/base", "{}")
    await bench.code(f"/sdk/apps/{app}/1/rpcs/listPlaces/api", json.dumps(api))
    told = (await bench.core.call("custom_app_test", name=app, cases=[{"rpc": "listPlaces"}])).data
    assert (told["failed"], "424" in told["cases"][0]["why"]) == (1, True)


async def test_connections_are_tested_too(bench: Bench) -> None:
    team = (await bench.company.get("/teams", organizationId=1))["teams"][0]["id"]
    rows = (await bench.company.get("/connections", teamId=team))["connections"]
    cases = [{"connection_id": row["id"]} for row in rows[:3]]
    app = await bench.app()
    told = (await bench.core.call("custom_app_test", name=app, cases=cases)).data
    assert [row["case"] for row in told["cases"]] == [f"connection {row['id']}" for row in rows[:3]]
    assert told["passed"] >= 1


async def test_a_dry_run_asks_no_service_and_an_empty_case_is_refused(bench: Bench) -> None:
    app = await bench.whole()
    await bench.company.control("DELETE", "/requests")
    arguments: dict[str, Any] = {"name": app, "cases": [{"rpc": "listPlaces"}]}
    plan = (await bench.core.call("custom_app_test", **arguments, dry_run=True)).data["plan"]
    assert plan["steps"] == ["Try the rpc listPlaces"]
    seen = (await bench.company.control("GET", "/requests"))["requests"]
    assert [one for one in seen if one["method"] != "GET"] == []
    told = await bench.core.call("custom_app_test", name=app, cases=[{}])
    assert told.error["problems"][0]["path"] == "cases[0]"
