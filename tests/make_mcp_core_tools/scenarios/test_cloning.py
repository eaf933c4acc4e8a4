"""Cloning scenarios: mapping, refusals, what is created, and undo."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]
Connector = Callable[..., Awaitable[int]]


async def _scenarios(company: Company, team: int) -> list[int]:
    return [row["id"] for row in (await company.get("/scenarios", teamId=team))["scenarios"]]


@pytest.fixture
def message(step: Builder) -> Builder:
    """Builds a module that binds a connection of a declared type."""

    def build(number: int, connection: int, type_name: str = "slack") -> dict[str, Any]:
        schema = [{"name": "__IMTCONN__", "type": f"account:{type_name}"}]
        return step(
            number,
            "slack:CreateMessage",
            version=4,
            parameters={"__IMTCONN__": connection},
            mapper={},
            metadata={"parameters": schema},
        )

    return build


async def test_a_clone_within_the_team_keeps_its_connections_and_is_undone(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    message: Builder,
    connection: Connector,
    stored: Reader,
    team: int,
) -> None:
    slack = await connection("Slack")
    made = await new_scenario(blueprint(message(1, slack)))
    told = await core.call("scenario_clone", scenario_id=made["id"])
    clone = told.data["scenario_id"]
    assert told.data["name"] == "Relay (copy)"
    module = (await stored(clone))["blueprint"]["flow"][0]
    assert module["parameters"]["__IMTCONN__"] == slack
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert await _scenarios(company, team) == [made["id"]]


async def test_another_team_takes_over_by_type_and_name(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    message: Builder,
    connection: Connector,
    stored: Reader,
    other_team: int,
) -> None:
    named, sole = await connection("Slack"), await connection("Only", "asana")
    await connection("Another Slack", team_id=other_team)
    right = await connection("slack", team_id=other_team)
    only = await connection("By any name", "asana", team_id=other_team)
    made = await new_scenario(blueprint(message(1, named), message(2, sole, "asana")))
    told = await core.call("scenario_clone", scenario_id=made["id"], target_team_id=other_team)
    flow = (await stored(told.data["scenario_id"]))["blueprint"]["flow"]
    assert [module["parameters"]["__IMTCONN__"] for module in flow] == [right, only]
    assert f"connection {named} “Slack” → {right} (same type and name)" in told.data["mapping"]


async def test_a_half_mapped_clone_is_refused_with_every_item_and_creates_nothing(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    message: Builder,
    connection: Connector,
    hook: Connector,
    other_team: int,
    writes: Writes,
) -> None:
    first, second = await connection("Slack"), await connection("Asana", "asana")
    one = await connection("Slack A", team_id=other_team)
    two = await connection("Slack B", team_id=other_team)
    trigger = step(1, "gateway:CustomWebHook", parameters={"hook": await hook()}, mapper={})
    made = await new_scenario(
        blueprint(trigger, message(2, first), message(3, second, "asana")),
        scheduling={"type": "immediately"},
    )
    await writes()
    told = await core.call(
        "scenario_clone",
        scenario_id=made["id"],
        target_team_id=other_team,
        create_missing=True,
        mapping={"connection": {"4242": 1}},
    )
    problems = {one["path"]: one["problem"] + one.get("fix", "") for one in told.error["problems"]}
    assert set(problems) == {
        "mapping.connection.4242",
        f"mapping.connection.{first}",
        f"mapping.connection.{second}",
    }
    assert str(one) in problems[f"mapping.connection.{first}"]
    assert str(two) in problems[f"mapping.connection.{first}"]
    assert await writes() == []
    assert await _scenarios(company, other_team) == []


async def test_missing_webhooks_and_structures_are_created_and_deleted_again_by_undo(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Connector,
    stored: Reader,
    team: int,
    other_team: int,
) -> None:
    spec = [{"name": "sku", "type": "text"}]
    body = {"teamId": team, "name": "Line", "spec": spec, "strict": True}
    structure = (await company.send("POST", "/data-structures", body))["dataStructure"]["id"]
    trigger = step(1, "gateway:CustomWebHook", parameters={"hook": await hook()}, mapper={})
    parse = step(2, "json:ParseJSON", parameters={"type": structure}, mapper={"json": "{}"})
    made = await new_scenario(blueprint(trigger, parse), scheduling={"type": "immediately"})
    arguments = {"scenario_id": made["id"], "target_team_id": other_team}
    refused = await core.call("scenario_clone", **arguments)
    assert all("create_missing" in one["fix"] for one in refused.error["problems"])
    told = await core.call("scenario_clone", **arguments, create_missing=True)
    flow = (await stored(told.data["scenario_id"]))["blueprint"]["flow"]
    hooks = (await company.get("/hooks", teamId=other_team))["hooks"]
    structures = (await company.get("/data-structures", teamId=other_team))["dataStructures"]
    assert [row["id"] for row in hooks] == [flow[0]["parameters"]["hook"]]
    assert [row["id"] for row in structures] == [flow[1]["parameters"]["type"]]
    assert len(told.data["created"]) == 2
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert await _scenarios(company, other_team) == []
    assert (await company.get("/hooks", teamId=other_team))["hooks"] == []
    left = await company.get("/data-structures", teamId=other_team)
    assert left["dataStructures"] == []


async def test_a_dry_run_shows_the_mapping_and_creates_nothing(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Connector,
    other_team: int,
    writes: Writes,
) -> None:
    trigger = step(1, "gateway:CustomWebHook", parameters={"hook": await hook()}, mapper={})
    made = await new_scenario(blueprint(trigger), scheduling={"type": "immediately"})
    await writes()
    told = await core.call(
        "scenario_clone",
        scenario_id=made["id"],
        target_team_id=other_team,
        create_missing=True,
        dry_run=True,
    )
    plan = told.data["plan"]
    assert "→ a new one (created)" in plan["diff"][0]
    assert [one["path"] for one in plan["requests"]] == ["/hooks", f"/scenarios/{made['id']}/clone"]
    assert await writes() == []


async def test_a_given_mapping_wins_and_null_leaves_a_binding_empty(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    message: Builder,
    connection: Connector,
    stored: Reader,
    other_team: int,
) -> None:
    first, second = await connection("Slack"), await connection("Slack two")
    await connection("Slack", team_id=other_team)
    wanted = await connection("Chosen", team_id=other_team)
    made = await new_scenario(blueprint(message(1, first), message(2, second)))
    told = await core.call(
        "scenario_clone",
        scenario_id=made["id"],
        target_team_id=other_team,
        mapping={"connection": {str(first): wanted, str(second): None}},
    )
    flow = (await stored(told.data["scenario_id"]))["blueprint"]["flow"]
    assert [module["parameters"]["__IMTCONN__"] for module in flow] == [wanted, None]


async def test_a_connection_with_fewer_scopes_is_no_counterpart(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    message: Builder,
    connection: Connector,
    other_team: int,
) -> None:
    wide = await connection("Slack", scopes=["chat:write", "channels:read"])
    await connection("Slack", team_id=other_team, scopes=["chat:write"])
    made = await new_scenario(blueprint(message(1, wide)))
    told = await core.call("scenario_clone", scenario_id=made["id"], target_team_id=other_team)
    assert told.error["code"] == "unmapped"


async def test_a_clone_into_another_organization_is_refused_with_another_way(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
) -> None:
    own = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    organizations = (await company.get("/organizations"))["organizations"]
    foreign = next(one["id"] for one in organizations if one["id"] != own)
    there = (await company.get("/teams", organizationId=foreign))["teams"][0]["id"]
    made = await new_scenario(blueprint(step(1)))
    told = await core.call("scenario_clone", scenario_id=made["id"], target_team_id=there)
    assert told.error["code"] == "other_organization"
    assert "scenario_create" in told.error["next_step"]


async def test_a_clone_is_put_into_a_folder_and_switched_on_as_one_operation(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
) -> None:
    box = await company.send("POST", "/scenarios-folders", {"name": "Box", "teamId": team})
    folder = box["scenarioFolder"]["id"]
    made = await new_scenario(blueprint(step(1)), scheduling={"type": "daily", "time": "04:00"})
    told = await core.call(
        "scenario_clone", scenario_id=made["id"], name="Twin", folder_id=folder, activate=True
    )
    shown = (await company.get(f"/scenarios/{told.data['scenario_id']}"))["scenario"]
    assert (shown["name"], shown["folderId"], shown["isActive"]) == ("Twin", folder, True)
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert await _scenarios(company, team) == [made["id"]]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "has no connection 999999"),
        ("type", "is of type asana, not slack"),
        ("hook", "serves scenario"),
    ],
)
async def test_a_decision_that_does_not_fit_the_target_team_creates_nothing(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    message: Builder,
    step: Builder,
    connection: Connector,
    hook: Connector,
    other_team: int,
    writes: Writes,
    kind: str,
    reason: str,
) -> None:
    slack = await connection("Slack")
    asana = await connection("Asana", "asana", team_id=other_team)
    await connection("Slack", team_id=other_team)
    mapping = {"connection": {str(slack): 999_999 if kind == "missing" else asana}}
    made = await new_scenario(blueprint(message(1, slack)))
    if kind == "hook":
        own, taken = await hook("Orders"), await hook("Busy", team_id=other_team)
        listener = step(1, "gateway:CustomWebHook", parameters={"hook": taken}, mapper={})
        document = blueprint(listener, instant=True)
        await new_scenario(document, teamId=other_team, scheduling={"type": "immediately"})
        listener = step(1, "gateway:CustomWebHook", parameters={"hook": own}, mapper={})
        made = await new_scenario(blueprint(listener), scheduling={"type": "immediately"})
        mapping = {"hook": {str(own): taken}}
    before = await _scenarios(company, other_team)
    await writes()
    told = await core.call(
        "scenario_clone", scenario_id=made["id"], target_team_id=other_team, mapping=mapping
    )
    assert told.error["code"] == "unmapped"
    assert reason in told.error["problems"][0]["problem"]
    assert await writes() == []
    assert await _scenarios(company, other_team) == before


async def test_a_clone_for_a_folder_the_target_team_lacks_is_refused_before_it_is_made(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    team: int,
    other_team: int,
    writes: Writes,
) -> None:
    made = await new_scenario(blueprint(step(1)))
    mine = await company.send("POST", "/scenarios-folders", {"name": "Mine", "teamId": team})
    await writes()
    told = await core.call(
        "scenario_clone",
        scenario_id=made["id"],
        target_team_id=other_team,
        folder_id=mine["scenarioFolder"]["id"],
    )
    assert told.error["problems"][0]["path"] == "folder_id"
    assert await writes() == []


async def test_two_connections_without_a_counterpart_among_many_parts_create_nothing(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    message: Builder,
    step: Builder,
    connection: Connector,
    hook: Connector,
    other_team: int,
    writes: Writes,
) -> None:
    """Even where the webhook could be made first, and one connection has its counterpart."""
    known, one, two = [await connection(name) for name in ("Known", "One", "Two")]
    await connection("Known", team_id=other_team)
    await connection("Another", team_id=other_team)
    listener = step(1, "gateway:CustomWebHook", parameters={"hook": await hook()}, mapper={})
    router = step(2, "builtin:BasicRouter", mapper=None)
    router["routes"] = [{"flow": [message(3, one)]}, {"flow": [message(4, known)]}]
    handled = step(5) | {"onerror": [message(6, two)]}
    document = blueprint(listener, handled, router)
    made = await new_scenario(document, scheduling={"type": "immediately"})
    hooks = await company.get("/hooks", teamId=other_team)
    await writes()
    told = await core.call(
        "scenario_clone", scenario_id=made["id"], target_team_id=other_team, create_missing=True
    )
    paths = {problem["path"] for problem in told.error["problems"]}
    assert paths == {f"mapping.connection.{one}", f"mapping.connection.{two}"}
    assert await writes() == []
    assert await _scenarios(company, other_team) == []
    assert await company.get("/hooks", teamId=other_team) == hooks
