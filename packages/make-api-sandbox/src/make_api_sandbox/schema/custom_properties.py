"""Custom properties: what an organization keeps about its scenarios, and the values."""

TABLES = """
CREATE TABLE custom_property_structures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
    associated_type TEXT NOT NULL, created TEXT NOT NULL,
    UNIQUE (organization_id, associated_type));
CREATE TABLE custom_property_items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    structure_id INTEGER NOT NULL REFERENCES custom_property_structures ON DELETE CASCADE,
    name TEXT NOT NULL, label TEXT NOT NULL, description TEXT NOT NULL, type TEXT NOT NULL,
    options JSON_TEXT, required FLAG NOT NULL, UNIQUE (structure_id, name));
CREATE TABLE custom_property_values (
    scenario_id INTEGER NOT NULL REFERENCES scenarios ON DELETE CASCADE,
    item_id INTEGER NOT NULL REFERENCES custom_property_items ON DELETE CASCADE,
    value JSON_TEXT, PRIMARY KEY (scenario_id, item_id)) WITHOUT ROWID;
CREATE INDEX custom_property_values_item ON custom_property_values (item_id);
"""
