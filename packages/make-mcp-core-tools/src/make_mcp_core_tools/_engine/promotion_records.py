"""What was promoted where: the base of the next promotion, kept in the repository."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from make_blueprint.document import as_list, as_object, whole_number

from make_mcp_core_tools._engine.blueprint_files import canonical, read_object
from make_mcp_core_tools._engine.blueprint_secrets import protected

if TYPE_CHECKING:
    from make_blueprint.document import Blueprint, JsonObject, JsonValue

    from make_mcp_core_tools._engine.blueprint_repository import Repository

FORMAT = "make-promotion/1"
_REMEMBERED = 5

Mapping = dict[str, dict[str, int]]
"""New id by old id, for each kind of object."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """One promotion.

    Attributes:
        target_id: The scenario that was written.
        source: The source's blueprint, bound to the target's objects, without secrets.
        before: Digest of the target's blueprint before; "" when it did not exist.
        mapping: What was bound in place of what.
    """

    target_id: int
    source: Blueprint
    before: str
    mapping: Mapping


def digest(blueprint: Blueprint) -> str:
    """Tell blueprints apart by what they say, secrets aside."""
    return hashlib.sha256(canonical(protected(blueprint)).encode()).hexdigest()


def _name(source_id: int, team_id: int) -> str:
    return f"promotions/scenario-{source_id}-to-team-{team_id}.json"


async def promotions(repository: Repository, source_id: int, team_id: int) -> list[Promotion]:
    """Read the promotions of a scenario into a team, newest first."""
    if not await repository.log(_name(source_id, team_id), most=1):
        return []
    text = await repository.read("main", _name(source_id, team_id))
    rows = as_list(read_object(text or b"{}", _name(source_id, team_id)).get("promotions"))
    found: list[Promotion] = []
    for one in map(as_object, rows):
        target = whole_number(one.get("target"))
        if target is not None:
            mapping = cast("Mapping", as_object(one.get("mapping")))
            source = as_object(one.get("source"))
            found.append(Promotion(target, source, str(one.get("before") or ""), mapping))
    return found


def standing(records: list[Promotion], target_id: int, live: Blueprint) -> Promotion | None:
    """Find the last promotion that still stands: one that was undone is no base any more."""
    now = digest(live)
    for one in records:
        if one.target_id == target_id and one.before != now:
            return one
    return None


async def keep_promotion(
    repository: Repository, source_id: int, team_id: int, made: Promotion, message: str
) -> str | None:
    """Commit a promotion as the base of the next."""
    earlier = await promotions(repository, source_id, team_id)
    rows: list[JsonValue] = [_written(one) for one in [made, *earlier][:_REMEMBERED]]
    text = canonical({"format": FORMAT, "source": source_id, "promotions": rows})
    return await repository.write({_name(source_id, team_id): text}, message)


def _written(one: Promotion) -> JsonObject:
    return {
        "target": one.target_id,
        "source": one.source,
        "before": one.before,
        "mapping": cast("JsonValue", one.mapping),
    }
