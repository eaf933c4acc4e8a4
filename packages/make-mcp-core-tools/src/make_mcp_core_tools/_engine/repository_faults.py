"""What can be wrong with a repository of blueprints, told with the way out of it."""

from __future__ import annotations

import errno
import zlib
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Failure

if TYPE_CHECKING:
    from pathlib import Path

_CROWDED = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def read_errors() -> tuple[type[Exception], ...]:
    """Give what dulwich raises over damaged objects and references, built-in errors included."""
    from dulwich import errors, refs

    return (
        AssertionError,
        EOFError,
        LookupError,
        ValueError,
        zlib.error,
        errors.ApplyDeltaError,
        errors.ChecksumMismatch,
        errors.FileFormatException,
        errors.ObjectMissing,
        errors.WrongObjectException,
        refs.SymrefLoop,
    )


def unusable(path: Path, error: OSError) -> Failure:
    """Tell that files of a repository cannot be read or written.

    Args:
        path: The repository.
        error: What the system said.
    """
    if error.errno in _CROWDED:
        what, then = "The disk is full", "Make room on that disk, then call again."
    elif error.errno in _CLOSED:
        what, then = "It may not be written", "Give this user the right to write, then call again."
    else:
        what, then = "", "See that the folder exists and may be written, then call again."
    return Failure(
        f"The repository {path} cannot be used; no branch was moved.",
        why=f"{what}: {error}" if what else str(error),
        next_step=then,
        code="repository_unusable",
    )


def damaged(path: Path, error: Exception, where: str = "") -> Failure:
    """Tell that a repository holds something that cannot be read.

    Args:
        path: The repository.
        error: What dulwich said.
        where: The reference concerned, when it is known.
    """
    said = f"{type(error).__name__}: {error}"[:200]
    return Failure(
        f"The repository {path} is damaged{f' at {where}' if where else ''}; nothing was written.",
        why=said,
        next_step="`git fsck --full` in that folder names what is broken. Bring it back from"
        " another clone (`git fetch`), or put the branch on the last good commit with"
        " `git update-ref`; then call again.",
        code="repository_damaged",
    )


def unsupported(path: Path, error: Exception) -> Failure:
    """Tell that a repository has a form that is not read here, such as SHA-256 object names."""
    return Failure(
        f"The repository {path} has a form that is not supported.",
        why=str(error),
        next_step="Name a repository made by `git init` without extensions, or a folder that does"
        " not exist yet.",
        code="repository_unusable",
    )


def locked(lock_file: str | bytes) -> Failure:
    """Tell that somebody writes to the repository, or once died doing so."""
    name = lock_file.decode(errors="replace") if isinstance(lock_file, bytes) else lock_file
    return Failure(
        "Somebody else writes to the repository; no branch was moved.",
        why=f"There is a lock: {name}",
        next_step="Call again. If no git is running there, a process died: remove that file.",
        code="repository_busy",
        retryable=True,
    )


def branch_taken(branch: str, other: str) -> Failure:
    """Tell that git cannot keep a branch below another."""
    return Failure(
        f"There can be no branch “{branch}” beside “{other}”.",
        why="Git keeps branches like files in folders.",
        next_step="Call again with another `branch`.",
        code="branch_taken",
    )


def checked_out(branch: str, folder: str) -> Failure:
    """Tell that a linked working copy shows the branch and would not follow a commit."""
    return Failure(
        f"The branch “{branch}” is checked out in another working copy, {folder}.",
        why="That copy would not follow the commit, and its next commit would take it back.",
        next_step="Switch that copy to another branch (`git switch`), or name another `branch`;"
        " then call again.",
        code="branch_checked_out",
    )


def working_copy_changed(name: str) -> Failure:
    """Tell that a file of the checked-out branch was edited and not committed."""
    return Failure(
        f"{name} was changed in the working copy and not committed; nothing was written.",
        next_step="Commit or undo that change with git, then call again.",
        code="working_copy_changed",
    )


def left_behind(commit: str, error: Exception) -> Failure:
    """Tell that a commit was made which the working copy could not follow."""
    return Failure(
        f"The commit {commit[:12]} was made, but the working copy could not follow it.",
        why=str(error),
        next_step="Nothing is lost: `git status` in the repository shows the files; bring them up"
        " to date with `git restore --staged --worktree` and their names.",
        code="working_copy_behind",
    )
