"""A server process talked to line by line, as a client's transport does it."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from subprocess import PIPE, Popen
from threading import Thread
from typing import Any

from processes import command, environment

PATIENCE_SECONDS = 60.0
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}


def request(method: str, number: Any = 1, **params: Any) -> dict[str, Any]:
    """A request of the eras with a handshake."""
    message = {"jsonrpc": "2.0", "id": number, "method": method}
    return message | ({"params": params} if params else {})


def modern(method: str, number: Any = 1, **params: Any) -> dict[str, Any]:
    """A request of protocol 2026-07-28."""
    return request(method, number, _meta=ENVELOPE, **params)


def note(method: str, **params: Any) -> dict[str, Any]:
    """A notification."""
    message = request(method, **params)
    del message["id"]
    return message


def initialize(number: Any = 1, version: str = "2025-11-25", **params: Any) -> dict[str, Any]:
    """A client's handshake."""
    usual = {"capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    return request("initialize", number, protocolVersion=version, **usual | params)


INITIALIZED = note("notifications/initialized")


class Talk:
    """Both ends of a server's pipe; answers are read by a thread, so no reader waits forever."""

    def __init__(self, process: Popen[bytes]) -> None:
        self.process = process
        self._lines: Queue[bytes] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(b"")

    def send(self, *messages: dict[str, Any] | bytes) -> None:
        """Send messages, or bytes as they are."""
        assert self.process.stdin is not None
        for message in messages:
            raw = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
            self.process.stdin.write(raw)
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The next message of the server."""
        try:
            line = self._lines.get(timeout=PATIENCE_SECONDS)
        except Empty:
            raise AssertionError(f"no answer within {PATIENCE_SECONDS:g} s") from None
        assert line, f"the server has left, code {self.process.wait(5)}"
        return json.loads(line)

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a request and give the next message of the server."""
        self.send(message)
        return self.answer()

    def end(self) -> int:
        """Close the server's input and give its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """End the process, and let go of its pipes."""
        self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE_SECONDS)
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()


@contextmanager
def talking(
    tmp: Path,
    *words: str,
    module: str = "make_mcp_core",
    interpreter: Sequence[str] = (),
    **more: str,
) -> Generator[Talk]:
    """A server process; its data stay, and its errors are in `tmp/stderr`."""
    python, *rest = command(module, *words)
    with (tmp / "stderr").open("wb") as errors:
        process = Popen(
            [python, *interpreter, *rest],
            stdin=PIPE,
            stdout=PIPE,
            stderr=errors,
            env=environment(tmp, **more),
        )
    talk = Talk(process)
    try:
        yield talk
    finally:
        talk.kill()
