"""Custom apps as Make's API lays them out: where each component lives and what code it has.

Make API reference, chapter 2.30. Connections and webhooks belong to all versions of an app; the
other components belong to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from make_mcp_base.authoring import Document, Failure, Output, Problem
from make_mcp_base.client.failures import NotFound
from pydantic import Field

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

READ, WRITE = "sdk-apps:read", "sdk-apps:write"

AppName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,99}$")]
ComponentName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
Major = Annotated[int, Field(ge=1, le=9_999)]

Kind = Literal["connection", "module", "rpc", "webhook", "function", "endpoint"]
KINDS: tuple[Kind, ...] = get_args(Kind)
UNVERSIONED: tuple[Kind, ...] = ("connection", "webhook")
WITHOUT_ENDPOINTS = tuple(kind for kind in KINDS if kind != "endpoint")

AppSection = Literal["base", "groups", "install", "installSpec", "common", "readme"]
APP_SECTIONS: tuple[AppSection, ...] = get_args(AppSection)
SECTIONS: dict[Kind, tuple[str, ...]] = {
    "connection": ("api", "parameters", "scopes", "scope", "install", "installSpec", "common"),
    "module": ("api", "epoch", "parameters", "expect", "interface", "samples", "scope"),
    "rpc": ("api", "parameters"),
    "webhook": ("api", "parameters", "attach", "detach", "update", "scope"),
    "function": ("code", "test"),
    "endpoint": ("api", "scope", "inputParameters", "outputParameters"),
}
Section = Literal[
    "api",
    "parameters",
    "expect",
    "interface",
    "samples",
    "scope",
    "scopes",
    "epoch",
    "attach",
    "detach",
    "update",
    "install",
    "installSpec",
    "common",
    "code",
    "test",
    "inputParameters",
    "outputParameters",
]

MODULE_TYPES = {
    "trigger": 1,
    "action": 4,
    "search": 9,
    "instant_trigger": 10,
    "responder": 11,
    "universal": 12,
}
"""Kinds of modules by Make's number."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a custom app: the app version itself, or one of its components.

    Attributes:
        kind: Kind of the component; None for the app.
        name: Name of the component.
    """

    app: str
    version: int
    kind: Kind | None = None
    name: str = ""

    @property
    def path(self) -> str:
        """Its path in the API."""
        if self.kind is None:
            return f"/sdk/apps/{self.app}/{self.version}"
        if self.kind in UNVERSIONED:
            return f"/sdk/apps/{self.kind}s/{self.name}"
        return f"{self.list_path}/{self.name}"

    @property
    def list_path(self) -> str:
        """Path of the list of its kind."""
        if self.kind in UNVERSIONED:
            return f"/sdk/apps/{self.app}/{self.kind}s"
        return f"/sdk/apps/{self.app}/{self.version}/{self.kind}s"

    @property
    def key(self) -> str:
        """Wrapper of one component in an answer; with an `s` that of the list."""
        return f"app{(self.kind or '').capitalize()}"

    @property
    def sections(self) -> tuple[str, ...]:
        """The code sections it may have."""
        return SECTIONS[self.kind] if self.kind else APP_SECTIONS

    @property
    def title(self) -> str:
        """How texts name it."""
        return f"{self.kind} {self.name}" if self.kind else f"app {self.app} {self.version}"

    def of(self, kind: Kind, name: str = "") -> Place:
        """Give a component of the same app."""
        return Place(self.app, self.version, kind, name)


class App(Output):
    """One version of a custom app, as the API shows it."""

    name: str
    label: str = ""
    description: str | None = None
    version: int = 1
    theme: str = ""
    language: str = ""
    beta: bool = False
    public: bool = False
    approved: bool = False
    opensource: bool = False
    is_global: Annotated[bool, Field(validation_alias="global")] = False
    countries: list[str] | None = None
    created: str | None = None
    in_review: bool = False
    invite_token: str | None = None
    changes: list[Document] = []


class _OneApp(Output):
    app: App


async def read_app(make: Make, place: Place) -> App:
    """Read an app version with all its columns.

    Raises:
        Failure: There is none; versions there are, or names like it, are told.
    """
    path = Place(place.app, place.version).path
    try:
        return (await make.get(path, {"cols": ["*"]}, into=_OneApp)).app
    except NotFound as missing:
        raise await _no_app(make, place) from missing


async def components_of(make: Make, place: Place, kind: Kind) -> list[Document]:
    """List the components of one kind, as Make shows them."""
    one = place.of(kind)
    try:
        answer = await make.json(one.list_path)
    except NotFound:
        await read_app(make, place)
        raise
    rows = answer.get(f"{one.key}s") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise Failure(
            f"Make's answer to {one.list_path} was not as documented.",
            next_step="Call `health_check`; if all is well, report this.",
            code="unexpected_answer",
        )
    return [row for row in rows if isinstance(row, dict)]


async def component(make: Make, place: Place) -> Document:
    """Read one component.

    Raises:
        Failure: There is none; those there are of its kind are told.
    """
    try:
        answer = await make.json(place.path)
    except NotFound as missing:
        raise await _no_component(make, place) from missing
    found = answer.get(place.key) if isinstance(answer, dict) else None
    return {"name": place.name} | (found if isinstance(found, dict) else {})


async def _no_app(make: Make, place: Place) -> Failure:
    answer = await make.json("/sdk/apps", {"cols": ["name", "version"]})
    rows = answer.get("apps") if isinstance(answer, dict) else None
    known: dict[str, list[str]] = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            known.setdefault(str(row.get("name")), []).append(str(row.get("version")))
    versions = ", ".join(known.get(place.app, []))
    near = get_close_matches(place.app, known, n=3, cutoff=0.4)
    why = f"Most like it: {', '.join(near)}." if near else ""
    return Failure(
        f"There is no custom app `{place.app}` version {place.version} of yours.",
        why=f"It has version {versions}." if versions else why,
        next_step="Call again with a version that is there."
        if versions
        else "Take its name from `custom_app_list`; make a new one with `custom_app_create`.",
        code="not_found",
        status=404,
    )


async def _no_component(make: Make, place: Place) -> Failure:
    kind = place.kind or "module"
    names = [str(row.get("name")) for row in await components_of(make, place, kind)]
    return Failure(
        f"The app {place.app} has no {kind} `{place.name}`.",
        why=f"It has {', '.join(names[:20])}." if names else f"It has no {kind}s.",
        next_step="Call again with one of them."
        if names
        else f"Make one with `sdk_component_create` kind={kind}.",
        code="not_found",
        status=404,
    )


def refuse_section(place: Place, section: str, tool: str) -> None:
    """Refuse a section that the kind does not have.

    Raises:
        Failure: It names the sections there are.
    """
    if section not in place.sections:
        raise Failure(
            f"A {place.kind or 'app'} has no section `{section}`.",
            next_step=f"Call `{tool}` again with one of the sections above.",
            code="unknown_section",
            problems=[Problem("section", f"has to be one of {', '.join(place.sections)}.")],
        )
