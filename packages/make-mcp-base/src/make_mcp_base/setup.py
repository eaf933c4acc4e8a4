"""What the command line and the environment decided about one process."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from make_mcp_base.surface.selection import Selection, from_environment, split_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_mcp_base.client.settings import ClientSettings

DATA_VARIABLE = "MAKE_MCP_DATA_DIR"
STORE_VARIABLE = "MAKE_MCP_STORE_URL"
RUN_TOOLS_VARIABLE = "MAKE_MCP_RUN_TOOLS"


@dataclass(frozen=True, slots=True)
class Setup:
    """Choices of one process.

    Attributes:
        selection: Which tools.
        sandbox: Location of the sandbox's world ("" for the user's own); None for real Make.
        data_dir: Where files are kept.
        store_url: PostgreSQL URL of the store; "" for a file.
        run_tools: Scenarios that are tools of their own, as the operator named them.
        environment: Environment variables, for the Make client.
        elicit: False to give plans back even to clients that could ask their user.
    """

    selection: Selection = field(default_factory=Selection)
    sandbox: str | None = None
    data_dir: Path = field(default_factory=lambda: default_data_dir(os.environ))
    store_url: str = ""
    run_tools: tuple[str, ...] = ()
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
            run_tools=split_names(found.get(RUN_TOOLS_VARIABLE, "")),
            environment=dict(found),
        )

    @property
    def rights_file(self) -> Path | None:
        """File that keeps the token's rights; None where there is nothing to keep them of.

        Its name tells nothing about the token, its content neither.
        """
        token = self.environment.get("MAKE_API_KEY", "").strip()
        if self.sandbox is not None or not token:
            return None
        zone = self.environment.get("MAKE_ZONE") or self.environment.get("MAKE_BASE_URL") or ""
        return self.data_dir / "accounts" / f"{account_digest(token, zone.strip())}.json"

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
    import hashlib

    return hashlib.sha256(f"{host}\n{token}".encode()).hexdigest()[:16]
