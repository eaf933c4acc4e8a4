"""Whether a secret is live or breached: what leaves the machine, what is told, what is not."""

import hashlib
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company

from .conftest import written

if TYPE_CHECKING:
    from .conftest import Bao, Serve, Vaulted

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
TOOL = "secret_exposure_check"
WORD = "correct-horse-battery-9"
PATH = "secret/crm/api"


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()


@dataclass
class Ranges:
    """A service of the range protocol, with everything that reached it."""

    address: str
    seen: list[str] = field(default_factory=list[str])
    breached: dict[str, int] = field(default_factory=dict[str, int])
    status: int = 200

    def answer(self, prefix: str) -> str:
        """Rows as the public service writes them: real ones and padding of count 0."""
        rows = {_sha1(word): count for word, count in self.breached.items()}
        rows |= {prefix + _sha1(f"pad {n}")[5:]: 0 for n in range(20)}
        return "\r\n".join(f"{h[5:]}:{n}" for h, n in rows.items() if h.startswith(prefix))


@pytest.fixture
def ranges() -> Generator[Ranges]:
    """The service on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            service.seen.append(f"{self.requestline}\n{self.headers}{self.rfile.read(length)!r}")
            body = service.answer(self.path.rpartition("/")[2]).encode()
            self.send_response(service.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = Ranges(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield service
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
async def server(serve: "Serve", ranges: Ranges) -> AsyncGenerator["Vaulted"]:
    """Our server, whose operator runs a mirror."""
    async with serve(MAKE_BREACH_ADDR=ranges.address) as one:
        yield one


@pytest.fixture
async def word(server: "Vaulted", team: int, new_scenario: Maker, blueprint: Builder) -> str:
    """The fingerprint of a password that stands in a scenario."""
    mapper = {"name": "crmPassword", "scope": "roundtrip", "value": WORD}
    module: dict[str, Any] = {"id": 1, "module": "util:SetVariable2", "version": 1}
    await new_scenario(blueprint({**module, "mapper": mapper}))
    [row] = (await server.call("secret_scan", team_id=team)).data["findings"]
    fingerprint: str = row["fingerprint"]
    return fingerprint


async def test_only_five_digits_of_a_hash_leave_and_only_after_a_plan(
    server: "Vaulted", ranges: Ranges, team: int, word: str
) -> None:
    ranges.breached = {WORD: 4_711}
    asked: dict[str, Any] = {"finding_id": word}
    planned = await server.call(TOOL, **asked)
    assert ranges.seen == []
    [request] = planned.data["plan"]["requests"]
    assert request["method"] == "GET"
    assert request["path"].startswith(f"{ranges.address}/range/")
    told = (await server.apply(TOOL, **asked)).data
    assert told["breach_count"] == 4_711
    assert told["live"] == "unknown"
    assert "verify=true" in told["live_asked"]
    assert told["asked_at"]
    [seen] = ranges.seen
    assert seen.startswith(f"GET /range/{_sha1(WORD)[:5]} HTTP/1.1\n")
    assert "add-padding: true" in seen.lower()
    assert _sha1(WORD)[:6] not in seen.upper()
    assert WORD not in seen
    assert "b''" in seen


async def test_padding_counts_for_nothing(
    server: "Vaulted", ranges: Ranges, team: int, word: str
) -> None:
    ranges.breached = {WORD: 0, "another": 9}
    told = (await server.apply(TOOL, finding_id=word, checks=["breached"])).data
    assert told["breach_count"] == 0
    assert "live" not in told
    assert "127.0.0.1" in told["breach_asked"]


@pytest.mark.parametrize("status", [429, 500, 301])
async def test_a_service_that_does_not_answer_leaves_the_number_open(
    server: "Vaulted", ranges: Ranges, team: int, word: str, status: int
) -> None:
    ranges.status = status
    told = (await server.apply(TOOL, finding_id=word)).data
    assert "breach_count" not in told
    assert str(status) in told["breach_asked"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://10.1.2.3", "ftp://x.example"])
async def test_without_a_network_the_answer_is_unknown_with_the_reason(
    serve: "Serve",
    team: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    planted: dict[str, str],
    address: str,
) -> None:
    await new_scenario(blueprint(step(1, mapper={"value": planted["slack"]})))
    async with serve(MAKE_BREACH_ADDR=address) as server:
        [row] = (await server.call("secret_scan", team_id=team)).data["findings"]
        asked: dict[str, Any] = {"finding_id": row["fingerprint"]}
        told = (await server.apply(TOOL, **asked, verify=True)).data
    assert told["live"] == "unknown"
    assert told["live_asked"].startswith("kingfisher asked the service: ")
    assert "breach_count" not in told
    assert told["breach_asked"].startswith(("No answer: ", "Not asked: "))
    assert "Traceback" not in str(told)


async def test_the_catalogue_is_not_asked_for_a_service_it_does_not_know(
    server: "Vaulted", team: int, word: str
) -> None:
    told = (await server.apply(TOOL, finding_id=word, verify=True)).data
    assert told["live"] == "unknown"
    assert "no form for it" in told["live_asked"]


async def test_make_itself_says_whether_its_tokens_work(
    server: "Vaulted",
    company: Company,
    team: int,
    new_scenario: Maker,
    blueprint: Builder,
    planted: dict[str, str],
) -> None:
    body = {"label": "Leaked", "scope": ["teams:read"]}
    made = (await company.send("POST", "/users/me/api-tokens", body))["apiToken"]

    def module(number: int, value: str) -> dict[str, Any]:
        call = {"headers": [{"name": "X-Auth", "value": value}]}
        return {"id": number, "module": "http:MakeRequest", "version": 4, "mapper": call}

    live = f"Token {made['token']}"
    await new_scenario(blueprint(module(1, live), module(2, planted["make"])))
    rows = (await server.call("secret_scan", team_id=team)).data["findings"]
    found = {row["module_id"]: row["fingerprint"] for row in rows}
    before = (await company.get("/users/me/api-tokens"))["apiTokens"]

    async def asked(number: int) -> dict[str, Any]:
        wanted: dict[str, Any] = {"finding_id": found[number], "checks": ["live"]}
        told = await server.apply(TOOL, **wanted)
        answer: dict[str, Any] = told.data
        return answer

    assert ((await asked(1))["live"], (await asked(2))["live"]) == ("live", "dead")
    assert "status 401" in (await asked(2))["live_asked"]
    await company.send("DELETE", f"/users/me/api-tokens/{made['created']}")
    told = await asked(1)
    assert (told["live"], told.get("next_calls", [])) == ("dead", [])
    assert len(before) == len((await company.get("/users/me/api-tokens"))["apiTokens"]) + 1
    for text in (made["token"], planted["make"].removeprefix("Token ")):
        assert text not in "".join(server.texts)


async def test_an_address_of_the_teams_own_hook_is_live_and_nothing_is_sent_to_it(
    server: "Vaulted",
    company: Company,
    team: int,
    hook: Callable[..., Awaitable[int]],
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    planted: dict[str, str],
) -> None:
    ident = await hook()
    url = (await company.get(f"/hooks/{ident}"))["hook"]["url"]
    steps = [step(n, mapper={"value": text}) for n, text in ((1, url), (2, planted["hook"]))]
    await new_scenario(blueprint(*steps))
    rows = (await server.call("secret_scan", team_id=team, targets=["blueprints"])).data["findings"]
    states: dict[int, str] = {}
    for row in rows:
        wanted: dict[str, Any] = {"finding_id": row["fingerprint"], "checks": ["live"]}
        told = (await server.call(TOOL, **wanted)).data
        states[row["module_id"]] = told["live"]
    assert states == {1: "live", 2: "unknown"}
    log = (await company.get(f"/hooks/{ident}/logs"))["hookLogs"]
    assert log == []


async def test_a_secret_of_the_manager_is_asked_about_by_its_path(
    serve: "Serve", ranges: Ranges, bao: "Bao", team: int
) -> None:
    from .conftest import ROOT

    ranges.breached = {WORD: 3}
    bao.put("crm/api", token=WORD)
    where = {"VAULT_ADDR": bao.address, "VAULT_TOKEN": ROOT, "MAKE_BREACH_ADDR": ranges.address}
    async with serve(**where) as server:
        told = (await server.apply(TOOL, secret_ref=f"{PATH}#token")).data
        assert (told["place"], told["breach_count"]) == (f"{PATH}#token", 3)
        assert told["next_calls"][0]["arguments"] == {"path": PATH}
        planned = await server.call(TOOL, secret_ref=f"{PATH}#token")
        bao.put("crm/api", token="another")
        moved = await server.call(
            TOOL, secret_ref=f"{PATH}#token", plan_id=planned.data["plan"]["plan_id"]
        )
        assert moved.error["code"] == "plan_void"
        lost = await server.call(TOOL, secret_ref=f"{PATH}#nothing")
        assert lost.error["code"] == "not_found"


async def test_a_finding_nobody_met_or_that_is_gone_is_refused(
    server: "Vaulted", company: Company, ranges: Ranges, team: int, word: str
) -> None:
    assert (await server.call(TOOL)).error["code"] == "invalid_arguments"
    none = await server.call(TOOL, finding_id="0" * 16)
    assert none.error["code"] == "not_found"
    assert "secret_scan" in none.error["next_step"]
    [scenario] = (await company.get("/scenarios", teamId=team))["scenarios"]
    await company.send("DELETE", f"/scenarios/{scenario['id']}")
    gone = await server.call(TOOL, finding_id=word)
    assert gone.error["code"] == "not_found"
    assert ranges.seen == []


async def test_every_place_of_a_finding_is_read_again(
    server: "Vaulted",
    company: Company,
    ranges: Ranges,
    team: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Callable[..., Awaitable[int]],
) -> None:
    from .test_leak_places import plant_everywhere

    words = await plant_everywhere(company, team, new_scenario, blueprint, step, hook)
    ranges.breached = {word: number for number, word in enumerate(words.values(), 1)}
    rows = (await server.call("secret_scan", team_id=team, limit=100)).data["findings"]
    counted: dict[str, int] = {}
    for row in rows:
        asked: dict[str, Any] = {"finding_id": row["fingerprint"], "checks": ["breached"]}
        told = await server.apply(TOOL, **asked)
        counted[row["place"]] = told.data["breach_count"]
    assert sorted(counted.values()) == list(range(1, len(words) + 1)), counted


async def test_no_value_and_no_hash_is_in_any_answer_log_or_file(
    server: "Vaulted",
    ranges: Ranges,
    team: int,
    word: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(0)
    ranges.breached = {WORD: 5}
    told = await server.apply(TOOL, finding_id=word, verify=True)
    await server.call("operation_get", operation_id=told.data["operation_id"])
    shown = capfd.readouterr()
    texts = "".join(server.texts) + caplog.text + shown.out + shown.err
    kept = b"".join(written(tmp_path))
    assert TOOL.encode() in kept, "the journal was not found"
    for value in (WORD, _sha1(WORD)[:12], _sha1(WORD)[:12].lower()):
        assert value not in texts
        assert value.encode() not in kept
