"""What a person holds in an organization besides roles, as far as Make's API tells it.

Connections tell who made them (Make API reference, chapter 2.10), scenarios who made and last
edited them (2.27), credential requests who is asked (2.11), private spaces whose they are (2.25).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from make_mcp_base.authoring import Failure, Output

from make_mcp_core_tools.permissions.people import connections_by
from make_mcp_core_tools.permissions.private_spaces import spaces_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools.permissions.people import OwnConnection

Kind = Literal["connections", "scenarios", "credential requests", "private space"]
SHOWN = 20
"""Things of a kind that are named; the others are counted."""
NOT_TOLD = [
    "API tokens and applications the person allowed: only the person can list them; they reach the"
    " organization no longer once its membership ends",
    "custom apps: Make shows each person their own only",
]
"""What nobody but the person can look up."""

_SCENARIO_COLUMNS = ["id", "name", "teamId", "isActive", "createdByUser", "updatedByUser"]
_UNSEEN = {"missing_scope", "forbidden", "not_found"}


class Holding(Output):
    kind: Kind
    count: int
    items: list[str]
    """The first twenty."""
    then: str
    """What becomes of them."""

    @property
    def line(self) -> str:
        """The holding on one line, for plans."""
        return f"{self.count} {self.kind}: {', '.join(self.items)}. {self.then}"


@dataclass(slots=True)
class Holdings:
    """What somebody holds.

    Attributes:
        found: Kinds of which there is something.
        connections: Those the person made.
        unseen: What could not be looked at, and why.
    """

    found: list[Holding] = field(default_factory=list[Holding])
    connections: list[OwnConnection] = field(default_factory=list["OwnConnection"])
    unseen: list[str] = field(default_factory=list[str])

    def add(self, kind: Kind, items: Sequence[str], then: str) -> None:
        """Note things of a kind, when there are any."""
        if items:
            more = [f"and {len(items) - SHOWN} more"] if len(items) > SHOWN else []
            shown = [*items[:SHOWN], *more]
            self.found.append(Holding(kind=kind, count=len(items), items=shown, then=then))


# Make's answers


class Editor(Output):
    id: int


class Edited(Output):
    id: int
    name: str
    is_active: bool = False
    created_by_user: Editor | None = None
    updated_by_user: Editor | None = None


class Asked(Output):
    id: str
    name: str = ""


# Looking


async def held_by(
    make: Make, user_id: int, organization_id: int, teams: Mapping[int, str], *, deleting: bool
) -> Holdings:
    """Find what a person holds.

    Args:
        make: The call's Make.
        user_id: The person.
        organization_id: Where.
        teams: Names of its teams, by id.
        deleting: Whether the person's connections are to be deleted.
    """
    held = Holdings()
    ids = list(teams)
    await _look(held, "connections", _connections(make, held, user_id, ids, deleting=deleting))
    await _look(held, "scenarios", _scenarios(make, held, user_id, organization_id))
    await _look(held, "credential requests", _requests(make, held, user_id, ids))
    await _look(held, "private space", _spaces(make, held, user_id, organization_id))
    return held


async def _look(held: Holdings, what: Kind, work: Awaitable[None]) -> None:
    """Do a part of the search; one the token may not do is told, what no plan has holds nothing."""
    try:
        await work
    except Failure as failure:
        if failure.code in _UNSEEN:
            held.unseen.append(f"{what}: {failure.what}")
        elif failure.code != "licence_gate":
            raise


async def _connections(
    make: Make, held: Holdings, user_id: int, teams: list[int], *, deleting: bool
) -> None:
    held.connections = await connections_by(make, user_id, teams)
    used = sum(one.used_by or 0 for one in held.connections)
    stay = (
        "They stay: Make has no way to give a connection to somebody else. Those granted in a"
        " browser end with the person's account there; move their scenarios first with"
        " `connection_replace`."
    )
    gone = f"They are deleted; {used} uses in scenarios stop working."
    items = [
        f"“{one.name}” ({one.id}, {one.account_name}, team {one.team_id}, used by"
        f" {one.used_by or 0} scenarios)"
        for one in held.connections
    ]
    held.add("connections", items, gone if deleting else stay)


async def _scenarios(make: Make, held: Holdings, user_id: int, organization_id: int) -> None:
    query = {"organizationId": organization_id, "cols": _SCENARIO_COLUMNS}
    rows = await make.all("/scenarios", query, key="scenarios", item=Edited, scope="scenarios:read")
    items = [
        f"“{row.name}” ({row.id}{', active' if row.is_active else ''}, {what})"
        for row in rows
        if (what := _part_in(row, user_id))
    ]
    held.add("scenarios", items, "They stay as they are and go on running.")


def _part_in(row: Edited, user_id: int) -> str:
    """Say what somebody did with a scenario; "" for nothing."""
    made = row.created_by_user is not None and row.created_by_user.id == user_id
    edited = row.updated_by_user is not None and row.updated_by_user.id == user_id
    return " and ".join(word for word, is_so in (("made", made), ("last edited", edited)) if is_so)


async def _requests(make: Make, held: Holdings, user_id: int, teams: list[int]) -> None:
    async def of(team: int) -> list[Asked]:
        query = {"teamId": team, "makeProviderId": user_id, "status": "pending"}
        return await make.all(
            "/credential-requests/requests",
            query,
            key="requests",
            item=Asked,
            scope="credential-requests:read",
        )

    rows = [row for found in await make.each(teams, of) for row in found]
    held.add(
        "credential requests",
        [f"“{row.name}” ({row.id})" for row in rows],
        "They wait for the person: delete them and ask somebody else"
        " (`credential_request_delete`, `credential_request_create`).",
    )


async def _spaces(make: Make, held: Holdings, user_id: int, organization_id: int) -> None:
    rows = await spaces_of(make, organization_id)
    items = [f"“{row.name}” ({row.id})" for row in rows if row.private_space_owner_id == user_id]
    held.add("private space", items, "Make's API does not say what becomes of it: empty it first.")
