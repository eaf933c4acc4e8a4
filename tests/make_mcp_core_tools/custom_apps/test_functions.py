"""Custom IML functions of a team."""

import json
from typing import Any

import pytest
from app_bench import Bench
from harness import Connect

pytestmark = pytest.mark.anyio

DOUBLE = "function double(x) {\n    return x * 2;\n}\n"


@pytest.fixture
async def team(bench: Bench) -> int:
    """A team of the test's own."""
    body = {"name": "Functions", "organizationId": 1}
    return int((await bench.company.send("POST", "/teams", body))["team"]["id"])


async def made(bench: Bench, team: int, **more: Any) -> dict[str, Any]:
    arguments = {"team_id": team, "name": "double", "code": DOUBLE} | more
    return (await bench.core.call("function_create", **arguments)).data


async def call_it(bench: Bench, team: int) -> int:
    """A scenario whose expression calls the function; its id."""
    mapper = {"name": "v", "scope": "roundtrip", "value": "{{double(2)}}"}
    module = {"id": 1, "module": "util:SetVariable2", "version": 1, "mapper": mapper}
    blueprint = {"name": "Doubles", "flow": [module], "metadata": {"version": 1}}
    body = {
        "teamId": team,
        "blueprint": json.dumps(blueprint),
        "scheduling": json.dumps({"type": "on-demand"}),
    }
    scenario = await bench.company.send("POST", "/scenarios", body, confirmed="true")
    return int(scenario["scenario"]["id"])


async def test_a_function_is_created_listed_shown_and_taken_back(bench: Bench, team: int) -> None:
    none = (await bench.core.call("function_list", team_id=team)).data
    assert (none["functions"], none["total"]) == ([], 0)
    done = await made(bench, team, description="Twice as much")
    ident = done["function"]["id"]
    (row,) = (await bench.core.call("function_list", team_id=team)).data["functions"]
    assert (row["id"], row["args"], row["description"]) == (ident, "(x)", "Twice as much")
    scenario = await call_it(bench, team)
    shown = (await bench.core.call("function_get", function_id=ident)).data
    assert (shown["code"], [one["id"] for one in shown["used_by"]]) == (DOUBLE, [scenario])
    in_use = await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    assert in_use.error["status"] == 406
    await bench.company.send("DELETE", f"/scenarios/{scenario}", confirmed="true")
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    assert (await bench.company.get("/functions", teamId=team))["functions"] == []


async def test_every_fault_of_a_new_function_is_told_before_anything_is_sent(
    bench: Bench, team: int
) -> None:
    await bench.company.control("DELETE", "/requests")
    told = await bench.core.call(
        "function_create", team_id=team, name="double", code="function other(x) {\n  return (x;\n}"
    )
    assert [p["path"].split(",")[0] for p in told.error["problems"]] == ["code", "code line 2"]
    seen = (await bench.company.control("GET", "/requests"))["requests"]
    assert [one for one in seen if one["method"] != "GET"] == []
    word = await bench.core.call("function_create", team_id=team, name="return", code=DOUBLE)
    assert word.error["problems"][0]["path"] == "name"


async def test_a_function_in_use_changes_by_plan_and_its_history_tells(
    bench: Bench, team: int
) -> None:
    ident = (await made(bench, team))["function"]["id"]
    scenario = await call_it(bench, team)
    code = DOUBLE.replace("* 2", "+ x")
    plan = (await bench.core.call("function_update", function_id=ident, code=code)).data["plan"]
    assert plan["affects"] == [f"Scenario {scenario} “Doubles” calls it."]
    done = (await bench.core.apply("function_update", function_id=ident, code=code)).data
    again = (await bench.core.call("function_update", function_id=ident, code=code)).data
    assert again["changed"] is False
    told = (await bench.core.call("function_history_get", function_id=ident)).data
    (version,) = told["versions"]
    assert version["diff"][1:] == [
        " function double(x) {",
        "-    return x * 2;",
        "+    return x + x;",
        " }",
    ]
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    kept = (await bench.company.get(f"/functions/{ident}"))["function"]
    assert kept["code"] == DOUBLE


async def test_a_deleted_function_names_who_breaks_and_comes_back(bench: Bench, team: int) -> None:
    ident = (await made(bench, team))["function"]["id"]
    scenario = await call_it(bench, team)
    plan = (await bench.core.call("function_delete", function_id=ident)).data["plan"]
    assert plan["affects"] == [f"Scenario {scenario} “Doubles” calls it and will fail."]
    done = (await bench.core.apply("function_delete", function_id=ident)).data
    assert (await bench.company.get("/functions", teamId=team))["functions"] == []
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    (back,) = (await bench.company.get("/functions", teamId=team))["functions"]
    kept = (await bench.company.get(f"/functions/{back['id']}"))["function"]
    assert kept["code"] == DOUBLE


async def test_code_is_checked_here_and_then_by_make(bench: Bench, team: int) -> None:
    good = (await bench.core.call("function_check", team_id=team, code=DOUBLE)).data
    assert (good["ok"], good["problems"]) == (True, [])
    await bench.company.control("DELETE", "/requests")
    broken = (await bench.core.call("function_check", team_id=team, code="function x( {")).data
    assert broken["ok"] is False
    assert broken["problems"][0].startswith("line 1, column ")
    paths = [r["path"] for r in (await bench.company.control("GET", "/requests"))["requests"]]
    assert "/api/v2/functions/eval" not in paths
    thrown = (
        await bench.core.call("function_check", team_id=team, code="throw new Error('no')")
    ).data
    assert (thrown["ok"], "no" in thrown["problems"][0]) == (False, True)


@pytest.mark.parametrize(
    ("code", "args", "gives"),
    [
        (DOUBLE, [21], 42),
        ("function glue(list, sep) { return list.join(sep); }", [["a", "b"], "-"], "a-b"),
        ("function nothing() { }", [], None),
        ("function whole(x) { return { given: x, n: [1] }; }", [{"k": "\u00e9\"'"}], ...),
    ],
)
async def test_a_function_is_called_and_what_it_gives_is_told(
    bench: Bench, team: int, code: str, args: list[Any], gives: Any
) -> None:
    told = (await bench.core.call("function_check", team_id=team, code=code, args=args)).data
    assert (told["ok"], told["called"], told["problems"]) == (True, True, [])
    wanted = {"given": args[0], "n": [1]} if gives is ... else gives
    assert told.get("returned") == wanted


async def test_a_function_that_throws_when_it_is_called_is_not_sound(
    bench: Bench, team: int
) -> None:
    code = "function bad(x) { throw new Error('too small: ' + x); }"
    alone = (await bench.core.call("function_check", team_id=team, code=code)).data
    assert alone["ok"] is True
    told = (await bench.core.call("function_check", team_id=team, code=code, args=[3])).data
    assert (told["ok"], "too small: 3" in told["problems"][0]) == (False, True)


async def test_a_dry_run_of_a_new_function_is_what_is_then_sent(bench: Bench, team: int) -> None:
    new: dict[str, Any] = {"team_id": team, "name": "double", "code": DOUBLE}
    plan = (await bench.core.call("function_create", **new, dry_run=True)).data["plan"]
    assert (await bench.core.call("function_list", team_id=team)).data["functions"] == []
    await bench.company.control("DELETE", "/requests")
    done = (await bench.core.call("function_create", **new)).data
    seen = (await bench.company.control("GET", "/requests"))["requests"]
    sent = [(one["method"], one["path"]) for one in seen if one["method"] != "GET"]
    assert sent == [(one["method"], f"/api/v2{one['path']}") for one in plan["requests"]]
    history = await bench.core.call("function_history_get", function_id=done["function"]["id"])
    assert history.data["versions"] == []


async def test_an_unknown_function_is_refused(bench: Bench) -> None:
    for tool in ("function_get", "function_delete", "function_history_get"):
        told = await bench.core.call(tool, function_id=999_999)
        assert told.error["status"] == 404


async def test_without_the_licence_the_tools_say_which_feature_is_missing(connect: Connect) -> None:
    async with connect() as server:
        told = await server.call("function_list")
    assert "customFunctions" in told.error["why"]
