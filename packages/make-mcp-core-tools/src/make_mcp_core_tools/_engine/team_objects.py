"""What a team owns that blueprints bind: connections, hooks, keys, stores, structures, devices.

Lists: Make API reference, chapters 2.10, 2.13 to 2.15, 2.20, 2.21 and 2.27.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from make_mcp_base.authoring import Document, Output
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound
from pydantic import BeforeValidator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from make_blueprint.bindings import Kind
    from make_mcp_base.authoring import Make


def _only_hook(value: object) -> object:
    """A hook names its one scenario, a device lists all that use it (chapters 2.15 and 2.20)."""
    return None if isinstance(value, list) else value


class TeamObject(Output):
    """One object of any kind, as far as bindings care."""

    id: int
    name: str = ""
    account_name: str = ""
    type_name: str = ""
    package_name: str | None = None
    scenario_id: Annotated[int | None, BeforeValidator(_only_hook)] = None
    enabled: bool | None = None
    gone: bool | None = None
    is_active: bool | None = None
    scheduling: Document = {}
    data: Document | None = None

    @property
    def type(self) -> str:
        """The type of a connection, hook or key; "" for other things."""
        return self.account_name or self.type_name


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    key: str
    scope: str


PLACES: dict[Kind, _Place] = {
    "connection": _Place("/connections", "connections", "connections:read"),
    "hook": _Place("/hooks", "hooks", "hooks:read"),
    "key": _Place("/keys", "keys", "keys:read"),
    "data_store": _Place("/data-stores", "dataStores", "datastores:read"),
    "data_structure": _Place("/data-structures", "dataStructures", "udts:read"),
    "device": _Place("/devices", "devices", "devices:read"),
    "scenario": _Place("/scenarios", "scenarios", "scenarios:read"),
}
"""Where each kind of object is listed."""


@dataclass(slots=True)
class TeamObjects:
    """The objects of one team, by kind and id.

    Attributes:
        team_id: The team.
        known: What could be read.
        unread: Why a kind could not be read.
    """

    team_id: int
    known: dict[Kind, dict[int, TeamObject]] = field(
        default_factory=dict["Kind", dict[int, TeamObject]]
    )
    unread: dict[Kind, str] = field(default_factory=dict["Kind", str])

    def all(self, kind: Kind) -> list[TeamObject]:
        """Give all objects of a kind; empty when they could not be read."""
        return list(self.known.get(kind, {}).values())


async def team_objects(make: Make, team_id: int, kinds: Iterable[Kind]) -> TeamObjects:
    """Read a team's objects of some kinds; what may not be read is noted, not raised.

    Args:
        make: The call's Make.
        team_id: The team.
        kinds: Which kinds; those Make keeps no list of are passed over.
    """
    found = TeamObjects(team_id)
    wanted: list[Kind] = [kind for kind in dict.fromkeys(kinds) if kind in PLACES]

    async def read(kind: Kind) -> None:
        place = PLACES[kind]
        try:
            rows = await make.all(
                place.path,
                {"teamId": team_id},
                key=place.key,
                item=TeamObject,
                scope=place.scope,
            )
        except (Forbidden, NotFound, LicenceGate) as refused:
            found.unread[kind] = refused.why or refused.what
            return
        found.known[kind] = {row.id: row for row in rows}

    await make.each(wanted, read)
    return found
