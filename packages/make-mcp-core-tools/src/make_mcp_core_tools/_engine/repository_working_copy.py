"""The working copy of a repository: it follows each commit to the branch that is checked out.

What a person edited there and did not commit is never touched. New content is laid beside the files
before the branch moves, so that a full disk is met while nothing has happened yet.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from make_mcp_core_tools._engine import repository_faults as faults
from make_mcp_core_tools._engine.repository_objects import no_lock_left

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from dulwich.index import Index
    from dulwich.objects import ObjectID
    from dulwich.refs import Ref
    from dulwich.repo import Repo

_BESIDE = ".make-mcp-new"
_LOCK = "make-mcp.lock"
_PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.02


@contextmanager
def one_writer(repo: Repo) -> Generator[None]:
    """Let one process at a time write to a working copy; without one the branch alone decides.

    Raises:
        Failure: Another holds the lock for too long, or died holding it.
    """
    if repo.bare:
        yield
        return
    lock = Path(repo.controldir(), _LOCK)
    end = time.monotonic() + _PATIENCE_SECONDS
    while not _taken(lock):
        if time.monotonic() > end:
            raise faults.locked(str(lock))
        time.sleep(_LOOK_SECONDS)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _taken(lock: Path) -> bool:
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True


class WorkingCopy:
    """The files of a checked-out branch that a commit concerns; none when it is not checked out.

    Args:
        repo: The repository.
        branch: The branch that is to move.
        files: New content by name; None removes a file.
        kept: Content and id of the same files as the branch has them now.

    Raises:
        Failure: One of them was changed by hand, lies outside through a link, or the branch is
            checked out elsewhere.
    """

    def __init__(
        self,
        repo: Repo,
        branch: str,
        files: Mapping[str, bytes | None],
        kept: Mapping[str, tuple[bytes, ObjectID] | None],
    ) -> None:
        self._repo = repo
        self._root = Path(repo.path).resolve()
        self._files: dict[Path, bytes | None] = {}
        _refuse_linked(repo, branch)
        head = cast("Ref", f"refs/heads/{branch}".encode())
        if repo.bare or repo.refs.follow(cast("Ref", b"HEAD"))[0][-1] != head:
            return
        lock = Path(repo.index_path() + ".lock")
        if lock.exists():
            raise faults.locked(str(lock))
        index = repo.open_index()
        for name, text in files.items():
            self._refuse_edited(name, kept.get(name), index)
            self._files[self._root / name] = text

    def prepare(self) -> None:
        """Lay the new content beside the files.

        Raises:
            OSError: There is no room for it, or the folder may not be written.
        """
        for path, text in self._files.items():
            if text is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                _beside(path).write_bytes(text)

    def drop(self) -> None:
        """Take back what `prepare` laid out."""
        for path in self._files:
            _beside(path).unlink(missing_ok=True)

    def follow(self, commit: str) -> None:
        """Bring files and index to the new commit.

        Raises:
            Failure: They could not follow it.
        """
        from dulwich.file import FileLocked

        try:
            for path, text in self._files.items():
                if text is None:
                    path.unlink(missing_ok=True)
                else:
                    os.replace(_beside(path), path)
            if self._files:
                names = [str(path.relative_to(self._root)) for path in self._files]
                with no_lock_left(Path(self._repo.index_path())):
                    self._repo.get_worktree().stage(names)
        except (OSError, FileLocked) as error:
            raise faults.left_behind(commit, error) from error

    def _refuse_edited(self, name: str, kept: tuple[bytes, ObjectID] | None, index: Index) -> None:
        path = self._root / name
        there = path.read_bytes() if path.is_file() else None
        same = there is None if kept is None else there is not None and _alike(there, kept[0])
        inside = path.resolve().is_relative_to(self._root) and not path.is_symlink()
        staged = getattr(index[name.encode()], "sha", None) if name.encode() in index else None
        if not (same and inside and staged == (kept[1] if kept else None)):
            raise faults.working_copy_changed(name)


def _alike(there: bytes, kept: bytes) -> bool:
    """Compare content; git may write other line ends to a working copy."""
    return there.replace(b"\r\n", b"\n") == kept.replace(b"\r\n", b"\n")


def _beside(path: Path) -> Path:
    return path.with_name(path.name + _BESIDE)


def _refuse_linked(repo: Repo, branch: str) -> None:
    """Refuse a branch that a linked working copy (`git worktree add`) has checked out."""
    for head in Path(repo.commondir()).glob("worktrees/*/HEAD"):
        place = Path((head.parent / "gitdir").read_text(encoding="utf-8").strip())
        on = head.read_text(encoding="utf-8").strip()
        if on == f"ref: refs/heads/{branch}" and place.exists():
            raise faults.checked_out(branch, str(place.parent))
