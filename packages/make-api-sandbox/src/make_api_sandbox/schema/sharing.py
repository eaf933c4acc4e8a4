"""Scenarios shown to the public, and who may use a locked connection."""

TABLES = """
CREATE TABLE shared_scenarios (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    scenario_id INTEGER NOT NULL REFERENCES scenarios ON DELETE CASCADE,
    title TEXT NOT NULL, title_original TEXT NOT NULL, description_short TEXT,
    description_long TEXT, is_enabled FLAG NOT NULL DEFAULT 0, author_id INTEGER NOT NULL,
    created TEXT NOT NULL, updated TEXT NOT NULL);
CREATE INDEX shared_scenarios_scenario ON shared_scenarios (scenario_id);
CREATE TABLE connection_members (
    connection_id INTEGER NOT NULL REFERENCES connections ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    role TEXT NOT NULL, PRIMARY KEY (connection_id, user_id)) WITHOUT ROWID;
"""
