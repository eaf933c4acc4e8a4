"""Answers and rights that are kept for the next start, and when they hold no more."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from make_mcp_base.server.answers import Answers
from make_mcp_base.server.kept import Kept, states_of
from make_mcp_base.setup import Setup
from make_mcp_base.surface.rights import Rights, recall, remember
from processes import environment
from served import zone_of
from talking import initialize, request, talking

ANSWERS = Answers(b'{"a":1}', b'{"b":2}', b"[]", b'{"c":3}')
KEY = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept("make-mcp-core", ["serve"], {"MAKE_MCP_DATA_DIR": str(tmp_path / "data")})


def names(tmp: Path, *words: str, **more: str) -> list[str]:
    """The tools a server lists."""
    with talking(tmp, *words, **more) as talk:
        talk.ask(initialize())
        tools = [tool["name"] for tool in talk.ask(request("tools/list", 2))["result"]["tools"]]
        talk.end()
    return tools


def test_answers_are_given_back_as_they_were(kept: Kept, tmp_path: Path) -> None:
    assert kept.read() is None
    kept.write(ANSWERS, states_of([str(tmp_path / "absent"), __file__]))
    found = kept.read()
    assert found is not None
    assert found.lines == ANSWERS.lines


@pytest.mark.parametrize("change", ["touched", "longer", "gone", "come"])
def test_a_changed_file_makes_answers_void(change: str, kept: Kept, tmp_path: Path) -> None:
    file = tmp_path / "catalog.json"
    if change != "come":
        file.write_text("{}")
    kept.write(ANSWERS, states_of([str(file)]))
    assert kept.read() is not None
    if change == "touched":
        os.utime(file, ns=(1, 1))
    elif change == "gone":
        file.unlink()
    else:
        file.write_text("{ }")
    assert kept.read() is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null\na\nb\nc\nd", b"\xff\n", b"[[1]]\na\nb\nc\nd"]
)
def test_what_cannot_be_read_is_passed_over(content: bytes, kept: Kept) -> None:
    kept.write(ANSWERS, [])
    Path(kept.file).write_bytes(content)
    assert kept.read() is None


def test_other_words_or_another_token_have_other_answers(tmp_path: Path) -> None:
    data = {"MAKE_MCP_DATA_DIR": str(tmp_path)}
    cases = [
        Kept("a", [], data),
        Kept("b", [], data),
        Kept("a", ["--all"], data),
        Kept("a", [], data | {"MAKE_API_KEY": KEY}),
        Kept("a", [], data | {"MAKE_MCP_READ_ONLY": "1"}),
    ]
    assert len({case.file for case in cases}) == len(cases)
    assert Kept("a", [], data | {"TERM": "xterm"}).file == cases[0].file


def test_nothing_kept_holds_the_token(tmp_path: Path) -> None:
    names(tmp_path, MAKE_API_KEY=KEY)
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert KEY not in path.name
        assert KEY.encode() not in path.read_bytes()
    assert stat.S_IMODE((tmp_path / "data" / "answers").stat().st_mode) == 0o700


def test_a_place_that_cannot_be_written_changes_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert names(tmp_path, MAKE_MCP_DATA_DIR=str(tmp_path / "file"))


def test_tools_are_listed_by_the_rights_the_last_run_learned(tmp_path: Path) -> None:
    everything = names(tmp_path, "--all", MAKE_API_KEY=KEY)
    told = environment(tmp_path, MAKE_API_KEY=KEY)
    file = Setup.from_environment(told).rights_file
    assert file is not None
    remember(file, Rights(frozenset({"teams:read"}), None))
    fewer = names(tmp_path, "--all", MAKE_API_KEY=KEY)
    assert "team_list" in fewer
    assert set(fewer) < set(everything)
    assert names(tmp_path, "--all", MAKE_API_KEY=KEY, MAKE_MCP_FRONT="0") == fewer
    assert names(tmp_path, "--all", MAKE_API_KEY=KEY.replace("1", "9")) == everything


@pytest.mark.anyio
async def test_rights_are_learned_when_a_call_reads_the_account(
    seeded_world: Path, tmp_path: Path
) -> None:
    world = tmp_path / "world.db"
    shutil.copy(seeded_world, world)
    with zone_of(world) as zone:
        token = zone.mint("user:read", "teams:read")
        async with zone.connect(tmp_path / "data", token) as server:
            await server.call("user_me")
            file = server.kernel.setup.rights_file
            assert file is not None
            rights = recall(file)
    assert rights is not None
    assert rights.has("teams:read")
    assert not rights.has("scenarios:write")


@pytest.mark.parametrize("rights", [Rights(), Rights(frozenset({"a"}), frozenset({"b", "c"}))])
def test_rights_are_recalled_as_remembered(rights: Rights, tmp_path: Path) -> None:
    remember(tmp_path / "deep" / "rights.json", rights)
    assert recall(tmp_path / "deep" / "rights.json") == rights


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"scopes": "a", "features": null}', "\0"])
def test_rights_that_cannot_be_read_are_not_recalled(text: str, tmp_path: Path) -> None:
    (tmp_path / "rights.json").write_text(text)
    assert recall(tmp_path / "rights.json") is None


def test_changed_catalogs_are_listed_at_the_next_start(tmp_path: Path) -> None:
    before = names(tmp_path)
    again = names(tmp_path, MAKE_MCP_EXCLUDE_TOOLS="server_info")
    assert set(before) - set(again) == {"server_info"}
