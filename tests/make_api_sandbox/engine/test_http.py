"""What the HTTP app sends, and what it makes of the answer."""

import base64
from typing import Any

import pytest
from make_api_sandbox.engine.execution import Execution, Start, Status
from make_api_sandbox.engine.memory import MemoryPorts
from make_api_sandbox.engine.ports import ConnectionState, HttpRequest, HttpResponse
from make_api_sandbox.engine.run import execute

pytestmark = pytest.mark.anyio

Json = Any
URL = "http://localhost/a"


class Service:
    """Answers every request alike and remembers what it was asked."""

    def __init__(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        self.seen: list[HttpRequest] = []
        pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self._answer = HttpResponse(status, pairs, body)

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        self.seen.append(request)
        return self._answer


def around(service: Service) -> MemoryPorts:
    ports = MemoryPorts(sender=service)
    ports.connections[9] = ConnectionState.VALID
    ports.keys[1] = {"key": "s3", "placement": "header", "name": "X-Key"}
    ports.keys[2] = {"key": "s3", "placement": "qs", "name": "token"}
    ports.keys[3] = {"authUser": "ada", "authPass": "pw"}
    return ports


def module(ident: int, slug: str, mapper: Json, **parameters: Json) -> Json:
    asked = {"url": URL, "method": "get", **mapper}
    return {"id": ident, "module": slug, "version": 3, "mapper": asked, "parameters": parameters}


async def run(service: Service, *flow: Json) -> Execution:
    return await execute({"flow": list(flow)}, Start("e" * 32), around(service))


async def ask(slug: str, mapper: Json, service: Service | None = None, **parameters: Json) -> Any:
    service = service or Service()
    result = await run(service, module(1, slug, mapper, **parameters))
    assert result.status is Status.SUCCESS, result.error
    return service.seen[0], result.records[0].returned[0]


def basic(text: str) -> tuple[str, str]:
    return ("authorization", "Basic " + base64.b64encode(text.encode()).decode())


@pytest.mark.parametrize(
    ("slug", "parameters", "header"),
    [
        ("http:ActionSendDataAPIKeyAuth", {"auth": 1}, ("X-Key", "s3")),
        ("http:ActionSendDataBasicAuth", {"key": "3"}, basic("ada:pw")),
        (
            "http:ActionSendDataOAuth",
            {"account": 9},
            ("authorization", "Bearer sandbox-connection-9"),
        ),
        (
            "http:MakeRequest",
            {"authenticationType": "apiKey", "apiKeyKeychain": 1},
            ("X-Key", "s3"),
        ),
        (
            "http:MakeRequest",
            {"authenticationType": "basicAuth", "basicAuthKeychain": 3},
            basic("ada:pw"),
        ),
        (
            "http:MakeRequest",
            {"authenticationType": "oAuth", "oAuthAccount": 9},
            ("authorization", "Bearer sandbox-connection-9"),
        ),
    ],
)
async def test_keys_and_connections_authenticate_requests(
    slug: str, parameters: Json, header: tuple[str, str]
) -> None:
    sent, _ = await ask(slug, {}, **parameters)
    assert header in sent.headers


async def test_a_key_may_stand_in_the_query() -> None:
    mapper = {"qs": [{"name": "q", "value": "a b"}]}
    sent, _ = await ask("http:ActionSendDataAPIKeyAuth", mapper, auth=2)
    assert sent.url == f"{URL}?q=a+b&token=s3"


async def test_no_authentication_sends_none() -> None:
    sent, _ = await ask("http:MakeRequest", {}, authenticationType="noAuth", apiKeyKeychain="")
    assert [name for name, _ in sent.headers] == ["accept-encoding"]


async def test_a_missing_key_is_a_faulty_configuration() -> None:
    flow = module(1, "http:ActionSendDataBasicAuth", {}, key=77)
    result = await run(Service(), flow)
    assert result.error is not None
    assert (result.error.name, result.fatal) == ("InvalidConfigurationError", True)


async def test_modules_share_cookies_when_told_to() -> None:
    service = Service(set_cookie="sid=42; Path=/; HttpOnly")
    shares = {"shareCookies": True}
    flow = [
        module(1, "http:ActionSendData", shares),
        module(2, "http:ActionSendData", shares),
        module(3, "http:ActionSendData", {"shareCookies": False}),
        module(4, "http:ActionSendData", {**shares, "url": "http://127.0.0.1/b"}),
    ]
    await run(service, *flow)
    cookies = [dict(request.headers).get("cookie") for request in service.seen]
    assert cookies == [None, "sid=42", None, None]


@pytest.mark.parametrize(
    ("mapper", "follows"),
    [
        ({"method": "get", "followRedirect": True}, True),
        ({"method": "get", "followRedirect": "false"}, False),
        ({"method": "post", "followRedirect": True}, False),
        ({"method": "post", "followRedirect": True, "followAllRedirects": "true"}, True),
    ],
)
async def test_redirects_of_writing_requests_are_followed_only_on_demand(
    mapper: Json, follows: bool
) -> None:
    sent, _ = await ask("http:ActionSendData", mapper)
    assert sent.follow_redirects is follows


@pytest.mark.parametrize("compressed", [True, False])
async def test_compressed_content_is_asked_for(compressed: bool) -> None:
    third, _ = await ask("http:ActionSendData", {"gzip": compressed})
    fourth, _ = await ask("http:MakeRequest", {"requestCompressedContent": compressed})
    wanted = "gzip, deflate" if compressed else "identity"
    assert (
        dict(third.headers)["accept-encoding"] == dict(fourth.headers)["accept-encoding"] == wanted
    )


async def test_a_parsed_answer_may_be_xml() -> None:
    service = Service(b"<a><b>1</b></a>", content_type="text/xml; charset=utf-8")
    _, output = await ask("http:ActionSendData", {"parseResponse": True}, service)
    assert output["data"] == {"a": {"b": [1]}}
    _, broken = await ask(
        "http:ActionSendData", {"parseResponse": True}, Service(b"<a>", content_type="text/xml")
    )
    assert broken["data"] == "<a>"


async def test_a_file_is_named_by_the_answer_or_its_address() -> None:
    named = Service(b"x", content_disposition='attachment; filename="r.pdf"')
    _, output = await ask("http:ActionGetFile", {}, named)
    assert (output["fileName"], output["data"], output["fileSize"]) == ("r.pdf", b"x", 1)
    _, output = await ask("http:DownloadFile", {"url": "http://localhost/d/e.txt"})
    assert output["fileName"] == "e.txt"
