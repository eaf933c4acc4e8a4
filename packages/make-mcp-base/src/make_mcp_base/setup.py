"""What the command line and the environment decided about one process."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from make_mcp_base.surface.selection import Selection, from_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_mcp_base.client.settings import ClientSettings

DATA_VARIABLE = "MAKE_MCP_DATA_DIR"
STORE_VARIABLE = "MAKE_MCP_STORE_URL"


@dataclass(frozen=True, slots=True)
class Setup:
    """Choices of one process.

    Attributes:
        selection: Which tools.
        sandbox: Location of the sandbox's world ("" for the user's own); None for real Make.
        data_dir: Where files are kept.
        store_url: PostgreSQL URL of the store; "" for a file.
        environment: Environment variables, for the Make client.
        elicit: False to give plans back even to clients that could ask their user.
    """

    selection: Selection = field(default_factory=Selection)
    sandbox: str | None = None
    data_dir: Path = field(default_factory=lambda: default_data_dir(os.environ))
    store_url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    elicit: bool = True

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Setup:
        """Read the choices that have environment variables."""
        found = os.environ if environment is None else environment
        sandbox = found.get("MAKE_MCP_SANDBOX")
        if sandbox is not None and sandbox.strip().lower() in {"0", "false", "no", "off"}:
            sandbox = None
        return cls(
            selection=from_environment(found),
            sandbox=None
            if sandbox is None
            else sandbox
            if "/" in sandbox or ":" in sandbox
            else "",
            data_dir=default_data_dir(found),
            store_url=found.get(STORE_VARIABLE, ""),
            environment=dict(found),
        )

    def client_settings(self) -> ClientSettings:
        """Read the settings of the Make client.

        Raises:
            Failure: Something needed is missing or wrong.
        """
        from make_mcp_base.client.settings import ClientSettings

        return ClientSettings.from_environment(self.environment)


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Where files are kept: MAKE_MCP_DATA_DIR, or the user's data directory."""
    if chosen := environment.get(DATA_VARIABLE):
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("make-mcp", appauthor=False)


def account_digest(token: str, host: str) -> str:
    """Name an account without telling its token: 16 hex characters."""
    return hashlib.sha256(f"{host}\n{token}".encode()).hexdigest()[:16]
