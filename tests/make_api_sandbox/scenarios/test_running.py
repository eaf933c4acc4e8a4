"""Runs through the API: results, history, limits, and what they leave behind."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.scenarios.runs import runs_of

if TYPE_CHECKING:
    from .conftest import Shop

pytestmark = pytest.mark.anyio

INPUTS = [
    {"name": "price", "type": "number", "required": True},
    {"name": "count", "type": "integer", "required": True},
    {"name": "note", "type": "text", "default": "none"},
]
OUTPUTS = [{"name": "total", "type": "number"}, {"name": "note", "type": "text"}]


def module(ident: int, slug: str, **members: Any) -> dict[str, Any]:
    return {"id": ident, "module": slug, "version": 1, "mapper": {}, "parameters": {}, **members}


def compose(ident: int = 1, value: str = "hello", **more: Any) -> dict[str, Any]:
    return module(ident, "util:ComposeTransformer", mapper={"value": value}, **more)


def nap(ident: int, seconds: int) -> dict[str, Any]:
    return module(ident, "util:FunctionSleep", mapper={"duration": seconds})


def failing(ident: int, **more: Any) -> dict[str, Any]:
    return module(ident, "json:ParseJSON", mapper={"json": "{broken"}, **more)


def multiply() -> list[dict[str, Any]]:
    mapper = {"total": "{{var.input.price * var.input.count}}", "note": "{{1.note}}"}
    return [
        module(1, "scenario-service:StartSubscenario"),
        module(2, "scenario-service:ReturnData", mapper=mapper, metadata={"expect": OUTPUTS}),
    ]


async def calculator(shop: "Shop") -> int:
    spec = {"input_spec": INPUTS, "output_spec": OUTPUTS}
    ident = await shop.create(*multiply(), metadata=spec)
    await shop.start(ident)
    return ident


async def test_a_responsive_run_returns_its_outputs(shop: "Shop") -> None:
    ident = await calculator(shop)
    answer = await shop.run(ident, price=2.5, count="4")
    assert answer["status"] == 1
    assert answer["outputs"] == {"total": 10, "note": "none"}
    detail = await shop.get(f"/scenarios/{ident}/executions/{answer['executionId']}")
    assert detail == {"status": "SUCCESS", "outputs": {"total": 10, "note": "none"}}


async def test_missing_inputs_are_listed_and_nothing_runs(shop: "Shop") -> None:
    ident = await calculator(shop)
    answer = await shop.call("POST", f"/scenarios/{ident}/run", {"data": {"count": "many"}})
    assert answer.status_code == 400
    assert len(answer.json()["suberrors"]) == 2
    assert await shop.runs(ident) == []


async def test_a_failed_run_names_the_module_to_blame(shop: "Shop") -> None:
    ident = await shop.create(compose(1), failing(2))
    answer = await shop.run(ident)
    error = {
        "name": "BundleValidationError",
        "message": "Source is not valid JSON.",
        "causeModule": {"name": "ParseJSON", "appName": "json"},
    }
    assert (answer["status"], answer["error"]) == (3, error)
    detail = await shop.get(f"/scenarios/{ident}/executions/{answer['executionId']}")
    assert detail == {"status": "ERROR", "error": error}


async def test_a_run_that_is_not_responsive_goes_on_in_the_background(shop: "Shop") -> None:
    ident = await shop.create(compose())
    answer = await shop.post(f"/scenarios/{ident}/run")
    execution = answer["executionId"]
    assert answer["statusUrl"].endswith(f"/api/v2/scenarios/{ident}/executions/{execution}")
    assert len(execution) == 32
    await shop.settle()
    assert (await shop.get(f"/scenarios/{ident}/executions/{execution}"))["status"] == "SUCCESS"


async def test_an_inactive_scenario_with_an_interval_is_not_run(shop: "Shop") -> None:
    ident = await shop.create(compose(), scheduling={"type": "indefinitely", "interval": 900})
    answer = await shop.call("POST", f"/scenarios/{ident}/run")
    assert (answer.status_code, answer.json()["message"]) == (400, "Scenario is not activated.")


async def test_the_log_of_a_run_counts_operations_credits_and_time(shop: "Shop") -> None:
    ident = await shop.create(compose(1), nap(2, 7), compose(3))
    await shop.run(ident)
    entry = (await shop.runs(ident))[0]
    counted = {name: entry[name] for name in ("status", "operations", "centicredits", "duration")}
    assert counted == {"status": 1, "operations": 3, "centicredits": 300, "duration": 7000}
    assert (entry["type"], entry["authorId"], entry["instant"]) == ("manual", 1, False)
    detail = (await shop.get(f"/scenarios/{ident}/logs/{entry['id']}"))["scenarioLog"]
    assert (detail["@scenarioId"], detail["isReplayable"]) == (ident, True)
    modules = (await shop.get(f"/scenarios/{ident}/modules/2/logs"))["moduleLogs"]
    assert [(each["status"], each["executionId"]) for each in modules] == [(1, entry["id"])]
    usage = (await shop.get(f"/scenarios/{ident}/usage"))["data"]
    day = {"date": "04-03-2026", "operations": 3, "dataTransfer": 0, "centicredits": 300}
    assert usage == [day]
    used = (await shop.get("/scenarios/consumptions", teamId=1))["scenarioConsumptions"]
    total = {"scenarioId": ident, "operations": 3, "transfer": 0, "centicredits": 300}
    assert used == [total]
    listed = (await shop.get("/scenarios", teamId=1))["scenarios"][0]
    assert (listed["operations"], listed["centicredits"]) == (3, 300)


async def test_a_run_longer_than_forty_seconds_answers_with_its_id_only(shop: "Shop") -> None:
    ident = await shop.create(nap(1, 100), compose(2))
    answer = await shop.run(ident)
    execution = answer["executionId"]
    assert answer == {"executionId": execution}
    path = f"/scenarios/{ident}/executions/{execution}"
    assert await shop.get(path) == {"status": "RUNNING"}
    assert await shop.runs(ident) == []
    await shop.advance(100)
    assert (await shop.get(path))["status"] == "SUCCESS"
    assert (await shop.runs(ident))[0]["duration"] == 100_000


async def test_a_sequential_scenario_runs_one_execution_at_a_time(shop: "Shop") -> None:
    ident = await shop.create(nap(1, 100), settings={"sequential": True})
    await shop.run(ident)
    answer = await shop.call("POST", f"/scenarios/{ident}/run")
    message = answer.json()["message"]
    assert (answer.status_code, message) == (400, "Scenario is already being executed.")
    await shop.advance(100)
    assert "executionId" in await shop.run(ident)


async def test_a_stopped_execution_ends_with_a_warning(shop: "Shop") -> None:
    ident = await shop.create(nap(1, 300), compose(2))
    execution = (await shop.run(ident))["executionId"]
    path = f"/scenarios/{ident}/executions/{execution}"
    assert await shop.post(f"{path}/stop", {"force": False}) == {}
    await shop.settle()
    detail = await shop.get(path)
    assert (detail["status"], detail["error"]["name"]) == ("WARNING", "ExecutionInterruptedError")
    assert [entry["operations"] for entry in await shop.runs(ident)] == [1]
    again = await shop.call("POST", f"{path}/stop", {})
    assert again.status_code == 400


async def test_consecutive_errors_switch_a_scenario_off(shop: "Shop") -> None:
    ident = await shop.create(failing(1), settings={"maxErrors": 2})
    await shop.start(ident)
    await shop.run(ident)
    assert (await shop.scenario(ident))["isActive"] is True
    await shop.run(ident)
    scenario = await shop.scenario(ident)
    assert (scenario["isActive"], scenario["isinvalid"]) == (False, True)
    stop = next(entry for entry in await shop.logs(ident) if entry["type"] == "stop")
    assert stop["authorId"] is None


async def test_a_success_resets_the_count_of_errors(shop: "Shop") -> None:
    parse = module(2, "json:ParseJSON", mapper={"json": "{{var.input.text}}"})
    start = module(1, "scenario-service:StartSubscenario")
    ident = await shop.create(start, parse, settings={"maxErrors": 2})
    await shop.start(ident)
    for text in ("{", "{}", "{"):
        await shop.run(ident, text=text)
    assert (await shop.scenario(ident))["isActive"] is True


async def test_a_replay_runs_again_with_the_same_inputs(shop: "Shop") -> None:
    ident = await calculator(shop)
    first = await shop.run(ident, price=3, count=3)
    missing = {"executionIds": ["f" * 32]}
    assert (await shop.call("POST", f"/scenarios/{ident}/replay", missing)).status_code == 404
    body = {"executionIds": [first["executionId"]]}
    answer = await shop.call("POST", f"/scenarios/{ident}/replay", body)
    assert (answer.status_code, answer.content) == (202, b"")
    await shop.settle()
    replays = [e for e in await shop.runs(ident) if e["replayOfExecutionId"]]
    assert [entry["replayOfExecutionId"] for entry in replays] == [first["executionId"]]
    path = f"/scenarios/{ident}/executions/{replays[0]['id']}"
    assert (await shop.get(path))["outputs"]["total"] == 9


async def test_logs_filter_by_status_and_page_by_key(shop: "Shop") -> None:
    start = module(1, "scenario-service:StartSubscenario")
    parse = module(2, "json:ParseJSON", mapper={"json": "{{var.input.text}}"})
    ident = await shop.create(start, parse)
    for text in ("{}", "{", "{}"):
        await shop.run(ident, text=text)
        await shop.advance(1)
    failed = await shop.runs(ident, status=3)
    assert [entry["status"] for entry in failed] == [3]
    newest = await shop.runs(ident, params={"pg[limit]": 1})
    rest = await shop.runs(ident, params={"pg[last]": newest[0]["imtId"]})
    assert [entry["status"] for entry in rest] == [3, 1]
    assert rest[-1]["timestamp"] < rest[0]["timestamp"] < newest[0]["timestamp"]


async def test_a_sub_scenario_hands_its_outputs_to_the_caller(shop: "Shop") -> None:
    child = await calculator(shop)
    mapper = {"data": {"price": "6", "count": 7}, "shouldWaitForExecutionEnd": True}
    call = module(
        1,
        "scenario-service:CallSubscenario",
        parameters={"scenario": f"SCN_{child}"},
        mapper=mapper,
    )
    back = module(
        2,
        "scenario-service:ReturnData",
        mapper={"answer": "{{1.total}}"},
        metadata={"expect": [{"name": "answer", "type": "number"}]},
    )
    parent = await shop.create(call, back)
    answer = await shop.run(parent)
    assert answer["outputs"] == {"answer": 42}
    assert len(await shop.runs(child)) == 1


async def test_scenarios_that_call_each_other_without_end_fail(shop: "Shop") -> None:
    ident = await shop.create(compose())
    call = module(1, "scenario-service:CallSubscenario", parameters={"scenario": ident})
    text = json.dumps({"flow": [call], "metadata": {}})
    await shop.call("PATCH", f"/scenarios/{ident}", {"blueprint": text})
    await shop.start(ident)
    answer = await shop.run(ident)
    assert answer["status"] == 3
    assert "call one another" in answer["error"]["message"]


async def test_records_written_by_a_run_are_seen_through_the_api(shop: "Shop") -> None:
    fields = [{"name": "n", "type": "number"}]
    udt = await shop.post(
        "/data-structures", {"teamId": 1, "name": "S", "spec": fields, "strict": False}
    )
    structure = udt["dataStructure"]["id"]
    body = {"name": "D", "teamId": 1, "datastructureId": structure, "maxSizeMB": 1}
    store = (await shop.post("/data-stores", body))["dataStore"]["id"]
    mapper = {"key": "k", "overwrite": True, "data": {"n": "41", "unknown": "x"}}
    parameters = {"datastore": store}
    add = module(1, "datastore:AddRecord", parameters=parameters, mapper=mapper)
    ident = await shop.create(add)
    assert (await shop.run(ident))["status"] == 1
    records = (await shop.get(f"/data-stores/{store}/data"))["records"]
    assert records == [{"key": "k", "data": {"n": 41}}]


async def test_an_expired_connection_fails_the_run_before_its_first_module(shop: "Shop") -> None:
    ident = shop.world.insert(
        "connections",
        team_id=1,
        name="CRM",
        type="account",
        label="CRM",
        account_type="basic",
        theme="#000000",
        editable=True,
        package_name="acme",
        state="expired",
    )
    module_ = module(2, "acme:addDeal", parameters={"__IMTCONN__": ident})
    scenario = await shop.create(compose(1), module_)
    answer = await shop.run(scenario)
    assert answer["error"]["name"] == "AccountValidationError"
    assert answer["error"]["causeModule"] == {"name": "addDeal", "appName": "acme"}
    assert (await shop.runs(scenario))[0]["operations"] == 0
    await shop.control("PATCH", "/world", {"connections": {str(ident): {"state": "broken"}}})
    answer = await shop.run(scenario)
    assert answer["error"]["name"] == "ConnectionError"
    assert (await shop.runs(scenario))[0]["operations"] == 2


async def test_a_break_stores_the_rest_and_a_retry_resolves_it(shop: "Shop") -> None:
    handler = [module(3, "builtin:Break", mapper={"retry": False, "count": 3, "interval": 15})]
    flow = [compose(1, "payload"), failing(2, onerror=handler), compose(4, "{{1.value}}+{{2.a}}")]
    ident = await shop.create(*flow, settings={"dlq": True})
    answer = await shop.run(ident)
    assert answer["status"] == 2
    dlqs = (await shop.get("/dlqs", scenarioId=ident))["dlqs"]
    assert [(d["reason"], d["resolved"], d["attempts"]) for d in dlqs] == [
        ("Source is not valid JSON.", False, 0)
    ]
    dlq = dlqs[0]["id"]
    bundle = (await shop.get(f"/dlqs/{dlq}/bundle"))["response"]
    assert bundle["1"] == {"value": "payload"}
    assert bundle["2"]["error"]["type"] == "BundleValidationError"
    assert (await shop.scenario(ident))["dlqCount"] == 1
    await shop.post(f"/dlqs/{dlq}/retry")
    await shop.settle()
    assert (await shop.get(f"/dlqs/{dlq}"))["dlq"]["attempts"] == 1
    fixed = (await shop.get(f"/dlqs/{dlq}/blueprint"))["response"]["blueprint"]
    fixed["flow"][1]["mapper"] = {"json": '{"a": 1}'}
    await shop.call("PATCH", f"/dlqs/{dlq}", {"blueprint": json.dumps(fixed)})
    await shop.post(f"/dlqs/{dlq}/retry")
    await shop.settle()
    detail = (await shop.get(f"/dlqs/{dlq}"))["dlq"]
    assert (detail["resolved"], detail["attempts"]) == (True, 2)
    logs = (await shop.get(f"/dlqs/{dlq}/logs"))["dlqLogs"]
    assert sorted(entry["status"] for entry in logs) == [1, 3]
    assert [entry["operations"] for entry in logs if entry["status"] == 1] == [2]
    assert (await shop.scenario(ident))["dlqCount"] == 0


async def test_deleting_all_incomplete_executions_needs_confirmation(shop: "Shop") -> None:
    ident = await shop.create(compose(1), failing(2), settings={"dlq": True})
    await shop.run(ident)
    refused = await shop.call("DELETE", "/dlqs", {"all": True}, scenarioId=ident)
    assert (refused.status_code, refused.json()["code"]) == (406, "IM004")
    assert len((await shop.get("/dlqs", scenarioId=ident))["dlqs"]) == 1
    await shop.call("DELETE", "/dlqs", {"all": True}, scenarioId=ident, confirmed="true")
    assert (await shop.get("/dlqs", scenarioId=ident))["dlqs"] == []


async def test_a_run_of_a_vanished_process_is_marked_interrupted(shop: "Shop") -> None:
    ident = await shop.create(nap(1, 200))
    execution = (await shop.run(ident))["executionId"]
    extra = json.dumps({"owner": "another process", "inputs": {}})
    shop.world.execute("UPDATE executions SET extra = ? WHERE id = ?", extra, execution)
    sandbox = shop.company.app.state.sandbox
    await sandbox.background.close()
    shop.world.execute("UPDATE executions SET state = 'RUNNING', status = NULL")
    path = f"/scenarios/{ident}/executions/{execution}"
    assert (await shop.get(path))["status"] == "RUNNING"
    await shop.advance(46 * 60)
    assert (await shop.get(path))["status"] == "WARNING"


async def test_closing_the_sandbox_interrupts_what_is_running(shop: "Shop") -> None:
    ident = await shop.create(nap(1, 200))
    execution = (await shop.run(ident))["executionId"]
    await asyncio.wait_for(shop.company.app.state.sandbox.close(), 5)
    state = "SELECT state FROM executions WHERE id = ?"
    assert shop.world.value(state, execution) == "WARNING"


async def test_a_paused_organization_runs_nothing(shop: "Shop") -> None:
    ident = await shop.create(compose())
    shop.world.update("organizations", 1, is_paused=True)
    answer = await shop.call("POST", f"/scenarios/{ident}/run")
    assert (answer.status_code, answer.json()["code"]) == (429, "IM310")


async def test_a_used_up_plan_ends_the_run_and_switches_the_scenario_off(shop: "Shop") -> None:
    shop.license(operations=3)
    ident = await shop.create(compose(1), compose(2))
    await shop.start(ident)
    assert (await shop.run(ident))["status"] == 1
    answer = await shop.run(ident)
    assert answer["error"]["name"] == "OperationsLimitExceededError"
    assert (await shop.scenario(ident))["isActive"] is False


async def test_a_scenario_deleted_during_its_run_leaves_nothing_behind(shop: "Shop") -> None:
    ident = await shop.create(nap(1, 200))
    await shop.run(ident)
    await shop.call("DELETE", f"/scenarios/{ident}")
    await shop.advance(300)
    await shop.settle()
    assert shop.world.value("SELECT count(*) FROM execution_modules") == 0


async def test_the_callback_is_told_when_the_run_has_ended(shop: "Shop") -> None:
    hook = await shop.hook()
    ident = await shop.create(compose())
    answer = await shop.post(f"/scenarios/{ident}/run", {"callbackUrl": hook["url"]})
    await shop.settle()
    path = f"/hooks/{hook['id']}/incomings"
    told = (await shop.get(path))["incomings"][0]["id"]
    data = (await shop.get(f"{path}/{told}"))["incoming"]["data"]
    assert data == {"executionId": answer["executionId"], "statusUrl": answer["statusUrl"]}


async def test_http_modules_reach_this_machine_and_nothing_else(shop: "Shop") -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n"
        writer.write(head + b'{"n": 123}')
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        ident = await shop.create(*fetch(f"http://127.0.0.1:{port}/"))
        assert (await shop.run(ident))["outputs"] == {"n": 123}
    outside = await shop.create(*fetch("http://service.example.org/"))
    answer = await shop.run(outside)
    assert answer["error"]["name"] == "ConnectionError"


def fetch(url: str) -> list[dict[str, Any]]:
    mapper = {"url": url, "method": "get", "parseResponse": True}
    back = {"n": "{{2.data.n}}"}
    expect = {"expect": [{"name": "n", "type": "number"}]}
    return [
        compose(1),
        module(2, "http:ActionSendData", parameters={"handleErrors": True}, mapper=mapper),
        module(3, "scenario-service:ReturnData", mapper=back, metadata=expect),
    ]


async def test_a_tool_runs_like_a_scenario(shop: "Shop") -> None:
    inputs = [{"name": "who", "type": "text", "required": True}]
    one = {
        "module": "util:ComposeTransformer",
        "version": 1,
        "mapper": {"value": "Hi {{var.input.who}}"},
        "parameters": {},
        "metadata": {},
    }
    body = {"name": "Greet", "description": "", "inputs": inputs, "teamId": 1, "module": one}
    tool = (await shop.post("/scenarios/tools", body))["tool"]
    assert tool["module"] == one
    assert (await shop.call("POST", f"/scenarios/{tool['id']}/run", {})).status_code == 400
    assert (await shop.run(tool["id"], who="Ada"))["status"] == 1
    patched = await shop.call("PATCH", f"/scenarios/tools/{tool['id']}", {"name": "Welcome"})
    assert patched.json()["tool"]["name"] == "Welcome"
    tools = await shop.get("/scenarios", teamId=1, type="tool")
    assert [each["id"] for each in tools["scenarios"]] == [tool["id"]]


async def test_members_see_only_the_scenarios_of_their_own_teams(shop: "Shop") -> None:
    await shop.create(compose())
    team = shop.world.insert("teams", organization_id=1, name="Apart")
    user = shop.company.join("Noor", role=13)
    shop.world.insert("user_team_roles", user_id=user, team_id=team, role_id=4)
    token = shop.company.token("scenarios:read", user=user)
    seen = await shop.get("/scenarios", organizationId=1, token=token)
    assert seen["scenarios"] == []
    refused = await shop.call("GET", "/scenarios", teamId=1, token=token)
    assert refused.status_code == 403


async def test_an_operator_may_run_and_start_but_not_edit(shop: "Shop") -> None:
    ident = await shop.create(compose())
    user = shop.company.join("Noor", role=13, team_role=6)
    token = shop.company.token("scenarios:read", "scenarios:write", "scenarios:run", user=user)
    edited = await shop.call("PATCH", f"/scenarios/{ident}", {"name": "Mine"}, token=token)
    assert edited.status_code == 403
    started = await shop.call("POST", f"/scenarios/{ident}/start", token=token)
    assert started.status_code == 200
    ran = await shop.call("POST", f"/scenarios/{ident}/run", {"responsive": True}, token=token)
    assert ran.json()["status"] == 1


async def test_other_applications_run_samples_without_leaving_the_sandbox(shop: "Shop") -> None:
    interface = [{"name": "rowNumber", "type": "number"}]
    add = module(2, "acme-sheets:addRow", metadata={"interface": interface})
    ident = await shop.create(compose(), add, confirmed=True)
    assert (await shop.run(ident))["status"] == 1
    assert (await shop.runs(ident))[0]["operations"] == 2


async def test_module_logs_show_what_a_run_has_done_while_it_goes_on(shop: "Shop") -> None:
    await shop.advance(1)
    ident = await shop.create(compose(1), nap(2, 300), compose(3), nap(4, 300), compose(5))
    execution = (await shop.post(f"/scenarios/{ident}/run"))["executionId"]

    async def done() -> list[int]:
        await runs_of(shop.company.app.state.sandbox).settle()
        logs = {
            number: (await shop.get(f"/scenarios/{ident}/modules/{number}/logs"))["moduleLogs"]
            for number in range(1, 6)
        }
        assert all(row["executionId"] == execution for rows in logs.values() for row in rows)
        return [number for number, rows in logs.items() for _ in rows]

    assert await done() == [1]
    await shop.advance(301)
    assert await done() == [1, 2, 3]
    await shop.advance(301)
    assert await done() == [1, 2, 3, 4, 5]
    assert [entry["id"] for entry in await shop.runs(ident)] == [execution]


async def test_a_scenario_deleted_while_it_runs_leaves_no_module_logs(shop: "Shop") -> None:
    await shop.advance(1)
    ident = await shop.create(compose(1), nap(2, 300), compose(3), nap(4, 300))
    await shop.post(f"/scenarios/{ident}/run")
    await runs_of(shop.company.app.state.sandbox).settle()
    await shop.call("DELETE", f"/scenarios/{ident}", confirmed="true")
    await shop.advance(301)
    await runs_of(shop.company.app.state.sandbox).settle()
    sql = "SELECT * FROM execution_modules WHERE scenario_id = ?"
    assert shop.world.rows(sql, ident) == []
