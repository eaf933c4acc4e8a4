"""A world: one company's Make, in one SQLite file or in memory.

Several processes may open the same file (write-ahead log, busy timeout, `BEGIN IMMEDIATE` around
writes). Statements run at once in the calling thread; a write must never be held over an `await`,
because other requests share the connection.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Self

from make_api_sandbox.clock import Clock
from make_api_sandbox.schema import SCHEMA_VERSION, tables
from make_api_sandbox.shapes import Row

BUSY_TIMEOUT_MS = 10_000
LOADING_CACHE_KIB = 65_536
"""Memory for pages while a table is filled, so that sorting for its indexes spills less."""
TABLE_NAMES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid"


class WorldError(Exception):
    """The world cannot be opened; the message is one line for a person."""


def _flag(raw: bytes) -> bool:
    return raw == b"1"


_decode = json.JSONDecoder().decode


def _from_json(raw: bytes) -> Any:
    return _decode(raw.decode("utf-8", "surrogatepass"))


sqlite3.register_converter("JSON_TEXT", _from_json)
sqlite3.register_converter("FLAG", _flag)


def _by_name(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> Row:
    return {column[0]: value for column, value in zip(cursor.description, values, strict=True)}


_JSON_COLUMNS = frozenset(re.findall(r"(\w+) JSON_TEXT", tables()))
"""No table uses one of these names for anything but JSON."""


_as_json = json.JSONEncoder(ensure_ascii=False).encode


def _encode(column: str, value: Any) -> Any:
    if column in _JSON_COLUMNS:
        return None if value is None else _as_json(value)
    return int(value) if isinstance(value, bool) else value


def _encoded(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    """The values of rows as they are stored, one row at a time."""
    json_at = [at for at, name in enumerate(names) if name in _JSON_COLUMNS]
    for row in rows:
        values = [row[name] for name in names]
        for at in json_at:
            value = values[at]
            if value is not None:
                values[at] = "{}" if value == {} else _as_json(value)
        yield values


class World:
    """The state behind one sandbox; open it with `World.open`."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self._db = connection
        self._depth = 0
        self.path = path
        """The file, or None for a world in memory."""
        self.clock = Clock(self)

    @classmethod
    def open(cls, location: str | Path) -> "World":
        """Open the world at `location`, creating its tables when it is new.

        Args:
            location: A file path, or `":memory:"`.

        Raises:
            WorldError: The file cannot be written, is no world, or is of another schema version.
        """
        path = None if str(location) == ":memory:" else Path(location).expanduser().absolute()
        try:
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
            world = cls(_connect(path), path)
            try:
                world._prepare()
            except BaseException:
                world.close()
                raise
        except (OSError, sqlite3.DatabaseError) as error:
            raise WorldError(f"cannot open the world at {location}: {error}") from error
        return world

    def close(self) -> None:
        """Close the file; the world is unusable afterwards."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        with self.write():
            version = self.value("PRAGMA user_version")
            if version == 0:
                self._create()
            elif version != SCHEMA_VERSION:
                age = "newer" if version > SCHEMA_VERSION else "older"
                raise WorldError(
                    f"the world at {self.path} has a {age} schema ({version}, this release knows "
                    f"{SCHEMA_VERSION}); choose another file"
                )

    def _create(self) -> None:
        for statement in _statements(tables()):
            self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self.set_setting("seed", 1)

    # Transactions

    @contextmanager
    def write(self) -> Generator[None]:
        """Do all that follows or nothing; nests. Never `await` inside."""
        if self._depth == 0:
            self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._leave("ROLLBACK")
            raise
        self._leave("COMMIT")

    def _leave(self, verdict: str) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._db.execute(verdict)

    # Statements

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows of a query, decoded."""
        return self._db.execute(sql, values).fetchall()

    def rows_by_name(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        """All rows of a query with `:named` values."""
        return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row of a query, or None."""
        return self._db.execute(sql, values).fetchone()

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.row(sql, *values)
        return next(iter(row.values())) if row else None

    def get(self, table: str, id: int | str) -> Row | None:
        """The row of `table` with this `id`."""
        return self.row(f"SELECT * FROM {table} WHERE id = ?", id)

    def execute(self, sql: str, *values: Any) -> int:
        """Run one statement and return how many rows it touched. JSON values: encode yourself."""
        with self.write():
            return self._db.execute(sql, values).rowcount

    def insert(self, table: str, **columns: Any) -> int:
        """Add a row and return its id (for tables without one: a number of no meaning)."""
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        encoded = [_encode(name, value) for name, value in columns.items()]
        with self.write():
            done = self._db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", encoded)
        return int(done.lastrowid or 0)

    def insert_many(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add many rows of the same columns in one transaction.

        Args:
            table: Where.
            rows: May be a generator, which is then read row by row; it must not touch the world.
        """
        remaining = iter(rows)
        first = next(remaining, None)
        if first is None:
            return
        names = list(first)
        self.insert_rows(table, names, _encoded(names, chain((first,), remaining)))

    def insert_rows(self, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Add many rows in one transaction.

        Args:
            table: Where.
            names: Columns.
            rows: Their values as they are stored, JSON as text; as in `insert_many`.
        """
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        with self.write():
            self._db.executemany(sql, rows)

    @contextmanager
    def loading(self, table: str) -> Generator[None]:
        """Fill an empty table fast: its indexes are made anew once all rows are in."""
        sql = "SELECT name, sql FROM sqlite_master WHERE tbl_name = ? AND type = 'index'"
        with self.write():
            indexes = [row for row in self.rows(sql, table) if row["sql"]]
            for index in indexes:
                self._db.execute(f"DROP INDEX {index['name']}")
            usual = self.value("PRAGMA cache_size")
            self._db.execute(f"PRAGMA cache_size = -{LOADING_CACHE_KIB}")
            yield
            for index in indexes:
                self._db.execute(index["sql"])
            self._db.execute(f"PRAGMA cache_size = {usual}")

    def update(self, table: str, id: int | str, **columns: Any) -> None:
        """Change columns of the row with this `id`."""
        if not columns:
            return
        names = ", ".join(f"{name} = ?" for name in columns)
        encoded = [_encode(name, value) for name, value in columns.items()]
        self.execute(f"UPDATE {table} SET {names} WHERE id = ?", *encoded, id)

    def delete(self, table: str, id: int | str) -> None:
        """Remove the row with this `id` and what belongs to it."""
        self.execute(f"DELETE FROM {table} WHERE id = ?", id)

    # Settings and names

    def setting(self, key: str) -> Any:
        """A stored setting, or None."""
        return self.value("SELECT value FROM settings WHERE key = ?", key)

    def set_setting(self, key: str, value: Any) -> None:
        """Store a setting; None removes it."""
        with self.write():
            self._db.execute("DELETE FROM settings WHERE key = ?", (key,))
            if value is not None:
                self.insert("settings", key=key, value=value)

    def fresh_hex(self, length: int = 32) -> str:
        """A new lower-case hexadecimal name, unique in this world; same history, same name."""
        return self._fresh_digest().hex()[:length]

    def fresh_udid(self) -> str:
        """A new hook or device name: 32 characters of `[a-z0-9]`."""
        number, letters = (
            int.from_bytes(self._fresh_digest()),
            "abcdefghijklmnopqrstuvwxyz0123456789",
        )
        return "".join(letters[number // 36**place % 36] for place in range(32))

    def fresh_uuid(self) -> str:
        """A new name of the form of a version 4 UUID."""
        return uuid_form(self._fresh_digest())

    def _fresh_digest(self) -> bytes:
        with self.write():
            count = (self.setting("names") or 0) + 1
            self.set_setting("names", count)
        return hashlib.sha256(f"{self.setting('seed')}/{count}".encode()).digest()

    # Starting over

    @property
    def is_empty(self) -> bool:
        """True until someone lives here."""
        return self.value("SELECT count(*) FROM users") == 0

    def reset(self, seed: int = 1) -> None:
        """Empty the world and start its numbering anew; the clock keeps its mode and time.

        Args:
            seed: Decides every generated name; the same seed and history give the same world.
        """
        clock = self.setting("clock")
        with self.write():
            self._db.execute("PRAGMA defer_foreign_keys = ON")
            # What was made last goes first, so that millions of rows do not cascade one by one.
            for table in reversed(self.rows(TABLE_NAMES)):
                self._db.execute(f"DELETE FROM {table['name']}")
            self.set_setting("seed", seed)
            self.set_setting("clock", clock)


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; a trigger's body stays in one piece."""
    statement = ""
    for line in script.splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _connect(path: Path | None) -> sqlite3.Connection:
    database = sqlite3.connect(
        path or ":memory:",
        isolation_level=None,
        detect_types=sqlite3.PARSE_DECLTYPES,
        check_same_thread=False,
    )
    database.row_factory = _by_name
    try:
        database.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        database.close()
        raise
    return database


def uuid_form(digest: bytes) -> str:
    """Shape at least 16 bytes as a version 4 UUID, the form of an API token."""
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"
