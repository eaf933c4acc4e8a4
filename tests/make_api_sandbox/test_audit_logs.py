"""The audit log: what writes it, who reads it, and how it is filtered."""

from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.audit.deeds import DEEDS
from make_api_sandbox.audit.things import THINGS, events
from make_api_sandbox.http.routing import discover
from make_api_sandbox.roles import ADMIN, MEMBER, TEAM_ADMIN, TEAM_MEMBER

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

LOG = "/audit-logs/organization/1"
ROBIN = {"id": 1, "name": "Robin Berg", "email": "robin.berg@example.com"}
WEB = {"name": "Orders", "teamId": 1, "typeName": "gateway-webhook", "method": False}
KEY = {
    "teamId": 1,
    "name": "Carrier",
    "typeName": "basicauth",
    "parameters": {"authUser": "u", "authPass": "very hidden"},
}


def shown(studio: "Studio") -> None:
    studio.license(auditLogsDays=30, customVariables=True)


async def entries(studio: "Studio", **query: Any) -> list[Any]:
    return (await studio.get(LOG, **query))["auditLogs"]


async def names(studio: "Studio", **query: Any) -> list[str]:
    return [entry["eventName"] for entry in await entries(studio, **query)]


async def details(studio: "Studio", event: str) -> Any:
    [entry] = await entries(studio, event=event)
    return (await studio.get(f"/audit-logs/1/{entry['uuid']}"))["details"]


async def hook(studio: "Studio") -> int:
    body = WEB | {"headers": False, "stringify": False}
    return (await studio.post("/hooks", body))["hook"]["id"]


async def test_every_audited_endpoint_exists_and_its_events_can_be_filtered_by() -> None:
    routes = {(route.spec.method, route.spec.path) for route in discover()}
    assert set(DEEDS) <= routes
    listed = {item["value"] for group in events(of_team=False) for item in group["items"]}
    fixed = {
        deed.event((None, None)) for deed in chain(*DEEDS.values()) if isinstance(deed.verb, str)
    }
    assert fixed <= listed
    assert len(listed) == sum(len(thing.verbs) for thing in THINGS)


async def test_a_new_webhook_leaves_an_entry_of_the_documented_shape(studio: "Studio") -> None:
    shown(studio)
    made = await hook(studio)
    [entry] = await entries(studio)
    assert entry == {
        "uuid": entry["uuid"],
        "createdAt": "2026-03-04T08:30:15.000Z",
        "triggeredAt": "2026-03-04T08:30:15.000Z",
        "organizationId": 1,
        "organization": {"id": 1, "name": "Berg Studio"},
        "eventName": "webhook_created",
        "team": {"id": 1, "name": "Studio"},
        "actor": ROBIN,
        "targetId": str(made),
        "version": {"from": "1.0.0", "to": "1.0.1"},
    }
    whole = await studio.get(f"/audit-logs/1/{entry['uuid']}")
    about = {"webhookName": "Orders", "webhookType": "gateway-webhook"}
    assert whole == {"details": about, **entry}


async def test_the_life_of_a_webhook_is_told_in_order(studio: "Studio") -> None:
    shown(studio)
    made = await hook(studio)
    await studio.call("PATCH", f"/hooks/{made}", {"name": "Parcels"})
    for action in ("disable", "enable"):
        await studio.post(f"/hooks/{made}/{action}")
    await studio.call("DELETE", f"/hooks/{made}", confirmed="true")
    told = await entries(studio, params={"pg[sortDir]": "asc"})
    words = ("created", "updated", "disabled", "enabled", "deleted")
    assert [entry["eventName"] for entry in told] == [f"webhook_{word}" for word in words]
    assert told[-1]["version"] == {"from": "1.0.4", "to": "1.0.5"}
    changed = await details(studio, "webhook_updated")
    assert (changed["old"], changed["new"]) == ({"name": "Orders"}, {"name": "Parcels"})
    assert (await details(studio, "webhook_deleted"))["webhookName"] == "Parcels"


async def test_refused_calls_leave_no_entry(studio: "Studio") -> None:
    shown(studio)
    made = (await studio.post("/keys", KEY))["key"]["id"]
    assert (await studio.call("DELETE", f"/keys/{made}")).status_code == 406
    assert (await studio.call("PATCH", "/keys/999", {"name": "x"})).status_code == 404
    assert await names(studio) == ["key_created"]


async def test_secrets_never_reach_the_log(studio: "Studio") -> None:
    shown(studio)
    made = (await studio.post("/keys", KEY, params={"cols[]": "name"}))["key"]
    assert made == {"name": "Carrier"}
    [entry] = await entries(studio)
    body = {"parameters": {"authUser": "u", "authPass": "other hidden"}}
    await studio.call("PATCH", f"/keys/{entry['targetId']}", body)
    assert await names(studio) == ["key_updated", "key_created"]
    stored = studio.world.rows("SELECT details FROM audit_logs")
    assert "hidden" not in str(stored)


async def test_scenarios_are_followed_from_creation_to_deletion(studio: "Studio") -> None:
    shown(studio)
    blueprint = '{"name": "Sum", "flow": [], "metadata": {"version": 1}}'
    body = {"teamId": 1, "blueprint": blueprint, "scheduling": '{"type": "on-demand"}'}
    made = (await studio.post("/scenarios", body))["scenario"]["id"]
    scenario = studio.scenario(
        "Ready",
        {
            "module": "util:SetVariable2",
            "parameters": {},
            "mapper": {"name": "a", "scope": "roundtrip", "value": "1"},
        },
    )
    await studio.post(f"/scenarios/{scenario}/start")
    await studio.post(f"/scenarios/{scenario}/stop")
    await studio.call("PATCH", f"/scenarios/{made}", {"name": "Total"})
    await studio.call("DELETE", f"/scenarios/{made}")
    told = [(one["eventName"], one["targetId"]) for one in await entries(studio)]
    assert told == [
        ("scenario_deleted", str(made)),
        ("scenario_updated", str(made)),
        ("scenario_deactivated", str(scenario)),
        ("scenario_activated", str(scenario)),
        ("scenario_created", str(made)),
    ]
    assert (await details(studio, "scenario_updated"))["new"]["name"] == "Total"


async def test_what_a_person_authorizes_is_told_as_made_by_that_person(studio: "Studio") -> None:
    shown(studio)
    asked = {"type": "google", "description": "For the sheet."}
    key = {"type": "apikeyauth", "description": "For the shop."}
    body = {"teamId": 1, "connections": [asked], "keys": [key]}
    made = await studio.post("/credential-requests/actions/create-by-credentials", body)
    request = made["request"]["id"]
    await studio.post(f"/credence/1/{request}", {})
    told = await entries(studio)
    assert [entry["eventName"] for entry in told] == ["key_created", "connection_created"]
    assert all(entry["actor"] == ROBIN for entry in told)
    gone = await studio.call("DELETE", f"/credential-requests/requests/{request}", confirmed="true")
    assert gone.status_code == 200
    assert (await names(studio))[:2] == ["key_deleted", "connection_deleted"]


async def test_connections_that_go_with_their_person_are_told(studio: "Studio") -> None:
    shown(studio)
    ada = studio.join("Ada", role=MEMBER, team_role=TEAM_MEMBER)
    token = studio.token("connections:write", user=ada)
    slack = {"accountName": "Chat", "accountType": "slack"}
    await studio.post("/connections", slack, token=token, teamId=1)
    await studio.post("/connections", slack, teamId=1)
    path = f"/users/{ada}/user-organization-roles/1"
    await studio.post(path, {}, deleteConnections="true")
    left = (await studio.get("/connections", teamId=1))["connections"]
    assert [one["authorId"] for one in left] == [1]
    assert (await names(studio))[:2] == ["connection_deleted", "organization_user_removed"]


async def test_deleting_several_data_stores_leaves_an_entry_for_each(studio: "Studio") -> None:
    shown(studio)
    body = {"teamId": 1, "maxSizeMB": 1}
    stores = [
        (await studio.post("/data-stores", {"name": name, **body}))["dataStore"]["id"]
        for name in ("One", "Two", "Three")
    ]
    gone = {"ids": stores[:2]}
    await studio.call("DELETE", "/data-stores", gone, teamId=1, confirmed="true")
    deleted = await entries(studio, event="data_store_deleted")
    assert {entry["targetId"] for entry in deleted} == {str(one) for one in stores[:2]}


async def test_variables_of_teams_and_organizations_are_told_apart(studio: "Studio") -> None:
    shown(studio)
    body = {"name": "rate", "typeId": 1, "value": 1}
    for place in ("teams", "organizations"):
        await studio.post(f"/{place}/1/variables", body)
    await studio.call("PATCH", "/teams/1/variables/rate", {"value": 2})
    await studio.call("DELETE", "/organizations/1/variables/rate", confirmed="true")
    told = [(one["eventName"], one["team"]) for one in await entries(studio)]
    team = {"id": 1, "name": "Studio"}
    assert told == [
        ("organization_variable_deleted", None),
        ("team_variable_edited", team),
        ("organization_variable_created", None),
        ("team_variable_created", team),
    ]
    edited = await details(studio, "team_variable_edited")
    assert edited == {"variableName": "rate", "old": {"value": 1}, "new": {"value": 2}}


async def test_people_who_come_change_and_go_are_named(studio: "Studio") -> None:
    shown(studio)
    mika = {"email": "mika@example.org", "name": "Mika Sol"}
    invited = await studio.post("/organizations/1/invite", mika)
    user = invited["user"]["id"]
    token = studio.token("organizations:write", user=user)
    hash = studio.world.value("SELECT hash FROM invitations")
    await studio.post("/organizations/accept-invitation", {"hash": hash}, token=token)
    await studio.post(f"/users/{user}/user-organization-roles/1", {"usersRoleId": ADMIN})
    await studio.post(f"/users/{user}/user-team-roles/1", {"usersRoleId": TEAM_MEMBER})
    await studio.post(f"/users/{user}/user-team-roles/1", {})
    await studio.post(f"/users/{user}/user-organization-roles/1", {})
    told = await entries(studio, params={"pg[sortDir]": "asc"})
    assert [(one["eventName"], one["actor"]["name"]) for one in told] == [
        ("organization_user_invited", "Robin Berg"),
        ("organization_user_joined", "Mika Sol"),
        ("organization_user_role_changed", "Robin Berg"),
        ("team_user_added", "Robin Berg"),
        ("team_user_removed", "Robin Berg"),
        ("organization_user_removed", "Robin Berg"),
    ]
    assert {one["targetId"] for one in told} == {str(user)}
    assert await details(studio, "organization_user_role_changed") == {
        "userName": "Mika Sol",
        "userEmail": "mika@example.org",
        "old": {"role": "Member"},
        "new": {"role": "Admin"},
    }


async def test_a_deleted_team_and_a_renamed_actor_keep_their_former_names(
    studio: "Studio",
) -> None:
    shown(studio)
    studio.license(teams=5)
    team = (await studio.post("/teams", {"name": "Spare", "organizationId": 1}))["team"]["id"]
    await studio.call("PATCH", "/users/1", {"name": "Robin Stone"})
    await studio.call("DELETE", f"/teams/{team}", confirmed="true")
    told = [(one["eventName"], one["team"], one["actor"]["name"]) for one in await entries(studio)]
    assert told == [
        ("team_deleted", {"id": team, "name": "Spare"}, "Robin Stone"),
        ("team_created", {"id": team, "name": "Spare"}, "Robin Berg"),
    ]


# Reading


async def test_filters_narrow_by_event_author_team_and_day(studio: "Studio") -> None:
    shown(studio)
    await hook(studio)
    studio.world.clock.freeze(datetime(2026, 3, 6, 10, tzinfo=UTC))
    ana = studio.join("Ana", role=MEMBER, team_role=TEAM_ADMIN)
    await studio.post("/keys", KEY, token=studio.token("keys:write", user=ana))
    every = ["key_created", "webhook_created"]
    both = {"event[0]": "key_created", "event[1]": "webhook_created"}
    assert await names(studio, params=both) == every
    assert await names(studio, event="key_created") == every[:1]
    assert await names(studio, author="Ana") == every[:1]
    assert await names(studio, author=1) == every[1:]
    assert await names(studio, team="Studio") == every
    assert await names(studio, team=2) == []
    assert await names(studio, dateFrom="2026-03-05") == every[:1]
    assert await names(studio, dateTo="2026-03-04") == every[1:]
    assert (await studio.call("GET", LOG, dateFrom="yesterday")).status_code == 400


async def test_pages_continue_after_a_key_and_tell_the_total(studio: "Studio") -> None:
    shown(studio)
    for _ in range(5):
        await hook(studio)
    asked = {"pg[limit]": 2, "pg[returnTotalCount]": "true"}
    first = await studio.get(LOG, params=asked)
    assert first["pg"] == {
        "sortBy": "triggeredAt",
        "sortDir": "desc",
        "offset": 0,
        "limit": 2,
        "totalCount": 5,
    }
    last = first["auditLogs"][-1]
    following = await studio.get(LOG, params={"pg[limit]": 9, "pg[last]": last["uuid"]})
    ids = [int(one["targetId"]) for one in first["auditLogs"] + following["auditLogs"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 5


async def test_entries_older_than_the_licence_keeps_are_not_shown(studio: "Studio") -> None:
    shown(studio)
    await hook(studio)
    [entry] = await entries(studio)
    studio.world.clock.freeze(datetime(2026, 4, 4, 10, tzinfo=UTC))
    assert await entries(studio) == []
    assert (await studio.call("GET", f"/audit-logs/1/{entry['uuid']}")).status_code == 404


async def test_filters_list_people_teams_and_events(studio: "Studio") -> None:
    shown(studio)
    found = await studio.get(f"{LOG}/filters")
    assert found["teams"] == [{"id": 1, "name": "Studio"}]
    assert found["users"] == [ROBIN]
    assert found["events"][0]["header"] == "Webhooks"
    first = {"label": "Webhook created", "value": "webhook_created"}
    assert found["events"][0]["items"][0] == first
    of_team = await studio.get("/audit-logs/team/1/filters")
    assert set(of_team) == {"users", "events"}
    assert "Organization" not in [group["header"] for group in of_team["events"]]


async def test_the_log_is_for_admins_of_a_plan_that_has_it(studio: "Studio") -> None:
    refused = await studio.call("GET", LOG)
    assert (refused.status_code, refused.json()["code"]) == (402, "SC402")
    shown(studio)
    ana = studio.token("*", user=studio.join("Ana", role=MEMBER, team_role=TEAM_MEMBER))
    lead = studio.token("*", user=studio.join("Lea", role=MEMBER, team_role=TEAM_ADMIN))
    boss = studio.token("*", user=studio.join("Bo", role=ADMIN))
    await hook(studio)
    [entry] = await entries(studio)
    for path, may in (
        (LOG, (boss,)),
        (f"{LOG}/filters", (boss,)),
        ("/audit-logs/team/1", (boss, lead)),
        ("/audit-logs/team/1/filters", (boss, lead)),
        (f"/audit-logs/1/{entry['uuid']}", (boss, lead)),
    ):
        for token in (ana, lead, boss):
            answer = await studio.call("GET", path, token=token)
            assert answer.status_code == (200 if token in may else 403), (path, answer.text)


async def test_foreign_organizations_and_entries_stay_hidden(studio: "Studio") -> None:
    shown(studio)
    assert (await studio.call("GET", "/audit-logs/organization/2")).status_code == 403
    assert (await studio.call("GET", "/audit-logs/team/2")).status_code == 403
    unknown = "/audit-logs/1/00000000-0000-4000-a000-000000000000"
    assert (await studio.call("GET", unknown)).status_code == 404
    token = studio.token("keys:read")
    assert (await studio.call("GET", LOG, token=token)).status_code == 403
