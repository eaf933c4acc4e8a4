"""Where Make is, and as whom to ask it.

Both the names of Make's official server and those of older projects are read from the
environment: `MAKE_API_KEY`, `MAKE_ZONE` or `MAKE_BASE_URL`, `MAKE_TEAM_ID` or `MAKE_TEAM`,
`MAKE_ORGANIZATION_ID` or `MAKE_ORGANIZATION`, `MAKE_TIMEOUT`, `MAKE_RETRIES`.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from make_mcp_base.client.failures import BadSettings
from make_mcp_base.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_ZONE = "eu1.make.com"
"""Asked when no zone is configured, as the older projects did; see `zone_assumed`."""

DEFAULT_TIMEOUT = 30.0
DEFAULT_RETRIES = 3
MOST_RETRIES = 10
LONGEST_TIMEOUT = 3_600.0
MILLISECONDS_FROM = 1_000.0
"""Timeouts of this size and above are milliseconds: older projects configured them so."""

API_PATH = "/api/v2"

_SHORT_ZONE = re.compile(r"[a-z]{2}\d{1,2}")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_UUID4 = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Settings of one client: one zone and one credential.

    Attributes:
        token: API token or OAuth access token; kept out of the repr.
        base_url: Address of the API. A zone (`eu1`, `eu1.make.com`) or an address with or without
            `/api/v2` is accepted and written out in full.
        timeout: Seconds one request may take.
        retries: Repeats of a request that may be repeated, 0 to 10.
        team_id: Team to use where a call names none.
        organization_id: Organization to use where a call names none.
        zone_assumed: True when nothing was configured and the default zone was taken.

    Raises:
        BadSettings: Listing every value that cannot be used.
    """

    token: str = field(repr=False)
    base_url: str
    timeout: float = DEFAULT_TIMEOUT
    retries: int = DEFAULT_RETRIES
    team_id: int | None = None
    organization_id: int | None = None
    zone_assumed: bool = False

    def __post_init__(self) -> None:
        reader = _Reader({})
        object.__setattr__(self, "token", reader.token("token", self.token))
        object.__setattr__(self, "base_url", reader.address("base_url", self.base_url))
        reader.within("timeout", self.timeout, 0.0, LONGEST_TIMEOUT)
        reader.within("retries", self.retries, -1, MOST_RETRIES)
        reader.finish()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> ClientSettings:
        """Read the settings from environment variables; empty ones count as absent.

        Raises:
            BadSettings: Listing every variable that is missing or cannot be used.
        """
        reader = _Reader(os.environ if environment is None else environment)
        name, address = reader.zone()
        timeout = reader.seconds("MAKE_TIMEOUT", DEFAULT_TIMEOUT)
        retries = reader.whole("MAKE_RETRIES", 0, MOST_RETRIES)
        team = reader.identifier("MAKE_TEAM_ID", "MAKE_TEAM")
        organization = reader.identifier("MAKE_ORGANIZATION_ID", "MAKE_ORGANIZATION")
        token = reader.token("MAKE_API_KEY", reader.get("MAKE_API_KEY"))
        reader.finish()
        return cls(
            token=token,
            base_url=address,
            timeout=timeout,
            retries=DEFAULT_RETRIES if retries is None else retries,
            team_id=team,
            organization_id=organization,
            zone_assumed=not name,
        )

    @property
    def host(self) -> str:
        """Host and port of the zone, as in the address."""
        return urlsplit(self.base_url).netloc

    @property
    def authorization(self) -> str:
        """The `Authorization` header: `Token` for a UUID v4, `Bearer` for anything else.

        Source: Make API reference, chapter 1.2.
        """
        scheme = "Token" if _UUID4.fullmatch(self.token) else "Bearer"
        return f"{scheme} {self.token}"

    @property
    def in_process_only(self) -> bool:
        """True for plain http to a `.local` name: an app in this process, never the network."""
        parts = urlsplit(self.base_url)
        return parts.scheme == "http" and (parts.hostname or "").endswith(".local")


def api_address(text: str) -> str:
    """Write a zone or an address out as `https://host/api/v2`.

    Raises:
        ValueError: Saying what is wrong with it.
    """
    given = text.strip().rstrip("/")
    if _SHORT_ZONE.fullmatch(given.lower()):
        given = f"{given}.make.com"
    if "://" not in given:
        given = f"{'http' if _is_loopback(given) else 'https'}://{given}"
    parts = urlsplit(given)
    host = (parts.hostname or "").lower()
    if parts.username or parts.password or parts.query or parts.fragment or "\\" in given:
        raise ValueError("must be a host or an address without user, query and fragment.")
    if not (_HOST.fullmatch(host) or _is_address(host)):
        raise ValueError(f"{host!r} is not a host name.")
    _refuse_no_zone(host)
    _refuse_insecure(parts.scheme, host)
    port = f":{parts.port}" if parts.port else ""
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{port}{_api_path(parts.path)}"


def _refuse_no_zone(host: str) -> None:
    if host in {"make.com", "www.make.com", "mcp.make.com", "integromat.com", "www.integromat.com"}:
        raise ValueError(
            f"{host} is not a zone; the zone is the host shown in Make (eu1.make.com)."
        )
    if "." not in host and ":" not in host and host != "localhost":
        raise ValueError(f"{host!r} is neither a zone (eu1) nor a full host name.")


def _refuse_insecure(scheme: str, host: str) -> None:
    if scheme == "https":
        return
    if scheme != "http":
        raise ValueError(f"{scheme}:// is not https://.")
    if not (_is_loopback(host) or host.endswith(".local")):
        raise ValueError("plain http would show the token to the network; use https://.")


def _api_path(path: str) -> str:
    if path in {"", "/api"}:
        return API_PATH
    if path.endswith(API_PATH) and not set(path.split("/")) & {".", ".."} and "//" not in path:
        return path
    raise ValueError(
        f"the path {path!r} is not {API_PATH}; give only the host, as in eu1.make.com."
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    """Recognize loopback in a host or in `host:port/path`."""
    name = urlsplit(f"//{host}").hostname or "" if not _is_address(host) else host
    if name == "localhost":
        return True
    return _is_address(name) and ipaddress.ip_address(name).is_loopback


class _Reader:
    """Reads values one by one and keeps the faults, so that all are told at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[Problem] = []

    def get(self, name: str) -> str:
        return self._environment.get(name, "").strip()

    def fault(self, name: str, problem: str, fix: str = "") -> None:
        self._problems.append(Problem(name, problem, fix))

    def finish(self) -> None:
        if self._problems:
            raise BadSettings(
                "The configuration for Make cannot be used.",
                problems=self._problems,
                next_step="Correct every point named here and start again; `doctor` checks the "
                "result.",
            )

    def token(self, name: str, text: str) -> str:
        """Accept a token, also with the scheme or quotes it was copied with."""
        token = re.sub(r"^(?i:token|bearer)\s+", "", text.strip().strip("\"'")).strip()
        if not token:
            self.fault(name, "is missing.", "Make one under Profile, API access, in Make.")
        elif not re.fullmatch(r"[\x21-\x7e]+", token):
            self.fault(name, "holds a space or a character that no token has.", "Copy it again.")
        return token

    def address(self, name: str, text: str) -> str:
        try:
            return api_address(text)
        except ValueError as error:
            self.fault(name, str(error))
            return text

    def zone(self) -> tuple[str, str]:
        """Name of the variable that says where Make is, "" for none, and the address."""
        given = {name: self.get(name) for name in ("MAKE_ZONE", "MAKE_BASE_URL")}
        found = {name: self.address(name, text) for name, text in given.items() if text}
        if len(set(found.values())) > 1:
            self.fault("MAKE_ZONE", "and MAKE_BASE_URL name different places.", "Set one of them.")
        name = next(iter(found), "")
        return name, found.get(name, api_address(DEFAULT_ZONE))

    def identifier(self, *names: str) -> int | None:
        found = {name: self.whole(name, 1, 2**53) for name in names if self.get(name)}
        if len(set(found.values())) > 1:
            self.fault(names[0], f"and {names[1]} differ.", "Set one of them.")
        return next(iter(found.values()), None)

    def whole(self, name: str, least: int, most: int) -> int | None:
        text = self.get(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
            self.fault(name, f"{text[:40]!r} is not a whole number from {least} to {most}.")
            return None
        return int(text)

    def seconds(self, name: str, default: float) -> float:
        text = self.get(name)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            self.fault(name, f"{text[:40]!r} is not a number of seconds.")
            return default
        value = value / 1_000 if value >= MILLISECONDS_FROM else value
        self.within(name, value, 0.0, LONGEST_TIMEOUT)
        return value

    def within(self, name: str, value: float, above: float, most: float) -> None:
        if not above < value <= most:
            self.fault(name, f"{value:g} must be above {above:g} and at most {most:g}.")
