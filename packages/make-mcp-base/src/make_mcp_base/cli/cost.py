"""`cost`: what the listed tools cost a model's context, in tokens (o200k)."""

from __future__ import annotations

import json
import sys
import warnings
from typing import TYPE_CHECKING, Any

from make_mcp_base.cli.listing import run_tools
from make_mcp_base.errors import Failure
from make_mcp_base.kernel import Kernel
from make_mcp_base.surface.surface import wire_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from make_mcp_base.app import App
    from make_mcp_base.setup import Setup


def cost(app: App, setup: Setup, *, as_json: bool) -> int:
    """Run the `cost` command; needs no account and no network, but for run tools."""
    count = token_counter()
    kernel = Kernel.of(app, setup)
    tools = wire_list([*kernel.surface.shown(None), *run_tools(kernel)])
    rows: list[dict[str, Any]] = [
        {"tool": tool["name"], "tokens": count(text), "bytes": len(text.encode())}
        for tool, text in ((tool, _compact(tool)) for tool in tools)
    ]
    rows.sort(key=lambda row: -row["tokens"])
    whole = _compact({"tools": tools})
    total = {"tools": len(tools), "tokens": count(whole), "bytes": len(whole.encode())}
    if as_json:
        print(json.dumps({"total": total, "each": rows}, indent=2))  # noqa: T201
        return 0
    from rich.console import Console

    from make_mcp_base.cli.tables import table_of

    Console().print(table_of("tools", rows))
    sys.stderr.write(
        f"{total['tools']} tools, {total['tokens']:,} tokens (o200k), {total['bytes']:,} bytes.\n"
    )
    return 0


def token_counter() -> Callable[[str], int]:
    """Give a function that counts o200k tokens exactly.

    Raises:
        Failure: The tokenizer is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it reads its data the old way
            from bpe_openai import get_encoding  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        raise Failure(
            "Counting tokens needs a tokenizer, which is not installed.",
            next_step="Install it with `uv pip install 'make-mcp-base[cost]'`.",
            code="missing_extra",
        ) from None
    encoding = get_encoding("o200k_base")
    return lambda text: len(encoding.encode(text))


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
