"""A client's session on standard input and output, served by the SDK.

The SDK's own transport hands every line to a worker thread and back, which takes longer than most
calls; where the pipe was claimed already, it is read and written from the event loop instead.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCResponse, jsonrpc_message_adapter

from make_mcp_base.server.leaving import finish, leave_on_signal, leave_soon, leave_with_parent
from make_mcp_base.server.protocol import build

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from make_mcp_base.kernel import Kernel
    from make_mcp_base.server.front import HandOver
    from make_mcp_base.server.pipe import Pipe

    Feed = MemoryObjectSendStream[SessionMessage | Exception]


async def serve_pipe(kernel: Kernel, pipe: Pipe, begun: HandOver) -> None:
    """Go on with the session that the front began, until the client leaves."""
    feed, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, drain = anyio.create_memory_object_stream[SessionMessage](0)
    server = build(kernel)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(leave_on_signal, kernel)
        tasks.start_soon(leave_with_parent, kernel)
        tasks.start_soon(_read, pipe, begun, feed)
        async with anyio.create_task_group() as writing:
            writing.start_soon(_write, pipe, begun.unheard, drain)
            await server.run(incoming, outgoing, server.create_initialization_options())
        tasks.cancel_scope.cancel()
    await finish(kernel)


async def serve_standard_streams(kernel: Kernel) -> None:
    """Serve standard input and output from the first byte on, by the SDK's own transport."""
    server = build(kernel)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(leave_on_signal, kernel)
        tasks.start_soon(leave_with_parent, kernel)
        async with stdio_server() as (lines, outgoing):
            feed, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)

            async def forward() -> None:
                async with feed, lines:
                    async for message in lines:
                        await feed.send(message)
                leave_soon()

            tasks.start_soon(forward)
            await server.run(incoming, outgoing, server.create_initialization_options())
        tasks.cancel_scope.cancel()
    await finish(kernel)


async def _read(pipe: Pipe, begun: HandOver, feed: Feed) -> None:
    async with feed:
        for line in (*begun.handshake, begun.line):
            await feed.send(_message(line))
        async for line in _lines(pipe):
            await feed.send(_message(line))
    leave_soon()


async def _lines(pipe: Pipe) -> AsyncGenerator[bytes]:
    kind = os.fstat(pipe.incoming).st_mode
    tells = stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)  # files and terminals do not, everywhere
    while True:
        while (line := pipe.line()) is not None:
            yield line
        if pipe.ended:
            return
        if tells:
            await anyio.wait_readable(pipe.incoming)
            pipe.read()
        else:
            await anyio.to_thread.run_sync(pipe.read, abandon_on_cancel=True)


def _message(line: bytes) -> SessionMessage | Exception:
    try:
        text = line.decode(errors="replace")
        return SessionMessage(jsonrpc_message_adapter.validate_json(text, by_name=False))
    except ValueError as fault:
        return fault


async def _write(
    pipe: Pipe, unheard: str, drain: MemoryObjectReceiveStream[SessionMessage]
) -> None:
    async with drain:
        async for item in drain:
            message = item.message
            if isinstance(message, JSONRPCResponse | JSONRPCError) and message.id == unheard:
                continue
            text = message.model_dump_json(by_alias=True, exclude_unset=True)
            try:
                await _send(pipe, memoryview(f"{text}\n".encode()))
            except BrokenPipeError:  # nobody listens; the end of input follows
                return


async def _send(pipe: Pipe, data: memoryview) -> None:
    while data:
        if not pipe.has_room():
            await anyio.wait_writable(pipe.outgoing)
        data = pipe.write_some(data)
