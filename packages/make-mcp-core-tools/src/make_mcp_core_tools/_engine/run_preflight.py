"""What can be known before a run is asked for: whether Make will take it, and with which inputs.

Rules: Make API reference, chapter 2.27 (run answers) and 1.14 (scheduling).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Document, Failure, Output, Problem
from make_mcp_base.client.failures import NotFound
from pydantic import Field

from make_mcp_core_tools._engine.run_inputs import input_problems
from make_mcp_core_tools._engine.run_log import read_entries
from make_mcp_core_tools._engine.schedules import in_words

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

KNOWN_RUNS = 50
"""How many past runs are remembered, to tell a new one from them."""


class Runnable(Output):
    """A scenario, as far as running it is concerned."""

    id: int
    name: str
    team_id: int
    hook_id: int | None = None
    is_active: bool = False
    is_locked: bool = Field(False, validation_alias="islocked")
    """True while it is edited or runs."""
    scheduling: Document = {}

    @property
    def is_on_demand(self) -> bool:
        """True when nothing but a call starts it; it runs even while it is off."""
        return self.scheduling.get("type") == "on-demand"

    @property
    def runs_on_activation(self) -> bool:
        """True when switching it on is a run already."""
        return self.scheduling.get("type") == "indefinitely" and self.hook_id is None

    @property
    def path(self) -> str:
        """Path of its page in Make's interface."""
        return f"{self.team_id}/scenarios/{self.id}"


@dataclass(frozen=True, slots=True)
class Checked:
    """A run that Make is expected to take.

    Attributes:
        scenario: The scenario.
        known: Ids of its past runs, to tell a new one from them.
        must_activate: True when it has to be switched on first.
    """

    scenario: Runnable
    known: frozenset[str]
    must_activate: bool = False


class _OneScenario(Output):
    scenario: Runnable


class _Fields(Output):
    input: list[Document] | None = None


class _Interface(Output):
    interface: _Fields | None = None


class _Trigger(Output):
    id: int
    name: str = ""
    type: str = "web"
    queue_count: int = 0


async def read_runnable(make: Make, scenario_id: int) -> Runnable:
    """Read a scenario; the call's rate budget is its organization's from then on."""
    path = f"/scenarios/{scenario_id}"
    try:
        found = (await make.get(path, into=_OneScenario, scope="scenarios:read")).scenario
    except NotFound as absent:
        absent.next_step = "`scenario_list` lists the scenarios of a team with their ids."
        raise
    await make.team(found.team_id)
    return found


async def known_runs(make: Make, scenario_id: int) -> frozenset[str]:
    """Give the ids of the latest lines of a scenario's history."""
    return frozenset(e.id for e in await read_entries(make, scenario_id, limit=KNOWN_RUNS))


async def preflight(
    make: Make, scenario_id: int, data: Document | None, *, activate: bool
) -> Checked:
    """Check a run before anything is sent.

    Args:
        make: The call's Make.
        scenario_id: The scenario.
        data: Inputs by name.
        activate: True when it may be switched on for the run.

    Raises:
        Failure: It starts by webhook and nothing waits, it is inactive, or its inputs are wrong;
            all reasons at once.
    """
    scenario = await read_runnable(make, scenario_id)
    if scenario.hook_id is not None:
        await _refuse_without_request(make, scenario, data)
    fields = await input_fields(make, scenario_id)
    inactive = not scenario.is_active and not scenario.is_on_demand
    problems = input_problems(fields, data or {})
    if inactive and not activate:
        raise inactive_failure(scenario, problems)
    if problems:
        raise _wrong_inputs(scenario, problems)
    return Checked(scenario, await known_runs(make, scenario_id), must_activate=inactive)


async def input_fields(make: Make, scenario_id: int) -> list[Document]:
    """Read the inputs a scenario declares, as Make's fields (chapter 1.17)."""
    path = f"/scenarios/{scenario_id}/interface"
    answer = await make.get(path, into=_Interface, scope="scenarios:read")
    return (answer.interface.input if answer.interface else None) or []


async def _refuse_without_request(make: Make, scenario: Runnable, data: Document | None) -> None:
    """A webhook scenario works off what waits at its hook, and nothing else."""
    path = f"/scenarios/{scenario.id}/triggers"
    hook = await make.get(path, into=_Trigger, scope="scenarios:read")
    if hook.queue_count and not data:
        make.warn(f"{hook.queue_count} requests wait at hook {hook.id}; the run takes from them.")
        return
    mail = hook.type == "mail"
    how = "a mail to the address" if mail else "a request to the address"
    raise Failure(
        f"“{scenario.name}” ({scenario.id}) starts by {how} of hook {hook.id} “{hook.name}”, not"
        " by a call.",
        why="Its first module takes its data from the hook only, so `data` cannot reach it."
        if data
        else "No request waits at the hook, so a run would have nothing to do.",
        next_step=f"Send a mail to the hook's address (`hook_get`, hook_id={hook.id})."
        if mail
        else f"Call `hook_send_test` with hook_id={hook.id} and the data as its body.",
        code="starts_by_hook",
    )


def inactive_failure(scenario: Runnable, problems: list[Problem]) -> Failure:
    """Refuse to run a scenario that is switched off."""
    call = f"`scenario_run` with scenario_id={scenario.id}"
    also = " and the inputs corrected" if problems else ""
    effect = " Switching it on runs it at once." if scenario.runs_on_activation else ""
    return Failure(
        f"“{scenario.name}” ({scenario.id}) is switched off, so Make would refuse the run.",
        why=f"Only on-demand scenarios run while they are off; this one runs"
        f" {in_words(scenario.scheduling)}.",
        problems=problems,
        next_step=f"Call {call} and activate_if_needed=true{also}, or `scenario_activate`"
        f" first.{effect}",
        code="inactive",
    )


def _wrong_inputs(scenario: Runnable, problems: list[Problem]) -> Failure:
    return Failure(
        f"The inputs do not fit “{scenario.name}” ({scenario.id}); nothing was run.",
        problems=problems,
        next_step="Call `scenario_run` again with every point corrected;"
        f" `scenario_interface_get` (scenario_id={scenario.id}) shows the inputs.",
        code="invalid_inputs",
    )
