"""Guards requests to addresses that come from arguments.

Such an address may point into the network this server runs in. It is taken apart, resolved once,
and the connection goes to the very address that was checked, so that a name cannot change its
answer in between.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import SplitResult, urlsplit

from make_mcp_base.client.wire import Outgoing, Progress, Received, Wire, WireError, read_within
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

ORDINARY_PORTS = frozenset({80, 443, 8080, 8443})
RESOLVE_SECONDS = 5.0
ANSWER_BYTES = 1_000_000

_ROUTABLE_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SPECIAL_V4 = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("192.88.99.0/24"))
"""Special-purpose networks (RFC 6890) that `is_global` of some Python versions lets through."""

_CLOUD_SERVICES = frozenset({ipaddress.ip_address("168.63.129.16")})
"""Public addresses that reach only the machine's own cloud: Azure's wire server."""

_FORBIDDEN_CHARACTERS = re.compile(r"[\x00-\x20\x7f\\]")


class EgressRefused(Failure):
    """An address from an argument leads where this server must not go."""

    code = "egress_refused"


class OutsideUnreachable(Failure):
    """An allowed outside address could not be resolved or did not answer."""

    code = "outside_unreachable"


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """What the operator allows beyond public addresses.

    Attributes:
        hosts: `host` or `host:port`; such a host may have any address, and any port when none is
            named.
        networks: Networks whose addresses are allowed although they are not public.
        ports: Ports that need no entry in `hosts`.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = ORDINARY_PORTS

    @classmethod
    def of(cls, entries: str) -> EgressPolicy:
        """Read a comma-separated list of hosts, hosts with port, and networks.

        Raises:
            ValueError: When an entry with a slash is not a network.
        """
        words = [word.strip().lower() for word in entries.split(",") if word.strip()]
        networks = tuple(ipaddress.ip_network(word) for word in words if "/" in word)
        return cls(frozenset(word for word in words if "/" not in word), networks)

    def trusts(self, host: str, port: int) -> bool:
        """Say whether the operator named this host and port."""
        return host in self.hosts or f"{host}:{port}" in self.hosts

    def allows(self, address: Address) -> bool:
        """Say whether an address may be reached."""
        return is_public(address) or any(address in network for network in self.networks)


PUBLIC_ONLY = EgressPolicy()


@dataclass(frozen=True, slots=True)
class Destination:
    """A checked address.

    Attributes:
        url: The URL as it was given.
        host: Host name in lower case.
        port: Port.
        address: The one IP address to connect to.
    """

    url: str = field(repr=False)
    host: str
    port: int
    address: str


async def system_addresses(host: str, port: int) -> list[str]:
    """Resolve a host with the operating system. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: Address) -> bool:
    """Say whether an address is one of the public internet, seen through every IPv6 wrapping."""
    inner = _unwrapped(address)
    if inner in _CLOUD_SERVICES or inner.is_multicast or inner.is_reserved:
        return False
    if isinstance(inner, ipaddress.IPv6Address) and inner not in _ROUTABLE_V6:
        return False
    if any(inner in network for network in _SPECIAL_V4):
        return False
    return inner.is_global


async def check_url(
    url: str,
    policy: EgressPolicy = PUBLIC_ONLY,
    *,
    resolve: Callable[[str, int], Awaitable[list[str]]] = system_addresses,
) -> Destination:
    """Check an address from an argument and pin it.

    Args:
        url: An http or https URL.
        policy: What the operator allows.
        resolve: Finds the IP addresses of a host and port.

    Raises:
        EgressRefused: When the URL is malformed, carries credentials, uses an unusual port, or any
            of its addresses is not public.
        OutsideUnreachable: When the host does not resolve.
    """
    host, port = _taken_apart(url)
    trusted = policy.trusts(host, port)
    if not trusted and port not in policy.ports:
        raise _refused(f"port {port} is not one of {', '.join(map(str, sorted(policy.ports)))}")
    addresses = await _resolved(host, port, resolve)
    if not trusted and (bad := [each for each in addresses if not policy.allows(each)]):
        raise _refused(f"{host} leads to {bad[0]}, which is not a public address")
    return Destination(url, host, port, str(addresses[0]))


async def send_outside(
    method: str,
    destination: Destination,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    limit: float = 15.0,
    max_bytes: int = ANSWER_BYTES,
    wire: Wire | None = None,
) -> Received:
    """Send one request to a checked destination: once, to the pinned address, without redirects.

    Args:
        method: HTTP method.
        destination: What `check_url` returned.
        headers: Headers to send; none of ours is added but the user agent.
        content: Body.
        limit: Seconds for the whole exchange.
        max_bytes: Byte budget of the answer.
        wire: Sends it; a fresh httpx client, without proxies, when None.

    Raises:
        OutsideUnreachable: When no complete answer came within the limit.
    """
    from make_mcp_base.client.transport import HttpxWire

    sender = wire or HttpxWire(trust_env=False)
    outgoing = Outgoing(
        method.upper(),
        destination.url.partition("#")[0],
        {"user-agent": "make-mcp-base", **(headers or {})},
        content,
        limit,
        destination.address,
    )
    try:
        async with asyncio.timeout(limit), sender.open(outgoing, Progress()) as incoming:
            return await read_within(incoming, max_bytes)
    except (WireError, TimeoutError) as error:
        raise _no_answer(destination.host, limit, error) from error
    finally:
        if wire is None:
            await sender.aclose()


async def read_outside(
    url: str,
    *,
    configured: bool = False,
    headers: Mapping[str, str] | None = None,
    limit: float = 15.0,
) -> Received:
    """Read from an address outside Make.

    Args:
        url: An http or https URL.
        configured: True when the operator named its host, which may then have any address. Never
            for one that came from an argument.
        headers: Headers to send.
        limit: Seconds for the whole exchange.

    Raises:
        EgressRefused: As `check_url`.
        OutsideUnreachable: As `check_url` and `send_outside`.
    """
    host, port = _taken_apart(url)
    policy = EgressPolicy(frozenset({f"{host}:{port}"})) if configured else PUBLIC_ONLY
    destination = await check_url(url, policy)
    return await send_outside("GET", destination, headers=headers, limit=limit)


def _taken_apart(url: str) -> tuple[str, int]:
    if _FORBIDDEN_CHARACTERS.search(url):
        raise _refused("it holds a space, a backslash or a control character")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(f"it is malformed: {error}") from error
    if parts.scheme not in {"http", "https"}:
        raise _refused("only http and https are used")
    if "@" in parts.netloc:
        raise _refused("it carries a user name or password")
    return _host_of(parts), (443 if parts.scheme == "https" else 80) if port is None else port


def _host_of(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host or "%" in host:
        raise _refused("it names no host")
    try:
        return host if ":" in host else host.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise _refused("its host name is malformed") from error


async def _resolved(
    host: str, port: int, resolve: Callable[[str, int], Awaitable[list[str]]]
) -> list[Address]:
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await resolve(host, port)
        addresses = [ipaddress.ip_address(each) for each in found]
    except (OSError, ValueError) as error:
        addresses = []
        cause: Exception | None = error
    else:
        cause = None
    if not addresses:
        raise OutsideUnreachable(
            f"{host} does not resolve to an address.",
            next_step="Check the host name in the URL.",
            retryable=True,
        ) from cause
    return addresses


def _unwrapped(address: Address) -> Address:
    """Find the IPv4 address that an IPv6 address stands for, where it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def _refused(reason: str) -> EgressRefused:
    return EgressRefused(
        "This address is not contacted.",
        why=f"Of an address given as an argument, {reason}.",
        next_step="Give a public http or https address, or have the operator of this server allow "
        "the host.",
    )


def _no_answer(host: str, limit: float, error: Exception) -> OutsideUnreachable:
    reason = str(error).rstrip(".") or f"no complete answer within {limit:g} s"
    return OutsideUnreachable(
        f"{host} did not answer.",
        why=f"{reason}.",
        effect="It may have received the request.",
        next_step="Check that the receiver is up before sending again.",
        retryable=False,
    )
