"""What every tool of every installed bundle keeps, whoever wrote it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import make_mcp_core
import make_mcp_legacy
import pytest
from make_mcp_base.authoring import check_bundle
from make_mcp_base.definition.bundle import SERVER_BUNDLE, installed_bundles
from make_mcp_base.definition.naming import name_faults
from make_mcp_base.kernel import Kernel
from make_mcp_base.setup import Setup
from make_mcp_base.surface.surface import wire_list
from mcp.types import Tool
from processes import environment
from tokens import compact, tokens

if TYPE_CHECKING:
    from harness import Connect
    from make_mcp_base.definition.catalog import Entry

MOST_TOOLS, MOST_TOKENS = 20, 4_500
LONGEST_SUMMARY, LONGEST_DESCRIPTION = 120, 1_200
HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
BUNDLES = [*installed_bundles(), SERVER_BUNDLE]


def entries() -> list[Entry]:
    return list(Kernel.of(make_mcp_legacy.app, Setup()).surface.entries.values())


def test_names_follow_the_rules() -> None:
    assert [fault for entry in entries() for fault in name_faults(entry.name)] == []


def test_no_name_and_no_former_name_is_claimed_twice() -> None:
    claims: dict[str, str] = {}
    twice: list[str] = []
    for entry in entries():
        for name in (entry.name, *entry.formerly):
            plain = name.lower().replace("-", "_")
            if claims.setdefault(plain, entry.name) != entry.name:
                twice.append(f"{name}: {claims[plain]} and {entry.name}")
    assert twice == []


def test_descriptions_start_with_one_short_whole_sentence() -> None:
    faults = [
        f"{e.name}: {e.summary}"
        for e in entries()
        if not (e.summary[:1].isupper() and e.summary.endswith((".", "?", "!")))
        or len(e.summary) > LONGEST_SUMMARY
        or len(e.description) > LONGEST_DESCRIPTION
    ]
    assert faults == []


def test_descriptions_do_not_shout() -> None:
    loud = ("IMPORTANT", "MUST", "ALWAYS", "NEVER", "CRITICAL", "WARNING", "NOTE:")
    faults = [e.name for e in entries() if any(word in e.description for word in loud)]
    assert faults == []


def test_arguments_are_a_plain_object_with_every_member_described() -> None:
    faults: list[str] = []
    for entry in entries():
        schema = entry.input_schema
        if schema["type"] != "object" or {"anyOf", "oneOf", "allOf", "$ref", "$defs"} & set(schema):
            faults.append(f"{entry.name}: root")
        members: dict[str, Any] = schema["properties"]
        faults += [f"{entry.name}.{k}" for k, v in members.items() if not v.get("description")]
        faults += [f"{entry.name}.{k}" for k in schema.get("required", []) if k not in members]
        faults += [f"{entry.name}.{k}" for k in members if k != k.lower()]
    assert faults == []


def test_every_write_takes_a_dry_run_and_no_read_does() -> None:
    for entry in entries():
        assert ("dry_run" in entry.input_schema["properties"]) == entry.writes, entry.name


def test_every_tool_states_all_four_hints_as_its_effect_has_them() -> None:
    for entry in entries():
        hints = entry.wire()["annotations"]
        assert tuple(hints) == HINTS, entry.name
        assert all(isinstance(value, bool) for value in hints.values()), entry.name
        assert hints["readOnlyHint"] == (entry.effect == "read"), entry.name
        assert hints["destructiveHint"] == (entry.effect == "delete"), entry.name


def test_tools_are_valid_mcp_tools_with_object_schemas() -> None:
    for row in wire_list(entries()):
        tool = Tool.model_validate(row)
        assert tool.input_schema["type"] == "object", tool.name
        assert (tool.output_schema or {})["type"] == "object", tool.name


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: str(bundle.name))
def test_a_bundle_has_no_faults_and_a_fresh_catalog(bundle: Any) -> None:
    assert check_bundle(bundle) == []


@pytest.mark.anyio
async def test_the_order_of_tools_is_the_same_in_every_list_and_era(connect: Connect) -> None:
    lists: list[list[str]] = []
    for era in ("auto", "legacy", "auto"):
        async with connect(app=make_mcp_legacy.app, era=era) as server:
            lists.append([tool.name for tool in (await server.client.list_tools()).tools])
    assert lists[0] == lists[1] == lists[2] == sorted(lists[0])


def test_core_shows_few_tools_at_little_cost() -> None:
    shown = Kernel.of(make_mcp_core.app, Setup()).surface.shown(None)
    assert len(shown) <= MOST_TOOLS
    assert tokens(compact({"tools": wire_list(shown)})) <= MOST_TOKENS


@pytest.mark.parametrize("name", ["make_mcp_core", "make_mcp_analytics", "make_mcp_legacy"])
def test_making_a_server_and_listing_its_tools_imports_nothing_heavy(
    name: str, tmp_path: Path
) -> None:
    program = (
        "import sys, json\n"
        f"from {name} import app\n"
        "from make_mcp_base.kernel import Kernel\n"
        "from make_mcp_base.setup import Setup\n"
        "from make_mcp_base.surface.surface import wire_list\n"
        "kernel = Kernel.of(app, Setup.from_environment())\n"
        "assert wire_list(kernel.surface.shown(None))\n"
        "assert sys.stdout.tell() == 0 if sys.stdout.seekable() else True\n"
        "sys.stderr.write(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        check=True,
    )
    assert done.stdout == ""
    modules: list[str] = json.loads(done.stderr)
    heavy = {"httpx", "mcp", "sqlite3", "starlette", "uvicorn", "sqlalchemy", "asyncpg", "rich"}
    assert heavy.intersection(modules) == set()
    categories = {e.category for e in entries()}
    bundles = tuple(f"{b.package}." for b in BUNDLES)
    loaded = [m for m in modules if m.startswith(bundles) and m.split(".")[1] in categories]
    assert loaded == []
