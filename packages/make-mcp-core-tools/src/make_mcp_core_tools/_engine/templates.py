"""Templates as Make tells of them (Make API reference, chapter 2.32)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

from make_mcp_base.authoring import Document, Failure, Output

if TYPE_CHECKING:
    from make_blueprint.document import Blueprint, JsonObject
    from make_mcp_base.authoring import Make

READ = "templates:read"


class TeamTemplate(Output):
    """A template of a team, with the state of its public versions."""

    id: int
    name: str
    team_id: int
    description: str | None = None
    used_apps: list[str] = []
    published: str | None = None
    published_id: int | None = None
    approved: str | None = None
    approved_id: int | None = None
    requested_approval: bool = False
    public_url: str | None = None

    @property
    def state(self) -> str:
        """How far it is on its way to the public."""
        if self.approved_id is not None and self.approved_id == self.published_id:
            return "approved"
        if self.requested_approval:
            return "approval requested"
        return "published" if self.published_id is not None else "private"


class OneTemplate(Output):
    template: TeamTemplate


class PublicTemplate(Output):
    id: int
    name: str
    description: str | None = None
    url: str = ""
    used_apps: list[str] = []
    usage: int = 0


class _OnePublic(Output):
    template_public: PublicTemplate


class TemplateDocuments(Output):
    """What a template holds."""

    blueprint: Document
    controller: Document = {}
    scheduling: Document = {}
    language: str = "en"
    metadata: Document | None = None

    @property
    def plan(self) -> Blueprint:
        """The blueprint, as the blueprint it is."""
        return cast("Blueprint", self.blueprint)

    @property
    def schedule(self) -> JsonObject:
        """The scheduling object (Make API reference, chapter 1.14)."""
        return cast("JsonObject", self.scheduling)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A template that a caller named, of a team or public."""

    own: TeamTemplate | None
    public: PublicTemplate | None
    documents: TemplateDocuments

    @property
    def name(self) -> str:
        """Its name."""
        found = self.own or self.public
        return found.name if found else ""


async def read_template(make: Make, template_id: int) -> TeamTemplate:
    """Read a template of a team; the call's rate budget is its organization's from then on."""
    path = f"/templates/{template_id}"
    found = (await make.get(path, into=OneTemplate, scope=READ)).template
    await make.team(found.team_id)
    return found


async def read_documents(
    make: Make, template_id: int, public_id: int | None = None
) -> TemplateDocuments:
    """Read what a template holds, or what a public version of it does."""
    query = {"templatePublicId": public_id} if public_id else None
    path = f"/templates/{template_id}/blueprint"
    return await make.get(path, query, into=TemplateDocuments, scope=READ)


async def choose(make: Make, template_id: int | None, public_url: str | None) -> Chosen:
    """Read the template that a caller names.

    Raises:
        Failure: Not exactly one way to name it was used.
    """
    if (template_id is None) == (public_url is None):
        raise Failure(
            "Send either `template_id` or `public_url`.",
            next_step="`template_list` gives both.",
            code="invalid_arguments",
        )
    if template_id is not None:
        own = await read_template(make, template_id)
        return Chosen(own, None, await read_documents(make, template_id))
    path = f"/templates/public/{quote(_address(public_url or ''), safe='')}"
    found = await make.get(path, into=_OnePublic, scope=READ)
    documents = await make.get(f"{path}/blueprint", into=TemplateDocuments, scope=READ)
    return Chosen(None, found.template_public, documents)


def _address(given: str) -> str:
    """Read the number and name of a public template, from a web address as well."""
    last = urlsplit(given.strip()).path.rstrip("/").rpartition("/")[2]
    if not re.match(r"\d", last):
        raise Failure(
            f"“{given[:80]}” is no address of a public template.",
            next_step="It begins with its number, as `13-announce-demo-requests`;"
            " `template_list` gives it.",
            code="invalid_arguments",
        )
    return last
