"""What the scenarios of a team are bound to, from the index of its blueprints.

Bindings stand only in blueprints (API reference, 2.27).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_blueprint.document import load
from make_blueprint.problem import BlueprintError
from make_mcp_base.authoring import Failure, Output

from make_mcp_core_tools._engine.blueprint_index import listed, summaries
from make_mcp_core_tools._engine.blueprint_summary import NOTHING, need_term

if TYPE_CHECKING:
    from make_blueprint.bindings import Binding
    from make_blueprint.document import Blueprint
    from make_mcp_base.authoring import Make

READ = "scenarios:read"
COLUMNS = ["id", "name", "teamId", "isActive", "hookId", "lastEdit", "dlqCount", "isinvalid"]


class BoundScenario(Output):
    """A scenario, as far as its place and version go."""

    id: int
    name: str
    team_id: int = 0
    is_active: bool = False
    hook_id: int | None = None
    last_edit: str = ""
    dlq_count: int = 0
    isinvalid: bool = False

    @property
    def is_troubled(self) -> bool:
        """True when errors have stopped it or left incomplete executions behind."""
        return self.isinvalid or self.dlq_count > 0


@dataclass(frozen=True, slots=True)
class Bound:
    """A scenario with everything outside that its blueprint needs."""

    scenario: BoundScenario
    bindings: tuple[Binding, ...]

    def to(self, kind: str, ident: int) -> list[Binding]:
        """Its bindings to one thing."""
        return [b for b in self.bindings if b.kind == kind and str(b.value) == str(ident)]


async def bound_scenarios(
    make: Make, team_id: int, to: tuple[str, int | str] | None = None
) -> list[Bound]:
    """Read what every scenario of a team is bound to, by id.

    Args:
        make: The call's Make.
        team_id: The team.
        to: Kind and id of the one thing that is asked for: scenarios that do not bind it are told
            without their bindings, which is much quicker in a large team.

    Raises:
        Failure: The scenarios or their blueprints cannot be read.
    """
    rows = await listed(make, team_id, BoundScenario, COLUMNS)
    rows.sort(key=lambda row: row.id)
    wanted = [need_term(*to)] if to else []
    found = await summaries(make, team_id, rows, wanted=wanted)
    return [Bound(row, found.get(row.id, NOTHING).bindings) for row in rows]


async def read_blueprint(make: Make, scenario_id: int) -> Blueprint:
    """Read a scenario's live blueprint, every member kept.

    Raises:
        Failure: As `Make.json`; or what Make answered is no blueprint.
    """
    answer = await make.json(f"/scenarios/{scenario_id}/blueprint", scope=READ)
    try:
        return load(answer if isinstance(answer, dict) else {})
    except BlueprintError as wrong:
        raise Failure(
            f"The blueprint of scenario {scenario_id} cannot be read.",
            why=wrong.message,
            next_step="Open the scenario in Make and save it again.",
            code="unexpected_answer",
        ) from wrong
