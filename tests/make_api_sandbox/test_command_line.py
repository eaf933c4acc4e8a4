"""The command line, over a real socket."""

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from make_api_sandbox.cli import main
from make_api_sandbox.mount import mount
from make_api_sandbox.seed.licences import PLANS, Plan, licence_of
from make_api_sandbox.seed.truth import truth
from make_api_sandbox.seeding import Recipe, populate, subscribe
from make_api_sandbox.tokens import OWNER_TOKEN
from make_api_sandbox.world import World


@contextmanager
def serving(*options: str) -> Generator[tuple[subprocess.Popen[str], str, str]]:
    """A server in its own process, with its base URL and token."""
    command = [sys.executable, "-m", "make_api_sandbox", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr
    assert process.stdout
    try:
        banner = "".join(process.stderr.readline() for _ in range(4))
        url = re.search(r"MAKE_BASE_URL=(\S+)", banner)
        token = re.search(r"MAKE_API_KEY=(\S+)", banner)
        assert url, banner
        assert token, banner
        yield process, url[1], token[1]
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
        process.stdout.close()


def test_a_served_world_answers_and_ends_within_two_seconds(tmp_path: Path) -> None:
    with serving("--world", str(tmp_path / "w.db"), "--clock", "driven") as (process, url, token):
        headers = {"Authorization": f"Token {token}"}
        assert httpx.get(f"{url}/users/me", headers=headers, timeout=30).status_code == 200
        assert url.endswith("/api/v2")
        control = url.removesuffix("/api/v2") + "/_sandbox"
        assert httpx.get(f"{control}/clock", timeout=30).json()["mode"] == "driven"
        httpx.post(f"{control}/faults", json={"drop": "before", "times": 1}, timeout=30)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{url}/users/me", headers=headers, timeout=30)
        with httpx.Client(timeout=30) as idle:
            assert idle.get(f"{url}/ping").text == "pong"
            began = time.monotonic()
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(timeout=10) == 0
            assert time.monotonic() - began < 2
        assert process.stdout
        assert process.stdout.read() == ""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
def test_https_is_one_option_and_the_certificate_is_the_one_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with serving("--world", ":memory:", "--tls") as (_, url, token):
        assert url.startswith("https://127.0.0.1:")
        told = ssl.create_default_context(cafile=next(tmp_path.rglob("127.0.0.1.pem")))
        headers = {"Authorization": f"Token {token}"}
        answer = httpx.get(f"{url}/users/me", headers=headers, timeout=30, verify=told)
        assert answer.status_code == 200
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(f"{url}/ping", timeout=30)


def test_a_token_is_printed_alone_on_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = ["--world", str(tmp_path / "w.db")]
    assert main(["token", "--scope", "teams:read", *world]) == 0
    assert re.fullmatch(r"[0-9a-f-]{36}\n", capsys.readouterr().out)


def test_a_busy_port_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        world = str(tmp_path / "w.db")
        assert main(["serve", "--port", str(port), "--world", world]) == 1
    error = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1:{port}" in error
    assert error.count("\n") == 1


def test_an_unwritable_file_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["reset", "--world", str(tmp_path / "file" / "w.db")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("make-api-sandbox: cannot open the world at")
    assert error.count("\n") == 1


def test_serving_another_seed_of_a_world_that_is_lived_in_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = ["--world", str(tmp_path / "w.db")]
    assert main(["reset", "--seed", "7", *world]) == 0
    assert main(["serve", "--seed", "8", "--port", "0", *world]) == 1
    assert "another seed" in capsys.readouterr().err


def test_an_answer_lost_midway_breaks_off_on_a_real_socket(tmp_path: Path) -> None:
    with World.open(tmp_path / "w.db") as world:
        populate(world, Recipe(company="smallest"))
    with serving("--world", str(tmp_path / "w.db")) as (_, url, token):
        headers = {"Authorization": f"Token {token}"}
        control = url.removesuffix("/api/v2") + "/_sandbox"
        fault = {"drop": "midway", "skew_seconds": 3600, "times": 1}
        httpx.post(f"{control}/faults", json=fault, timeout=30)
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            httpx.get(f"{url}/users/me", headers=headers, timeout=30)
        answer = httpx.get(f"{url}/users/me", headers=headers, timeout=30)
        assert answer.status_code == 200
        assert len(answer.headers.get_list("date")) == 1
        page = httpx.get(url.removesuffix("/api/v2"), timeout=30)
        assert "Berg Studio" in page.text


def test_the_truth_is_a_table_for_people_and_json_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = ["--world", str(tmp_path / "w.db")]
    assert main(["truth", *world]) == 0
    table = capsys.readouterr().out
    assert main(["truth", "--json", *world]) == 0
    told = json.loads(capsys.readouterr().out)
    with World.open(tmp_path / "w.db") as made:
        assert told == json.loads(json.dumps(truth(made)))
        names = {row["id"]: row["name"] for row in made.rows("SELECT id, name FROM scenarios")}
    regression = told["regression"]
    assert f"{names[regression['scenario_id']]} ({regression['scenario_id']})" in table
    assert f"version {regression['version']} at {regression['since']}" in table
    for member in ("secrets", "personal_data"):
        assert all(names[one["scenario_id"]] in table for one in told[member]), member
    assert all(names[ident] in table for ident in [*told["stale"], *told["naming"]["outliers"]])
    day = told["credits"][40]
    row = next(line for line in table.splitlines() if line.startswith(day["date"]))
    assert f"{day['centicredits'] / 100:.2f}" in row.split()


def test_the_truth_of_another_company_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with World.open(tmp_path / "w.db") as world:
        populate(world, Recipe(company="smallest"))
    assert main(["truth", "--world", str(tmp_path / "w.db")]) == 1
    error = capsys.readouterr().err
    assert "not filled by the default seed" in error
    assert error.count("\n") == 1


def test_a_reset_takes_seed_scale_plan_and_clock_and_keeps_what_is_not_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = ["--world", str(tmp_path / "w.db")]
    asked = ["--seed", "3", "--scale", "2", "--plan", "enterprise", "--clock", "driven"]
    assert main(["reset", *asked, *world]) == 0
    assert "seed 3, scale 2, plan enterprise" in capsys.readouterr().err
    assert main(["reset", "--scale", "1", *world]) == 0
    with World.open(tmp_path / "w.db") as made:
        assert Recipe.of(made) == Recipe(seed=3, scale=1, plan="enterprise")
        assert made.clock.mode == "driven"
        licences = made.rows("SELECT service_name, license FROM organizations")
        assert [row["service_name"] for row in licences] == ["Enterprise", "Enterprise"]
        assert all(row["license"] == licence_of("enterprise") for row in licences)
        assert made.value("SELECT 1 FROM tokens WHERE token = ?", OWNER_TOKEN)


@pytest.mark.parametrize(
    ("options", "says"), [(["--scale", "0"], "at least 1"), (["--scale", "3"], "another scale")]
)
def test_a_scale_that_does_not_fit_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    with World.open(tmp_path / "w.db") as world:
        populate(world, Recipe(company="smallest"))
    words = ["serve", "--port", "0", "--world", str(tmp_path / "w.db"), *options]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.anyio
@pytest.mark.parametrize("plan", PLANS)
async def test_what_an_organization_may_do_follows_from_its_plan(plan: Plan) -> None:
    mounted = mount(":memory:", Recipe(company="smallest"))
    subscribe(mounted.sandbox.world, plan)
    async with mounted.client() as make:
        organization = (await make.get("/organizations/1")).json()["organization"]
        variable = {"name": "limit", "value": 5, "typeId": 1}
        allowed = {
            "variables": (await make.post("/teams/1/variables", json=variable)).status_code,
            "audit": (await make.get("/audit-logs/organization/1")).status_code,
            "functions": (await make.get("/functions", params={"teamId": 1})).status_code,
        }
    await mounted.close()
    assert organization["serviceName"] == plan.capitalize()
    calls = {"free": 30, "core": 60, "pro": 120, "teams": 240, "enterprise": 1000}
    assert organization["license"]["apiLimit"] == calls[plan]
    assert {name for name, status in allowed.items() if status == 200} == {
        "free": set[str](),
        "core": set[str](),
        "pro": {"variables"},
        "teams": {"variables", "audit"},
        "enterprise": {"variables", "audit", "functions"},
    }[plan]
