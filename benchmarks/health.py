"""What a health report of a whole team costs: calls, minutes of the licence, seconds.

Usage: python -m benchmarks.health [--scenarios N] [--latency MS]

Makes a team of N scenarios in a sandbox company and reports on it through an MCP client, page by
page, once under each licence. Minutes are those of the licence: where the report has to wait for
the next one, the clocks of the machine and of the sandbox are moved on together, so seconds count
work and waiting for answers only. The sandbox counts the calls of each minute and refuses those
above the licence; a refused call fails the benchmark.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import httpx
import make_mcp_core
from make_api_sandbox.mount import MountedSandbox, mount
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from mcp import Client

LICENCES = {"Enterprise": 1_000, "Teams": 240, "Pro": 120, "Core": 60, "Free": 30}
MINUTE = 61.0
LIMIT = 240
Json = dict[str, Any]


class Cost(NamedTuple):
    """What a report cost.

    Attributes:
        calls: Requests that reached the sandbox.
        most: The most in one minute.
        minutes: Minutes of the licence.
        answers: Calls of the tool that gave a page.
        seconds: Time until the last answer, without the minutes that were moved over.
    """

    calls: int
    most: int
    minutes: int
    answers: int
    seconds: float


class Zone:
    """A company in this process, and its clock."""

    def __init__(self, mounted: MountedSandbox, http: httpx.AsyncClient) -> None:
        self.mounted, self.http, self.ahead = mounted, http, 0.0
        real = time.time
        time.time = lambda: real() + self.ahead

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Steer the sandbox."""
        answer = await self.http.request(method, f"/_sandbox{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def send(self, path: str, body: Json) -> Json:
        """Make something through the API."""
        headers = {"Authorization": f"Token {self.mounted.token}"}
        answer = await self.http.post(f"/api/v2{path}", json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()

    async def next_minute(self) -> None:
        """Move all clocks on."""
        self.ahead += MINUTE
        await self.control("POST", "/clock", {"advance": MINUTE})

    async def crowd(self, count: int) -> int:
        """Make a team of so many scenarios; gives its id."""
        team = (await self.send("/teams", {"name": "Crowd", "organizationId": 1}))["team"]["id"]
        metadata: Json = {"version": 1, "scenario": {}, "designer": {"orphans": []}}
        blueprint: Json = {"name": "Sort", "flow": [], "metadata": metadata}
        body = {
            "teamId": team,
            "blueprint": json.dumps(blueprint),
            "scheduling": json.dumps({"type": "on-demand"}),
        }
        made = await self.send("/scenarios?confirmed=true", body)
        world = self.mounted.sandbox.world
        row = world.rows("SELECT * FROM scenarios WHERE id = ?", made["scenario"]["id"])[0]
        columns = {key: value for key, value in row.items() if key not in ("id", "name")}
        for number in range(2, count + 1):
            world.insert("scenarios", name=f"Sort {number}", **columns)
        return int(team)

    async def limit(self, calls: int, latency: int) -> None:
        """Let the licence allow so many calls a minute, each answered after so many ms."""
        licences = {ident: {"apiLimit": calls} for ident in ("1", "2")}
        await self.control("PATCH", "/world", {"licenses": licences, "rate_limits": True})
        await self.control("DELETE", "/faults")
        if latency:
            fault = {"method": "GET", "path": "/api/v2", "latency_ms": latency}
            await self.control("POST", "/faults", fault)
        await self.next_minute()
        await self.control("DELETE", "/requests")

    async def requests(self) -> list[Json]:
        """What reached the API since the last look."""
        found: list[Json] = (await self.control("GET", "/requests?limit=10000"))["requests"]
        await self.control("DELETE", "/requests")
        return found


async def report(zone: Zone, client: Client, team: int, scenarios: int) -> Cost:
    """Report on the team to the end."""
    arguments: Json = {"team_id": team, "limit": LIMIT}
    per_minute: list[int] = [0]
    asked: Counter[str] = Counter()
    answers, begun = 0, time.perf_counter()
    while True:
        told = await client.call_tool("scenario_health_report", arguments)
        seen = await zone.requests()
        if any(one["status"] == 429 for one in seen):
            raise SystemExit("the sandbox refused a call above the licence")
        per_minute[-1] += len(seen)
        asked.update(one["path"] for one in seen if one["path"].endswith("/logs"))
        if told.is_error:
            await zone.next_minute()
            per_minute.append(0)
            continue
        answers += 1
        page: Json = told.structured_content or {}
        if "next_cursor" not in page:
            break
        arguments = {**arguments, "cursor": page["next_cursor"]}
    if len(asked) != scenarios or asked.total() != scenarios:
        raise SystemExit(f"asked {asked.total()} times for {len(asked)} of {scenarios} scenarios")
    seconds = time.perf_counter() - begun
    return Cost(sum(per_minute), max(per_minute), len(per_minute), answers, seconds)


async def measure(scenarios: int, latency: int) -> None:
    """Print a row for each licence."""
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world.db"
        mounted = mount(str(world))
        transport = httpx.ASGITransport(app=mounted.app)
        url = "http://sandbox.make.local"
        async with httpx.AsyncClient(transport=transport, base_url=url) as http:
            zone = Zone(mounted, http)
            now = (await zone.control("GET", "/clock"))["now"]
            await zone.control("POST", "/clock", {"set": now})
            await zone.control("PATCH", "/world", {"rate_limits": False})
            team = await zone.crowd(scenarios)
            print(f"{scenarios} scenarios, {latency} ms an answer")  # noqa: T201 - its product
            print("licence      limit  calls  most/min  minutes  answers  seconds")  # noqa: T201
            for name, calls in LICENCES.items():
                await zone.limit(calls, latency)
                setup = Setup(sandbox=str(world), data_dir=Path(folder) / name)
                cost = await _reported(zone, setup, team, scenarios)
                print(  # noqa: T201
                    f"{name:<11} {calls:>6,} {cost.calls:>6} {cost.most:>9} {cost.minutes:>8}"
                    f" {cost.answers:>8} {cost.seconds:>8.1f}"
                )
        await mounted.close()


async def _reported(zone: Zone, setup: Setup, team: int, scenarios: int) -> Cost:
    kernel = Kernel.of(make_mcp_core.app, setup)
    try:
        async with Client(build(kernel)) as client:
            return await report(zone, client, team, scenarios)
    finally:
        await kernel.aclose()


def main() -> None:
    """Measure."""
    words = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.health")
    words.add_argument("--scenarios", type=int, default=200)
    words.add_argument("--latency", type=int, default=0, metavar="MS")
    given = words.parse_args()
    # The client warns at every call of a tool that is not on the short list.
    logging.getLogger("client").setLevel(logging.ERROR)
    anyio.run(measure, given.scenarios, given.latency)


if __name__ == "__main__":
    sys.exit(main())
