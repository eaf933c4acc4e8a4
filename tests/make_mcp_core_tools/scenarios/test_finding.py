"""Listing and searching scenarios."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server
from make_mcp_base.definition.bundle import SERVER_BUNDLE, installed_bundles
from make_mcp_base.definition.catalog import read
from regressions import failure

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]


async def test_a_long_list_comes_whole_over_its_cursors_in_short_rows(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
) -> None:
    await company.control("PATCH", "/world", {"rate_limits": False})
    for number in range(255):
        await new_scenario(blueprint(step(1), name=f"Relay {number:03}"))
    names: list[str] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        told = await core.call("scenario_list", team_id=team, limit=100, sort="name", **more)
        rows = told.data["scenarios"]
        assert all(len(json.dumps(row, separators=(",", ":"))) <= 200 for row in rows)
        names += [row["name"] for row in rows]
        assert told.data["total"] == 255
        cursor = told.data.get("next_cursor")
        if cursor is None:
            break
    assert names == [f"Relay {number:03}" for number in range(255)]


async def test_filters_apply_to_the_whole_list(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
) -> None:
    daily = {"type": "daily", "time": "04:00"}
    on = await new_scenario(blueprint(step(1), name="Alpha"), scheduling=daily, active=True)
    off = await new_scenario(blueprint(step(1, "json:ParseJSON"), name="Beta"))
    ill = await new_scenario(blueprint(step(1), name="Gamma"))
    change = {"scenarios": {str(ill["id"]): {"is_invalid": True}}}
    await company.control("PATCH", "/world", change)

    async def listed(**filters: Any) -> list[int]:
        told = await core.call("scenario_list", team_id=team, **filters)
        return [row["id"] for row in told.data["scenarios"]]

    assert await listed(active=True) == [on["id"]]
    assert await listed(name_contains="BET") == [off["id"]]
    assert await listed(app="json") == [off["id"]]
    assert await listed(has_problem=True) == [ill["id"]]
    assert sorted(await listed(has_problem=False)) == sorted([on["id"], off["id"]])
    assert await listed(ids=[off["id"]]) == [off["id"]]


async def test_an_organization_is_listed_over_all_its_teams(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
) -> None:
    made = await new_scenario(blueprint(step(1)))
    organization = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    told = await core.call("scenario_list", organization_id=organization, ids=[made["id"]])
    (row,) = told.data["scenarios"]
    assert row["team_id"] == team
    assert "{team_id}" in told.data["url"]


async def test_without_a_team_every_team_within_reach_is_listed(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
) -> None:
    made = await new_scenario(blueprint(step(1)))
    told = await core.call("scenario_list", name_contains="Relay")
    assert [(row["id"], row["team_id"]) for row in told.data["scenarios"]] == [(made["id"], team)]
    everything = 0
    for organization in (await company.get("/organizations"))["organizations"]:
        found = await company.get("/scenarios", organizationId=organization["id"])
        everything += len(found["scenarios"])
    assert (await core.call("scenario_list")).data["total"] == everything


@failure(
    "columns asked for that a licence refuses",
    size="403",
    here="only columns that every licence gives",
)
async def test_f13_no_column_is_asked_for_that_a_licence_may_refuse(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
) -> None:
    made = await new_scenario(blueprint(step(1)))
    await company.control("DELETE", "/requests")
    await core.call("scenario_list", team_id=team)
    await core.call("scenario_get", scenario_id=made["id"], include=["bindings", "usage"])
    requests = (await company.control("GET", "/requests"))["requests"]
    assert requests
    assert not [one for one in requests if "*" in str(one["query"])]


@failure(
    "tool names cropped at 48 characters",
    size="silent",
    here="no name is longer",
)
def test_f14_every_tool_name_fits_48_characters() -> None:
    pages = [page for each in installed_bundles(("analytics", "core")) for page in read(each)]
    names = [tool.name for page in [*pages, *read(SERVER_BUNDLE)] for tool in page.tools]
    assert len(names) == len(set(names)) > 250
    assert [name for name in names if len(name) > 48] == []


async def test_search_finds_text_modules_bindings_functions_and_addresses(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    connection: Callable[..., Awaitable[int]],
    team: int,
) -> None:
    slack = await connection("Slack team")
    message = step(
        2,
        "slack:CreateMessage",
        version=4,
        parameters={"__IMTCONN__": slack},
        mapper={"text": "Invoice {{upper(1.v1)}} is late", "channel": "#money"},
    )
    call = step(
        3, "http:MakeRequest", version=4, mapper={"url": "https://api.example.com/v2/bills"}
    )
    made = await new_scenario(blueprint(step(1), message, call, name="Dunning"))
    await new_scenario(blueprint(step(1), name="Other"))

    async def found(**criteria: Any) -> list[tuple[int, int | None]]:
        told = await core.call("scenario_search", team_id=team, **criteria)
        return [(hit["scenario_id"], hit.get("module_id")) for hit in told.data["hits"]]

    here = made["id"]
    assert await found(query="invoice") == [(here, 2)]
    assert await found(query="dunning") == [(here, None)]
    assert await found(app="slack") == [(here, 2)]
    assert await found(module="http:makerequest") == [(here, 3)]
    assert await found(connection_id=slack) == [(here, 2)]
    assert await found(function="upper") == [(here, 2)]
    assert await found(iml_contains="1.v1") == [(here, 2)]
    assert await found(url_contains="example.com/v2") == [(here, 3)]
    assert await found(app="slack", query="bills") == []


async def test_a_second_search_reads_only_what_was_edited_since(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
) -> None:
    first = await new_scenario(blueprint(step(1), name="First"))
    second = await new_scenario(blueprint(step(1), name="Second"))
    await core.call("scenario_search", team_id=team, query="nothing of the kind")
    await company.control("POST", "/clock", {"advance": 5})
    changed = blueprint(step(1, mapper={"value": "nothing of the kind"}), name="Second")
    body = {"blueprint": json.dumps(changed)}
    await company.send("PATCH", f"/scenarios/{second['id']}", body)
    await company.control("DELETE", "/requests")
    told = await core.call("scenario_search", team_id=team, query="nothing of the kind")
    assert [hit["scenario_id"] for hit in told.data["hits"]] == [second["id"]]
    paths = [one["path"] for one in (await company.control("GET", "/requests"))["requests"]]
    assert f"/api/v2/scenarios/{second['id']}/blueprint" in paths
    assert f"/api/v2/scenarios/{first['id']}/blueprint" not in paths


async def test_a_search_never_finds_a_secret(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder, team: int
) -> None:
    secret = step(1, "http:MakeRequest", version=4, mapper={"apiKey": "hunter2-hunter2-hunter2"})
    await new_scenario(blueprint(secret))
    told = await core.call("scenario_search", team_id=team, query="hunter2")
    assert told.data["hits"] == []


async def test_a_search_for_nothing_is_refused_with_the_criteria(core: Server, team: int) -> None:
    told = await core.call("scenario_search", team_id=team)
    assert "connection_id" in told.error["next_step"]


async def test_pages_of_a_search_follow_each_other_and_the_last_tells_how_many_there_were(
    core: Server, team: int, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    ids = [
        (await new_scenario(blueprint(step(1), step(2), name=f"Relay {number}")))["id"]
        for number in range(7)
    ]
    whole = (await core.call("scenario_search", team_id=team, app="util", limit=100)).data
    assert (whole["total"], "next_cursor" in whole) == (14, False)
    found: list[tuple[int, int]] = []
    more: dict[str, Any] = {}
    while True:
        told = (await core.call("scenario_search", team_id=team, app="util", limit=4, **more)).data
        found += [(hit["scenario_id"], hit["module_id"]) for hit in told["hits"]]
        if "next_cursor" not in told:
            break
        assert "total" not in told
        more = {"cursor": told["next_cursor"]}
    assert told["total"] == 14
    assert found == [(hit["scenario_id"], hit["module_id"]) for hit in whole["hits"]]
    assert {ident for ident, _ in found} == set(ids)
