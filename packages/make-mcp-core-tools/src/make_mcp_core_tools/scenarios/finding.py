"""Finding scenarios: by what the list shows, and by what stands in their blueprints."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from make_mcp_base.authoring import (
    ConnectionId,
    DataStoreId,
    Failure,
    FolderId,
    HookId,
    Make,
    OrganizationId,
    Output,
    Page,
    PageInput,
    ScenarioId,
    TeamId,
    Timestamp,
    page_of,
    rows_needed,
)
from pydantic import Field

from make_mcp_core_tools._engine.blueprint_index import (
    Named,
    each_summary,
    listed,
    team_scenarios,
)
from make_mcp_core_tools._engine.blueprint_summary import (
    NOTHING,
    IndexedModule,
    Summary,
    app_term,
    function_term,
    module_term,
    need_term,
    text_terms,
    variable_term,
)
from make_mcp_core_tools._engine.scenarios import Scenario
from make_mcp_core_tools._engine.schedules import in_words
from make_mcp_core_tools.scenarios.declared import category

_SNIPPET = 160

# Inputs


class ListScenarios(PageInput):
    team_id: TeamId | None = None
    organization_id: OrganizationId | None = None
    folder_id: FolderId | None = None
    active: bool | None = None
    """Only active, or only inactive ones."""
    type: Literal["scenario", "tool"] | None = None
    """Scenarios, or the tools of agents."""
    ids: list[ScenarioId] = []
    """Only these."""
    name_contains: str | None = None
    """Part of the name, in any case."""
    app: str | None = None
    """App they use, such as `google-sheets`."""
    has_problem: bool | None = None
    """Only with problems (invalid, paused, incomplete executions), or only without."""
    sort: Literal["name", "last_edit", "created"] = "last_edit"
    """By name, or the latest first."""


class SearchScenarios(PageInput):
    team_id: TeamId | None = None
    query: str | None = Field(default=None, min_length=2)
    """Text in names, settings or mapped values, in any case."""
    app: str | None = None
    """App of the module, such as `slack`."""
    module: str | None = None
    """Full module name, `slack:CreateMessage`."""
    connection_id: ConnectionId | None = None
    hook_id: HookId | None = None
    data_store_id: DataStoreId | None = None
    variable: str | None = None
    """Name of a custom team or organization variable."""
    function: str | None = None
    """IML or custom function that is called."""
    iml_contains: str | None = None
    """Text inside an expression, such as `{{3.email`."""
    url_contains: str | None = None
    """Part of an address."""


# Outputs


class ScenarioRow(Output):
    id: int
    name: str
    active: bool
    problems: list[str] | None = None
    """invalid, paused, waiting, or incomplete executions."""
    folder_id: int | None = None
    team_id: int | None = None
    """Only when more than one team is listed."""
    schedule: str
    next_exec: Timestamp | None = None
    last_edit: Timestamp | None = None


class ScenarioRows(Page):
    scenarios: list[ScenarioRow]
    url: str
    """Address of each in Make, once its id (and team_id) is put in."""


class Hit(Output):
    scenario_id: int
    scenario: str
    module_id: int | None = None
    module: str | None = None
    path: str | None = None
    snippet: str | None = None


class Hits(Page):
    hits: list[Hit]
    scenarios_searched: int


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("scenarios_list", "list-scenarios"),
    words=("workflows", "automations", "flows"),
    examples=[ListScenarios(active=True, has_problem=True, limit=50)],
)
async def scenario_list(make: Make, args: ListScenarios) -> ScenarioRows:
    """List scenarios of a team, an organization, or all teams, filtered over the whole list."""
    places = await _places(make, args)
    found = await make.each(places, lambda place: team_scenarios(make, place))
    rows = [row for rows in found for row in rows]
    kept = [row for row in rows if _matches(row, args)]
    page, more = page_of(_sorted(kept, args.sort), args)
    whole = "organizationId" in places[0] if places else False
    home = "{team_id}" if whole else str(rows[0].team_id if rows else args.team_id)
    url = make.page_url(f"{home}/scenarios/{{id}}")
    return ScenarioRows(scenarios=[_row(row, whole) for row in page], url=url, **more)


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("find", "grep", "where used", "usage", "which scenarios"),
    examples=[SearchScenarios(team_id=1, app="slack", query="#alerts", limit=50)],
)
async def scenario_search(make: Make, args: SearchScenarios) -> Hits:
    """Search the blueprints of a team: text, app, module, binding, variable, function, address.

    Criteria must hold in the same module. The first search of a team reads its blueprints; later
    ones only those edited since. `total` is told with the last page.
    """
    criteria = list(_criteria(args))
    if not criteria:
        raise Failure(
            "There is nothing to search for.",
            next_step="Send at least one of query, app, module, connection_id, hook_id,"
            " data_store_id, variable, function, iml_contains, url_contains.",
            code="invalid_arguments",
        )
    team = await make.team(args.team_id)
    rows = await listed(make, team, Named, ["id", "name", "lastEdit"])
    terms = {term for one in criteria for term in one.terms}
    kept = each_summary(make, team, rows, wanted=terms)
    found, complete = await _collected(rows, kept, criteria, args)
    page, more = page_of(found, args)
    more["total"] = len(found) if complete else None
    hits = [_hit(place, criteria) for place in page]
    return Hits(hits=hits, scenarios_searched=len(rows), **more)


# Listing


async def _places(make: Make, args: ListScenarios) -> list[dict[str, Any]]:
    """Give the list's queries in Make's spelling: of a team, or of whole organizations."""
    members = {"folderId": args.folder_id, "isActive": args.active, "type": args.type}
    query: dict[str, Any] = {key: value for key, value in members.items() if value is not None}
    if args.ids:
        query["id"] = list(args.ids)
    if args.organization_id and not args.team_id:
        return [query | {"organizationId": await make.organization(args.organization_id)}]
    account = await make.account()
    if args.team_id or make.team_default or len(account.teams) == 1:
        return [query | {"teamId": await make.team(args.team_id)}]
    return [query | {"organizationId": organization.id} for organization in account.organizations]


def _matches(row: Scenario, args: ListScenarios) -> bool:
    """Filter once more what Make was asked to filter, for zones that pass a filter over."""
    wanted = [
        args.active is None or row.is_active == args.active,
        args.type is None or row.type == args.type,
        args.folder_id is None or row.folder_id == args.folder_id,
        not args.ids or row.id in args.ids,
        not args.name_contains or args.name_contains.casefold() in row.name.casefold(),
        not args.app or args.app in row.used_packages,
        args.has_problem is None or bool(_problems(row)) == args.has_problem,
    ]
    return all(wanted)


def _problems(row: Scenario) -> list[str]:
    flags = {"invalid": row.isinvalid, "paused": row.is_paused}
    found = [name for name, on in flags.items() if on]
    if row.dlq_count:
        found.append(f"{row.dlq_count} incomplete executions")
    return found


def _sorted(rows: list[Scenario], by: str) -> list[Scenario]:
    if by == "name":
        return sorted(rows, key=lambda row: (row.name.casefold(), row.id))
    keys: dict[str, Callable[[Scenario], Any]] = {
        "last_edit": lambda row: row.last_edit,
        "created": lambda row: row.created,
    }
    dated = [row for row in rows if keys[by](row)]
    undated = [row for row in rows if not keys[by](row)]
    return sorted(dated, key=lambda row: (keys[by](row), row.id), reverse=True) + undated


def _row(row: Scenario, whole: bool) -> ScenarioRow:
    return ScenarioRow(
        id=row.id,
        name=row.name,
        active=row.is_active,
        problems=_problems(row) or None,
        folder_id=row.folder_id,
        team_id=row.team_id if whole else None,
        schedule=in_words(row.scheduling),
        next_exec=row.next_exec.replace(microsecond=0) if row.next_exec else None,
        last_edit=row.last_edit,
    )


# Searching


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is searched for.

    Attributes:
        could: Says quickly whether a blueprint may have a hit.
        holds: Decides whether a module is a hit.
        shows: Gives place and text of a hit.
        terms: What every blueprint with a hit has in the index, so that no other is read.
    """

    holds: Callable[[IndexedModule], bool]
    shows: Callable[[IndexedModule], tuple[str, str]]
    terms: Iterable[str]
    could: Callable[[Summary], bool] = lambda _: True


class Found(NamedTuple):
    """A module that meets all criteria; or a scenario by its name, without a module."""

    row: Named
    module: IndexedModule | None


def _criteria(args: SearchScenarios) -> Iterator[Criterion]:
    """Make one criterion of each argument that was given."""
    if args.query:
        yield _anywhere(args.query)
    if args.app:
        yield Criterion(lambda module: module.app == args.app, _type, [app_term(args.app)])
    if args.module:
        wanted = args.module.casefold()
        yield Criterion(
            lambda module: module.type.casefold() == wanted, _type, [module_term(wanted)]
        )
    bound = {
        "connection": args.connection_id,
        "hook": args.hook_id,
        "data_store": args.data_store_id,
    }
    for kind, ident in bound.items():
        if ident is not None:
            yield _need({kind}, str(ident), need_term(kind, ident))
    if args.variable:
        kinds = {"team_variable", "organization_variable"}
        yield _need(kinds, args.variable, variable_term(args.variable))
    if args.function:
        yield _calls(args.function)
    if args.iml_contains:
        yield _text(args.iml_contains, only="{{")
    if args.url_contains:
        yield _text(args.url_contains, only="://")


def _anywhere(wanted: str) -> Criterion:
    """Text in the name or type of a module, or in its texts."""
    lowered = wanted.casefold()
    inside = _text(wanted)

    def is_named(module: IndexedModule) -> bool:
        return lowered in f"{module.label} {module.type}".casefold()

    def holds(module: IndexedModule) -> bool:
        return is_named(module) or inside.holds(module)

    def shows(module: IndexedModule) -> tuple[str, str]:
        return ("", module.label or module.type) if is_named(module) else inside.shows(module)

    def could(summary: Summary) -> bool:
        return summary.holds(lowered) or summary.may_name(lowered)

    return Criterion(holds, shows, inside.terms, could)


def _text(wanted: str, only: str = "") -> Criterion:
    """Text inside one of the module's texts that also holds `only`."""
    lowered = wanted.casefold()

    def places(module: IndexedModule) -> Iterator[tuple[str, str]]:
        if lowered in module.folded:
            for place, text in module.texts:
                if only in text and lowered in text.casefold():
                    yield place, _around(text, lowered)

    return Criterion(
        lambda module: any(places(module)),
        lambda module: next(places(module)),
        [*text_terms(lowered), *text_terms(only)],
        lambda summary: summary.holds(lowered),
    )


def _around(text: str, lowered: str) -> str:
    start = max(0, text.casefold().find(lowered) - _SNIPPET // 2)
    cut = text[start : start + _SNIPPET]
    return f"{'…' if start else ''}{cut}{'…' if start + _SNIPPET < len(text) else ''}"


def _type(module: IndexedModule) -> tuple[str, str]:
    return "", module.type


def _need(kinds: set[str], wanted: str, term: str) -> Criterion:
    def names(module: IndexedModule) -> Iterator[tuple[str, str]]:
        for kind, value in module.needs:
            if kind in kinds and value == wanted:
                yield "", f"{kind.replace('_', ' ')} {wanted}"

    return Criterion(lambda module: any(names(module)), lambda module: next(names(module)), [term])


def _calls(name: str) -> Criterion:
    def shows(module: IndexedModule) -> tuple[str, str]:
        place = next(((p, t) for p, t in module.texts if f"{name}(" in t), ("", name))
        return place[0], _around(place[1], name.casefold())

    return Criterion(lambda module: name in module.functions, shows, [function_term(name)])


async def _collected(
    rows: list[Named],
    kept: AsyncGenerator[tuple[int, Summary]],
    criteria: list[Criterion],
    args: SearchScenarios,
) -> tuple[list[Found], bool]:
    """Collect hits until the page is full and there is one more, or all have been looked at."""
    enough = rows_needed(args)
    found: list[Found] = []
    waiting = iter(rows)
    async with aclosing(kept) as summaries:
        async for ident, summary in summaries:
            for row in waiting:
                found += _found(row, summary if row.id == ident else NOTHING, criteria, args)
                if row.id == ident:
                    break
            if len(found) >= enough:
                return found, False
    for row in waiting:
        found += _found(row, NOTHING, criteria, args)
    return found, True


def _found(
    row: Named, summary: Summary, criteria: list[Criterion], args: SearchScenarios
) -> list[Found]:
    """Give the modules of a scenario that are hits; or its name, if that alone is asked for."""
    hopeful = all(one.could(summary) for one in criteria)
    modules = [
        Found(row, module)
        for module in (summary.modules if hopeful else ())
        if all(one.holds(module) for one in criteria)
    ]
    if modules or not args.query or len(criteria) > 1:
        return modules
    return [Found(row, None)] if args.query.casefold() in row.name.casefold() else []


def _hit(found: Found, criteria: list[Criterion]) -> Hit:
    row, module = found
    if module is None:
        return Hit(scenario_id=row.id, scenario=row.name, snippet=row.name)
    told = [one.shows(module) for one in criteria]
    place, snippet = next((one for one in told if one[0]), told[0])
    return Hit(
        scenario_id=row.id,
        scenario=row.name,
        module_id=module.id,
        module=module.type,
        path=f"{module.path}.{place}" if place else module.path,
        snippet=snippet,
    )
