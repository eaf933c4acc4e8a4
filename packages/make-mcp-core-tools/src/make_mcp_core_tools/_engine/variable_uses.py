"""Which scenarios read variables of teams and organizations, and where.

Found in the expressions of blueprints, which are read once and kept until a scenario is edited.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_blueprint import iml
from make_blueprint.document import as_list, as_object
from make_blueprint.texts import strings
from make_blueprint.walk import path_text, walk

from make_mcp_core_tools._engine.connection_uses import READ, BoundScenario, read_blueprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_blueprint.document import Blueprint, JsonObject
    from make_blueprint.walk import Pointer
    from make_mcp_base.authoring import Make

ANY = "*"
"""Stands for the name where an expression takes all variables and picks one as it runs."""

_NESTED = frozenset({"flow", "routes", "branches", "tools", "onerror", "metadata"})
_WHOLE = re.compile(r"\bvar\s*\.\s*(team|organization)\b(?!\s*\.)")
_COLUMNS = ["id", "name", "teamId", "isActive", "lastEdit"]


@dataclass(frozen=True, slots=True)
class Use:
    """One place of a blueprint that reads a variable.

    Attributes:
        owner: `team` or `organization`.
        name: Name of the variable, or `*` where it is only known as it runs.
        module_id: Id of the module; None outside of modules.
        path: Place in the blueprint.
    """

    owner: str
    name: str
    module_id: int | None
    path: str


@dataclass(frozen=True, slots=True)
class Reader:
    """A scenario with the places where it reads variables."""

    scenario: BoundScenario
    uses: tuple[Use, ...]

    def of(self, owner: str, name: str) -> list[Use]:
        """Its uses of one variable, places that pick by name at run time included."""
        return [use for use in self.uses if use.owner == owner and use.name in (name, ANY)]


async def readers(make: Make, team_id: int) -> list[Reader]:
    """Read where every scenario of a team reads variables, by id.

    Raises:
        Failure: The scenarios or their blueprints cannot be read.
    """
    from make_mcp_base.client.failures import NotFound

    rows = await make.all(
        "/scenarios",
        {"teamId": team_id, "cols": _COLUMNS},
        key="scenarios",
        item=BoundScenario,
        scope=READ,
    )
    rows.sort(key=lambda row: row.id)
    versions = {str(row.id): row.last_edit for row in rows}

    async def fetch(key: str) -> str:
        try:
            found = list(variable_uses(await read_blueprint(make, int(key))))
        except NotFound:  # deleted since it was listed
            found = []
        return json.dumps([[use.owner, use.name, use.module_id, use.path] for use in found])

    kept = await make.remembered("variable-uses", f"team:{team_id}", versions, fetch)
    return [
        Reader(row, tuple(Use(*entry) for entry in json.loads(kept[str(row.id)]))) for row in rows
    ]


def variable_uses(blueprint: Blueprint) -> Iterator[Use]:
    """Give every place of a blueprint that reads a variable of its team or organization."""
    for visit in walk(blueprint):
        for pointer, text in _own_texts(visit.module):
            if "var" not in text or "{{" not in text:
                continue
            path = f"{visit.path}.{path_text(pointer)}"
            for use in dict.fromkeys((one.kind, one.name) for one in iml.variables(text)):
                if use[0] in ("team", "organization"):
                    yield Use(*use, visit.id, path)
            for whole in dict.fromkeys(_WHOLE.findall(text)):
                yield Use(whole, ANY, visit.id, path)


def _own_texts(module: JsonObject) -> Iterator[tuple[Pointer, str]]:
    """Give the texts a module itself holds; those of modules inside it are left out."""
    for key, value in module.items():
        if key not in _NESTED:
            yield from strings(value, (key,))
    for kind in ("routes", "branches"):
        for number, each in enumerate(as_list(module.get(kind))):
            for key, value in as_object(each).items():
                if key not in _NESTED:
                    yield from strings(value, (kind, number, key))
