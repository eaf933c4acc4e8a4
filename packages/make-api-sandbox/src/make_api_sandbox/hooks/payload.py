"""A request as the bundle it becomes (Make API reference, chapter 1.19)."""

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message

from make_api_sandbox.engine.values import plain
from make_api_sandbox.http.json_reading import read_json
from make_api_sandbox.shapes import JsonObject

LOGGED_CHARACTERS = 100_000


@dataclass(frozen=True)
class Payload:
    """What a request brought.

    Args:
        bundle: Members for the first module.
        size: Bytes of the body and the query.
        text: The body as text, for the log; None when it is binary.
    """

    bundle: JsonObject
    size: int
    text: str | None


async def read_payload(request: Request, body: bytes, options: JsonObject) -> Payload:
    """Form the bundle of a request.

    Query and body members are merged, the query wins. A JSON object gives its members, a form its
    fields, anything else stands under `value`.

    Args:
        request: The request.
        body: Its body.
        options: Options of the hook: `stringify` keeps a JSON body as text, `headers` and `method`
            add `__IMTHEADERS__` and `__IMTMETHOD__`.
    """
    members = await _body_members(request, body, stringify=options.get("stringify") is True)
    members |= _grouped(request.query_params.multi_items())
    if options.get("headers") is True:
        members["__IMTHEADERS__"] = [{"name": n, "value": v} for n, v in request.headers.items()]
    if options.get("method") is True:
        members["__IMTMETHOD__"] = request.method
    decoded = _decoded(body)
    size = len(body) + len(request.url.query)
    return Payload(members, size, decoded[:LOGGED_CHARACTERS] if decoded is not None else None)


async def _body_members(request: Request, body: bytes, *, stringify: bool) -> JsonObject:
    if not body:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _grouped(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if kind == "multipart/form-data":
        return await _form_members(request, body)
    text = _decoded(body)
    if text is None:
        return {"value": plain(body)}
    if stringify or kind == "text/plain":
        return {"value": text}
    return _json_members(text)


def _json_members(text: str) -> JsonObject:
    try:
        parsed: Any = read_json(text)
    except ValueError:
        return {"value": text}
    return cast(JsonObject, parsed) if isinstance(parsed, dict) else {"value": parsed}


async def _form_members(request: Request, body: bytes) -> JsonObject:
    """Fields of a multipart form; files become `{name, mime, data}`."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, receive).form() as form:
            return _grouped([(name, await _field(value)) for name, value in form.multi_items()])
    except (HTTPException, MultiPartException):
        return {"value": plain(body)}


async def _field(value: UploadFile | str) -> str | JsonObject:
    return await _file(value) if isinstance(value, UploadFile) else value


async def _file(upload: UploadFile) -> JsonObject:
    data = await upload.read()
    return {"name": upload.filename, "mime": upload.content_type, "data": plain(data)}


def _grouped(pairs: list[tuple[str, Any]]) -> JsonObject:
    """Pairs as members; a repeated name becomes an array."""
    members: JsonObject = {}
    counts: dict[str, int] = {}
    for name, value in pairs:
        counts[name] = counts.get(name, 0) + 1
        if counts[name] == 1:
            members[name] = value
        elif counts[name] == 2:
            members[name] = [members[name], value]
        else:
            members[name].append(value)
    return members


def _decoded(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
