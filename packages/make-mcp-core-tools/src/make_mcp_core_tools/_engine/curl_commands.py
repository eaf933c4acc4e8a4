"""A curl command read as one operation of a service.

No value of the command is kept: names and kinds of values become fields, credentials become
parameters of the connection.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from make_blueprint.lint.credentials import credentials, is_opaque
from make_blueprint.masking import is_secret_name
from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine.app_scaffold_auth import Credentials, basic, with_secret
from make_mcp_core_tools._engine.openapi_operations import Content, Operation, Parameter
from make_mcp_core_tools._engine.openapi_texts import camel, line, usable, words

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue

_LONGEST = 100_000
_DEEPEST = 20
_DATA = frozenset({"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"})
_ENCODED = "--data-urlencode"
_FORM = frozenset({"-F", "--form", "--form-string"})
_HEADER = frozenset({"-H", "--header"})
_METHOD = frozenset({"-X", "--request"})
_USER = frozenset({"-u", "--user", "--oauth2-bearer"})
_VALUED = frozenset(
    {"-A", "--user-agent", "-b", "--cookie", "-c", "--cookie-jar", "-e", "--referer", "-o"}
    | {"--output", "-m", "--max-time", "--connect-timeout", "--retry", "-w", "--write-out"}
    | {"-x", "--proxy", "--cacert", "--cert", "-E", "--key", "--resolve", "-T", "--upload-file"}
)
_LEFT_OUT = {
    "-b": "cookies",
    "--cookie": "cookies",
    "--cert": "a client certificate",
    "-E": "a client certificate",
    "-T": "an uploaded file",
    "--upload-file": "an uploaded file",
}
_SHORT = re.compile(r"-[A-Za-z]")
_END = frozenset({"|", "||", "&&", ";", ">", ">>", "2>"})
_SECRET_ENDS = frozenset({"key", "token", "secret", "auth", "session", "signature", "sig", "jwt"})
_SPOKEN = frozenset(
    {"accept", "content-type", "host", "user-agent", "content-length", "connection"}
)
_PUBLIC_ENDS = frozenset({"version", "language", "locale"})
_ID = re.compile(r"\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9a-fA-F:]+")
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(slots=True)
class Command:
    """What a curl command says.

    Attributes:
        data: Pieces of the body, as given.
        form: Parts of a multipart body: name and whether it is a file.
    """

    url: str = ""
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    data: list[str] = field(default_factory=list[str])
    form: dict[str, bool] = field(default_factory=dict[str, bool])
    in_query: bool = False
    is_json: bool = False
    user: bool = False
    notes: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Called:
    """One operation as a command calls it, where, and with which credentials."""

    operation: Operation
    server: str
    credentials: Credentials
    notes: list[str]


def read_curl(text: str) -> Called:
    """Read a command.

    Raises:
        Failure: It is no curl command with an address.
    """
    command = _command(_tokens(text))
    try:
        parts = urlsplit(command.url if "://" in command.url else f"https://{command.url}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _unreadable(f"its address is malformed: {error}.") from error
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or credentials(host):
        raise _unreadable("it names no http or https address.")
    found = basic("") if command.user or "@" in parts.netloc else Credentials()
    path, given = _path(parts.path, found, told_whole=bool(credentials(f"{host}{parts.path}")))
    method = command.method or ("post" if command.data or command.form else "get")
    operation = Operation("get" if command.in_query else method, path, given=given)
    asked = [parts.query, *(command.data if command.in_query else [])]
    if any(_nameless(text) for text in asked):
        command.notes.append("A part of the query that has no name is left out.")
    _add_query(operation, [pair for text in asked for pair in _pairs(text)], found)
    _add_headers(operation, command, found)
    if not command.in_query:
        operation.body = _body(command, operation, found)
    shown = f"[{host}]" if ":" in host else host
    server = f"{parts.scheme}://{shown}{f':{port}' if port else ''}"
    return Called(operation, server, found, command.notes)


# The command line


def _tokens(text: str) -> list[str]:
    if len(text) > _LONGEST:
        raise _unreadable(f"it has more than {_LONGEST} characters.")
    joined = re.sub(r"[\\^`]\r?\n", " ", text.strip()).replace(" $'", " '")
    try:
        words = shlex.split(joined)
    except ValueError as error:
        raise _unreadable(f"{str(error).lower()}.") from error
    if not words or words[0] not in ("curl", "curl.exe"):
        raise _unreadable("it does not begin with `curl`.")
    return words[1:]


def _command(tokens: list[str]) -> Command:
    command = Command()
    waiting = list(reversed(tokens))
    while waiting:
        token = waiting.pop()
        if token in _END:
            break
        name, value = _option(token)
        if name and value is None and _takes_value(name):
            value = waiting.pop() if waiting else ""
        if name:
            _apply(command, name, value or "")
        elif not command.url:
            command.url = token
    if not command.url:
        raise _unreadable("it names no address.")
    if command.method and command.method not in _METHODS:
        raise _unreadable(f"modules do not send {line(command.method, 20).upper()}.")
    return command


def _option(token: str) -> tuple[str, str | None]:
    """Split an option from a value that is written together with it; no option has name ""."""
    if token.startswith("--"):
        name, equals, value = token.partition("=")
        return name, value if equals else None
    if len(token) > 2 and _SHORT.match(token) and _takes_value(token[:2]):
        return token[:2], token[2:]
    return (token, None) if token.startswith("-") and len(token) > 1 else ("", None)


def _takes_value(name: str) -> bool:
    known = _DATA | _FORM | _HEADER | _METHOD | _USER | _VALUED
    return name in known or name in (_ENCODED, "--url")


def _apply(command: Command, name: str, value: str) -> None:
    if name in _METHOD:
        command.method = value.lower()
    elif name in _HEADER:
        header, _, said = value.partition(":")
        command.headers[header.strip()] = said.strip()
    elif name in _DATA or name == _ENCODED:
        command.data.append(value)
        command.is_json |= name == "--json"
    elif name in _FORM:
        part, named, said = value.partition("=")
        if named:
            command.form[part] = said.startswith("@") and name != "--form-string"
        else:
            command.notes.append("A part of the form that has no name is left out.")
    elif name == "--oauth2-bearer":
        command.headers["Authorization"] = "Bearer -"
    elif name in _USER:
        command.user = True
    elif name == "--url":
        command.url = value
    elif name in ("-G", "--get"):
        command.in_query = True
    elif name in _LEFT_OUT:
        command.notes.append(f"The command sends {_LEFT_OUT[name]}, which is left out.")


# The operation


def _path(path: str, found: Credentials, *, told_whole: bool) -> tuple[str, dict[str, str]]:
    """Write the path with names for ids, and with the connection's secrets.

    Args:
        path: Path of the command's address.
        found: Credentials, which grow.
        told_whole: Whether the address as a whole is a secret, as those of some webhooks are.
    """
    made: list[str] = []
    given: dict[str, str] = {}
    before = "item"
    for at, raw in enumerate(path.split("/")):
        part = unquote(raw)
        opaque = len(part) >= 20 and sum(one.isdigit() for one in part) >= 3
        if credentials(part) or (opaque and ":" in part) or (told_whole and len(part) >= 16):
            name = f"secret{at}"
            given[name] = with_secret(found, "key in the address")
            made.append(f"{{{name}}}")
        elif _ID.fullmatch(part) or opaque or not usable(part or "-") or "{" in part:
            name = f"{{{camel(f'{before} id', 'item')}}}"
            made.append(name if name not in made else f"{name[:-1]}{at}}}")
        else:
            made.append(raw)
            before = part or before
    return "/".join(made) or "/", given


def _add_query(operation: Operation, pairs: list[tuple[str, str]], found: Credentials) -> None:
    for name, value in dict(pairs).items():
        if not usable(name):
            continue
        if _is_secret(name, value):
            found.query[name] = with_secret(found, name, "SOURCE")
        else:
            operation.parameters.append(Parameter(name, "query", _schema_of_text(value)))


def _add_headers(operation: Operation, command: Command, found: Credentials) -> None:
    for name, value in command.headers.items():
        lower = name.lower()
        if lower == "authorization":
            _authorize(value, found)
        elif lower == "cookie":
            command.notes.append("The command sends cookies, which are left out.")
        elif lower in _SPOKEN or not usable(name):
            continue
        elif _is_secret(name, value) or is_opaque(value):
            found.headers[lower] = with_secret(found, name, "SOURCE")
        elif words(lower)[-1:] and words(lower)[-1] in _PUBLIC_ENDS and len(value) <= 40:
            operation.constants[lower] = line(value, 40)
        else:
            operation.parameters.append(Parameter(name, "header", {"type": "string"}))


def _authorize(value: str, found: Credentials) -> None:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "basic":
        made = basic("")
        found.kind, found.headers, found.asked = made.kind, made.headers | found.headers, made.asked
        return
    before = f"{scheme} " if rest and scheme.isalpha() and len(scheme) <= 12 else ""
    found.headers["authorization"] = before + with_secret(found, "API key", "SOURCE")


def _body(command: Command, operation: Operation, found: Credentials) -> Content | None:
    if command.form:
        parts: JsonObject = {
            name: {"type": "string", "format": "binary" if file else "text"}
            for name, file in command.form.items()
        }
        return Content("multipart/form-data", {"type": "object", "properties": parts})
    if not command.data:
        return None
    text = "&".join(command.data)
    media = next((v for k, v in command.headers.items() if k.lower() == "content-type"), "")
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        if command.is_json or (media and "urlencoded" not in media):
            return Content(media.split(";")[0].strip().lower() or "text/plain", {})
        media = "application/x-www-form-urlencoded"
        if _nameless(text):
            return Content(media, {})
        value = dict(_pairs(text))
    else:
        media = "application/json"
    if isinstance(value, dict):
        for name, one in value.items():
            if usable(name) and isinstance(one, str) and _is_secret(name, one):
                operation.given[name] = with_secret(found, name)
    return Content(media, _schema_of(value, 0))


def _pairs(text: str) -> list[tuple[str, str]]:
    """Give names and values of a query or form; what has no name is left out."""
    named = "&".join(piece for piece in text.split("&") if "=" in piece)
    return parse_qsl(named, keep_blank_values=True)


def _nameless(text: str) -> bool:
    return any(piece and "=" not in piece for piece in text.split("&"))


def _is_secret(name: str, value: str) -> bool:
    last = words(name)[-1:]
    named = is_secret_name(name) or bool(last and last[0].lower() in _SECRET_ENDS)
    return named or bool(credentials(value))


def _schema_of(value: JsonValue, depth: int) -> JsonObject:
    """Give the schema of a value without the value."""
    if isinstance(value, dict) and depth < _DEEPEST:
        rows = {name: _schema_of(one, depth + 1) for name, one in value.items()}
        return {"type": "object", "properties": {**rows}}
    if isinstance(value, list) and depth < _DEEPEST:
        return {"type": "array", "items": _schema_of(value[0], depth + 1) if value else {}}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "integer" if isinstance(value, int) else "number"}
    return {"type": "string"} if isinstance(value, str) else {}


def _schema_of_text(value: str) -> JsonObject:
    if value in ("true", "false"):
        return {"type": "boolean"}
    return {"type": "integer" if value.isascii() and value.isdigit() else "string"}


def _unreadable(why: str) -> Failure:
    return Failure(
        "This curl command cannot be read.",
        why=f"As a command line, {why}",
        next_step="Call `custom_app_scaffold` again with one whole command, as a shell takes it.",
        code="unreadable_command",
    )
