"""Mobile devices, what they have sent, what waits to be sent to them, and devices to be paired."""

TABLES = """
CREATE TABLE devices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, udid TEXT NOT NULL UNIQUE, scopes JSON_TEXT NOT NULL, info JSON_TEXT,
    gone FLAG NOT NULL DEFAULT 0);
CREATE INDEX devices_team ON devices (team_id);
CREATE TABLE device_messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    device_id INTEGER NOT NULL REFERENCES devices ON DELETE CASCADE,
    direction TEXT NOT NULL, scope TEXT NOT NULL, size INTEGER NOT NULL, created TEXT NOT NULL,
    processing FLAG NOT NULL DEFAULT 0, data JSON_TEXT NOT NULL);
CREATE INDEX device_messages_queue ON device_messages (device_id, direction, seq);
CREATE TABLE device_requests (
    udid TEXT PRIMARY KEY,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, created TEXT NOT NULL);
"""
