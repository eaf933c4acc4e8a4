"""Credential requests: asking, and the person who answers."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

BASE = "/credential-requests"


async def ask(studio: "Studio", **body: Any) -> dict[str, Any]:
    wanted = {"connections": [{"type": "slack", "scope": ["chat:write"]}]}
    return await studio.post(
        f"{BASE}/actions/create-by-credentials", {"teamId": 1, **wanted, **body}
    )


async def answer(studio: "Studio", request: str, body: Any = None) -> list[dict[str, Any]]:
    """Play the person on the request's page."""
    told = await studio.http.post(f"/api/v2/credence/1/{request}", json=body)
    assert told.status_code == 200, told.text
    return told.json()["credentials"]


async def test_a_request_is_pending_until_the_person_has_answered(studio: "Studio") -> None:
    made = await ask(studio)
    request = made["request"]
    assert (request["status"], request["name"]) == ("pending", "Request for credentials")
    assert made["publicUri"] == f"https://eu1.make.com/credence/1/{request['id']}"
    [credential] = made["credentials"]
    assert (credential["state"], credential["type"], credential["name"]) == (
        "pending",
        "oauth",
        "slack",
    )
    [granted] = await answer(studio, request["id"])
    assert granted["state"] == "authorized"
    detail = (await studio.get(f"{BASE}/requests/{request['id']}/detail"))["requestDetail"]
    assert detail["status"] == "authorized"
    shown = (await studio.get(f"/connections/{granted['remoteId']}"))["connection"]
    assert (shown["accountName"], shown["scopes"][0]["id"]) == ("slack", "chat:write")


async def test_the_page_tells_what_is_asked(studio: "Studio") -> None:
    request = (await ask(studio, name="Access <b>"))["request"]["id"]
    page = await studio.http.get(f"/api/v2/credence/1/{request}")
    assert "Access &lt;b&gt;" in page.text
    assert "Slack: pending" in page.text
    assert (await studio.http.get(f"/api/v2/credence/2/{request}")).status_code == 404


async def test_one_of_two_granted_is_partially_authorized(studio: "Studio") -> None:
    made = await ask(studio, keys=[{"type": "basicauth"}])
    first, second = (one["id"] for one in made["credentials"])
    await answer(studio, made["request"]["id"], {"only": [first]})
    shown = (await studio.get(f"{BASE}/requests/{made['request']['id']}"))["request"]
    assert shown["status"] == "partially_authorized"
    await answer(studio, made["request"]["id"], {"decline": {second: "No need"}})
    detail = (await studio.get(f"{BASE}/requests/{made['request']['id']}/detail"))["requestDetail"]
    assert [one["state"] for one in detail["credentials"]] == ["authorized", "declined"]
    assert detail["credentials"][1]["declineReason"] == "No need"


async def test_a_granted_key_can_be_read_as_a_key(studio: "Studio") -> None:
    made = await ask(studio, connections=[], keys=[{"type": "apikeyauth"}])
    [granted] = await answer(studio, made["request"]["id"])
    key = (await studio.get(f"/keys/{granted['remoteId']}"))["key"]
    assert key["typeName"] == "apikeyauth"


async def test_extending_adds_scopes_and_is_refused_when_nothing_is_missing(
    studio: "Studio",
) -> None:
    [granted] = await answer(studio, (await ask(studio))["request"]["id"])
    connection = int(granted["remoteId"])
    body = {"connectionId": connection, "scopes": ["chat:write"]}
    refused = await studio.call("POST", f"{BASE}/actions/extend", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "IM005")
    more = {"connectionId": connection, "scopes": ["users:read"]}
    made = await studio.post(f"{BASE}/actions/extend", more)
    await answer(studio, made["request"]["id"])
    scopes = (await studio.get(f"/connections/{connection}"))["connection"]["scopes"]
    assert [one["id"] for one in scopes] == ["chat:write", "users:read"]


async def test_modules_of_an_app_are_asked_for_by_name(studio: "Studio") -> None:
    field = {"name": "__IMTCONN__", "type": "account:hubspotcrm2"}
    module = {
        "module": "hubspot:CreateDeal",
        "parameters": {"__IMTCONN__": 4},
        "metadata": {"parameters": [field]},
    }
    studio.scenario("Deals", module)
    path = f"{BASE}/apps/hubspot/latest/modules-with-credentials"
    told = await studio.call("GET", path)
    assert told.headers["x-imt-package-name"] == "hubspot"
    assert told.json()["appModules"][0]["type"] == "account:hubspotcrm2"
    item = {"appName": "hubspot", "appModules": ["*"]}
    made = await studio.post(f"{BASE}/actions/create", {"teamId": 1, "credentials": [item]})
    detail = (await studio.get(f"{BASE}/requests/{made['request']['id']}/detail"))["requestDetail"]
    assert [one["name"] for one in detail["credentials"]] == ["hubspotcrm2"]
    absent = await studio.call("GET", f"{BASE}/apps/nosuch/latest/modules-with-credentials")
    assert (absent.status_code, absent.json()["message"]) == (404, "Package not found.")


async def test_another_person_is_asked_by_mail(studio: "Studio") -> None:
    item = {"appName": "slack", "appModules": ["*"]}
    body = {"name": "Access", "teamId": 1, "credentials": [item]}
    refused = await studio.call("POST", f"{BASE}/requests/v2", {**body, "provider": {}})
    assert refused.status_code == 400
    new = {"newUser": {"name": "Uma", "email": "uma@example.org"}}
    made = await studio.post(f"{BASE}/requests/v2", {**body, "provider": new})
    assert made["request"]["shouldSendEmail"] is True


async def test_requests_are_filtered_and_foreign_ones_are_hidden(studio: "Studio") -> None:
    first = (await ask(studio, name="Alpha"))["request"]["id"]
    second = (await ask(studio, name="Beta"))["request"]["id"]
    await answer(studio, first)

    async def ids(**query: Any) -> list[str]:
        found = (await studio.get(f"{BASE}/requests", teamId=1, **query))["requests"]
        return [one["id"] for one in found]

    assert await ids() == [second, first]
    assert await ids(status="pending") == [second]
    assert await ids(name="alp") == [first]
    stranger = studio.token("credential-requests:read", user=2)
    hidden = await studio.call("GET", f"{BASE}/requests/{first}", token=stranger)
    assert hidden.status_code == 404


async def test_deleting_a_request_that_made_a_connection_asks_first(studio: "Studio") -> None:
    request = (await ask(studio))["request"]["id"]
    [granted] = await answer(studio, request)
    refused = await studio.call("DELETE", f"{BASE}/requests/{request}")
    assert refused.status_code == 406
    done = await studio.call("DELETE", f"{BASE}/requests/{request}", confirmed="true")
    assert done.json() == {"deleted": True}
    assert (await studio.call("GET", f"/connections/{granted['remoteId']}")).status_code == 404


async def test_an_expired_request_cannot_be_answered(studio: "Studio") -> None:
    request = (await ask(studio))["request"]["id"]
    await studio.control("POST", "/clock", {"advance": 32 * 86_400})
    late = await studio.http.post(f"/api/v2/credence/1/{request}")
    assert late.status_code == 410


async def test_a_broken_connection_is_asked_for_again(studio: "Studio") -> None:
    made = await ask(studio)
    [granted] = await answer(studio, made["request"]["id"])
    path = f"{BASE}/credentials/{granted['id']}/request-reauthorize"
    assert (await studio.call("POST", path)).status_code == 400
    change = {"connections": {granted["remoteId"]: {"state": "expired"}}}
    await studio.control("PATCH", "/world", change)
    assert (await studio.post(path))["credential"]["state"] == "reauthorizing"
    await answer(studio, made["request"]["id"])
    assert (await studio.post(f"/connections/{granted['remoteId']}/test"))["verified"] is True
    reset = await studio.post(f"{BASE}/credentials/{granted['id']}/delete-remote")
    assert (reset["credential"]["state"], reset["credential"]["remoteId"]) == ("pending", None)
