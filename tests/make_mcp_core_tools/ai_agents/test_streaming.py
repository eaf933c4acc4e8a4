"""A run that is streamed: the same answer, told step by step, once, and left at once."""

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from harness import Company, Server
from hypothesis import given
from hypothesis import strategies as st
from make_mcp_core_tools.ai_agents.streaming import frames
from served import zone_of

pytestmark = pytest.mark.anyio

Writes = Callable[[], Awaitable[list[dict[str, Any]]]]
Shown = Callable[[str], Awaitable[dict[str, Any]]]
Maker = Callable[..., Awaitable[dict[str, Any]]]


class Heard:
    """Progress as a client hears it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.values: list[float] = []
        self.first = anyio.Event()

    async def hear(self, progress: float, total: float | None, message: str | None) -> None:
        self.values.append(progress)
        self.lines.append(message or "")
        if message == "Calling a tool":
            self.first.set()


@pytest.fixture
async def desk(core: Server, team: int, agent: str, order_status: int) -> str:
    """The agent with a tool."""
    add = [{"scenario_id": order_status}]
    told = await core.call("ai_agent_tool_set", team_id=team, agent_id=agent, add=add)
    assert told.data["changed"] is True
    return agent


async def _runs(company: Company, scenario: int) -> int:
    return len((await company.get(f"/scenarios/{scenario}/logs"))["scenarioLogs"])


async def test_a_streamed_run_answers_as_a_plain_one_and_tells_its_steps(
    core: Server, company: Company, team: int, desk: str, order_status: int, writes: Writes
) -> None:
    asked = {"team_id": team, "agent_id": desk, "message": "order a-17"}
    plain = (await core.call("ai_agent_run", **asked)).data
    before, heard = await _runs(company, order_status), Heard()
    await writes()
    answer = await core.client.call_tool(
        "ai_agent_run", {**asked, "stream": True}, progress_callback=heard.hear
    )
    told: dict[str, Any] = answer.structured_content or {}
    for name in ("agent_id", "name", "response", "steps"):
        assert told[name] == plain[name], name
    assert "A-17 shipped" in json.dumps(told["tool_results"])
    assert len(told["tool_results"]) == len(plain["tool_calls"]) == 1
    assert "tokens" not in told
    assert heard.lines[0] == "Calling a tool"
    assert heard.values == sorted(set(heard.values))
    sent = [one["path"] for one in await writes()]
    assert [path.rpartition("/")[2] for path in sent] == ["stream"]
    assert await _runs(company, order_status) == before + 1


async def test_a_streamed_conversation_goes_on_by_its_thread(
    core: Server, team: int, agent: str
) -> None:
    asked: dict[str, Any] = {"team_id": team, "agent_id": agent, "stream": True}
    first = (await core.call("ai_agent_run", **asked, message="I am Nora.")).data
    thread = first["thread_id"]
    second = await core.call("ai_agent_run", **asked, message="Who am I?", thread_id=thread)
    assert second.data["thread_id"] == thread
    assert "I am Nora." in second.data["response"]
    plain = {**asked, "stream": False}
    third = await core.call("ai_agent_run", **plain, message="And now?", thread_id=thread)
    assert "Who am I?" in third.data["response"]


async def test_a_structured_answer_is_not_streamed_and_the_answer_says_so(
    core: Server, team: int, agent: str
) -> None:
    told = await core.call(
        "ai_agent_run",
        team_id=team,
        agent_id=agent,
        message="Write to nora@example.com please.",
        output_fields=[{"name": "email", "type": "email"}],
        stream=True,
    )
    assert told.data["json_response"] == {"email": "nora@example.com"}
    assert "not streamed" in told.data["warnings"][0]


async def test_a_dry_run_of_a_stream_says_nothing_to_the_agent(
    core: Server, team: int, agent: str, writes: Writes
) -> None:
    await writes()
    asked: dict[str, Any] = {"team_id": team, "agent_id": agent, "message": "Hello"}
    told = await core.call("ai_agent_run", **asked, stream=True, dry_run=True)
    assert told.data["plan"]["requests"][0]["path"].endswith("/run/stream")
    assert await writes() == []


async def test_what_make_refuses_is_told_as_for_a_plain_run(
    core: Server, company: Company, team: int, agent: str, provider: int
) -> None:
    await company.send("DELETE", f"/connections/{provider}", confirmed="true")
    asked: dict[str, Any] = {"team_id": team, "agent_id": agent, "message": "Hello"}
    told = await core.call("ai_agent_run", **asked, stream=True)
    assert told.error["code"] == "upstream_failed"


async def test_a_caller_who_leaves_ends_the_reading_and_nothing_is_sent_twice(
    core: Server,
    company: Company,
    team: int,
    agent: str,
    new_scenario: Maker,
    blueprint: Any,
    step: Any,
    tmp_path: Path,
) -> None:
    start = step(1, "scenario-service:StartSubscenario", mapper={})
    nap = step(2, "util:FunctionSleep", mapper={"duration": "300"})
    slow = await new_scenario(
        blueprint(start, nap, name="Slow"), scheduling={"type": "on-demand"}, active=True
    )
    add = [{"scenario_id": slow["id"]}]
    await core.call("ai_agent_tool_set", team_id=team, agent_id=agent, add=add)
    heard = Heard()
    with zone_of(company.world) as zone:
        async with zone.connect(tmp_path / "data") as server:
            zone.heal()
            asked = {"team_id": team, "agent_id": agent, "message": "slow", "stream": True}
            left = 0.0

            async def call() -> None:
                await server.client.call_tool("ai_agent_run", asked, progress_callback=heard.hear)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                with anyio.fail_after(30):
                    await heard.first.wait()
                left = time.time()
                tasks.cancel_scope.cancel()
            store = await server.kernel.store()
            with anyio.fail_after(30):
                while not (
                    ended := [e for e in await store.journal_scan(0, 50) if e.kind == "unknown"]
                ):
                    await anyio.lowlevel.checkpoint()
                while not zone.seen("POST", "/run/stream"):  # it is logged once it is over
                    await anyio.lowlevel.checkpoint()
            assert ended[0].at - left < 2
            [only] = zone.seen("POST", f"/agents/{agent}/run")
            assert only["path"].endswith("/run/stream")


# The format

STEPS = [
    {"role": "user", "content": "Grüße: 3\n\n4", "id": "a", "agentIterationId": "i"},
    {"role": "assistant", "content": "", "id": "b", "agentIterationId": "i"},
]


@given(
    cuts=st.lists(st.integers(1, 40), max_size=30),
    end=st.sampled_from(["\n", "\r\n"]),
    space=st.sampled_from(["", " "]),
)
async def test_steps_are_read_however_the_bytes_are_cut(
    cuts: list[int], end: str, space: str
) -> None:
    lines = [": a comment"]
    for one in STEPS:
        data = json.dumps(one, ensure_ascii=False)
        lines += [f"event:{space}step", f"id:{space}{one['id']}", f"data:{space}{data}", ""]
    lines += ["event: later", 'data: {"role": "x"}', "", "event:step"]
    whole = end.join(lines).encode() + end.encode()

    async def pieces() -> AsyncGenerator[bytes]:
        at = 0
        for cut in cuts:
            yield whole[at : at + cut]
            at += cut
        yield whole[at:]

    seen = [frame async for frame in frames(pieces())]
    assert [(one.role, one.content) for one in seen] == [(s["role"], s["content"]) for s in STEPS]
