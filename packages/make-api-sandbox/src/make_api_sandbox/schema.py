"""The tables of a world.

Columns hold what is filtered, sorted or joined; `extra` holds the remaining members as JSON. Two
declared types are decoded on reading: `JSON_TEXT` (any JSON) and `FLAG` (`bool`). Names follow
Make's members in snake_case. Times are ISO 8601 UTC with milliseconds, as the API shows them;
columns ending in `_ms` are epoch milliseconds.

Derived facts have no column: records and bytes of a data store, the scenario of a hook
(`scenarios.hook_id`), scenarios of a folder, usage and consumption (from `executions`).
"""

SCHEMA_VERSION = 1
"""Raised whenever a table changes; a world of another version is refused, never guessed at."""

ACCOUNTS = """
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

ASSETS = """
CREATE TABLE folders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL);
CREATE TABLE connections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, type TEXT NOT NULL, label TEXT NOT NULL, package_name TEXT, expire TEXT,
    account_type TEXT NOT NULL, theme TEXT NOT NULL, editable FLAG NOT NULL, upgradeable FLAG NOT
    NULL DEFAULT 0, uid TEXT, author_id INTEGER, connected_system_id TEXT,
    state TEXT NOT NULL DEFAULT 'valid', metadata JSON_TEXT, scopes JSON_TEXT NOT NULL DEFAULT '[]',
    data JSON_TEXT NOT NULL DEFAULT '{}');
CREATE TABLE keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, type_name TEXT NOT NULL, package_name TEXT, theme TEXT NOT NULL,
    parameters JSON_TEXT NOT NULL);
CREATE TABLE data_structures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, strict FLAG NOT NULL DEFAULT 0, spec JSON_TEXT NOT NULL);
CREATE TABLE data_stores (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, data_structure_id INTEGER REFERENCES data_structures ON DELETE SET NULL,
    max_size INTEGER NOT NULL);
CREATE TABLE data_store_records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    data_store_id INTEGER NOT NULL REFERENCES data_stores ON DELETE CASCADE, key TEXT NOT NULL,
    data JSON_TEXT NOT NULL, size INTEGER NOT NULL, UNIQUE (data_store_id, key));
CREATE INDEX data_store_sizes ON data_store_records (data_store_id, size);
CREATE TABLE hooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, udid TEXT NOT NULL UNIQUE, type TEXT NOT NULL, type_name TEXT NOT NULL,
    package_name TEXT, theme TEXT NOT NULL, editable FLAG NOT NULL, enabled FLAG NOT NULL DEFAULT 1,
    gone FLAG NOT NULL DEFAULT 0, learning FLAG NOT NULL DEFAULT 1, created TEXT NOT NULL,
    data JSON_TEXT NOT NULL DEFAULT '{}', data_structure JSON_TEXT,
    flags JSON_TEXT NOT NULL DEFAULT '{}');
CREATE TABLE hook_incomings (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    hook_id INTEGER NOT NULL REFERENCES hooks ON DELETE CASCADE, created TEXT NOT NULL,
    size INTEGER NOT NULL, processing FLAG NOT NULL DEFAULT 0, data JSON_TEXT NOT NULL);
CREATE INDEX hook_incomings_queue ON hook_incomings (hook_id, seq);
CREATE TABLE hook_logs (
    id TEXT PRIMARY KEY, imt_id TEXT NOT NULL, hook_id INTEGER NOT NULL REFERENCES hooks
    ON DELETE CASCADE, logged_ms INTEGER NOT NULL, status_id INTEGER NOT NULL, parser TEXT NOT NULL,
    replayable FLAG NOT NULL DEFAULT 1, size_before INTEGER NOT NULL, size_after INTEGER NOT NULL,
    data JSON_TEXT);
CREATE INDEX hook_logs_time ON hook_logs (hook_id, logged_ms);
"""

SCENARIOS = """
CREATE TABLE scenarios (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    folder_id INTEGER REFERENCES folders ON DELETE SET NULL,
    hook_id INTEGER REFERENCES hooks ON DELETE SET NULL, name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '', type TEXT NOT NULL DEFAULT 'scenario',
    concept FLAG NOT NULL DEFAULT 0, is_active FLAG NOT NULL DEFAULT 0,
    is_invalid FLAG NOT NULL DEFAULT 0, is_locked FLAG NOT NULL DEFAULT 0,
    is_paused FLAG NOT NULL DEFAULT 0, is_waiting FLAG NOT NULL DEFAULT 0,
    scheduling JSON_TEXT NOT NULL, blueprint JSON_TEXT NOT NULL, interface JSON_TEXT,
    used_packages JSON_TEXT NOT NULL DEFAULT '[]', created TEXT NOT NULL, last_edit TEXT NOT NULL,
    created_by INTEGER, updated_by INTEGER, next_exec TEXT, next_exec_ms INTEGER,
    version INTEGER NOT NULL DEFAULT 1, module_sequence INTEGER NOT NULL DEFAULT 1,
    consecutive_errors INTEGER NOT NULL DEFAULT 0, module_data JSON_TEXT NOT NULL DEFAULT '{}',
    extra JSON_TEXT NOT NULL DEFAULT '{}');
CREATE INDEX scenarios_team ON scenarios (team_id, id);
CREATE INDEX scenarios_hook ON scenarios (hook_id);
CREATE INDEX scenarios_due ON scenarios (is_active, next_exec_ms);
CREATE TABLE scenario_versions (
    scenario_id INTEGER NOT NULL REFERENCES scenarios ON DELETE CASCADE, version INTEGER NOT NULL,
    created TEXT NOT NULL, draft FLAG NOT NULL DEFAULT 0, author_id INTEGER,
    blueprint JSON_TEXT NOT NULL, PRIMARY KEY (scenario_id, version));
CREATE TABLE executions (
    imt_id TEXT PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL DEFAULT 'run',
    scenario_id INTEGER NOT NULL REFERENCES scenarios ON DELETE CASCADE, team_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL, type TEXT NOT NULL, state TEXT, status INTEGER,
    timestamp TEXT NOT NULL, timestamp_ms INTEGER NOT NULL, duration INTEGER, operations INTEGER,
    centicredits INTEGER, transfer INTEGER, instant FLAG, is_check_run FLAG NOT NULL DEFAULT 0,
    author_id INTEGER, execution_name TEXT, replay_of TEXT, error JSON_TEXT, outputs JSON_TEXT,
    extra JSON_TEXT NOT NULL DEFAULT '{}') WITHOUT ROWID;
CREATE INDEX executions_id ON executions (id);
CREATE INDEX executions_running ON executions (scenario_id) WHERE state = 'RUNNING';
CREATE INDEX executions_scenario ON executions
    (scenario_id, timestamp_ms, operations, centicredits, transfer);
CREATE INDEX executions_team ON executions
    (team_id, timestamp_ms, operations, centicredits, transfer);
CREATE INDEX executions_organization ON executions
    (organization_id, timestamp_ms, operations, centicredits, transfer);
CREATE TABLE execution_modules (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, execution_id TEXT NOT NULL,
    scenario_id INTEGER NOT NULL REFERENCES scenarios ON DELETE CASCADE, module_id INTEGER NOT NULL,
    imt_id TEXT NOT NULL, timestamp TEXT NOT NULL, timestamp_ms INTEGER NOT NULL,
    status INTEGER NOT NULL, operations INTEGER NOT NULL DEFAULT 0,
    centicredits INTEGER NOT NULL DEFAULT 0, transfer INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0, bundles INTEGER NOT NULL DEFAULT 0, error JSON_TEXT,
    warning JSON_TEXT, input JSON_TEXT, output JSON_TEXT);
CREATE INDEX execution_modules_run ON execution_modules (execution_id);
CREATE INDEX execution_modules_module ON execution_modules (scenario_id, module_id, timestamp_ms);
CREATE TABLE dlqs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    scenario_id INTEGER NOT NULL REFERENCES scenarios ON DELETE CASCADE,
    execution_id TEXT NOT NULL, created TEXT NOT NULL, reason TEXT NOT NULL, size INTEGER NOT NULL,
    resolved FLAG NOT NULL DEFAULT 0, deleted FLAG NOT NULL DEFAULT 0,
    retry FLAG NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, next_retry_ms INTEGER, failer INTEGER NOT NULL,
    blueprint JSON_TEXT NOT NULL, bundles JSON_TEXT NOT NULL,
    extra JSON_TEXT NOT NULL DEFAULT '{}');
CREATE INDEX dlqs_scenario ON dlqs (scenario_id, seq);
CREATE TABLE dlq_logs (
    imt_id TEXT PRIMARY KEY, id TEXT NOT NULL, dlq_id TEXT NOT NULL, type TEXT NOT NULL,
    status INTEGER NOT NULL, timestamp TEXT NOT NULL, timestamp_ms INTEGER NOT NULL,
    duration INTEGER NOT NULL, operations INTEGER NOT NULL, centicredits INTEGER NOT NULL,
    transfer INTEGER NOT NULL, author_id INTEGER, instant FLAG NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX dlq_logs_time ON dlq_logs (dlq_id, timestamp_ms);
"""

OBSERVATION = """
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
    seen INTEGER NOT NULL DEFAULT 0, fired INTEGER NOT NULL DEFAULT 0);
"""

TABLES = ACCOUNTS + ASSETS + SCENARIOS + OBSERVATION
