"""Finds the zone an account lives in.

A token is valid on its own zone; elsewhere user-level calls may answer 200 while organization-level
calls give 403 (Make API reference, chapter 1.1). Looking sends the token to each of the zones
asked, all of them Make's own: do it when the user wants to know, not on the way of another call.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_mcp_base.client.client import MakeClient
from make_mcp_base.client.diagnosis import AUTHORIZATION, ORGANIZATIONS, organizations_in, zones_in
from make_mcp_base.client.failures import MakeFailure
from make_mcp_base.client.settings import ClientSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.client.transport import Transport

MAKE_ZONES = ("eu1.make.com", "eu2.make.com", "us1.make.com", "us2.make.com")
CELONIS_ZONES = ("eu1.make.celonis.com", "us1.make.celonis.com")


@dataclass(frozen=True, slots=True)
class ZoneSight:
    """What one zone says to the token.

    Attributes:
        zone: Host.
        knows_user: Whether the credential is accepted there.
        knows_organizations: Whether it sees at least one organization there.
        homes: Zones that the organizations it sees name as their home.
        trouble: Code of the failure that left the question open, or "".
    """

    zone: str
    knows_user: bool
    knows_organizations: bool
    homes: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class ZoneReport:
    """What all asked zones say.

    Attributes:
        sights: One for each zone, in the order they were asked.
        home: The zone to configure, None when none or several fit.
    """

    sights: tuple[ZoneSight, ...]
    home: str | None


async def probe_zones(
    token: str,
    *,
    zones: Sequence[str] = MAKE_ZONES,
    limit: float = 10.0,
    transport: Transport | None = None,
) -> ZoneReport:
    """Ask zones whether they know a token, for users and for organizations.

    Args:
        token: The credential; it is sent to every zone named.
        zones: Hosts to ask.
        limit: Seconds each request may take.
        transport: An httpx transport used instead of the network.

    Raises:
        BadSettings: When the token or a zone is malformed.
    """
    settings = [ClientSettings(token, zone, timeout=limit, retries=0) for zone in zones]
    sights = await asyncio.gather(*(_sight(each, transport) for each in settings))
    return ZoneReport(tuple(sights), _home(sights))


async def _sight(settings: ClientSettings, transport: Transport | None) -> ZoneSight:
    async with MakeClient(settings, transport=transport) as client:
        try:
            await client.request("GET", AUTHORIZATION)
        except MakeFailure as failure:
            return ZoneSight(settings.host, False, False, trouble=_trouble(failure))
        try:
            answer = await client.request("GET", ORGANIZATIONS)
        except MakeFailure as failure:
            return ZoneSight(settings.host, True, False, trouble=_trouble(failure))
        homes = dict.fromkeys(zones_in(answer.json))
        return ZoneSight(settings.host, True, bool(organizations_in(answer.json)), tuple(homes))


def _trouble(failure: MakeFailure) -> str:
    """Refusals are the answer looked for; anything else leaves the question open."""
    return "" if failure.status in {401, 403} else failure.code


def _home(sights: Sequence[ZoneSight]) -> str | None:
    """What organizations name as their home decides, then the only zone that shows any."""
    named = {home for sight in sights for home in sight.homes}
    if len(named) == 1:
        return named.pop()
    known = [sight.zone for sight in sights if sight.knows_organizations]
    return known[0] if len(known) == 1 else None
