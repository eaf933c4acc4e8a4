"""A served sandbox keeps time: what is scheduled runs by itself."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

BLUEPRINT: dict[str, Any] = {
    "name": "Once, soon",
    "flow": [
        {
            "id": 1,
            "module": "util:SetVariable2",
            "version": 1,
            "parameters": {},
            "mapper": {"name": "a", "scope": "roundtrip", "value": "b"},
            "metadata": {"designer": {"x": 0, "y": 0}},
        }
    ],
    "metadata": {"version": 1, "scenario": {}, "designer": {"orphans": []}},
}


def test_an_activated_scenario_runs_on_the_machine_s_clock(tmp_path: Path) -> None:
    words = ["-m", "make_api_sandbox", "serve", "--port", "0", "--world", str(tmp_path / "w.db")]
    process = subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        banner = "".join(process.stderr.readline() for _ in range(3))
        url = banner.split("MAKE_BASE_URL=")[1].split()[0]
        headers = {"Authorization": f"Token {banner.split('MAKE_API_KEY=')[1].split()[0]}"}
        with httpx.Client(base_url=url, headers=headers, timeout=30) as api:
            scenario = _active_scenario(api)
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline and not _runs(api, scenario):
                time.sleep(0.1)
            assert _runs(api, scenario)[0]["status"] == 1
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _active_scenario(api: httpx.Client) -> int:
    organization = api.get("/organizations").json()["organizations"][0]["id"]
    team = api.get("/teams", params={"organizationId": organization}).json()["teams"][0]["id"]
    soon = datetime.now(UTC) + timedelta(seconds=3)
    made = api.post(
        "/scenarios",
        json={
            "teamId": team,
            "blueprint": json.dumps(BLUEPRINT),
            "scheduling": json.dumps({"type": "once", "date": soon.isoformat()}),
        },
    )
    made.raise_for_status()
    scenario = int(made.json()["scenario"]["id"])
    api.post(f"/scenarios/{scenario}/start").raise_for_status()
    return scenario


def _runs(api: httpx.Client, scenario: int) -> list[dict[str, Any]]:
    logs: list[dict[str, Any]] = api.get(f"/scenarios/{scenario}/logs").json()["scenarioLogs"]
    return [entry for entry in logs if "status" in entry]
