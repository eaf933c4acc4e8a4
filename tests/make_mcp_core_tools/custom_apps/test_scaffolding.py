"""Custom apps begun from OpenAPI documents and curl commands."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from app_bench import Bench, service

pytestmark = pytest.mark.anyio

VESSEL = {"$ref": "#/components/schemas/Vessel"}


def content(schema: Any, example: Any = None) -> dict[str, Any]:
    """A JSON body of a document."""
    body = {"schema": schema} | ({"example": example} if example is not None else {})
    return {"description": "As described.", "content": {"application/json": body}}


def fleet(server: str = "https://api.fleet.example.com/v2") -> dict[str, Any]:
    """A document of five operations, with a circle, a list in pages, a tag and an error."""
    listed = {
        "type": "object",
        "properties": {
            "vessels": {"type": "array", "items": VESSEL},
            "next_cursor": {"type": "string", "nullable": True},
        },
    }
    one: dict[str, Any] = {"name": "vesselId", "in": "path", "required": True}
    one |= {"schema": {"type": "string"}}
    flags = {"type": "string", "enum": ["NOR", "SWE"]}
    error = {"properties": {"message": {"type": "string"}}}
    example = {"vessels": [{"id": "v1", "name": "Aurora", "access_token": "opensesame99"}]}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Harbor Fleet", "version": "2.1.0", "description": "Vessels. {{now}}"},
        "servers": [{"url": server}],
        "security": [{"key": []}],
        "paths": {
            "/me": {"get": {"operationId": "getMe", "responses": {"200": content(VESSEL)}}},
            "/vessels": {
                "get": {
                    "operationId": "listVessels",
                    "summary": "List vessels",
                    "tags": ["Vessels"],
                    "parameters": [
                        {"name": "filter[flag]", "in": "query", "schema": flags},
                        {"name": "cursor", "in": "query", "schema": {"type": "string"}},
                    ],
                    "responses": {"200": content(listed, example), "default": content(error)},
                },
                "post": {
                    "operationId": "create-vessel",
                    "tags": ["Vessels"],
                    "requestBody": content(VESSEL) | {"required": True},
                    "responses": {"201": content(VESSEL)},
                },
            },
            "/vessels/{vesselId}": {
                "parameters": [one],
                "get": {"operationId": "getVessel", "responses": {"200": content(VESSEL)}},
                "delete": {"operationId": "deleteVessel", "responses": {"204": {}}},
            },
        },
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Fleet-Key"}},
            "schemas": {
                "Vessel": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "id": {"type": "string", "readOnly": True},
                        "name": {"type": "string", "description": "Painted on the bow."},
                        "length_m": {"type": "number", "minimum": 1},
                        "tender": VESSEL,
                    },
                }
            },
        },
    }


async def scaffolded(bench: Bench, name: str, **arguments: Any) -> tuple[dict[str, Any], Path]:
    told = (await bench.core.call("custom_app_scaffold", name=name, **arguments)).data
    return told, Path(told["folder"])


def code(folder: Path, path: str) -> Any:
    return json.loads((folder / path).read_text())


async def test_an_app_of_a_document_asks_sends_and_gives_what_the_document_says(
    bench: Bench,
) -> None:
    told, folder = await scaffolded(bench, "fleet-one", spec=json.dumps(fleet()))
    assert (told["label"], told["connection"], told["base_url"]) == (
        "Harbor Fleet",
        "apikey",
        "https://api.fleet.example.com/v2",
    )
    assert {row["name"]: row["type"] for row in told["modules"]} == {
        "getMe": "action",
        "listVessels": "search",
        "createVessel": "action",
        "getVessel": "action",
        "deleteVessel": "action",
    }
    base = code(folder, "general/base.iml.json")
    assert base["headers"] == {"x-fleet-key": "{{connection.apiKey}}"}
    assert base["log"] == {"sanitize": ["request.headers.x-fleet-key"]}
    assert base["response"]["error"]["message"] == "[{{statusCode}}] {{body.message}}"
    api = code(folder, "modules/list-vessels/list-vessels.communication.iml.json")
    assert api["qs"]["filter[flag]"] == "{{parameters.filterFlag}}"
    assert api["response"]["iterate"] == "{{body.vessels}}"
    assert api["pagination"]["qs"] == {"cursor": "{{body.next_cursor}}"}
    fields = code(folder, "modules/create-vessel/create-vessel.mappable-params.iml.json")
    assert [(one["name"], one["type"], one.get("required", False)) for one in fields] == [
        ("name", "text", True),
        ("length_m", "number", False),
        ("tender", "any", False),
    ]
    sample = code(folder, "modules/list-vessels/list-vessels.samples.iml.json")
    assert sample == {"id": "v1", "name": "Aurora"}
    groups = code(folder, "modules/groups.json")
    assert [one["label"] for one in groups] == ["Other", "Vessels"]
    assert code(folder, "makecomapp.json")["origins"] == []
    assert told["left_to_do"] == ["The connection is proved by GET /me: see that it fits."]


async def test_a_scaffolded_app_validates_without_a_word_in_json_and_in_yaml(bench: Bench) -> None:
    for name, spec in (
        ("fleet-json", json.dumps(fleet())),
        ("fleet-yaml", yaml.safe_dump(fleet(), sort_keys=False)),
    ):
        await scaffolded(bench, name, spec=spec)
        found = (await bench.core.call("custom_app_validate", folder=name)).data
        assert (found["valid"], found["faults"]) == (True, [])
    one, other = (
        {path.relative_to(folder): path.read_text() for path in folder.rglob("*.json")}
        for folder in (
            bench.core.kernel.place / "fleet-json",
            bench.core.kernel.place / "fleet-yaml",
        )
    )
    assert one == other


async def test_a_scaffolded_app_of_five_operations_is_deployed_and_its_connection_tested(
    bench: Bench,
) -> None:
    async with service({"id": "u1", "name": "Mara"}) as address:
        told, folder = await scaffolded(bench, "fleet-live", spec=json.dumps(fleet(address)))
        assert len(told["modules"]) == 5
        created = await bench.core.call("custom_app_create", **follow(told, "custom_app_create"))
        app = created.data["name"]
        arguments = follow(told, "custom_app_deploy") | {"name": app}
        done = (await bench.core.apply("custom_app_deploy", **arguments)).data
        assert done["left"] == []
        team = (await bench.company.get("/teams", organizationId=1))["teams"][0]["id"]
        body = {"accountName": "Fleet", "accountType": app, "apiKey": "k1"}
        made = await bench.company.send("POST", "/connections", body, teamId=team)
        cases = [{"connection_id": made["connection"]["id"]}]
        tested = (await bench.core.call("custom_app_test", name=app, cases=cases)).data
    assert (tested["passed"], tested["failed"]) == (1, 0)
    tested = (await bench.core.call("custom_app_test", name=app, cases=cases)).data
    assert tested["failed"] == 1
    modules = (await bench.company.get(f"/sdk/apps/{app}/1/modules"))["appModules"]
    assert {one["name"]: one["typeId"] for one in modules}["listVessels"] == 9
    api = folder / "modules/get-vessel/get-vessel.communication.iml.json"
    assert await bench.text(f"/sdk/apps/{app}/1/modules/getVessel/api") == api.read_text()
    arguments = {"left": {"name": app}, "right": {"folder": "fleet-live"}}
    changes = (await bench.core.call("custom_app_diff", **arguments)).data["changes"]
    assert changes == []


def follow(told: dict[str, Any], tool: str) -> dict[str, Any]:
    """The suggested call of a tool, ready to be made."""
    call = next(one for one in told["next_calls"] if one["tool"] == tool)
    return dict(call["arguments"])
