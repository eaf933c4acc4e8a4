"""The git repository of blueprints: a plain one, which people can clone, read and push themselves.

Below it lies dulwich, the extra `git`, loaded at first use. Objects and references are written
directly: no hook of the repository runs, nothing goes over the network. What dulwich raises over a
damaged repository is told here as a failure with a next step.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import anyio.to_thread
from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine import repository_faults as faults
from make_mcp_core_tools._engine.repository_objects import entry_of, head_of, names_in
from make_mcp_core_tools._engine.repository_writing import Author, Files, Writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from dulwich.objects import Commit as GitCommit
    from dulwich.refs import Ref
    from dulwich.repo import Repo
    from make_mcp_base.authoring import Make

T = TypeVar("T")

FOLDERS_VARIABLE = "MAKE_MCP_BLUEPRINT_FOLDERS"
"""Folders in which repositories may lie besides the data directory, separated by the system's
path separator."""
BRANCH = "main"
_REVISION = re.compile(r"[A-Za-z0-9][\w./@-]{0,199}(~\d{0,6})?")


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
        return await self._run(lambda repo: _content(repo, revision, name))

    async def names(self, revision: str, folder: str) -> list[str]:
        """List the files of a folder at a revision, with the folder's name before them."""
        return await self._run(lambda repo: names_in(repo, _commit(repo, revision).id, folder))

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
        files: Files,
        message: str,
        *,
        branch: str = BRANCH,
        start: str = BRANCH,
        tag: str = "",
    ) -> str | None:
        """Commit files on top of a branch.

        Args:
            files: Content by name, or what makes it from the content the branch has by then;
                None removes a file.
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
        writing = Writing(files, message, branch, start, author, tag)
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
                from dulwich.file import FileLocked

                try:
                    return work(repo)
                except FileLocked as error:
                    raise faults.locked(error.lockfilename) from error
                except faults.read_errors() as error:
                    raise faults.damaged(self.path, error) from error
        except OSError as error:
            raise faults.unusable(self.path, error) from error

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
    path = _resolved(given, home)
    more = make.kernel.setup.environment.get(FOLDERS_VARIABLE, "")
    roots = [home, make.kernel.setup.data_dir.resolve()]
    roots += [Path(one).expanduser().resolve() for one in more.split(os.pathsep) if one.strip()]
    if not any(path.is_relative_to(root) for root in roots):
        raise _outside(path)
    return Repository(make, path)


def _resolved(given: str, home: Path) -> Path:
    try:
        path = Path(given).expanduser()
        return (path if path.is_absolute() else home / path).resolve()
    except (RuntimeError, ValueError) as error:
        raise Failure(
            "That is no name of a folder.",
            why=str(error),
            next_step="Call again with a folder, or leave `repository` out.",
            code="invalid_arguments",
        ) from error


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
        from dulwich.repo import Repo, UnsupportedExtension, UnsupportedVersion
    except ImportError as missing:
        raise Failure(
            "Repositories of blueprints need dulwich, which is not installed.",
            next_step="Install the extra `make-mcp-core-tools[git]` and start the server again.",
            code="git_extra_missing",
        ) from missing
    try:
        found = Repo(str(path))
        if found.object_format.name != "sha1":
            raise UnsupportedExtension(f"its objects are named by {found.object_format.name}")
        return found
    except (UnsupportedVersion, UnsupportedExtension) as error:
        raise faults.unsupported(path, error) from error
    except ValueError as error:
        raise faults.damaged(path, error, "its configuration") from error
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
    head = head_of(repo, name)
    try:
        found = parse_commit(repo, head or name.encode())
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


def _content(repo: Repo, revision: str, name: str) -> bytes | None:
    found = entry_of(repo, _commit(repo, revision).id, name)
    return found[0] if found else None


def _log(repo: Repo, name: str, revision: str, most: int) -> list[Commit]:
    if revision == BRANCH and head_of(repo, BRANCH) is None:
        return []
    start = _commit(repo, revision)
    walker = repo.get_walker(include=[start.id], order="topo")
    touching = (entry.commit for entry in walker if _touches(repo, entry.commit, name))
    return [_told(commit) for commit in islice(touching, most)]


def _touches(repo: Repo, commit: GitCommit, name: str) -> bool:
    """Tell whether a commit has a file as none of its parents has it, as `git log` does."""
    own = entry_of(repo, commit.id, name)
    parents = repo.get_parents(commit.id, commit)
    if not parents:
        return own is not None
    return all(entry_of(repo, parent, name) != own for parent in parents)


def _told(commit: GitCommit) -> Commit:
    encoding = _encoding(commit)
    name, _, address = commit.author.decode(encoding, errors="replace").partition(" <")
    number = address.partition("@users.make.invalid")[0]
    return Commit(
        commit.id.decode(),
        int(commit.author_time),
        name,
        int(number) if number.isdigit() else None,
        commit.message.decode(encoding, errors="replace").strip(),
    )


def _encoding(commit: GitCommit) -> str:
    """Give the encoding a commit says it has; UTF-8 when that is none Python knows."""
    import codecs

    named = (commit.encoding or b"utf-8").decode("ascii", errors="replace")
    try:
        return codecs.lookup(named).name
    except LookupError:
        return "utf-8"


def _branches(repo: Repo, prefix: str) -> list[str]:
    base = f"refs/heads/{prefix}".encode()
    found = repo.refs.keys(base=cast("Ref", base.rstrip(b"/")))
    return sorted(f"{prefix}{name.decode(errors='replace')}" for name in found)
