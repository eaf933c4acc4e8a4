"""Leaked secrets: found where Make shows data in clear, and findings accepted until a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

import anyio.to_thread
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Json,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    ScenarioId,
    TeamId,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine.leak_detectors import MakeRules, Severity, detectors
from make_mcp_core_tools._engine.leak_documents import Found, Paper, scan
from make_mcp_core_tools._engine.leak_findings import keep_findings
from make_mcp_core_tools.enterprise_secrets.declared import category
from make_mcp_core_tools.enterprise_secrets.leak_sources import Search, Target, ago

if TYPE_CHECKING:
    from make_mcp_core_tools._engine.leak_detectors import Detector

ALL: list[Target] = [
    "blueprints",
    "versions",
    "notes",
    "variables",
    "data_stores",
    "functions",
    "custom_apps",
    "run_logs",
    "hook_logs",
]
ONLY_MAKE_RULES = (
    "Only the Make rules ran. Install the extra `make-mcp-core-tools[scan]` for the catalogue of"
    " keys of services."
)
REMEDIES: dict[str, str] = {
    "scenario": "Revoke it where it was issued, keep the new one as a key (`key_create`) or"
    " connection, and take it out of the module with `scenario_patch`. Old versions keep it for 60"
    " days.",
    "variable": "Variables are shown to all members: keep it as a key, delete the variable.",
    "data": "Records are stored in clear: keep it as a key, take it out of the record.",
    "function": "Functions are shown to all members: pass the value in from a module.",
    "app": "Code of an app is shown to who installs or reviews it: keep it in `common` or take it"
    " from the connection.",
    "runs": "Revoke it; histories cannot be edited. “Data is confidential” keeps new ones empty.",
    "requests": "Tell the sender; requests stay in the log for days. Revoke the secret.",
    "given": "Take it out before this blueprint is saved or shared.",
}
_RANK: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}
_MOST_PLACES = 5

# Inputs


class ScanSecrets(PageInput):
    team_id: TeamId | None = None
    scenario_ids: list[ScenarioId] = Field(default=[], max_length=100)
    """Only these scenarios, with their versions and runs; default: the whole team."""
    blueprint: Document | None = None
    """Instead: this blueprint, before it is saved or shared."""
    targets: list[Target] = Field(default=ALL, min_length=1)
    """Where to look."""
    since_days: int = Field(default=30, ge=1, le=365)
    """How far back runs and requests are read."""
    min_severity: Severity = "low"
    """Leave out what is less grave."""
    show_accepted: bool = False
    """Also show findings of the baseline."""


class SetBaseline(Input):
    fingerprints: list[str] = Field(min_length=1, max_length=200)
    """Of findings (`secret_scan`)."""
    reason: str = Field(min_length=3, max_length=300)
    """Why they are acceptable."""
    until: date
    """Last day they are left out, at most a year ahead; a past day ends it."""
    team_id: TeamId | None = None


# Outputs


class Finding(Output):
    fingerprint: str
    """The same for the same secret in the same scenario, store or variable."""
    severity: Severity
    kind: str
    detector: str
    """`make`: our rules; else the catalogue."""
    place: str
    path: str = ""
    module_id: int | None = None
    masked: str
    """At most its first four characters."""
    also_in: list[str] = []
    """More places, the first few."""
    more_places: int | None = None
    accepted_until: date | None = None


class Scanned(Page):
    findings: list[Finding]
    """The gravest first."""
    documents: dict[str, int]
    """What was read, by target."""
    detectors: list[str]
    accepted: int = 0
    """Findings the baseline leaves out."""
    not_checked: list[str] = []
    remedies: dict[str, str] = {}
    next_calls: list[NextCall] = []


class Accepted(Output):
    fingerprint: str
    reason: str
    until: date
    by: str


class Baseline(Output):
    team_id: int
    changed: bool
    accepted: list[Accepted]
    kept: str = "On this server, for this token's account; others see the findings still."


# Tools


@category.tool(
    scope="",
    effect="read",
    formerly=("scan-secret-leakage",),
    words=("leaked", "credentials", "plaintext", "password", "token", "audit", "hardcoded"),
    examples=[ScanSecrets(team_id=12), ScanSecrets(scenario_ids=[31], targets=["blueprints"])],
)
async def secret_scan(make: Make, args: ScanSecrets) -> Scanned:
    """Find secrets standing in clear: blueprints, old versions, variables, records, run logs.

    Detection is offline; nothing tests whether a secret still works. Shows at most four characters.
    """
    by = await anyio.to_thread.run_sync(detectors)
    key = await fingerprint_key(make)
    if args.blueprint is not None:
        paper = Paper("given", "the given blueprint", cast("Json", args.blueprint))
        found = await anyio.to_thread.run_sync(scan, paper, by, key)
        return _told(args, found, by, {"blueprints": 1}, [], [])
    team = await make.team(args.team_id)
    search = Search(make, team, by, key, frozenset(args.scenario_ids), ago(args.since_days))
    targets = args.targets
    if args.scenario_ids and "targets" not in args.sent():
        targets = ["blueprints", "versions", "notes", "run_logs"]
    await search.run([target for target in ALL if target in targets])
    if strangers := sorted(search.scenario_ids - {row.id for row in await search.scenarios()}):
        raise Failure(
            f"Team {team} has no scenarios {', '.join(map(str, strangers))}.",
            next_step="Find its scenarios with `scenario_list`, or send their team as `team_id`.",
            code="not_found",
        )
    await keep_findings(make, team, search.found)
    accepted = await _baseline(make, team)
    return _told(args, search.found, by, dict(search.read), search.not_checked, accepted)


async def fingerprint_key(make: Make) -> bytes:
    """Give what keys fingerprints: without it nobody can guess a short secret back."""
    if make.kernel is None:
        raise RuntimeError("A scan needs a server.")
    return (await make.kernel.seal()).key


def _told(
    args: ScanSecrets,
    found: list[Found],
    by: tuple[Detector, ...],
    documents: dict[str, int],
    not_checked: list[str],
    accepted: list[Accepted],
) -> Scanned:
    until = {one.fingerprint: one.until for one in accepted}
    rows = [row for row in _joined(found) if _RANK[row.severity] <= _RANK[args.min_severity]]
    for row in rows:
        row.accepted_until = until.get(row.fingerprint)
    shown = [row for row in rows if args.show_accepted or row.accepted_until is None]
    page, more = page_of(shown, args)
    if all(isinstance(detector, MakeRules) for detector in by):
        not_checked = [ONLY_MAKE_RULES, *not_checked]
    return Scanned(
        findings=page,
        documents=documents,
        detectors=[detector.signature for detector in by],
        accepted=sum(1 for row in rows if row.accepted_until is not None),
        not_checked=not_checked,
        remedies={key: text for key, text in REMEDIES.items() if _concerns(key, page)},
        next_calls=_next(page, args),
        **more,
    )


def _joined(found: list[Found]) -> list[Finding]:
    """Make one finding of a secret that stands in several places of one owner."""
    rows: dict[str, Finding] = {}
    for one in sorted(found, key=lambda one: (one.owner, one.place, one.path, one.kind)):
        row = rows.get(one.fingerprint)
        if row is None:
            members: dict[str, Any] = one.as_json()
            rows[one.fingerprint] = Finding.model_validate(members)
        elif len(row.also_in) < _MOST_PLACES:
            row.also_in.append(f"{one.place}: {one.path}" if one.path else one.place)
        else:
            row.more_places = (row.more_places or 0) + 1
    return sorted(rows.values(), key=lambda row: _RANK[row.severity])


def _concerns(key: str, rows: list[Finding]) -> bool:
    start: dict[str, tuple[str, ...]] = {
        "variable": ("team variable", "organization variable"),
        "scenario": ("scenario", "note "),
        "data": ("data store",),
        "app": ("custom app",),
        "runs": ("run ", "incomplete"),
        "requests": ("request ",),
        "given": ("the given",),
    }
    return any(row.place.startswith(start.get(key, (key,))) for row in rows)


def _next(rows: list[Finding], args: ScanSecrets) -> list[NextCall]:
    if not rows or args.blueprint is not None:
        return []
    day = (datetime.now(UTC) + timedelta(days=90)).date()
    arguments: Document = {
        "fingerprints": [rows[0].fingerprint],
        "reason": "…",
        "until": day.isoformat(),
        "team_id": args.team_id,
    }
    accept = NextCall(
        tool="secret_scan_baseline_set", arguments=arguments, why="Leave a false alarm out."
    )
    keep: Document = {
        "type": "apikeyauth",
        "name": rows[0].kind,
        "parameters": {},
        "team_id": args.team_id,
    }
    store = NextCall(tool="key_create", arguments=keep, why="Keep the secret's successor safely.")
    return [store, accept]


# The baseline


@category.tool(
    scope="teams:read",
    effect="update",
    words=("accept finding", "false positive", "ignore", "suppress"),
    examples=[
        SetBaseline(
            team_id=12,
            fingerprints=["9f2c41d07be35a68"],
            reason="A token of the demo workspace",
            until=date(2020, 1, 31),
        )
    ],
)
async def secret_scan_baseline_set(make: Make, args: SetBaseline) -> Baseline:
    """Accept findings until a day, with a reason; afterwards `secret_scan` shows them again.

    A day in the past takes an acceptance back.
    """
    team = await make.team(args.team_id)
    today = datetime.now(UTC).date()
    if args.until > today + timedelta(days=366):
        raise Failure(
            "A finding can be accepted for a year at most.",
            next_step=f"Send an `until` before {today + timedelta(days=366)}.",
            code="invalid_arguments",
        )
    known = {one.fingerprint: one for one in await _baseline(make, team)}
    account = await make.account()
    wanted = {name: one for name, one in known.items() if name not in args.fingerprints}
    if args.until >= today:
        for name in args.fingerprints:
            by = f"{account.user_name} ({account.user_id})"
            wanted[name] = Accepted(fingerprint=name, reason=args.reason, until=args.until, by=by)
    changed = wanted != known
    if changed and not make.planning:
        await make.keep(
            _note(team), [one.model_dump(mode="json") for one in wanted.values()], _for(wanted)
        )
    return Baseline(team_id=team, changed=changed, accepted=list(wanted.values()))


def _note(team_id: int) -> str:
    return f"secret-baseline:{team_id}"


def _for(accepted: dict[str, Accepted]) -> float:
    """Give how long the note must be kept, in seconds."""
    last = max((one.until for one in accepted.values()), default=datetime.now(UTC).date())
    end = datetime.combine(last, time.max, UTC)
    return max(1.0, (end - datetime.now(UTC)).total_seconds())


async def _baseline(make: Make, team_id: int) -> list[Accepted]:
    """Read what is accepted today."""
    kept = await make.kept(_note(team_id))
    rows = [Accepted.model_validate(one) for one in kept] if isinstance(kept, list) else []
    today = datetime.now(UTC).date()
    return [one for one in rows if one.until >= today]
