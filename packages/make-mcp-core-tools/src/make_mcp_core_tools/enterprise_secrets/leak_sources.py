"""Where a team's secrets may stand in clear, read for a scan; what cannot be read is told.

Blueprints and versions: API reference, 2.27; variables: 2.23 and 2.31; records: 2.13; functions:
2.18; histories: 2.27, 2.16 and 2.20.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import anyio.to_thread
from make_mcp_base.authoring import Counter as Number
from make_mcp_base.authoring import Failure, Json, Output

from make_mcp_core_tools._engine.connection_uses import COLUMNS, BoundScenario, read_blueprint
from make_mcp_core_tools._engine.leak_documents import Found, Paper, scan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from make_blueprint.document import JsonValue
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.leak_detectors import Detector

Target = Literal[
    "blueprints", "versions", "variables", "data_stores", "functions", "run_logs", "hook_logs"
]
MOST_RECORDS = 5_000
"""Records read of one data store."""
MOST_LOGS = 100
"""Log entries read of one scenario, newest first."""
MOST_REQUESTS = 25
"""Requests read of one hook, newest first; each is an API call."""
_GATED = frozenset({"missing_scope", "forbidden", "licence_gate", "not_found", "rate_limited"})


class _Row(Output):
    id: int
    name: str = ""


class _Version(Output):
    version: int
    draft: bool = False


class _Versions(Output):
    scenarios_blueprints: list[_Version] = []


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
            "variables": self._variables,
            "data_stores": self._data_stores,
            "functions": self._functions,
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
                value = await read_blueprint(self.make, int(key))
            except Failure as failure:
                if failure.code != "not_found":
                    raise
                return "[]"  # deleted since it was listed
            return await self._judged("blueprints", rows[key], "", value)

        await self._remembered("blueprints", {k: r.last_edit for k, r in rows.items()}, fetch)

    async def _versions(self) -> None:
        rows = {row.id: row for row in await self.scenarios()}

        async def listed(row: BoundScenario) -> list[str]:
            path = f"/scenarios/{row.id}/blueprints"
            told = await self.make.get(path, into=_Versions, scope="scenarios:read")
            return [f"{row.id}.{one.version}" for one in told.scenarios_blueprints if not one.draft]

        async def fetch(key: str) -> str:
            scenario, _, version = key.partition(".")
            path = f"/scenarios/{scenario}/blueprint"
            answer = await self.make.json(path, {"blueprintId": version}, scope="scenarios:read")
            told = answer.get("response") if isinstance(answer, dict) else None
            value = told.get("blueprint") if isinstance(told, dict) else None
            return await self._judged("versions", rows[int(scenario)], version, value)

        keys = await self.make.each(list(rows.values()), listed)
        await self._remembered("versions", {k: "kept" for several in keys for k in several}, fetch)

    async def _judged(
        self, target: Target, row: BoundScenario, version: str, value: JsonValue
    ) -> str:
        at = f", version {version}" if version else ""
        paper = Paper(f"scenario {row.id}", f"scenario {row.id} “{row.name}”{at}", value)
        found = await anyio.to_thread.run_sync(scan, paper, self.by, self.key)
        return json.dumps([one.as_json() for one in found])

    async def _remembered(
        self, target: Target, versions: dict[str, str], fetch: Callable[[str], Awaitable[str]]
    ) -> None:
        """Judge each document once; a new detector or an edit has it judged anew."""
        kind = "leaks " + " ".join(detector.signature for detector in self.by)
        part = "" if not self.scenario_ids else f":{sorted(self.scenario_ids)}"
        scope = f"team:{self.team_id}:{target}{part}"
        documents = await self.make.remembered(kind, scope, versions, fetch)
        self.read[target] += len(documents)
        for text in documents.values():
            self.found += [Found(**one) for one in json.loads(text)]

    # What else is kept in clear

    async def _variables(self) -> None:
        await self._look("team variables", self._variables_of("team", self.team_id))
        account = await self.make.account()
        if home := account.organization_of(self.team_id):
            work = self._variables_of("organization", home.id)
            await self._look("organization variables", work)

    async def _variables_of(self, owner: str, ident: int) -> None:
        path = f"/{owner}s/{ident}/variables"
        answer = await self.make.json(path, scope=f"{owner}-variables:read")
        found = answer.get(f"{owner}Variables") if isinstance(answer, dict) else None
        for row in found if isinstance(found, list) else [found]:
            if isinstance(row, dict) and not row.get("isSystem"):
                name = f"{owner} variable “{row.get('name')}”"
                pair: JsonValue = {"name": row.get("name"), "value": row.get("value")}
                await self._take("variables", [Paper(f"{name} of {ident}", name, pair)])

    async def _data_stores(self) -> None:
        query = {"teamId": self.team_id}
        stores = await self.make.all(
            "/data-stores", query, key="dataStores", item=_Row, scope="datastores:read"
        )
        for store in sorted(stores, key=lambda one: one.id):
            await self._records(store)

    async def _records(self, store: _Row) -> None:
        path, name = f"/data-stores/{store.id}/data", f"data store {store.id} “{store.name}”"
        read, known = 0, 1
        while read < min(known, MOST_RECORDS):
            query = {"pg[limit]": 1_000, "pg[offset]": read}
            page = await self.make.get(path, query, into=_Records, scope="datastores:read")
            known = page.count if page.records else 0
            read += len(page.records)
            papers = [
                Paper(f"data store {store.id}", f"{name}, record “{one.key}”", one.data)
                for one in page.records
            ]
            await self._take("data_stores", papers)
        if known > MOST_RECORDS:
            self.not_checked.append(f"{name}: {known - read} records after the first {read}.")

    async def _functions(self) -> None:
        query = {"teamId": self.team_id}
        rows = await self.make.all(
            "/functions", query, key="functions", item=_Row, scope="functions:read"
        )
        for row in sorted(rows, key=lambda one: one.id):
            told = await self.make.json(f"/functions/{row.id}", scope="functions:read")
            function = told.get("function") if isinstance(told, dict) else None
            name = f"function {row.id} “{row.name}”"
            await self._take("functions", [Paper(f"function {row.id}", name, function)])

    # What histories keep

    async def _run_logs(self) -> None:
        rows = await self.scenarios()
        await self.make.each(rows, self._history)
        await self._look("incomplete executions", self._incompletes(rows))

    async def _history(self, row: BoundScenario) -> None:
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
            await self._take("run_logs", [Paper(f"runs of scenario {row.id}", name, shown)])

    async def _incompletes(self, rows: Sequence[BoundScenario]) -> None:
        for row in rows:
            query = {"scenarioId": row.id, "pg[limit]": MOST_LOGS}
            if not row.dlq_count:
                continue
            for one in await self.make.all(
                "/dlqs", query, key="dlqs", item=_Incomplete, scope="dlqs:read"
            ):
                path = f"/dlqs/{one.id}/bundle"
                answer = await self.make.json(path, scope="dlqs:read")
                bundles = answer.get("response") if isinstance(answer, dict) else None
                name = f"incomplete execution {one.id} of scenario {row.id}"
                await self._take("run_logs", [Paper(f"runs of scenario {row.id}", name, bundles)])

    async def _hook_logs(self) -> None:
        query = {"teamId": self.team_id}
        hooks = await self.make.all("/hooks", query, key="hooks", item=_Row, scope="hooks:read")
        await self.make.each(sorted(hooks, key=lambda one: one.id), self._requests)

    async def _requests(self, hook: _Row) -> None:
        query = {"pg[limit]": MOST_REQUESTS, "from": round(self.since.timestamp() * 1_000)}
        path = f"/hooks/{hook.id}/logs"
        listed = await self.make.get(path, query, into=_LoggedList, scope="hooks:read")
        for one in listed.hook_logs:
            told = await self.make.get(f"{path}/{one.id}", into=_OneLogged, scope="hooks:read")
            shown = told.hook_log.data.request.model_dump(mode="json")
            name = f"request {one.id} to hook {hook.id} “{hook.name}”"
            await self._take("hook_logs", [Paper(f"requests to hook {hook.id}", name, shown)])


def ago(days: int) -> datetime:
    """Give the moment so many days ago."""
    return datetime.now(UTC) - timedelta(days=days)
