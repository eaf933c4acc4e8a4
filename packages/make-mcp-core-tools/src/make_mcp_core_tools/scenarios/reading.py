"""Reading one scenario: its state, its structure, one module of it."""

from typing import Annotated, Any, Literal, cast

from make_blueprint.catalogue import known_modules
from make_blueprint.document import JsonObject, as_list, as_object
from make_blueprint.masking import masked
from make_blueprint.outline import describe_filter, outline, to_text
from make_blueprint.walk import Visit, walk
from make_mcp_base.authoring import (
    Counter,
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    ScenarioId,
    Timestamp,
)
from make_mcp_base.client.failures import NotFound
from pydantic import BeforeValidator, Field

from make_mcp_core_tools._engine.binding_checks import check_bindings
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.blueprint_versions import Version, versions_of
from make_mcp_core_tools._engine.interfaces import json_schema
from make_mcp_core_tools._engine.scenarios import Scenario, Stored, read_scenario, read_stored
from make_mcp_core_tools._engine.schedules import in_words
from make_mcp_core_tools.scenarios.declared import category
from make_mcp_core_tools.scenarios.outputs import BindingRow, Fault, binding_row, faults_of

Part = Literal["outline", "bindings", "blueprint", "interface", "trigger", "usage", "versions"]
_DEEPEST_FIELDS = 3
_MOST_FIELDS = 60


def _in_one_word(parts: object) -> object:
    """Take `triggers` for `trigger`, as Make's endpoint spells it."""
    if not isinstance(parts, list):
        return parts
    return ["trigger" if part == "triggers" else part for part in cast("list[object]", parts)]


# Inputs


class GetScenario(Input):
    scenario_id: ScenarioId
    include: Annotated[list[Part], BeforeValidator(_in_one_word)] = ["outline", "bindings"]
    """What to read beside the scenario's state."""


class GetModule(Input):
    scenario_id: ScenarioId
    module_id: int = Field(ge=1)
    """Id of the module, as in the outline."""
    version_id: int | None = Field(default=None, ge=1)
    """Read a kept version; default: the live blueprint."""


# Outputs


class Usage(Output):
    days_with_runs: int
    operations: int
    credits: float
    transfer_bytes: int


class Trigger(Output):
    id: int
    name: str = ""
    type: str = ""
    type_name: str = ""
    queue_count: int = 0
    queue_limit: int = 0


class ScenarioDetail(Output):
    id: int
    name: str
    description: str | None = None
    team_id: int
    folder_id: int | None = None
    active: bool
    invalid: bool | None = None
    """True when Make stopped it because of errors."""
    paused: bool | None = None
    incomplete_executions: int | None = None
    schedule: str
    next_exec: Timestamp | None = None
    last_edit: Timestamp | None = None
    """Send as `expected_last_edit` with an edit."""
    edited_by: str | None = None
    apps: list[str] = []
    outline: str | None = None
    """One line a module: id, name, filter; indented by nesting."""
    bindings: list[BindingRow] | None = None
    blueprint: Document | None = None
    interface: Document | None = None
    """Inputs and outputs as JSON Schema."""
    trigger: Trigger | None = None
    usage: Usage | None = None
    """Of the last 30 days."""
    versions: list[Version] | None = None
    url: str
    next_calls: list[NextCall] | None = None


class Source(Output):
    module_id: int
    name: str
    module: str
    fields: list[str]
    """Ready to map, `{{1.email}}`; empty when the module's output is not known."""


class ModuleDetail(Output):
    scenario_id: int
    module_id: int
    name: str
    module: str
    version: int | None = None
    path: str
    parameters: Document
    """Static settings, secrets masked."""
    mapper: Document
    """Mapped values, secrets masked."""
    filter: str | None = None
    """In words: what lets a bundle pass in front of the module."""
    error_handlers: list[str] | None = None
    bindings: list[BindingRow] | None = None
    upstream: list[Source]
    """Modules whose output may be mapped here."""
    faults: list[Fault] | None = None


# Parts of answers


class _Day(Output):
    operations: Counter = 0
    data_transfer: Counter = 0
    centicredits: Counter = 0


class _Days(Output):
    data: list[_Day]


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("scenarios_get", "get-scenario", "tools_get"),
    words=("show", "details", "structure"),
)
async def scenario_get(make: Make, args: GetScenario) -> ScenarioDetail:
    """Show a scenario: state, schedule, outline of its modules, and whether its bindings exist."""
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    detail = detail_of(make, scenario, stored)
    wanted: list[Part] = list(dict.fromkeys(args.include))

    async def add(part: Part) -> None:
        setattr(detail, part, await _part(make, part, scenario, stored))

    await make.each(wanted, add)
    return detail


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("extract_module_components",),
    words=("step", "settings", "mapping", "fields"),
)
async def scenario_module_get(make: Make, args: GetModule) -> ModuleDetail:
    """Show one module: settings, mapping, filter, bindings, and which fields it may map."""
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id, args.version_id)
    visits = {visit.id: visit for visit in walk(stored.blueprint) if visit.id is not None}
    visit = visits.get(args.module_id)
    if visit is None:
        raise Failure(
            f"Scenario {scenario.id} has no module {args.module_id}.",
            next_step="Call again with one of these ids.",
            code="not_found",
            problems=[Problem(str(one.id), one.label or one.type) for one in visits.values()][:40],
        )
    checked = await check_bindings(make, scenario.team_id, stored.blueprint, scenario.id)
    problems = all_faults(stored.blueprint)
    own = [one for one in checked if one.binding.module_id == visit.id]
    faults = faults_of((p for p in problems if p.module_id == visit.id), "blueprint")
    faults += faults_of((p for one in own if (p := one.as_problem)), "team")
    return ModuleDetail(
        scenario_id=scenario.id,
        module_id=args.module_id,
        name=visit.label or visit.type,
        module=visit.type,
        version=visit.version,
        path=visit.path,
        parameters=_settings(visit, "parameters"),
        mapper=_settings(visit, "mapper"),
        filter=describe_filter(visit.module.get("filter")) or None,
        error_handlers=_handlers(visit) or None,
        bindings=[binding_row(one) for one in own if one.binding.kind != "app"] or None,
        upstream=[_source(visits[number]) for number in visit.upstream if number in visits],
        faults=faults or None,
    )


# Parts of a scenario


def detail_of(make: Make, scenario: Scenario, stored: Stored) -> ScenarioDetail:
    """Tell the state of a scenario; its parts are added by those who want them."""
    return ScenarioDetail(
        id=scenario.id,
        name=scenario.name,
        description=scenario.description or None,
        team_id=scenario.team_id,
        folder_id=scenario.folder_id,
        active=scenario.is_active,
        invalid=scenario.isinvalid or None,
        paused=scenario.is_paused or None,
        incomplete_executions=scenario.dlq_count or None,
        schedule=in_words(cast("Document", stored.scheduling) or scenario.scheduling),
        next_exec=scenario.next_exec,
        last_edit=scenario.last_edit,
        edited_by=scenario.editor,
        apps=scenario.used_packages,
        url=make.page_url(scenario.url),
        next_calls=_next(scenario),
    )


def _next(scenario: Scenario) -> list[NextCall] | None:
    ids: Document = {"scenario_id": scenario.id}
    if scenario.isinvalid or scenario.dlq_count:
        return [NextCall(tool="scenario_troubleshoot", arguments=ids, why="It has problems.")]
    return None


async def _part(make: Make, part: Part, scenario: Scenario, stored: Stored) -> Any:
    match part:
        case "outline":
            return to_text(outline(stored.blueprint))
        case "blueprint":
            return masked(stored.blueprint)
        case "interface":
            return schemas_of(stored)
        case "bindings":
            checked = await check_bindings(make, scenario.team_id, stored.blueprint, scenario.id)
            return [binding_row(one) for one in checked if one.binding.kind != "app"]
        case "trigger":
            return await _trigger(make, scenario.id)
        case "usage":
            return await _usage(make, scenario.id)
        case "versions":
            return await versions_of(make, scenario.id)


async def _trigger(make: Make, scenario_id: int) -> Trigger | None:
    try:
        return await make.get(f"/scenarios/{scenario_id}/triggers", into=Trigger)
    except NotFound:  # it begins with no webhook
        return None


async def _usage(make: Make, scenario_id: int) -> Usage:
    days = (await make.get(f"/scenarios/{scenario_id}/usage", into=_Days)).data
    return Usage(
        days_with_runs=len(days),
        operations=sum(day.operations for day in days),
        credits=sum(day.centicredits for day in days) / 100,
        transfer_bytes=sum(day.data_transfer for day in days),
    )


def schemas_of(stored: Stored) -> Document:
    """Give inputs and outputs as JSON Schema, in the members `input_schema`, `output_schema`."""
    sides = {side: cast("list[Document]", stored.interface.get(side) or []) for side in _SIDES}
    return {f"{side}_schema": json_schema(fields) for side, fields in sides.items()}


_SIDES = ("input", "output")


# Parts of a module


def _settings(visit: Visit, part: str) -> Document:
    return cast("Document", as_object(masked(as_object(visit.module.get(part)))))


def _handlers(visit: Visit) -> list[str]:
    handlers = [as_object(one) for one in as_list(visit.module.get("onerror"))]
    return [f"{one.get('id')} {one.get('module')}" for one in handlers]


def _source(visit: Visit) -> Source:
    fields = as_list(as_object(visit.module.get("metadata")).get("interface"))
    known = known_modules().get(visit.type)
    names = list(_field_paths(fields)) or list(known.outputs if known else ())
    return Source(
        module_id=visit.id or 0,
        name=visit.label or visit.type,
        module=visit.type,
        fields=[f"{{{{{visit.id}.{name}}}}}" for name in names[:_MOST_FIELDS]],
    )


def _field_paths(fields: list[Any], prefix: str = "", depth: int = 0) -> list[str]:
    """Give the fields of a module's saved output schema as paths; lists end with `[]`."""
    found: list[str] = []
    for entry in fields:
        field: JsonObject = as_object(entry)
        name = field.get("name")
        if not isinstance(name, str):
            continue
        path = f"{prefix}{_quoted(name)}{'[]' if field.get('type') == 'array' else ''}"
        found.append(path)
        if depth < _DEEPEST_FIELDS:
            found += _field_paths(_inner(field), f"{path}.", depth + 1)
    return found


def _inner(field: JsonObject) -> list[Any]:
    """Give the fields inside a collection or a list of collections."""
    spec = field.get("spec")
    if isinstance(spec, dict):
        return as_list(spec.get("spec"))
    return as_list(spec)


def _quoted(name: str) -> str:
    plain = name.replace("_", "").isalnum() and not name[:1].isdigit()
    return name if plain else f"`{name}`"
