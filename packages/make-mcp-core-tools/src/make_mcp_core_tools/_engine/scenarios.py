"""Scenarios as Make tells of them: one, its blueprint with all around it, its place in the UI.

Shapes: Make API reference, chapter 2.27.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from make_blueprint.document import Blueprint, JsonObject, as_list
from make_mcp_base.authoring import Document, Failure, Output, Timestamp
from make_mcp_base.client.failures import NotFound

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make


class Person(Output):
    name: str = ""


class Scenario(Output):
    """A scenario as the API shows it."""

    id: int
    name: str
    team_id: int
    description: str | None = ""
    folder_id: int | None = None
    hook_id: int | None = None
    is_active: bool = False
    isinvalid: bool = False
    is_paused: bool = False
    iswaiting: bool = False
    dlq_count: int = 0
    last_edit: Timestamp | None = None
    created: Timestamp | None = None
    scheduling: Document = {}
    next_exec: Timestamp | None = None
    type: str = "scenario"
    used_packages: list[str] = []
    updated_by_user: Person | None = None
    created_by_user: Person | None = None

    @property
    def url(self) -> str:
        """Path of its page in Make's interface."""
        return f"{self.team_id}/scenarios/{self.id}"

    @property
    def editor(self) -> str:
        """Name of the one who edited it last."""
        person = self.updated_by_user or self.created_by_user
        return person.name if person and person.name else "somebody"


class OneScenario(Output):
    scenario: Scenario


class _Response(Output):
    blueprint: Document
    scheduling: Document | None = None
    last_edit: Timestamp | None = None
    metadata: Document | None = None


class _BlueprintAnswer(Output):
    response: _Response


@dataclass(frozen=True, slots=True)
class Stored:
    """A blueprint as Make keeps it, with the scenario's settings beside it.

    Attributes:
        blueprint: The document itself, nothing taken out.
        scheduling: The full scheduling object (chapter 1.14).
        interface: `{input, output}`, each a list of fields (chapter 1.17).
        last_edit: When the scenario was changed last.
        replaced: Number of the version in its place before, told after a save only.
    """

    blueprint: Blueprint
    scheduling: JsonObject
    interface: JsonObject
    last_edit: datetime | None
    replaced: int | None = None

    @property
    def has_interface(self) -> bool:
        """True when inputs or outputs are declared."""
        return bool(self.interface.get("input") or self.interface.get("output"))


async def read_scenario(make: Make, scenario_id: int) -> Scenario:
    """Read a scenario; the call's rate budget is its organization's from then on."""
    try:
        answer = await make.get(f"/scenarios/{scenario_id}", into=OneScenario)
    except NotFound as absent:
        absent.next_step = "`scenario_list` lists the scenarios of a team with their ids."
        raise
    await make.team(answer.scenario.team_id)
    return answer.scenario


async def read_stored(
    make: Make, scenario_id: int, version: int | None = None, *, draft: bool = False
) -> Stored:
    """Read a scenario's blueprint, live or of a kept version.

    Args:
        make: The call's Make.
        scenario_id: The scenario.
        version: Number of a version of the last 60 days; None for the live one.
        draft: Read the unpublished draft.
    """
    query: dict[str, object] = {"blueprintId": version} if version else {}
    if draft:
        query["draft"] = True
    try:
        answer = await make.get(f"/scenarios/{scenario_id}/blueprint", query, into=_BlueprintAnswer)
    except NotFound as absent:
        if version:
            listing = f"`blueprint_version_list` (scenario_id={scenario_id})"
            absent.next_step = f"{listing} names the versions Make keeps."
        raise
    found = answer.response
    specs = cast("JsonObject", found.metadata or {})
    interface: JsonObject = {
        "input": as_list(specs.get("input_spec")),
        "output": as_list(specs.get("output_spec")),
    }
    scheduling = cast("JsonObject", found.scheduling or {})
    blueprint = cast("Blueprint", found.blueprint)
    return Stored(blueprint, scheduling, interface, found.last_edit)


def is_instant(scenario: Scenario, stored: Stored) -> bool:
    """Tell whether a scenario begins with a webhook or another instant trigger."""
    metadata = stored.blueprint.get("metadata")
    instant = isinstance(metadata, dict) and metadata.get("instant") is True
    return scenario.hook_id is not None or instant


def refuse_stale(scenario: Scenario, expected: datetime | None) -> None:
    """Refuse an edit that rests on an older state of the scenario.

    Args:
        scenario: As it is in Make now.
        expected: `last_edit` as the caller read it; None when the caller does not say.

    Raises:
        Failure: Somebody changed the scenario since.
    """
    if expected is None or scenario.last_edit is None or _same(expected, scenario.last_edit):
        return
    raise Failure(
        f"Scenario {scenario.id} was changed after you read it; nothing was saved.",
        why=f"{scenario.editor} edited it at {_iso(scenario.last_edit)}; your edit rests on the"
        f" state of {_iso(expected)}.",
        next_step=f"Read it again with `scenario_get` (scenario_id={scenario.id}), and send the"
        " edit for what is there now with the new `last_edit`.",
        code="edited_meanwhile",
    )


def _same(one: datetime, other: datetime) -> bool:
    """Compare to the millisecond, which is what Make tells."""
    return abs((_aware(one) - _aware(other)).total_seconds()) < 0.001


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso(moment: datetime) -> str:
    return _aware(moment).astimezone(UTC).isoformat(timespec="milliseconds")
