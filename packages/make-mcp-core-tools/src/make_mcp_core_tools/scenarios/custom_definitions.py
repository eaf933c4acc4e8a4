"""Which custom properties the scenarios of an organization have."""

from typing import Any

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Make,
    OrganizationId,
    Output,
    Page,
    PageInput,
    Problem,
    Request,
    Undo,
    Watch,
    delete,
    page_of,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.custom_properties import (
    CHOSEN_FROM,
    FEATURE,
    READ,
    STRUCTURES,
    WRITE,
    Filled,
    Item,
    Kind,
    Structure,
    filled_scenarios,
    loses,
    read_items,
    read_structures,
    structure_of,
)
from make_mcp_core_tools.scenarios.declared import category

_MOST_RESTORED = 50
_SHOWN = 20

# Inputs


class ListStructures(Input):
    organization_id: OrganizationId | None = None


class CreateStructure(Input):
    organization_id: OrganizationId | None = None


class ListItems(PageInput):
    organization_id: OrganizationId | None = None


class CreateItem(Input):
    organization_id: OrganizationId | None = None
    name: str = Field(max_length=64, pattern=r"^[a-zA-Z_$][0-9a-zA-Z_$]*$")
    """Name in data; it cannot be changed later."""
    label: str = Field(min_length=1, max_length=64)
    """Name for people."""
    type: Kind
    """It cannot be changed later."""
    description: str = Field(default="", max_length=1024)
    """What it is for."""
    options: list[str] = []
    """Choices of a dropdown or multiselect."""
    required: bool = False
    """Every scenario that has values must have this one."""


class UpdateItem(Input):
    item: str = Field(min_length=1)
    """Id or name of the property (`custom_property_item_list`)."""
    organization_id: OrganizationId | None = None
    label: str | None = Field(default=None, min_length=1, max_length=64)
    """Name for people."""
    description: str | None = Field(default=None, max_length=1024)
    """What it is for."""
    options: list[str] | None = None
    """All choices it shall have."""
    required: bool | None = None
    """Every scenario that has values must have this one."""


class DeleteItem(Input):
    item: str = Field(min_length=1)
    """Id or name of the property (`custom_property_item_list`)."""
    organization_id: OrganizationId | None = None


# Outputs


class Structures(Output):
    organization_id: int
    structures: list[Structure]


class StructureMade(Output):
    structure_id: int
    changed: bool


class ItemRow(Output):
    id: int
    name: str
    label: str
    type: str
    description: str | None = None
    options: list[str] | None = None
    required: bool | None = None


class Items(Page):
    items: list[ItemRow]


class ItemSaved(ItemRow):
    changed: bool = True
    scenarios_with_lost_choices: list[int] | None = None
    """Scenarios whose value is no choice any more."""


class ItemDeleted(Output):
    deleted: int
    name: str
    scenarios_that_lost_values: list[int] | None = None


# Make's answers


class _OneStructure(Output):
    custom_property_structure: Structure


class _OneItem(Output):
    custom_property_structure_item: Item


class _Gone(Output):
    custom_property_structure_item: int


# Structures


@category.tool(
    scope=READ,
    effect="read",
    feature=FEATURE,
    formerly=("custom-property-structures_list",),
    words=("metadata",),
)
async def custom_property_structure_list(make: Make, args: ListStructures) -> Structures:
    """Show whether an organization has custom properties; it has one structure at most."""
    organization = await make.organization(args.organization_id)
    found = await read_structures(make, organization)
    return Structures(organization_id=organization, structures=found)


@category.tool(
    scope=WRITE,
    effect="create",
    feature=FEATURE,
    formerly=("custom-property-structures_create",),
    words=("metadata",),
)
async def custom_property_structure_create(make: Make, args: CreateStructure) -> StructureMade:
    """Let the scenarios of an organization have custom properties. It stays for good."""
    organization = await make.organization(args.organization_id)
    found = await read_structures(make, organization)
    if found:
        return StructureMade(structure_id=found[0].id, changed=False)
    body = {
        "associatedType": "scenario",
        "belongerType": "organization",
        "belongerId": organization,
    }
    make.confirm("Make cannot delete the structure again.")
    made = await make.write(
        post(STRUCTURES, body),
        into=_OneStructure,
        says=f"Let scenarios of organization {organization} have custom properties",
        undo=Irreversible("Make cannot delete a structure of custom properties."),
    )
    return StructureMade(structure_id=made.custom_property_structure.id, changed=True)


# Items


@category.tool(
    scope=READ,
    effect="read",
    feature=FEATURE,
    formerly=("custom-property-structure-items_list",),
    words=("metadata", "fields"),
)
async def custom_property_item_list(make: Make, args: ListItems) -> Items:
    """List the custom properties that scenarios of an organization may have."""
    organization = await make.organization(args.organization_id)
    structures = await read_structures(make, organization)
    items = await read_items(make, structures[0].id) if structures else []
    page, more = page_of([_row(item) for item in items], args)
    return Items(items=page, **more)


def _row(item: Item) -> ItemRow:
    return ItemRow(
        id=item.id,
        name=item.name,
        label=item.label,
        type=item.type,
        description=item.description or None,
        options=item.choices or None,
        required=item.required or None,
    )


@category.tool(
    scope=WRITE,
    effect="create",
    feature=FEATURE,
    formerly=("custom-property-structure-items_create",),
    words=("metadata", "fields"),
    examples=[CreateItem(name="tier", label="Tier", type="dropdown", options=["gold", "silver"])],
)
async def custom_property_item_create(make: Make, args: CreateItem) -> ItemSaved:
    """Add a custom property for the scenarios of an organization."""
    organization = await make.organization(args.organization_id)
    structure = await structure_of(make, organization)
    items = await read_items(make, structure.id)
    problems = _option_problems(args.type, args.options)
    if any(item.name == args.name for item in items):
        problems.append(Problem("name", "A property of this name is there.", "Choose another."))
    _refuse("custom_property_item_create", problems)
    if args.required:
        make.warn("Scenarios with values need one for it at their next change.")
    item = Item(
        id=0, **args.model_dump(include={"name", "label", "type", "description", "required"})
    )
    body = item.body()
    if args.type in CHOSEN_FROM:
        body["options"] = [{"value": value} for value in args.options]
    one = f"{STRUCTURES}/custom-property-structure-items"
    made = await make.write(
        post(f"{STRUCTURES}/{structure.id}/custom-property-structure-items", body),
        into=_OneItem,
        says=f"Add the custom property “{args.name}” in organization {organization}",
        undo=lambda made: Undo(
            (delete(f"{one}/{made.custom_property_structure_item.id}", confirmed=True),)
        ),
    )
    return _saved(made.custom_property_structure_item)


def _saved(item: Item, *, changed: bool = True, lost: list[Filled] | None = None) -> ItemSaved:
    row = _row(item).model_dump()
    ids = [one.id for one in lost or ()]
    return ItemSaved.model_validate(
        {**row, "changed": changed, "scenarios_with_lost_choices": ids or None}
    )


def _option_problems(kind: str, options: list[str]) -> list[Problem]:
    if kind not in CHOSEN_FROM:
        text = f"A property of type {kind} has no options."
        return [Problem("options", text, "Leave it out.")] if options else []
    found = [
        Problem(f"options[{number}]", "It should have 1 to 250 characters.")
        for number, value in enumerate(options)
        if not 0 < len(value) <= 250
    ]
    if not options:
        found.append(Problem("options", f"A {kind} needs at least one."))
    if len(set(options)) < len(options):
        found.append(Problem("options", "Some are given twice."))
    return found


def _refuse(tool: str, problems: list[Problem]) -> None:
    if problems:
        raise Failure(
            "The custom property was not saved.",
            next_step=f"Call `{tool}` again with the corrections above.",
            code="invalid_property",
            problems=problems,
        )


async def _find(make: Make, organization: int, text: str) -> tuple[Structure, Item]:
    """Find a property by id or name.

    Raises:
        Failure: The organization has none of this id or name.
    """
    structure = await structure_of(make, organization)
    items = await read_items(make, structure.id)
    found = next((one for one in items if text.strip() in (str(one.id), one.name)), None)
    if found is None:
        raise Failure(
            f"Organization {organization} has no custom property {text}.",
            why=f"It has {', '.join(item.name for item in items)}." if items else "",
            next_step="Call again with an id or name of `custom_property_item_list`.",
            code="not_found",
        )
    return structure, found


@category.tool(
    scope=WRITE,
    effect="update",
    feature=FEATURE,
    formerly=("custom-property-structure-items_update",),
    words=("metadata", "fields", "options"),
)
async def custom_property_item_update(make: Make, args: UpdateItem) -> ItemSaved:
    """Change a custom property; what is left out stays. Names and types cannot change.

    Taking choices away tells which scenarios have them, and needs a plan then.
    """
    organization = await make.organization(args.organization_id)
    _, item = await _find(make, organization, args.item)
    if args.options is not None:
        problems = _option_problems(item.type, args.options)
        _refuse("custom_property_item_update", problems)
    body = _changes(args, item)
    if not body:
        return _saved(item, changed=False)
    lost = await _losing(make, organization, item, args.options)
    for one in lost[:_SHOWN]:
        make.affects(f"Scenario {one.id} “{one.name}” has a choice that goes.")
    if lost:
        make.confirm(f"{len(lost)} scenarios have choices that would go.")
    path = f"{STRUCTURES}/custom-property-structure-items/{item.id}"
    old = item.body()
    listed = f"{STRUCTURES}/{(await structure_of(make, organization)).id}"
    made = await make.write(
        patch(path, body),
        into=_OneItem,
        says=f"Change the custom property “{item.name}” in organization {organization}",
        undo=Undo(
            (patch(path, {name: old[name] for name in body}),),
            Watch(
                f"{listed}/custom-property-structure-items",
                tuple(f"customPropertyStructureItems.[id={item.id}].{name}" for name in body),
            ),
        ),
        before=old,
    )
    return _saved(made.custom_property_structure_item, lost=lost)


def _changes(args: UpdateItem, item: Item) -> Document:
    given: dict[str, Any] = {
        "label": args.label,
        "description": args.description,
        "required": args.required,
    }
    if args.options is not None:
        given["options"] = [{"value": value} for value in args.options]
    old = item.body()
    return {k: v for k, v in given.items() if v is not None and old.get(k) != v}


async def _losing(
    make: Make, organization: int, item: Item, options: list[str] | None
) -> list[Filled]:
    removed = set(item.choices) - set(options) if options is not None else set[str]()
    if not removed:
        return []
    rows = await filled_scenarios(make, organization)
    return [
        one for one in rows if loses(item, (one.custom_properties or {}).get(item.name), removed)
    ]


@category.tool(
    scope=WRITE,
    effect="delete",
    feature=FEATURE,
    formerly=("custom-property-structure-items_delete",),
    words=("metadata", "fields"),
)
async def custom_property_item_delete(make: Make, args: DeleteItem) -> ItemDeleted:
    """Delete a custom property with its values in all scenarios; the plan names them.

    Undo makes it again under a new id and fills the values of up to 50 scenarios.
    """
    organization = await make.organization(args.organization_id)
    structure, item = await _find(make, organization, args.item)
    rows = await filled_scenarios(make, organization)
    filled = [one for one in rows if (one.custom_properties or {}).get(item.name) is not None]
    for one in filled[:_SHOWN]:
        value = (one.custom_properties or {})[item.name]
        make.affects(f"Scenario {one.id} “{one.name}” loses {value!r}.")
    if len(filled) > _SHOWN:
        make.affects(f"{len(filled) - _SHOWN} more scenarios lose a value.")
    await make.write(
        delete(f"{STRUCTURES}/custom-property-structure-items/{item.id}", confirmed=True),
        into=_Gone,
        says=f"Delete the custom property “{item.name}” of organization {organization}",
        undo=_again(structure, item, filled),
        before={"item": item.body(), "filled": [one.id for one in filled]},
    )
    return ItemDeleted(
        deleted=item.id,
        name=item.name,
        scenarios_that_lost_values=[one.id for one in filled] or None,
    )


def _again(structure: Structure, item: Item, filled: list[Filled]) -> Undo:
    """Make the property again and fill its values.

    A scenario that had other values keeps them and takes a change; one that had no other is filled.
    """
    path = f"{STRUCTURES}/{structure.id}/custom-property-structure-items"
    requests: list[Request] = [post(path, item.body())]
    for one in filled[:_MOST_RESTORED]:
        values = one.custom_properties or {}
        place = f"/scenarios/{one.id}/custom-properties"
        body = {item.name: values[item.name]}
        alone = set(values) == {item.name}
        send = post if alone else patch
        requests.append(send(place, body, scope="scenarios:write"))
    left = len(filled) - _MOST_RESTORED
    note = "The property gets a new id."
    return Undo(tuple(requests), note=f"{note} {left} values are not filled." if left > 0 else note)
