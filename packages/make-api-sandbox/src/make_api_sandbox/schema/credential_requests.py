"""What people are asked to authorize."""

TABLES = """
CREATE TABLE credential_requests (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, extra JSON_TEXT NOT NULL);
CREATE TABLE requested_credentials (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    request_id TEXT NOT NULL REFERENCES credential_requests (id) ON DELETE CASCADE,
    extra JSON_TEXT NOT NULL);
"""
