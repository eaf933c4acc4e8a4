"""The tables of the store, as numbered steps.

A store at version n has had the first n steps. Steps are only ever added; one that was released is
never changed. An adapter applies all missing steps in one transaction and refuses a store with more
steps than it knows.
"""

from __future__ import annotations

from typing import TypeAlias

Steps: TypeAlias = tuple[tuple[str, ...], ...]

# "MMCP": what `PRAGMA application_id` of our SQLite files says.
APPLICATION_ID = 0x4D4D4350

# FTS5 gets words that are cut already, so its `ascii` tokenizer (which keeps every character
# outside ASCII) and `detail=none` (no positions) are exact and small.
SQLITE: Steps = (
    (
        """
        CREATE TABLE journal (
            seq INTEGER PRIMARY KEY, operation_id TEXT NOT NULL, kind TEXT NOT NULL,
            account TEXT NOT NULL, tool TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL,
            previous_hash TEXT NOT NULL, hash TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX journal_operation ON journal (operation_id, seq)",
        "CREATE UNIQUE INDEX journal_opened ON journal (operation_id) WHERE kind = 'opened'",
        "CREATE INDEX journal_newest ON journal (seq) WHERE kind = 'opened'",
        """
        CREATE TRIGGER journal_keeps_rows BEFORE DELETE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
        """,
        """
        CREATE TRIGGER journal_keeps_values BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
        """,
        """
        CREATE TABLE plan (
            plan_id TEXT PRIMARY KEY, tool TEXT NOT NULL, account TEXT NOT NULL,
            arguments_digest TEXT NOT NULL, fingerprint TEXT NOT NULL, body TEXT NOT NULL,
            created REAL NOT NULL, expires REAL NOT NULL, used_at REAL
        ) STRICT
        """,
        "CREATE INDEX plan_expires ON plan (expires)",
        """
        CREATE TABLE cache (
            key TEXT PRIMARY KEY, value BLOB NOT NULL, expires REAL NOT NULL
        ) STRICT
        """,
        "CREATE INDEX cache_expires ON cache (expires)",
        "CREATE TABLE budget_use (key TEXT NOT NULL, at REAL NOT NULL) STRICT",
        "CREATE INDEX budget_use_newest ON budget_use (key, at)",
        "CREATE TABLE budget_block (key TEXT PRIMARY KEY, until REAL NOT NULL) STRICT",
        "CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
        """
        CREATE TABLE index_entry (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL,
            version TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (kind, scope, key)
        ) STRICT
        """,
        """
        CREATE VIRTUAL TABLE index_words
        USING fts5 (found, tokenize = 'ascii', detail = none, columnsize = 0)
        """,
        """
        CREATE TRIGGER index_entry_dropped AFTER DELETE ON index_entry
        BEGIN DELETE FROM index_words WHERE rowid = OLD.id; END
        """,
        """
        CREATE TABLE lease (
            name TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL
        ) STRICT
        """,
    ),
)

# Keys are compared byte by byte (COLLATE "C"), as SQLite does, whatever the database's language.
POSTGRES: Steps = (
    (
        """
        CREATE TABLE journal (
            seq bigint PRIMARY KEY, operation_id text NOT NULL, kind text NOT NULL,
            account text NOT NULL, tool text NOT NULL, at double precision NOT NULL,
            body text NOT NULL, previous_hash text NOT NULL, hash text NOT NULL
        )
        """,
        "CREATE INDEX journal_operation ON journal (operation_id, seq)",
        "CREATE UNIQUE INDEX journal_opened ON journal (operation_id) WHERE kind = 'opened'",
        "CREATE INDEX journal_newest ON journal (seq) WHERE kind = 'opened'",
        """
        CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$
        """,
        """
        CREATE TRIGGER journal_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
        FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()
        """,
        """
        CREATE TABLE plan (
            plan_id text PRIMARY KEY, tool text NOT NULL, account text NOT NULL,
            arguments_digest text NOT NULL, fingerprint text NOT NULL, body text NOT NULL,
            created double precision NOT NULL, expires double precision NOT NULL,
            used_at double precision
        )
        """,
        "CREATE INDEX plan_expires ON plan (expires)",
        """
        CREATE TABLE cache (
            key text COLLATE "C" PRIMARY KEY, value bytea NOT NULL,
            expires double precision NOT NULL
        )
        """,
        "CREATE INDEX cache_expires ON cache (expires)",
        "CREATE TABLE budget_use (key text NOT NULL, at double precision NOT NULL)",
        "CREATE INDEX budget_use_newest ON budget_use (key, at)",
        "CREATE TABLE budget_block (key text PRIMARY KEY, until double precision NOT NULL)",
        "CREATE TABLE secret (name text PRIMARY KEY, value bytea NOT NULL)",
        """
        CREATE TABLE index_entry (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL,
            scope text NOT NULL, key text COLLATE "C" NOT NULL, version text NOT NULL,
            body bytea NOT NULL, found text[] NOT NULL DEFAULT '{}', UNIQUE (kind, scope, key)
        )
        """,
        "CREATE INDEX index_entry_found ON index_entry USING gin (found)",
        """
        CREATE TABLE lease (
            name text PRIMARY KEY, owner text NOT NULL, until double precision NOT NULL
        )
        """,
    ),
)
