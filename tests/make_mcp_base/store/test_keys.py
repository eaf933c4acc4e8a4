"""The signing key: made once, for its owner only."""

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from make_mcp_base.store.keys import KEY_FILE, signing_key
from make_mcp_base.store.port import StoreError


def test_the_key_is_made_at_first_use_and_stays(tmp_path: Path) -> None:
    place = tmp_path / "data"
    first = signing_key(place)
    signature = first.sign(b"root")
    signing_key(place).public_key().verify(signature, b"root")
    assert [path.name for path in place.iterdir()] == [KEY_FILE]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no mode bits")
def test_only_the_owner_may_read_the_key(tmp_path: Path) -> None:
    signing_key(tmp_path)
    path = tmp_path / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(StoreError) as refusal:
        signing_key(tmp_path)
    assert f"chmod 600 {path}" in refusal.value.next_step


def test_all_who_ask_at_once_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(signing_key, [tmp_path] * 16))
    assert len({key.public_key().public_bytes_raw() for key in keys}) == 1


@pytest.mark.parametrize("content", [b"", b"not a key", b"\xff" * 40])
def test_a_damaged_key_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StoreError, match=KEY_FILE):
        signing_key(tmp_path)
    assert path.read_bytes() == content


def test_a_place_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as refusal:
        signing_key(tmp_path / "file")
    assert refusal.value.next_step
