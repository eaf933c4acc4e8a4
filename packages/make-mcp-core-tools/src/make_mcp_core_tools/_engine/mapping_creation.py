"""Making the webhooks and data structures that a mapping needs and the target team lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from make_mcp_base.authoring import Output, Undo, delete, post

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.mapping_planner import Need


class _Made(Output):
    id: int


class _MadeHook(Output):
    hook: _Made


class _MadeStructure(Output):
    data_structure: _Made


async def create_counterpart(make: Make, need: Need, team: int, needs: list[Need]) -> str:
    """Make the counterpart of a need in a team, and settle the need on it.

    Args:
        make: The call's Make.
        need: What is to be created.
        team: Where.
        needs: The whole mapping: a hook may need a connection of it.

    Returns:
        What was made, for the answer.
    """
    if need.kind == "hook":
        await _create_hook(make, need, team, needs)
    else:
        await _copy_structure(make, need, team)
    return f"{need.kind.replace('_', ' ')} {need.target} “{need.source.name}”"


async def _create_hook(make: Make, need: Need, team: int, needs: list[Need]) -> None:
    """Create a webhook like the original; its address is a new one."""
    settings = {
        name: value
        for name, value in (need.source.data or {}).items()
        if name not in ("teamId", "ip", "udt") and value is not None
    }
    defaults = {"method": False, "headers": False, "stringify": False}
    body: dict[str, Any] = {
        "name": need.source.name or "Webhook",
        "teamId": team,
        "typeName": need.source.type,
        **(defaults if need.source.type.startswith("gateway-") else {}),
        **settings,
    }
    connections = {one.source.id: one.target for one in needs if one.kind == "connection"}
    if isinstance(old := body.get("__IMTCONN__"), int):
        body["__IMTCONN__"] = connections.get(old, old)
    made = await make.write(
        post("/hooks", body, scope="hooks:write"),
        into=_MadeHook,
        says=f"Create the webhook “{body['name']}” in team {team}",
        undo=lambda made: Undo(
            (delete(f"/hooks/{made.hook.id}", scope="hooks:write", confirmed=True),)
        ),
        predict={"hook": {"id": make.new_id("hook")}},
    )
    need.target = made.hook.id
    number = "" if make.planning else f" {made.hook.id}"
    make.warn(f"The new webhook{number} has an address of its own; tell its senders.")


async def _copy_structure(make: Make, need: Need, team: int) -> None:
    name = need.source.name or f"Data structure {need.source.id}"
    made = await make.write(
        post(
            f"/data-structures/{need.source.id}/clone",
            {"name": name, "targetTeamId": team},
            scope="udts:write",
        ),
        into=_MadeStructure,
        says=f"Copy the data structure “{name}” to team {team}",
        undo=lambda made: Undo(
            (
                delete(
                    f"/data-structures/{made.data_structure.id}", scope="udts:write", confirmed=True
                ),
            )
        ),
        predict={"dataStructure": {"id": make.new_id("data structure")}},
    )
    need.target = made.data_structure.id
