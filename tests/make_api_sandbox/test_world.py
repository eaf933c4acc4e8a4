"""The world itself: files, transactions, time, seeds and steering."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.mount import mount
from make_api_sandbox.roles import install_built_in_roles
from make_api_sandbox.seeding import smallest_company, start_over
from make_api_sandbox.world import World, WorldError

if TYPE_CHECKING:
    from datetime import datetime

    from .conftest import Studio

pytestmark = pytest.mark.anyio


def names(world: World) -> list[str]:
    return [row["name"] for row in world.rows("SELECT name FROM folders ORDER BY id")]


async def test_two_openings_of_a_file_see_each_others_writes(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    with closing(World.open(path)) as first, closing(World.open(path)) as second:
        smallest_company_with_roles(first)
        assert second.value("SELECT name FROM teams") == "Studio"
        second.insert("folders", team_id=1, name="A")
        assert names(first) == ["A"]
        second.clock.freeze(parse_stamp("2026-01-02T03:04:05Z"))
        assert (first.clock.mode, first.clock.stamp()) == ("driven", "2026-01-02T03:04:05.000Z")


def smallest_company_with_roles(world: World) -> None:
    install_built_in_roles(world)
    smallest_company(world)


WRITER = """
import sys
from make_api_sandbox.world import World
world = World.open(sys.argv[1])
for _ in range(40):
    with world.write():
        world.insert("folders", team_id=1, name=world.fresh_hex())
"""


def test_processes_writing_at_once_lose_nothing_and_share_no_name(tmp_path: Path) -> None:
    with closing(World.open(tmp_path / "w.db")) as world:
        smallest_company_with_roles(world)
        command = [sys.executable, "-c", WRITER, str(tmp_path / "w.db")]
        writers = [subprocess.Popen(command) for _ in range(3)]
        assert [writer.wait(60) for writer in writers] == [0, 0, 0]
        assert len(set(names(world))) == 120


async def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    with closing(World.open(tmp_path / "w.db")) as world:
        smallest_company_with_roles(world)
        rows = [{"team_id": team, "name": "A"} for team in (1, 99)]
        with pytest.raises(sqlite3.IntegrityError):
            world.insert_many("folders", rows)
        assert names(world) == []


async def test_the_same_seed_gives_the_same_names_and_another_does_not() -> None:
    def history(seed: int) -> tuple[str, str, str]:
        with closing(World.open(":memory:")) as world:
            world.reset(seed)
            return world.fresh_hex(), world.fresh_udid(), world.fresh_uuid()

    assert history(5) == history(5)
    assert not set(history(5)) & set(history(6))


async def test_a_newer_schema_is_refused_in_one_line(tmp_path: Path) -> None:
    World.open(tmp_path / "w.db").close()
    with closing(sqlite3.connect(tmp_path / "w.db")) as database, database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    with pytest.raises(WorldError, match="newer schema") as refusal:
        World.open(tmp_path / "w.db")
    assert "\n" not in str(refusal.value)


async def test_a_file_that_is_no_world_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.db").write_bytes(b"not a database, but long enough to look at" * 30)
    with pytest.raises(WorldError, match="cannot open"):
        World.open(tmp_path / "w.db")


async def test_a_refused_call_undoes_what_it_wrote(studio: "Studio") -> None:
    before = studio.world.value("SELECT count(*) FROM users")
    studio.world.execute("DELETE FROM roles WHERE id = 14")
    body = {"email": "new@example.org", "name": "New", "teamsId": [2]}
    assert (await studio.call("POST", "/organizations/1/invite", body)).status_code == 404
    assert studio.world.value("SELECT count(*) FROM users") == before


# Mounting


async def test_a_mounted_world_survives_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "world.db"
    for _ in range(2):
        mounted = mount(str(path))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(mounted.app), base_url=mounted.base_url
        ) as client:
            headers = {"Authorization": f"Token {mounted.token}"}
            me = await client.get("/users/me", headers=headers)
            assert me.status_code == 200
            organization = await client.get("/organizations", headers=headers)
            assert organization.json()["organizations"]
        assert mounted.world_path == path
        await mounted.close()


async def test_starting_over_keeps_the_ready_token_and_forgets_the_rest() -> None:
    mounted = mount(":memory:")
    world = mounted.sandbox.world
    teams = world.value("SELECT count(*) FROM teams")
    world.insert("teams", organization_id=1, name="Extra")
    start_over(world, 2)
    assert world.value("SELECT count(*) FROM teams") == teams
    assert world.value("SELECT 1 FROM tokens WHERE token = ?", mounted.token) == 1
    await mounted.close()


# Time


async def test_moving_the_clock_tells_the_listeners_in_order(studio: "Studio") -> None:
    told: list[datetime] = []

    async def listen(moment: "datetime") -> None:
        told.append(moment)

    studio.world.clock.subscribe(listen)
    await studio.control("POST", "/clock", {"set": "2026-05-01T00:00:00Z"})
    shown = await studio.control("POST", "/clock", {"advance": 90})
    assert shown == {"mode": "driven", "now": "2026-05-01T00:01:30.000Z"}
    assert [one.minute for one in told] == [0, 1]
    assert (await studio.control("POST", "/clock", {"release": True}))["mode"] == "real"


@pytest.mark.parametrize("body", [{"set": "soon"}, {"advance": -1}, {"advance": "5"}, {"go": 1}])
async def test_a_senseless_move_of_the_clock_is_400(
    studio: "Studio", body: dict[str, object]
) -> None:
    answer = await studio.http.post("/_sandbox/clock", json=body)
    assert answer.status_code == 400
    assert studio.world.clock.stamp() == "2026-03-04T08:30:15.000Z"


# Steering and watching


async def test_the_request_log_shows_what_was_sent_and_answered(studio: "Studio") -> None:
    await studio.call("POST", "/scenarios-folders", {"name": "A", "teamId": 1})
    await studio.call("GET", "/teams/2")
    log = (await studio.control("GET", "/requests"))["requests"]
    assert [(one["method"], one["path"], one["status"]) for one in log] == [
        ("POST", "/api/v2/scenarios-folders", 200),
        ("GET", "/api/v2/teams/2", 403),
    ]
    assert log[0]["body"] == {"name": "A", "teamId": 1}
    assert (log[0]["user_id"], log[0]["organization_id"]) == (1, 1)
    found = await studio.http.get("/_sandbox/requests", params={"method": "GET", "limit": 1})
    assert len(found.json()["requests"]) == 1
    await studio.control("DELETE", "/requests")
    assert (await studio.control("GET", "/requests"))["requests"] == []


async def test_the_world_is_steered_by_id(studio: "Studio") -> None:
    body = {"accountName": "Make", "accountType": "make", "apiKey": "k", "url": "u"}
    made = (await studio.post("/connections", body, teamId=1))["connection"]["id"]
    await studio.control(
        "PATCH",
        "/world",
        {
            "licenses": {"1": {"teams": 3, "retention": None}},
            "connections": {str(made): {"state": "broken"}},
            "rate_limits": False,
        },
    )
    license = (await studio.get("/organizations/1"))["organization"]["license"]
    assert license["teams"] == 3
    assert "retention" not in license
    assert (await studio.call("POST", f"/connections/{made}/test")).status_code == 424
    studio.license(apiLimit=1)
    for _ in range(3):
        await studio.get("/teams/1")


async def test_steering_refuses_what_it_does_not_know_and_changes_nothing(
    studio: "Studio",
) -> None:
    changes: list[tuple[dict[str, object], int]] = [
        ({"organizations": {"1": {"is_paused": True}}, "hooks": {"9": {"gone": True}}}, 404),
        ({"connections": {"1": {"state": "sad"}}}, 400),
        ({"organizations": {"1": {"name": "X"}}}, 400),
        ({"moons": {}}, 400),
    ]
    for body, status in changes:
        answer = await studio.http.patch("/_sandbox/world", json=body)
        assert answer.status_code == status, body
    row = studio.world.get("organizations", 1)
    assert row
    assert row["is_paused"] is False


async def test_seeding_a_world_that_is_lived_in_is_refused(studio: "Studio") -> None:
    answer = await studio.http.post("/_sandbox/seed", json={})
    assert answer.status_code == 400
    again = await studio.control("POST", "/reset", {"seed": 4})
    assert again["seed"] == 4
    assert again["world"]["users"] >= 1
    await studio.get("/users/me")


async def test_a_hook_address_is_reached_by_path_and_by_host(studio: "Studio") -> None:
    async def seen(url: str) -> tuple[int, str]:
        answer = await studio.http.get(url)
        return answer.status_code, answer.text

    by_path = await seen("http://sandbox.test/hook/nobodylistenshere")
    assert by_path[0] == 410
    assert await seen("http://hook.eu1.make.com/nobodylistenshere") == by_path
