"""Test suites of agents: messages, and what must or must not come of them.

What is expected is compared by plain rules; no model judges an answer.
"""

from make_blueprint.iml.ecmascript import compiled, matches
from make_blueprint.iml.errors import Refused
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Json,
    Make,
    Output,
    Problem,
    TeamId,
)
from pydantic import Field

from make_mcp_core_tools.ai_agents.declared import category
from make_mcp_core_tools.ai_agents.records import WRITE, Agent, AgentRef, read_agent
from make_mcp_core_tools.ai_agents.running import (
    RawRun,
    RunAgent,
    Tokens,
    body_of,
    send,
    tool_uses,
)
from make_mcp_core_tools.ai_agents.tool_checks import check_tools

MOST_RUNS = 50
_SHOWN = 300

# Inputs


class Expected(Input):
    contains: list[str] = []
    """Texts the answer must hold; letter case does not matter."""
    forbids: list[str] = []
    """Texts it must not hold."""
    matches: str | None = None
    """Regular expression (ECMAScript) the answer must match somewhere."""
    json_members: Document | None = None
    """Members the structured answer must have, with their values."""
    tools_called: list[str] = []
    """Names of tools it must call with success."""
    tools_not_called: list[str] = []
    """Names of tools it must not call."""


class TestCase(Input):
    message: str = Field(min_length=1)
    """What is said to the agent, in a thread of its own."""
    expect: Expected
    """What must come of it; at least one rule."""
    output_fields: list[Document] | None = None
    """Fields of a structured answer."""


class TestAgent(Input):
    agent_id: AgentRef
    team_id: TeamId | None = None
    cases: list[TestCase] = Field(min_length=1, max_length=MOST_RUNS)
    """Cases, run one after the other."""
    repeats: int = Field(default=1, ge=1, le=10)
    """Runs of each case; cases times repeats are 50 at most."""


# Outputs


class FailedRun(Output):
    run: int
    reasons: list[str]
    response: str
    """Its beginning."""
    thread_id: str


class CaseResult(Output):
    case: int
    """Its place in `cases`, from 0."""
    message: str
    passed: int
    runs: int
    threads: list[str]
    failures: list[FailedRun] | None = None


class TestReport(Output):
    agent_id: str
    name: str
    passed: int
    """Runs in which every rule held."""
    runs: int
    cases: list[CaseResult]
    tokens: int


# Tools


@category.tool(
    scope=WRITE,
    effect="run",
    confirm=True,
    words=("evaluate", "regression", "assert", "test suite"),
    examples=[
        TestAgent(
            agent_id="Order desk",
            cases=[
                TestCase(
                    message="Where is order A-17?",
                    expect=Expected(contains=["shipped"], tools_called=["Order status"]),
                )
            ],
        )
    ],
)
async def ai_agent_test(make: Make, args: TestAgent) -> TestReport:
    """Run a test suite against an agent and report what failed; rules decide, no model judges.

    Its tools really run, so every run costs what a conversation costs.
    """
    _refuse(args)
    team = await make.team(args.team_id)
    agent = await read_agent(make, team, args.agent_id)
    for tool in await check_tools(make, team, agent.scenarios):
        for module in tool.writing:
            make.affects(f"Tool scenario {tool.tool.make_scenario_id} changes things ({module}).")
    total, results = len(args.cases) * args.repeats, list[CaseResult]()
    spent = 0
    for number, case in enumerate(args.cases):
        result = CaseResult(case=number, message=case.message, passed=0, runs=0, threads=[])
        for _ in range(args.repeats):
            await make.progress(number * args.repeats + result.runs, total, "Talking to the agent")
            answer = await _say(make, agent, case, number)
            spent += answer.token_usage_summary.total_tokens
            _judge(result, case.expect, answer)
        results.append(result)
    return TestReport(
        agent_id=agent.id,
        name=agent.name,
        passed=sum(one.passed for one in results),
        runs=total,
        cases=results,
        tokens=spent,
    )


def _refuse(args: TestAgent) -> None:
    problems: list[Problem] = []
    if len(args.cases) * args.repeats > MOST_RUNS:
        text = f"{len(args.cases)} cases times {args.repeats} are more than {MOST_RUNS} runs."
        problems.append(Problem("repeats", text))
    for number, case in enumerate(args.cases):
        where = f"cases[{number}].expect"
        if not any(case.expect.model_dump(exclude_none=True).values()):
            problems.append(Problem(where, "It has no rule, so it could not fail."))
        if fault := _pattern_fault(case.expect.matches):
            problems.append(Problem(f"{where}.matches", fault))
    if problems:
        raise Failure(
            "The test suite was not run.",
            next_step="Call `ai_agent_test` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )


def _pattern_fault(pattern: str | None) -> str:
    try:
        compiled(pattern or "")
    except Refused as refused:
        return f"{refused}."
    return ""


async def _say(make: Make, agent: Agent, case: TestCase, number: int) -> RawRun:
    run = RunAgent(agent_id=agent.id, message=case.message, output_fields=case.output_fields)
    return await send(
        make,
        agent,
        body_of(run),
        says=f"Run case {number} against the AI agent {agent.title}",
        predict={"response": "", "threadId": "", "tokenUsageSummary": Tokens().model_dump()},
    )


# Judging


def _judge(result: CaseResult, expected: Expected, answer: RawRun) -> None:
    """Count a run, and keep what it failed by."""
    reasons = broken_rules(expected, answer)
    result.runs += 1
    result.passed += not reasons
    result.threads.append(answer.thread_id)
    if reasons:
        failed = FailedRun(
            run=result.runs,
            reasons=reasons,
            response=answer.response[:_SHOWN],
            thread_id=answer.thread_id,
        )
        result.failures = [*(result.failures or []), failed]


def broken_rules(expected: Expected, answer: RawRun) -> list[str]:
    """Name the rules that an answer breaks."""
    said = answer.response.casefold()
    called = [use for use in tool_uses(answer) if use.status is not None]
    good = {use.tool for use in called if use.status == "ok"}
    every = {use.tool for use in called}
    found = [
        f"It does not hold “{one}”." for one in expected.contains if one.casefold() not in said
    ]
    found += [f"It holds “{one}”." for one in expected.forbids if one.casefold() in said]
    found += [f"“{one}” was not called." for one in expected.tools_called if one not in every]
    found += [
        f"“{one}” was called and failed."
        for one in expected.tools_called
        if one in every and one not in good
    ]
    found += [f"“{one}” was called." for one in expected.tools_not_called if one in every]
    if expected.matches and not _found(expected.matches, answer.response):
        found.append(f"It does not match /{expected.matches}/.")
    return found + _wrong_members(expected.json_members or {}, answer.json_response)


def _found(pattern: str, text: str) -> bool:
    return next(iter(matches(pattern, "", text)), None) is not None


def _wrong_members(wanted: Document, answer: Json) -> list[str]:
    kept = answer if isinstance(answer, dict) else {}
    return [
        f"`{name}` is {kept.get(name)!r}, not {value!r}."
        for name, value in wanted.items()
        if name not in kept or kept[name] != value
    ]
