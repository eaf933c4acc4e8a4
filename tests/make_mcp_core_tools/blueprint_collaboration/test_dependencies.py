"""Dependencies, impact, pages, and bundles."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Connector = Callable[..., Awaitable[int]]


@pytest.fixture
def call(step: Builder) -> Builder:
    """Builds a module that calls a scenario."""

    def build(number: int, scenario: int) -> dict[str, Any]:
        return step(
            number,
            "scenario-service:CallSubscenario",
            mapper={"scenario": f"SCN_{scenario}"},
            metadata={"expect": [{"name": "scenario", "type": "scenario"}]},
        )

    return build


@pytest.fixture
async def family(
    new_scenario: Maker, blueprint: Builder, step: Builder, call: Builder, connection: Connector
) -> tuple[int, int, int]:
    """A parent that calls a child, and the connection the child binds."""
    slack = await connection("Slack")
    message = step(
        2,
        "slack:CreateMessage",
        version=4,
        parameters={"__IMTCONN__": slack},
        mapper={"text": "{{1.v1}}", "password": "hunter2"},
        metadata={"parameters": [{"name": "__IMTCONN__", "type": "account:slack"}]},
    )
    child = (await new_scenario(blueprint(step(1), message, name="Child")))["id"]
    parent = (await new_scenario(blueprint(call(1, child), name="Parent")))["id"]
    return parent, child, slack


async def test_a_team_shows_who_needs_what_and_what_nobody_needs(
    core: Server, family: tuple[int, int, int], team: int, connection: Connector
) -> None:
    parent, child, slack = family
    spare = await connection("Spare")
    told = (await core.call("blueprint_dependency_get", target_team_id=team)).data
    pairs = {(one["source"], one["target"]) for one in told["edges"]}
    assert (f"scenario:{parent}", f"scenario:{child}") in pairs
    assert (f"scenario:{child}", f"connection:{slack}") in pairs
    assert told["orphans"] == [f"connection:{spare} Spare"]
    assert (told["cycles"], told["missing"]) == ([], [])
    near = await core.call(
        "blueprint_dependency_get", scenario_id=parent, depth=1, format="mermaid"
    )
    assert "Child" in near.data["diagram"]
    assert "Slack" not in near.data["diagram"]


async def test_a_circle_of_calls_is_found(
    core: Server, family: tuple[int, int, int], team: int, call: Builder
) -> None:
    parent, child, _ = family
    module = {key: value for key, value in call(3, parent).items() if key != "id"}
    ops = [{"op": "add_module", "module": module, "after": 2}]
    (await core.call("scenario_patch", scenario_id=child, ops=ops)).data  # noqa: B018
    told = await core.call("blueprint_dependency_get", target_team_id=team)
    (cycle,) = told.data["cycles"]
    assert set(cycle) == {f"scenario:{parent}", f"scenario:{child}"}


async def test_an_empty_team_depends_on_nothing(core: Server, team: int) -> None:
    told = await core.call("blueprint_dependency_get", target_team_id=team)
    assert (told.data["nodes"], told.data["edges"]) == ([], [])
    none = await core.call("blueprint_impact_get", target_team_id=team, kind="hook", id=1)
    assert none.error["code"] == "not_found"


async def test_what_a_change_breaks_is_told_down_to_a_field(
    core: Server, family: tuple[int, int, int], team: int
) -> None:
    parent, child, slack = family
    told = await core.call("blueprint_impact_get", target_team_id=team, kind="connection", id=slack)
    (row,) = told.data["dependents"]
    assert (row["scenario_id"], row["modules"], row["severity"]) == (child, [2], "low")
    assert told.data["indirect"] == [f"{parent} Parent"]
    field = await core.call(
        "blueprint_impact_get", kind="scenario", id=child, module_id=1, field="v1"
    )
    (use,) = field.data["uses"]
    assert (use["module_id"], use["path"]) == (2, "flow[1].mapper.text")
    other = await core.call(
        "blueprint_impact_get", kind="scenario", id=child, module_id=1, field="v"
    )
    assert other.data["uses"] == []


async def test_a_page_describes_a_scenario_without_its_secrets(
    core: Server, family: tuple[int, int, int]
) -> None:
    told = await core.call("blueprint_document", scenario_id=family[1])
    assert told.data["markdown"].startswith("# Child")
    assert "hunter2" not in told.text


async def test_a_bundle_is_imported_into_another_team_and_the_import_undone(
    core: Server,
    company: Company,
    family: tuple[int, int, int],
    other_team: int,
    connection: Connector,
    stored: Reader,
) -> None:
    parent, child, _ = family
    told = await core.call("blueprint_export", scenario_ids=[parent, child])
    assert "hunter2" not in told.text
    bundle = told.data["bundle"]
    assert [one["id"] for one in bundle["scenarios"]] == [child, parent]
    arguments: dict[str, Any] = {"bundle": bundle, "team_id": other_team}
    refused = await core.call("blueprint_import", **arguments)
    assert refused.error["code"] == "unmapped"
    there = await connection("Slack", team_id=other_team)
    done = await core.apply("blueprint_import", **arguments)
    new_child, new_parent = done.data["scenarios"]
    assert new_child["empty_fields"] == ["flow[1].mapper.password"]
    message = (await stored(new_child["scenario_id"]))["blueprint"]["flow"][1]
    assert message["parameters"]["__IMTCONN__"] == there
    assert message["mapper"]["password"] == ""
    called = (await stored(new_parent["scenario_id"]))["blueprint"]["flow"][0]["mapper"]
    assert called["scenario"] == f"SCN_{new_child['scenario_id']}"
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert (await company.get("/scenarios", teamId=other_team))["scenarios"] == []


async def test_a_deleted_scenario_comes_back_from_a_backup(
    core: Server, company: Company, family: tuple[int, int, int], team: int, stored: Reader
) -> None:
    parent, child, slack = family
    await core.call("blueprint_backup", team_id=team)
    await company.send("DELETE", f"/scenarios/{child}", confirmed="true")
    arguments: dict[str, Any] = {"ref": "main", "team_id": team}
    done = await core.apply("blueprint_import", **arguments, scenario_ids=[child])
    (made,) = done.data["scenarios"]
    flow = (await stored(made["scenario_id"]))["blueprint"]["flow"]
    assert flow[1]["parameters"]["__IMTCONN__"] == slack
    lost = await core.call("blueprint_import", **arguments, scenario_ids=[parent, 999_999])
    assert lost.error["code"] == "not_in_repository"
