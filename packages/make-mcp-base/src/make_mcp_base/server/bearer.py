"""The static bearer token of the HTTP server: shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOKEN_VARIABLE = "MAKE_MCP_AUTH_TOKEN"
HASH_VARIABLE = "MAKE_MCP_AUTH_TOKEN_SHA256"
FILE = "http-token.sha256"
_SHORTEST = 24


def new_token(data_dir: Path) -> str:
    """Make a token, keep its hash (file mode 0600), and give it to be shown once.

    Raises:
        Failure: The data directory cannot be written.
    """
    token = f"mmcp_{secrets.token_urlsafe(32)}"
    path = data_dir / FILE
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(_hash(token))
    except OSError as error:
        raise Failure(
            f"The token's hash cannot be kept in {path}.",
            why=f"{error}.",
            next_step="Make the directory writable, or set MAKE_MCP_DATA_DIR.",
            code="refused_to_start",
        ) from error
    return token


def expected_hash(environment: Mapping[str, str], data_dir: Path) -> str | None:
    """Find the hash of the token that clients must send, or None when none was set up.

    Raises:
        Failure: The one that was set up is too weak or malformed.
    """
    if given := environment.get(HASH_VARIABLE, "").strip().lower():
        if len(given) != 64 or set(given) - set("0123456789abcdef"):
            raise _weak(f"{HASH_VARIABLE} is not a SHA-256 in 64 hex digits.")
        return given
    if token := environment.get(TOKEN_VARIABLE, ""):
        if len(token) < _SHORTEST:
            raise _weak(f"{TOKEN_VARIABLE} has fewer than {_SHORTEST} characters.")
        return _hash(token)
    path = data_dir / FILE
    return path.read_text().strip() if path.is_file() else None


def matches(authorization: str, expected: str) -> bool:
    """Compare an Authorization header with the expected hash, in constant time."""
    scheme, _, token = authorization.partition(" ")
    right = hmac.compare_digest(_hash(token.strip()), expected)
    return right and scheme.lower() == "bearer"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _weak(why: str) -> Failure:
    return Failure(
        "The server was not started.",
        why=why,
        next_step="Make a good token with `serve --new-token`.",
        code="refused_to_start",
    )
