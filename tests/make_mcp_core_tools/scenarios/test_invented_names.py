"""Names of modules that nobody made: each is put right, or answered with the one that is meant."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]

LONG_TAIL = {
    "builtin:TextAggregator": "util:TextAggregator",
    "builtin:Iterator": "builtin:BasicFeeder",
    "builtin:Router": "builtin:BasicRouter",
    "builtin:ArrayAggregator": "builtin:BasicAggregator",
    "builtin:Sleep": "util:FunctionSleep",
    "util:SetVariables2": "util:SetVariables",
    "tools:SetVariable": "util:SetVariable",
    "google-sheets:searchRows@2": "google-sheets:filterRows",
    "google-sheets:watchRows@2": "google-sheets:watchRows",
    "http:MakeARequest": "http:MakeRequest",
    "datastore:SearchRecords": "datastore:SearchRecord",
    "gateway:CustomWebhook": "gateway:CustomWebHook",
    "webhooks:CustomWebhook": "gateway:CustomWebHook",
    "openai:CreateCompletion": "openai-gpt-3:CreateCompletion",
    "gmail:sendEmail": "google-email:sendAnEmail",
}


@pytest.mark.parametrize(("invented", "real"), LONG_TAIL.items())
async def test_f9_one_of_the_long_tail_is_put_right_or_answered_with_the_real_module(
    core: Server,
    team: int,
    blueprint: Builder,
    step: Builder,
    stored: Reader,
    invented: str,
    real: str,
) -> None:
    module = step(2, invented, mapper={}, parameters={"feeder": 1})
    source = step(1, "builtin:BasicFeeder", mapper={"array": "{{split(1;2)}}"})
    told = await core.call("scenario_create", team_id=team, blueprint=blueprint(source, module))
    if told.result.is_error:
        problems = [p for p in told.error["problems"] if p["path"] == "blueprint.flow[1].module"]
        assert [f"`{real}` version " in problem["fix"] for problem in problems] == [True]
        assert "scenario_create" in told.error["next_step"]
    else:
        assert any(f"`{real}`" in warning for warning in told.data["warnings"])
        kept = (await stored(told.data["scenario_id"]))["blueprint"]["flow"][1]
        assert kept["module"] == real


async def test_f9_a_whole_blueprint_of_invented_names_is_answered_at_once(
    core: Server, team: int, blueprint: Builder, step: Builder
) -> None:
    names = ("util:SetVariables2", "builtin:Router", "builtin:ArrayAggregator")
    document = blueprint(*(step(at, name) for at, name in enumerate(names, 1)))
    told = await core.call("scenario_create", team_id=team, blueprint=document)
    fixes = {problem["path"]: problem["fix"] for problem in told.error["problems"]}
    for at, name in enumerate(names):
        assert f"`{LONG_TAIL[name]}`" in fixes[f"blueprint.flow[{at}].module"]


async def test_f9_an_app_that_sounds_like_no_other_may_be_installed_without_a_guess(
    core: Server, team: int, blueprint: Builder, step: Builder
) -> None:
    document = blueprint(step(1, "acme-erp:ListOrders"))
    told = await core.call("scenario_create", team_id=team, blueprint=document)
    assert told.error["code"] == "app_installation"
    assert "Did you mean" not in json.dumps(told.error)
    assert told.error["next_step"].startswith("When")
    made = await core.call(
        "scenario_create", team_id=team, blueprint=document, allow_app_install=True
    )
    assert made.data["scenario_id"]
