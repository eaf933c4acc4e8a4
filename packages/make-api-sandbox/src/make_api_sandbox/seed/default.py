"""The company a new world starts with; see `truth` for what is hidden in it."""

import gc
from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from random import Random

from make_api_sandbox.clock import milliseconds, stamp
from make_api_sandbox.engine.connections import connection_ids
from make_api_sandbox.engine.values import Json, Module, items, members, whole
from make_api_sandbox.scenarios.documents import all_modules, module_sequence, used_packages
from make_api_sandbox.scenarios.schedule import next_run
from make_api_sandbox.seed import (
    flows_finance,
    flows_it,
    flows_marketing,
    flows_operations,
    flows_sales,
    flows_studio,
    flows_support,
    holdings,
    queues,
    traffic,
)
from make_api_sandbox.seed.assets import Assets, furnish
from make_api_sandbox.seed.blueprints import blueprint
from make_api_sandbox.seed.events import event_rows
from make_api_sandbox.seed.history import Historian, Ledger, Moments
from make_api_sandbox.seed.incidents import Calendar, Subject
from make_api_sandbox.seed.people import PEOPLE, TEAM_MONITORING, Directory, settle
from make_api_sandbox.seed.plan import Plan
from make_api_sandbox.seed.rehearsal import read
from make_api_sandbox.seed.runs import COLUMNS, Row, Scenario
from make_api_sandbox.seed.spec import fields
from make_api_sandbox.world import World

PLANS = (
    *flows_sales.PLANS,
    *flows_support.PLANS,
    *flows_finance.PLANS,
    *flows_marketing.PLANS,
    *flows_operations.PLANS,
    *flows_it.PLANS,
    *flows_studio.PLANS,
)
"""All scenarios; one that calls another stands behind it."""

CHUNK = 5_000
"""Runs written at once."""

SETTING = "company"
"""Setting of the world under which the seed notes what it made."""


def seed(world: World, *, scale: int = 1) -> None:
    """Fill an empty world with the company.

    Args:
        world: A world with the built-in roles and without people. Its seed and its clock decide
            everything: the same seed and time give the same world, byte for byte.
        scale: How many times as many runs every team has; 1 gives about 15,000 in 90 days.

    Raises:
        ValueError: The scale is below 1.
    """
    if scale < 1:
        raise ValueError("scale must be at least 1")
    with world.write(), world.clock.held():
        directory = settle(world)
        assets = furnish(world, directory)
        scenarios = [_scenario(world, directory, assets, plan, scale) for plan in PLANS]
        calendar = Calendar(world.clock.now())
        _past(world, scenarios, calendar, scale)
        queues.fill(world, assets)
        holdings.fill(world, directory, assets)
        noted: dict[str, Json] = {"scenarios": {**assets.scenarios}, **calendar.written()}
        world.set_setting(SETTING, noted)


# Scenarios


def _scenario(
    world: World, directory: Directory, assets: Assets, plan: Plan, scale: int
) -> Scenario:
    now = world.clock.now()
    versions = [*(each.flow for each in plan.earlier), plan.flow]
    documents = [_document(plan, flow(assets)) for flow in versions]
    born = now - timedelta(days=plan.age)
    saved = [born, *(now - timedelta(days=each.until) for each in plan.earlier)]
    authors = [plan.author, *(each.by for each in plan.earlier)]
    ident = world.insert(
        "scenarios",
        team_id=directory.teams[plan.team],
        folder_id=assets.folders.get((plan.team, plan.folder)),
        hook_id=whole(members(members(items(documents[-1]["flow"])[0])["parameters"]).get("hook")),
        name=plan.name,
        description=plan.description,
        is_active=plan.active,
        is_invalid=plan.invalid,
        scheduling=traffic.scheduling(plan, now, scale),
        blueprint=documents[-1],
        interface=_interface(plan),
        used_packages=used_packages(documents[-1]),
        module_sequence=module_sequence(documents[-1]),
        created=stamp(born),
        last_edit=stamp(saved[-1]),
        created_by=directory.people[plan.author],
        updated_by=directory.people[authors[-1]],
        version=len(documents),
    )
    for number, (document, at, by) in enumerate(zip(documents, saved, authors, strict=True), 1):
        world.insert(
            "scenario_versions",
            scenario_id=ident,
            version=number,
            created=stamp(at),
            author_id=directory.people[by],
            blueprint=document,
        )
    assets.scenarios[plan.slug] = ident
    return _ready(directory, assets, plan, ident, documents[-1])


def _document(plan: Plan, flow: list[Module]) -> dict[str, Json]:
    return blueprint(plan.name, flow, plan.settings, notes=plan.notes)


def _interface(plan: Plan) -> Json:
    if not plan.inputs and not plan.outputs:
        return None
    return {"input": fields(plan.inputs) or None, "output": fields(plan.outputs) or None}


def _ready(
    directory: Directory, assets: Assets, plan: Plan, ident: int, document: dict[str, Json]
) -> Scenario:
    """Gather what the history needs to know about a scenario."""
    modules = list(all_modules(document))
    by_id = {each.id: (key, each.type) for key, each in assets.connections.items()}
    services = {
        whole(module["id"]) or 0: by_id[connection]
        for module in modules
        for connection in connection_ids(module)
        if connection in by_id
    }
    called = {number: slug for slug, number in assets.scenarios.items()}
    instant = plan.timing.scheduling["type"] == "immediately"
    dlq = bool(plan.settings.get("dlq"))
    return Scenario(
        plan=plan,
        id=ident,
        team_id=directory.teams[plan.team],
        organization_id=directory.organization_of(plan.team),
        author_id=directory.people[plan.author],
        editors=[directory.people[each.by] for each in plan.earlier],
        authors=_people_of(directory, plan.team),
        flow=read(items(document["flow"])),
        subject=Subject(plan.slug, services, plan.errors, instant, dlq, _allowed(plan)),
        sleeps={
            whole(module["id"]) or 0: whole(members(module["mapper"])["duration"]) or 0
            for module in modules
            if module["module"] == "util:FunctionSleep"
        },
        calls={
            whole(module["id"]) or 0: called[
                int(str(members(module["parameters"])["scenario"])[4:])
            ]
            for module in modules
            if module["module"] == "scenario-service:CallSubscenario"
        },
        trigger=_trigger(items(document["flow"])),
        blueprint=document,
    )


def _allowed(plan: Plan) -> int:
    """Errors in a row that switch a scenario off."""
    if plan.timing.scheduling["type"] == "immediately":
        return 1
    return whole(plan.settings.get("maxErrors")) or 3


def _people_of(directory: Directory, team: str) -> list[int]:
    """Who may start a scenario of a team by hand."""
    return [
        directory.people[person.key]
        for person in PEOPLE
        if person.teams.get(team, TEAM_MONITORING) != TEAM_MONITORING and person.seen < 90
    ]


def _trigger(flow: list[Json]) -> str:
    """Fields of the first module's output in the short form."""
    metadata = members(members(flow[0])["metadata"])
    words = [
        f"{members(each)['name']}:{members(each)['type']}"
        for each in items(metadata.get("interface"))
    ]
    return " ".join(words)


# The past


def _moments(plans: Sequence[Plan], now: datetime, seeded: int, scale: int) -> dict[str, Moments]:
    """When the scenarios of a team ran.

    A scale shortens intervals; what intervals cannot give, such as more daily runs, is made up by
    the scenarios that run when they are called.
    """
    by_clock = [plan for plan in plans if not plan.timing.called]
    by_call = [plan for plan in plans if plan.timing.called]
    once = {plan.slug: _by_clock(plan, now, seeded, 1) for plan in by_clock}
    found = once if scale == 1 else {p.slug: _by_clock(p, now, seeded, scale) for p in by_clock}
    calls = {plan.slug: _by_call(plan, now, seeded, 1) for plan in by_call}
    missing = scale * sum(map(len, once.values())) - sum(map(len, found.values()))
    factor = scale + missing / max(1, sum(map(len, calls.values())))
    if scale > 1:
        calls = {plan.slug: _by_call(plan, now, seeded, factor) for plan in by_call}
    return {**found, **calls}


def _by_clock(plan: Plan, now: datetime, seeded: int, scale: int) -> Moments:
    random = Random(f"{seeded}/clock/{plan.slug}")
    schedule = traffic.scheduling(plan, now, scale)
    within = traffic.span(plan, now)
    # The validity window ends with the last run; what lies before it ran without one.
    schedule.pop("between", None)
    return Moments(traffic.scheduled(schedule, within, random))


def _by_call(plan: Plan, now: datetime, seeded: int, factor: float) -> Moments:
    random = Random(f"{seeded}/calls/{plan.slug}")
    return Moments(traffic.called(plan.timing.per_day * factor, traffic.span(plan, now), random))


# Writing


def _past(world: World, scenarios: Sequence[Scenario], calendar: Calendar, scale: int) -> None:
    """Tell the past of all scenarios and write it down, a chunk at a time."""
    now, seeded = calendar.now, int(world.setting("seed"))
    moments: dict[str, Moments] = {}
    for team in dict.fromkeys(scenario.plan.team for scenario in scenarios):
        plans = [scenario.plan for scenario in scenarios if scenario.plan.team == team]
        moments |= _moments(plans, now, seeded, scale)
    historian = Historian(calendar, seeded)
    told = historian.tell_all(scenarios, moments)
    with world.loading("executions"), world.loading("execution_modules"), _uncollected():
        while chunk := list(islice(told, CHUNK)):
            world.insert_rows("executions", COLUMNS, (each.execution for each in chunk))
            modules = (row for each in chunk for row in each.modules)
            world.insert_many("execution_modules", modules)
        _write(world, historian.ledger, scenarios)


@contextmanager
def _uncollected() -> Generator[None]:
    """Keep the collector of cycles away from millions of rows, which form none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _write(world: World, ledger: Ledger, scenarios: Sequence[Scenario]) -> None:
    """Write what follows from the runs."""
    events, last = event_rows(world.clock.now(), scenarios, ledger.last_runs)
    world.set_setting("events", last)
    _insert(world, "executions", events, "imt_id")
    _insert(world, "dlqs", ledger.incompletes, "created")
    _insert(world, "dlq_logs", ledger.attempts, "imt_id")
    for scenario in scenarios:
        _plan_next(world, scenario, ledger)


def _insert(world: World, table: str, rows: Sequence[Row], order: str) -> None:
    """Insert rows in order, those with the same columns together."""
    alike: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row[order])):
        alike[tuple(row)].append(row)
    for group in alike.values():
        world.insert_many(table, group)


def _plan_next(world: World, scenario: Scenario, ledger: Ledger) -> None:
    """Note the errors in a row, and when an active scenario runs next."""
    row = world.get("scenarios", scenario.id) or {}
    errors = ledger.in_a_row.get(scenario.plan.slug, 0)
    changes: dict[str, object] = {"consecutive_errors": errors} if errors else {}
    last = ledger.last_runs.get(scenario.plan.slug)
    due = None
    if scenario.plan.active:
        due = next_run(row["scheduling"], world.clock.now(), traffic.ZONE, last=last)
    if due:
        changes |= {"next_exec": stamp(due), "next_exec_ms": milliseconds(due)}
    world.update("scenarios", scenario.id, **changes)
