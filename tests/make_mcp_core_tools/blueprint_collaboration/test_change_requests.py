"""Change requests: proposed, approved by a second person, applied."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]
Serving = Callable[[str], AbstractAsyncContextManager[Server]]


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    secret = step(3, "http:ActionSendData", version=3, mapper={"password": "hunter2", "url": "x"})
    return int((await new_scenario(blueprint(step(1), step(2), secret)))["id"])


def _value(module: int, value: str) -> list[dict[str, Any]]:
    return [{"op": "set_mapper", "module": module, "name": "value", "value": value}]


async def test_a_change_needs_a_second_person_and_then_joins_what_was_edited_since(
    core: Server,
    colleague: Server,
    scenario: int,
    stored: Reader,
    writes: Writes,
) -> None:
    await writes()
    made = await core.call(
        "change_request_create", scenario_id=scenario, title="Nine", ops=_value(1, "9")
    )
    ident: dict[str, Any] = {"change_request_id": made.data["change_request_id"]}
    assert made.data["waits_for"] == ["an approval by somebody else than the author"]
    own = await core.call("change_request_review", **ident, verdict="approve")
    assert own.error["code"] == "own_change_request"
    early = await core.call("change_request_apply", **ident)
    assert early.error["code"] == "not_approved"
    assert await writes() == []
    approved = await colleague.call(
        "change_request_review", **ident, verdict="approve", comment="Fine"
    )
    assert (approved.data["can_apply"], approved.data["approvals"]) == (True, 1)
    assert approved.data["reviews"][0]["by"] == "Ada Lund"
    await core.call("scenario_patch", scenario_id=scenario, ops=_value(2, "meanwhile"))
    shown = await core.call("change_request_get", **ident)
    assert (shown.data["live_moved"], shown.data["can_apply"]) == (True, True)
    before = (await stored(scenario))["blueprint"]
    done = await core.apply("change_request_apply", **ident)
    assert done.data["changed"] is True
    flow = (await stored(scenario))["blueprint"]["flow"]
    assert [one["mapper"].get("value") for one in flow[:2]] == ["9", "meanwhile"]
    assert flow[2]["mapper"]["password"] == "hunter2"
    assert (await core.call("change_request_list")).data["change_requests"] == []
    listed = (await core.call("change_request_list", state="applied")).data["change_requests"]
    assert [one["title"] for one in listed] == ["Nine"]
    again = await core.call("change_request_apply", **ident)
    assert again.error["code"] == "closed"
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert (await stored(scenario))["blueprint"] == before


async def test_a_rejection_stands_until_it_is_taken_back_and_a_clash_is_told(
    core: Server, colleague: Server, scenario: int, stored: Reader
) -> None:
    made = await colleague.call(
        "change_request_create", scenario_id=scenario, title="Nine", ops=_value(1, "9")
    )
    ident: dict[str, Any] = {"change_request_id": made.data["change_request_id"]}
    await core.call("change_request_review", **ident, verdict="reject")
    refused = await core.call("change_request_apply", **ident)
    assert "take back the rejection" in refused.error["why"]
    approved = await core.call("change_request_review", **ident, verdict="approve")
    assert approved.data["can_apply"] is True
    await core.call("scenario_patch", scenario_id=scenario, ops=_value(1, "8"))
    before = await stored(scenario)
    clash = await core.call("change_request_apply", **ident)
    assert clash.error["code"] == "conflicts"
    assert clash.error["problems"][0]["path"] == "flow[0].mapper.value"
    assert await stored(scenario) == before


async def test_a_proposal_that_sets_a_secret_or_changes_nothing_is_refused(
    core: Server, scenario: int
) -> None:
    ops = [{"op": "set_mapper", "module": 3, "name": "password", "value": "correct horse"}]
    told = await core.call("change_request_create", scenario_id=scenario, title="New", ops=ops)
    assert told.error["code"] == "secret_in_proposal"
    assert "correct horse" not in told.text
    same = await core.call(
        "change_request_create", scenario_id=scenario, title="Same", ops=_value(1, "1")
    )
    assert same.error["code"] == "no_change"
    assert (await core.call("change_request_list")).data["change_requests"] == []
    none = await core.call("change_request_get", change_request_id="0")
    assert none.error["code"] == "not_found"


async def test_a_dry_run_proposes_nothing(core: Server, scenario: int) -> None:
    told = await core.call(
        "change_request_create",
        scenario_id=scenario,
        title="Nine",
        ops=_value(1, "9"),
        dry_run=True,
    )
    assert len(told.data["diff"]) == 1
    assert (await core.call("change_request_list")).data["change_requests"] == []


async def test_a_merge_is_decided_and_proposed(
    core: Server, scenario: int, stored: Reader, blueprint: Builder, step: Builder
) -> None:
    live = (await stored(scenario))["blueprint"]
    theirs = blueprint(step(1, mapper={"name": "v1", "scope": "roundtrip", "value": "t"}))
    theirs["flow"] += live["flow"][1:]
    await core.call("scenario_patch", scenario_id=scenario, ops=_value(1, "o"))
    merged = await core.call(
        "blueprint_merge",
        base={"scenario_id": scenario, "version_id": 1},
        ours={"scenario_id": scenario},
        theirs={"blueprint": theirs},
    )
    (conflict,) = merged.data["conflicts"]
    assert (conflict["base"], conflict["ours"], conflict["theirs"]) == ("1", "o", "t")
    ident = merged.data["merge_id"]
    open_still = await core.call("blueprint_conflict_resolve", merge_id=ident, choices=[])
    assert open_still.error["code"] == "unresolved_conflicts"
    undecided = await core.call(
        "change_request_create", scenario_id=scenario, title="Merge", merge_id=ident
    )
    assert undecided.error["code"] == "unresolved_conflicts"
    choice = {"conflict_id": conflict["conflict_id"], "take": "theirs"}
    decided = await core.call("blueprint_conflict_resolve", merge_id=ident, choices=[choice])
    assert decided.data["blueprint"]["flow"][0]["mapper"]["value"] == "t"
    assert "hunter2" not in decided.text
    made = await core.call(
        "change_request_create", scenario_id=scenario, title="Merge", merge_id=ident
    )
    assert len(made.data["diff"]) == 1


async def test_sides_that_edit_different_modules_merge_clean_and_used_ids_are_given_anew(
    core: Server, blueprint: Builder, step: Builder
) -> None:
    base = blueprint(step(1), step(2))
    ours = blueprint(step(1), step(2), step(3))
    used = {"name": "sum", "scope": "roundtrip", "value": "{{3.v3}}"}
    theirs = blueprint(step(1), step(3, "util:FunctionSleep", mapper={}), step(2, mapper=used))
    sides = {"base": base, "ours": ours, "theirs": theirs}
    told = await core.call(
        "blueprint_merge", **{name: {"blueprint": one} for name, one in sides.items()}
    )
    assert (told.data["clean"], told.data["renumbered"]) == (True, {"3": 4})
    flow = told.data["blueprint"]["flow"]
    assert [one["id"] for one in flow] == [1, 4, 2, 3]
    assert flow[2]["mapper"]["value"] == "{{4.v3}}"


async def test_a_token_that_may_not_write_scenarios_proposes_but_does_not_apply(
    company: Company, scenario: int, serving: Serving, writes: Writes
) -> None:
    scopes = ["scenarios:read", "user:read", "teams:read", "organizations:read"]
    token = (await company.control("POST", "/tokens", {"scope": scopes}))["token"]
    async with serving(token) as server:
        made = await server.call(
            "change_request_create", scenario_id=scenario, title="Nine", ops=_value(1, "9")
        )
        ident = made.data["change_request_id"]
        await writes()
        for tool, arguments in (
            ("change_request_apply", {"change_request_id": ident}),
            ("blueprint_restore", {"scenario_id": scenario, "version_id": 1}),
            ("blueprint_promote", {"scenario_id": scenario, "target_team_id": 1}),
            ("blueprint_import", {"ref": "main", "team_id": 1}),
        ):
            told = await server.call(tool, **arguments)
            assert told.error["code"] == "missing_scope", tool
            assert "scenarios:write" in told.text
        assert await writes() == []
