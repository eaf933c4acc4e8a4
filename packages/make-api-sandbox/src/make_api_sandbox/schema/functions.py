"""Custom functions of teams and their former code."""

TABLES = """
CREATE TABLE custom_functions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE, name TEXT NOT NULL,
    description TEXT NOT NULL, code TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
    created_by INTEGER NOT NULL, UNIQUE (team_id, name));
CREATE TABLE custom_function_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    function_id INTEGER NOT NULL REFERENCES custom_functions ON DELETE CASCADE,
    previous_code TEXT NOT NULL, updated TEXT NOT NULL, updated_by INTEGER NOT NULL);
"""
