"""Triggers: how a scenario starts, and teaching its webhook what it will receive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Literal

from make_blueprint.walk import Visit, walk
from make_mcp_base.authoring import (
    Document,
    Failure,
    HookId,
    Input,
    Json,
    Make,
    NextCall,
    Output,
    ScenarioId,
    Timestamp,
)
from make_mcp_base.client.failures import Forbidden, NotFound
from pydantic import Field

from make_mcp_core_tools._engine.hook_teaching import (
    Ping,
    ping_hook,
    send_sample,
    start_learning,
    wait_until_learned,
)
from make_mcp_core_tools._engine.run_modules import module_name
from make_mcp_core_tools._engine.scenarios import Scenario, read_scenario, read_stored
from make_mcp_core_tools._engine.schedules import in_words
from make_mcp_core_tools.scenarios.declared import category

if TYPE_CHECKING:
    from make_mcp_core_tools._engine.scenarios import Stored

Kind = Literal["webhook", "mailhook", "on_demand", "polling", "scheduled"]

_LARGEST_SAMPLE = 5_242_880
"""Bytes a webhook takes (Make API reference, chapter 1.19)."""

# Inputs


class GetTrigger(Input):
    scenario_id: ScenarioId
    show_url: bool = False
    """Show the hook's address; whoever knows it can send to it."""


class LearnTrigger(Input):
    scenario_id: ScenarioId | None = None
    """Scenario whose hook learns; or send `hook_id`."""
    hook_id: HookId | None = None
    sample: dict[str, Json] | None = None
    """JSON body to send to the hook; without it the next real request is waited for."""
    timeout: float = Field(30, ge=1, le=300)
    """Longest wait in seconds."""


# Outputs


class HookState(Output):
    id: int
    name: str = ""
    type_name: str | None = None
    enabled: bool | None = None
    gone: bool | None = None
    """True when Make has given its address up."""
    attached: bool | None = None
    """True when an active scenario listens."""
    learning: bool | None = None
    queue_count: int | None = None
    queue_limit: int | None = None
    fields: list[Document] | None = None
    """What it has learned to receive."""


class Trigger(Output):
    kind: Kind
    """`polling` is told from the name of the first module (Watch…, Trigger…, New…)."""
    active: bool
    schedule: str
    module_id: int | None = None
    module: str | None = None
    next_run: Timestamp | None = None
    hook: HookState | None = None
    hook_url: str | None = None
    keeps_position: bool | None = None
    """True when the polling module remembers where it stopped."""
    url: str
    next_calls: list[NextCall] | None = None

    reveals: ClassVar[tuple[str, ...]] = ("hook_url",)


class TriggerLearned(Output):
    hook_id: int
    learning: bool
    """True while it still waits for a request."""
    changed: bool
    fields: list[Document] | None = None
    """Structure it has learned."""
    http_status: int | None = None
    """Answer of the hook to the sample."""
    next_calls: list[NextCall] | None = None


# Parts of answers


class Hook(Output):
    id: int
    name: str = ""
    type: str = "web"
    type_name: str | None = None
    enabled: bool | None = None
    gone: bool | None = None
    queue_count: int | None = None
    queue_limit: int | None = None
    url: str | None = None
    scenario_id: int | None = None
    scenario_name: str | None = None
    scenario_is_active: bool | None = None


class OneHook(Output):
    hook: Hook


class Kept(Output):
    exists: bool = False


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("scenario_trigger_inspect", "scenarios_triggers"),
    words=("webhook", "schedule", "how it starts", "queue"),
)
async def scenario_trigger_get(make: Make, args: GetTrigger) -> Trigger:
    """Tell how a scenario starts: webhook with queue and learned fields, polling, or schedule."""
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    first = _first_module(stored)
    hook = await _hook_of(make, scenario)
    kind = _kind(scenario, first, hook)
    trigger = Trigger(
        kind=kind,
        active=scenario.is_active,
        schedule=in_words(stored.scheduling or scenario.scheduling),
        module_id=first.id if first else None,
        module=module_name(first) if first else None,
        next_run=scenario.next_exec,
        url=make.page_url(scenario.url),
    )
    if hook is not None:
        trigger.hook = await _state(make, hook)
        trigger.hook_url = hook.url if args.show_url else None
        trigger.next_calls = _hook_calls(scenario, trigger.hook)
    if kind == "polling" and first is not None and first.id is not None:
        trigger.keeps_position = await _keeps_position(make, scenario, first.id)
    return trigger


@category.tool(
    scope="hooks:write",
    effect="update",
    outside=True,
    words=("payload structure", "sample", "determine data structure", "webhook"),
    examples=[LearnTrigger(scenario_id=12, sample={"order": "A-17", "total": 9.5}, timeout=30)],
)
async def scenario_trigger_learn(make: Make, args: LearnTrigger) -> TriggerLearned:
    """Have the webhook of a scenario learn its payload, from your sample or the next request.

    While the scenario is active the sample is processed too, so that asks for a plan first.
    """
    hook = await _learner(make, args)
    before = await ping_hook(make, hook.id)
    if args.sample is not None:
        _refuse_sample(hook, args.sample)
        if hook.scenario_is_active:
            make.confirm(f"Scenario “{hook.scenario_name}” is active and processes the sample.")
            make.affects(f"Scenario {hook.scenario_id} “{hook.scenario_name}” runs on the sample.")
    if not before.learning:
        await start_learning(make, hook.id, hook.name)
    status = None
    if args.sample is not None:
        status = (await send_sample(make, hook.name, hook.url or "", args.sample)).status
    if make.planning:
        return TriggerLearned(hook_id=hook.id, learning=True, changed=True)
    now = await wait_until_learned(make, hook.id, args.timeout)
    return TriggerLearned(
        hook_id=hook.id,
        learning=bool(now.learning),
        changed=now.data_structure != before.data_structure or not before.learning,
        fields=now.data_structure,
        http_status=status,
        next_calls=_after_learning(hook, now),
    )


# How it starts


def _first_module(stored: Stored) -> Visit | None:
    return next((visit for visit in walk(stored.blueprint) if not visit.in_orphan), None)


def _kind(scenario: Scenario, first: Visit | None, hook: Hook | None) -> Kind:
    if scenario.hook_id is not None:
        return "mailhook" if hook and hook.type == "mail" else "webhook"
    if scenario.scheduling.get("type") == "on-demand":
        return "on_demand"
    name = first.name.lower() if first else ""
    return "polling" if name.startswith(("watch", "trigger", "new")) else "scheduled"


async def _hook_of(make: Make, scenario: Scenario) -> Hook | None:
    """Read the hook; by the scenario's own endpoint when the token may not read hooks."""
    if scenario.hook_id is None:
        return None
    try:
        return await _read_hook(make, scenario.hook_id)
    except Forbidden:
        make.warn("The token lacks `hooks:read`; the hook is told as far as the scenario shows it.")
        return await make.get(f"/scenarios/{scenario.id}/triggers", into=Hook)


async def _read_hook(make: Make, hook_id: int) -> Hook:
    return (await make.get(f"/hooks/{hook_id}", into=OneHook, scope="hooks:read")).hook


async def _state(make: Make, hook: Hook) -> HookState:
    state = HookState.model_validate(hook.model_dump(), by_name=True)
    try:
        ping = await ping_hook(make, hook.id)
    except Forbidden:
        return state
    state.attached, state.learning, state.gone = ping.attached, ping.learning, ping.gone
    state.fields = ping.data_structure
    return state


async def _keeps_position(make: Make, scenario: Scenario, module_id: int) -> bool | None:
    """Tell whether a polling module remembers its place; None when the token may not ask."""
    path = f"/scenarios/{scenario.id}/data/{module_id}"
    try:
        return (await make.get(path, into=Kept, scope="scenarios:write")).exists
    except (Forbidden, NotFound):
        return None


def _hook_calls(scenario: Scenario, hook: HookState) -> list[NextCall] | None:
    if not hook.fields and not hook.learning:
        return [
            NextCall(
                tool="scenario_trigger_learn",
                arguments={"scenario_id": scenario.id},
                why="The hook does not know the structure of its payload yet.",
            )
        ]
    if hook.queue_count and not scenario.is_active:
        return [
            NextCall(
                tool="scenario_activate",
                arguments={"scenario_id": scenario.id},
                why=f"Works off the {hook.queue_count} requests that wait.",
            )
        ]
    return None


# Learning


async def _learner(make: Make, args: LearnTrigger) -> Hook:
    """Find the hook that is to learn.

    Raises:
        Failure: Neither or both of scenario and hook were named, or the scenario has no hook.
    """
    if (args.scenario_id is None) == (args.hook_id is None):
        raise Failure(
            "Exactly one of `scenario_id` and `hook_id` is needed.",
            next_step="Call again with the scenario, or with the hook itself (`hook_list`).",
            code="invalid_arguments",
        )
    if args.hook_id is not None:
        return await _read_hook(make, args.hook_id)
    scenario = await read_scenario(make, args.scenario_id or 0)
    if scenario.hook_id is None:
        raise Failure(
            f"“{scenario.name}” ({scenario.id}) has no webhook; it runs"
            f" {in_words(scenario.scheduling)}.",
            next_step=f"Call `scenario_trigger_get` with scenario_id={scenario.id} to see how it"
            " starts; only webhooks learn.",
            code="no_hook",
        )
    return await _read_hook(make, scenario.hook_id)


def _refuse_sample(hook: Hook, sample: dict[str, Json]) -> None:
    if hook.type != "web" or not hook.url:
        raise Failure(
            f"“{hook.name}” ({hook.id}) is a mailhook; a JSON sample cannot be sent to it.",
            next_step=f"Call `scenario_trigger_learn` with hook_id={hook.id} and without `sample`,"
            " and send it a mail meanwhile.",
            code="not_a_webhook",
        )
    size = len(json.dumps(sample).encode())
    if size > _LARGEST_SAMPLE:
        raise Failure(
            f"The sample has {size:,} bytes; a webhook takes {_LARGEST_SAMPLE:,}.",
            next_step="Send a shorter one with the same members.",
            code="too_large",
        )


def _after_learning(hook: Hook, ping: Ping) -> list[NextCall]:
    if ping.learning:
        return [
            NextCall(
                tool="scenario_trigger_learn",
                arguments={"hook_id": hook.id},
                why="Waits on; it still learns from the next request.",
            ),
            NextCall(
                tool="hook_learn",
                arguments={"hook_id": hook.id, "action": "stop"},
                why="Gives up: the next request is a real one again.",
            ),
        ]
    if hook.scenario_id is None:
        return []
    return [
        NextCall(
            tool="scenario_get",
            arguments={"scenario_id": hook.scenario_id},
            why="Shows the modules that can map the learned fields.",
        )
    ]
