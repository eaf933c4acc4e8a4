"""`tools/call`: the caller's side of a call, and questions to the person behind the client."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ResourceLink,
    TextContent,
)

from make_mcp_base.calls.dispatch import UnknownToolError, call
from make_mcp_base.safety.redaction import redact
from make_mcp_base.safety.untrusted import clean

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext
    from mcp.types import CallToolRequestParams

    from make_mcp_base.calls.answer import Answer
    from make_mcp_base.kernel import Kernel

MODERN = "2026-07-28"
_QUESTION = "apply"
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"apply": {"type": "boolean", "title": "Apply this plan"}},
    "required": ["apply"],
}
_PROGRESS_EVERY = 0.2


@dataclass(slots=True)
class McpCaller:
    """Tells an MCP client of progress, not more than five times a second."""

    ctx: ServerRequestContext[Any, Any]
    _last: float = field(default=0.0)
    _done: float = field(default=-1.0)

    async def progress(self, done: float, total: float | None, message: str) -> None:
        """Send a progress notification; values never fall."""
        now = time.monotonic()
        if done <= self._done or (now - self._last < _PROGRESS_EVERY and done != total):
            return
        self._last, self._done = now, done
        await self.ctx.session.report_progress(done, total, clean(redact(message)))


async def call_tool(
    kernel: Kernel, ctx: ServerRequestContext[Any, Any], params: CallToolRequestParams
) -> CallToolResult | InputRequiredResult:
    """Answer a `tools/call` request, asking the person first where a plan wants confirming.

    Raises:
        MCPError: No tool has this name.
    """
    arguments = dict(params.arguments or {})
    told = _told(params)
    if told is not None:
        if not _accepted(told):
            return _declined()
        arguments = with_plan(arguments, params.request_state or "")
    result = await _call(kernel, params.name, arguments, ctx)
    if not result.plan_id or not kernel.setup.elicit or not _can_ask(ctx):
        return _wire(result)
    if ctx.protocol_version >= MODERN:
        return _ask_modern(result)
    answer = await ctx.session.elicit_form(
        result.question, _FORM, related_request_id=ctx.request_id
    )
    if not _accepted(answer):
        return _declined()
    planned = with_plan(arguments, result.plan_id)
    return _wire(await _call(kernel, params.name, planned, ctx))


def with_plan(arguments: dict[str, Any], plan_id: str) -> dict[str, Any]:
    """Add a plan id to a call's arguments; to the inner call's for a gateway tool."""
    inner = arguments.get("arguments")
    if isinstance(arguments.get("tool"), str) and isinstance(inner, dict | None):
        return arguments | {"arguments": {**(inner or {}), "plan_id": plan_id}}
    return arguments | {"plan_id": plan_id}


async def _call(
    kernel: Kernel, name: str, arguments: dict[str, Any], ctx: ServerRequestContext[Any, Any]
) -> Answer:
    try:
        return await call(kernel, name, arguments, McpCaller(ctx))
    except UnknownToolError as unknown:
        raise MCPError(INVALID_PARAMS, str(unknown)) from None


def _wire(result: Answer) -> CallToolResult:
    content: list[Any] = [TextContent(text=result.text)]
    if result.link.startswith("make://"):
        link = ResourceLink(uri=result.link, name="whole-result", mime_type="application/json")
        content.append(link)
    return CallToolResult(content=content, structured_content=result.data, is_error=result.is_error)


def _can_ask(ctx: ServerRequestContext[Any, Any]) -> bool:
    capabilities = ctx.session.client_capabilities
    return capabilities is not None and capabilities.elicitation is not None


def _ask_modern(result: Answer) -> InputRequiredResult:
    form = ElicitRequestFormParams(message=result.question, requested_schema=_FORM)
    return InputRequiredResult(
        request_state=result.plan_id, input_requests={_QUESTION: ElicitRequest(params=form)}
    )


def _told(params: CallToolRequestParams) -> ElicitResult | None:
    answer = (params.input_responses or {}).get(_QUESTION)
    return answer if isinstance(answer, ElicitResult) else None


def _accepted(answer: ElicitResult) -> bool:
    return answer.action == "accept" and bool((answer.content or {}).get("apply"))


def _declined() -> CallToolResult:
    text = "Not applied: the user declined. Nothing was changed. Do not try again unasked."
    data = {"plan": {"applied": False, "declined": True}}
    return CallToolResult(content=[TextContent(text=text)], structured_content=data)
