"""Bundles: distributions that bring categories, found by entry point, never registered.

A bundle is one declaration in a package's `__init__`:

    bundle = Bundle("acme", package="acme_make_tools", title="Acme")

and one line of its `pyproject.toml`:

    [project.entry-points."make_mcp.bundles"]
    acme = "acme_make_tools:bundle"

Its categories are the modules of the package that hold a `category`, or folders of modules whose
`__init__` does; their catalog is written by `make-mcp-catalog` and shipped in the wheel.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_mcp_base.definition.installed import entry_points_of, loaded, version_of
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from make_mcp_base.definition.category import Category

GROUP = "make_mcp.bundles"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A distribution's categories.

    Attributes:
        name: Short name, as in `--categories` messages.
        package: Import name of the package that holds the category modules.
        title: One line for people.
        planned: Names of categories that are announced and not there yet.
    """

    name: str
    package: str
    title: str
    planned: tuple[str, ...] = ()

    @property
    def distribution(self) -> str:
        """Name of the distribution on PyPI."""
        return self.package.split(".", maxsplit=1)[0].replace("_", "-")

    @property
    def version(self) -> str:
        """Version of the installed distribution."""
        return version_of(self.distribution)

    def load(self, category: str) -> Category:
        """Import one category.

        Raises:
            Failure: The module is missing or holds no `category`.
        """
        from make_mcp_base.definition.category import Category

        try:
            found = _category_of(f"{self.package}.{category}")
        except ImportError as missing:
            raise Failure(
                f"The category `{category}` of {self.distribution} cannot be loaded.",
                why=f"{missing}.",
                next_step=f"Install {self.distribution} again, with all it depends on.",
                code="broken_installation",
            ) from missing
        if not isinstance(found, Category):
            raise Failure(
                f"{self.package}.{category} holds no `category`.",
                next_step=f"Report this to the authors of {self.distribution}.",
                code="broken_installation",
            )
        return found

    def categories(self) -> Iterator[Category]:
        """Import every category of the package, in the order of their names."""
        import pkgutil

        from make_mcp_base.definition.category import Category

        package = importlib.import_module(self.package)
        for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
            if not module.name.startswith("_"):
                found = _category_of(f"{self.package}.{module.name}")
                if isinstance(found, Category):
                    yield found


def _category_of(name: str) -> object:
    """Import a module, with all that is in its folder, and give its `category`."""
    import pkgutil

    module = importlib.import_module(name)
    for part in pkgutil.iter_modules(getattr(module, "__path__", ())):
        importlib.import_module(f"{name}.{part.name}")
    return getattr(module, "category", None)


SERVER_BUNDLE = Bundle("server", package="make_mcp_base.server_tools", title="Server")
"""The kernel's own tools, part of every server."""


def installed_bundles(names: Sequence[str] | None = None) -> list[Bundle]:
    """Find the installed bundles, by name, in alphabetical order.

    Args:
        names: Only these; None means all.

    Raises:
        Failure: A named bundle is not installed, or an entry point does not give a bundle.
    """
    found: dict[str, Bundle] = {}
    for name, value in entry_points_of(GROUP):
        if names is None or name in names:
            bundle = loaded(value)
            if not isinstance(bundle, Bundle):
                raise Failure(
                    f"The entry point {GROUP}:{name} does not give a Bundle.",
                    next_step=f"Remove or repair the package that declares it: {value}.",
                    code="broken_installation",
                )
            found[name] = bundle
    missing = sorted(set(names or ()) - set(found))
    if missing:
        raise Failure(
            f"Not installed: {', '.join(missing)}.",
            next_step=f"Install it, for example `uv pip install make-mcp-{missing[0]}-tools`.",
            code="missing_bundle",
        )
    return [found[name] for name in sorted(found)]


def check_bundle(bundle: Bundle) -> list[str]:
    """Say everything that is wrong with a bundle: names, schemas, catalog, clashes with itself.

    Made for the tests of the bundle's own repository; an empty list means it may be released.
    """
    from make_mcp_base.definition.catalog import catalog_faults

    return catalog_faults(bundle)
