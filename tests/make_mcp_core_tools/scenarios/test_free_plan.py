"""What is asked of Make on a free plan: only what every plan answers."""

from typing import Any

import pytest
from harness import Company, Server
from make_mcp_base.definition import catalog
from make_mcp_base.definition.bundle import installed_bundles

pytestmark = pytest.mark.anyio

PLACES = {"organization_id", "team_id"}
PAID = [
    "fulltext",
    "creatingTemplates",
    "customVariables",
    "customFunctions",
    "customProperties",
    "scenarioInputs",
    "auditLogsDays",
    "analyticsAccess",
    "onPremAgent",
    "dynamicConnections",
    "dynamicDependencies",
    "scenarioRelationTree",
    "teamOperationsLimits",
    "webhookLogRetentionDays",
]


def readers() -> list[catalog.Entry]:
    """The tools that read and need to know no more than the place."""
    (core,) = installed_bundles(("core",))
    return [
        tool
        for page in catalog.read(core)
        for tool in page.tools
        if tool.effect == "read" and set(tool.input_schema.get("required", [])) <= PLACES
    ]


async def test_f13_on_a_free_plan_no_tool_that_reads_meets_a_refusal_but_for_what_the_plan_lacks(
    core: Server, company: Company
) -> None:
    places = (await company.get("/organizations"))["organizations"]
    unpaid: dict[str, Any] = {str(o["id"]): dict.fromkeys(PAID, False) for o in places}
    await company.control("PATCH", "/world", {"rate_limits": False, "licenses": unpaid})
    team = (await company.get("/teams", organizationId=places[0]["id"]))["teams"][0]["id"]
    await company.control("DELETE", "/requests")
    tools = readers()
    assert len(tools) > 40
    refused: dict[str, str] = {}
    for tool in tools:
        known = {"organization_id": places[0]["id"], "team_id": team}
        given = {name: known[name] for name in known if name in tool.input_schema["properties"]}
        told = await core.call(tool.name, **given)
        if told.result.is_error and "make_code" in told.error:
            refused[tool.name] = told.error["code"]
    assert set(refused.values()) <= {"licence_gate", "feature_off"}, refused
    log = (await company.control("GET", "/requests"))["requests"]
    assert len(log) > len(tools)
    assert [one["path"] for one in log if "*" in str(one["query"])] == []
    gated = {"/api/v2/functions", "/api/v2/private-spaces"}
    assert {one["path"] for one in log if one["status"] >= 400} <= gated
