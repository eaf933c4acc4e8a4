"""`call`: one tool from the shell, as a table for people and as JSON for pipes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio

from make_mcp_base.calls.dispatch import UnknownToolError
from make_mcp_base.calls.dispatch import call as dispatch
from make_mcp_base.cli.main import FAILED, UNCONFIRMED, USAGE, exit_code
from make_mcp_base.errors import Failure, Problem
from make_mcp_base.kernel import Kernel

if TYPE_CHECKING:
    import argparse

    from make_mcp_base.app import App
    from make_mcp_base.calls.answer import Answer
    from make_mcp_base.setup import Setup


def call(app: App, setup: Setup, chosen: argparse.Namespace) -> int:
    """Run the `call` command."""
    arguments = read_arguments(chosen.arguments)
    as_table = chosen.table or (sys.stdout.isatty() and not chosen.json)
    return anyio.run(_call, app, setup, chosen.tool, arguments, as_table)


def read_arguments(words: list[str]) -> dict[str, Any]:
    """Read `key=value`, `key:=JSON` and a single JSON object.

    Raises:
        Failure: A word is none of these.
    """
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for word in words:
        try:
            found |= _argument(word)
        except ValueError as wrong:
            problems.append(Problem(word[:60], str(wrong)))
    if problems:
        raise Failure(
            "The arguments cannot be read.",
            next_step="Write key=value, key:=JSON (numbers, lists, objects), or one JSON object.",
            code="invalid_arguments",
            problems=problems,
        )
    return found


def _argument(word: str) -> dict[str, Any]:
    if word.lstrip().startswith("{"):
        value = json.loads(word)
        if not isinstance(value, dict):
            raise ValueError("is not a JSON object.")
        return value  # pyright: ignore[reportUnknownVariableType]
    key, separator, text = word.partition("=")
    if not separator or not key:
        raise ValueError("has no `=`.")
    if key.endswith(":"):
        return {key[:-1]: json.loads(text)}
    return {key: text}


async def _call(
    app: App, setup: Setup, tool: str, arguments: dict[str, Any], as_table: bool
) -> int:
    kernel = Kernel.of(app, replace(setup, elicit=False))
    try:
        return await _run(kernel, tool, arguments, as_table)
    except UnknownToolError as unknown:
        sys.stderr.write(f"{unknown}\nList the tools with `{app.name} tools`.\n")
        return USAGE
    finally:
        await kernel.aclose()


async def _run(kernel: Kernel, tool: str, arguments: dict[str, Any], as_table: bool) -> int:
    from make_mcp_base.cli.tables import Progress, show

    with Progress(enabled=sys.stderr.isatty()) as caller:
        result = await dispatch(kernel, tool, arguments, caller)
    if result.is_error:
        return _failed(result, as_json=not as_table)
    if as_table:
        show(result.data)
    else:
        print(json.dumps(result.data, ensure_ascii=False, indent=2))  # noqa: T201
    if not result.plan_id:
        return 0
    if not (as_table and sys.stdin.isatty() and _agrees()):
        return UNCONFIRMED
    return await _run(kernel, tool, arguments | {"plan_id": result.plan_id}, as_table)


def _failed(result: Answer, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(result.data, ensure_ascii=False, indent=2))  # noqa: T201
    sys.stderr.write(f"{result.text}\n")
    error = result.data.get("error", {})
    failure = Failure(str(error.get("what")), next_step="", code=str(error.get("code")))
    return exit_code(failure) or FAILED


def _agrees() -> bool:
    sys.stderr.write("Apply this plan? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
