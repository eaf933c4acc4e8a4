"""What a model needs to know to build scenarios: patterns to start from, and the functions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from make_blueprint.iml import ERASE, IGNORE, Data, builtin_functions
from make_blueprint.iml.coercion import iso
from make_blueprint.iml.examples.functions import FAMILIES
from make_blueprint.iml.examples.sample import BUNDLES
from make_mcp_base.authoring import Make

from make_mcp_core_tools._engine.patterns import pattern as read_pattern
from make_mcp_core_tools._engine.patterns import pattern_names
from make_mcp_core_tools.scenarios.declared import category


@category.document("make://patterns", scope="")
async def patterns(make: Make) -> Any:
    """Small whole scenarios to start from: what each is for, and where to read it."""
    pages = {name: read_pattern(name) for name in pattern_names()}
    return [
        {"uri": f"make://pattern/{name}", "title": page["title"], "when": page["when"]}
        for name, page in pages.items()
    ]


async def names_of_patterns(make: Make, known: dict[str, str]) -> list[str]:
    """Name every pattern."""
    return list(pattern_names())


@category.document("make://pattern/{name}", scope="", completers={"name": names_of_patterns})
async def pattern(make: Make, name: str) -> Any:
    """A scenario to start from: when it fits, what it needs, traps, arguments to create it."""
    return read_pattern(name)


@category.document("make://iml/functions", scope="")
async def iml_functions(make: Make) -> Any:
    """Every function of expressions with what it gives and an example that was evaluated.

    The examples see the bundles under `sample`, numbered as their modules. Dates are written as
    their instant in UTC, buffers as hex.
    """
    known = builtin_functions()
    return {
        "sample": {str(module): _plain({**bundle}) for module, bundle in BUNDLES.items()},
        "functions": [
            {
                "family": family,
                "call": known[name].signature,
                "gives": known[name].summary,
                "examples": [
                    {"expression": one.expression, "result": _plain(one.result)} for one in examples
                ],
            }
            for family, shown in FAMILIES.items()
            for name, examples in shown.items()
        ],
    }


def _plain(value: Data) -> Any:
    """Write a value of the expression language as JSON data."""
    match value:
        case datetime():
            return iso(value)
        case bytes():
            return value.hex(" ")
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value.value if value is ERASE or value is IGNORE else value
