"""Variables as a set: exported, applied, and build variables of scenarios."""

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from harness import Company, Server

if TYPE_CHECKING:
    from .conftest import Settings

pytestmark = pytest.mark.anyio

Reading = Callable[..., Awaitable[int]]
HIDDEN = "[hidden]"
RATE = {"name": "vat_rate", "type": "number", "value": 0.19}
LIVE = {"name": "live_from", "type": "date", "value": "2026-10-05T08:00:00.000Z"}
ON = {"name": "is_on", "type": "boolean", "value": True}
MOTTO = {"name": "motto", "type": "text", "value": "It's 5 o'clock, “somewhere”"}
ALL = [ON, LIVE, MOTTO, RATE]


async def fill(settings: "Settings") -> None:
    for row in ALL:
        await settings.put(str(row["name"]), row["value"], str(row["type"]))


# Exporting


async def test_an_export_applied_with_prune_gives_the_same_state(
    core: Server, settings: "Settings"
) -> None:
    await fill(settings)
    values, types = await settings.all(), await settings.types()
    exported = (await core.call("variable_export", team_id=settings.team)).data
    kept = json.loads(exported["text"])
    assert kept == ALL
    await core.call("variable_update", team_id=settings.team, name="vat_rate", value=0.5)
    await core.apply("variable_delete", team_id=settings.team, name="is_on")
    await settings.put("extra", "1")
    told = await core.apply(
        "variable_bulk_apply", team_id=settings.team, variables=kept, prune=True
    )
    done = told.data
    assert (done["created"], done["changed_values"], done["deleted"], done["unchanged"]) == (
        ["is_on"],
        ["vat_rate"],
        ["extra"],
        2,
    )
    assert (await settings.all(), await settings.types()) == (values, types)


async def test_each_format_is_read_by_its_own_reader(core: Server, settings: "Settings") -> None:
    await fill(settings)

    async def text(format: str) -> str:
        told = await core.call("export-custom-variables", team_id=settings.team, format=format)
        return str(told.data["text"])

    assert yaml.safe_load(await text("yaml")) == ALL
    assert (await text("csv")).splitlines()[:2] == ["name,type,value", "is_on,boolean,true"]
    lines = (await text("env")).splitlines()
    assert lines[0] == "is_on=true"
    assert lines[2] == "motto='It'\\''s 5 o'\\''clock, “somewhere”'"


async def test_an_empty_place_exports_an_empty_set(core: Server, settings: "Settings") -> None:
    told = (await core.call("variable_export", team_id=settings.team)).data
    assert (told["count"], json.loads(told["text"])) == (0, [])


async def test_a_masked_secret_is_left_as_it_is_when_applied(
    core: Server, settings: "Settings"
) -> None:
    await settings.put("crm_password", "hunter2-hunter2")
    exported = await core.call("variable_export", team_id=settings.team)
    assert "hunter2" not in exported.text
    assert exported.data["masked"] == ["crm_password"]
    kept = json.loads(exported.data["text"])
    given = {"team_id": settings.team, "variables": kept, "prune": True}
    assert (await core.call("variable_bulk_apply", **given)).data["changed"] is False
    assert await settings.all() == {"crm_password": "hunter2-hunter2"}
    strange = [{"name": "other_password", "value": HIDDEN}]
    told = await core.call("variable_bulk_apply", team_id=settings.team, variables=strange)
    assert "masked" in told.error["problems"][0]["problem"]


# Applying


async def test_applying_is_planned_first_and_twice_changes_nothing(
    core: Server, settings: "Settings", writes: Callable[[], Awaitable[list[Any]]]
) -> None:
    given = {"team_id": settings.team, "variables": [RATE, {"name": "n", "value": 3}]}
    await writes()
    planned = (await core.call("bulk-variable-operations", **given)).data["plan"]
    assert (planned["diff"], await writes()) == (["+ vat_rate: 0.19", "+ n: 3"], [])
    done = await core.call("variable_bulk_apply", **given, plan_id=planned["plan_id"])
    sent = [one["path"] for one in await writes()]
    assert (len(sent), len(planned["requests"])) == (2, 2)
    again = (await core.call("variable_bulk_apply", **given)).data
    assert (again["changed"], again["unchanged"], await writes()) == (False, 2, [])
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert await settings.all() == {}


async def test_every_fault_of_a_set_is_told_at_once_and_nothing_is_sent(
    core: Server, settings: "Settings"
) -> None:
    wrong = [
        {"name": "teamName", "value": "x"},
        {"name": "n", "value": "many", "type": "number"},
        {"name": "twice", "value": 1},
        {"name": "twice", "value": 2},
    ]
    told = await core.call("variable_bulk_apply", team_id=settings.team, variables=wrong)
    assert [one["path"] for one in told.error["problems"]] == [
        "variables[0]",
        "variables[1].value",
        "variables[3]",
    ]
    secret = [{"name": "apiKey", "value": "x"}, {"name": "ok", "value": 1}]
    refused = await core.call("variable_bulk_apply", team_id=settings.team, variables=secret)
    assert refused.error["code"] == "plaintext_secret"
    assert await settings.all() == {}


async def test_pruning_names_the_readers_of_what_goes(
    core: Server, settings: "Settings", reading: Reading
) -> None:
    await settings.put("vat_rate", 0.19, "number")
    scenario = await reading("{{var.team.vat_rate}}")
    given: dict[str, Any] = {"team_id": settings.team, "variables": [], "prune": True}
    planned = (await core.call("variable_bulk_apply", **given)).data["plan"]
    assert planned["diff"] == ["- vat_rate: 0.19"]
    assert planned["affects"][0].startswith("vat_rate: Scenario")
    assert f"({scenario}, inactive)" in planned["affects"][0]


async def test_a_set_that_fails_half_way_says_what_was_done(
    core: Server, settings: "Settings"
) -> None:
    rows = [{"name": name, "value": 1} for name in ("a", "b", "c")]
    given = {"team_id": settings.team, "variables": rows}
    planned = (await core.call("variable_bulk_apply", **given)).data["plan"]
    refusal = {"code": "IM005", "message": "no"}
    fault = {"path": "/variables$", "method": "POST", "status": 400, "body": refusal, "after": 1}
    await settings.company.control("POST", "/faults", fault)
    told = await core.call("variable_bulk_apply", **given, plan_id=planned["plan_id"])
    assert "Done before that: Create the variable “a” of team" in told.error["effect"]
    assert "operation_undo" in told.error["next_step"]
    assert await settings.all() == {"a": 1}


# Build variables


@pytest.fixture
async def with_input(company: Company, reading: Reading) -> int:
    scenario = await reading("x")
    fields = [{"name": "crm", "type": "text"}, {"name": "mail", "type": "text"}]
    await company.send(
        "PATCH", f"/scenarios/{scenario}", {"scheduling": json.dumps({"type": "on-demand"})}
    )
    body = {"interface": {"input": fields, "output": None}}
    await company.send("PATCH", f"/scenarios/{scenario}/interface", body)
    return scenario


async def test_build_variables_are_set_listed_deleted_and_taken_back(
    core: Server, with_input: int
) -> None:
    ask = {"scenario_id": with_input}
    assert (await core.call("build_variable_list", **ask)).data["variables"] == {}
    await core.call("build_variable_set", **ask, variables={"crm": "TAC_1"})
    done = (await core.call("build_variable_set", **ask, variables={"mail": "PAC_2"})).data
    assert done["variables"] == {"crm": "TAC_1", "mail": "PAC_2"}
    same = (await core.call("build_variable_set", **ask, variables={"mail": "PAC_2"})).data
    assert same["changed"] is False
    gone = (await core.apply("build_variable_delete", **ask, names=["crm", "none"])).data
    assert (await core.call("build_variable_list", **ask)).data["variables"] == {"mail": "PAC_2"}
    await core.apply("operation_undo", operation_id=gone["operation_id"])
    listed = (await core.call("build_variable_list", **ask)).data["variables"]
    assert listed == {"crm": "TAC_1", "mail": "PAC_2"}


async def test_build_variables_of_unknown_inputs_or_forms_are_refused_together(
    core: Server, with_input: int
) -> None:
    given = {"crm": "XAC_1", "fax": "TAC_1"}
    told = await core.call("build_variable_set", scenario_id=with_input, variables=given)
    paths = [one["path"] for one in told.error["problems"]]
    assert paths == ["variables.fax", "variables.crm"]
    strange = await core.call("build_variable_list", scenario_id=999_999)
    assert strange.error["code"] in {"not_found", "forbidden"}


async def test_build_variables_are_planned_as_they_are_sent_and_taken_back(
    core: Server, company: Company, with_input: int
) -> None:
    ask = {"scenario_id": with_input, "variables": {"crm": "TAC_1"}}
    path = f"/scenarios/{with_input}/build-variables"
    before = await company.get(path)
    plan = (await core.call("build_variable_set", **ask, dry_run=True)).data["plan"]
    assert await company.get(path) == before
    await company.control("DELETE", "/requests")
    done = (await core.call("build_variable_set", **ask)).data
    log = (await company.control("GET", "/requests"))["requests"]
    sent = [f"{one['method']} {one['path']}" for one in log if one["method"] != "GET"]
    assert sent == [f"{r['method']} /api/v2{r['path']}" for r in plan["requests"]]
    assert await company.get(path) != before
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert await company.get(path) == before


_AWKWARD: list[tuple[str, str, Any]] = [
    ("empty", "text", ""),
    ("number_as_text", "text", "0042"),
    ("truth_as_text", "text", "true"),
    ("json_as_text", "text", '{"a": [1, null]}'),
    ("lines", "text", "first\nsecond\tthird \\ 'quoted' \"twice\""),
    ("letters", "text", "Müller – 東京 #1: {{no}} = yes, no"),
    ("date_as_text", "text", "2026-10-05"),
    ("small", "number", 0.1),
    ("large", "number", 123456789012345),
    ("below", "number", -7),
    ("off", "boolean", False),
    ("moment", "date", "2026-10-05T08:00:00.000Z"),
    ("$money", "number", 1),
]


@pytest.mark.parametrize("owner", ["team", "organization"])
@pytest.mark.parametrize("format", ["json", "yaml"])
async def test_awkward_values_come_back_from_an_export_with_prune(
    core: Server, settings: "Settings", owner: str, format: str
) -> None:
    for name, type, value in _AWKWARD:
        await settings.put(name, value, type, owner)
    values, types = await settings.all(owner), await settings.types(owner)
    whose = {f"{owner}_id": settings.team if owner == "team" else settings.organization}
    exported = (await core.call("variable_export", **whose, format=format)).data
    variables = (json.loads if format == "json" else yaml.safe_load)(exported["text"])
    same = await core.call("variable_bulk_apply", **whose, variables=variables, prune=True)
    assert (same.data["changed"], same.data["unchanged"]) == (False, len(values))
    for name, _, _ in _AWKWARD[::2]:
        await settings.put(name, "drifted", "text", owner)
    await settings.company.send("DELETE", f"{settings.path(owner)}/lines", confirmed="true")
    await settings.put("stray", "gone soon", "text", owner)
    await core.apply("variable_bulk_apply", **whose, variables=variables, prune=True)
    assert (await settings.all(owner), await settings.types(owner)) == (values, types)
