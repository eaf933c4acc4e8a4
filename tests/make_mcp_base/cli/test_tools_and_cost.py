"""`tools` and `cost`: what is listed, what can be found, and what it costs a model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import make_mcp_analytics
import make_mcp_core
import make_mcp_legacy
import pytest
from tokens import compact, tokens

if TYPE_CHECKING:
    from conftest import Shell
    from make_mcp_base.app import App

APPS = (make_mcp_core.app, make_mcp_analytics.app, make_mcp_legacy.app)


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_the_cost_is_what_counting_the_listed_tools_gives(shell: Shell, app: App) -> None:
    listed: list[dict[str, Any]] = json.loads(shell("tools", "--json", app=app).out)
    told = json.loads(shell("cost", "--json", app=app).out)
    whole = compact({"tools": listed})
    assert told["total"] == {
        "tools": len(listed),
        "tokens": tokens(whole),
        "bytes": len(whole.encode()),
    }
    each = {row["tool"]: row["tokens"] for row in told["each"]}
    assert each == {tool["name"]: tokens(compact(tool)) for tool in listed}


def test_tools_lists_every_reachable_tool_and_marks_the_listed_ones(shell: Shell) -> None:
    everything = json.loads(shell("tools", "--json", "--all").out)
    listed = {tool["name"] for tool in json.loads(shell("tools", "--json").out)}
    table = shell("tools")
    assert table.code == 0
    for tool in everything:
        assert tool["name"] in table.out
    assert f"{len(listed)} tools are listed" in table.err


def test_tools_with_words_searches(shell: Shell) -> None:
    found = json.loads(shell("tools", "who", "is", "in", "this", "team", "--json").out)
    assert "user_list" in [tool["name"] for tool in found][:3]


def test_read_only_leaves_no_tool_that_writes(shell: Shell) -> None:
    found = json.loads(shell("tools", "--json", "--all", "--read-only").out)
    assert found
    assert all(tool["annotations"]["readOnlyHint"] for tool in found)


def test_the_environment_chooses_as_the_options_do(shell: Shell) -> None:
    by_option = shell("tools", "--json", "--tools", "team_list", "--exclude-tools", "health_check")
    by_environment = shell(
        "tools",
        "--json",
        env={"MAKE_MCP_TOOLS": "team_list", "MAKE_MCP_EXCLUDE_TOOLS": "health_check"},
    )
    assert by_option.out == by_environment.out
    names = [tool["name"] for tool in json.loads(by_option.out)]
    assert "team_list" in names
    assert "health_check" not in names
