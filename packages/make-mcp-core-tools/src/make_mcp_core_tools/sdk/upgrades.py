"""Moving scenarios from old versions of apps to newer ones."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import cast

from make_blueprint.diff import diff
from make_blueprint.document import JsonObject, JsonValue, clone, dump
from make_blueprint.references import references
from make_blueprint.validate import validate
from make_blueprint.walk import walk
from make_mcp_base.authoring import (
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
    ScenarioId,
    TeamId,
    Undo,
    Watch,
    page_of,
    patch,
)
from pydantic import Field

from make_mcp_core_tools._engine.app_manifests import Manifest
from make_mcp_core_tools._engine.app_upgrades import Upgrade, counterpart, lost_outputs, upgrade
from make_mcp_core_tools._engine.app_uses import ScenarioUse, scenarios_with
from make_mcp_core_tools._engine.optional_manifests import manifest_or_none, newest_versions
from make_mcp_core_tools._engine.scenarios import OneScenario, Scenario, read_scenario, read_stored
from make_mcp_core_tools.sdk.declared import category

# Inputs


class PlanUpgrade(PageInput):
    team_id: TeamId | None = None
    app: str | None = Field(default=None, max_length=120)
    """Only this app, as blueprints name it (`http`, `app#my-app`)."""
    to_version: int | None = Field(default=None, ge=1)
    """With `app`: version to move to; default the newest."""


class ApplyUpgrade(Input):
    app: str = Field(max_length=120)
    """The app, as blueprints name it."""
    team_id: TeamId | None = None
    to_version: int | None = Field(default=None, ge=1)
    """Version to move to; default the newest."""
    scenario_ids: list[ScenarioId] | None = Field(default=None, min_length=1, max_length=50)
    """Only these scenarios; default all of the team that need it."""
    values: dict[str, dict[str, Json]] = {}
    """Values for fields of the new version, by new module type: `{"http:MakeRequest": {…}}`."""
    renames: dict[str, dict[str, str]] = {}
    """New names of fields by their old ones, by new module type."""
    accept_breaking: bool = False
    """Go on although values are lost or types differ; the plan names them."""


# Outputs


class ModulePlan(Output):
    module_id: int | None = None
    label: str | None = None
    old: str
    """Type and version now."""
    new: str | None = None
    """Type and version afterwards; absent when there is no counterpart."""
    moves: list[str] = []
    """Values that change their place."""
    breaking: list[str] = []
    """What has to be decided: `values` or `accept_breaking` of `sdk_app_upgrade_apply`."""


class ScenarioPlan(Output):
    scenario_id: int
    name: str
    is_active: bool
    modules: list[ModulePlan]


class UpgradePlan(Page):
    scenarios: list[ScenarioPlan]
    apps: dict[str, str]
    """Versions in use and the newest of each app, `3 → 4`."""
    next_calls: list[NextCall] = []


class UpgradedScenario(Output):
    scenario_id: int
    name: str
    diff: list[str]


class Upgraded(Output):
    app: str
    to_version: int | None = None
    changed: bool
    scenarios: list[UpgradedScenario]


# Planning


@dataclass(slots=True)
class _Manifests:
    """Manifests of one call, each read once."""

    make: Make
    known: dict[tuple[str, int], Manifest | None] = field(
        default_factory=dict[tuple[str, int], "Manifest | None"]
    )

    async def get(self, app: str, version: int) -> Manifest | None:
        if (app, version) not in self.known:
            self.known[app, version] = await manifest_or_none(self.make, app, version)
        return self.known[app, version]


@dataclass(slots=True)
class _Work:
    """A scenario on its way.

    Attributes:
        upgrades: Its modules that change.
        after: Its blueprint afterwards.
    """

    scenario: Scenario
    before: JsonObject
    after: JsonObject
    upgrades: list[Upgrade]


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("update-sdk-app",),
    words=("deprecated module", "old version", "outdated app", "migrate"),
)
async def sdk_app_upgrade_plan(make: Make, args: PlanUpgrade) -> UpgradePlan:
    """Find modules on old versions of their apps and show, field by field, what newer ones need.

    Where names differ, fields are recognized by label or likeness: look before you apply.
    """
    targets = await _targets(make, args.app, args.to_version)
    uses = await _outdated(make, args.team_id or 0, targets)
    page, more = page_of(uses, args)
    manifests = _Manifests(make)
    works = [await _work(make, manifests, use, targets) for use in page]
    app = args.app or next(iter(_apps_of(uses)), None)
    call = NextCall(
        tool="sdk_app_upgrade_apply",
        arguments={"app": app, "team_id": args.team_id},
        why="Plan the change itself.",
    )
    return UpgradePlan(
        scenarios=[_scenario_plan(work) for work in works],
        apps=_versions(uses, targets),
        next_calls=[call] if uses else [],
        **more,
    )


@category.tool(
    scope="scenarios:write",
    effect="update",
    confirm=True,
    words=("deprecated module", "new version", "migrate"),
    examples=(ApplyUpgrade(app="http", team_id=34, scenario_ids=[101]),),
)
async def sdk_app_upgrade_apply(make: Make, args: ApplyUpgrade) -> Upgraded:
    """Move modules of scenarios to a newer version of their app, after `sdk_app_upgrade_plan`.

    The plan shows every difference; nothing is changed while anything breaking is undecided.
    `operation_undo` takes all back at once.
    """
    targets = await _targets(make, args.app, args.to_version)
    uses = await _outdated(make, args.team_id or 0, targets)
    if args.scenario_ids is not None:
        uses = [use for use in uses if use.scenario_id in args.scenario_ids]
        found = {use.scenario_id for use in uses}
        for left in sorted(set(args.scenario_ids) - found):
            make.warn(f"Scenario {left} of this team has no older module of {args.app}.")
    manifests = _Manifests(make)
    works = [await _work(make, manifests, use, targets, args) for use in uses]
    _refuse_breaking(works, accept=args.accept_breaking)
    for work in works:
        await _write(make, work)
    return Upgraded(
        app=args.app,
        to_version=targets.get(args.app),
        changed=bool(works),
        scenarios=[
            UpgradedScenario(
                scenario_id=work.scenario.id, name=work.scenario.name, diff=_diff(work)
            )
            for work in works
        ],
    )


# Parts


async def _targets(make: Make, app: str | None, version: int | None) -> dict[str, int]:
    """Give the version to move to by app: the newest, unless one is named.

    Raises:
        Failure: There is no such app.
    """
    newest = await newest_versions(make, make.organization_id)
    if app is None:
        return newest
    if app not in newest:
        near = get_close_matches(app, newest, n=3, cutoff=0.5)
        raise Failure(
            f"There is no app `{app}`.",
            why=f"Most like it: {', '.join(near)}." if near else "",
            next_step="Find its name with `app_list`; custom apps are written `app#name`.",
            code="unknown_app",
        )
    return {app: version or newest[app]}


async def _outdated(make: Make, team: int, targets: dict[str, int]) -> list[ScenarioUse]:
    found = await scenarios_with(make, [team], list(targets))
    for use in found:
        use.modules = [
            one for one in use.modules if one.version < targets[one.type.partition(":")[0]]
        ]
    return [use for use in found if use.modules]


async def _work(
    make: Make,
    manifests: _Manifests,
    use: ScenarioUse,
    targets: dict[str, int],
    given: ApplyUpgrade | None = None,
) -> _Work:
    scenario = await read_scenario(make, use.scenario_id)
    before = (await read_stored(make, use.scenario_id)).blueprint
    after = clone(before)
    work = _Work(scenario, before, after, [])
    for visit in list(walk(after)):
        app, _, name = visit.type.partition(":")
        held = visit.module.get("version")
        if app not in targets or not isinstance(held, int) or held >= targets[app]:
            continue
        one = await _upgraded(manifests, visit.module, app, name, targets[app], given)
        visit.container[visit.index] = one.after
        work.upgrades.append(one)
    return work


async def _upgraded(
    manifests: _Manifests,
    module: JsonObject,
    app: str,
    name: str,
    target: int,
    given: ApplyUpgrade | None,
) -> Upgrade:
    held = module.get("version")
    before = await manifests.get(app, held if isinstance(held, int) else 1)
    after = await manifests.get(app, target)
    old = next((one for one in before.modules if one.name == name), None) if before else None
    new = counterpart(old, name, after) if after else None
    kind = f"{app}:{new.name}" if new else ""
    values = cast("dict[str, JsonValue]", given.values.get(kind, {}) if given else {})
    renames = given.renames.get(kind, {}) if given else {}
    made = upgrade(module, old, new, app, target, values, renames)
    if old is None:
        made.breaking.append(f"Make has no manifest of {app} {held}, so types are not compared.")
    made.lost = lost_outputs(old, new)
    return made


def _refuse_breaking(works: list[_Work], *, accept: bool) -> None:
    problems: list[Problem] = []
    for work in works:
        for one in work.upgrades:
            hard = one.new_type is None or bool(one.missing)
            if hard or not accept:
                place = f"scenario {work.scenario.id} module {one.module_id}"
                problems += [Problem(place, line) for line in _told(work, one)]
        problems += _new_faults(work)
    if problems:
        raise Failure(
            "Nothing was changed: some points are undecided.",
            next_step="Send `values` for required fields, `accept_breaking` for what may be lost,"
            " or leave scenarios out with `scenario_ids`.",
            code="breaking_upgrade",
            problems=problems,
        )


def _told(work: _Work, one: Upgrade) -> list[str]:
    """Give what is breaking, outputs that later modules map included."""
    used = {
        use.field.partition(".")[0].partition("[")[0]
        for use in references(work.before)
        if use.module == one.module_id
    }
    return one.breaking + [
        f"The output `{name}` is mapped by later modules and is no longer there."
        for name in sorted(used & one.lost)
    ]


def _new_faults(work: _Work) -> list[Problem]:
    was = {(p.code, p.problem) for p in validate(work.before) if p.severity == "error"}
    return [
        Problem(f"scenario {work.scenario.id} {p.path}", p.problem, p.fix)
        for p in validate(work.after)
        if p.severity == "error" and (p.code, p.problem) not in was
    ]


async def _write(make: Make, work: _Work) -> None:
    scenario, path = work.scenario, f"/scenarios/{work.scenario.id}"
    make.shows(*(f"scenario {scenario.id}: {line}" for line in _diff(work)))
    if scenario.is_active:
        make.affects(f"“{scenario.name}” ({scenario.id}) is active; its next run uses it.")
    count = len(work.upgrades)
    await make.write(
        patch(path, _body(scenario, work.after), confirmed=True),
        into=OneScenario,
        says=f"Upgrade {count} module{'s' if count > 1 else ''} of “{scenario.name}”",
        before={"lastEdit": str(scenario.last_edit)},
        predict={"scenario": scenario.model_dump(mode="json")},
        undo=Undo(
            (patch(path, _body(scenario, work.before), confirmed=True),),
            Watch(path, ("scenario.lastEdit",)),
        ),
    )


def _body(scenario: Scenario, blueprint: JsonObject) -> Document:
    """Send the blueprint; where it has another name than the scenario, hold the scenario's."""
    body: Document = {"blueprint": dump(blueprint)}
    return body if blueprint.get("name") == scenario.name else body | {"name": scenario.name}


def _diff(work: _Work) -> list[str]:
    return [entry.to_text() for entry in diff(work.before, work.after).entries]


def _scenario_plan(work: _Work) -> ScenarioPlan:
    return ScenarioPlan(
        scenario_id=work.scenario.id,
        name=work.scenario.name,
        is_active=work.scenario.is_active,
        modules=[
            ModulePlan(
                module_id=one.module_id,
                label=one.label or None,
                old=f"{one.old_type} {one.old_version}",
                new=f"{one.new_type} {one.new_version}" if one.new_type else None,
                moves=[move.to_text() for move in one.moves if not move.is_plain],
                breaking=_told(work, one),
            )
            for one in work.upgrades
        ],
    )


def _apps_of(uses: list[ScenarioUse]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for use in uses:
        for one in use.modules:
            found.setdefault(one.type.partition(":")[0], set()).add(one.version)
    return found


def _versions(uses: list[ScenarioUse], targets: dict[str, int]) -> dict[str, str]:
    return {
        app: f"{', '.join(map(str, sorted(versions)))} → {targets[app]}"
        for app, versions in sorted(_apps_of(uses).items())
    }
