"""How secrets are kept, control by control, each with its evidence; nothing is called compliant."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import anyio.to_thread
from make_mcp_base.authoring import Failure, Input, Make, Output, TeamId, Timestamp
from pydantic import Field

from make_mcp_core_tools._engine.connection_uses import bound_scenarios
from make_mcp_core_tools._engine.leak_detectors import detectors
from make_mcp_core_tools._engine.vault import Vault, data_of, open_vault, settings_of, texts_of
from make_mcp_core_tools._engine.vault import environment_of as environment
from make_mcp_core_tools.enterprise_secrets.declared import category
from make_mcp_core_tools.enterprise_secrets.key_records import keys_of
from make_mcp_core_tools.enterprise_secrets.leak_sources import Search, Target, ago
from make_mcp_core_tools.enterprise_secrets.policies import concerns, parsed
from make_mcp_core_tools.enterprise_secrets.sinks import Binding, all_bindings
from make_mcp_core_tools.enterprise_secrets.vault_values import age_days

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Check = Literal[
    "plaintext",
    "unused_keys",
    "unused_connections",
    "expired_connections",
    "shared_connections",
    "unbound_connections",
    "stale_in_make",
    "old_secrets",
    "audit_off",
    "own_token",
    "wide_policies",
]
_PLAIN: list[Target] = [
    "blueprints",
    "versions",
    "notes",
    "variables",
    "data_stores",
    "functions",
    "custom_apps",
]
_MOST_EVIDENCE = 20
_SOFT = frozenset(
    {"missing_scope", "forbidden", "licence_gate", "not_found", "rate_limited"}
    | {"vault_forbidden", "vault_sealed", "vault_unreachable", "vault_missing"}
    | {"vault_extra_missing", "vault_misconfigured"}
)


@dataclass(frozen=True, slots=True)
class Control:
    """What is checked, and what it is called elsewhere.

    Attributes:
        says: The rule in one sentence.
        labels: Where standards speak of it; a label is no proof of anything.
        needs_vault: True when it is about the secret manager.
    """

    says: str
    labels: tuple[str, ...]
    needs_vault: bool = False


CONTROLS: dict[Check, Control] = {
    "plaintext": Control(
        "No secret stands in clear where Make shows data.",
        ("SOC2 CC6.1", "ISO27001 A.8.24", "PCI-DSS 8.6.2"),
    ),
    "unused_keys": Control("Every key is used by a scenario.", ("ISO27001 A.5.17",)),
    "unused_connections": Control(
        "Every connection is used by a scenario.", ("SOC2 CC6.2", "ISO27001 A.5.18")
    ),
    "expired_connections": Control("No connection has expired.", ("ISO27001 A.5.17",)),
    "shared_connections": Control(
        "No connection is used by more scenarios than the limit.", ("SOC2 CC6.3", "ISO27001 A.5.15")
    ),
    "unbound_connections": Control(
        "Connections made of parameters come from the secret manager.",
        ("ISO27001 A.5.17",),
        needs_vault=True,
    ),
    "stale_in_make": Control(
        "Make has the newest version of every bound secret.", ("PCI-DSS 8.3.9",), needs_vault=True
    ),
    "old_secrets": Control(
        "Bound secrets are younger than the limit.", ("PCI-DSS 8.6.3",), needs_vault=True
    ),
    "audit_off": Control(
        "The secret manager records who reads what.",
        ("SOC2 CC7.2", "ISO27001 A.8.15", "PCI-DSS 10.2"),
        needs_vault=True,
    ),
    "own_token": Control(
        "This server's token at the secret manager is no root token.",
        ("SOC2 CC6.3", "ISO27001 A.8.2"),
        needs_vault=True,
    ),
    "wide_policies": Control(
        "No policy of this server's token is wider than needed.",
        ("SOC2 CC6.3", "ISO27001 A.5.15"),
        needs_vault=True,
    ),
}

# Inputs


class ReportPosture(Input):
    team_id: TeamId | None = None
    checks: list[Check] = []
    """Only these; default: all."""
    oldest_days: int = Field(default=90, ge=1, le=3650)
    """Limit of the age of secrets."""
    most_users: int = Field(default=10, ge=1, le=1_000)
    """Limit of the scenarios that use one connection."""
    format: Literal["json", "md", "csv"] = "json"
    """`md` and `csv` add the same as text."""


# Outputs


class ControlResult(Output):
    control: str
    result: Literal["pass", "fail", "not_checked"]
    says: str
    evidence: list[str] = []
    """Ids, fingerprints, paths; the first 20."""
    more_evidence: int | None = None
    why: str | None = None
    """Why it was not checked."""
    labels: list[str]
    """Where standards speak of it; no statement of compliance."""


class Posture(Output):
    team_id: int
    as_of: Timestamp
    passed: int
    failed: int
    not_checked: int
    controls: list[ControlResult]
    report: str | None = None


class _Connection(Output):
    id: int
    name: str
    account_type: str = ""
    editable: bool = False
    expire: Timestamp | None = None


# The checks


@dataclass(slots=True)
class Look:
    """One report under way; what several checks need is read once."""

    make: Make
    team: int
    oldest_days: int
    most_users: int
    vault: Vault | None
    _bindings: list[Binding] | None = None
    _connections: list[_Connection] | None = None
    notes: list[str] = field(default_factory=list[str])

    def check(self, name: Check) -> Callable[[], Awaitable[list[str]]]:
        """Give what finds the evidence against a control."""
        work: dict[Check, Callable[[], Awaitable[list[str]]]] = {
            "plaintext": self._plaintext,
            "unused_keys": self._unused_keys,
            "unused_connections": self._unused_connections,
            "expired_connections": self._expired,
            "shared_connections": self._shared,
            "unbound_connections": self._unbound,
            "stale_in_make": self._stale,
            "old_secrets": self._old,
            "audit_off": self._audit,
            "own_token": self._own_token,
            "wide_policies": self._policies,
        }
        return work[name]

    @property
    def manager(self) -> Vault:
        """The secret manager, which the checks that need it know to be there."""
        if self.vault is None:
            raise RuntimeError("A check of the secret manager ran without one.")
        return self.vault

    async def connections(self) -> list[_Connection]:
        """Read the team's connections."""
        if self._connections is None:
            self._connections = await self.make.all(
                "/connections",
                {"teamId": self.team},
                key="connections",
                item=_Connection,
                scope="connections:read",
            )
        return self._connections

    async def bindings(self) -> list[Binding]:
        """Read the bindings; what could not be looked at fails the check."""
        if self._bindings is None:
            found, not_checked = await all_bindings(self.make, self.manager)
            if not_checked:
                raise Failure(
                    "; ".join(not_checked), next_step="Widen its token.", code="vault_forbidden"
                )
            self._bindings = found
        return self._bindings

    async def _plaintext(self) -> list[str]:
        by = await anyio.to_thread.run_sync(detectors)
        kernel = self.make.kernel
        if kernel is None:
            raise RuntimeError("A scan needs a server.")
        key = (await kernel.seal()).key
        search = Search(self.make, self.team, by, key, frozenset(), ago(1))
        await search.run(_PLAIN)
        self.notes += search.not_checked
        found = {one.fingerprint: one for one in search.found if one.severity != "low"}
        return [f"{name}: {one.kind} in {one.place}" for name, one in found.items()]

    async def _unused_keys(self) -> list[str]:
        bound = await bound_scenarios(self.make, self.team)
        keys = await keys_of(self.make, self.team)
        return [f"key {k.id}" for k in keys if not any(b.to("key", k.id) for b in bound)]

    async def _unused_connections(self) -> list[str]:
        bound = await bound_scenarios(self.make, self.team)
        rows = await self.connections()
        return [
            f"connection {r.id}" for r in rows if not any(b.to("connection", r.id) for b in bound)
        ]

    async def _expired(self) -> list[str]:
        now = datetime.now(UTC)
        rows = await self.connections()
        return [f"connection {r.id}" for r in rows if r.expire is not None and r.expire <= now]

    async def _shared(self) -> list[str]:
        bound = await bound_scenarios(self.make, self.team)
        evidence: list[str] = []
        for row in await self.connections():
            users = len([one for one in bound if one.to("connection", row.id)])
            if users > self.most_users:
                evidence.append(f"connection {row.id}: {users} scenarios")
        return evidence

    async def _unbound(self) -> list[str]:
        fed = {one.sink.id for one in await self.bindings() if one.sink.kind == "connection"}
        rows = await self.connections()
        return [f"connection {r.id}" for r in rows if r.editable and r.id not in fed]

    async def _stale(self) -> list[str]:
        return [f"{one.sink} {one.parameter}" for one in await self.bindings() if one.is_behind]

    async def _old(self) -> list[str]:
        ages = {str(one.place): age_days(one.metadata) for one in await self.bindings()}
        old = {path: days for path, days in ages.items() if days > self.oldest_days}
        return [f"{path}: {days} days" for path, days in sorted(old.items())]

    async def _audit(self) -> list[str]:
        found = data_of(await self.manager.read("sys/audit"))
        return [] if found else ["no audit device"]

    async def _own(self) -> list[str]:
        own = data_of(await self.manager.read("auth/token/lookup-self"))
        return texts_of(own, "policies")

    async def _own_token(self) -> list[str]:
        return ["policy root"] if "root" in await self._own() else []

    async def _policies(self) -> list[str]:
        evidence: list[str] = []
        for name in await self._own():
            if name == "root":
                evidence.append("root: allows everything")
                continue
            told = await self.manager.read(f"sys/policies/acl/{name}")
            text = str(data_of(told).get("policy") or "")
            evidence += [f"{name}: {concern}" for concern in concerns(parsed(text))]
        return evidence


# The tool


@category.tool(
    scope="",
    effect="read",
    outside=True,
    formerly=("generate-compliance-report",),
    words=("compliance", "soc2", "iso 27001", "pci", "evidence", "audit"),
    examples=[ReportPosture(team_id=12), ReportPosture(checks=["plaintext"], format="md")],
)
async def secret_posture_report(make: Make, args: ReportPosture) -> Posture:
    """Report how a team keeps its secrets: pass, fail or not checked, each with its evidence.

    Names where standards speak of a control; it does not say that anybody complies.
    """
    team = await make.team(args.team_id)
    checks: list[Check] = [name for name in CONTROLS if not args.checks or name in args.checks]
    if settings_of(environment(make)) is None or not any(CONTROLS[n].needs_vault for n in checks):
        return await _report(make, args, team, checks, None)
    async with open_vault(make) as vault:
        return await _report(make, args, team, checks, vault)


async def _report(
    make: Make, args: ReportPosture, team: int, checks: list[Check], vault: Vault | None
) -> Posture:
    look = Look(make, team, args.oldest_days, args.most_users, vault)
    rows: list[ControlResult] = []
    for done, name in enumerate(checks):
        await make.progress(done, len(checks), name)
        rows.append(await _judge(look, name))
    told = Posture(
        team_id=team,
        as_of=datetime.now(UTC),
        passed=sum(1 for row in rows if row.result == "pass"),
        failed=sum(1 for row in rows if row.result == "fail"),
        not_checked=sum(1 for row in rows if row.result == "not_checked"),
        controls=rows,
    )
    for note in look.notes:
        make.warn(f"Plaintext was not looked for in {note}")
    if args.format != "json":
        told.report = _markdown(told) if args.format == "md" else _table(told)
    return told


async def _judge(look: Look, name: Check) -> ControlResult:
    """Run a check; one that cannot be made is not checked, which is neither pass nor fail."""
    control = CONTROLS[name]
    row = ControlResult(
        control=name, result="not_checked", says=control.says, labels=list(control.labels)
    )
    if control.needs_vault and look.vault is None:
        row.why = "No secret manager is configured."
        return row
    try:
        evidence = await look.check(name)()
    except Failure as failure:
        if failure.code not in _SOFT:
            raise
        row.why = f"{failure.what} {failure.why}".strip()
        return row
    if name == "plaintext" and not evidence and _gaps(look):
        row.why = "Not everything could be read: " + "; ".join(_gaps(look))
        return row
    row.result = "fail" if evidence else "pass"
    row.evidence = evidence[:_MOST_EVIDENCE]
    row.more_evidence = len(evidence) - _MOST_EVIDENCE if len(evidence) > _MOST_EVIDENCE else None
    return row


def _gaps(look: Look) -> list[str]:
    """Name what a scan could not read although it may be there; a plan without it has none."""
    return [note for note in look.notes if "plan" not in note]


def _markdown(told: Posture) -> str:
    lines = [f"# Secrets of team {told.team_id}, {told.as_of:%Y-%m-%d %H:%M} UTC", ""]
    lines += ["| control | result | evidence | labels |", "| --- | --- | --- | --- |"]
    for row in told.controls:
        shown = "; ".join(row.evidence) or row.why or ""
        cells = (row.says, row.result, shown.replace("|", "\\|"), ", ".join(row.labels))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _table(told: Posture) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["control", "result", "evidence", "why", "labels"])
    for row in told.controls:
        shown = ("; ".join(row.evidence), row.why or "", "; ".join(row.labels))
        rows.writerow([row.control, row.result, *map(_harmless, shown)])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Keep spreadsheets from taking a cell for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell
