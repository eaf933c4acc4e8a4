"""Who may send to a hook: its list of addresses and its API keys (API reference, chapter 1.19).

`data.ip` holds addresses and ranges parted by commas. `data.apiKeys` holds ids of keys, one of
whose values has to come in the header `x-make-apikey`; the member's name, and the answers to a
request that may not send, are not documented.
"""

import hmac
import ipaddress
import re
from typing import Any, cast

from starlette.requests import Request

from make_api_sandbox.shapes import Row
from make_api_sandbox.world import World

HEADER = "x-make-apikey"


def refusal(world: World, hook: Row, request: Request) -> tuple[int, str] | None:
    """Why a request may not send to a hook, as status and text; None when it may."""
    host = request.client.host if request.client else ""
    if not _is_listed(hook["data"].get("ip"), host):
        return 403, "Forbidden"
    keys = _secrets(world, hook)
    given = request.headers.get(HEADER, "").encode()
    if keys is not None and not any(hmac.compare_digest(given, key) for key in keys):
        return 401, "Unauthorized"
    return None


def _is_listed(listed: Any, host: str) -> bool:
    """Tell whether an address is in a list; an empty list lets everybody in."""
    ranges = [each for each in re.split(r"[\s,;]+", listed) if each] if listed else []
    if not ranges:
        return True
    try:
        address = ipaddress.ip_address(host)
        return any(address in ipaddress.ip_network(each, strict=False) for each in ranges)
    except ValueError:
        return False


def range_faults(listed: Any) -> str | None:
    """What is wrong with a list of addresses, if anything."""
    if listed is None:
        return None
    if not isinstance(listed, str):
        return "should be text"
    for each in re.split(r"[\s,;]+", listed):
        try:
            ipaddress.ip_network(each or "::", strict=False)
        except ValueError:
            return f"'{each}' is no IP address or range"
    return None


def _secrets(world: World, hook: Row) -> list[bytes] | None:
    """Values of the hook's API keys; None when it asks for none. Deleted keys open nothing."""
    ids = hook["data"].get("apiKeys")
    if not ids:
        return None
    rows = [world.get("keys", ident) for ident in cast("list[int]", ids)]
    mine = [row for row in rows if row is not None and row["team_id"] == hook["team_id"]]
    secrets = [str(row["parameters"].get("key") or "").encode() for row in mine]
    return [secret for secret in secrets if secret]
