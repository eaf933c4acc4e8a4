"""Finds out what a 403 means: a missing scope, the wrong zone, or a role.

Make answers all three alike ("Permission denied"). The token's scopes are read from
`/users/me/current-authorization`, the zone from `/organizations` (Make API reference, chapters 1.1
to 1.3). Both are kept once they are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.client.failures import (
    Forbidden,
    LicenceGate,
    MakeFailure,
    MissingScope,
    Trace,
    WrongZone,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import JsonValue

    from make_mcp_base.client.replies import Call

AUTHORIZATION = "/users/me/current-authorization"
ORGANIZATIONS = "/organizations"
PUBLIC_DOMAINS = ("make.com", "make.celonis.com")
"""Where zones are; a white-label instance has only itself."""


class Diagnosis:
    """Explains the 403 answers of one client.

    Args:
        look: Sends one GET and returns its status (0 when there was no answer) and JSON.
        host: The configured zone.
        zone_finder: Finds the zone the account lives in, None when that must not be tried.
    """

    def __init__(
        self,
        look: Callable[[str], Awaitable[tuple[int, JsonValue]]],
        host: str,
        zone_finder: Callable[[], Awaitable[str | None]] | None,
    ) -> None:
        self._look = look
        self._host = host.lower()
        self._zone_finder = zone_finder
        self._scopes: frozenset[str] | None = None
        self._home: tuple[bool, str | None] | None = None

    async def explain(self, failure: MakeFailure, call: Call) -> MakeFailure:
        """Return the failure that says most, the given one when nothing is found out."""
        if call.path in {AUTHORIZATION, ORGANIZATIONS} and call.scope is None:
            return failure
        explained = await self._explained(failure, call)
        explained.make_message = failure.make_message
        return explained

    async def scopes(self) -> frozenset[str] | None:
        """Scopes of the credential; None when Make does not tell them."""
        if self._scopes is None:
            status, value = await self._look(AUTHORIZATION)
            self._scopes = _scopes_in(value) if status == 200 else None
        return self._scopes

    async def _explained(self, failure: MakeFailure, call: Call) -> MakeFailure:
        trace = Trace(make_code=failure.make_code, request_id=failure.request_id, status=403)
        held = await self.scopes()
        missing = set((call.scope or "").split()) - held if held is not None else set[str]()
        if held is not None and missing:
            return MissingScope(" ".join(sorted(missing)), sorted(held), failure.what, trace)
        if isinstance(failure, LicenceGate) or call.path.startswith("/users/me"):
            return failure
        elsewhere, zone = await self._lives_elsewhere(held)
        if elsewhere:
            return WrongZone(self._host, zone, failure.what, trace)
        return _forbidden(failure, call, held, trace)

    async def _lives_elsewhere(self, held: frozenset[str] | None) -> tuple[bool, str | None]:
        """Whether the account's organizations are in another zone, and in which when known."""
        if held is None or not self._is_public():
            return False, None
        if self._home is None:
            self._home = await self._find_home(held)
        return self._home

    def _is_public(self) -> bool:
        return any(self._host.endswith(f".{domain}") for domain in PUBLIC_DOMAINS)

    async def _find_home(self, held: frozenset[str]) -> tuple[bool, str | None]:
        status, value = await self._look(ORGANIZATIONS)
        zones = zones_in(value)
        if zones:
            return self._host not in zones, zones[0]
        if organizations_in(value):
            return False, None
        empty_handed = status in {200, 403} and "organizations:read" in held
        found = await self._zone_finder() if self._zone_finder else None
        if found:
            return found.lower() != self._host, found
        return empty_handed, None


def _forbidden(
    failure: MakeFailure, call: Call, held: frozenset[str] | None, trace: Trace
) -> Forbidden:
    needs = f"`{call.scope}`" if call.scope else "its scope"
    why = (
        f"The endpoint needs {needs}; the token's scopes could not be read."
        if held is None
        else f"The token has {needs}, so the user's role or the owner of the target forbids it."
        if call.scope
        else failure.why
    )
    return Forbidden(failure.what, why=why, next_step=failure.next_step, **trace)


def _scopes_in(value: JsonValue) -> frozenset[str] | None:
    authorization = value.get("authorization") if isinstance(value, dict) else None
    scopes = authorization.get("scope") if isinstance(authorization, dict) else None
    if not isinstance(scopes, list):
        return None
    return frozenset(scope for scope in scopes if isinstance(scope, str))


def organizations_in(value: JsonValue) -> list[dict[str, JsonValue]]:
    """List the organizations of an answer, none when it holds no list of them."""
    organizations = value.get("organizations") if isinstance(value, dict) else None
    if not isinstance(organizations, list):
        return []
    return [each for each in organizations if isinstance(each, dict)]


def zones_in(value: JsonValue) -> list[str]:
    """List the home zones that the organizations of an answer name, in their order."""
    zones = [each.get("zone") for each in organizations_in(value)]
    return [zone.lower() for zone in zones if isinstance(zone, str) and zone]
