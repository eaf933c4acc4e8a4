"""Teaching a webhook the structure of its payload. API reference, chapters 1.19 and 2.20."""

from __future__ import annotations

from typing import Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    HookId,
    Input,
    Json,
    Make,
    NextCall,
    Output,
)
from pydantic import Field

from make_mcp_core_tools._engine.hook_teaching import (
    Ping,
    ping_hook,
    send_sample,
    start_learning,
    stop_learning,
    wait_until_learned,
)
from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.hooks import refuse_closed
from make_mcp_core_tools.connections.records import HookRecord, read_hook

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
    state = await ping_hook(make, one.id)
    if args.action == "start":
        return await _start_only(make, one, state)
    if args.action == "stop":
        return await _stop_only(make, one, state)
    if args.sample is None or one.type != "web":
        raise _cannot_send(one, args)
    refuse_closed(one)
    return await _teach(make, one, state, args)


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
        await start_learning(make, one.id, one.name)
    stop = NextCall(
        tool="hook_learn",
        arguments={"hook_id": one.id, "action": "stop"},
        why="Stop waiting for a sample.",
    )
    return HookLearned(hook_id=one.id, learning=True, changed=not state.learning, next_calls=[stop])


async def _stop_only(make: Make, one: HookRecord, state: Ping) -> HookLearned:
    if state.learning:
        await stop_learning(make, one.id, one.name)
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
        await start_learning(make, one.id, one.name)
    answer = await send_sample(make, one.name, one.url, args.sample or {})
    learned = await wait_until_learned(make, one.id, args.timeout_seconds)
    if learned.learning:
        make.warn(f"Not learned within {args.timeout_seconds} s; the hook still waits.")
    return HookLearned(
        hook_id=one.id,
        learning=learned.learning,
        changed=learned.data_structure != state.data_structure,
        structure=learned.data_structure,
        answer_status=answer.status,
    )
