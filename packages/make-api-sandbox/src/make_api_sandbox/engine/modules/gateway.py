"""Webhooks: the trigger, and the response to the caller."""

import re
from collections.abc import Sequence

from make_api_sandbox.engine.errors import invalid_parameters
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.ports import WebhookResponse
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.triggers import deliver_requests
from make_api_sandbox.engine.values import Bundle, Value, number, text

MOST_HEADERS = 16
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}").fullmatch
VALUE = re.compile(r"[\t -~\x80-\xff]{0,4096}").fullmatch
"""At most 256 and 4096 characters, of those that a header may hold."""

module("gateway:CustomWebHook", "gateway:CustomMailHook")(deliver_requests)


@module("gateway:WebhookRespond")
async def respond(operation: Operation) -> Sequence[Bundle]:
    """Answer the request that started the run; the run goes on."""
    required(operation.mapper, "status")
    status = number(operation.mapper["status"])
    headers = _headers(operation.mapper.get("headers"))
    problems: list[str] = []
    if status is None or not float(status).is_integer() or not 100 <= status <= 999:
        problems.append("Parameter 'status' must be a number of at least 100.")
    if len(headers) > MOST_HEADERS:
        problems.append(f"Parameter 'headers' may hold at most {MOST_HEADERS} items.")
    problems += [f"Header '{name[:40]}' cannot be sent." for name, _ in headers if not NAME(name)]
    problems += [f"The value of header '{name[:40]}' cannot be sent." for name, _ in _bad(headers)]
    if problems or status is None:
        raise invalid_parameters(problems)
    body = operation.mapper.get("body")
    content = body if isinstance(body, bytes) else text(body).encode()
    operation.size = len(content)
    operation.run.ports.respond(WebhookResponse(int(status), content, headers))
    return [{}]


def _bad(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [pair for pair in headers if not VALUE(pair[1])]


def _headers(value: Value) -> tuple[tuple[str, str], ...]:
    rows = value if isinstance(value, list) else []
    pairs = [
        (text(row.get("key")), text(row.get("value"))) for row in rows if isinstance(row, dict)
    ]
    return tuple(pair for pair in pairs if pair[0])
