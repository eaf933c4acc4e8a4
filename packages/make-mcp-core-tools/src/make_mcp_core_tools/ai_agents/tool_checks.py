"""Whether the tools of an agent can be called: their scenarios, connections and inputs.

An agent calls a scenario only while it is active and scheduled on demand (Make API reference,
chapter 2.5); what the model knows of it is its name, description and the labels of its inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from make_blueprint.lint.deeds import writes
from make_blueprint.walk import walk
from make_mcp_base.authoring import Document, Output, Problem

from make_mcp_core_tools._engine.blueprint_index import team_scenarios
from make_mcp_core_tools._engine.scenarios import read_stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.scenarios import Scenario
    from make_mcp_core_tools.ai_agents.records import ScenarioTool

Status = Literal["ok", "missing", "inactive", "paused", "not_on_demand"]
_FIXES: dict[str, str] = {
    "missing": "Leave it out; `scenario_list` shows what the team has.",
    "inactive": "Call `scenario_activate` (scenario_id={id}) first.",
    "paused": "Make holds it back: credits or payment are missing.",
    "not_on_demand": "Call `scenario_schedule_set` (scenario_id={id}, kind=on_demand) first.",
}
_WHYS: dict[str, str] = {
    "missing": "The team has no scenario {id}.",
    "inactive": "Scenario {id} is switched off.",
    "paused": "Scenario {id} is paused.",
    "not_on_demand": "Scenario {id} is not scheduled on demand.",
}


class ToolRow(Output):
    """A scenario tool, resolved."""

    scenario_id: int
    name: str = ""
    approval_mode: str = "auto-run"
    status: Status = "ok"
    inputs: list[str] = []
    """Names of its inputs; required ones end with *."""
    writes_with: list[str] = []
    """Modules that change something outside."""


@dataclass(slots=True)
class CheckedTool:
    """A scenario tool held against the team.

    Attributes:
        tool: As the agent has it.
        scenario: None when the team has none of this id.
        inputs: Fields of its interface.
        writing: Modules that change something, by the names of their types.
    """

    tool: ScenarioTool
    scenario: Scenario | None
    inputs: list[Document] = field(default_factory=list[Document])
    writing: list[str] = field(default_factory=list[str])

    @property
    def status(self) -> Status:
        """What keeps an agent from calling it."""
        if self.scenario is None:
            return "missing"
        if self.scenario.is_paused:
            return "paused"
        if not self.scenario.is_active:
            return "inactive"
        return "ok" if self.scenario.scheduling.get("type") == "on-demand" else "not_on_demand"

    @property
    def row(self) -> ToolRow:
        """It as a row of an answer."""
        names = [f"{one.get('name')}{'*' if one.get('required') else ''}" for one in self.inputs]
        return ToolRow(
            scenario_id=self.tool.make_scenario_id,
            name=self.scenario.name if self.scenario else "",
            approval_mode=self.tool.approval_mode,
            status=self.status,
            inputs=names,
            writes_with=self.writing,
        )

    def problem(self, path: str) -> Problem | None:
        """Say what keeps an agent from calling it; None when nothing does."""
        if self.status == "ok":
            return None
        ident = self.tool.make_scenario_id
        return Problem(
            path, _WHYS[self.status].format(id=ident), _FIXES[self.status].format(id=ident)
        )

    def advice(self) -> Iterable[str]:
        """Say what would make the agent use it better or more safely."""
        ident = self.tool.make_scenario_id
        if self.scenario and not self.scenario.description:
            yield (
                f"Scenario {ident} has no description, so the agent knows it by its name only:"
                " `scenario_update` sets one."
            )
        bare = [str(one.get("name")) for one in self.inputs if not one.get("help")]
        if bare:
            yield f"Inputs of scenario {ident} have no `help` text: {', '.join(bare)}."
        if self.writing and self.tool.approval_mode == "auto-run":
            yield (
                f"Scenario {ident} changes things ({', '.join(self.writing)}) and runs without"
                " asking; approval_mode=approval-required lets a person decide."
            )


async def check_tools(
    make: Make, team_id: int, tools: Sequence[ScenarioTool], *, deep: bool = True
) -> list[CheckedTool]:
    """Hold scenario tools against the team they are called in.

    Args:
        make: The call's Make.
        team_id: Team of the agent.
        tools: The tools.
        deep: Also read the blueprint of each, for inputs and modules that write.
    """
    if not tools:
        return []
    ids = [tool.make_scenario_id for tool in tools]
    rows = {row.id: row for row in await team_scenarios(make, {"teamId": team_id, "id": ids})}
    checked = [CheckedTool(tool, rows.get(tool.make_scenario_id)) for tool in tools]

    async def read(one: CheckedTool) -> None:
        if one.scenario is None:
            return
        stored = await read_stored(make, one.scenario.id)
        one.inputs = cast("list[Document]", stored.interface.get("input") or [])
        kinds = [visit.type for visit in walk(stored.blueprint) if writes(visit)]
        one.writing = list(dict.fromkeys(kinds))

    if deep:
        await make.each(checked, read)
    return checked


def problems_of(checked: Sequence[CheckedTool], path: str) -> list[Problem]:
    """Give what keeps the tools from being called, each at its place in the arguments."""
    found = (one.problem(f"{path}[{number}]") for number, one in enumerate(checked))
    return [problem for problem in found if problem]


async def missing_connections(make: Make, team_id: int, wanted: dict[str, int]) -> list[Problem]:
    """Find connections that the team does not have.

    Args:
        make: The call's Make.
        team_id: The team.
        wanted: Connection ids by their place in the arguments.
    """
    if not wanted:
        return []
    answer = cast(
        "dict[str, Any]",
        await make.json("/connections", {"teamId": team_id}, scope="connections:read"),
    )
    known = {row.get("id") for row in cast("list[Document]", answer.get("connections") or [])}
    return [
        Problem(
            path,
            f"Team {team_id} has no connection {ident}.",
            "`connection_list` shows them; `connection_create` makes one.",
        )
        for path, ident in wanted.items()
        if ident not in known
    ]
