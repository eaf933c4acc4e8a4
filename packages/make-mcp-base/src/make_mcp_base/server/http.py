"""Streamable HTTP: one process, any number of stateless clients, both protocol eras.

Loopback by default. Off loopback it does not start without a bearer token. `Host` and `Origin` are
checked, bodies are bounded, `/health/live`, `/health/ready` and `/metrics` answer beside `/mcp`.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import TYPE_CHECKING

import anyio
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings

from make_mcp_base.errors import Failure
from make_mcp_base.server.bearer import expected_hash
from make_mcp_base.server.gate import Gate
from make_mcp_base.server.leaving import finish, leave_soon, leave_with_parent
from make_mcp_base.server.probes import routes
from make_mcp_base.server.protocol import build
from make_mcp_base.server.supervising import SUPERVISED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from starlette.types import ASGIApp

    from make_mcp_base.kernel import Kernel

STATE_KEY_VARIABLE = "MAKE_MCP_STATE_KEY"


def serve_http(kernel: Kernel, host: str, port: int, names: Sequence[str]) -> int:
    """Listen until told to stop.

    Args:
        kernel: The server's parts.
        host: Address to listen on.
        port: Port; 0 takes a free one.
        names: Further host names under which clients reach the server.

    Raises:
        Failure: The port is taken, or the address is open to others and no token was set up.
    """
    app = http_app(kernel, host, names)
    listening = _bind(kernel, host, port)
    real_port = listening.getsockname()[1]
    sys.stderr.write(
        f"{kernel.app.name} {kernel.app.version} listens on http://{_shown(host)}:{real_port}/mcp\n"
    )
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1, access_log=False)
    anyio.run(_run, kernel, _Server(config), listening)
    return 0


def http_app(kernel: Kernel, host: str, names: Sequence[str] = ()) -> ASGIApp:
    """Make the ASGI application.

    Raises:
        Failure: The address is open to others and no token was set up.
    """
    expected = expected_hash(kernel.setup.environment, kernel.setup.data_dir)
    if expected is None and not is_loopback(host):
        raise Failure(
            f"The server was not started on {host}.",
            why="Everybody who reaches it could use your Make account.",
            next_step="Make a token with `serve --new-token`, give it to your clients as"
            " `Authorization: Bearer …`, and start again; or listen on 127.0.0.1.",
            code="refused_to_start",
        )
    server = build(kernel, state_key=kernel.setup.environment.get(STATE_KEY_VARIABLE, ""))
    inner = server.streamable_http_app(
        stateless_http=True,
        transport_security=_security(host, names),
        custom_starlette_routes=routes(kernel),
    )
    return Gate(inner, kernel, expected)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Server(uvicorn.Server):
    """uvicorn's server, bound to be gone two seconds after it was told to stop."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; unlike uvicorn's own, without raising the signal again once all is closed."""
        leave_soon()
        self.force_exit = self.should_exit
        self.should_exit = True


async def _run(kernel: Kernel, server: uvicorn.Server, listening: socket.socket) -> None:
    try:
        async with anyio.create_task_group() as tasks:
            if kernel.setup.environment.get(SUPERVISED):
                tasks.start_soon(leave_with_parent, kernel)
            await server.serve(sockets=[listening])
            tasks.cancel_scope.cancel()
    finally:
        await finish(kernel)


def _bind(kernel: Kernel, host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise Failure(
            f"{kernel.app.name} cannot listen on {host}:{port}.",
            why=f"{error.strerror or error}.",
            next_step=f"Stop what uses the port, or choose another with `--port {port + 1}`.",
            code="busy_port",
        ) from error
    return listening


def _security(host: str, names: Sequence[str]) -> TransportSecuritySettings:
    own = ["127.0.0.1", "localhost", "[::1]", *names]
    if host not in {"0.0.0.0", "::"}:
        own.append(_shown(host))
    hosts = [form for name in own for form in (name, f"{name}:*")]
    origins = [f"{scheme}://{form}" for form in hosts for scheme in ("http", "https")]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
