"""Arguments nobody should send, and somebody does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness import Company, Server

pytestmark = pytest.mark.anyio

LONGEST = 16_500
BLUEPRINT_BYTES = 50_000_000


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"bottom": "reached"}
    for _ in range(levels):
        inner = {"a": inner}
    return inner


async def alive(server: Server) -> None:
    assert (await server.call("team_list", organization_id=1)).data["teams"]


async def test_every_misspelt_argument_is_answered_with_the_nearest(core: Server) -> None:
    told = await core.call("team_list", organisation_id=1, limt=3, curser="c5", quite_wrong=1)
    fixes = {p["path"]: p.get("fix", "") for p in told.error["problems"]}
    assert "`organization_id`" in fixes["organisation_id"]
    assert "`limit`" in fixes["limt"]
    assert "`cursor`" in fixes["curser"]
    assert "limit" in fixes["quite_wrong"]


@pytest.mark.parametrize(
    "limit",
    ["many", -1, 0, 10**30, 2.5, [], {}, "10; DROP TABLE teams", "1e3", "\x00"],
    ids=repr,
)
async def test_a_wrong_type_is_told_before_anything_is_sent(
    core: Server, company: Company, limit: Any
) -> None:
    await alive(core)
    await company.control("DELETE", "/requests")
    told = await core.call("team_list", organization_id=1, limit=limit)
    assert told.error["code"] == "invalid_arguments"
    assert [p["path"] for p in told.error["problems"]] == ["limit"]
    assert (await company.control("GET", "/requests"))["requests"] == []
    await alive(core)


FOREIGN: list[Any] = [
    99_999_999,
    -1,
    0,
    2**70,
    "../../users/me",
    "1/../../admin",
    "1?x=1",
    "1%2f..",
    "9" * 5_000,
    "²",
    "Nobody's team",
    "\u202e1",
    {"id": 1},
    [1],
    None,
]


@pytest.mark.parametrize("team", FOREIGN, ids=lambda value: repr(value)[:24])
async def test_a_foreign_id_is_refused_clearly_and_never_leaves_its_path(
    core: Server, company: Company, team: Any
) -> None:
    await company.control("DELETE", "/requests")
    told = await core.call("team_get", team_id=team)
    assert told.error["next_step"]
    assert len(told.text) < LONGEST
    paths = {r["path"] for r in (await company.control("GET", "/requests"))["requests"]}
    strange = [p for p in paths if ".." in p or "admin" in p or "%" in p or "?" in p]
    assert strange == []


async def test_fifty_megabytes_of_text_get_a_short_answer(core: Server) -> None:
    told = await core.call("team_create", name="x" * BLUEPRINT_BYTES, organization_id=1)
    assert told.result.is_error
    assert len(told.text) < LONGEST
    assert len(str(told.result.structured_content)) < 2 * LONGEST
    await alive(core)


@pytest.mark.parametrize("form", ["text", "object"])
async def test_a_blueprint_of_fifty_megabytes_gets_a_short_answer(core: Server, form: str) -> None:
    big = "x" * BLUEPRINT_BYTES
    blueprint: Any = (
        f'{{"name":"{big}","flow":[]}}' if form == "text" else {"name": big, "flow": []}
    )
    told = await core.call("scenario_create", blueprint=blueprint, team_id=1)
    assert told.result.is_error
    assert len(told.text) < LONGEST
    assert len(str(told.result.structured_content)) < 2 * LONGEST
    await alive(core)


@pytest.mark.parametrize("levels", [200, 500, 5_000, 200_000])
async def test_a_blueprint_of_many_levels_gets_a_short_answer(core: Server, levels: int) -> None:
    inner = '{"a":' * levels + "1" + "}" * levels
    text = f'{{"name":"Deep","flow":[],"metadata":{inner}}}'
    told = await core.call("scenario_create", blueprint=text, team_id=1)
    assert len(told.text) < LONGEST
    assert "Internal error" not in told.text
    await alive(core)


async def test_ten_thousand_unknown_arguments_get_a_short_answer(core: Server) -> None:
    told = await core.call("team_list", **{f"{'u' * 200}{n}": n for n in range(10_000)})
    assert told.error["code"] == "invalid_arguments"
    assert len(told.text) < LONGEST
    assert len(str(told.result.structured_content)) < 2 * LONGEST
    await alive(core)


async def test_an_argument_name_of_a_megabyte_gets_a_short_answer(core: Server) -> None:
    told = await core.call("team_list", **{"n" * 1_000_000: 1})
    assert told.error["code"] == "invalid_arguments"
    assert len(str(told.result)) < 3 * LONGEST


@pytest.mark.parametrize("arguments", [nested(200), "[" * 5_000, '{"a":' * 5_000, 7, ["team_list"]])
async def test_the_gateway_survives_what_is_put_into_it(core: Server, arguments: Any) -> None:
    told = await core.call("make_core_tool_read", tool="team_list", arguments=arguments)
    assert told.result.is_error
    assert len(told.text) < LONGEST
    await alive(core)


@pytest.mark.parametrize("cursor", ["", "c", "c-1", "c٣", "c" + "9" * 400, "next", "c1e3"])
async def test_a_cursor_of_somebody_elses_making_is_refused(core: Server, cursor: str) -> None:
    told = await core.call("team_list", organization_id=1, cursor=cursor)
    assert told.error["code"] == "invalid_arguments"
    await alive(core)
