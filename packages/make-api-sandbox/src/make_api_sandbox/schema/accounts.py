"""People, organizations, teams, roles and their variables."""

TABLES = """
CREATE TABLE settings (key TEXT PRIMARY KEY, value JSON_TEXT);
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE,
    language TEXT NOT NULL DEFAULT 'en', timezone_id INTEGER NOT NULL DEFAULT 113,
    locale_id INTEGER NOT NULL DEFAULT 18, country_id INTEGER NOT NULL DEFAULT 18,
    last_login TEXT, tfa_status INTEGER NOT NULL DEFAULT 0,
    features JSON_TEXT NOT NULL DEFAULT '{}',
    extra JSON_TEXT NOT NULL DEFAULT '{}');
CREATE TABLE tokens (
    token TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    label TEXT NOT NULL, scopes JSON_TEXT NOT NULL, auth_used TEXT NOT NULL DEFAULT 'token',
    created TEXT NOT NULL, expires TEXT);
CREATE TABLE organizations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
    zone TEXT NOT NULL DEFAULT 'eu1.make.com', timezone_id INTEGER NOT NULL DEFAULT 113,
    country_id INTEGER NOT NULL DEFAULT 18, license JSON_TEXT NOT NULL DEFAULT '{}',
    service_name TEXT NOT NULL DEFAULT 'Free', is_paused FLAG NOT NULL DEFAULT 0,
    created TEXT NOT NULL, last_reset TEXT NOT NULL, next_reset TEXT, external_id TEXT,
    tfa_enforced FLAG NOT NULL DEFAULT 0, extra JSON_TEXT NOT NULL DEFAULT '{}');
CREATE TABLE teams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE, name TEXT NOT NULL,
    operations_limit INTEGER, is_paused FLAG NOT NULL DEFAULT 0, is_private FLAG NOT NULL DEFAULT 0,
    global_agents_enabled FLAG NOT NULL DEFAULT 0, extra JSON_TEXT NOT NULL DEFAULT '{}');
CREATE TABLE roles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, identifier TEXT, name TEXT NOT NULL,
    category TEXT NOT NULL, subsidiary FLAG NOT NULL DEFAULT 0, management_type TEXT NOT NULL,
    description TEXT, organization_id INTEGER REFERENCES organizations ON DELETE CASCADE,
    permissions JSON_TEXT NOT NULL);
CREATE TABLE user_team_roles (
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    role_id INTEGER NOT NULL REFERENCES roles, changeable FLAG NOT NULL DEFAULT 1,
    PRIMARY KEY (user_id, team_id)) WITHOUT ROWID;
CREATE TABLE user_organization_roles (
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    organization_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
    role_id INTEGER NOT NULL REFERENCES roles, invitation TEXT,
    PRIMARY KEY (user_id, organization_id)) WITHOUT ROWID;
CREATE TABLE invitations (
    hash TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    organization_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
    role_id INTEGER NOT NULL, note TEXT, team_ids JSON_TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE variables (
    id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, owner_id INTEGER NOT NULL,
    name TEXT NOT NULL, type_id INTEGER NOT NULL, value JSON_TEXT,
    UNIQUE (owner, owner_id, name));
CREATE TABLE variable_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, owner_id INTEGER NOT NULL,
    name TEXT NOT NULL, action TEXT NOT NULL, changed TEXT NOT NULL, author TEXT NOT NULL,
    diff JSON_TEXT NOT NULL);
CREATE TRIGGER team_variables_go AFTER DELETE ON teams BEGIN
    DELETE FROM variables WHERE owner = 'team' AND owner_id = old.id;
END;
CREATE TRIGGER organization_variables_go AFTER DELETE ON organizations BEGIN
    DELETE FROM variables WHERE owner = 'organization' AND owner_id = old.id;
END;
"""
