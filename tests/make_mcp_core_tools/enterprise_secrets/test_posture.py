"""The report: pass, fail or not checked, each with its evidence."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server

if TYPE_CHECKING:
    from .conftest import Bao, Vaulted

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Connector = Callable[..., Awaitable[int]]


def results(told: dict[str, Any]) -> dict[str, str]:
    return {row["control"]: row["result"] for row in told["controls"]}


async def test_without_a_secret_manager_its_controls_are_not_checked(
    core: Server, team: int
) -> None:
    told = (await core.call("secret_posture_report", team_id=team)).data
    found = results(told)
    assert found["plaintext"] == "pass"
    assert found["unused_keys"] == "pass"
    assert {found[name] for name in ("old_secrets", "audit_off", "own_token")} == {"not_checked"}
    assert (told["passed"], told["failed"], told["not_checked"]) == (5, 0, 6)
    assert "compliant" not in str(told).lower()


async def test_every_failed_control_names_its_evidence(
    vaulted: "Vaulted",
    bao: "Bao",
    team: int,
    connection: Connector,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    planted: dict[str, str],
) -> None:
    await new_scenario(blueprint(step(1, mapper={"value": planted["slack"]})))
    unused = await connection("Model", "openai-gpt-3", apiKey="k", organizationId="o")
    bao.put("crm/api", token="t")
    await vaulted.call(
        "secret_binding_set",
        connection_id=unused,
        parameter="apiKey",
        path="secret/crm/api",
        field="token",
    )
    told = (await vaulted.call("secret_posture_report", team_id=team, format="md")).data
    rows = {row["control"]: row for row in told["controls"]}
    failed = {name for name, row in rows.items() if row["result"] == "fail"}
    assert failed == {
        "plaintext",
        "unused_connections",
        "stale_in_make",
        "audit_off",
        "own_token",
        "wide_policies",
    }
    assert rows["unused_connections"]["evidence"] == [f"connection {unused}"]
    assert rows["stale_in_make"]["evidence"] == [f"connection {unused} apiKey"]
    assert rows["unbound_connections"]["result"] == "pass"
    assert "slack" in rows["plaintext"]["evidence"][0]
    assert f"connection {unused}" in told["report"]
    scan = (await vaulted.call("secret_scan", team_id=team)).data["findings"]
    assert rows["plaintext"]["evidence"][0].startswith(scan[0]["fingerprint"])


async def test_what_may_not_be_read_is_not_checked_rather_than_passed(
    core: Server, company: Company, team: int
) -> None:
    fault = {"path": "^/api/v2/keys", "without_scopes": ["keys:read"]}
    await company.control("POST", "/faults", fault)
    told = await core.call(
        "secret_posture_report", team_id=team, checks=["unused_keys"], format="csv"
    )
    [row] = told.data["controls"]
    assert row["result"] == "not_checked"
    assert row["why"]
    header, line = told.data["report"].splitlines()
    assert header == "control,result,evidence,why,labels"
    assert line.startswith("unused_keys,not_checked,")


async def test_a_connection_that_many_scenarios_use_is_named_with_their_number(
    core: Server,
    team: int,
    connection: Connector,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
) -> None:
    shared = await connection("Everybody's")
    for _ in range(3):
        module = step(1, "slack:CreateMessage", parameters={"__IMTCONN__": shared}, mapper={})
        module["metadata"] = {"parameters": [{"name": "__IMTCONN__", "type": "account:slack"}]}
        await new_scenario(blueprint(module))
    wanted: dict[str, Any] = {"team_id": team, "checks": ["shared_connections"]}
    [row] = (await core.call("secret_posture_report", **wanted, most_users=3)).data["controls"]
    assert row["result"] == "pass"
    [row] = (await core.call("secret_posture_report", **wanted, most_users=2)).data["controls"]
    assert (row["result"], row["evidence"]) == ("fail", [f"connection {shared}: 3 scenarios"])
