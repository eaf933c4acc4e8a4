"""How long a search and the graph of a large team take, with and without the workspace index.

Usage: python -m benchmarks.index [--scenarios 5000] [--graph 300] [--calls 240]

Makes a company with a team of so many scenarios of eight modules and another one for the graph,
and calls `scenario_search` and `blueprint_dependency_get` through an MCP client: cold (nothing is
kept yet), warm (nothing has changed), and with one scenario edited. The sandbox answers in the
same process, so its own time is in every figure; the list call alone is printed beside them. The
graph is read cold with as many calls a minute as `--calls` says, the searches without a limit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
import make_mcp_core
from make_api_sandbox.clock import EPOCH
from make_api_sandbox.scenarios.documents import used_packages
from make_api_sandbox.seeding import Recipe, populate
from make_api_sandbox.world import World
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from mcp import Client

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

ROUNDS = 5
UNLIMITED = 1_000_000
SYLLABLES = ("ka", "lo", "mi", "ra", "ten", "vu", "sho", "pel", "dri", "zan", "gor", "fey")
WORDS = ["".join(three) for three in product(SYLLABLES, repeat=3)]
APPS = ("slack:CreateMessage", "google-sheets:addRow", "http:MakeRequest", "hubspot:updateContact")
SEARCHES: dict[str, dict[str, Any]] = {
    "a rare text": {"query": "zeppelin"},
    "a piece of a word, one of nine": {"query": "elgorfe"},
    "a text that stands everywhere": {"query": "{{1."},
    "an app, nearly all": {"app": "slack"},
    "a connection, one in 50": {"connection_id": 30},
    "a function": {"function": "formatDate"},
    "an address": {"url_contains": "example.com/v2/zanka"},
}


class Measured(NamedTuple):
    """One figure."""

    what: str
    milliseconds: float
    busy: float
    """Milliseconds of the processor's time, which a busy machine does not lengthen."""
    calls: int
    found: int


def main(argv: list[str] | None = None) -> int:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description="Time search and graph of a large team.")
    parser.add_argument("--scenarios", type=int, default=5_000, help="size of the large team")
    parser.add_argument("--graph", type=int, default=300, help="size of the team of the graph")
    parser.add_argument("--calls", type=int, default=240, help="calls a minute for the graph")
    chosen = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        large, small = place / "large.db", place / "small.db"
        found = anyio.run(searches, large, make_company(large, chosen.scenarios))
        found += anyio.run(graphs, small, make_company(small, chosen.graph), chosen.calls)
        for one in found:
            sys.stdout.write(
                f"{one.what:46} {one.milliseconds:9,.0f} ms {one.busy:9,.0f} ms busy"
                f" {one.calls:6} calls {one.found:6} found\n"
            )
        kept = sum(file.stat().st_size for file in place.glob("large-store/*.sqlite3*"))
        sys.stdout.write(f"The store takes {kept / 1e6:,.0f} MB.\n")
    return 0


def make_company(file: Path, size: int) -> int:
    """Make a company with one large team; gives the team's id."""
    world = World.open(file)
    world.clock.freeze(EPOCH)
    populate(world, Recipe())
    organization = world.value("SELECT min(id) FROM organizations")
    with world.write():
        world.set_setting("rateLimits", value=False)
        team = world.insert("teams", name=f"Large {size}", organization_id=organization)
        world.insert_many("scenarios", _scenarios(team, size))
    world.close()
    return team


def _scenarios(team: int, size: int) -> Iterator[dict[str, Any]]:
    luck = Random(team)
    for number in range(size):
        blueprint = _blueprint(number, luck)
        yield {
            "team_id": team,
            "name": blueprint["name"],
            "scheduling": {"type": "indefinitely", "interval": 900},
            "blueprint": blueprint,
            "used_packages": used_packages(blueprint),
            "created": "2026-01-01T00:00:00.000Z",
            "last_edit": f"2026-01-01T{number // 3_600 % 24:02}:{number // 60 % 60:02}:00.000Z",
        }


def _blueprint(number: int, luck: Random) -> dict[str, Any]:
    subject = luck.choice(WORDS)
    flow = [_module(1, "gateway:CustomWebHook", luck), _module(2, luck.choice(APPS), luck)]
    flow += [_module(ident, luck.choice(APPS), luck) for ident in range(3, 9)]
    if number % 1_000 == 7:
        flow[3]["mapper"]["note"] = "The zeppelin has landed"
    return {
        "name": f"{subject.title()} relay {number}",
        "flow": flow,
        "metadata": {"version": 1, "scenario": {"roundtrips": 1, "maxErrors": 3}},
    }


def _module(ident: int, name: str, luck: Random) -> dict[str, Any]:
    words = " ".join(luck.choices(WORDS, k=25))
    target = f"https://api.example.com/v2/{luck.choice(WORDS)}s/{{{{1.id}}}}"
    text = f'{{{{formatDate(1.created; "YYYY-MM-DD")}}}} {words} {{{{{max(1, ident - 1)}.id}}}}'
    connection = {"__IMTCONN__": luck.randrange(1, 400)} if ":" in name and ident > 1 else {}
    return {
        "id": ident,
        "module": name,
        "version": 1,
        "parameters": connection,
        "mapper": {"text": text, "url": target, "channel": f"#{luck.choice(WORDS)}"},
        "metadata": {"designer": {"x": ident * 300, "y": 0}},
    }


async def searches(file: Path, team: int) -> list[Measured]:
    """Measure searches, with an empty store and no limit of calls."""
    with World.open(file) as world:
        limit(world, UNLIMITED)
        async with _served(file, world) as server:
            found = [await server.search("search, cold", team, {"query": "zeppelin"})]
            for what, criteria in SEARCHES.items():
                again = [await server.search("", team, criteria) for _ in range(ROUNDS)]
                found.append(middle(f"search, warm: {what}", again))
            touch(world, team)
            found.append(await server.search("search, one edited", team, {"query": "zeppelin"}))
            found.append(await server.list_alone(team))
            return found


async def graphs(file: Path, team: int, calls_a_minute: int) -> list[Measured]:
    """Measure the graph of a team, with an empty store and a licence's calls a minute."""
    with World.open(file) as world:
        limit(world, calls_a_minute)
        async with _served(file, world) as server:
            cold = await server.graph(f"graph, cold, {calls_a_minute} calls a minute", team)
            return [cold, await server.graph("graph, warm", team)]


def middle(what: str, several: list[Measured]) -> Measured:
    """Take the medians of several measurements of the same."""
    return several[-1]._replace(
        what=what,
        milliseconds=statistics.median(one.milliseconds for one in several),
        busy=statistics.median(one.busy for one in several),
    )


def touch(world: World, team: int) -> None:
    """Edit one scenario behind the server's back."""
    ident = world.value("SELECT max(id) FROM scenarios WHERE team_id = ?", team)
    with world.write():
        world.update("scenarios", ident, last_edit="2026-06-01T00:00:00.000Z")


def limit(world: World, calls_a_minute: int) -> None:
    """Let every organization make so many calls a minute."""
    with world.write():
        for row in world.rows("SELECT id, license FROM organizations"):
            licence = row["license"] | {"apiLimit": calls_a_minute}
            world.update("organizations", row["id"], license=licence)


@asynccontextmanager
async def _served(file: Path, world: World) -> AsyncGenerator[Watched]:
    setup = Setup(sandbox=str(file), data_dir=file.parent / "data")
    kernel = Kernel.of(make_mcp_core.app, setup)
    try:
        async with Client(build(kernel)) as client:
            yield Watched(client, kernel, world)
    finally:
        await kernel.aclose()


class Watch:
    """A stop watch, running since it was made."""

    def __init__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def stop(self, what: str, calls: int, found: int) -> Measured:
        """Read it."""
        taken = (time.perf_counter() - self._begun[0]) * 1_000
        busy = (time.process_time() - self._begun[1]) * 1_000
        return Measured(what, taken, busy, calls, found)


class Watched:
    """A server with a client, whose calls of Make are counted."""

    def __init__(self, client: Client, kernel: Kernel, world: World) -> None:
        self._client = client
        self._kernel = kernel
        self._world = world

    async def search(self, what: str, team: int, criteria: dict[str, Any]) -> Measured:
        """Time a search."""
        return await self._timed(
            what, "scenario_search", {"team_id": team, "limit": 10, **criteria}, _hits
        )

    async def graph(self, what: str, team: int) -> Measured:
        """Time a graph."""
        return await self._timed(
            what, "blueprint_dependency_get", {"target_team_id": team, "format": "dot"}, _lines
        )

    async def list_alone(self, team: int) -> Measured:
        """Time the list of scenarios that every search asks for."""
        api = await self._kernel.api()
        query = {"teamId": team, "cols": ["id", "name", "lastEdit"], "pg[limit]": 10_000}
        several: list[Measured] = []
        for _ in range(ROUNDS):
            watch = Watch()
            answer: Any = await api.send("GET", "/scenarios", query=query)
            several.append(watch.stop("", 1, len(answer["scenarios"])))
        return middle("the list call alone", several)

    async def _timed(
        self, what: str, tool: str, arguments: dict[str, Any], count: Callable[[Any], int]
    ) -> Measured:
        before = self._seen()
        watch = Watch()
        answer = await self._client.call_tool(tool, arguments)
        found = watch.stop(what, 0, 0)
        if answer.is_error:
            raise SystemExit(f"{tool} failed: {json.dumps(answer.structured_content)}")
        return found._replace(
            calls=self._seen() - before, found=count(answer.structured_content or {})
        )

    def _seen(self) -> int:
        return self._world.value("SELECT coalesce(max(id), 0) FROM request_log")


def _hits(answer: dict[str, Any]) -> int:
    return int(answer.get("total") or len(answer["hits"]))


def _lines(answer: dict[str, Any]) -> int:
    return str(answer.get("diagram", "")).count("\n")


if __name__ == "__main__":
    raise SystemExit(main())
