"""Certificates of single sign-on; whether one is active follows from its deactivation."""

TABLES = """
CREATE TABLE sso_certificates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
    type TEXT NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT NOT NULL,
    certificate TEXT NOT NULL, deactivation_date TEXT);
CREATE INDEX sso_certificates_organization ON sso_certificates (organization_id);
"""
