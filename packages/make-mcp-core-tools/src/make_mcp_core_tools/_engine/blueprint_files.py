"""One scenario as one file of a repository: canonical JSON, layout apart, no secret.

Members are sorted and indented, so that line-based tools show what changed. Positions on the canvas
lie in `layout`; moving modules touches nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from make_blueprint.document import as_list, as_object, clone, whole_number
from make_blueprint.walk import walk
from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine.blueprint_secrets import protected, without_looks

if TYPE_CHECKING:
    from make_blueprint.document import Blueprint, JsonObject, JsonValue

    from make_mcp_core_tools._engine.scenarios import Scenario, Stored

FORMAT = "make-scenario/1"


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """What a file keeps of a scenario.

    Attributes:
        scenario_id: Its id when it was written.
        blueprint: Without secrets; see `blueprint_secrets`.
        scheduling: The scheduling object.
        interface: `{input, output}`, each a list of fields.
    """

    scenario_id: int
    name: str
    description: str
    blueprint: Blueprint
    scheduling: JsonObject
    interface: JsonObject

    def to_json(self) -> JsonObject:
        """Give the content of the file."""
        blueprint, layout = _apart(self.blueprint)
        return {
            "format": FORMAT,
            "id": self.scenario_id,
            "name": self.name,
            "description": self.description,
            "blueprint": blueprint,
            "layout": layout,
            "scheduling": self.scheduling,
            "interface": self.interface,
        }

    def to_text(self) -> str:
        """Write the file."""
        return canonical(self.to_json())


def file_of(scenario: Scenario, stored: Stored) -> ScenarioFile:
    """Make the file of a scenario as Make has it, secrets taken out."""
    return ScenarioFile(
        scenario.id,
        scenario.name,
        scenario.description or "",
        protected(stored.blueprint),
        cast("JsonObject", without_looks(stored.scheduling)),
        cast("JsonObject", without_looks(stored.interface)),
    )


def read_file(text: str | bytes, where: str) -> ScenarioFile:
    """Read a file.

    Raises:
        Failure: It is none of ours.
    """
    return from_json(read_object(text, where), where)


def read_object(text: str | bytes, where: str) -> JsonObject:
    """Read any JSON file of a repository.

    Raises:
        Failure: It is no JSON object.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        return cast("JsonObject", data)
    raise Failure(
        f"{where} is not readable JSON.",
        next_step="Look at it with git: somebody changed it by hand. An earlier commit or another"
        " `ref` may have it whole.",
        code="not_a_scenario_file",
    )


def from_json(data: JsonValue, where: str) -> ScenarioFile:
    """Read the content of a file.

    Raises:
        Failure: It is none of ours.
    """
    found = as_object(data)
    ident = whole_number(found.get("id"))
    if found.get("format") != FORMAT or ident is None or not found.get("blueprint"):
        raise Failure(
            f"{where} is not the file of a scenario.",
            why=f'It must be JSON with `"format": "{FORMAT}"`, `id` and `blueprint`.',
            next_step="Name a file that `blueprint_version_create` or `blueprint_export` made.",
            code="not_a_scenario_file",
        )
    return ScenarioFile(
        ident,
        str(found.get("name") or ""),
        str(found.get("description") or ""),
        _together(as_object(found["blueprint"]), as_object(found.get("layout"))),
        as_object(found.get("scheduling")),
        as_object(found.get("interface")),
    )


def canonical(value: JsonValue) -> str:
    """Write JSON so that equal data give equal text."""
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def file_name(team_id: int, scenario_id: int) -> str:
    """Name the file of a scenario."""
    return f"team-{team_id}/scenario-{scenario_id}.json"


def scenario_id_in(name: str) -> int | None:
    """Read the id back from a file's name; None for other files."""
    last = name.rpartition("/")[2]
    if not (last.startswith("scenario-") and last.endswith(".json")):
        return None
    return whole_number(last.removeprefix("scenario-").removesuffix(".json"))


def _apart(blueprint: Blueprint) -> tuple[Blueprint, JsonObject]:
    """Take the positions out of the modules whose ids are theirs alone."""
    copy = clone(blueprint)
    visits = list(walk(copy))
    ids = [visit.id for visit in visits]
    layout: JsonObject = {}
    for visit in visits:
        designer = as_object(as_object(visit.module.get("metadata")).get("designer"))
        if visit.id is None or ids.count(visit.id) > 1 or not {"x", "y"} <= designer.keys():
            continue
        layout[str(visit.id)] = [designer.pop("x"), designer.pop("y")]
    return copy, layout


def _together(blueprint: Blueprint, layout: JsonObject) -> Blueprint:
    copy = clone(blueprint)
    for visit in walk(copy):
        place = as_list(layout.get(str(visit.id)))
        designer = as_object(as_object(visit.module.get("metadata")).get("designer"))
        if len(place) == 2 and isinstance(visit.module.get("metadata"), dict):
            metadata = cast("JsonObject", visit.module["metadata"])
            metadata["designer"] = {"x": place[0], "y": place[1], **designer}
    return copy
