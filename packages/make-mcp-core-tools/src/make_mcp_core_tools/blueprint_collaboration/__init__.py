"""Blueprint collaboration: versions, review, promotion and backup of scenarios."""

from importlib import import_module
from pkgutil import iter_modules

from make_mcp_core_tools.blueprint_collaboration.declared import category

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["category"]
