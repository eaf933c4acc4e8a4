"""`/health/live`, `/health/ready` and `/metrics`: for the machines that look after the server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from make_mcp_base.kernel import Kernel

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def routes(kernel: Kernel) -> list[Route]:
    """Make the three routes."""
    started = time.time()

    async def live(request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(request: Request) -> Response:
        reasons: list[str] = []
        if await kernel.account_soon() is None:
            reasons.append("Make has not answered.")
        try:
            await (await kernel.store()).health()
        except Failure as failure:
            reasons.append(failure.what)
        status = {"status": "ready"} if not reasons else {"status": "not ready", "why": reasons}
        return JSONResponse(status, 503 if reasons else 200)

    async def metrics(request: Request) -> Response:
        return PlainTextResponse(exposition(kernel, started), media_type=_PROMETHEUS)

    return [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]


def exposition(kernel: Kernel, started: float) -> str:
    """Write the counters in Prometheus' text format 0.0.4."""
    lines = [
        "# HELP make_mcp_calls_total Tool calls by outcome.",
        "# TYPE make_mcp_calls_total counter",
    ]
    for (tool, outcome), count in sorted(kernel.counters.calls.items()):
        lines.append(f'make_mcp_calls_total{{tool="{tool}",outcome="{outcome}"}} {count}')
    lines += [
        "# HELP make_mcp_call_seconds_total Time spent in tool calls.",
        "# TYPE make_mcp_call_seconds_total counter",
    ]
    for tool, seconds in sorted(kernel.counters.seconds.items()):
        lines.append(f'make_mcp_call_seconds_total{{tool="{tool}"}} {seconds:.6f}')
    api = kernel.api_if_made
    held = 0 if api is None or api.client.breaker.condition == "closed" else 1
    lines += [
        "# HELP make_mcp_breaker_open 1 while requests to Make are held back after failures.",
        "# TYPE make_mcp_breaker_open gauge",
        f"make_mcp_breaker_open {held}",
        "# HELP make_mcp_writes_in_flight Changes on their way to Make.",
        "# TYPE make_mcp_writes_in_flight gauge",
        f"make_mcp_writes_in_flight {kernel.counters.writing}",
        "# HELP process_start_time_seconds Start of this process, seconds since 1970.",
        "# TYPE process_start_time_seconds gauge",
        f"process_start_time_seconds {started:.3f}",
    ]
    return "\n".join(lines) + "\n"
