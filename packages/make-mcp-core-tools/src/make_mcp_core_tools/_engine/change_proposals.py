"""Proposed changes: one branch each, with the proposed file, who wrote it and who reviewed it.

A review counts for exactly the proposal it was given for. People are named by their ids in Make.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast

from make_blueprint.document import as_list, as_object, whole_number
from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine.blueprint_files import canonical, read_object
from make_mcp_core_tools._engine.promotion_records import digest

if TYPE_CHECKING:
    from make_blueprint.document import Blueprint, JsonObject

    from make_mcp_core_tools._engine.blueprint_repository import Author, Repository

FORMAT = "make-change-request/1"
PREFIX = "change-requests/"
Verdict = Literal["approve", "reject", "comment"]
State = Literal["open", "applied"]


@dataclass(frozen=True, slots=True)
class Review:
    """What one person said of a proposal.

    Attributes:
        of: Digest of the proposal it was given for.
    """

    user_id: int
    name: str
    verdict: Verdict
    comment: str
    at: str
    of: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed change of one scenario.

    Attributes:
        base: The scenario's blueprint when it was proposed, without secrets.
        blueprint: What it is to become, likewise.
        state: `open` until it is applied.
    """

    id: str
    title: str
    description: str
    scenario_id: int
    team_id: int
    author: Author
    created: str
    base: Blueprint
    blueprint: Blueprint
    state: State = "open"
    reviews: tuple[Review, ...] = field(default=())

    @property
    def digest(self) -> str:
        """What a review refers to."""
        return digest(self.blueprint)

    @property
    def verdicts(self) -> dict[int, Review]:
        """The last verdict of each person on this very proposal."""
        said = [one for one in self.reviews if one.verdict != "comment" and one.of == self.digest]
        return {one.user_id: one for one in said}

    @property
    def approvals(self) -> list[Review]:
        """Approvals that count: by somebody else than the author, not taken back."""
        return [
            one
            for one in self.verdicts.values()
            if one.verdict == "approve" and one.user_id != self.author.id
        ]

    @property
    def rejections(self) -> list[Review]:
        """Rejections that stand."""
        return [one for one in self.verdicts.values() if one.verdict == "reject"]

    def reviewed(self, author: Author, verdict: Verdict, comment: str) -> Proposal:
        """Add a review."""
        review = Review(author.id, author.name, verdict, comment, now(), self.digest)
        return replace(self, reviews=(*self.reviews, review))


def now() -> str:
    """Give the moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def new_id() -> str:
    """Give the id of a new proposal."""
    return secrets.token_hex(4)


def file_of_proposal(ident: str) -> str:
    """Name the file of a proposal."""
    return f"change-requests/{ident}.json"


async def keep_proposal(repository: Repository, one: Proposal, message: str) -> str | None:
    """Commit a proposal to its branch."""
    text = canonical(_written(one))
    return await repository.write(
        {file_of_proposal(one.id): text}, message, branch=f"{PREFIX}{one.id}"
    )


async def read_proposal(repository: Repository, ident: str) -> Proposal:
    """Read a proposal.

    Raises:
        Failure: There is none with this id.
    """
    branch = f"{PREFIX}{ident}"
    if branch not in await repository.branches(PREFIX):
        raise Failure(
            f"There is no change request “{ident[:40]}”.",
            next_step="`change_request_list` lists them.",
            code="not_found",
        )
    text = await repository.read(branch, file_of_proposal(ident))
    return _read(read_object(text or b"{}", f"The change request {ident}"))


async def all_proposals(repository: Repository) -> list[Proposal]:
    """Read all proposals, newest first."""
    idents = [name.removeprefix(PREFIX) for name in await repository.branches(PREFIX)]
    found = [await read_proposal(repository, ident) for ident in idents]
    return sorted(found, key=lambda one: one.created, reverse=True)


def _written(one: Proposal) -> JsonObject:
    reviews: list[Any] = [
        {name: getattr(review, name) for name in Review.__slots__} for review in one.reviews
    ]
    return {
        "format": FORMAT,
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "scenario_id": one.scenario_id,
        "team_id": one.team_id,
        "author": {"id": one.author.id, "name": one.author.name},
        "created": one.created,
        "state": one.state,
        "base": one.base,
        "blueprint": one.blueprint,
        "reviews": reviews,
    }


def _read(data: JsonObject) -> Proposal:
    from make_mcp_core_tools._engine.blueprint_repository import Author

    known = {"id", "created", "author", "base", "blueprint"}
    rows = [as_object(one) for one in as_list(data.get("reviews"))]
    sound = all(set(Review.__slots__) <= one.keys() for one in rows)
    if data.get("format") != FORMAT or not known <= data.keys() or not sound:
        raise Failure(
            "The branch holds no change request.",
            next_step="`change_request_list` lists those that can be read.",
            code="not_found",
        )
    author = as_object(data.get("author"))
    reviews = cast("list[dict[str, Any]]", rows)
    return Proposal(
        id=str(data["id"]),
        title=str(data.get("title") or ""),
        description=str(data.get("description") or ""),
        scenario_id=whole_number(data.get("scenario_id")) or 0,
        team_id=whole_number(data.get("team_id")) or 0,
        author=Author(whole_number(author.get("id")) or 0, str(author.get("name") or "")),
        created=str(data.get("created") or ""),
        base=as_object(data.get("base")),
        blueprint=as_object(data.get("blueprint")),
        state=cast("State", data.get("state") or "open"),
        reviews=tuple(Review(**{name: one[name] for name in Review.__slots__}) for one in reviews),
    )
