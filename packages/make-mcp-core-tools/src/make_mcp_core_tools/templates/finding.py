"""Finding templates, and what one of them needs."""

from textwrap import shorten
from typing import Literal

from make_blueprint.outline import outline, to_text
from make_mcp_base.authoring import (
    Document,
    Input,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    TeamId,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine.app_search import words_of
from make_mcp_core_tools._engine.mapping_planner import decide
from make_mcp_core_tools._engine.team_objects import team_objects
from make_mcp_core_tools._engine.template_cleaning import account_values, also_needed
from make_mcp_core_tools._engine.templates import (
    Chosen,
    PublicTemplate,
    TeamTemplate,
    choose,
)
from make_mcp_core_tools._engine.vacancies import (
    Vacant,
    described_modules,
    vacancies,
    vacant_needs,
)
from make_mcp_core_tools.templates.declared import category

LOOKED_THROUGH = 3_000
"""Public templates looked through for one search, the most used first."""
_PAGE = 1_000
_FRESH_SECONDS = 300

# Inputs


class ListTemplates(PageInput):
    visibility: Literal["public", "team"] = "public"
    """Public ones, or those of your teams."""
    query: str | None = Field(default=None, min_length=2, max_length=200)
    """What it should do, best first."""
    apps: list[str] = Field(default=[], max_length=10)
    """Only templates that use all of these."""
    include_english: bool = True
    """Public ones: also those in English, beside your language."""
    target_team_id: TeamId | None = None
    """Team ones: only of this team."""


class GetTemplate(Input):
    template_id: int | None = Field(default=None, ge=1)
    """A template of a team."""
    public_url: str | None = None
    """Or a public one, `13-announce-demo-requests`."""
    target_team_id: TeamId | None = None
    """Team that would use it: tells what it has and lacks."""
    include: list[Literal["blueprint", "controller"]] = []
    """Documents to add."""


# Outputs


class TemplateRow(Output):
    template_id: int | None = None
    public_url: str | None = None
    name: str
    about: str | None = None
    apps: list[str] = []
    uses: int | None = None
    team_id: int | None = None
    state: str | None = None
    """Private, published, approval requested or approved."""


class Templates(Page):
    templates: list[TemplateRow]
    next_calls: list[NextCall] | None = None


class Requirement(Output):
    kind: str
    key: str
    """Name it so in `mapping` of `template_use`."""
    type: str | None = None
    modules: list[int]
    optional: bool | None = None
    has: int | None = None
    """What the team would bind."""
    how: str | None = None
    candidates: list[int] | None = None
    """What it could bind; nothing is certain."""


class TemplateDetail(Output):
    template_id: int | None = None
    public_url: str | None = None
    name: str
    about: str | None = None
    apps: list[str] = []
    uses: int | None = None
    team_id: int | None = None
    state: str | None = None
    language: str
    steps: str
    """Outline of its modules."""
    schedule: Document
    needs: list[Requirement]
    readiness: str
    also_needed: list[str] | None = None
    """Variables, custom functions and agents that it names."""
    account_values: list[str] | None = None
    """Values that likely fit another account only; set them in `values` of `template_use`."""
    blueprint: Document | None = None
    controller: Document | None = None
    next_calls: list[NextCall] | None = None


# Tools


@category.tool(
    scope="templates:read",
    effect="read",
    formerly=("public-templates_list", "list-templates", "search_templates"),
    words=("gallery", "ready-made", "examples", "blueprints"),
    examples=[ListTemplates(query="webhook to sheet", apps=["google-sheets"])],
)
async def template_list(make: Make, args: ListTemplates) -> Templates:
    """List public templates, the most used first, or those of your teams."""
    rows = await _public(make, args) if args.visibility == "public" else await _own(make, args)
    if wanted := words_of(args.query or ""):
        rated = [(_points(row, wanted), row) for row in rows]
        rows = [row for points, row in sorted(rated, key=lambda one: -one[0]) if points]
    page, more = page_of(rows, args)
    return Templates(templates=page, next_calls=_look(page), **more)


@category.tool(
    scope="templates:read",
    effect="read",
    formerly=("public-templates_get", "public-templates_get-blueprint", "get-template"),
    words=("requirements", "what does it need", "ready"),
    examples=[GetTemplate(public_url="1-add-webhook-data-to-google-sheets", target_team_id=7)],
)
async def template_get(make: Make, args: GetTemplate) -> TemplateDetail:
    """Show a template: its steps, what it needs, and whether a team has it."""
    chosen = await choose(make, args.template_id, args.public_url)
    team = args.target_team_id or (chosen.own.team_id if chosen.own else None) or await _only(make)
    needs = await needs_for(make, chosen, team)
    row = _row_of(chosen)
    documents = chosen.documents
    return TemplateDetail(
        **row.model_dump(),
        language=documents.language,
        steps=to_text(outline(documents.plan)),
        schedule=documents.scheduling,
        needs=[_requirement(one) for one in needs],
        readiness=_readiness(needs, team),
        also_needed=also_needed(documents.plan) or None,
        account_values=account_values(documents.plan) or None,
        blueprint=documents.blueprint if "blueprint" in args.include else None,
        controller=documents.controller if "controller" in args.include else None,
        next_calls=[_use(row, team)],
    )


# Lists


async def _public(make: Make, args: ListTemplates) -> list[TemplateRow]:
    query: Document = {"includeEn": args.include_english, "pg[limit]": _PAGE}
    if args.apps:
        query["usedApps[]"] = args.apps
    rows: list[PublicTemplate] = []
    while len(rows) < LOOKED_THROUGH:
        page = query | {"pg[offset]": len(rows)}
        answer = await make.get(
            "/templates/public", page, into=_PublicPage, fresh_for=_FRESH_SECONDS
        )
        rows += answer.templates_public
        if len(answer.templates_public) < _PAGE:
            break
    else:
        make.warn(f"Only the {len(rows)} most used templates were looked through.")
    return [_public_row(one) for one in rows]


class _PublicPage(Output):
    templates_public: list[PublicTemplate]


async def _own(make: Make, args: ListTemplates) -> list[TemplateRow]:
    query: Document = {"teamId": args.target_team_id} if args.target_team_id else {}
    if args.apps:
        query["usedApps[]"] = args.apps
    rows = await make.all("/templates", query, key="templates", item=TeamTemplate)
    return [_own_row(one) for one in rows]


def _public_row(one: PublicTemplate) -> TemplateRow:
    return TemplateRow(
        public_url=one.url,
        name=one.name,
        about=_short(one.description),
        apps=one.used_apps,
        uses=one.usage,
    )


def _own_row(one: TeamTemplate) -> TemplateRow:
    return TemplateRow(
        template_id=one.id,
        public_url=one.public_url,
        name=one.name,
        about=_short(one.description),
        apps=one.used_apps,
        team_id=one.team_id,
        state=one.state,
    )


def _row_of(chosen: Chosen) -> TemplateRow:
    if chosen.own is not None:
        return _own_row(chosen.own)
    if chosen.public is not None:
        return _public_row(chosen.public)
    raise RuntimeError("A chosen template is a team's or public.")


def _points(row: TemplateRow, wanted: list[str]) -> float:
    """Count the words that are found: in the name thrice, among apps twice, in the text once."""
    named = set(words_of(row.name))
    apps = set(words_of(" ".join(row.apps)))
    told = set(words_of(row.about or ""))
    return sum(3 * (word in named) + 2 * (word in apps) + (word in told) for word in wanted)


def _named(row: TemplateRow) -> Document:
    if row.template_id is not None:
        return {"template_id": row.template_id}
    return {"public_url": row.public_url}


def _look(page: list[TemplateRow]) -> list[NextCall] | None:
    why = "See what it needs and what you have."
    calls = [NextCall(tool="template_get", arguments=_named(row), why=why) for row in page[:1]]
    return calls or None


def _use(row: TemplateRow, team: int | None) -> NextCall:
    arguments = _named(row) | ({"team_id": team} if team else {}) | {"dry_run": True}
    return NextCall(tool="template_use", arguments=arguments, why="See what would be made.")


# Needs


async def needs_for(make: Make, chosen: Chosen, team: int | None) -> list[Vacant]:
    """Tell what a template needs, and what a team would bind for it without being asked."""
    blueprint = chosen.documents.plan
    needs = vacant_needs(vacancies(blueprint, await described_modules(make, blueprint)), {})
    if team is not None:
        found = await team_objects(make, team, [need.kind for need in needs])
        await decide(make, list(needs), found, {}, create_missing=True)
    return needs


async def _only(make: Make) -> int | None:
    teams = (await make.account()).teams
    return make.team_default or (teams[0].id if len(teams) == 1 else None)


def _requirement(need: Vacant) -> Requirement:
    return Requirement(
        kind=need.kind,
        key=need.key,
        type=need.source.type or None,
        modules=need.modules,
        optional=need.optional or None,
        has=need.target,
        how=need.how or None,
        candidates=[one.id for one in need.candidates] if not need.decided else None,
    )


def _readiness(needs: list[Vacant], team: int | None) -> str:
    """Say in a sentence what is there and what is lacking."""
    wanted = [one for one in needs if not one.optional]
    if not wanted:
        return "It needs no connection or other object."
    if team is None:
        return f"It needs {len(wanted)} objects; send target_team_id to see what a team has."
    open_ = [one for one in wanted if not one.decided]
    if not open_:
        return f"Team {team} is ready: all {len(wanted)} are there or can be created."
    lacking = [_word(one) for one in open_ if not one.candidates]
    choosing = [_word(one) for one in open_ if one.candidates]
    parts = [f"lacking {', '.join(lacking)}"] if lacking else []
    parts += [f"to be chosen {', '.join(choosing)}"] if choosing else []
    return f"Team {team} has {len(wanted) - len(open_)} of {len(wanted)}: {'; '.join(parts)}."


def _word(need: Vacant) -> str:
    return f"{need.kind} {need.source.type}".strip().replace("_", " ")


def _short(text: str | None) -> str | None:
    """Give the beginning of a description; `template_get` has it whole."""
    return shorten(text, 40, placeholder="…") if text else None
