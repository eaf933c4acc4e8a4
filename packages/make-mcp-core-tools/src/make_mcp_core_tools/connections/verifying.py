"""Whether connections work: Make's own test, scopes, and what a failure means."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from make_mcp_base.authoring import (
    ConnectionId,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    TeamId,
)
from pydantic import Field

from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.records import (
    ConnectionRecord,
    connections_of,
    one_of,
    read_connection,
)

Cause = Literal["expired", "revoked", "refused", "scope", "unreachable", "unknown"]

_SIGNS: tuple[tuple[Cause, re.Pattern[str]], ...] = (
    ("scope", re.compile(r"scope|insufficient.{0,20}permission", re.IGNORECASE)),
    ("expired", re.compile(r"expired", re.IGNORECASE)),
    ("revoked", re.compile(r"revoked|invalid[_ ]grant|deauthorized", re.IGNORECASE)),
    (
        "unreachable",
        re.compile(
            r"timed? ?out|ECONN|ENOTFOUND|EAI_AGAIN|getaddrinfo|unreachable|network|socket",
            re.IGNORECASE,
        ),
    ),
    (
        "refused",
        re.compile(
            r"denied|invalid|unauthorized|forbidden|credential|login|password|\b40[13]\b",
            re.IGNORECASE,
        ),
    ),
)
"""What the texts of services have in common; the first that fits counts."""

# Inputs


class VerifyConnections(Input):
    connection_ids: list[ConnectionId] | None = Field(default=None, min_length=1, max_length=50)
    """Ids or names."""
    all_in_team: TeamId | None = None
    """Instead: every connection of a team."""
    scopes: list[str] = []
    """Also check that each carries these."""


# Outputs


class VerifyRow(Output):
    id: int
    name: str
    type: str
    verified: bool
    cause: Cause | None = None
    """Read from the service's text; `refused` covers wrong credentials."""
    problem: str | None = None
    """What the service said."""
    missing_scopes: list[str] | None = None
    latency_ms: int | None = None


class Verified(Output):
    tested: int
    failed: int
    connections: list[VerifyRow]
    """Failed ones first."""
    next_calls: list[NextCall] = []


class TestAnswer(Output):
    verified: bool = False


class ScopeCheck(Output):
    scoped: bool = False


class Scoped(Output):
    connection: ScopeCheck


# Testing


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of a test.

    Attributes:
        works: Whether the service accepted the credentials.
        cause: What a refusal means.
        text: What the service said, or "".
        latency_ms: How long the test took; None when it never reached the service.
    """

    works: bool
    cause: Cause | None = None
    text: str = ""
    latency_ms: int | None = None


async def check_connection(make: Make, one: ConnectionRecord) -> Check:
    """Let Make test a connection against its service.

    Raises:
        Failure: The test itself could not be made: no such connection, no right to it, Make down.
    """
    begun = time.perf_counter()
    try:
        answer = await make.ask(f"/connections/{one.id}/test", into=TestAnswer)
    except Failure as failure:
        if failure.code not in {"invalid", "refused", "upstream_failed"}:
            raise
        return Check(False, cause_of(one, _said(failure)), _said(failure), _since(begun))
    if answer.verified:
        return Check(True, latency_ms=_since(begun))
    return Check(False, cause_of(one, ""), "", _since(begun))


def _since(begun: float) -> int:
    return round((time.perf_counter() - begun) * 1_000)


def _said(failure: Failure) -> str:
    """Give the service's own words, without our sentence around them."""
    words = str(getattr(failure, "make_message", "")) or failure.what
    return words[:500]


def cause_of(one: ConnectionRecord, text: str) -> Cause:
    """Tell what a failed test means, from the expiry and the service's words."""
    if one.expire is not None and one.expire <= datetime.now(UTC):
        return "expired"
    found: list[Cause] = [cause for cause, sign in _SIGNS if sign.search(text)]
    return found[0] if found else "unknown"


async def missing_scopes(make: Make, one: ConnectionRecord, scopes: list[str]) -> list[str]:
    """Name the scopes a connection lacks; Make decides, since scopes may include each other."""
    if not scopes:
        return []
    path = f"/connections/{one.id}/scoped"
    if (await make.ask(path, {"scope": list(scopes)}, into=Scoped)).connection.scoped:
        return []
    return [scope for scope in scopes if scope not in one.granted] or list(scopes)


# Tools


@category.tool(
    scope="connections:write",
    effect="read",
    outside=True,
    formerly=("connections_verify", "connections_test", "test-connection"),
    words=("test", "works", "expired", "revoked"),
)
async def connection_verify(make: Make, args: VerifyConnections) -> Verified:
    """Test connections against their services: which work, and why the others do not.

    Give ids, or a team to test all of its connections.
    """
    known = await _chosen(make, args)
    done = 0

    async def verify(one: ConnectionRecord) -> VerifyRow:
        nonlocal done
        check = await check_connection(make, one)
        lacking = await missing_scopes(make, one, args.scopes) if check.works else []
        done += 1
        await make.progress(done, len(known), f"{one.name}: {'ok' if check.works else 'failed'}")
        return _row(one, check, lacking)

    rows = await make.each(known, verify)
    failed = [row for row in rows if not row.verified]
    return Verified(
        tested=len(rows),
        failed=len(failed),
        connections=[*failed, *(row for row in rows if row.verified)],
        next_calls=[
            NextCall(
                tool="connection_diagnose",
                arguments={"connection_id": row.id},
                why=f"“{row.name}” failed: see what it breaks and how to repair it.",
            )
            for row in failed[:3]
        ],
    )


async def _chosen(make: Make, args: VerifyConnections) -> list[ConnectionRecord]:
    if args.connection_ids:
        ids = list(dict.fromkeys(args.connection_ids))
        return await make.each(ids, lambda ident: read_connection(make, ident))
    if args.all_in_team is None:
        raise one_of("connection_ids", "all_in_team", "connection_verify")
    rows = await connections_of(make, await make.team(args.all_in_team))
    if not args.scopes:
        return rows
    return await make.each(rows, lambda row: read_connection(make, row.id))


def _row(one: ConnectionRecord, check: Check, lacking: list[str]) -> VerifyRow:
    return VerifyRow(
        id=one.id,
        name=one.name,
        type=one.account_name,
        verified=check.works and not lacking,
        cause="scope" if lacking else check.cause,
        problem=check.text or None,
        missing_scopes=lacking or None,
        latency_ms=check.latency_ms,
    )
