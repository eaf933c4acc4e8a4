"""`make-api-sandbox`: serve a world over HTTP, start it over, make tokens."""

import argparse
import logging
import signal
import socket
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from make_api_sandbox.app import create_app
from make_api_sandbox.clock import EPOCH
from make_api_sandbox.mount import default_world_path
from make_api_sandbox.seeding import populate, start_over
from make_api_sandbox.tokens import ensure_owner_token, mint, owner_id
from make_api_sandbox.world import World, WorldError

DEFAULT_PORT = 8555
SHUTDOWN_SECONDS = 1


class CommandError(Exception):
    """A command that cannot be done; the message is one line for a person."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Args:
        arguments: Without the program's name; those of the process when None.
    """
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (CommandError, WorldError) as error:
        _say(f"make-api-sandbox: {error}")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make-api-sandbox", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve the world over HTTP until stopped")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serve.add_argument("--port", type=int, default=DEFAULT_PORT, help="port; 0 takes a free one")
    serve.add_argument(
        "--clock", choices=("real", "driven"), help="keep or choose whose time it is"
    )
    serve.set_defaults(run=_serve)
    reset = commands.add_parser("reset", help="empty the world and seed it again")
    reset.set_defaults(run=_reset)
    token = commands.add_parser("token", help="print a new token")
    token.add_argument("--scope", action="append", help="scope it carries, repeatable (everything)")
    token.set_defaults(run=_token)
    for command in (serve, reset):
        command.add_argument("--seed", type=int, help="what the world is made from (1)")
    for command in (serve, reset, token):
        command.add_argument(
            "--world", type=Path, help=f"file ({default_world_path()}) or :memory:"
        )
    return parser


def _open(options: argparse.Namespace) -> World:
    return World.open(options.world or default_world_path())


def _reset(options: argparse.Namespace) -> None:
    world = _open(options)
    seed = options.seed if options.seed is not None else world.setting("seed")
    start_over(world, seed)
    _say(f"World {world.path or 'in memory'} starts over from seed {seed}.")


def _token(options: argparse.Namespace) -> None:
    world = _open(options)
    populate(world)
    scopes = options.scope or ["*"]
    sys.stdout.write(mint(world, owner_id(world), scopes, label="command line") + "\n")


def _serve(options: argparse.Namespace) -> None:
    world = _open(options)
    _prepare(world, options)
    listener = _listen(options.host, options.port)
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    app = create_app(world, public_url=url, in_process=False)
    config = uvicorn.Config(
        app,
        log_level="error",
        lifespan="on",
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_unintended)
    _say(_banner(url, world))
    try:
        _Server(config).run(sockets=[listener])
    finally:
        listener.close()
        world.close()


def _prepare(world: World, options: argparse.Namespace) -> None:
    """Choose the clock and seed a new world; a seed for a world that is lived in is refused."""
    if options.clock == "real":
        world.clock.release()
    elif options.clock == "driven" and world.clock.mode == "real":
        world.clock.freeze(EPOCH)
    if options.seed is not None and world.is_empty:
        start_over(world, options.seed)
    elif options.seed not in (None, world.setting("seed")):
        raise CommandError("the world was made from another seed; run `make-api-sandbox reset`")
    populate(world)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(f"cannot listen on {host}:{port}: {reason}") from error


def _is_unintended(record: logging.LogRecord) -> bool:
    """Keep quiet about connections that a fault lost on purpose."""
    return "without completing response" not in record.getMessage()


class _Server(uvicorn.Server):
    """Ends normally on SIGINT and SIGTERM instead of raising the signal again afterwards."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Turn both signals into an orderly end while serving."""
        signals = (signal.SIGINT, signal.SIGTERM)
        former = {one: signal.signal(one, self.handle_exit) for one in signals}
        try:
            yield
        finally:
            for one, handler in former.items():
                signal.signal(one, handler)


def _banner(url: str, world: World) -> str:
    return (
        f"Make API sandbox\n"
        f"  MAKE_BASE_URL={url}/api/v2\n"
        f"  MAKE_API_KEY={ensure_owner_token(world)}\n"
        f"  world {world.path or 'in memory'}, clock {world.clock.mode}; control: {url}/_sandbox/"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
