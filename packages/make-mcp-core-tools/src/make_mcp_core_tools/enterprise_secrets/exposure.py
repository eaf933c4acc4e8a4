"""Whether a secret is live or breached: asked only after a plan, and answered without the value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

import anyio.to_thread
from make_mcp_base.authoring import (
    Document,
    Errand,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    NextCall,
    Output,
    Timestamp,
)
from make_mcp_base.calls.requests import digest
from pydantic import Field

from make_mcp_core_tools._engine.breaches import breach_count, service_of
from make_mcp_core_tools._engine.leak_detectors import detectors, service_verdict
from make_mcp_core_tools._engine.vault import environment_of, open_vault
from make_mcp_core_tools._engine.vault_secrets import SecretReference, read_referenced
from make_mcp_core_tools.enterprise_secrets.declared import category
from make_mcp_core_tools.enterprise_secrets.leak_places import read_again
from make_mcp_core_tools.enterprise_secrets.leaks import fingerprint_key

State = Literal["live", "dead", "unknown"]
_ASKED = Irreversible("A question that was asked cannot be called back.")
_TOKEN = re.compile(r"(?:Token\s+)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.I)
_MCP = re.compile(r"https://([\w.-]+)/mcp/u/([\w-]+)", re.I)
_HOOK = re.compile(r"https?://hook\.|https?://[\w.:-]+/hook/|@hook\.", re.I)

# Inputs


class CheckExposure(Input):
    finding_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{16}$")
    """Fingerprint of a finding (`secret_scan`)."""
    secret_ref: SecretReference | None = None
    """Or a field in the secret manager: `secret/crm/api#token`."""
    checks: list[Literal["breached", "live"]] = Field(default=["breached", "live"], min_length=1)
    """What to ask."""
    verify: bool = False
    """Show the secret to the service that issued it, to learn whether it works there."""


# Outputs


class Exposure(Output):
    place: str
    """Where it stands; its value is never told."""
    kind: str
    live: State | None = None
    live_asked: str | None = None
    """How that was asked, or why it was not."""
    breach_count: int | None = None
    """How often it is in known breaches; absent when that is not known."""
    breach_asked: str | None = None
    """How that was asked, or why there is no number."""
    asked_at: Timestamp
    next_calls: list[NextCall] = []


class _Told(Output):
    live: State = "unknown"
    asked: str = ""
    breaches: int | None = None


@dataclass(frozen=True, slots=True)
class _Secret:
    """A secret while it is asked about.

    Attributes:
        name: What it is called where it stands.
        state: Keyed digest, by which a plan notices another secret.
        team_id: Team it was found in.
    """

    place: str
    kind: str
    name: str
    value: str
    state: str
    team_id: int | None = None


# The tool


@category.tool(
    scope="",
    effect="run",
    confirm=True,
    outside=True,
    formerly=("configure-breach-detection",),
    words=("breach", "pwned", "have i been pwned", "still valid", "active", "validate", "leaked"),
    examples=[
        CheckExposure(finding_id="9f2c41d07be35a68"),
        CheckExposure(secret_ref="secret/crm/api#token", checks=["breached"]),
    ],
)
async def secret_exposure_check(make: Make, args: CheckExposure) -> Exposure:
    """Ask whether a found or known secret is in a breach, and whether it still works.

    Breaches: five hex digits of its SHA-1 leave this machine, nothing else. Make's tokens are shown
    to Make alone; other secrets to nobody, unless `verify` names their own service.
    """
    secret = await _secret(make, args)
    told = Exposure(place=secret.place, kind=secret.kind, asked_at=datetime.now(UTC))
    if "breached" in args.checks:
        breach = await _breach(make, secret)
        told.breach_count, told.breach_asked = breach.breaches, breach.asked
    if "live" in args.checks:
        answer = await _live(make, args, secret)
        told.live, told.live_asked = answer.live, answer.asked
    told.asked_at = datetime.now(UTC)
    if told.live == "live" or told.breach_count:
        told.next_calls = _next(args, secret)
    return told


async def _secret(make: Make, args: CheckExposure) -> _Secret:
    if (args.finding_id is None) == (args.secret_ref is None):
        raise Failure(
            "`secret_exposure_check` takes either `finding_id` or `secret_ref`.",
            next_step="Find one with `secret_scan` or `secret_list`, and call again with it.",
            code="invalid_arguments",
        )
    if args.secret_ref is not None:
        return await _referenced(make, args.secret_ref)
    by = await anyio.to_thread.run_sync(detectors)
    key = await fingerprint_key(make)
    one, team = await read_again(make, by, key, args.finding_id or "")
    found = one.found
    name = found.path.rpartition(".")[2]
    return _Secret(found.place, found.kind, name, one.leak.secret, found.fingerprint, team)


async def _referenced(make: Make, reference: str) -> _Secret:
    async with open_vault(make) as vault:
        values = await read_referenced(vault, {"value": reference})
    value = str(values["value"])
    kind = "a secret of the secret manager"
    state = digest([(await fingerprint_key(make)).hex(), value])
    return _Secret(reference, kind, reference.rpartition("#")[2], value, state)


# Breaches


async def _breach(make: Make, secret: _Secret) -> _Told:
    try:
        service = service_of(environment_of(make))
    except Failure as failure:
        return _Told(asked=f"Not asked: {failure.why}")
    host = urlsplit(service).netloc
    own = _TOKEN.fullmatch(secret.value)

    async def carry() -> Json:
        try:
            count = await breach_count(service, own[1] if own else secret.value)
        except Failure as failure:
            return {"asked": f"No answer: {failure.what} {failure.why}".strip()}
        return {"breaches": count, "asked": f"Pwned Passwords range protocol, {host}."}

    return await _ask(
        make,
        Errand("GET", f"{service}/range/{{first 5 digits of its SHA-1}}", carry=carry),
        f"Ask {host} which breached secrets begin with the same five digits of SHA-1",
        secret,
    )


async def _ask(make: Make, errand: Errand, says: str, secret: _Secret) -> _Told:
    return await make.write(
        errand, into=_Told, says=says, undo=_ASKED, before={"of": secret.state}, predict={}
    )


# Whether it works


async def _live(make: Make, args: CheckExposure, secret: _Secret) -> _Told:
    """Ask who can tell: Make for what is Make's, the issuer for the rest when that is wanted."""
    zone = urlsplit(make.page_url("")).netloc
    if (mcp := _MCP.match(secret.value)) and mcp[1].lower() != zone:
        return _Told(asked=f"Not asked: it belongs to {mcp[1]}, and this server works with {zone}.")
    own = _TOKEN.fullmatch(secret.value)
    if token := (mcp and mcp[2]) or (own and own[1]):
        return await _of_make(make, secret, token, zone)
    if secret.team_id is not None and _HOOK.search(secret.value):
        return await _hook(make, secret)
    if not args.verify:
        return _Told(asked="Not asked: `verify=true` shows it to the service that issued it.")
    return await _of_service(make, secret)


async def _of_make(make: Make, secret: _Secret, token: str, zone: str) -> _Told:
    is_make = secret.kind.startswith("Make ")

    async def carry() -> Json:
        kernel = make.kernel
        status = await (await kernel.api()).client.knows(token) if kernel else 0
        states: dict[int, State] = {200: "live", 403: "live"}
        states |= {401: "dead"} if is_make else {}
        asked = f"GET /users/me of {zone} with it: {f'status {status}' if status else 'no answer'}."
        if status == 401 and not is_make:
            asked += " It may be of another service."
        return {"live": states.get(status, "unknown"), "asked": asked}

    errand = Errand("GET", f"https://{zone}/api/v2/users/me", carry=carry)
    return await _ask(make, errand, f"Ask {zone} whether it knows the token", secret)


async def _hook(make: Make, secret: _Secret) -> _Told:
    """Look for an address among the team's own hooks; nothing is sent to it."""
    query: Document = {"teamId": await make.team(secret.team_id)}
    answer = await make.json("/hooks", query, scope="hooks:read")
    rows = answer.get("hooks") if isinstance(answer, dict) else None
    for row in rows if isinstance(rows, list) else []:
        url = row.get("url") if isinstance(row, dict) else None
        if isinstance(row, dict) and isinstance(url, str) and secret.value in url:
            return _Told(live="live", asked=f"It is hook {row.get('id')} of the team.")
    return _Told(asked="No hook of the team has this address; nothing was sent to it.")


async def _of_service(make: Make, secret: _Secret) -> _Told:
    async def carry() -> Json:
        told = await anyio.to_thread.run_sync(service_verdict, secret.value, secret.name)
        if told is None:
            return {"asked": "Not asked: install the extra `make-mcp-core-tools[scan]`."}
        return {"live": told[0], "asked": f"kingfisher asked the service: {told[1]}."}

    errand = Errand("GET", "kingfisher://the-service-that-issued-it", carry=carry)
    return await _ask(make, errand, "Show the secret to the service that issued it", secret)


def _next(args: CheckExposure, secret: _Secret) -> list[NextCall]:
    if args.secret_ref is not None:
        path = secret.place.partition("#")[0]
        why = "See what giving Make a new value would touch."
        return [NextCall(tool="secret_rotation_plan", arguments={"path": path}, why=why)]
    if _TOKEN.fullmatch(secret.value):
        why = "See whether it is one of yours; `api_token_delete` ends it."
        return [NextCall(tool="api_token_list", arguments={}, why=why)]
    keep: Document = {
        "type": "apikeyauth",
        "name": secret.kind,
        "parameters": {},
        "team_id": secret.team_id,
    }
    return [NextCall(tool="key_create", arguments=keep, why="Keep the secret's successor safely.")]
