"""Files as bytes, whole conversations, who uses an agent, and what cannot be undone."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Writes = Callable[[], Awaitable[list[dict[str, Any]]]]
CONTEXTS = "/ai-agents/v1/contexts"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("name", "content"),
    [("Plan.pdf", b"%PDF-1.7\n\0\xff\xfe\r\n--x--\r\n"), ("Returns.md", b"Lamps: at the door.")],
)
async def test_a_file_arrives_byte_for_byte_and_is_taken_back(
    core: Server, company: Company, team: int, agent: str, name: str, content: bytes
) -> None:
    wanted: dict[str, Any] = {
        "team_id": team,
        "agent_id": agent,
        "name": name,
        "file_base64": _base64(content),
    }
    planned = await core.call("ai_agent_context_create", **wanted, dry_run=True)
    [request] = planned.data["plan"]["requests"]
    assert request["body"].startswith(f"[{name}, {len(content)} bytes, sha256 ")
    told = (await core.call("ai_agent_context_create", **wanted)).data
    assert (told["size_bytes"], told["files"]) == (len(content), 1)
    assert any("no plain text" in w for w in told.get("warnings", [])) is (b"\0" in content)
    world = company.mounted.sandbox.world
    [row] = world.rows("SELECT * FROM ai_contexts WHERE agent_id = ?", agent)
    assert (row["document_name"], bytes(row["document"])) == (name, content)
    await core.apply("operation_undo", operation_id=told["operation_id"])
    assert await company.get(CONTEXTS, agentId=agent, teamId=team) == []


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, "either"),
        ({"text": "a", "file_base64": "YQ=="}, "either"),
        ({"file_base64": "not base64!"}, "base64"),
        ({"file_base64": "YQ==", "temporary": True}, "temporary"),
    ],
)
async def test_a_file_that_cannot_be_meant_is_refused(
    core: Server, team: int, agent: str, writes: Writes, given: dict[str, Any], fault: str
) -> None:
    await writes()
    told = await core.call(
        "ai_agent_context_add", team_id=team, agent_id=agent, name="a.txt", **given
    )
    assert told.error["code"] == "invalid_context"
    assert fault in told.text
    assert await writes() == []


@pytest.mark.parametrize(
    "secret",
    [
        "https://eu1.make.com/mcp/u/" + "7c1e9a52-33d4-4b6f-8e90-aa12bb34cc56/sse",
        "Token " + "3f2a9c1e-8b7d-4e6f-9a0b-1c2d3e4f5a6b",
        "https://hook.eu1.make.com/" + "k3v9x2q7m1z8w4r6t5y0u2i1o3p4a5s6",
        "AKIA" + "QYLPMN5HFIQR7XYA",
    ],
)
async def test_what_make_gives_out_is_a_secret_in_files_too(
    core: Server, team: int, agent: str, writes: Writes, secret: str
) -> None:
    await writes()
    wanted: dict[str, Any] = {"team_id": team, "agent_id": agent, "name": "Notes.txt"}
    text = f"First line\nuse {secret}\n"
    for given in ({"text": text}, {"file_base64": _base64(text.encode())}):
        told = await core.call("ai_agent_context_create", **wanted, **given)
        assert told.error["problems"][0]["path"] == f"{next(iter(given))}, line 2"
        assert secret.rpartition(" ")[2] not in told.text
    assert await writes() == []


async def test_a_whole_conversation_is_said_at_once(core: Server, team: int, agent: str) -> None:
    asked: dict[str, Any] = {"team_id": team, "agent_id": agent}
    before = [
        {"role": "user", "content": "I am Nora."},
        {"role": "assistant", "content": "Hello Nora."},
    ]
    last = {"role": "user", "content": "Who am I?"}
    one = await core.call("ai_agent_run", **asked, messages=[*before, last])
    other = await core.call("ai_agent_run", **asked, messages=before, message="Who am I?")
    assert one.data["response"] == other.data["response"]
    assert "I am Nora." in one.data["response"]


@pytest.mark.parametrize("messages", [[], [{"role": "assistant", "content": "Hello."}]])
async def test_nothing_to_answer_is_refused(
    core: Server, team: int, agent: str, writes: Writes, messages: list[dict[str, str]]
) -> None:
    await writes()
    told = await core.call("ai_agent_run", team_id=team, agent_id=agent, messages=messages)
    assert told.error["code"] == "invalid_arguments"
    assert await writes() == []


async def test_the_list_tells_how_many_scenarios_run_each_agent(
    core: Server, company: Company, team: int, agent: str, runner: int
) -> None:
    [row] = (await core.call("ai_agent_list", team_id=team)).data["agents"]
    assert row["used_by"] == 1
    used = (await core.call("ai_agent_usage_get", team_id=team, agent_id=agent)).data
    assert [one["scenario_id"] for one in used["used_by"]] == [runner]
    await company.send("DELETE", f"/scenarios/{runner}")
    [row] = (await core.call("ai_agent_list", team_id=team)).data["agents"]
    assert row["used_by"] == 0


async def test_without_the_right_to_read_scenarios_the_list_still_answers(
    core: Server, company: Company, team: int, agent: str
) -> None:
    fault = {"path": "^/api/v2/scenarios", "without_scopes": ["scenarios:read"]}
    await company.control("POST", "/faults", fault)
    told = (await core.call("ai_agent_list", team_id=team)).data
    assert "used_by" not in told["agents"][0]
    assert "Who uses the agents is not told" in told["warnings"][0]


async def test_what_an_agent_said_or_lost_is_not_promised_back(
    core: Server, team: int, agent: str
) -> None:
    asked: dict[str, Any] = {"team_id": team, "agent_id": agent}
    made = await core.call("ai_agent_context_create", **asked, name="a.txt", text="Lamps.")
    said = await core.call("ai_agent_run", **asked, message="Hello")
    streamed = await core.call("ai_agent_run", **asked, message="Hello", stream=True)
    case = {"message": "Hello", "expect": {"contains": ["Hello"]}}
    tested = await core.apply("ai_agent_test", **asked, cases=[case])
    gone = await core.apply("ai_agent_context_delete", **asked, context_id=made.data["context_id"])
    for one in (said, streamed, tested, gone):
        refused = await core.call("operation_undo", operation_id=one.data["operation_id"])
        assert refused.error["code"] == "not_undoable"
