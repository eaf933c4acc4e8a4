"""Who may use which tool: the operator's choice, the caller's below it, the token's rights."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import make_mcp_core
import make_mcp_legacy
import pytest
from harness import Company, Connect, Server
from make_mcp_base.errors import Failure
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.http import http_app
from make_mcp_base.setup import Setup
from make_mcp_base.surface.selection import Selection, from_environment
from served import Zone, zone_of

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def zone(seeded_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Zone]:
    world = tmp_path_factory.mktemp("zone") / "world.db"
    shutil.copy(seeded_world, world)
    with zone_of(world) as served:
        yield served


async def listed(server: Server) -> set[str]:
    return {tool.name for tool in (await server.client.list_tools()).tools}


def categories_of(server: Server, names: set[str]) -> set[str]:
    return {server.kernel.surface.entries[name].category for name in names}


# The operator's choice


async def test_categories_are_listed_in_full_with_the_server_tools(connect: Connect) -> None:
    async with connect(selection=Selection(categories=("permissions",))) as server:
        names = await listed(server)
        assert categories_of(server, names) == {"permissions", "server"}
        told = await server.call("scenario_list", team_id=1)
        assert told.error["code"] == "not_available"


async def test_single_tools_are_added_to_categories(connect: Connect) -> None:
    chosen = Selection(categories=("permissions",), tools=("scenario_list",))
    async with connect(selection=chosen) as server:
        names = await listed(server)
        assert "scenario_list" in names
        assert "scenario_get" not in names
        assert "team_list" in names


async def test_what_is_excluded_stays_so_whatever_else_is_said(connect: Connect) -> None:
    chosen = Selection(
        categories=("permissions",),
        tools=("team_delete",),
        exclude=("team_delete",),
        everything=True,
    )
    async with connect(selection=chosen) as server:
        assert "team_delete" not in await listed(server)
        for name in ("team_delete", "teams_delete", "delete-team", "TEAM-DELETE"):
            assert (await server.call(name, team_id=1)).error["code"] == "not_available"


async def test_what_is_excluded_cannot_be_reached_through_the_gateway(connect: Connect) -> None:
    async with connect(selection=Selection(exclude=("team_delete",))) as server:
        for name in ("team_delete", "delete-team"):
            told = await server.call("make_core_tool_destroy", tool=name, arguments={"team_id": 1})
            assert told.error["code"] == "not_available"


@pytest.mark.parametrize(
    "chosen",
    [
        Selection(read_only=True),
        Selection(read_only=True, everything=True),
        Selection(read_only=True, categories=("permissions",)),
        Selection(read_only=True, tools=("team_create", "team_delete", "team_list")),
    ],
    ids=["gateway", "all", "category", "tools"],
)
async def test_read_only_wins_over_everything(connect: Connect, chosen: Selection) -> None:
    async with connect(selection=chosen) as server:
        tools = (await server.client.list_tools()).tools
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
        for entry in server.kernel.surface.entries.values():
            if entry.writes:
                told = await server.call(entry.name)
                assert told.error["code"] == "not_available", entry.name
                assert "read-only" in told.text


async def test_all_lists_everything_and_no_gateway(connect: Connect, company: Company) -> None:
    async with connect(selection=Selection(everything=True)) as server:
        entries = server.kernel.surface.entries
        await company.license(entry.feature for entry in entries.values() if entry.feature)
        assert await listed(server) == set(entries)


@pytest.mark.parametrize(
    ("chosen", "near"),
    [
        (Selection(categories=("permision",)), "`permissions`"),
        (Selection(tools=("team_lst",)), "`team_list`"),
        (Selection(exclude=("team_delet",)), "`team_delete`"),
    ],
)
def test_a_choice_of_unknown_names_is_refused_with_the_nearest(
    chosen: Selection, near: str
) -> None:
    with pytest.raises(Failure) as caught:
        Kernel.of(make_mcp_core.app, Setup(selection=chosen))
    assert near in str(caught.value)


def test_the_environment_says_the_same_as_the_options() -> None:
    found = from_environment(
        {
            "MAKE_MCP_CATEGORIES": "permissions, scenarios",
            "MAKE_MCP_TOOLS": "hook_list",
            "MAKE_MCP_EXCLUDE_TOOLS": "team_delete,,",
            "MAKE_MCP_ALL": "yes",
            "MAKE_MCP_READ_ONLY": "1",
        }
    )
    assert found == Selection(
        categories=("permissions", "scenarios"),
        tools=("hook_list",),
        exclude=("team_delete",),
        everything=True,
        read_only=True,
    )
    off = {"MAKE_MCP_ALL": "0", "MAKE_MCP_READ_ONLY": "false", "MAKE_MCP_SANDBOX": "0"}
    assert from_environment(off) == Selection()
    assert Setup.from_environment(off).sandbox is None


# A caller's own choice, over HTTP


async def over_http(operator: Selection, path: str, tmp: Path, world: Path) -> dict[str, Any]:
    """List the tools, and try to delete a team, through a path and query of the caller's."""
    setup = Setup(sandbox=str(world), data_dir=tmp, selection=operator)
    kernel = Kernel.of(make_mcp_legacy.app, setup)
    app = http_app(kernel, "127.0.0.1")
    inner: Any = getattr(app, "_app")  # noqa: B009 - its lifespan runs the session manager
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    async with (
        inner.router.lifespan_context(inner),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:3000"
        ) as http,
    ):
        found: dict[str, Any] = {}
        calls = {
            "tools/list": {},
            "tools/call": {"name": "team_delete", "arguments": {"team_id": 1}},
        }
        for method, params in calls.items():
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            answer = await http.post(path, json=body, headers=headers)
            if answer.status_code != 200:
                return {"refused": answer.text}
            data = next(x for x in answer.text.splitlines() if x.startswith("data: {"))
            found[method] = json.loads(data.removeprefix("data: "))["result"]
    await kernel.aclose()
    return found


OPERATORS = {
    "one category": Selection(categories=("folders",)),
    "one tool": Selection(tools=("team_list",)),
    "category and tool": Selection(categories=("folders",), tools=("team_list",)),
    "excluded": Selection(exclude=("team_delete",)),
    "read only": Selection(read_only=True),
}
CALLERS = (
    "/mcp?all=true",
    "/mcp?tools=team_delete",
    "/mcp?tools=team_delete,team_list",
    "/mcp?categories=permissions",
    "/mcp?categories=permissions,folders&tools=team_delete",
    "/mcp?read-only=false",
    "/mcp?exclude-tools=team_list",
    "/mcp/x/permissions",
    "/mcp/x/permissions?tools=team_delete",
)


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS.keys())
async def test_a_request_never_reaches_more_than_the_operator_allows(
    operator: Selection, tmp_path: Path, seeded_world: Path
) -> None:
    world = tmp_path / "world.db"
    shutil.copy(seeded_world, world)
    allowed = Kernel.of(make_mcp_legacy.app, Setup(selection=operator)).surface.reachable(None)
    names = {entry.name for entry in allowed}
    for path in CALLERS:
        found = await over_http(operator, path, tmp_path, world)
        assert "refused" not in found, path
        shown = {t["name"] for t in found["tools/list"]["tools"]}
        assert {n for n in shown if not n.startswith("make_")} <= names, path
        told = found["tools/call"]
        assert told["isError"], path
        assert told["structuredContent"]["error"]["code"] == "not_available", path


async def test_a_request_may_narrow_the_operators_choice_further(
    tmp_path: Path, seeded_world: Path
) -> None:
    world = tmp_path / "world.db"
    shutil.copy(seeded_world, world)
    operator = Selection(categories=("permissions", "folders"))
    found = await over_http(operator, "/mcp?tools=team_list", tmp_path, world)
    shown = {t["name"] for t in found["tools/list"]["tools"]}
    assert "team_list" in shown
    assert not {"team_get", "folder_list"} & shown
    assert found["tools/call"]["isError"]


async def test_a_request_for_what_does_not_exist_is_refused_with_the_nearest(
    tmp_path: Path, seeded_world: Path
) -> None:
    found = await over_http(Selection(), "/mcp/x/permision", tmp_path, seeded_world)
    assert "permissions" in found["refused"]


# The token's rights


async def test_tools_beyond_the_tokens_scopes_are_hidden_and_the_reason_is_told(
    zone: Zone, tmp_path: Path
) -> None:
    token = zone.mint("user:read", "organizations:read", "teams:read")
    everything = Selection(everything=True)
    async with zone.connect(tmp_path, token, selection=everything) as server:
        names = await listed(server)
        assert "team_list" in names
        assert not {"team_create", "team_delete", "scenario_list", "hook_create"} & names
        hidden = (await server.call("server_info")).data["hidden"]
        assert any("teams:write" in reason for reason in hidden)
        assert sum(hidden.values()) == len(server.kernel.surface.entries) - len(names)
        told = await server.call("team_create", name="x", organization_id=1)
        assert told.error["code"] == "missing_scope"
        assert "teams:write" in told.text


async def test_search_says_why_a_tool_cannot_be_used_with_this_token(
    zone: Zone, tmp_path: Path
) -> None:
    token = zone.mint("user:read", "organizations:read", "teams:read")
    async with zone.connect(tmp_path, token) as server:
        found = await server.call("make_core_tool_search", query="create a team")
        assert "teams:write" in found.data["not_available"]["team_create"]
        assert "team_create" not in {hit["tool"] for hit in found.data["tools"]}
        through = await server.call(
            "make_core_tool_write", tool="team_create", arguments={"name": "x"}
        )
        assert through.error["code"] == "missing_scope"


async def test_the_scopes_of_one_token_do_not_stick_to_the_next(zone: Zone, tmp_path: Path) -> None:
    few, all_of_them = zone.mint("user:read", "teams:read"), zone.mint()
    everything = Selection(everything=True)
    async with (
        zone.connect(tmp_path / "a", few, selection=everything) as poor,
        zone.connect(tmp_path / "b", all_of_them, selection=everything) as rich,
    ):
        assert "team_create" not in await listed(poor)
        assert "team_create" in await listed(rich)
        assert "team_create" not in await listed(poor)


# The gateway's doors


async def test_a_door_refuses_tools_of_another_class_and_names_the_right_one(
    core: Server,
) -> None:
    right = {"read": "read", "create": "write", "update": "write", "run": "write"}
    for entry in core.kernel.surface.entries.values():
        kind = right.get(entry.effect, "destroy")
        for other in {"read", "write", "destroy"} - {kind}:
            told = await core.call(f"make_core_tool_{other}", tool=entry.name, arguments={})
            assert told.error["code"] == "wrong_gateway", entry.name
            assert f"make_core_tool_{kind}" in told.error["next_step"]


async def test_the_gateway_does_what_the_tool_does(core: Server) -> None:
    direct = await core.call("team_list", organization_id=1)
    through = await core.call(
        "make_core_tool_read", tool="list-teams", arguments='{"organizationId": "1"}'
    )
    assert direct.data == through.data


async def test_the_gateway_cannot_call_itself_or_nothing(core: Server) -> None:
    for name in ("make_core_tool_read", "make_core_tool_search", "team_lost", ""):
        told = await core.call("make_core_tool_read", tool=name, arguments={})
        assert told.error["code"] == "unknown_tool"


async def test_a_hit_can_be_called_as_it_says(core: Server) -> None:
    found = await core.call("make_core_tool_search", query="which roles are there")
    hit = next(h for h in found.data["tools"] if h["tool"] == "role_list")
    told = await core.call(hit["call_with"], tool=hit["tool"], arguments={"organization_id": 1})
    assert not told.result.is_error, told.text
