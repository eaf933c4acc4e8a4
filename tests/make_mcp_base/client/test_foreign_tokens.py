"""Whether a zone knows a token that is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import FakeMake, MakeReply, OpenClient

pytestmark = pytest.mark.anyio

FOREIGN = "9b1f3c5d-2a4e-4f60-8c7d-1e2f3a4b5c6d"


@pytest.mark.parametrize("status", [200, 401, 403, 429, 500, 503])
async def test_a_zone_is_asked_once_with_that_token_and_never_with_ours(
    make: FakeMake, open_client: OpenClient, reply: MakeReply, status: int
) -> None:
    make.answer("GET /users/me", reply(status, {"message": "…"}))
    client = open_client()
    assert await client.knows(FOREIGN) == status
    [seen] = make.seen
    assert seen.headers["authorization"] == f"Token {FOREIGN}"
    assert client.settings.token not in str(seen.headers)


async def test_our_own_token_goes_with_the_next_request(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer("GET /users/me", reply(401, {"message": "…"}), reply(200, {}))
    client = open_client()
    await client.knows(FOREIGN)
    await client.request("GET", "/users/me")
    assert make.seen[1].headers["authorization"] == client.settings.authorization
