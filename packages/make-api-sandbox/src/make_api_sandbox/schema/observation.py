"""Requests, rate windows and faults."""

TABLES = """
CREATE TABLE request_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL,
    query TEXT NOT NULL, body TEXT, status INTEGER, user_id INTEGER, organization_id INTEGER,
    user_agent TEXT, fault_id INTEGER);
CREATE TABLE rate_windows (
    organization_id INTEGER NOT NULL, minute INTEGER NOT NULL, calls INTEGER NOT NULL,
    PRIMARY KEY (organization_id, minute)) WITHOUT ROWID;
CREATE TABLE faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT, path TEXT, effect JSON_TEXT NOT NULL,
    rate REAL NOT NULL DEFAULT 1, after INTEGER NOT NULL DEFAULT 0, times INTEGER,
    burst INTEGER, every_ms INTEGER, burst_began_ms INTEGER, in_burst INTEGER NOT NULL DEFAULT 0,
    seen INTEGER NOT NULL DEFAULT 0, fired INTEGER NOT NULL DEFAULT 0);
"""
