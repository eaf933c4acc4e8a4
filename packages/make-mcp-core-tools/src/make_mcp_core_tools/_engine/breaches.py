"""Whether a secret is in a known breach, asked so that nobody learns the secret.

The range protocol of Pwned Passwords: the first five hex digits of the SHA-1 leave this machine,
the answer lists the rest of every hash that begins so with how often it was seen, padded with
rows of count 0 so that its size tells nothing either (haveibeenpwned.com/API/v3, "Searching by
range"; mirrors speak the same).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from make_mcp_base.authoring import Failure
from make_mcp_base.client.egress import read_outside

if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESS = "MAKE_BREACH_ADDR"
_DEFAULT = "https://api.pwnedpasswords.com"
_PREFIX = 5
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def service_of(environment: Mapping[str, str]) -> str:
    """Give the address that is asked: the operator's own mirror, or the public service.

    Raises:
        Failure: The operator's address would carry the question over a network in clear.
    """
    address = environment.get(ADDRESS, "").strip().rstrip("/") or _DEFAULT
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL):
        return address
    raise Failure(
        "The service for breaches is not configured rightly.",
        why=f"{ADDRESS} must be an https:// address; http:// is for this machine only.",
        next_step=f"Have the operator correct {ADDRESS} and start the server again.",
        code="breach_misconfigured",
    )


async def breach_count(service: str, secret: str) -> int:
    """Ask how often a secret was seen in breaches; 0 for never.

    Args:
        service: As `service_of` gives it.
        secret: Stays on this machine; five digits of its hash do not.

    Raises:
        Failure: The service may not be reached, did not answer, or answered something else.
    """
    digest = hashlib.sha1(secret.encode(), usedforsecurity=False).hexdigest().upper()
    received = await read_outside(
        f"{service}/range/{digest[:_PREFIX]}",
        configured=service != _DEFAULT,
        headers={"add-padding": "true"},
    )
    if received.status != 200 or received.truncated:
        raise Failure(
            f"{urlsplit(service).netloc} answered {received.status}, not with a list.",
            next_step="Try again later.",
            code="outside_unreachable",
            retryable=True,
        )
    return _counted(received.body.decode("utf-8", "replace"), digest[_PREFIX:])


def _counted(listed: str, rest: str) -> int:
    for line in listed.splitlines():
        name, _, count = line.strip().partition(":")
        if name.upper() == rest and count.strip().isdigit():
            return int(count)
    return 0
