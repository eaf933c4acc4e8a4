"""What people are told, and what they want to be told.

Only choices that differ from the defaults have a row. An email preference of team 0 is one of the
person alone.
"""

TABLES = """
CREATE TABLE notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    organization_id INTEGER NOT NULL REFERENCES organizations ON DELETE CASCADE,
    type INTEGER NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, created TEXT NOT NULL,
    read TEXT);
CREATE INDEX notifications_user ON notifications (user_id, id);
CREATE TABLE user_team_notifications (
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    notification_id INTEGER NOT NULL, enabled FLAG NOT NULL,
    PRIMARY KEY (user_id, team_id, notification_id)) WITHOUT ROWID;
CREATE TABLE email_preferences (
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    team_id INTEGER NOT NULL, preference TEXT NOT NULL, enabled FLAG NOT NULL,
    PRIMARY KEY (user_id, team_id, preference)) WITHOUT ROWID;
"""
