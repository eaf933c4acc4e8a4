"""Requests that leave a running scenario: to this machine and to the sandbox's own hooks."""

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import httpx
from starlette.requests import Request
from starlette.types import Message

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.ports import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from make_api_sandbox.app import Sandbox


async def send(sandbox: "Sandbox", request: HttpRequest) -> HttpResponse:
    """Send a request where a sandboxed scenario may go.

    Raises:
        ModuleError: `ConnectionError` for other hosts and for services that do not answer,
            `ModuleTimeoutError` for those that take too long.
    """
    udid = _hook_of(sandbox, request.url)
    if udid is not None:
        return await _to_hook(sandbox, request, udid)
    if not is_loopback(request.url):
        host = urlsplit(request.url).hostname
        message = f"getaddrinfo ENOTFOUND {host} (the sandbox reaches nothing but this machine)"
        raise ModuleError("ConnectionError", message)
    return await _to_machine(request)


def is_loopback(url: str) -> bool:
    """Tell whether a URL names this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hook_of(sandbox: "Sandbox", url: str) -> str | None:
    """The udid in the address of a hook; None for any other address."""
    parts = urlsplit(url)
    if (parts.hostname or "").startswith("hook."):
        return unquote(parts.path.strip("/"))
    base = f"{sandbox.public_url}/hook/" if sandbox.public_url else None
    if base and url.startswith(base):
        return unquote(parts.path.rpartition("/hook/")[2])
    return None


async def _to_hook(sandbox: "Sandbox", request: HttpRequest, udid: str) -> HttpResponse:
    response = await sandbox.receive_hook(_incoming(request), udid)
    headers = tuple(response.headers.items())
    return HttpResponse(response.status_code, headers, bytes(response.body))


def _incoming(request: HttpRequest) -> Request:
    parts = urlsplit(request.url)
    messages: list[Message] = [
        {"type": "http.request", "body": request.body, "more_body": False},
    ]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    scope = {
        "type": "http",
        "method": request.method,
        "path": parts.path,
        "query_string": parts.query.encode(),
        "headers": [
            (n.lower().encode(), v.encode("latin-1", "replace")) for n, v in request.headers
        ],
        "client": ("127.0.0.1", 0),
    }
    return Request(scope, receive)


async def _to_machine(request: HttpRequest) -> HttpResponse:
    try:
        async with httpx.AsyncClient(
            timeout=request.timeout, follow_redirects=False, trust_env=False
        ) as client:
            answer = await _follow(client, request)
    except httpx.TimeoutException as error:
        raise ModuleError("ModuleTimeoutError", "The service did not answer in time.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ModuleError("ConnectionError", f"The request failed: {error}") from error
    return HttpResponse(answer.status_code, tuple(answer.headers.multi_items()), answer.content)


async def _follow(client: httpx.AsyncClient, request: HttpRequest) -> httpx.Response:
    """Follow redirects, as long as they stay on this machine."""
    answer = await client.request(
        request.method, request.url, headers=list(request.headers), content=request.body
    )
    for _ in range(10 if request.follow_redirects else 0):
        following = answer.next_request
        if following is None or not is_loopback(str(following.url)):
            return answer
        answer = await client.send(following)
    return answer
