"""Build variables: placeholders of connections that a scenario's inputs stand for.

Make API reference, chapter 2.27: an input by its name, and `PAC_<n>` or `TAC_<n>`.
"""

from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    Output,
    Problem,
    ScenarioId,
    Undo,
    Watch,
    put,
)
from pydantic import Field

from make_mcp_core_tools.variables.declared import category

# Inputs


class ListBuildVariables(Input):
    scenario_id: ScenarioId


class SetBuildVariables(Input):
    scenario_id: ScenarioId
    variables: dict[str, str] = Field(min_length=1, max_length=100)
    """Placeholder by name of the input: `{"crm": "TAC_1"}`; others stay unless `replace`."""
    replace: bool = False
    """Make it the whole set."""


class DeleteBuildVariables(Input):
    scenario_id: ScenarioId
    names: list[str] = Field(min_length=1, max_length=100)
    """Names of the inputs whose placeholder goes."""


# Outputs


class BuildVariables(Output):
    scenario_id: int
    variables: dict[str, str]
    """Placeholder by name of the input."""


class BuildVariablesSaved(BuildVariables):
    changed: bool
    before: dict[str, str] | None = None


# Make's answers


class _Both(Output):
    input: dict[str, str] | None = None


class _Answer(Output):
    variables: _Both


class _Done(Output):
    ok: int | bool | None = None


class _Field(Output):
    name: str


class _Interface(Output):
    input: list[_Field] | None = None


class _InterfaceAnswer(Output):
    interface: _Interface


# Tools


@category.tool(scope="scenarios:read", effect="read", words=("placeholder", "PAC", "TAC"))
async def build_variable_list(make: Make, args: ListBuildVariables) -> BuildVariables:
    """List a scenario's build variables: which input stands for which connection placeholder."""
    return BuildVariables(
        scenario_id=args.scenario_id, variables=await _read(make, args.scenario_id)
    )


@category.tool(scope="scenarios:write", effect="update", words=("placeholder", "PAC", "TAC"))
async def build_variable_set(make: Make, args: SetBuildVariables) -> BuildVariablesSaved:
    """Set build variables of a scenario; each name must be one of its inputs."""
    await _check(make, args)
    before = await _read(make, args.scenario_id)
    wanted = args.variables if args.replace else before | args.variables
    return await _save(make, args.scenario_id, before, wanted)


@category.tool(scope="scenarios:write", effect="delete")
async def build_variable_delete(make: Make, args: DeleteBuildVariables) -> BuildVariablesSaved:
    """Take build variables off a scenario."""
    before = await _read(make, args.scenario_id)
    wanted = {name: value for name, value in before.items() if name not in args.names}
    return await _save(make, args.scenario_id, before, wanted)


# Parts


async def _read(make: Make, scenario_id: int) -> dict[str, str]:
    path = f"/scenarios/{scenario_id}/build-variables"
    return (await make.get(path, into=_Answer, scope="scenarios:read")).variables.input or {}


async def _check(make: Make, args: SetBuildVariables) -> None:
    """Hold names and placeholders against what Make takes.

    Raises:
        Failure: Some do not fit; all are told.
    """
    from re import fullmatch

    path = f"/scenarios/{args.scenario_id}/interface"
    interface = (await make.get(path, into=_InterfaceAnswer, scope="scenarios:read")).interface
    known = [each.name for each in interface.input or []]
    problems = [
        Problem(f"variables.{name}", "is no input of the scenario.", f"Inputs: {known}.")
        for name in args.variables
        if name not in known or len(name) > 128
    ]
    problems += [
        Problem(f"variables.{name}", f"`{value[:40]}` is no placeholder such as TAC_1 or PAC_2.")
        for name, value in args.variables.items()
        if not fullmatch(r"(TAC|PAC)_[0-9]+", value)
    ]
    if problems:
        raise Failure(
            f"The build variables of scenario {args.scenario_id} were not set.",
            next_step="Correct them all and call `build_variable_set` again;"
            " `scenario_interface_get` shows the inputs.",
            code="invalid_arguments",
            problems=problems,
        )


async def _save(
    make: Make, scenario_id: int, before: dict[str, str], wanted: dict[str, str]
) -> BuildVariablesSaved:
    """Replace the whole set in one request, so that the undo is one request too."""
    if wanted == before:
        return BuildVariablesSaved(scenario_id=scenario_id, variables=before, changed=False)
    path = f"/scenarios/{scenario_id}/build-variables"
    make.shows(f"{before} → {wanted}")
    await make.write(
        put(path, _body(wanted)),
        into=_Done,
        says=f"Set the build variables of scenario {scenario_id}",
        undo=Undo((put(path, _body(before)),), Watch(path, ("variables.input",))),
        before={"variables": dict(before)},
    )
    return BuildVariablesSaved(
        scenario_id=scenario_id, variables=wanted, changed=True, before=before
    )


def _body(variables: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    return {"input": [{"name": name, "value": value} for name, value in variables.items()]}
