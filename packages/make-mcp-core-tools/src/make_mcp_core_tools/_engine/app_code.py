"""The code of custom apps: read as the text it is, shown without secrets, gathered whole."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from make_blueprint.lint.credentials import is_placeholder
from make_blueprint.masking import is_secret_name
from make_mcp_base.client.failures import NotFound
from make_mcp_base.safety.redaction import HIDDEN, redact_text

from make_mcp_core_tools._engine.custom_apps import (
    APP_SECTIONS,
    KINDS,
    App,
    Place,
    component,
    components_of,
    read_app,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_blueprint.document import JsonValue
    from make_mcp_base.authoring import Document, Make

    from make_mcp_core_tools._engine.custom_apps import Kind

SECRET_SECTIONS = frozenset({"common"})
"""Sections whose values are secrets, such as OAuth client secrets."""
CHECKSUMS: dict[str, str] = {
    "module": "modules",
    "rpc": "rpcs",
    "function": "functions",
    "connection": "accounts",
    "webhook": "hooks",
    "app": "app",
}
"""Groups of `…/checksum` by kind; endpoints have none."""

_PAIR = re.compile(r'"(?P<name>(?:[^"\\]|\\.)*)"(?P<colon>\s*:\s*)"(?P<value>(?:[^"\\]|\\.)*)"')
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


async def section_text(make: Make, place: Place, section: str) -> str:
    """Read one section of an app or component; one that Make does not have is empty."""
    try:
        return await make.text(f"{place.path}/{section}")
    except NotFound:
        await _must_exist(make, place)
        return ""


async def _must_exist(make: Make, place: Place) -> None:
    if place.kind is None:
        await read_app(make, place)
    else:
        await component(make, place)


def shown_code(section: str, text: str) -> str:
    """Give code as it may be shown: expressions stay, literal secrets are hidden."""
    if section in SECRET_SECTIONS:
        return _hidden_values(text)
    if '"' not in text:
        return redact_text(text)
    named = _PAIR.sub(_hidden_pair, text)
    return _TEXT.sub(lambda found: f'"{redact_text(found[0][1:-1])}"', named)


def _hidden_pair(found: re.Match[str]) -> str:
    value = found["value"]
    if not is_secret_name(found["name"]) or "{{" in value or not value or is_placeholder(value):
        return found[0]
    return f'"{found["name"]}"{found["colon"]}"{HIDDEN}"'


def _hidden_values(text: str) -> str:
    def hide(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {key: hide(member) for key, member in value.items()}
        if isinstance(value, list):
            return [hide(member) for member in value]
        return HIDDEN if value not in (None, "") else value

    from make_mcp_core_tools._engine.jsonc import JsoncError, read_jsonc

    try:
        return json.dumps(hide(read_jsonc(text) or {}), indent=4, ensure_ascii=False)
    except JsoncError:
        return HIDDEN


# A whole app


@dataclass(slots=True)
class Part:
    """An app or one of its components, with its code.

    Attributes:
        meta: What Make tells of it besides its code.
        sections: Text of each section that was read.
    """

    place: Place
    meta: Document
    sections: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def key(self) -> str:
        """A name that is the same in other versions and copies: `module:getQuote`."""
        return f"{self.place.kind}:{self.place.name}" if self.place.kind else "app"


@dataclass(slots=True)
class WholeApp:
    """An app version with everything in it.

    Attributes:
        parts: The app itself first, then its components by kind.
    """

    app: App
    place: Place
    parts: list[Part]

    def of(self, kind: Kind) -> list[Part]:
        """The components of one kind."""
        return [part for part in self.parts if part.place.kind == kind]


async def parts_of(make: Make, place: Place, kinds: Sequence[Kind] = KINDS) -> list[Part]:
    """List the components of an app without their code.

    Endpoints are new in Make; where it does not know them, there are none.
    """

    async def listed(kind: Kind) -> list[Part]:
        try:
            rows = await components_of(make, place, kind)
        except NotFound:
            if kind != "endpoint":
                raise
            return []
        return [Part(place.of(kind, str(row.get("name"))), row) for row in rows]

    return [part for rows in await make.each(kinds, listed) for part in rows]


async def whole_app(make: Make, place: Place, *, secrets: bool = False) -> WholeApp:
    """Read an app with all its components and code.

    Args:
        make: The call's Make.
        place: The app version.
        secrets: Whether to read the sections that hold secrets as well.
    """
    app = await read_app(make, place)
    parts = [Part(place, app.model_dump(exclude_none=True)), *await parts_of(make, place)]
    empty = await _without_code(make, place)
    wanted = [
        (part, section)
        for part in parts
        for section in (part.place.sections if part.place.kind else APP_SECTIONS)
        if (secrets or section not in SECRET_SECTIONS) and (part.key, section) not in empty
    ]
    done = 0

    async def read(one: tuple[Part, str]) -> None:
        nonlocal done
        part, section = one
        part.sections[section] = await section_text(make, part.place, section)
        done += 1
        await make.progress(done, len(wanted), "Reading the code")

    await make.each(wanted, read)
    for part in parts:
        part.sections = {name: part.sections.get(name, "") for name in _names(part, secrets)}
    return WholeApp(app, place, parts)


def _names(part: Part, secrets: bool) -> list[str]:
    return [name for name in part.place.sections if secrets or name not in SECRET_SECTIONS]


async def checksums(make: Make, place: Place) -> dict[str, dict[str, str | None]] | None:
    """Read the checksums of all sections, by `kind:name` and section; None where Make has none.

    Seen in Make's editor extension only (Make API reference, chapter 2.30).
    """
    try:
        answer = await make.json(f"{place.path}/checksum")
    except NotFound:
        return None
    groups = cast("dict[str, list[Document]]", answer if isinstance(answer, dict) else {})
    found: dict[str, dict[str, str | None]] = {}
    for kind, group in CHECKSUMS.items():
        for row in groups.get(group, []):
            key = "app" if kind == "app" else f"{kind}:{row.get('name')}"
            found[key] = dict(row.get("checksum") or {})
    return found


async def _without_code(make: Make, place: Place) -> set[tuple[str, str]]:
    """Name the sections that Make says are empty, which need no call each."""
    known = await checksums(make, place) or {}
    return {(key, name) for key, row in known.items() for name, sum in row.items() if sum is None}
