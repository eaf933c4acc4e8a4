"""The index of blueprints: the same answers as reading everything, with next to no calls."""

import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import anyio
import make_mcp_core
import pytest
from harness import Company, Server
from make_api_sandbox.scenarios.documents import used_packages
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from mcp import Client

pytestmark = pytest.mark.anyio

Module = dict[str, Any]
Hits = list[tuple[int, int | None]]

PIECES = [
    *("Invoice", "straße", "ΣΊΣΥΦΟΣ", "İst", "東京都", "ﬁn", "{{1.id}}", "{{upper(2.x)}}", '"q"'),
    *("a\\b", "https://api.example.com/v2", "new\nline", "tab\t", "é", "e\u0301", "#a", " ", "💡x"),
]
APPS = ["slack:CreateMessage", "http:MakeRequest", "util:SetVariable2", "app#own:getThing"]
QUERIES = [
    *("invo", "STRASSE", "sisyphos", "σίσυφοσ", "i̇st", "京都", "fin", "1.id", "upper", '"', "q\\"),
    *("\\b", "n\n", "ew", "\n", "tab\t", "É", "x#", "ce ", "💡", "ge", "zzz", "slack", "step 3"),
]


@asynccontextmanager
async def served(company: Company, address: str, data: Path) -> AsyncGenerator[Server]:
    """A server over the company that keeps its index in a store of either kind."""
    setup = Setup(sandbox=str(company.world), data_dir=data, store_url=address)
    kernel = Kernel.of(make_mcp_core.app, setup)
    try:
        async with Client(build(kernel)) as client:
            yield Server(kernel, client)
    finally:
        await kernel.aclose()


def fill(company: Company, blueprints: list[list[Module]]) -> int:
    """Make a team with these scenarios, without a limit of calls; gives its id."""
    world = company.mounted.sandbox.world
    with world.write():
        world.set_setting("rateLimits", value=False)
        for row in world.rows("SELECT id, license FROM organizations"):
            world.update("organizations", row["id"], license=row["license"] | {"apiLimit": 10**6})
        team = world.insert("teams", name="Indexed", organization_id=1)
        world.insert_many("scenarios", (_row(team, *one) for one in enumerate(blueprints)))
    return team


def _row(team: int, number: int, flow: list[Module]) -> dict[str, Any]:
    blueprint = {"name": f"Relay {number}", "flow": flow, "metadata": {"version": 1}}
    return {
        "team_id": team,
        "name": f"Relay {number}",
        "scheduling": {"type": "indefinitely", "interval": 900},
        "blueprint": blueprint,
        "used_packages": used_packages(blueprint),
        "created": "2026-01-01T00:00:00.000Z",
        "last_edit": f"2026-01-01T00:00:00.{number % 1_000:03}Z",
    }


def module(ident: int, name: str = "util:SetVariable2", **members: Any) -> Module:
    made: Module = {"id": ident, "module": name, "version": 1, "parameters": {}, "mapper": {}}
    return made | members


def flow_of(luck: Random) -> list[Module]:
    """A few modules, one of them with a route, with texts of any script."""
    flow: list[Module] = []
    for ident in range(1, luck.randrange(2, 5)):
        text = "".join(luck.choices(PIECES, k=luck.randrange(4)))
        bound = {"__IMTCONN__": luck.randrange(1, 15)} if luck.random() < 0.5 else {}
        label = {"designer": {"name": luck.choice(["Step", "Écho", ""]) + f" {ident}"}}
        mapper = {"text": text, "deep": [{"more": luck.choice(PIECES)}]}
        name = luck.choice(APPS)
        flow.append(module(ident, name, parameters=bound, mapper=mapper, metadata=label))
    inner = module(9, luck.choice(APPS), mapper={"text": luck.choice(PIECES) * 2})
    flow.append(module(8, "builtin:BasicRouter", routes=[{"flow": [inner]}]))
    return flow


def modules_in(flow: list[Module]) -> Iterator[Module]:
    for one in flow:
        yield one
        for route in one.get("routes", []):
            yield from modules_in(route["flow"])


def texts_of(one: Module) -> list[str]:
    mapper = one["mapper"]
    return [mapper[key] for key in mapper if key == "text"] + [
        inner["more"] for inner in mapper.get("deep", [])
    ]


def meanings_of(criteria: dict[str, Any]) -> list[Callable[[Module], bool]]:
    """What each criterion means, written once more."""

    def holds_text(one: Module) -> bool:
        name = one.get("metadata", {}).get("designer", {}).get("name") or ""
        wanted = criteria["query"].casefold()
        named = f"{name} {one['module']}".casefold()
        return wanted in named or any(wanted in t.casefold() for t in texts_of(one))

    def holds(one: Module, key: str, mark: str) -> bool:
        wanted = criteria[key].casefold()
        return any(mark in t and wanted in t.casefold() for t in texts_of(one))

    meanings: dict[str, Callable[[Module], bool]] = {
        "query": holds_text,
        "app": lambda one: one["module"].partition(":")[0] == criteria["app"],
        "module": lambda one: one["module"].casefold() == criteria["module"].casefold(),
        "connection_id": lambda one: (
            one["parameters"].get("__IMTCONN__") == criteria["connection_id"]
        ),
        "iml_contains": lambda one: holds(one, "iml_contains", "{{"),
        "url_contains": lambda one: holds(one, "url_contains", "://"),
        "function": lambda one: any("upper(" in t for t in texts_of(one)),
    }
    return [meanings[key] for key in criteria]


def scanned(team: dict[int, list[Module]], criteria: dict[str, Any]) -> Hits:
    tests = meanings_of(criteria)
    return [
        (ident, one["id"])
        for ident, flow in team.items()
        for one in modules_in(flow)
        if all(test(one) for test in tests)
    ]


async def found(server: Server, team: int, criteria: dict[str, Any]) -> Hits:
    told = (await server.call("scenario_search", team_id=team, limit=100, **criteria)).data
    assert "next_cursor" not in told
    return [(hit["scenario_id"], hit["module_id"]) for hit in told["hits"] if "module_id" in hit]


def criteria_of(luck: Random) -> dict[str, Any]:
    choices: dict[str, Any] = {
        "query": luck.choice([query for query in QUERIES if len(query) > 1]),
        "app": luck.choice(["slack", "app#own", "util", "sla"]),
        "module": luck.choice(["SLACK:createmessage", "http:MakeRequest", "http:"]),
        "connection_id": luck.randrange(1, 16),
        "iml_contains": luck.choice(QUERIES),
        "url_contains": luck.choice(QUERIES),
        "function": "upper",
    }
    return {key: choices[key] for key in luck.sample(sorted(choices), k=luck.choice([1, 1, 2]))}


async def requests_of(company: Company) -> list[str]:
    """Paths asked for since the last look."""
    seen = (await company.control("GET", "/requests"))["requests"]
    await company.control("DELETE", "/requests")
    return [one["path"].removeprefix("/api/v2") for one in seen]


async def test_the_index_answers_as_a_scan_of_everything_would(
    company: Company, address: str, tmp_path: Path
) -> None:
    luck = Random(20)
    flows = [flow_of(luck) for _ in range(40)]
    team = fill(company, flows)
    rows = (await company.get("/scenarios", teamId=team))["scenarios"]
    team_flows = {row["id"]: flows[int(row["name"].removeprefix("Relay "))] for row in rows}
    async with served(company, address, tmp_path) as server:
        with_hits = 0
        for _ in range(120):
            criteria = criteria_of(luck)
            expected = scanned(team_flows, criteria)
            assert await found(server, team, criteria) == expected, criteria
            with_hits += bool(expected)
    assert 40 < with_hits < 110


async def test_a_large_team_is_read_once_then_only_what_changed(
    company: Company, tmp_path: Path
) -> None:
    size, names = 2_000, ["var.team.rate", "upper(1.x)", "plain"]
    flows = [
        [
            module(1, "http:MakeRequest", mapper={"url": f"https://a.example/{n}/{{{{{name}}}}}"}),
            module(2, "slack:CreateMessage", parameters={"__IMTCONN__": n % 50}),
        ]
        for n in range(size)
        for name in [names[n % 3]]
    ]
    team = fill(company, flows)
    world = company.mounted.sandbox.world
    async with served(company, "", tmp_path) as server:
        await server.call("user_me")
        before = world.value("SELECT max(id) FROM request_log")
        assert len(await found(server, team, {"url_contains": "example/77/"})) == 1
        assert world.value("SELECT max(id) FROM request_log") == before + 1 + size
        await requests_of(company)

        assert len(await found(server, team, {"connection_id": 7})) == size // 50
        assert len(await found(server, team, {"url_contains": "a.example/199"})) == 11
        assert await requests_of(company) == ["/scenarios", "/scenarios"]

        ids = [row["id"] for row in world.rows("SELECT id FROM scenarios WHERE team_id = ?", team)]
        changed = _row(team, 0, [module(1, mapper={"text": "the eclipse"})])
        with world.write():
            world.update(
                "scenarios",
                ids[5],
                blueprint=changed["blueprint"],
                last_edit="2026-02-01T00:00:00.000Z",
            )
            world.delete("scenarios", ids[7])
        assert await found(server, team, {"query": "eclipse"}) == [(ids[5], 1)]
        assert await requests_of(company) == ["/scenarios", f"/scenarios/{ids[5]}/blueprint"]
        assert await found(server, team, {"url_contains": "example/7/"}) == []
        assert await found(server, team, {"url_contains": "example/5/"}) == []
        assert await requests_of(company) == ["/scenarios", "/scenarios"]


async def test_one_reading_of_the_blueprints_serves_every_question(
    company: Company, tmp_path: Path
) -> None:
    world = company.mounted.sandbox.world
    team = fill(company, [])
    with world.write():
        connection = world.row("SELECT * FROM connections LIMIT 1")
        assert connection
        world.update("connections", connection["id"], team_id=team)
        call = module(1, "slack:CreateMessage", parameters={"__IMTCONN__": connection["id"]})
        store = module(2, "datastore:AddRecord", parameters={"datastore": 1})
        rows = [_row(team, n, [call, store, module(3, "app#own:getThing")]) for n in range(3)]
        world.insert_many("scenarios", rows)
    async with served(company, "", tmp_path) as server:
        graph = (await server.call("blueprint_dependency_get", target_team_id=team)).data
        assert len([one for one in graph["edges"] if one["target"].startswith("connection")]) == 3
        await requests_of(company)
        used = (await server.call("connection_usage_get", connection_id=connection["id"])).data
        assert len(used["scenarios"]) == 3
        assert len(await found(server, team, {"data_store_id": 1})) == 3
        impact = {"kind": "connection", "id": connection["id"], "target_team_id": team}
        assert len((await server.call("blueprint_impact_get", **impact)).data["dependents"]) == 3
        assert not [path for path in await requests_of(company) if path.endswith("/blueprint")]


async def test_two_servers_that_read_at_once_both_answer_right(
    company: Company, address: str, tmp_path: Path
) -> None:
    flows = [[module(1, mapper={"text": f"number {n} of all"})] for n in range(60)]
    team = fill(company, flows)
    answers: list[int] = []

    async def ask(server: Server, query: str) -> None:
        answers.append(len(await found(server, team, {"query": query})))

    async with (
        served(company, address, tmp_path) as one,
        served(company, address, tmp_path) as other,
        anyio.create_task_group() as tasks,
    ):
        for server in (one, other, one, other):
            tasks.start_soon(ask, server, "of all")
    assert answers == [60] * 4
    await requests_of(company)
    async with served(company, address, tmp_path) as later:
        assert len(await found(later, team, {"query": "number 5"})) == 11
    assert not [path for path in await requests_of(company) if path.endswith("/blueprint")]


async def test_what_another_server_kept_of_an_older_state_is_not_believed(
    company: Company, address: str, tmp_path: Path
) -> None:
    team = fill(company, [[module(1, mapper={"text": "before"})]])
    world = company.mounted.sandbox.world
    async with (
        served(company, address, tmp_path) as one,
        served(company, address, tmp_path) as other,
    ):
        assert len(await found(one, team, {"query": "before"})) == 1
        changed = _row(team, 0, [module(1, mapper={"text": "after"})])["blueprint"]
        with world.write():
            ident = world.value("SELECT id FROM scenarios WHERE team_id = ?", team)
            world.update("scenarios", ident, blueprint=changed, last_edit="2026-03-01T00:00:00Z")
        assert len(await found(other, team, {"query": "after"})) == 1
        assert await found(one, team, {"query": "before"}) == []
        assert len(await found(one, team, {"query": "after"})) == 1


async def test_without_a_usable_store_everything_is_read_with_a_warning(
    company: Company, tmp_path: Path
) -> None:
    team = fill(company, [[module(1, mapper={"text": "needle"})], [module(1)]])
    broken = tmp_path / "broken.sqlite3"
    broken.write_text("Minutes of the meeting\n" * 100)
    async with served(company, str(broken), tmp_path) as server:
        for _ in range(2):
            told = (await server.call("scenario_search", team_id=team, query="needle")).data
            assert len(told["hits"]) == 1
            assert any("not from the index" in line for line in told["warnings"])
        asked = await requests_of(company)
        assert len([path for path in asked if path.endswith("/blueprint")]) == 4


async def test_no_secret_of_a_blueprint_reaches_the_disk(company: Company, tmp_path: Path) -> None:
    secret, hook = (
        "hunter2-hunter2-hunter2",
        "https://hook.eu1.make.com/abcdefghijklmnopqrstuvwxyz012345",
    )
    long_text = "x" * 9_990 + f" Bearer {secret}"
    flow = [
        module(1, "http:MakeRequest", mapper={"apiKey": secret, "url": hook, "text": long_text}),
        module(2, metadata={"designer": {"name": f"Bearer {secret}"}}),
    ]
    team = fill(company, [flow])
    async with served(company, "", tmp_path) as server:
        assert await found(server, team, {"app": "http"}) != []
        assert await found(server, team, {"query": "hunter2"}) == []
    kept = b"".join(
        file.read_bytes() for file in company.world.parent.glob("world-store/*.sqlite3*")
    )
    assert json.dumps("http:MakeRequest").encode() in kept
    assert b"hunter2" not in kept
    assert b"abcdefghijklmnopqrstuvwxyz012345" not in kept
