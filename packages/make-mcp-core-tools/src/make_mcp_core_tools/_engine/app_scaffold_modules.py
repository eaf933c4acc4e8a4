"""Modules of a scaffolded app: one for each operation of a service."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from make_blueprint.document import as_list, as_object

from make_mcp_core_tools._engine.app_scaffold_fields import Fields
from make_mcp_core_tools._engine.app_scaffold_paging import paging
from make_mcp_core_tools._engine.app_tree import Component
from make_mcp_core_tools._engine.custom_apps import SECTIONS
from make_mcp_core_tools._engine.openapi_texts import (
    camel,
    label,
    line,
    member,
    sample,
    told,
    usable,
)

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue

    from make_mcp_core_tools._engine.openapi_operations import Content, Description, Operation
    from make_mcp_core_tools._engine.openapi_schemas import Schemas, Shape

_CRUD = {"get": "read", "put": "update", "patch": "update", "delete": "delete"}
_CREATED = "201"
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_LONGEST_SAMPLE = 4_000
_BARE = ("array", "string", "integer", "number", "boolean")
_ENVELOPES = frozenset(
    {"content", "data", "entries", "hits", "items", "list", "objects", "records", "result"}
    | {"results", "rows", "value", "values"}
)
"""Usual names of the list in an answer that is an object."""


class NotWritten(ValueError):  # noqa: N818 - it says what happened
    """No module can be made of an operation; the message says why."""


@dataclass(slots=True)
class Request:
    """A request under construction.

    Attributes:
        api: The communication.
        fields: Fields of the module, by name.
        notes: What is left to do.
    """

    writer: Fields
    api: JsonObject = field(default_factory=dict[str, "JsonValue"])
    fields: dict[str, JsonObject] = field(default_factory=dict[str, "JsonObject"])
    notes: list[str] = field(default_factory=list[str])

    def ask(
        self, name: str, shape: Shape, *, required: bool = False, text: str = "", where: str = ""
    ) -> str:
        """Add a field and give the expression that its value has in the request."""
        plain = name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else camel(name, "field")
        own, number = plain, 2
        if own in self.fields and where:
            own = plain = f"{where}{plain[:1].upper()}{plain[1:]}"
        while own in self.fields:
            own, number = f"{plain}{number}", number + 1
        made = self.writer.one(own, shape, required=required, text=text)
        if own != name and "title" not in shape.schema:
            made["label"] = label(name)
        self.fields[own] = made
        return f"{{{{parameters.{member([own])}}}}}"


def module_of(service: Description, operation: Operation, name: str, connection: str) -> Component:
    """Write the module of an operation.

    Args:
        service: The service; what is left to do is added to its notes.
        operation: The operation.
        name: Name of the module.
        connection: Name of the connection, or "".

    Raises:
        NotWritten: The operation cannot be asked for by a module.
    """
    request = Request(Fields(service.schemas, asked=True))
    _write_request(service, operation, request)
    answer = _Answer(service.schemas, operation)
    search = answer.rows is not None
    if search:
        _page(service, operation, request, answer.rows or [])
    request.api |= answer.api(request.fields)
    meta: JsonObject = {
        "label": operation.summary or label(operation.id) or line(operation.title, 120),
        "description": operation.description or operation.summary or line(operation.title, 300),
        "type": "search" if search else "action",
    }
    if connection:
        meta["connection"] = connection
    if not search and (crud := _crud(operation)):
        meta["crud"] = crud
    cut = request.writer.cut or answer.writer.cut
    service.notes += [f"{operation.title}: {note}" for note in request.notes]
    service.notes += [f"{operation.title}: some fields are left out."] if cut else []
    sections = dict.fromkeys(SECTIONS["module"], "") | {
        "api": code(request.api),
        "expect": code(list(request.fields.values())) if request.fields else "",
        "interface": code(answer.interface) if answer.interface else "",
        "samples": code(answer.sample) if answer.sample else "",
    }
    return Component("module", name, meta, sections)


def code(value: JsonValue) -> str:
    """Write data as the code of a section."""
    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"


def module_names(operations: list[Operation]) -> dict[str, Operation]:
    """Name the modules of operations, each once."""
    names: dict[str, Operation] = {}
    for operation in operations:
        plain = camel(operation.id or f"{operation.method} {operation.path}", "call")
        name, number = plain, 2
        while name.lower() in {taken.lower() for taken in names}:
            name, number = f"{plain}{number}", number + 1
        names[name] = operation
    return names


# The request


def _write_request(service: Description, operation: Operation, request: Request) -> None:
    places: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    for parameter in operation.parameters:
        if not usable(parameter.name) or parameter.place == "cookie":
            request.notes.append(f"the {parameter.place} parameter is left out.")
            continue
        shape = service.schemas.shape(parameter.schema)
        value = request.ask(
            parameter.name,
            shape,
            required=parameter.required,
            text=parameter.description,
            where=parameter.place,
        )
        if shape.type == "array" and (parameter.place != "query" or not parameter.exploded):
            value = f"{{{{join({value[2:-2]}, ',')}}}}"
        places[parameter.place][parameter.name] = value
    if operation.constants:
        places["header"] = operation.constants | places["header"]
    url = _path(operation, places["path"], request, service.schemas)
    request.api["url"] = f"{operation.server}{url}"
    request.api["method"] = operation.method.upper()
    for place, directive in (("query", "qs"), ("header", "headers")):
        if places[place]:
            request.api[directive] = {**places[place]}
    if operation.body:
        _write_body(operation, operation.body, request)


def _path(operation: Operation, known: dict[str, str], request: Request, schemas: Schemas) -> str:
    """Write the path; what it names and no parameter describes becomes a field."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in operation.given:
            return operation.given[name]
        if not usable(name):
            raise NotWritten("its path has a name that no field can have.")
        if name not in known:
            known[name] = request.ask(name, schemas.shape({"type": "string"}), required=True)
        return f"{{{{encodeURL({known[name][2:-2]})}}}}"

    template = operation.path
    parts = _VARIABLE.split(template)[::2]
    if not template.startswith("/") or any("{" in part or "}" in part for part in parts):
        raise NotWritten("its path is no path.")
    if any(told(part, 2_000) != part for part in parts):
        raise NotWritten("its path holds what must not stand in code.")
    return _VARIABLE.sub(value, template)


def _write_body(operation: Operation, body: Content, request: Request) -> None:
    schemas = request.writer.schemas
    shape = schemas.shape(body.schema)
    form = body.media in ("multipart/form-data", "application/x-www-form-urlencoded")
    if body.media == "multipart/form-data":
        request.api["type"] = "multipart/form-data"
    elif form:
        request.api["type"] = "urlencoded"
    elif not body.is_json:
        request.api["type"] = "raw"
        request.api["headers"] = as_object(request.api.get("headers")) | _media(body.media)
        request.api["body"] = request.ask("data", schemas.shape({}), required=body.required)
        request.notes.append(f"the body is sent as {line(body.media, 60)}, as it is.")
        return
    if shape.type != "object" or not shape.properties:
        request.api["body"] = request.ask("body", shape, required=body.required)
        return
    sent: JsonObject = {}
    for name, value in shape.properties.items():
        inner = schemas.shape(value, shape.through)
        if inner.schema.get("readOnly") is True:
            continue
        if not usable(name) or request.writer.left <= 0:
            request.writer.cut = True
            continue
        required = body.required and name in shape.required
        given = operation.given.get(name)
        sent[name] = given or _sent(name, inner, required, request)
    request.api["body"] = sent


def _sent(name: str, shape: Shape, required: bool, request: Request) -> JsonValue:
    """Give what stands in a body for one member: of a file, name and data."""
    value = request.ask(name, shape, required=required, where="body")
    if shape.schema.get("format") != "binary" or request.api.get("type") != "multipart/form-data":
        return value
    file = request.ask(f"{name} file name", request.writer.schemas.shape({"type": "string"}))
    return {"value": value, "options": {"filename": file}}


def _media(media: str) -> JsonObject:
    return {"content-type": media} if usable(media) and "*" not in media else {}


def _crud(operation: Operation) -> str:
    if operation.method == "post":
        return "create" if operation.status == _CREATED else ""
    return _CRUD.get(operation.method, "")


# The answer


class _Answer:
    """What comes back.

    Attributes:
        rows: Path of the list in the answer; None when it is no list.
        interface: Fields of one bundle.
        sample: An example of one bundle.
        scalar: True when a bundle is no object, and becomes the member `value` of one.
    """

    def __init__(self, schemas: Schemas, operation: Operation) -> None:
        self.schemas, self.content = schemas, operation.answer
        self.writer = Fields(schemas, asked=False)
        self.rows: list[str] | None = None
        self.interface: list[JsonValue] = []
        self.sample: JsonObject = {}
        self.scalar = False
        self.kind = self._kind()
        if self.content and not self.kind:
            listing = operation.method == "get"
            last = re.sub(r"\W", "", operation.path.rsplit("/", 1)[-1]).lower()
            shape = schemas.shape(self.content.schema)
            self._read(self.content, shape, self._list_in(shape, last) if listing else None)

    def api(self, fields: dict[str, JsonObject]) -> JsonObject:
        """Write what the communication makes of an answer."""
        if self.kind:
            whole: JsonObject = {"type": self.kind, "output": {"data": "{{body}}"}}
            return {"response": whole}
        if self.rows is None:
            output: JsonValue = {"value": "{{body}}"} if self.scalar else "{{body}}"
            return {"response": {"output": output}} if self.content else {}
        response: JsonObject = {"iterate": f"{{{{{member(['body', *self.rows])}}}}}"}
        if "limit" in fields:
            response["limit"] = "{{parameters.limit}}"
        response["output"] = {"value": "{{item}}"} if self.scalar else "{{item}}"
        return {"response": response}

    def _kind(self) -> str:
        """Give how an answer that is no JSON is read."""
        media = self.content.media if self.content else ""
        if not self.content or self.content.is_json or media in ("*/*", ""):
            return ""
        kind = "text" if media.startswith("text/") or media.endswith("xml") else "binary"
        told_as = "text" if kind == "text" else "buffer"
        self.interface = [{"name": "data", "type": told_as, "label": "Data"}]
        return kind

    def _read(self, content: Content, shape: Shape, rows: list[str] | None) -> None:
        example: JsonValue = content.example or shape.schema.get("example")
        self.rows = rows
        for name in self.rows or []:
            shape = self.schemas.shape(shape.properties.get(name), shape.through)
            example = as_object(example).get(name)
        if self.rows is not None:
            shape = self.schemas.shape(shape.schema.get("items"), shape.through)
            example = next(iter(as_list(example)), None)
        if shape.type in _BARE:
            self.scalar = True
            self.interface = [self.writer.one("value", shape)]
        elif shape.type == "object":
            self.interface = self.writer.of(shape)
        cleaned = sample(example if isinstance(example, dict) else shape.schema.get("example"))
        if isinstance(cleaned, dict) and len(json.dumps(cleaned)) <= _LONGEST_SAMPLE:
            self.sample = cleaned

    def _list_in(self, shape: Shape, last: str) -> list[str] | None:
        """Find the list that an answer is, or holds as its only one under a telling name.

        Args:
            shape: The answer.
            last: Last part of the path, such as `pets`.
        """
        if shape.type == "array":
            return []
        lists = [
            name
            for name, value in shape.properties.items()
            if usable(name) and self.schemas.shape(value, shape.through).type == "array"
        ]
        telling = len(lists) == 1 and lists[0].lower() in {*_ENVELOPES, last}
        return lists if telling else None


def _page(service: Description, operation: Operation, request: Request, rows: list[str]) -> None:
    """Ask how many rows are wanted, and go on to further pages where the document says how."""
    if "limit" not in request.fields:
        limit: JsonObject = {"name": "limit", "type": "uinteger", "label": "Limit"}
        request.fields["limit"] = limit | {"help": "The most results of one run."}
    found = paging(service.schemas, operation)
    request.api |= {"pagination": found.directive} if found.directive else {}
    request.notes += found.notes
