"""AI agents: set up, given contexts, run and streamed; their providers."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from .ai_desk import (
    AGENTS,
    CONTEXTS,
    LABEL,
    MORNING,
    NOBODY,
    call,
    connection,
    get,
    make,
    say,
    setup,
)

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

PROVIDERS = "/ai-agents/v1/llm-providers"
THREAD = "99999999-2222-4333-8444-555555555555"
ORDER: dict[str, Any] = {"name": "order", "type": "text", "label": "Order", "required": True}


def order_status(studio: "Studio", *, active: bool = True, **columns: Any) -> int:
    """A scenario with an input, which returns what it looked up."""
    expect = [{"name": "status", "type": "text"}]
    return studio.scenario(
        "Order status",
        {"module": "scenario-service:StartSubscenario", "metadata": {"interface": [ORDER]}},
        {
            "module": "scenario-service:ReturnData",
            "mapper": {"status": "{{upper(1.order)}} shipped"},
            "metadata": {"expect": expect},
        },
        interface={"input": [ORDER], "output": expect},
        is_active=active,
        **columns,
    )


# Setting up


async def test_a_new_agent_answers_with_what_it_was_given(studio: "Studio") -> None:
    body = setup(studio)
    answer = await call(studio, "POST", AGENTS, body)
    assert answer.status_code == 201
    assert answer.json() == {"agentId": answer.json()["agentId"], **body}


async def test_an_agent_shows_its_defaults(studio: "Studio") -> None:
    own = connection(studio, "openai-gpt-3")
    agent = await make(studio, makeConnectionId=own)
    listed: dict[str, Any] = {
        "id": agent,
        "name": "Desk",
        "teamId": 1,
        "createdAt": MORNING,
        "systemPrompt": "You are kind.",
        "defaultModel": "small",
        "invocationConfig": {"recursionLimit": 300},
        "scenarios": [],
        "mcpConfigs": [],
        "historyConfig": {"iterationsFromHistoryCount": 10},
        "llmConfig": {"maxTokens": 100000},
        "contexts": [],
    }
    assert await get(studio, AGENTS) == [listed]
    assert await get(studio, f"{AGENTS}/{agent}") == {
        **listed,
        "makeConnectionId": own,
        "makeConnectionType": "openai-gpt-3",
        "pastConfigurations": [],
        "llmProviderId": 2,
    }


async def test_tools_and_output_of_an_agent_are_kept(studio: "Studio") -> None:
    scenario, server = order_status(studio), connection(studio, "mcp", name="Wiki")
    parser: Any = {"type": "make-schema", "schema": [{"name": "status", "type": "text"}]}
    agent = await make(
        studio,
        scenarios=[{"makeScenarioId": scenario}],
        mcpConfigs=[{"mcpConnectionId": server, "toolIds": ["read_page"]}],
        outputParserFormat=parser,
    )
    shown = await get(studio, f"{AGENTS}/{agent}")
    assert shown["scenarios"] == [{"makeScenarioId": scenario, "approvalMode": "auto-run"}]
    tools = [{"id": "read_page", "isDeprecated": False}]
    assert shown["mcpConfigs"] == [{"mcpConnectionId": server, "tools": tools, "name": "Wiki"}]
    assert shown["outputParser"] == parser
    studio.world.delete("connections", server)
    [listed] = await get(studio, AGENTS)
    assert listed["mcpConfigs"] == [
        {"mcpConnectionId": server, "toolIds": ["read_page"], "name": "Invalid MCP Connection"}
    ]


async def test_a_change_is_remembered_among_past_configurations(studio: "Studio") -> None:
    agent = await make(studio)
    changes = {"name": "Front desk", "invocationConfig": {"recursionLimit": 7, "timeout": 900}}
    answer = await call(studio, "PATCH", f"{AGENTS}/{agent}", changes)
    assert (answer.status_code, answer.content) == (204, b"")
    shown = await get(studio, f"{AGENTS}/{agent}")
    assert shown["name"] == "Front desk"
    assert shown["invocationConfig"] == changes["invocationConfig"]
    assert shown["pastConfigurations"] == [
        {
            "name": "Desk",
            "llmConfig": {"maxTokens": 100000},
            "scenarios": [],
            "mcpConfigs": [],
            "defaultModel": "small",
            "systemPrompt": "You are kind.",
            "historyConfig": {"iterationsFromHistoryCount": 10},
            "invocationConfig": {"recursionLimit": 300},
        }
    ]


async def test_a_deleted_agent_is_gone_with_its_threads(studio: "Studio") -> None:
    agent = await make(studio)
    await say(studio, agent, "Hello")
    answer = await call(studio, "DELETE", f"{AGENTS}/{agent}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await call(studio, "GET", f"{AGENTS}/{agent}")).status_code == 404
    assert studio.world.value("SELECT count(*) FROM ai_messages") == 0


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"systemPrompt": ""}, "systemPrompt"),
        ({"name": ""}, "name"),
        ({"scenarios": [{"approvalMode": "auto-run"}]}, "scenarios"),
        ({"scenarios": [{"makeScenarioId": 0}]}, "scenarios"),
        ({"scenarios": [{"makeScenarioId": 1, "approvalMode": "never"}]}, "scenarios"),
        ({"historyConfig": {}}, "historyConfig"),
        ({"llmConfig": {"maxTokens": 10, "top": 1}}, "llmConfig"),
        ({"outputParserFormat": {"type": "make-schema"}}, "outputParserFormat"),
        ({"outputParserFormat": {"type": "xml"}}, "outputParserFormat"),
        ({"contexts": [{"id": "one"}]}, "contexts"),
        ({"invocationConfig": {"recursionLimit": 5}}, "invocationConfig"),
    ],
)
async def test_a_malformed_agent_is_refused(
    studio: "Studio", body: dict[str, Any], member: str
) -> None:
    answer = await call(studio, "POST", AGENTS, setup(studio, **body))
    assert answer.status_code == 400
    assert [one["name"] for one in answer.json()["suberrors"]] == [member]


@pytest.mark.parametrize(
    "field",
    [
        {"type": "text"},
        {"name": "a", "type": "file"},
        {"name": "a", "type": "text", "required": "yes"},
        {"name": "a", "type": "collection", "spec": [{"name": "b", "type": "text"}] * 11},
        {"name": "a", "type": "array", "spec": {"type": "file"}},
    ],
)
async def test_a_malformed_field_of_the_output_is_refused(studio: "Studio", field: Any) -> None:
    parser = {"type": "make-schema", "schema": [field]}
    answer = await call(studio, "POST", AGENTS, setup(studio, outputParserFormat=parser))
    assert answer.status_code == 400


async def test_the_connection_of_an_agent_is_not_changed_later(studio: "Studio") -> None:
    agent = await make(studio)
    answer = await call(studio, "PATCH", f"{AGENTS}/{agent}", {"makeConnectionId": 1})
    assert answer.status_code == 400


async def test_a_connection_without_a_model_behind_it_is_refused(studio: "Studio") -> None:
    body = setup(studio, makeConnectionId=connection(studio, "slack2"))
    answer = await call(studio, "POST", AGENTS, body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid connection type"


async def test_things_of_other_teams_are_not_found(studio: "Studio") -> None:
    foreign = connection(studio, team=2)
    scenario = order_status(studio, team_id=2)
    refused: tuple[dict[str, Any], ...] = (
        {"makeConnectionId": foreign},
        {"scenarios": [{"makeScenarioId": scenario}]},
        {"mcpConfigs": [{"mcpConnectionId": foreign, "toolIds": []}]},
        {"contexts": [{"id": NOBODY}]},
    )
    for more in refused:
        answer = await call(studio, "POST", AGENTS, setup(studio, **more))
        assert answer.status_code == 404, more
    assert await get(studio, AGENTS) == []


async def test_an_agent_is_seen_by_its_team_alone(studio: "Studio") -> None:
    agent = await make(studio)
    other = studio.world.insert("teams", organization_id=1, name="Other")
    assert (await call(studio, "GET", f"{AGENTS}/{agent}", teamId=other)).status_code == 404
    assert (await call(studio, "GET", AGENTS, teamId=2)).status_code == 403
    stranger = studio.token("*", user=2)
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/run")):
        body: Any = {"messages": [{"role": "user", "content": "x"}], "config": {}}
        sent: Any = body if method == "POST" else {}
        answer = await call(
            studio, method, f"{AGENTS}/{agent}{path}", sent, teamId=2, token=stranger
        )
        assert answer.status_code == 404, (method, path)


async def test_team_in_query_and_body_must_agree(studio: "Studio") -> None:
    assert (await studio.call("GET", AGENTS)).status_code == 400
    other = studio.world.insert("teams", organization_id=1, name="Other")
    answer = await call(studio, "POST", AGENTS, setup(studio), teamId=other)
    assert answer.status_code == 400


async def test_reading_and_writing_need_their_scopes(studio: "Studio") -> None:
    agent = await make(studio)
    reader, writer = studio.token("ai-agents:read"), studio.token("ai-agents:write")
    assert (await call(studio, "GET", AGENTS, token=reader)).status_code == 200
    assert (await call(studio, "GET", AGENTS, token=writer)).status_code == 403
    assert (await call(studio, "GET", PROVIDERS, token=writer)).status_code == 403
    run = f"{AGENTS}/{agent}/run"
    assert (await call(studio, "POST", run, {}, token=reader)).status_code == 403
    assert (await call(studio, "POST", CONTEXTS, {}, token=reader)).status_code == 403


# Running


async def test_a_run_tells_each_step(studio: "Studio") -> None:
    agent = await make(studio)
    answer = await say(studio, agent, "Hello")
    text = f'{LABEL} No tool and no context fits "Hello".'
    first, second = answer["executionSteps"]
    iteration = answer["lastAgentIterationId"]
    usage = {"promptTokens": 6, "completionTokens": 17, "totalTokens": 23}
    assert answer == {
        "response": text,
        "executionSteps": [
            {
                "id": first["id"],
                "index": 1,
                "role": "user",
                "content": "Hello",
                "agentIterationId": iteration,
            },
            {
                "id": second["id"],
                "index": 2,
                "role": "assistant",
                "content": text,
                "executionTimeMs": 0,
                "tokenUsage": usage,
                "agentIterationId": iteration,
            },
        ],
        "executionTimeMs": 0,
        "threadId": answer["threadId"],
        "tokenUsageSummary": usage,
        "lastAgentIterationId": iteration,
    }


async def test_a_tool_is_a_scenario_that_really_runs(studio: "Studio") -> None:
    scenario = order_status(studio)
    agent = await make(studio, scenarios=[{"makeScenarioId": scenario}])
    answer = await say(studio, agent, "What about order a-17?")
    result = {"status": "A-17 shipped"}
    assert answer["response"] == f"{LABEL} Order status returned {json.dumps(result)}"
    _, asked, told, _ = answer["executionSteps"]
    [tool_call] = asked["toolCalls"]
    assert tool_call == {
        "id": tool_call["id"],
        "name": "Order status",
        "toolType": "scenario",
        "arguments": {"order": "a-17"},
    }
    [log] = (await studio.get(f"/scenarios/{scenario}/logs"))["scenarioLogs"]
    assert told["toolResponse"] == {
        "name": "Order status",
        "result": result,
        "status": "ok",
        "toolType": "scenario",
        "executionLink": f"https://eu1.make.com/1/scenarios/{scenario}/logs/{log['id']}",
    }
    assert (told["role"], log["status"], log["type"]) == ("tool", 1, "auto")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"active": False}, "Scenario is not activated."),
        ({"is_paused": True}, "The scenario is paused."),
        (
            {"scheduling": {"type": "indefinitely", "interval": 900}},
            "The called scenario is not scheduled on demand.",
        ),
    ],
)
async def test_a_tool_that_can_not_run_fails_the_step(
    studio: "Studio", columns: dict[str, Any], reason: str
) -> None:
    scenario = order_status(studio, **columns)
    agent = await make(studio, scenarios=[{"makeScenarioId": scenario}])
    steps = (await say(studio, agent, "order a-17"))["executionSteps"]
    response = steps[2]["toolResponse"]
    assert (response["status"], response["result"]) == ("fail", reason)


async def test_an_error_within_a_tool_is_told_with_its_run(studio: "Studio") -> None:
    scenario = studio.scenario(
        "Read page", {"module": "json:ParseJSON", "mapper": {"json": "{"}}, is_active=True
    )
    agent = await make(studio, scenarios=[{"makeScenarioId": scenario}])
    answer = await say(studio, agent, "Please read page")
    response = answer["executionSteps"][2]["toolResponse"]
    assert response["status"] == "fail"
    assert response["executionLink"].startswith("https://eu1.make.com/1/scenarios/")
    assert "Read page failed:" in answer["response"]


async def test_a_tool_slower_than_anyone_waits_is_left_running(studio: "Studio") -> None:
    nap = {"module": "util:FunctionSleep", "mapper": {"duration": "120"}}
    scenario = studio.scenario("Read page", nap, is_active=True)
    agent = await make(studio, scenarios=[{"makeScenarioId": scenario}])
    answer = await say(studio, agent, "read page")
    response = answer["executionSteps"][2]["toolResponse"]
    assert response["result"] == "The scenario is still running."


async def test_a_tool_with_approval_and_one_of_mcp_are_not_run(studio: "Studio") -> None:
    server = connection(studio, "mcp")
    asked = {"makeScenarioId": order_status(studio), "approvalMode": "approval-required"}
    mcp = {"mcpConnectionId": server, "toolIds": ["read_page"]}
    agent = await make(studio, scenarios=[asked], mcpConfigs=[mcp])
    answer = await say(studio, agent, "order a-17, then read page")
    told = [one["toolResponse"] for one in answer["executionSteps"] if one["role"] == "tool"]
    assert [(one["toolType"], one["status"]) for one in told] == [
        ("scenario", "fail"),
        ("mcp", "fail"),
    ]
    assert studio.world.value("SELECT count(*) FROM executions") == 0


async def test_a_thread_goes_on_and_another_knows_nothing_of_it(studio: "Studio") -> None:
    agent = await make(studio, scenarios=[{"makeScenarioId": order_status(studio)}])
    begun = await say(studio, agent, "It is about order: a-17", threadId=THREAD)
    assert begun["threadId"] == THREAD
    again = await say(studio, agent, "order status", threadId=THREAD)
    assert "A-17 shipped" in again["response"]
    other = await say(studio, agent, "order status")
    assert other["response"] == f"{LABEL} Order status needs order."
    assert other["threadId"] != THREAD


async def test_the_history_of_a_thread_is_as_long_as_configured(studio: "Studio") -> None:
    agent = await make(studio)
    await say(studio, agent, "First", threadId=THREAD)
    second = await say(studio, agent, "Second", threadId=THREAD)
    assert second["response"].endswith('Before that you said "First".')
    none = {"historyConfig": {"iterationsFromHistoryCount": 0}}
    third = await say(studio, agent, "Third", threadId=THREAD, config=none)
    assert third["response"] == f'{LABEL} No tool and no context fits "Third".'


async def test_a_declared_output_comes_as_data(studio: "Studio") -> None:
    schema: list[Any] = [
        {"name": "status", "type": "text", "required": True},
        {"name": "count", "type": "integer"},
        {"name": "due", "type": "date"},
    ]
    parser = {"type": "make-schema", "schema": schema}
    agent = await make(
        studio,
        scenarios=[{"makeScenarioId": order_status(studio)}],
        outputParserFormat=parser,
    )
    answer = await say(studio, agent, "order a-17, count 3")
    data = {"status": "A-17 shipped", "count": 3, "due": None}
    assert answer["jsonResponse"] == data
    assert answer["response"] == f"{LABEL} {json.dumps(data)}"
    plain = await say(studio, agent, "Hi", config={"outputParser": {"type": "text"}})
    assert "jsonResponse" not in plain


async def test_a_run_overrides_what_the_agent_is_set_to(studio: "Studio") -> None:
    agent = await make(studio)
    config = {
        "systemPrompt": "x" * 40,
        "additionalSystemPrompt": "y" * 39,
        "scenarios": [{"makeScenarioId": order_status(studio)}],
        "llmConfig": {"llmModel": "large", "settings": {"maxTokens": 3}},
        "invocationConfig": {"recursionLimit": 1},
    }
    answer = await say(studio, agent, "order a-17", config=config)
    assert answer["response"] == LABEL[:12]
    assert answer["tokenUsageSummary"]["promptTokens"] == 20 + 4 + 3
    assert [one["role"] for one in answer["executionSteps"]] == ["user", "assistant"]


@pytest.mark.parametrize(
    "body",
    [
        {"config": {}},
        {"messages": [], "config": {}},
        {"messages": [{"role": "system", "content": "x"}], "config": {}},
        {"messages": [{"role": "user", "content": "x"}]},
        {"messages": [{"role": "user", "content": "x"}], "config": {}, "threadId": "mine"},
        {"messages": [{"role": "user", "content": "x"}], "config": {"model": "x"}},
        {"messages": [{"role": "user", "content": "x" * 600_000}], "config": {}},
    ],
)
@pytest.mark.parametrize("path", ["run", "run/stream"])
async def test_a_malformed_or_too_long_run_is_refused(
    studio: "Studio", path: str, body: Any
) -> None:
    agent = await make(studio)
    answer = await call(studio, "POST", f"{AGENTS}/{agent}/{path}", body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "SC400"


async def test_an_agent_whose_connection_does_not_work_is_not_run(studio: "Studio") -> None:
    own = connection(studio)
    agent = await make(studio, makeConnectionId=own)
    body: Any = {"messages": [{"role": "user", "content": "x"}], "config": {}}
    studio.world.update("connections", own, state="broken")
    assert (await call(studio, "POST", f"{AGENTS}/{agent}/run", body)).status_code == 424
    studio.world.delete("connections", own)
    assert (await call(studio, "POST", f"{AGENTS}/{agent}/run", body)).status_code == 424
    assert (await get(studio, f"{AGENTS}/{agent}"))["makeConnectionType"] is None


async def test_a_paused_organization_runs_no_agent(studio: "Studio") -> None:
    agent = await make(studio)
    studio.world.update("organizations", 1, is_paused=True)
    body: Any = {"messages": [{"role": "user", "content": "x"}], "config": {}}
    answer = await call(studio, "POST", f"{AGENTS}/{agent}/run", body)
    assert (answer.status_code, answer.json()["code"]) == (429, "IM310")


async def test_a_stream_sends_every_step_as_an_event(studio: "Studio") -> None:
    agent = await make(studio, scenarios=[{"makeScenarioId": order_status(studio)}])
    body: Any = {"messages": [{"role": "user", "content": "order a-17"}], "config": {}}
    answer = await call(studio, "POST", f"{AGENTS}/{agent}/run/stream", body)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    frames = [frame.split("\n") for frame in answer.text.removesuffix("\n\n").split("\n\n")]
    assert {frame[0] for frame in frames} == {"event:step"}
    steps = [json.loads(frame[2].removeprefix("data:")) for frame in frames]
    assert [frame[1] for frame in frames] == [f"id:{step['id']}" for step in steps]
    assert [step["role"] for step in steps] == ["user", "assistant", "tool", "assistant"]
    assert {tuple(step) for step in steps} == {("role", "content", "id", "agentIterationId")}
    assert steps[-1]["content"].startswith(LABEL)


async def test_a_callback_address_gets_the_answer(studio: "Studio") -> None:
    hook = (
        await studio.post(
            "/hooks",
            {"name": "In", "teamId": 1, "typeName": "gateway-webhook"}
            | {"method": False, "headers": False, "stringify": False},
        )
    )["hook"]
    studio.world.update("hooks", hook["id"], learning=False)
    agent = await make(studio)
    url = f"https://hook.eu1.make.com/{hook['udid']}"
    answer = await say(studio, agent, "Hello", callbackUrl=url)
    await studio.app.state.sandbox.background.settle()
    [row] = studio.world.rows("SELECT data FROM hook_incomings")
    assert row["data"] == answer


async def test_tokens_of_makes_own_provider_are_counted(studio: "Studio") -> None:
    agent = await make(studio)
    used = (await say(studio, agent, "Hello"))["tokenUsageSummary"]
    own = await make(studio, makeConnectionId=connection(studio, "openai-gpt-3"))
    await say(studio, own, "Hello")
    studio.license(operations=10)
    usage = await studio.get("/llm-usage/1")
    assert usage == {
        "usedInputTokens": used["promptTokens"],
        "usedOutputTokens": used["completionTokens"],
        "remainingInputTokens": 10_000,
        "remainingOutputTokens": 10_000,
    }


async def test_an_agent_is_called_from_a_scenario(studio: "Studio") -> None:
    agent = await make(studio, scenarios=[{"makeScenarioId": order_status(studio)}])
    answers = [{"name": "text", "type": "text"}]
    scenario = studio.scenario(
        "Ask the desk",
        {
            "module": "ai-agent:RunAnAIAgent",
            "mapper": {"agent": agent, "messages": ["order a-17"], "threadID": THREAD},
        },
        {
            "module": "scenario-service:ReturnData",
            "mapper": {"text": "{{1.output}}"},
            "metadata": {"expect": answers},
        },
        interface={"input": [], "output": answers},
        is_active=True,
    )
    result = await studio.post(f"/scenarios/{scenario}/run", {"responsive": True})
    assert result["outputs"] == {
        "text": f'{LABEL} Order status returned {{"status": "A-17 shipped"}}'
    }
    [log] = (await studio.get(f"/scenarios/{scenario}/logs"))["scenarioLogs"]
    tokens = await studio.get("/llm-usage/1")
    total = tokens["usedInputTokens"] + tokens["usedOutputTokens"]
    assert log["operations"] == 2
    assert log["centicredits"] == 100 + -(-total * 4 // 100)
    again = await say(studio, agent, "order status", threadId=THREAD)
    assert "A-17 shipped" in again["response"]


async def test_an_agent_that_calls_its_own_scenario_comes_to_an_end(studio: "Studio") -> None:
    agent = await make(studio)
    scenario = studio.scenario(
        "Loop", {"module": "ai-agent:RunAnAIAgent"}, is_active=True, interface={"input": []}
    )
    blueprint = studio.world.value("SELECT blueprint FROM scenarios WHERE id = ?", scenario)
    blueprint["flow"][0]["mapper"] = {"agent": agent, "messages": ["loop"]}
    studio.world.update("scenarios", scenario, blueprint=blueprint)
    tools = {"scenarios": [{"makeScenarioId": scenario}]}
    await call(studio, "PATCH", f"{AGENTS}/{agent}", tools)
    assert (await say(studio, agent, "loop"))["executionSteps"][2]["toolResponse"]["status"] == "ok"
    assert studio.world.value("SELECT count(*) FROM executions") == 11


# Providers


async def test_providers_say_that_they_are_stand_ins(studio: "Studio") -> None:
    listed = await get(studio, PROVIDERS)
    assert listed[0] == {
        "id": 1,
        "provider": "openai-api-spec-compatible",
        "accountName": "ai-provider (sandbox-stand-in)",
    }
    assert all("sandbox-stand-in" in one["accountName"] for one in listed)
    assert await get(studio, f"{PROVIDERS}/2") == [{"id": 2, "provider": "openAi"}]
    models = await get(studio, f"{PROVIDERS}/1/models")
    assert [one["model"] for one in models] == [
        "sandbox-stand-in-small",
        "sandbox-stand-in-medium",
        "sandbox-stand-in-large",
    ]
    assert models[0] == {
        "model": "sandbox-stand-in-small",
        "provider": "openai-api-spec-compatible",
        "tokenLimit": 128000,
        "settings": {"maxTokens": 100000},
    }


@pytest.mark.parametrize("path", ["/9", "/9/models"])
async def test_an_unknown_provider_is_not_found(studio: "Studio", path: str) -> None:
    assert (await call(studio, "GET", f"{PROVIDERS}{path}")).status_code == 404
