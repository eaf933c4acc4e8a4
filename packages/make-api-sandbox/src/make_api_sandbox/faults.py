"""Faults on purpose: what a client must survive, installed through `/_sandbox/faults`.

A fault matches requests by method and path, lets the first `after` of them through, then fires at
its `rate`, at most `times` times, or in bursts. What chance decides comes from a generator seeded
with the world's seed, the fault's id and the count of matching requests, so the same history fails
alike. Several faults may hit one request; where two would do the same thing to it, the one
installed first does, and the other waits.

| Effect | Does |
| --- | --- |
| `status`, `body`, `retry_after` | answers in place of the endpoint |
| `latency_ms` | waits first: a number, `{"uniform": [from, to]}` or |
|  | `{"lognormal": {"median": ms, "sigma": s}}` |
| `drop` | loses the connection `before` or `after` the request took effect, |
|  | or `midway` in the answer |
| `malformed` | lets it take effect and cuts the JSON short |
| `expired_token` | answers 401 as for an expired token |
| `without_scopes` | serves the request as if the token lacked these scopes |
| `skew_seconds` | moves the `Date` header and every time in the answer |
| `log_lag_seconds` | leaves runs that ended less than so long ago out of lists of logs |
| `hidden_seconds` | answers 404 for an execution that began less than so long ago |
"""

import re
from dataclasses import dataclass, field
from math import log
from random import Random
from typing import Any, Literal, cast

from make_api_sandbox.http.body import (
    Body,
    Member,
    anything,
    boolean,
    choice,
    integer,
    list_of,
    members,
    text,
)
from make_api_sandbox.http.errors import invalid_parameters
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

Drop = Literal["before", "midway", "after"]
LONGEST_WAIT_MS = 600_000


def _is_number(value: Any, low: float, high: float = float("inf")) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and low <= value <= high


def _number(low: float, high: float, says: str) -> Member:
    return Member(lambda value: None if _is_number(value, low, high) else says)


def _wait(value: Any) -> str | None:
    match value:
        case {"uniform": [low, high], **more} if not more:
            fits = _is_number(low, 0, LONGEST_WAIT_MS) and _is_number(high, low, LONGEST_WAIT_MS)
        case {"lognormal": {"median": median, "sigma": sigma, **odd}, **more} if not more | odd:
            fits = _is_number(median, 1, LONGEST_WAIT_MS) and _is_number(sigma, 0, 3)
        case _:
            fits = _is_number(value, 0, LONGEST_WAIT_MS)
    return None if fits else WAIT_FORMS


WAIT_FORMS = (
    'should be milliseconds up to 600000, {"uniform": [from, to]} or'
    ' {"lognormal": {"median": ms, "sigma": 0 to 3}}'
)


def _burst(value: Any) -> str | None:
    match value:
        case {"size": int(size), "every_seconds": every, **more} if not more:
            fits = size >= 1 and _is_number(every, 0.001)
        case _:
            fits = False
    return None if fits else 'should be {"size": 1 or more, "every_seconds": more than 0}'


DECLARATION: Body = members(
    method=text().optional(),
    path=text().optional(),
    status=integer(100, 599).optional(),
    body=anything().optional(),
    retry_after=integer(0).optional(),
    latency_ms=Member(_wait).optional(),
    drop=choice("before", "midway", "after").optional(),
    malformed=boolean().optional(),
    expired_token=boolean().optional(),
    without_scopes=list_of(text(64, 1)).optional(),
    skew_seconds=_number(-1e9, 1e9, "should be seconds").optional(),
    log_lag_seconds=_number(0, 1e9, "should be seconds, 0 or more").optional(),
    hidden_seconds=_number(0, 1e9, "should be seconds, 0 or more").optional(),
    rate=_number(0, 1, "should be a number from 0 to 1").optional(),
    after=integer(0).optional(),
    times=integer(1).optional(),
    burst=Member(_burst).optional(),
)
"""What `POST /_sandbox/faults` takes.

`method` and `path` (a regular expression searched in the whole path, such as
`^/api/v2/scenarios/\\d+/run$`) choose requests, all without them. `burst` fires at so many requests
in a row, then lets everything through until `every_seconds` of the world's time have passed since
the burst began.
"""

EFFECTS = (
    "status",
    "latency_ms",
    "drop",
    "malformed",
    "expired_token",
    "without_scopes",
    "skew_seconds",
    "log_lag_seconds",
    "hidden_seconds",
)
ONLY_WITH_STATUS = ("body", "retry_after")


@dataclass(frozen=True)
class Fault:
    """What happens to one request; `id` is that of the first fault that hit it."""

    id: int
    status: int | None = None
    body: Any = None
    retry_after: int | None = None
    latency_ms: float = 0
    drop: Drop | None = None
    malformed: bool = False
    expired_token: bool = False
    without_scopes: list[str] = field(default_factory=list[str])
    skew_seconds: float = 0
    log_lag_seconds: float = 0
    hidden_seconds: float = 0


def install(world: World, declared: JsonObject) -> Row:
    """Add a fault and return its row.

    Raises:
        ApiError: 400 when the path is no regular expression, there is no effect, or members do not
            go together.
    """
    _refuse(declared)
    method = declared.get("method")
    burst: JsonObject = declared.get("burst") or {}
    known = (*EFFECTS, *ONLY_WITH_STATUS)
    fault_id = world.insert(
        "faults",
        method=method.upper() if method else None,
        path=declared.get("path"),
        effect={name: declared[name] for name in known if name in declared},
        rate=declared.get("rate", 1),
        after=declared.get("after", 0),
        times=declared.get("times"),
        burst=burst.get("size"),
        every_ms=round(burst["every_seconds"] * 1000) if burst else None,
    )
    return world.rows("SELECT * FROM faults WHERE id = ?", fault_id)[0]


def _refuse(declared: JsonObject) -> None:
    found: list[tuple[str, str]] = []
    try:
        re.compile(declared.get("path") or "")
    except re.error as error:
        found.append(("path", f"'path' is no regular expression: {error}."))
    if not any(name in declared for name in EFFECTS):
        found.append(("status", f"One of {', '.join(EFFECTS)} is needed."))
    if "status" not in declared:
        found += [(n, f"'{n}' needs 'status'.") for n in ONLY_WITH_STATUS if n in declared]
    if found:
        raise invalid_parameters(found)


def strike(world: World, method: str, path: str) -> Fault | None:
    """What hits this request; counts it."""
    if world.row("SELECT id FROM faults LIMIT 1") is None:
        return None
    with world.write():
        effect: JsonObject = {}
        first: int | None = None
        for row in world.rows("SELECT * FROM faults ORDER BY id"):
            if not _matches(row, method, path):
                continue
            fires = not effect.keys() & row["effect"].keys() and _fires(world, row)
            world.update("faults", row["id"], **_counted(world, row, fires))
            if fires:
                effect |= _settled(world, row)
                first = first or row["id"]
    return Fault(first, **effect) if first else None


def _matches(row: Row, method: str, path: str) -> bool:
    return row["method"] in (None, method) and re.search(row["path"] or "", path) is not None


def _chance(world: World, row: Row) -> Random:
    return Random(f"{world.setting('seed')}/{row['id']}/{row['seen']}")


def _fires(world: World, row: Row) -> bool:
    if row["seen"] < row["after"] or (row["times"] is not None and row["fired"] >= row["times"]):
        return False
    if row["burst"] and not _burst_is_over(world, row) and row["in_burst"] >= row["burst"]:
        return False
    return _chance(world, row).random() < row["rate"]


def _burst_is_over(world: World, row: Row) -> bool:
    began = row["burst_began_ms"]
    return began is None or world.clock.milliseconds() >= began + row["every_ms"]


def _counted(world: World, row: Row, fires: bool) -> dict[str, Any]:
    """The counters of a fault after a request that matched it."""
    changes: dict[str, Any] = {"seen": row["seen"] + 1, "fired": row["fired"] + fires}
    if not (fires and row["burst"]):
        return changes
    if _burst_is_over(world, row):
        return {**changes, "burst_began_ms": world.clock.milliseconds(), "in_burst": 1}
    return {**changes, "in_burst": row["in_burst"] + 1}


def _settled(world: World, row: Row) -> JsonObject:
    """The effect with the wait that chance gives this request."""
    effect: JsonObject = dict(row["effect"])
    wait = effect.get("latency_ms")
    if isinstance(wait, dict):
        spread = cast("dict[str, Any]", wait)
        random = _chance(world, row)
        random.random()  # decided whether it fires
        effect["latency_ms"] = _drawn(spread, random)
    return effect


def _drawn(spread: dict[str, Any], random: Random) -> float:
    if "uniform" in spread:
        return random.uniform(*spread["uniform"])
    shape = spread["lognormal"]
    return min(LONGEST_WAIT_MS, random.lognormvariate(log(shape["median"]), shape["sigma"]))
