"""Bundles: scenarios with what they need, to carry elsewhere, and scenarios made from them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from make_blueprint.bindings import OBJECT_KINDS, Kind, RebindMap, bindings, rebind
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object, compact, dump
from make_blueprint.structure import errors
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    ScenarioId,
    TeamId,
    Undo,
    delete,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.app_installation import explained
from make_mcp_core_tools._engine.blueprint_arguments import told
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.blueprint_files import (
    ScenarioFile,
    file_of,
    from_json,
    read_file,
    read_object,
    scenario_id_in,
)
from make_mcp_core_tools._engine.blueprint_repository import repository_of
from make_mcp_core_tools._engine.blueprint_secrets import emptied
from make_mcp_core_tools._engine.mapping_planner import Need, decide, undecided
from make_mcp_core_tools._engine.scenarios import OneScenario, read_scenario, read_stored
from make_mcp_core_tools._engine.team_objects import TeamObject, team_objects
from make_mcp_core_tools._engine.team_snapshots import structures_of, team_file
from make_mcp_core_tools.blueprint_collaboration.declared import category

FORMAT = "make-bundle/1"

# Inputs


class ExportBlueprints(Input):
    scenario_ids: list[ScenarioId] = Field(min_length=1, max_length=50)
    """Scenarios to put into the bundle."""
    include: list[Literal["data_structures", "interface"]] = ["data_structures", "interface"]
    """What goes along besides blueprints, schedules and the names of bound objects."""
    max_bytes: int | None = Field(default=None, ge=1_000)
    """Size of the answer; the rest becomes a link."""


class ImportBlueprints(Input):
    bundle: Document | None = None
    """From `blueprint_export`."""
    ref: str | None = None
    """Or a commit, branch or tag of the repository, to restore from a backup."""
    source_team_id: int | None = None
    """With `ref`: team that was backed up; default: the target team."""
    scenario_ids: list[int] = []
    """With `ref`: only these, by their former ids."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""
    team_id: TeamId | None = None
    """Team to create them in."""
    mapping: dict[str, dict[str, int]] = {}
    """Decisions by kind and old id, `{"connection": {"11": 42}}`. The rest by id, type and name."""
    create_missing: bool = False
    """Create data structures that have no counterpart."""


# Outputs


class BundleExported(Output):
    bundle: Document
    """Send as `bundle` to `blueprint_import`. Called scenarios come first; secrets are left out."""
    scenarios: int
    needs: dict[str, int]
    """How many objects of each kind the target must have."""


class ImportedScenario(Output):
    former_id: int
    scenario_id: int
    name: str
    url: str
    empty_fields: list[str] | None = None
    """Places that are empty now, because secrets are kept nowhere."""


class Imported(Output):
    team_id: int
    scenarios: list[ImportedScenario]
    """All switched off."""
    mapping: list[str] = []
    next_calls: list[NextCall] | None = None


class _Made(Output):
    id: int


class _MadeStructure(Output):
    data_structure: _Made


class _KeptInterface(Output):
    interface: Document = {}


# One import


@dataclass(slots=True)
class _Work:
    """An import while it is decided.

    Attributes:
        files: The scenarios, called ones first.
        objects: What the bundle tells of each bound object, by kind and id.
        mapping: New id by old id for each kind.
        create: Data structures to create.
    """

    team: int
    files: list[ScenarioFile]
    objects: dict[tuple[str, str], Document] = field(
        default_factory=dict[tuple[str, str], Document]
    )
    mapping: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    create: list[Document] = field(default_factory=list[Document])
    lines: list[str] = field(default_factory=list[str])


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("bundle", "portable", "share", "migrate", "another zone"),
)
async def blueprint_export(make: Make, args: ExportBlueprints) -> BundleExported:
    """Export scenarios with what they need as one portable bundle, always without secrets."""
    files: list[ScenarioFile] = []
    objects: JsonObject = {}
    for scenario_id in args.scenario_ids:
        scenario = await read_scenario(make, scenario_id)
        one = file_of(scenario, await read_stored(make, scenario_id))
        files.append(one)
        await _describe(make, scenario.team_id, one, objects, args)
    ordered = _called_first(files)
    rows = [one.to_json() for one in ordered]
    for row in rows:
        if "interface" not in args.include:
            row["interface"] = {"input": [], "output": []}
    bundle: Document = {"format": FORMAT, "scenarios": rows, "objects": objects}
    return BundleExported(
        bundle=bundle,
        scenarios=len(ordered),
        needs={kind: len(as_object(found)) for kind, found in objects.items()},
    )


@category.tool(
    scope="scenarios:write",
    effect="create",
    confirm=True,
    words=("restore from backup", "bundle", "recreate", "disaster recovery"),
    examples=[ImportBlueprints(ref="main", scenario_ids=[101], team_id=7)],
)
async def blueprint_import(make: Make, args: ImportBlueprints) -> Imported:
    """Create scenarios from a bundle or a backup, switched off, called ones first.

    Nothing is created unless everything they bind is there. Secrets have to be entered again.
    """
    team = await make.team(args.team_id)
    work = await _read(make, args, team)
    await _map(make, work, args)
    make.shows(*work.lines)
    for structure in work.create:
        await _create_structure(make, work, structure)
    made = [await _create(make, work, one) for one in work.files]
    first: Document = {"scenario_id": made[0].scenario_id}
    return Imported(
        team_id=team,
        scenarios=made,
        mapping=work.lines,
        next_calls=[NextCall(tool="scenario_get", arguments=first, why="Check it.")],
    )


# Exporting


async def _describe(
    make: Make, team: int, one: ScenarioFile, objects: JsonObject, args: ExportBlueprints
) -> None:
    """Tell names and types of what a scenario binds, and the fields of its data structures."""
    needs = [need for need in bindings(one.blueprint) if need.kind in OBJECT_KINDS]
    found = await team_objects(make, team, [need.kind for need in needs])
    for need in needs:
        ident = str(need.value).removeprefix("SCN_")
        known = found.known.get(need.kind, {}).get(int(ident)) if ident.isdigit() else None
        said: JsonObject = {"name": known.name if known else need.label}
        if (known and known.type) or need.type:
            said["type"] = known.type if known else need.type
        rows = cast("JsonObject", objects.setdefault(need.kind, {}))
        rows[ident] = said
    if "data_structures" in args.include:
        rows = cast("JsonObject", objects.get("data_structure", {}))
        for structure in await structures_of(make, [int(key) for key in rows if key.isdigit()]):
            as_object(rows[str(structure["id"])]).update(cast("JsonObject", structure))


def _called_first(files: list[ScenarioFile]) -> list[ScenarioFile]:
    """Order scenarios so that what is called comes before its callers, as far as that goes."""
    waiting, done = {one.scenario_id: one for one in files}, list[ScenarioFile]()
    while waiting:
        ready = [one for one in waiting.values() if not _calls(one) & (waiting.keys())]
        ready = ready or [next(iter(waiting.values()))]  # a circle has to begin somewhere
        for one in ready:
            done.append(waiting.pop(one.scenario_id))
    return done


def _calls(one: ScenarioFile) -> set[int]:
    called = {
        str(need.value).removeprefix("SCN_")
        for need in bindings(one.blueprint)
        if need.kind == "scenario"
    }
    return {int(value) for value in called if value.isdigit()} - {one.scenario_id}


# Reading


async def _read(make: Make, args: ImportBlueprints, team: int) -> _Work:
    if (args.bundle is None) == (args.ref is None):
        raise Failure(
            "Send either `bundle` or `ref`.",
            next_step="`blueprint_export` makes a bundle, `blueprint_backup` a commit.",
            code="invalid_arguments",
        )
    if args.bundle is not None:
        return _from_bundle(cast("JsonObject", args.bundle), team)
    return await _from_backup(make, args, team)


def _from_bundle(bundle: JsonObject, team: int) -> _Work:
    rows = as_list(bundle.get("scenarios"))
    if bundle.get("format") != FORMAT or not rows:
        raise Failure(
            "This is not a bundle.",
            next_step="Send what `blueprint_export` gave as `bundle`.",
            code="invalid_arguments",
        )
    files = [from_json(row, f"bundle.scenarios[{number}]") for number, row in enumerate(rows)]
    work = _Work(team, _called_first(files))
    for kind, found in as_object(bundle.get("objects")).items():
        for ident, row in as_object(found).items():
            work.objects[kind, ident] = cast("Document", as_object(row))
    return work


async def _from_backup(make: Make, args: ImportBlueprints, team: int) -> _Work:
    repository, ref = repository_of(make, args.repository), args.ref or ""
    source = args.source_team_id or team
    names = {
        ident: name
        for name in await repository.names(ref, f"team-{source}")
        if (ident := scenario_id_in(name))
    }
    wanted = args.scenario_ids or list(names)
    lost = [ident for ident in wanted if ident not in names]
    if lost or not wanted:
        raise Failure(
            f"“{ref}” keeps no {lost or 'scenarios'} of team {source}.",
            next_step="Name another `ref` or `source_team_id`; `blueprint_drift_get` tells what is"
            " missing in Make.",
            code="not_in_repository",
        )
    files = [
        read_file(await repository.read(ref, names[ident]) or b"", names[ident]) for ident in wanted
    ]
    work = _Work(team, _called_first(files))
    text = await repository.read(ref, team_file(source))
    kept = as_object(read_object(text or b"{}", team_file(source)).get("objects"))
    for kind, rows in kept.items():
        for row in map(as_object, as_list(rows)):
            work.objects[kind, str(row.get("id"))] = cast("Document", row)
    return work


# Mapping


async def _map(make: Make, work: _Work, args: ImportBlueprints) -> None:
    """Decide what the new scenarios bind.

    Raises:
        Failure: Something has no counterpart, or a blueprint has faults; all are told.
    """
    needs = _needs(work)
    found = await team_objects(make, work.team, [need.kind for need in needs])
    await decide(make, needs, found, args.mapping, create_missing=args.create_missing)
    problems = undecided(needs, args.mapping)
    for one in work.files:
        problems += told(errors(all_faults(one.blueprint)), f"scenario {one.scenario_id}")
    if problems:
        raise Failure(
            "Nothing was created: not everything the scenarios need is there.",
            next_step="Call again with `mapping` for those above, or create them first.",
            code="unmapped",
            problems=problems,
        )
    for need in needs:
        if need.target is not None:
            work.mapping.setdefault(need.kind, {})[need.key] = need.target
            work.lines.append(need.line())
        elif need.to_create:
            work.create.append(work.objects[need.kind, need.key] | {"id": need.key})


def _needs(work: _Work) -> list[Need]:
    """Tell what the scenarios bind beside one another, as the bundle describes it."""
    own = {("scenario", str(one.scenario_id)) for one in work.files}
    found: dict[tuple[Kind, str], Need] = {}
    for binding in (one for file in work.files for one in bindings(file.blueprint)):
        ident = str(binding.value).removeprefix("SCN_")
        place = (binding.kind, ident)
        if binding.kind not in OBJECT_KINDS or not ident.isdigit() or place in own:
            continue
        said = work.objects.get(place, {"name": binding.label, "type": binding.type})
        known = TeamObject(
            id=int(ident), name=str(said.get("name") or ""), type_name=str(said.get("type") or "")
        )
        creatable = binding.kind == "data_structure" and bool(said.get("spec"))
        need = Need(binding.kind, known, scopes=frozenset(), creatable=creatable)
        found.setdefault(place, need)
    return list(found.values())


# Creating


async def _create_structure(make: Make, work: _Work, said: Document) -> None:
    name = str(said.get("name") or "Data structure")
    body: Any = {
        "name": name,
        "teamId": work.team,
        "strict": bool(said.get("strict")),
        "spec": said["spec"],
    }
    made = await make.write(
        post("/data-structures", body, scope="udts:write"),
        into=_MadeStructure,
        says=f"Create the data structure “{name}” in team {work.team}",
        undo=lambda made: Undo(
            (
                delete(
                    f"/data-structures/{made.data_structure.id}", scope="udts:write", confirmed=True
                ),
            )
        ),
        predict={"dataStructure": {"id": make.new_id("data structure")}},
    )
    work.mapping.setdefault("data_structure", {})[str(said["id"])] = made.data_structure.id
    work.lines.append(f"data_structure {said['id']} “{name}” → a new one")


async def _create(make: Make, work: _Work, one: ScenarioFile) -> ImportedScenario:
    bound = rebind(one.blueprint, cast("RebindMap", work.mapping), partial=True)
    blueprint, secrets = emptied(bound)
    body: dict[str, Any] = {
        "teamId": work.team,
        "blueprint": dump(blueprint),
        "scheduling": compact(one.scheduling or {"type": "on-demand"}),
    }
    new = make.new_id("scenario")
    writing = make.write(
        post("/scenarios", body, confirmed=True),
        into=OneScenario,
        says=f"Create the scenario “{one.name}” in team {work.team}",
        undo=lambda made: Undo((delete(f"/scenarios/{made.scenario.id}"),)),
        predict={"scenario": {"id": new, "name": one.name, "teamId": work.team}},
    )
    made = (await explained(writing, blueprint, "blueprint_import")).scenario
    work.mapping.setdefault("scenario", {})[str(one.scenario_id)] = made.id
    if _declares(one.interface.values()):
        await make.write(
            patch(f"/scenarios/{made.id}/interface", {"interface": one.interface}),
            into=_KeptInterface,
            says=f"Declare inputs and outputs of “{one.name}”",
            undo=Undo((), note="It goes with the scenario."),
            predict={"interface": one.interface},
        )
    return ImportedScenario(
        former_id=one.scenario_id,
        scenario_id=made.id,
        name=made.name,
        url=make.page_url(made.url),
        empty_fields=secrets or None,
    )


def _declares(sides: Iterable[JsonValue]) -> bool:
    return any(as_list(side) for side in sides)
