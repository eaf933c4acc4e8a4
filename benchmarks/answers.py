"""How large the answers of the tools that read are, with the fewest arguments, on a large company.

Usage: python -m benchmarks.answers [--scale N] [--all]

Makes a sandbox company with N times the usual history, calls every tool that only reads through an
MCP client, and prints tokens (o200k) and the widest row of each answer; without `--all` only those
above 5,000 tokens, or with rows above 200 bytes in a list. Exit code 1 when an answer is too large.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import anyio
import make_mcp_legacy
from make_api_sandbox.clock import EPOCH
from make_api_sandbox.seeding import Recipe, populate
from make_api_sandbox.world import World
from make_mcp_base.cli.cost import token_counter
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from mcp import Client

if TYPE_CHECKING:
    from make_mcp_base.definition.catalog import Entry

MOST_TOKENS, WIDEST_ROW = 5_000, 200
IDS: dict[str, Any] = {
    "organization_id": 1,
    "team_id": 1,
    "scenario_id": 1,
    "connection_id": 4,
    "hook_id": 1,
    "data_store_id": 1,
    "data_structure_id": 1,
    "folder_id": 1,
    "user_id": 1,
    "role_id": 1,
}


class Size(NamedTuple):
    """What one answer weighs."""

    tool: str
    tokens: int
    rows: int
    widest: int
    failed: str

    @property
    def is_large(self) -> bool:
        """True when it is above what a model should be given by default."""
        return self.tokens > MOST_TOKENS or self.widest > WIDEST_ROW


def main(argv: list[str] | None = None) -> int:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description="Weigh the answers of the tools that read.")
    parser.add_argument("--scale", type=int, default=1, help="times the usual history")
    parser.add_argument("--all", action="store_true", help="print every tool")
    chosen = parser.parse_args(argv)
    sizes = anyio.run(weigh, chosen.scale)
    for size in sizes:
        if chosen.all or size.is_large or size.failed:
            sys.stdout.write(
                f"{size.tool:40} {size.tokens:6} tokens {size.rows:4} rows"
                f" {size.widest:5} bytes the widest  {size.failed}\n"
            )
    answered = [size for size in sizes if not size.failed]
    sys.stdout.write(f"{len(answered)} of {len(sizes)} tools answered.\n")
    return int(any(size.tokens > MOST_TOKENS for size in answered))


async def weigh(scale: int) -> list[Size]:
    """Call every tool that only reads.

    Args:
        scale: How many times the usual history the company has.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = World.open(Path(folder) / "world.db")
        world.clock.freeze(EPOCH)
        populate(world, Recipe(scale=scale))
        world.close()
        setup = Setup(sandbox=str(Path(folder) / "world.db"), data_dir=Path(folder) / "data")
        kernel = Kernel.of(make_mcp_legacy.app, setup)
        try:
            async with Client(build(kernel)) as client:
                entries = [e for e in kernel.surface.entries.values() if not e.writes]
                return [await _weighed(client, entry) for entry in entries]
        finally:
            await kernel.aclose()


async def _weighed(client: Client, entry: Entry) -> Size:
    arguments = _arguments(entry)
    if arguments is None:
        return Size(entry.name, 0, 0, 0, "needs an id that only a call can give")
    answer = await client.call_tool(entry.name, arguments)
    text = "\n".join(str(getattr(part, "text", "")) for part in answer.content)
    rows = _rows(answer.structured_content or {}) if entry.name.endswith("_list") else []
    widest = max((len(_compact(row).encode()) for row in rows), default=0)
    failed = text.replace("\n", " ")[:120] if answer.is_error else ""
    return Size(entry.name, token_counter()(text), len(rows), widest, failed)


def _arguments(entry: Entry) -> dict[str, Any] | None:
    required: list[str] = entry.input_schema.get("required", [])
    members: dict[str, Any] = entry.input_schema["properties"]
    example: dict[str, Any] = entry.examples[0] if entry.examples else {}
    given = {name: IDS[name] for name in required if name in IDS}
    if not {"scenario_id"} & set(given):
        place = "team_id" if "team_id" in members else "organization_id"
        given |= {place: IDS[place]} if place in members else {}
    if not set(required) <= set(given):
        given = {**example, **given}
    return given if set(required) <= set(given) else None


def _rows(answer: dict[str, Any]) -> list[Any]:
    """The rows of a list: the longest array of the answer."""
    lists = [cast("list[Any]", value) for value in answer.values() if isinstance(value, list)]
    return max(lists, key=len, default=list[Any]())


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    raise SystemExit(main())
