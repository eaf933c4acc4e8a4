"""Custom apps: versions, components, their code and who has installed them.

Connections and webhooks belong to all versions of an app; their row hangs on the version that was
the newest one when they were made. Code is kept as it was sent, comments included.
"""

TABLES = """
CREATE TABLE sdk_apps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    author_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    name TEXT NOT NULL, version INTEGER NOT NULL, label TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '', theme TEXT NOT NULL, language TEXT NOT NULL,
    public FLAG NOT NULL DEFAULT 0, approved FLAG NOT NULL DEFAULT 0,
    opensource FLAG NOT NULL DEFAULT 0, is_global FLAG NOT NULL DEFAULT 1, countries JSON_TEXT,
    in_review FLAG NOT NULL DEFAULT 0, review_form JSON_TEXT NOT NULL DEFAULT '{}',
    created TEXT NOT NULL, invite_token TEXT UNIQUE, icon BLOB, UNIQUE (name, version));
CREATE TABLE sdk_components (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES sdk_apps ON DELETE CASCADE, kind TEXT NOT NULL,
    name TEXT NOT NULL, label TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
    extra JSON_TEXT NOT NULL DEFAULT '{}', UNIQUE (app_id, kind, name));
CREATE UNIQUE INDEX sdk_unversioned_names ON sdk_components (kind, name)
    WHERE kind IN ('connection', 'webhook');
CREATE TABLE sdk_sections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES sdk_apps ON DELETE CASCADE,
    component_id INTEGER REFERENCES sdk_components ON DELETE CASCADE,
    code TEXT NOT NULL, content TEXT NOT NULL);
CREATE UNIQUE INDEX sdk_sections_place ON sdk_sections (app_id, coalesce(component_id, 0), code);
CREATE TABLE sdk_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES sdk_apps ON DELETE CASCADE,
    component_id INTEGER REFERENCES sdk_components ON DELETE CASCADE,
    table_name TEXT NOT NULL, item TEXT NOT NULL, code TEXT NOT NULL,
    old_content TEXT NOT NULL, new_content TEXT NOT NULL);
CREATE UNIQUE INDEX sdk_changes_place ON sdk_changes (app_id, coalesce(component_id, 0), code);
CREATE TABLE sdk_app_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES sdk_apps ON DELETE CASCADE, message TEXT NOT NULL,
    extra JSON_TEXT NOT NULL DEFAULT '{}', author_id INTEGER NOT NULL, created TEXT NOT NULL);
CREATE TABLE sdk_app_installs (
    app_id INTEGER NOT NULL REFERENCES sdk_apps ON DELETE CASCADE,
    organization_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
    user_id INTEGER NOT NULL, installed TEXT NOT NULL,
    PRIMARY KEY (app_id, organization_id)) WITHOUT ROWID;
"""
