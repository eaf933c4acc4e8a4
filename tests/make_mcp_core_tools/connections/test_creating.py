"""Making connections, and keeping their secrets."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Server

if TYPE_CHECKING:
    from .conftest import Office

pytestmark = pytest.mark.anyio

SECRET = "Tr0ub4dor-and-3-horses"


async def test_a_connection_is_made_from_its_parameters_and_tested(
    core: Server, office: "Office"
) -> None:
    told = await core.call(
        "connection_create",
        team_id=office.team,
        type="openai-gpt-3",
        name="Model",
        data={"apiKey": "k-1", "organizationId": "o"},
    )
    assert told.data["state"] == "ready"
    ident = told.data["connection_id"]
    shown = (await office.company.get(f"/connections/{ident}"))["connection"]
    assert (shown["name"], shown["accountName"]) == ("Model", "openai-gpt-3")
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert not await office.exists(f"/connections/{ident}")


async def test_without_data_a_person_gets_a_link_and_the_id_comes_after_consent(
    core: Server, office: "Office"
) -> None:
    told = await core.call(
        "connection_create", team_id=office.team, type="slack", name="Chat", scopes=["chat:write"]
    )
    assert told.data["state"] == "needs_authorization"
    request = told.data["request_id"]
    link = told.data["authorize_url"]
    assert request in link
    answer = await office.company.http.post(link)
    assert answer.status_code == 200
    waited = await core.call("credential_request_wait", request_id=request, timeout_seconds=5)
    [ident] = waited.data["connection_ids"]
    shown = (await office.company.get(f"/connections/{ident}"))["connection"]
    assert (shown["accountName"], shown["scopes"][0]["id"]) == ("slack", "chat:write")


async def test_an_oauth_type_given_data_is_answered_with_where_to_grant_it(
    core: Server, office: "Office"
) -> None:
    told = await core.call(
        "connection_create",
        team_id=office.team,
        type="slack",
        name="Chat",
        data={"clientId": "c", "clientSecret": SECRET},
    )
    assert told.data["state"] == "needs_authorization"
    assert told.data["authorize_url"].endswith(f"/oauth/auth/{told.data['connection_id']}")


async def test_missing_parameters_are_told_all_at_once(core: Server, office: "Office") -> None:
    told = await core.call(
        "connection_create", team_id=office.team, type="mysql", name="DB", data={"host": "h"}
    )
    text = str(told.error["problems"])
    assert all(name in text for name in ("port", "database", "user", "password"))


async def test_an_invented_type_is_answered_with_the_nearest_of_the_team(
    core: Server, office: "Office"
) -> None:
    await office.connection("mailgun2", "Mail", apiKey="k")
    for data in ({"apiKey": "k"}, None):
        args: dict[str, Any] = {"type": "mailgun", "name": "Mail", "team_id": office.team}
        told = await core.call("connection_create", **args, **({"data": data} if data else {}))
        assert "mailgun2" in told.error["next_step"]


async def test_data_cannot_smuggle_in_name_or_type(core: Server, office: "Office") -> None:
    told = await core.call(
        "connection_create",
        team_id=office.team,
        type="openai-gpt-3",
        name="Model",
        data={"accountType": "slack", "apiKey": "k"},
    )
    assert told.error["problems"][0]["path"] == "data.accountType"


async def test_a_dry_run_makes_nothing_and_hides_every_parameter(
    core: Server, office: "Office"
) -> None:
    await office.forget()
    told = await core.call(
        "connection_create",
        team_id=office.team,
        type="twilio",
        name="Phone",
        data={"accountSid": SECRET, "authToken": SECRET},
        dry_run=True,
    )
    body = told.data["plan"]["requests"][0]["body"]
    assert (body["accountName"], body["accountSid"]) == ("Phone", "[hidden]")
    assert SECRET not in told.text
    assert await office.writes() == []


async def test_no_credential_is_found_in_an_answer_or_on_disk(
    core: Server, office: "Office", tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    texts: list[str] = []
    made = await core.call(
        "connection_create",
        team_id=office.team,
        type="twilio",
        name="Phone",
        data={"accountSid": f"sid-{SECRET}", "authToken": f"token-{SECRET}"},
    )
    ident = made.data["connection_id"]
    args = {"connection_id": ident, "data": {"accountSid": SECRET, "authToken": SECRET}}
    planned = await core.call("connection_update", **args)
    done = await core.call("connection_update", **args, plan_id=planned.data["plan"]["plan_id"])
    refused = await core.call("connection_update", connection_id=ident, data={"pin": SECRET})
    shown = await core.call("operation_get", operation_id=done.data["operation_id"])
    listed = await core.call("operation_list")
    texts += [told.text for told in (made, planned, done, refused, shown, listed)]
    assert SECRET not in "".join(texts)
    assert SECRET not in caplog.text
    ours = _written(tmp_path)
    assert any(b"connection_update" in content for content in ours), "the journal was not found"
    assert not any(SECRET.encode() in content for content in ours)


def _written(place: Path) -> list[bytes]:
    """What our server wrote; the sandbox's own world knows the credentials, as Make does."""
    return [
        path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not path.name.startswith("world.db")
    ]


async def test_a_known_type_is_described_from_a_connection_of_the_team(
    core: Server, office: "Office"
) -> None:
    ident = await office.connection("mysql", "DB", host="h", port=1, database="d", user="u",
                                    password="p")  # fmt: skip
    told = (await core.call("connection_type_get", type="mysql", team_id=office.team)).data
    [fact] = told["types"]
    assert (fact["access"], fact["existing"]) == ("basic", [ident])
    assert fact["parameters"] == ["host", "port", "database", "user", "password"]
    assert told["next_calls"][0]["tool"] == "connection_create"


async def test_a_type_that_only_another_team_has_is_described_from_there(
    core: Server, office: "Office"
) -> None:
    organizations = (await office.company.get("/organizations"))["organizations"]
    listed = [await office.company.get("/teams", organizationId=o["id"]) for o in organizations]
    teams = [team for each in listed for team in each["teams"]]
    rows = [
        row
        for team in teams
        for row in (await office.company.get("/connections", teamId=team["id"]))["connections"]
    ]
    model = next(row for row in rows if row["accountName"] == "mysql")
    told = (await core.call("connection_type_get", type="mysql", team_id=office.team)).data
    [fact] = told["types"]
    assert (fact["access"], fact["existing"]) == ("basic", [])
    assert f"connection {model['id']}" in fact["known_from"]
    assert f"team {model['teamId']}" in fact["known_from"]
    assert "host" in fact["parameters"]


async def test_a_type_make_does_not_describe_is_said_to_be_so(
    core: Server, office: "Office"
) -> None:
    await office.connection("mailgun2", "Mail", apiKey="k")
    told = (await core.call("connection_type_get", type="mailgun", team_id=office.team)).data
    assert told["types"][0]["access"] == "unknown"
    assert "does not describe" in told["note"]
    assert "mailgun2" in told["note"]
    assert told["next_calls"][0]["tool"] == "credential_request_create"


async def test_a_module_names_the_type_it_needs(core: Server, office: "Office", bound: Any) -> None:
    chat = await office.granted()
    await office.scenario("Post", bound("slack:PostNote", chat, "slack"))
    told = await core.call("connection_type_get", module="slack:PostNote", team_id=office.team)
    [fact] = told.data["types"]
    assert (fact["type"], fact["access"]) == ("slack", "oauth")
    near = await core.call("connection_type_get", module="slack:PostNot", team_id=office.team)
    assert "PostNote" in near.error["why"]
    both = await core.call("connection_type_get", team_id=office.team)
    assert both.error["code"] == "invalid_arguments"
