"""What Python would take for JSON and Make would not, or could not give back."""

from typing import TYPE_CHECKING

import pytest
from make_api_sandbox.tokens import OWNER_TOKEN

if TYPE_CHECKING:
    import httpx

    from .conftest import Studio

pytestmark = pytest.mark.anyio

STORE = {"name": "Notes", "teamId": 1, "maxSizeMB": 1}


async def send(studio: "Studio", path: str, raw: str) -> "httpx.Response":
    headers = {"Authorization": f"Token {OWNER_TOKEN}", "Content-Type": "application/json"}
    return await studio.http.post(f"/api/v2{path}", content=raw.encode(), headers=headers)


@pytest.mark.parametrize(
    "value",
    ["NaN", "-Infinity", "1e999", '"\\ud800"', "[" * 300 + "]" * 300, "[" * 50_000 + "]" * 50_000],
    ids=["NaN", "infinity", "no-double", "half-a-pair", "deep", "endless"],
)
async def test_a_value_that_no_answer_could_carry_is_refused(studio: "Studio", value: str) -> None:
    store = (await studio.post("/data-stores", STORE))["dataStore"]["id"]
    answer = await send(studio, f"/data-stores/{store}/data", f'{{"data": {{"a": {value}}}}}')
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid JSON body.")
    assert (await studio.get(f"/data-stores/{store}/data"))["count"] == 0


async def test_a_pair_of_surrogates_is_one_character(studio: "Studio") -> None:
    answer = await send(studio, "/scenarios-folders", '{"name": "\\ud83d\\ude00", "teamId": 1}')
    assert answer.json()["scenarioFolder"]["name"] == "\N{GRINNING FACE}"


async def test_a_number_beyond_64_bits_is_a_double(studio: "Studio") -> None:
    store = (await studio.post("/data-stores", STORE))["dataStore"]["id"]
    body = '{"key": "n", "data": {"a": 100000000000000000000, "b": 9223372036854775807}}'
    answer = await send(studio, f"/data-stores/{store}/data", body)
    assert answer.json()["data"] == {"a": 1e20, "b": 2**63 - 1}


async def test_an_id_beyond_64_bits_is_no_id(studio: "Studio") -> None:
    answer = await send(studio, "/scenarios-folders", f'{{"name": "a", "teamId": {10**20}}}')
    assert answer.status_code == 400
    hook = {"name": "a", "teamId": 1, "typeName": "slack", "__IMTCONN__": 10**20}
    assert (await studio.call("POST", "/hooks", hook)).status_code == 404


async def test_a_webhook_takes_what_is_no_json_as_text(studio: "Studio") -> None:
    options = {"headers": False, "method": False, "stringify": False}
    body = {"name": "In", "teamId": 1, "typeName": "gateway-webhook"} | options
    hook = (await studio.post("/hooks", body))["hook"]
    studio.world.update("hooks", hook["id"], learning=False)
    sent = await studio.http.post(f"/hook/{hook['udid']}", content=b'{"a": NaN}')
    assert sent.text == "Accepted"
    (item,) = (await studio.get(f"/hooks/{hook['id']}/incomings"))["incomings"]
    kept = await studio.get(f"/hooks/{hook['id']}/incomings/{item['id']}")
    assert kept["incoming"]["data"] == {"value": '{"a": NaN}'}
