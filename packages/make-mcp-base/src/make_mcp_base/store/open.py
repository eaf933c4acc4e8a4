"""Choosing the store: a file by default, PostgreSQL when the address says so."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from make_mcp_base.store.port import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from make_mcp_base.store.port import Store

STORE_FILE = "store.sqlite3"
_POSTGRES = ("postgresql", "postgres", "postgresql+asyncpg")


async def open_store(
    url_or_path: str | None, *, data_dir: Path, clock: Callable[[], float] = time.time
) -> Store:
    """Open the store that the settings name; its driver is imported now, not before.

    Args:
        url_or_path: `postgresql://…`, `sqlite:///absolute/path`, a path, `:memory:`, or None for
            `store.sqlite3` in the data directory.
        data_dir: The user's data directory; made when missing.
        clock: Seconds since the epoch, for what expires.

    Raises:
        StoreError: The place cannot be used; the last sentence says what to do.
    """
    where = url_or_path or str(data_dir / STORE_FILE)
    scheme = where.partition("://")[0] if "://" in where else ""
    if scheme in _POSTGRES:
        return await _open_postgres(where, clock)
    if scheme not in ("", "sqlite"):
        raise StoreError(
            f"The store cannot be a {scheme} database.",
            next_step="Set MAKE_MCP_STORE_URL to a file or to postgresql://…, or leave it empty.",
            code="store_unreachable",
        )
    from make_mcp_base.store.sqlite import open_sqlite

    return await open_sqlite(_file(where), clock=clock)


async def _open_postgres(url: str, clock: Callable[[], float]) -> Store:
    try:
        from make_mcp_base.store.postgres import open_postgres
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise StoreError(
            "A PostgreSQL store needs asyncpg, which is not installed.",
            next_step="Run: pip install 'make-mcp-base[postgres]'",
            code="store_extra_missing",
        ) from error
    return await open_postgres(url, clock=clock)


def _file(where: str) -> Path | None:
    """Return the path of a file; `sqlite:///x` is `/x`, as RFC 8089 has it for `file:`."""
    path = unquote(urlsplit(where).path) if where.startswith("sqlite://") else where
    if path in (":memory:", "", "/:memory:"):
        return None
    return Path(path).expanduser()
