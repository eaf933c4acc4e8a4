"""Switches of unfinished features that an organization has set."""

TABLES = """
CREATE TABLE feature_controls (
    organization_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
    feature_id INTEGER NOT NULL, enabled FLAG NOT NULL,
    PRIMARY KEY (organization_id, feature_id)) WITHOUT ROWID;
"""
