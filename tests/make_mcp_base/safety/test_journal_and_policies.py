"""The journal shows any tampering; policies judge a plan and a real run alike; addresses inside
the network are never called."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from make_mcp_base.safety.policy import Mode, Verdict
from make_mcp_base.store.chain import Verified, verify
from make_mcp_base.store.keys import signing_key
from make_mcp_base.store.open import STORE_FILE, open_store

if TYPE_CHECKING:
    from harness import Company, Connect
    from make_mcp_base.calls.requests import Write

pytestmark = pytest.mark.anyio

NAME = "Journalled in plain sight"


@pytest.fixture
async def place(connect: Connect) -> Path:
    """Directory of a store in which two changes were recorded and checkpointed."""
    async with connect() as server:
        await server.call("team_create", name=NAME, organization_id=1)
        await server.call("team_create", name=f"{NAME} too", organization_id=1)
        return server.kernel.place


async def verified(place: Path) -> Verified:
    store = await open_store(None, data_dir=place)
    try:
        return await verify(store, place / "checkpoints.jsonl", signing_key(place).public_key())
    finally:
        await store.close()


@asynccontextmanager
async def tampered(place: Path) -> AsyncGenerator[sqlite3.Connection]:
    """The database behind the store's back, its own guards taken away."""
    with closing(sqlite3.connect(place / STORE_FILE)) as database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        yield database
        database.commit()


async def test_an_untouched_journal_verifies(place: Path) -> None:
    found = await verified(place)
    assert found.problems == []
    assert found.entries == 8
    assert found.checkpoints >= 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET body = replace(body, 'plain', 'plane') WHERE kind = 'opened'",
        "UPDATE journal SET at = at + 1 WHERE seq = 2",
        "UPDATE journal SET tool = 'team_list' WHERE seq = 3",
        "UPDATE journal SET kind = 'failed' WHERE kind = 'done'",
        "UPDATE journal SET account = 'somebody else' WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 2",
        "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)",
        "DELETE FROM journal",
        "UPDATE journal SET hash = previous_hash WHERE seq = 4",
        "INSERT INTO journal SELECT 99, 'op_0', 'note', account, tool, at, body, hash, hash"
        " FROM journal WHERE seq = 1",
    ],
)
async def test_a_change_behind_the_stores_back_is_shown(place: Path, statement: str) -> None:
    async with tampered(place) as database:
        assert database.execute(statement).rowcount
    assert (await verified(place)).problems


async def test_one_changed_byte_in_the_file_is_shown(place: Path) -> None:
    with closing(sqlite3.connect(place / STORE_FILE)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = place / STORE_FILE
    content = bytearray(file.read_bytes())
    at = content.index(NAME.encode())
    content[at] ^= 0x01
    file.write_bytes(content)
    assert (await verified(place)).problems


async def test_a_changed_or_shortened_checkpoint_file_is_shown(place: Path) -> None:
    marks = place / "checkpoints.jsonl"
    whole = marks.read_bytes()
    for wrong in (whole.replace(b'"seq":8', b'"seq":7'), whole[: len(whole) // 2]):
        assert wrong != whole
        marks.write_bytes(wrong)
        assert (await verified(place)).problems
    marks.write_bytes(whole)
    assert (await verified(place)).problems == []


async def test_another_key_did_not_sign_it(place: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    store = await open_store(None, data_dir=place)
    other = signing_key(tmp_path / "other").public_key()
    found = await verify(store, place / "checkpoints.jsonl", other)
    await store.close()
    assert found.problems


# Policies


@dataclass
class Gate:
    """Finds one breach in every write whose body holds a word."""

    mode: Mode
    word: str = "forbidden"
    judged: list[str] = field(default_factory=list[str])

    async def judge(self, tool: str, write: Write) -> Sequence[Verdict]:
        self.judged.append(f"{tool} {write.request.method}")
        if self.word not in str(write.request.body):
            return ()
        return (Verdict("names", self.mode, f"The name holds “{self.word}”."),)


async def teams_of(company: Company) -> list[str]:
    return [t["name"] for t in (await company.get("/teams", organizationId=1))["teams"]]


@pytest.mark.parametrize("dry_run", [True, False], ids=["plan", "real"])
async def test_an_enforced_policy_refuses_a_plan_and_a_real_run_alike(
    connect: Connect, company: Company, dry_run: bool
) -> None:
    async with connect() as server:
        server.kernel.policies = Gate("enforce")
        told = await server.call(
            "team_create", name="A forbidden team", organization_id=1, dry_run=dry_run
        )
        assert told.error["code"] == "policy"
        assert [p["path"] for p in told.error["problems"]] == ["names"]
        fine = await server.call("team_create", name="A fine team", organization_id=1)
        assert not fine.result.is_error
    assert "A forbidden team" not in await teams_of(company)
    assert "A fine team" in await teams_of(company)


async def test_a_warning_is_told_by_the_plan_and_by_the_real_run(
    connect: Connect, company: Company
) -> None:
    async with connect() as server:
        server.kernel.policies = gate = Gate("warn")
        arguments = {"name": "A forbidden team", "organization_id": 1}
        planned = await server.call("team_create", **arguments, dry_run=True)
        done = await server.call("team_create", **arguments)
        assert planned.data["plan"]["warnings"] == done.data["warnings"]
        assert "Policy names" in done.data["warnings"][0]
        assert gate.judged == ["team_create POST"] * 2
    assert "A forbidden team" in await teams_of(company)


async def test_an_audited_policy_stops_nothing_and_leaves_a_note_in_the_journal(
    connect: Connect, company: Company
) -> None:
    async with connect() as server:
        server.kernel.policies = gate = Gate("audit")
        arguments = {"name": "A forbidden team", "organization_id": 1}
        planned = await server.call("team_create", **arguments, dry_run=True)
        done = await server.call("team_create", **arguments)
        assert "warnings" not in planned.data["plan"]
        assert "warnings" not in done.data
        assert len(gate.judged) == 2
        detail = await server.call("operation_get", operation_id=done.data["operation_id"])
        noted = detail.data["steps"][0]["policies"]
        assert [(note["policy"], note["mode"]) for note in noted] == [("names", "audit")]
    assert "A forbidden team" in await teams_of(company)


async def test_a_policy_that_came_after_the_plan_still_stops_it(
    connect: Connect, company: Company
) -> None:
    async with connect() as server:
        team = (await server.call("team_create", name="Doomed", organization_id=1)).data["team"]
        planned = await server.call("team_delete", team_id=team["id"])
        server.kernel.policies = Gate("enforce", word="None")
        told = await server.call(
            "team_delete", team_id=team["id"], plan_id=planned.data["plan"]["plan_id"]
        )
        assert told.error["code"] == "policy"
    assert "Doomed" in await teams_of(company)


# Egress


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:22/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
        "file:///etc/passwd",
        "gopher://example.com/",
    ],
)
async def test_an_address_inside_the_network_is_never_called(
    connect: Connect, company: Company, url: str
) -> None:
    hooks = (await company.get("/hooks", teamId=1))["hooks"]
    hook = next(h for h in hooks if h["typeName"] == "gateway-webhook" and h["enabled"])
    lie = {
        "path": f"^/api/v2/hooks/{hook['id']}$",
        "status": 200,
        "body": {"hook": hook | {"url": url}},
    }
    await company.control("POST", "/faults", lie)
    async with connect() as server:
        told = await server.call("hook_send_test", hook_id=hook["id"], body={"a": 1})
        assert told.error["code"] == "egress_refused"


def open_to_others(folder: Path) -> list[str]:
    """Files of a store that somebody else on this machine may read."""
    kept = [f for f in folder.iterdir() if f.suffix in {".pem", ".key", ".sqlite3"}]
    assert kept
    return [f.name for f in kept if f.stat().st_mode & 0o077]


async def test_the_store_directory_is_for_its_owner_alone(place: Path) -> None:
    assert open_to_others(place) == []
