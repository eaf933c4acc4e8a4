"""Every tool that an answer names can be called: next steps lead somewhere."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest
from harness import Company, Connect, Server, Told
from make_mcp_base.surface.selection import Selection
from mcp.types import Tool
from pydantic import JsonValue

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio

QUOTED = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")
RULE = re.compile(r"rule `\w+`")
"""Names of blueprint rules look like tools and are none."""

Answer = dict[str, JsonValue]


def spoken(told: Told) -> Answer:
    """What a call answered, whether it worked or not, as data."""
    return cast("Answer", told.result.structured_content or {})


def mentioned(answer: JsonValue) -> Iterator[str]:
    """Names in backquotes, and tools of next calls, wherever they stand."""
    if isinstance(answer, dict):
        if {"tool", "arguments"} <= answer.keys():
            yield str(answer["tool"])
        for value in answer.values():
            yield from mentioned(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from mentioned(value)
    elif isinstance(answer, str):
        yield from QUOTED.findall(RULE.sub("", answer))


def members(schema: JsonValue) -> Iterator[str]:
    """Names of all arguments or result members of a schema."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for value in schema.values():
            yield from members(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from members(value)


class Names:
    """What there is: tools, and the members of what they take and give."""

    def __init__(self, listed: list[Tool]) -> None:
        self.tools = {tool.name for tool in listed}
        self.members = {
            name
            for tool in listed
            for schema in (tool.input_schema, tool.output_schema)
            for name in members(cast("JsonValue", schema))
        }

    def missing(self, answers: list[Answer]) -> set[str]:
        """Names in answers that are neither."""
        return {name for each in answers for name in mentioned(each)} - self.tools - self.members


async def names_of(server: Server) -> Names:
    return Names((await server.client.list_tools()).tools)


async def test_every_tool_named_about_the_seeded_scenarios_exists(
    connect: Connect, company: Company
) -> None:
    organizations = (await company.get("/organizations"))["organizations"]
    answers: list[Answer] = []
    limit = {"apiLimit": 100_000}
    await company.control(
        "PATCH", "/world", {"licenses": {str(each["id"]): limit for each in organizations}}
    )
    async with connect(selection=Selection(everything=True)) as server:
        for organization in organizations:
            where = {"organization_id": organization["id"], "limit": 60}
            health = spoken(await server.call("scenario_health_report", **where))
            answers.append(health)
            for row in in_trouble(health):
                answers += await all_about(server, row["id"])
        assert (await names_of(server)).missing(answers) == set()
    assert len({name for answer in answers for name in mentioned(answer.get("findings"))}) >= 5


def in_trouble(health: Answer) -> list[Answer]:
    """Rows of scenarios with something to tell, and every fifth of the others."""
    rows = cast("list[Answer]", health["scenarios"])
    sound = [row for row in rows if not (row["failed"] or row.get("flags"))]
    return [row for row in rows if row not in sound] + sound[::5]


async def all_about(server: Server, ident: JsonValue) -> list[Answer]:
    """Ask the reading tools about a scenario and its latest run, and for a run without inputs."""
    scenario = {"scenario_id": ident}
    listed = spoken(await server.call("scenario_execution_list", **scenario, limit=1))
    answers = [
        listed,
        spoken(await server.call("scenario_troubleshoot", **scenario)),
        spoken(await server.call("scenario_trigger_get", **scenario)),
        spoken(await server.call("scenario_run", **scenario, dry_run=True)),
    ]
    for run in cast("list[Answer]", listed["executions"]):
        both = {"scenario_id": ident, "execution_id": run["id"]}
        answers.append(spoken(await server.call("scenario_execution_get", **both)))
        answers.append(spoken(await server.call("scenario_execution_stop", **both, dry_run=True)))
        answers.append(spoken(await server.call("scenario_replay", **both, dry_run=True)))
    return answers


async def test_every_tool_named_about_planted_faults_and_refusals_exists(
    connect: Connect, company: Company, floor: "Floor"
) -> None:
    hook = await floor.hook()
    listening = {
        "id": 1,
        "module": "gateway:CustomWebHook",
        "version": 1,
        "parameters": {"hook": hook["id"], "maxResults": 1},
        "mapper": {},
        "metadata": {"designer": {"x": 0, "y": 0}},
    }
    hooked = await floor.scenario(listening, scheduling={"type": "immediately"}, active=False)
    halved = await floor.scenario(floor.start, inputs=[{"name": "length", "type": "number"}])
    organization = str((await company.get(f"/teams/{floor.team}"))["team"]["organizationId"])
    await company.control(
        "PATCH",
        "/world",
        {
            "hooks": {str(hook["id"]): {"enabled": False}},
            "organizations": {organization: {"is_paused": True}},
            "licenses": {organization: {"operations": 1}},
        },
    )
    async with connect(selection=Selection(everything=True)) as server:
        absent = {"scenario_id": halved, "execution_id": "0" * 32}
        answers = [
            spoken(await server.call("scenario_troubleshoot", scenario_id=hooked)),
            spoken(await server.call("scenario_run", scenario_id=hooked)),
            spoken(await server.call("scenario_run", scenario_id=halved, data={"lenght": 1})),
            spoken(await server.call("scenario_replay", **absent)),
            spoken(await server.call("scenario_execution_get", **absent)),
            spoken(await server.call("scenario_execution_module_get", **absent, module_id=9)),
            spoken(await server.call("scenario_execution_stop", **absent)),
            spoken(await server.call("scenario_trigger_learn", scenario_id=halved)),
            spoken(await server.call("scenario_trigger_learn")),
            spoken(await server.call("scenario_execution_list", team_id=1, organization_id=1)),
        ]
        named = await names_of(server)
    assert named.missing(answers) == set()
    told = json.dumps(answers)
    assert "hook_enabled_set" in told
    assert "organization_get" in told


async def test_a_name_that_is_no_tool_would_be_noticed(connect: Connect) -> None:
    async with connect(selection=Selection(everything=True)) as server:
        named = await names_of(server)
    text = "Call `scenario_run` with `scenario_id`, then `scenario_paint`."
    call: Answer = {"tool": "scenario_wash", "arguments": {}, "why": "It is dirty."}
    assert named.missing([{"next_step": text, "tool_call": call}]) == {
        "scenario_paint",
        "scenario_wash",
    }
