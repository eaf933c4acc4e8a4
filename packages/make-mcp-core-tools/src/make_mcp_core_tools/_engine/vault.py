"""The secret manager: a Vault or OpenBao server that the operator names in the environment.

Address and token come from the server's environment, never from a call. Below lies hvac, the extra
`vault`, loaded at first use and run in a thread. What a request or an answer holds is never logged.
"""

from __future__ import annotations

import ipaddress
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import quote, urlsplit

import anyio.to_thread
from make_mcp_base.authoring import Errand, Failure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from make_mcp_base.authoring import Document, Json, Make

ADDRESS = ("MAKE_VAULT_ADDR", "VAULT_ADDR")
TOKEN, TOKEN_FILE = ("MAKE_VAULT_TOKEN", "VAULT_TOKEN"), ("MAKE_VAULT_TOKEN_FILE",)
NAMESPACE, CA_FILE = ("MAKE_VAULT_NAMESPACE", "VAULT_NAMESPACE"), ("VAULT_CACERT",)
_TIMEOUT_SECONDS = 15


class _Response(Protocol):
    status_code: int

    def json(self) -> Any:
        """Give the body as JSON data."""
        ...


class _Adapter(Protocol):
    def request(self, method: str, url: str, **options: Any) -> _Response:
        """Send one request."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """Where the secret manager is, and how this server signs in there."""

    address: str
    token: str
    namespace: str = ""
    ca_file: str = ""

    def __repr__(self) -> str:
        """Leave the token out."""
        return f"VaultSettings({self.address!r})"


def settings_of(environment: Mapping[str, str]) -> VaultSettings | None:
    """Read where the secret manager is; None when none is configured.

    Raises:
        Failure: It is configured, but not usable.
    """
    address = _first(environment, ADDRESS).rstrip("/")
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_local(parts.hostname or "")):
        raise _misconfigured(
            f"{ADDRESS[0]} must be an https:// address; http:// is for this machine only."
        )
    token = _first(environment, TOKEN) or _from_file(_first(environment, TOKEN_FILE))
    if not token:
        raise _misconfigured(f"Neither {TOKEN[1]} nor {TOKEN_FILE[0]} gives a token.")
    return VaultSettings(
        address, token, _first(environment, NAMESPACE), _first(environment, CA_FILE)
    )


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := environment.get(name, "").strip())), "")


def _from_file(name: str) -> str:
    try:
        return Path(name).expanduser().read_text("utf-8").strip() if name else ""
    except OSError as wrong:
        raise _misconfigured(f"{TOKEN_FILE[0]} cannot be read: {wrong.strerror}.") from wrong


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _misconfigured(why: str) -> Failure:
    return Failure(
        "The secret manager is not configured rightly.",
        why=why,
        next_step=f"Have the operator set {ADDRESS[0]} and {TOKEN[1]} or {TOKEN_FILE[0]} in this"
        " server's environment, and start it again.",
        code="vault_misconfigured",
    )


class Vault:
    """A secret manager during one call.

    Args:
        settings: Where it is.
        adapter: Sends requests.
    """

    def __init__(self, settings: VaultSettings, adapter: _Adapter) -> None:
        self.settings, self._adapter = settings, adapter

    async def read(self, path: str, **query: Any) -> Document | None:
        """Read what is at an API path below `/v1/`; None when there is nothing."""
        return await self._send("get", path, query=query, absent_is_none=True)

    async def names(self, path: str) -> list[str]:
        """List the names below a path; empty when there are none."""
        told = await self._send("get", path, query={"list": "true"}, absent_is_none=True)
        return texts_of(data_of(told), "keys")

    async def write(
        self, path: str, body: Document | None = None, method: str = "post"
    ) -> Document:
        """Write, and give the answer; empty when there is none.

        Raises:
            Failure: It was refused, or could not be reached.
        """
        return await self._send(method, path, body=body or {}) or {}

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Document | None = None,
        absent_is_none: bool = False,
    ) -> Document | None:
        options: dict[str, Any] = {"raise_exception": False}
        if query:
            options["params"] = dict(query)
        if body is not None:
            options["json"] = body
        if method == "patch":
            options["headers"] = {"Content-Type": "application/merge-patch+json"}
        url = f"/v1/{quote(path, safe='/')}"
        try:
            answer = await anyio.to_thread.run_sync(
                lambda: self._adapter.request(method, url, **options)
            )
        except OSError as lost:  # every failure of the HTTP library is one
            raise _unreachable(self.settings.address, method) from lost
        if answer.status_code == 404 and absent_is_none:
            return None
        told = _json(answer)
        if answer.status_code >= 400:
            raise _refused(answer.status_code, method, path, told)
        return told


def _json(answer: _Response) -> Document:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return cast("Document", told) if isinstance(told, dict) else {}


def data_of(answer: Document | None) -> Document:
    """Give the `data` of an answer; empty when there is none."""
    return (answer or {}).get("data") or {}


def texts_of(members: Document, name: str) -> list[str]:
    """Give a list of texts that is a member; empty when there is none."""
    found: list[Any] = members.get(name) or []
    return [str(one) for one in found]


def _unreachable(address: str, method: str) -> Failure:
    return Failure(
        f"The secret manager at {address} does not answer.",
        effect="" if method == "get" else "It is not known whether the change took place.",
        next_step="Call `secret_backend_check` when it is up again.",
        code="vault_unreachable",
        retryable=method == "get",
    )


_CODES = {400: "vault_refused", 403: "vault_forbidden", 404: "not_found", 503: "vault_sealed"}


def _refused(status: int, method: str, path: str, told: Document) -> Failure:
    said = "; ".join(error.strip() for error in texts_of(told, "errors"))[:500]
    code = _CODES.get(status, "vault_failed")
    steps = {
        "vault_forbidden": "See the token's policies with `secret_backend_check`; its owner can"
        " widen them.",
        "vault_sealed": "Have an operator unseal it; `secret_backend_check` tells its state.",
        "not_found": "See what there is with `secret_list` or `secret_engine_list`.",
    }
    return Failure(
        f"The secret manager refused to {'read' if method == 'get' else 'change'} `{path}`"
        f" ({status}).",
        why=said,
        next_step=steps.get(code, "Correct what it names, then call again."),
        code=code,
        status=status,
    )


def vault_errand(
    method: str, path: str, carry: Callable[[], Awaitable[Json]], **shown: Json
) -> Errand:
    """Describe a change of the secret manager for plans and the journal, and who carries it.

    Args:
        method: HTTP method.
        path: API path below `/v1/`.
        carry: Makes the change and gives an answer without values.
        shown: Names and numbers, no values.
    """
    return Errand(method, f"vault://{path}", dict(shown) or None, carry=carry)


def environment_of(make: Make) -> Mapping[str, str]:
    """Give the environment this server was started in."""
    return make.kernel.setup.environment if make.kernel else dict[str, str]()


@asynccontextmanager
async def open_vault(make: Make) -> AsyncGenerator[Vault]:
    """Open the configured secret manager for the time of a call.

    Raises:
        Failure: None is configured, or the extra is missing.
    """
    settings = settings_of(environment_of(make))
    if settings is None:
        raise Failure(
            "No secret manager is configured.",
            next_step=f"Have the operator set {ADDRESS[0]} and {TOKEN[1]} in this server's"
            " environment. Keys of Make work without: `key_list`.",
            code="vault_missing",
        )
    adapter = await anyio.to_thread.run_sync(_adapter, settings)
    try:
        yield Vault(settings, adapter)
    finally:
        adapter.close()


def _adapter(settings: VaultSettings) -> _Adapter:
    try:
        from hvac.adapters import RawAdapter  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as missing:
        raise Failure(
            "The secret manager needs hvac, which is not installed.",
            next_step="Install the extra `make-mcp-core-tools[vault]` and start the server again.",
            code="vault_extra_missing",
        ) from missing
    options: dict[str, Any] = {
        "base_uri": settings.address,
        "token": settings.token,
        "namespace": settings.namespace or None,
        "verify": settings.ca_file or True,
        "timeout": _TIMEOUT_SECONDS,
        "allow_redirects": False,
    }
    return cast("_Adapter", RawAdapter(**options))
