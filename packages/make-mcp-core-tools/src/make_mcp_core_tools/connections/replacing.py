"""Moving scenarios from one connection to another, all of them or none.

The new id goes where the old one stood, and the name the editor shows beside it follows; everything
else in a blueprint stays byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass

from make_blueprint.bindings import Target, rebind
from make_blueprint.diff import diff
from make_blueprint.document import Blueprint, dump
from make_blueprint.validate import validate
from make_mcp_base.authoring import (
    ConnectionId,
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    ScenarioId,
    Undo,
    Watch,
    patch,
)
from pydantic import Field

from make_mcp_core_tools._engine.connection_uses import Bound, BoundScenario, read_blueprint
from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.records import (
    ConnectionRecord,
    OneScenario,
    read_connection,
)
from make_mcp_core_tools.connections.usage import users_of
from make_mcp_core_tools.connections.verifying import missing_scopes

WRITE = "scenarios:write"

# Inputs


class ReplaceConnection(Input):
    from_id: ConnectionId
    to_id: ConnectionId
    scenario_ids: list[ScenarioId] | None = Field(default=None, min_length=1, max_length=100)
    """Only these; default: all scenarios of the team that use `from_id`."""
    allow_missing_scopes: bool = False
    """Go on although the new connection has fewer scopes."""


# Outputs


class Replaced(Output):
    id: int
    name: str
    modules: list[int]
    diff: list[str]


class ConnectionReplaced(Output):
    from_id: int
    to_id: int
    changed: bool
    scenarios: list[Replaced]
    left: list[str] = []
    """Users that are not scenarios and still have the old connection."""
    next_calls: list[NextCall] = []


# Planning


@dataclass(frozen=True, slots=True)
class Move:
    """One scenario with its blueprint before and after."""

    scenario: BoundScenario
    modules: tuple[int, ...]
    before: Blueprint
    after: Blueprint

    @property
    def changes(self) -> list[str]:
        """The semantic differences, one a line."""
        return [entry.to_text() for entry in diff(self.before, self.after).entries]


async def _move(make: Make, bound: Bound, old: ConnectionRecord, new: ConnectionRecord) -> Move:
    scenario = await _fresh(make, bound.scenario.id)
    before = await read_blueprint(make, scenario.id)
    after = rebind(before, {"connection": {old.id: Target(new.id, new.name)}}, partial=True)
    ids = {b.module_id for b in bound.to("connection", old.id)}
    return Move(scenario, tuple(sorted(i for i in ids if i is not None)), before, after)


async def _fresh(make: Make, scenario_id: int) -> BoundScenario:
    path = f"/scenarios/{scenario_id}"
    return (await make.get(path, into=OneScenario, scope="scenarios:read")).scenario


def _faults(move: Move) -> list[Problem]:
    """List what would be wrong after the move and is not wrong now."""
    was = {(p.code, p.path) for p in validate(move.before) if p.severity == "error"}
    return [
        Problem(f"scenario {move.scenario.id} {p.path}", p.problem, p.fix)
        for p in validate(move.after)
        if p.severity == "error" and (p.code, p.path) not in was
    ]


async def _check_pair(
    make: Make, args: ReplaceConnection, old: ConnectionRecord, new: ConnectionRecord
) -> None:
    """Refuse a pair that cannot stand for each other; every reason at once."""
    problems: list[Problem] = []
    if old.id == new.id:
        problems.append(Problem("to_id", "is the same connection as `from_id`."))
    if old.team_id != new.team_id:
        problems.append(Problem("to_id", f"belongs to team {new.team_id}, not {old.team_id}."))
    if old.account_name != new.account_name:
        text = f"is of type `{new.account_name}`; `{old.account_name}` is needed."
        problems.append(Problem("to_id", text))
    elif lacking := await missing_scopes(make, new, old.granted):
        text = f"lacks scopes: {', '.join(lacking)}."
        fix = f"`credential_request_extend` connection_id={new.id} asks for them."
        if args.allow_missing_scopes:
            make.warn(f"The new connection {text}")
        else:
            problems.append(Problem("to_id", text, fix))
    if problems:
        raise Failure(
            f"“{old.name}” ({old.id}) cannot be replaced by “{new.name}” ({new.id}).",
            problems=problems,
            next_step=f"Choose another with `connection_list` types={old.account_name}.",
            code="not_replaceable",
        )


def _chosen(args: ReplaceConnection, bound: list[Bound]) -> list[Bound]:
    if args.scenario_ids is None:
        return bound
    using = {one.scenario.id for one in bound}
    strangers = [i for i in args.scenario_ids if i not in using]
    if strangers:
        raise Failure(
            f"Some scenarios do not use connection {args.from_id}.",
            problems=[Problem("scenario_ids", f"{i} does not use it.") for i in strangers],
            next_step=f"See who does: `connection_usage_get` connection_id={args.from_id}.",
            code="invalid_arguments",
        )
    return [one for one in bound if one.scenario.id in args.scenario_ids]


# The tool


@category.tool(
    scope=WRITE,
    effect="update",
    confirm=True,
    words=("swap", "switch account", "rotate", "migrate"),
    examples=[ReplaceConnection(from_id=31, to_id=47)],
)
async def connection_replace(make: Make, args: ReplaceConnection) -> ConnectionReplaced:
    """Put one connection in place of another in all scenarios that use it, or in some.

    Shows the differences first. Type and scopes must fit. `operation_undo` takes all back at once.
    """
    old = await read_connection(make, args.from_id)
    new = await read_connection(make, args.to_id)
    await _check_pair(make, args, old, new)
    users = await users_of(make, old)
    chosen = _chosen(args, users.bound)
    moves = await make.each(chosen, lambda one: _move(make, one, old, new))
    if problems := [fault for move in moves for fault in _faults(move)]:
        raise Failure(
            "Some scenarios would not be valid afterwards; nothing was changed.",
            problems=problems,
            next_step="Leave them out with `scenario_ids`, or repair them first.",
            code="invalid_blueprint",
        )
    for move in moves:
        await _write(make, move, old, new)
    left = [line for line in users.lines(old.id) if not line.startswith("Scenario")]
    return ConnectionReplaced(
        from_id=old.id,
        to_id=new.id,
        changed=bool(moves),
        scenarios=[_told(move) for move in moves],
        left=[*left, *users.not_checked],
        next_calls=[_verify(new)],
    )


async def _write(make: Make, move: Move, old: ConnectionRecord, new: ConnectionRecord) -> None:
    scenario = move.scenario
    path = f"/scenarios/{scenario.id}"
    make.shows(*(f"scenario {scenario.id}: {line}" for line in move.changes))
    if scenario.is_active:
        make.affects(f"Scenario “{scenario.name}” ({scenario.id}) is active and goes on with it.")
    now = scenario if make.planning else await _fresh(make, scenario.id)
    if now.last_edit != scenario.last_edit:
        raise Failure(
            f"Stopped before scenario {scenario.id}: it was edited meanwhile.",
            why=f"Its last edit is {now.last_edit}, the plan rests on {scenario.last_edit}.",
            next_step="Call `connection_replace` again for a new plan.",
            code="plan_moved",
        )
    await make.write(
        patch(path, _body(scenario, move.after)),
        into=OneScenario,
        says=f"Use “{new.name}” ({new.id}) for “{old.name}” ({old.id}) in “{scenario.name}”",
        undo=Undo(
            (patch(path, _body(scenario, move.before)),), Watch(path, ("scenario.lastEdit",))
        ),
        before={"lastEdit": scenario.last_edit},
        predict={"scenario": scenario.model_dump(mode="json")},
    )


def _body(scenario: BoundScenario, blueprint: Blueprint) -> Document:
    """Send the blueprint; where it has another name than the scenario, hold the scenario's."""
    body: Document = {"blueprint": dump(blueprint)}
    return body if blueprint.get("name") == scenario.name else body | {"name": scenario.name}


def _told(move: Move) -> Replaced:
    return Replaced(
        id=move.scenario.id,
        name=move.scenario.name,
        modules=list(move.modules),
        diff=move.changes,
    )


def _verify(new: ConnectionRecord) -> NextCall:
    return NextCall(
        tool="connection_verify",
        arguments={"connection_ids": [new.id]},
        why="Test the connection that is used now.",
    )
