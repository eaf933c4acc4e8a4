"""Remote procedures of custom apps, and carrying them out."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from .sdk import app, put_text, read_text

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

POTS = [{"id": 1, "name": "Jug"}, {"id": 2, "name": "Bowl"}, {"id": 3, "name": "Cup"}]
LIST = {
    "url": "/pots",
    "response": {
        "iterate": "{{body.pots}}",
        "output": {"label": "{{item.name}}", "value": "{{item.id}}"},
    },
}


@asynccontextmanager
async def service(status: int = 200, body: Any = None) -> AsyncGenerator[tuple[str, list[str]]]:
    """An HTTP service on this machine: its address, and the requests it got."""
    requests: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lengths = [n for n in head.splitlines() if n.lower().startswith("content-length")]
        length = int(lengths[0].partition(":")[2]) if lengths else 0
        requests.append(head + (await reader.readexactly(length)).decode())
        content = json.dumps({"pots": POTS} if body is None else body).encode()
        writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\nconnection: close\r\n\r\n".encode()
            + content
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests


async def rpc(studio: "Studio", api: Any, base: dict[str, Any] | None = None) -> str:
    """A new RPC with this code; its address."""
    name = await app(studio)
    path = f"/sdk/apps/{name}/1/rpcs"
    await studio.post(path, {"name": "listPots", "label": "List pots"})
    await put_text(studio, f"{path}/listPots/api", f"// Pots.\n{json.dumps(api)}")
    if base is not None:
        await put_text(studio, f"/sdk/apps/{name}/1/base", json.dumps(base))
    return f"{path}/listPots"


async def test_an_rpc_is_made_listed_edited_and_deleted(studio: "Studio") -> None:
    name = await app(studio)
    path = f"/sdk/apps/{name}/1/rpcs"
    assert await studio.get(path) == {"appRpcs": []}
    body = {"name": "listPots", "label": "List pots"}
    assert await studio.post(path, body) == {"appRpc": body}
    await studio.post(f"/sdk/apps/{name}/connections", {"type": "basic", "label": "Login"})
    edited = await studio.call("PATCH", f"{path}/listPots", {"connection": name})
    full = {**body, "connection": name, "altConnection": None}
    assert edited.json() == {"appRpc": full}
    assert await studio.get(path) == {"appRpcs": [full]}
    assert await studio.get(f"{path}/listPots") == {"appRpc": full}
    await put_text(studio, f"{path}/listPots/parameters", '[{"name": "size"}] // one')
    shown = await read_text(studio, f"{path}/listPots/parameters")
    assert shown.text == '[{"name": "size"}] // one'
    assert (await studio.call("DELETE", f"{path}/listPots")).json() == {"appRpc": "listPots"}


async def test_an_rpc_sends_its_request_and_puts_out_what_it_iterates(studio: "Studio") -> None:
    async with service() as (address, requests):
        base = {
            "baseUrl": address,
            "headers": {"x-key": "{{common.key}}"},
            "qs": {"lang": "en"},
        }
        path = await rpc(studio, {**LIST, "qs": {"size": "{{parameters.size}}"}}, base)
        common = path.rpartition("/rpcs")[0] + "/common"
        await studio.call("PUT", common, {"key": "k1"})
        answer = await studio.post(path, {"data": {"size": "large"}})
    assert answer == [{"label": one["name"], "value": one["id"]} for one in POTS]
    assert requests[0].startswith("GET /pots?lang=en&size=large HTTP/1.1")
    assert "x-key: k1" in requests[0]


async def test_an_rpc_filters_limits_and_remembers(studio: "Studio") -> None:
    async with service() as (address, requests):
        api = [
            {"url": f"{address}/first", "response": {"temp": {"total": "{{length(body.pots)}}"}}},
            {
                "url": f"{address}/second",
                "method": "POST",
                "body": {"total": "{{temp.total}}"},
                "response": {
                    "iterate": {"container": "{{body.pots}}", "condition": "{{item.id > 1}}"},
                    "output": "{{item.name}}",
                    "limit": 1,
                },
            },
        ]
        path = await rpc(studio, api)
        assert await studio.post(path, {"data": {}}) == ["Bowl"]
    assert requests[1].startswith("POST /second")
    assert requests[1].endswith('{"total": 3}')


async def test_an_rpc_calls_the_apps_own_functions(studio: "Studio") -> None:
    path = await rpc(studio, {"response": {"output": "{{glaze(parameters.pot)}}"}})
    functions = path.rpartition("/rpcs")[0] + "/functions"
    await studio.post(functions, {"name": "glaze"})
    code = "function glaze(pot) { return { name: iml.upper(pot.name), shiny: true }; }"
    await put_text(studio, f"{functions}/glaze/code", code)
    answer = await studio.post(path, {"data": {"pot": {"name": "jug"}}})
    assert answer == {"name": "JUG", "shiny": True}


async def test_an_answer_of_failure_is_told_in_the_apps_words(studio: "Studio") -> None:
    async with service(404, {"problem": "no pots"}) as (address, _):
        error = {
            "message": "Failed: {{body.problem}}",
            "404": {"type": "DataError", "message": "Not found: {{body.problem}}"},
        }
        path = await rpc(studio, {"url": address, "response": {"error": error}})
        answer = await studio.call("POST", path, {"data": {}})
    assert answer.status_code == 424
    assert answer.json() == {"detail": "DataError", "message": "[404] Not found: no pots"}


@pytest.mark.parametrize(
    ("api", "said"),
    [
        ({"url": "https://api.example.com/pots"}, "reaches nothing but this machine"),
        ({"url": "/pots", "pagination": {"qs": {"page": 1}}}, "does not carry out"),
        ({"response": {"output": "{{nosuch(1)}}"}}, "Function 'nosuch' not found!"),
        ({"response": {"output": "{{upper(}}"}}, "at character"),
    ],
)
async def test_what_cannot_be_carried_out_fails(
    studio: "Studio", api: dict[str, Any], said: str
) -> None:
    answer = await studio.call("POST", await rpc(studio, api), {"data": {}})
    assert answer.status_code == 424
    assert said in answer.json()["message"]


async def test_a_needed_parameter_of_the_schema_is_asked_for(studio: "Studio") -> None:
    path = await rpc(studio, {"response": {"output": "{{parameters.pot}}"}})
    body: dict[str, Any] = {
        "data": {},
        "schema": [{"name": "pot", "type": "text", "required": True}],
    }
    answer = await studio.call("POST", path, body)
    assert answer.json()["suberrors"][0]["name"] == "data.pot"
    assert await studio.post(path, {**body, "data": {"pot": "jug"}}) == "jug"


async def test_an_rpc_uses_only_a_connection_of_the_caller(studio: "Studio") -> None:
    columns = {"type": "kiln", "label": "Kiln", "account_type": "basic", "theme": "#000000"}
    ids = [
        studio.world.insert(
            "connections",
            team_id=team,
            name="Kiln",
            editable=True,
            data={"apiKey": f"of team {team}"},
            **columns,
        )
        for team in (1, 2)
    ]
    path = await rpc(studio, {"response": {"output": "{{connection.apiKey}}"}})
    answers = [await studio.post(path, {"data": {"__IMTCONN__": each}}) for each in ids]
    assert answers == ["of team 1", None]


@pytest.mark.parametrize(
    ("kind", "body", "media", "content"),
    [
        (
            "urlencoded",
            {"a": "x y", "b": [1, 2]},
            "application/x-www-form-urlencoded",
            "a=x+y&b=1&b=2",
        ),
        ("text", "pot {{parameters.id}}", "text/plain", "pot 7"),
        ("json", {"id": "{{parameters.id}}"}, "application/json", '{"id": 7}'),
    ],
)
async def test_a_body_travels_in_its_type(
    studio: "Studio", kind: str, body: Any, media: str, content: str
) -> None:
    async with service() as (address, requests):
        api = {"url": address, "method": "PUT", "type": kind, "body": body}
        await studio.post(await rpc(studio, api), {"data": {"id": 7}})
    assert f"content-type: {media}" in requests[0]
    assert requests[0].endswith(f"\r\n\r\n{content}")


async def test_a_request_whose_condition_fails_is_not_sent(studio: "Studio") -> None:
    async with service() as (address, requests):
        api = {"url": address, "condition": "{{parameters.id > 8}}"}
        assert await studio.post(await rpc(studio, api), {"data": {"id": 7}}) is None
    assert requests == []
