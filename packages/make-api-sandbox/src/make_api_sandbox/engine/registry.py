"""Which function does the work of which module."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, TypeAlias

from make_api_sandbox.engine.values import Bundle, Json, Value

if TYPE_CHECKING:
    from make_api_sandbox.engine.state import Run

CLOSED_APPS = frozenset({"builtin", "gateway", "scenario-service"})
"""Apps all of whose modules are implemented: any other name in them does not exist."""

FREE_OF_CREDITS = ("builtin:BasicIfElse", "builtin:BasicMerge", "scenario-service:")
"""Modules that count operations and cost no credits."""

CODE_MODULE = "code:ExecuteCode"


@dataclass
class Operation:
    """One call of a module with one input bundle.

    Args:
        module_id: Id of the module in the blueprint.
        slug: `<app>:<Name>`.
        parameters: Static settings as they stand in the blueprint.
        mapper: Evaluated mapper.
        raw: The whole module.
        run: The run it belongs to.
        is_first: True for the starting module.
        erased: Mapper fields emptied by the keyword `erase`.
        size: Bytes the module moved; set by the module.
        warning: Set by a module that succeeded with a warning.
        surcharge: Centicredits on top of the price of an operation; set by the module.
        bundles: Outputs of the modules before it.
    """

    module_id: int
    slug: str
    parameters: dict[str, Json]
    mapper: Bundle
    raw: dict[str, Json]
    run: "Run"
    is_first: bool
    erased: frozenset[str] = frozenset()
    size: int = 0
    warning: str | None = None
    surcharge: int = 0
    bundles: Mapping[int, Bundle] = field(default_factory=dict[int, Bundle])


@dataclass
class Collected:
    """What reached an aggregator during one operation of its feeder."""

    parameters: dict[str, Json]
    rows: list[Bundle] = field(default_factory=list[Bundle])
    keys: list[Value] = field(default_factory=list[Value])


ModuleFunction: TypeAlias = Callable[[Operation], Awaitable[Sequence[Bundle]]]
AggregatorFunction: TypeAlias = Callable[[dict[str, Json], list[Bundle]], Bundle]

_modules: dict[str, ModuleFunction] = {}
_aggregators: dict[str, AggregatorFunction] = {}


def module(*slugs: str) -> Callable[[ModuleFunction], ModuleFunction]:
    """Make a function the implementation of one or more modules."""

    def register(function: ModuleFunction) -> ModuleFunction:
        _modules.update(dict.fromkeys(slugs, function))
        return function

    return register


def aggregator(*slugs: str) -> Callable[[AggregatorFunction], AggregatorFunction]:
    """Make a function the implementation of one or more aggregators.

    The function gets the module's parameters and the evaluated mapper of every collected bundle,
    and returns the aggregated bundle.
    """

    def register(function: AggregatorFunction) -> AggregatorFunction:
        _aggregators.update(dict.fromkeys(slugs, function))
        return function

    return register


def implementation(slug: str) -> ModuleFunction | None:
    """Find the function for a module; None for modules of apps that are not implemented."""
    _load()
    return _modules.get(slug)


def aggregation(slug: str) -> AggregatorFunction:
    """Find the function for an aggregator."""
    _load()
    return _aggregators[slug]


def implemented() -> frozenset[str]:
    """Names of all modules and aggregators that have a function."""
    _load()
    return frozenset(_modules) | frozenset(_aggregators)


@cache
def _load() -> None:
    """Import every family of modules, so that their implementations register themselves."""
    families = import_module("make_api_sandbox.engine.modules")
    for family in iter_modules(families.__path__, f"{families.__name__}."):
        import_module(family.name)


def price(slug: str, operations: int, seconds: float) -> int:
    """Centicredits of some operations of a module.

    One operation costs one credit; if-else, merge and the Scenarios app cost none; the Code app
    costs two credits for every started second.
    """
    if slug.startswith(FREE_OF_CREDITS):
        return 0
    if slug == CODE_MODULE:
        return 200 * max(1, int(-(-seconds // 1))) * operations
    return 100 * operations
