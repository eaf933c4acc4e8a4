"""Addresses from arguments: where a request may go, and that it goes there."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from make_mcp_base.client.egress import (
    PUBLIC_ONLY,
    EgressPolicy,
    EgressRefused,
    OutsideUnreachable,
    check_url,
    is_public,
    read_outside,
    send_outside,
)
from make_mcp_base.client.transport import HttpxWire

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import RawServer, WriteHttp

pytestmark = pytest.mark.anyio


class Names:
    """A resolver with fixed answers that counts how often it is asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers


def certificate_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a server's TLS context for a name, and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM
    pem = folder / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(form)
        + key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(pem)
    return own, ssl.create_default_context(cafile=str(pem))


PUBLIC = Names("93.184.215.14")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/x?y=1",
        "http://hooks.example.com",
        "https://hooks.example.com:8443/",
        "https://HOOKS.example.com./",
    ],
)
async def test_a_public_address_is_pinned(url: str) -> None:
    destination = await check_url(url, resolve=PUBLIC)
    assert (destination.host, destination.address) == ("hooks.example.com", "93.184.215.14")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example.com",
        "file:///etc/passwd",
        "gopher://hooks.example.com",
        "//hooks.example.com",
        "hooks.example.com",
        "https://",
        "https://user@hooks.example.com",
        "https://user:pw@hooks.example.com",
        "https://hooks.example.com:22",
        "https://hooks.example.com:0",
        "https://hooks.example.com:99999",
        "https://hooks.example.com\\@10.0.0.1/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nx: y",
        "http://[fe80::1%25eth0]/",
        "http://[::1",
    ],
)
async def test_an_address_of_the_wrong_form_is_refused_unresolved(url: str) -> None:
    names = Names("93.184.215.14")
    with pytest.raises(EgressRefused):
        await check_url(url, resolve=names)
    assert names.asked == 0


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "fec0::1", "2001:db8::1", "::127.0.0.1",
    ],
)  # fmt: skip
async def test_an_address_inside_is_refused_in_every_disguise(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(EgressRefused, match="not a public address"):
        await check_url("https://rebind.example.com", resolve=Names(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(EgressRefused):
        await check_url("https://mixed.example.com", resolve=Names("8.8.8.8", "10.0.0.5"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://localhost/",
    ],
)
async def test_loopback_is_refused_however_the_system_reads_it(url: str) -> None:
    with pytest.raises((EgressRefused, OutsideUnreachable)):
        await check_url(url)


async def test_a_name_that_does_not_resolve_is_told() -> None:
    with pytest.raises(OutsideUnreachable, match="does not resolve"):
        await check_url("https://gone.example.com", resolve=Names())


async def test_the_operator_can_allow_hosts_ports_and_networks() -> None:
    policy = EgressPolicy.of("vault.internal, metrics.internal:9000, 10.2.0.0/16")
    inside = Names("10.9.0.1")
    assert (await check_url("http://vault.internal:8200/v1", policy, resolve=inside)).port == 8200
    assert await check_url("http://metrics.internal:9000/", policy, resolve=inside)
    assert await check_url("http://other.internal/", policy, resolve=Names("10.2.3.4"))
    with pytest.raises(EgressRefused):
        await check_url("http://metrics.internal/", policy, resolve=inside)
    with pytest.raises(EgressRefused):
        await check_url("http://other.internal/", policy, resolve=inside)


async def test_a_request_goes_to_the_checked_address_under_the_given_name(
    raw: RawServer, http: WriteHttp
) -> None:
    raw.replies = [http(b'{"ok":1}')]
    port = int(raw.url.rpartition(":")[2])
    names = Names("127.0.0.1")
    policy = EgressPolicy.of("receiver.example.com")
    url = f"http://receiver.example.com:{port}/in?x=1#part"
    destination = await check_url(url, policy, resolve=names)
    received = await send_outside("post", destination, content=b"{}")
    assert (received.status, received.body) == (200, b'{"ok":1}')
    assert names.asked == 1
    head = raw.heads[0].decode()
    assert head.startswith("POST /in?x=1 HTTP/1.1")
    assert f"host: receiver.example.com:{port}" in head.lower()
    assert "authorization" not in head.lower()


async def test_the_certificate_is_checked_against_the_name_and_not_the_pinned_address(
    raw: RawServer, http: WriteHttp, tmp_path: Path
) -> None:
    own, trust = certificate_for("receiver.example.com", tmp_path)
    listener = await asyncio.start_server(raw.serve, "127.0.0.1", 0, ssl=own)
    port = listener.sockets[0].getsockname()[1]
    raw.replies = [http(b"{}")]
    policy = EgressPolicy.of("receiver.example.com, other.example.com")
    wire = HttpxWire(httpx.AsyncHTTPTransport(verify=trust))
    right, wrong = [
        await check_url(f"https://{name}.example.com:{port}/", policy, resolve=Names("127.0.0.1"))
        for name in ("receiver", "other")
    ]
    assert (await send_outside("GET", right, wire=wire)).status == 200
    with pytest.raises(OutsideUnreachable, match="certificate"):
        await send_outside("GET", wrong, wire=wire)
    await wire.aclose()
    listener.close()


async def test_a_redirect_is_handed_back_and_not_followed(raw: RawServer, http: WriteHttp) -> None:
    raw.replies = [http(b"", "302 Found", f"location: {raw.url}/secret")]
    policy = EgressPolicy.of("127.0.0.1")
    destination = await check_url(f"{raw.url}/in", policy)
    assert (await send_outside("GET", destination)).status == 302
    assert len(raw.methods) == 1


async def test_a_receiver_that_hangs_up_is_asked_once(raw: RawServer) -> None:
    raw.replies = [b""]
    destination = await check_url(raw.url, EgressPolicy.of("127.0.0.1"))
    with pytest.raises(OutsideUnreachable, match="may have received"):
        await send_outside("POST", destination, content=b"{}")
    assert raw.methods == ["POST"]


async def test_an_inside_address_is_read_only_when_the_operator_named_it(
    raw: RawServer, http: WriteHttp
) -> None:
    raw.replies = [http(b"0018A45C4D1DEF81644B54AB7F969B88D65:3")]
    with pytest.raises(EgressRefused):
        await read_outside(f"{raw.url}/range/21BD1")
    assert raw.connections == 0
    received = await read_outside(
        f"{raw.url}/range/21BD1", configured=True, headers={"add-padding": "true"}
    )
    assert received.body.endswith(b":3")
    head = raw.heads[0].decode().lower()
    assert head.startswith("get /range/21bd1 ")
    assert "add-padding: true" in head


def test_nothing_is_allowed_by_default() -> None:
    assert (PUBLIC_ONLY.hosts, PUBLIC_ONLY.networks) == (frozenset(), ())
