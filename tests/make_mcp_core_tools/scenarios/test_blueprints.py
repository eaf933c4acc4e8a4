"""Blueprints as documents: read, validated, explained, taken apart."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server
from regressions import failure

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Connector = Callable[..., Awaitable[int]]


async def test_a_blueprint_is_read_whole_as_outline_or_by_modules(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    document = blueprint(step(1), step(2))
    made = await new_scenario(document)
    whole = await core.call("blueprint_get", scenario_id=made["id"])
    assert whole.data["blueprint"] == document
    outline = await core.call("blueprint_get", scenario_id=made["id"], view="outline")
    assert outline.data["outline"] == "1 util:SetVariable2@1\n2 util:SetVariable2@1"
    some = await core.call("blueprint_get", scenario_id=made["id"], view="modules", module_ids=[2])
    assert [module["id"] for module in some.data["modules"]] == [2]


async def test_secrets_of_a_blueprint_are_not_shown(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    headers = [{"name": "X-Auth-Token", "value": "hunter2"}]
    made = await new_scenario(
        blueprint(step(1, mapper={"headers": headers, "password": "hunter2"}))
    )
    told = await core.call("blueprint_get", scenario_id=made["id"])
    assert "hunter2" not in told.text


async def test_a_large_blueprint_comes_cut_with_a_link_to_the_whole(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    steps = [step(n, mapper={"name": "v", "value": "x" * 300}) for n in range(1, 120)]
    made = await new_scenario(blueprint(*steps))
    told = await core.call("blueprint_get", scenario_id=made["id"])
    assert told.data["truncated"] is True
    assert "make://result/" in told.text
    outline = await core.call("blueprint_get", scenario_id=made["id"], view="outline")
    assert outline.data["module_count"] == 119
    assert "truncated" not in outline.data


async def test_five_kinds_of_faults_are_found_in_one_call(
    core: Server,
    company: Company,
    blueprint: Builder,
    step: Builder,
    connection: Connector,
    team: int,
) -> None:
    wrong, narrow = await connection("Wrong", "asana"), await connection("Narrow", scopes=["read"])
    schema = {"parameters": [{"name": "__IMTCONN__", "type": "account:slack"}]}
    needs = [
        {"id": 1, "name": "CreateMessage", "type": "account:slack", "scope": ["read", "write"]}
    ]
    fault = {
        "path": "/apps/slack/4/modules-with-credentials$",
        "status": 200,
        "body": {"appModules": needs},
    }
    await company.control("POST", "/faults", fault)

    def message(number: int, ident: int, text: str = "") -> dict[str, Any]:
        return step(
            number,
            "slack:CreateMessage",
            version=4,
            parameters={"__IMTCONN__": ident},
            mapper={"text": text},
            metadata=dict(schema),
        )

    document = blueprint(
        message(1, wrong, "{{if(1,2)"),
        message(2, 987654, "{{3.x}}"),
        message(3, narrow, "{{if(1,2)}}"),
    )
    told = await core.call("blueprint_validate", blueprint=document, target_team_id=team)
    assert told.data["valid"] is False
    problems = {
        (fault["module_id"], fault["source"]): fault["problem"] for fault in told.data["faults"]
    }
    assert "of type asana" in problems[1, "team"]
    assert "never closed" in problems[1, "blueprint"]
    assert "987654" in problems[2, "team"]
    assert "does not run before" in problems[2, "blueprint"]
    assert "lacks write" in problems[3, "team"]
    assert "';'" in problems[3, "blueprint"]


async def test_a_given_blueprint_without_a_team_is_judged_by_itself_and_says_so(
    core: Server, blueprint: Builder, step: Builder
) -> None:
    document = blueprint(step(1, parameters={"__IMTCONN__": 987654}))
    told = await core.call("blueprint_validate", blueprint=document)
    assert told.data["valid"] is True
    assert "target_team_id" in told.data["not_checked"][0]


async def test_repairs_that_a_creation_would_make_are_told(core: Server) -> None:
    bare = {"name": "Bare", "flow": [{"id": 1, "module": "builtin:Sleep"}]}
    told = await core.call("blueprint_validate", blueprint=bare)
    assert told.data["valid"] is True
    assert any("`util:FunctionSleep`" in line for line in told.data["repairs"])


@pytest.mark.parametrize("tool", ["blueprint_validate", "blueprint_analyze"])
async def test_neither_or_both_of_scenario_and_blueprint_are_refused(
    tool: str, core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    made = await new_scenario(blueprint(step(1)))
    assert (await core.call(tool)).error["code"] == "invalid_arguments"
    both = await core.call(tool, scenario_id=made["id"], blueprint=blueprint(step(1)))
    assert both.error["code"] == "invalid_arguments"


@failure(
    "a valid blueprint refused by a validator",
    size="false refusals",
    here="nothing that runs is refused",
)
async def test_f12_no_scenario_that_runs_is_refused_by_the_validator(
    core: Server, company: Company
) -> None:
    await company.control("PATCH", "/world", {"rate_limits": False})
    checked = 0
    for organization in (await company.get("/organizations"))["organizations"]:
        rows = (await company.get("/scenarios", organizationId=organization["id"]))["scenarios"]
        for row in (one for one in rows if one["isActive"] and not one["isinvalid"]):
            answer = await company.get(f"/scenarios/{row['id']}/blueprint")
            told = await core.call(
                "blueprint_validate",
                blueprint=answer["response"]["blueprint"],
                level="structure",
            )
            errors = [one for one in told.data["faults"] if one["severity"] == "error"]
            assert errors == [], row["name"]
            checked += 1
    assert checked > 40


async def test_f12_an_aggregator_with_its_saved_schema_is_valid(
    core: Server, blueprint: Builder, step: Builder
) -> None:
    schema = {
        "restore": {"extra": {"feeder": {"label": "Iterator [1]"}}, "expect": {}},
        "expect": [{"name": "value", "type": "text", "label": "Text"}],
        "parameters": [{"name": "rowSeparator", "type": "select"}],
    }
    each = step(1, "builtin:BasicFeeder", mapper={"array": '{{split("a,b"; ",")}}'})
    joined = step(
        2,
        "util:TextAggregator",
        parameters={"feeder": 1, "rowSeparator": "\n"},
        mapper={"value": "{{1.value}}"},
        metadata=schema,
    )
    told = await core.call("blueprint_validate", blueprint=blueprint(each, joined))
    assert (told.data["valid"], told.data["faults"]) == (True, [])


async def test_every_kind_of_need_is_listed_with_its_place_and_state(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    connection: Connector,
    hook: Connector,
) -> None:
    slack, address = await connection("Slack"), await hook()
    bound = {"parameters": {"__IMTCONN__": slack}, "version": 4, "mapper": {}}
    handler = step(6, "slack:CreateMessage", **bound)
    yes = step(4, "slack:CreateMessage", **{**bound, "onerror": [handler]})
    tool = step(8, "slack:CreateMessage", **bound)
    document = blueprint(
        step(1, "gateway:CustomWebHook", parameters={"hook": address}, mapper={}),
        step(
            2,
            "ai-local-agent:RunLocalAIAgent",
            version=0,
            parameters={"makeConnectionId": slack},
            mapper={"message": "{{var.team.greeting}} {{myFunction(1)}}"},
            tools=[{"name": "Tell", "flow": [tool]}],
        ),
        step(
            3,
            "builtin:BasicRouter",
            mapper=None,
            routes=[
                {"flow": [yes]},
                {
                    "flow": [
                        step(
                            5,
                            "builtin:BasicIfElse",
                            mapper=None,
                            branches=[
                                {
                                    "type": "condition",
                                    "merge": False,
                                    "conditions": [[{"a": "{{2.x}}", "o": "exist"}]],
                                    "flow": [
                                        step(
                                            7,
                                            "datastore:GetRecord",
                                            parameters={"datastore": 987654},
                                            mapper={"key": "a"},
                                        )
                                    ],
                                }
                            ],
                        )
                    ]
                },
            ],
        ),
    )
    made = await new_scenario(document, scheduling={"type": "immediately"})
    told = await core.call("blueprint_component_list", scenario_id=made["id"])
    found = {
        (row["kind"], str(row["value"]), row.get("module_id"), row["status"])
        for row in told.data["components"]
        if row["kind"] != "app"
    }
    assert found == {
        ("hook", str(address), 1, "ok"),
        ("connection", str(slack), 2, "ok"),
        ("connection", str(slack), 8, "ok"),
        ("team_variable", "greeting", 2, "missing"),
        ("function", "myFunction", 2, "unverified"),
        ("connection", str(slack), 4, "ok"),
        ("connection", str(slack), 6, "ok"),
        ("data_store", "987654", 7, "missing"),
    }
    assert told.data["not_ok"] == 2
    one = await core.call("blueprint_component_list", scenario_id=made["id"], module_id=7)
    assert [row["kind"] for row in one.data["components"]] == ["app", "data_store"]


async def test_an_analysis_counts_what_costs_and_names_what_deserves_a_look(
    core: Server, blueprint: Builder, step: Builder
) -> None:
    gate = {"name": "a", "conditions": [[{"a": "{{1.v1}}", "o": "exist"}]]}
    broken = step(4, mapper={"url": "http://example.com"}, onerror=[step(5, "builtin:Break")])
    router = step(
        2,
        "builtin:BasicRouter",
        mapper=None,
        routes=[{"flow": [step(3, filter=gate)]}, {"flow": [broken | {"filter": gate}]}],
    )
    told = await core.call("blueprint_analyze", blueprint=blueprint(step(1), router))
    assert told.data["operations_per_bundle"] == 3
    assert (told.data["routes"], told.data["error_handlers"]) == (2, 1)
    risks = " ".join(told.data["risks"])
    for expected in ("Module 2: every route", "Module 5: Break", "Module 4: the address"):
        assert expected in risks
    assert "measured" not in told.data


async def test_operations_are_measured_over_the_runs_a_scenario_really_made(
    core: Server, company: Company, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    made = await new_scenario(blueprint(step(1), step(2)), scheduling={"type": "on-demand"})
    path = f"/scenarios/{made['id']}"
    await company.send("POST", f"{path}/start")
    for _ in range(2):
        await company.send("POST", f"{path}/run", {"responsive": True})
    logs = [
        one
        for one in (await company.get(f"{path}/logs"))["scenarioLogs"]
        if one.get("status") in (1, 2, 3)
    ]
    told = await core.call("blueprint_analyze", scenario_id=made["id"])
    measured = told.data["measured"]
    assert measured["runs"] == len(logs) == 2
    assert measured["operations_per_run"] == sum(one["operations"] for one in logs) / 2
    assert "mean" in measured["formula"]


async def test_schedule_inputs_and_outputs_are_judged_with_the_blueprint_of_a_scenario(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
) -> None:
    organization = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    await company.control("PATCH", "/world", {"licenses": {str(organization): {"interval": 30}}})
    back = step(1, "scenario-service:ReturnData", version=2, mapper={"sum": "1"})
    outputs = [{"name": "sum", "type": "number"}, {"name": "tax", "type": "number"}]
    called = await new_scenario(
        blueprint(back), scheduling={"type": "on-demand"}, interface={"output": outputs}
    )
    told = await core.call("blueprint_validate", scenario_id=called["id"])
    assert [fault["problem"] for fault in told.data["faults"]] == [
        "It does not return tax; these stay empty."
    ]
    often = await new_scenario(blueprint(step(1)))
    told = await core.call("blueprint_validate", scenario_id=often["id"])
    assert told.data["valid"] is False
    assert "interval_minutes=30" in told.data["faults"][0]["fix"]
