"""Which components of a custom app need which: by name, by `rpc://`, by calling a function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from make_blueprint.document import as_list

from make_mcp_core_tools._engine.app_code import parts_of, whole_app
from make_mcp_core_tools._engine.custom_apps import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.app_code import Part

RPC = re.compile(r"rpc://([A-Za-z][A-Za-z0-9]*)")
_IN_CODE = ("rpc", "function")


async def users_of_part(make: Make, place: Place) -> list[str]:
    """Name the components that need a component, as `module getStock`.

    Code is read only where references stand in it: for RPCs and functions.
    """
    app = Place(place.app, place.version)
    if place.kind in _IN_CODE:
        parts = (await whole_app(make, app)).parts
    else:
        parts = await parts_of(make, app)
    return [
        part.place.title
        for part in parts
        if part.place != place and (place.kind, place.name) in set(needs_of(part))
    ]


def needs_of(part: Part) -> Iterator[tuple[str, str]]:
    """Give kind and name of everything a component needs, functions by every call in its code."""
    for member in ("connection", "altConnection"):
        if name := part.meta.get(member):
            yield "connection", str(name)
    for name in as_list(part.meta.get("attachedAccounts")):
        yield "connection", str(name)
    if name := part.meta.get("webhook"):
        yield "webhook", str(name)
    if part.place.kind == "function":
        return
    for text in part.sections.values():
        yield from (("rpc", name) for name in RPC.findall(text))
        yield from (("function", name) for name in called(text))


def called(text: str) -> list[str]:
    """Name the functions that the expressions in a text call."""
    return re.findall(r"\b([A-Za-z_]\w*)\(", text) if "{{" in text else []
