"""Proposed changes: one branch each, with the proposed file, who wrote it and who reviewed it.

A review counts for exactly the proposal it was given for. People are named by their ids in Make. A
seal tells whether a file is as a server wrote it; see `proposal_seals`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from make_blueprint.document import as_list, as_object, whole_number
from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine.blueprint_files import canonical, read_object
from make_mcp_core_tools._engine.promotion_records import digest
from make_mcp_core_tools._engine.proposal_seals import KEY_VARIABLE, seals_of
from make_mcp_core_tools._engine.repository_writing import Author

if TYPE_CHECKING:
    from collections.abc import Callable

    from make_blueprint.document import Blueprint, JsonObject, JsonValue

    from make_mcp_core_tools._engine.blueprint_repository import Repository
    from make_mcp_core_tools._engine.proposal_seals import Seals

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
        fault: Why it may not be trusted; "" when it is as a server wrote it.
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
    fault: str = ""

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


async def keep_proposal(repository: Repository, one: Proposal, message: str) -> None:
    """Commit a new proposal to a branch of its own."""
    seals = await seals_of(repository)
    text = canonical(seals.sealed(_written(one)))
    name = f"{PREFIX}{one.id}"
    await repository.write({file_of_proposal(one.id): text}, message, branch=name)
    await seals.remember(one.id, _written(one))


async def change_proposal(
    repository: Repository, ident: str, change: Callable[[Proposal], Proposal], message: str
) -> Proposal:
    """Commit a change of a proposal, made to what its branch has at that very moment.

    Raises:
        Failure: It may not be trusted, or `change` refuses.
    """
    seals = await seals_of(repository)
    steps = await seals.remembered(ident)
    made: list[Proposal] = []

    def changed(kept: bytes | None) -> str:
        found = _trusted(_read(_document(kept, ident), ident, seals, steps))
        made.append(change(found))
        return canonical(seals.sealed(_written(made[-1])))

    name = f"{PREFIX}{ident}"
    await repository.write({file_of_proposal(ident): changed}, message, branch=name)
    await seals.remember(ident, _written(made[-1]))
    return made[-1]


async def read_proposal(repository: Repository, ident: str) -> Proposal:
    """Read a proposal.

    Raises:
        Failure: There is none with this id, or it cannot be read.
    """
    branch = f"{PREFIX}{ident}"
    if branch not in await repository.branches(PREFIX):
        raise Failure(
            f"There is no change request “{ident[:40]}”.",
            next_step="`change_request_list` lists them.",
            code="not_found",
        )
    seals = await seals_of(repository)
    text = await repository.read(branch, file_of_proposal(ident))
    return _read(_document(text, ident), ident, seals, await seals.remembered(ident))


async def all_proposals(repository: Repository) -> tuple[list[Proposal], list[str]]:
    """Read all proposals, newest first, and name the branches that hold none."""
    found: list[Proposal] = []
    unread: list[str] = []
    for name in await repository.branches(PREFIX):
        try:
            found.append(await read_proposal(repository, name.removeprefix(PREFIX)))
        except Failure:
            unread.append(name)
    return sorted(found, key=lambda one: one.created, reverse=True), unread


def refuse_untrusted(one: Proposal) -> None:
    """Refuse a proposal that is not as a server wrote it.

    Raises:
        Failure: With the way to a new one.
    """
    _trusted(one)


def _trusted(one: Proposal) -> Proposal:
    if one.fault:
        raise Failure(
            f"The change request {one.id} may not be trusted: {one.fault}.",
            why="Its author and its reviews count only as a server wrote them. Servers that share"
            f" a store, or {KEY_VARIABLE}, trust each other.",
            next_step="Propose the change anew with `change_request_create`, and have it reviewed"
            " with `change_request_review`.",
            code="untrusted_change_request",
        )
    return one


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


def _document(text: bytes | None, ident: str) -> JsonObject:
    return read_object(text or b"{}", f"The change request {ident[:40]}")


def _read(data: JsonObject, ident: str, seals: Seals, steps: int) -> Proposal:
    author = as_object(data.get("author"))
    try:
        return Proposal(
            id=_one_of(data["id"], (ident,)),
            title=str(data.get("title") or ""),
            description=str(data.get("description") or ""),
            scenario_id=_number(data.get("scenario_id")),
            team_id=_number(data.get("team_id")),
            author=Author(_number(author.get("id")), str(author.get("name") or "")),
            created=_moment(data["created"]),
            base=_blueprint(data["base"]),
            blueprint=_blueprint(data["blueprint"]),
            state=cast("State", _one_of(data.get("state"), get_args(State))),
            reviews=tuple(_review(as_object(one)) for one in as_list(data.get("reviews"))),
            fault=seals.fault(data, steps),
        )
    except (KeyError, ValueError) as error:
        raise Failure(
            "The branch holds no change request that can be read.",
            why=f"{type(error).__name__}: {error}"[:200],
            next_step="`change_request_list` lists those that can be read.",
            code="not_found",
        ) from error


def _review(data: JsonObject) -> Review:
    return Review(
        user_id=_number(data["user_id"]),
        name=str(data["name"]),
        verdict=cast("Verdict", _one_of(data["verdict"], get_args(Verdict))),
        comment=str(data.get("comment") or ""),
        at=_moment(data["at"]),
        of=str(data["of"]),
    )


def _number(value: JsonValue) -> int:
    number = whole_number(value)
    if number is None:
        raise ValueError(f"{value!r} is no id")
    return number


def _moment(value: JsonValue) -> str:
    return datetime.fromisoformat(str(value)).isoformat()


def _blueprint(value: JsonValue) -> Blueprint:
    if not isinstance(value, dict):
        raise ValueError("a blueprint is missing")
    return value


def _one_of(value: JsonValue, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return str(value)
