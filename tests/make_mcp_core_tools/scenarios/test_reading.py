"""Reading one scenario, one module, its documents and the prompts."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Connect, Server
from make_mcp_core_tools import bundle

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Connector = Callable[..., Awaitable[int]]


@pytest.fixture
async def scenario(
    new_scenario: Maker, blueprint: Builder, step: Builder, connection: Connector
) -> int:
    """A router with a bound module, a filter, and a connection that is gone."""
    schema = {"parameters": [{"name": "__IMTCONN__", "type": "account:slack"}]}
    message = step(
        3,
        "slack:CreateMessage",
        version=4,
        parameters={"__IMTCONN__": await connection("Slack team")},
        mapper={"text": "{{1.v1}}", "apiKey": "hunter2-hunter2"},
        metadata=schema,
        filter={
            "name": "Big",
            "conditions": [[{"a": "{{1.v1}}", "o": "number:greater", "b": "9"}]],
        },
        onerror=[step(5, "builtin:Ignore", mapper={})],
    )
    gone = step(4, "slack:CreateMessage", version=4, parameters={"__IMTCONN__": 987654}, mapper={})
    router = step(
        2, "builtin:BasicRouter", mapper=None, routes=[{"flow": [message]}, {"flow": [gone]}]
    )
    return int((await new_scenario(blueprint(step(1), router)))["id"])


async def test_a_scenario_is_shown_by_its_outline_and_the_state_of_its_bindings(
    core: Server, scenario: int
) -> None:
    told = (await core.call("scenario_get", scenario_id=scenario)).data
    lines = told["outline"].split("\n")
    assert lines[0] == "1 util:SetVariable2@1"
    assert lines[2].startswith('  route 1 of 2: 3 slack:CreateMessage@4 [only if "Big"')
    status = {row["module_id"]: row["status"] for row in told["bindings"]}
    assert status == {3: "ok", 4: "missing"}
    assert told["url"].endswith(f"/scenarios/{scenario}")


async def test_more_parts_of_a_scenario_are_read_on_demand(core: Server, scenario: int) -> None:
    told = await core.call(
        "scenario_get",
        scenario_id=scenario,
        include=["blueprint", "interface", "trigger", "usage", "versions"],
    )
    assert "outline" not in told.data
    assert told.data["blueprint"]["flow"][0]["id"] == 1
    assert told.data["versions"][0]["version"] == 1
    assert told.data["usage"]["operations"] == 0
    assert "trigger" not in told.data


async def test_a_scenario_is_found_by_its_name(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    made = await new_scenario(blueprint(step(1), name="Only one of this name"))
    told = await core.call("scenario_get", scenario_id="only one of this NAME")
    assert told.data["id"] == made["id"]


async def test_a_scenario_that_is_not_there_is_told_as_not_found(core: Server) -> None:
    told = await core.call("scenario_get", scenario_id=987654)
    assert told.error["code"] == "not_found"


async def test_a_module_is_shown_with_what_it_may_map_and_without_its_secrets(
    core: Server, scenario: int
) -> None:
    told = await core.call("scenario_module_get", scenario_id=scenario, module_id=3)
    assert told.data["filter"] == '"Big": {{1.v1}} is greater than 9'
    assert [source["module_id"] for source in told.data["upstream"]] == [1, 2]
    assert told.data["error_handlers"] == ["5 builtin:Ignore"]
    assert told.data["mapper"]["text"] == "{{1.v1}}"
    assert "hunter2" not in told.text


async def test_a_module_shows_its_own_faults(core: Server, scenario: int) -> None:
    told = await core.call("scenario_module_get", scenario_id=scenario, module_id=4)
    assert any("987654" in fault["problem"] for fault in told.data["faults"])


async def test_a_module_that_is_not_there_is_answered_with_those_that_are(
    core: Server, scenario: int
) -> None:
    told = await core.call("scenario_module_get", scenario_id=scenario, module_id=77)
    assert [problem["path"] for problem in told.error["problems"]] == ["1", "2", "3", "5", "4"]


async def test_without_the_right_to_read_connections_bindings_are_unverified(
    connect: Connect, company: Company, scenario: int
) -> None:
    fault = {"path": "^/api/v2/connections$", "status": 403, "body": {"code": "SC403"}}
    await company.control("POST", "/faults", fault)
    async with connect() as server:
        told = await server.call("scenario_get", scenario_id=scenario)
    assert {row["status"] for row in told.data["bindings"]} == {"unverified"}


async def test_blueprint_and_interface_are_documents(core: Server, scenario: int) -> None:
    read = await core.client.read_resource(f"make://scenario/{scenario}/blueprint")
    document = json.loads(str(getattr(read.contents[0], "text", "")))
    assert document["flow"][1]["module"] == "builtin:BasicRouter"
    assert "hunter2" not in json.dumps(document)
    read = await core.client.read_resource(f"make://scenario/{scenario}/interface")
    assert json.loads(str(getattr(read.contents[0], "text", "")))["input"] == []


@pytest.mark.parametrize(
    ("name", "argument"), [("build_scenario", "goal"), ("review_blueprint", "scenario_id")]
)
async def test_prompts_name_tools_that_exist(name: str, argument: str, core: Server) -> None:
    category = bundle.load("scenarios")

    told = await core.client.get_prompt(name, {argument: "4711"})
    text = str(getattr(told.messages[0].content, "text", ""))
    assert "4711" in text
    named = {word for word in text.split("`")[1::2] if word.startswith(("scenario_", "blueprint_"))}
    assert named
    assert named <= set(category.tools)


async def test_what_a_bare_scenario_does_not_have_is_left_out(
    core: Server, new_scenario: Any, blueprint: Any, step: Any
) -> None:
    made = await new_scenario(blueprint(step(1)), scheduling={"type": "on-demand"})
    ask = {"scenario_id": made["id"]}
    trigger = await core.call("scenario_trigger_get", **ask)
    assert (trigger.data["kind"], "hook" in trigger.data) == ("on_demand", False)
    module = await core.call("scenario_module_get", **ask, module_id=1)
    assert module.data["upstream"] == []
    assert not {"filter", "bindings", "error_handlers", "faults"} & set(module.data)
    parts = ["triggers", "bindings", "usage", "interface"]
    shown = await core.call("scenario_get", **ask, include=parts)
    assert shown.data["bindings"] == []
    assert shown.data["usage"] == {
        "days_with_runs": 0,
        "operations": 0,
        "credits": 0.0,
        "transfer_bytes": 0,
    }
    assert shown.data["interface"]["input_schema"] == {"type": "object", "properties": {}}
    assert "trigger" not in shown.data
