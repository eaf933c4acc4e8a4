"""Custom functions of teams."""

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

DIFFERENCE = "function difference(a, b) {\n    return a.filter((x) => !b.includes(x));\n}\n"


async def function(studio: "Studio", code: str = DIFFERENCE, **more: Any) -> dict[str, Any]:
    studio.license(customFunctions=True)
    name = code.partition("function ")[2].partition("(")[0]
    body = {"name": name, "description": "What one list has more.", "code": code} | more
    return (await studio.post("/functions", body, teamId=1))["function"]


def caller(expression: str) -> dict[str, Any]:
    return {
        "module": "util:SetVariable2",
        "parameters": {},
        "mapper": {"name": "result", "scope": "roundtrip", "value": expression},
    }


async def outcome(studio: "Studio", expression: str, guard: str = "true") -> Any:
    """The answer of a run that returns the value of an expression, if its filter lets it."""
    back = {
        "module": "scenario-service:ReturnData",
        "parameters": {},
        "mapper": {"result": expression},
        "metadata": {"expect": [{"name": "result", "type": "any"}]},
        "filter": {"name": "Guard", "conditions": [[{"a": guard, "o": "text:equal", "b": "true"}]]},
    }
    scenario = studio.scenario("Caller", caller("x"), back, is_active=True)
    return (await studio.call("POST", f"/scenarios/{scenario}/run", {"responsive": True})).json()


async def test_a_function_is_made_listed_read_and_deleted(studio: "Studio") -> None:
    made = await function(studio)
    author = {"id": 1, "name": "Robin Berg", "email": "robin.berg@example.com"}
    assert made == {
        "id": made["id"],
        "name": "difference",
        "args": "(a, b)",
        "description": "What one list has more.",
        "updatedAt": "2026-03-04T08:30:15.000Z",
        "createdByUser": author,
        "createdAt": "2026-03-04T08:30:15.000Z",
        "code": DIFFERENCE,
    }
    listed = (await studio.get("/functions", teamId=1))["functions"]
    assert listed == [{name: made[name] for name in made if name != "code"}]
    shown = (await studio.get(f"/functions/{made['id']}"))["function"]
    assert shown == {**made, "scenarios": []}
    only = await studio.get(f"/functions/{made['id']}", params={"cols[]": ["name", "args"]})
    assert only == {"function": {"name": "difference", "args": "(a, b)"}}
    gone = await studio.call("DELETE", f"/functions/{made['id']}")
    assert gone.json() == {"success": True}
    assert (await studio.get("/functions", teamId=1)) == {"functions": []}


async def test_functions_need_the_licence_and_the_scope(studio: "Studio") -> None:
    refused = await studio.call("GET", "/functions", teamId=1)
    assert (refused.status_code, refused.json()["code"]) == (402, "SC402")
    studio.license(customFunctions=True)
    reader = studio.token("functions:read")
    assert (await studio.call("GET", "/functions", teamId=1, token=reader)).is_success
    body = {"code": "1"}
    answer = await studio.call("POST", "/functions/eval", body, teamId=1, token=reader)
    assert answer.status_code == 403


async def test_a_function_of_another_team_does_not_exist(studio: "Studio") -> None:
    made = await function(studio)
    studio.world.update("custom_functions", made["id"], team_id=2)
    path = f"/functions/{made['id']}"
    assert (await studio.call("GET", path)).status_code == 404
    assert (await studio.call("GET", f"{path}/history", teamId=1)).status_code == 404
    assert (await studio.call("GET", "/functions", teamId=2)).status_code == 403


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("delete", "function delete() {}", "cannot be the name"),
        ("two words", "function two() {}", "cannot be the name"),
        ("one", "function two() { return 1; }", "has to be named 'one'"),
        ("one", "function one() { return 1 1; }", "SyntaxError"),
        ("one", f"function one() {{ return '{'x' * 5000}'; }}", "more than 5000"),
    ],
)
async def test_a_wrong_function_is_refused(
    studio: "Studio", name: str, code: str, said: str
) -> None:
    studio.license(customFunctions=True)
    body = {"name": name, "description": "", "code": code}
    answer = await studio.call("POST", "/functions", body, teamId=1)
    assert (answer.status_code, answer.json()["code"]) == (400, "IM005")
    assert said in answer.json()["message"]


async def test_two_functions_of_a_team_never_share_a_name(studio: "Studio") -> None:
    await function(studio)
    body = {"name": "difference", "description": "Again", "code": DIFFERENCE}
    assert (await studio.call("POST", "/functions", body, teamId=1)).json()["code"] == "IM005"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (DIFFERENCE, None),
        ("const add = (a, b) => a?.value ?? b;", None),
        ("function f( {", "SyntaxError"),
        ("while (true) {}", "longer than 300 ms"),
        ("undefinedThing()", "ReferenceError: undefinedThing is not defined"),
        ("require('fs')", "ReferenceError: require is not defined"),
    ],
)
async def test_a_source_is_really_evaluated(studio: "Studio", code: str, error: str | None) -> None:
    studio.license(customFunctions=True)
    answer = await studio.post("/functions/eval", {"code": code}, teamId=1)
    assert answer["success"] is (error is None)
    assert (answer["error"] or "").startswith(error or "") or (error or "") in answer["error"]


async def test_without_the_engine_the_answer_names_the_extra(
    studio: "Studio", monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.license(customFunctions=True)
    monkeypatch.setitem(sys.modules, "quickjs", None)
    answer = await studio.call("POST", "/functions/eval", {"code": "1"}, teamId=1)
    assert answer.status_code == 503
    assert "make-api-sandbox[javascript]" in answer.json()["message"]


async def test_former_code_stays_in_the_history(studio: "Studio") -> None:
    made = await function(studio)
    path = f"/functions/{made['id']}"
    second, third = DIFFERENCE.replace("a, b", "b, a"), DIFFERENCE.replace("a, b", "a, b, c")
    for code in (second, third):
        await studio.control("POST", "/clock", {"advance": 60})
        assert (await studio.call("PATCH", path, {"code": code})).is_success
    edited = (await studio.call("PATCH", path, {"description": "Other"})).json()["function"]
    assert (edited["args"], edited["description"]) == ("(a, b, c)", "Other")
    history = (await studio.get(f"{path}/history", teamId=1))["functionHistory"]
    assert [one["previousCode"] for one in history] == [second, DIFFERENCE]
    assert history[0]["updatedBy"] == "Robin Berg"
    assert history[0]["updatedAt"] == "2026-03-04T08:32:15.000Z"
    renamed = await studio.call("PATCH", path, {"name": "other"})
    assert renamed.status_code == 400
    elsewhere = await studio.call("PATCH", path, {"code": "function other() {}"})
    assert elsewhere.json()["code"] == "IM005"


async def test_deleting_a_called_function_asks_and_breaks_the_scenario(studio: "Studio") -> None:
    made = await function(studio)
    scenario = studio.scenario("Caller", caller('{{join(difference(1.a; 1.b); ",")}}'))
    studio.scenario("Namesake", caller("the difference (of both)"))
    path = f"/functions/{made['id']}"
    shown = (await studio.get(path))["function"]
    assert shown["scenarios"] == [{"id": scenario, "name": "Caller"}]
    refused = await studio.call("DELETE", path)
    assert (refused.status_code, refused.json()["code"]) == (406, "IM004")
    assert refused.json()["suberrors"] == [{"message": "Caller"}]
    assert (await studio.call("DELETE", path, confirmed="true")).is_success
    row = studio.world.get("scenarios", scenario)
    assert row
    assert row["is_invalid"] is True


async def test_a_scenario_calls_a_function_like_a_built_in_one(studio: "Studio") -> None:
    await function(studio)
    answer = await outcome(
        studio, '{{join(difference(split("1,2,3"; ","); split("2"; ",")); "+")}}'
    )
    assert answer["outputs"] == {"result": "1+3"}


async def test_a_function_reaches_built_in_ones_and_the_organizations_time(
    studio: "Studio",
) -> None:
    await function(
        studio,
        "function told(list) {\n"
        "    const size = iml.length(list);\n"
        "    const day = new Date(2026, 6, 1, 12);\n"
        "    return JSON.stringify([size, iml.upper('x' + size), day, new Date()]);\n"
        "}\n",
    )
    zones = (await studio.get("/enums/timezones"))["timezones"]
    zone = next(one["id"] for one in zones if one["code"] == "America/New_York")
    studio.world.update("organizations", 1, timezone_id=zone)
    answer = await outcome(studio, '{{told(split("a,b"; ","))}}')
    noon, now = "2026-07-01T16:00:00.000Z", "2026-03-04T08:30:15.000Z"
    assert json.loads(answer["outputs"]["result"]) == [2, "X2", noon, now]


async def test_a_failing_function_fails_the_field_it_is_mapped_to(studio: "Studio") -> None:
    await function(studio, "function bad() { throw new TypeError('no list'); }")
    answer = await outcome(studio, "{{bad()}}")
    assert "Failed to map 'result': Function 'bad' finished with error!" in str(answer)
    assert "TypeError: no list" in str(answer)


async def test_without_the_licence_scenarios_find_no_function(studio: "Studio") -> None:
    await function(studio)
    studio.license(customFunctions=None)
    answer = await outcome(studio, "{{difference(1; 2)}}")
    assert "Function 'difference' not found!" in str(answer)


async def test_a_function_decides_in_a_filter(studio: "Studio") -> None:
    made = await function(studio, "function isLong(text) { return text.length > 3; }")
    passed = await outcome(studio, "yes", '{{isLong("four")}}')
    assert passed["outputs"] == {"result": "yes"}
    stopped = await outcome(studio, "yes", '{{isLong("two")}}')
    assert stopped.get("outputs") is None
    body = {"code": "function isLong(text) { throw 'no'; }"}
    await studio.call("PATCH", f"/functions/{made['id']}", body)
    failed = await outcome(studio, "yes", '{{isLong("four")}}')
    assert "Failed to evaluate filter: Function 'isLong' finished with error! no" in str(failed)


async def test_without_the_engine_a_scenario_says_what_is_missing(
    studio: "Studio", monkeypatch: pytest.MonkeyPatch
) -> None:
    await function(studio)
    monkeypatch.setitem(sys.modules, "quickjs", None)
    answer = await outcome(studio, "{{difference(1; 2)}}")
    assert "make-api-sandbox[javascript]" in str(answer)
