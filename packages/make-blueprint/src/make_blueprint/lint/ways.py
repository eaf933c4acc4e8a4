"""Ways: which of a router's routes a bundle goes, and from which failure an error route comes."""

from __future__ import annotations

from make_blueprint.document import JsonObject, JsonValue, as_list, as_object
from make_blueprint.walk import Visit


def conditions_of(module: JsonObject) -> list[JsonValue]:
    """Give the conditions of the filter in front of a module; none when everything passes."""
    return as_list(as_object(module.get("filter")).get("conditions"))


def is_filtered(route: JsonValue) -> bool:
    """Tell whether a route lets in only some bundles: its first module has conditions."""
    flow = as_list(as_object(route).get("flow"))
    return bool(flow) and bool(conditions_of(as_object(flow[0])))


def fallback_of(router: Visit) -> int | None:
    """Give the index of the route for what no other route let in, or None without one."""
    index = as_object(router.module.get("parameters")).get("else")
    routes = as_list(router.module.get("routes"))
    if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(routes):
        return index
    return None


def failing(visit: Visit) -> Visit | None:
    """Give the module whose failure leads to this one, or None outside of error routes."""
    current = visit
    while current.parent is not None:
        if current.role == "onerror":
            return current.parent
        current = current.parent
    return None
