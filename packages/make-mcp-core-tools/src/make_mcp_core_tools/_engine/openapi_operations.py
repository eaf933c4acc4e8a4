"""What an OpenAPI document says of its operations: requests, answers, tags, credentials.

OpenAPI Specification 3.0.3 and 3.1.0, chapters 4.7 and 4.8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin, urlsplit

from make_blueprint.document import as_list, as_object

from make_mcp_core_tools._engine.openapi_schemas import Schemas
from make_mcp_core_tools._engine.openapi_texts import line, told

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue

METHODS = ("get", "post", "put", "patch", "delete")
OTHER_METHODS = ("head", "options", "trace")
_PLACES = ("path", "query", "header", "cookie")
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_JSON = re.compile(r"(application/json|[\w.+/-]+\+json)\s*(;.*)?", re.IGNORECASE)
_VARIABLE = re.compile(r"\{([^{}]+)\}")

PlaceName = Literal["path", "query", "header", "cookie"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a request outside its body."""

    name: str
    place: PlaceName
    schema: JsonValue
    required: bool = False
    description: str = ""
    exploded: bool = True


@dataclass(frozen=True, slots=True)
class Content:
    """A body: of a request or of an answer."""

    media: str
    schema: JsonValue
    example: JsonValue = None
    required: bool = False

    @property
    def is_json(self) -> bool:
        """Tell whether it is JSON."""
        return _JSON.fullmatch(self.media) is not None


@dataclass(slots=True)
class Operation:
    """One request that a service answers.

    Attributes:
        path: Path template with `{names}`.
        server: Address of its own, or "".
        answer: Body of its first success; None without one.
        status: Status of that success, or "".
        refusal: Body of a failure.
        security: Alternatives of credentials by scheme with scopes; None where nothing is said.
        given: Expressions of names in the path and of members of the body that nobody fills in.
        constants: Headers with a fixed value.
    """

    method: str
    path: str
    id: str = ""
    summary: str = ""
    description: str = ""
    tag: str = ""
    server: str = ""
    parameters: list[Parameter] = field(default_factory=list[Parameter])
    body: Content | None = None
    answer: Content | None = None
    status: str = ""
    refusal: Content | None = None
    security: list[dict[str, list[str]]] | None = None
    deprecated: bool = False
    given: dict[str, str] = field(default_factory=dict[str, str])
    constants: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def title(self) -> str:
        """How texts name it: `GET /pets/{id}`."""
        return f"{self.method.upper()} {self.path}"


@dataclass(slots=True)
class Description:
    """A service as it is described.

    Attributes:
        server: Address of the service, or "".
        schemes: Security schemes by name.
        notes: What could not be taken over.
    """

    title: str
    version: str
    text: str
    server: str
    schemas: Schemas
    operations: list[Operation] = field(default_factory=list[Operation])
    schemes: dict[str, JsonObject] = field(default_factory=dict[str, "JsonObject"])
    notes: list[str] = field(default_factory=list[str])


def describe(document: JsonObject, address: str) -> Description:
    """Read a document.

    Args:
        document: OpenAPI 3.0 or 3.1.
        address: Where it was read, for relative servers, or "".
    """
    schemas = Schemas(document)
    info = as_object(document.get("info"))
    found = Description(
        line(info.get("title"), 120),
        line(info.get("version"), 40),
        told(info.get("description"), 3_000),
        "",
        schemas,
    )
    found.server = _server(document.get("servers"), address, found.notes)
    components = as_object(document.get("components"))
    for name, scheme in as_object(components.get("securitySchemes")).items():
        found.schemes[name] = schemas.resolved(scheme)
    whole = _security(document.get("security"))
    for path, item in as_object(document.get("paths")).items():
        _read_path(found, path, schemas.resolved(item), whole, address)
    hooks = len(as_object(document.get("webhooks")))
    if hooks:
        found.notes.append(
            f"{hooks} webhooks are described: make webhooks and instant triggers by hand."
        )
    return found


def _read_path(
    found: Description,
    path: str,
    item: JsonObject,
    whole: list[dict[str, list[str]]] | None,
    address: str,
) -> None:
    shared = as_list(item.get("parameters"))
    for method in METHODS:
        if not isinstance(item.get(method), dict):
            continue
        row = as_object(item[method])
        servers = row.get("servers") or item.get("servers")
        operation = Operation(
            method,
            path,
            id=line(row.get("operationId"), 120),
            summary=line(row.get("summary") or item.get("summary"), 120),
            description=line(row.get("description"), 500),
            tag=next((line(tag, 60) for tag in as_list(row.get("tags")) if line(tag, 60)), ""),
            server=_server(servers, address, found.notes) if servers else "",
            parameters=_parameters(found, [*shared, *as_list(row.get("parameters"))]),
            body=_body(found, row.get("requestBody")),
            security=_security(row["security"]) if "security" in row else whole,
            deprecated=row.get("deprecated") is True,
        )
        _read_answers(found, operation, as_object(row.get("responses")))
        found.operations.append(operation)
    found.notes += [
        f"{method.upper()} {line(path, 120)}: modules do not send this method."
        for method in OTHER_METHODS
        if method in item
    ]


def _parameters(found: Description, rows: list[JsonValue]) -> list[Parameter]:
    """Read parameters; those of an operation replace the path's of the same name."""
    known: dict[tuple[str, str], Parameter] = {}
    for value in rows:
        row = found.schemas.resolved(value)
        name, place = row.get("name"), row.get("in")
        if not isinstance(name, str) or place not in _PLACES:
            continue
        if place == "header" and name.lower() in _IGNORED_HEADERS:
            continue
        known[name, str(place)] = Parameter(
            name,
            place,
            row.get("schema") or _first(row.get("content")).get("schema"),
            row.get("required") is True or place == "path",
            line(row.get("description")),
            row.get("explode") is not False and row.get("style", "form") == "form",
        )
    return list(known.values())


def _body(found: Description, value: JsonValue) -> Content | None:
    row = found.schemas.resolved(value)
    content = _content(row.get("content"))
    if content is None:
        return None
    required = row.get("required") is True
    return Content(content.media, content.schema, content.example, required)


def _read_answers(found: Description, operation: Operation, rows: JsonObject) -> None:
    good = sorted(status for status in rows if status.startswith("2"))
    bad = sorted(status for status in rows if status[:1] in ("4", "5")) or ["default"]
    for status in good:
        row = found.schemas.resolved(rows[status])
        operation.status = operation.status or status
        if operation.answer is None and (content := _content(row.get("content"))):
            operation.answer, operation.status = content, status
    for status in bad:
        row = found.schemas.resolved(rows.get(status))
        operation.refusal = operation.refusal or _content(row.get("content"))


def _content(value: JsonValue) -> Content | None:
    """Choose among kinds of bodies: JSON where there is any."""
    rows = as_object(value)
    best = next((media for media in rows if _JSON.fullmatch(media)), None) or next(iter(rows), None)
    if best is None:
        return None
    row = as_object(rows[best])
    examples = [as_object(one).get("value") for one in as_object(row.get("examples")).values()]
    example = row.get("example", next(iter(examples), None))
    return Content(best.split(";")[0].strip().lower(), row.get("schema"), example)


def _security(value: JsonValue) -> list[dict[str, list[str]]] | None:
    if not isinstance(value, list):
        return None
    return [
        {
            name: [scope for scope in as_list(scopes) if isinstance(scope, str)]
            for name, scopes in as_object(row).items()
        }
        for row in value
    ]


def _server(value: JsonValue, address: str, notes: list[str]) -> str:
    """Give the address of the first server, its variables filled in."""
    rows = [as_object(row) for row in as_list(value)]
    if not rows:
        return ""
    variables = as_object(rows[0].get("variables"))

    def default(match: re.Match[str]) -> str:
        given = as_object(variables.get(match[1])).get("default")
        return str(given) if isinstance(given, str | int) else match[0]

    url = _VARIABLE.sub(default, line(rows[0].get("url"), 500)).rstrip("/")
    try:
        url = urljoin(address, url) if address else url
        parts = urlsplit(url)
    except ValueError:
        return ""
    absolute = parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc
    if not absolute or "{" in url or "}" in url or told(url) != url:
        notes.append(f"The server `{line(url, 120)}` is no complete address: write it into `base`.")
        return ""
    others = [line(row.get("url"), 80) for row in rows[1:4]]
    if variables or others:
        more = f" (others: {', '.join(others)})" if others else ""
        notes.append(f"The address is {url}{more}: change `base` where it differs by account.")
    return url


def _first(value: JsonValue) -> JsonObject:
    return as_object(next(iter(as_object(value).values()), None))
