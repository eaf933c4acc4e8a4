"""What the tests of editing scenarios start from: a team of their own world, and blueprints."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company

Module = dict[str, Any]
Made = dict[str, Any]


@pytest.fixture
async def team(company: Company) -> int:
    """A fresh team, so that nothing rests on what the default world holds."""
    organization = (await company.get("/organizations"))["organizations"][0]["id"]
    made = await company.send(
        "POST", "/teams", {"name": "Workshop", "organizationId": organization}
    )
    return int(made["team"]["id"])


@pytest.fixture
async def other_team(company: Company, team: int) -> int:
    """Another team of the same organization."""
    organization = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    made = await company.send("POST", "/teams", {"name": "Annex", "organizationId": organization})
    return int(made["team"]["id"])


@pytest.fixture
def blueprint() -> Callable[..., dict[str, Any]]:
    """Builds a blueprint from modules, complete as Make's editor saves it."""

    def build(*modules: Module, name: str = "Relay", **settings: Any) -> dict[str, Any]:
        for index, module in enumerate(modules):
            place = {"designer": {"x": 300 * index, "y": 0}}
            module.setdefault("metadata", {}).update(place)
        return {
            "name": name,
            "flow": list(modules),
            "metadata": {
                "instant": False,
                "version": 1,
                "scenario": {"roundtrips": 1, "maxErrors": 3, **settings},
                "designer": {"orphans": []},
            },
        }

    return build


@pytest.fixture
def step() -> Callable[..., Module]:
    """Builds a module; without a name a variable that can be mapped."""

    def build(number: int, name: str = "util:SetVariable2", **members: Any) -> Module:
        mapper = {"name": f"v{number}", "scope": "roundtrip", "value": "1"}
        return {
            "id": number,
            "module": name,
            "version": members.pop("version", 1),
            "parameters": members.pop("parameters", {}),
            "mapper": members.pop("mapper", mapper),
            **members,
        }

    return build


@pytest.fixture
def new_scenario(company: Company, team: int) -> Callable[..., Awaitable[Made]]:
    """Creates a scenario behind our server's back and gives it as Make shows it."""
    from json import dumps

    async def make(blueprint: dict[str, Any], **members: Any) -> Made:
        scheduling = members.pop("scheduling", {"type": "indefinitely", "interval": 900})
        active, interface = members.pop("active", False), members.pop("interface", None)
        body = {"teamId": team, "blueprint": dumps(blueprint), "scheduling": dumps(scheduling)}
        made = await company.send("POST", "/scenarios", body | members, confirmed="true")
        path = f"/scenarios/{made['scenario']['id']}"
        if interface:
            await company.send("PATCH", f"{path}/interface", {"interface": interface})
        if active:
            await company.send("POST", f"{path}/start")
        shown: Made = (await company.get(path))["scenario"]
        return shown

    return make


@pytest.fixture
def stored(company: Company) -> Callable[[int], Awaitable[dict[str, Any]]]:
    """Reads what Make keeps of a scenario: blueprint, scheduling, inputs and outputs."""

    async def read(scenario_id: int) -> dict[str, Any]:
        answer = await company.get(f"/scenarios/{scenario_id}/blueprint")
        kept: dict[str, Any] = answer["response"]
        return kept

    return read


@pytest.fixture
def connection(company: Company, team: int) -> Callable[..., Awaitable[int]]:
    """Creates a connection and gives its id."""

    async def make(
        name: str, type_name: str = "slack", team_id: int | None = None, **body: Any
    ) -> int:
        made = await company.send(
            "POST",
            "/connections",
            {"accountName": name, "accountType": type_name, **body},
            teamId=team_id or team,
        )
        return int(made["connection"]["id"])

    return make


@pytest.fixture
def hook(company: Company, team: int) -> Callable[..., Awaitable[int]]:
    """Creates a webhook and gives its id."""

    async def make(name: str = "Orders", team_id: int | None = None) -> int:
        body = {
            "name": name,
            "teamId": team_id or team,
            "typeName": "gateway-webhook",
            "method": False,
            "headers": False,
            "stringify": False,
        }
        return int((await company.send("POST", "/hooks", body))["hook"]["id"])

    return make


@pytest.fixture
def writes(company: Company) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
    """Tells which requests changed something since the last look."""

    async def seen() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await company.control("GET", "/requests"))["requests"]
        await company.control("DELETE", "/requests")
        return [one for one in found if one["method"] not in ("GET", "HEAD")]

    return seen
