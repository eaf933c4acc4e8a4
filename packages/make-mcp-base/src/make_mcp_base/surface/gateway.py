"""The gateway: four tools through which every other is found and called.

Split by risk, so that what a host shows its user before a call stays true: the reading tool can
only read, the destroying one is the only one that destroys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from make_mcp_base.definition.catalog import Entry
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from make_mcp_base.definition.effects import Effect

Kind = Literal["search", "read", "write", "destroy"]

_CALL = {
    "tool": {"type": "string", "description": "Name of the tool."},
    "arguments": {"type": "object", "description": "Its arguments."},
}
_SEARCH = {
    "query": {"type": "string", "description": "What you want to do, or a tool's name."},
    "category": {"type": "string", "description": "Only in this category."},
    "limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 5, "description": "Hits."},
}
_EFFECTS: dict[Kind, Effect] = {
    "search": "read",
    "read": "read",
    "write": "update",
    "destroy": "delete",
}


def gateway_entries(slug: str) -> list[Entry]:
    """Describe the four gateway tools of a server."""
    search = f"make_{slug}_tool_search"
    texts: dict[Kind, str] = {
        "search": "Find more tools of this server by what they do. The best hits come with their"
        " arguments; call them with the gateway tool that the hit names.",
        "read": f"Call any tool that only reads. Find it with `{search}`.",
        "write": f"Call any tool that creates, changes or runs. Find it with `{search}`.",
        "destroy": f"Call any tool that deletes or stops. Find it with `{search}`.",
    }
    return [_entry(slug, kind, text) for kind, text in texts.items()]


def _entry(slug: str, kind: Kind, text: str) -> Entry:
    properties: dict[str, Any] = _SEARCH if kind == "search" else _CALL
    required = ["query"] if kind == "search" else ["tool"]
    return Entry(
        name=f"make_{slug}_tool_{kind}",
        category="gateway",
        bundle="",
        package="",
        description=text,
        input_schema={"type": "object", "properties": properties, "required": required},
        output_schema={"type": "object", "properties": {}},
        effect=_EFFECTS[kind],
        scope="",
        outside=kind == "write",
    )


def door(slug: str, entry: Entry) -> str:
    """Name the gateway tool that may call a tool."""
    kind = "read" if not entry.writes else "destroy" if entry.effect == "delete" else "write"
    return f"make_{slug}_tool_{kind}"


def check_door(slug: str, used: str, entry: Entry) -> None:
    """Refuse a tool that was called through the door of another class.

    Raises:
        Failure: Naming the right door.
    """
    right = door(slug, entry)
    if used != right:
        raise Failure(
            f"`{entry.name}` may not be called through `{used}`.",
            why=f"Its effect is `{entry.effect}`.",
            next_step=f"Call `{right}` with the same `tool` and `arguments`.",
            code="wrong_gateway",
        )
