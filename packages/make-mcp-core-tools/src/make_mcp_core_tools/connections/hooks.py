"""Webhooks and mailhooks: list, look at, make, change and delete. API reference, chapter 2.20."""

from __future__ import annotations

from typing import ClassVar, Literal

from make_mcp_base.authoring import (
    ConnectionId,
    Document,
    Failure,
    HookId,
    Input,
    Irreversible,
    Json,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    TeamId,
    Timestamp,
    Undo,
    Watch,
    delete,
    page_of,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.hook_teaching import Succeeded, ping_hook
from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.records import (
    Changed,
    HookRecord,
    OneHook,
    hooks_of,
    read_hook,
)
from make_mcp_core_tools.connections.types import (
    GATEWAY,
    GATEWAY_OPTIONS,
    known_hook_types,
    near_hook_types,
)

WRITE = "hooks:write"

# Inputs


class ListHooks(PageInput):
    team_id: TeamId | None = None
    type: str | None = None
    """Hook type, such as `gateway-webhook`."""
    name_contains: str | None = None
    """Part of the name, in any case."""
    assigned: bool | None = None
    """Only those with, or without, a scenario."""
    unused: bool = False
    """Only those no scenario listens to: candidates for deletion."""
    waiting_at_least: int | None = Field(default=None, ge=1)
    """Only those with so many messages in the queue."""
    include: list[Literal["url"]] = []
    """Addresses are secrets: who has one can start the scenario."""


class GetHook(Input):
    hook_id: HookId
    include: list[Literal["url", "queue", "log", "structure"]] = []
    """What else to show; the address is a secret."""


class CreateHook(Input):
    name: str = Field(min_length=1, max_length=128)
    """Shown in the list and in the editor."""
    type: str = Field(default="gateway-webhook", min_length=1)
    """`gateway-webhook`, `gateway-mailhook`, or an app's type (`hook_type_get`)."""
    team_id: TeamId | None = None
    connection_id: ConnectionId | None = None
    """For types of apps that need one."""
    config: dict[str, Json] = {}
    """Fields of the type; a gateway's `headers`, `method`, `stringify` are false by default."""


class UpdateHook(Input):
    hook_id: HookId
    name: str | None = Field(default=None, min_length=1, max_length=128)
    """New name."""
    config: dict[str, Json] | None = None
    """Only the fields to change."""


class DeleteHook(Input):
    hook_id: HookId


class SetHookEnabled(Input):
    hook_id: HookId
    enabled: bool
    """True to take requests, false to refuse them."""


# Outputs


class HookRow(Output):
    id: int
    name: str
    type: str
    enabled: bool
    gone: bool | None = None
    """True when Make has switched it off for good."""
    waiting: int
    """Messages in its queue."""
    scenario_id: int | None = None
    scenario_active: bool | None = None
    url: str | None = None


class Hooks(Page):
    hooks: list[HookRow]


class HooksWithUrls(Hooks):
    reveals: ClassVar[tuple[str, ...]] = ("hooks",)


class Queue(Output):
    waiting: int
    limit: int
    oldest: Timestamp | None = None


class LogCounts(Output):
    newest: Timestamp | None = None
    accepted: int = 0
    failed: int = 0
    """Of the latest 25 deliveries."""


class Hook(Output):
    reveals: ClassVar[tuple[str, ...]] = ("url",)

    id: int
    name: str
    type: str
    kind: str
    """`web` or `mail`."""
    team_id: int
    enabled: bool
    gone: bool = False
    learning: bool
    attached: bool
    """True while its scenario is active."""
    config: Document
    scenario_id: int | None = None
    scenario_name: str | None = None
    scenario_active: bool | None = None
    url: str | None = None
    queue: Queue
    log: LogCounts | None = None
    structure: list[Document] | None = None
    """What it has learned of its payload."""
    next_calls: list[NextCall] = []


class HookCreated(Output):
    reveals: ClassVar[tuple[str, ...]] = ("url",)

    hook_id: int
    name: str
    type: str
    url: str
    """Where to send requests, or mail. Keep it secret."""
    learning: bool = True
    """The first request is taken as a sample of the payload."""
    config: Document
    next_calls: list[NextCall] = []


class HookUpdated(Output):
    hook_id: int
    changed: bool
    name: str
    config: Document


class HookBackup(Output):
    name: str
    type: str
    config: Document


class HookDeleted(Output):
    deleted: int
    backup: HookBackup
    messages_lost: int = 0
    was_used_by: str | None = None


class HookSwitched(Output):
    hook_id: int
    enabled: bool
    changed: bool


class Incoming(Output):
    created: Timestamp


class Incomings(Output):
    incomings: list[Incoming]


class LogEntry(Output):
    status_id: int
    logged_at: Timestamp


class LogEntries(Output):
    hook_logs: list[LogEntry]


class Gone(Output):
    hook: int


# Reading


@category.tool(
    scope="hooks:read",
    effect="read",
    formerly=("hooks_list", "list-webhooks"),
    words=("webhook", "mailhook", "orphan", "stuck queue"),
)
async def hook_list(make: Make, args: ListHooks) -> Hooks:
    """List a team's webhooks and mailhooks: enabled, messages waiting, the scenario that listens.

    Addresses are left out unless `include` asks for them.
    """
    rows = await hooks_of(make, args.team_id or 0, {"typeName": args.type} if args.type else {})
    shows_url = "url" in args.include
    wanted = [_row(one, shows_url=shows_url) for one in rows if _is_wanted(one, args)]
    page, more = page_of(wanted, args)
    return (HooksWithUrls if shows_url else Hooks)(hooks=page, **more)


def _is_wanted(one: HookRecord, args: ListHooks) -> bool:
    if args.name_contains and args.name_contains.casefold() not in one.name.casefold():
        return False
    if args.unused and one.scenario_id is not None:
        return False
    if args.assigned is not None and args.assigned != (one.scenario_id is not None):
        return False
    return one.queue_count >= (args.waiting_at_least or 0)


def _row(one: HookRecord, *, shows_url: bool) -> HookRow:
    return HookRow(
        id=one.id,
        name=one.name,
        type=one.type_name,
        enabled=one.enabled,
        gone=one.gone or None,
        waiting=one.queue_count,
        scenario_id=one.scenario_id,
        scenario_active=one.scenario_is_active,
        url=one.url if shows_url else None,
    )


@category.tool(
    scope="hooks:read",
    effect="read",
    formerly=("hooks_get", "hooks_ping", "hook_ping"),
    words=("webhook state", "address", "learning"),
)
async def hook_get(make: Make, args: GetHook) -> Hook:
    """Get one hook: state, options, queue, scenario. `include` its address, log or structure."""
    one = await read_hook(make, args.hook_id)
    ping = await ping_hook(make, one.id)
    oldest = await _oldest(make, one) if "queue" in args.include and one.queue_count else None
    return Hook(
        id=one.id,
        name=one.name,
        type=one.type_name,
        kind=one.type,
        team_id=one.team_id,
        enabled=one.enabled,
        gone=one.gone,
        learning=ping.learning,
        attached=ping.attached,
        config=one.options,
        scenario_id=one.scenario_id,
        scenario_name=one.scenario_name,
        scenario_active=one.scenario_is_active,
        url=one.url if "url" in args.include else None,
        queue=Queue(waiting=one.queue_count, limit=one.queue_limit, oldest=oldest),
        log=await _log(make, one) if "log" in args.include else None,
        structure=ping.data_structure if "structure" in args.include else None,
        next_calls=_next(one),
    )


async def _oldest(make: Make, one: HookRecord) -> Timestamp | None:
    query = {"pg[limit]": 1, "pg[sortBy]": "created", "pg[sortDir]": "asc"}
    found = await make.get(f"/hooks/{one.id}/incomings", query, into=Incomings)
    return found.incomings[0].created if found.incomings else None


async def _log(make: Make, one: HookRecord) -> LogCounts:
    found = (await make.get(f"/hooks/{one.id}/logs", {"pg[limit]": 25}, into=LogEntries)).hook_logs
    accepted = sum(entry.status_id == 1 for entry in found)
    newest = max((entry.logged_at for entry in found), default=None)
    return LogCounts(newest=newest, accepted=accepted, failed=len(found) - accepted)


def _next(one: HookRecord) -> list[NextCall]:
    if one.queue_count and not one.scenario_is_active:
        why = f"{one.queue_count} messages wait and no active scenario takes them."
        return [NextCall(tool="hook_incoming_list", arguments={"hook_id": one.id}, why=why)]
    return []


def refuse_closed(one: HookRecord) -> None:
    """Refuse to send to a hook that takes nothing.

    Raises:
        Failure: It is disabled, or Make has switched it off.
    """
    if one.enabled and not one.gone:
        return
    state = "switched off by Make" if one.gone else "disabled"
    repair = f"Call `hook_enabled_set` hook_id={one.id} enabled=true first."
    raise Failure(
        f"The hook “{one.name}” ({one.id}) is {state}; nothing was sent.",
        next_step="Make a new one with `hook_create`." if one.gone else repair,
        code="hook_off",
    )


# Making


@category.tool(
    scope=WRITE,
    effect="create",
    formerly=("hooks_create", "create-webhook", "create-hook"),
    words=("new webhook", "new mailhook", "address"),
    examples=[
        CreateHook(name="Orders in"),
        CreateHook(name="Orders with headers", config={"headers": True}),
    ],
)
async def hook_create(make: Make, args: CreateHook) -> HookCreated:
    """Create a webhook or mailhook and get its address.

    Left out options get their defaults. A hook serves one scenario; its type cannot change later.
    """
    _refuse_faulty(args)
    fields: Document = {option: False for option in GATEWAY_OPTIONS if args.type in GATEWAY}
    if args.connection_id is not None:
        fields["__IMTCONN__"] = args.connection_id
    fields |= args.config
    body = {"name": args.name, "teamId": args.team_id, "typeName": args.type, **fields}
    await _warn_of_unseen_type(make, args)
    try:
        made = await make.write(
            post("/hooks", body),
            into=OneHook,
            says=f"Create the hook “{args.name}” of type {args.type}",
            undo=_remove,
        )
    except Failure as failure:
        raise await _with_near_types(make, args, failure) from failure
    hook = made.hook
    return HookCreated(
        hook_id=hook.id,
        name=hook.name,
        type=hook.type_name or args.type,
        url=hook.url,
        config=hook.options,
        next_calls=[_teach(hook)] if hook.type == "web" else [],
    )


def _teach(hook: HookRecord) -> NextCall:
    arguments = {"hook_id": hook.id, "action": "send", "sample": {"example": "value"}}
    return NextCall(
        tool="hook_learn", arguments=arguments, why="Teach it its payload with a sample of yours."
    )


def _remove(made: OneHook) -> Undo:
    path = f"/hooks/{made.hook.id}"
    return Undo((delete(path),), Watch(path, ("hook.name", "hook.scenarioId")))


def _refuse_faulty(args: CreateHook) -> None:
    """Refuse fields that a gateway hook does not have, or of the wrong kind; all at once."""
    if args.type not in GATEWAY:
        return
    problems = _config_problems(args.config)
    if args.connection_id is not None:
        problems.append(Problem("connection_id", "gateway hooks have no connection."))
    if problems:
        raise _faulty(problems, "hook_create")


def _config_problems(config: dict[str, Json]) -> list[Problem]:
    valid = (*GATEWAY_OPTIONS, "udt", "ip")
    problems: list[Problem] = []
    for name, value in config.items():
        if name not in valid:
            fix = f"Valid: {', '.join(valid)}."
            problems.append(Problem(f"config.{name}", "is not a field of this type.", fix))
        elif name in GATEWAY_OPTIONS and not isinstance(value, bool):
            problems.append(Problem(f"config.{name}", "should be true or false."))
    return problems


def _faulty(problems: list[Problem], tool: str) -> Failure:
    return Failure(
        "The hook's configuration is not right; nothing was changed.",
        problems=problems,
        next_step=f"Call `{tool}` again with the corrections above.",
        code="invalid_arguments",
    )


async def _warn_of_unseen_type(make: Make, args: CreateHook) -> None:
    """Tell in a plan that nobody can know yet whether Make takes the type."""
    if make.planning and args.type not in await known_hook_types(make, args.team_id or 0):
        make.warn(f"Make's API lists no hook types, and the team has no hook of `{args.type}`.")


async def _with_near_types(make: Make, args: CreateHook, failure: Failure) -> Failure:
    """Answer an invented type with the nearest real ones."""
    known = await known_hook_types(make, args.team_id or 0)
    if failure.code not in {"invalid", "refused"} or args.type in known:
        return failure
    near = near_hook_types(args.type, known) or ["gateway-webhook"]
    failure.next_step = (
        f"If `{args.type}` is not a real type, call `hook_create` again with type={near[0]}"
        f" (known here: {', '.join(known)}); otherwise add what is missing to `config`."
    )
    failure.code = "unknown_type" if not failure.problems else failure.code
    return failure


# Changing


@category.tool(
    scope=WRITE,
    effect="update",
    formerly=("hooks_update", "hooks_set-data", "update-webhook"),
    words=("rename hook", "headers", "data structure"),
)
async def hook_update(make: Make, args: UpdateHook) -> HookUpdated:
    """Rename a hook or change its options; what is not named stays as it is."""
    one = await read_hook(make, args.hook_id)
    config = args.config or {}
    if one.type_name in GATEWAY and (problems := _config_problems(config)):
        raise _faulty(problems, "hook_update")
    new = one.options | config
    changes = new != one.options
    renames = args.name is not None and args.name != one.name
    if renames:
        await _rename(make, one, args.name or "")
    if changes:
        await _set_data(make, one, new)
    return HookUpdated(
        hook_id=one.id, changed=renames or changes, name=args.name or one.name, config=new
    )


async def _rename(make: Make, one: HookRecord, name: str) -> None:
    path = f"/hooks/{one.id}"
    make.shows(f"name: {one.name} -> {name}")
    await make.write(
        patch(path, {"name": name}),
        into=OneHook,
        says=f"Rename the hook “{one.name}” ({one.id}) to “{name}”",
        undo=Undo((patch(path, {"name": one.name}),), Watch(path, ("hook.name",))),
        before={"name": one.name},
        predict={"hook": {"id": one.id, "name": name, "teamId": one.team_id}},
    )


async def _set_data(make: Make, one: HookRecord, new: Document) -> None:
    """Send all options, so that it does not matter whether Make merges or replaces them."""
    old, path = one.options, f"/hooks/{one.id}/set-data"
    make.shows(*(f"{n}: {old.get(n)} -> {v}" for n, v in new.items() if old.get(n) != v))
    await make.write(
        post(path, new),
        into=Changed,
        says=f"Change the options of the hook “{one.name}” ({one.id})",
        undo=Undo((post(path, old),), Watch(f"/hooks/{one.id}", ("hook.data",))),
        before=one.data,
    )


@category.tool(
    scope=WRITE,
    effect="update",
    formerly=("hook_set_enabled", "hooks_enable", "hooks_disable"),
    words=("switch off",),
)
async def hook_enabled_set(make: Make, args: SetHookEnabled) -> HookSwitched:
    """Let a hook take requests, or refuse them; its queue and scenario stay as they are."""
    one = await read_hook(make, args.hook_id)
    if one.enabled == args.enabled:
        return HookSwitched(hook_id=one.id, enabled=one.enabled, changed=False)
    on, off = f"/hooks/{one.id}/enable", f"/hooks/{one.id}/disable"
    way, back = (on, off) if args.enabled else (off, on)
    if not args.enabled and one.scenario_id is not None:
        make.affects(f"Scenario “{one.scenario_name}” ({one.scenario_id}) gets no new requests.")
    await make.write(
        post(way),
        into=Succeeded,
        says=f"{'Enable' if args.enabled else 'Disable'} the hook “{one.name}” ({one.id})",
        undo=Undo((post(back),), Watch(f"/hooks/{one.id}", ("hook.enabled",))),
        before={"enabled": one.enabled},
    )
    return HookSwitched(hook_id=one.id, enabled=args.enabled, changed=True)


@category.tool(scope=WRITE, effect="delete", formerly=("hooks_delete", "delete-webhook"))
async def hook_delete(make: Make, args: DeleteHook) -> HookDeleted:
    """Delete a hook with its address and the messages in its queue.

    The plan names the scenario that listens and what is lost; a new hook has another address.
    """
    one = await read_hook(make, args.hook_id)
    if one.queue_count:
        make.affects(f"{one.queue_count} waiting messages are lost (`hook_incoming_list`).")
    user = None
    if one.scenario_id is not None:
        state = "active" if one.scenario_is_active else "inactive"
        user = f"Scenario “{one.scenario_name}” ({one.scenario_id}, {state})"
        make.affects(f"{user} loses its trigger and cannot run any more.")
    make.affects("Everybody who sends to its address gets 410.")
    gone = await make.write(
        delete(f"/hooks/{one.id}", confirmed=True),
        into=Gone,
        says=f"Delete the hook “{one.name}” ({one.id}) of type {one.type_name}",
        undo=Irreversible("A hook made again has another address, and its queue is gone."),
        before={"name": one.name, "scenario": one.scenario_id, "waiting": one.queue_count},
    )
    return HookDeleted(
        deleted=gone.hook,
        backup=HookBackup(name=one.name, type=one.type_name, config=one.options),
        messages_lost=one.queue_count,
        was_used_by=user,
    )
