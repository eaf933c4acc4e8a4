"""A client or a server process that dies leaves one run in Make, which the next one finds."""

import json
import shutil
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from served import Zone, zone_of
from talking import INITIALIZED, Talk, initialize, note, request, talking

NAP = 300
RUN = {"wait_seconds": 600}


@pytest.fixture
def zone(seeded_world: Path, tmp_path: Path) -> Generator[Zone]:
    """A zone of its own process, so that a run outlives whoever started it."""
    world = tmp_path / "zone.db"
    shutil.copy(seeded_world, world)
    with zone_of(world) as found:
        now = found.control("GET", "/clock")["now"]
        found.control("POST", "/clock", {"set": now})
        yield found


@pytest.fixture
def token(zone: Zone) -> str:
    return zone.mint()


@pytest.fixture
def scenario(zone: Zone, token: str) -> int:
    """An on-demand scenario that sleeps three times for five minutes."""
    names = ["scenario-service:StartSubscenario", *["util:FunctionSleep"] * 3]
    flow: list[dict[str, Any]] = []
    for number, name in enumerate(names, 1):
        mapper = {"duration": NAP} if number > 1 else {}
        at = {"designer": {"x": 300 * number, "y": 0}}
        step: dict[str, Any] = {"id": number, "module": name, "version": 1, "parameters": {}}
        flow.append({**step, "mapper": mapper, "metadata": at})
    blueprint: dict[str, Any] = {
        "name": "Long",
        "flow": flow,
        "metadata": {"version": 1, "scenario": {}},
    }
    body = {
        "teamId": 1,
        "blueprint": json.dumps(blueprint),
        "scheduling": json.dumps({"type": "on-demand"}),
    }
    made = api(zone, token, "POST", "/scenarios?confirmed=true", body)["scenario"]
    api(zone, token, "POST", f"/scenarios/{made['id']}/start")
    return int(made["id"])


def api(zone: Zone, token: str, method: str, path: str, body: Any = None) -> Any:
    """Ask the zone's API past our servers."""
    headers = {"Authorization": f"Token {token}"}
    answer = zone.http.request(method, f"/api/v2{path}", headers=headers, json=body)
    answer.raise_for_status()
    return answer.json()


def tool(number: int, name: str, **arguments: Any) -> dict[str, Any]:
    """A call that hears of progress."""
    heard = {"progressToken": number}
    return request("tools/call", number, name=name, arguments=arguments, _meta=heard)


def begin(talk: Talk, scenario: int, **more: Any) -> str:
    """Call `scenario_run` and give the id of its run, as progress tells it."""
    talk.ask(initialize())
    talk.send(INITIALIZED, tool(2, "scenario_run", scenario_id=scenario, **RUN, **more))
    heard = talk.answer()
    assert heard["method"] == "notifications/progress", heard
    return next(word for word in heard["params"]["message"].split() if len(word) == 32)


def result(talk: Talk, number: int) -> dict[str, Any]:
    """The answer of a call, past the progress it tells."""
    while (message := talk.answer()).get("id") != number:
        assert message["method"] == "notifications/progress"
    return message["result"]["structuredContent"]


def runs(zone: Zone, token: str, scenario: int) -> list[str]:
    """Ids of the ended runs of a scenario."""
    found = api(zone, token, "GET", f"/scenarios/{scenario}/logs")["scenarioLogs"]
    return [entry["id"] for entry in found if "status" in entry]


@pytest.mark.parametrize("death", ["kill -9", "client gone"])
def test_a_new_server_resumes_a_run_by_its_id_after_a_death(
    zone: Zone, token: str, scenario: int, tmp_path: Path, death: str
) -> None:
    surroundings = zone.environment(token)
    with talking(tmp_path, **surroundings) as talk:
        run = begin(talk, scenario)
        if death == "kill -9":
            talk.kill()
        else:
            left = time.monotonic()
            talk.end()
            assert time.monotonic() - left < 2
    with talking(tmp_path, **surroundings) as talk:
        talk.ask(initialize())
        talk.send(INITIALIZED, tool(2, "scenario_run", scenario_id=scenario, wait_seconds=0))
        joined = result(talk, 2)
        assert (joined["status"], joined["joined"]) == ("pending", True)
        assert joined["execution_id"] == run
        zone.control("POST", "/clock", {"advance": 3 * NAP + 1})
        follow = joined["next_calls"][0]
        assert follow["arguments"] == {"scenario_id": scenario, "execution_id": run, "wait": 60}
        talk.send(tool(3, follow["tool"], **follow["arguments"]))
        assert result(talk, 3)["status"] == "success"
        talk.end()
    assert runs(zone, token, scenario) == [run]
    assert len(zone.seen("POST", f"/scenarios/{scenario}/run")) == 1


def test_a_cancelled_call_is_let_go_within_two_seconds(
    zone: Zone, token: str, scenario: int, tmp_path: Path
) -> None:
    """A stop that the call asked for shows in Make when the server took the cancellation up."""
    with talking(tmp_path, **zone.environment(token)) as talk:
        run = begin(talk, scenario, stop_on_cancel=True)
        left = time.monotonic()
        talk.send(note("notifications/cancelled", requestId=2, reason="the user left"))
        while not zone.seen("POST", f"/executions/{run}/stop"):
            assert time.monotonic() - left < 2
        talk.send(request("ping", 9))
        while talk.answer().get("id") != 9:
            assert time.monotonic() - left < 2
        talk.end()
    assert runs(zone, token, scenario) == [run]
    assert len(zone.seen("POST", f"/scenarios/{scenario}/run")) == 1
