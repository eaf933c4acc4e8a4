"""Sharing a scenario: a public link to a copy of its blueprint."""

from typing import cast

from make_blueprint.document import JsonValue
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    Output,
    Problem,
    ScenarioId,
    Timestamp,
    Undo,
    Watch,
    delete,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.blueprint_secrets import protected
from make_mcp_core_tools._engine.scenarios import Scenario, read_scenario, read_stored
from make_mcp_core_tools.scenarios.declared import category

READ, WRITE = "scenarios-shared:read", "scenarios-shared:write"

# Inputs


class ShareScenario(Input):
    scenario_id: ScenarioId
    enabled: bool
    """True makes the link work for everybody who has it."""
    title: str | None = Field(default=None, min_length=1, max_length=40)
    """Title of the page; the scenario's name when it is shared first."""
    description_short: str | None = Field(default=None, max_length=260)
    """Shown under the title."""
    description_long: str | None = Field(default=None, max_length=2000)
    """Shown on the page."""
    allow_secrets: bool = False
    """Share it even when the blueprint holds what looks like secrets."""


# Outputs


class Share(Output):
    id: str
    scenario_id: int
    title: str = ""
    description_short: str | None = None
    description_long: str | None = None
    share_url: str = ""
    is_enabled: bool = False
    created_at: Timestamp | None = None
    updated: Timestamp | None = None


class Shared(Output):
    scenario_id: int
    share_id: str | None = None
    title: str | None = None
    enabled: bool
    changed: bool
    share_url: str | None = None
    other_shares: int | None = None
    """Older links of the same scenario, left as they are."""


# Make's answers


class _Shares(Output):
    scenarios_shared: list[Share]


class _OneShare(Output):
    scenario_shared: Share


class _Made(Output):
    id: str


class _OneMade(Output):
    scenario_shared: _Made


# Tools


@category.tool(
    scope=WRITE,
    effect="update",
    words=("public link", "publish", "share link", "unshare"),
)
async def scenario_share_set(make: Make, args: ShareScenario) -> Shared:
    """Share a scenario by a public link, change the link's texts, or switch it off.

    The blueprint is looked through for secrets first; switching a link on needs a plan.
    """
    scenario = await read_scenario(make, args.scenario_id)
    shares = await _shares(make, scenario.id)
    old = shares[0] if shares else None
    if old is None and not args.enabled:
        return Shared(scenario_id=scenario.id, enabled=False, changed=False)
    if args.enabled and not (old and old.is_enabled):
        await _refuse_secrets(make, scenario, args)
        make.confirm("Everybody with the link can see and copy the blueprint.")
    saved, changed = await _save(make, scenario, old, args)
    return Shared(
        scenario_id=scenario.id,
        share_id=saved.id,
        title=saved.title,
        enabled=saved.is_enabled,
        changed=changed,
        share_url=saved.share_url,
        other_shares=len(shares) - 1 if len(shares) > 1 else None,
    )


async def _shares(make: Make, scenario_id: int) -> list[Share]:
    path = f"/scenarios-shared/{scenario_id}"
    return (await make.get(path, into=_Shares, scope=READ)).scenarios_shared


async def _save(
    make: Make, scenario: Scenario, old: Share | None, args: ShareScenario
) -> tuple[Share, bool]:
    """Make the share, or change it; a change of nothing sends nothing."""
    texts = {
        "title": args.title,
        "descriptionShort": args.description_short,
        "descriptionLong": args.description_long,
    }
    body: Document = {name: text for name, text in texts.items() if text is not None}
    body["isEnabled"] = args.enabled
    if old is None:
        return await _create(make, scenario, {"title": scenario.name[:40]} | body), True
    before: Document = {
        "title": old.title,
        "descriptionShort": old.description_short,
        "descriptionLong": old.description_long,
        "isEnabled": old.is_enabled,
    }
    moved = {name: value for name, value in body.items() if before[name] != value}
    if not moved:
        return old, False
    make.shows(*(f"~ {name}: {before[name]} -> {value}" for name, value in moved.items()))
    back = {name: before[name] for name in moved}
    return await _change(make, scenario, old, moved, back), True


async def _create(make: Make, scenario: Scenario, body: Document) -> Share:
    path = f"/scenarios-shared/{scenario.id}"
    made = await make.write(
        post(path, body),
        into=_OneMade,
        says=f"Share the scenario “{scenario.name}” ({scenario.id}) by a public link",
        undo=lambda made: Undo((delete(f"{path}/{made.scenario_shared.id}"),)),
        before={"shared": False, "last_edit": str(scenario.last_edit)},
    )
    return await _read(make, f"{path}/{made.scenario_shared.id}")


async def _change(
    make: Make, scenario: Scenario, old: Share, moved: Document, back: Document
) -> Share:
    one = f"/scenarios-shared/{scenario.id}/{old.id}"
    await make.write(
        patch(one, moved),
        into=_OneShare,
        says=f"Change how the scenario “{scenario.name}” ({scenario.id}) is shared",
        undo=Undo((patch(one, back),), Watch(one, ("scenarioShared.updated",))),
        before=back,
    )
    return await _read(make, one)


async def _read(make: Make, path: str) -> Share:
    return (await make.get(path, into=_OneShare, scope=READ)).scenario_shared


async def _refuse_secrets(make: Make, scenario: Scenario, args: ShareScenario) -> None:
    if args.allow_secrets:
        return
    blueprint = (await read_stored(make, scenario.id)).blueprint
    places = list(
        _differences(cast("JsonValue", blueprint), cast("JsonValue", protected(blueprint)))
    )
    if places:
        raise Failure(
            f"Scenario {scenario.id} was not shared.",
            why="Its blueprint holds what looks like secrets, and everybody with the link could"
            " read them.",
            next_step="Move them into connections, keys or variables; or call `scenario_share_set`"
            " with allow_secrets=true when they are none.",
            code="secrets_found",
            problems=[Problem(place, "It looks like a secret.") for place in places[:20]],
        )


def _differences(one: JsonValue, other: JsonValue, path: str = "") -> list[str]:
    """Name the places where two documents of one shape differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            place
            for key in one
            for place in _differences(one[key], other.get(key), f"{path}.{key}".lstrip("."))
        ]
    if isinstance(one, list) and isinstance(other, list):
        return [
            place
            for number, (left, right) in enumerate(zip(one, other, strict=True))
            for place in _differences(left, right, f"{path}[{number}]")
        ]
    return [] if one == other else [path]
