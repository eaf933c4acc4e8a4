"""make-mcp-legacy: everything in one server, in full, under the old names too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import make_mcp_analytics
import make_mcp_core
import make_mcp_legacy
import pytest
from make_mcp_base.app import App
from make_mcp_base.cli.main import main
from make_mcp_base.definition.bundle import installed_bundles
from make_mcp_base.kernel import Kernel
from make_mcp_base.setup import Setup
from make_mcp_base.surface.selection import Selection

if TYPE_CHECKING:
    from harness import Company, Connect

pytestmark = pytest.mark.anyio


async def test_it_lists_every_tool_of_every_installed_category(
    connect: Connect, company: Company, era: str
) -> None:
    tools = [
        tool
        for bundle in installed_bundles()
        for category in bundle.categories()
        for tool in category.tools.values()
    ]
    await company.license(tool.feature for tool in tools if tool.feature)
    wanted = {tool.name for tool in tools}
    async with connect(app=make_mcp_legacy.app, era=era) as server:
        listed = {tool.name for tool in (await server.client.list_tools()).tools}
    assert wanted <= listed
    assert not [name for name in listed if "_tool_" in name and name.startswith("make_")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("list-teams", "team_list"),
        ("teams_list", "team_list"),
        ("list-users", "user_list"),
        ("organizations_list", "organization_list"),
        ("scenarios_list", "scenario_list"),
        ("list-scenarios", "scenario_list"),
        ("connections_list", "connection_list"),
        ("data-stores_list", "data_store_list"),
        ("folders_list", "folder_list"),
        ("list-webhooks", "hook_list"),
        ("health-check", "health_check"),
        ("security-status", "server_info"),
        ("TEAMS_LIST", "team_list"),
    ],
)
async def test_an_old_name_is_answered_as_the_new_one_is(
    connect: Connect, old: str, new: str
) -> None:
    async with connect(app=make_mcp_legacy.app) as server:
        entry = server.kernel.surface.find(old)
        assert entry is not None
        assert entry.name == new
        wanted = {"team_id": 1, "organization_id": 1}
        members = entry.input_schema["properties"]
        arguments = {name: value for name, value in wanted.items() if name in members}
        if len(arguments) == 2:
            del arguments["team_id" if new == "user_list" else "organization_id"]
        told = await server.call(old, **arguments)
        assert not told.result.is_error, told.text


async def test_every_former_name_is_accepted(connect: Connect) -> None:
    async with connect(app=make_mcp_legacy.app) as server:
        surface = server.kernel.surface
        lost = [
            (old, entry.name)
            for entry in surface.entries.values()
            for old in entry.formerly
            if (found := surface.find(old)) is None or found.name != entry.name
        ]
        assert lost == []


async def test_a_narrowed_legacy_server_shows_only_what_was_chosen(connect: Connect) -> None:
    selection = Selection(categories=("permissions",))
    async with connect(app=make_mcp_legacy.app, selection=selection) as server:
        listed = [tool.name for tool in (await server.client.list_tools()).tools]
        assert {server.kernel.surface.entries[name].category for name in listed} == {
            "permissions",
            "server",
        }


@pytest.mark.parametrize(
    ("flags", "app"),
    [
        (["--core"], make_mcp_core.app),
        (["--analytics"], make_mcp_analytics.app),
        (["--legacy"], make_mcp_legacy.app),
        ([], make_mcp_legacy.app),
    ],
    ids=["core", "analytics", "legacy", "default"],
)
def test_a_flag_chooses_the_server(
    flags: list[str], app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(make_mcp_legacy.app, [*flags, "tools", "--json"]) == 0
    listed = [tool["name"] for tool in json.loads(capsys.readouterr().out)]
    shown = Kernel.of(app, Setup()).surface.shown(None)
    assert listed == [entry.name for entry in shown]


def test_help_names_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(make_mcp_legacy.app, ["--help"]) == 0
    text = capsys.readouterr().out
    flags = ("--core", "--analytics", "--both", "--legacy", "--core-port", "--analytics-port")
    assert all(flag in text for flag in flags)


@pytest.mark.parametrize("port", ["x", "70000", "-1"])
def test_a_port_that_is_none_is_refused_before_anything_starts(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(make_mcp_legacy.app, ["--both", "--core-port", port]) == 2
    assert "port" in capsys.readouterr().err


def test_two_servers_on_one_port_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--both", "--core-port", "4100", "--analytics-port", "4100"]
    assert main(make_mcp_legacy.app, words) == 2
    assert "4100" in capsys.readouterr().err
