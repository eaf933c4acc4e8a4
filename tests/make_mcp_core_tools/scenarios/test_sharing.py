"""Sharing a scenario by a public link."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]
Shares = Callable[[], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    return int((await new_scenario(blueprint(step(1), name="Relay")))["id"])


@pytest.fixture
def shares(company: Company, scenario: int) -> Shares:
    async def read() -> list[dict[str, Any]]:
        found = (await company.get(f"/scenarios-shared/{scenario}"))["scenariosShared"]
        return list(found)

    return read


async def test_a_scenario_is_shared_after_a_plan_and_unshared_by_undo(
    core: Server, scenario: int, shares: Shares
) -> None:
    arguments: dict[str, Any] = {"scenario_id": scenario, "enabled": True}
    planned = await core.call("scenario_share_set", **arguments)
    assert planned.data["plan"]["requests"][0]["body"] == {"title": "Relay", "isEnabled": True}
    assert await shares() == []
    told = (await core.apply("scenario_share_set", **arguments)).data
    [kept] = await shares()
    assert (told["share_url"], told["enabled"]) == (kept["shareUrl"], True)
    await core.apply("operation_undo", operation_id=told["operation_id"])
    assert await shares() == []


async def test_a_link_is_switched_off_without_a_plan_and_on_again_by_undo(
    core: Server, scenario: int, shares: Shares
) -> None:
    await core.apply("scenario_share_set", scenario_id=scenario, enabled=True)
    told = await core.call(
        "scenario_share_set", scenario_id=scenario, enabled=False, description_short="Old"
    )
    [kept] = await shares()
    assert (kept["isEnabled"], kept["descriptionShort"], kept["title"]) == (False, "Old", "Relay")
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await shares())[0]["isEnabled"] is True


async def test_a_link_that_is_as_wanted_is_left_alone(
    core: Server, scenario: int, writes: Writes
) -> None:
    await core.apply("scenario_share_set", scenario_id=scenario, enabled=True)
    await writes()
    told = await core.call("scenario_share_set", scenario_id=scenario, enabled=True)
    assert told.data["changed"] is False
    assert await writes() == []


async def test_a_blueprint_with_a_secret_is_not_shared_unless_told(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    headers = [{"name": "Authorization", "value": "Bearer 8d1fe02a7b344c90"}]
    asks = step(1, "http:ActionSendData", version=3, mapper={"url": "x", "headers": headers})
    made = await new_scenario(blueprint(asks))
    arguments: dict[str, Any] = {"scenario_id": made["id"], "enabled": True}
    told = await core.call("scenario_share_set", **arguments)
    assert told.error["code"] == "secrets_found"
    assert "headers[0].value" in told.error["problems"][0]["path"]
    assert "8d1fe02a7b344c90" not in told.text
    planned = await core.call("scenario_share_set", **arguments, allow_secrets=True)
    assert planned.data["plan"]["requests"]


async def test_what_is_not_shared_is_off_already(core: Server, scenario: int) -> None:
    told = await core.call("scenario_share_set", scenario_id=scenario, enabled=False)
    assert told.data == {"scenario_id": scenario, "enabled": False, "changed": False}
