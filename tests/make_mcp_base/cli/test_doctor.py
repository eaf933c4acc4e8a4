"""`doctor`: everything a first call needs is really looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from processes import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shell
    from processes import Finished
    from served import Zone

KEY = "b7f3a1c2-5d4e-4f6a-8b9c-0d1e2f3a4b5c"


def checks(told: Finished) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(told.out)["checks"]}


def test_a_sandbox_is_well(shell: Shell, sandbox: str) -> None:
    told = shell("doctor", sandbox, "--json")
    assert told.code == 0
    assert json.loads(told.out)["status"] == "healthy"
    assert {"make", "organizations", "scopes", "store", "data"} <= set(checks(told))


def test_without_a_key_it_says_where_to_get_one(shell: Shell) -> None:
    told = shell("doctor", "--json")
    assert told.code == 1
    assert checks(told)["make"]["status"] == "failed"
    assert "MAKE_API_KEY" in told.out + told.err


def test_a_zone_that_does_not_answer_is_named(shell: Shell) -> None:
    port = free_port()
    here = {"MAKE_BASE_URL": f"http://127.0.0.1:{port}", "MAKE_RETRIES": "0"}
    told = shell("doctor", "--json", env=here | {"MAKE_API_KEY": KEY})
    assert told.code == 1
    make = checks(told)["make"]
    assert f"127.0.0.1:{port}" in make["detail"]
    assert "MAKE_ZONE" in make["fix"]


def test_a_key_of_another_zone_is_told_as_such(shell: Shell, zone: Zone) -> None:
    told = shell("doctor", "--json", env=zone.environment(KEY))
    assert told.code == 1
    assert checks(told)["make"]["status"] == "failed"
    assert KEY not in told.out + told.err


def test_a_token_without_some_scopes_is_a_warning_that_names_them(shell: Shell, zone: Zone) -> None:
    token = zone.mint("user:read", "organizations:read", "teams:read")
    told = shell("doctor", "--json", env=zone.environment(token))
    assert told.code == 0
    assert json.loads(told.out)["status"] == "degraded"
    assert "teams:write" in checks(told)["scopes"]["detail"]


def test_a_default_team_that_is_not_there_is_a_fault_with_the_choices(
    shell: Shell, zone: Zone
) -> None:
    told = shell("doctor", "--json", env=zone.environment(MAKE_TEAM_ID="424242"))
    assert told.code == 1
    assert "MAKE_TEAM_ID" in checks(told)["defaults"]["detail"]


def test_a_data_directory_that_cannot_be_written_is_a_fault(
    shell: Shell, zone: Zone, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    place = {"MAKE_MCP_DATA_DIR": str(tmp_path / "file" / "data")}
    told = shell("doctor", "--json", "--fix", env=zone.environment() | place)
    assert told.code == 1
    assert checks(told)["data"]["status"] == "failed"
    assert "MAKE_MCP_DATA_DIR" in told.err
    assert "Traceback" not in told.err


def test_fix_makes_the_data_directory_and_closes_it_to_others(
    shell: Shell, zone: Zone, tmp_path: Path
) -> None:
    place = tmp_path / "data"
    place.mkdir(mode=0o755)
    place.chmod(0o755)
    told = shell("doctor", "--fix", env=zone.environment())
    assert told.code == 0, told.out
    assert place.stat().st_mode & 0o777 == 0o700
    assert str(place) in told.err
    again = shell("doctor", "--fix", env=zone.environment())
    assert str(place) not in again.err


def test_a_table_is_drawn_for_people(shell: Shell, sandbox: str) -> None:
    told = shell("doctor", sandbox)
    assert told.code == 0
    assert "healthy" in told.out
    assert "store" in told.out
