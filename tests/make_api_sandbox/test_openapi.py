"""The API describes itself."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio


async def test_anybody_may_read_the_description(studio: "Studio") -> None:
    told = (await studio.http.get("/api/v2/openapi.json")).json()
    assert told["info"]["title"] == "Web API v2 – Public"
    assert told["servers"] == [{"url": "http://sandbox.test/api/v2"}]
    assert told["paths"]["/ping"]["get"]["responses"] == {"200": {"description": "OK"}}
    assert "security" not in told["paths"]["/ping"]["get"]


async def test_an_operation_tells_its_scope_parameters_and_body(studio: "Studio") -> None:
    paths = (await studio.get("/openapi.json"))["paths"]
    changed = paths["/connections/{connectionId}"]["patch"]
    assert changed["description"] == "Scopes: connections:write."
    assert [one["name"] for one in changed["parameters"]] == ["connectionId"]
    made = paths["/templates"]["post"]
    assert [*made["responses"]] == ["200", "400", "401", "402", "403"]
    schema = made["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["teamId", "language", "blueprint", "scheduling", "controller"]
    assert schema["properties"]["teamId"] == {"type": "integer"}
    assert schema["properties"]["language"]["enum"][:2] == ["ar", "bg"]
    assert schema["additionalProperties"] is False


async def test_every_described_path_answers(studio: "Studio") -> None:
    paths = (await studio.get("/openapi.json"))["paths"]
    stranger = {"Authorization": "Token nobody"}
    closed = 0
    for path, operations in paths.items():
        plain = path.replace("{", "").replace("}", "")
        for method, operation in operations.items():
            if "security" in operation:
                answer = await studio.http.request(method, f"/api/v2{plain}", headers=stranger)
                assert answer.status_code == 401, (method, path)
                closed += 1
    assert closed > 150
