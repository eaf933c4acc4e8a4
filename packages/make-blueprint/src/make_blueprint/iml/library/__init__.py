"""The built-in functions, one module per family."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from make_blueprint.iml.library.registry import BUILTIN, Function

__all__ = ["Function", "builtin_functions"]

_FAMILIES = ("general", "arithmetic", "text", "binary", "dates", "arrays")


@cache
def builtin_functions() -> Mapping[str, Function]:
    """Every built-in function by name, with its arity and description."""
    for family in _FAMILIES:
        import_module(f"{__name__}.{family}")
    return MappingProxyType(BUILTIN)
