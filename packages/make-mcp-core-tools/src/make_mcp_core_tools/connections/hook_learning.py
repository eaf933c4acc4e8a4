"""Teaching a webhook the structure of its payload. API reference, chapters 1.19 and 2.20."""

from __future__ import annotations

import json
from typing import Literal

import anyio
from make_mcp_base.authoring import (
    Delivery,
    Document,
    Failure,
    HookId,
    Input,
    Json,
    Make,
    NextCall,
    Output,
    Undo,
    Watch,
    post,
)
from pydantic import Field

from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.hooks import Ping, refuse_closed
from make_mcp_core_tools.connections.records import HookRecord, Succeeded, read_hook

# Inputs


class LearnHook(Input):
    hook_id: HookId
    action: Literal["send", "start", "stop"] = "send"
    """`send` teaches it your sample in one go; `start` waits for the next real request."""
    sample: dict[str, Json] | None = None
    """JSON body to learn from; needed for `send`."""
    timeout_seconds: int = Field(default=10, ge=1, le=120)
    """How long to wait until it has learned."""


# Outputs


class HookLearned(Output):
    hook_id: int
    learning: bool
    changed: bool
    structure: list[Document] | None = None
    """Fields it knows, with types."""
    answer_status: int | None = None
    """HTTP status of its answer to the sample."""
    next_calls: list[NextCall] = []


# The tool


@category.tool(
    scope="hooks:write",
    effect="update",
    outside=True,
    formerly=("hooks_learn_start", "hooks_learn_stop", "hooks_learn-start", "hooks_learn-stop"),
    words=("payload structure", "sample", "determine data structure"),
    examples=[LearnHook(hook_id=12, sample={"order": "A-1", "total": 9.5})],
)
async def hook_learn(make: Make, args: LearnHook) -> HookLearned:
    """Teach a webhook its payload: sends your sample to it and gives the structure it learned.

    While its scenario is active the sample is processed as well, so that asks for a plan first.
    """
    one = await read_hook(make, args.hook_id)
    state = await _ping(make, one)
    if args.action == "start":
        return await _start_only(make, one, state)
    if args.action == "stop":
        return await _stop_only(make, one, state)
    if args.sample is None or one.type != "web":
        raise _cannot_send(one, args)
    refuse_closed(one)
    return await _teach(make, one, state, args)


async def _ping(make: Make, one: HookRecord) -> Ping:
    return await make.get(f"/hooks/{one.id}/ping", into=Ping, scope="hooks:read")


def _cannot_send(one: HookRecord, args: LearnHook) -> Failure:
    if one.type != "web":
        return Failure(
            f"“{one.name}” ({one.id}) is a mailhook; a JSON sample cannot be sent to it.",
            next_step=f"Call `hook_learn` hook_id={one.id} action=start, then send it a mail.",
            code="not_a_webhook",
        )
    return Failure(
        "`sample` is needed to teach the hook.",
        next_step=f"Call `hook_learn` again with hook_id={args.hook_id} and `sample`, or with"
        " action=start to learn from the next real request.",
        code="invalid_arguments",
    )


async def _start_only(make: Make, one: HookRecord, state: Ping) -> HookLearned:
    if not state.learning:
        await _start(make, one)
    stop = NextCall(
        tool="hook_learn",
        arguments={"hook_id": one.id, "action": "stop"},
        why="Stop waiting for a sample.",
    )
    return HookLearned(hook_id=one.id, learning=True, changed=not state.learning, next_calls=[stop])


async def _stop_only(make: Make, one: HookRecord, state: Ping) -> HookLearned:
    if state.learning:
        await _stop(make, one)
    return HookLearned(
        hook_id=one.id,
        learning=False,
        changed=state.learning,
        structure=state.data_structure,
    )


async def _teach(make: Make, one: HookRecord, state: Ping, args: LearnHook) -> HookLearned:
    if one.scenario_is_active:
        make.confirm(f"Scenario “{one.scenario_name}” is active and processes the sample too.")
        make.affects(f"Scenario “{one.scenario_name}” ({one.scenario_id}) runs once on it.")
    if not state.learning:
        await _start(make, one)
    answer = await _send(make, one, args.sample or {})
    learned = await _wait(make, one, args.timeout_seconds)
    if learned.learning:
        make.warn(f"Not learned within {args.timeout_seconds} s; the hook still waits.")
    return HookLearned(
        hook_id=one.id,
        learning=learned.learning,
        changed=learned.data_structure != state.data_structure,
        structure=learned.data_structure,
        answer_status=answer.status,
    )


async def _start(make: Make, one: HookRecord) -> None:
    await make.write(
        post(f"/hooks/{one.id}/learn-start"),
        into=Succeeded,
        says=f"Let the hook “{one.name}” ({one.id}) learn from its next request",
        undo=Undo(
            (post(f"/hooks/{one.id}/learn-stop"),), Watch(f"/hooks/{one.id}/ping", ("learning",))
        ),
        predict={"success": True},
    )


async def _stop(make: Make, one: HookRecord) -> None:
    await make.write(
        post(f"/hooks/{one.id}/learn-stop"),
        into=Succeeded,
        says=f"Stop the hook “{one.name}” ({one.id}) from learning",
        undo=Undo(
            (post(f"/hooks/{one.id}/learn-start"),), Watch(f"/hooks/{one.id}/ping", ("learning",))
        ),
        predict={"success": True},
    )


async def _send(make: Make, one: HookRecord, sample: dict[str, Json]) -> Delivery:
    headers = {"content-type": "application/json"}
    return await make.deliver(
        "POST", one.url, says="Send it the sample", body=json.dumps(sample), headers=headers
    )


async def _wait(make: Make, one: HookRecord, seconds: int) -> Ping:
    """Look until the hook has learned, or the time is over."""
    begun, pause = anyio.current_time(), 0.2
    while True:
        state = await _ping(make, one)
        left = seconds - (anyio.current_time() - begun)
        if not state.learning or left <= 0:
            return state
        await anyio.sleep(min(pause, left))
        pause = min(pause * 2, 2)
