"""What is asked of the sandbox when a scenario is to run."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from make_api_sandbox.engine.ports import WebhookResponse
from make_api_sandbox.shapes import Row


@dataclass(frozen=True)
class HookRequest:
    """A request that waits in the queue of a hook; `id` is None for a replayed one."""

    id: str | None
    data: dict[str, Any]


@dataclass
class Order:
    """One run to be made.

    Args:
        scenario: Row of the scenario as it is at the start.
        type: `manual` when a person or an API call starts it, else `auto`.
        author_id: The user who started it by hand.
        inputs: Scenario inputs by name.
        requests: Requests of the hook to work off; None when the scenario listens to none.
        replay_of: The execution that is repeated.
        callback_url: Told when the run ends.
        answer: Gets the webhook response.
        incomplete: Row of the incomplete execution that is retried.
        begins: When a late run was due.
        depth: How many scenarios called one another before this one.
    """

    scenario: Row
    type: Literal["manual", "auto"] = "auto"
    author_id: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    requests: tuple[HookRequest, ...] = ()
    replay_of: str | None = None
    callback_url: str | None = None
    answer: "asyncio.Future[WebhookResponse] | None" = None
    incomplete: Row | None = None
    begins: datetime | None = None
    depth: int = 0
