"""Finding the apps that the sandbox ships, by looking."""

import pkgutil
from functools import cache
from importlib import import_module
from typing import cast

from make_api_sandbox.apps import shipped
from make_api_sandbox.apps.manifest import App


@cache
def apps() -> dict[str, App]:
    """Every shipped app by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(shipped.__path__))
    modules = (import_module(f"{shipped.__name__}.{name}") for name in names)
    found = [app for module in modules for app in cast("tuple[App, ...]", module.APPS)]
    return {app.name: app for app in sorted(found, key=lambda app: app.name)}


def version_number(app: App, text: str) -> int | None:
    """The major version a path means, a number or `latest`; None when the app has no such."""
    if text == "latest":
        return app.version
    known = text.isascii() and text.isdigit() and len(text) < 6
    return int(text) if known and int(text) in app.versions else None
