"""What teams own: folders, connections, keys, data and hooks."""

TABLES = """
CREATE TABLE folders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, parent_id INTEGER REFERENCES folders ON DELETE CASCADE);
CREATE INDEX folders_team ON folders (team_id);
CREATE INDEX folders_parent ON folders (parent_id);
CREATE TABLE connections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, type TEXT NOT NULL, label TEXT NOT NULL, package_name TEXT, expire TEXT,
    account_type TEXT NOT NULL, theme TEXT NOT NULL, editable FLAG NOT NULL, upgradeable FLAG NOT
    NULL DEFAULT 0, uid TEXT, author_id INTEGER, connected_system_id TEXT,
    state TEXT NOT NULL DEFAULT 'valid', metadata JSON_TEXT, scopes JSON_TEXT NOT NULL DEFAULT '[]',
    data JSON_TEXT NOT NULL DEFAULT '{}');
CREATE TABLE keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, type_name TEXT NOT NULL, package_name TEXT, theme TEXT NOT NULL,
    parameters JSON_TEXT NOT NULL);
CREATE TABLE data_structures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, strict FLAG NOT NULL DEFAULT 0, spec JSON_TEXT NOT NULL);
CREATE TABLE data_stores (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, data_structure_id INTEGER REFERENCES data_structures ON DELETE SET NULL,
    max_size INTEGER NOT NULL);
CREATE TABLE data_store_records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    data_store_id INTEGER NOT NULL REFERENCES data_stores ON DELETE CASCADE, key TEXT NOT NULL,
    data JSON_TEXT NOT NULL, size INTEGER NOT NULL, UNIQUE (data_store_id, key));
CREATE INDEX data_store_sizes ON data_store_records (data_store_id, size);
CREATE TABLE hooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, udid TEXT NOT NULL UNIQUE, type TEXT NOT NULL, type_name TEXT NOT NULL,
    package_name TEXT, theme TEXT NOT NULL, editable FLAG NOT NULL, enabled FLAG NOT NULL DEFAULT 1,
    gone FLAG NOT NULL DEFAULT 0, learning FLAG NOT NULL DEFAULT 1, created TEXT NOT NULL,
    data JSON_TEXT NOT NULL DEFAULT '{}', data_structure JSON_TEXT,
    flags JSON_TEXT NOT NULL DEFAULT '{}');
CREATE TABLE hook_incomings (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    hook_id INTEGER NOT NULL REFERENCES hooks ON DELETE CASCADE, created TEXT NOT NULL,
    size INTEGER NOT NULL, processing FLAG NOT NULL DEFAULT 0, data JSON_TEXT NOT NULL);
CREATE INDEX hook_incomings_queue ON hook_incomings (hook_id, seq);
CREATE TABLE hook_logs (
    id TEXT PRIMARY KEY, imt_id TEXT NOT NULL, hook_id INTEGER NOT NULL REFERENCES hooks
    ON DELETE CASCADE, logged_ms INTEGER NOT NULL, status_id INTEGER NOT NULL, parser TEXT NOT NULL,
    replayable FLAG NOT NULL DEFAULT 1, size_before INTEGER NOT NULL, size_after INTEGER NOT NULL,
    data JSON_TEXT);
CREATE INDEX hook_logs_time ON hook_logs (hook_id, logged_ms);
"""
