"""Scenarios, their versions, their executions, and what remains of deleted ones.

`seq` orders entries of the same millisecond. Usage is added up from `executions`; when a scenario
goes, `former_usage` keeps what its executions used and when, because Make does not give back what
was consumed. `hook_absences` knows since when a hook is in no scenario.
"""

TABLES = """
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
    seq INTEGER PRIMARY KEY, imt_id TEXT NOT NULL, id TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'run',
    scenario_id INTEGER NOT NULL REFERENCES scenarios ON DELETE CASCADE, team_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL, type TEXT NOT NULL, state TEXT, status INTEGER,
    timestamp TEXT NOT NULL, timestamp_ms INTEGER NOT NULL, duration INTEGER, operations INTEGER,
    centicredits INTEGER, transfer INTEGER, instant FLAG, is_check_run FLAG NOT NULL DEFAULT 0,
    author_id INTEGER, execution_name TEXT, replay_of TEXT, error JSON_TEXT, outputs JSON_TEXT,
    extra JSON_TEXT NOT NULL DEFAULT '{}');
CREATE UNIQUE INDEX executions_imt ON executions (imt_id);
CREATE INDEX executions_id ON executions (id);
CREATE INDEX executions_running ON executions (scenario_id) WHERE state = 'RUNNING';
CREATE INDEX executions_shown ON executions (scenario_id, timestamp_ms) WHERE is_check_run = 0;
CREATE INDEX executions_scenario ON executions
    (scenario_id, timestamp_ms, operations, centicredits, transfer);
CREATE INDEX executions_team ON executions
    (team_id, timestamp_ms, operations, centicredits, transfer);
CREATE INDEX executions_organization ON executions
    (organization_id, timestamp_ms, operations, centicredits, transfer);
CREATE TABLE former_usage (
    organization_id INTEGER NOT NULL, team_id INTEGER NOT NULL, scenario_id INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL, operations INTEGER NOT NULL, centicredits INTEGER NOT NULL,
    transfer INTEGER NOT NULL, PRIMARY KEY (organization_id, team_id, scenario_id, timestamp_ms))
    WITHOUT ROWID;
CREATE TRIGGER scenario_usage_stays BEFORE DELETE ON scenarios BEGIN
    INSERT INTO former_usage
    SELECT organization_id, team_id, scenario_id, timestamp_ms,
        sum(operations), coalesce(sum(centicredits), 0), coalesce(sum(transfer), 0)
    FROM executions WHERE scenario_id = old.id AND operations IS NOT NULL
    GROUP BY organization_id, team_id, timestamp_ms;
END;
CREATE TRIGGER organization_usage_goes AFTER DELETE ON organizations BEGIN
    DELETE FROM former_usage WHERE organization_id = old.id;
END;
CREATE TABLE hook_absences (
    hook_id INTEGER PRIMARY KEY REFERENCES hooks ON DELETE CASCADE, since TEXT NOT NULL);
CREATE TRIGGER hook_is_left AFTER UPDATE OF hook_id ON scenarios
WHEN new.hook_id IS NOT old.hook_id BEGIN
    INSERT OR REPLACE INTO hook_absences
    SELECT id, new.last_edit FROM hooks WHERE id = old.hook_id;
END;
CREATE TABLE execution_modules (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, execution_id TEXT NOT NULL,
    scenario_id INTEGER NOT NULL REFERENCES scenarios ON DELETE CASCADE, module_id INTEGER NOT NULL,
    imt_id TEXT NOT NULL, timestamp TEXT NOT NULL, timestamp_ms INTEGER NOT NULL,
    status INTEGER NOT NULL, operations INTEGER NOT NULL DEFAULT 0,
    centicredits INTEGER NOT NULL DEFAULT 0, transfer INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0, bundles INTEGER NOT NULL DEFAULT 0, error JSON_TEXT,
    warning JSON_TEXT, input JSON_TEXT, output JSON_TEXT);
CREATE INDEX execution_modules_run ON execution_modules (execution_id);
CREATE INDEX execution_modules_imt ON execution_modules (imt_id);
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
    seq INTEGER PRIMARY KEY, imt_id TEXT NOT NULL UNIQUE, id TEXT NOT NULL,
    dlq_id TEXT NOT NULL, type TEXT NOT NULL,
    status INTEGER NOT NULL, timestamp TEXT NOT NULL, timestamp_ms INTEGER NOT NULL,
    duration INTEGER NOT NULL, operations INTEGER NOT NULL, centicredits INTEGER NOT NULL,
    transfer INTEGER NOT NULL, author_id INTEGER, instant FLAG NOT NULL DEFAULT 0);
CREATE INDEX dlq_logs_time ON dlq_logs (dlq_id, timestamp_ms);
"""
