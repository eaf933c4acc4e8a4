"""Apps and their modules, as Make's catalogue of apps tells of them.

The list of apps is documented (Make API reference, chapter 2.19). The manifest of one app is used
by Make's own pages without a documented shape: modules are taken from wherever they lie in it, and
what is missing is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, cast
from urllib.parse import quote

from make_blueprint.document import as_list, as_object
from make_mcp_base.authoring import Failure, Output, Problem
from make_mcp_base.client.failures import NotFound
from pydantic import BeforeValidator

from make_mcp_core_tools._engine.app_search import fitting, words_of_name
from make_mcp_core_tools._engine.forms import Form

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from make_blueprint.document import JsonObject
    from make_mcp_base.authoring import Make

FRESH_SECONDS = 3_600
"""Manifests change with releases of apps, a few times a year each."""

_NOT_THERE = ("unknown_app", "unknown_module", "invalid_arguments")

CUSTOM = "app#"
"""What stands in front of a custom app's name in blueprints."""


def _joined(value: object) -> object:
    """Keywords are one text in some apps and a list in others."""
    return " ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else value


class AppCard(Output):
    """An app as the list of all apps shows it."""

    name: str
    label: str = ""
    version: int | None = None
    app: bool = False
    is_private: bool = False
    categories: list[str] = []
    keywords: Annotated[str, BeforeValidator(_joined)] = ""
    premium_tier: int = 0

    @property
    def blueprint_name(self) -> str:
        """Its name in front of the colon of a blueprint's `module`."""
        custom = self.app and not self.name.startswith(CUSTOM)
        return f"{CUSTOM}{self.name}" if custom else self.name


class _Cards(Output):
    apps: list[AppCard]


@dataclass(frozen=True, slots=True)
class AppModule:
    """A module of a manifest.

    Attributes:
        kind: `action`, `search`, `trigger`, `instant` …
        data: The module as the manifest has it.
    """

    kind: str
    data: JsonObject

    @property
    def name(self) -> str:
        """Its name behind the colon."""
        return str(self.data.get("name") or "")

    @property
    def label(self) -> str:
        """Its name for people."""
        return str(self.data.get("label") or self.name)

    @property
    def description(self) -> str:
        """What it does."""
        return str(self.data.get("description") or "")

    @property
    def form(self) -> Form:
        """Its fields."""
        return Form.of(self.data)

    @property
    def scopes(self) -> list[str]:
        """What its connection must be allowed to do."""
        return [str(one) for one in as_list(self.data.get("scope"))]

    @property
    def credentials(self) -> list[str]:
        """Types of connection or key it takes, as `account:slack`."""
        types = (str(as_object(one).get("type") or "") for one in self.form.parameters)
        found = [one for one in types if one.partition(":")[0] in ("account", "keychain")]
        named = self.data.get("connection")
        return found or ([f"account:{named}"] if isinstance(named, str) and named else [])


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of an app in one major version."""

    name: str
    data: JsonObject

    @property
    def label(self) -> str:
        """Its name for people."""
        return str(self.data.get("label") or self.name)

    @property
    def version(self) -> int | None:
        """Its major version."""
        version = self.data.get("version")
        return version if isinstance(version, int) else None

    @property
    def modules(self) -> list[AppModule]:
        """Every module, in the order of the manifest."""
        return list(_modules(self.data))

    @property
    def procedures(self) -> list[str]:
        """Names of its remote procedures."""
        rows = as_list(self.data.get("rpcs"))
        return [str(as_object(row).get("name")) for row in rows if as_object(row).get("name")]

    def module(self, name: str) -> AppModule:
        """Give a module by its name.

        Raises:
            Failure: There is none; the nearest ones are told.
        """
        found = [one for one in self.modules if one.name == name]
        if found:
            return found[0]
        names = {one.name.casefold(): one.name for one in self.modules}
        like = [names[one] for one in get_close_matches(name.casefold(), names, n=3, cutoff=0.4)]
        meant = [one.name for one in fitting(self.modules, words_of_name(name))[0]]
        near = list(dict.fromkeys([*meant[:2], *like]))[:3]
        shown = ", ".join(f"`{self.name}:{one}`" for one in near)
        raise Failure(
            f"The app `{self.name}` version {self.version} has no module `{name}`.",
            why=f"Most like it: {shown}." if shown else "",
            next_step=f"`app_module_list` with app={self.name} shows all {len(names)}.",
            code="unknown_module",
        )


def _modules(data: JsonObject) -> Iterator[AppModule]:
    for member, rows in data.items():
        for row in map(as_object, as_list(rows)):
            if member != "rpcs" and row.get("name") and ("expect" in row or "parameters" in row):
                yield AppModule(str(row.get("type") or row.get("kind") or member), row)


async def app_cards(make: Make, organization_id: int | None = None) -> list[AppCard]:
    """Read the list of all apps, with those of an organization where it is given."""
    answer = await make.get(
        "/imt/apps-meta",
        {"organizationId": organization_id} if organization_id else None,
        into=_Cards,
        scope="apps:read",
        fresh_for=FRESH_SECONDS,
    )
    return answer.apps


async def app_manifest(
    make: Make, app: str, version: int | None = None, organization_id: int | None = None
) -> Manifest:
    """Read the manifest of an app.

    Args:
        make: The call's Make.
        app: Its name as in blueprints.
        version: Major version; None for the latest.
        organization_id: Where to look for apps of a like name, for the failure.

    Raises:
        Failure: There is no such app or version; those spelled alike are told.
    """
    wanted = "latest" if version is None else str(version)
    path = f"/imt/apps/{quote(app, safe='')}/{wanted}"
    try:
        answer = await make.json(path, scope="apps:read", fresh_for=FRESH_SECONDS)
    except NotFound as missing:
        raise await _unknown(make, app, version, organization_id) from missing
    data = as_object(answer)
    inner = as_object(data.get("app"))
    return Manifest(app, inner or data)


async def _unknown(
    make: Make, app: str, version: int | None, organization_id: int | None
) -> Failure:
    cards = await app_cards(make, organization_id)
    names = {one.blueprint_name for one in cards}
    labels = {one.label.casefold(): one.blueprint_name for one in cards}
    if app in names:
        latest = next(one.version for one in cards if one.blueprint_name == app)
        return Failure(
            f"The app `{app}` has no version {version} in the catalogue.",
            next_step=f"Leave `version` out for the latest one, {latest}.",
            code="unknown_app",
        )
    near = get_close_matches(app.casefold(), [*labels, *names], n=4, cutoff=0.5)
    shown = ", ".join(dict.fromkeys(f"`{labels.get(one, one)}`" for one in near))
    return Failure(
        f"There is no app `{app}`.",
        why=f"Most like it: {shown}." if shown else "",
        next_step="Find it with `app_list`. Custom apps are written `app#name`.",
        code="unknown_app",
    )


async def found_modules(
    make: Make, modules: Sequence[str], version: int | None = None
) -> list[tuple[Manifest, AppModule]]:
    """Find modules by `app:Module`, each with the manifest of its app.

    Raises:
        Failure: Some are not there; all of them are told at once.
    """

    async def find(module: str) -> tuple[Manifest, AppModule] | Failure:
        try:
            app, name = split_module(module)
            manifest = await app_manifest(make, app, version)
            return manifest, manifest.module(name)
        except Failure as failed:
            if failed.code not in _NOT_THERE:
                raise
            return failed

    found = await make.each(list(modules), find)
    failures = [(at, one) for at, one in enumerate(found) if isinstance(one, Failure)]
    if len(found) == len(failures) == 1:
        raise failures[0][1]
    if failures:
        raise Failure(
            f"{len(failures)} of {len(found)} modules are not there.",
            next_step="Call again with names that `app_list` and `app_module_list` give.",
            code="unknown_module",
            problems=[Problem(f"modules[{at}]", one.what, one.why) for at, one in failures],
        )
    return [one for one in found if not isinstance(one, Failure)]


def split_module(module: str) -> tuple[str, str]:
    """Split `app:Module`.

    Raises:
        Failure: It is not of that form.
    """
    app, colon, name = module.partition(":")
    if not (app and colon and name):
        raise Failure(
            f"`{module}` is no module name.",
            next_step="Write `app:Module`, as `slack:CreateMessage`; `app_module_list` shows them.",
            code="invalid_arguments",
        )
    return app, name
