"""Troubleshooting: planted faults are named with their evidence, a sound scenario is clean."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio

TEXT = [{"name": "text", "type": "text"}]


async def run(floor: "Floor", ident: int, *texts: str) -> list[str]:
    ids: list[str] = []
    for text in texts:
        body = {"data": {"text": text}, "responsive": True}
        answer = await floor.company.send("POST", f"/scenarios/{ident}/run", body)
        ids.append(answer["executionId"])
    return ids


async def diagnosis(core: Server, ident: int, **more: Any) -> dict[str, Any]:
    return (await core.call("scenario_troubleshoot", scenario_id=ident, **more)).data


async def sheet(floor: "Floor", connection: int) -> dict[str, Any]:
    """A module that reads a sheet through a connection."""
    at = {"designer": {"x": 600, "y": 0, "name": "Read prices"}}
    parameters = [{"name": "__IMTCONN__", "type": "account:google"}]
    return {
        "id": 2,
        "module": "google-sheets:getCell",
        "version": 2,
        "parameters": {"__IMTCONN__": connection},
        "mapper": {},
        "metadata": {**at, "parameters": parameters},
    }


async def google(floor: "Floor", company: Company) -> int:
    """A working Google connection of the team."""
    for row in (await company.get("/connections", teamId=floor.team))["connections"]:
        if row["accountName"] == "google" and not row["expire"]:
            return int(row["id"])
    raise AssertionError("the team has no Google connection")


async def test_a_sound_scenario_has_no_findings_and_names_the_checks(
    core: Server, floor: "Floor", company: Company
) -> None:
    step = await sheet(floor, await google(floor, company))
    ident = await floor.scenario(floor.start, step, inputs=TEXT)
    await run(floor, ident, "a", "b")
    told = await diagnosis(core, ident)
    assert told["findings"] == []
    assert told["summary"] == "Nothing found: 12 checks made, 0 skipped."
    assert {"connection tests", "runs", "blueprint"} <= {check["check"] for check in told["checks"]}


@pytest.mark.parametrize("state", ["expired", "broken"])
async def test_a_connection_that_fails_is_named_with_its_module(
    core: Server, floor: "Floor", company: Company, state: str
) -> None:
    connection = await google(floor, company)
    step = await sheet(floor, connection)
    ident = await floor.scenario(floor.start, step, inputs=TEXT)
    change = {"connections": {str(connection): {"state": state}}}
    await company.control("PATCH", "/world", change)
    (failed,) = await run(floor, ident, "a")
    first = (await diagnosis(core, ident))["findings"][0]
    assert f"Connection {connection}" in first["title"]
    assert (first["module_id"], first["confidence"]) == (2, "certain")
    assert first["evidence"] == [f"connection {connection}", f"execution {failed}"]
    assert first["module"].startswith("Read prices")
    assert first["tool_call"]["arguments"] == {"connection_id": connection}


async def test_connections_are_not_tested_unless_wanted_and_that_is_told(
    core: Server, floor: "Floor", company: Company
) -> None:
    step = await sheet(floor, await google(floor, company))
    ident = await floor.scenario(floor.start, step)
    told = await diagnosis(core, ident, verify_connections=False)
    assert told["skipped"] == [
        {"check": "connection tests", "why": "`verify_connections` is false."}
    ]
    assert not await floor.sent("POST", "/test")


async def test_what_make_refuses_to_tell_is_skipped_with_the_reason(
    core: Server, floor: "Floor", company: Company
) -> None:
    step = await sheet(floor, await google(floor, company))
    ident = await floor.scenario(floor.start, step)
    denied = {"message": "Permission denied", "code": "SC403"}
    await floor.fault("GET", "/connections$", status=403, body=denied)
    await floor.fault("POST", "/test$", status=403, body=denied)
    told = await diagnosis(core, ident)
    assert {skip["check"] for skip in told["skipped"]} == {"connections", "connection tests"}
    assert all(skip["why"] for skip in told["skipped"])


async def test_a_deleted_connection_is_named(core: Server, floor: "Floor") -> None:
    ident = await floor.scenario(floor.start, await sheet(floor, 999_999), active=False)
    titles = [finding["title"] for finding in (await diagnosis(core, ident))["findings"]]
    assert any("connection 999999" in title and "does not exist" in title for title in titles)


async def test_failed_runs_are_counted_and_blamed_on_a_module(core: Server, floor: "Floor") -> None:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{{var.input.text}}"), inputs=TEXT)
    ids = await run(floor, ident, "{}", "{broken", "{broken")
    (found,) = (await diagnosis(core, ident))["findings"]
    assert (found["module_id"], found["effect"]) == (2, "fails runs")
    assert "2 of 3 runs" in found["rule"]
    assert found["evidence"] == [f"execution {ident}" for ident in ids[:0:-1]]
    assert found["tool_call"]["arguments"]["execution_id"] == ids[-1]


async def test_rare_failures_that_passed_are_a_note_and_no_finding(
    core: Server, floor: "Floor"
) -> None:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{{var.input.text}}"), inputs=TEXT)
    await run(floor, ident, "{}", "{broken", *["{}"] * 20)
    told = await diagnosis(core, ident)
    assert told["findings"] == []
    assert "1 of 22 runs failed" in told["notes"][0]


async def test_the_change_before_the_first_failure_is_shown(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{{var.input.text}}"), inputs=TEXT)
    good = await run(floor, ident, "{}", "[]")
    answer = await company.get(f"/scenarios/{ident}/blueprint")
    blueprint = answer["response"]["blueprint"]
    blueprint["flow"][1]["mapper"]["json"] = "{{var.input.txt}}{"
    metadata = {"input_spec": TEXT, "output_spec": []}
    change = {"blueprint": json.dumps(blueprint), "metadata": metadata}
    await company.send("PATCH", f"/scenarios/{ident}", change)
    bad = await run(floor, ident, "{}", "[]")
    findings = (await diagnosis(core, ident))["findings"]
    (changed,) = [found for found in findings if found.get("changes")]
    assert changed["confidence"] == "likely"
    assert "var.input.txt" in changed["changes"][0]
    assert f"execution {good[-1]}" in changed["evidence"]
    assert f"execution {bad[0]}" in changed["evidence"]
    assert changed["tool_call"]["tool"] == "blueprint_diff"


async def test_a_failure_older_than_the_last_change_is_not_blamed_on_it(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{{var.input.text}}"), inputs=TEXT)
    await run(floor, ident, "{}", "{broken")
    answer = await company.get(f"/scenarios/{ident}/blueprint")
    blueprint = answer["response"]["blueprint"]
    blueprint["flow"][1]["metadata"]["designer"]["name"] = "Read it"
    metadata = {"input_spec": TEXT, "output_spec": []}
    change = {"blueprint": json.dumps(blueprint), "metadata": metadata}
    await company.send("PATCH", f"/scenarios/{ident}", change)
    await run(floor, ident, "{broken")
    findings = (await diagnosis(core, ident))["findings"]
    assert not [found for found in findings if "Version" in found["title"]]


async def test_incomplete_executions_are_grouped_by_reason(core: Server, floor: "Floor") -> None:
    ident = await floor.scenario(
        floor.start, floor.parsing(2, "{{var.input.text}}"), inputs=TEXT, dlq=True
    )
    ids = await run(floor, ident, "{broken", "{broken")
    findings = (await diagnosis(core, ident))["findings"]
    (waiting,) = [found for found in findings if "incomplete executions wait" in found["title"]]
    assert waiting["title"].startswith("2 incomplete executions")
    dlqs = (await floor.company.get("/dlqs", scenarioId=ident))["dlqs"]
    cited = [f"incomplete execution {row['id']}" for row in dlqs]
    assert set(waiting["evidence"]) == {*cited, *(f"execution {one}" for one in ids)}
    assert findings[0] == waiting
    call = waiting["tool_call"]
    shown = (await core.call(call["tool"], **call["arguments"])).data
    assert (shown["scenario_id"], shown["failed_module_id"]) == (ident, 2)


async def test_a_hook_with_waiting_requests_behind_an_inactive_scenario_is_found(
    core: Server, floor: "Floor", company: Company
) -> None:
    hook = await floor.hook()
    at = {"designer": {"x": 0, "y": 0}}
    first: dict[str, Any] = {"id": 1, "module": "gateway:CustomWebHook", "version": 1, "mapper": {}}
    flow = {**first, "parameters": {"hook": hook["id"], "maxResults": 1}, "metadata": at}
    ident = await floor.scenario(flow, scheduling={"type": "immediately"}, active=False)
    await company.http.post(f"/hook/{hook['udid']}", json={"order": 7})
    findings = (await diagnosis(core, ident))["findings"]
    (found,) = [each for each in findings if f"hook {hook['id']}" in each["evidence"]]
    assert found["tool_call"]["tool"] == "scenario_activate"
    await company.send("POST", f"/hooks/{hook['id']}/disable")
    findings = (await diagnosis(core, ident))["findings"]
    assert any("disabled" in each["title"] for each in findings)


async def test_a_blueprint_fault_and_a_paused_organization_are_found(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident = await floor.scenario(floor.start, floor.parsing(2, "{{9.total}}"))
    await company.control("PATCH", "/world", {"organizations": {"1": {"is_paused": True}}})
    findings = (await diagnosis(core, ident))["findings"]
    assert any("is paused" in found["title"] for found in findings)
    (fault,) = [found for found in findings if found["rule"].startswith("Blueprint rule")]
    assert fault["module_id"] == 2
    order = [("certain", "likely", "possible").index(found["confidence"]) for found in findings]
    assert order == sorted(order)


async def test_a_full_data_store_is_found(core: Server, floor: "Floor", company: Company) -> None:
    store = {"name": "Offcuts", "teamId": floor.team, "maxSizeMB": 1}
    made = (await company.send("POST", "/data-stores", store))["dataStore"]
    record = {"key": "a", "data": {"text": "x" * 990_000}}
    await company.send("POST", f"/data-stores/{made['id']}/data", record)
    at = {"designer": {"x": 600, "y": 0}}
    add = {"id": 2, "module": "datastore:AddRecord", "version": 1, "metadata": at}
    step: dict[str, Any] = {
        **add,
        "parameters": {"datastore": made["id"]},
        "mapper": {"key": "b", "data": {}},
    }
    ident = await floor.scenario(floor.start, step)
    (found,) = (await diagnosis(core, ident))["findings"]
    assert "94% full" in found["title"]
    assert (found["effect"], found["confidence"]) == ("risk", "likely")


async def test_looking_for_causes_spends_a_bounded_number_of_requests(
    core: Server, floor: "Floor", company: Company
) -> None:
    steps = [floor.parsing(number, "{{var.input.text}}") for number in range(2, 32)]
    ident = await floor.scenario(floor.start, *steps, inputs=TEXT)
    await run(floor, ident, *["{broken"] * 8)
    await core.call("team_list")
    await company.control("DELETE", "/requests")
    await diagnosis(core, ident)
    assert len((await company.control("GET", "/requests"))["requests"]) <= 50


async def test_the_prompt_names_the_scenario_and_asks_before_changing(core: Server) -> None:
    prompt = await core.client.get_prompt("debug_scenario", {"scenario": "Cut boards"})
    text = str(prompt.messages[0].content)
    assert "Cut boards" in text
    assert "scenario_troubleshoot" in text
