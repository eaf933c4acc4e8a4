"""Documents that agents look up."""

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from .ai_desk import AGENTS, CONTEXTS, LABEL, MORNING, NOBODY, call, get, make, say

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio


async def upload(studio: "Studio", agent: str, name: str, content: bytes) -> httpx.Response:
    return await studio.http.post(
        f"/api/v2{CONTEXTS}",
        params={"teamId": 1},
        headers={"Authorization": f"Token {studio.token('*')}"},
        data={"agentId": agent},
        files={"file": (name, content)},
    )


async def test_a_file_becomes_a_context(studio: "Studio") -> None:
    agent = await make(studio)
    answer = await upload(studio, agent, "prices.csv", b"thing,price\nchair,50\nlamp,20\n")
    assert answer.status_code == 201
    assert answer.json() == {
        "id": answer.json()["id"],
        "agentId": agent,
        "documentName": "prices.csv",
        "description": f"{LABEL} thing,price",
        "createdAt": MORNING,
        "metadata": {"type": "csv"},
        "isTemporary": False,
    }
    assert await get(studio, CONTEXTS, agentId=agent) == [answer.json()]
    assert (await get(studio, f"{AGENTS}/{agent}"))["contexts"] == [answer.json()]


async def test_a_context_is_looked_up_and_deleted(studio: "Studio") -> None:
    agent = await make(studio)
    context = (await upload(studio, agent, "prices.txt", b"Lamp 20 euro\nChair 50 euro")).json()
    answer = await say(studio, agent, "How much is a chair?")
    told = answer["executionSteps"][2]["toolResponse"]
    assert told["toolType"] == "rag"
    assert told["result"] == [{"document": "prices.txt", "text": "Chair 50 euro"}]
    deleted = await call(studio, "DELETE", f"{CONTEXTS}/{context['id']}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert await get(studio, CONTEXTS, agentId=agent) == []
    assert (await call(studio, "DELETE", f"{CONTEXTS}/{context['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("more", "name", "format", "temporary"),
    [
        ({}, "Context.txt", "txt", True),
        ({"autosave": "true"}, "Context.txt", "txt", False),
        ({"name": "Price list (2).md"}, "Price list (2).md", "md", True),
    ],
)
async def test_text_becomes_a_context(
    studio: "Studio", more: dict[str, str], name: str, format: str, temporary: bool
) -> None:
    agent = await make(studio)
    answer = await call(studio, "POST", CONTEXTS, {"agentId": agent, "content": "Hi", **more})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["documentName"], made["metadata"]) == (name, {"type": format})
    assert made["isTemporary"] is temporary


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x"},
        {"agentId": "one", "content": "x"},
        {"agentId": NOBODY, "content": "x", "name": "a/b"},
        {"agentId": NOBODY, "content": "x", "name": "n" * 121},
        {"agentId": NOBODY, "content": "x", "autosave": True},
        {"agentId": NOBODY, "content": ""},
    ],
)
async def test_a_malformed_context_is_refused(studio: "Studio", body: dict[str, Any]) -> None:
    assert (await call(studio, "POST", CONTEXTS, body)).status_code == 400


async def test_files_of_unknown_format_or_too_large_are_refused(studio: "Studio") -> None:
    agent = await make(studio)
    assert (await upload(studio, agent, "run.exe", b"x")).status_code == 400
    studio.license(fslimit=10)
    assert (await upload(studio, agent, "notes.txt", b"x" * 10)).status_code == 201
    assert (await upload(studio, agent, "notes.txt", b"x" * 11)).status_code == 413
    assert (await upload(studio, NOBODY, "notes.txt", b"x")).status_code == 404


async def test_a_new_agent_gets_a_copy_of_a_context(studio: "Studio") -> None:
    first = await make(studio)
    body = {"agentId": first, "content": "Chair 50 euro"}
    made = (await call(studio, "POST", CONTEXTS, body)).json()
    second = await make(studio, contexts=[{"id": made["id"]}])
    [copy] = await get(studio, CONTEXTS, agentId=second)
    assert copy == {**made, "id": copy["id"], "agentId": second, "isTemporary": False}
    await call(studio, "DELETE", f"{AGENTS}/{first}")
    assert len(await get(studio, CONTEXTS, agentId=second)) == 1


async def test_contexts_are_listed_for_one_agent(studio: "Studio") -> None:
    assert (await call(studio, "GET", CONTEXTS)).status_code == 400
    assert (await call(studio, "GET", CONTEXTS, agentId=NOBODY)).status_code == 404
