"""Credentials and cookies that HTTP modules add to their requests."""

import base64
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.ports import HttpRequest, HttpResponse
from make_api_sandbox.engine.registry import Operation
from make_api_sandbox.engine.values import Json, as_value, text, whole

OF_VERSION_3 = {
    "http:ActionSendDataAPIKeyAuth": ("apiKey", "auth"),
    "http:ActionSendDataBasicAuth": ("basicAuth", "key"),
    "http:ActionSendDataOAuth": ("oAuth", "account"),
}
OF_VERSION_4 = {
    "apiKey": "apiKeyKeychain",
    "basicAuth": "basicAuthKeychain",
    "oAuth": "oAuthAccount",
}


@dataclass(frozen=True)
class Credentials:
    """What authenticates a request.

    Args:
        headers: Headers to add.
        query: Members of the query to add.
    """

    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()


def credentials(operation: Operation) -> Credentials:
    """Credentials by the key or connection that the module's parameters name.

    An OAuth connection of the sandbox has no token of a real service; its requests carry the bearer
    token `sandbox-connection-<id>`.

    Raises:
        ModuleError: `InvalidConfigurationError` when the key does not exist.
    """
    kind, name = OF_VERSION_3.get(operation.slug, ("", ""))
    if not kind:
        kind = text(as_value(operation.parameters.get("authenticationType")))
        name = OF_VERSION_4.get(kind, "")
    ident = whole(operation.parameters.get(name)) if name else None
    if not name:
        return Credentials()
    if kind == "oAuth" and ident is not None:
        return Credentials((("authorization", f"Bearer sandbox-connection-{ident}"),))
    key = operation.run.ports.key(ident) if ident is not None else None
    if key is None:
        raise ModuleError("InvalidConfigurationError", f"Key {ident} does not exist.")
    return _of_key(kind, dict(key))


def _of_key(kind: str, key: dict[str, Json]) -> Credentials:
    members = {name: text(as_value(value)) for name, value in key.items()}
    if kind == "basicAuth":
        return Credentials((basic(members.get("authUser", ""), members.get("authPass", "")),))
    pair = (members.get("name") or "X-API-Key", members.get("key", ""))
    if members.get("placement") == "qs":
        return Credentials(query=(pair,))
    return Credentials((pair,))


def basic(user: str, password: str) -> tuple[str, str]:
    """The header of basic authentication."""
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return "authorization", f"Basic {token}"


def cookie_header(operation: Operation, url: str) -> tuple[tuple[str, str], ...]:
    """The cookies that earlier modules of the run received from the host of `url`."""
    cookies = operation.run.cookies.get(urlsplit(url).hostname or "")
    if not cookies:
        return ()
    return (("cookie", "; ".join(f"{name}={value}" for name, value in cookies.items())),)


def keep_cookies(operation: Operation, request: HttpRequest, response: HttpResponse) -> None:
    """Remember the cookies of an answer for later modules of the run."""
    jar = operation.run.cookies.setdefault(urlsplit(request.url).hostname or "", {})
    for name, value in response.headers:
        if name.lower() == "set-cookie":
            try:
                jar |= {key: each.value for key, each in SimpleCookie(value).items()}
            except CookieError:
                continue
