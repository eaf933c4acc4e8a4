"""Steering the world through `/_sandbox/`."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

AGENT = "0d6c9d1e-6a50-4c1b-8f0e-2f5f4a1f7b11"


async def refused(studio: "Studio", method: str, path: str, body: Any) -> list[str]:
    """The members at fault in a body that must be refused."""
    answer = await studio.http.request(method, f"/_sandbox{path}", json=body)
    assert answer.status_code == 400, answer.text
    said = answer.json()
    assert said["code"] == "SC400"
    return [one["name"] for one in said.get("suberrors", [])]


# On-prem agents and devices


async def test_an_on_prem_agent_falls_silent_and_comes_back(studio: "Studio") -> None:
    studio.license(onPremAgent=True)
    row = {"name": "Cellar", "status": "REGISTERED", "created": studio.world.clock.stamp()}
    studio.world.insert("on_prem_agents", id=AGENT, organization_id=1, **row)
    for status, connected, alerted in (
        ("ACTIVE", True, False),
        ("NOT_RESPONDING", False, True),
        ("STOPPED", False, False),
    ):
        change = {"agents": {AGENT: {"status": status, "version": "2.1"}}}
        assert await studio.control("PATCH", "/world", change) == {"changed": {"agents": 1}}
        shown = (await studio.get(f"/agents/{AGENT}", organizationId=1))["agent"]
        assert (shown["status"], shown["connected"], shown["alerted"]) == (
            status,
            connected,
            alerted,
        )
        assert shown["lastConnectionDate"] == "2026-03-04T08:30:15.000Z"
    assert shown["version"] == "2.1"


async def test_a_requested_device_is_paired_and_its_queues_are_filled(studio: "Studio") -> None:
    asked = await studio.post("/devices/request", {"name": "Phone", "teamId": 1})
    udid = asked["createDeviceRequest"]["udid"]
    info = {"os": "android", "brand": "b", "model": "m", "osversion": "1", "appversion": "2"}
    body = {"udid": udid, "scopes": ["call", "geolocation"], "info": info}
    device = (await studio.control("POST", "/devices", body))["device"]["id"]
    shown = (await studio.get(f"/devices/{device}"))["device"]
    assert (shown["name"], shown["udid"], shown["info"]) == ("Phone", udid, info)
    again = await studio.http.post("/_sandbox/devices", json=body)
    assert again.status_code == 404
    for direction in ("incoming", "outgoing"):
        message = {"direction": direction, "scope": "call", "data": {"number": "555"}}
        made = await studio.control("POST", f"/devices/{device}/messages", message)
        listed = (await studio.get(f"/devices/{device}/{direction}s"))[f"{direction}s"]
        assert [(one["id"], one["size"]) for one in listed] == [(made["message"]["id"], 16)]
    nobody: dict[str, Any] = {"direction": "incoming", "scope": "call", "data": {}}
    assert (await studio.http.post("/_sandbox/devices/9/messages", json=nobody)).status_code == 404


async def test_the_world_counts_every_kind_of_thing(studio: "Studio") -> None:
    counted = (await studio.control("GET", "/world"))["world"]
    assert {"devices", "custom_functions", "ai_agents", "templates", "audit_logs"} <= set(counted)
    assert (counted["organizations"], counted["devices"]) == (2, 0)
    assert not {"settings", "sqlite_sequence"} & set(counted)


# What makes no sense


@pytest.mark.parametrize(
    ("method", "path", "body", "names"),
    [
        ("PATCH", "/world", {"licenses": {"1": 5}}, ["licenses.1"]),
        ("PATCH", "/world", {"licenses": []}, ["licenses"]),
        ("PATCH", "/world", {"connections": {"1": {"state": ["sad"]}}}, ["connections.1.state"]),
        ("PATCH", "/world", {"connections": {"1": {"expire": 5}}}, ["connections.1.expire"]),
        ("PATCH", "/world", {"connections": {"1": None}}, ["connections.1"]),
        ("PATCH", "/world", {"hooks": {"1": {"gone": "yes"}}}, ["hooks.1.gone"]),
        (
            "PATCH",
            "/world",
            {"scenarios": {"1": {"is_active": 1, "consecutive_errors": -1, "name": "x"}}},
            ["scenarios.1.name", "scenarios.1.is_active", "scenarios.1.consecutive_errors"],
        ),
        ("PATCH", "/world", {"organizations": {"1": {"service_name": 5}}}, None),
        ("PATCH", "/world", {"agents": {AGENT: {"status": "GONE"}}}, [f"agents.{AGENT}.status"]),
        ("PATCH", "/world", {"rate_limits": "off"}, ["rate_limits"]),
        ("POST", "/clock", {"set": 5}, ["set"]),
        ("POST", "/clock", {"advance": 1e300}, ["advance"]),
        ("POST", "/clock", {"advance": True}, ["advance"]),
        ("POST", "/clock", {"release": "now"}, ["release"]),
        ("POST", "/tokens", {"expires": "soon"}, ["expires"]),
        ("POST", "/tokens", {"scope": "teams:read"}, ["scope"]),
        ("POST", "/reset", {"plan": "gold", "scale": 0}, ["scale", "plan"]),
        ("POST", "/devices", {"udid": "short", "scopes": "call"}, ["udid", "scopes"]),
        ("POST", "/devices/1/messages", {"direction": "up"}, ["scope", "data", "direction"]),
        ("DELETE", f"/faults/{10**30}", None, ["id"]),
        ("DELETE", "/faults/one", None, ["id"]),
    ],
)
async def test_a_senseless_body_is_one_400_that_names_every_fault(
    studio: "Studio", method: str, path: str, body: Any, names: list[str] | None
) -> None:
    found = await refused(studio, method, path, body)
    if names is not None:
        assert found == names


@pytest.mark.parametrize("raw", [b"{", b"[]", b"5", b'"x"', b"\xff", b'{"a": NaN}'])
@pytest.mark.parametrize("path", ["clock", "reset", "seed", "faults", "tokens", "devices"])
async def test_what_is_no_json_object_is_one_400(studio: "Studio", path: str, raw: bytes) -> None:
    answer = await studio.http.post(f"/_sandbox/{path}", content=raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "SC400")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)
NAMES = st.sampled_from(
    ["licenses", "organizations", "connections", "scenarios", "hooks", "agents"]
)
COLUMNS = st.dictionaries(
    st.sampled_from(["is_active", "state", "expire", "gone", "version", "is_paused", "apiLimit"]),
    VALUES,
    max_size=2,
)
IDS = st.sampled_from(["1", "2", "²", "", "x", "9" * 30])


@given(change=st.dictionaries(NAMES, st.dictionaries(IDS, COLUMNS | VALUES, max_size=2)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_change_of_the_world_breaks_the_sandbox(studio: "Studio", change: Any) -> None:
    answer = await studio.http.patch("/_sandbox/world", content=json.dumps(change))
    assert answer.status_code in (200, 400, 404), answer.text
