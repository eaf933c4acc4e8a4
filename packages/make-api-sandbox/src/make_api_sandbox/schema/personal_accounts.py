"""What belongs to a person alone: secrets, clients they let in, their place as a partner.

A person without a row in `passwords` has the first password (module `passwords`).
"""

TABLES = """
CREATE TABLE passwords (
    user_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    salt TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE password_resets (
    hash TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    created TEXT NOT NULL);
CREATE TABLE oauth_connections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    client_name TEXT NOT NULL, last_used TEXT NOT NULL, scopes JSON_TEXT NOT NULL);
CREATE TABLE affiliate_partners (
    user_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    partner_code TEXT NOT NULL UNIQUE, paypal_me_link TEXT NOT NULL, registered TEXT NOT NULL);
"""
