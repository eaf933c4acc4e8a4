"""Each refusal of Make becomes one failure that says what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from make_mcp_base.client.failures import (
    BadAnswer,
    ConfirmationNeeded,
    Forbidden,
    Invalid,
    LicenceGate,
    MakeDown,
    MakeFailure,
    NotAuthorized,
    NotFound,
    OrganizationPaused,
    RateLimited,
    Redirected,
    Refused,
    TooLarge,
    UpstreamFailed,
)

if TYPE_CHECKING:
    from .conftest import FakeMake, MakeReply, OpenClient

pytestmark = pytest.mark.anyio

PATH = "/teams/5"
WHERE = f"GET {PATH}"


@pytest.mark.parametrize(
    ("status", "code", "kind", "word"),
    [
        (400, "SC400", Invalid, "invalid"),
        (401, "IM015", NotAuthorized, "not_authorized"),
        (401, "IM102", Invalid, "invalid"),
        (402, "SC402", LicenceGate, "licence_gate"),
        (403, "SC403", Forbidden, "forbidden"),
        (403, "IM121", Forbidden, "forbidden"),
        (404, "SC404", NotFound, "not_found"),
        (406, "IM004", ConfirmationNeeded, "confirmation_needed"),
        (400, "IM007", ConfirmationNeeded, "confirmation_needed"),
        (400, "IM027", LicenceGate, "licence_gate"),
        (400, "IM903", LicenceGate, "licence_gate"),
        (409, "SC409", Refused, "refused"),
        (413, None, TooLarge, "too_large"),
        (422, "IM016", Invalid, "invalid"),
        (424, None, UpstreamFailed, "upstream_failed"),
        (429, None, RateLimited, "rate_limited"),
        (429, "IM310", OrganizationPaused, "organization_paused"),
        (500, None, MakeDown, "make_down"),
        (503, None, MakeDown, "make_down"),
    ],
)
async def test_status_and_code_decide_the_class(
    make: FakeMake, open_client: OpenClient, reply: MakeReply, status: int, code: str | None,
    kind: type[MakeFailure], word: str,
) -> None:  # fmt: skip
    body = {"message": "Some words of Make.", "code": code}
    make.answer(WHERE, reply(status, body, {"x-request-id": "rq-81"}))
    with pytest.raises(MakeFailure) as caught:
        await open_client(retries=0).request("GET", PATH)
    failure = caught.value
    assert (type(failure), failure.code) == (kind, word)
    assert (failure.status, failure.make_code, failure.request_id) == (status, code, "rq-81")
    assert failure.make_message == "Some words of Make."
    assert "Some words of Make." in str(failure)
    assert failure.next_step in str(failure)
    assert f"{status}" in failure.what


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"detail": "Access denied.", "message": "Permission denied"}, "Access denied."),
        ({"detail": ["One is wrong."], "message": "Invalid input"}, "Invalid input"),
        ({"error": "No such shared scenario"}, "No such shared scenario"),
        ({"error": {"name": "APIError", "message": "Agent is busy"}}, "Agent is busy"),
    ],
)
async def test_makes_words_are_taken_from_wherever_they_are(
    make: FakeMake, open_client: OpenClient, reply: MakeReply, body: object, shown: str
) -> None:
    make.answer(WHERE, reply(409, body))
    with pytest.raises(Refused) as caught:
        await open_client().request("GET", PATH)
    assert caught.value.make_message == shown


async def test_every_suberror_and_detail_becomes_a_problem(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    body = {
        "detail": ["Validation failed for 2 parameter(s)."],
        "message": "Invalid input parameters",
        "suberrors": [{"name": "teamId", "message": "is required"}, {"message": "no such type"}],
    }
    make.answer(WHERE, reply(400, body))
    with pytest.raises(Invalid) as caught:
        await open_client().request("GET", PATH)
    assert [(each.path, each.problem) for each in caught.value.problems] == [
        ("", "Validation failed for 2 parameter(s)."), ("teamId", "is required"),
        ("", "no such type"),
    ]  # fmt: skip


async def test_a_confirmation_names_what_is_affected(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    body = {
        "code": "IM004",
        "message": "Confirmation required.",
        "metadata": [
            {"type": "deleteTeam"},
            {"type": "active", "data": [{"scenarioId": 91, "scenarioName": "Nightly sync"}]},
        ],
    }
    make.answer(f"DELETE {PATH}", reply(406, body))
    with pytest.raises(ConfirmationNeeded) as caught:
        await open_client().request("DELETE", PATH)
    assert caught.value.affected == (
        "deleteTeam", "active: scenarioId 91, scenarioName Nightly sync"
    )  # fmt: skip
    assert "nothing has changed" in str(caught.value)
    assert make.count(f"DELETE {PATH}") == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "key"),
    [
        ("POST", "/organizations/5/variables", 404, "customVariables"),
        ("GET", "/audit-logs/organization/5", 402, "auditLogsDays"),
        ("GET", "/functions", 404, "customFunctions"),
        ("GET", "/analytics/5", 403, "analyticsAccess"),
    ],
)
async def test_a_known_gate_is_told_as_a_missing_feature(
    make: FakeMake, open_client: OpenClient, reply: MakeReply, method: str, path: str, status: int,
    key: str,
) -> None:  # fmt: skip
    make.answer(f"{method} {path}", reply(status, {"message": "No."}))
    with pytest.raises(LicenceGate, match=f"license.{key}"):
        await open_client().request(method, path)


async def test_a_missing_variable_is_not_taken_for_a_gate(
    make: FakeMake, open_client: OpenClient
) -> None:
    with pytest.raises(NotFound):
        await open_client().request("DELETE", "/organizations/5/variables/colour")
    assert make.count("DELETE /organizations/5/variables/colour") == 1


async def test_the_credential_is_sent_but_never_shown_even_when_the_answer_repeats_it(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    token = "3f0c2a9e-7b1d-4c55-9a86-0d4be1f27c31"
    headers = {"x-request-id": f"id-{token}"}
    make.answer(WHERE, reply(400, {"message": f"bad key {token}"}, headers))
    with pytest.raises(Invalid) as caught:
        await open_client(token=token).request("GET", PATH)
    assert make.seen[0].headers["authorization"] == f"Token {token}"
    assert token not in f"{caught.value}{caught.value!r}{caught.value.request_id}"


async def test_a_redirect_is_refused_and_the_credential_goes_nowhere_else(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer(WHERE, reply(302, None, {"location": "https://evil.example/take"}))
    with pytest.raises(Redirected, match=r"evil\.example"):
        await open_client().request("GET", PATH)
    assert [(seen.host, seen.path) for seen in make.seen] == [("make.local", PATH)]


@pytest.mark.parametrize(
    "body",
    [b'{"a": 1', b"", b'{"a": NaN}', b'{"a": 1e999}', b"[" * 5_000 + b"]" * 5_000, b'{"a": "\xff"}',
     b"[" * 500 + b"]" * 500],
    ids=["cut", "empty", "nan", "infinite", "very deep", "not utf-8", "deep"],
)  # fmt: skip
async def test_json_that_cannot_be_passed_on_is_refused(
    make: FakeMake, open_client: OpenClient, reply: MakeReply, body: bytes
) -> None:
    make.answer(WHERE, reply(200, body))
    with pytest.raises(BadAnswer) as caught:
        await open_client().request("GET", PATH)
    assert caught.value.retryable


async def test_a_write_that_succeeded_with_an_unreadable_answer_says_so(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer("POST /teams", reply(201, b"{"))
    with pytest.raises(BadAnswer, match=r"Make reported success \(201\)") as caught:
        await open_client().request("POST", "/teams", body={})
    assert not caught.value.retryable


async def test_a_web_page_is_not_an_answer(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer(WHERE, reply(200, b"<html>Sign in</html>", media_type="text/html"))
    with pytest.raises(BadAnswer, match="a web page"):
        await open_client().request("GET", PATH)


async def test_an_error_that_is_no_json_is_told_in_its_own_words(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer(WHERE, reply(500, b"upstream\n gone", media_type="text/plain"))
    with pytest.raises(MakeDown, match="upstream gone"):
        await open_client().request("GET", PATH)
