"""Teaching a hook the structure of its payload: ask its state, let it learn, send it a sample.

API reference, chapters 1.19 and 2.20.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
from make_mcp_base.authoring import Document, Output, Undo, Watch, post

if TYPE_CHECKING:
    from make_mcp_base.authoring import Delivery, Make, Request

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 2.0


class Ping(Output):
    """The state of a hook, measured now."""

    attached: bool = False
    learning: bool = False
    gone: bool = False
    data_structure: list[Document] | None = None


class Succeeded(Output):
    """An answer that says only that it was done."""

    success: bool = True


async def ping_hook(make: Make, hook_id: int) -> Ping:
    """Ask a hook how it is."""
    return await make.get(f"/hooks/{hook_id}/ping", into=Ping, scope="hooks:read")


async def start_learning(make: Make, hook_id: int, name: str) -> None:
    """Let a hook take its next request as a sample."""
    says = f"Let the hook “{name}” ({hook_id}) learn from its next request"
    await _switch(make, hook_id, says, ("learn-start", "learn-stop"))


async def stop_learning(make: Make, hook_id: int, name: str) -> None:
    """Let a hook take its next request as a real one again."""
    says = f"Stop the hook “{name}” ({hook_id}) from learning"
    await _switch(make, hook_id, says, ("learn-stop", "learn-start"))


async def _switch(make: Make, hook_id: int, says: str, way: tuple[str, str]) -> None:
    there, back = (_request(hook_id, action) for action in way)
    watch = Watch(f"/hooks/{hook_id}/ping", ("learning",))
    undo = Undo((back,), watch)
    await make.write(there, into=Succeeded, says=says, undo=undo, predict={"success": True})


def _request(hook_id: int, action: str) -> Request:
    return post(f"/hooks/{hook_id}/{action}")


async def send_sample(make: Make, name: str, url: str, sample: dict[str, Any]) -> Delivery:
    """Send a JSON sample to a webhook."""
    return await make.deliver(
        "POST",
        url,
        says=f"Send the sample to the hook “{name}”",
        body=json.dumps(sample),
        headers={"content-type": "application/json"},
    )


async def wait_until_learned(make: Make, hook_id: int, seconds: float) -> Ping:
    """Look until the hook has learned, or the time is over."""
    begun, pause = anyio.current_time(), _FIRST_PAUSE
    while True:
        state = await ping_hook(make, hook_id)
        waited = anyio.current_time() - begun
        if not state.learning or waited >= seconds:
            return state
        await make.progress(waited, seconds, "The hook waits for a request.")
        await anyio.sleep(min(pause, seconds - waited))
        pause = min(pause * 2, _LONGEST_PAUSE)
