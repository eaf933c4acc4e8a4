"""What the scenarios of a team are bound to, read once and kept until a scenario is edited.

Bindings stand only in blueprints (API reference, 2.27). They are kept by scenario and `lastEdit`,
so that asking again costs one list call and the blueprints that changed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from make_blueprint.bindings import Binding, bindings
from make_blueprint.document import load
from make_blueprint.problem import BlueprintError
from make_mcp_base.authoring import Failure, Output

if TYPE_CHECKING:
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


async def bound_scenarios(make: Make, team_id: int) -> list[Bound]:
    """Read what every scenario of a team is bound to, by id.

    Raises:
        Failure: The scenarios or their blueprints cannot be read.
    """
    rows = await make.all(
        "/scenarios",
        {"teamId": team_id, "cols": COLUMNS},
        key="scenarios",
        item=BoundScenario,
        scope=READ,
    )
    versions = {str(row.id): row.last_edit for row in rows}

    async def fetch(key: str) -> str:
        try:
            found = bindings(await read_blueprint(make, int(key)))
        except Failure as failure:
            if failure.code != "not_found":
                raise
            found = []  # deleted since it was listed
        return json.dumps([asdict(binding) for binding in found])

    documents = await make.remembered("bindings", f"team:{team_id}", versions, fetch)
    rows.sort(key=lambda row: row.id)
    return [Bound(row, _read(documents[str(row.id)])) for row in rows]


def _read(document: str) -> tuple[Binding, ...]:
    return tuple(Binding(**entry) for entry in json.loads(document))


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
