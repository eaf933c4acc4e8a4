"""Expressions, evaluated with the variables of a team and sample data."""

from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server
from narrow import server_with

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Settings

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("expression", "value", "type"),
    [
        ("{{var.team.vat_rate}}", 0.19, "number"),
        ("{{round(1.net * (1 + var.team.vat_rate))}}", 119, "number"),
        ("Rate: {{var.team.vat_rate}} for {{var.input.who}}", "Rate: 0.19 for Ann", "text"),
        ("{{var.organization.motto}}", "Onwards", "text"),
        ("{{addDays(now; 1)}}", "2026-10-06T08:00:00.000Z", "date"),
        ("{{var.team.none}}", None, "null"),
        ("{{ignore}}", None, "keyword ignore"),
        ("{{1.rows}}", [1, 2], "array"),
        ("plain", "plain", "text"),
    ],
)
async def test_an_expression_gives_the_value_and_its_type(
    core: Server, settings: "Settings", expression: str, value: Any, type: str
) -> None:
    await settings.put("vat_rate", 0.19, "number")
    await settings.put("motto", "Onwards", owner="organization")
    told = await core.call(
        "test-variable-resolution",
        team_id=settings.team,
        expression=expression,
        bundles={"1": {"net": 100, "rows": [1, 2]}},
        inputs={"who": "Ann"},
        now="2026-10-05T08:00:00Z",
    )
    assert (told.data["evaluated"], told.data.get("value"), told.data["type"]) == (
        True,
        value,
        type,
    )


async def test_what_was_used_and_what_is_unknown_is_named(
    core: Server, settings: "Settings"
) -> None:
    await settings.put("vat_rate", 0.19, "number")
    text = "{{var.team.vat_rate}} {{var.team.vat}} {{2.name}} {{1.name}} {{var.input.who}}"
    told = await core.call(
        "variable_resolve", team_id=settings.team, expression=text, bundles={"1": {}}
    )
    used = {one["expression"]: one["known"] for one in told.data["variables"]}
    assert used == {
        "{{var.team.vat_rate}}": True,
        "{{var.team.vat}}": False,
        "{{var.input.who}}": False,
    }
    assert told.data["unknown"] == ["{{var.team.vat}}", "{{var.input.who}}", "module 2"]


async def test_the_time_zone_is_the_organizations(core: Server, settings: "Settings") -> None:
    ask = {"team_id": settings.team, "expression": '{{formatDate(now; "Z")}}'}
    own = (await core.call("variable_resolve", **ask)).data
    rows = (await settings.company.get(settings.path("organization")))["organizationVariables"]
    zone = next(row["value"] for row in rows if row["name"] == "organizationTimezone")
    assert own["timezone"] == zone
    other = (await core.call("variable_resolve", **ask, timezone="Asia/Tokyo")).data
    assert other["value"] == "+09:00"
    wrong = await core.call("variable_resolve", **ask, timezone="Mars/Base")
    assert wrong.error["code"] == "invalid_arguments"


async def test_a_secret_never_comes_out_however_it_is_turned(
    core: Server, settings: "Settings"
) -> None:
    await settings.put("crm_password", "hunter2")
    for text in (
        "{{var.team.crm_password}}",
        "{{base64(var.team.crm_password)}}",
        '{{substring(get(var.team; "crm_password"); 0; 3)}}',
        "{{length(var.team.crm_password)}}",
    ):
        told = await core.call("variable_resolve", team_id=settings.team, expression=text)
        assert "hun" not in told.text
        assert "aHVudGVyMg" not in told.text
        assert told.data.get("value") != len("hunter2")


async def test_a_function_of_the_teams_own_is_named_and_not_guessed(
    core: Server, settings: "Settings"
) -> None:
    told = (
        await core.call("variable_resolve", team_id=settings.team, expression="{{priceOf(1.id)}}")
    ).data
    assert (told["evaluated"], told["not_evaluated"], "value" in told) == (
        False,
        "priceOf",
        False,
    )


async def test_what_make_would_refuse_tells_the_place(core: Server, settings: "Settings") -> None:
    ask = {"team_id": settings.team}
    told = (await core.call("variable_resolve", **ask, expression="a {{upper(}}")).data
    assert (told["evaluated"], "character" in told["error"]) == (False, True)
    wrong = await core.call("variable_resolve", **ask, expression="x", bundles={"one": {}})
    assert wrong.error["problems"][0]["path"] == "bundles.one"


async def test_a_token_that_reads_no_variables_is_told_and_evaluates_the_rest(
    company: Company, settings: "Settings", tmp_path: "Path"
) -> None:
    async with server_with(company, tmp_path, "organizations:read", "teams:read") as server:
        told = await server.call(
            "variable_resolve", team_id=settings.team, expression="{{1 + 1}} {{var.team.x}}"
        )
    assert told.data["value"] == "2 "
    assert "team-variables:read" in told.data["warnings"][0]
