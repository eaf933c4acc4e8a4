"""Agents and contexts as the API shows them."""

from collections.abc import Sequence

from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

NO_CONNECTION = "Invalid MCP Connection"


def listed(world: World, row: Row) -> JsonObject:
    """An agent in a list."""
    shown: JsonObject = {
        "id": row["id"],
        "name": row["name"],
        "teamId": row["team_id"],
        "createdAt": row["created"],
        "systemPrompt": row["system_prompt"],
        "defaultModel": row["default_model"],
        "invocationConfig": row["invocation_config"],
        "scenarios": row["tool_scenarios"],
        "mcpConfigs": _mcp_listed(world, row),
        "historyConfig": row["history_config"],
        "llmConfig": row["llm_config"],
        "contexts": [context(one) for one in contexts_of(world, row["id"])],
    }
    return {**shown, "outputParser": row["output_parser"]} if row["output_parser"] else shown


def detailed(world: World, row: Row) -> JsonObject:
    """One agent with all its members."""
    connection = world.get("connections", row["connection_id"])
    return {
        **listed(world, row),
        "mcpConfigs": _mcp_detailed(world, row),
        "makeConnectionId": row["connection_id"],
        "makeConnectionType": connection["type"] if connection else None,
        "pastConfigurations": row["past_configurations"],
        "llmProviderId": row["provider_id"],
    }


def _mcp_listed(world: World, row: Row) -> list[JsonObject]:
    configs: Sequence[JsonObject] = row["mcp_configs"]
    return [{**one, "name": _connection_name(world, row, one)} for one in configs]


def _mcp_detailed(world: World, row: Row) -> list[JsonObject]:
    configs: Sequence[JsonObject] = row["mcp_configs"]
    return [
        {
            "mcpConnectionId": one["mcpConnectionId"],
            "tools": [{"id": id, "isDeprecated": False} for id in one["toolIds"]],
            "name": _connection_name(world, row, one),
        }
        for one in configs
    ]


def _connection_name(world: World, row: Row, config: JsonObject) -> str:
    connection = world.get("connections", config["mcpConnectionId"])
    known = connection is not None and connection["team_id"] == row["team_id"]
    return connection["name"] if connection and known else NO_CONNECTION


def configuration(row: Row) -> JsonObject:
    """What an agent is set to now, as it will stand among its past configurations."""
    return {
        "name": row["name"],
        "llmConfig": row["llm_config"],
        "scenarios": row["tool_scenarios"],
        "mcpConfigs": row["mcp_configs"],
        "defaultModel": row["default_model"],
        "systemPrompt": row["system_prompt"],
        "historyConfig": row["history_config"],
        "invocationConfig": row["invocation_config"],
    }


def contexts_of(world: World, agent: str) -> list[Row]:
    """Contexts of an agent, oldest first."""
    sql = (
        "SELECT id, agent_id, document_name, description, created, format, is_temporary"
        " FROM ai_contexts WHERE agent_id = ? ORDER BY created, rowid"
    )
    return world.rows(sql, agent)


def context(row: Row) -> JsonObject:
    """A context."""
    return {
        "id": row["id"],
        "agentId": row["agent_id"],
        "documentName": row["document_name"],
        "description": row["description"],
        "createdAt": row["created"],
        "metadata": {"type": row["format"]},
        "isTemporary": row["is_temporary"],
    }
