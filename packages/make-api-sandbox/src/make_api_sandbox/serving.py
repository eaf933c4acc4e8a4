"""A real server before a world: how it is configured, and one that runs beside a test."""

import logging
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from make_api_sandbox.tls import Certificate

SHUTDOWN_SECONDS = 1
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where a socket that listens on every address is reached."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        OSError: The address cannot be had.
        OverflowError: The port is no port.
    """
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family)


def url_of(listener: socket.socket, scheme: str = "http") -> str:
    """The address under which this machine reaches a listening socket, without a slash."""
    address: tuple[str, int] = listener.getsockname()[:2]
    host, port = address
    host = EVERYWHERE.get(host, host)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def configuration(app: Starlette, tls: Certificate | None = None) -> uvicorn.Config:
    """How the sandbox is served: quietly, ending soon when told to, the date left to the world.

    Args:
        app: The sandbox.
        tls: For HTTPS, the certificate to serve with.
    """
    logging.getLogger("uvicorn.error").addFilter(_is_unintended)
    return uvicorn.Config(
        app,
        log_level="error",
        lifespan="on",
        ws="none",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )


@contextmanager
def in_a_thread(app: Starlette, listener: socket.socket) -> Generator[None]:
    """Serve an application from another thread for as long as the block lasts."""
    server = uvicorn.Server(configuration(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _is_unintended(record: logging.LogRecord) -> bool:
    """Keep quiet about connections that a fault lost on purpose."""
    return "without completing response" not in record.getMessage()
