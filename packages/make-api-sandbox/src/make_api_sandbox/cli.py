"""`make-api-sandbox`: serve a world over HTTP, start it over, make tokens, tell its secrets."""

import argparse
import json
import signal
import socket
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from make_api_sandbox.app import create_app
from make_api_sandbox.clock import EPOCH
from make_api_sandbox.mount import default_world_path
from make_api_sandbox.seed.licences import PLANS
from make_api_sandbox.seed.telling import tell
from make_api_sandbox.seed.truth import truth
from make_api_sandbox.seeding import Recipe, populate, start_over, subscribe
from make_api_sandbox.serving import configuration, listen, url_of
from make_api_sandbox.tls import Certificate, TlsError, certificate
from make_api_sandbox.tokens import ensure_owner_token, mint, owner_id
from make_api_sandbox.world import World, WorldError

DEFAULT_PORT = 8555
RESET_HINT = "run `make-api-sandbox reset` with the same options"


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
    except (CommandError, TlsError, WorldError) as error:
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
        "--public-url", help="how callers reach it, where that differs from host and port"
    )
    serve.add_argument(
        "--tls", action="store_true", help="speak HTTPS, with a certificate that signs itself"
    )
    serve.set_defaults(run=_serve)
    reset = commands.add_parser("reset", help="empty the world and seed it again")
    reset.set_defaults(run=_reset)
    token = commands.add_parser("token", help="print a new token")
    token.add_argument("--scope", action="append", help="scope it carries, repeatable (everything)")
    token.set_defaults(run=_token)
    truth = commands.add_parser("truth", help="print what is hidden in the seeded company")
    truth.add_argument("--json", action="store_true", help="for programs instead of people")
    truth.set_defaults(run=_truth)
    for command in (serve, reset):
        _add_recipe(command)
    for command in (serve, reset, token, truth):
        command.add_argument(
            "--world", type=Path, help=f"file ({default_world_path()}) or :memory:"
        )
    return parser


def _add_recipe(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", type=int, help="what the world is made from (1)")
    command.add_argument("--scale", type=int, help="times as many runs (1, about 15,000 runs)")
    command.add_argument("--plan", choices=PLANS, help="plan of every organization")
    command.add_argument(
        "--clock", choices=("real", "driven"), help="keep or choose whose time it is"
    )


def _open(options: argparse.Namespace) -> World:
    return World.open(options.world or default_world_path())


def _reset(options: argparse.Namespace) -> None:
    world = _open(options)
    recipe = replace(Recipe.of(world), **_wanted(options))
    _choose_clock(world, options.clock)
    start_over(world, recipe)
    _say(f"World {world.path or 'in memory'} starts over from {_described(recipe)}.")


def _token(options: argparse.Namespace) -> None:
    world = _open(options)
    populate(world)
    scopes = options.scope or ["*"]
    sys.stdout.write(mint(world, owner_id(world), scopes, label="command line") + "\n")


def _truth(options: argparse.Namespace) -> None:
    world = _open(options)
    populate(world)
    try:
        found = truth(world)
    except LookupError as error:
        raise CommandError(f"{error}; run `make-api-sandbox reset`") from error
    sys.stdout.write(json.dumps(found, indent=2) + "\n" if options.json else tell(world, found))


def _serve(options: argparse.Namespace) -> None:
    world = _open(options)
    _prepare(world, options)
    tls = certificate(default_world_path().parent / "tls", options.host) if options.tls else None
    listener = _listen(options.host, options.port)
    url = (options.public_url or url_of(listener, "https" if tls else "http")).rstrip("/")
    server = _Server(configuration(create_app(world, public_url=url, in_process=False), tls))
    _say(_banner(url, world, tls))
    try:
        server.run(sockets=[listener])
    finally:
        listener.close()
        world.close()


def _wanted(options: argparse.Namespace) -> dict[str, Any]:
    """The parts of the recipe that were asked for."""
    asked = {name: getattr(options, name) for name in ("seed", "scale", "plan")}
    return {name: value for name, value in asked.items() if value is not None}


def _described(recipe: Recipe) -> str:
    plan = f", plan {recipe.plan}" if recipe.plan else ""
    return f"seed {recipe.seed}, scale {recipe.scale}{plan}"


def _choose_clock(world: World, mode: str | None) -> None:
    if mode == "real":
        world.clock.release()
    elif mode == "driven" and world.clock.mode == "real":
        world.clock.freeze(EPOCH)


def _prepare(world: World, options: argparse.Namespace) -> None:
    """Choose clock and plan, and seed a new world; one that is lived in is never made anew."""
    had = Recipe.of(world)
    wanted = replace(had, **_wanted(options))
    if not world.is_empty and (wanted.seed, wanted.scale) != (had.seed, had.scale):
        other = "seed" if wanted.seed != had.seed else "scale"
        raise CommandError(f"the world was made from another {other}; {RESET_HINT}")
    _choose_clock(world, options.clock)
    if world.is_empty:
        start_over(world, wanted)
    elif wanted.plan and wanted.plan != had.plan:
        subscribe(world, wanted.plan)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(f"cannot listen on {host}:{port}: {reason}") from error


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


def _banner(url: str, world: World, tls: Certificate | None) -> str:
    trusted = (
        f"  MAKE_ZONE={url.removeprefix('https://')}\n"
        f"  NODE_EXTRA_CA_CERTS={tls.certificate}\n"
        f"  SSL_CERT_FILE={tls.certificate}\n"
        if tls
        else ""
    )
    return (
        f"Make API sandbox: {url}/\n"
        f"  MAKE_BASE_URL={url}/api/v2\n"
        f"  MAKE_API_KEY={ensure_owner_token(world)}\n"
        f"{trusted}"
        f"  world {world.path or 'in memory'}, {_described(Recipe.of(world))}, clock"
        f" {world.clock.mode}; control: {url}/_sandbox/"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
