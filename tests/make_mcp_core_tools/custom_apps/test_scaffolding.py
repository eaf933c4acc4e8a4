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


CURL = (
    "curl -X POST 'https://api.acme.example.com/v1/projects/123/tasks?token=q7Zr9kPw2mVx&dry=true' "
    "-H 'Authorization: Bearer sk_abcdef12345678' \\\n -H 'X-Version: 2022-06-28' "
    '-d \'{"title": "Paint", "due": {"on": 5}, "apiSecret": "hunter2hunter2"}\''
)


async def test_a_command_becomes_a_module_and_its_secrets_the_connection_s(bench: Bench) -> None:
    told, folder = await scaffolded(bench, "acme-tasks", curl=CURL)
    assert (told["connection"], told["base_url"]) == ("apikey", "https://api.acme.example.com")
    assert any("outputs nobody describes: 1" in line for line in told["left_to_do"])
    (module,) = told["modules"]
    assert module["operation"] == "POST /v1/projects/{projectsId}/tasks"
    base = code(folder, "general/base.iml.json")
    assert base["qs"] == {"token": "{{connection.apiKey}}"}
    assert base["headers"]["authorization"].startswith("Bearer {{connection.")
    (path,) = folder.rglob("*post*.communication.iml.json")
    api = json.loads(path.read_text())
    assert api["url"] == "/v1/projects/{{encodeURL(parameters.projectsId)}}/tasks"
    assert api["headers"] == {"x-version": "2022-06-28"}
    assert api["body"]["title"] == "{{parameters.title}}"
    assert api["body"]["apiSecret"].startswith("{{connection.")
    written = "".join(one.read_text() for one in folder.rglob("*.*"))
    for secret in ("q7Zr9kPw2mVx", "sk_abcdef12345678", "hunter2hunter2", "Paint"):
        assert secret not in written
    found = (await bench.core.call("custom_app_validate", folder="acme-tasks")).data
    assert found["faults"] == []


async def test_a_command_beside_a_document_is_recognized_in_it_or_added(bench: Bench) -> None:
    spec = json.dumps(fleet())
    known = "curl https://api.fleet.example.com/v2/vessels/v-7"
    told, _ = await scaffolded(bench, "fleet-both", spec=spec, curl=known, operations=["getMe"])
    assert [row["name"] for row in told["modules"]] == ["getMe", "getVessel"]
    other = "curl https://api.fleet.example.com/v2/berths"
    told, folder = await scaffolded(bench, "fleet-more", spec=spec, curl=other)
    assert told["modules"][0]["operation"] == "GET /berths"
    assert len(told["modules"]) == 6
    assert code(folder, "general/base.iml.json")["baseUrl"] == "https://api.fleet.example.com/v2"


HEADERS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"auth": "none"}, "", {}),
    ({"auth": "bearer"}, "apikey", {"headers": {"authorization": "Bearer {{connection.apiKey}}"}}),
    ({"auth": "query_key", "auth_name": "k"}, "apikey", {"qs": {"k": "{{connection.apiKey}}"}}),
    ({"auth": "header_key"}, "apikey", {"headers": {"x-fleet-key": "{{connection.apiKey}}"}}),
    (
        {"auth": "basic"},
        "basic",
        {
            "headers": {
                "authorization": "Basic {{base64(connection.username + ':' + connection.password)}}"
            }
        },
    ),
]


@pytest.mark.parametrize(("wish", "kind", "parts"), HEADERS)
async def test_the_credentials_that_are_wished_for_are_sent(
    bench: Bench, wish: dict[str, Any], kind: str, parts: dict[str, Any]
) -> None:
    name = f"auth-{wish['auth'].replace('_', '-')}"
    told, folder = await scaffolded(bench, name, spec=json.dumps(fleet()), **wish)
    base = code(folder, "general/base.iml.json")
    assert told.get("connection", "") == kind
    assert {key: base[key] for key in ("headers", "qs") if key in base} == parts
    found = (await bench.core.call("custom_app_validate", folder=name)).data
    assert found["faults"] == []


async def test_oauth_is_written_as_far_as_the_document_tells(bench: Bench) -> None:
    document = fleet()
    flow = {
        "authorizationUrl": "https://login.fleet.example.com/authorize",
        "tokenUrl": "https://login.fleet.example.com/token",
        "scopes": {"vessels:read": "Read vessels", "write:token": "Make tokens of your own"},
    }
    document["components"]["securitySchemes"]["key"] = {
        "type": "oauth2",
        "flows": {"authorizationCode": flow},
    }
    document["paths"]["/vessels"]["get"]["security"] = [{"key": ["vessels:read"]}]
    told, folder = await scaffolded(bench, "fleet-oauth", spec=json.dumps(document))
    assert told["connection"] == "oauth"
    api = code(folder, "connections/connection/connection.communication.iml.json")
    assert api["authorize"]["url"] == flow["authorizationUrl"]
    assert api["token"]["body"]["grant_type"] == "authorization_code"
    assert api["info"]["url"] == "https://api.fleet.example.com/v2/me"
    assert "refresh" not in api
    assert any("refresh" in line for line in told["left_to_do"])
    scope = code(folder, "modules/list-vessels/list-vessels.scope.iml.json")
    assert scope == ["vessels:read"]
    found = (await bench.core.call("custom_app_validate", folder="fleet-oauth")).data
    assert found["faults"] == []


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({}, "invalid_arguments"),
    ({"spec": '{"swagger": "2.0", "paths": {}}'}, "unreadable_document"),
    ({"spec": "openapi: [3"}, "unreadable_document"),
    ({"spec": "[" * 200_000}, "unreadable_document"),
    ({"spec": '{"openapi": "3.1.0", "paths": {}}'}, "nothing_to_scaffold"),
    ({"spec": json.dumps(fleet()), "operations": ["getMee"]}, "nothing_to_scaffold"),
    ({"spec": "http://127.0.0.1:9/openapi.json"}, "egress_refused"),
    ({"spec": "http://169.254.169.254/latest/meta-data"}, "egress_refused"),
    ({"curl": "wget https://example.com"}, "unreadable_command"),
    ({"curl": "curl 'https://example.com"}, "unreadable_command"),
    ({"curl": "curl -X TRACE https://example.com"}, "unreadable_command"),
    ({"spec": json.dumps(fleet()), "folder": "../../out"}, "path_refused"),
]


@pytest.mark.parametrize(("arguments", "why"), REFUSALS)
async def test_what_no_app_can_be_made_of_is_refused_with_what_to_do(
    bench: Bench, arguments: dict[str, Any], why: str
) -> None:
    told = await bench.core.call("custom_app_scaffold", name="no-app", **arguments)
    assert told.error["code"] == why
    assert told.error["next_step"]


async def test_a_folder_that_holds_something_is_not_written_into(bench: Bench) -> None:
    _, folder = await scaffolded(bench, "fleet-once", spec=json.dumps(fleet()))
    (folder / "README.md").write_text("# Mine\n")
    told = await bench.core.call("custom_app_scaffold", name="fleet-once", spec=json.dumps(fleet()))
    assert told.error["code"] == "folder_taken"
    assert (folder / "README.md").read_text() == "# Mine\n"


async def test_of_many_operations_fifty_are_written_and_the_rest_named(bench: Bench) -> None:
    document = fleet()
    ok = {"responses": {"200": content(VESSEL)}}
    document["paths"] |= {f"/r{n}": {"get": {"operationId": f"read{n}", **ok}} for n in range(60)}
    document["paths"]["/old"] = {"get": {"operationId": "readOld", "deprecated": True, **ok}}
    told, _ = await scaffolded(bench, "fleet-many", spec=json.dumps(document))
    assert len(told["modules"]) == 50
    assert any("15 operations beyond 50" in line for line in told["left_to_do"])
    assert any("1 deprecated" in line for line in told["left_to_do"])
    wanted = ["readOld", "GET /r59"]
    told, _ = await scaffolded(bench, "fleet-few", spec=json.dumps(document), operations=wanted)
    assert [row["name"] for row in told["modules"]] == ["readOld", "read59"]
