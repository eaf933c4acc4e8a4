"""What a scenario takes and gives when it is called: its inputs and outputs."""

from typing import Any, cast

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    ScenarioId,
    Undo,
    Watch,
    patch,
)

from make_mcp_core_tools._engine.interfaces import Fields, fields_of, json_schema, required_names
from make_mcp_core_tools._engine.saving import same
from make_mcp_core_tools._engine.scenario_callers import all_callers
from make_mcp_core_tools._engine.scenarios import Scenario, Stored, read_scenario, read_stored
from make_mcp_core_tools.scenarios.declared import category

# Inputs


class GetInterface(Input):
    scenario_id: ScenarioId


class SetInterface(Input):
    scenario_id: ScenarioId
    inputs: list[Document] | Document | None = None
    """Make fields `[{name, type, label, required, default}]` or a JSON Schema of an object.
    `[]` removes all; leave out to keep."""
    outputs: list[Document] | Document | None = None
    """Likewise."""


# Outputs


class Interface(Output):
    scenario_id: int
    inputs: list[Document]
    outputs: list[Document]
    input_schema: Document
    """The inputs as JSON Schema."""
    output_schema: Document


class InterfaceSet(Interface):
    changed: bool
    callers: list[str] | None = None
    """Scenarios and AI agents that call this one and may need an edit."""
    next_calls: list[NextCall] | None = None


# Parts of answers


class _Kept(Output):
    input: list[Document] | None = None
    output: list[Document] | None = None


class KeptInterface(Output):
    interface: _Kept


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("scenarios_interface", "scenarios_get-interface"),
    words=("inputs", "outputs", "parameters", "arguments"),
)
async def scenario_interface_get(make: Make, args: GetInterface) -> Interface:
    """Show the inputs and outputs of a scenario, as Make's fields and as JSON Schema."""
    inputs, outputs = await _kept(make, args.scenario_id)
    return Interface(
        scenario_id=args.scenario_id,
        inputs=inputs,
        outputs=outputs,
        input_schema=json_schema(inputs),
        output_schema=json_schema(outputs),
    )


@category.tool(
    scope="scenarios:write",
    effect="update",
    formerly=("scenarios_set-interface",),
    words=("inputs", "outputs", "parameters", "arguments"),
    examples=[
        SetInterface(
            scenario_id=101,
            inputs=[{"name": "email", "type": "text", "label": "E-mail", "required": True}],
        )
    ],
)
async def scenario_interface_set(make: Make, args: SetInterface) -> InterfaceSet:
    """Set the inputs and outputs of a scenario. Inputs need it to be scheduled on demand."""
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    old = await _kept(make, scenario.id)
    new = _wanted(args, old, stored)
    changed = not same(cast("Any", [*old]), cast("Any", [*new]))
    callers: list[str] = []
    if changed:
        callers = [str(caller) for caller in await all_callers(make, scenario)]
        _show(make, old, new, callers)
        await _save(make, scenario, old, new)
        new = await _kept(make, scenario.id)
    return InterfaceSet(
        scenario_id=scenario.id,
        inputs=new[0],
        outputs=new[1],
        input_schema=json_schema(new[0]),
        output_schema=json_schema(new[1]),
        changed=changed,
        callers=callers or None,
    )


async def _kept(make: Make, scenario_id: int) -> tuple[Fields, Fields]:
    answer = await make.get(f"/scenarios/{scenario_id}/interface", into=KeptInterface)
    return answer.interface.input or [], answer.interface.output or []


def _wanted(
    args: SetInterface, old: tuple[Fields, Fields], stored: Stored
) -> tuple[Fields, Fields]:
    """Read both sides; a side that was not given stays.

    Raises:
        Failure: Neither was given, or they have faults; all are told.
    """
    problems: list[Problem] = []
    if args.inputs is None and args.outputs is None:
        problems.append(Problem("inputs", "Neither inputs nor outputs were given."))
    sides = list(old)
    for number, (name, given) in enumerate((("inputs", args.inputs), ("outputs", args.outputs))):
        if given is not None:
            sides[number], found = fields_of(given, name)
            problems += found
    if sides[0] and stored.scheduling.get("type") != "on-demand":
        text = "A scenario with inputs can only run on demand; this one is scheduled."
        fix = "Call `scenario_schedule_set` with kind=on_demand first."
        problems.append(Problem("inputs", text, fix))
    if problems:
        raise Failure(
            "The interface was not changed.",
            next_step="Call `scenario_interface_set` again with the corrections above.",
            code="invalid_interface",
            problems=problems,
        )
    return sides[0], sides[1]


def _show(
    make: Make, old: tuple[Fields, Fields], new: tuple[Fields, Fields], callers: list[str]
) -> None:
    """Write the change for the plan, and warn of callers it breaks."""
    for side, before, after in (("input", old[0], new[0]), ("output", old[1], new[1])):
        names = [str(f.get("name")) for f in before], [str(f.get("name")) for f in after]
        make.shows(*(f"- {side}: {name}" for name in names[0] if name not in names[1]))
        make.shows(*(f"+ {side}: {name}" for name in names[1] if name not in names[0]))
        both = [f for f in after if str(f.get("name")) in names[0] and f not in before]
        make.shows(*(f"~ {side}: {f.get('name')}" for f in both))
    for caller in callers:
        make.affects(f"{caller} calls this one.")
    fresh = set(required_names(new[0])) - set(required_names(old[0]))
    if callers and fresh:
        make.warn(
            f"Callers that do not send {', '.join(sorted(fresh))} will fail: {', '.join(callers)}."
        )


async def _save(
    make: Make, scenario: Scenario, old: tuple[Fields, Fields], new: tuple[Fields, Fields]
) -> None:
    path = f"/scenarios/{scenario.id}"
    back = {"interface": {"input": old[0], "output": old[1]}}
    await make.write(
        patch(f"{path}/interface", {"interface": {"input": new[0], "output": new[1]}}),
        into=KeptInterface,
        says=f"Set inputs and outputs of the scenario “{scenario.name}” ({scenario.id})",
        undo=Undo((patch(f"{path}/interface", back),), Watch(path, ("scenario.lastEdit",))),
        before=cast("Any", back),
    )
