"""HTTPS for a served sandbox, for clients that speak nothing else to Make.

Make's own clients write `https://{zone}/api/v2` and let nobody change the protocol; a zone may
carry a port, so the sandbox's address is a zone once it speaks HTTPS. The certificate signs itself:
a client is told to trust it, Node.js with `NODE_EXTRA_CA_CERTS`, Python with `SSL_CERT_FILE`.
"""

import ipaddress
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

DAYS = 3650
"""How long a certificate is valid; whoever wants a new one deletes the file."""

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


class TlsError(Exception):
    """There is no certificate and none can be made; the message is one line for a person."""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, as PEM files."""

    certificate: Path
    """What clients are told to trust."""
    key: Path


def certificate(directory: Path, host: str = "127.0.0.1") -> Certificate:
    """The certificate of a host, made on first use by the program `openssl`.

    Args:
        directory: Where certificates are kept; made when absent. A certificate of one's own goes
            there as `{host}.pem` with its key in `{host}.key`, and is left alone.
        host: The name or address the server listens on; the certificate also holds for this
            machine's local names.

    Raises:
        TlsError: There is none yet, and `openssl` is missing or fails, or the directory cannot be
            written.
    """
    name = host.replace(":", "_")
    kept = Certificate(directory / f"{name}.pem", directory / f"{name}.key")
    if not (kept.certificate.exists() and kept.key.exists()):
        try:
            directory.mkdir(parents=True, exist_ok=True)
            _make(kept, host)
        except OSError as error:
            raise TlsError(f"cannot keep a certificate in {directory}: {error}") from error
    return kept


def _make(kept: Certificate, host: str) -> None:
    """Make both files aside and move them into place, the certificate last."""
    program = shutil.which("openssl")
    if program is None:
        raise TlsError(
            "HTTPS needs the program openssl, or a certificate of your own in "
            f"{kept.certificate} with its key in {kept.key}"
        )
    with tempfile.TemporaryDirectory(dir=kept.key.parent) as aside:
        fresh = Certificate(Path(aside) / "new.pem", Path(aside) / "new.key")
        command = [program, *_request(fresh, host)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise TlsError(f"openssl made no certificate: {last}")
        fresh.key.replace(kept.key)
        fresh.certificate.replace(kept.certificate)


def _request(fresh: Certificate, host: str) -> list[str]:
    """The words after `openssl`: a key on P-256 and a certificate it signs for itself (RFC 5280).

    It is an authority because some clients trust nothing else; `pathlen:0` and server use only
    keep what it could sign small.
    """
    extensions = (
        f"subjectAltName={','.join(_alternative_names(host))}",
        "basicConstraints=critical,CA:TRUE,pathlen:0",
        "keyUsage=critical,digitalSignature,keyCertSign",
        "extendedKeyUsage=serverAuth",
    )
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-days", str(DAYS), "-subj", "/CN=make-api-sandbox"]
    words += ["-keyout", str(fresh.key), "-out", str(fresh.certificate)]
    for extension in extensions:
        words += ["-addext", extension]
    return words


def _alternative_names(host: str) -> list[str]:
    return [_alternative_name(name) for name in dict.fromkeys((*LOCAL_NAMES, host))]


def _alternative_name(name: str) -> str:
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"
