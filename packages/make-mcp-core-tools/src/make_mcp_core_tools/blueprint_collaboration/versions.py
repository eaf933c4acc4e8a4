"""Versions of scenarios: their time line in Make and git, snapshots, whole-team backups, drift."""

from datetime import UTC, datetime
from typing import Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    ScenarioId,
    TeamId,
    Timestamp,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine.blueprint_files import (
    ScenarioFile,
    file_name,
    read_file,
    scenario_id_in,
)
from make_mcp_core_tools._engine.blueprint_index import team_scenarios
from make_mcp_core_tools._engine.blueprint_repository import BRANCH, Repository, repository_of
from make_mcp_core_tools._engine.blueprint_versions import versions_of
from make_mcp_core_tools._engine.change_proposals import PREFIX
from make_mcp_core_tools._engine.moments import Moment, milliseconds
from make_mcp_core_tools._engine.repository_faults import branch_taken
from make_mcp_core_tools._engine.run_log import Entry, read_entries
from make_mcp_core_tools._engine.saving import lines_of, same
from make_mcp_core_tools._engine.scenarios import read_scenario
from make_mcp_core_tools._engine.team_snapshots import (
    scenario_text,
    scenario_texts,
    team_file,
    team_text,
)
from make_mcp_core_tools.blueprint_collaboration.declared import category

_RUNS_LOOKED_AT = 200
_BRANCH_PATTERN = r"^[A-Za-z0-9][\w-]*(/[A-Za-z0-9][\w-]*){0,3}$"
_TAG_PATTERN = r"^[A-Za-z0-9][\w-]*(\.\d[\w-]*)*$"
_LINES_SHOWN = 8

# Inputs


class ListVersions(PageInput):
    scenario_id: ScenarioId
    since: Moment | None = Field(default=None, validation_alias="from")
    """ISO time or a span (`7d`)."""
    until: Moment | None = Field(default=None, validation_alias="to")
    """Only versions up to this moment."""
    author: str | None = None
    """Part of the name; Make tells no authors of its versions, so commits only."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""


class CreateVersion(Input):
    scenario_ids: list[ScenarioId] = Field(default=[], max_length=100)
    """Scenarios to save."""
    target_team_id: TeamId | None = None
    """Or a team, to save all its scenarios."""
    message: str = Field(min_length=1, max_length=1_000)
    """Why this state is kept."""
    tag: str | None = Field(default=None, pattern=_TAG_PATTERN, max_length=100)
    """Name to find it by, as `ref`."""
    branch: str = Field(default=BRANCH, pattern=_BRANCH_PATTERN, max_length=100)
    """Branch to commit to."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""


class BackUp(Input):
    team_id: TeamId | None = None
    message: str = Field(default="Back up the team", min_length=1, max_length=1_000)
    """Message of the commit."""
    include_objects: bool = True
    """Also keep names and types of connections, hooks, keys, stores, structures with fields."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""


class GetDrift(Input):
    team_id: TeamId | None = None
    ref: str = BRANCH
    """Commit, branch or tag that Make is held against."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""


# Outputs


class VersionRow(Output):
    source: Literal["make", "draft", "git"]
    version: int | None = None
    """For `version_id`."""
    ref: str | None = None
    """Commit, for `ref`."""
    at: Timestamp
    author: str | None = None
    message: str | None = None
    runs: int | None = None
    """Of the last 200 runs, those that began while this was live."""
    succeeded: int | None = None


class VersionRows(Page):
    scenario_id: int
    versions: list[VersionRow]
    """Newest first; Make keeps 60 days."""


class VersionCreated(Output):
    ref: str | None = None
    """The commit; absent when nothing differs from the last one."""
    changed: bool
    files: list[str]
    repository: str
    tag: str | None = None
    next_calls: list[NextCall] | None = None


class BackedUp(Output):
    ref: str | None = None
    """The commit; absent when nothing differs from the last one."""
    changed: bool
    team_id: int
    scenarios: int
    written: int
    """Files that differ from the last commit."""
    removed: int
    """Files of scenarios that Make no longer has; earlier commits keep them."""
    failed: list[str] | None = None
    """Scenarios that could not be read, and why; their files stay as they were."""
    repository: str


class Drifted(Output):
    scenario_id: int
    name: str
    state: Literal["changed", "new", "missing"]
    """new: not in git; missing: in git, no longer in Make."""
    parts: list[str] | None = None
    """blueprint, schedule, interface, name or description."""
    lines: list[str] | None = None


class Drift(Output):
    team_id: int
    ref: str
    in_step: bool
    compared: int
    drifted: list[Drifted]
    next_calls: list[NextCall] | None = None


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("history", "revisions", "who changed", "timeline", "git log"),
)
async def blueprint_version_list(make: Make, args: ListVersions) -> VersionRows:
    """List the versions of a scenario in one time line: Make's, its draft, and commits.

    Versions of Make tell how the runs under them ended.
    """
    scenario = await read_scenario(make, args.scenario_id)
    rows = await _make_rows(make, scenario.id)
    repository = repository_of(make, args.repository)
    for one in await repository.log(file_name(scenario.team_id, scenario.id)):
        at = datetime.fromtimestamp(one.time, UTC)
        said = one.message.partition("\n")[0]
        row = VersionRow(source="git", ref=one.id[:12], at=at, author=one.author, message=said)
        rows.append(row)
    if not rows:
        make.warn(
            "Make keeps versions for 60 days and the repository none of this scenario;"
            " `blueprint_version_create` keeps one."
        )
    rows = [row for row in rows if _wanted(row, args)]
    rows.sort(key=lambda row: (row.at, row.version or 0), reverse=True)
    page, more = page_of(rows, args)
    return VersionRows(scenario_id=scenario.id, versions=page, **more)


@category.tool(
    scope="scenarios:read",
    effect="create",
    formerly=("create-blueprint-version",),
    words=("snapshot", "commit", "git", "tag", "save version"),
    examples=[CreateVersion(scenario_ids=[101], message="Before the tax change", tag="v1")],
)
async def blueprint_version_create(make: Make, args: CreateVersion) -> VersionCreated:
    """Keep the present state of scenarios as a commit of the repository, secrets left out.

    Nothing changes in Make; a state that is kept already makes no commit.
    """
    _refuse_reserved(args.branch)
    repository = repository_of(make, args.repository)
    files = await _files(make, args)
    written = await _changed(repository, files, args.branch)
    commit = None
    if not make.planning:
        commit = await repository.write(files, args.message, branch=args.branch, tag=args.tag or "")
    else:
        make.warn("A dry run: nothing was written to the repository.")
    ids = [ident for name in written or files if (ident := scenario_id_in(name))]
    seen = [
        NextCall(
            tool="blueprint_version_list", arguments={"scenario_id": one}, why="Its time line."
        )
        for one in ids[:1]
    ]
    return VersionCreated(
        ref=commit[:12] if commit else None,
        changed=commit is not None,
        files=written,
        repository=str(repository.path),
        tag=args.tag if commit else None,
        next_calls=seen or None,
    )


@category.tool(
    scope="scenarios:read",
    effect="create",
    words=("backup", "export team", "git", "disaster recovery", "cron"),
)
async def blueprint_backup(make: Make, args: BackUp) -> BackedUp:
    """Back a whole team up into the repository: one file a scenario, only changed ones are read.

    Nothing changes in Make. Secrets, hook addresses and records of data stores are never kept.
    `blueprint_restore` and `blueprint_import` bring scenarios back.
    """
    team = await make.team(args.team_id)
    repository = repository_of(make, args.repository)
    scenarios = await team_scenarios(make, {"teamId": team})
    snapshot = await scenario_texts(make, team, scenarios)
    files: dict[str, str | None] = {
        file_name(team, one): text for one, text in snapshot.texts.items()
    }
    if args.include_objects:
        files[team_file(team)] = await team_text(make, team, scenarios)
    kept = {name: scenario_id_in(name) for name in await _kept(repository, team)}
    gone = [name for name, ident in kept.items() if ident and name not in files]
    gone = [name for name in gone if kept[name] not in snapshot.unread]
    written = await _changed(repository, files, BRANCH)
    commit = None
    if not make.planning:
        files |= dict.fromkeys(gone)
        commit = await repository.write(files, args.message)
    else:
        make.warn("A dry run: nothing was written to the repository.")
    names = {one.id: one.name for one in scenarios}
    lost = [f"{ident} {names[ident]}: {why}" for ident, why in snapshot.unread.items()]
    return BackedUp(
        ref=commit[:12] if commit else None,
        changed=commit is not None,
        team_id=team,
        scenarios=len(snapshot.texts),
        written=len(written),
        removed=len(gone),
        failed=lost or None,
        repository=str(repository.path),
    )


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("edited outside git", "out of sync", "gitops", "changed by hand"),
)
async def blueprint_drift_get(make: Make, args: GetDrift) -> Drift:
    """Find the scenarios of a team that differ from what the repository keeps, and how."""
    team = await make.team(args.team_id)
    repository = repository_of(make, args.repository)
    scenarios = {one.id: one for one in await team_scenarios(make, {"teamId": team})}
    snapshot = await scenario_texts(make, team, list(scenarios.values()))
    live = snapshot.texts
    for ident, why in snapshot.unread.items():
        make.warn(f"Scenario {ident} could not be compared: {why}")
    names = await repository.names(args.ref, f"team-{team}")
    kept = {ident: name for name in names if (ident := scenario_id_in(name))}
    kept = {ident: name for ident, name in kept.items() if ident not in snapshot.unread}
    rows: list[Drifted] = []
    for ident in sorted(live.keys() | kept.keys()):
        row = await _drift(repository, args.ref, ident, live.get(ident), kept.get(ident))
        rows += [row] if row else []
    return Drift(
        team_id=team,
        ref=args.ref,
        in_step=not rows,
        compared=len(live.keys() | kept.keys()),
        drifted=rows,
        next_calls=_next(rows, team, args),
    )


# The time line


async def _make_rows(make: Make, scenario_id: int) -> list[VersionRow]:
    """List Make's versions, each with the runs that began while it was live."""
    versions = await versions_of(make, scenario_id)
    runs = await read_entries(make, scenario_id, limit=_RUNS_LOOKED_AT)
    rows: list[VersionRow] = []
    end: datetime | None = None
    for one in versions:
        if one.draft:
            rows.append(VersionRow(source="draft", version=one.version, at=one.created))
            continue
        own = [run for run in runs if _under(run, one.created, end)]
        end = one.created
        good = sum(run.outcome == "success" for run in own)
        row = VersionRow(source="make", version=one.version, at=one.created)
        if own:
            row.runs, row.succeeded = len(own), good
        rows.append(row)
    return rows


def _under(run: Entry, start: datetime, end: datetime | None) -> bool:
    """Tell whether a run began between two versions; edits in the log have no status."""
    begun = run.started_ms
    return run.is_run and _ms(start) <= begun and (end is None or begun < _ms(end))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)


def _wanted(row: VersionRow, args: ListVersions) -> bool:
    if args.since and _ms(row.at) < milliseconds(args.since):
        return False
    if args.until and _ms(row.at) > milliseconds(args.until):
        return False
    return not args.author or args.author.casefold() in (row.author or "").casefold()


# The repository


def _refuse_reserved(branch: str) -> None:
    if branch == "HEAD" or f"{branch}/".startswith(PREFIX):
        raise branch_taken(branch, f"{PREFIX}…" if branch != "HEAD" else "HEAD")


async def _files(make: Make, args: CreateVersion) -> dict[str, str | None]:
    """Write the files of the scenarios that were named, or of a team's.

    Raises:
        Failure: Neither or both were named, or a scenario of the team cannot be read.
    """
    if bool(args.scenario_ids) == (args.target_team_id is not None):
        raise Failure(
            "Send either `scenario_ids` or `target_team_id`.",
            next_step="`scenario_list` names scenarios; call again with one of the two.",
            code="invalid_arguments",
        )
    if args.target_team_id is None:
        teams = [(await read_scenario(make, one)).team_id for one in args.scenario_ids]
        texts = [await scenario_text(make, one) for one in args.scenario_ids]
        places = zip(teams, args.scenario_ids, texts, strict=True)
        return {file_name(team, one): text for team, one, text in places}
    team = await make.team(args.target_team_id)
    snapshot = await scenario_texts(make, team, await team_scenarios(make, {"teamId": team}))
    if snapshot.unread:
        raise Failure(
            f"{len(snapshot.unread)} scenarios could not be read; nothing was kept.",
            next_step="Call again, or name the others in `scenario_ids`.",
            code="incomplete",
            problems=[Problem(f"scenario {one}", why) for one, why in snapshot.unread.items()],
        )
    return {file_name(team, one): text for one, text in snapshot.texts.items()}


async def _kept(repository: Repository, team: int) -> list[str]:
    return await repository.names(BRANCH, f"team-{team}") if await _has(repository, BRANCH) else []


async def _has(repository: Repository, branch: str) -> bool:
    return branch in await repository.branches("")


async def _changed(repository: Repository, files: dict[str, str | None], branch: str) -> list[str]:
    """Name the files that differ from what a branch keeps."""
    start = branch if await _has(repository, branch) else BRANCH
    if not await _has(repository, start):
        return list(files)
    found: list[str] = []
    for name, text in files.items():
        kept = await repository.read(start, name)
        if text is None or kept != text.encode():
            found.append(name)
    return found


# Drift


async def _drift(
    repository: Repository, ref: str, ident: int, live: str | None, name: str | None
) -> Drifted | None:
    if live is None and name is not None:
        kept = read_file(await repository.read(ref, name) or b"", name)
        return Drifted(scenario_id=ident, name=kept.name, state="missing")
    now = read_file(live or "", f"scenario {ident}")
    if name is None:
        return Drifted(scenario_id=ident, name=now.name, state="new")
    kept = read_file(await repository.read(ref, name) or b"", name)
    parts, lines = _differences(kept, now)
    if not parts:
        return None
    return Drifted(
        scenario_id=ident, name=now.name, state="changed", parts=parts, lines=lines or None
    )


def _differences(kept: ScenarioFile, now: ScenarioFile) -> tuple[list[str], list[str]]:
    """Name the parts that differ, and how the blueprint does; layout does not count."""
    lines = lines_of(*({**one.blueprint, "name": ""} for one in (kept, now)))
    pairs = {
        "schedule": (kept.scheduling, now.scheduling),
        "interface": (kept.interface, now.interface),
        "name": (kept.name, now.name),
        "description": (kept.description, now.description),
    }
    parts = ["blueprint"] if lines else []
    parts += [part for part, (old, new) in pairs.items() if not same(old, new)]
    return parts, lines[:_LINES_SHOWN]


def _next(rows: list[Drifted], team: int, args: GetDrift) -> list[NextCall] | None:
    """Suggest how to bring Make and git together: one call for each kind of drift."""
    where: Document = {"repository": args.repository} if args.repository else {}
    calls: list[NextCall] = []
    changed = next((row for row in rows if row.parts and "blueprint" in row.parts), None)
    if changed is not None:
        ids: Document = {"scenario_id": changed.scenario_id, "ref": args.ref, **where}
        calls += [
            NextCall(tool="blueprint_diff", arguments=ids, why="See the whole difference."),
            NextCall(tool="blueprint_restore", arguments=ids, why="Go back to git."),
        ]
    missing = [row.scenario_id for row in rows if row.state == "missing"]
    if missing and not calls:
        again: Document = {"team_id": team, "ref": args.ref, "scenario_ids": missing[:50], **where}
        calls.append(NextCall(tool="blueprint_import", arguments=again, why="Create them again."))
    if rows:
        keep: Document = {"team_id": team, **where}
        calls.append(NextCall(tool="blueprint_backup", arguments=keep, why="Keep what Make has."))
    return calls or None
