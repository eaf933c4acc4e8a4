"""Patterns and the functions of expressions, as a client reads them; every pattern runs."""

import json
from typing import Any

import pytest
from harness import Company, Server
from make_mcp_core_tools._engine.patterns import pattern_names

pytestmark = pytest.mark.anyio

TEAM = 1


FOUND = {"name": "found", "type": "text", "label": "found"}


def last_flow(blueprint: dict[str, Any]) -> list[Any]:
    """The list the pattern ends in; of a router's routes the first."""
    flow: list[Any] = blueprint["flow"]
    return flow[-1]["routes"][0]["flow"] if "routes" in flow[-1] else flow


def returner(value: str) -> dict[str, Any]:
    return {
        "id": 90,
        "module": "scenario-service:ReturnData",
        "version": 2,
        "parameters": {},
        "mapper": {"found": value},
        "metadata": {"designer": {"x": 1800, "y": 0}, "expect": [FOUND]},
    }


async def read(server: Server, uri: str) -> Any:
    contents = (await server.client.read_resource(uri)).contents
    return json.loads(str(getattr(contents[0], "text", "")))


async def create(
    server: Server, company: Company, name: str, returning: str = ""
) -> tuple[int, int]:
    """Create a pattern's scenario with a new webhook and data store; give it and its webhook.

    With `returning`, a module after its last one returns that value, to be seen from outside.
    """
    page = await read(server, f"make://pattern/{name}")
    hook = await server.call("hook_create", team_id=TEAM, name=name, type="gateway-webhook")
    structure = await company.send(
        "POST",
        "/data-structures",
        {"teamId": TEAM, "name": name, "spec": [{"name": "seen_at", "type": "text"}]},
    )
    store = await company.send(
        "POST",
        "/data-stores",
        {
            "teamId": TEAM,
            "name": name,
            "datastructureId": structure["dataStructure"]["id"],
            "maxSizeMB": 1,
        },
    )
    for key in ("oak", "pine"):
        await company.send(
            "POST",
            f"/data-stores/{store['dataStore']['id']}/data",
            {"key": key, "data": {"seen_at": "2026-11-02"}},
        )
    text = json.dumps(page["create"])
    text = text.replace('"hook": null', f'"hook": {hook.data["hook_id"]}')
    text = text.replace('"datastore": null', f'"datastore": {store["dataStore"]["id"]}')
    arguments = json.loads(text)
    if returning:
        last_flow(arguments["blueprint"]).append(returner(returning))
        arguments |= {"schedule": {"kind": "on_demand"}, "outputs": [{**FOUND, "required": True}]}
    made = await server.call("scenario_create", team_id=TEAM, activate=True, **arguments)
    assert "faults" not in made.data, made.data["faults"]
    return made.data["scenario_id"], hook.data["hook_id"]


async def test_the_list_of_patterns_leads_to_each_page(core: Server) -> None:
    rows = await read(core, "make://patterns")
    assert [row["uri"] for row in rows] == [f"make://pattern/{name}" for name in pattern_names()]
    for row in rows:
        page = await read(core, row["uri"])
        assert page["title"] == row["title"]
        assert page["needs"]
        assert page["watch_out"]


async def test_an_unknown_pattern_is_answered_with_those_there_are(core: Server) -> None:
    with pytest.raises(Exception, match="make://pattern/webhook-answer"):
        await read(core, "make://pattern/miracle")


@pytest.mark.parametrize(
    ("name", "gives", "value"),
    [
        ("count-up", "{{3.text}}", "page=1\npage=2\npage=3"),
        ("digest", "{{3.value}}", "Good morning. Open today:\n• oak\n• pine"),
        ("list-item-by-item", "{{5.value}}", "89.9"),
        ("several-ways", "{{3.value}}", "refund"),
    ],
)
async def test_a_pattern_without_a_webhook_does_what_it_says(
    core: Server, company: Company, name: str, gives: str, value: str
) -> None:
    scenario, _ = await create(core, company, name, returning=gives)
    ran = await core.call("scenario_run", scenario_id=scenario)
    assert ran.data["outputs"] == {"found": value}, ran.text


async def test_the_pattern_of_a_tool_takes_inputs_and_returns_outputs(
    core: Server, company: Company
) -> None:
    scenario, _ = await create(core, company, "scenario-as-a-tool")
    ran = await core.call("scenario_run", scenario_id=scenario, data={"price": 10, "rate": 1.1})
    assert ran.data["outputs"] == {"amount": 11}


async def test_the_pattern_of_retries_keeps_the_run_of_a_call_that_failed(
    core: Server, company: Company
) -> None:
    scenario, _ = await create(core, company, "retry-a-web-call")
    ran = await core.call("scenario_run", scenario_id=scenario)
    assert ran.data["status"] == "warning", ran.text
    kept = await company.get("/dlqs", scenarioId=scenario)
    assert {row["retry"] for row in kept["dlqs"]} == {True}


@pytest.mark.parametrize(
    ("email", "status", "says"),
    [("Ada@Example.com", 200, "ada@example.com"), ("nobody", 422, "email is missing")],
)
async def test_the_pattern_of_an_answered_webhook_checks_what_it_gets(
    core: Server, company: Company, email: str, status: int, says: str
) -> None:
    _, hook = await create(core, company, "webhook-answer")
    told = await core.call("hook_send_test", hook_id=hook, body={"email": email})
    assert told.data["http_status"] == status
    assert says in told.text


async def test_the_pattern_of_seen_things_handles_each_once(core: Server, company: Company) -> None:
    scenario, hook = await create(core, company, "remember-what-was-seen")
    for _ in range(2):
        await core.call("hook_send_test", hook_id=hook, body={"id": "4711"})
    runs = await core.call("scenario_execution_list", scenario_id=scenario)
    assert sorted(row["operations"] for row in runs.data["executions"]) == [2, 4]


async def test_the_functions_come_with_examples_that_were_evaluated(core: Server) -> None:
    page = await read(core, "make://iml/functions")
    shown = {row["call"].partition("(")[0]: row for row in page["functions"]}
    assert {"formatDate", "map", "switch", "if", "parseNumber"} <= set(shown)
    assert shown["round"]["examples"][0] == {"expression": "round(1.total)", "result": 116}
    assert page["sample"]["1"]["total"] == 115.9


async def test_a_scenario_is_read_in_short_and_at_a_version(core: Server, company: Company) -> None:
    scenario = 1
    versions = (await company.get(f"/scenarios/{scenario}/blueprints"))["scenariosBlueprints"]
    await core.apply(
        "scenario_patch",
        scenario_id=scenario,
        ops=[{"op": "rename_module", "module": 1, "name": "Renamed since"}],
    )
    short = await read(core, f"make://scenario/{scenario}")
    assert short["id"] == scenario
    assert "Renamed since" in short["outline"][0]
    live = await read(core, short["read_more"][0])
    before = await read(core, f"make://scenario/{scenario}/blueprint/{versions[0]['version']}")
    assert live["flow"][0]["metadata"]["designer"]["name"] == "Renamed since"
    assert before["flow"][0]["metadata"]["designer"].get("name") != "Renamed since"
    with pytest.raises(Exception, match="blueprint_version_list"):
        await read(core, f"make://scenario/{scenario}/blueprint/latest")
