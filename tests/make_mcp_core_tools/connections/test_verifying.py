"""Whether connections work, and why not."""

from typing import TYPE_CHECKING, Any

import pytest
from harness import Server
from make_mcp_core_tools import bundle

if TYPE_CHECKING:
    from .conftest import Office

pytestmark = pytest.mark.anyio


async def test_a_revoked_token_is_told_in_the_words_of_the_service(
    core: Server, office: "Office"
) -> None:
    good, bad = await office.connection(), await office.granted(name="Bad")
    await office.company.control(
        "POST",
        "/faults",
        {
            "method": "POST",
            "path": f"^/api/v2/connections/{bad}/test$",
            "status": 424,
            "body": {"message": "invalid_grant: the grant was withdrawn by its owner"},
        },
    )
    told = (await core.call("connection_verify", connection_ids=[good, bad])).data
    assert (told["tested"], told["failed"]) == (2, 1)
    first = told["connections"][0]
    assert (first["id"], first["verified"], first["cause"]) == (bad, False, "revoked")
    assert first["problem"] == "invalid_grant: the grant was withdrawn by its owner"
    assert told["connections"][1]["verified"] is True
    assert told["next_calls"][0]["arguments"] == {"connection_id": bad}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("connect ETIMEDOUT 10.1.1.1:443", "unreachable"),
        ("Missing scope: files.read", "scope"),
        ("401 Unauthorized", "refused"),
        ("Something else", "unknown"),
    ],
)
async def test_causes_are_told_apart(core: Server, office: "Office", text: str, cause: str) -> None:
    ident = await office.connection()
    fault = {"method": "POST", "path": "/test$", "status": 424, "body": {"message": text}}
    await office.company.control("POST", "/faults", fault)
    told = (await core.call("connection_verify", connection_ids=[ident])).data
    assert told["connections"][0]["cause"] == cause


async def test_an_expired_authorization_is_expired_whatever_the_service_says(
    core: Server, office: "Office"
) -> None:
    ident = await office.granted()
    await office.spoil(ident, "expired", expire="2020-01-01T00:00:00.000Z")
    told = (await core.call("connection_verify", connection_ids=[ident])).data
    assert told["connections"][0]["cause"] == "expired"


async def test_a_failure_of_make_itself_is_no_verdict_on_the_connection(
    core: Server, office: "Office"
) -> None:
    ident = await office.connection()
    fault = {"method": "POST", "path": "/test$", "status": 500, "body": {"message": "Oops"}}
    await office.company.control("POST", "/faults", fault)
    told = await core.call("connection_verify", connection_ids=[ident])
    assert told.error["status"] == 500


async def test_all_of_a_team_are_tested_and_nothing_else(core: Server, office: "Office") -> None:
    made = {await office.connection(name=f"N{at}") for at in range(7)}
    told = (await core.call("connections_verify", all_in_team=office.team)).data
    assert {row["id"] for row in told["connections"]} == made
    neither = await core.call("connection_verify")
    assert neither.error["code"] == "invalid_arguments"


async def test_missing_scopes_are_named(core: Server, office: "Office") -> None:
    ident = await office.granted("read")
    told = await core.call("connection_verify", connection_ids=[ident], scopes=["read", "write"])
    row = told.data["connections"][0]
    assert (row["verified"], row["cause"], row["missing_scopes"]) == (False, "scope", ["write"])


async def test_verifying_is_reading_outside_make_and_leaves_no_operation(
    core: Server, office: "Office"
) -> None:
    ident = await office.connection()
    hints = bundle.load("connections").tools["connection_verify"].hints
    assert (hints.read_only, hints.open_world) == (True, True)
    await core.call("connection_verify", connection_ids=[ident])
    listed = (await core.call("operation_list")).data
    assert listed["operations"] == []


async def test_a_healthy_connection_has_no_findings(
    core: Server, office: "Office", bound: Any
) -> None:
    ident = await office.connection()
    await office.scenario("Ask", bound("openai-gpt-3:CreateCompletion", ident))
    told = (await core.call("connection_diagnose", connection_id=ident)).data
    assert told["findings"] == []
    assert any("blueprints of 1 scenarios" in line for line in told["checked"])


async def test_a_broken_connection_is_found_with_its_users_failures_and_a_repair(
    core: Server, office: "Office", bound: Any
) -> None:
    ident = await office.connection()
    module = bound("openai-gpt-3:CreateCompletion", ident)
    scenario = await office.scenario("Ask", module)
    await office.spoil(ident)
    await office.company.send("POST", f"/scenarios/{scenario}/start")
    ran = await core.call("connection_diagnose", connection_id=ident)
    [finding] = ran.data["findings"]
    assert (finding["kind"], finding["cause"]) == ("broken", "refused")
    assert "1 scenarios use it" in finding["what"]
    assert finding["fix_call"]["tool"] == "connection_get"
    [failures] = finding["failures"]
    assert failures["scenario_id"] == scenario
    assert failures["refused_runs"] + len(failures.get("modules", [])) >= 1
    assert len(failures["execution_id"]) == 32


async def test_a_team_is_diagnosed_worst_first(core: Server, office: "Office", bound: Any) -> None:
    soon, broken = await office.granted(name="Soon"), await office.granted(name="Broken")
    await office.scenario("Post", bound("slack:PostNote", broken, "slack"))
    now = (await office.company.control("GET", "/clock"))["now"]
    await office.spoil(soon, "valid", expire=f"{int(now[:4])}-12-31T23:59:59.000Z")
    await office.spoil(broken)
    told = (await core.call("connection_diagnose", all_in_team=office.team)).data
    kinds = [(one["connection_id"], one["kind"]) for one in told["findings"]]
    assert kinds[0] == (broken, "broken")
    assert told["findings"][0]["fix_call"]["tool"] == "credential_request_create"
