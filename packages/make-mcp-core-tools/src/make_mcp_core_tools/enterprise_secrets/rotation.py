"""Rotation: a new value at the source, given to Make, tested by Make, and put back if it fails."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from make_mcp_base.authoring import (
    ConnectionId,
    Document,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    NextCall,
    Output,
    Problem,
    Timestamp,
    Undo,
    Watch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.connection_uses import bound_scenarios
from make_mcp_core_tools._engine.vault import Vault, open_vault, vault_errand
from make_mcp_core_tools._engine.vault_secrets import (
    FieldName,
    Place,
    SecretPath,
    place_of,
    read_metadata,
    read_values,
    write_values,
)
from make_mcp_core_tools.enterprise_secrets.declared import category
from make_mcp_core_tools.enterprise_secrets.key_records import KeyId
from make_mcp_core_tools.enterprise_secrets.rotation_checks import unbound, unreadable, useless
from make_mcp_core_tools.enterprise_secrets.sinks import (
    Binding,
    Form,
    Sink,
    Verdict,
    all_bindings,
    by_sink,
    form_of,
    metadata_key,
    metadata_value,
    push_request,
    verify,
)
from make_mcp_core_tools.enterprise_secrets.vault_values import (
    Generated,
    Written,
    age_days,
    generated,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATES = Literal["rotated", "rolled_back", "rollback_failed", "nothing_to_do"]

# Inputs


class PlanRotation(Input):
    path: SecretPath | None = None
    connection_id: ConnectionId | None = None
    key_id: KeyId | None = None
    """Key id."""
    older_than_days: int = Field(default=0, ge=0, le=3650)
    """Only secrets whose newest version is at least so old."""


class RunRotation(Input):
    path: SecretPath
    regenerate: list[FieldName] = Field(default=[], max_length=20)
    """Fields to make anew at random first; none: give Make the newest version as it is."""
    generate: Generated = Generated()
    """How they are made."""
    pause_scenarios: bool = False
    """Switch active scenarios of the sinks off meanwhile; back on, those with an interval run."""


# Outputs


class SinkPlan(Output):
    sink: str
    name: str
    parameters: list[str]
    tested: bool
    """False for keys: Make has no test of them."""
    scenarios: list[str]
    problems: list[str] = []


class Planned(Output):
    path: str
    version: int
    age_days: int
    fields: list[str]
    behind: bool
    sinks: list[SinkPlan]
    quiet_until: Timestamp | None = None
    """No affected scenario is scheduled before this; absent when none is scheduled."""
    at_any_time: list[str] = []
    """Affected scenarios that a webhook may start at any time."""


class RotationPlan(Output):
    rotations: list[Planned]
    """The oldest first."""
    not_checked: list[str] = []
    next_calls: list[NextCall] = []


class Step(Output):
    sink: str
    done: str
    verified: bool | None = None
    """Absent where Make has no test."""
    said: str | None = None


class Rotated(Output):
    state: STATES
    path: str
    version: int
    """Newest version of the secret now."""
    same_as_version: int | None = None
    """After a way back: the version whose values it holds again."""
    steps: list[Step]
    next_calls: list[NextCall] = []


class Pushed(Output):
    changed: bool = True


class _Scheduled(Output):
    id: int
    name: str
    is_active: bool = False
    next_exec: Timestamp | None = None
    hook_id: int | None = None


# Planning


@category.tool(
    scope="connections:read",
    effect="read",
    outside=True,
    words=("old secrets", "what would rotate", "drift"),
)
async def secret_rotation_plan(make: Make, args: PlanRotation) -> RotationPlan:
    """Show what rotating would touch: sinks, what they lack, scenarios, and when those run next."""
    async with open_vault(make) as vault:
        found, not_checked = await all_bindings(make, vault)
    paths = sorted({str(one.place) for one in found if _is_wanted(one, args)})
    rows = [await _planned(make, path, found) for path in paths]
    rows = [row for row in rows if row.age_days >= args.older_than_days]
    rows.sort(key=lambda row: -row.age_days)
    call = [
        NextCall(tool="secret_rotation_run", arguments={"path": row.path}, why="Rotate it.")
        for row in rows[:1]
        if not any(sink.problems for sink in row.sinks)
    ]
    return RotationPlan(rotations=rows, not_checked=not_checked, next_calls=call)


def _is_wanted(one: Binding, args: PlanRotation) -> bool:
    if args.path is not None and str(one.place) != args.path:
        return False
    if args.connection_id is not None and one.sink != Sink("connection", args.connection_id):
        return False
    return args.key_id is None or one.sink == Sink("key", args.key_id)


async def _planned(make: Make, path: str, found: Sequence[Binding]) -> Planned:
    mine = [one for one in found if str(one.place) == path]
    metadata = mine[0].metadata
    row = Planned(
        path=path,
        version=metadata.current_version,
        age_days=age_days(metadata),
        fields=sorted({one.field for one in mine}),
        behind=any(one.is_behind for one in mine),
        sinks=[],
    )
    moments: list[Timestamp] = []
    for sink in by_sink(mine):
        feeding = [one for one in found if one.sink == sink]
        try:
            form = await form_of(make, sink)
        except Failure as failure:
            row.sinks.append(_lost(sink, feeding, failure))
            continue
        users = await _users(make, sink, form)
        row.sinks.append(_sink_plan(sink, form, feeding, users))
        moments += [one.next_exec for one in users if one.is_active and one.next_exec]
        row.at_any_time += [_named(one) for one in users if one.is_active and one.hook_id]
    row.quiet_until = min(moments, default=None)
    return row


def _lost(sink: Sink, feeding: Sequence[Binding], failure: Failure) -> SinkPlan:
    names = [one.parameter for one in feeding]
    return SinkPlan(
        sink=str(sink),
        name="",
        parameters=names,
        tested=False,
        scenarios=[],
        problems=[failure.what],
    )


def _sink_plan(
    sink: Sink, form: Form, feeding: Sequence[Binding], users: Sequence[_Scheduled]
) -> SinkPlan:
    bound = [one.parameter for one in feeding]
    lacking = [name for name in form.required if name not in bound]
    return SinkPlan(
        sink=str(sink),
        name=form.name,
        parameters=bound,
        tested=sink.kind == "connection",
        scenarios=[_named(one) for one in users],
        problems=[f"`{name}` is not bound; Make would empty it." for name in lacking],
    )


def _named(one: _Scheduled) -> str:
    return f"“{one.name}” ({one.id}, {'active' if one.is_active else 'inactive'})"


async def _users(make: Make, sink: Sink, form: Form) -> list[_Scheduled]:
    """Find the scenarios that use a sink, with when they run next."""
    using = [
        one.scenario.id
        for one in await bound_scenarios(make, form.team_id, (sink.kind, sink.id))
        if one.to(sink.kind, sink.id)
    ]
    if not using:
        return []
    query = {"teamId": form.team_id, "cols": ["id", "name", "isActive", "nextExec", "hookId"]}
    rows = await make.all(
        "/scenarios", query, key="scenarios", item=_Scheduled, scope="scenarios:read"
    )
    return [row for row in rows if row.id in using]


# Rotating


@dataclass(slots=True)
class Job:
    """One rotation under way.

    Attributes:
        place: The secret that is rotated.
        old: Its version at the start.
        feeding: All bindings of each sink, also those from other secrets.
        steps: What was done so far.
        users: Scenarios to be switched off meanwhile.
        now: Its newest version.
    """

    make: Make
    vault: Vault
    place: Place
    old: int
    feeding: Mapping[Sink, Sequence[Binding]]
    steps: list[Step] = field(default_factory=list[Step])
    users: list[_Scheduled] = field(default_factory=list["_Scheduled"])
    now: int = 0

    async def switch(self, on: bool) -> None:
        """Switch the active scenarios that use the sinks off, or on again."""
        for one in self.users:
            if not one.is_active:
                continue
            here, back = ("start", "stop") if on else ("stop", "start")
            path = f"/scenarios/{one.id}"
            await self.make.write(
                post(f"{path}/{here}", scope="scenarios:write"),
                into=Pushed,
                says=f"Switch {_named(one)} {'on again' if on else 'off meanwhile'}",
                undo=Undo(
                    (post(f"{path}/{back}", scope="scenarios:write"),),
                    Watch(path, ("scenario.isActive",)),
                ),
                predict={"changed": True},
            )

    async def renew(self, names: Sequence[str], how: Generated) -> None:
        """Write a version with new values for some fields."""

        async def carry() -> Json:
            values = await read_values(self.vault, self.place)
            values |= {name: generated(how) for name in names}
            return {"version": await write_values(self.vault, self.place, values, self.old)}

        told = await self.make.write(
            vault_errand("POST", self.place.api("data"), carry, regenerate=list(names)),
            into=Written,
            says=f"Make {', '.join(names)} of `{self.place}` anew",
            undo=Irreversible(
                f"`secret_put` path={self.place}, from_version={self.old} brings it back."
            ),
            before={"version": self.old},
            predict={"version": self.old + 1},
        )
        self.now = told.version
        said = f"version {told.version} has new values for {', '.join(names)}"
        self.steps.append(Step(sink=str(self.place), done=said))

    async def push(self, sink: Sink, versions: Mapping[str, int], says: str) -> Verdict:
        """Give a sink its parameters and have Make test it; a refusal is a failed test.

        Args:
            sink: The connection or key.
            versions: Version to read of each secret; the newest where it is not named.
            says: What is done, for the plan and the journal.
        """
        values: Document = {one.parameter: "" for one in self.feeding[sink]}
        try:
            if not self.make.planning:
                values = await self._values(sink, versions)
            await self.make.write(
                push_request(sink, values),
                into=Pushed,
                says=says,
                undo=Irreversible(
                    "Make never gives back credentials that were replaced; the secret manager"
                    " keeps the versions before."
                ),
                before={"version": self.old},
                predict={"changed": True},
            )
            return Verdict(None) if self.make.planning else await verify(self.make, sink)
        except Failure as failure:
            if failure.code in {"plan_moved", "policy"}:
                raise
            return Verdict(False, failure.what)

    async def _values(self, sink: Sink, versions: Mapping[str, int]) -> Document:
        values: Document = {}
        for one in self.feeding[sink]:
            place = str(one.place)
            kept = await read_values(self.vault, one.place, versions.get(place, 0))
            if one.field not in kept:
                raise _no_field(one)
            values[one.parameter] = kept[one.field]
        return values

    async def mark(self, sinks: Sequence[Sink]) -> None:
        """Note beside each secret which version Make has now."""
        for sink in sinks:
            for one in self.feeding[sink]:
                own = str(one.place) == str(self.place)
                version = self.now if own else one.metadata.current_version
                key = metadata_key(self.make, sink, one.parameter)
                entry = {key: metadata_value(one.field, version)}
                await self.vault.write(
                    one.place.api("metadata"), {"custom_metadata": entry}, "patch"
                )


def _no_field(one: Binding) -> Failure:
    return Failure(
        f"`{one.place}` has no field `{one.field}` in that version.",
        next_step=f"Bind another field of it with `secret_binding_set` {one.sink.kind}_id="
        f"{one.sink.id}, parameter={one.parameter}.",
        code="not_found",
    )


@category.tool(
    scope="connections:write",
    effect="update",
    confirm=True,
    outside=True,
    words=("rotate", "rotate credentials", "new password", "push secret"),
    examples=[
        RunRotation(path="secret/crm/api", regenerate=["token"]),
        RunRotation(path="secret/crm/api"),
    ],
)
async def secret_rotation_run(make: Make, args: RunRotation) -> Rotated:
    """Rotate a secret: new version, given to every bound connection and key, tested by Make.

    One failed test puts everything back to the version before. Values are never shown. When only
    the service can make the new value, write it first with `secret_put`, then run without
    `regenerate`.
    """
    async with open_vault(make) as vault:
        job = await _job(make, vault, args)
        if not args.regenerate and not any(
            one.is_behind for several in job.feeding.values() for one in several
        ):
            return Rotated(state="nothing_to_do", path=args.path, version=job.old, steps=[])
        make.shows("If Make's test of one fails, all go back to the version before.")
        await job.switch(on=False)
        try:
            told = await _rotate(job, args)
        except Failure:
            with make.writer.going_back():
                await job.switch(on=True)
            raise
        with make.writer.going_back() if told.state != "rotated" else nullcontext():
            await job.switch(on=True)
        return told


async def _rotate(job: Job, args: RunRotation) -> Rotated:
    """Renew, give and test; the first refusal puts everything back."""
    if args.regenerate:
        await job.renew(args.regenerate, args.generate)
    pushed: list[Sink] = []
    for sink in job.feeding:
        verdict = await job.push(sink, {}, f"Give {sink} its parameters from `{job.place}`")
        pushed.append(sink)
        job.steps.append(_step(sink, "given the new version", verdict))
        if verdict.works is False:
            return await _go_back(job, pushed, renewed=bool(args.regenerate))
    if not job.make.planning:
        await job.mark(pushed)
    return Rotated(
        state="rotated",
        path=args.path,
        version=job.now,
        steps=job.steps,
        next_calls=_cleaning(job, args),
    )


def _step(sink: Sink, done: str, verdict: Verdict) -> Step:
    return Step(sink=str(sink), done=done, verified=verdict.works, said=verdict.text or None)


def _cleaning(job: Job, args: RunRotation) -> list[NextCall]:
    if not args.regenerate or not job.old:
        return []
    arguments: Document = {"path": args.path, "versions": [job.old]}
    return [NextCall(tool="secret_delete", arguments=arguments, why="Take the old version away.")]


async def _job(make: Make, vault: Vault, args: RunRotation) -> Job:
    """Find what is fed by a secret, and refuse what could only fail; every reason at once."""
    place = await place_of(vault, args.path)
    found, _ = await all_bindings(make, vault)
    mine = [one for one in found if str(one.place) == str(place)]
    if not mine:
        raise Failure(
            f"Nothing in Make is bound to `{place}`.",
            next_step=f"Bind it first: `secret_binding_set` path={place}.",
            code="not_bound",
        )
    feeding = by_sink([one for one in found if one.sink in {m.sink for m in mine}])
    problems: list[Problem] = []
    users: dict[int, _Scheduled] = {}
    for sink, several in feeding.items():
        form = await form_of(make, sink)
        problems += unbound(sink, form, several)
        for user in await _users(make, sink, form):
            users[user.id] = user
            make.affects(f"Scenario {_named(user)} uses {sink} “{form.name}”.")
    problems += await unreadable(vault, feeding)
    problems += useless(args.regenerate, mine)
    if problems:
        raise Failure(
            f"`{place}` cannot be rotated; nothing was changed.",
            problems=problems,
            next_step="Bind what is missing with `secret_binding_set`, then call again.",
            code="not_bound",
        )
    version = mine[0].metadata.current_version
    paused = sorted(users.values(), key=lambda one: one.id) if args.pause_scenarios else []
    return Job(make, vault, place, version, feeding, users=paused, now=version)


async def _go_back(job: Job, pushed: Sequence[Sink], *, renewed: bool) -> Rotated:
    """Put source and sinks back on the version before."""
    with job.make.writer.going_back():
        whole = not renewed or await _restored(job)
        for sink in pushed:
            before = _before(job, sink, renewed=renewed)
            if before is None:
                whole = False
                said = "what it had did not come from the secret manager and cannot be put back"
                job.steps.append(Step(sink=str(sink), done=said))
                continue
            verdict = await job.push(sink, before, f"Give {sink} its former parameters back")
            job.steps.append(_step(sink, "given the former version back", verdict))
            whole = whole and verdict.works is not False
    if renewed and whole:
        await job.mark(pushed)
    return Rotated(
        state="rolled_back" if whole else "rollback_failed",
        path=str(job.place),
        version=job.now,
        same_as_version=job.old if renewed else None,
        steps=job.steps,
        next_calls=_look(pushed[-1]),
    )


def _look(sink: Sink) -> list[NextCall]:
    if sink.kind == "key":
        return []
    arguments = {"connection_id": sink.id}
    return [NextCall(tool="connection_diagnose", arguments=arguments, why="See what refused it.")]


def _before(job: Job, sink: Sink, *, renewed: bool) -> dict[str, int] | None:
    """Give the version of each secret that a sink had; None when nobody knows."""
    versions: dict[str, int] = {}
    for one in job.feeding[sink]:
        mine = str(one.place) == str(job.place)
        known = one.pushed or (job.old if renewed or not mine else 0)
        if not known:
            return None
        versions[str(one.place)] = known
    return versions


async def _restored(job: Job) -> bool:
    """Bring the source back; a secret manager that is away is told, and the rest goes on."""
    try:
        await _restore_source(job)
    except Failure as failure:
        said = f"version {job.old} could not be brought back: {failure.what}"
        job.steps.append(Step(sink=str(job.place), done=said))
        return False
    return True


async def _restore_source(job: Job) -> None:
    async def carry() -> Json:
        metadata = await read_metadata(job.vault, job.place)
        values = await read_values(job.vault, job.place, job.old)
        current = metadata.current_version if metadata else 0
        return {"version": await write_values(job.vault, job.place, values, current)}

    told = await job.make.write(
        vault_errand("POST", job.place.api("data"), carry, from_version=job.old),
        into=Written,
        says=f"Bring version {job.old} of `{job.place}` back",
        undo=Irreversible("The refused values stay in the version before."),
    )
    job.now = told.version
    said = f"version {told.version} holds the values of version {job.old} again"
    job.steps.append(Step(sink=str(job.place), done=said))
