"""`call`: arguments, tables, JSON, and an exit code for every kind of end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import make_mcp_core
import pytest
from processes import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shell
    from served import Zone

HOME = "organization_id=1"


def test_arguments_are_words_json_values_or_one_object(shell: Shell, sandbox: str) -> None:
    by_word = shell("call", "team_list", HOME, "limit=2", sandbox)
    by_value = shell("call", "team_list", "organization_id:=1", "limit:=2", sandbox)
    by_object = shell("call", "team_list", '{"organization_id": 1, "limit": 2}', sandbox)
    assert by_word.code == by_value.code == by_object.code == 0
    assert by_word.out == by_value.out == by_object.out
    assert len(json.loads(by_word.out)["teams"]) == 2


def test_options_may_stand_before_between_and_after_the_arguments(
    shell: Shell, sandbox: str
) -> None:
    orders = (
        ("call", sandbox, "team_list", HOME, "--json", "limit=1"),
        ("call", "--json", "team_list", sandbox, HOME, "limit=1"),
        ("call", "team_list", HOME, "limit=1", "--json", sandbox),
    )
    told = [shell(*words) for words in orders]
    assert [t.code for t in told] == [0, 0, 0]
    assert len({t.out for t in told}) == 1


def test_a_pipe_gets_json_and_a_person_may_ask_for_a_table(shell: Shell, sandbox: str) -> None:
    piped = shell("call", "team_list", HOME, sandbox)
    names = [team["name"] for team in json.loads(piped.out)["teams"]]
    table = shell("call", "team_list", HOME, sandbox, "--table")
    assert names
    assert all(name in table.out for name in names)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(table.out)


def test_a_plan_ends_with_code_5_and_its_plan_id_applies_it(shell: Shell, sandbox: str) -> None:
    made = shell("call", "team_create", "name=Short lived", HOME, sandbox)
    team = json.loads(made.out)["team"]["id"]
    planned = shell("call", "team_delete", f"team_id={team}", sandbox)
    assert planned.code == 5
    plan = json.loads(planned.out)["plan"]
    assert plan["applied"] is False
    there = shell("call", "team_get", f"team_id={team}", sandbox)
    assert there.code == 0
    done = shell("call", "team_delete", f"team_id={team}", f"plan_id={plan['plan_id']}", sandbox)
    assert done.code == 0
    assert shell("call", "team_get", f"team_id={team}", sandbox).code == 1


def test_a_call_that_make_refuses_ends_with_code_1(shell: Shell, sandbox: str) -> None:
    told = shell("call", "team_get", "team_id=99999999", sandbox)
    assert told.code == 1
    assert "99999999" in told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("call", "team_lost"), "team_list"),
        (("call", "team_list", "organisation_id=1"), "organization_id"),
        (("call", "team_list", "limit=many"), "limit"),
        (("call", "team_list", "no equals sign"), "key=value"),
        (("call", "team_list", "limit:=[1"), "JSON"),
        (("call", "team_list", '["a list"]'), "="),
        (("call", "team_list", "--loud"), "--loud"),
        (("conquer",), "conquer"),
        (("serve", "--http", "--port", "70000"), "65535"),
        (("serve", "--http", "--port", "0x50"), "65535"),
        (("tools", "--categories", "permisions"), "permissions"),
        (("config", "emacs"), "cursor"),
    ],
    ids=str,
)
def test_wrong_usage_ends_with_code_2_and_says_what_is_right(
    shell: Shell, sandbox: str, words: tuple[str, ...], said: str
) -> None:
    told = shell(*words, *([sandbox] if words[0] == "call" else []))
    assert told.code == 2
    assert said in told.err
    assert "Traceback" not in told.err


def test_a_missing_key_ends_with_code_3(shell: Shell) -> None:
    told = shell("call", "team_list", HOME)
    assert told.code == 3
    assert "MAKE_API_KEY" in told.err


def test_a_key_that_make_does_not_know_ends_with_code_3(shell: Shell, zone: Zone) -> None:
    wrong = zone.environment("1f0c8d4e-6a5b-4c3d-9e2f-0a1b2c3d4e5f")
    told = shell("call", "team_list", HOME, env=wrong)
    assert told.code == 3, told.err
    assert "MAKE_API_KEY" in told.err
    assert wrong["MAKE_API_KEY"] not in told.err + told.out


def test_a_zone_that_does_not_answer_ends_with_code_4(shell: Shell) -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    key = {"MAKE_API_KEY": "4b1d7a52-0c6e-4f7b-8a9d-3e5c1b2a7f60", "MAKE_RETRIES": "0"}
    told = shell("call", "team_list", HOME, env=key | {"MAKE_BASE_URL": closed})
    assert told.code == 4, told.err
    assert closed.removeprefix("http://") in told.err


@pytest.mark.parametrize("zone_name", ["mars", "http://eu1.make.com", "make.com"])
def test_a_zone_that_cannot_be_one_ends_with_code_3(shell: Shell, zone_name: str) -> None:
    told = shell("call", "user_me", "--zone", zone_name, env={"MAKE_API_KEY": "k" * 20})
    assert told.code == 3
    assert "MAKE_ZONE" in told.err


def test_help_documents_every_exit_code(shell: Shell) -> None:
    told = shell("--help")
    assert told.code == 0
    for code in ("0", "1", "2", "3", "4", "5", "130"):
        assert f"\n  {code}  " in told.out


def test_a_fault_of_our_own_is_one_sentence_and_a_trace_on_request(shell: Shell) -> None:
    def broken(argv: list[str]) -> int | None:
        raise ZeroDivisionError(f"Bearer {''.join(argv)}")

    app = make_mcp_core.app._replace(launcher=broken)
    told = shell("s3cret" * 5, app=app)
    assert told.code == 1
    assert told.err.count("\n") == 1
    assert "LOG_LEVEL=debug" in told.err
    assert "Traceback" not in told.err
    traced = shell("s3cret" * 5, app=app, env={"LOG_LEVEL": "debug"})
    assert "ZeroDivisionError" in traced.err
    assert "s3cret" not in traced.err


def test_a_world_that_is_no_world_is_told_in_a_sentence(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("This is not a world.\n" * 100)
    told = shell("call", "team_list", f"--sandbox={tmp_path / 'notes.txt'}")
    assert told.code == 3
    assert "Traceback" not in told.err
    assert "notes.txt" in told.err
