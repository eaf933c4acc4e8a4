"""The key that signs checkpoints: one file beside the store, made at first use."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from make_mcp_base.store.port import StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE = "journal-key.pem"


def signing_key(data_dir: Path) -> Ed25519PrivateKey:
    """Return the Ed25519 key of a data directory, making it when there is none.

    The file is readable by its owner only (mode 0600) and appears whole or not at all, also when
    several processes ask for the first time at once.

    Raises:
        StoreError: When the file cannot be written or read, is open to others, or is no key.
    """
    path = data_dir / KEY_FILE
    try:
        if not path.exists():
            _create(path)
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise _refusal(path, "Other users may read it.", f"Run: chmod 600 {path}")
        return _load(path)
    except OSError as error:
        raise _refusal(
            path, f"{error}.", "Make the data directory writable, and some room."
        ) from error


def _load(path: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    keep = "Put the file back from a backup; without it old checkpoints cannot be verified."
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise _refusal(path, "It holds no readable key.", keep) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _refusal(path, "It holds another kind of key.", keep)
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_new_pem())
            file.flush()
            os.fsync(file.fileno())
        _publish(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, path: Path) -> None:
    """Give the draft its name, unless another process was faster."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return


def _new_pem() -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _refusal(path: Path, why: str, next_step: str) -> StoreError:
    return StoreError(f"The signing key {path} cannot be used.", why=why, next_step=next_step)
