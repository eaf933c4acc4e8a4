"""Data structures: the fields that records and payloads follow."""

from collections.abc import Sequence
from typing import Literal

from make_mcp_base.authoring import (
    DataStructureId,
    Document,
    Failure,
    Input,
    Json,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    TeamId,
    Undo,
    Watch,
    delete,
    page_of,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.data_fields import (
    Fields,
    breaking_changes,
    record_problems,
    spec_problems,
)
from make_mcp_core_tools._engine.data_schemas import fields_of_schema, schema_of_fields
from make_mcp_core_tools.folders.declared import category
from make_mcp_core_tools.folders.stores import READ as STORES_READ
from make_mcp_core_tools.folders.stores import Store, read_records
from make_mcp_core_tools.folders.usage import User

_SCANNED = 1_000
"""Records of a data store that are held against a new structure."""

# Inputs


class ListStructures(PageInput):
    team_id: TeamId | None = None
    name_contains: str | None = None
    """Only structures with this text in their name."""
    unused: bool = False
    """Only those that no scenario and no data store uses."""


class GetStructure(Input):
    data_structure_id: DataStructureId
    include: list[Literal["json_schema"]] = []
    """`json_schema`: the fields as a JSON Schema too."""


class CreateStructure(Input):
    name: str = Field(min_length=1, max_length=128)
    """Name of the new structure."""
    team_id: TeamId | None = None
    spec: list[Document] | None = None
    """Make's fields: {name, type, label, required, default, spec}; types boolean, text, number,
    date, buffer, collection, array."""
    json_schema: Document | None = None
    """Or a JSON Schema of an object."""
    strict: bool = False
    """Refuse records with members that the structure lacks."""


class UpdateStructure(Input):
    data_structure_id: DataStructureId
    name: str | None = Field(default=None, min_length=1, max_length=128)
    """New name."""
    spec: list[Document] | None = None
    """All fields; they replace the present ones."""
    json_schema: Document | None = None
    """Or a JSON Schema of an object."""
    strict: bool | None = None
    """Whether to refuse records with members that the structure lacks."""


class DeleteStructure(Input):
    data_structure_id: DataStructureId


class CloneStructure(Input):
    data_structure_id: DataStructureId
    name: str | None = Field(default=None, min_length=1, max_length=128)
    """The same name when left out."""
    target_team_id: TeamId | None = None
    """The same team when left out."""


# Outputs


class StructureRow(Output):
    id: int
    name: str
    used_by_scenarios: int | None = None
    """Absent when Make does not tell."""
    used_by_data_stores: int | None = None


class Structures(Page):
    data_structures: list[StructureRow]


class Structure(Output):
    id: int
    name: str
    team_id: int
    strict: bool = False
    spec: list[Document] = []


class StructureDetail(Structure):
    json_schema: Document | None = None
    scenarios: list[User] | None = None
    """Scenarios that use it; absent when Make does not tell."""
    data_stores: list[User] = []


class StructureSaved(Output):
    data_structure: Structure
    changed: bool = True
    breaking: list[str] = []
    """What former records no longer fit."""
    at_risk: list[str] = []
    """Data stores and scenarios that follow the structure, when the change is breaking."""
    next_calls: list[NextCall] = []


class StructureDeleted(Output):
    data_structure: int


# Make's answers


class OneStructure(Output):
    data_structure: Structure


class Listed(Output):
    id: int
    name: str
    scenario_usages: list[User] | None = None
    data_store_usages: list[User] | None = None


class DeletedAnswer(Output):
    data_structure: int | None = None


# Tools


@category.tool(
    scope="udts:read",
    effect="read",
    formerly=("data-structures_list", "list-data-structures"),
    words=("udt", "fields"),
)
async def data_structure_list(make: Make, args: ListStructures) -> Structures:
    """List the data structures of a team, and how many scenarios and data stores use each."""
    found = await _listed(make, args.team_id or 0)
    wanted = (args.name_contains or "").casefold()
    rows = [_row(each) for each in found if wanted in each.name.casefold()]
    if args.unused:
        rows = [r for r in rows if not (r.used_by_scenarios or r.used_by_data_stores)]
        if any(each.scenario_usages is None for each in found):
            make.warn(
                "Make did not tell which scenarios use them; they may be in use all the same."
            )
    page, more = page_of(rows, args)
    return Structures(data_structures=page, **more)


@category.tool(
    scope="udts:read", effect="read", formerly=("data-structures_get", "get-data-structure")
)
async def data_structure_get(make: Make, args: GetStructure) -> StructureDetail:
    """Show the fields of a data structure and who uses it."""
    structure = await _read(make, args.data_structure_id)
    scenarios, stores = await _users(make, structure)
    schema = schema_of_fields(structure.spec, strict=structure.strict)
    return StructureDetail(
        **structure.model_dump(),
        json_schema=schema if "json_schema" in args.include else None,
        scenarios=scenarios,
        data_stores=stores,
    )


@category.tool(
    scope="udts:write",
    effect="create",
    formerly=("data-structures_create", "create-data-structure"),
    examples=(
        CreateStructure(
            team_id=34,
            name="Order",
            spec=[
                {"name": "number", "type": "text", "required": True},
                {"name": "lines", "type": "array", "spec": {"type": "text"}},
            ],
        ),
    ),
)
async def data_structure_create(make: Make, args: CreateStructure) -> StructureSaved:
    """Create a data structure from fields or a JSON Schema; all faults are told at once.

    `data_structure_generate` makes fields out of samples.
    """
    spec, problems = _given(args.spec, args.json_schema)
    if spec is None:
        problems.append(Problem("spec", "or `json_schema` is needed."))
    _refuse(problems, "data_structure_create")
    body = {"name": args.name, "teamId": args.team_id, "strict": args.strict, "spec": spec}
    answer = await make.write(
        post("/data-structures", body),
        into=OneStructure,
        says=f"Create the data structure “{args.name}” in team {args.team_id}",
        undo=lambda made: _deletes(made.data_structure),
    )
    made = answer.data_structure
    arguments = {"name": args.name, "team_id": args.team_id, "data_structure_id": made.id}
    call = NextCall(tool="data_store_create", arguments=arguments, why="Keep such records.")
    return StructureSaved(data_structure=made, next_calls=[call])


@category.tool(
    scope="udts:write",
    effect="update",
    formerly=("data-structures_update", "update-data-structure"),
)
async def data_structure_update(make: Make, args: UpdateStructure) -> StructureSaved:
    """Change a data structure. A change that present records do not fit is planned first.

    Records are not converted: the plan names the data stores at risk, and how many of their
    records would no longer fit.
    """
    spec, problems = _given(args.spec, args.json_schema)
    _refuse(problems, "data_structure_update")
    now = await _read(make, args.data_structure_id)
    wanted: dict[str, Json | Fields] = {"name": args.name, "spec": spec, "strict": args.strict}
    former = now.model_dump()
    changes = {k: v for k, v in wanted.items() if v is not None and v != former[k]}
    if not changes:
        return StructureSaved(data_structure=now, changed=False)
    after = Structure.model_validate(former | changes)
    breaking = breaking_changes(now.spec, after.spec, was_strict=now.strict, is_strict=after.strict)
    at_risk = await _at_risk(make, now, after) if breaking else []
    make.shows(*breaking)
    for line in at_risk:
        make.affects(line)
    if at_risk:
        make.confirm("Things that follow this structure may no longer fit it.")
    path = f"/data-structures/{now.id}"
    before = {key: former[key] for key in changes}
    answer = await make.write(
        patch(path, changes),
        into=OneStructure,
        says=f"Change {', '.join(changes)} of the data structure “{now.name}” ({now.id})",
        before=before,
        undo=Undo(
            (patch(path, before),), Watch(path, tuple(f"dataStructure.{key}" for key in changes))
        ),
    )
    return StructureSaved(data_structure=answer.data_structure, breaking=breaking, at_risk=at_risk)


@category.tool(
    scope="udts:write",
    effect="delete",
    formerly=("data-structures_delete", "delete-data-structure"),
)
async def data_structure_delete(make: Make, args: DeleteStructure) -> StructureDeleted:
    """Delete a data structure; the plan names the data stores and scenarios that use it."""
    structure = await _read(make, args.data_structure_id)
    scenarios, stores = await _users(make, structure)
    for line in [*_lines("Data store", stores), *_lines("Scenario", scenarios or [])]:
        make.affects(f"{line} loses its fields.")
    if scenarios is None:
        make.affects("Make does not tell which scenarios use it.")
    body = structure.model_dump(include={"name", "strict", "spec"}) | {"teamId": structure.team_id}
    before: Document = body | {"stores": [store.id for store in stores]}
    await make.write(
        delete(f"/data-structures/{structure.id}", confirmed=True),
        into=DeletedAnswer,
        says=f"Delete the data structure “{structure.name}” ({structure.id})",
        before=before,
        undo=Undo(
            (post("/data-structures", body),),
            note="The structure comes back with a new id; what used it must be pointed at it.",
        ),
    )
    return StructureDeleted(data_structure=structure.id)


@category.tool(
    scope="udts:write", effect="create", formerly=("data-structures_clone",), words=("copy",)
)
async def data_structure_clone(make: Make, args: CloneStructure) -> StructureSaved:
    """Copy a data structure, also into another team."""
    structure = await _read(make, args.data_structure_id)
    body: dict[str, Json] = {"name": args.name or structure.name}
    if args.target_team_id:
        body["targetTeamId"] = args.target_team_id
    answer = await make.write(
        post(f"/data-structures/{structure.id}/clone", body),
        into=OneStructure,
        says=f"Copy the data structure “{structure.name}” ({structure.id}) to team"
        f" {args.target_team_id or structure.team_id}",
        undo=lambda made: _deletes(made.data_structure),
    )
    return StructureSaved(data_structure=answer.data_structure)


# Reading


async def _read(make: Make, structure_id: int) -> Structure:
    path = f"/data-structures/{structure_id}"
    structure = (await make.get(path, into=OneStructure, scope="udts:read")).data_structure
    await make.team(structure.team_id)
    return structure


async def _listed(make: Make, team: int) -> list[Listed]:
    return await make.all(
        "/data-structures", {"teamId": team}, key="dataStructures", item=Listed, scope="udts:read"
    )


async def _users(make: Make, structure: Structure) -> tuple[list[User] | None, list[User]]:
    """Give the scenarios (None when Make does not tell) and the data stores that use it."""
    rows = await _listed(make, structure.team_id)
    row = next((each for each in rows if each.id == structure.id), None)
    if row and row.data_store_usages is not None:
        return row.scenario_usages, row.data_store_usages
    query = {"teamId": structure.team_id, "cols": ["id", "name", "teamId", "datastructureId"]}
    stores = await make.all("/data-stores", query, key="dataStores", item=Store, scope=STORES_READ)
    users = [User(id=s.id, name=s.name) for s in stores if s.datastructure_id == structure.id]
    return row.scenario_usages if row else None, users


def _row(listed: Listed) -> StructureRow:
    scenarios, stores = listed.scenario_usages, listed.data_store_usages
    return StructureRow(
        id=listed.id,
        name=listed.name,
        used_by_scenarios=None if scenarios is None else len(scenarios),
        used_by_data_stores=None if stores is None else len(stores),
    )


# Checking


def _given(
    spec: list[Document] | None, schema: Document | None
) -> tuple[Fields | None, list[Problem]]:
    """Give the fields that were sent, in either form, and what is wrong with them."""
    if spec is not None and schema is not None:
        return spec, [Problem("json_schema", "goes instead of `spec`, not with it.")]
    if schema is not None:
        return fields_of_schema(schema)
    return spec, [] if spec is None else spec_problems(spec)


def _refuse(problems: Sequence[Problem], tool: str) -> None:
    if problems:
        raise Failure(
            "The data structure was not saved.",
            next_step=f"Call `{tool}` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )


async def _at_risk(make: Make, now: Structure, after: Structure) -> list[str]:
    """Name what follows a structure that changes, with the records that no longer fit."""
    scenarios, stores = await _users(make, now)
    lines = [await _store_at_risk(make, store, after) for store in stores]
    return lines + _lines("Scenario", scenarios or [])


async def _store_at_risk(make: Make, store: User, after: Structure) -> str:
    named = _lines("Data store", [store])[0]
    if not (await make.account()).has(STORES_READ):
        return f"{named}: its records cannot be looked at without {STORES_READ}."
    page = await read_records(make, store.id, _SCANNED)
    wrong = [
        record
        for record in page.records
        if record_problems(record.data, after.spec, strangers=after.strict, partial=False)
    ]
    seen = f"{len(page.records)}" + (f" of {page.count}" if page.count > len(page.records) else "")
    return f"{named}: {len(wrong)} of the {seen} records looked at would no longer fit."


def _lines(kind: str, users: Sequence[User]) -> list[str]:
    return [f"{kind} “{user.name}” ({user.id})" for user in users]


def _deletes(made: Structure) -> Undo:
    path = f"/data-structures/{made.id}"
    watch = Watch(path, ("dataStructure.name", "dataStructure.spec", "dataStructure.strict"))
    note = "What uses the structure since loses its fields."
    return Undo((delete(path, confirmed=True),), watch, note=note)
