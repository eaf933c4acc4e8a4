"""How fast MCP servers start, answer and leave on standard input and output.

Usage: python benchmarks/servers.py [options] NAME=COMMAND [NAME=COMMAND ...]

    python benchmarks/servers.py "core=make-mcp-core --sandbox=:memory:" "other=npx -y some-server"

Any command line that serves MCP on standard input and output can be measured, with the handshake of
protocol 2025-11-25. Servers take turns, so that a machine that slows down slows all of them down.
The first two runs of each are not counted: they write the bytecode, which every later start finds.
Read the minimum on a busy machine, the median on an idle one.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

UNCOUNTED = 2
PATIENCE_SECONDS = 30
MEASURES = {
    "initialize_ms": "spawn to initialize",
    "list_ms": "spawn to tools/list",
    "list_bytes": "tools/list, bytes",
    "rss_first_mib": "RSS after tools/list",
    "rss_rest_mib": "RSS at rest",
    "first_call_ms": "first call, rested",
    "call_p50_ms": "call, p50",
    "call_p99_ms": "call, p99",
    "rss_calls_mib": "RSS after calls",
    "exit_ms": "exit after end of input",
    "call_at_once_ms": "first call, at once",
}


@dataclass
class Plan:
    """What each run does.

    Attributes:
        tool: Tool to call.
        arguments: Its arguments.
        calls: Calls for the percentiles.
        rest: Seconds without a message between the list and the first call.
    """

    tool: str
    arguments: dict[str, Any]
    calls: int
    rest: float


@dataclass
class Server:
    """One server process, timed from the moment before it was started."""

    command: list[str]
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
        )
        self.number = 0

    def since_start(self) -> float:
        """Milliseconds since the process was started."""
        return (time.perf_counter() - self.started) * 1_000

    def tell(self, method: str) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method})

    def ask(self, method: str, params: dict[str, Any] | None = None) -> tuple[bytes, float]:
        """Send a request; give the line of its answer, and milliseconds.

        Raises:
            RuntimeError: The server left or answered with an error.
        """
        self.number += 1
        begun = time.perf_counter()
        head = {"jsonrpc": "2.0", "id": self.number, "method": method}
        self._send(head | ({"params": params} if params is not None else {}))
        line = self._answer()
        return line, (time.perf_counter() - begun) * 1_000

    def rss(self) -> float | None:
        """Resident memory of the process in MiB; None where `ps` cannot tell."""
        words = ["ps", "-o", "rss=", "-p", str(self.process.pid)]
        try:
            told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None
        return int(told) / 1_024

    def end(self) -> float:
        """Close the server's input; give the milliseconds until it is gone."""
        assert self.process.stdin is not None
        begun = time.perf_counter()
        self.process.stdin.close()
        self.process.wait(PATIENCE_SECONDS)
        return (time.perf_counter() - begun) * 1_000

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def _answer(self) -> bytes:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message = json.loads(line)
            if message.get("id") == self.number and "method" not in message:
                if "error" in message:
                    raise RuntimeError(f"{shlex.join(self.command)}: {message['error']}")
                return line
        raise RuntimeError(f"{shlex.join(self.command)} left, code {self.process.wait()}")


def shake(server: Server) -> float:
    """Go through the handshake; give the milliseconds from the start to its answer."""
    client = {"name": "benchmark", "version": "1"}
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    server.ask("initialize", params)
    ready = server.since_start()
    server.tell("notifications/initialized")
    return ready


def run_once(command: list[str], plan: Plan) -> dict[str, float | None]:
    """Measure one life of a server, and the start of another that is called at once."""
    call = {"name": plan.tool, "arguments": plan.arguments}
    server = Server(command)
    row: dict[str, float | None] = {"initialize_ms": shake(server)}
    line, _ = server.ask("tools/list")
    row |= {"list_ms": server.since_start(), "list_bytes": len(line), "rss_first_mib": server.rss()}
    time.sleep(plan.rest)
    row["rss_rest_mib"] = server.rss()
    row["first_call_ms"] = server.ask("tools/call", call)[1]
    times = sorted(server.ask("tools/call", call)[1] for _ in range(plan.calls))
    row["call_p50_ms"] = statistics.median(times)
    row["call_p99_ms"] = times[min(len(times) - 1, len(times) * 99 // 100)]
    row |= {"rss_calls_mib": server.rss(), "exit_ms": server.end()}
    hasty = Server(command)
    shake(hasty)
    row["call_at_once_ms"] = hasty.ask("tools/call", call)[1]
    hasty.end()
    return row


def measure(
    commands: dict[str, list[str]], plan: Plan, runs: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Measure servers in turns; give minimum, median and maximum of each measure."""
    rows: dict[str, list[dict[str, float | None]]] = {name: [] for name in commands}
    for number in range(UNCOUNTED + runs):
        for name, command in commands.items():
            row = run_once(command, plan)
            if number >= UNCOUNTED:
                rows[name].append(row)
    return {name: {key: _summary(key, found) for key in MEASURES} for name, found in rows.items()}


def _summary(key: str, rows: list[dict[str, float | None]]) -> dict[str, float]:
    values = sorted(value for row in rows if (value := row[key]) is not None)
    if not values:
        return {}
    middle = statistics.median(values)
    return {"min": values[0], "median": middle, "max": values[-1]}


def table(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """Write results as a Markdown table of `minimum / median`."""
    lines = [f"| | {' | '.join(results)} |", "| --- " * (len(results) + 1) + "|"]
    for key, title in MEASURES.items():
        cells = [
            f"{found['min']:.4g} / {found['median']:.4g}" if (found := rows[key]) else "-"
            for rows in results.values()
        ]
        lines.append(f"| {title}{' ms' if key.endswith('_ms') else ''} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Measure MCP servers on standard input/output.")
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--runs", type=int, default=10, help="counted runs of each (10)")
    parser.add_argument("--calls", type=int, default=200, help="calls for the percentiles (200)")
    parser.add_argument("--tool", default="server_info", help="tool to call (server_info)")
    parser.add_argument("--arguments", type=json.loads, default={}, help="its arguments, JSON")
    parser.add_argument("--rest", type=float, default=2.0, help="seconds before the first call (2)")
    parser.add_argument("--json", metavar="FILE", help="write all figures to a file as well")
    chosen = parser.parse_args()
    commands = {
        name: shlex.split(command)
        for name, _, command in (given.partition("=") for given in chosen.servers)
    }
    plan = Plan(chosen.tool, chosen.arguments, chosen.calls, chosen.rest)
    results = measure(commands, plan, chosen.runs)
    sys.stdout.write(f"{table(results)}\n\nminimum / median of {chosen.runs} runs\n")
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
