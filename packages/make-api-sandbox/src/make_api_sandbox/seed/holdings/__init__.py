"""What else the company has: one module for each kind of thing, found by looking.

A module of this package holds `fill(world, directory, assets)`, which inserts its rows. It runs
after the scenarios and their history exist, in the transaction of the seed.
"""

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import cast

from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World

Fill = Callable[[World, Directory, Assets], None]


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Insert everything, in order of module name."""
    for name in sorted(found.name for found in pkgutil.iter_modules(__path__)):
        cast(Fill, import_module(f"{__name__}.{name}").fill)(world, directory, assets)
