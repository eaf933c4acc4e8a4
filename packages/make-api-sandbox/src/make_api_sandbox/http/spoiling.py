"""Answers that a fault alters on their way out: late, out of time, cut short."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, cast

from starlette.types import Message

from make_api_sandbox.clock import milliseconds, parse_stamp, stamp
from make_api_sandbox.faults import Fault
from make_api_sandbox.http.errors import ApiError, not_found
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

MOMENT = re.compile(r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)"')
"""A time as the API writes it, with its quotation marks."""

EXECUTION = re.compile(r"/api/v2/scenarios/\d+/(?:executions|logs)/([^/]+)(?:/|$)")
LISTS_OF_LOGS = ("scenarioLogs", "executions")


def date_header(world: World, fault: Fault | None) -> tuple[bytes, bytes]:
    """The `Date` header: the world's time, moved by a fault's skew."""
    now = world.clock.now() + timedelta(seconds=fault.skew_seconds if fault else 0)
    return b"date", format_datetime(now, usegmt=True).encode()


def is_hidden(world: World, path: str, seconds: float) -> bool:
    """Tell whether a path names an execution that began less than so long ago."""
    found = EXECUTION.match(path)
    if found is None:
        return False
    since = milliseconds(world.clock.now()) - seconds * 1000
    sql = "SELECT 1 FROM executions WHERE id = ? AND kind = 'run' AND timestamp_ms > ?"
    return world.row(sql, found[1], since) is not None


def no_such_execution() -> ApiError:
    """404, as for an execution that does not exist."""
    return not_found("Execution")


class Spoiled:
    """Takes an answer whole and gives it back altered."""

    def __init__(self, world: World, fault: Fault) -> None:
        self._world = world
        self._fault = fault
        self._head: Message = {}
        self._body = b""

    @property
    def is_needed(self) -> bool:
        """False when the answer may pass as it comes."""
        fault = self._fault
        lost = fault.malformed or fault.drop == "midway"
        return bool(lost or fault.skew_seconds or fault.log_lag_seconds)

    async def take(self, message: Message) -> None:
        """Receive the application's answer."""
        if message["type"] == "http.response.start":
            self._head = message
        else:
            self._body += message.get("body", b"")

    def messages(self) -> Iterator[Message]:
        """The answer to send on; one cut midway promises more than it sends and never ends."""
        body = self._altered()
        half = body[: len(body) // 2]
        midway = self._fault.drop == "midway"
        sent = half if midway or self._fault.malformed else body
        length = len(body) if midway else len(sent)
        headers = [pair for pair in self._head["headers"] if pair[0] != b"content-length"]
        yield {**self._head, "headers": [*headers, (b"content-length", str(length).encode())]}
        yield {"type": "http.response.body", "body": sent, "more_body": midway}

    def _altered(self) -> bytes:
        kinds = [value for name, value in self._head["headers"] if name == b"content-type"]
        if not kinds or b"json" not in kinds[0]:
            return self._body
        body = self._body
        if self._fault.log_lag_seconds:
            body = self._without_late_runs(body)
        if self._fault.skew_seconds:
            body = MOMENT.sub(self._moved, body.decode()).encode()
        return body

    def _moved(self, found: re.Match[str]) -> str:
        moment = parse_stamp(found[1]) + timedelta(seconds=self._fault.skew_seconds)
        return f'"{stamp(moment)}"'

    def _without_late_runs(self, body: bytes) -> bytes:
        answer: Any = json.loads(body)
        if not isinstance(answer, dict):
            return body
        answer = cast(JsonObject, answer)
        for name in LISTS_OF_LOGS:
            if isinstance(answer.get(name), list):
                answer[name] = [entry for entry in answer[name] if self._is_logged(entry)]
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()

    def _is_logged(self, entry: JsonObject) -> bool:
        if not entry.get("timestamp"):
            return True
        took = timedelta(milliseconds=entry.get("duration") or 0)
        lag = timedelta(seconds=self._fault.log_lag_seconds)
        return parse_stamp(entry["timestamp"]) + took + lag <= self._world.clock.now()
