"""Knowledge files of agents, and test suites."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Writes = Callable[[], Awaitable[list[dict[str, Any]]]]

CONTEXTS = "/ai-agents/v1/contexts"
RETURNS = "Returns are free within 30 days.\nLamps are collected at the door."


@pytest.fixture
def files(company: Company, team: int, agent: str) -> Callable[[], Awaitable[list[Any]]]:
    async def read() -> list[Any]:
        found: list[Any] = await company.get(CONTEXTS, agentId=agent, teamId=team)
        return found

    return read


Files = Callable[[], Awaitable[list[Any]]]


# Knowledge


async def test_a_file_is_given_used_and_taken_back(
    core: Server, team: int, agent: str, files: Files
) -> None:
    arguments: dict[str, Any] = {
        "team_id": team,
        "agent_id": agent,
        "name": "Returns.md",
        "text": RETURNS,
    }
    planned = await core.call("ai_agent_context_create", **arguments, dry_run=True)
    assert planned.data["plan"]["requests"][0]["path"] == CONTEXTS
    assert await files() == []
    told = (await core.call("ai_agent_context_create", **arguments)).data
    assert (told["files"], told["size_bytes"]) == (1, len(RETURNS))
    listed = await core.call("ai_agent_context_list", team_id=team, agent_id="Desk")
    [row] = listed.data["contexts"]
    assert (row["id"], row["name"], row["type"]) == (told["context_id"], "Returns.md", "md")
    run = await core.call(
        "ai_agent_run", team_id=team, agent_id=agent, message="Are lamps collected?"
    )
    assert run.data["tool_calls"][0]["type"] == "rag"
    assert "at the door" in run.data["response"]
    await core.apply("operation_undo", operation_id=told["operation_id"])
    assert await files() == []


async def test_an_agent_without_files_has_an_empty_list(
    core: Server, team: int, agent: str
) -> None:
    told = await core.call("ai_agent_context_list", team_id=team, agent_id=agent)
    assert told.data["contexts"] == []


async def test_a_text_with_credentials_is_not_uploaded_unless_told(
    core: Server, team: int, agent: str, writes: Writes, files: Files
) -> None:
    key = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    arguments: dict[str, Any] = {
        "team_id": team,
        "agent_id": agent,
        "name": "Notes.txt",
        "text": f"Billing\nThe key is {key}\n",
    }
    await writes()
    told = await core.call("ai_agent_context_create", **arguments)
    assert told.error["problems"][0]["path"] == "text, line 2"
    assert key not in told.text
    assert await writes() == []
    await core.call("ai_agent_context_create", **arguments, allow_secrets=True)
    assert len(await files()) == 1


async def test_the_21st_file_is_refused_before_it_is_sent(
    core: Server, company: Company, team: int, agent: str, writes: Writes
) -> None:
    for number in range(20):
        body = {"agentId": agent, "content": "x", "name": f"{number}.txt", "autosave": "true"}
        await company.send("POST", CONTEXTS, body, teamId=team)
    await writes()
    told = await core.call(
        "ai_agent_context_create", team_id=team, agent_id=agent, name="0.txt", text="more"
    )
    assert [problem["path"] for problem in told.error["problems"]] == ["agent_id", "name"]
    assert await writes() == []


async def test_a_file_is_deleted_after_a_plan_that_says_it_is_for_good(
    core: Server, company: Company, team: int, agent: str, files: Files
) -> None:
    body = {"agentId": agent, "content": RETURNS, "name": "Returns.txt", "autosave": "true"}
    made = await company.send("POST", CONTEXTS, body, teamId=team)
    arguments = {"team_id": team, "agent_id": agent, "context_id": made["id"]}
    planned = await core.call("ai_agent_context_delete", **arguments)
    assert "content" in str(planned.data["plan"])
    assert len(await files()) == 1
    told = await core.apply("ai_agent_context_delete", **arguments)
    assert told.data["name"] == "Returns.txt"
    assert await files() == []


async def test_a_file_of_another_agent_is_not_deleted(core: Server, team: int, agent: str) -> None:
    told = await core.call(
        "ai_agent_context_delete",
        team_id=team,
        agent_id=agent,
        context_id="00000000-0000-4000-8000-000000000000",
    )
    assert told.error["code"] == "not_found"


# Test suites


async def test_a_suite_passes_what_is_right_and_fails_a_planted_wrong_answer(
    core: Server, company: Company, team: int, agent: str, order_status: int
) -> None:
    await core.call(
        "ai_agent_tool_set", team_id=team, agent_id=agent, add=[{"scenario_id": order_status}]
    )
    right = {
        "contains": ["SHIPPED"],
        "matches": "A-1[0-9]",
        "tools_called": ["Order status"],
        "forbids": ["refund"],
    }
    wrong = {"contains": ["refunded"], "tools_not_called": ["Order status"]}
    message = "What is up with order A-17?"
    told = await core.apply(
        "ai_agent_test",
        team_id=team,
        agent_id=agent,
        cases=[{"message": message, "expect": right}, {"message": message, "expect": wrong}],
        repeats=2,
    )
    report = told.data
    assert (report["passed"], report["runs"]) == (2, 4)
    good, bad = report["cases"]
    assert (good["passed"], bad["passed"]) == (2, 0)
    assert len(bad["failures"][0]["reasons"]) == 2
    assert len(set(good["threads"] + bad["threads"])) == 4
    logs = (await company.get(f"/scenarios/{order_status}/logs"))["scenarioLogs"]
    assert len([row for row in logs if row.get("status")]) == 4


async def test_members_of_a_structured_answer_are_compared(
    core: Server, team: int, agent: str
) -> None:
    case = {
        "message": "Write to nora@example.com please.",
        "output_fields": [{"name": "email", "type": "email"}],
    }
    told = await core.apply(
        "ai_agent_test",
        team_id=team,
        agent_id=agent,
        cases=[
            {**case, "expect": {"json_members": {"email": "nora@example.com"}}},
            {**case, "expect": {"json_members": {"email": "ivan@example.com"}}},
        ],
    )
    assert [one["passed"] for one in told.data["cases"]] == [1, 0]


async def test_a_suite_is_planned_before_anything_is_said(
    core: Server, team: int, agent: str, writes: Writes
) -> None:
    await writes()
    told = await core.call(
        "ai_agent_test",
        team_id=team,
        agent_id=agent,
        cases=[{"message": "Hello", "expect": {"contains": ["Hello"]}}],
        repeats=3,
    )
    assert len(told.data["plan"]["requests"]) == 3
    assert await writes() == []


async def test_a_suite_that_could_not_fail_or_runs_too_often_is_refused(
    core: Server, team: int, agent: str
) -> None:
    cases: list[dict[str, Any]] = [
        {"message": "Hello", "expect": {}},
        {"message": "Hi", "expect": {"matches": "("}},
    ]
    told = await core.call(
        "ai_agent_test", team_id=team, agent_id=agent, cases=cases * 4, repeats=10
    )
    paths = [problem["path"] for problem in told.error["problems"]]
    assert paths[:3] == ["repeats", "cases[0].expect", "cases[1].expect.matches"]
