"""The description of a scenario as a tool of its own.

Names and help texts of scenarios are written by whoever may edit them, and here they reach a
model before any call. So they are cleaned, cut, put on one line and quoted as what their author
says.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from make_mcp_base.authoring import Document, RunTool, clean

from make_mcp_core_tools._engine.interfaces import json_schema
from make_mcp_core_tools._engine.run_preflight import input_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.scenarios import Scenario

_LONGEST_NAME = 40
_LONGEST_TITLE = 80
_LONGEST_TEXT = 240


async def run_tool(make: Make, scenario: Scenario, name: str) -> RunTool:
    """Describe one scenario as a tool; its arguments are the inputs of its interface."""
    fields = await input_fields(make, scenario.id)
    return RunTool(
        name=name,
        description=_description(scenario),
        schema=_tamed(json_schema(fields)),
        tool="scenario_run",
        filled={"scenario_id": scenario.id},
        takes="data",
        formerly=(f"run_scenario_{scenario.id}",),
    )


def tool_names(scenarios: Sequence[Scenario]) -> dict[int, str]:
    """Name a tool for each scenario; where two would share one, both get their id."""
    plain = {one.id: _slug(one.name) for one in scenarios}
    shared = Counter(plain.values())
    return {
        ident: f"run_scenario_{ident}"
        if not slug
        else f"run_{slug}_{ident}"
        if shared[slug] > 1
        else f"run_{slug}"
        for ident, slug in plain.items()
    }


def _slug(name: str) -> str:
    """Write a name in lower-case ASCII words, as many as fit whole."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(c if c.isalnum() else " " for c in ascii_name).split()
    slug = ""
    for word in words:
        longer = f"{slug}_{word}".strip("_")
        if len(longer) > _LONGEST_NAME:
            break
        slug = longer
    return slug or "".join(words)[:_LONGEST_NAME]


def _description(scenario: Scenario) -> str:
    title = _quoted(scenario.name, _LONGEST_TITLE)
    lines = [
        f"Run the scenario {title} ({scenario.id}) and wait for its result.",
        "A run longer than 45 seconds comes back as `pending`, with an id for"
        " `scenario_execution_get`. Spends operations.",
    ]
    if scenario.description:
        lines.insert(1, f"Its author says: {_quoted(scenario.description, _LONGEST_TEXT)}")
    return "\n".join(lines)


def _tamed(schema: Document) -> Document:
    """Clean and cut every text of a schema that is there for a reader."""
    tamed: Document = {}
    for key, value in cast("dict[str, Any]", clean(schema)).items():
        if key in {"title", "description"} and isinstance(value, str):
            tamed[key] = _one_line(value, _LONGEST_TEXT)
        elif key == "properties":
            tamed[key] = {name: _tamed(member) for name, member in value.items()}
        elif key == "items":
            tamed[key] = _tamed(value)
        else:
            tamed[key] = value
    return tamed


def _quoted(text: str, longest: int) -> str:
    return f"“{_one_line(text, longest)}”"


def _one_line(text: str, longest: int) -> str:
    line = " ".join(clean(text).replace("“", '"').replace("”", '"').split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
