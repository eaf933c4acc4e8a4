"""Unsaved work of the scenario editor; without a scenario it was never saved."""

TABLES = """
CREATE TABLE recoveries (
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    scenario_id INTEGER REFERENCES scenarios ON DELETE CASCADE, created TEXT NOT NULL,
    blueprint JSON_TEXT NOT NULL);
CREATE UNIQUE INDEX recoveries_one ON recoveries (team_id, user_id, ifnull(scenario_id, 0));
"""
