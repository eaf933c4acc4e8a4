"""What an imported scenario is bound to: what is certain, and nothing else."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Connector = Callable[..., Awaitable[int]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]


@pytest.fixture
async def bundle(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder, connection: Connector
) -> dict[str, Any]:
    """A bundle of one scenario that binds a connection named Slack."""
    sending = step(
        1,
        "slack:CreateMessage",
        version=4,
        parameters={"__IMTCONN__": await connection("Slack")},
        mapper={},
        metadata={"parameters": [{"name": "__IMTCONN__", "type": "account:slack"}]},
    )
    made = await new_scenario(blueprint(sending))
    told = await core.call("blueprint_export", scenario_ids=[made["id"]])
    found: dict[str, Any] = told.data["bundle"]
    return found


async def test_the_only_connection_of_the_type_is_taken_whatever_its_name(
    core: Server,
    bundle: dict[str, Any],
    other_team: int,
    connection: Connector,
    stored: Reader,
) -> None:
    only = await connection("By any name", team_id=other_team)
    await connection("Slack", "asana", team_id=other_team)
    done = await core.apply("blueprint_import", bundle=bundle, team_id=other_team)
    (made,) = done.data["scenarios"]
    flow = (await stored(made["scenario_id"]))["blueprint"]["flow"]
    assert flow[0]["parameters"]["__IMTCONN__"] == only
    assert done.data["mapping"][0].endswith(f"→ {only} (the only one of its type)")


async def test_of_several_that_fit_none_is_guessed(
    core: Server,
    company: Company,
    bundle: dict[str, Any],
    other_team: int,
    connection: Connector,
) -> None:
    one = await connection("First", team_id=other_team)
    two = await connection("Second", team_id=other_team)
    refused = await core.call(
        "blueprint_import", bundle=bundle, team_id=other_team, mapping={"hook": {"9": 1}}
    )
    unknown, open_ = refused.error["problems"]
    assert unknown["path"] == "mapping.hook.9"
    assert open_["fix"] == f"Candidates: {one} “First”, {two} “Second”."
    assert (await company.get("/scenarios", teamId=other_team))["scenarios"] == []


async def test_a_decision_wins_over_the_name(
    core: Server,
    bundle: dict[str, Any],
    other_team: int,
    connection: Connector,
    stored: Reader,
) -> None:
    await connection("Slack", team_id=other_team)
    chosen = await connection("Chosen", team_id=other_team)
    old = next(iter(bundle["objects"]["connection"]))
    mapping = {"connection": {old: chosen}}
    done = await core.apply("blueprint_import", bundle=bundle, team_id=other_team, mapping=mapping)
    (made,) = done.data["scenarios"]
    flow = (await stored(made["scenario_id"]))["blueprint"]["flow"]
    assert flow[0]["parameters"]["__IMTCONN__"] == chosen
