"""On-premise agents and the systems they reach.

Whether an agent is connected follows from its status; how many systems it serves from their rows.
A connection through a system that is removed no longer works.
"""

TABLES = """
CREATE TABLE on_prem_agents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
    name TEXT NOT NULL, client_secret TEXT, status TEXT NOT NULL, version TEXT,
    created TEXT NOT NULL, last_connection TEXT);
CREATE INDEX on_prem_agents_organization ON on_prem_agents (organization_id);
CREATE TABLE connected_systems (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL REFERENCES on_prem_agents (id) ON DELETE CASCADE,
    name TEXT NOT NULL, app_name TEXT NOT NULL, inputs JSON_TEXT NOT NULL);
CREATE INDEX connected_systems_agent ON connected_systems (agent_id);
CREATE TRIGGER connected_systems_go AFTER DELETE ON connected_systems BEGIN
    UPDATE connections SET connected_system_id = NULL, state = 'broken'
    WHERE connected_system_id = old.id;
END;
"""
