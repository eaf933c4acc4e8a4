"""Which store is opened, and what is imported for it."""

# ruff: noqa: ASYNC240  # a test has no other task that a file operation could hold up

import subprocess
import sys
from pathlib import Path

import pytest
from make_mcp_base.store.open import open_store
from make_mcp_base.store.port import StoreError

pytestmark = pytest.mark.anyio


def fresh(code: str, *arguments: str) -> str:
    """Run code in an interpreter that has imported nothing of ours."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


async def test_without_an_address_the_store_lies_in_the_data_directory(tmp_path: Path) -> None:
    store = await open_store(None, data_dir=tmp_path / "new" / "data")
    health = await store.health()
    await store.close()
    assert health.location == str(tmp_path / "new" / "data" / "store.sqlite3")


@pytest.mark.parametrize("form", ["{}", "sqlite://{}", "sqlite:///{}"])
async def test_a_path_and_a_sqlite_address_name_a_file(tmp_path: Path, form: str) -> None:
    file = tmp_path / "my store.sqlite3"
    written = str(file).replace(" ", "%20") if "://" in form else str(file)
    store = await open_store(form.format(written), data_dir=tmp_path)
    await store.close()
    assert file.exists()


async def test_memory_makes_no_file(tmp_path: Path) -> None:
    store = await open_store(":memory:", data_dir=tmp_path)
    await store.close()
    assert list(tmp_path.iterdir()) == []


async def test_another_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="mysql") as refusal:
        await open_store("mysql://root@localhost/db", data_dir=tmp_path)
    assert "MAKE_MCP_STORE_URL" in refusal.value.next_step


def test_a_missing_driver_names_the_extra_to_install() -> None:
    code = """
import asyncio, sys
from pathlib import Path
sys.modules["asyncpg"] = None
from make_mcp_base.store.open import open_store
from make_mcp_base.store.port import StoreError
try:
    asyncio.run(open_store("postgresql://localhost/make", data_dir=Path()))
except StoreError as refusal:
    print(refusal.code, refusal.next_step)
"""
    assert fresh(code) == "store_extra_missing Run: pip install 'make-mcp-base[postgres]'\n"


@pytest.mark.parametrize("module", ["port", "open", "chain", "keys"])
def test_importing_loads_no_driver_and_no_cryptography(module: str) -> None:
    code = f"""
import sys
import make_mcp_base.store.{module}
print([name for name in ("sqlite3", "asyncpg", "cryptography", "pydantic") if name in sys.modules])
"""
    assert fresh(code) == "[]\n"


def test_a_file_store_loads_neither_asyncpg_nor_cryptography(tmp_path: Path) -> None:
    code = """
import asyncio, sys
from pathlib import Path
from make_mcp_base.store.open import open_store
asyncio.run(open_store(None, data_dir=Path(sys.argv[1])))
print([name for name in ("asyncpg", "cryptography") if name in sys.modules])
"""
    assert fresh(code, str(tmp_path)) == "[]\n"
