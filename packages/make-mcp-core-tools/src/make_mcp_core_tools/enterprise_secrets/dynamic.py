"""Credentials made on demand: issued by the secret manager straight into a connection or key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    NextCall,
    Output,
    Problem,
)
from pydantic import Field

from make_mcp_core_tools._engine.vault import Vault, data_of, open_vault, vault_errand
from make_mcp_core_tools._engine.vault_secrets import mounts_of
from make_mcp_core_tools.enterprise_secrets.bindings import SinkInput, sink_of
from make_mcp_core_tools.enterprise_secrets.declared import category
from make_mcp_core_tools.enterprise_secrets.sinks import Form, Sink, form_of, push_request, verify

Kind = Literal["lease", "certificate", "token"]
_GIVES: dict[str, tuple[str, ...]] = {
    "pki": ("certificate", "private_key", "issuing_ca", "serial_number"),
    "ssh": ("key", "username", "ip"),
    "database": ("username", "password"),
    "token": ("client_token",),
}
"""What an engine's answer holds that a sink may be given."""

# Inputs


class IssueCredential(SinkInput):
    engine: str = Field(pattern=r"^[a-z0-9][\w-]{0,60}(/[\w-]{1,60})*$")
    """Path of a pki, ssh or database engine (`secret_engine_list`), or `token`."""
    role: str = Field(pattern=r"^[\w.-]{1,100}$")
    """Role of the engine."""
    give: dict[str, str] = Field(min_length=1, max_length=20)
    """Parameter of the sink: what it is given. pki: certificate, private_key, issuing_ca; ssh: key,
    username; database: username, password; token: client_token."""
    constants: dict[str, str] = Field(default={}, max_length=20)
    """Parameters that are no secret, such as `{"placement": "header"}`."""
    ttl: str = Field(default="24h", pattern=r"^[0-9]{1,6}[smh]$")
    """How long it lives."""
    common_name: str | None = Field(default=None, max_length=200)
    """For pki: the name in the certificate."""
    ip: str | None = Field(default=None, max_length=60)
    """For ssh: the machine it opens."""


class RevokeLease(Input):
    kind: Kind
    """What it is."""
    id: str = Field(min_length=3, max_length=300, pattern=r"^[\w./:-]+$")
    """As `secret_dynamic_issue` gave it."""
    engine: str | None = Field(default=None, pattern=r"^[a-z0-9][\w-]{0,60}(/[\w-]{1,60})*$")
    """The pki engine of a certificate."""


# Outputs


class Issued(Output):
    state: Literal["given", "revoked"]
    """`revoked`: the sink's test failed, so it was taken back."""
    sink: str
    parameters: list[str]
    kind: Kind
    id: str
    """Lease, serial number or accessor; opens nothing."""
    ttl_seconds: int
    verified: bool | None = None
    said: str | None = None
    next_calls: list[NextCall] = []


class Revoked(Output):
    revoked: str
    kind: Kind


class Lease(Output):
    kind: Kind = "lease"
    id: str = ""
    ttl_seconds: int = 0


class Kept(Output):
    changed: bool = True


# Issuing


@dataclass(slots=True)
class _Issue:
    """One credential on its way; its values stay in here."""

    make: Make
    vault: Vault
    args: IssueCredential
    engine: str
    values: Document = field(default_factory=dict[str, Json])

    async def carry(self) -> Json:
        """Have it issued; give what names it, and keep its values."""
        path, body = self.request()
        told = await self.vault.write(path, body)
        auth: Document = told.get("auth") or {}
        found: Document = auth or data_of(told)
        self.values = {one: found.get(one) for one in _GIVES[self.engine]}
        lease, ttl = str(told.get("lease_id") or ""), int(told.get("lease_duration") or 0)
        if auth:
            life = int(auth.get("lease_duration") or 0)
            return {"kind": "token", "id": str(auth["accessor"]), "ttl_seconds": life}
        if lease or self.engine != "pki":
            return {"kind": "lease", "id": lease, "ttl_seconds": ttl}
        serial = str(found["serial_number"])
        return {"kind": "certificate", "id": serial, "ttl_seconds": _seconds(self.args.ttl)}

    def request(self) -> tuple[str, dict[str, Json]]:
        """Give path and body of the request."""
        one = self.args
        if self.engine == "token":
            return f"auth/token/create/{one.role}", {"ttl": one.ttl}
        if self.engine == "pki":
            name: Json = one.common_name
            return f"{one.engine}/issue/{one.role}", {"common_name": name, "ttl": one.ttl}
        return f"{one.engine}/creds/{one.role}", {"ip": one.ip} if self.engine == "ssh" else {}

    def given(self) -> Document:
        """Give the sink's parameters; empty ones while only planning."""
        values: Document = {
            name: self.values.get(one) or "" for name, one in self.args.give.items()
        }
        return {**self.args.constants, **values}


def _seconds(ttl: str) -> int:
    return int(ttl[:-1]) * {"s": 1, "m": 60, "h": 3_600}[ttl[-1]]


@category.tool(
    scope="connections:write",
    effect="update",
    confirm=True,
    outside=True,
    formerly=("generate-dynamic-secrets",),
    words=("issue certificate", "pki", "short-lived", "lease", "temporary credentials"),
    examples=[
        IssueCredential(
            engine="pki",
            role="partner",
            common_name="make.example.com",
            key_id=12,
            give={"certificate": "certificate", "privateKey": "private_key"},
        )
    ],
)
async def secret_dynamic_issue(make: Make, args: IssueCredential) -> Issued:
    """Have a short-lived credential issued straight into a connection or key, and test it.

    Its values are never shown. If Make's test fails it is revoked at once. Renew before its time
    is over: Make does not.
    """
    sink = sink_of(args, "secret_dynamic_issue")
    form = await form_of(make, sink)
    async with open_vault(make) as vault:
        engine = await _engine(vault, args)
        _check(args, engine, sink, form)
        make.affects(f"The former parameters of {sink} “{form.name}” are replaced for good.")
        issue = _Issue(make, vault, args, engine)
        path, body = issue.request()
        lease = await make.write(
            vault_errand("POST", path, issue.carry, **body),
            into=Lease,
            says=f"Have a credential issued by `{args.engine}`, role `{args.role}`",
            undo=Irreversible("`secret_lease_revoke` revokes it."),
            predict={"kind": "lease", "id": "new", "ttl_seconds": 0},
        )
        return await _give(issue, sink, lease)


async def _engine(vault: Vault, args: IssueCredential) -> str:
    if args.engine == "token":
        return "token"
    mounts = {one.path.rstrip("/"): one.type for one in await mounts_of(vault)}
    kind = mounts.get(args.engine, "")
    if kind not in _GIVES:
        raise Failure(
            f"`{args.engine}` is no engine that issues credentials.",
            why=f"It is of type {kind}." if kind else "",
            next_step="See the engines with `secret_engine_list`; pki, ssh and database issue.",
            code="no_such_engine",
        )
    return kind


def _check(args: IssueCredential, engine: str, sink: Sink, form: Form) -> None:
    """Refuse what could only fail after something was issued; all reasons at once."""
    problems = [
        Problem(
            f"give.{name}", f"`{wanted}` is not issued.", f"Valid: {', '.join(_GIVES[engine])}."
        )
        for name, wanted in args.give.items()
        if wanted not in _GIVES[engine]
    ]
    named = {**args.give, **args.constants}
    problems += [
        Problem(name, "is no parameter of the sink.", f"Valid: {', '.join(form.parameters)}.")
        for name in named
        if name not in form.parameters
    ]
    problems += [
        Problem(name, f"is required by {sink}.") for name in form.required if name not in named
    ]
    if engine == "pki" and not args.common_name:
        problems.append(Problem("common_name", "is required for a certificate."))
    if engine == "ssh" and not args.ip:
        problems.append(Problem("ip", "is required for a one-time password."))
    if problems:
        raise Failure(
            "The credential would not fit; nothing was issued.",
            problems=problems,
            next_step="Call `secret_dynamic_issue` again with these corrected.",
            code="invalid_arguments",
        )


async def _give(issue: _Issue, sink: Sink, lease: Lease) -> Issued:
    """Push what was issued; what Make refuses is revoked."""
    make, said = issue.make, ""
    works: bool | None = None
    try:
        await make.write(
            push_request(sink, issue.given()),
            into=Kept,
            says=f"Give {sink} the credential",
            undo=Irreversible("Make never gives back parameters that were replaced."),
            predict={"changed": True},
        )
        verdict = await verify(make, sink) if not make.planning else None
        works, said = (verdict.works, verdict.text) if verdict else (None, "")
    except Failure as failure:
        if failure.code in {"plan_moved", "policy"}:
            raise
        works, said = False, failure.what
    if works is False:
        with make.writer.going_back():
            await _revoke(make, issue.vault, lease.kind, lease.id, issue.args.engine)
    revoke: Document = {"kind": lease.kind, "id": lease.id}
    revoke |= {"engine": issue.args.engine} if lease.kind == "certificate" else {}
    return Issued(
        state="revoked" if works is False else "given",
        sink=str(sink),
        parameters=sorted(issue.given()),
        kind=lease.kind,
        id=lease.id,
        ttl_seconds=lease.ttl_seconds,
        verified=works,
        said=said or None,
        next_calls=[]
        if works is False
        else [NextCall(tool="secret_lease_revoke", arguments=revoke, why="End it early.")],
    )


# Revoking


async def _revoke(make: Make, vault: Vault, kind: Kind, ident: str, engine: str | None) -> None:
    paths: dict[Kind, tuple[str, str]] = {
        "lease": ("sys/leases/revoke", "lease_id"),
        "certificate": (f"{engine}/revoke", "serial_number"),
        "token": ("auth/token/revoke-accessor", "accessor"),
    }
    path, member = paths[kind]
    body: dict[str, Json] = {member: ident}

    async def carry() -> Json:
        await vault.write(path, dict(body))
        return {"changed": True}

    await make.write(
        vault_errand("POST", path, carry, **body),
        into=Kept,
        says=f"Revoke the {kind} {ident}",
        undo=Irreversible("What is revoked cannot be used again; have a new one issued."),
    )


@category.tool(
    scope="",
    effect="delete",
    outside=True,
    words=("revoke lease", "revoke certificate", "revoke token"),
)
async def secret_lease_revoke(make: Make, args: RevokeLease) -> Revoked:
    """Revoke a credential that the secret manager issued, before its time is over."""
    if args.kind == "certificate" and args.engine is None:
        raise Failure(
            "A certificate is revoked by the engine that issued it.",
            next_step="Call `secret_lease_revoke` again with `engine`.",
            code="invalid_arguments",
        )
    async with open_vault(make) as vault:
        await _revoke(make, vault, args.kind, args.id, args.engine)
    return Revoked(revoked=args.id, kind=args.kind)
