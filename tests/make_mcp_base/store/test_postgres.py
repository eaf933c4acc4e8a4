"""What goes wrong with a server: each fault is one clear sentence, never with a password."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TypeAlias
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from make_mcp_base.store.port import NewEntry, StoreError
from make_mcp_base.store.postgres import open_postgres

pytestmark = pytest.mark.anyio

Step = Callable[..., NewEntry]
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def admin(postgres_uri: str) -> AsyncGenerator[Connection]:
    connection: Connection = await asyncpg.connect(postgres_uri)
    yield connection
    await connection.close()


def schema_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["schema"][0]


async def refused(address: str) -> StoreError:
    with pytest.raises(StoreError) as refusal:
        await open_postgres(address, patience=0.1)
    assert refusal.value.next_step
    return refusal.value


async def test_a_server_that_is_not_there_is_unreachable_and_its_password_stays_secret() -> None:
    refusal = await refused("postgresql://ada:s3cret@127.0.0.1:1/make")
    assert refusal.code == "store_unreachable"
    assert "127.0.0.1:1/make" in refusal.what
    assert "s3cret" not in str(refusal)


@pytest.mark.parametrize(
    "address",
    ["postgresql://ada:pa/ss@db.example.com/make", "postgresql://h/d?schema=a;drop"],
)
async def test_an_address_that_cannot_be_read_is_refused_without_quoting_it(address: str) -> None:
    refusal = await refused(address)
    assert refusal.code == "store_unreachable"
    assert "pa/ss" not in str(refusal)
    assert "drop" not in str(refusal)


async def test_a_database_that_does_not_exist_is_refused(postgres_uri: str) -> None:
    refusal = await refused(postgres_uri.replace("/postgres?", "/nothing_here?"))
    assert refusal.code == "store_unreachable"
    assert "nothing_here" in str(refusal)


async def test_a_schema_with_other_tables_is_refused_and_left_as_it_is(
    postgres_address: str, admin: Connection
) -> None:
    name = schema_of(postgres_address)
    await admin.execute(f"CREATE SCHEMA {name}; CREATE TABLE {name}.bookmark (url text)")
    assert (await refused(postgres_address)).code == "store_foreign"
    tables = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", name)
    assert [row[0] for row in tables] == ["bookmark"]


async def test_a_store_of_a_newer_version_is_refused(
    postgres_address: str, admin: Connection
) -> None:
    await (await open_postgres(postgres_address)).close()
    await admin.execute(f"UPDATE {schema_of(postgres_address)}.store_version SET version = 99")
    refusal = await refused(postgres_address)
    assert refusal.code == "store_newer"
    assert "99" in refusal.what


async def test_a_role_that_may_not_write_is_refused(
    postgres_address: str, postgres_uri: str, admin: Connection
) -> None:
    role = f"reader_{schema_of(postgres_address)}"
    await admin.execute(f"CREATE ROLE {role} LOGIN")
    assert (await refused(postgres_address.replace("postgres:@", f"{role}@"))).code == (
        "store_read_only"
    )
    await admin.execute(f"DROP ROLE {role}")


async def test_a_broken_connection_is_reported_and_replaced(
    postgres_address: str, admin: Connection, step: Step
) -> None:
    store = await open_postgres(postgres_address)
    first = await store.journal_append(step())
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'make-mcp'"
    )
    # Whether the pool or the call notices first is a matter of timing; both are correct.
    outcome = (await asyncio.gather(store.journal_append(step("op-2")), return_exceptions=True))[0]
    if isinstance(outcome, BaseException):
        assert isinstance(outcome, StoreError)
        assert (outcome.code, outcome.retryable) == ("store_unreachable", True)
        assert "may have happened" in outcome.effect
    entries = await store.journal_scan(0, 9)
    assert entries[0] == first
    assert (await store.journal_append(step("op-3"))).seq == len(entries) + 1
    await store.close()


async def test_a_lock_that_stays_is_reported_after_the_patience_has_ended(
    postgres_address: str, admin: Connection, step: Step
) -> None:
    store = await open_postgres(postgres_address, patience=0.1)
    async with admin.transaction():
        await admin.execute(f"LOCK TABLE {schema_of(postgres_address)}.journal IN EXCLUSIVE MODE")
        with pytest.raises(StoreError) as refusal:
            await store.journal_append(step())
        assert refusal.value.code == "store_busy"
    assert (await store.journal_append(step())).seq == 1
    await store.close()


async def test_the_journal_refuses_updates_deletions_and_truncation(
    postgres_address: str, admin: Connection, step: Step
) -> None:
    store = await open_postgres(postgres_address)
    await store.journal_append(step())
    journal = f"{schema_of(postgres_address)}.journal"
    for statement in ("DELETE FROM {}", "UPDATE {} SET tool = 'x'", "TRUNCATE {}"):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await admin.execute(statement.format(journal))
    assert len(await store.journal_scan(0, 9)) == 1
    await store.close()


async def test_two_schemas_of_one_database_are_two_stores(
    postgres_address: str, step: Step
) -> None:
    one = await open_postgres(postgres_address)
    other = await open_postgres(postgres_address + "_b")
    await one.journal_append(step())
    assert await other.journal_scan(0, 9) == []
    assert (await other.journal_append(step())).seq == 1
    await one.close()
    await other.close()
