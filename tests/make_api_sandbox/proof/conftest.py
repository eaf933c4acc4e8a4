"""The seeded company behind HTTPS, and Make's own clients before it."""

import shutil
import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from make_api_sandbox.app import create_app
from make_api_sandbox.tls import Certificate, TlsError, certificate
from make_api_sandbox.tokens import OWNER_TOKEN
from make_api_sandbox.world import World

from .node import AbsentError, Node, prepare

ENTERPRISE = {
    "apiLimit": 100_000,
    "customFunctions": True,
    "customVariables": True,
    "creatingTemplates": True,
    "customProperties": 100,
    "onPremAgent": True,
}
"""What the plans of the seeded organizations lack of the features shown here."""


@dataclass(frozen=True)
class Served:
    """A sandbox on a port of this machine, in this process."""

    world: World
    zone: str
    """What a client of Make takes as its zone: host and port."""
    trusted: Path
    """The certificate to trust."""


@pytest.fixture(scope="session")
def served(seeded_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    folder = tmp_path_factory.mktemp("served")
    try:
        proof = certificate(folder / "tls")
    except TlsError as error:
        pytest.skip(str(error))
    path = folder / "world.db"
    shutil.copy(seeded_world, path)
    world = World.open(path)
    with _listening(world, proof) as zone:
        change = {"licenses": {"1": ENTERPRISE, "2": ENTERPRISE}}
        answer = httpx.patch(f"https://{zone}/_sandbox/world", json=change, verify=_trust(proof))
        assert answer.is_success, answer.text
        yield Served(world, zone, proof.certificate)
    world.close()


@contextmanager
def _listening(world: World, proof: Certificate | None = None) -> Generator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    zone = f"127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        create_app(world, public_url=f"{'https' if proof else 'http'}://{zone}", in_process=False),
        log_level="error",
        lifespan="on",
        ssl_certfile=proof.certificate if proof else None,
        ssl_keyfile=proof.key if proof else None,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield zone
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _trust(proof: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=proof.certificate)


@pytest.fixture
def plain_zone(served: Served) -> Generator[str]:
    """The same world without HTTPS."""
    with _listening(served.world) as zone:
        yield zone


@pytest.fixture(scope="session")
def node(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Make's SDK and command line, pointed at the sandbox as their documentation says."""
    environment = {
        "MAKE_API_KEY": OWNER_TOKEN,
        "MAKE_ZONE": served.zone,
        "NODE_EXTRA_CA_CERTS": str(served.trusted),
    }
    try:
        return prepare(tmp_path_factory.mktemp("node"), environment)
    except AbsentError as absent:
        pytest.skip(str(absent))
