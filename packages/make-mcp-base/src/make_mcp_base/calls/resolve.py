"""Names into ids, and what was left out into the one thing it can mean.

Never a guess: an ambiguous name is answered with its candidates, an unknown one with the nearest.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast, get_args

from make_mcp_base.definition.ids import Reference
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.fields import FieldInfo

    from make_mcp_base.calls.make import Make
    from make_mcp_base.definition.models import Input

_TEAMS_SEARCHED = 20
_DIGITS = re.compile(r"-?[0-9]{1,18}")
_FIRST = {"organization": 0, "team": 1}


async def resolve(model: type[Input], arguments: dict[str, Any], make: Make) -> dict[str, Any]:
    """Fill in the team or organization, and put ids in place of names.

    Args:
        model: The tool's input model.
        arguments: Canonical arguments (`make_mcp_base.calls.arguments.canonical`).
        make: The call's Make; its organization is set as a side effect.

    Raises:
        Failure: A name is unknown or ambiguous, or there are several teams to choose from.
    """
    found = {name: reference_of(field) for name, field in model.model_fields.items()}
    references = [(name, ref) for name, ref in found.items() if ref is not None]
    references.sort(key=lambda pair: _FIRST.get(pair[1].kind, 2))
    resolved = dict(arguments)
    for name, reference in references:
        if name in resolved and resolved[name] is not None:
            resolved[name] = await _ids(resolved[name], reference, resolved, make)
    await _fill(model, resolved, make)
    return resolved


def reference_of(field: FieldInfo) -> Reference | None:
    """Find the `Reference` in an argument's annotation, through options and lists."""
    for item in (*field.metadata, *_metadata(field.annotation)):
        if isinstance(item, Reference):
            return item
    return None


def _metadata(annotation: Any) -> Iterable[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for inner in get_args(annotation):
        yield from _metadata(inner)


async def _fill(model: type[Input], arguments: dict[str, Any], make: Make) -> None:
    team, organization = "team_id" in model.model_fields, "organization_id" in model.model_fields
    given_team, given_organization = arguments.get("team_id"), arguments.get("organization_id")
    if isinstance(given_team, int):
        await make.team(given_team)
    elif isinstance(given_organization, int):
        await make.organization(given_organization)
    elif team and not organization:
        arguments["team_id"] = await make.team()
    elif organization and not team:
        arguments["organization_id"] = await make.organization()


async def named(reference: Reference, text: str, make: Make) -> int:
    """Give the id that a text names: the id itself, or a unique name.

    Raises:
        Failure: The name is unknown or ambiguous.
    """
    found = await _ids(text, reference, {}, make)
    return int(found)


async def _ids(value: Any, reference: Reference, arguments: dict[str, Any], make: Make) -> Any:
    if isinstance(value, list):
        return [await _ids(item, reference, arguments, make) for item in cast("list[Any]", value)]
    if not isinstance(value, str):
        return value
    if _DIGITS.fullmatch(value.strip()):
        return int(value)
    rows = await candidates(reference, arguments, make)
    wanted = value.strip().casefold()
    hits = [(i, n, where) for i, n, where in rows if n.casefold() == wanted]
    if len(hits) == 1:
        return hits[0][0]
    if hits:
        raise Failure(
            f"{len(hits)} {reference.kind}s are named “{value}”.",
            why="; ".join(f"{i} ({where})" for i, _, where in hits[:10]),
            next_step="Call again with the id.",
            code="ambiguous_name",
        )
    close = get_close_matches(wanted[:100], [n.casefold() for _, n, _ in rows], n=3, cutoff=0.4)
    near = [f"{i} “{n}”" for i, n, _ in rows if n.casefold() in close][:5]
    raise Failure(
        f"No {reference.kind} is named “{value}”.",
        why=f"Nearest: {', '.join(near)}." if near else "",
        next_step=f"Call again with an id; `{reference.tool}` lists them.",
        code="unknown_name",
    )


async def candidates(
    reference: Reference, arguments: dict[str, Any], make: Make
) -> list[tuple[int, str, str]]:
    """List id, name and whereabouts of everything a name may mean."""
    account = await make.account()
    if reference.kind == "organization":
        return [(o.id, o.name, o.zone) for o in account.organizations]
    if reference.kind == "team":
        within = _id(arguments, "organization_id")
        return [
            (team.id, team.name, organization.name)
            for organization in account.organizations
            if within in (None, organization.id)
            for team in organization.teams
        ]
    if reference.within == "organization":
        chosen = await _organization(arguments, make)
        return await _rows(reference, {"organizationId": chosen}, f"organization {chosen}", make)
    target = _id(arguments, "target_team_id") if reference.kind != "scenario" else None
    given = target or _id(arguments, "team_id") or make.team_default
    teams = [given] if given else [team.id for team in account.teams][:_TEAMS_SEARCHED]
    rows: list[tuple[int, str, str]] = []
    for team in teams:
        rows += await _rows(reference, {"teamId": team}, f"team {team}", make)
    return rows


async def _organization(arguments: dict[str, Any], make: Make) -> int:
    """Give the organization a call is about: the one it names, or that of the team it names."""
    team = _id(arguments, "team_id")
    home = None
    if team is not None:
        home = (await make.account()).organization_of(team)
        home = home or (await make.api.account(fresh=True)).organization_of(team)
    given = _id(arguments, "organization_id")
    return await make.organization(given or (home.id if home else None))


def _id(arguments: dict[str, Any], name: str) -> int | None:
    """Give an argument that is a number by now; what else it may be is told when all is checked."""
    value = arguments.get(name)
    return value if isinstance(value, int) else None


async def _rows(
    reference: Reference, query: dict[str, Any], where: str, make: Make
) -> list[tuple[int, str, str]]:
    answer = await make.json(reference.path, query, fresh_for=10)
    items = answer.get(reference.key) if isinstance(answer, dict) else None
    rows = cast("list[dict[str, Any]]", items if isinstance(items, list) else [])
    return [(int(row["id"]), str(row["name"]), where) for row in rows]
