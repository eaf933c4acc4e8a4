"""Credentials, scopes, roles and limits."""

from typing import TYPE_CHECKING

import pytest
from make_api_sandbox.scopes import ALL_SCOPES
from make_api_sandbox.tokens import OWNER_TOKEN

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("header", [None, "Token", "Token nobody", "Basic abc", OWNER_TOKEN])
async def test_a_call_without_a_valid_credential_is_401(
    studio: "Studio", header: str | None
) -> None:
    headers = {"Authorization": header} if header else {}
    answer = await studio.http.get("/api/v2/users/me", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "IM015"


async def test_bearer_and_token_schemes_are_both_taken(studio: "Studio") -> None:
    for scheme in ("Bearer", "Token"):
        headers = {"Authorization": f"{scheme} {OWNER_TOKEN}"}
        assert (await studio.http.get("/api/v2/users/me", headers=headers)).status_code == 200


async def test_ping_needs_no_credential(studio: "Studio") -> None:
    answer = await studio.http.get("/api/v2/ping")
    assert (answer.status_code, answer.text) == (200, "pong")


async def test_a_token_is_refused_from_its_expiry_on(studio: "Studio") -> None:
    minted = await studio.control("POST", "/tokens", {"expires": "2026-03-04T09:00:00Z"})
    assert (await studio.call("GET", "/users/me", token=minted["token"])).status_code == 200
    await studio.control("POST", "/clock", {"advance": 1800})
    assert (await studio.call("GET", "/users/me", token=minted["token"])).status_code == 401


async def test_a_missing_scope_is_403_before_anything_else_is_looked_at(studio: "Studio") -> None:
    token = studio.token("teams:read")
    answer = await studio.call("GET", "/connections/999", token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "SC403")


async def test_current_authorization_lists_the_scopes_in_use(studio: "Studio") -> None:
    narrow = await studio.get(
        "/users/me/current-authorization", token=studio.token("teams:read", "udts:write")
    )
    assert narrow["authorization"] == {"scope": ["teams:read", "udts:write"], "authUsed": "token"}
    wide = await studio.get("/users/me/current-authorization")
    assert wide["authorization"]["scope"] == list(ALL_SCOPES)


@pytest.mark.parametrize("team", [2, 77])
async def test_a_foreign_team_and_no_team_are_refused_alike(studio: "Studio", team: int) -> None:
    answer = await studio.call("GET", "/connections", teamId=team)
    assert (answer.status_code, answer.json()["code"]) == (403, "SC403")


async def test_a_foreign_thing_is_hidden_like_a_missing_one(studio: "Studio") -> None:
    foreign = studio.world.insert("folders", team_id=2, name="Theirs")
    answers = [
        await studio.call("DELETE", f"/scenarios-folders/{id}") for id in (foreign, foreign + 50)
    ]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    assert studio.world.get("folders", foreign) is not None


@pytest.mark.parametrize(("role", "status"), [(1, 200), (3, 200), (4, 403), (6, 403)])
async def test_monitoring_and_operator_roles_look_but_do_not_change(
    studio: "Studio", role: int, status: int
) -> None:
    user = studio.join("Ada", role=13, team_role=role)
    token = studio.token("scenarios:read", "scenarios:write", user=user)
    assert (await studio.call("GET", "/scenarios-folders", token=token, teamId=1)).is_success
    body = {"name": "New", "teamId": 1}
    answer = await studio.call("POST", "/scenarios-folders", body, token=token)
    assert answer.status_code == status


async def test_an_organization_admin_reaches_teams_without_a_team_role(studio: "Studio") -> None:
    admin = studio.token("scenarios:read", user=studio.join("Ben", role=12))
    member = studio.token("scenarios:read", user=studio.join("Cleo", role=13))
    assert (await studio.call("GET", "/scenarios-folders", token=admin, teamId=1)).is_success
    refused = await studio.call("GET", "/scenarios-folders", token=member, teamId=1)
    assert refused.status_code == 403


async def test_calls_above_the_licence_wait_for_the_next_minute(studio: "Studio") -> None:
    studio.license(apiLimit=2)
    for _ in range(2):
        await studio.get("/teams/1")
    answer = await studio.call("GET", "/teams/1")
    assert answer.status_code == 429
    assert answer.json() == {
        "message": "Requests limit for organization exceeded, please try again later."
    }
    assert answer.headers["retry-after"] == "45"
    await studio.control("POST", "/clock", {"advance": 45})
    await studio.get("/teams/1")


async def test_calls_without_an_organization_are_not_counted(studio: "Studio") -> None:
    studio.license(apiLimit=1)
    for _ in range(3):
        await studio.get("/users/me")
        await studio.get("/enums/timezones")
    await studio.get("/teams/1")


async def test_two_organizations_have_separate_budgets(studio: "Studio") -> None:
    studio.license(apiLimit=1)
    await studio.get("/teams/1")
    other = studio.token("teams:read", user=2)
    await studio.get("/teams/2", token=other)
    assert (await studio.call("GET", "/teams/1")).status_code == 429


async def test_without_an_api_limit_the_api_is_closed(studio: "Studio") -> None:
    studio.license(apiLimit=None)
    assert (await studio.call("GET", "/teams/1")).status_code == 403


async def test_unknown_routes_and_methods_answer_json(studio: "Studio") -> None:
    missing = await studio.call("GET", "/nothing/here")
    assert (missing.status_code, missing.json()["code"]) == (404, "SC404")
    wrong = await studio.call("PUT", "/users/me")
    assert wrong.status_code == 405
    assert wrong.headers["content-type"] == "application/json; charset=utf-8"
