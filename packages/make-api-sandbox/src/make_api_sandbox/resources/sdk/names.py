"""Names in custom apps: which are allowed and which are given out.

The forms are those that Make's official editor extension checks.
"""

import re
from typing import Any

from make_api_sandbox.http.body import Member
from make_api_sandbox.world import World

APP = re.compile(r"[a-z][0-9a-z-]+[0-9a-z]")
COMPONENT = re.compile(r"[a-zA-Z][0-9a-zA-Z]+[0-9a-zA-Z]")
THEME = re.compile(r"#[0-9A-Fa-f]{6}")
SUFFIX_LENGTH = 6


def app_name() -> Member:
    """The name of an app: lower-case letters, digits and hyphens."""
    return _form(APP, "should match ^[a-z][0-9a-z-]+[0-9a-z]$")


def component_name() -> Member:
    """The name of a module, endpoint, RPC or function: letters and digits."""
    return _form(COMPONENT, "should match ^[a-zA-Z][0-9a-zA-Z]+[0-9a-zA-Z]$")


def theme() -> Member:
    """A colour such as `#00ff00`."""
    return _form(THEME, "should be a color such as #00ff00")


def with_suffix(world: World, name: str) -> str:
    """The name with the ending that keeps apps of different people apart."""
    return f"{name}-{world.fresh_udid()[:SUFFIX_LENGTH]}"


def unversioned_name(world: World, kind: str, app: str) -> str:
    """The next free name of a connection or webhook: `app`, `app2`, `app3` and so on."""
    taken = world.rows("SELECT name FROM sdk_components WHERE kind = ?", kind)
    names = {row["name"] for row in taken}
    number = 2
    name = app
    while name in names:
        name, number = f"{app}{number}", number + 1
    return name


def _form(pattern: re.Pattern[str], fault: str) -> Member:
    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and pattern.fullmatch(value) else fault

    return Member(check)
