"""Commits to a repository of blueprints, as ordinary git would make them.

A branch moves only from the commit its change was made for: who comes second begins again on top of
the first, so two processes that write at once lose nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine import repository_faults as faults
from make_mcp_core_tools._engine.repository_objects import (
    Objects,
    branch_ref,
    entry_of,
    head_of,
    no_lock_left,
)
from make_mcp_core_tools._engine.repository_working_copy import WorkingCopy, one_writer

if TYPE_CHECKING:
    from dulwich.object_store import BaseObjectStore
    from dulwich.objects import Commit as GitCommit
    from dulwich.objects import ObjectID
    from dulwich.refs import Ref
    from dulwich.repo import Repo

Edit: TypeAlias = "Callable[[bytes | None], str]"
"""Gives the new content of a file for what the branch has at the moment of the commit."""
Files: TypeAlias = "Mapping[str, str | Edit | None]"
"""New content by name; None removes a file."""

_TRIES = 20
_NOTHING: Any = b"0" * 40
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit is by: a user of Make."""

    id: int
    name: str

    @property
    def identity(self) -> bytes:
        """The author line; the address carries the id and reaches nobody."""
        name = re.sub(r"[<>\s\x00-\x1f\x7f]+", " ", self.name).strip() or "unknown"
        return f"{name} <{self.id}@users.make.invalid>".encode(errors="replace")


@dataclass(frozen=True, slots=True)
class Writing:
    """One commit to be made.

    Attributes:
        files: What changes.
        message: What the commit says.
        branch: The branch, made when it is not there.
        start: Branch that a new one begins at.
        author: Who it is by.
        tag: Name of a tag to give the commit, or "".
    """

    files: Files
    message: str
    branch: str
    start: str
    author: Author
    tag: str = ""

    def commit(self, repo: Repo) -> str | None:
        """Write the commit; begin again when another process was faster.

        Returns:
            Its hash; None when nothing differs from the branch.

        Raises:
            Failure: The branch or its working copy stands against it.
        """
        _refuse_names(repo, self.branch, self.tag)
        with one_writer(repo):
            return self._commit(repo)

    def _commit(self, repo: Repo) -> str | None:
        for _ in range(_TRIES):
            old = head_of(repo, self.branch)
            parent = old or head_of(repo, self.start)
            kept = {name: entry_of(repo, parent, name) if parent else None for name in self.files}
            files = {name: _content(text, kept[name]) for name, text in self.files.items()}
            tree = _tree(repo, parent, files, kept)
            if parent and cast("GitCommit", repo[parent]).tree == tree:
                if old is None:
                    repo.refs.add_if_new(branch_ref(self.branch), parent)
                self._give_tag(repo, parent)
                return None
            made = self._made(repo, tree, parent)
            if self._move(repo, old, made, WorkingCopy(repo, self.branch, files, kept)):
                self._give_tag(repo, made)
                return made.decode()
        raise Failure(
            "Others keep writing to the repository.",
            next_step="Call again.",
            code="repository_busy",
            retryable=True,
        )

    def _move(self, repo: Repo, old: ObjectID | None, made: ObjectID, copy: WorkingCopy) -> bool:
        """Put the branch on the new commit unless it has moved; the working copy follows."""
        try:
            copy.prepare()
            with no_lock_left(Path(repo.commondir(), "refs", "heads", self.branch)):
                moved = repo.refs.set_if_equals(
                    branch_ref(self.branch),
                    old or _NOTHING,
                    made,
                    committer=self.author.identity,
                    message=_clean(self.message).partition("\n")[0].encode(),
                )
            if moved:
                copy.follow(made.decode())
            return moved
        finally:
            copy.drop()

    def _made(self, repo: Repo, tree: ObjectID, parent: ObjectID | None) -> ObjectID:
        from dulwich.objects import Commit as NewCommit

        commit = NewCommit()
        commit.tree, commit.parents = tree, [parent] if parent else []
        commit.author = commit.committer = self.author.identity
        commit.author_time = commit.commit_time = int(time.time())
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = _clean(self.message).encode() + b"\n"
        Objects(repo).add_object(commit)
        return commit.id

    def _give_tag(self, repo: Repo, commit: ObjectID) -> None:
        if self.tag:
            repo.refs.add_if_new(_tag_ref(self.tag), commit)


def _tag_ref(name: str) -> Ref:
    return cast("Ref", f"refs/tags/{name}".encode())


def _clean(message: str) -> str:
    """Give a message as git keeps it: no control characters, no lone surrogates, not empty."""
    text = message.replace("\r\n", "\n").encode(errors="replace").decode()
    return _UNPRINTABLE.sub("", text).strip() or "No message"


def _refuse_names(repo: Repo, branch: str, tag: str) -> None:
    """Refuse names that git could not keep, or that would mean two things.

    Raises:
        Failure: Of a branch below or above another, or a tag that exists.
    """
    names = [name.decode(errors="replace") for name in repo.refs.keys(base=_HEADS)]
    for other in names:
        if other.startswith(f"{branch}/") or branch.startswith(f"{other}/"):
            raise faults.branch_taken(branch, other)
    if tag and (_tag_ref(tag) in repo.refs or tag in names or tag == branch):
        raise Failure(
            f"The repository has a tag or branch “{tag}” already.",
            next_step="Call again with another `tag`.",
            code="tag_taken",
        )


_HEADS = cast("Ref", b"refs/heads")


def _content(text: str | Edit | None, kept: tuple[bytes, ObjectID] | None) -> bytes | None:
    if callable(text):
        text = text(kept[0] if kept else None)
    return None if text is None else text.encode()


def _tree(
    repo: Repo,
    parent: ObjectID | None,
    files: Mapping[str, bytes | None],
    kept: Mapping[str, tuple[bytes, ObjectID] | None],
) -> ObjectID:
    from dulwich.object_store import commit_tree_changes
    from dulwich.objects import Blob, Tree

    objects = Objects(repo)
    tree = repo[cast("GitCommit", repo[parent]).tree] if parent else Tree()
    if parent is None:
        objects.add_object(tree)
    changes: list[tuple[bytes, int | None, ObjectID | None]] = []
    for name, text in files.items():
        if text is None:
            changes += [(name.encode(), None, None)] if kept[name] else []
            continue
        blob = Blob.from_string(text)
        objects.add_object(blob)
        changes.append((name.encode(), 0o100644, blob.id))
    return commit_tree_changes(cast("BaseObjectStore", objects), tree.id, changes)
