"""Where a team's secrets may stand in clear, read for a scan; what cannot be read is told.

Blueprints, versions and notes: API reference, 2.27; variables: 2.23 and 2.31; records: 2.13;
functions: 2.18; custom apps: 2.30; histories: 2.27, 2.16 and 2.20.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import anyio.to_thread
from make_mcp_base.authoring import Counter as Number
from make_mcp_base.authoring import Document, Failure, Json, Output
from make_mcp_base.calls.requests import digest

from make_mcp_core_tools._engine.app_code import checksums, parts_of, whole_app
from make_mcp_core_tools._engine.connection_uses import COLUMNS, BoundScenario, read_blueprint
from make_mcp_core_tools._engine.custom_apps import READ as APPS
from make_mcp_core_tools._engine.custom_apps import Place
from make_mcp_core_tools._engine.jsonc import JsoncError, read_jsonc
from make_mcp_core_tools._engine.leak_documents import Found, Paper, scan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from make_blueprint.document import JsonValue
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.leak_detectors import Detector

Target = Literal[
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
MOST_RECORDS = 5_000
"""Records read of one data store."""
MOST_LOGS = 100
"""Log entries read of one scenario, newest first."""
MOST_REQUESTS = 25
"""Requests read of one hook, newest first; each is an API call."""
_GATED = frozenset({"missing_scope", "forbidden", "licence_gate", "not_found", "rate_limited"})


class Row(Output):
    """A thing with a number and a name."""

    id: int
    name: str = ""


class _Version(Output):
    version: int
    draft: bool = False


class _Versions(Output):
    scenarios_blueprints: list[_Version] = []


class _Noted(Output):
    notes: list[Document] = []


class _App(Output):
    name: str
    version: int = 1


class _Apps(Output):
    apps: list[_App] = []


class _Record(Output):
    key: str = ""
    data: Json = None


class _Incomplete(Output):
    id: str
    created: str = ""


class _Records(Output):
    records: list[_Record] = []
    count: Number = 0


class _Run(Output):
    id: str
    error: Json = None
    detail: Json = None
    execution_name: str | None = None


class _Runs(Output):
    scenario_logs: list[_Run] = []


class _Received(Output):
    method: Json = None
    query: Json = None
    parsed: Json = None
    body: Json = None


class _Exchange(Output):
    request: _Received = _Received()


class _Logged(Output):
    id: str
    data: _Exchange = _Exchange()


class _LoggedList(Output):
    hook_logs: list[_Logged] = []


class _OneLogged(Output):
    hook_log: _Logged


@dataclass(slots=True)
class Search:
    """One scan of one team.

    Attributes:
        key: Keys the fingerprints.
        since: Runs and requests before this are left out.
        found: What was found, by target.
        read: How many documents were read, by target.
        not_checked: What could not be read, and why.
    """

    make: Make
    team_id: int
    by: Sequence[Detector]
    key: bytes
    scenario_ids: frozenset[int]
    since: datetime
    found: list[Found] = field(default_factory=list[Found])
    read: Counter[str] = field(default_factory=Counter[str])
    not_checked: list[str] = field(default_factory=list[str])
    _scenarios: list[BoundScenario] | None = None

    async def run(self, targets: Sequence[Target]) -> None:
        """Look at some targets, one after the other."""
        work: dict[Target, Callable[[], Awaitable[None]]] = {
            "blueprints": self._blueprints,
            "versions": self._versions,
            "notes": self._notes,
            "variables": self._variables,
            "data_stores": self._data_stores,
            "functions": self._functions,
            "custom_apps": self._custom_apps,
            "run_logs": self._run_logs,
            "hook_logs": self._hook_logs,
        }
        for done, target in enumerate(targets):
            await self.make.progress(done, len(targets), target)
            await self._look(target, work[target]())

    async def _look(self, what: str, work: Awaitable[None]) -> None:
        """Do a part; one the token or the plan does not allow is told, not fatal."""
        try:
            await work
        except Failure as failure:
            if failure.code not in _GATED:
                raise
            again = " Call again in a minute." if failure.code == "rate_limited" else ""
            self.not_checked.append(f"{what}: {failure.what}{again}")

    async def _scan(self, target: Target, paper: Paper) -> list[Found]:
        self.read[target] += 1
        return await anyio.to_thread.run_sync(scan, paper, self.by, self.key)

    async def _take(self, target: Target, papers: Sequence[Paper]) -> None:
        for paper in papers:
            self.found += await self._scan(target, paper)

    async def scenarios(self) -> list[BoundScenario]:
        """List the scenarios that are looked at, by id."""
        if self._scenarios is None:
            query = {"teamId": self.team_id, "cols": COLUMNS}
            rows = await self.make.all(
                "/scenarios", query, key="scenarios", item=BoundScenario, scope="scenarios:read"
            )
            rows = [r for r in rows if not self.scenario_ids or r.id in self.scenario_ids]
            self._scenarios = sorted(rows, key=lambda row: row.id)
        return self._scenarios

    # Blueprints

    async def _blueprints(self) -> None:
        rows = {str(row.id): row for row in await self.scenarios()}

        async def fetch(key: str) -> str:
            try:
                paper = await blueprint_paper(self.make, rows[key])
            except Failure as failure:
                if failure.code != "not_found":
                    raise
                return "[]"  # deleted since it was listed
            return await self._judged(paper)

        await self._remembered("blueprints", {k: r.last_edit for k, r in rows.items()}, fetch)

    async def _versions(self) -> None:
        rows = {row.id: row for row in await self.scenarios()}

        async def listed(row: BoundScenario) -> list[str]:
            path = f"/scenarios/{row.id}/blueprints"
            told = await self.make.get(path, into=_Versions, scope="scenarios:read")
            return [f"{row.id}.{one.version}" for one in told.scenarios_blueprints if not one.draft]

        async def fetch(key: str) -> str:
            scenario, _, version = key.partition(".")
            paper = await version_paper(self.make, rows[int(scenario)], version)
            return await self._judged(paper)

        keys = await self.make.each(list(rows.values()), listed)
        await self._remembered("versions", {k: "kept" for several in keys for k in several}, fetch)

    async def _notes(self) -> None:
        await self.make.each(await self.scenarios(), self.notes_of)

    async def notes_of(self, row: BoundScenario) -> None:
        """Look at the notes of one scenario."""
        path = f"/scenarios/{row.id}/notes"
        told = await self.make.get(
            path, {"teamId": self.team_id}, into=_Noted, scope="scenarios:read"
        )
        papers = [
            Paper(
                f"scenario {row.id}",
                f"note {one.get('id')} of scenario {row.id} “{row.name}”",
                one.get("content"),
                ("note", str(row.id)),
            )
            for one in told.notes
        ]
        await self._take("notes", papers)

    async def _judged(self, paper: Paper) -> str:
        found = await anyio.to_thread.run_sync(scan, paper, self.by, self.key)
        return json.dumps([one.as_json() for one in found])

    async def _remembered(
        self, target: Target, versions: dict[str, str], fetch: Callable[[str], Awaitable[str]]
    ) -> None:
        """Judge each document once; a new detector or an edit has it judged anew."""
        kind = "leaks 2 " + " ".join(detector.signature for detector in self.by)
        whole = not self.scenario_ids or target == "custom_apps"
        part = "" if whole else f":{sorted(self.scenario_ids)}"
        whose = "account" if target == "custom_apps" else f"team:{self.team_id}"
        scope = f"{whose}:{target}{part}"
        documents = await self.make.remembered(kind, scope, versions, fetch)
        self.read[target] += len(documents)
        for text in documents.values():
            self.found += [Found.of(one) for one in json.loads(text)]

    # What else is kept in clear

    async def _variables(self) -> None:
        await self._look("team variables", self.variables_of("team", self.team_id))
        account = await self.make.account()
        if home := account.organization_of(self.team_id):
            work = self.variables_of("organization", home.id)
            await self._look("organization variables", work)

    async def variables_of(self, owner: str, ident: int) -> None:
        """Look at the variables of one team or organization."""
        path = f"/{owner}s/{ident}/variables"
        answer = await self.make.json(path, scope=f"{owner}-variables:read")
        found = answer.get(f"{owner}Variables") if isinstance(answer, dict) else None
        for row in found if isinstance(found, list) else [found]:
            if isinstance(row, dict) and not row.get("isSystem"):
                name = f"{owner} variable “{row.get('name')}”"
                pair: JsonValue = {"name": row.get("name"), "value": row.get("value")}
                paper = Paper(f"{name} of {ident}", name, pair, ("variable", owner, str(ident)))
                await self._take("variables", [paper])

    async def _data_stores(self) -> None:
        query = {"teamId": self.team_id}
        stores = await self.make.all(
            "/data-stores", query, key="dataStores", item=Row, scope="datastores:read"
        )
        for store in sorted(stores, key=lambda one: one.id):
            await self.records_of(store)

    async def records_of(self, store: Row) -> None:
        """Look at the records of one data store."""
        path, name = f"/data-stores/{store.id}/data", f"data store {store.id} “{store.name}”"
        read, known = 0, 1
        while read < min(known, MOST_RECORDS):
            query = {"pg[limit]": 1_000, "pg[offset]": read}
            page = await self.make.get(path, query, into=_Records, scope="datastores:read")
            known = page.count if page.records else 0
            read += len(page.records)
            papers = [
                Paper(
                    f"data store {store.id}",
                    f"{name}, record “{one.key}”",
                    one.data,
                    ("record", str(store.id)),
                )
                for one in page.records
            ]
            await self._take("data_stores", papers)
        if known > MOST_RECORDS:
            self.not_checked.append(f"{name}: {known - read} records after the first {read}.")

    async def _functions(self) -> None:
        query = {"teamId": self.team_id}
        rows = await self.make.all(
            "/functions", query, key="functions", item=Row, scope="functions:read"
        )
        for row in sorted(rows, key=lambda one: one.id):
            await self.function(row)

    async def function(self, row: Row) -> None:
        """Look at one function."""
        told = await self.make.json(f"/functions/{row.id}", scope="functions:read")
        function = told.get("function") if isinstance(told, dict) else None
        name = f"function {row.id} “{row.name}”"
        source = ("function", str(row.id))
        await self._take("functions", [Paper(f"function {row.id}", name, function, source)])

    async def _custom_apps(self) -> None:
        told = await self.make.get(
            "/sdk/apps", {"cols": ["name", "version"]}, into=_Apps, scope=APPS
        )
        places = {f"{one.name}/{one.version}": Place(one.name, one.version) for one in told.apps}

        async def version(key: str) -> str:
            return await app_version(self.make, places[key])

        async def fetch(key: str) -> str:
            found = [
                one
                for paper in await app_papers(self.make, places[key])
                for one in await anyio.to_thread.run_sync(scan, paper, self.by, self.key)
            ]
            return json.dumps([one.as_json() for one in found])

        keys = sorted(places)
        versions = await self.make.each(keys, version)
        await self._remembered("custom_apps", dict(zip(keys, versions, strict=True)), fetch)

    # What histories keep

    async def _run_logs(self) -> None:
        rows = await self.scenarios()
        await self.make.each(rows, self.history)
        await self._look("incomplete executions", self._incompletes(rows))

    async def history(self, row: BoundScenario) -> None:
        """Look at the run log of one scenario."""
        query = {"pg[limit]": MOST_LOGS, "from": round(self.since.timestamp() * 1_000)}
        path = f"/scenarios/{row.id}/logs"
        told = await self.make.get(path, query, into=_Runs, scope="scenarios:read")
        for entry in told.scenario_logs:
            name = f"run {entry.id} of scenario {row.id}"
            shown: JsonValue = {
                "error": entry.error,
                "detail": entry.detail,
                "executionName": entry.execution_name,
            }
            source = ("run", str(row.id))
            await self._take("run_logs", [Paper(f"runs of scenario {row.id}", name, shown, source)])

    async def _incompletes(self, rows: Sequence[BoundScenario]) -> None:
        for row in rows:
            query = {"scenarioId": row.id, "pg[limit]": MOST_LOGS}
            if not row.dlq_count:
                continue
            for one in await self.make.all(
                "/dlqs", query, key="dlqs", item=_Incomplete, scope="dlqs:read"
            ):
                await self.incomplete(row.id, one.id)

    async def incomplete(self, scenario_id: int, ident: str) -> None:
        """Look at the bundles of one incomplete execution."""
        answer = await self.make.json(f"/dlqs/{ident}/bundle", scope="dlqs:read")
        bundles = answer.get("response") if isinstance(answer, dict) else None
        name = f"incomplete execution {ident} of scenario {scenario_id}"
        source = ("incomplete", str(scenario_id), ident)
        owner = f"runs of scenario {scenario_id}"
        await self._take("run_logs", [Paper(owner, name, bundles, source)])

    async def _hook_logs(self) -> None:
        query = {"teamId": self.team_id}
        hooks = await self.make.all("/hooks", query, key="hooks", item=Row, scope="hooks:read")
        await self.make.each(sorted(hooks, key=lambda one: one.id), self.requests)

    async def requests(self, hook: Row) -> None:
        """Look at what one hook received."""
        query = {"pg[limit]": MOST_REQUESTS, "from": round(self.since.timestamp() * 1_000)}
        path = f"/hooks/{hook.id}/logs"
        listed = await self.make.get(path, query, into=_LoggedList, scope="hooks:read")
        for one in listed.hook_logs:
            told = await self.make.get(f"{path}/{one.id}", into=_OneLogged, scope="hooks:read")
            shown = told.hook_log.data.request.model_dump(mode="json")
            name = f"request {one.id} to hook {hook.id} “{hook.name}”"
            source = ("request", str(hook.id))
            owner = f"requests to hook {hook.id}"
            await self._take("hook_logs", [Paper(owner, name, shown, source)])


async def blueprint_paper(make: Make, row: BoundScenario) -> Paper:
    """Read the blueprint of a scenario."""
    value = await read_blueprint(make, row.id)
    source = ("blueprint", str(row.id))
    return Paper(f"scenario {row.id}", f"scenario {row.id} “{row.name}”", value, source)


async def version_paper(make: Make, row: BoundScenario, version: str) -> Paper:
    """Read an older version of the blueprint of a scenario."""
    path = f"/scenarios/{row.id}/blueprint"
    answer = await make.json(path, {"blueprintId": version}, scope="scenarios:read")
    told = answer.get("response") if isinstance(answer, dict) else None
    value = told.get("blueprint") if isinstance(told, dict) else None
    place = f"scenario {row.id} “{row.name}”, version {version}"
    return Paper(f"scenario {row.id}", place, value, ("version", str(row.id), version))


async def app_version(make: Make, place: Place) -> str:
    """Give what changes when the code of a custom app changes.

    Make has no checksums of endpoints, so an app with any counts as changed each time.
    """
    known = await checksums(make, place)
    if known is None or await parts_of(make, place, ["endpoint"]):
        return datetime.now(UTC).isoformat()
    return digest(known)


async def app_papers(make: Make, place: Place) -> list[Paper]:
    """Read the code of a custom app; its `common` sections are kept encrypted by Make."""
    whole = await whole_app(make, place)
    source = ("app", place.app, str(place.version))
    papers: list[Paper] = []
    for part in whole.parts:
        here = f"custom app {place.app} {place.version}"
        here += f", {part.place.title}" if part.place.kind else ""
        code: Document = {name: _read(text) for name, text in part.sections.items() if text}
        papers.append(Paper(f"custom app {place.app}", here, code, source))
    return papers


def _read(text: str) -> Json:
    try:
        return read_jsonc(text)
    except JsoncError:
        return text


def ago(days: int) -> datetime:
    """Give the moment so many days ago."""
    return datetime.now(UTC) - timedelta(days=days)
