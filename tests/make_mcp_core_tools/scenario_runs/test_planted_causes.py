"""Each cause planted in a fresh scenario is the first finding, proved, with a call that works."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
TEXT = [{"name": "text", "type": "text"}]
AT: Json = {"designer": {"x": 600, "y": 0}}


@dataclass
class Plant:
    """A scenario with a fault.

    Attributes:
        scenario: Its id.
        evidence: What the first finding must cite.
        says: What its title must hold.
        tool: The call that comes next.
        module: The module it must name.
    """

    scenario: int
    evidence: list[str]
    says: str
    tool: str
    module: int | None = None
    cured: bool = field(default=False)


async def run(floor: "Floor", ident: int, *texts: str) -> list[str]:
    """Run it with each text; gives the ids."""
    ids: list[str] = []
    for text in texts:
        body = {"data": {"text": text}, "responsive": True}
        answer = await floor.company.send("POST", f"/scenarios/{ident}/run", body)
        ids.append(answer["executionId"])
    return ids


def sheet(connection: int) -> Json:
    """A module that reads a sheet."""
    parameters = [{"name": "__IMTCONN__", "type": "account:google"}]
    step: Json = {"id": 2, "module": "google-sheets:getCell", "version": 2, "mapper": {}}
    at = {"designer": {"x": 600, "y": 0, "name": "Read prices"}, "parameters": parameters}
    return {**step, "parameters": {"__IMTCONN__": connection}, "metadata": at}


async def google(floor: "Floor") -> int:
    """A working Google connection of the team, with its spreadsheets scope."""
    for row in (await floor.company.get("/connections", teamId=floor.team))["connections"]:
        if row["accountName"] == "google" and not row["expire"]:
            return int(row["id"])
    raise AssertionError("the team has no Google connection")


async def change(floor: "Floor", kind: str, ident: int, **members: Any) -> None:
    await floor.company.control("PATCH", "/world", {kind: {str(ident): members}})


# Causes


async def an_expired_connection(floor: "Floor") -> Plant:
    connection = await google(floor)
    ident = await floor.scenario(floor.start, sheet(connection), inputs=TEXT)
    await change(floor, "connections", connection, expire="2020-01-01T00:00:00.000Z")
    runs = await run(floor, ident, "a", "b")
    evidence = [f"connection {connection}", f"execution {runs[-1]}"]
    return Plant(ident, evidence, f"Connection {connection}", "connection_diagnose", 2)


async def an_expired_connection_that_switched_the_scenario_off(floor: "Floor") -> Plant:
    planted = await an_expired_connection(floor)
    await change(floor, "scenarios", planted.scenario, is_invalid=True, is_active=False)
    return planted


async def a_missing_scope(floor: "Floor") -> Plant:
    body = {"accountName": "Narrow", "accountType": "google", "scopes": ["openid"]}
    made = await floor.company.send("POST", "/connections", body, teamId=floor.team)
    connection = made["connection"]["id"]
    await change(floor, "connections", connection, state="valid")
    step = sheet(connection) | {"module": "google-sheets:addRow"}
    ident = await floor.scenario(floor.start, step, inputs=TEXT)
    evidence = [f"connection {connection}"]
    return Plant(ident, evidence, "auth/spreadsheets", "credential_request_extend", 2)


async def listening(floor: "Floor", hook: int, **settings: Any) -> int:
    base: Json = {"id": 1, "module": "gateway:CustomWebHook", "version": 1, "mapper": {}}
    first = {**base, "parameters": {"hook": hook, "maxResults": 1}, "metadata": AT}
    settings.setdefault("scheduling", {"type": "indefinitely", "interval": 900})
    return await floor.scenario(first, floor.parsing(2, "{}"), **settings)


async def a_disabled_hook(floor: "Floor") -> Plant:
    hook = int((await floor.hook())["id"])
    ident = await listening(floor, hook, scheduling={"type": "immediately"})
    await floor.company.send("POST", f"/hooks/{hook}/disable")
    return Plant(ident, [f"hook {hook}"], "disabled", "hook_enabled_set", cured=True)


async def a_full_queue(floor: "Floor") -> Plant:
    return await _full_queue(floor, "hook_incoming_list", active=True)


async def a_full_queue_of_an_inactive_scenario(floor: "Floor") -> Plant:
    return await _full_queue(floor, "scenario_activate", active=False)


async def _full_queue(floor: "Floor", tool: str, *, active: bool) -> Plant:
    await floor.freeze()
    await change(floor, "licenses", 1, iolimit=10)
    hook = await floor.hook()
    ident = await listening(floor, hook["id"], active=active)
    limit = (await floor.company.get(f"/hooks/{hook['id']}"))["hook"]["queueLimit"]
    for number in range(limit):
        await floor.company.http.post(f"/hook/{hook['udid']}", json={"order": number})
    return Plant(ident, [f"hook {hook['id']}"], f"{limit} of {limit}", tool)


async def an_invalid_blueprint(floor: "Floor") -> Plant:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{{9.total}}"), inputs=TEXT)
    await run(floor, ident, "a")
    return Plant(ident, [f"scenario {ident}"], "9", "blueprint_validate", 2)


async def a_full_data_store(floor: "Floor") -> Plant:
    body = {"name": "Offcuts", "teamId": floor.team, "maxSizeMB": 1}
    store = (await floor.company.send("POST", "/data-stores", body))["dataStore"]["id"]
    record = {"key": "a", "data": {"text": "x" * 1_000_000}}
    await floor.company.send("POST", f"/data-stores/{store}/data", record)
    step: Json = {"id": 2, "module": "datastore:AddRecord", "version": 1, "metadata": AT}
    mapper = {"key": "b", "data": {"text": "y" * 100_000}}
    add = {**step, "parameters": {"datastore": store}, "mapper": mapper}
    ident = await floor.scenario(floor.start, add, inputs=TEXT)
    (failed,) = await run(floor, ident, "a")
    evidence = [f"data store {store}", f"execution {failed}"]
    return Plant(ident, evidence, "full", "data_store_get", 2)


async def used_up_operations(floor: "Floor") -> Plant:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{}"), inputs=TEXT)
    await change(floor, "licenses", 1, operations=1)
    (failed,) = await run(floor, ident, "a")
    await change(floor, "scenarios", ident, is_paused=True)
    evidence = ["organization 1", f"execution {failed}"]
    return Plant(ident, evidence, "operations of the period are used", "organization_get")


async def a_paused_team(floor: "Floor") -> Plant:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{}"), inputs=TEXT)
    await run(floor, ident, "a")
    floor.company.mounted.sandbox.world.update("teams", floor.team, is_paused=True)
    await change(floor, "scenarios", ident, is_paused=True)
    return Plant(ident, [f"team {floor.team}"], "is paused", "team_get")


async def a_team_at_its_limit(floor: "Floor") -> Plant:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{}"), inputs=TEXT)
    await run(floor, ident, "a")
    await floor.company.send("PATCH", f"/teams/{floor.team}", {"operationsLimit": 1})
    return Plant(ident, [f"team {floor.team}"], "has used its 1 operations", "team_get")


async def a_cluster_of_incomplete_executions(floor: "Floor") -> Plant:
    step = floor.parsing(2, "{{var.input.text}}")
    ident = await floor.scenario(floor.start, step, inputs=TEXT, dlq=True)
    await run(floor, ident, "{}", "{broken", "{broken", "{broken")
    dlqs = (await floor.company.get("/dlqs", scenarioId=ident))["dlqs"]
    evidence = [f"incomplete execution {row['id']}" for row in dlqs]
    return Plant(ident, evidence, "3 incomplete", "incomplete_execution_get", 2)


async def a_bad_edit(floor: "Floor") -> Plant:
    return await _edited(floor)


async def a_bad_edit_whose_runs_are_put_aside(floor: "Floor") -> Plant:
    return await _edited(floor, dlq=True)


async def _edited(floor: "Floor", **settings: Any) -> Plant:
    """Break the mapping after good runs, under an edit of a label that is harmless."""
    steps = (floor.parsing(2, "{}", "Fine"), floor.parsing(3, "{{var.input.text}}", "Read"))
    ident = await floor.scenario(floor.start, *steps, inputs=TEXT, **settings)
    good = await run(floor, ident, "{}", "[]")
    await edit(floor, ident, lambda flow: flow[1]["metadata"]["designer"].update(name="Finer"))
    good += await run(floor, ident, "{}")
    await edit(floor, ident, lambda flow: flow[2]["mapper"].update(json="{{var.input.txt}}{"))
    bad = await run(floor, ident, "{}", "{}", "[]")
    await edit(floor, ident, lambda flow: flow[1]["metadata"]["designer"].update(name="Finest"))
    bad += await run(floor, ident, "{}")
    versions = (await floor.company.get(f"/scenarios/{ident}/blueprints"))["scenariosBlueprints"]
    numbers = sorted(row["version"] for row in versions if not row.get("draft"))
    evidence = [f"version {n}" for n in (numbers[-2], numbers[-3])]
    evidence += [f"execution {good[-1]}", f"execution {bad[0]}"]
    return Plant(ident, evidence, f"Version {numbers[-2]}", "blueprint_diff", 3)


async def edit(floor: "Floor", ident: int, work: Callable[[list[Json]], None]) -> None:
    """Save a changed blueprint, as the editor does."""
    answer = await floor.company.get(f"/scenarios/{ident}/blueprint")
    blueprint = answer["response"]["blueprint"]
    work(blueprint["flow"])
    metadata: Json = {"input_spec": TEXT, "output_spec": []}
    body: Json = {"blueprint": json.dumps(blueprint), "metadata": metadata}
    await floor.company.send("PATCH", f"/scenarios/{ident}", body)


CAUSES: list[Callable[["Floor"], Awaitable[Plant]]] = [
    an_expired_connection,
    an_expired_connection_that_switched_the_scenario_off,
    a_missing_scope,
    a_disabled_hook,
    a_full_queue,
    a_full_queue_of_an_inactive_scenario,
    an_invalid_blueprint,
    a_full_data_store,
    used_up_operations,
    a_paused_team,
    a_team_at_its_limit,
    a_cluster_of_incomplete_executions,
    a_bad_edit,
    a_bad_edit_whose_runs_are_put_aside,
]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__.replace("_", " "))
async def test_the_planted_cause_ranks_first_with_proof_and_a_call_that_works(
    core: Server, floor: "Floor", company: Company, cause: Callable[["Floor"], Awaitable[Plant]]
) -> None:
    plant = await cause(floor)
    told = (await core.call("scenario_troubleshoot", scenario_id=plant.scenario)).data
    first = told["findings"][0]
    assert plant.says in first["title"]
    assert set(plant.evidence) <= set(first["evidence"])
    assert first.get("module_id") == plant.module
    assert "symptom" not in first
    for finding in told["findings"]:
        for line in finding["evidence"]:
            assert await exists(company, plant.scenario, line), line
    call = first["tool_call"]
    assert call["tool"] == plant.tool
    answer = await core.call(call["tool"], **call["arguments"])
    assert not answer.result.is_error, answer.text
    if plant.cured:
        again = (await core.call("scenario_troubleshoot", scenario_id=plant.scenario)).data
        assert again["findings"] == []


async def exists(company: Company, scenario: int, line: str) -> bool:
    """Look up what a finding cites, in the API itself."""
    kind, _, ident = line.rpartition(" ")
    paths = {
        "execution": f"/scenarios/{scenario}/logs/{ident}",
        "incomplete execution": f"/dlqs/{ident}",
        "version": f"/scenarios/{scenario}/blueprint?blueprintId={ident}",
        "connection": f"/connections/{ident}",
        "hook": f"/hooks/{ident}",
        "data store": f"/data-stores/{ident}",
        "organization": f"/organizations/{ident}",
        "team": f"/teams/{ident}",
        "scenario": f"/scenarios/{ident}",
    }
    headers = {"Authorization": f"Token {company.mounted.token}"}
    return (await company.http.get(f"/api/v2{paths[kind]}", headers=headers)).is_success


async def test_a_sound_scenario_has_no_findings_and_names_what_was_checked_and_skipped(
    core: Server, floor: "Floor"
) -> None:
    ident = await floor.scenario(floor.start, sheet(await google(floor)), inputs=TEXT)
    await run(floor, ident, "a", "b")
    told = (await core.call("scenario_troubleshoot", scenario_id=ident)).data
    assert (told["findings"], told["skipped"]) == ([], [])
    checks = [check["check"] for check in told["checks"]]
    assert told["summary"] == f"Nothing found: {len(checks)} checks made, 0 skipped."
    assert {"bindings", "connection tests", "hook", "changes", "organization"} <= set(checks)


async def test_a_scenario_of_many_connections_stores_and_failures_costs_a_bounded_number_of_calls(
    core: Server, floor: "Floor", company: Company
) -> None:
    """Everything at once: the number is the one the tool's description gives."""
    steps: list[Json] = []
    for number in range(10, 26):
        body = {"accountName": f"Account {number}", "accountType": "google", "scopes": ["openid"]}
        made = await company.send("POST", "/connections", body, teamId=floor.team)
        await change(floor, "connections", made["connection"]["id"], state="valid")
        row = {"id": number, "module": "google-sheets:addRow"}
        steps.append(sheet(made["connection"]["id"]) | row)
    for number in range(30, 38):
        store = {"name": f"Store {number}", "teamId": floor.team, "maxSizeMB": 1}
        made = (await company.send("POST", "/data-stores", store))["dataStore"]
        add: Json = {"id": number, "module": "datastore:AddRecord", "version": 1, "metadata": AT}
        steps.append({**add, "parameters": {"datastore": made["id"]}, "mapper": {"key": "a"}})
    readers = [floor.parsing(number, "{{var.input.text}}") for number in (2, 3, 4)]
    ident = await floor.scenario(floor.start, *readers, *steps, inputs=TEXT, dlq=True)
    await run(floor, ident, "{broken", "[", '{"a', "{}")
    await edit(floor, ident, lambda flow: flow[2]["mapper"].update(json="{"))
    await run(floor, ident, "{}", "{}")
    await core.call("team_list")
    await company.control("DELETE", "/requests")
    told = await core.call("scenario_troubleshoot", scenario_id=ident)
    sent = (await company.control("GET", "/requests"))["requests"]
    assert len(told.data["findings"]) >= 5
    assert {skip["check"] for skip in told.data["skipped"]} >= {"bindings", "data stores"}
    assert len(sent) <= 60
