"""Requests that change Make, as data: what is sent, what takes it back, what proves it moved."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from pydantic import JsonValue


STAND_IN = "-900000001"
"""First of the ids that stand, in plans, for things that do not exist yet."""
CALL = "CALL"
"""In place of an HTTP method: the request is the call of a tool."""
_ROW = re.compile(r"\[(\w+)=([^\]]*)\]")
_FROM_ANSWER = re.compile(r"\{(\d+)((?:\.\w+)+)\}")


@dataclass(frozen=True, slots=True)
class Request:
    """One API request.

    Attributes:
        method: POST, PUT, PATCH or DELETE; in an undo also `CALL`, and the path names a tool.
        path: Path below the API root. In an undo, `{0.scenario.id}` stands for a member of the
            answer to the undo's first request, `{1.…}` to its second.
        body: JSON body; with a media type its text, or base64 where it is no text.
        query: Query members in Make's spelling.
        scope: Make's permission it needs, when it is not the tool's own.
        media_type: What the body is when it is no JSON (`application/jsonc`), or "".
    """

    method: str
    path: str
    body: JsonValue = None
    query: Mapping[str, Any] | None = None
    scope: str = ""
    media_type: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give the request as plain JSON data."""
        data: dict[str, Any] = {"method": self.method, "path": self.path, "body": self.body}
        if self.media_type:
            data["media_type"] = self.media_type
        if self.query:
            data["query"] = dict(self.query)
        return {key: value for key, value in data.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Errand(Request):
    """A request that the tool carries itself, to a system other than Make or as a stream.

    It is planned, judged, confirmed and journalled like any other; only the last step differs.
    Method, path, body and query are what plans and the journal show, so they hold names and
    numbers and no value that must stay secret.

    Attributes:
        carry: Makes the change and gives an answer that may be journalled.
        leaves: True when a caller who goes away ends the carrying at once; what became of it is
            then recorded as unknown. Otherwise it is always carried to its end.
    """

    carry: Callable[[], Awaitable[JsonValue]] = field(kw_only=True, repr=False, compare=False)
    leaves: bool = False


def post(path: str, body: Any = None, *, scope: str = "", **query: Any) -> Request:
    """Make a POST request; keyword arguments are query members in Make's spelling."""
    return Request("POST", path, body, query or None, scope)


def put(
    path: str, body: Any = None, *, scope: str = "", media_type: str = "", **query: Any
) -> Request:
    """Make a PUT request; a media type sends the body as that instead of JSON."""
    return Request("PUT", path, body, query or None, scope, media_type)


def patch(path: str, body: Any = None, *, scope: str = "", **query: Any) -> Request:
    """Make a PATCH request."""
    return Request("PATCH", path, body, query or None, scope)


def delete(path: str, body: Any = None, *, scope: str = "", **query: Any) -> Request:
    """Make a DELETE request."""
    return Request("DELETE", path, body, query or None, scope)


def call(tool: str, **arguments: Any) -> Request:
    """For an undo: call a tool, where no request to Make takes a change back."""
    return Request(CALL, tool, arguments)


@dataclass(frozen=True, slots=True)
class Watch:
    """What shows that a thing is still as a write left it.

    Attributes:
        path: What to read.
        fields: Dotted members of the answer that count (`scenario.lastEdit`). A row of a list is
            named by one of its members: `scenariosFolders.[id=12].name`.
        query: Query members in Make's spelling.
    """

    path: str
    fields: tuple[str, ...]
    query: Mapping[str, Any] | None = None

    def project(self, answer: JsonValue) -> dict[str, JsonValue]:
        """Pick the watched members out of an answer."""
        return {name: member(answer, name) for name in self.fields}


@dataclass(frozen=True, slots=True)
class Undo:
    """How a write is taken back.

    Attributes:
        requests: What to send, in order.
        watch: What must not have moved since; None when nothing else can change it.
        note: What the undo cannot bring back ("the scenario gets a new id").
    """

    requests: tuple[Request, ...]
    watch: Watch | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Irreversible:
    """Says why a write cannot be taken back."""

    why: str


@dataclass(frozen=True, slots=True)
class Write:
    """A request that changes Make, with the state it was decided on.

    Attributes:
        request: What is sent.
        says: One short sentence of what it does, for plans and the journal.
        before: The state it rests on; a plan is void once this has moved.
    """

    request: Request
    says: str
    before: JsonValue = None

    def fingerprint(self) -> str:
        """Digest the request and the state it rests on."""
        return digest([self.request.as_json(), self.before])

    @property
    def late(self) -> bool:
        """True when the request names a thing that an earlier write of the plan will make."""
        text = json.dumps(self.request.as_json(), default=str)
        return STAND_IN[:-1] in text or _FROM_ANSWER.search(text) is not None


def digest(value: object) -> str:
    """Hash JSON data, independent of the order of members."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def member(value: JsonValue, dotted: str) -> JsonValue:
    """Follow a dotted name into JSON data; None where it leads nowhere.

    In a list a key is a position (`0`), or picks the row with a member of that value (`[id=12]`).
    """
    for key in dotted.split("."):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, list) and (row := _ROW.fullmatch(key)):
            value = next((r for r in value if _has(r, row[1], row[2])), None)
        else:
            return None
    return value


def _has(row: JsonValue, name: str, text: str) -> bool:
    return isinstance(row, dict) and str(row.get(name)) == text


def filled(request: Request, answers: Sequence[JsonValue]) -> Request:
    """Put members of earlier answers in place of `{0.scenario.id}`; unknown ones stay.

    In the body, a text that is nothing else becomes the member itself, with its type.
    """

    def found(match: re.Match[str]) -> JsonValue:
        number = int(match[1])
        return member(answers[number], match[2][1:]) if number < len(answers) else None

    def put_in(match: re.Match[str]) -> str:
        value = found(match)
        return match[0] if value is None else str(value)

    def in_body(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {key: in_body(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [in_body(inner) for inner in value]
        if not isinstance(value, str):
            return value
        whole = _FROM_ANSWER.fullmatch(value)
        return (found(whole) or value) if whole else value

    path = _FROM_ANSWER.sub(put_in, request.path)
    return replace(request, path=path, body=in_body(request.body))
