"""`variable_usage_get`: the places that a rename or a deletion would break."""

from make_mcp_base.authoring import Document, Make, NextCall, Output, Page, PageInput, page_of

from make_mcp_core_tools._engine.blueprint_summary import ANY, Use
from make_mcp_core_tools._engine.variable_uses import Reader
from make_mcp_core_tools.variables.declared import category
from make_mcp_core_tools.variables.places import PlaceInput, find_variable, place_of
from make_mcp_core_tools.variables.uses import uses_of
from make_mcp_core_tools.variables.values import KnownName

# Inputs


class GetVariableUsage(PlaceInput, PageInput):
    name: KnownName
    """Exact name."""


# Outputs


class Place(Output):
    module_id: int | None = None
    path: str
    """Place in the blueprint."""
    by_name_at_run: bool | None = None
    """True when the expression takes all variables and picks one as it runs: it may be this."""


class ScenarioUse(Output):
    id: int
    name: str
    team_id: int
    active: bool
    places: list[Place]


class VariableUsage(Page):
    name: str
    expression: str
    in_use: bool
    searched_scenarios: int
    scenarios: list[ScenarioUse]
    not_searched: list[str] = []
    """Teams whose scenarios could not be read."""
    next_calls: list[NextCall] = []


# Tools


@category.tool(scope="scenarios:read", effect="read", words=("who uses", "impact", "references"))
async def variable_usage_get(make: Make, args: GetVariableUsage) -> VariableUsage:
    """Show which scenarios read a variable, in which modules and fields.

    Reads the blueprints of the team or of all teams; later calls read only what was edited since.
    """
    place = await place_of(make, args)
    await find_variable(make, place, args.name)
    uses = await uses_of(make, place, args.name)
    rows = [_row(reader, found) for reader, found in uses.found]
    page, more = page_of(rows, args)
    return VariableUsage(
        name=args.name,
        expression=place.token(args.name),
        in_use=bool(rows),
        searched_scenarios=uses.searched,
        scenarios=page,
        not_searched=uses.not_read,
        next_calls=[_edit(page[0])] if page else [],
        **more,
    )


def _row(reader: Reader, uses: list[Use]) -> ScenarioUse:
    return ScenarioUse(
        id=reader.scenario.id,
        name=reader.scenario.name,
        team_id=reader.scenario.team_id,
        active=reader.scenario.is_active,
        places=[
            Place(
                module_id=use.module_id,
                path=use.path,
                by_name_at_run=True if use.name == ANY else None,
            )
            for use in uses
        ],
    )


def _edit(row: ScenarioUse) -> NextCall:
    where: Document = {"scenario_id": row.id, "module_id": row.places[0].module_id}
    return NextCall(tool="scenario_module_get", arguments=where, why="See the mapping itself.")
