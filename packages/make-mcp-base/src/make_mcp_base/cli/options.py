"""The command line's words, and what they decide."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from make_mcp_base.setup import Setup
from make_mcp_base.surface.selection import Selection, split_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_mcp_base.app import App

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]

_LAST_PORT = 65_535
EXIT_CODES = """exit codes:
  0  done
  1  the call failed; the message says what to do
  2  wrong usage: an unknown command, option, tool or argument
  3  the configuration cannot be used (key, zone, data directory)
  4  Make or the network did not answer
  5  nothing was changed: the call waits for its plan to be confirmed
  130  interrupted
"""


def parser_of(app: App) -> argparse.ArgumentParser:
    """Make the parser of an app's command line."""
    parser = argparse.ArgumentParser(
        prog=app.name,
        description=f"{app.title} Without a command it serves MCP on standard input and output.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{app.name} {app.version}")
    for flag, text in app.flags:
        name, _, value = flag.partition(" ")
        if value:
            parser.add_argument(name, metavar=value, help=text)
        else:
            parser.add_argument(name, action="store_true", help=text)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    shared = _shared()
    _add_serve(commands.add_parser("serve", parents=[shared], help="serve MCP (the default)"), app)
    _add_tool_commands(commands, shared)
    _add_setup_commands(commands, shared)
    return parser


def read_words(app: App, argv: list[str]) -> argparse.Namespace:
    """Read a command line; options may stand before, between and after a call's arguments.

    Raises:
        SystemExit: It cannot be read, or asked for help.
    """
    parser = parser_of(app)
    chosen, rest = parser.parse_known_args(with_default_command(argv))
    loose = getattr(chosen, {"call": "arguments", "tools": "query"}.get(chosen.command, ""), None)
    if rest and (loose is None or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest and loose is not None:
        loose += rest
    return chosen


def port(text: str) -> int:
    """Read a port.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no port from 0 to {_LAST_PORT}")
    return int(text)


def _add_serve(serve: argparse.ArgumentParser, app: App) -> None:
    serve.add_argument("--http", action="store_true", help="over Streamable HTTP in place of stdio")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=port, help=f"port to listen on ({app.port}, or PORT)")
    serve.add_argument(
        "--new-token",
        action="store_true",
        help="make the bearer token that clients of --http must send, show it once, and exit",
    )
    serve.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="name under which clients reach the server, for its Host check",
    )


def _add_tool_commands(commands: Commands, shared: argparse.ArgumentParser) -> None:
    tools = commands.add_parser("tools", parents=[shared], help="list the tools, or search them")
    tools.add_argument("query", nargs="*", help="words to search for")
    tools.add_argument("--json", action="store_true", help="as `tools/list` gives them")
    call = commands.add_parser("call", parents=[shared], help="call one tool")
    call.add_argument("tool", help="name of the tool")
    call.add_argument("arguments", nargs="*", help="key=value, key:=JSON, or one JSON object")
    call.add_argument("--json", action="store_true", help="JSON (the default in a pipe)")
    call.add_argument("--table", action="store_true", help="table (the default in a terminal)")


def _add_setup_commands(commands: Commands, shared: argparse.ArgumentParser) -> None:
    doctor = commands.add_parser("doctor", parents=[shared], help="check everything a call needs")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    doctor.add_argument("--fix", action="store_true", help="mend what can be mended here")
    config = commands.add_parser("config", parents=[shared], help="entry for an MCP client")
    config.add_argument("client", nargs="?", help="client; leave out to list them")
    config.add_argument("--write", action="store_true", help="merge into its file, with a backup")
    config.add_argument("--only", default="", metavar="A,B", help="of core, analytics, legacy")
    config.add_argument("--file", type=Path, help="another file than the client's own")
    cost = commands.add_parser("cost", parents=[shared], help="tokens of the listed tools")
    cost.add_argument("--json", action="store_true", help="as JSON")


def _shared() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    group = shared.add_argument_group("which Make")
    group.add_argument(
        "--sandbox",
        metavar="FILE",
        help="a local Make with a living company, no account needed; its world is a file in your"
        " data directory, or FILE (--sandbox=FILE), or :memory:",
    )
    group.add_argument("--zone", help="zone of your organization, such as eu1 (MAKE_ZONE)")
    group.add_argument("--data-dir", type=Path, help="where files are kept (MAKE_MCP_DATA_DIR)")
    choice = shared.add_argument_group("which tools")
    choice.add_argument("--categories", metavar="A,B", help="only these categories")
    choice.add_argument("--tools", metavar="X,Y", help="only these tools")
    choice.add_argument("--exclude-tools", metavar="X,Y", help="never these tools")
    choice.add_argument(
        "--all", action="store_true", help="list every tool, not only everyday ones"
    )
    choice.add_argument(
        "--run-tools",
        metavar="12,folder:7",
        help="scenarios that become tools of their own: ids, folder:ID, team:ID",
    )
    choice.add_argument("--read-only", action="store_true", help="only tools that change nothing")
    return shared


def with_default_command(argv: list[str]) -> list[str]:
    """Put `serve` where no command was given, and give a bare `--sandbox` its empty value."""
    words = ["--sandbox=" if word == "--sandbox" else word for word in argv]
    if any(word in {"-h", "--help", "--version"} for word in words[:1]):
        return words
    if not words or words[0].startswith("-"):
        return ["serve", *words]
    return words


def setup_of(chosen: argparse.Namespace, environment: Mapping[str, str]) -> Setup:
    """Join what the environment and the command line decide; the command line wins."""
    merged = dict(environment)
    if chosen.zone:
        merged["MAKE_ZONE"] = chosen.zone
        merged.pop("MAKE_BASE_URL", None)
    if chosen.data_dir:
        merged["MAKE_MCP_DATA_DIR"] = str(chosen.data_dir)
    setup = Setup.from_environment(merged)
    given = Selection(
        categories=split_names(chosen.categories or ""),
        tools=split_names(chosen.tools or "") if isinstance(chosen.tools, str) else (),
        exclude=split_names(chosen.exclude_tools or ""),
        everything=chosen.all,
        read_only=chosen.read_only,
    )
    selection = replace(
        setup.selection,
        categories=given.categories or setup.selection.categories,
        tools=given.tools or setup.selection.tools,
        exclude=(*setup.selection.exclude, *given.exclude),
        everything=given.everything or setup.selection.everything,
        read_only=given.read_only or setup.selection.read_only,
    )
    sandbox = setup.sandbox if chosen.sandbox is None else chosen.sandbox
    run_tools = split_names(chosen.run_tools or "") or setup.run_tools
    return replace(setup, selection=selection, sandbox=sandbox, run_tools=run_tools)
