"""Setting up and running an AI agent over HTTP."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conftest import Studio

AGENTS = "/ai-agents/v1/agents"
CONTEXTS = "/ai-agents/v1/contexts"
LABEL = "[Sandbox stand-in, no model]"
NOBODY = "11111111-2222-4333-8444-555555555555"
MORNING = "2026-03-04T08:30:15.000Z"


def connection(studio: "Studio", type: str = "ai-provider", team: int = 1, **more: Any) -> int:
    columns: dict[str, Any] = {"name": "AI", "label": "AI", "account_type": "basic"} | more
    return studio.world.insert(
        "connections", team_id=team, type=type, theme="#000000", editable=True, **columns
    )


async def call(studio: "Studio", method: str, path: str, body: Any = None, **query: Any) -> Any:
    asked: dict[str, Any] = {"teamId": 1, **query}
    return await studio.call(method, path, body, **asked)


async def get(studio: "Studio", path: str, **query: Any) -> Any:
    return await studio.get(path, **{"teamId": 1, **query})


def setup(studio: "Studio", **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": "Desk",
        "teamId": 1,
        "defaultModel": "small",
        "systemPrompt": "You are kind.",
    }
    chosen = {} if "makeConnectionId" in more else {"makeConnectionId": connection(studio)}
    return body | chosen | more


async def make(studio: "Studio", **more: Any) -> str:
    answer = await call(studio, "POST", AGENTS, setup(studio, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()["agentId"]


async def say(studio: "Studio", agent: str, text: str, **body: Any) -> dict[str, Any]:
    """Run an agent with one message; must succeed."""
    messages = [{"role": "user", "content": text}]
    sent: Any = {"messages": messages, "config": {}, **body}
    answer = await call(studio, "POST", f"{AGENTS}/{agent}/run", sent)
    assert answer.status_code == 200, answer.text
    return answer.json()
