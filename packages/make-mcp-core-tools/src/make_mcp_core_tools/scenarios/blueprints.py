"""Blueprints as documents: read, validate, explain, and list what they need."""

from collections import Counter
from typing import Literal, cast

from make_blueprint.bindings import bindings
from make_blueprint.document import Blueprint, as_list, as_object
from make_blueprint.masking import masked
from make_blueprint.outline import describe_filter, outline, to_text
from make_blueprint.repair import repair
from make_blueprint.walk import IF_ELSE, MERGE, ROUTER, Visit, walk
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    Output,
    ScenarioId,
    TeamId,
    Timestamp,
)
from pydantic import Field

from make_mcp_core_tools._engine.binding_checks import (
    CheckedBinding,
    check_bindings,
    check_scopes,
)
from make_mcp_core_tools._engine.blueprint_arguments import (
    BlueprintArgument,
    as_blueprint,
)
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.scenarios import (
    Stored,
    is_instant,
    read_scenario,
    read_stored,
)
from make_mcp_core_tools._engine.schedules import in_words, place_of
from make_mcp_core_tools._engine.settings_faults import settings_faults
from make_mcp_core_tools.scenarios.declared import category
from make_mcp_core_tools.scenarios.outputs import BindingRow, Fault, binding_row, faults_of

_FREE = frozenset({ROUTER, IF_ELSE, MERGE})
_FREE_APPS = frozenset({"scenario-service", "placeholder"})
_RUNS_MEASURED = 50
_ENDED = 1, 2, 3

# Inputs


class GetBlueprint(Input):
    scenario_id: ScenarioId
    view: Literal["full", "outline", "modules"] = "full"
    """How much of it."""
    module_ids: list[int] = []
    """Only these modules, each with what it holds."""
    version_id: int | None = Field(default=None, ge=1)
    """A kept version (`blueprint_version_list`); default: live."""
    draft: bool = False
    """The unpublished draft."""
    max_bytes: int | None = Field(default=None, ge=1_000)
    """Size of the answer; the rest becomes a link."""


class OneBlueprint(Input):
    scenario_id: ScenarioId | None = None
    blueprint: BlueprintArgument | None = None
    """In place of a scenario."""


class ValidateBlueprint(OneBlueprint):
    target_team_id: TeamId | None = None
    """Team whose objects it is held against; default: the scenario's."""
    level: Literal["structure", "config", "live"] = "live"
    """structure: by itself; config: also whether bound objects exist with the right type; live:
    also the scopes of connections."""


class ListComponents(OneBlueprint):
    target_team_id: TeamId | None = None
    """Team to look in; default: the scenario's."""
    module_id: int | None = None
    """Only of this module."""


# Outputs


class BlueprintRead(Output):
    scenario_id: int
    name: str
    version: int | None = None
    last_edit: Timestamp | None = None
    module_count: int
    outline: str | None = None
    modules: list[Document] | None = None
    blueprint: Document | None = None
    """Secrets hidden; edit with `scenario_patch` rather than by sending it back."""


class Validation(Output):
    valid: bool
    """True when there is no error; warnings may remain."""
    errors: int
    warnings: int
    faults: list[Fault]
    repairs: list[str] | None = None
    """What `scenario_create` would put right by itself."""
    not_checked: list[str] | None = None
    """What could not be looked at, and why."""


class Measured(Output):
    runs: int
    operations_per_run: float
    credits_per_run: float
    duration_ms: float
    formula: str


class Analysis(Output):
    name: str
    trigger: str
    starts: str
    schedule: str | None = None
    module_count: int
    apps: list[str]
    steps: str
    """Outline: one line a module in the order they run."""
    routes: int
    error_handlers: int
    operations_per_bundle: int
    """Operations when every module runs once."""
    formula: str
    measured: Measured | None = None
    risks: list[str]
    """Facts of the blueprint that deserve a look."""


class Components(Output):
    components: list[BindingRow]
    by_kind: dict[str, int]
    not_ok: int
    """How many are missing, of the wrong type, or otherwise unusable."""


# Parts of answers


class _Run(Output):
    status: int | None = None
    operations: int = 0
    centicredits: int = 0
    duration: int = 0


class _Runs(Output):
    scenario_logs: list[_Run]


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("export", "json", "source"),
)
async def blueprint_get(make: Make, args: GetBlueprint) -> BlueprintRead:
    """Read a scenario's blueprint: whole, as an outline, or some modules; live or a version."""
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id, args.version_id, draft=args.draft)
    visits = list(walk(stored.blueprint))
    read = BlueprintRead(
        scenario_id=scenario.id,
        name=scenario.name,
        version=args.version_id,
        last_edit=stored.last_edit,
        module_count=len(visits),
    )
    if args.view == "outline":
        read.outline = to_text(outline(stored.blueprint))
    elif args.view == "modules" or args.module_ids:
        chosen = _modules_of(scenario.id, visits, args.module_ids)
        read.modules = [cast("Document", masked(visit.module)) for visit in chosen]
    else:
        read.blueprint = cast("Document", masked(stored.blueprint))
    return read


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=(
        "validate-blueprint",
        "validate_blueprint_schema",
        "validate_epoch_configuration",
        "validate_hook_configuration",
        "validate_scenario_interface",
        "validate_scheduling_schema",
        "validate_blueprint_epoch",
        "validate_blueprint_hook",
        "validate_blueprint_module",
        "validate_blueprint_scheduling",
        "validate_blueprint_interface",
    ),
    words=("check", "lint", "errors", "faults"),
    examples=[ValidateBlueprint(scenario_id=101)],
)
async def blueprint_validate(make: Make, args: ValidateBlueprint) -> Validation:
    """Find every fault of a blueprint at once: structure, references, expressions, bindings.

    Each comes with its place and its remedy. Nothing is changed.
    """
    blueprint, team, stored = await _chosen(make, args)
    repaired = repair(blueprint)
    problems = all_faults(repaired.blueprint)
    faults = faults_of((one for one in problems if one.severity != "info"), "blueprint")
    if stored is not None and args.scenario_id and team:
        faults += await _around(make, args.scenario_id, stored)
    skipped: list[str] = []
    if team is None and args.level != "structure":
        skipped.append("bindings: send target_team_id to hold them against a team")
    elif team is not None and args.level != "structure":
        checked = await check_bindings(make, team, blueprint, args.scenario_id)
        if args.level == "live":
            checked += await check_scopes(make, blueprint, checked)
        faults += faults_of((one for each in checked if (one := each.as_problem)), "team")
        skipped = _unverified(checked)
    counts = Counter(one.severity for one in faults)
    return Validation(
        valid=counts["error"] == 0,
        errors=counts["error"],
        warnings=counts["warning"],
        faults=sorted(faults, key=lambda one: one.severity != "error"),
        repairs=repaired.changes or None if stored is None else None,
        not_checked=skipped or None,
    )


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("analyze-blueprint",),
    words=("explain", "describe", "what does it do", "summary", "cost"),
)
async def blueprint_analyze(make: Make, args: OneBlueprint) -> Analysis:
    """Explain what a blueprint does: trigger, steps, routes, risks, operations a run takes.

    With a scenario, operations are also measured over its last runs.
    """
    blueprint, _, stored = await _chosen(make, args)
    visits = [visit for visit in walk(blueprint) if not visit.in_orphan]
    first = visits[0] if visits else None
    counted = [visit for visit in visits if _costs(visit)]
    schedule = in_words(cast("Document", stored.scheduling)) if stored else None
    return Analysis(
        name=str(blueprint.get("name") or ""),
        trigger=f"{first.label or first.type} ({first.type})" if first else "none",
        starts=_starts(first),
        schedule=schedule,
        module_count=len(visits),
        apps=list(dict.fromkeys(visit.app for visit in visits if visit.app)),
        steps=to_text(outline(blueprint)),
        routes=sum(len(as_list(visit.module.get("routes"))) for visit in visits),
        error_handlers=sum(bool(visit.module.get("onerror")) for visit in visits),
        operations_per_bundle=len(counted),
        formula="one operation for each module, routers, if-else, merges, error handlers, AI"
        " tools and modules of the Scenarios app not counted; iterators and searches multiply what"
        " follows them by their bundles",
        measured=await _measured(make, args.scenario_id) if args.scenario_id else None,
        risks=_risks(blueprint, visits),
    )


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=(
        "extract_blueprint_components",
        "extract-blueprint-connections",
    ),
    words=("dependencies", "connections used", "bindings", "requirements", "needs"),
)
async def blueprint_component_list(make: Make, args: ListComponents) -> Components:
    """List everything a blueprint needs from outside, with its place and whether it exists.

    Connections, webhooks, keys, data stores, data structures, devices, called scenarios, AI
    agents, variables, custom functions, and apps with their versions.
    """
    blueprint, team, _ = await _chosen(make, args)
    if team is None:
        checked = [CheckedBinding(need, "unverified") for need in bindings(blueprint)]
    else:
        checked = await check_bindings(make, team, blueprint, args.scenario_id)
    kept = [one for one in checked if args.module_id in (None, one.binding.module_id)]
    rows = [binding_row(one) for one in kept]
    return Components(
        components=rows,
        by_kind=dict(Counter(row.kind for row in rows)),
        not_ok=sum(row.status not in ("ok", "unverified") for row in rows),
    )


def _modules_of(scenario_id: int, visits: list[Visit], wanted: list[int]) -> list[Visit]:
    """Choose modules by id; all when none is named.

    Raises:
        Failure: Some ids belong to no module.
    """
    known = {visit.id: visit for visit in visits}
    strange = [number for number in wanted if number not in known]
    if strange:
        raise Failure(
            f"Scenario {scenario_id} has no module {', '.join(map(str, strange))}.",
            why=f"It has {', '.join(str(number) for number in known)}.",
            next_step="Call again with these ids.",
            code="not_found",
        )
    return [known[number] for number in dict.fromkeys(wanted)] or visits


# Which blueprint


async def _chosen(make: Make, args: OneBlueprint) -> tuple[Blueprint, int | None, Stored | None]:
    """Give the blueprint that was sent or the scenario's, and the team to hold it against.

    Raises:
        Failure: Neither or both were given.
    """
    if (args.blueprint is None) == (args.scenario_id is None):
        raise Failure(
            "Send either `scenario_id` or `blueprint`.",
            next_step="Call again with one of them.",
            code="invalid_arguments",
        )
    team: int | None = getattr(args, "target_team_id", None)
    if args.scenario_id is None:
        return as_blueprint(args.blueprint or {}), team or make.team_default, None
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    return stored.blueprint, team or scenario.team_id, stored


async def _around(make: Make, scenario_id: int, stored: Stored) -> list[Fault]:
    """Judge the schedule, inputs and outputs of the scenario with its blueprint."""
    scenario = await read_scenario(make, scenario_id)
    place = await place_of(make, scenario.team_id)
    found = settings_faults(stored, place, instant=is_instant(scenario, stored))
    return faults_of(found, "blueprint")


def _unverified(checked: list[CheckedBinding]) -> list[str]:
    told = {
        f"{one.binding.kind.replace('_', ' ')}s: {one.why}"
        for one in checked
        if one.status == "unverified" and one.why
    }
    return sorted(told)


# Explaining


def _costs(visit: Visit) -> bool:
    """Tell whether a module takes an operation each time it runs."""
    if visit.type in _FREE or visit.app in _FREE_APPS or visit.role == "tool":
        return False
    current: Visit | None = visit
    while current is not None:
        if current.role == "onerror":
            return False
        current = current.parent
    return True


def _starts(first: Visit | None) -> str:
    if first is None:
        return "It has no modules."
    parameters = as_object(first.module.get("parameters"))
    if parameters.get("hook") or parameters.get("__IMTHOOK__") or first.app == "gateway":
        return "at once, when data arrives at its webhook"
    if first.type.startswith("scenario-service:Start"):
        return "when another scenario, an agent or the API calls it"
    return "by its schedule"


async def _measured(make: Make, scenario_id: int) -> Measured | None:
    """Average the scenario's last finished runs; None when there are none."""
    query = {"pg[limit]": _RUNS_MEASURED}
    answer = await make.get(f"/scenarios/{scenario_id}/logs", query, into=_Runs)
    runs = [run for run in answer.scenario_logs if run.status in _ENDED]
    if not runs:
        return None
    count = len(runs)
    return Measured(
        runs=count,
        operations_per_run=round(sum(run.operations for run in runs) / count, 2),
        credits_per_run=round(sum(run.centicredits for run in runs) / 100 / count, 2),
        duration_ms=round(sum(run.duration for run in runs) / count, 1),
        formula=f"arithmetic mean over the last {count} finished runs",
    )


def _risks(blueprint: Blueprint, visits: list[Visit]) -> list[str]:
    """State facts that often mean trouble; nothing is estimated."""
    settings = as_object(as_object(blueprint.get("metadata")).get("scenario"))
    found: list[str] = []
    for visit in visits:
        name = f"Module {visit.id}"
        if visit.app == "builtin" and visit.name == "Break" and settings.get("dlq") is not True:
            found.append(f"{name}: Break stores nothing while incomplete executions are off.")
        if visit.type == ROUTER and _may_drop(visit):
            found.append(f"{name}: every route is filtered and none is the fallback.")
        mapper = as_object(visit.module.get("mapper"))
        if str(mapper.get("url", "")).startswith("http://"):
            found.append(f"{name}: the address is not encrypted (http://).")
        if visit.app == "http" and mapper.get("rejectUnauthorized") is False:
            found.append(f"{name}: certificates are not checked.")
    if not any(visit.module.get("onerror") for visit in visits) and settings.get("dlq") is not True:
        found.append("No module handles errors and incomplete executions are off.")
    if settings.get("sequential") is True and settings.get("dlq") is True:
        found.append("Sequential with incomplete executions: one stored failure holds up the rest.")
    orphans = [visit for visit in walk(blueprint) if visit.in_orphan]
    if orphans:
        found.append(f"{len(orphans)} modules are detached and never run.")
    return found


def _may_drop(router: Visit) -> bool:
    routes = [as_object(route) for route in as_list(router.module.get("routes"))]
    firsts = [as_object((as_list(route.get("flow")) or [None])[0]) for route in routes]
    fallback = as_object(router.module.get("parameters")).get("else")
    filtered = all(describe_filter(first.get("filter")) for first in firsts)
    return bool(firsts) and fallback is None and filtered
