"""Asking people for access, and waiting for them."""

from typing import TYPE_CHECKING, Any

import pytest
from harness import Server, Told
from mcp.types import CallToolResult
from regressions import failure

if TYPE_CHECKING:
    from .conftest import Office

pytestmark = pytest.mark.anyio


async def asked(core: Server, office: "Office", **args: Any) -> dict[str, Any]:
    items = [{"type": "slack", "scopes": ["chat:write"]}]
    told = await core.call(
        "credential_request_create", **({"team_id": office.team, "items": items} | args)
    )
    return told.data


async def test_a_request_gives_a_link_and_can_be_withdrawn(core: Server, office: "Office") -> None:
    told = await asked(core, office, name="Chat access")
    request = told["request_id"]
    assert request in told["authorize_url"]
    listed = (await core.call("credential_request_list", team_id=office.team)).data
    assert [(one["id"], one["status"]) for one in listed["requests"]] == [(request, "pending")]
    await core.apply("operation_undo", operation_id=told["operation_id"])
    assert not await office.exists(f"/credential-requests/requests/{request}")


async def test_an_answered_request_is_not_withdrawn(core: Server, office: "Office") -> None:
    told = await asked(core, office)
    await office.authorize(told["request_id"])
    refused = await core.call("operation_undo", operation_id=told["operation_id"])
    assert refused.error["code"] == "moved_on"


async def test_a_dry_run_asks_nobody(core: Server, office: "Office") -> None:
    await office.forget()
    told = await asked(core, office, dry_run=True)
    assert told["plan"]["requests"][0]["body"]["connections"][0]["type"] == "slack"
    assert await office.writes() == []


async def test_waiting_ends_when_the_person_has_answered(core: Server, office: "Office") -> None:
    request = (await asked(core, office))["request_id"]
    messages: list[str | None] = []

    async def answer_once(progress: float, total: float | None, message: str | None) -> None:
        messages.append(message)
        if len(messages) == 1:
            await office.authorize(request)

    result: CallToolResult = await core.client.call_tool(
        "credential_request_wait",
        {"request_id": request, "timeout_seconds": 60},
        progress_callback=answer_once,
    )
    told = Told(result).data
    assert (told["done"], told["status"]) == (True, "authorized")
    [connection] = told["connection_ids"]
    assert await office.exists(f"/connections/{connection}")
    assert "pending" in str(messages[0])


async def test_waiting_in_vain_gives_the_link_and_the_call_to_go_on(
    core: Server, office: "Office"
) -> None:
    request = (await asked(core, office))["request_id"]
    told = await core.call("credential_request_wait", request_id=request, timeout_seconds=1)
    assert (told.data["done"], told.data["waited_seconds"]) == (False, 1)
    assert request in told.data["authorize_url"]
    assert told.data["next_calls"][0]["tool"] == "credential_request_wait"


async def test_a_declined_credential_tells_its_reason(core: Server, office: "Office") -> None:
    request = (await asked(core, office))["request_id"]
    shown = await core.call("credential_request_get", request_id=request)
    credential = shown.data["credentials"][0]["id"]
    await office.authorize(request, {"decline": {credential: "Not my app"}})
    told = (await core.call("credential_request_wait", request_id=request)).data
    assert (told["done"], told["status"]) == (True, "declined")
    assert told["credentials"][0]["reason"] == "Not my app"


async def test_connections_and_keys_are_asked_for_in_one_request(
    core: Server, office: "Office"
) -> None:
    items = [{"type": "slack"}, {"kind": "key", "type": "basicauth"}]
    request = (await asked(core, office, items=items))["request_id"]
    await office.authorize(request)
    told = (await core.call("credential_request_wait", request_id=request)).data
    assert (len(told["connection_ids"]), len(told["key_ids"])) == (1, 1)


async def test_a_scenario_s_missing_connections_are_computed(
    core: Server, office: "Office", bound: Any
) -> None:
    here = await office.connection()
    scenario = await office.scenario(
        "Copy",
        bound("openai-gpt-3:CreateCompletion", here),
        bound("slack:PostNote", 987654321, "slack"),
    )
    told = await asked(core, office, items=[], scenario_id=scenario)
    assert told["asks_for"] == ["connection slack"]
    whole = await office.scenario("Whole", bound("openai-gpt-3:CreateCompletion", here))
    none = await core.call("credential_request_create", team_id=office.team, scenario_id=whole)
    assert none.error["code"] == "nothing_missing"


async def test_app_modules_are_asked_of_another_person(
    core: Server, office: "Office", bound: Any
) -> None:
    chat = await office.granted()
    await office.scenario("Post", bound("slack:PostNote", chat, "slack"))
    told = await asked(
        core,
        office,
        name="For Uma",
        items=[{"app": "slack", "modules": ["PostNote"]}],
        recipient={"name": "Uma", "email": "uma@example.org"},
    )
    assert told["emailed"] is True
    shown = (await core.call("credential_request_get", request_id=told["request_id"])).data
    assert shown["credentials"][0]["app"] == "slack"


async def test_every_fault_of_a_request_is_told_at_once(core: Server, office: "Office") -> None:
    told = await core.call(
        "credential_request_create",
        team_id=office.team,
        items=[{"type": "slack", "app": "slack"}, {}, {"app": "x", "scopes": ["a"]}],
        recipient={"name": "Uma"},
    )
    paths = [problem["path"] for problem in told.error["problems"]]
    assert paths == [
        "items[0]",
        "items[1]",
        "items[2].scopes",
        "items",
        "recipient",
        "recipient",
        "name",
    ]
    empty = await core.call("credential_request_create", team_id=office.team)
    assert empty.error["problems"][0]["path"] == "items"


async def test_extending_asks_only_for_what_is_missing(core: Server, office: "Office") -> None:
    ident = await office.granted("read")
    told = await core.call(
        "credential_request_extend", connection_id=ident, scopes=["read", "write"]
    )
    assert (told.data["changed"], told.data["scopes_missing"]) == (True, ["write"])
    await office.authorize(told.data["request_id"])
    again = await core.call("credential_request_extend", connection_id=ident, scopes=["write"])
    assert again.data["changed"] is False


@failure(
    "extending a connection by scopes it has",
    size="96.8 % errors",
    here="success that names the scopes, `changed: false`",
)
async def test_f6_scopes_that_are_there_already_are_a_success_that_names_them(
    core: Server, office: "Office"
) -> None:
    ident = await office.granted("read", "write")
    await office.forget()
    told = await core.call(
        "credential-requests_extend", connection_id=ident, scopes=["write", "read"]
    )
    assert told.data["changed"] is False
    assert told.data["scopes_present"] == ["write", "read"]
    assert await office.writes() == []


async def test_taking_back_a_request_for_scopes_declines_it_and_keeps_the_connection(
    core: Server, office: "Office", bound: Any
) -> None:
    ident = await office.granted("read")
    await office.scenario("Post", bound("slack:CreateMessage", ident, "slack"))
    before = await office.company.get(f"/connections/{ident}")
    await office.forget()
    args = {"connection_id": ident, "scopes": ["write"]}
    planned = await core.call("credential_request_extend", **args, dry_run=True)
    assert await office.writes() == []
    done = await core.call("credential_request_extend", **args)
    [request] = planned.data["plan"]["requests"]
    sent = [one for one in await office.writes() if not one[1].endswith("/scoped")]
    assert sent == [(request["method"], f"/api/v2{request['path']}")]
    told = await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert not told.result.is_error, told.text
    path = f"/credential-requests/requests/{done.data['request_id']}/detail"
    [credential] = (await office.company.get(path))["requestDetail"]["credentials"]
    assert credential["state"] == "declined"
    assert await office.company.get(f"/connections/{ident}") == before


async def test_what_goes_with_a_request_is_told_with_its_users(
    core: Server, office: "Office", bound: Any
) -> None:
    ident = await office.granted("read")
    await office.scenario("Post daily", bound("slack:CreateMessage", ident, "slack"))
    told = await core.call("credential_request_extend", connection_id=ident, scopes=["write"])
    request = {"request_id": told.data["request_id"]}
    for tool, more in (
        ("credential_request_delete", {"with_credentials": True}),
        ("credential_request_credential_delete", {}),
    ):
        plan = (await core.call(tool, **request, **more)).data["plan"]
        assert any("“Post daily”" in line for line in plan["affects"])
    assert await office.exists(f"/connections/{ident}")


async def test_a_request_of_several_credentials_asks_which_is_meant(
    core: Server, office: "Office"
) -> None:
    items = [{"type": "slack", "scopes": ["chat:write"]}, {"kind": "key", "type": "basicauth"}]
    request = (await asked(core, office, items=items))["request_id"]
    told = await core.call("credential_request_decline", request_id=request)
    assert told.error["code"] == "not_found"
    assert "slack" in told.error["why"]


async def test_f6_what_a_scenario_s_modules_need_is_asked_for_once(
    core: Server, office: "Office", bound: Any
) -> None:
    ident, other = await office.granted(), await office.granted(name="Other")
    scenario = await office.scenario("Post", bound("slack:CreateMessage", ident, "slack"))
    args = {"connection_id": ident, "scenario_id": scenario}
    named = await core.call("credential_request_extend", connection_id=ident,
                            modules=["slack:CreateMessage"], dry_run=True)  # fmt: skip
    told = await core.call("credential_request_extend", **args)
    assert told.data["scopes_missing"]
    body = named.data["plan"]["requests"][0]["body"]
    assert body == {"connectionId": ident, "scopes": told.data["scopes_missing"]}
    await office.authorize(told.data["request_id"])
    again = await core.call("credential_request_extend", **args)
    assert (again.data["changed"], again.data["scopes_present"]) == (False, body["scopes"])
    stranger = await core.call(
        "credential_request_extend", connection_id=other, scenario_id=scenario
    )
    assert "connection_usage_get" in stranger.error["next_step"]


@pytest.mark.parametrize(
    ("items", "more", "tool"),
    [
        ([{"app": "no-such-app"}], {}, "app_list"),
        ([{"type": "no-such-type"}], {}, "connection_type_get"),
        ([{"app": "google-sheets"}], {"recipient": {"user_id": 987654}, "name": "A"}, "user_list"),
    ],
)
async def test_a_name_make_does_not_know_is_answered_with_where_names_are_found(
    core: Server, office: "Office", items: list[Any], more: dict[str, Any], tool: str
) -> None:
    told = await core.call("credential_request_create", team_id=office.team, items=items, **more)
    assert f"`{tool}`" in told.error["next_step"]


async def test_a_connection_without_scopes_cannot_be_extended(
    core: Server, office: "Office"
) -> None:
    ident = await office.connection()
    told = await core.call("credential_request_extend", connection_id=ident, scopes=["x"])
    assert told.error["code"] == "no_scopes"
    assert "connection_update" in told.error["next_step"]


async def test_one_credential_is_declined_with_a_reason_and_asked_again(
    core: Server, office: "Office"
) -> None:
    ids = await _one(core, office)
    declined = await core.call("credential_request_decline", **ids, reason="Not our account")
    assert declined.data["state"] == "declined"
    assert (await _state(core, ids))["reason"] == "Not our account"
    again = await core.call("credential_request_decline", **ids, reason="Not our account")
    assert again.data["changed"] is False
    await core.apply("operation_undo", operation_id=declined.data["operation_id"])
    assert (await _state(core, ids))["state"] == "pending"
    wrong = ids | {"credential_id": "nothing-here"}
    unknown = await core.call("credential_request_decline", **wrong)
    assert ids["credential_id"] in unknown.error["why"]


async def test_what_was_granted_is_taken_back_after_a_plan_that_names_it(
    core: Server, office: "Office"
) -> None:
    ids = await _one(core, office)
    nothing = await core.call("credential_request_credential_delete", **ids)
    assert nothing.data["changed"] is False
    await office.authorize(ids["request_id"])
    granted = (await _state(core, ids))["connection_id"]
    refused = await core.call("credential_request_decline", **ids)
    assert refused.error["code"] == "granted"
    planned = await core.call("credential_request_credential_delete", **ids)
    assert f"connection {granted}" in planned.text
    assert await office.exists(f"/connections/{granted}")
    await core.apply("credential_request_credential_delete", **ids)
    assert not await office.exists(f"/connections/{granted}")
    assert (await _state(core, ids))["state"] == "pending"


async def test_a_request_is_deleted_with_what_it_made_only_when_that_is_said(
    core: Server, office: "Office"
) -> None:
    ids = await _one(core, office)
    await office.authorize(ids["request_id"])
    granted = (await _state(core, ids))["connection_id"]
    only = {"request_id": ids["request_id"]}
    refused = await core.call("credential_request_delete", **only)
    assert f"connection {granted}" in refused.error["why"]
    gone = await core.apply("credential_request_delete", **only, with_credentials=True)
    assert gone.data["deleted"] is True
    assert not await office.exists(f"/connections/{granted}")
    lost = await core.call("credential_request_get", **only)
    assert lost.error["code"] == "not_found"


async def _one(core: Server, office: "Office") -> dict[str, str]:
    """Ask for one credential; give the ids of the request and of the credential."""
    request: str = (await asked(core, office))["request_id"]
    shown = await core.call("credential_request_get", request_id=request)
    return {"request_id": request, "credential_id": shown.data["credentials"][0]["id"]}


async def _state(core: Server, ids: dict[str, str]) -> dict[str, Any]:
    shown = await core.call("credential_request_get", request_id=ids["request_id"])
    found: dict[str, Any] = shown.data["credentials"][0]
    return found
