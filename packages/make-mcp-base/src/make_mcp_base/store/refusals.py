"""What the store says when it refuses: one sentence for each fault, the same on every database."""

from __future__ import annotations

from make_mcp_base.store.port import StoreError

_CHOICES = "Set MAKE_MCP_STORE_URL to a file or a PostgreSQL database that you may write to."


def busy(location: str, waited: float) -> StoreError:
    """Another process held the store for longer than we wait (`waited`, seconds)."""
    return StoreError(
        f"The store {location} was locked by another process for {waited:g} s.",
        next_step="Try again; if it stays locked, end the process that holds it.",
        code="store_busy",
        retryable=True,
        wait_seconds=1,
    )


def full(location: str) -> StoreError:
    """No room is left; the write was rolled back."""
    return StoreError(
        f"The disk of the store {location} is full, so this was not written.",
        next_step="Free some space and try again; nothing that was confirmed is lost.",
        code="store_full",
        retryable=True,
    )


def foreign(location: str) -> StoreError:
    """The place belongs to something else; it was not touched."""
    return StoreError(
        f"{location} is not a make-mcp store, and was left untouched.",
        next_step=f"Choose another place. {_CHOICES}",
        code="store_foreign",
    )


def newer(location: str, found: int, known: int) -> StoreError:
    """A later version of the software has upgraded the tables."""
    return StoreError(
        f"The store {location} has schema version {found}, this program knows up to {known}.",
        next_step="Update make-mcp on this machine, or choose another store.",
        code="store_newer",
    )


def read_only(location: str) -> StoreError:
    """We may not write there."""
    return StoreError(
        f"The store {location} cannot be written.",
        why="The file, its directory or the database is read-only for this user.",
        next_step=f"Give this user write permission. {_CHOICES}",
        code="store_read_only",
    )


def unreachable(location: str, why: str, *, effect: str = "") -> StoreError:
    """The store cannot be opened, or went away."""
    return StoreError(
        f"The store {location} cannot be reached.",
        why=why,
        next_step=f"Check that it exists and answers. {_CHOICES}",
        code="store_unreachable",
        retryable=True,
        effect=effect,
    )


def damaged(location: str, why: str) -> StoreError:
    """The database itself says that its contents are broken."""
    return StoreError(
        f"The store {location} is damaged.",
        why=why,
        next_step="Keep a copy of it for examination, then put a backup in its place.",
        code="store_damaged",
    )


def conflict(location: str, why: str) -> StoreError:
    """Something that must be new exists already."""
    return StoreError(
        f"The store {location} has this already, so nothing was written.",
        why=why,
        next_step="Use a new id.",
        code="store_conflict",
    )


def failed(location: str, why: str) -> StoreError:
    """Anything else the database reports."""
    return StoreError(
        f"The store {location} failed, and this was not written.",
        why=why,
        next_step="Read the reason, and check the disk and the database of the store.",
    )
