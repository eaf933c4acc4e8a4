"""Making, reading, changing and removing agents (API reference, chapter 2.5)."""

from starlette.responses import Response

from make_api_sandbox.agents.providers import MOST_TOKENS, Provider, provider_of
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import query_team
from make_api_sandbox.http.errors import ApiError, invalid_parameters, not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.ai_agents.bodies import CHANGE, CREATE
from make_api_sandbox.resources.ai_agents.presentation import configuration, detailed, listed
from make_api_sandbox.shapes import JsonObject, Row

READ, WRITE = "ai-agents:read", "ai-agents:write"
RECURSION_LIMIT, ITERATIONS = 300, 10
"""What an agent has that was told nothing else; the documents show these in examples."""

COLUMNS = {
    "name": "name",
    "systemPrompt": "system_prompt",
    "defaultModel": "default_model",
    "llmConfig": "llm_config",
    "invocationConfig": "invocation_config",
    "scenarios": "tool_scenarios",
    "historyConfig": "history_config",
    "mcpConfigs": "mcp_configs",
    "outputParserFormat": "output_parser",
}


def agent_of(call: Call, id: str) -> Row:
    """An agent of the team in context.

    Raises:
        ApiError: 404 when the team has no such agent.
    """
    row = call.world.get("ai_agents", id.lower())
    if row is None or row["team_id"] != call.team_id:
        raise not_found("AI agent")
    return row


@route("GET", "/ai-agents/v1/agents", scope=READ, context=query_team)
def list_agents(call: Call) -> Response:
    """The agents of a team, oldest first."""
    sql = "SELECT * FROM ai_agents WHERE team_id = ? ORDER BY created, rowid"
    return Json([listed(call.world, row) for row in call.world.rows(sql, call.team_id)])


@route("POST", "/ai-agents/v1/agents", scope=WRITE, context=query_team, body=CREATE)
def create_agent(call: Call) -> Response:
    """Set up an agent.

    A context in the body belongs to another agent so far; the new agent gets a copy of it.
    """
    body = call.body
    if body["teamId"] != call.team_id:
        fault = "'teamId' should be the team of the query."
        raise invalid_parameters([("teamId", fault)])
    provider = _provider(call, body["makeConnectionId"])
    require_tools(call, body)
    ident = call.world.fresh_uuid()
    call.world.insert(
        "ai_agents",
        id=ident,
        team_id=call.team_id,
        connection_id=body["makeConnectionId"],
        provider_id=provider.id,
        created=call.clock.stamp(),
        **{
            "invocation_config": {"recursionLimit": RECURSION_LIMIT},
            "history_config": {"iterationsFromHistoryCount": ITERATIONS},
            "llm_config": {"maxTokens": MOST_TOKENS},
            "tool_scenarios": [],
            "mcp_configs": [],
            **_columns(body),
        },
    )
    _copy_contexts(call, body, ident)
    named = ("name", "teamId", "makeConnectionId", "defaultModel", "systemPrompt")
    return Json({"agentId": ident, **{name: body[name] for name in named}}, 201)


@route("GET", "/ai-agents/v1/agents/{agentId}", scope=READ, context=query_team)
def get_agent(call: Call) -> JsonObject:
    """One agent."""
    return detailed(call.world, agent_of(call, call.path("agentId")))


@route("PATCH", "/ai-agents/v1/agents/{agentId}", scope=WRITE, context=query_team, body=CHANGE)
def change_agent(call: Call) -> Response:
    """Change an agent; what it was stays among its past configurations, newest first."""
    row = agent_of(call, call.path("agentId"))
    require_tools(call, call.body)
    past: list[JsonObject] = row["past_configurations"]
    if call.body:
        past = [configuration(row), *past]
    call.world.update("ai_agents", row["id"], past_configurations=past, **_columns(call.body))
    return Response(status_code=204)


@route("DELETE", "/ai-agents/v1/agents/{agentId}", scope=WRITE, context=query_team)
def delete_agent(call: Call) -> Response:
    """Remove an agent with its contexts and threads; asks for no confirmation."""
    row = agent_of(call, call.path("agentId"))
    call.world.delete("ai_agents", row["id"])
    call.world.execute("DELETE FROM ai_messages WHERE owner = ?", f"agent/{row['id']}")
    return Response(status_code=204)


def require_tools(call: Call, settings: JsonObject) -> None:
    """Refuse scenarios and MCP connections of other teams.

    Raises:
        ApiError: 404 for the first one that the team does not have.
    """
    for config in settings.get("scenarios") or ():
        _require(call, "scenarios", config["makeScenarioId"], "Scenario")
    for config in settings.get("mcpConfigs") or ():
        _require(call, "connections", config["mcpConnectionId"], "Connection")


def _require(call: Call, table: str, id: int, thing: str) -> Row:
    row = call.world.get(table, id)
    if row is None or row["team_id"] != call.team_id:
        raise not_found(thing)
    return row


def _provider(call: Call, connection: int) -> Provider:
    row = _require(call, "connections", connection, "Connection")
    provider = provider_of(row["type"])
    if provider is None:
        raise ApiError(400, "SC400", "Invalid connection type")
    return provider


def _columns(body: JsonObject) -> JsonObject:
    """Members of a body as columns, tools with their default mode of approval."""
    found = {COLUMNS[name]: value for name, value in body.items() if name in COLUMNS}
    if "tool_scenarios" in found:
        tools: list[JsonObject] = found["tool_scenarios"]
        found["tool_scenarios"] = [{"approvalMode": "auto-run", **one} for one in tools]
        found["tool_scenarios"] = [
            {name: one[name] for name in ("makeScenarioId", "approvalMode")}
            for one in found["tool_scenarios"]
        ]
    return found


def _copy_contexts(call: Call, body: JsonObject, agent: str) -> None:
    asked: list[JsonObject] = body.get("contexts") or []
    for one in asked:
        row = _require_context(call, one["id"])
        copy = {**row, "id": call.world.fresh_uuid(), "agent_id": agent, "is_temporary": False}
        call.world.insert("ai_contexts", **copy)


def _require_context(call: Call, id: str) -> Row:
    row = call.world.get("ai_contexts", id.lower())
    if row is None or row["team_id"] != call.team_id:
        raise not_found("Context")
    return row
