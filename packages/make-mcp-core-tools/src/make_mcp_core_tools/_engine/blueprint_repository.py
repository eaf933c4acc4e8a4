"""The git repository of blueprints: a plain one, which people can clone, read and push themselves.

Below it lies dulwich, the extra `git`, loaded at first use. Objects and references are written
directly: no hook of the repository runs, nothing goes over the network.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import anyio.to_thread
from make_mcp_base.authoring import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dulwich.objects import Commit as GitCommit
    from dulwich.objects import ObjectID
    from dulwich.refs import Ref
    from dulwich.repo import Repo
    from make_mcp_base.authoring import Make

T = TypeVar("T")

FOLDERS_VARIABLE = "MAKE_MCP_BLUEPRINT_FOLDERS"
"""Folders in which repositories may lie besides the data directory, separated by the system's
path separator."""
BRANCH = "main"
_REVISION = re.compile(r"[A-Za-z0-9][\w./@-]{0,199}(~\d{0,6})?")
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit that touched what was asked about.

    Attributes:
        id: Full hash.
        time: Seconds since 1970.
        author: Name as the commit has it.
        user_id: The author's id in Make, when a tool made the commit.
    """

    id: str
    time: int
    author: str
    user_id: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit is by: a user of Make."""

    id: int
    name: str

    @property
    def identity(self) -> bytes:
        """The author line; the address carries the id and reaches nobody."""
        name = re.sub(r"[<>\x00-\x1f]", "", self.name).strip() or "unknown"
        return f"{name} <{self.id}@users.make.invalid>".encode()


async def author_of(make: Make) -> Author:
    """Give the Make user the token belongs to."""
    account = await make.account()
    return Author(account.user_id, account.user_name)


class Repository:
    """One repository of blueprints.

    Args:
        make: The call's Make.
        path: Where it lies; checked by `repository_of`.
    """

    def __init__(self, make: Make, path: Path) -> None:
        self.make, self.path = make, path

    async def read(self, revision: str, name: str) -> bytes | None:
        """Read a file at a revision; None when it is not there."""
        return await self._run(lambda repo: _read(repo, _commit(repo, revision), name))

    async def names(self, revision: str, folder: str) -> list[str]:
        """List the files of a folder at a revision, with the folder's name before them."""
        return await self._run(lambda repo: _names(repo, _commit(repo, revision), folder))

    async def resolve(self, revision: str) -> Commit:
        """Find a commit by hash, branch or tag."""
        return await self._run(lambda repo: _told(_commit(repo, revision)))

    async def log(self, name: str, revision: str = BRANCH, most: int = 200) -> list[Commit]:
        """List the commits that touched a file, newest first; empty before the first."""
        if not self.exists:
            return []
        return await self._run(lambda repo: _log(repo, name, revision, most))

    async def branches(self, prefix: str) -> list[str]:
        """List the branches below a prefix (`change-requests/`)."""
        if not self.exists:
            return []
        return await self._run(lambda repo: _branches(repo, prefix))

    async def write(
        self,
        files: Mapping[str, str | None],
        message: str,
        *,
        branch: str = BRANCH,
        start: str = BRANCH,
        tag: str = "",
    ) -> str | None:
        """Commit files on top of a branch.

        Args:
            files: Content by name; None removes a file.
            message: What the commit says.
            branch: The branch, made when it is not there.
            start: Branch that a new one begins at.
            tag: Name of a tag to give the commit.

        Returns:
            Hash of the commit; None when nothing differs from the branch.

        Raises:
            Failure: The repository cannot be written.
        """
        author = await author_of(self.make)
        writing = _Writing(dict(files), message, branch, start, author, tag)
        async with self.make.alone(f"blueprint repository {self.path}"):
            return await self._run(writing.commit, create=True)

    @property
    def exists(self) -> bool:
        """True once something was written to it, or a repository was put there."""
        return (self.path / "HEAD").exists() or (self.path / ".git").exists()

    async def _run(self, work: Callable[[Repo], T], *, create: bool = False) -> T:
        return await anyio.to_thread.run_sync(self._work, work, create)

    def _work(self, work: Callable[[Repo], T], create: bool) -> T:
        try:
            with _opened(self.path, create) as repo:
                self._check_control(repo)
                return work(repo)
        except OSError as error:
            raise Failure(
                f"The repository {self.path} cannot be used.",
                why=str(error),
                next_step="See that the folder exists and may be written, then call again.",
                code="repository_unusable",
            ) from error

    def _check_control(self, repo: Repo) -> None:
        """Refuse a repository whose data lie elsewhere than the repository itself."""
        if not Path(repo.controldir()).resolve().is_relative_to(self.path):
            raise _outside(self.path)


def repository_of(make: Make, given: str | None) -> Repository:
    """Give the repository of a call: the named one, or the account's own.

    Raises:
        Failure: It is an address, or lies outside the folders that are allowed.
    """
    if make.kernel is None:
        raise RuntimeError("A repository needs a server.")
    home = make.kernel.place.resolve()
    if not given:
        return Repository(make, home / "blueprints.git")
    if "://" in given or re.match(r"[\w.-]+@[\w.-]+:", given):
        raise Failure(
            "A repository is named by its folder; addresses are not reached from here.",
            next_step="Clone it with git into an allowed folder, name that folder, and push with"
            " git when you like.",
            code="invalid_arguments",
        )
    path = Path(given).expanduser()
    path = (path if path.is_absolute() else home / path).resolve()
    more = make.kernel.setup.environment.get(FOLDERS_VARIABLE, "")
    roots = [home, make.kernel.setup.data_dir.resolve()]
    roots += [Path(one).expanduser().resolve() for one in more.split(os.pathsep) if one.strip()]
    if not any(path.is_relative_to(root) for root in roots):
        raise _outside(path)
    return Repository(make, path)


def _outside(path: Path) -> Failure:
    return Failure(
        f"The repository {path} lies outside the folders that may be used.",
        next_step=f"Leave `repository` out to use the account's own, or have the operator add the"
        f" folder to {FOLDERS_VARIABLE}.",
        code="path_refused",
    )


def _opened(path: Path, create: bool) -> Repo:
    try:
        from dulwich.errors import NotGitRepository
        from dulwich.repo import Repo
    except ImportError as missing:
        raise Failure(
            "Repositories of blueprints need dulwich, which is not installed.",
            next_step="Install the extra `make-mcp-core-tools[git]` and start the server again.",
            code="git_extra_missing",
        ) from missing
    try:
        return Repo(str(path))
    except NotGitRepository:
        if not create and (not path.exists() or not any(path.iterdir())):
            raise Failure(
                "There is no repository of blueprints yet.",
                next_step="`blueprint_version_create` or `blueprint_backup` begins one.",
                code="no_repository",
            ) from None
        if path.exists() and any(path.iterdir()):
            raise Failure(
                f"The folder {path} is no git repository and not empty.",
                next_step="Name a repository, or a folder that does not exist yet.",
                code="repository_unusable",
            ) from None
        path.mkdir(parents=True, exist_ok=True)
        return Repo.init_bare(str(path), default_branch=BRANCH.encode())


# Reading


def _commit(repo: Repo, revision: str) -> GitCommit:
    from dulwich.objectspec import parse_commit

    if not _REVISION.fullmatch(revision):
        raise _unknown(revision)
    name, _, steps = revision.partition("~")
    if steps and not steps.isdigit():
        raise _unknown(revision)
    back = int(steps) if steps else revision.count("~")
    try:
        found = parse_commit(repo, name.encode())
        for _ in range(back):
            found = cast("GitCommit", repo[found.parents[0]])
    except (KeyError, ValueError, IndexError) as error:
        raise _unknown(revision) from error
    return found


def _unknown(revision: str) -> Failure:
    return Failure(
        f"The repository has no revision “{revision[:80]}”.",
        next_step="`blueprint_version_list` names the commits of a scenario;"
        " `blueprint_version_create` makes the first.",
        code="unknown_revision",
    )


def _read(repo: Repo, commit: GitCommit, name: str) -> bytes | None:
    from dulwich.object_store import tree_lookup_path
    from dulwich.objects import Blob

    try:
        _, ident = tree_lookup_path(repo.object_store.__getitem__, commit.tree, name.encode())
    except KeyError:
        return None
    found = repo.object_store[ident]
    return found.data if isinstance(found, Blob) else None


def _names(repo: Repo, commit: GitCommit, folder: str) -> list[str]:
    from dulwich.object_store import tree_lookup_path
    from dulwich.objects import Tree

    try:
        _, ident = tree_lookup_path(repo.object_store.__getitem__, commit.tree, folder.encode())
    except KeyError:
        return []
    found = repo.object_store[ident]
    if not isinstance(found, Tree):
        return []
    return [f"{folder}/{entry.path.decode()}" for entry in found.items() if entry.path]


def _log(repo: Repo, name: str, revision: str, most: int) -> list[Commit]:
    if revision == BRANCH and _branch(BRANCH) not in repo.refs:
        return []
    start = _commit(repo, revision)
    walker = repo.get_walker(include=[start.id], paths=[name.encode()], max_entries=most)
    return [_told(entry.commit) for entry in walker]


def _told(commit: GitCommit) -> Commit:
    name, _, address = commit.author.decode(errors="replace").partition(" <")
    number = address.partition("@users.make.invalid")[0]
    return Commit(
        commit.id.decode(),
        int(commit.author_time),
        name,
        int(number) if number.isdigit() else None,
        commit.message.decode(errors="replace").strip(),
    )


def _branches(repo: Repo, prefix: str) -> list[str]:
    base = f"refs/heads/{prefix}".encode()
    found = repo.refs.keys(base=cast("Ref", base.rstrip(b"/")))
    return sorted(f"{prefix}{name.decode()}" for name in found)


def _branch(name: str) -> Ref:
    return cast("Ref", f"refs/heads/{name}".encode())


# Writing


@dataclass(frozen=True, slots=True)
class _Writing:
    files: dict[str, str | None]
    message: str
    branch: str
    start: str
    author: Author
    tag: str

    def commit(self, repo: Repo) -> str | None:
        """Write the commit; begin again when another process was faster."""
        self._refuse_tag(repo)
        for _ in range(_TRIES):
            old = self._head(repo, self.branch)
            parent = old or self._head(repo, self.start)
            tree = self._tree(repo, parent)
            if parent and cast("GitCommit", repo[parent]).tree == tree:
                if old is None:
                    repo.refs.add_if_new(_branch(self.branch), parent)
                self._give_tag(repo, parent)
                return None
            made = self._made(repo, tree, parent)
            shown = _working_files(repo, self.branch, self.files)
            if repo.refs.set_if_equals(_branch(self.branch), old or _NOTHING, made):
                _show(repo, shown)
                self._give_tag(repo, made)
                return made.decode()
        raise Failure(
            "Others keep writing to the repository.",
            next_step="Call again.",
            code="repository_busy",
            retryable=True,
        )

    def _head(self, repo: Repo, branch: str) -> ObjectID | None:
        name = _branch(branch)
        return repo.refs[name] if name in repo.refs else None  # noqa: SIM401 - its get types badly

    def _tree(self, repo: Repo, parent: ObjectID | None) -> ObjectID:
        from dulwich.object_store import commit_tree_changes
        from dulwich.objects import Blob, Tree

        tree = repo[cast("GitCommit", repo[parent]).tree] if parent else Tree()
        repo.object_store.add_object(tree)
        changes: list[tuple[bytes, int | None, ObjectID | None]] = []
        for name, text in self.files.items():
            if text is None:
                if parent and _read(repo, cast("GitCommit", repo[parent]), name) is not None:
                    changes.append((name.encode(), None, None))
                continue
            blob = Blob.from_string(text.encode())
            repo.object_store.add_object(blob)
            changes.append((name.encode(), 0o100644, blob.id))
        return commit_tree_changes(repo.object_store, tree.id, changes)

    def _made(self, repo: Repo, tree: ObjectID, parent: ObjectID | None) -> ObjectID:
        from dulwich.objects import Commit as NewCommit

        commit = NewCommit()
        commit.tree, commit.parents = tree, [parent] if parent else []
        commit.author = commit.committer = self.author.identity
        commit.author_time = commit.commit_time = int(time.time())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding, commit.message = b"UTF-8", self.message.strip().encode() + b"\n"
        repo.object_store.add_object(commit)
        return commit.id

    def _refuse_tag(self, repo: Repo) -> None:
        if self.tag and cast("Ref", f"refs/tags/{self.tag}".encode()) in repo.refs:
            raise Failure(
                f"The repository has a tag “{self.tag}” already.",
                next_step="Call again with another `tag`.",
                code="tag_taken",
            )

    def _give_tag(self, repo: Repo, commit: ObjectID) -> None:
        if self.tag:
            repo.refs.add_if_new(cast("Ref", f"refs/tags/{self.tag}".encode()), commit)


_NOTHING: Any = b"0" * 40


def _working_files(
    repo: Repo, branch: str, files: Mapping[str, str | None]
) -> dict[Path, str | None]:
    """Find which files of a checked-out branch have to follow a commit.

    Raises:
        Failure: One of them was changed by hand, or lies outside through a link.
    """
    if repo.bare or repo.refs.follow(cast("Ref", b"HEAD"))[0][-1] != _branch(branch):
        return {}
    name = _branch(branch)
    head = cast("GitCommit", repo[repo.refs[name]]) if name in repo.refs else None
    root = Path(repo.path).resolve()
    shown: dict[Path, str | None] = {}
    for one, text in files.items():
        path = root / one
        kept = _read(repo, head, one) if head else None
        there = path.read_bytes() if path.is_file() else None
        if not path.resolve().is_relative_to(root) or path.is_symlink() or there != kept:
            raise Failure(
                f"{one} was changed in the working copy and not committed.",
                next_step="Commit or undo that change with git, then call again.",
                code="working_copy_changed",
            )
        shown[path] = text
    return shown


def _show(repo: Repo, files: Mapping[Path, str | None]) -> None:
    """Bring the working copy and the index to the new commit."""
    for path, text in files.items():
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    if files:
        names = [str(path.relative_to(Path(repo.path).resolve())) for path in files]
        repo.get_worktree().stage(names)
