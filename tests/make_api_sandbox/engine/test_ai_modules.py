"""The AI apps: a stand-in answers, calls tools, keeps threads and counts tokens."""

from typing import Any

import pytest
from make_api_sandbox.agents.ports import AgentProfile, Tool
from make_api_sandbox.engine.execution import Execution, Limits, Start, Status
from make_api_sandbox.engine.memory import MemoryPorts
from make_api_sandbox.engine.ports import ConnectionState, SubRun
from make_api_sandbox.engine.run import execute

pytestmark = pytest.mark.anyio

Json = Any
LABEL = "[Sandbox stand-in, no model]"
MAKES_OWN, OWN = 7, 8
AGENT = "6f1f5a52-8c3e-4c0e-9a64-0d3a1a5f7b10"
ORDER: Json = {"name": "order", "type": "text", "label": "Order", "required": True}


def surroundings() -> MemoryPorts:
    around = MemoryPorts()
    around.connections = dict.fromkeys((MAKES_OWN, OWN), ConnectionState.VALID)
    around.agents.makes_own = {MAKES_OWN}
    return around


def module(ident: int, slug: str, **members: Json) -> Json:
    return {"id": ident, "module": slug, "version": 1, **members}


async def run(around: MemoryPorts, *flow: Json, **settings: Json) -> Execution:
    document: Json = {"flow": list(flow), "metadata": {"scenario": settings}}
    return await execute(document, Start("e" * 32, details={"id": 12}), around)


async def outcome(around: MemoryPorts, *flow: Json) -> Json:
    """The bundle of the last module of a flow that succeeds."""
    result = await run(around, *flow)
    assert result.status is Status.SUCCESS, result.error
    return result.records[-1].returned[0]


def prompt(text: str, connection: int = OWN, model: str = "medium") -> Json:
    return module(
        1,
        "ai-tools:Ask",
        parameters={"makeConnectionId": connection, "model": model},
        mapper={"input": text},
    )


def local(message: str, *tools: Json, connection: int = OWN, **mapper: Json) -> Json:
    return module(
        5,
        "ai-local-agent:RunLocalAIAgent",
        parameters={"makeConnectionId": connection},
        mapper={"defaultModel": "medium", "outputType": "text", "message": message, **mapper},
        tools=list(tools),
    )


def compose(ident: int, value: str) -> Json:
    field = {"name": "value", "type": "text", "required": True}
    return module(
        ident, "util:ComposeTransformer", mapper={"value": value}, metadata={"expect": [field]}
    )


def lookup() -> Json:
    """A tool of a flow with one input that the agent decides."""
    flow = [compose(20, "order {{5.order}} is on its way")]
    return {"name": "Find parcel", "description": "Where a parcel is.", "flow": flow}


# Prompts


async def test_a_prompt_is_answered_in_the_name_of_the_stand_in() -> None:
    assert await outcome(surroundings(), prompt("Write a haiku.")) == {
        "answer": f"{LABEL} Write a haiku."
    }


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("Answer with one word, complaint or question: a complaint about the lamp", "complaint"),
        ("Answer with one word, complaint or question: where is my lamp", "question"),
        ("Choose red, green / blue: the GREEN one", "green"),
    ],
)
async def test_a_prompt_with_choices_is_answered_with_one_of_them(text: str, choice: str) -> None:
    assert await outcome(surroundings(), prompt(text)) == {"answer": f"{LABEL} {choice}"}


@pytest.mark.parametrize(
    ("model", "tokens_cost"), [("small", 40), ("medium", 100), ("large", 250), ("o4-mini", 250)]
)
async def test_tokens_of_makes_own_provider_cost_by_the_tier(model: str, tokens_cost: int) -> None:
    text = "x" * (4 * 496 - len(LABEL) - 1 - 24)
    around = surroundings()
    result = await run(around, prompt(text, MAKES_OWN, model))
    [(_, used)] = around.agents.spent
    assert (used.prompt, used.completion) == (483, 490)
    assert result.centicredits == 100 + -(-973 * tokens_cost // 1000)
    assert result.operations == 1


async def test_a_prompt_with_an_own_connection_costs_one_credit() -> None:
    around = surroundings()
    assert (await run(around, prompt("Write a haiku."))).centicredits == 100
    assert around.agents.spent == []


async def test_a_prompt_without_a_model_fails() -> None:
    result = await run(surroundings(), prompt("Hello", model=""))
    assert result.error is not None
    assert result.error.name == "BundleValidationError"


@pytest.mark.parametrize(
    ("text", "mood"),
    [("Great lamp, thanks", "positive"), ("Broken again", "negative"), ("A lamp", "neutral")],
)
async def test_a_sentiment_is_told_in_the_declared_field(text: str, mood: str) -> None:
    declared: Json = {"interface": [{"name": "sentiment", "type": "text"}]}
    settings: Json = {"makeConnectionId": OWN, "model": "small"}
    judge = module(
        1, "ai-tools:AnalyzeSentiment", parameters=settings, mapper={"t": text}, metadata=declared
    )
    assert await outcome(surroundings(), judge) == {"sentiment": f"{LABEL} {mood}"}


# Agents within a module


async def test_an_agent_without_fitting_tools_says_so() -> None:
    answer = await outcome(surroundings(), local("Good morning", lookup()))
    assert answer == {"response": f'{LABEL} No tool and no context fits "Good morning".'}


@pytest.mark.parametrize(
    "message", ["find parcel, order is A-17", "Where is order A-17?", 'Look: {"order": "A-17"}']
)
async def test_an_agent_runs_the_tool_that_a_message_names_or_feeds(message: str) -> None:
    around = surroundings()
    result = await run(around, local(message, lookup()))
    assert [record.module_id for record in result.records] == [20, 5]
    answer = result.records[-1].returned[0]
    assert answer["response"] == (
        f'{LABEL} Find parcel returned {{"value": "order A-17 is on its way"}}'
    )
    assert result.operations == 2
    assert result.centicredits == 200


async def test_a_tool_may_read_modules_before_the_agent() -> None:
    flow = [compose(20, "{{1.value}} {{5.order}}")]
    tool = {"name": "Find parcel", "description": "", "flow": flow}
    answer = await outcome(surroundings(), compose(1, "DHL"), local("order A-17", tool))
    assert '"DHL A-17"' in answer["response"]


async def test_an_agent_asks_for_an_input_that_is_missing() -> None:
    around = surroundings()
    result = await run(around, local("Please find parcel", lookup()))
    assert [record.module_id for record in result.records] == [5]
    assert result.records[0].returned == [{"response": f"{LABEL} Find parcel needs order."}]


async def test_a_later_tool_takes_its_inputs_from_an_earlier_one() -> None:
    parse = module(30, "json:ParseJSON", mapper={"json": '{"carrier": "DHL"}'})
    first = {"name": "Find carrier", "description": "", "flow": [parse]}
    second = {"name": "Call carrier", "description": "", "flow": [compose(31, "{{5.carrier}}!")]}
    answer = await outcome(
        surroundings(), local("find carrier and then call carrier", first, second)
    )
    assert answer["response"].endswith('Call carrier returned {"value": "DHL!"}')


async def test_a_failing_tool_is_reported_and_the_run_goes_on() -> None:
    bad = module(30, "json:ParseJSON", mapper={"json": "{"})
    tool = {"name": "Read file", "description": "", "flow": [bad]}
    result = await run(surroundings(), local("read file", tool), compose(6, "{{5.response}}"))
    assert result.status is Status.SUCCESS
    assert "Read file failed:" in str(result.records[-1].returned[0]["value"])


async def test_a_tool_without_modules_fails_and_names_itself() -> None:
    empty: Json = {"name": "Read file", "description": "", "flow": []}
    answer = await outcome(surroundings(), local("read file", empty))
    assert answer == {"response": f"{LABEL} Read file failed: The tool has no modules."}


async def test_a_failing_tool_leaves_no_incomplete_execution() -> None:
    flow = [compose(29, "x"), module(30, "json:ParseJSON", mapper={"json": "{"})]
    tool = {"name": "Read file", "description": "", "flow": flow}
    result = await run(surroundings(), local("read file", tool), dlq=True)
    assert result.incompletes == []
    assert result.status is Status.SUCCESS


async def test_a_tool_walks_routers_and_error_routes() -> None:
    failing = module(41, "json:ParseJSON", mapper={"json": "{"})
    failing["onerror"] = [module(42, "builtin:Resume", mapper={"text": "none"})]
    routes = [{"flow": [compose(43, "left")]}, {"flow": [compose(44, "{{41.text}}")]}]
    router = module(45, "builtin:BasicRouter", mapper=None, routes=routes)
    tool = {"name": "Read file", "description": "", "flow": [failing, router]}
    answer = await outcome(surroundings(), local("read file", tool))
    assert answer["response"].endswith('[{"value": "left"}, {"value": "none"}]')


async def test_an_agent_remembers_a_thread_that_has_a_name() -> None:
    around = surroundings()
    first = local("It is about order A-17", threadId="t1")
    await run(around, first)
    answer = await outcome(around, local("now find parcel", lookup(), threadId="t1"))
    assert "order A-17 is on its way" in answer["response"]
    other = await outcome(around, local("now find parcel", lookup(), threadId="t2"))
    assert other == {"response": f"{LABEL} Find parcel needs order."}


async def test_an_agent_forgets_what_is_beyond_its_history() -> None:
    around = surroundings()
    config = {"iterationsFromHistoryCount": 0}
    await run(around, local("It is about order A-17", threadId="t1"))
    answer = await outcome(
        around, local("find parcel", lookup(), threadId="t1", modelConfig=config)
    )
    assert answer == {"response": f"{LABEL} Find parcel needs order."}


async def test_a_declared_structure_is_filled_from_tools_and_message() -> None:
    schema: Json = [
        {"name": "value", "type": "text", "required": True},
        {"name": "amount", "type": "number"},
        {"name": "contact", "type": "email"},
        {"name": "nothing", "type": "date"},
        {"name": "summary", "type": "text"},
    ]
    answer = await outcome(
        surroundings(),
        local(
            "order A-17, amount: 12.5, mail ada@example.com",
            lookup(),
            outputType="make-schema",
            outputSchema=schema,
        ),
    )
    assert answer["value"] == "order A-17 is on its way"
    assert answer["amount"] == 12.5
    assert answer["contact"] == "ada@example.com"
    assert answer["nothing"] is None
    assert answer["summary"].startswith(LABEL)
    assert answer["response"].startswith(LABEL)


async def test_files_of_an_agent_are_looked_up() -> None:
    files: Json = [{"fileName": "prices.txt", "data": "Lamp 20 euro\nChair 50 euro"}]
    answer = await outcome(surroundings(), local("What does a chair cost?", files=files))
    assert answer["response"] == (
        f'{LABEL} knowledge returned [{{"document": "prices.txt", "text": "Chair 50 euro"}}]'
    )


async def test_answers_end_at_the_token_limit() -> None:
    config = {"tokenLimit": 5}
    answer = await outcome(surroundings(), local("Good morning", modelConfig=config))
    assert answer == {"response": LABEL[:20]}


async def test_no_tool_runs_beyond_the_step_limit() -> None:
    config = {"recursionLimit": 1}
    result = await run(surroundings(), local("order A-17", lookup(), modelConfig=config))
    assert [record.module_id for record in result.records] == [5]


async def test_an_agent_with_makes_own_provider_costs_all_its_tokens() -> None:
    around = surroundings()
    result = await run(around, local("order A-17", lookup(), connection=MAKES_OWN))
    [(model, used)] = around.agents.spent
    assert model == "medium"
    assert used.total > 20
    assert result.centicredits == 200 + -(-used.total // 10)


async def test_a_prompt_beyond_the_model_fails() -> None:
    result = await run(surroundings(), local("x" * 600_000))
    assert result.error is not None
    assert result.error.name == "DataSizeLimitExceededError"


async def test_a_tool_with_a_missing_connection_fails() -> None:
    post = module(30, "slack:CreateMessage", parameters={"__IMTCONN__": 99}, mapper={})
    tool = {"name": "Post it", "description": "", "flow": [post]}
    answer = await outcome(surroundings(), local("post it", tool))
    assert answer == {"response": f"{LABEL} Post it failed: Connection 99 does not exist."}


async def test_the_plan_ends_a_run_even_within_a_tool() -> None:

    around = surroundings()
    flow = [compose(20, "{{5.order}}"), compose(21, "more")]
    document: Json = {"flow": [local("order A-17", {**lookup(), "flow": flow})], "metadata": {}}
    result = await execute(document, Start("e" * 32), around, Limits(operations=1))
    assert result.error is not None
    assert result.error.name == "OperationsLimitExceededError"


# Agents of the team


def team_agent(around: MemoryPorts, *tools: Tool, connection: int = OWN) -> None:
    around.agents.profiles[AGENT] = AgentProfile(AGENT, connection, "gpt-4o", "Be kind.", tools)


def call(*messages: str, **mapper: Json) -> Json:
    return module(
        1, "ai-agent:RunAnAIAgent", mapper={"agent": AGENT, "messages": list(messages), **mapper}
    )


async def test_an_agent_of_the_team_calls_a_scenario() -> None:
    around = surroundings()
    team_agent(around, Tool("44", "Order status", fields=(ORDER,)))
    around.answers["SCN_44"] = SubRun("f" * 32, {"status": "shipped"})
    answer = await outcome(around, call("What is the status of order A-17?"))
    assert around.calls == [("SCN_44", {"order": "A-17"}, True)]
    assert answer == {
        "output": f'{LABEL} Order status returned {{"status": "shipped"}}',
        "jsonResponse": None,
    }


async def test_a_structure_asked_for_by_the_module_comes_as_data() -> None:
    around = surroundings()
    team_agent(around, Tool("44", "Order status", fields=(ORDER,)))
    around.answers["SCN_44"] = SubRun("f" * 32, {"status": "shipped"})
    schema = [{"name": "status", "type": "text"}]
    answer = await outcome(
        around, call("order A-17", outputType="make-schema", outputSchema=schema)
    )
    assert answer["jsonResponse"] == {"status": "shipped"}


async def test_a_failed_scenario_is_told_to_the_agent() -> None:
    around = surroundings()
    team_agent(around, Tool("44", "Order status"), Tool("45", "Gone"))
    around.answers["SCN_44"] = SubRun("f" * 32, error="no such order")
    answer = await outcome(around, call("order status, and gone"))
    assert answer["output"] == (
        f"{LABEL} Order status failed: no such order Gone failed: Scenario SCN_45 does not exist."
    )


async def test_a_tool_that_needs_approval_is_not_run() -> None:
    around = surroundings()
    team_agent(around, Tool("44", "Order status", approval=True))
    answer = await outcome(around, call("order status"))
    assert around.calls == []
    assert "A person has to approve this call." in answer["output"]


async def test_an_unknown_agent_fails_the_module() -> None:
    result = await run(surroundings(), call("Hello"))
    assert result.error is not None
    assert result.error.message == f"AI agent {AGENT} not found."


async def test_an_agent_whose_connection_is_gone_fails_the_module() -> None:
    around = surroundings()
    team_agent(around, connection=99)
    result = await run(around, call("Hello"))
    assert result.error is not None
    assert result.error.message == "Connection 99 does not exist."


async def test_the_same_words_get_the_same_answer() -> None:
    answers = [await outcome(surroundings(), local("order A-17", lookup())) for _ in range(2)]
    assert answers[0] == answers[1]
