"""Custom functions of teams: what a source must look like, and calling them in scenarios.

Make API reference, chapter 2.18; limits by Make's help page on custom functions.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from make_api_sandbox import javascript
from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.values import Value
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.usages import needs
from make_api_sandbox.world import World

if TYPE_CHECKING:
    from make_api_sandbox.scenarios.surroundings import WorldPorts

FEATURE = "customFunctions"
LONGEST_CODE = 5_000
NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,127}")
_WORDS = """
await break case catch class const continue debugger default delete do else enum export extends
false finally for function if implements import in instanceof interface let new null package private
protected public return static super switch this throw true try typeof var void while with yield
"""
RESERVED = frozenset(_WORDS.split())
"""Words of JavaScript that cannot name a function."""


def parameter_list(code: str, name: str) -> str | None:
    """The parameters of the function a source defines, with brackets; None if it defines none."""
    found = re.search(rf"\bfunction\s+{re.escape(name)}\s*\(", code)
    if found is None:
        return None
    depth, start = 0, found.end() - 1
    for at in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        if depth == 0:
            return code[start : at + 1]
    return None


def scenarios_calling(world: World, team_id: int, name: str) -> list[JsonObject]:
    """The scenarios of a team whose expressions call a function: `{"id", "name"}` by id."""
    rows = world.rows(
        "SELECT id, name, CAST(blueprint AS TEXT) AS blueprint_text FROM scenarios"
        " WHERE team_id = ? AND instr(CAST(blueprint AS TEXT), ?) ORDER BY id",
        team_id,
        name,
    )
    return [
        {"id": row["id"], "name": row["name"]}
        for row in rows
        if ("function", name) in needs(row["blueprint_text"])
    ]


def functions_of(ports: "WorldPorts") -> Mapping[str, Callable[..., Value]]:
    """The custom functions that expressions of a run can call; none without the licence."""
    if not ports.organization["license"].get(FEATURE):
        return {}
    rows = ports.world.rows(
        "SELECT name, code FROM custom_functions WHERE team_id = ?", ports.scenario["team_id"]
    )
    return {row["name"]: _callable(row["name"], row["code"], ports) for row in rows}


def _callable(name: str, code: str, ports: "WorldPorts") -> Callable[..., Value]:
    def function(*arguments: Value) -> Value:
        at = javascript.Surroundings(ports.clock.now(), ports.timezone, ports.random)
        try:
            return javascript.call(code, name, arguments, at)
        except (javascript.ScriptError, javascript.EngineMissing) as error:
            message = f"Function '{name}' finished with error! {error}"
            raise ModuleError("BundleValidationError", message) from error

    return function
