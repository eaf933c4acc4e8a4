"""`doctor`: everything a first call needs, checked for real, with what to do about each fault."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import anyio

from make_mcp_base.calls.dispatch import call
from make_mcp_base.cli.tables import Progress, table_of
from make_mcp_base.kernel import Kernel

if TYPE_CHECKING:
    from make_mcp_base.app import App
    from make_mcp_base.setup import Setup


def doctor(app: App, setup: Setup, *, as_json: bool, fix: bool) -> int:
    """Run the `doctor` command; exit code 0 when nothing failed, 1 otherwise."""
    if fix:
        for line in mend(setup):
            sys.stderr.write(f"{line}\n")
    return anyio.run(_doctor, app, setup, as_json)


def mend(setup: Setup) -> list[str]:
    """Mend what can be mended on this machine, and say what was done."""
    try:
        if setup.data_dir.is_dir() and not setup.data_dir.stat().st_mode & 0o077:
            return []
        setup.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        setup.data_dir.chmod(0o700)
    except OSError as error:
        return [f"The data directory cannot be mended: {error}. Set MAKE_MCP_DATA_DIR."]
    return [f"The data directory {setup.data_dir} is there and open to you alone."]


async def _doctor(app: App, setup: Setup, as_json: bool) -> int:
    kernel = Kernel.of(app, setup)
    try:
        result = await call(kernel, "configuration_check", {}, Progress(enabled=False))
    finally:
        await kernel.aclose()
    checks = result.data.get("checks", [])
    if as_json:
        print(json.dumps(result.data, indent=2, ensure_ascii=False))  # noqa: T201
    else:
        from rich.console import Console

        Console().print(table_of(f"{app.name}: {result.data.get('status')}", checks, widest=1_000))
    return 1 if any(check["status"] == "failed" for check in checks) else 0
