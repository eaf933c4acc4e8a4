"""The tables of a world, one module for each group of them, found by looking.

A module of this package holds `TABLES`, its `CREATE` statements. Columns hold what is filtered,
sorted or joined; `extra` holds the remaining members as JSON. Two declared types are decoded on
reading: `JSON_TEXT` (any JSON) and `FLAG` (`bool`). Names follow Make's members in snake_case.
Times are ISO 8601 UTC with milliseconds, as the API shows them; columns ending in `_ms` are epoch
milliseconds.

Derived facts have no column: records and bytes of a data store, the scenario of a hook
(`scenarios.hook_id`), scenarios of a folder, usage and consumption (from `executions`, and from
`former_usage` for deleted scenarios).
"""

import pkgutil
from importlib import import_module

SCHEMA_VERSION = 3
"""Raised whenever a table changes; a world of another version is refused, never guessed at."""


def tables() -> str:
    """Every `CREATE` statement, in order of module name."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return "".join(import_module(f"{__name__}.{name}").TABLES for name in names)
