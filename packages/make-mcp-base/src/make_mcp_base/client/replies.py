"""Reads Make's error answers and turns each into its failure (Make API reference, chapter 1.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_mcp_base.client.answer import JsonError, media_type, read_json
from make_mcp_base.client.failures import (
    MAY_HAVE_HAPPENED,
    ConfirmationNeeded,
    Forbidden,
    Invalid,
    LicenceGate,
    MakeDown,
    MakeFailure,
    NotAuthorized,
    NotFound,
    OrganizationPaused,
    RateLimited,
    Redirected,
    Refused,
    TooLarge,
    Trace,
    UpstreamFailed,
)
from make_mcp_base.client.licence import gate_of
from make_mcp_base.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import JsonValue

    from make_mcp_base.client.wire import Received

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "x-amzn-trace-id", "cf-ray")
GATEWAY_STATUSES = frozenset({502, 503, 504})
LONGEST_MESSAGE = 1_000
A_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """A request as its failures speak of it.

    Attributes:
        method: Upper-case HTTP method.
        path: Path under `/api/v2`, encoded.
        zone: Host that is asked.
        scope: Scope the endpoint needs, when the caller named it.
        organization: Organization whose rate budget pays, when it is known.
        repeatable: Whether the same request may be sent more than once.
        timeout: Seconds one try may take.
        max_bytes: Byte budget of the answer.
    """

    method: str
    path: str
    zone: str
    scope: str | None
    organization: int | None
    repeatable: bool
    timeout: float
    max_bytes: int

    @property
    def name(self) -> str:
        """The request in a sentence."""
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        """Whether the request can change something."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The members of an error body that Make is known to send, whichever of them are there."""

    message: str = ""
    code: str | None = None
    problems: tuple[Problem, ...] = ()
    affected: tuple[str, ...] = ()


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """Find the id that Make, or the gateway before it, gave to a request."""
    found = (headers[name] for name in REQUEST_ID_HEADERS if headers.get(name))
    return next((value[:200] for value in found), None)


def failure_of(received: Received, call: Call, wait: float | None) -> MakeFailure:
    """Build the failure for an answer outside 200 to 299.

    Args:
        received: The answer, with the credential already blotted out of its body.
        call: The request.
        wait: Seconds from `Retry-After`, None when Make sent none.
    """
    body = read_error(received)
    trace = Trace(make_code=body.code, request_id=request_id_of(received.headers),
                  status=received.status)  # fmt: skip
    said = f": {body.message}" if body.message else "."
    what = f"{call.name} was answered with {received.status}{said}"
    failure = _gated(call, body, what, trace) or _by_status(received, call, body, what, trace, wait)
    failure.make_message = body.message
    failure.asked_wait = wait
    return failure


def read_error(received: Received) -> ErrorBody:
    """Read an error body of any of Make's shapes; what is no JSON becomes a short message."""
    if media_type(received.headers) != "application/json":
        return ErrorBody(message=_plain(received))
    try:
        value = read_json(received.body)
    except JsonError:
        return ErrorBody(message=_plain(received))
    if not isinstance(value, dict):
        return ErrorBody(message=_plain(received))
    return ErrorBody(_message(value), _text(value.get("code")), _problems(value), _affected(value))


def _gated(call: Call, body: ErrorBody, what: str, trace: Trace) -> LicenceGate | None:
    gate = gate_of(call.method, call.path, trace.get("status") or 0, body.code)
    return LicenceGate(gate.feature, gate.key, what, gate.why, trace) if gate else None


def _by_status(
    received: Received, call: Call, body: ErrorBody, what: str, trace: Trace, wait: float | None
) -> MakeFailure:
    status = received.status
    if body.code in {"IM004", "IM007"} or (status == 406 and "onfirm" in body.message):
        affected = body.affected or tuple(str(problem) for problem in body.problems)
        return ConfirmationNeeded(what, affected, trace)
    if status == 401 and body.code != "IM102":
        return _not_authorized(call, what, trace)
    if status == 429:
        return _too_many(call, body, what, trace, wait)
    if 300 <= status < 400:
        return _redirected(received, call, trace)
    if status >= 500:
        return _down(call, what, trace, wait)
    build = _SIMPLE.get(status, _refused)
    return build(body, what, trace)


def _not_authorized(call: Call, what: str, trace: Trace) -> NotAuthorized:
    return NotAuthorized(
        what,
        why=f"{call.zone} does not accept the credential: wrong, revoked, or of another zone.",
        next_step="Check MAKE_API_KEY and MAKE_ZONE; a token works on the zone it was made on. "
        "Do not repeat this call until one of them has changed.",
        **trace,
    )


def _too_many(
    call: Call, body: ErrorBody, what: str, trace: Trace, wait: float | None
) -> MakeFailure:
    if body.code == "IM310":
        return OrganizationPaused(
            what,
            why="The organization or team is paused, usually because its credits are used up.",
            next_step="Read the organization's usage and its next reset; have an owner add credits "
            "or lift the pause. Repeating does not help.",
            **trace,
        )
    owner = f"Organization {call.organization}" if call.organization else "The organization"
    return RateLimited(
        what,
        why=f"{owner} used up its API calls of this minute; other programs count as well.",
        next_step="Wait, then send the same call again, and ask for more rows with fewer calls.",
        retryable=True,
        wait_seconds=A_MINUTE if wait is None else wait,
        **trace,
    )


def _redirected(received: Received, call: Call, trace: Trace) -> Redirected:
    target = received.headers.get("location", "")[:200]
    return Redirected(
        f"{call.name} was answered with a redirect ({received.status}).",
        why=f"It points to {target or 'nowhere'}; the credential is sent to {call.zone} only.",
        next_step="Check MAKE_ZONE or MAKE_BASE_URL: it must be the API address of the zone.",
        **trace,
    )


def _down(call: Call, what: str, trace: Trace, wait: float | None) -> MakeDown:
    failure = MakeDown(
        what,
        why=f"{call.zone} failed on its side.",
        effect=MAY_HAVE_HAPPENED if call.writes else "",
        next_step=after_doubt(call),
        retryable=call.repeatable,
        wait_seconds=wait,
        **trace,
    )
    failure.repeatable = trace.get("status") in GATEWAY_STATUSES
    failure.may_have_happened = call.writes
    return failure


def after_doubt(call: Call) -> str:
    """Say what to do when nobody knows whether a request took effect."""
    if call.writes and not call.repeatable:
        return "Look first whether it happened (list or get the target) before calling again."
    return "Call again in a minute; `health_check` shows whether the zone is back."


def _forbidden(_body: ErrorBody, what: str, trace: Trace) -> MakeFailure:
    return Forbidden(
        what,
        why="The token's scopes, the user's role or the owner of the target do not allow it.",
        next_step="Check that the id belongs to a team this user can see and that the user's role "
        "allows the action; do not repeat the call unchanged.",
        **trace,
    )


def _not_found(_body: ErrorBody, what: str, trace: Trace) -> MakeFailure:
    return NotFound(
        what,
        why="It does not exist, or belongs to a team or organization this token cannot see.",
        next_step="List the things of that kind and take the id from there.",
        **trace,
    )


def _invalid(body: ErrorBody, what: str, trace: Trace) -> MakeFailure:
    return Invalid(
        what,
        problems=body.problems,
        next_step="Correct every point named here and call again; nothing has changed.",
        **trace,
    )


def _too_large(_body: ErrorBody, what: str, trace: Trace) -> MakeFailure:
    return TooLarge(
        what,
        why="What was sent, or what was asked for, is above Make's limit.",
        next_step="Send less, or ask for fewer columns and a shorter range.",
        **trace,
    )


def _upstream(_body: ErrorBody, what: str, trace: Trace) -> MakeFailure:
    return UpstreamFailed(
        what,
        why="The app, connection or remote procedure behind Make failed or took too long.",
        next_step="Verify the connection it uses, then call again.",
        retryable=True,
        **trace,
    )


def _refused(body: ErrorBody, what: str, trace: Trace) -> MakeFailure:
    return Refused(
        what,
        problems=body.problems,
        next_step="Read the message and change the call; the same call will be refused again.",
        **trace,
    )


_SIMPLE: dict[int, Callable[[ErrorBody, str, Trace], MakeFailure]] = {
    400: _invalid,
    401: _invalid,
    403: _forbidden,
    404: _not_found,
    413: _too_large,
    422: _invalid,
    424: _upstream,
}


def _message(value: Mapping[str, JsonValue]) -> str:
    """`detail` when it is text, else `message`, else the `error` of the older families."""
    error = value.get("error")
    nested = error.get("message") if isinstance(error, dict) else error
    for candidate in (value.get("detail"), value.get("message"), nested):
        if isinstance(candidate, str) and candidate:
            return candidate[:LONGEST_MESSAGE]
    return ""


def _problems(value: Mapping[str, JsonValue]) -> tuple[Problem, ...]:
    problems: list[Problem] = []
    for key in ("detail", "message"):
        problems += [Problem("", line) for line in _list(value.get(key)) if isinstance(line, str)]
    for suberror in _list(value.get("suberrors")):
        if isinstance(suberror, dict):
            text = _text(suberror.get("message")) or _message(suberror)
            problems.append(Problem(_text(suberror.get("name")) or "", text))
        elif text := _text(suberror):
            problems.append(Problem("", text))
    return tuple(problems)


def _affected(value: Mapping[str, JsonValue]) -> tuple[str, ...]:
    lines: list[str] = []
    for entry in _list(value.get("metadata")):
        if isinstance(entry, dict):
            kind = _text(entry.get("type")) or "affected"
            things = _list(entry.get("data"))
            lines += [f"{kind}: {_members(thing)}" for thing in things] or [kind]
    return tuple(lines)


def _members(thing: JsonValue) -> str:
    if not isinstance(thing, dict):
        return _text(thing) or ""
    return ", ".join(f"{name} {_text(member)}" for name, member in thing.items())


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _text(value: JsonValue) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return None
    return value if isinstance(value, str) else str(value)


def _plain(received: Received) -> str:
    if media_type(received.headers) == "text/html":
        return "a web page, not an answer of Make's API"
    return " ".join(received.body[:1_200].decode("utf-8", errors="replace").split())[:300]
