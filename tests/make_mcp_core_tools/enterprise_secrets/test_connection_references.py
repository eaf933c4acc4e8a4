"""Connections whose parameters come from the secret manager and are never seen."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company

from .conftest import written

if TYPE_CHECKING:
    from .conftest import Bao, Vaulted

pytestmark = pytest.mark.anyio

FIRST = "k-" + "4417-of-the-manager"
SECOND = "k-" + "9920-of-the-manager"


@pytest.fixture
async def team(company: Company) -> int:
    organization = (await company.get("/organizations"))["organizations"][0]["id"]
    body = {"name": "Vault office", "organizationId": organization}
    return int((await company.send("POST", "/teams", body))["team"]["id"])


def held(company: Company, connection: int) -> dict[str, Any]:
    """What Make keeps of a connection's parameters."""
    sql = "SELECT data FROM connections WHERE id = ?"
    return dict(company.mounted.sandbox.world.rows(sql, connection)[0]["data"])


async def test_a_connection_is_made_and_renewed_from_the_manager_unseen(
    vaulted: "Vaulted", company: Company, bao: "Bao", team: int, tmp_path: Path
) -> None:
    bao.put("crm/model", key=FIRST)
    wanted: dict[str, Any] = {
        "team_id": team,
        "type": "openai-gpt-3",
        "name": "Model",
        "data": {"organizationId": "org-1"},
        "from_vault": {"apiKey": "secret/crm/model#key"},
    }
    made = (await vaulted.call("connection_create", **wanted)).data
    assert made["state"] == "ready"
    kept = held(company, made["connection_id"])
    assert (kept["apiKey"], kept["organizationId"]) == (FIRST, "org-1")
    bao.put("crm/model", key=SECOND)
    again = {
        "connection_id": made["connection_id"],
        "data": wanted["data"],
        "from_vault": wanted["from_vault"],
    }
    done = await vaulted.apply("connection_update", **again)
    assert (done.data["changed"], done.data["verified"]) == (True, True)
    assert held(company, made["connection_id"])["apiKey"] == SECOND
    ours = written(tmp_path)
    assert any(b"connection_update" in content for content in ours)
    for value in (FIRST, SECOND):
        assert value not in "".join(vaulted.texts)
        assert not any(value.encode() in content for content in ours)


async def test_a_reference_that_leads_nowhere_makes_nothing(
    vaulted: "Vaulted", company: Company, bao: "Bao", team: int
) -> None:
    bao.put("crm/model", key=FIRST)
    wanted = {"team_id": team, "type": "openai-gpt-3", "name": "Model"}
    for references, code in (
        ({"apiKey": "secret/crm/model#nothing"}, "not_found"),
        ({"apiKey": "secret/crm/nothing#key"}, "not_found"),
    ):
        told = await vaulted.call("connection_create", **wanted, from_vault=references)
        assert told.error["code"] == code
        assert told.error["next_step"]
    twice = {"data": {"apiKey": "x"}, "from_vault": {"apiKey": "secret/crm/model#key"}}
    told = await vaulted.call("connection_create", **wanted, **twice)
    assert told.error["problems"][0]["problem"] == "is in `data` and in `from_vault`."
    smuggled = {"from_vault": {"accountType": "secret/crm/model#key"}}
    told = await vaulted.call("connection_create", **wanted, **smuggled)
    assert told.error["problems"][0]["path"] == "data.accountType"
    assert (await company.get("/connections", teamId=team))["connections"] == []


# Agents


async def agents(company: Company) -> list[str]:
    found = (await company.get("/agents", organizationId=1))["agents"]
    return [one["name"] for one in found]


async def test_the_secret_of_a_new_agent_goes_to_the_manager_unseen_and_is_taken_back(
    vaulted: "Vaulted", company: Company, bao: "Bao"
) -> None:
    await company.license(["onPremAgent"])
    before = await agents(company)
    new = {"organization_id": 1, "name": "Pier", "to_vault": "secret/agents/pier#secret"}
    planned = await vaulted.call("on_prem_agent_create", **new, dry_run=True)
    assert len(planned.data["plan"]["requests"]) == 2
    assert await agents(company) == before
    made = (await vaulted.call("on_prem_agent_create", **new)).data
    assert (made["kept_at"], "client_secret" in made) == ("secret/agents/pier#secret", False)
    secret = bao.values("agents/pier")["secret"]
    assert len(secret) >= 16
    assert secret not in "".join(vaulted.texts)
    again = await vaulted.call("on_prem_agent_create", **{**new, "name": "Quay"})
    assert again.error["code"] == "in_use"
    assert sorted(await agents(company)) == sorted([*before, "Pier"])
    undone = await vaulted.apply("operation_undo", operation_id=made["operation_id"])
    assert not undone.result.is_error, undone.text
    assert await agents(company) == before


async def test_a_place_no_engine_has_registers_no_agent(
    vaulted: "Vaulted", company: Company
) -> None:
    await company.license(["onPremAgent"])
    before = await agents(company)
    new = {"organization_id": 1, "name": "Pier", "to_vault": "nowhere/agents/pier#secret"}
    told = await vaulted.call("on_prem_agent_create", **new)
    assert told.error["code"] == "no_such_engine"
    assert await agents(company) == before
