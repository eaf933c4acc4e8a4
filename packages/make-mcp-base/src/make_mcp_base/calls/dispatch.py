"""The one way of every call: find, permit, understand, plan or do, answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio

from make_mcp_base.calls.answer import BUDGET, WIDEST, Answer, answer, failed
from make_mcp_base.calls.arguments import canonical, parse, precheck
from make_mcp_base.calls.make import Make
from make_mcp_base.calls.operation import Operation
from make_mcp_base.calls.plan import Sealer, view
from make_mcp_base.calls.requests import Errand
from make_mcp_base.calls.resolve import reference_of, resolve
from make_mcp_base.calls.unconfigured import Unconfigured
from make_mcp_base.calls.writers import Applying, NeedsPlan, PlanEnds, Planning, Refusing
from make_mcp_base.errors import Failure
from make_mcp_base.safety.policy import NoPolicies, enforce
from make_mcp_base.safety.redaction import redact
from make_mcp_base.safety.untrusted import clean
from make_mcp_base.surface.gateway import check_door
from make_mcp_base.surface.offered import refusal
from make_mcp_base.surface.surface import SERVER_CATEGORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from make_mcp_base.calls.live import LiveApi
    from make_mcp_base.calls.ports import Api, Caller
    from make_mcp_base.calls.requests import Request, Watch, Write
    from make_mcp_base.calls.writers import Judge, Writer
    from make_mcp_base.definition.catalog import Entry
    from make_mcp_base.definition.category import Tool
    from make_mcp_base.definition.models import Input, Output
    from make_mcp_base.definition.run_tools import RunTool
    from make_mcp_base.kernel import Counters, Kernel
    from make_mcp_base.safety.policy import Verdict


class UnknownToolError(LookupError):
    """No tool has this name."""

    def __init__(self, name: str, nearest: list[str], reasons: Sequence[str] = ()) -> None:
        near = f" Did you mean {' or '.join(f'`{n}`' for n in nearest)}?" if nearest else ""
        why = "".join(f" Not offered: {reason}" for reason in reasons[:3])
        super().__init__(f"Unknown tool: {name[:100]}.{near}{why}")


async def call(kernel: Kernel, name: str, arguments: Mapping[str, Any], caller: Caller) -> Answer:
    """Run one call of a tool.

    Args:
        kernel: The server.
        name: Name of the tool, or a former one.
        arguments: As the client sent them.
        caller: Hears of progress.

    Returns:
        The answer; failures the caller can act on are answers too.

    Raises:
        UnknownToolError: No tool has this name; a fault of the protocol, not of the call.
    """
    offer = await _run_tool(kernel, name)
    entry = offer[1] if offer else kernel.surface.find(name)
    if entry is None:
        reasons = kernel.offered.left_out if name.startswith("run") else ()
        raise UnknownToolError(name, kernel.surface.nearest(name), reasons)
    begun = time.perf_counter()
    try:
        if offer:
            result = await _run_scenario(kernel, *offer, arguments, caller)
        else:
            result = await _serve(kernel, entry, arguments, caller)
    except Failure as failure:
        kernel.counters.last_failure = failure.what
        result = failed(failure)
    outcome = "error" if result.is_error else "plan" if result.plan_id else "ok"
    kernel.counters.count(entry.name, outcome, time.perf_counter() - begun)
    return result


async def _run_tool(kernel: Kernel, name: str) -> tuple[RunTool, Entry] | None:
    """Find a run tool; a client may call one by heart before it has asked for the list."""
    if not name.startswith("run"):
        return None
    await kernel.offered.refresh(kernel)
    return kernel.offered.find(name)


async def _run_scenario(
    kernel: Kernel, offer: RunTool, entry: Entry, arguments: Mapping[str, Any], caller: Caller
) -> Answer:
    if reason := refusal(offer, kernel.surface.selection):
        raise Failure(
            f"`{offer.name}` is not available here.",
            why=reason,
            next_step="Choose another tool, or ask who runs this server to allow it.",
            code="not_available",
        )
    worker = kernel.tool(kernel.whole_surface.entries[offer.tool])
    call = _Call(kernel, entry, worker, caller, chosen=True)
    return await call.run(offer.arguments(arguments))


async def _serve(
    kernel: Kernel, entry: Entry, arguments: Mapping[str, Any], caller: Caller
) -> Answer:
    if entry.category == "gateway":
        return await _through_gateway(kernel, entry, arguments, caller)
    kernel.surface.permit(entry, kernel.known_account)
    return await _Call(kernel, entry, kernel.tool(entry), caller).run(arguments)


async def _through_gateway(
    kernel: Kernel, entry: Entry, arguments: Mapping[str, Any], caller: Caller
) -> Answer:
    from make_mcp_base.surface.finding import GatewayCall, find_tools

    if entry.name.endswith("_tool_search"):
        return await find_tools(kernel, arguments)
    inner = parse(GatewayCall, canonical(GatewayCall, arguments), entry.name)
    offer = await _run_tool(kernel, inner.tool)
    target = offer[1] if offer else kernel.surface.find(inner.tool)
    if target is None or target.category == "gateway":
        near = kernel.surface.nearest(inner.tool)
        raise Failure(
            f"No tool is named `{inner.tool[:100]}`.",
            why=f"Nearest: {', '.join(near)}." if near else "",
            next_step=f"Find it with `make_{kernel.surface.slug}_tool_search`.",
            code="unknown_tool",
        )
    check_door(kernel.surface.slug, entry.name, target)
    return await call(kernel, target.name, inner.arguments, caller)


@dataclass(slots=True)
class _Call:
    """One call of one tool, under way.

    Attributes:
        chosen: True for a run tool: the operator named it, whatever other tools were chosen.
    """

    kernel: Kernel
    entry: Entry
    tool: Tool
    caller: Caller
    chosen: bool = False
    understood: Make | None = None

    async def run(self, arguments: Mapping[str, Any]) -> Answer:
        raw = canonical(self.tool.input, arguments)
        dry_run = _flag(raw.pop("dry_run", False)) if self.entry.writes else False
        plan_id = raw.pop("plan_id", None) if self.entry.writes else None
        if self.entry.category != SERVER_CATEGORY:
            await self._check_account()
        make = await self._make(Refusing())
        args = await self._understand(raw, make)
        if not self.entry.writes:
            return await self._answer(await self.tool.handler(make, args), make, args)
        if dry_run:
            return await self._plan(args, raw, asks=False)
        if plan_id:
            return await self._apply_plan(args, raw, str(plan_id))
        if self.tool.effect == "delete" or self.tool.confirm:
            return await self._plan(args, raw, asks=True)
        try:
            return await self._apply(args, None)
        except NeedsPlan:
            return await self._plan(args, raw, asks=True)

    async def _check_account(self) -> None:
        """Refuse what the token may not do, when Make tells its scopes; ask Make only once."""
        api = await self.kernel.api()
        account = await api.account()
        surface = self.kernel.surface
        (surface.demand if self.chosen else surface.permit)(self.entry, account)

    async def _make(self, writer: Writer) -> Make:
        api: Api
        try:
            api = await self.kernel.api()
        except Failure as failure:
            if self.entry.category != SERVER_CATEGORY:
                raise
            api = Unconfigured(failure)
        team, organization = self.kernel.defaults
        before = self.understood
        return Make(
            api=api,
            writer=writer,
            caller=self.caller,
            kernel=self.kernel,
            scope=self.entry.scope,
            team_default=team,
            organization_default=organization,
            organization_id=before.organization_id if before else None,
            assumed=dict(before.assumed) if before else {},
        )

    async def _understand(self, raw: dict[str, Any], make: Make) -> Input:
        """Resolve names and defaults, then check; wrong arguments are told before wrong names."""
        model = self.tool.input
        later = [name for name, field in model.model_fields.items() if reference_of(field)]
        precheck(model, raw, self.entry.name, later)
        resolved = await resolve(model, raw, make)
        self.understood = make
        return parse(model, resolved, self.entry.name)

    async def _plan(self, args: Input, raw: Mapping[str, Any], *, asks: bool) -> Answer:
        """Show what the call would do, sealed so that a second call can do exactly that.

        Args:
            args: The call's arguments.
            raw: The same as they were given; the plan is bound to them.
            asks: True when the plan stands in for the result, so that a person should be asked.
        """
        planning = Planning(_judge(self.kernel, self.entry.name))
        make = await self._make(planning)
        output = await self._handle(make, args)
        if not planning.writes and output is not None:
            return await self._answer(output, make, args)
        plan = view(planning, make)
        sealer = Sealer(await self.kernel.store(), self.kernel.account_key)
        plan_id = await sealer.seal(self.entry.name, raw, planning)
        told: dict[str, Any] = {"plan_id": plan_id, "expires_in_minutes": 15, "applied": False}
        told |= plan
        told["next_step"] = (
            f"Nothing was changed. To apply exactly this, call `{self.entry.name}` again with the"
            f" same arguments and plan_id={plan_id}."
        )
        result = answer({"plan": told})
        if not asks:
            return result
        shown = clean(redact(plan))
        parts = [*shown.get("steps", []), *shown.get("affects", []), shown["undo"]]
        question = "\n".join(map(str, parts))
        return Answer(result.data, result.text, plan_id=plan_id, question=question)

    async def _apply_plan(self, args: Input, raw: Mapping[str, Any], plan_id: str) -> Answer:
        planning = Planning(_judge(self.kernel, self.entry.name))
        make = await self._make(planning)
        output = await self._handle(make, args)
        if not planning.writes and output is not None:
            return await self._answer(output, make, args)
        sealer = Sealer(await self.kernel.store(), self.kernel.account_key)
        planned = await sealer.check(plan_id, self.entry.name, raw, planning)
        return await self._apply(args, planned)

    async def _handle(self, make: Make, args: Input) -> Output | None:
        try:
            return await self.tool.handler(make, args)
        except PlanEnds:
            return None

    async def _apply(self, args: Input, planned: list[str] | None) -> Answer:
        operation = Operation(
            store=await self.kernel.store(),
            account=self.kernel.account_key,
            tool=self.entry.name,
            arguments=args.model_dump(mode="json", exclude_unset=True),
            seal=await self.kernel.seal(),
        )
        road = _Road(await self.kernel.api(), self.kernel.counters)
        judge = _judge(self.kernel, self.entry.name)
        make = await self._make(Applying(road.send, road.look, judge, operation, planned))
        road.make = make
        try:
            output = await self.tool.handler(make, args)
        except NeedsPlan:
            if operation.opened:
                raise RuntimeError(f"{self.entry.name} asks for a plan after it wrote") from None
            raise
        except Failure as failure:
            await self._settle(operation)
            raise _with_account_of(failure, operation) from failure
        except BaseException:
            await self._settle(operation)
            raise
        await self._settle(operation)
        return await self._answer(output, make, args, operation)

    async def _settle(self, operation: Operation) -> None:
        """Close the journal's account of the call; a journal that fails now costs no answer."""
        with anyio.CancelScope(shield=True):
            try:
                await operation.close()
            except Failure as failure:
                self.kernel.counters.last_failure = failure.what

    async def _answer(
        self, output: Output, make: Make, args: Input, operation: Operation | None = None
    ) -> Answer:
        data = output.model_dump(mode="json", exclude_none=True, by_alias=False)
        if "next_calls" in data:
            data["next_calls"] = self._reachable_calls(data["next_calls"])
        if make.assumed:
            data["assumed"] = make.assumed
        if warnings := [*make.warnings, *make.writer.warnings]:
            data["warnings"] = [*data.get("warnings", []), *warnings]
        if operation and operation.opened:
            data["operation_id"] = operation.id
        result = answer(data, budget=_budget(args), reveals=getattr(output, "reveals", ()))
        return await self._keep_whole(result)

    async def _keep_whole(self, result: Answer) -> Answer:
        """Leave what was cut behind a resource link, when there is a store to leave it in."""
        if result.whole is None:
            return result
        from make_mcp_base.calls.overflow import keep

        return await keep(self.kernel, result)

    def _reachable_calls(self, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        surface = self.kernel.surface
        entries = [(c, surface.find(c["tool"])) for c in calls]
        return [c for c, entry in entries if entry and not surface.refusal(entry)][:3]


@dataclass(slots=True)
class _Road:
    """How the writes of one call reach Make, and how their effect is looked at."""

    api: LiveApi
    counters: Counters
    make: Make | None = None

    async def send(self, request: Request) -> JsonValue:
        self.counters.writing += 1
        try:
            return await self._send(request)
        finally:
            self.counters.writing -= 1

    async def _send(self, request: Request) -> JsonValue:
        if isinstance(request, Errand):
            return await request.carry()
        if "://" in request.path:
            return await self.api.deliver(request)
        return await self.api.send(
            request.method,
            request.path,
            query=request.query,
            body=request.body,
            scope=request.scope,
            organization=self.make.organization_id if self.make else None,
            media_type=request.media_type,
        )

    async def look(self, watch: Watch) -> JsonValue:
        from make_mcp_base.client.failures import NotFound

        try:
            return dict(watch.project(await self.api.send("GET", watch.path, query=watch.query)))
        except NotFound:
            return {"gone": True}


def _judge(kernel: Kernel, tool: str) -> Judge:
    """Ask the installed policies about a write; a refusal stops a plan and a real run alike."""

    async def judge(write: Write) -> list[Verdict]:
        return enforce(await (kernel.policies or NoPolicies()).judge(tool, write))

    return judge


def _flag(value: Any) -> bool:
    return value is True or str(value).strip().lower() in {"true", "1", "yes"}


def _budget(args: Input) -> int:
    wanted = getattr(args, "max_bytes", None)
    return BUDGET if not wanted else max(1_000, min(int(wanted), WIDEST))


def _with_account_of(failure: Failure, operation: Operation) -> Failure:
    """Add to a failure what the call had done before it failed."""
    if not operation.finished:
        return failure
    done = "; ".join(operation.says[: operation.finished])
    failure.effect = f"{failure.effect} Done before that: {done}.".strip()
    failure.next_step = (
        f"{failure.next_step} `operation_undo` with operation_id={operation.id} takes back what"
        " was done."
    )
    return failure
