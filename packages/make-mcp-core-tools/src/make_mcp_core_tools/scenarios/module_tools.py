"""Tools of one module: a scenario that AI agents call as a tool, made of a single module."""

from typing import Any, cast

from make_blueprint import iml
from make_blueprint.document import Blueprint
from make_blueprint.structure import errors
from make_blueprint.texts import texts
from make_blueprint.walk import walk
from make_mcp_base.authoring import (
    ConnectionId,
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    ScenarioId,
    TeamId,
    Undo,
    Watch,
    delete,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.binding_checks import check_bindings
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.interfaces import Fields, fields_of
from make_mcp_core_tools._engine.scenarios import read_scenario
from make_mcp_core_tools.scenarios.declared import category

_NO_PLACE = "no-layout"
"""Code of the fault that a module stands nowhere on the canvas."""

_SHORT = 20
"""Letters below which a description says little to a model."""

# Inputs


class ToolModule(Input):
    module: str = Field(pattern=r"^[\w-]+:[\w-]+$")
    """App and module, `<app>:<Name>` (`app_module_list`)."""
    version: int = Field(default=1, ge=1)
    """Version of the app."""
    mapper: Document = {}
    """Mapped fields; inputs are `{{var.input.<name>}}`."""
    parameters: Document = {}
    """Static fields."""
    connection_id: ConnectionId | None = None
    """Put into the parameter `__IMTCONN__`."""
    metadata: Document = {}
    """As the editor keeps it."""


class CreateTool(Input):
    team_id: TeamId | None = None
    name: str = Field(min_length=1, max_length=120)
    """What a model calls it by."""
    description: str = Field(min_length=1, max_length=240)
    """What it does and when to use it, for a model."""
    inputs: list[Document] | Document = []
    """Make fields `[{name, type, help, required}]` or a JSON Schema of an object."""
    module: ToolModule
    """The one module."""


class UpdateTool(Input):
    scenario_id: ScenarioId
    """The tool (`scenario_list` with type=tool)."""
    name: str | None = Field(default=None, min_length=1, max_length=120)
    """New name."""
    description: str | None = Field(default=None, min_length=1, max_length=240)
    """New description."""
    inputs: list[Document] | Document | None = None
    """All inputs it shall have."""
    module: ToolModule | None = None
    """The module, whole."""


# Outputs


class ToolSaved(Output):
    scenario_id: int
    name: str
    description: str
    inputs: list[str]
    """Names; required ones end with *."""
    module: str
    changed: bool
    url: str
    next_calls: list[NextCall] | None = None


# Make's answers


class RawTool(Output):
    id: int
    name: str
    description: str | None = ""
    inputs: list[Document] = []
    team_id: int
    module: Document = {}


class OneTool(Output):
    tool: RawTool


# Tools


@category.tool(
    scope="scenarios:write",
    effect="create",
    formerly=("tools_create",),
    words=("mcp tool", "agent tool", "action"),
    examples=[
        CreateTool(
            name="Find order",
            description="Looks up an order by its number. Use it when a customer names one.",
            inputs=[{"name": "order", "type": "text", "help": "Number of the order."}],
            module=ToolModule(module="datastore:GetRecord", mapper={"key": "{{var.input.order}}"}),
        )
    ],
)
async def scenario_tool_create(make: Make, args: CreateTool) -> ToolSaved:
    """Create a tool for AI agents out of one module; no scenario has to be built.

    Name, description and the `help` of inputs are all a model knows of it; thin ones are told.
    """
    team = await make.team(args.team_id)
    fields, problems = fields_of(args.inputs, "inputs")
    module = _module(args.module)
    problems += await _module_problems(make, team, module)
    _refuse("scenario_tool_create", problems)
    _advise(make, args.description, fields, module)
    body = {
        "name": args.name,
        "description": args.description,
        "inputs": fields,
        "teamId": team,
        "module": module,
    }
    made = await make.write(
        post("/scenarios/tools", body),
        into=OneTool,
        says=f"Create the tool “{args.name}” in team {team}",
        undo=lambda made: Undo((delete(f"/scenarios/{made.tool.id}"),)),
    )
    saved = _saved(make, made.tool, changed=True)
    why = "Choose an agent; `ai_agent_tool_set` lets it call the tool."
    saved.next_calls = [NextCall(tool="ai_agent_list", arguments={"team_id": team}, why=why)]
    return saved


@category.tool(
    scope="scenarios:write",
    effect="update",
    formerly=("tools_update",),
    words=("mcp tool", "agent tool", "change tool inputs"),
)
async def scenario_tool_update(make: Make, args: UpdateTool) -> ToolSaved:
    """Change a tool of one module; what is left out stays. Agents use it as it is from then on."""
    scenario = await read_scenario(make, args.scenario_id)
    path = f"/scenarios/tools/{scenario.id}"
    if scenario.type != "tool":
        raise Failure(
            f"Scenario {scenario.id} is no tool of one module.",
            next_step="Call `scenario_patch` or `scenario_update` for a scenario.",
            code="not_a_tool",
        )
    old = (await make.get(path, into=OneTool, scope="scenarios:read")).tool
    body, problems = _changes(args)
    if "module" in body:
        problems += await _module_problems(make, scenario.team_id, body["module"])
    _refuse("scenario_tool_update", problems)
    before: dict[str, Any] = {
        "name": old.name,
        "description": old.description,
        "inputs": old.inputs,
        "module": old.module,
    }
    moved = {name: value for name, value in body.items() if before[name] != value}
    if not moved:
        return _saved(make, old, changed=False)
    now = before | body
    _advise(make, now["description"] or "", now["inputs"], now["module"])
    make.shows(*(f"~ {name}: {before[name]} -> {value}" for name, value in moved.items()))
    made = await make.write(
        patch(path, moved),
        into=OneTool,
        says=f"Change the tool “{old.name}” ({old.id})",
        undo=Undo(
            (patch(path, {name: before[name] for name in moved}),),
            Watch(f"/scenarios/{old.id}", ("scenario.lastEdit",)),
        ),
        before=before,
    )
    return _saved(make, made.tool, changed=True)


def _changes(args: UpdateTool) -> tuple[dict[str, Any], list[Problem]]:
    body: dict[str, Any] = {}
    problems: list[Problem] = []
    if args.name is not None:
        body["name"] = args.name
    if args.description is not None:
        body["description"] = args.description
    if args.inputs is not None:
        body["inputs"], problems = fields_of(args.inputs, "inputs")
    if args.module is not None:
        body["module"] = _module(args.module)
    return body, problems


def _module(given: ToolModule) -> Document:
    bound = {"__IMTCONN__": given.connection_id} if given.connection_id else {}
    return {
        "module": given.module,
        "version": given.version,
        "mapper": given.mapper,
        "parameters": given.parameters | bound,
        "metadata": given.metadata,
    }


async def _module_problems(make: Make, team_id: int, module: Document) -> list[Problem]:
    """Find what is wrong with the module by itself, and what it binds and the team lacks."""
    blueprint = _around(module)
    checked = await check_bindings(make, team_id, blueprint)
    found = [
        one
        for one in all_faults(blueprint)
        if one.path.startswith("flow[0]") and one.code != _NO_PLACE  # a tool has no canvas
    ]
    found += [one for each in checked if (one := each.as_problem)]
    for one in found:
        if one.severity == "warning":
            make.warn(f"{one.problem} {one.fix}".strip())
    return [
        Problem(one.path.replace("flow[0]", "module", 1), one.problem, one.fix)
        for one in errors(found)
    ]


def _around(module: Document) -> Blueprint:
    return cast("Blueprint", {"name": "Tool", "flow": [{"id": 1, **module}], "metadata": {}})


def _refuse(tool: str, problems: list[Problem]) -> None:
    if problems:
        raise Failure(
            "The tool was not saved.",
            next_step=f"Call `{tool}` again with the corrections above.",
            code="invalid_tool",
            problems=problems,
        )


def _advise(make: Make, description: str, fields: Fields, module: Document) -> None:
    """Say what a model would miss."""
    if len(description) < _SHORT:
        make.warn("The description is short; say what the tool does and when to use it.")
    bare = [str(one.get("name")) for one in fields if not one.get("help")]
    if bare:
        make.warn(f"Inputs without a `help` text for the model: {', '.join(bare)}.")
    declared = {str(one.get("name")) for one in fields}
    mapped = {
        use.name
        for visit in walk(_around(module))
        for _, text, _ in texts(visit)
        for use in iml.variables(text)
        if use.kind == "input"
    }
    if mapped - declared:
        names = ", ".join(sorted(mapped - declared))
        make.warn(f"The module maps inputs that the tool does not have: {names}.")
    if declared - mapped:
        make.warn(f"Inputs that nothing maps: {', '.join(sorted(declared - mapped))}.")


def _saved(make: Make, tool: RawTool, *, changed: bool) -> ToolSaved:
    names = [f"{one.get('name')}{'*' if one.get('required') else ''}" for one in tool.inputs]
    return ToolSaved(
        scenario_id=tool.id,
        name=tool.name,
        description=tool.description or "",
        inputs=names,
        module=str(tool.module.get("module", "")),
        changed=changed,
        url=make.page_url(f"{tool.team_id}/scenarios/{tool.id}"),
    )
