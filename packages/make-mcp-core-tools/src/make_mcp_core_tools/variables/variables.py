"""Custom variables: found, created, changed, deleted, and how they came to their values."""

from make_mcp_base.authoring import (
    Document,
    Failure,
    Json,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Timestamp,
    Undo,
    Watch,
    delete,
    page_of,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools.variables.declared import category
from make_mcp_core_tools.variables.places import (
    Place,
    PlaceInput,
    Variable,
    fields_of,
    find_variable,
    has_feature,
    place_of,
    read_variables,
    require_feature,
)
from make_mcp_core_tools.variables.uses import uses_of
from make_mcp_core_tools.variables.values import (
    TYPE_IDS,
    TYPE_NAMES,
    KnownName,
    NewName,
    TypeName,
    Value,
    checked,
    refuse_secrets,
    shown,
)

# Inputs


class ListVariables(PlaceInput, PageInput):
    name_contains: str | None = None
    """Only variables with this text in their name."""
    include_system: bool = False
    """Also those Make sets itself, such as `teamName`."""


class GetVariable(PlaceInput):
    name: KnownName
    """Exact name."""


class CreateVariable(PlaceInput):
    name: NewName
    """Letters, digits, `$`, `_`; no digit first."""
    value: Value
    """A text, number, boolean or date."""
    type: TypeName | None = None
    """Left out, it is that of the value; a date needs it. Dates without zone are UTC."""
    allow_plaintext: bool = False
    """Keep what looks like a secret, readable to every member."""


class UpdateVariable(PlaceInput):
    name: KnownName
    """Exact name; it cannot be changed."""
    value: Value
    """The new value."""
    type: TypeName | None = None
    """New type; left out, it stays."""
    allow_plaintext: bool = False
    """Keep what looks like a secret, readable to every member."""


class DeleteVariable(PlaceInput):
    name: KnownName
    """Exact name."""


# Outputs


class VariableRow(Output):
    name: str
    type: TypeName
    value: Json
    """Masked when it looks like a secret."""
    system: bool | None = None
    """True when Make sets it."""


class Variables(Page):
    scope: str
    owner_id: int
    variables: list[VariableRow]


class OneVariable(VariableRow):
    scope: str
    owner_id: int
    expression: str
    """How expressions name it."""
    next_calls: list[NextCall] = []


class VariableSaved(OneVariable):
    changed: bool = True
    before: Json = None
    """The value it had, masked when it looked like a secret."""


class VariableDeleted(Output):
    name: str
    changed: bool
    used_by: list[str] = []
    """Where it was used, one line a scenario."""


class VariableChange(Output):
    at: Timestamp | None = None
    action: str
    author: str | None = None
    old: Json = None
    new: Json = None


class VariableHistory(Page):
    name: str
    changes: list[VariableChange]
    """Newest first; what Make kept no value of has none."""


class GetVariableHistory(PlaceInput, PageInput):
    name: KnownName
    """Exact name."""


# Make's answers


class Done(Output):
    ok: int | bool | None = None


# Tools


@category.tool(
    scope="",
    effect="read",
    formerly=("list-custom-variables",),
    words=("custom variables", "constants", "settings"),
)
async def variable_list(make: Make, args: ListVariables) -> Variables:
    """List the variables of a team or an organization; secrets are masked."""
    place = await place_of(make, args)
    rows = await read_variables(make, place)
    if not await has_feature(make, place):
        make.warn(
            "The plan has no custom variables (`license.customVariables`): only those that Make"
            " sets itself exist."
        )
    wanted = (args.name_contains or "").casefold()
    kept = [
        row
        for row in rows
        if (args.include_system or not row.is_system) and wanted in row.name.casefold()
    ]
    kept.sort(key=lambda row: (row.is_system, row.name))
    page, more = page_of([_row(one) for one in kept], args)
    return Variables(scope=place.owner, owner_id=place.id, variables=page, **more)


@category.tool(scope="", effect="read", formerly=("get-custom-variable",))
async def variable_get(make: Make, args: GetVariable) -> OneVariable:
    """Show one variable and how expressions name it; a secret is masked."""
    place = await place_of(make, args)
    found = await find_variable(make, place, args.name)
    where = place.arguments | {"name": found.name}
    uses = NextCall(tool="variable_usage_get", arguments=where, why="See who reads it.")
    return OneVariable(**_told(place, found), next_calls=[uses])


@category.tool(
    scope="",
    effect="create",
    formerly=("create-custom-variable",),
    examples=(CreateVariable(team_id=12, name="vat_rate", value=0.19),),
)
async def variable_create(make: Make, args: CreateVariable) -> VariableSaved:
    """Create a variable; what looks like a secret is refused, since variables are plain text."""
    place = await place_of(make, args)
    kind, value = checked(args.type, args.value)
    refuse_secrets({args.name: value}, "variable_create", allowed=args.allow_plaintext)
    await require_feature(make, place)
    await _refuse_taken(make, place, args.name)
    await write_new(make, place, Variable(name=args.name, type_id=TYPE_IDS[kind], value=value))
    made = Variable(name=args.name, type_id=TYPE_IDS[kind], value=value)
    return VariableSaved(**_told(place, made))


@category.tool(scope="", effect="update", formerly=("update-custom-variable",))
async def variable_update(make: Make, args: UpdateVariable) -> VariableSaved:
    """Change the value of a variable; runs that have begun keep the old one."""
    place = await place_of(make, args)
    await require_feature(make, place)
    old = await find_variable(make, place, args.name)
    _refuse_system(old)
    kind, value = checked(args.type or TYPE_NAMES.get(old.type_id), args.value)
    refuse_secrets({args.name: value}, "variable_update", allowed=args.allow_plaintext)
    new = Variable(name=old.name, type_id=TYPE_IDS[kind], value=value)
    told = _told(place, new)
    if (new.type_id, new.value) == (old.type_id, old.value):
        return VariableSaved(**told, changed=False)
    make.shows(f"{old.name}: {shown(old.name, old.value)} → {told['value']}")
    await write_change(make, place, old, new)
    return VariableSaved(**told, before=shown(old.name, old.value))


@category.tool(scope="", effect="delete", formerly=("delete-custom-variable",))
async def variable_delete(make: Make, args: DeleteVariable) -> VariableDeleted:
    """Delete a variable; the plan lists the scenarios that read it and would find nothing."""
    place = await place_of(make, args)
    await require_feature(make, place)
    rows = await read_variables(make, place)
    old = next((row for row in rows if row.name == args.name), None)
    if old is None:
        return VariableDeleted(name=args.name, changed=False)
    _refuse_system(old)
    uses = await uses_of(make, place, args.name)
    for line in uses.lines():
        make.affects(line)
    for line in uses.not_read:
        make.warn(f"Not searched: {line}")
    await write_deletion(make, place, old)
    return VariableDeleted(name=old.name, changed=True, used_by=uses.lines())


@category.tool(scope="", effect="read", words=("who changed", "audit"))
async def variable_history_get(make: Make, args: GetVariableHistory) -> VariableHistory:
    """Show how a variable came to its value: when, by whom, from what to what."""
    place = await place_of(make, args)
    path = f"{place.path}/{args.name}/history"
    answer = await make.json(path, scope=place.read)
    found = answer.get(f"{place.key}History") if isinstance(answer, dict) else None
    rows = [_Entry.model_validate(row) for row in (found if isinstance(found, list) else [])]
    if not rows:
        await find_variable(make, place, args.name)  # says so when there is none of that name
    rows.sort(key=lambda row: row.id, reverse=True)
    page, more = page_of([_change(args.name, row) for row in rows], args)
    return VariableHistory(name=args.name, changes=page, **more)


class _Entry(Output):
    id: int
    action: str = ""
    changed: Timestamp | None = None
    author: Json = None
    diff_object: Document = Field(default={})


def _change(name: str, row: _Entry) -> VariableChange:
    diff = row.diff_object
    old: Document = diff.get("old") or {}
    new: Document = diff.get("new") or diff
    author = row.author.get("name") if isinstance(row.author, dict) else row.author
    return VariableChange(
        at=row.changed,
        action=row.action.rpartition("_")[2] or row.action,
        author=str(author) if author else None,
        old=shown(name, old.get("value")),
        new=shown(name, new.get("value")),
    )


# Telling


def _row(variable: Variable) -> VariableRow:
    return VariableRow(
        name=variable.name,
        type=TYPE_NAMES.get(variable.type_id, "text"),
        value=shown(variable.name, variable.value),
        system=variable.is_system or None,
    )


def _told(place: Place, variable: Variable) -> Document:
    row = _row(variable).model_dump()
    return row | {
        "scope": place.owner,
        "owner_id": place.id,
        "expression": place.token(variable.name),
    }


# Writing


async def write_new(make: Make, place: Place, new: Variable) -> None:
    """Create a variable; the undo deletes it while it is as it was made."""
    body = fields_of(new.name, new.type_id, new.value)
    await make.write(
        post(place.path, body, scope=place.write),
        into=Done,
        says=f"Create the variable “{new.name}” of {place}",
        undo=Undo(
            (delete(f"{place.path}/{new.name}", scope=place.write, confirmed=True),),
            watch(place, new.name),
        ),
        predict={"ok": 1},
    )


async def write_change(make: Make, place: Place, old: Variable, new: Variable) -> None:
    """Change a variable; the undo puts the old value back."""
    path = f"{place.path}/{old.name}"
    back = {"typeId": old.type_id, "value": old.value}
    await make.write(
        patch(path, {"typeId": new.type_id, "value": new.value}, scope=place.write),
        into=Done,
        says=f"Change the variable “{old.name}” of {place}",
        undo=Undo((patch(path, back, scope=place.write),), watch(place, old.name)),
        before=fields_of(old.name, old.type_id, old.value),
        predict={"ok": 1},
    )


async def write_deletion(make: Make, place: Place, old: Variable) -> None:
    """Delete a variable; the undo creates it again."""
    body = fields_of(old.name, old.type_id, old.value)
    await make.write(
        delete(f"{place.path}/{old.name}", scope=place.write, confirmed=True),
        into=Done,
        says=f"Delete the variable “{old.name}” of {place}",
        undo=Undo(
            (post(place.path, body, scope=place.write),),
            watch(place, old.name),
            note="Make tells its history as that of a new variable.",
        ),
        before=body,
        predict={"ok": 1},
    )


def watch(place: Place, name: str) -> Watch:
    """Name what shows that nobody has changed a variable since."""
    row = f"{place.key}s.[name={name}]"
    return Watch(place.path, (f"{row}.value", f"{row}.typeId"))


async def _refuse_taken(make: Make, place: Place, name: str) -> None:
    rows = await read_variables(make, place)
    if any(row.name == name for row in rows):
        raise Failure(
            f"The {place} already has a variable named “{name}”; nothing was sent.",
            next_step=f"Call `variable_update` with scope={place.owner},"
            f" {place.owner}_id={place.id}, name={name} to change it.",
            code="exists",
        )


def _refuse_system(variable: Variable) -> None:
    if variable.is_system:
        raise Failure(
            f"“{variable.name}” is set by Make and cannot be changed or deleted.",
            next_step="Create one of your own with `variable_create`.",
            code="system_variable",
        )
