"""The blueprints of a team, read once and kept: only what changed since is fetched again.

Kept are module names, bindings and texts with secrets masked, never data of runs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from make_blueprint import iml
from make_blueprint.bindings import bindings
from make_blueprint.document import as_list, as_object
from make_blueprint.masking import masked
from make_blueprint.texts import strings
from make_blueprint.walk import path_text, walk
from make_mcp_base.client.failures import NotFound
from make_mcp_base.safety.redaction import redact_text

from make_mcp_core_tools._engine.scenarios import Scenario, read_stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from make_blueprint.document import Blueprint, JsonObject, JsonValue
    from make_mcp_base.authoring import Make

_LONGEST_TEXT = 400
_PARTS = ("parameters", "mapper", "filter", "branches", "outputs", "filters", "flags")
_NESTED = frozenset({"flow", "routes", "tools", "onerror"})


@dataclass(frozen=True, slots=True)
class IndexedModule:
    """One module as the index keeps it.

    Attributes:
        texts: Place below the module and text, secrets masked.
        needs: Kind and value of each binding.
        functions: Names of the IML functions its texts call.
    """

    id: int | None
    type: str
    label: str
    path: str
    texts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    needs: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    functions: list[str] = field(default_factory=list[str])

    @property
    def app(self) -> str:
        """The part of the type before the colon."""
        return self.type.partition(":")[0]


async def team_scenarios(make: Make, query: dict[str, Any]) -> list[Scenario]:
    """List all scenarios of a team or organization, every page.

    Args:
        make: The call's Make.
        query: `teamId` or `organizationId`, and other members in Make's spelling.
    """
    return await make.all(
        "/scenarios", query, key="scenarios", item=Scenario, scope="scenarios:read"
    )


async def indexed(
    make: Make, team_id: int, scenarios: Sequence[Scenario], kind: str = "blueprint"
) -> dict[int, list[IndexedModule]]:
    """Give the modules of scenarios' blueprints, fetching only those edited since the last time.

    Args:
        make: The call's Make.
        team_id: The team they live in.
        scenarios: All scenarios of the index; others are forgotten.
        kind: Name of the index, one for each way of choosing scenarios.
    """
    done = 0

    async def fetch(key: str) -> str:
        nonlocal done
        done += 1
        await make.progress(done, len(scenarios), "Reading blueprints")
        try:
            stored = await read_stored(make, int(key))
        except NotFound:  # deleted since it was listed
            return "[]"
        return json.dumps(list(_modules(stored.blueprint)))

    versions = {str(one.id): str(one.last_edit) for one in scenarios}
    kept = await make.remembered(kind, f"team:{team_id}", versions, fetch)
    return {int(key): [_read(row) for row in json.loads(body)] for key, body in kept.items()}


async def callers_of(make: Make, scenario: Scenario) -> list[tuple[int, str]]:
    """Find the scenarios of the team that call a scenario, as id and name."""
    rows = await team_scenarios(make, {"teamId": scenario.team_id})
    likely = [
        row
        for row in rows
        if row.id != scenario.id
        and {"scenario-service", "ai-agent", "ai-local-agent"} & set(row.used_packages)
    ]
    kept = await indexed(make, scenario.team_id, likely, "caller")
    wanted = {str(scenario.id), f"SCN_{scenario.id}"}
    return [
        (row.id, row.name)
        for row in likely
        if any(
            kind == "scenario" and value in wanted
            for module in kept[row.id]
            for kind, value in module.needs
        )
    ]


def _modules(blueprint: Blueprint) -> Iterable[JsonObject]:
    needs: dict[int | None, list[JsonValue]] = {}
    for need in bindings(blueprint):
        needs.setdefault(need.module_id, []).append([need.kind, str(need.value)])
    for visit in walk(blueprint):
        texts = list(_texts(visit.module))
        called = dict.fromkeys(
            call.name for _, text in texts if "{{" in text for call in iml.functions(text)
        )
        yield {
            "id": visit.id,
            "type": visit.type,
            "label": visit.label,
            "path": visit.path,
            "texts": [[place, text] for place, text in texts],
            "needs": needs.get(visit.id, []),
            "functions": [*called],
        }


def _texts(module: JsonObject) -> Iterable[tuple[str, str]]:
    """Give the texts a module itself holds, those of nested modules left out."""
    for part in _PARTS:
        value = module.get(part)
        if part == "branches":
            branches: list[JsonValue] = [
                {k: v for k, v in as_object(branch).items() if k not in _NESTED}
                for branch in as_list(value)
            ]
            value = branches
        hidden = as_object(masked({part: value}))[part]
        for place, text in strings(hidden, (part,)):
            yield path_text(place), redact_text(text[:_LONGEST_TEXT])


def _read(row: JsonObject) -> IndexedModule:
    pairs = cast("dict[str, list[tuple[str, str]]]", row)
    return IndexedModule(
        id=cast("int | None", row["id"]),
        type=str(row["type"]),
        label=str(row["label"]),
        path=str(row["path"]),
        texts=[(place, text) for place, text in pairs["texts"]],
        needs=[(kind, value) for kind, value in pairs["needs"]],
        functions=[str(name) for name in as_list(row["functions"])],
    )
