"""The HTTP app: requests of version 3 (`ActionSendData…`) and version 4 (`MakeRequest`).

Requests reach only where the port lets them: services on this machine and the sandbox's own hooks.
Settings of encrypted connections and proxies (`ca`, `rejectUnauthorized`, `useMtls`, `tlsType`,
`proxyKeychain`) therefore change nothing. Pages (`paginationType`) are not followed: the members
that describe them are not documented.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from email.message import Message
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from make_api_sandbox.engine.errors import ModuleError, invalid_parameters
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.http_access import (
    Credentials,
    basic,
    cookie_header,
    credentials,
    keep_cookies,
)
from make_api_sandbox.engine.modules.json import written
from make_api_sandbox.engine.ports import HttpRequest, HttpResponse
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import Bundle, Value, number, text, truth
from make_api_sandbox.engine.xml_values import parse_xml

LONGEST_WAIT = 300
DEFAULT_WAIT = 40
MULTIPART_BOUNDARY = "make-sandbox-form-boundary"
RESERVED = "%/:=&?~#+!$,;'@()*[]"


@module(
    "http:ActionSendData",
    "http:ActionSendDataAPIKeyAuth",
    "http:ActionSendDataBasicAuth",
    "http:ActionSendDataOAuth",
)
async def send_data(operation: Operation) -> Sequence[Bundle]:
    """Make a request (version 3)."""
    response = await _send(operation, _request_v3(operation.mapper, credentials(operation)))
    if truth(operation.parameters.get("handleErrors")):
        raise_for_status(response)
    return [
        {
            "statusCode": response.status,
            "headers": _header_rows(response),
            "cookieHeaders": [v for name, v in response.headers if name.lower() == "set-cookie"],
            "data": _data(response, truth(operation.mapper.get("parseResponse"))),
            "fileSize": len(response.body),
        }
    ]


@module("http:MakeRequest")
async def make_request(operation: Operation) -> Sequence[Bundle]:
    """Make a request (version 4)."""
    response = await _send(operation, _request_v4(operation.mapper, credentials(operation)))
    if truth(operation.mapper.get("stopOnHttpError", True)):
        raise_for_status(response)
    headers: Bundle = {name.lower(): value for name, value in response.headers}
    data = _data(response, truth(operation.mapper.get("parseResponse")))
    return [{"data": data, "statusCode": response.status, "headers": headers}]


@module("http:ActionGetFile", "http:DownloadFile")
async def get_file(operation: Operation) -> Sequence[Bundle]:
    """Download a file."""
    asked: Bundle = {**operation.mapper, "method": operation.mapper.get("method") or "get"}
    response = await _send(operation, _request_v3(asked, credentials(operation)))
    version_3 = operation.parameters.get("handleErrors", True)
    if truth(operation.mapper.get("stopOnHttpError", version_3)):
        raise_for_status(response)
    return [
        {
            "fileName": _file_name(response, text(operation.mapper.get("url"))),
            "data": response.body,
            "fileSize": len(response.body),
            "statusCode": response.status,
            "headers": _header_rows(response),
        }
    ]


def _file_name(response: HttpResponse, url: str) -> str:
    """The name that the answer gives, else the end of the address."""
    described = Message()
    for name, value in response.headers:
        if name.lower() == "content-disposition":
            described[name] = value.replace("\n", " ")
    return described.get_filename() or urlsplit(url).path.rpartition("/")[2] or "file"


def raise_for_status(response: HttpResponse) -> None:
    """Turn an error status into an error: 429 and 5xx are temporary, other 4xx are not.

    Raises:
        ModuleError: `RateLimitError`, `ConnectionError` or `RuntimeError`.
    """
    if response.status < 400:
        return
    name = "RuntimeError"
    if response.status == 429:
        name = "RateLimitError"
    elif response.status >= 500:
        name = "ConnectionError"
    detail = response.body[:500].decode("utf-8", "replace").strip()
    raise ModuleError(
        name, f"The request failed with status code {response.status}. {detail}".strip()
    )


async def _send(operation: Operation, request: HttpRequest) -> HttpResponse:
    shares = truth(operation.mapper.get("shareCookies"))
    if shares:
        cookies = cookie_header(operation, request.url)
        request = replace(request, headers=(*request.headers, *cookies))
    response = await operation.run.ports.send(request)
    if shares:
        keep_cookies(operation, request, response)
    operation.size = len(request.body) + len(response.body)
    return response


def _request_v3(mapper: Bundle, access: Credentials) -> HttpRequest:
    required(mapper, "url", "method")
    headers = [*_pairs(mapper.get("headers"), "name"), *access.headers]
    body, content_type = _body_v3(mapper)
    if content_type:
        headers.append(("content-type", content_type))
    user = text(mapper.get("authUser"))
    if user:
        headers.append(basic(user, text(mapper.get("authPass"))))
    headers.append(_encodings(truth(mapper.get("gzip", True))))
    reads = text(mapper["method"]).lower() in ("get", "head")
    follow = truth(mapper.get("followRedirect", True)) if reads else False
    follow = follow or truth(mapper.get("followAllRedirects"))
    query = [*_pairs(mapper.get("qs"), "name"), *access.query]
    return _request(mapper, headers, body, query, follow)


def _encodings(compressed: bool) -> tuple[str, str]:
    return "accept-encoding", "gzip, deflate" if compressed else "identity"


def _body_v3(mapper: Bundle) -> tuple[bytes, str]:
    kind = text(mapper.get("bodyType"))
    fields = _pairs(mapper.get("formFields"), "key")
    if kind == "x_www_form_urlencoded":
        return urlencode(fields).encode(), "application/x-www-form-urlencoded"
    if kind == "multipart_form_data":
        return _multipart(fields)
    if kind == "raw":
        return _bytes(mapper.get("data")), text(mapper.get("contentType")) or "text/plain"
    return b"", ""


def _request_v4(mapper: Bundle, access: Credentials) -> HttpRequest:
    required(mapper, "url", "method")
    headers = [*_pairs(mapper.get("headers"), "name"), *access.headers]
    body, content_type = _body_v4(mapper)
    if content_type:
        headers.append(("content-type", content_type))
    headers.append(_encodings(truth(mapper.get("requestCompressedContent", True))))
    follow = truth(mapper.get("allowRedirects", True))
    query = [*_pairs(mapper.get("queryParameters"), "name"), *access.query]
    return _request(mapper, headers, body, query, follow)


def _body_v4(mapper: Bundle) -> tuple[bytes, str]:
    match text(mapper.get("contentType")):
        case "json":
            if text(mapper.get("inputMethod")) == "dataStructure":
                return written(mapper.get("bodyDataStructure"), None).encode(), "application/json"
            return _bytes(mapper.get("jsonStringBodyContent")), "application/json"
        case "urlEncoded":
            fields = _pairs(mapper.get("urlEncodedBodyContent"), "name", "key")
            return urlencode(fields).encode(), "application/x-www-form-urlencoded"
        case "multipart":
            return _multipart(_pairs(mapper.get("multipartBodyContent"), "name", "key"))
        case "custom":
            kind = text(mapper.get("contentTypeValue")) or "text/plain"
            return _bytes(mapper.get("rawBodyContent")), kind
        case _:
            return b"", ""


def _request(
    mapper: Bundle,
    headers: list[tuple[str, str]],
    body: bytes,
    query: list[tuple[str, str]],
    follow: bool,
) -> HttpRequest:
    return HttpRequest(
        method=text(mapper["method"]).upper(),
        url=_url(text(mapper["url"]), query),
        headers=tuple(headers),
        body=body,
        timeout=_timeout(mapper.get("timeout")),
        follow_redirects=follow,
    )


def _url(address: str, query: list[tuple[str, str]]) -> str:
    try:
        parts = urlsplit(address.strip())
    except ValueError as error:
        raise invalid_parameters([f"Parameter 'url' is not a valid URL: {error}"]) from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise invalid_parameters(["Parameter 'url' is not a valid URL."])
    joined = "&".join(each for each in (parts.query, urlencode(query)) if each)
    return urlunsplit((parts.scheme, parts.netloc, quote(parts.path, RESERVED), joined, ""))


def _timeout(value: Value) -> float:
    seconds = number(value)
    if seconds is None:
        return DEFAULT_WAIT
    if not 1 <= seconds <= LONGEST_WAIT:
        message = f"Parameter 'timeout' must lie between 1 and {LONGEST_WAIT} seconds."
        raise invalid_parameters([message])
    return float(seconds)


def _pairs(value: Value, *names: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for row in value if isinstance(value, list) else []:
        if isinstance(row, dict):
            key = next((text(row[name]) for name in names if row.get(name)), "")
            pairs.append((key, text(row.get("value"))))
    return [pair for pair in pairs if pair[0]]


def _multipart(fields: list[tuple[str, str]]) -> tuple[bytes, str]:
    parts = [
        f"--{MULTIPART_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    ]
    body = "".join([*parts, f"--{MULTIPART_BOUNDARY}--\r\n"]).encode()
    return body, f"multipart/form-data; boundary={MULTIPART_BOUNDARY}"


def _bytes(value: Value) -> bytes:
    return value if isinstance(value, bytes) else text(value).encode()


def _header_rows(response: HttpResponse) -> list[Value]:
    return [{"name": name.lower(), "value": value} for name, value in response.headers]


def _data(response: HttpResponse, parse: bool) -> Value:
    content_type = next((v for name, v in response.headers if name.lower() == "content-type"), "")
    decoded = _decoded(response.body)
    if not parse or isinstance(decoded, bytes):
        return decoded
    if "json" in content_type:
        return _parsed(decoded)
    if "xml" in content_type:
        return _parsed_xml(decoded)
    if "x-www-form-urlencoded" in content_type:
        return dict[str, Value](parse_qsl(decoded, keep_blank_values=True))
    return decoded


def _parsed(source: str) -> Value:
    try:
        return json.loads(source) if source else None
    except ValueError:
        return source


def _parsed_xml(source: str) -> Value:
    try:
        return parse_xml(source, numbers_as_text=False)
    except ModuleError:
        return source


def _decoded(body: bytes) -> str | bytes:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body
