"""Saving a blueprint: the guard before it, the write with its way back, the proof after it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from make_blueprint.diff import diff
from make_blueprint.document import as_list, clone, compact, dump
from make_mcp_base.authoring import Output, Undo, Watch, patch

from make_mcp_core_tools._engine.app_installation import explained
from make_mcp_core_tools._engine.scenarios import (
    OneScenario,
    Scenario,
    read_stored,
    refuse_stale,
)

if TYPE_CHECKING:
    from make_blueprint.document import Blueprint, JsonObject, JsonValue
    from make_mcp_base.authoring import Make, Request

    from make_mcp_core_tools._engine.scenarios import Stored

LONGEST_DIFF = 100
"""Lines of a difference that are shown."""

_GUARD = ("id", "name", "teamId", "lastEdit", "scenarioVersion", "createdByUser", "updatedByUser")


class _Present(Scenario):
    scenario_version: int | None = None


class _OnePresent(Output):
    scenario: _Present


@dataclass(frozen=True, slots=True)
class Change:
    """A blueprint that is about to replace a scenario's.

    Attributes:
        scenario: The scenario as it is.
        stored: Its blueprint and settings as they are.
        blueprint: The new blueprint.
        says: What the change is, one short sentence.
        also: Other members to send along (`name`, `description`, `folderId`, `scheduling`).
        tool: The tool that is called.
        install: Whether apps that are new to the organization may be installed.
    """

    scenario: Scenario
    stored: Stored
    blueprint: Blueprint
    says: str
    also: JsonObject
    tool: str
    install: bool = False


def lines_of(before: Blueprint, after: Blueprint) -> list[str]:
    """Write the difference of two blueprints, one line an entry, secrets masked."""
    entries = diff(before, after).entries
    lines = [entry.to_text() for entry in entries[:LONGEST_DIFF]]
    if len(entries) > LONGEST_DIFF:
        lines.append(f"… and {len(entries) - LONGEST_DIFF} more; see `blueprint_diff`.")
    return lines


def same(one: JsonValue, other: JsonValue) -> bool:
    """Compare JSON data by what it says; the order of keys does not count."""
    return _sorted(one) == _sorted(other)


def _sorted(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True)


async def save_blueprint(make: Make, change: Change) -> Stored:
    """Replace a scenario's blueprint in one request, and read back what Make keeps.

    An active scenario asks for a confirmed plan first. Make takes a save whatever it is based on,
    so the last edit is looked at once more directly before. The undo puts back the old blueprint,
    scheduling and interface, as long as nobody else has edited since.

    Returns:
        The blueprint and settings as they are in Make now.

    Raises:
        Failure: As `Make.write`, or somebody edited while this change was prepared.
    """
    scenario, path = change.scenario, f"/scenarios/{change.scenario.id}"
    if scenario.is_active:
        make.confirm(f"Scenario {scenario.id} is active; its next run uses the new blueprint.")
    query: dict[str, Any] = {"confirmed": True} if change.install else {}
    present = (await make.get(path, {"cols": _GUARD}, into=_OnePresent)).scenario
    refuse_stale(present, scenario.last_edit)
    saving = make.write(
        patch(path, _body(change), **query),
        into=OneScenario,
        says=change.says,
        undo=Undo(_way_back(change), Watch(path, ("scenario.lastEdit",))),
        before={"last_edit": str(scenario.last_edit), "active": scenario.is_active},
    )
    await explained(saving, change.blueprint, change.tool)
    now = await read_stored(make, scenario.id)
    for line in _lost(change, now):
        make.warn(line)
    return replace(now, replaced=present.scenario_version)


def _body(change: Change) -> dict[str, Any]:
    """Send only what changes; the scenario's own name is held when the blueprint has another."""
    body: dict[str, Any] = {"blueprint": dump(change.blueprint), **change.also}
    named = change.blueprint.get("name")
    if "name" not in body and named and named != change.scenario.name:
        body["name"] = change.scenario.name
    return body


def _way_back(change: Change) -> tuple[Request, ...]:
    scenario, stored = change.scenario, change.stored
    path = f"/scenarios/{scenario.id}"
    old: dict[str, Any] = {
        "blueprint": dump(stored.blueprint),
        "scheduling": compact(stored.scheduling),
        "name": scenario.name,
    }
    if "description" in change.also:
        old["description"] = scenario.description or ""
    if "folderId" in change.also:
        old["folderId"] = scenario.folder_id
    back = [patch(path, old, confirmed=True)]
    if stored.has_interface:
        back.append(patch(f"{path}/interface", {"interface": stored.interface}))
    return tuple(back)


def _lost(change: Change, now: Stored) -> list[str]:
    """Say what Make keeps differently from what it was sent, or dropped along the way."""
    found: list[str] = []
    if not same(_nameless(change.blueprint), _nameless(now.blueprint)):
        lines = lines_of(change.blueprint, now.blueprint) or ["in parts the diff does not show"]
        found.append(f"Make stored something else than was sent: {'; '.join(lines[:5])}.")
    sent = change.also.get("scheduling")
    wanted = cast("JsonValue", json.loads(sent)) if isinstance(sent, str) else None
    wanted = wanted or change.stored.scheduling
    if not same(wanted, now.scheduling):
        found.append(
            f"Make changed the schedule from {compact(wanted)} to"
            f" {compact(now.scheduling)}; set it again with `scenario_schedule_set`."
        )
    found += [
        f"Make changed the scenario's {side}s; set them again with `scenario_interface_set`."
        for side in ("input", "output")
        if as_list(change.stored.interface.get(side)) != as_list(now.interface.get(side))
    ]
    return found


def _nameless(blueprint: Blueprint) -> Blueprint:
    copy = clone(blueprint)
    copy.pop("name", None)
    return copy
