"""Who changed what in an organization.

Names of the team and the actor are kept as they were, so that an entry outlives them; `revision`
counts the entries of one thing.
"""

TABLES = """
CREATE TABLE audit_logs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,
    organization_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
    team_id INTEGER, team_name TEXT, event_name TEXT NOT NULL, actor_id INTEGER NOT NULL,
    actor_name TEXT NOT NULL, actor_email TEXT NOT NULL, thing TEXT NOT NULL,
    target_id TEXT NOT NULL, revision INTEGER NOT NULL, triggered TEXT NOT NULL,
    created TEXT NOT NULL, details JSON_TEXT NOT NULL);
CREATE INDEX audit_logs_organization ON audit_logs (organization_id, triggered);
CREATE INDEX audit_logs_team ON audit_logs (team_id, triggered);
CREATE INDEX audit_logs_target ON audit_logs (organization_id, thing, target_id);
"""
