"""What a 403 means: a scope, a zone or a role; and which zone an account lives in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from make_mcp_base.client.failures import Forbidden, LicenceGate, MissingScope, WrongZone
from make_mcp_base.client.zones import probe_zones

if TYPE_CHECKING:
    from .conftest import FakeMake, MakeReply, OpenClient

pytestmark = pytest.mark.anyio

AUTHORIZATION = "GET /users/me/current-authorization"
TEAMS = "GET /teams"
DENIED = {"detail": "Access denied.", "message": "Permission denied", "code": "SC403"}


def holds(*scopes: str) -> dict[str, object]:
    return {"authorization": {"scope": list(scopes), "authUsed": "token"}}


def organizations(*zones: str) -> dict[str, object]:
    return {"organizations": [{"id": 1 + n, "zone": zone} for n, zone in enumerate(zones)]}


@pytest.fixture
def denied(make: FakeMake, reply: MakeReply) -> FakeMake:
    make.answer(TEAMS, reply(403, DENIED, {"x-request-id": "rq-5"}))
    return make


async def test_a_scope_the_token_lacks_is_named(
    denied: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    denied.answer(AUTHORIZATION, reply(200, holds("scenarios:read")))
    with pytest.raises(MissingScope, match=r"lacks the scope `teams:read`") as caught:
        await open_client().request("GET", "/teams", scope="teams:read")
    failure = caught.value
    assert (failure.scope, failure.make_code, failure.request_id) == ("teams:read", "SC403", "rq-5")
    assert failure.make_message == "Access denied."


async def test_a_scope_the_token_holds_leaves_role_or_owner(
    denied: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    denied.answer(AUTHORIZATION, reply(200, holds("teams:read")))
    with pytest.raises(Forbidden, match="has `teams:read`, so the user's role") as caught:
        await open_client().request("GET", "/teams", scope="teams:read")
    assert type(caught.value) is Forbidden


async def test_scopes_that_cannot_be_read_still_name_the_needed_one(
    denied: FakeMake, open_client: OpenClient
) -> None:
    with pytest.raises(Forbidden, match="needs `teams:read`"):
        await open_client().request("GET", "/teams", scope="teams:read")


async def test_the_scopes_are_asked_once(
    denied: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    denied.answer(AUTHORIZATION, reply(200, holds("scenarios:read")))
    client = open_client()
    for _ in range(3):
        with pytest.raises(MissingScope):
            await client.request("GET", "/teams", scope="teams:read")
    assert denied.count(AUTHORIZATION) == 1


async def test_a_gate_with_the_scope_missing_is_a_missing_scope(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer("GET /analytics/5", reply(403, DENIED))
    make.answer(AUTHORIZATION, reply(200, holds("scenarios:read")), reply(200, holds()))
    with pytest.raises(MissingScope):
        await open_client().request("GET", "/analytics/5", scope="analytics:read")
    make.answer(AUTHORIZATION, reply(200, holds("analytics:read")))
    with pytest.raises(LicenceGate):
        await open_client().request("GET", "/analytics/5", scope="analytics:read")


async def test_the_wrong_zone_is_named_from_the_organizations_it_shows(
    denied: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    denied.answer(AUTHORIZATION, reply(200, holds("teams:read")))
    denied.answer("GET /organizations", reply(200, organizations("us2.make.com")))
    with pytest.raises(WrongZone, match=r"MAKE_ZONE=us2\.make\.com"):
        await open_client("eu1").request("GET", "/teams", scope="teams:read")
    assert {seen.host for seen in denied.seen} == {"eu1.make.com"}


async def test_a_zone_that_refuses_its_organizations_is_the_wrong_one(
    denied: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    denied.answer(AUTHORIZATION, reply(200, holds("teams:read", "organizations:read")))
    denied.answer("GET /organizations", reply(403, DENIED))
    with pytest.raises(WrongZone) as caught:
        await open_client("eu1").request("GET", "/teams", scope="teams:read")
    assert caught.value.zone is None
    assert {seen.host for seen in denied.seen} == {"eu1.make.com"}


async def test_a_finder_names_the_right_zone(
    denied: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    denied.answer(AUTHORIZATION, reply(200, holds("teams:read", "organizations:read")))
    denied.answer("GET /organizations", reply(403, DENIED))
    denied.answer("GET us1.make.com/organizations", reply(200, organizations("us1.make.com")))

    async def find() -> str | None:
        return (await probe_zones("t", transport=denied.transport())).home

    with pytest.raises(WrongZone, match=r"Set MAKE_ZONE=us1\.make\.com"):
        await open_client("eu1", zone_finder=find).request("GET", "/teams", scope="teams:read")


async def test_the_right_zone_is_not_called_wrong(
    denied: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    denied.answer(AUTHORIZATION, reply(200, holds("teams:read", "organizations:read")))
    denied.answer("GET /organizations", reply(200, organizations("us2.make.com", "eu1.make.com")))
    with pytest.raises(Forbidden) as caught:
        await open_client("eu1").request("GET", "/teams", scope="teams:read")
    assert type(caught.value) is Forbidden


async def test_organizations_without_a_zone_are_no_sign_of_the_wrong_one(
    denied: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    denied.answer(AUTHORIZATION, reply(200, holds("teams:read", "organizations:read")))
    denied.answer("GET /organizations", reply(200, {"organizations": [{"id": 4}]}))
    with pytest.raises(Forbidden) as caught:
        await open_client("eu1").request("GET", "/teams", scope="teams:read")
    assert type(caught.value) is Forbidden


async def test_a_private_host_has_no_other_zone(
    denied: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    denied.answer(AUTHORIZATION, reply(200, holds("teams:read", "organizations:read")))
    denied.answer("GET /organizations", reply(200, organizations("us2.make.com")))
    with pytest.raises(Forbidden) as caught:
        await open_client("https://fakemake.com").request("GET", "/teams", scope="teams:read")
    assert type(caught.value) is Forbidden


# Probing


async def test_the_zone_that_shows_organizations_is_home(make: FakeMake, reply: MakeReply) -> None:
    make.answer(AUTHORIZATION, reply(200, holds("organizations:read")))
    make.answer("GET /organizations", reply(403, DENIED))
    make.answer("GET eu2.make.com/organizations", reply(200, {"organizations": [{"id": 4}]}))
    report = await probe_zones("t", transport=make.transport())
    assert report.home == "eu2.make.com"
    assert [sight.zone for sight in report.sights if sight.knows_organizations] == ["eu2.make.com"]
    assert all(sight.knows_user for sight in report.sights)


async def test_a_token_nobody_knows_has_no_home(make: FakeMake, reply: MakeReply) -> None:
    make.answer(AUTHORIZATION, reply(401, {"code": "IM015"}))
    report = await probe_zones("t", transport=make.transport())
    assert report.home is None
    assert not any(sight.knows_user or sight.trouble for sight in report.sights)


async def test_a_zone_that_is_down_leaves_its_question_open(
    make: FakeMake, reply: MakeReply
) -> None:
    make.answer(AUTHORIZATION, reply(401, {}))
    make.answer("GET us1.make.com/users/me/current-authorization", reply(503, {}))
    report = await probe_zones("t", transport=make.transport())
    assert {sight.zone: sight.trouble for sight in report.sights}["us1.make.com"] == "make_down"
