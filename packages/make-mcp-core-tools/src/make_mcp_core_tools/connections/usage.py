"""Who uses a connection: modules of scenarios, hooks and AI agents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from make_mcp_base.authoring import ConnectionId, Failure, Input, Make, NextCall, Output

from make_mcp_core_tools._engine.connection_uses import Bound, bound_scenarios
from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.records import (
    ConnectionRecord,
    HookRecord,
    Usage,
    hooks_of,
    read_connection,
)

# Inputs


class GetConnectionUsage(Input):
    connection_id: ConnectionId


# Outputs


class ModuleUse(Output):
    module_id: int | None = None
    """Absent for a default value of a scenario input."""
    path: str


class ScenarioUse(Output):
    id: int
    name: str
    active: bool
    modules: list[ModuleUse]


class ConnectionUsage(Output):
    connection_id: int
    name: str
    type: str
    in_use: bool
    scenarios: list[ScenarioUse]
    hooks: list[Usage] = []
    """App hooks that were registered with it."""
    agents: list[str] = []
    """AI agents that think with it."""
    not_checked: list[str] = []
    """Where it may also be used, and why that could not be read."""
    next_calls: list[NextCall] = []


# Finding users


@dataclass(slots=True)
class Users:
    """Everything that stops working when a connection goes away."""

    bound: list[Bound] = field(default_factory=list[Bound])
    hooks: list[HookRecord] = field(default_factory=list[HookRecord])
    agents: list[str] = field(default_factory=list[str])
    not_checked: list[str] = field(default_factory=list[str])

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.bound or self.hooks or self.agents)

    def lines(self, connection_id: int) -> list[str]:
        """Name each user on a line of its own."""
        lines: list[str] = []
        for one in self.bound:
            state = "active" if one.scenario.is_active else "inactive"
            ids = {b.module_id for b in one.to("connection", connection_id)}
            where = ", ".join(str(i) for i in sorted(i for i in ids if i is not None))
            lines.append(
                f"Scenario “{one.scenario.name}” ({one.scenario.id}, {state}), modules {where}"
            )
        lines += [f"Hook “{hook.name}” ({hook.id})" for hook in self.hooks]
        return [*lines, *(f"AI agent {agent}" for agent in self.agents)]


async def users_of(make: Make, connection: ConnectionRecord) -> Users:
    """Find everything in its team that uses a connection."""
    bound = await bound_scenarios(make, connection.team_id, ("connection", connection.id))
    users = Users([one for one in bound if one.to("connection", connection.id)])
    await _look(users, "hooks", _hooks(make, connection, users))
    await _look(users, "AI agents", _agents(make, connection, users))
    return users


async def _look(users: Users, what: str, work: Any) -> None:
    """Do a part of the search; one the token or the plan does not allow is told, not fatal."""
    try:
        await work
    except Failure as failure:
        if failure.code not in {"missing_scope", "forbidden", "licence_gate", "not_found"}:
            raise
        users.not_checked.append(f"{what}: {failure.what}")


async def _hooks(make: Make, connection: ConnectionRecord, users: Users) -> None:
    for hook in await hooks_of(make, connection.team_id):
        if str(hook.data.get("__IMTCONN__")) == str(connection.id):
            users.hooks.append(hook)


async def _agents(make: Make, connection: ConnectionRecord, users: Users) -> None:
    """Ask each agent; only its detail names the connection (API reference, 2.5)."""
    query = {"teamId": connection.team_id}
    listed = await make.json("/ai-agents/v1/agents", query, scope="ai-agents:read")
    agents = [cast("dict[str, Any]", a) for a in listed] if isinstance(listed, list) else []

    async def ask(agent: dict[str, Any]) -> None:
        path = f"/ai-agents/v1/agents/{agent.get('id')}"
        detail = await make.json(path, query, scope="ai-agents:read")
        if isinstance(detail, dict) and detail.get("makeConnectionId") == connection.id:
            users.agents.append(f"“{agent.get('name')}” ({agent.get('id')})")

    await make.each(agents, ask)


# Tools


@category.tool(
    scope="connections:read", effect="read", words=("dependencies", "who uses", "impact")
)
async def connection_usage_get(make: Make, args: GetConnectionUsage) -> ConnectionUsage:
    """Show what uses a connection: scenarios with their modules, app hooks, AI agents.

    Reads the blueprints of its team; later calls read only what was edited since.
    """
    connection = await read_connection(make, args.connection_id)
    users = await users_of(make, connection)
    return ConnectionUsage(
        connection_id=connection.id,
        name=connection.name,
        type=connection.account_name,
        in_use=bool(users),
        scenarios=[_use(one, connection.id) for one in users.bound],
        hooks=[Usage(id=hook.id, name=hook.name) for hook in users.hooks],
        agents=users.agents,
        not_checked=users.not_checked,
    )


def _use(one: Bound, connection_id: int) -> ScenarioUse:
    found = one.to("connection", connection_id)
    return ScenarioUse(
        id=one.scenario.id,
        name=one.scenario.name,
        active=one.scenario.is_active,
        modules=[ModuleUse(module_id=b.module_id, path=b.path) for b in found],
    )
