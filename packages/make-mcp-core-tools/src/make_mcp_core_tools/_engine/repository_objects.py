"""References and files of a git repository, read so that damage is told from absence."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from make_mcp_core_tools._engine import repository_faults as faults

if TYPE_CHECKING:
    from collections.abc import Generator

    from dulwich.objects import Commit as GitCommit
    from dulwich.objects import ObjectID, ShaFile
    from dulwich.refs import Ref
    from dulwich.repo import Repo

_SOUND = re.compile(rb"([0-9a-f]{40}|ref: \S+)\s*")


class Objects:
    """The objects of a repository; one that cannot be written leaves no lock behind.

    Args:
        repo: The repository.
    """

    def __init__(self, repo: Repo) -> None:
        self._store = repo.object_store

    def __getitem__(self, ident: ObjectID) -> ShaFile:
        return self._store[ident]

    def add_object(self, one: ShaFile) -> None:
        """Write an object unless it is there."""
        ident = one.id.decode()
        with no_lock_left(Path(self._store.path, ident[:2], ident[2:])):
            self._store.add_object(one)


@contextmanager
def no_lock_left(file: Path) -> Generator[None]:
    """Remove the lock of a file that could not be written: on a full disk dulwich leaves it."""
    lock = file.with_name(file.name + ".lock")
    ours = not lock.exists()
    try:
        yield
    except OSError:
        if ours:
            lock.unlink(missing_ok=True)
        raise


def branch_ref(name: str) -> Ref:
    """Give the full name of a branch."""
    return cast("Ref", f"refs/heads/{name}".encode())


def head_of(repo: Repo, branch: str) -> ObjectID | None:
    """Give the commit a branch is on; None when there is no such branch.

    Raises:
        Failure: The reference is damaged.
    """
    from dulwich.objects import Commit as GitCommit
    from dulwich.refs import check_ref_format

    name = branch_ref(branch)
    if not check_ref_format(name):
        return None
    loose = Path(repo.commondir(), "refs", "heads", branch)
    try:
        if loose.is_file() and not _SOUND.fullmatch(loose.read_bytes()):
            raise ValueError(f"{loose} holds no commit id")
        if name not in repo.refs:
            return None
        found = repo.refs[name]
        if not isinstance(repo[found], GitCommit):
            raise ValueError(f"{found.decode()} is no commit")
    except faults.read_errors() as error:
        raise faults.damaged(Path(repo.path), error, f"the branch {branch}") from error
    return found


def entry_of(repo: Repo, commit: ObjectID, name: str) -> tuple[bytes, ObjectID] | None:
    """Read a file at a commit.

    Returns:
        Its content and id; None when there is no such file.

    Raises:
        LookupError: The commit or a folder on the way is missing from the repository.
    """
    from dulwich.objects import Blob, Tree

    found = repo.object_store[cast("GitCommit", repo[commit]).tree]
    for step in name.encode().split(b"/"):
        if not isinstance(found, Tree) or step not in found:
            return None
        mode, ident = found[step]
        if mode == 0o160000:
            return None
        found = repo.object_store[ident]
    return (found.data, found.id) if isinstance(found, Blob) else None


def names_in(repo: Repo, commit: ObjectID, folder: str) -> list[str]:
    """List what lies in a folder at a commit, with the folder's name before it."""
    from dulwich.objects import Tree

    found = repo.object_store[cast("GitCommit", repo[commit]).tree]
    if not isinstance(found, Tree) or folder.encode() not in found:
        return []
    inner = repo.object_store[found[folder.encode()][1]]
    if not isinstance(inner, Tree):
        return []
    return [f"{folder}/{entry.path.decode(errors='replace')}" for entry in inner.items()]
