"""A served sandbox under load: nothing fails, nothing that was acknowledged is lost."""

import asyncio
import json
import logging
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from make_api_sandbox.roles import install_built_in_roles
from make_api_sandbox.seeding import smallest_company
from make_api_sandbox.tokens import OWNER_TOKEN, ensure_owner_token
from make_api_sandbox.world import World

from .model import module

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]

CLIENTS, SECONDS = 100, 60.0
SCENARIOS = 5
LICENCE = {
    "apiLimit": 10**9,
    "operations": 10**8,
    "dslimit": 10_000,
    "dsslimit": 10**12,
    "creatingTemplates": True,
    "customVariables": True,
}
log = logging.getLogger(__name__)

Json = Any


@dataclass
class Ledger:
    """What the clients were told, to be compared with what is there."""

    names: dict[str, dict[int, str]] = field(default_factory=dict[str, dict[int, str]])
    """By kind: id and last acknowledged name of what should exist."""
    records: dict[str, Json] = field(default_factory=dict[str, Json])
    variables: dict[str, Json] = field(default_factory=dict[str, Json])
    deliveries: Counter[int] = field(default_factory=Counter[int])
    """Requests that a hook has taken."""
    runs: dict[str, int] = field(default_factory=dict[str, int])
    """Execution id to scenario."""
    seconds: list[float] = field(default_factory=list[float])
    statuses: Counter[int] = field(default_factory=Counter[int])


@dataclass
class Office:
    """The served company and what all clients share."""

    http: httpx.AsyncClient
    ledger: Ledger
    store: int
    scenarios: list[int]

    async def ask(self, method: str, path: str, body: Json = None, **query: Json) -> Json:
        """Make a call that must succeed; its JSON."""
        begun = time.monotonic()
        answer = await self.http.request(method, path, json=body, params=query)
        self.ledger.seconds.append(time.monotonic() - begun)
        self.ledger.statuses[answer.status_code] += 1
        assert answer.status_code == 200, (method, path, answer.status_code, answer.text)
        return answer.json() if "json" in answer.headers["content-type"] else answer.text


@dataclass
class Clerk:
    """One client: works until the time is over, on things of its own."""

    office: Office
    number: int
    random: Random
    made: int = 0
    own: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    hooks: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    keys: list[str] = field(default_factory=list[str])

    async def work(self, until: float) -> None:
        """Do one thing after the other, more reading than writing."""
        deeds: dict[Callable[[], Awaitable[None]], int] = {
            self.make: 4,
            self.rename: 3,
            self.remove: 1,
            self.read: 8,
            self.write_record: 4,
            self.set_variable: 1,
            self.deliver: 1,
            self.run: 4,
        }
        while time.monotonic() < until:
            (deed,) = self.random.choices(list(deeds), list(deeds.values()))
            await deed()

    def fresh(self) -> str:
        """A name nobody else uses."""
        self.made += 1
        return f"c{self.number}n{self.made}"

    async def make(self) -> None:
        kind = self.random.choice(list(MAKING))
        path, _, singular, more = MAKING[kind]
        name = self.fresh()
        query = {"teamId": 1} if kind == "connection" else {}
        thing = (await self.office.ask("POST", path, more(name), **query))[singular]
        self.office.ledger.names.setdefault(kind, {})[thing["id"]] = name
        self.own.append((kind, thing["id"]))
        if kind == "hook":
            await self.office.ask("POST", f"/hooks/{thing['id']}/learn-stop")
            self.hooks.append((thing["id"], thing["udid"]))

    async def rename(self) -> None:
        if not self.own:
            return
        (kind, ident), name = self.random.choice(self.own), self.fresh()
        path, _, singular, _ = MAKING[kind]
        said = await self.office.ask("PATCH", f"{path}/{ident}", {"name": name})
        assert said[singular]["name"] == name
        self.office.ledger.names[kind][ident] = name

    async def remove(self) -> None:
        free = [one for one in self.own if one[0] != "hook"]
        if not free:
            return
        kind, ident = self.random.choice(free)
        path, _, singular, _ = MAKING[kind]
        said = await self.office.ask("DELETE", f"{path}/{ident}", confirmed="true")
        assert said == {singular: ident}
        self.own.remove((kind, ident))
        del self.office.ledger.names[kind][ident]

    async def read(self) -> None:
        if self.own and self.random.random() < 0.7:
            kind, ident = self.random.choice(self.own)
            path, _, singular, _ = MAKING[kind]
            if kind != "folder":
                said = await self.office.ask("GET", f"{path}/{ident}")
                assert said[singular]["name"] == self.office.ledger.names[kind][ident]
                return
        path = self.random.choice(["/users/me", "/scenarios", "/teams/1/variables"])
        await self.office.ask("GET", path, teamId=1)

    async def write_record(self) -> None:
        path = f"/data-stores/{self.office.store}/data"
        data = {"by": self.number, "at": self.made}
        if self.keys and self.random.random() < 0.5:
            key = self.random.choice(self.keys)
            data = (await self.office.ask("PUT", f"{path}/{key}", data))["data"]
        else:
            key = self.fresh()
            await self.office.ask("POST", path, {"key": key, "data": data})
            self.keys.append(key)
        self.office.ledger.records[key] = data

    async def set_variable(self) -> None:
        name = f"c{self.number}"
        ledger, path = self.office.ledger.variables, "/teams/1/variables"
        if name in ledger:
            await self.office.ask("PATCH", f"{path}/{name}", {"typeId": 1, "value": self.made})
        else:
            body = {"name": name, "typeId": 1, "value": self.made}
            await self.office.ask("POST", path, body)
        ledger[name] = self.made

    async def deliver(self) -> None:
        if self.hooks:
            ident, udid = self.random.choice(self.hooks)
            address = self.office.http.base_url.join(f"/hook/{udid}")
            assert await self.office.ask("POST", str(address), {"n": self.made}) == "Accepted"
            self.office.ledger.deliveries[ident] += 1

    async def run(self) -> None:
        scenario, key = self.random.choice(self.office.scenarios), self.fresh()
        body = {"data": {"key": key}, "responsive": True}
        said = await self.office.ask("POST", f"/scenarios/{scenario}/run", body)
        assert said["status"] == 1, said
        self.office.ledger.runs[said["executionId"]] = scenario
        self.office.ledger.records[key] = {"note": key}


def _texts(name: str) -> Json:
    mapper = {"name": "a", "scope": "roundtrip", "value": "b"}
    flow = [module(1, "util:SetVariable2", mapper=mapper)]
    blueprint = {"name": name, "flow": flow, "metadata": {"version": 1}}
    scheduling = json.dumps({"type": "on-demand"})
    return {"teamId": 1, "blueprint": json.dumps(blueprint), "scheduling": scheduling}


def _template(name: str) -> Json:
    controller = json.dumps({"name": name, "modules": {}})
    return _texts("Template") | {"language": "en", "controller": controller}


def _named(**more: Json) -> Callable[[str], Json]:
    return lambda name: {"name": name, "teamId": 1, **more}


MAKING: dict[str, tuple[str, str, str, Callable[[str], Json]]] = {
    "folder": ("/scenarios-folders", "scenariosFolders", "scenarioFolder", _named()),
    "key": (
        "/keys",
        "keys",
        "key",
        _named(typeName="apikeyauth", parameters={"key": "k", "placement": "qs", "name": "n"}),
    ),
    "connection": (
        "/connections",
        "connections",
        "connection",
        lambda name: {"accountName": name, "accountType": "make", "apiKey": "k", "url": "u"},
    ),
    "hook": (
        "/hooks",
        "hooks",
        "hook",
        _named(typeName="gateway-webhook", headers=False, method=False, stringify=False),
    ),
    "structure": ("/data-structures", "dataStructures", "dataStructure", _named(spec=[])),
    "store": ("/data-stores", "dataStores", "dataStore", _named(maxSizeMB=1)),
    "scenario": ("/scenarios", "scenarios", "scenario", _texts),
    "template": ("/templates", "templates", "template", _template),
}
"""By kind: path, wrapper of lists, wrapper of one, and the body that makes one."""


@contextmanager
def serving(path: Path) -> Generator[str]:
    """The world of a file behind a server in a process of its own; its address."""
    words = ["-m", "make_api_sandbox", "serve", "--port", "0", "--world", str(path)]
    process = subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        banner = "".join(process.stderr.readline() for _ in range(4))
        found = re.search(r"MAKE_BASE_URL=(\S+)", banner)
        assert found, banner
        yield found[1]
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def company_file(tmp_path: Path) -> Path:
    path = tmp_path / "world.db"
    world = World.open(path)
    install_built_in_roles(world)
    smallest_company(world)
    ensure_owner_token(world)
    license = world.value("SELECT license FROM organizations WHERE id = 1") | LICENCE
    world.update("organizations", 1, license=license)
    world.close()
    return path


async def test_a_hundred_clients_lose_nothing(
    company_file: Path, record_property: Callable[[str, object], None]
) -> None:
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    headers = {"Authorization": f"Token {OWNER_TOKEN}"}
    with serving(company_file) as url:
        async with httpx.AsyncClient(
            base_url=url, headers=headers, limits=limits, timeout=60
        ) as http:
            office = await _opened(http)
            clerks = [Clerk(office, number, Random(number)) for number in range(CLIENTS)]
            until = time.monotonic() + SECONDS
            await asyncio.gather(*(clerk.work(until) for clerk in clerks))
            _tell(office.ledger, record_property)
            await _compare(office)
            await _add_up(office)
    _look_inside(company_file)


async def _opened(http: httpx.AsyncClient) -> Office:
    """One data store, and scenarios that write what they are given into it."""
    office = Office(http, Ledger(), 0, [])
    store = await office.ask(
        "POST", "/data-stores", MAKING["store"][3]("Records") | {"maxSizeMB": 900}
    )
    office.store = store["dataStore"]["id"]
    office.ledger.names["store"] = {office.store: "Records"}
    mapper = {"key": "{{1.key}}", "data": {"note": "{{1.key}}"}}
    flow = [
        module(1, "scenario-service:StartSubscenario"),
        module(2, "datastore:AddRecord", parameters={"datastore": office.store}, mapper=mapper),
    ]
    inputs = {"input_spec": [{"name": "key", "type": "text", "required": True}]}
    for number in range(SCENARIOS):
        body = _texts("Keeper") | {"metadata": inputs}
        name = f"Keeper {number}"
        blueprint = {"name": name, "flow": flow, "metadata": {"version": 1}}
        made = await office.ask("POST", "/scenarios", body | {"blueprint": json.dumps(blueprint)})
        office.scenarios.append(made["scenario"]["id"])
        office.ledger.names.setdefault("scenario", {})[made["scenario"]["id"]] = name
    return office


def _tell(ledger: Ledger, record_property: Callable[[str, object], None]) -> None:
    marks = statistics.quantiles(ledger.seconds, n=100)
    figures = {
        "requests per second": round(len(ledger.seconds) / SECONDS, 1),
        "p50 ms": round(marks[49] * 1000),
        "p99 ms": round(marks[98] * 1000),
        "runs": len(ledger.runs),
    }
    for name, value in figures.items():
        record_property(name, value)
    log.warning("%d clients for %g s: %s", CLIENTS, SECONDS, figures)
    assert ledger.statuses.keys() == {200}


async def _compare(office: Office) -> None:
    """Everything acknowledged is there, and nothing else."""
    ledger = office.ledger
    for kind, (path, plural, _, _) in MAKING.items():
        paged = {} if kind in ("folder", "key", "connection", "hook") else {"pg[limit]": 10_000}
        listed = (await office.ask("GET", path, teamId=1, **paged))[plural]
        assert {one["id"]: one["name"] for one in listed} == ledger.names.get(kind, {}), kind
        if kind == "hook":
            queues = {one["id"]: one["queueCount"] for one in listed if one["queueCount"]}
            assert queues == dict(ledger.deliveries)
    said = await office.ask("GET", f"/data-stores/{office.store}/data", **{"pg[limit]": 10_000})
    assert said["count"] == len(ledger.records)
    assert {one["key"]: one["data"] for one in said["records"]}.items() <= ledger.records.items()
    custom = (await office.ask("GET", "/teams/1/variables"))["teamVariables"]
    assert {one["name"]: one["value"] for one in custom if not one["isSystem"]} == ledger.variables


async def _add_up(office: Office) -> None:
    """Operations in the logs are those of scenarios, team and organization."""
    total, runs = 0, set[str]()
    for scenario in office.scenarios:
        query = {"pg[limit]": 10_000}
        entries = (await office.ask("GET", f"/scenarios/{scenario}/logs", **query))["scenarioLogs"]
        mine = [one for one in entries if "status" in one]
        runs |= {one["id"] for one in mine}
        total += (operations := sum(one["operations"] for one in mine))
        assert await _used(office, f"/scenarios/{scenario}") == operations
    assert runs == office.ledger.runs.keys()
    assert total == await _used(office, "/teams/1") == await _used(office, "/organizations/1")
    detail = (await office.ask("GET", "/organizations/1"))["organization"]
    assert int(detail["operations"]) == total


async def _used(office: Office, owner: str) -> int:
    days = (await office.ask("GET", f"{owner}/usage"))["data"]
    return sum(day["operations"] for day in days)


def _look_inside(path: Path) -> None:
    """No row belongs to nothing."""
    world = World.open(path)
    try:
        assert world.rows("PRAGMA foreign_key_check") == []
        assert world.value("PRAGMA integrity_check") == "ok"
        orphans = (
            "SELECT count(*) FROM execution_modules m WHERE NOT EXISTS"
            " (SELECT 1 FROM executions e WHERE e.id = m.execution_id)"
        )
        assert world.value(orphans) == 0
        assert world.value("SELECT count(*) FROM executions WHERE state = 'RUNNING'") == 0
        sizes = (
            "SELECT count(*) FROM data_store_records WHERE size <>"
            " length(CAST(key AS BLOB)) + length(CAST(json(data) AS BLOB))"
        )
        assert world.value(sizes) == 0
    finally:
        world.close()
