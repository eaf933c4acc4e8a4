"""The hash chain of the journal, and the signed checkpoints that pin it.

Each entry carries the SHA-256 of the hash before it and of all its own fields, so a changed,
removed, inserted or reordered entry breaks the chain from there on. The chain alone cannot show
that its end was cut off or that somebody computed all of it again. For that, `checkpoint` writes a
line to a file outside the store: how far the journal had come, the Merkle root of the entries since
the last line (RFC 6962, section 2.1), the hash of the line before, and an Ed25519 signature.

What is not covered by a checkpoint yet is protected by the chain only; keep the file where the
store's writer cannot rewrite it, and checkpoint often.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from make_mcp_base.store.port import Entry, NewEntry, StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    from make_mcp_base.store.port import Store

GENESIS = "0" * 64
_PAGE = 200  # a page is hashed in a few milliseconds; between pages other tasks run
_BEFORE_ALL = -(2**63)  # an entry smuggled in at 0 or below must be seen as well
_LEASE = "journal-checkpoint"
_LEASE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One line of the checkpoint file.

    Attributes:
        seq: The last entry it covers; the first is the one after the line before.
        hash: `hash` of that entry.
        merkle_root: Root over the hashes of the entries it covers.
        previous: SHA-256 of the line before, or 64 zeros.
        at: When it was written.
        signature: Ed25519 over the line without its signature, hexadecimal.
    """

    seq: int
    hash: str
    merkle_root: str
    previous: str
    at: float
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found.

    Attributes:
        entries: Entries read.
        checkpoints: Checkpoints read.
        covered: The last entry that an intact checkpoint pins, 0 for none.
        problems: One sentence for each fault, empty when everything holds.
    """

    entries: int
    checkpoints: int
    covered: int
    problems: list[str]

    @property
    def ok(self) -> bool:
        """True when nothing was found."""
        return not self.problems


def seal(entry: NewEntry, seq: int, previous_hash: str) -> Entry:
    """Give an entry its place in the chain.

    Raises:
        ValueError: When the body or the time is no JSON (NaN, infinity).
        TypeError: When the body holds something that JSON does not know.
    """
    bare = Entry(
        seq=seq,
        operation_id=entry.operation_id,
        kind=entry.kind,
        account=entry.account,
        tool=entry.tool,
        at=float(entry.at),
        body_json=_canonical(entry.body),
        previous_hash=previous_hash,
        hash="",
    )
    return replace(bare, hash=entry_hash(bare))


def entry_hash(entry: Entry) -> str:
    """Compute the hash that an entry must carry, from all its other fields."""
    fields = {
        "account": entry.account,
        "at": entry.at,
        "body": entry.body_json,
        "kind": entry.kind,
        "operation_id": entry.operation_id,
        "seq": entry.seq,
        "tool": entry.tool,
    }
    return hashlib.sha256((entry.previous_hash + _canonical(fields)).encode()).hexdigest()


def _is_whole(entry: Entry) -> bool:
    try:
        return entry.hash == entry_hash(entry)
    except (TypeError, ValueError):
        # A damaged database may hold a value of another type than its column.
        return False


def merkle_root(hashes: Sequence[str]) -> str:
    """Compute the Merkle tree hash of a list of hexadecimal hashes (RFC 6962, section 2.1)."""
    level = [hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest() for leaf in hashes]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        # An odd node at the end rises unchanged, which builds the same tree as the RFC's
        # recursive split at the largest power of two.
        pairs = [
            hashlib.sha256(b"\x01" + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        level = pairs + level[len(pairs) * 2 :]
    return level[0].hex()


async def checkpoint(
    store: Store, checkpoints: Path, key: Ed25519PrivateKey, *, at: float, owner: str
) -> Checkpoint | None:
    """Sign the entries since the last checkpoint and append one line to the file.

    Args:
        store: The store that holds the journal.
        checkpoints: The file, outside the store; created with its first line.
        key: The signing key (`keys.signing_key`).
        at: The time to write down.
        owner: Who is asking; of several processes only one writes at a time.

    Returns:
        The new checkpoint, or None when there is nothing new or another process is at it.

    Raises:
        StoreError: When the journal does not continue the last checkpoint, or the file is not
            readable as checkpoints. Nothing is signed then.
    """
    if not await store.lease(_LEASE, owner, _LEASE_SECONDS):
        return None
    try:
        line, written = await _next_line(store, checkpoints, key, at)
        if written and await store.lease(_LEASE, owner, _LEASE_SECONDS):
            _append(checkpoints, line)
            return written
        return None
    finally:
        await store.lease_release(_LEASE, owner)


async def verify(store: Store, checkpoints: Path, public_key: Ed25519PublicKey) -> Verified:
    """Read the whole journal and all checkpoints, and say everything that does not fit.

    Args:
        store: The store that holds the journal.
        checkpoints: The checkpoint file; a missing file counts as no checkpoints.
        public_key: Public half of the key that signed them.
    """
    problems: list[str] = []
    marks = await _checked_lines(checkpoints, public_key, problems)
    reading = _Reading(marks, problems)
    try:
        async for entry in _entries(store, _BEFORE_ALL):
            reading.take(entry)
    except StoreError as failure:
        problems.append(f"The journal cannot be read after entry {reading.seq}: {failure.what}")
    reading.finish()
    return Verified(reading.entries, len(marks), reading.covered, problems)


class _Reading:
    """The chain so far, compared entry by entry with what should come next."""

    def __init__(self, marks: Sequence[Checkpoint], problems: list[str]) -> None:
        self.entries = 0
        self.seq = 0
        self.covered = 0
        self._head = GENESIS
        self._marks = list(reversed(marks))
        self._leaves: list[str] = []
        self._problems = problems

    def take(self, entry: Entry) -> None:
        if entry.seq != self.seq + 1:
            self._problems.append(f"Entry {entry.seq} stands where entry {self.seq + 1} belongs.")
        if entry.previous_hash != self._head:
            self._problems.append(f"Entry {entry.seq} does not follow the entry before it.")
        if not _is_whole(entry):
            self._problems.append(f"Entry {entry.seq} was changed.")
        self.entries += 1
        self.seq, self._head = entry.seq, entry.hash
        self._leaves.append(entry.hash)
        self._compare(entry)

    def _compare(self, entry: Entry) -> None:
        while self._marks and self._marks[-1].seq <= entry.seq:
            mark = self._marks.pop()
            if (
                mark.seq == entry.seq
                and mark.hash == entry.hash
                and self._root() == mark.merkle_root
            ):
                self.covered = mark.seq
            else:
                self._problems.append(
                    f"The entries up to {mark.seq} are not those that the checkpoint signed."
                )
            self._leaves.clear()

    def _root(self) -> str:
        try:
            return merkle_root(self._leaves)
        except (TypeError, ValueError):
            return "a stored hash is no hexadecimal number"

    def finish(self) -> None:
        if self._marks:
            self._problems.append(
                f"The journal ends at entry {self.seq}, but a checkpoint covers"
                f" {self._marks[0].seq} entries."
            )


async def _entries(store: Store, after_seq: int) -> AsyncIterator[Entry]:
    while page := await store.journal_scan(after_seq, _PAGE):
        for entry in page:
            yield entry
        after_seq = page[-1].seq
        await asyncio.sleep(0)


async def _next_line(
    store: Store, path: Path, key: Ed25519PrivateKey, at: float
) -> tuple[str, Checkpoint | None]:
    line, last = _last_line(path, key.public_key())
    leaves, head = await _since(store, last)
    if not leaves:
        return "", None
    seq = (last.seq if last else 0) + len(leaves)
    bare = Checkpoint(seq, head, merkle_root(leaves), _line_hash(line), float(at))
    mark = _signed(bare, key)
    return _canonical(asdict(mark)), mark


async def _since(store: Store, last: Checkpoint | None) -> tuple[list[str], str]:
    """Return the hashes after the last checkpoint, having checked each of them."""
    seq, head = (last.seq, last.hash) if last else (0, GENESIS)
    if last and [entry.hash for entry in await store.journal_scan(seq - 1, 1)] != [head]:
        raise _unsigned(f"Entry {seq} is not the one that the last checkpoint signed.")
    leaves: list[str] = []
    async for entry in _entries(store, seq):
        follows = entry.seq == seq + 1 and entry.previous_hash == head
        if not follows or not _is_whole(entry):
            raise _unsigned(f"The journal is broken at entry {seq + 1}.")
        seq, head = entry.seq, entry.hash
        leaves.append(entry.hash)
    return leaves, head


def _unsigned(why: str) -> StoreError:
    return StoreError(
        "No checkpoint was written.",
        why=why,
        next_step="Verify the journal and keep a copy of the store and of the checkpoint file.",
        code="journal_broken",
    )


def _signed(mark: Checkpoint, key: Ed25519PrivateKey) -> Checkpoint:
    fields = asdict(mark)
    del fields["signature"]
    return Checkpoint(**fields, signature=key.sign(_canonical(fields).encode()).hex())


def _append(path: Path, line: str) -> None:
    data = (line + "\n").encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.write(handle, data) != len(data):
                raise OSError("the disk took only a part of the line")
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise StoreError(
            f"The checkpoint could not be written to {path}.",
            why=f"{error}.",
            next_step="Make room on that disk, or choose another place for the checkpoints.",
        ) from error


def _lines(path: Path) -> tuple[list[str], str]:
    """Return the whole lines of the file, and what stands after the last of them."""
    try:
        # Not splitlines(): only a newline ends a line, any other separator is a foreign byte in it.
        *lines, rest = path.read_bytes().decode().split("\n")
    except FileNotFoundError:
        return [], ""
    except (OSError, UnicodeDecodeError) as error:
        raise _unsigned(f"The checkpoint file {path} cannot be read ({error}).") from error
    return lines, rest


def _last_line(path: Path, key: Ed25519PublicKey) -> tuple[str, Checkpoint | None]:
    lines, rest = _lines(path)
    if not lines and not rest:
        return "", None
    mark = _parsed(lines[-1]) if lines and not rest else None
    if mark is None or not _holds(mark, key):
        raise _unsigned("The last line of the checkpoint file was changed.")
    return lines[-1], mark


async def _checked_lines(
    path: Path, key: Ed25519PublicKey, problems: list[str]
) -> list[Checkpoint]:
    """Return the checkpoints of a file up to the first that does not hold."""
    try:
        lines, rest = _lines(path)
    except StoreError as failure:
        problems.append(failure.why)
        return []
    if rest:
        problems.append("The last line of the checkpoint file has lost its end.")
    marks: list[Checkpoint] = []
    for number, line in enumerate(lines, 1):
        mark = _parsed(line)
        if mark is None or not _holds(mark, key) or not _follows(mark, marks, lines):
            problems.append(f"Line {number} of the checkpoint file was changed.")
            break
        marks.append(mark)
        await asyncio.sleep(0)
    return marks


def _follows(mark: Checkpoint, marks: Sequence[Checkpoint], lines: Sequence[str]) -> bool:
    """Say whether a line belongs after those that were found good before it."""
    if not marks:
        return mark.previous == GENESIS
    return mark.previous == _line_hash(lines[len(marks) - 1]) and mark.seq > marks[-1].seq


def _line_hash(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest() if line else GENESIS


def _parsed(line: str) -> Checkpoint | None:
    try:
        mark = Checkpoint(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    return mark if _canonical(asdict(mark)) == line else None


def _holds(mark: Checkpoint, key: Ed25519PublicKey) -> bool:
    from cryptography.exceptions import InvalidSignature

    fields = asdict(mark)
    del fields["signature"]
    try:
        key.verify(bytes.fromhex(mark.signature), _canonical(fields).encode())
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _canonical(value: object) -> str:
    """Write JSON in the one way that is hashed: sorted keys, no spaces, ASCII, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
