"""Faults on purpose: what a client must survive, installed through `/_sandbox/faults`.

A fault matches requests by method and path, lets the first `after` of them through, then fires at
its `rate`, at most `times` times. Whether it fires is decided by a generator seeded with the
world's seed, the fault's id and the count of matching requests, so the same history fails alike.
"""

import random
import re
from dataclasses import dataclass
from typing import Any, Literal

from make_api_sandbox.http.body import (
    Body,
    Member,
    anything,
    boolean,
    choice,
    integer,
    members,
    text,
)
from make_api_sandbox.http.errors import invalid_parameters
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

Drop = Literal["before", "after"]


def _rate() -> Member:
    def check(value: Any) -> str | None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return None if is_number and 0 <= value <= 1 else "should be a number from 0 to 1"

    return Member(check)


DECLARATION: Body = members(
    method=text().optional(),
    path=text().optional(),
    status=integer(100, 599).optional(),
    body=anything().optional(),
    latency_ms=integer(0).optional(),
    drop=choice("before", "after").optional(),
    malformed=boolean().optional(),
    retry_after=integer(0).optional(),
    rate=_rate().optional(),
    after=integer(0).optional(),
    times=integer(1).optional(),
)
"""What `POST /_sandbox/faults` takes.

`method` and `path` (a regular expression searched in the whole path, such as
`^/api/v2/scenarios/\\d+/run$`) choose requests, all without them. Effects: `latency_ms` waits
first; `status` answers with `body` (JSON or text) and `retry_after` (seconds) in place of the
endpoint; `drop` loses the connection `before` the request took effect or `after` it; `malformed`
lets it take effect and cuts the answer short.
"""

EFFECTS = ("status", "body", "latency_ms", "drop", "malformed", "retry_after")


@dataclass(frozen=True)
class Fault:
    """What happens to one request."""

    id: int
    status: int | None = None
    body: Any = None
    latency_ms: int = 0
    drop: Drop | None = None
    malformed: bool = False
    retry_after: int | None = None


def install(world: World, declared: JsonObject) -> Row:
    """Add a fault and return its row.

    Raises:
        ApiError: 400 when the path is no regular expression or there is no effect.
    """
    effect = {name: declared[name] for name in EFFECTS if name in declared}
    path = declared.get("path")
    try:
        re.compile(path or "")
    except re.error as error:
        raise invalid_parameters(
            [("path", f"'path' is no regular expression: {error}.")]
        ) from error
    if not effect:
        raise invalid_parameters([("status", f"One of {', '.join(EFFECTS)} is needed.")])
    method = declared.get("method")
    fault_id = world.insert(
        "faults",
        method=method.upper() if method else None,
        path=path,
        effect=effect,
        rate=declared.get("rate", 1),
        after=declared.get("after", 0),
        times=declared.get("times"),
    )
    return world.rows("SELECT * FROM faults WHERE id = ?", fault_id)[0]


def strike(world: World, method: str, path: str) -> Fault | None:
    """The fault that hits this request, the earliest installed first; counts the request."""
    if world.row("SELECT id FROM faults LIMIT 1") is None:
        return None
    with world.write():
        matching = [
            row
            for row in world.rows("SELECT * FROM faults ORDER BY id")
            if _matches(row, method, path)
        ]
        struck = [row for row in matching if _fires(world, row)]
        for row in matching:
            world.update("faults", row["id"], seen=row["seen"] + 1)
        if not struck:
            return None
        world.update("faults", struck[0]["id"], fired=struck[0]["fired"] + 1)
    return Fault(struck[0]["id"], **struck[0]["effect"])


def _matches(row: Row, method: str, path: str) -> bool:
    return row["method"] in (None, method) and re.search(row["path"] or "", path) is not None


def _fires(world: World, row: Row) -> bool:
    if row["seen"] < row["after"] or (row["times"] is not None and row["fired"] >= row["times"]):
        return False
    seeded = random.Random(f"{world.setting('seed')}/{row['id']}/{row['seen']}")
    return seeded.random() < row["rate"]
