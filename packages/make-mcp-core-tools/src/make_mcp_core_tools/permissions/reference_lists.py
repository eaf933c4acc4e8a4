"""Make's reference lists: countries, time zones, languages, module types and the like.

They need no scope and hardly ever change (Make API reference, chapter 2.17).
"""

from difflib import get_close_matches
from typing import Literal, cast

from make_mcp_base.authoring import Document, Make, Page, PageInput, Problem, page_of

from make_mcp_core_tools.permissions.declared import category

Kind = Literal[
    "app_review_statuses",
    "connected_system_apps",
    "countries",
    "email_notifications",
    "languages",
    "llm_models",
    "llm_tiers",
    "locales",
    "module_types",
    "organization_features",
    "regions",
    "timezones",
    "token_scopes",
    "user_features",
    "variable_types",
    "zones",
]

LISTS: dict[Kind, tuple[str, str]] = {
    "app_review_statuses": ("apps-review-statuses", "reviewStatuses"),
    "connected_system_apps": ("connected-system-apps", "connectedSystemApps"),
    "countries": ("countries", "countries"),
    "email_notifications": ("user-email-notifications", "userEmailNotifications"),
    "languages": ("languages", "languages"),
    "llm_models": ("llm-models", "llmModels"),
    "llm_tiers": ("llm-builtin-tiers", "llmBuiltinTiers"),
    "locales": ("locales", "locales"),
    "module_types": ("module-types", "moduleTypes"),
    "organization_features": ("organization-features", "organizationFeatures"),
    "regions": ("imt-regions", "imtRegions"),
    "timezones": ("timezones", "timezones"),
    "token_scopes": ("user-api-token-scopes", "userApiTokenScopes"),
    "user_features": ("user-features", "userFeatures"),
    "variable_types": ("variable-types", "variableTypes"),
    "zones": ("imt-zones", "imtZones"),
}
"""Path below `/enums` and wrapper key of each list."""

_DAY = 86_400.0

# Inputs


class GetEnum(PageInput):
    kind: Kind | None = None
    """Which list; leave out to see their names."""
    query: str | None = None
    """Only entries with this text in any member; the nearest when none has it."""


# Outputs


class EnumEntries(Page):
    kind: str | None = None
    entries: list[Document]


# Tools


@category.tool(
    scope="",
    effect="read",
    formerly=("enums_countries", "enums_regions", "enums_timezones", "enums_list"),
    words=("country", "time zone", "region", "language", "locale", "lookup"),
    examples=(GetEnum.model_validate({"kind": "timezones", "query": "Prague"}),),
)
async def enum_get(make: Make, args: GetEnum) -> EnumEntries:
    """Look up Make's reference lists: countries, regions, time zones, languages, module types."""
    if args.kind is None:
        page, more = page_of([{"kind": kind} for kind in LISTS], args)
        return EnumEntries(entries=page, **more)
    rows = await entries_of(make, args.kind)
    page, more = page_of(_matching(rows, args.query) if args.query else rows, args)
    return EnumEntries(kind=args.kind, entries=page, **more)


# For other tools


async def entries_of(make: Make, kind: Kind) -> list[Document]:
    """Read one reference list, at most a day old."""
    path, key = LISTS[kind]
    answer = await make.json(f"/enums/{path}", fresh_for=_DAY)
    found = answer.get(key) if isinstance(answer, dict) else None
    rows = cast("list[Document]", found if isinstance(found, list) else [])
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


async def entry_id(
    make: Make, kind: Kind, given: int | str, argument: str
) -> tuple[int, Problem | None]:
    """Find the id of an entry by id, code or name.

    Args:
        make: The call's Make.
        kind: Which list.
        given: What the caller wrote.
        argument: Name of the argument, for the problem.

    Returns:
        The id and None, or 0 and what is wrong.
    """
    rows = await entries_of(make, kind)
    wanted = str(given).strip().casefold()
    hits = [row for row in rows if wanted in {str(value).casefold() for value in row.values()}]
    if len(hits) == 1:
        return int(hits[0]["id"]), None
    near = [f"{row['id']} {row['name']}" for row in (hits or _matching(rows, wanted))[:5]]
    fix = f"Nearest: {', '.join(near)}." if near else f"List them with `enum_get` kind={kind}."
    count = "several" if hits else "no"
    return 0, Problem(argument, f"“{given}” names {count} entries of {kind}.", fix)


def _matching(rows: list[Document], query: str) -> list[Document]:
    """Keep entries that hold the text; failing that, those with a member most like it."""
    wanted = query.strip().casefold()
    hits = [row for row in rows if any(wanted in text for text in _texts(row))]
    if hits:
        return hits
    known = {text: row for row in rows for text in _texts(row)}
    near = [known[text] for text in get_close_matches(wanted, known, n=5, cutoff=0.6)]
    return [row for at, row in enumerate(near) if row not in near[:at]]


def _texts(row: Document) -> list[str]:
    return [str(value).casefold() for value in row.values()]
