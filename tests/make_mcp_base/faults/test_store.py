"""A store that cannot be used: reading goes on, nothing is changed that cannot be recorded."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from make_mcp_base.store.open import STORE_FILE
from processes import command, environment

if TYPE_CHECKING:
    from pathlib import Path

    from harness import Server
    from served import Zone

pytestmark = pytest.mark.anyio


def store_of(data_dir: Path, zone: Zone) -> Path:
    """Where a server with this data directory keeps its store for the zone."""
    host = zone.url.removeprefix("http://").replace(":", "_")
    (data_dir / host).mkdir(parents=True, exist_ok=True)
    return data_dir / host / STORE_FILE


async def refuses_writes_and_reads_on(server: Server, zone: Zone, code: str) -> None:
    told = await server.call("team_create", name="Unrecorded", organization_id=1)
    assert told.error["code"] == code, told.text
    assert told.error["next_step"]
    assert zone.seen("POST") == []
    assert (await server.call("team_list", organization_id=1)).data["teams"]
    health = (await server.call("health_check")).data
    assert health["status"] == "unhealthy"
    assert "store" in {c["name"] for c in health["checks"] if c["status"] == "failed"}


async def test_a_file_of_something_else_is_left_untouched(zone: Zone, tmp_path: Path) -> None:
    file = store_of(tmp_path, zone)
    file.write_bytes(b"Minutes of the meeting. " * 400)
    before = file.read_bytes()
    async with zone.connect(tmp_path) as server:
        await refuses_writes_and_reads_on(server, zone, "store_foreign")
    assert file.read_bytes() == before


async def test_a_database_of_another_program_is_left_untouched(zone: Zone, tmp_path: Path) -> None:
    file = store_of(tmp_path, zone)
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
        other.commit()
    async with zone.connect(tmp_path) as server:
        await refuses_writes_and_reads_on(server, zone, "store_foreign")
    with closing(sqlite3.connect(file)) as other:
        tables = other.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("songs",)]


async def test_a_store_of_a_newer_release_is_left_untouched(zone: Zone, tmp_path: Path) -> None:
    async with zone.connect(tmp_path) as server:
        await server.call("team_create", name="Recorded", organization_id=1)
    with closing(sqlite3.connect(store_of(tmp_path, zone))) as later:
        later.execute("PRAGMA user_version = 9999")
        later.commit()
    zone.heal()
    async with zone.connect(tmp_path) as server:
        await refuses_writes_and_reads_on(server, zone, "store_newer")


async def test_a_store_that_another_program_locks_stops_the_write_before_it_is_sent(
    zone: Zone, tmp_path: Path
) -> None:
    async with zone.connect(tmp_path) as server:
        await server.call("team_create", name="Before the lock", organization_id=1)
        zone.heal()
        with closing(sqlite3.connect(store_of(tmp_path, zone))) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            told = await server.call("team_create", name="During the lock", organization_id=1)
            assert told.error["code"] == "store_busy"
            assert told.error["retryable"] is True
            assert zone.seen("POST") == []
            holder.rollback()
        again = await server.call("team_create", name="After the lock", organization_id=1)
        assert again.data["team"]["name"] == "After the lock"


@pytest.mark.skipif(sys.platform == "win32", reason="limits of processes are POSIX")
def test_a_disk_without_room_stops_the_write_before_it_is_sent(zone: Zone, tmp_path: Path) -> None:
    words = command("make_mcp_core", "call", "team_create", "name=No room", "organization_id=1")
    limited = ["bash", "-c", 'ulimit -f 8; exec "$@"', "call", *words]
    done = subprocess.run(
        limited,
        capture_output=True,
        text=True,
        # The limit would cut compiled modules short as well, for everybody who runs them later.
        env=environment(tmp_path, PYTHONDONTWRITEBYTECODE="1", **zone.environment()),
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "store" in done.stderr
    assert zone.seen("POST") == []


async def test_a_data_directory_that_cannot_be_made_stops_writes_only(
    zone: Zone, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    async with zone.connect(tmp_path / "file" / "data") as server:
        told = await server.call("team_create", name="Nowhere", organization_id=1)
        assert told.error["next_step"]
        assert zone.seen("POST") == []
        assert (await server.call("team_list", organization_id=1)).data["teams"]
