"""`config`: entries for MCP clients, merged into files that belong to other people."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, StdioServerParameters
from processes import environment

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shell

CLIENTS = ("claude-desktop", "claude-code", "cursor", "vscode")
KEYS = dict.fromkeys(CLIENTS, "mcpServers") | {"vscode": "servers"}
ENTRIES = ("make-core-server", "make-analytics-server", "make-fastmcp-server-legacy")
FOREIGN = {
    "theme": "dark",
    "mcpServers": {"zebra": {"command": "zebra", "args": ["--stripes"]}, "apple": {"url": "x"}},
    "servers": {"zebra": {"command": "zebra"}, "apple": {"url": "x"}},
    "after": [3, 1, 2],
}


@pytest.mark.parametrize("client", CLIENTS)
def test_it_prints_three_entries_with_their_timeouts(
    shell: Shell, tmp_path: Path, client: str
) -> None:
    told = shell("config", client, "--sandbox")
    servers: dict[str, Any] = json.loads(told.out)[KEYS[client]]
    assert tuple(servers) == ENTRIES
    if client != "vscode":
        assert [s["timeout"] for s in servers.values()] == [30_000, 30_000, 45_000]
    assert not any(path.is_file() for path in tmp_path.rglob("*.json"))
    assert "--write" in told.err


@pytest.mark.parametrize("client", CLIENTS)
def test_writing_keeps_what_others_wrote_and_its_order(
    shell: Shell, tmp_path: Path, client: str
) -> None:
    file = tmp_path / "client.json"
    file.write_text(json.dumps(FOREIGN, indent=4))
    told = shell("config", client, "--write", "--file", str(file))
    assert told.code == 0, told.err
    after: dict[str, Any] = json.loads(file.read_text())
    assert list(after)[: len(FOREIGN)] == list(FOREIGN)
    key = KEYS[client]
    assert list(after[key]) == ["zebra", "apple", *ENTRIES]
    kept = {name: after[key][name] for name in ("zebra", "apple")}
    assert kept == FOREIGN[key]
    assert {k: v for k, v in after.items() if k not in (key, "inputs")} == {
        k: v for k, v in FOREIGN.items() if k != key
    }


@pytest.mark.parametrize("client", CLIENTS)
def test_the_file_before_is_kept_and_a_second_write_changes_nothing(
    shell: Shell, tmp_path: Path, client: str
) -> None:
    file = tmp_path / "client.json"
    before = json.dumps(FOREIGN)
    file.write_text(before)
    shell("config", client, "--write", "--file", str(file))
    backups = list(tmp_path.glob("client.json.*.bak"))
    assert [backup.read_text() for backup in backups] == [before]
    written = file.read_bytes()
    again = shell("config", client, "--write", "--file", str(file))
    assert again.code == 0
    assert file.read_bytes() == written
    assert list(tmp_path.glob("client.json.*.bak")) == backups


@pytest.mark.parametrize(
    ("client", "place"),
    [
        ("claude-code", ".mcp.json"),
        ("cursor", ".cursor/mcp.json"),
        pytest.param(
            "claude-desktop",
            ".config/Claude/claude_desktop_config.json",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="its place differs"),
        ),
        pytest.param(
            "vscode",
            ".config/Code/User/mcp.json",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="its place differs"),
        ),
    ],
)
def test_a_file_that_is_not_there_yet_is_made_in_the_clients_own_place(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: str, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = shell("config", client, "--write", "--only", "core")
    assert told.code == 0, told.err
    assert list(json.loads((tmp_path / place).read_text())[KEYS[client]]) == ["make-core-server"]
    assert not list((tmp_path / place).parent.glob("*.bak"))


BROKEN = {
    "cut short": '{"mcpServers": {',
    "with comments": '{\n  // my servers\n  "mcpServers": {}\n}',
    "with a trailing comma": '{"mcpServers": {},}',
    "a list": '["mcpServers"]',
    "servers that are a list": '{"mcpServers": []}',
    "servers that are nothing": '{"mcpServers": null}',
    "not text": "\x00\x01",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_file_it_does_not_understand_is_left_alone(
    shell: Shell, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "client.json"
    file.write_text(text)
    told = shell("config", "cursor", "--write", "--file", str(file))
    assert told.code == 1
    assert file.read_text() == text
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("client")] == [
        "client.json"
    ]
    assert str(file) in told.err
    assert "Traceback" not in told.err


def test_entries_of_an_unexpected_shape_are_replaced_and_not_stumbled_over(
    shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "client.json"
    file.write_text('{"servers": {"make-core-server": null}, "inputs": ["odd", {"id": "mine"}]}')
    told = shell("config", "vscode", "--write", "--only", "core", "--file", str(file))
    assert told.code == 0, told.err
    after = json.loads(file.read_text())
    assert after["servers"]["make-core-server"]["command"]
    assert after["inputs"][:2] == ["odd", {"id": "mine"}]
    assert after["inputs"][2]["password"] is True


def test_a_directory_that_cannot_be_written_is_told(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told = shell("config", "cursor", "--write", "--file", str(tmp_path / "file" / "mcp.json"))
    assert told.code == 1
    assert "was not changed" in told.err
    assert "Traceback" not in told.err


def test_a_link_to_the_real_file_stays_a_link(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "mcp.json"
    real.write_text("{}")
    link = tmp_path / "mcp.json"
    link.symlink_to(real)
    assert shell("config", "cursor", "--write", "--file", str(link)).code == 0
    assert link.is_symlink()
    assert "make-core-server" in json.loads(real.read_text())["mcpServers"]


def test_what_the_person_set_in_an_entry_is_kept(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "client.json"
    shell("config", "claude-desktop", "--write", "--file", str(file))
    written = json.loads(file.read_text())
    mine = {"MAKE_API_KEY": "my own key", "MAKE_ZONE": "us2", "HTTPS_PROXY": "http://proxy:3128"}
    written["mcpServers"]["make-core-server"]["env"] = mine
    file.write_text(json.dumps(written))
    shell("config", "claude-desktop", "--write", "--file", str(file), env={"MAKE_ZONE": "eu1"})
    assert json.loads(file.read_text())["mcpServers"]["make-core-server"]["env"] == mine


def test_a_client_that_can_refer_to_a_key_never_gets_the_key_itself(
    shell: Shell, tmp_path: Path
) -> None:
    key = "9d3b6f1e-2a4c-4d5e-8f7a-6b5c4d3e2f1a"
    for client in ("claude-code", "cursor", "vscode"):
        told = shell("config", client, env={"MAKE_API_KEY": key})
        assert key not in told.out
        assert "MAKE_API_KEY" in told.out


def test_only_names_the_servers_to_write(shell: Shell) -> None:
    told = shell("config", "cursor", "--only", "core,analytics")
    assert tuple(json.loads(told.out)["mcpServers"]) == ENTRIES[:2]
    wrong = shell("config", "cursor", "--only", "cores")
    assert wrong.code == 2
    assert "core, analytics, legacy" in wrong.err


def test_without_a_client_it_lists_them(shell: Shell) -> None:
    told = shell("config")
    assert told.code == 0
    assert [line.split()[0] for line in told.out.splitlines()] == list(CLIENTS)


@pytest.mark.anyio
@pytest.mark.parametrize("entry", ENTRIES)
async def test_a_written_entry_starts_a_server_that_answers(
    shell: Shell, sandbox: str, tmp_path: Path, entry: str
) -> None:
    file = tmp_path / "client.json"
    assert shell("config", "claude-desktop", sandbox, "--write", "--file", str(file)).code == 0
    written = json.loads(file.read_text())["mcpServers"][entry]
    target = StdioServerParameters(
        command=written["command"],
        args=written["args"],
        env=environment(tmp_path) | written["env"],
    )
    async with Client(target) as client:
        health = await client.call_tool("health_check", {})
    assert health.structured_content is not None
    assert health.structured_content["status"] == "healthy"
