"""Bodies, columns and pages, the same for every resource."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio


async def test_all_faults_of_a_body_are_listed_at_once(studio: "Studio") -> None:
    body = {"name": 5, "teamId": 1, "colour": "red"}
    answer = await studio.call("POST", "/data-stores", body)
    assert answer.status_code == 400
    error = answer.json()
    assert error["code"] == "SC400"
    assert error["detail"][0] == "Validation failed for 3 parameter(s)."
    assert error["suberrors"] == [
        {"name": "maxSizeMB", "message": "Missing value of required parameter 'maxSizeMB'."},
        {"name": "colour", "message": "Unknown parameter 'colour'."},
        {"name": "name", "message": "Invalid value of parameter 'name': should be string."},
    ]


@pytest.mark.parametrize("raw", ["{", "[1]", '"text"', b"\xff"])
async def test_a_body_that_is_no_json_object_is_400(studio: "Studio", raw: str | bytes) -> None:
    headers = {"Authorization": f"Token {studio.token('*')}"}
    answer = await studio.http.post("/api/v2/scenarios-folders", content=raw, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "SC400")


async def test_a_required_query_member_is_named(studio: "Studio") -> None:
    answer = await studio.call("GET", "/connections")
    assert answer.json() == {
        "message": "Invalid input parameters",
        "code": "SC400",
        "detail": [
            "Validation failed for 1 parameter(s).",
            "Missing value of required parameter 'teamId'.",
        ],
        "suberrors": [
            {"name": "teamId", "message": "Missing value of required parameter 'teamId'."}
        ],
    }


@pytest.mark.parametrize("id", ["abc", "0", "-1", "1.5", "99999999999999999999", "١"])
async def test_an_id_that_is_no_positive_number_is_400(studio: "Studio", id: str) -> None:
    assert (await studio.call("GET", f"/teams/{id}")).status_code == 400


async def test_team_and_organization_exclude_each_other(studio: "Studio") -> None:
    both = await studio.call("GET", "/users", teamId=1, organizationId=1)
    assert both.json()["message"] == "teamId and organizationId cannot be used together"
    assert (await studio.call("GET", "/users")).status_code == 400


async def test_columns_limit_and_extend_and_star_shows_all(studio: "Studio") -> None:
    usual = (await studio.get("/teams", organizationId=1))["teams"][0]
    assert list(usual) == ["id", "name", "organizationId", "globalAgentsEnabled"]
    chosen = await studio.get("/teams/1", params={"cols[]": ["isPaused", "name"]})
    assert chosen["team"] == {"isPaused": False, "name": "Studio"}
    every = (await studio.get("/teams/1", params={"cols[]": "*"}))["team"]
    assert {"consumedCenticredits", "transferLimit", "id"} <= set(every)


async def test_unknown_columns_are_refused_even_for_an_empty_list(studio: "Studio") -> None:
    answer = await studio.call(
        "GET", "/keys", params={"teamId": 1, "cols[]": ["id", "secret", "shape"]}
    )
    assert answer.status_code == 400
    assert [one["message"] for one in answer.json()["suberrors"]] == [
        "Unknown column 'secret'.",
        "Unknown column 'shape'.",
    ]


@pytest.mark.parametrize("form", ["cols[]", "cols[0]", "cols"])
async def test_an_array_is_read_in_every_notation(studio: "Studio", form: str) -> None:
    answer = await studio.get("/teams/1", params={form: "name"})
    assert answer == {"team": {"name": "Studio"}}


async def test_pages_cover_a_list_once_in_order(studio: "Studio") -> None:
    for name in ("delta", "Alpha", "charlie", "Bravo", "echo"):
        studio.world.insert("data_stores", team_id=1, name=name, max_size=1)
    seen: list[str] = []
    for offset in (0, 2, 4):
        params = {"teamId": 1, "pg[limit]": 2, "pg[offset]": offset, "pg[sortDir]": "desc"}
        page = await studio.get("/data-stores", params=params)
        seen += [one["name"] for one in page["dataStores"]]
        assert page["pg"] == {
            "sortBy": "name",
            "limit": 2,
            "sortDir": "desc",
            "offset": offset,
            "returnTotalCount": False,
        }
    assert seen == ["echo", "delta", "charlie", "Bravo", "Alpha"]


@pytest.mark.parametrize(
    ("member", "value"),
    [("limit", "0"), ("limit", "10001"), ("limit", "x"), ("offset", "-1"), ("sortBy", "size")],
)
async def test_a_page_out_of_bounds_is_400(studio: "Studio", member: str, value: str) -> None:
    params: dict[str, Any] = {"teamId": 1, f"pg[{member}]": value}
    answer = await studio.call("GET", "/data-stores", params=params)
    assert answer.status_code == 400
    assert answer.json()["suberrors"][0]["name"] == f"pg[{member}]"


async def test_a_total_count_is_only_for_sessions(studio: "Studio") -> None:
    params = {"teamId": 1, "pg[returnTotalCount]": "true"}
    answer = await studio.call("GET", "/data-stores", params=params)
    assert (answer.status_code, answer.json()["code"]) == (400, "SC400")
    assert "session authentication" in answer.json()["message"]
