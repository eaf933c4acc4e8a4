"""Checks that really look: each asks its part, and says what to do when it is not well."""

from __future__ import annotations

import os
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

from make_mcp_base.definition.models import Output
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.calls.make import Make
    from make_mcp_base.kernel import Kernel

Status = Literal["ok", "warning", "failed"]

CLOCK_TOLERANCE_SECONDS = 60


class Check(Output):
    name: str
    status: Status
    detail: str
    fix: str | None = None
    """What to do; absent when there is nothing to do."""


def verdict(checks: Sequence[Check]) -> Literal["healthy", "degraded", "unhealthy"]:
    """Sum checks up: one failure is unhealthy, one warning degraded."""
    states = {check.status for check in checks}
    if "failed" in states:
        return "unhealthy"
    return "degraded" if "warning" in states else "healthy"


async def check_health(kernel: Kernel, make: Make) -> list[Check]:
    """Ask Make and the store, and look at the breaker."""
    checks = [await _make_answers(make), await _store_answers(kernel)]
    if (api := kernel.api_if_made) is not None:
        state = api.client.breaker
        closed = state.condition == "closed"
        checks.append(
            Check(
                name="breaker",
                status="ok" if closed else "warning",
                detail=state.condition,
                fix=None
                if closed
                else "Make failed repeatedly; requests are held back for a while.",
            )
        )
    if kernel.counters.last_failure:
        last = Check(name="last_failure", status="ok", detail=kernel.counters.last_failure)
        checks.append(last)
    return checks


async def check_configuration(kernel: Kernel, make: Make) -> list[Check]:
    """Check everything a person can get wrong before the first call."""
    checks = [await _make_answers(make)]
    if checks[0].status != "failed":
        checks += [
            await _organizations(make),
            await _scopes(kernel, make),
            await _defaults(kernel, make),
        ]
        checks += [await _licence(make), await _clock(kernel)]
    else:
        checks += await _right_zone(kernel)
    checks += [await _store_answers(kernel), await _journal(kernel), _data_directory(kernel)]
    return checks


async def _make_answers(make: Make) -> Check:
    begun = time.perf_counter()
    try:
        account = await make.api.account(fresh=True)
    except Failure as failure:
        return Check(
            name="make", status="failed", detail=_first_words(failure), fix=failure.next_step
        )
    elapsed = (time.perf_counter() - begun) * 1_000
    who = account.user_name or "a token without user:read"
    return Check(name="make", status="ok", detail=f"answers as {who} in {elapsed:.0f} ms")


async def _store_answers(kernel: Kernel) -> Check:
    try:
        health = await (await kernel.store()).health()
    except Failure as failure:
        return Check(
            name="store", status="failed", detail=_first_words(failure), fix=failure.next_step
        )
    detail = f"{health.kind} at {health.location}, {health.size_bytes:,} bytes"
    return Check(name="store", status="ok", detail=f"{detail}, {health.latency_ms:.2f} ms a read")


async def _right_zone(kernel: Kernel) -> list[Check]:
    """Look for the token in Make's other zones, when this one of Make's does not take it.

    Only on request (this check), because looking sends the token to each of Make's zones.
    """
    from make_mcp_base.client.zones import MAKE_ZONES, probe_zones

    if kernel.setup.sandbox is not None:
        return []
    try:
        settings = kernel.setup.client_settings()
    except Failure:
        return []
    if settings.host not in MAKE_ZONES:
        return []
    report = await probe_zones(settings.token)
    if all(sight.trouble for sight in report.sights):
        return []
    home = report.home
    if home is None or home == settings.host:
        detail = f"the token is not known in any of {', '.join(MAKE_ZONES)}"
        return [Check(name="zone", status="warning", detail=detail, fix="Make a new token.")]
    detail = f"the token belongs to {home}, not to {settings.host}"
    return [Check(name="zone", status="failed", detail=detail, fix=f"Set MAKE_ZONE={home}.")]


async def _journal(kernel: Kernel) -> Check:
    """Verify the journal's chain against its signed checkpoints."""
    from make_mcp_base.store.chain import verify
    from make_mcp_base.store.keys import signing_key

    try:
        key = signing_key(kernel.place).public_key()
        found = await verify(await kernel.store(), kernel.checkpoints, key)
    except Failure as failure:
        return Check(
            name="journal", status="failed", detail=_first_words(failure), fix=failure.next_step
        )
    if found.ok:
        detail = f"{found.entries} entries, unbroken, {found.covered} under signature"
        return Check(name="journal", status="ok", detail=detail)
    return Check(
        name="journal",
        status="failed",
        detail=" ".join(found.problems[:3]),
        fix="Somebody changed the store behind this server. Keep the file, and compare a backup.",
    )


async def _organizations(make: Make) -> Check:
    account = await make.account()
    if account.organizations:
        names = ", ".join(f"{o.id} {o.name}" for o in account.organizations[:5])
        paused = [o.name for o in account.organizations if o.is_paused]
        if paused:
            fix = "Scenarios there do not run until the plan's limits allow it again."
            detail = f"{names}; paused: {', '.join(paused)}"
            return Check(name="organizations", status="warning", detail=detail, fix=fix)
        return Check(name="organizations", status="ok", detail=names)
    return Check(
        name="organizations",
        status="warning",
        detail="; ".join(account.unreachable) or "none in this zone",
        fix="Check that MAKE_ZONE is the zone in the address of your organization, and that the"
        " token has organizations:read and teams:read.",
    )


async def _scopes(kernel: Kernel, make: Make) -> Check:
    account = await make.account()
    missing = sorted({e.scope for e in kernel.surface.entries.values() if not account.has(e.scope)})
    if not missing:
        return Check(name="scopes", status="ok", detail="all that the tools here can use")
    detail = f"missing {', '.join(missing)}; tools that need them are hidden"
    fix = "Make a token with these scopes under Profile, API in Make, if you want those tools."
    return Check(name="scopes", status="warning", detail=detail, fix=fix)


async def _defaults(kernel: Kernel, make: Make) -> Check:
    account = await make.account()
    team, organization = kernel.defaults
    known_team = team is None or any(t.id == team for t in account.teams)
    known = organization is None or any(o.id == organization for o in account.organizations)
    if known_team and known:
        said = f"team {team or 'asked per call'}, organization {organization or 'asked per call'}"
        return Check(name="defaults", status="ok", detail=said)
    wrong = "MAKE_TEAM_ID" if not known_team else "MAKE_ORGANIZATION_ID"
    choices = ", ".join(f"{t.id} {t.name}" for t in account.teams[:10])
    return Check(
        name="defaults",
        status="failed",
        detail=f"{wrong} names nothing this token can see",
        fix=f"Set it to one of: {choices}; or remove it.",
    )


async def _licence(make: Make) -> Check:
    account = await make.account()
    told = [
        f"{o.name}: {o.service_name or 'plan not told'}, {o.calls_per_minute} API calls a minute"
        for o in account.organizations
        if o.license
    ]
    closed = [o.name for o in account.organizations if o.license and not o.calls_per_minute]
    if closed:
        fix = "The plan of these organizations has no API access."
        return Check(name="licence", status="warning", detail=f"no API: {closed}", fix=fix)
    return Check(name="licence", status="ok", detail="; ".join(told) or "not told by Make")


async def _clock(kernel: Kernel) -> Check:
    answer = await (await kernel.api()).client.request("GET", "/users/me/current-authorization")
    sent = answer.headers.get("date")
    if not sent:
        return Check(name="clock", status="ok", detail="Make sent no date to compare with")
    skew = abs(parsedate_to_datetime(sent).timestamp() - time.time())
    if skew <= CLOCK_TOLERANCE_SECONDS:
        return Check(name="clock", status="ok", detail=f"within {skew:.0f} s of Make's")
    detail = f"{skew:.0f} s away from Make's"
    return Check(name="clock", status="warning", detail=detail, fix="Set this machine's clock.")


def _data_directory(kernel: Kernel) -> Check:
    try:
        place = kernel.place
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (Failure, OSError) as error:
        return Check(name="data", status="failed", detail=str(error), fix="Set MAKE_MCP_DATA_DIR.")
    if not os.access(place, os.W_OK):
        fix = "Make it writable, or set MAKE_MCP_DATA_DIR."
        return Check(name="data", status="failed", detail=f"{place} is not writable", fix=fix)
    return Check(name="data", status="ok", detail=str(place))


def _first_words(failure: Failure) -> str:
    return " ".join(part for part in (failure.what, failure.why) if part)
