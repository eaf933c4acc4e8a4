"""Writing the audit log."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from make_api_sandbox.audit.deeds import DEEDS, Change, Deed, Find
from make_api_sandbox.audit.things import Thing
from make_api_sandbox.http.call import Call
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World, uuid_form


@dataclass(frozen=True)
class Event:
    """Something that happened, before it has an entry.

    Args:
        name: Such as `webhook_created`.
        thing: What it happened to.
        target_id: Which one.
        actor: Row of the person who did it.
        team: Row of the team it happened in; None for the organization alone.
        organization_id: Where.
        at: When, as the API writes times.
        details: What else is known.
    """

    name: str
    thing: Thing
    target_id: str
    actor: Row
    team: Row | None
    organization_id: int
    at: str
    details: JsonObject


def write(world: World, event: Event) -> None:
    """Add an entry."""
    counted = (
        "SELECT count(*) FROM audit_logs WHERE organization_id = ? AND thing = ? AND target_id = ?"
    )
    place = (event.organization_id, event.thing.word, event.target_id)
    seq = (world.value("SELECT seq FROM sqlite_sequence WHERE name = 'audit_logs'") or 0) + 1
    world.insert(
        "audit_logs",
        seq=seq,
        uuid=_uuid(world, seq),
        organization_id=event.organization_id,
        team_id=event.team["id"] if event.team else None,
        team_name=event.team["name"] if event.team else None,
        event_name=event.name,
        actor_id=event.actor["id"],
        actor_name=event.actor["name"],
        actor_email=event.actor["email"],
        thing=event.thing.word,
        target_id=event.target_id,
        revision=world.value(counted, *place) + 1,
        triggered=event.at,
        created=event.at,
        details=event.details,
    )


def _uuid(world: World, seq: int) -> str:
    """The name of an entry; takes none of the world's own names, which are for what is audited."""
    return uuid_form(hashlib.sha256(f"{world.setting('seed')}/audit/{seq}".encode()).digest())


@dataclass(frozen=True)
class Witness:
    """Stands by while an endpoint acts."""

    call: Call
    seen: Sequence[tuple[Deed, Find]]

    def tell(self, outcome: object) -> None:
        """Write down what the endpoint did, unless its answer is a refusal."""
        if isinstance(outcome, Response) and outcome.status_code >= 400:
            return
        for deed, find in self.seen:
            for change in find():
                self._tell_one(deed, change)

    def _tell_one(self, deed: Deed, change: Change) -> None:
        row = change[1] or change[0] or {}
        team = self._team(deed.thing, row)
        organization_id = self.call.organization_id or (team["organization_id"] if team else None)
        if organization_id is None or not self.call.user:
            return
        event = Event(
            name=deed.event(change),
            thing=deed.thing,
            target_id=str(row[deed.thing.id]),
            actor=self.call.user,
            team=team,
            organization_id=organization_id,
            at=self.call.clock.stamp(),
            details=deed.thing.describe(self.call.world, *change),
        )
        write(self.call.world, event)

    def _team(self, thing: Thing, row: Row) -> Row | None:
        if not thing.of_team:
            return None
        if thing.table == "teams":
            return row
        return self.call.world.get("teams", row.get("team_id") or self.call.team_id or 0)


def witness(call: Call) -> Witness:
    """Look at what an endpoint is about to change; without effect for endpoints nobody audits."""
    deeds = DEEDS.get((call.spec.method, call.spec.path), ())
    return Witness(call, [(deed, deed.watch(call)) for deed in deeds])
