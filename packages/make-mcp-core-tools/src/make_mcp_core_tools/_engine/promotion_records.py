"""What was promoted where: the base of the next promotion, kept in the repository."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from make_blueprint.document import as_list, as_object, whole_number

from make_mcp_core_tools._engine.blueprint_files import canonical, read_object
from make_mcp_core_tools._engine.blueprint_secrets import protected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_blueprint.document import Blueprint, JsonObject, JsonValue

    from make_mcp_core_tools._engine.blueprint_repository import Repository

FORMAT = "make-promotion/1"
_REMEMBERED = 5

Bound = dict[str, dict[str, int]]
"""New id by old id, for each kind of object."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """One promotion.

    Attributes:
        target_id: The scenario that was written.
        source: The source's blueprint, bound to the target's objects, without secrets.
        before: Digest of the target's blueprint before; "" when it did not exist or did not change.
        mapping: What was bound in place of what.
        numbers: Module ids in the target by those in the source, where they differ.
    """

    target_id: int
    source: Blueprint
    before: str
    mapping: Bound
    numbers: Mapping[int, int] = field(default_factory=dict[int, int])


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
            mapping = cast("Bound", as_object(one.get("mapping")))
            source = as_object(one.get("source"))
            before = str(one.get("before") or "")
            found.append(Promotion(target, source, before, mapping, _numbers(one.get("numbers"))))
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
    name = _name(source_id, team_id)

    def added(kept: bytes | None) -> str:
        earlier = [] if kept is None else as_list(read_object(kept, name).get("promotions"))
        rows = [_written(made), *earlier]
        return canonical({"format": FORMAT, "source": source_id, "promotions": rows[:_REMEMBERED]})

    return await repository.write({name: added}, message)


def _written(one: Promotion) -> JsonValue:
    said: JsonObject = {
        "target": one.target_id,
        "source": one.source,
        "before": one.before,
        "mapping": cast("JsonValue", one.mapping),
    }
    if one.numbers:
        said["numbers"] = {str(old): new for old, new in one.numbers.items()}
    return said


def _numbers(value: JsonValue) -> dict[int, int]:
    pairs = [(whole_number(old), whole_number(new)) for old, new in as_object(value).items()]
    return {old: new for old, new in pairs if old is not None and new is not None}
