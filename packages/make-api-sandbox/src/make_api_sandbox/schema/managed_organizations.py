"""Which organization manages which; what is allocated stands in the child's licence."""

TABLES = """
CREATE TABLE managed_organizations (
    child_id INTEGER PRIMARY KEY REFERENCES organizations ON DELETE CASCADE,
    parent_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE);
CREATE INDEX managed_organizations_parent ON managed_organizations (parent_id);
"""
