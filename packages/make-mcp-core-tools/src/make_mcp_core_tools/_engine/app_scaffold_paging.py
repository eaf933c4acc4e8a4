"""How further pages of a list are asked for, as far as an OpenAPI document says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from make_mcp_core_tools._engine.openapi_texts import member, usable, words

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject

    from make_mcp_core_tools._engine.openapi_operations import Operation
    from make_mcp_core_tools._engine.openapi_schemas import Schemas, Shape

_HOLDERS = ("links", "_links", "paging", "pagination", "meta", "pageinfo")
_NEXT_ADDRESS = frozenset({"next", "next url", "next link", "next page url", "next uri", "href"})
_CURSORS = frozenset({"cursor", "page token", "starting after", "after", "next token", "token"})
_NUMBERED = frozenset({"page", "page number", "offset", "skip", "start"})


class Paging(NamedTuple):
    """What is known: Make's `pagination` directive, and what somebody has to complete."""

    directive: JsonObject
    notes: list[str]


def paging(schemas: Schemas, operation: Operation) -> Paging:
    """Tell how an operation goes on.

    An answer that holds the address of the next page, or the next value of a cursor that is also
    a parameter, says so itself. A page number or offset says nothing of where the list ends.
    """
    places = _places(schemas, operation)
    for path, shape in places:
        address = shape.schema.get("format") in ("uri", "url", "uri-reference")
        if address and _spaced(path[-1]) in _NEXT_ADDRESS and "next" in _spaced(" ".join(path)):
            found = f"{{{{{member(['body', *path])}}}}}"
            return Paging({"url": found, "condition": found}, [])
    asked = [one.name for one in operation.parameters if one.place == "query" and usable(one.name)]
    for name in asked:
        for path, _ in places:
            if _goes_on(name, path):
                found = f"{{{{{member(['body', *path])}}}}}"
                return Paging({"qs": {name: found}, "condition": found}, [])
    counted = [name for name in asked if _spaced(name) in _NUMBERED]
    return Paging({}, [f"`{name}` looks like pages: add `pagination`." for name in counted[:1]])


def _places(schemas: Schemas, operation: Operation) -> list[tuple[list[str], Shape]]:
    """Give the texts of an answer in which the next page may stand."""
    if operation.answer is None:
        return []
    root = schemas.shape(operation.answer.schema)
    found: list[tuple[list[str], Shape]] = []
    waiting: list[tuple[list[str], Shape]] = [([], root)]
    while waiting:
        path, shape = waiting.pop(0)
        for name, value in shape.properties.items():
            if not usable(name):
                continue
            inner = schemas.shape(value, shape.through)
            if inner.type == "string":
                found.append(([*path, name], inner))
            elif inner.type == "object" and len(path) < 2 and _holds(name):
                waiting.append(([*path, name], inner))
    return found


def _holds(name: str) -> bool:
    return name.lower() in _HOLDERS or name.lower() == "next"


def _goes_on(parameter: str, path: list[str]) -> bool:
    """Tell whether a member of an answer is the next value of a parameter."""
    asked, given = _spaced(parameter), _spaced(path[-1])
    return asked in _CURSORS and given in (f"next {asked}", f"next {asked.split()[-1]}")


def _spaced(name: str) -> str:
    return " ".join(words(name)).lower()
