"""The journal shows every later change, and the checkpoints show where it ended."""

import asyncio
import hashlib
import json
import random
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from make_mcp_base.store import chain
from make_mcp_base.store.open import open_store
from make_mcp_base.store.port import NewEntry, Store, StoreError

pytestmark = pytest.mark.anyio

Step = Callable[..., NewEntry]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


async def sign(store: Store, path: Path) -> chain.Checkpoint | None:
    return await chain.checkpoint(store, path, KEY, at=1_700_000_000.0, owner="test")


async def check(store: Store, path: Path) -> chain.Verified:
    return await chain.verify(store, path, KEY.public_key())


@dataclass
class Written:
    """A journal of twelve entries, signed after the fifth and after the tenth."""

    file: Path
    marks: Path

    def change(self, *statements: str) -> None:
        """Change the file behind the store's back, as somebody with write access would."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute("DROP TRIGGER journal_keeps_rows")
            connection.execute("DROP TRIGGER journal_keeps_values")
            for statement in statements:
                connection.execute(statement)
        connection.close()

    async def verified(self) -> chain.Verified:
        store = await open_store(str(self.file), data_dir=self.file.parent)
        try:
            return await check(store, self.marks)
        finally:
            await store.close()

    async def signed_again(self) -> chain.Checkpoint | None:
        store = await open_store(str(self.file), data_dir=self.file.parent)
        try:
            return await sign(store, self.marks)
        finally:
            await store.close()


@pytest.fixture
async def written(tmp_path: Path, step: Step) -> Written:
    found = Written(tmp_path / "store.sqlite3", tmp_path / "elsewhere" / "checkpoints.jsonl")
    store = await open_store(str(found.file), data_dir=tmp_path)
    for number in range(1, 13):
        await store.journal_append(step(f"op-{number}"))
        if number in (5, 10):
            await sign(store, found.marks)
    await store.close()
    return found


async def test_an_untouched_journal_verifies(store: Store, tmp_path: Path, step: Step) -> None:
    marks = tmp_path / "checkpoints.jsonl"
    assert (await check(store, marks)).ok
    assert await sign(store, marks) is None
    for number in range(1, 8):
        await store.journal_append(step(f"op-{number}"))
    written = await sign(store, marks)
    assert written
    assert written.seq == 7
    assert await sign(store, marks) is None
    await store.journal_append(step("op-8"))
    assert await check(store, marks) == chain.Verified(8, 1, 7, [])
    second = await sign(store, marks)
    assert second
    assert await check(store, marks) == chain.Verified(8, 2, 8, [])


async def test_a_checkpoint_signs_only_the_entries_since_the_last(written: Written) -> None:
    lines = [json.loads(line) for line in written.marks.read_text().splitlines()]
    store = await open_store(str(written.file), data_dir=written.file.parent)
    hashes = [entry.hash for entry in await store.journal_scan(0, 20)]
    await store.close()
    assert [line["seq"] for line in lines] == [5, 10]
    assert [line["merkle_root"] for line in lines] == [
        chain.merkle_root(hashes[:5]),
        chain.merkle_root(hashes[5:10]),
    ]
    assert stat.S_IMODE(written.marks.stat().st_mode) == 0o600


FIELDS = ("operation_id", "kind", "account", "tool", "body", "previous_hash", "hash")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("seq", [1, 5, 7, 12])
async def test_one_changed_byte_in_any_field_is_seen(
    written: Written, field: str, seq: int
) -> None:
    flip = f"CASE substr({field}, 2, 1) WHEN 'a' THEN 'b' ELSE 'a' END"
    written.change(
        f"UPDATE journal SET {field} = substr({field}, 1, 1) || {flip} || substr({field}, 3)"
        f" WHERE seq = {seq}"
    )
    found = await written.verified()
    assert any(f"Entry {seq} " in problem for problem in found.problems)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET at = at + 0.001 WHERE seq = 3",
        "UPDATE journal SET body = body || ' ' WHERE seq = 3",
        "UPDATE journal SET hash = upper(hash) WHERE seq = 3",
        "UPDATE journal SET body = CAST(x'ff' AS TEXT) WHERE seq = 3",
        "UPDATE journal SET seq = 99 WHERE seq = 3",
        "UPDATE journal SET seq = -seq WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 7",
        "DELETE FROM journal WHERE seq = 10",
        "DELETE FROM journal WHERE seq > 9",
        "DELETE FROM journal",
        "DROP TABLE journal",
        "INSERT INTO journal SELECT 0, 'x', kind, account, tool, at, body, previous_hash, hash"
        " FROM journal WHERE seq = 1",
        "INSERT INTO journal SELECT 13, 'x', kind, account, tool, at, body, previous_hash, hash"
        " FROM journal WHERE seq = 12",
    ],
)
async def test_entries_that_were_changed_removed_or_inserted_are_seen(
    written: Written, statement: str
) -> None:
    written.change(statement)
    assert not (await written.verified()).ok


async def test_two_entries_that_changed_places_are_seen(written: Written) -> None:
    written.change(
        "UPDATE journal SET seq = 100 WHERE seq = 3",
        "UPDATE journal SET seq = 3 WHERE seq = 4",
        "UPDATE journal SET seq = 4 WHERE seq = 100",
    )
    assert not (await written.verified()).ok


def rebuilt(file: Path, marks: Path) -> Written:
    """Compute a false but perfect chain of the same length, as a clever forger would."""
    forged = Written(file, marks)
    with closing(sqlite3.connect(file)) as connection, connection:
        rows = connection.execute("SELECT operation_id, kind, account, at FROM journal").fetchall()
    connection.close()
    forged.change("DELETE FROM journal")
    head = chain.GENESIS
    with closing(sqlite3.connect(file)) as connection, connection:
        for seq, (operation, kind, account, at) in enumerate(rows, 1):
            entry = NewEntry(operation, kind, account, "innocent_tool", at, {})
            sealed = chain.seal(entry, seq, head)
            head = sealed.hash
            values = (seq, operation, kind, account, sealed.tool, at, "{}")
            connection.execute(
                "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, sealed.previous_hash, sealed.hash),
            )
    connection.close()
    return forged


async def test_a_chain_computed_anew_is_seen_by_its_checkpoints_alone(written: Written) -> None:
    forged = rebuilt(written.file, written.marks)
    found = await forged.verified()
    assert [("checkpoint signed" in problem) for problem in found.problems] == [True, True]
    written.marks.unlink()
    # Without the file outside the store nobody could tell, which is why it is kept there.
    assert (await forged.verified()).ok


async def test_a_cut_off_end_is_seen_by_its_checkpoints_alone(written: Written) -> None:
    written.change("DELETE FROM journal WHERE seq > 8")
    found = await written.verified()
    assert found.problems == ["The journal ends at entry 8, but a checkpoint covers 10 entries."]
    written.marks.unlink()
    assert (await written.verified()).ok


async def test_any_flipped_byte_of_the_checkpoint_file_is_seen(written: Written) -> None:
    genuine = written.marks.read_bytes()
    for place in range(0, len(genuine), 3):
        spoilt = bytearray(genuine)
        spoilt[place] ^= 0x01
        written.marks.write_bytes(spoilt)
        assert not (await written.verified()).ok, place


@pytest.mark.parametrize("cut", [1, 40])
async def test_a_checkpoint_file_that_lost_its_end_is_seen(written: Written, cut: int) -> None:
    written.marks.write_bytes(written.marks.read_bytes()[:-cut])
    assert not (await written.verified()).ok


async def test_checkpoint_lines_that_were_removed_or_swapped_are_seen(written: Written) -> None:
    first, second = written.marks.read_text().splitlines(keepends=True)
    for spoilt in (second, second + first, first + first + second, first + "\n" + second):
        written.marks.write_text(spoilt)
        assert not (await written.verified()).ok


async def test_checkpoints_of_another_key_are_worth_nothing(written: Written) -> None:
    store = await open_store(str(written.file), data_dir=written.file.parent)
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    found = await chain.verify(store, written.marks, other.public_key())
    await store.close()
    assert (found.covered, found.ok) == (0, False)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET body = '{}' WHERE seq = 12",
        "DELETE FROM journal WHERE seq = 11",
        "DELETE FROM journal WHERE seq > 9",
        "UPDATE journal SET hash = previous_hash WHERE seq = 10",
    ],
)
async def test_a_broken_journal_is_not_signed(written: Written, statement: str) -> None:
    before = written.marks.read_bytes()
    written.change(statement)
    with pytest.raises(StoreError) as refusal:
        await written.signed_again()
    assert refusal.value.code == "journal_broken"
    assert written.marks.read_bytes() == before


@pytest.mark.parametrize("spoilt", [b"x", b"{}\n", b"\n", b"\xff\n"])
async def test_nothing_is_signed_after_a_spoilt_end_of_the_checkpoint_file(
    written: Written, spoilt: bytes
) -> None:
    before = written.marks.read_bytes() + spoilt
    written.marks.write_bytes(before)
    with pytest.raises(StoreError) as refusal:
        await written.signed_again()
    assert refusal.value.code == "journal_broken"
    assert written.marks.read_bytes() == before


async def test_verifying_a_long_journal_lets_other_tasks_run(
    store: Store, tmp_path: Path, step: Step
) -> None:
    for number in range(450):
        await store.journal_append(step(f"op-{number}"))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    assert (await check(store, tmp_path / "none")).entries == 450
    counting.cancel()
    assert turns >= 3


async def test_only_one_process_writes_a_checkpoint_at_a_time(
    store: Store, tmp_path: Path, step: Step
) -> None:
    await store.journal_append(step())
    await store.lease("journal-checkpoint", "another process", 60)
    assert await sign(store, tmp_path / "marks") is None
    await store.lease_release("journal-checkpoint", "another process")
    assert await sign(store, tmp_path / "marks") is not None


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_flipped_byte_anywhere_in_the_file_never_changes_history_silently(
    written: Written, seed: int
) -> None:
    store = await open_store(str(written.file), data_dir=written.file.parent)
    genuine = await store.journal_scan(0, 20)
    await store.close()
    image = written.file.read_bytes()
    rng = random.Random(seed)
    for place in rng.sample(range(len(image)), 80):
        spoilt = bytearray(image)
        spoilt[place] ^= 1 << rng.randrange(8)
        written.file.write_bytes(spoilt)
        try:
            found = await written.verified()
            store = await open_store(str(written.file), data_dir=written.file.parent)
        except StoreError:
            continue
        if found.ok:
            assert await store.journal_scan(0, 20) == genuine, place
        await store.close()


def test_the_merkle_root_is_that_of_rfc_6962() -> None:
    # Leaves of one byte each; roots computed with the recursive definition of section 2.1.
    def recursive(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return hashlib.sha256(b"\x00" + leaves[0]).digest()
        split = 1
        while split * 2 < len(leaves):
            split *= 2
        left, right = recursive(leaves[:split]), recursive(leaves[split:])
        return hashlib.sha256(b"\x01" + left + right).digest()

    for size in range(1, 40):
        leaves = [bytes([number]) for number in range(size)]
        assert chain.merkle_root([leaf.hex() for leaf in leaves]) == recursive(leaves).hex()
