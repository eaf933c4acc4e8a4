"""What scenarios depend on, what breaks when something changes, and pages about them."""

from typing import Literal

from make_blueprint.documentation import document
from make_blueprint.references import references
from make_blueprint.walk import find
from make_mcp_base.authoring import Failure, Input, Make, Output, ScenarioId, TeamId
from pydantic import Field

from make_mcp_core_tools._engine.run_log import read_entries
from make_mcp_core_tools._engine.scenarios import Scenario, read_scenario, read_stored
from make_mcp_core_tools._engine.team_graph import (
    Severity,
    TeamGraph,
    keys_of,
    severity,
    team_graph,
)
from make_mcp_core_tools.blueprint_collaboration.declared import category

_RUNS_LOOKED_AT = 50
_MOST_WEIGHED = 50

Kind = Literal[
    "scenario",
    "connection",
    "hook",
    "key",
    "data_store",
    "data_structure",
    "device",
    "agent",
    "team_variable",
    "organization_variable",
    "function",
]

# Inputs


class GetDependencies(Input):
    scenario_id: ScenarioId | None = None
    """Only what is around this scenario; default: the whole team."""
    target_team_id: TeamId | None = None
    """Team to look in; default: the scenario's, else the configured one."""
    depth: int = Field(default=2, ge=1, le=10)
    """Steps around the scenario."""
    format: Literal["json", "mermaid", "dot"] = "json"
    """As data, or as a drawing."""


class GetImpact(Input):
    kind: Kind
    """What would change."""
    id: int | str
    """Its id; of variables and functions the name."""
    module_id: int | None = None
    """With kind scenario: who inside it uses the output of this module."""
    field: str | None = None
    """Only this output field of the module (`email`)."""
    target_team_id: TeamId | None = None
    """Team to look in; default: the configured one."""


class GetDocument(Input):
    scenario_id: ScenarioId


# Outputs


class NodeRow(Output):
    key: str
    name: str | None = None
    active: bool | None = None
    missing: bool | None = None
    """True when the team has no such object."""


class EdgeRow(Output):
    source: str
    target: str
    modules: list[int | None]


class Dependencies(Output):
    nodes: list[NodeRow] | None = None
    edges: list[EdgeRow] | None = None
    diagram: str | None = None
    """For formats mermaid and dot."""
    cycles: list[list[str]] = []
    """Scenarios that call each other in a circle."""
    orphans: list[str] = []
    """Objects of the team that no scenario binds; agents and other teams may still use them."""
    missing: list[str] = []
    not_read: list[str] | None = None
    note: str = "Calls to a scenario's own webhook over plain HTTP are not seen."


class Dependent(Output):
    scenario_id: int
    name: str
    active: bool
    modules: list[int | None]
    severity: Severity
    evidence: str | None = None
    """Id of its latest run."""


class FieldUse(Output):
    module_id: int | None = None
    path: str
    text: str


class Impact(Output):
    subject: str
    dependents: list[Dependent] = []
    indirect: list[str] | None = None
    """Scenarios that call a dependent, over any number of steps."""
    uses: list[FieldUse] | None = None
    """Modules that map the output."""
    formula: str = (
        "high: active and ran at least once among its last 50 log entries; medium: active; low:"
        " not active"
    )


class ScenarioPage(Output):
    scenario_id: int
    markdown: str
    """A page with a Mermaid diagram; values of mappings are not in it."""


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("analyze-blueprint-dependencies",),
    words=("graph", "map", "sub-scenarios", "cycles", "orphans", "unused"),
    examples=[GetDependencies(scenario_id=101, format="mermaid")],
)
async def blueprint_dependency_get(make: Make, args: GetDependencies) -> Dependencies:
    """Show what scenarios depend on: each other, connections, hooks, stores, agents, variables.

    Finds circles of calls, objects that are gone, and objects nobody binds.
    """
    team = args.target_team_id
    if args.scenario_id is not None:
        team = (await read_scenario(make, args.scenario_id)).team_id
    whole = await team_graph(make, await make.team(team))
    graph = whole
    if args.scenario_id is not None:
        graph = whole.around(f"scenario:{args.scenario_id}", args.depth)
    shown = Dependencies(
        cycles=graph.cycles(),
        orphans=[f"{one.key} {one.name}" for one in graph.unused],
        missing=[node.key for node in graph.nodes.values() if node.missing],
        not_read=graph.unread or None,
    )
    if args.format == "mermaid":
        shown.diagram = graph.to_mermaid()
    elif args.format == "dot":
        shown.diagram = graph.to_dot()
    else:
        shown.nodes, shown.edges = _rows(graph)
    return shown


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("what breaks", "who uses", "blast radius", "dependents"),
    examples=[
        GetImpact(kind="connection", id=11),
        GetImpact(kind="scenario", id=101, module_id=3, field="email"),
    ],
)
async def blueprint_impact_get(make: Make, args: GetImpact) -> Impact:
    """Tell what breaks when something changes: scenarios that bind it, or modules that map it."""
    if args.module_id is not None:
        return await _field_impact(make, args)
    key = f"{args.kind}:{args.id}"
    graph = await team_graph(make, await make.team(args.target_team_id))
    scenarios = {f"scenario:{one.id}": one for one in graph.scenarios}
    edges = keys_of(graph.edges, key)
    if not edges and key not in graph.nodes and key not in {one.key for one in graph.unused}:
        raise Failure(
            f"The team has no {args.kind} {args.id}, and no scenario binds one.",
            next_step="`blueprint_dependency_get` lists what there is; other teams are asked with"
            " `target_team_id`.",
            code="not_found",
        )
    direct = [scenarios[edge.source] for edge in edges]
    latest = await make.each(direct[:_MOST_WEIGHED], lambda one: _latest_run(make, one))
    if len(direct) > _MOST_WEIGHED:
        make.warn(f"Runs were looked at for the first {_MOST_WEIGHED} dependents only.")
    runs = dict(zip([one.id for one in direct], latest, strict=False))
    rows = [
        Dependent(
            scenario_id=one.id,
            name=one.name,
            active=one.is_active,
            modules=list(edge.modules),
            severity=severity(one.is_active, runs.get(one.id) is not None),
            evidence=runs.get(one.id),
        )
        for one, edge in zip(direct, edges, strict=True)
    ]
    callers = _callers(graph, [edge.source for edge in edges])
    named = [f"{one.id} {one.name}" for name in callers if (one := scenarios.get(name))]
    rows.sort(key=lambda row: ("high", "medium", "low").index(row.severity))
    return Impact(subject=key, dependents=rows, indirect=named or None)


@category.tool(
    scope="scenarios:read", effect="read", words=("documentation", "describe", "handbook", "wiki")
)
async def blueprint_document(make: Make, args: GetDocument) -> ScenarioPage:
    """Write a page about a scenario: diagram, modules, inputs, needs, error handling, notes."""
    stored = await read_stored(make, args.scenario_id)
    return ScenarioPage(scenario_id=args.scenario_id, markdown=document(stored.blueprint))


# Parts


def _rows(graph: TeamGraph) -> tuple[list[NodeRow], list[EdgeRow]]:
    nodes = [
        NodeRow(
            key=node.key, name=node.name or None, active=node.active, missing=node.missing or None
        )
        for node in graph.nodes.values()
    ]
    edges = [
        EdgeRow(source=edge.source, target=edge.target, modules=list(edge.modules))
        for edge in graph.edges
    ]
    return nodes, edges


async def _latest_run(make: Make, scenario: Scenario) -> str | None:
    entries = await read_entries(make, scenario.id, limit=_RUNS_LOOKED_AT)
    return next((one.id for one in entries if one.is_run), None)


def _callers(graph: TeamGraph, keys: list[str]) -> list[str]:
    """Find the scenarios that call one of these, over any number of steps."""
    found: dict[str, None] = {}
    todo = list(keys)
    while todo:
        for edge in keys_of(graph.edges, todo.pop()):
            if edge.source not in found and edge.source not in keys:
                found[edge.source] = None
                todo.append(edge.source)
    return list(found)


async def _field_impact(make: Make, args: GetImpact) -> Impact:
    """Find who maps the output of a module."""
    if args.kind != "scenario" or not str(args.id).isdigit():
        raise Failure(
            "A module's output lies in a scenario.",
            next_step="Send kind=scenario and its id together with `module_id`.",
            code="invalid_arguments",
        )
    scenario = await read_scenario(make, int(args.id))
    stored = await read_stored(make, scenario.id)
    if find(stored.blueprint, args.module_id or 0) is None:
        raise Failure(
            f"Scenario {scenario.id} has no module {args.module_id}.",
            next_step=f"`scenario_get` with scenario_id={scenario.id} lists its modules.",
            code="not_found",
        )
    uses = [
        FieldUse(module_id=one.module_id, path=one.path, text=one.text)
        for one in references(stored.blueprint)
        if one.module == args.module_id and _within(one.field, args.field)
    ]
    what = f".{args.field}" if args.field else ""
    return Impact(subject=f"scenario:{scenario.id} module {args.module_id}{what}", uses=uses)


def _within(used: str, wanted: str | None) -> bool:
    """Tell whether a mapping reads a field or something inside it."""
    if wanted is None or used == wanted:
        return True
    return used.startswith((f"{wanted}.", f"{wanted}["))
