"""Texts that tell a caller what to call next name only tools that exist."""

import re
from pathlib import Path

import make_mcp_legacy
from make_mcp_base.definition.naming import DOMAIN_VERBS, VERBS
from make_mcp_base.kernel import Kernel
from make_mcp_base.setup import Setup

ROOT = Path(__file__).parents[3]
IN_TICKS = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")
NO_TOOLS = {"dry_run", "longest_wait", "make_core_tool_search"}
"""Words of the same form: an argument, a parameter, a tool of one server's gateway."""


def test_every_tool_named_in_a_category_or_the_kernel_exists() -> None:
    tools = set(Kernel.of(make_mcp_legacy.app, Setup()).surface.entries)
    verbs = VERBS | DOMAIN_VERBS
    missing: set[str] = set()
    for source in (ROOT / "packages").glob("make-mcp-*/src/**/*.py"):
        for name in IN_TICKS.findall(source.read_text("utf-8")):
            if name.rsplit("_", 1)[-1] in verbs and name not in tools | NO_TOOLS:
                missing.add(f"{source.relative_to(ROOT)}: {name}")
    assert missing == set()
