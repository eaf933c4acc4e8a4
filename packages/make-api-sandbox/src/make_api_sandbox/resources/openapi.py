"""The API's own description (API reference, chapter 2.19), written from the routes that answer.

Answers are not described: the routes do not declare their shape.
"""

import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus

from make_api_sandbox.http.body import Body, Member
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import RouteSpec, discover, route
from make_api_sandbox.shapes import JsonObject

TITLE = "Web API v2 – Public"
PLACEHOLDER = re.compile(r"\{(\w+)(?::\w+)?\}")
WANTED = re.compile(r"should be (string|integer|boolean|object|array)$")
CHOICE = "should be one of: "
PERSONS_PAGES = ("/credence/", "/oauth/")
"""Pages for people that live under the API's address and are no part of it."""


@route("GET", "/openapi.json", open=True)
def get_description(call: Call) -> JsonObject:
    """The OpenAPI document of everything that is served."""
    server = {"url": str(call.request.url).removesuffix("/openapi.json")}
    return {**_description(), "servers": [server]}


@cache
def _description() -> JsonObject:
    paths: dict[str, JsonObject] = {}
    for found in discover():
        if not found.spec.path.startswith(PERSONS_PAGES):
            at = paths.setdefault(PLACEHOLDER.sub(r"{\1}", found.spec.path), {})
            at[found.spec.method.lower()] = _operation(found.spec, found.handler.__doc__ or "")
    return {
        "openapi": "3.0.3",
        "info": {"title": TITLE, "version": "2.0"},
        "components": {
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
            }
        },
        "paths": dict(sorted(paths.items())),
    }


def _operation(spec: RouteSpec, about: str) -> JsonObject:
    operation: JsonObject = {
        "summary": about.partition("\n")[0],
        "tags": [spec.path.split("/")[1]],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in PLACEHOLDER.findall(spec.path)
        ],
        "responses": dict(_responses(spec)),
    }
    if _is_closed(spec):
        operation["security"] = [{"token": []}]
    if spec.scopes:
        operation["description"] = f"Scopes: {', '.join(spec.scopes)}."
    if spec.body:
        schema = {"schema": _schema(spec.body)}
        operation["requestBody"] = {"content": {"application/json": schema}}
    return operation


def _is_closed(spec: RouteSpec) -> bool:
    """True when a credential is needed; a route with scopes may ask for it by itself."""
    return bool(spec.scopes) or not spec.open


def _responses(spec: RouteSpec) -> Iterator[tuple[str, JsonObject]]:
    refusals = [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN] if _is_closed(spec) else []
    if spec.body:
        refusals.append(HTTPStatus.BAD_REQUEST)
    if spec.licence:
        refusals.append(HTTPStatus.PAYMENT_REQUIRED)
    for status in sorted([HTTPStatus.OK, *refusals]):
        yield str(status.value), {"description": status.phrase}


def _schema(body: Body) -> JsonObject:
    schema: JsonObject = {
        "type": "object",
        "properties": {name: _type(member) for name, member in body.members.items()},
        "additionalProperties": body.open,
    }
    required = [name for name, member in body.members.items() if member.required]
    return {**schema, "required": required} if required else schema


def _type(member: Member) -> JsonObject:
    """What a member wants, as its check says of a value that is nothing a body can hold."""
    told = member.check(object()) or ""
    found: JsonObject = {}
    if match := WANTED.search(told):
        found["type"] = match[1]
    elif told.startswith(CHOICE):
        found |= {"type": "string", "enum": told.removeprefix(CHOICE).split(", ")}
    if found.get("type") == "array":
        found["items"] = {}
    return {**found, "nullable": True} if found and member.nullable else found
