"""An agent's run as a stream of its steps.

API reference, chapter 2.5: `text/event-stream`, frames `event:step` with an `id` and the data
`{role, content, id, agentIterationId}`. Tokens, names of tools and structured answers are not in
it, so a run that is streamed does not tell them.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from make_mcp_base.authoring import Errand, Failure, Irreversible, Json, Output
from pydantic import ValidationError

from make_mcp_core_tools.ai_agents.records import WRITE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools.ai_agents.records import Agent

_PATIENCE_SECONDS = 300.0
_MOST_BYTES = 10_000_000
SPENT = Irreversible("What an agent and its tools have done cannot be taken back.")


class Frame(Output):
    """One step of a stream."""

    role: str
    """system, user, assistant or tool."""
    content: Json = None


class Streamed(Output):
    """A run as its stream told it."""

    response: str = ""
    thread_id: str = ""
    steps: int = 0
    tool_results: list[Json] = []


async def stream_run(make: Make, agent: Agent, body: dict[str, Any], *, says: str) -> Streamed:
    """Run an agent once, and tell each step as it happens.

    A caller who goes away ends the reading at once; the run in Make may go on.

    Args:
        make: The call's Make.
        agent: The agent.
        body: As `running.body_of` gives it.
        says: What it is, for the journal.
    """
    path, query = f"{agent.path}/run/stream", {"teamId": agent.team_id}
    thread = body.get("threadId") or str(uuid.uuid4())
    sent = body | {"threadId": thread}

    async def carry() -> Json:
        told = Streamed(thread_id=thread)
        async with make.api.stream(
            "POST",
            path,
            query=query,
            body=sent,
            scope=WRITE,
            organization=make.organization_id,
            patience=_PATIENCE_SECONDS,
            max_bytes=_MOST_BYTES,
        ) as pieces:
            async for frame in frames(pieces):
                await _hear(make, told, frame)
        _refuse_unfinished(told, agent)
        return told.model_dump(mode="json")

    return await make.write(
        Errand("POST", path, body, query, WRITE, carry=carry, leaves=True),
        into=Streamed,
        says=says,
        undo=SPENT,
        before={"model": agent.default_model, "tools": len(agent.scenarios)},
    )


async def _hear(make: Make, told: Streamed, frame: Frame) -> None:
    told.steps += 1
    if frame.role == "tool":
        told.response = ""
        told.tool_results.append(frame.content)
        await make.progress(told.steps, None, "A tool answered")
    elif frame.role == "assistant":
        told.response = "" if frame.content is None else str(frame.content)
        await make.progress(told.steps, None, "Answering" if told.response else "Calling a tool")


def _refuse_unfinished(told: Streamed, agent: Agent) -> None:
    if not told.response:
        raise Failure(
            f"The agent {agent.title} ended without an answer.",
            why=f"Its stream stopped after {told.steps} steps.",
            effect="What its tools did until then stands.",
            next_step="Look at the runs of its tool scenarios with `scenario_execution_list` before"
            " trying again.",
            code="unfinished",
        )


async def frames(pieces: AsyncIterable[bytes]) -> AsyncGenerator[Frame]:
    """Read the steps out of an event stream (WHATWG HTML, "Server-sent events")."""
    event, data = "", list[str]()
    async for line in _lines(pieces):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            event = value
        elif name == "data":
            data.append(value)
        elif not line:
            if event == "step" and data:
                yield _frame("\n".join(data))
            event, data = "", []


def _frame(text: str) -> Frame:
    try:
        return Frame.model_validate_json(text)
    except ValidationError as wrong:
        raise Failure(
            "A step of the stream was not as documented.",
            effect="The agent went on; it is not known how it ended.",
            next_step="Look at the runs of its tool scenarios with `scenario_execution_list`, and"
            " run it without `stream` next time.",
            code="unexpected_answer",
        ) from wrong


async def _lines(pieces: AsyncIterable[bytes]) -> AsyncGenerator[str]:
    """Split into lines, however the bytes were cut on their way; the last one needs an end."""
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).replace(b"\r\n", b"\n").split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").removesuffix("\r")
