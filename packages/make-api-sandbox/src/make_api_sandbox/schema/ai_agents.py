"""AI agents, their contexts, what was said to them, and tokens of Make's own provider.

The connection of an agent has no foreign key: an agent outlives it and then cannot run. A message
belongs to an agent or to a module of a scenario, whichever `owner` names.
"""

TABLES = """
CREATE TABLE ai_agents (
    id TEXT PRIMARY KEY, team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, connection_id INTEGER NOT NULL, provider_id INTEGER NOT NULL,
    default_model TEXT NOT NULL, system_prompt TEXT NOT NULL, created TEXT NOT NULL,
    invocation_config JSON_TEXT NOT NULL, history_config JSON_TEXT, llm_config JSON_TEXT NOT NULL,
    tool_scenarios JSON_TEXT NOT NULL, mcp_configs JSON_TEXT NOT NULL, output_parser JSON_TEXT,
    past_configurations JSON_TEXT NOT NULL DEFAULT '[]');
CREATE INDEX ai_agents_team ON ai_agents (team_id, created);
CREATE TABLE ai_contexts (
    id TEXT PRIMARY KEY, agent_id TEXT NOT NULL REFERENCES ai_agents ON DELETE CASCADE,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    document_name TEXT NOT NULL, description TEXT NOT NULL, created TEXT NOT NULL,
    format TEXT NOT NULL, is_temporary FLAG NOT NULL, document BLOB NOT NULL);
CREATE INDEX ai_contexts_agent ON ai_contexts (agent_id, created);
CREATE TABLE ai_messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE, owner TEXT NOT NULL,
    thread_id TEXT NOT NULL, iteration_id TEXT NOT NULL, role TEXT NOT NULL, said TEXT NOT NULL);
CREATE INDEX ai_messages_thread ON ai_messages (team_id, owner, thread_id, seq);
CREATE TABLE ai_token_usage (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE, timestamp_ms INTEGER NOT NULL,
    model TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
    centicredits INTEGER NOT NULL);
CREATE INDEX ai_token_usage_team ON ai_token_usage (team_id, timestamp_ms);
"""
