"""Connections made with the connections of custom apps."""

import json
from typing import TYPE_CHECKING

import pytest

from .sdk import app, put_text
from .test_sdk_rpcs import service

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio


async def kiln_key(studio: "Studio", url: str) -> str:
    """An app with a connection that asks a service at an address; the connection's name."""
    name = await app(studio)
    body = {"type": "apikey", "label": "Kiln key"}
    made = (await studio.post(f"/sdk/apps/{name}/connections", body))["appConnection"]["name"]
    api = {"url": url, "headers": {"x-key": "{{parameters.apiKey}}"}}
    await put_text(studio, f"/sdk/apps/connections/{made}/api", json.dumps(api))
    return str(made)


async def test_a_connection_of_a_custom_app_is_proved_by_the_apps_own_request(
    studio: "Studio",
) -> None:
    async with service() as (address, requests):
        kind = await kiln_key(studio, f"{address}/me")
        body = {"accountName": "Ours", "accountType": kind, "apiKey": "k1"}
        made = (await studio.post("/connections", body, teamId=1))["connection"]
        assert (made["accountName"], made["accountLabel"]) == (kind, "Kiln key")
        proved = await studio.post(f"/connections/{made['id']}/test")
    assert proved["verified"] is True
    assert requests[0].startswith("GET /me HTTP/1.1")
    assert "x-key: k1" in requests[0]


async def test_what_a_custom_apps_connection_asks_for_has_to_be_given(studio: "Studio") -> None:
    kind = await kiln_key(studio, "http://127.0.0.1:9/none")
    body = {"accountName": "Ours", "accountType": kind}
    refused = await studio.call("POST", "/connections", body, teamId=1)
    assert refused.status_code == 400
    assert "apiKey" in refused.text


async def test_a_service_that_refuses_fails_the_test_of_its_connection(studio: "Studio") -> None:
    async with service(401) as (address, _):
        kind = await kiln_key(studio, f"{address}/me")
        body = {"accountName": "Ours", "accountType": kind, "apiKey": "k1"}
        made = (await studio.post("/connections", body, teamId=1))["connection"]
        refused = await studio.call("POST", f"/connections/{made['id']}/test")
    assert refused.status_code == 424
    assert "401" in refused.text


async def test_a_custom_apps_oauth_connection_waits_for_its_grant(studio: "Studio") -> None:
    name = await app(studio)
    body = {"type": "oauth", "label": "Kiln account"}
    kind = (await studio.post(f"/sdk/apps/{name}/connections", body))["appConnection"]["name"]
    asked = {"accountName": "Ours", "accountType": kind}
    made = (await studio.post("/connections", asked, teamId=1))["connection"]
    assert (await studio.call("POST", f"/connections/{made['id']}/test")).status_code == 424
    granted = await studio.http.get(f"/api/v2/oauth/auth/{made['id']}")
    assert granted.status_code == 200
    assert (await studio.post(f"/connections/{made['id']}/test"))["verified"] is True
