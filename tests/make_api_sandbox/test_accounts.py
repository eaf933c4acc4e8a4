"""One's own account, the affiliate programme, and what an ordinary user may not do."""

from typing import TYPE_CHECKING

import pytest
from make_api_sandbox.http.routing import discover
from make_api_sandbox.passwords import FIRST_PASSWORD
from make_api_sandbox.roles import ADMIN, MEMBER, TEAM_ADMIN, TEAM_MEMBER

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

PASSWORD = "/users/1/attributes/password"
BETTER = "Cobalt-tram-42"


def change(current: str, new: str = BETTER, again: str | None = None) -> dict[str, str]:
    return {"currentPassword": current, "newPassword1": new, "newPassword2": again or new}


async def test_a_password_is_changed_by_whoever_knows_it(studio: "Studio") -> None:
    answer = await studio.call("PUT", PASSWORD, change(FIRST_PASSWORD))
    assert answer.json() == {"changed": True}
    former = await studio.call("PUT", PASSWORD, change(FIRST_PASSWORD))
    assert (former.status_code, former.json()["code"]) == (401, "IM102")
    assert (await studio.call("PUT", PASSWORD, change(BETTER, "Other-tram-43"))).status_code == 200
    stored = str(studio.world.rows("SELECT * FROM passwords"))
    assert "tram" not in stored


@pytest.mark.parametrize("weak", ["Short-1", "no-capital-1", "No-digit-here", "Nospecial123"])
async def test_weak_passwords_are_refused(studio: "Studio", weak: str) -> None:
    answer = await studio.call("PUT", PASSWORD, change(FIRST_PASSWORD, weak))
    assert (answer.status_code, answer.json()["suberrors"][0]["name"]) == (400, "newPassword1")


async def test_two_different_new_passwords_and_anothers_account_are_refused(
    studio: "Studio",
) -> None:
    body = change(FIRST_PASSWORD, BETTER, "Different-9")
    assert (await studio.call("PUT", PASSWORD, body)).status_code == 400
    others = await studio.call("PUT", "/users/2/attributes/password", change(FIRST_PASSWORD))
    assert others.status_code == 403


async def test_a_new_address_waits_for_its_mailbox(studio: "Studio") -> None:
    path = "/users/1/attributes/email"
    body = {
        "currentEmailAddress": "robin.berg@example.com",
        "newEmailAddress": "robin@example.org",
        "currentPassword": FIRST_PASSWORD,
    }
    answer = await studio.call("PUT", path, body)
    assert answer.json() == {"changed": False, "emailSent": True}
    assert (await studio.get("/users/me"))["authUser"]["email"] == "robin.berg@example.com"
    for wrong, status in (
        ({"currentPassword": "guess"}, 401),
        ({"currentEmailAddress": "x@example.org"}, 400),
        ({"newEmailAddress": "nowhere"}, 400),
        ({"newEmailAddress": "Kim.Doe@example.net"}, 400),
    ):
        assert (await studio.call("PUT", path, body | wrong)).status_code == status


async def test_a_forgotten_password_is_set_in_the_session_of_the_mail(studio: "Studio") -> None:
    reset = "/api/v2/users/password-reset"
    new = {"newPassword1": BETTER, "newPassword2": BETTER}
    for email in ("robin.berg@example.com", "nobody@example.com"):
        answer = await studio.http.post(f"{reset}-demand", json={"email": email})
        assert answer.json() == {"ok": 1}
    [hash] = [row["hash"] for row in studio.world.rows("SELECT hash FROM password_resets")]
    assert (await studio.http.get(reset, params={"hash": "unknown"})).status_code == 404
    assert (await studio.call("POST", "/users/password-reset", new)).status_code == 401
    assert (await studio.http.get(reset, params={"hash": hash})).json() == {"ok": 1}
    assert (await studio.http.post(reset, json=new)).json() == {"ok": 1}
    assert (await studio.http.post(reset, json=new)).status_code == 401
    assert (await studio.call("PUT", PASSWORD, change(BETTER, "Other-tram-43"))).status_code == 200


async def test_a_person_leaves_but_an_owner_hands_over_first(studio: "Studio") -> None:
    owner = await studio.call("DELETE", "/users", {})
    assert (owner.status_code, owner.json()["code"]) == (400, "IM005")
    ana = studio.join("Ana", role=MEMBER, team_role=TEAM_MEMBER)
    token = studio.token("*", user=ana)
    body = {
        "accountName": "Ana's box",
        "accountType": "imap",
        "host": "mail.example.com",
        "port": 993,
        "username": "ana@example.com",
        "password": "hidden words",
    }
    made = await studio.post("/connections", body, token=token, teamId=1)
    connection = f"/connections/{made['connection']['id']}"
    assert (await studio.call("GET", connection)).status_code == 200
    wrong = await studio.call("DELETE", "/users", {"currentPassword": "guess"}, token=token)
    assert wrong.status_code == 401
    gone = {"deleteConnections": True, "currentPassword": FIRST_PASSWORD}
    answer = await studio.call("DELETE", "/users", gone, token=token)
    assert answer.json() == {"user": ana}
    assert (await studio.call("GET", "/users/me", token=token)).status_code == 401
    assert studio.world.value("SELECT count(*) FROM user_team_roles WHERE user_id = ?", ana) == 0
    assert (await studio.call("GET", connection)).status_code == 404


async def test_consent_to_a_client_is_listed_and_taken_back(studio: "Studio") -> None:
    assert await studio.get("/users/me/oauth-connections") == {"connections": []}
    used = "2026-01-15T10:30:00.000Z"
    for user, name in ((1, "Dashboard"), (2, "Elsewhere")):
        studio.world.insert(
            "oauth_connections",
            user_id=user,
            client_name=name,
            last_used=used,
            scopes=["scenarios:read"],
        )
    mine = {"id": 1, "clientName": "Dashboard", "lastUsedAt": used, "scopes": ["scenarios:read"]}
    assert await studio.get("/users/me/oauth-connections") == {"connections": [mine]}
    foreign = await studio.call("DELETE", "/users/me/oauth-connections/2")
    assert foreign.status_code == 404
    answer = await studio.call("DELETE", "/users/me/oauth-connections/1")
    assert answer.json() == {"client": 1}
    assert await studio.get("/users/me/oauth-connections") == {"connections": []}


# Who may


async def test_people_are_found_by_what_their_role_grants(studio: "Studio") -> None:
    studio.join("Ana", role=ADMIN)
    studio.join("Bo", role=MEMBER, team_role=TEAM_ADMIN)
    studio.join("Cy", role=MEMBER, team_role=TEAM_MEMBER)

    async def found(**query: object) -> list[str]:
        users = (await studio.get("/users/by-permission", **query))["users"]
        return [user["name"] for user in users]

    of_team = {"type": "company", "teamId": 1}
    of_organization = {"type": "organization", "organizationId": 1}
    assert await found(permission="organization edit", **of_organization) == ["Ana", "Robin Berg"]
    assert await found(permission="company edit", **of_team) == ["Ana", "Bo", "Robin Berg"]
    everybody = ["Ana", "Bo", "Cy", "Robin Berg"]
    assert await found(permission="scenario add", **of_team) == everybody
    await studio.post("/organizations/1/invite", {"email": "d@example.org", "name": "Di"})
    query = of_organization | {"permission": "organization view"}
    params = {"cols[]": ["name", "invitationStatus"]}
    users = (await studio.get("/users/by-permission", params=params, **query))["users"]
    assert users[-2] == {"name": "Di", "invitationStatus": "pending"}
    for wrong in (
        {"type": "company", "permission": "company edit"},
        {"type": "planet", "permission": "company edit", "teamId": 1},
        {"type": "organization", "permission": "company edit", "organizationId": 1},
        {"type": "company", "teamId": 1},
    ):
        answer = await studio.call("GET", "/users/by-permission", params=wrong)
        assert answer.status_code == 400, wrong
    foreign = await studio.call(
        "GET", "/users/by-permission", type="company", permission="company edit", teamId=2
    )
    assert foreign.status_code == 403


# Affiliate


async def test_a_partner_registers_once_and_has_earned_nothing(studio: "Studio") -> None:
    assert (await studio.call("GET", "/affiliate/stats")).status_code == 404
    body = {"partnerCode": "berg", "paypalMeLink": "https://p.example/b"}
    unread = body | {"termsAndConditions": False}
    assert (await studio.call("POST", "/affiliate/partner-register", unread)).status_code == 400
    agreed = body | {"termsAndConditions": True}
    assert await studio.post("/affiliate/partner-register", agreed) == {"ok": 1}
    again = await studio.call("POST", "/affiliate/partner-register", agreed)
    assert again.json()["code"] == "IM005"
    assert await studio.get("/affiliate/stats", dateFrom="2026-01-01") == {"stats": []}
    assert await studio.get("/affiliate/commissions") == {"commissions": []}
    info = await studio.get("/affiliate/commission-info")
    assert (info["partnerCode"], info["minimumPayout"], info["minimumOrganizations"]) == (
        "berg",
        100,
        3,
    )
    assert len(info) == 25
    assert (await studio.call("POST", "/affiliate/payout-request")).status_code == 400
    assert (await studio.call("GET", "/affiliate/stats", dateTo="soon")).status_code == 400
    me = await studio.get("/users/me", params={"cols[]": "isAffiliatePartner"})
    assert me["authUser"] == {"isAffiliatePartner": True}
    token = studio.token("user:read")
    answer = await studio.call("POST", "/affiliate/payout-request", token=token)
    assert answer.status_code == 403


# Closed doors


async def test_administration_is_closed_to_an_ordinary_user(studio: "Studio") -> None:
    closed = [one.spec for one in discover() if one.spec.path.startswith("/admin/")]
    assert len(closed) == 29
    for spec in closed:
        path = spec.path.replace("{", "").replace("}", "")
        answer = await studio.call(spec.method, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "SC403"), spec.path


@pytest.mark.parametrize("path", ["/login", "/logout", "/sso/authorize", "/sso/login"])
async def test_logging_in_takes_no_tokens(studio: "Studio", path: str) -> None:
    body = {"email": "robin.berg@example.com", "password": FIRST_PASSWORD}
    assert (await studio.call("POST", path, body)).status_code == 403
    assert (await studio.http.post(f"/api/v2{path}", json=body)).status_code == 401
