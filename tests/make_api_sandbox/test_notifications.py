"""What people are told, what they want to be told, and which mail they get."""

from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.roles import MEMBER, TEAM_MEMBER

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

BROKEN = {"module": "json:ParseJSON", "parameters": {}, "mapper": {"json": "{broken"}}
FIRST = {"module": "scenario-service:StartSubscenario"}
CHOICES = "/users/1/user-team-notifications/1"
MAIL = "/mailhub/users/1"
TEAM_MAIL = f"{MAIL}/organizations/1/teams/1"


async def fail(studio: "Studio", name: str = "Orders", times: int = 1) -> int:
    """Run a scenario that fails; a third failure in a row switches it off."""
    scenario = studio.scenario(name, BROKEN)
    await studio.post(f"/scenarios/{scenario}/start")
    for _ in range(times):
        await studio.post(f"/scenarios/{scenario}/run", {"responsive": True})
    return scenario


async def told(studio: "Studio", **query: Any) -> list[Any]:
    return (await studio.get("/notifications", **query))["notifications"]


async def test_a_failed_run_is_told_to_the_members_of_its_team(studio: "Studio") -> None:
    ana = studio.token("notifications:read", user=studio.join("Ana", role=MEMBER, team_role=1))
    bo = studio.token("notifications:read", user=studio.join("Bo", role=MEMBER))
    await fail(studio)
    found = await studio.get("/notifications")
    [notification] = found["notifications"]
    assert notification == {
        "id": "1",
        "subject": "Encountered error in Orders scenario",
        "read": None,
        "created": "2026-03-04T08:30:15.000Z",
        "type": 1,
    }
    assert found["userUnreadNotifications"] == 1
    assert found["userZoneNotifications"] == [{"imtZoneId": 1, "unreadNotifications": 1}]
    assert found["pg"] == {
        "sortBy": "id",
        "limit": 10_000,
        "sortDir": "desc",
        "offset": 0,
        "returnTotalCount": False,
    }
    assert len(await told(studio, token=ana)) == 1
    assert await told(studio, token=bo) == []


async def test_a_scenario_that_is_switched_off_for_errors_is_told_of(studio: "Studio") -> None:
    await fail(studio, times=3)
    assert [one["type"] for one in await told(studio)] == [6, 1, 1, 1]


async def test_warnings_are_told_to_those_who_want_them(studio: "Studio") -> None:
    ignored = {"id": 9, "module": "builtin:Ignore", "version": 1}
    scenario = studio.scenario("Careful", BROKEN | {"onerror": [ignored]})
    run = {"responsive": True}
    await studio.post(f"/scenarios/{scenario}/start")
    await studio.post(f"/scenarios/{scenario}/run", run)
    assert await told(studio) == []
    stored = studio.scenario("Patient", FIRST, BROKEN)
    blueprint = studio.world.value("SELECT blueprint FROM scenarios WHERE id = ?", stored)
    blueprint["metadata"]["scenario"] = {"dlq": True}
    studio.world.update("scenarios", stored, blueprint=blueprint)
    await studio.call("PUT", f"{CHOICES}/2", {"enabled": True})
    await studio.post(f"/scenarios/{stored}/start")
    await studio.post(f"/scenarios/{stored}/run", run)
    assert [one["subject"] for one in await told(studio)] == [
        "Encountered warning in Patient scenario"
    ]


async def test_an_invited_person_is_told(studio: "Studio") -> None:
    answer = await studio.post("/organizations/1/invite", {"email": "m@b.example", "name": "Mo"})
    token = studio.token("notifications:read", user=answer["user"]["id"])
    [notification] = await told(studio, token=token)
    assert notification["subject"] == "Invitation to Berg Studio"


async def test_the_text_names_the_scenario_and_nothing_in_it_is_markup(studio: "Studio") -> None:
    await fail(studio, "<script>alert(1)</script>")
    [notification] = await told(studio)
    whole = (await studio.get(f"/notifications/{notification['id']}"))["notification"]
    body = whole.pop("body")
    assert whole == notification
    assert "<script>" not in body
    assert "<strong>&lt;script&gt;alert(1)&lt;/script&gt;</strong>" in body


async def test_everything_can_be_marked_as_read(studio: "Studio") -> None:
    await fail(studio, times=2)
    assert (await studio.get("/users/unread-notifications")) == {
        "userUnreadNotifications": 2,
        "userZoneUnreadNotifications": [{"zoneId": 1, "unreadNotifications": 2}],
    }
    for wrong in ({}, {"ids": "1"}):
        answer = await studio.call("POST", "/notifications/mark-as-read", None, **wrong)
        assert answer.status_code == 400
    marked = await studio.post("/notifications/mark-as-read", ids="all")
    assert marked == {"notifications": [{"id": "1"}, {"id": "2"}]}
    assert await told(studio, unreadOnly="true") == []
    assert {one["read"] for one in await told(studio)} == {"2026-03-04T08:30:15.000Z"}
    assert (await studio.get("/users/unread-notifications"))["userUnreadNotifications"] == 0


async def test_notifications_are_deleted_by_id_and_only_ones_own(studio: "Studio") -> None:
    ana = studio.join("Ana", role=MEMBER, team_role=TEAM_MEMBER)
    await fail(studio, times=2)
    hers = [row["id"] for row in studio.world.rows("SELECT id FROM notifications WHERE user_id=3")]
    assert ana == 3
    mine = [one["id"] for one in await told(studio)]
    body = {"ids": [mine[0], str(hers[0]), "999", "x"]}
    answer = await studio.call("DELETE", "/notifications", body)
    assert answer.json() == {"notifications": [{"id": mine[0]}]}
    assert [one["id"] for one in await told(studio)] == mine[1:]
    assert (await studio.call("GET", f"/notifications/{hers[0]}")).status_code == 404
    assert (await studio.call("DELETE", "/notifications", {"ids": [1]})).status_code == 400
    assert (await studio.call("DELETE", "/notifications", {})).status_code == 400


async def test_notifications_are_paged_and_filtered_by_zone(studio: "Studio") -> None:
    await fail(studio, times=3)
    assert [one["id"] for one in await told(studio, params={"pg[limit]": 2})] == ["4", "3"]
    assert [one["id"] for one in await told(studio, params={"pg[offset]": 3})] == ["1"]
    assert len(await told(studio, imtZoneId=1)) == 4
    assert await told(studio, imtZoneId=2) == []
    assert await told(studio, imtZoneId=77) == []
    wrong = await studio.call("GET", "/notifications", params={"pg[sortBy]": "created"})
    assert wrong.status_code == 400
    token = studio.token("notifications:read")
    answer = await studio.call("POST", "/notifications/mark-as-read", token=token, ids="all")
    assert answer.status_code == 403


# Choices


async def test_a_person_chooses_what_to_be_told_of(studio: "Studio") -> None:
    first = await studio.get(CHOICES)
    assert first == {
        "userTeamNotifications": [
            {"userId": 1, "teamId": 1, "notificationId": id, "enabled": enabled}
            for id, enabled in ((1, True), (2, False), (6, True))
        ]
    }
    answer = await studio.call("PUT", f"{CHOICES}/1", {"enabled": False})
    off = {"userId": 1, "teamId": 1, "notificationId": 1, "enabled": False}
    assert answer.json() == {"userTeamNotification": off}
    assert (await studio.get(f"{CHOICES}/1"))["userTeamNotification"] == off
    await fail(studio)
    assert await told(studio) == []


async def test_choices_are_ones_own_in_ones_own_teams(studio: "Studio") -> None:
    studio.join("Ana", role=MEMBER, team_role=TEAM_MEMBER)
    for path, status in (
        ("/users/3/user-team-notifications/1", 403),
        ("/users/1/user-team-notifications/2", 403),
        (f"{CHOICES}/3", 404),
        ("/mailhub/users/3/preferences", 403),
        (f"{MAIL}/organizations/2/teams/1/preferences", 404),
        (f"{MAIL}/organizations/2/teams/2/preferences", 403),
    ):
        assert (await studio.call("GET", path)).status_code == status, path
    answer = await studio.call("PUT", "/users/3/user-team-notifications/1/1", {"enabled": True})
    assert answer.status_code == 403


# Mail


async def test_mail_from_make_is_chosen_one_kind_at_a_time(studio: "Studio") -> None:
    before = (await studio.get(f"{MAIL}/preferences"))["preferences"]
    assert set(before) == {"id", "uuid", "email", "is_email_verified", "global", "zones"}
    kinds = before["global"]["preferences"]
    assert [kind["id"] for kind in kinds][:2] == ["use_cases", "product_updates"]
    assert not any(kind["enabled"] for kind in kinds)
    body = {"id": "academy", "enabled": True}
    answer = await studio.call("PATCH", f"{MAIL}/preferences", body)
    assert answer.json() == {"preferences": {"global": {"preferences": body}}}
    after = (await studio.get(f"{MAIL}/preferences"))["preferences"]
    wanted = [kind["id"] for kind in after["global"]["preferences"] if kind["enabled"]]
    assert (wanted, after["uuid"]) == (["academy"], before["uuid"])
    wrong = {"id": "horoscope", "enabled": True}
    assert (await studio.call("PATCH", f"{MAIL}/preferences", wrong)).status_code == 400


async def test_mail_of_a_team_follows_its_notifications(studio: "Studio") -> None:
    native = {"id": "2", "enabled": True}
    answer = await studio.call("PATCH", f"{TEAM_MAIL}/native-preferences", native)
    assert answer.json() == {"team": {"preferences": native}}
    tips = {"id": "onboarding", "enabled": True}
    answer = await studio.call("PATCH", f"{TEAM_MAIL}/preferences", tips)
    assert answer.json() == {"team": {"preferences": tips}}
    team = (await studio.get(f"{TEAM_MAIL}/preferences"))["team"]
    assert (team["teamId"], team["teamName"]) == (1, "Studio")
    subscribed = {kind["id"]: kind["subscribed"] for kind in team["preferences"]["native"]}
    assert subscribed == {6: True, 2: True, 1: True}
    assert team["preferences"]["marketing"] == [
        {**tips, "label": "Tips For Success", "description": "Tips For Success."}
    ]
    assert (await studio.get(f"{CHOICES}/2"))["userTeamNotification"]["enabled"] is True
