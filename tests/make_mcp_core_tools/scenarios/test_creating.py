"""Creating scenarios: what is repaired, refused, created and taken back."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server
from regressions import failure

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]


async def test_a_scenario_is_created_inactive_and_can_be_undone(
    core: Server, company: Company, team: int, blueprint: Builder, step: Builder
) -> None:
    told = await core.call(
        "scenario_create",
        team_id=team,
        blueprint=blueprint(step(1)),
        schedule={"kind": "daily", "time": "06:30"},
    )
    assert (told.data["active"], told.data["schedule"]) == (False, "daily at 06:30")
    path = f"/scenarios/{told.data['scenario_id']}"
    assert (await company.get(path))["scenario"]["name"] == "Relay"
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await company.get("/scenarios", teamId=team))["scenarios"] == []


async def test_everything_asked_for_is_set_in_one_call_and_undone_as_one(
    core: Server,
    company: Company,
    team: int,
    blueprint: Builder,
    step: Builder,
    stored: Reader,
) -> None:
    told = await core.call(
        "scenario_create",
        team_id=team,
        name="Named",
        description="Takes an order",
        blueprint=blueprint(step(1)),
        schedule={"kind": "on_demand"},
        inputs={
            "type": "object",
            "properties": {"order": {"type": "string"}},
            "required": ["order"],
        },
        outputs=[{"name": "total", "type": "number"}],
        activate=True,
    )
    number = told.data["scenario_id"]
    made = (await company.get(f"/scenarios/{number}"))["scenario"]
    assert (made["name"], made["description"], made["isActive"]) == (
        "Named",
        "Takes an order",
        True,
    )
    kept = await stored(number)
    assert kept["metadata"]["input_spec"] == [{"name": "order", "type": "text", "required": True}]
    assert kept["metadata"]["output_spec"] == [{"name": "total", "type": "number"}]
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await company.get("/scenarios", teamId=team))["scenarios"] == []


async def test_a_dry_run_plans_every_step_and_creates_nothing(
    core: Server, company: Company, team: int, blueprint: Builder, step: Builder
) -> None:
    told = await core.call(
        "scenario_create",
        team_id=team,
        blueprint=blueprint(step(1)),
        schedule={"kind": "on_demand"},
        description="Plan",
        activate=True,
        dry_run=True,
    )
    paths = [request["path"] for request in told.data["plan"]["requests"]]
    new = "/scenarios/{new scenario id}"
    assert paths == ["/scenarios", new, f"{new}/start"]
    assert (await company.get("/scenarios", teamId=team))["scenarios"] == []


async def test_all_faults_of_a_new_scenario_come_in_one_answer(
    core: Server, team: int, blueprint: Builder, step: Builder, writes: Writes
) -> None:
    document = blueprint(
        step(1, parameters={"__IMTCONN__": 987654}),
        step(1, mapper={"value": "{{7.x}}"}),
        step(3, mapper={"value": "{{if(1, 2)}}"}),
        name="n" * 121,
    )
    await writes()
    told = await core.call(
        "scenario_create",
        team_id=team,
        blueprint=document,
        inputs=[{"name": "", "type": "letter"}],
        schedule={"kind": "weekly", "time": "09:00"},
    )
    text = " ".join(f"{one['path']} {one['problem']}" for one in told.error["problems"])
    for expected in (
        "longer than 120",
        "already used",
        "no module 7",
        "';'",
        "Connection 987654",
        "inputs[0].name",
        "'letter'",
        "schedule.days",
    ):
        assert expected in text
    assert await writes() == []


async def test_wrong_members_of_the_schedule_are_told_with_the_right_ones(
    core: Server, team: int, blueprint: Builder, step: Builder
) -> None:
    told = await core.call(
        "scenario_create",
        team_id=team,
        blueprint=blueprint(step(1)),
        schedule={"kind": "hourly", "cron": "0 * * * *"},
    )
    problems = {one["path"]: one for one in told.error["problems"]}
    assert "'every'" in problems["schedule.kind"]["problem"]
    assert "interval_minutes" in problems["schedule.cron"]["fix"]


async def test_a_new_app_is_installed_only_when_allowed(
    core: Server, company: Company, team: int, blueprint: Builder, step: Builder
) -> None:
    document = blueprint(step(1, "pottery-kiln:fire", version=1))
    refused = await core.call("scenario_create", team_id=team, blueprint=document)
    assert refused.error["code"] == "app_installation"
    assert "allow_app_install=true" in refused.error["next_step"]
    assert (await company.get("/scenarios", teamId=team))["scenarios"] == []
    told = await core.call(
        "scenario_create", team_id=team, blueprint=document, allow_app_install=True
    )
    assert told.data["active"] is False


async def test_a_failed_last_step_tells_what_was_done_and_how_to_take_it_back(
    core: Server, company: Company, team: int, blueprint: Builder, step: Builder
) -> None:
    await company.control("POST", "/faults", {"path": "/start$", "status": 500})
    told = await core.call(
        "scenario_create",
        team_id=team,
        blueprint=blueprint(step(1)),
        schedule={"kind": "on_demand"},
        activate=True,
    )
    assert "Create the scenario" in told.error["effect"]
    assert "operation_undo" in told.error["next_step"]


async def test_f7_an_invented_schedule_inside_the_blueprint_is_answered_with_the_kinds(
    core: Server, team: int, blueprint: Builder, step: Builder
) -> None:
    document = blueprint(step(1)) | {"scheduling": {"type": "cron", "hour": 9}}
    told = await core.call("scenario_create", team_id=team, blueprint=document)
    problem = told.error["problems"][0]
    assert problem["path"] == "blueprint.scheduling.type"
    assert "daily" in problem["fix"]


@failure(
    "blueprint without metadata, long description, malformed execution id",
    size="540 + 1,043 + 673",
    here="repaired where nothing is lost and reported, otherwise every fault in one answer",
)
async def test_f8_a_blueprint_without_metadata_is_completed_and_the_repairs_are_told(
    core: Server, team: int, stored: Reader
) -> None:
    bare: dict[str, Any] = {
        "name": "Bare",
        "flow": [{"id": 1, "module": "util:FunctionSleep", "mapper": {}}],
    }
    told = await core.call("scenario_create", team_id=team, blueprint=bare)
    assert "Added `metadata`." in told.data["warnings"]
    kept = (await stored(told.data["scenario_id"]))["blueprint"]
    assert kept["metadata"]["scenario"]["maxErrors"] == 3
    assert kept["flow"][0]["version"] == 1


async def test_f9_a_wrong_but_certain_name_is_put_right_and_reported(
    core: Server, team: int, blueprint: Builder, step: Builder, stored: Reader
) -> None:
    document = blueprint(step(1), step(2, "builtin:Sleep", mapper={"duration": "1"}))
    told = await core.call("scenario_create", team_id=team, blueprint=document)
    assert any("`util:FunctionSleep`" in warning for warning in told.data["warnings"])
    kept = (await stored(told.data["scenario_id"]))["blueprint"]
    assert kept["flow"][1]["module"] == "util:FunctionSleep"


async def test_f9_a_module_that_only_make_knows_to_be_wrong_gets_the_nearest_one(
    core: Server, team: int, blueprint: Builder, step: Builder
) -> None:
    document = blueprint(step(1, "util:SetVariables2"))
    told = await core.call("scenario_create", team_id=team, blueprint=document)
    assert told.error["code"] == "unknown_module"
    assert "`util:SetVariables` version 1" in told.error["problems"][0]["fix"]


@failure(
    "blueprint as text where an object is wanted, or the reverse",
    size="every client that stringifies",
    here="both are taken",
)
@pytest.mark.parametrize("form", ["object", "text", "export"])
async def test_f10_a_blueprint_is_taken_as_object_text_or_export(
    form: str, core: Server, team: int, blueprint: Builder, step: Builder, stored: Reader
) -> None:
    document = blueprint(step(1))
    given: Any = {
        "object": document,
        "text": json.dumps(document),
        "export": {"code": "OK", "response": {"blueprint": document}},
    }[form]
    told = await core.call("scenario_create", team_id=team, blueprint=given)
    assert (await stored(told.data["scenario_id"]))["blueprint"]["flow"] == document["flow"]


async def test_f11_unknown_keys_of_a_new_blueprint_arrive_byte_for_byte(
    core: Server, team: int, blueprint: Builder, step: Builder, stored: Reader
) -> None:
    document = blueprint(step(1, listener=True, zz={"b": [None, 1.25, "ß"], "a": {}}))
    document["zz_top"] = {"z": 1, "a": None}
    told = await core.call("scenario_create", team_id=team, blueprint=document)
    kept = (await stored(told.data["scenario_id"]))["blueprint"]
    assert json.dumps(kept) == json.dumps(document)


@pytest.mark.parametrize("shape", ["deep", "large", "not json"])
async def test_a_monstrous_blueprint_is_refused_in_one_sentence_before_anything_is_sent(
    shape: str, core: Server, team: int, blueprint: Builder, step: Builder, writes: Writes
) -> None:
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"x": deep}
    given: Any = {
        "deep": json.dumps(blueprint(step(1, mapper=deep))),
        "large": blueprint(step(1, mapper={"value": "x" * 11_000_000})),
        "not json": "{name: Relay}",
    }[shape]
    await writes()
    told = await core.call("scenario_create", team_id=team, blueprint=given)
    problem = told.error["problems"][0]
    words = {"deep": "deeper than", "large": "larger than", "not json": "not JSON"}
    assert problem["path"] == "blueprint"
    assert words[shape] in problem["problem"]
    assert await writes() == []


def _message(step: Builder, number: int, connection: int, **restore: Any) -> dict[str, Any]:
    fields = [{"name": "__IMTCONN__", "type": "account:slack", "label": "Connection"}]
    metadata = {"parameters": fields, "restore": {"parameters": {"__IMTCONN__": restore}}}
    return step(
        number,
        "slack:CreateMessage",
        version=4,
        parameters={"__IMTCONN__": connection},
        metadata=metadata,
    )


async def test_the_only_connection_of_a_type_takes_the_place_of_one_the_team_lacks(
    core: Server,
    team: int,
    blueprint: Builder,
    step: Builder,
    connection: Callable[..., Awaitable[int]],
    stored: Reader,
) -> None:
    only = await connection("Team Slack")
    await connection("Asana", "asana")
    document = blueprint(
        _message(step, 1, 987_654, label="Their Slack"), _message(step, 2, 987_654)
    )
    told = await core.call("scenario_create", team_id=team, blueprint=document)
    assert f"{only} “Team Slack”, is bound instead" in " ".join(told.data["warnings"])
    flow = (await stored(told.data["scenario_id"]))["blueprint"]["flow"]
    assert [one["parameters"]["__IMTCONN__"] for one in flow] == [only, only]
    shown = flow[0]["metadata"]["restore"]["parameters"]["__IMTCONN__"]
    assert shown == {"label": "Team Slack"}


async def test_of_several_connections_none_is_guessed_and_all_are_named(
    core: Server,
    team: int,
    blueprint: Builder,
    step: Builder,
    connection: Callable[..., Awaitable[int]],
    writes: Writes,
) -> None:
    one, two = await connection("First"), await connection("Second")
    await writes()
    document = blueprint(_message(step, 1, 987_654))
    told = await core.call("scenario_create", team_id=team, blueprint=document)
    (problem,) = told.error["problems"]
    assert f"{one} “First”, {two} “Second”" in problem["problem"]
    assert await writes() == []
