"""Editing blueprints that are far from simple: gaps, nesting, orphans, notes, other people."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server
from make_blueprint.document import as_object
from make_blueprint.layout import position
from make_blueprint.walk import walk

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]
Op = dict[str, Any]


@pytest.fixture
def tangled(blueprint: Builder, step: Builder) -> dict[str, Any]:
    """If-else with merge, router, error route, agent tools, orphans and a note; ids with gaps."""
    test = [[{"a": "{{3.v3}}", "o": "exist"}]]
    resume = step(40, "builtin:Resume", mapper={"v21": "x"})
    yes = step(21, mapper={"name": "v21", "scope": "roundtrip", "value": "{{3.v3}}"})
    fork = step(17, "builtin:BasicIfElse", mapper=None)
    fork["branches"] = [
        {"type": "condition", "merge": True, "conditions": test, "flow": [yes | _failing(resume)]},
        {"type": "else", "merge": True, "flow": [step(22)]},
    ]
    merge = step(18, "builtin:BasicMerge", mapper=None)
    merge["outputs"] = [{"name": "r", "mappings": ["{{21.v21}}", "{{22.v22}}"]}]
    tool = step(62, mapper={"name": "v62", "scope": "roundtrip", "value": "{{3.v3}}"})
    agent = step(61, "ai-local-agent:RunLocalAIAgent", tools=[{"name": "Look", "flow": [tool]}])
    router = step(50, "builtin:BasicRouter", mapper=None)
    last = step(52, mapper={"name": "v52", "scope": "roundtrip", "value": "{{51.v51}}"})
    router["routes"] = [{"flow": [step(51), last]}, {"flow": [agent]}]
    document = blueprint(step(3), fork, merge, router, name="Tangled")
    document["metadata"]["designer"]["orphans"] = [[step(90)]]
    document["metadata"]["notes"] = [{"moduleIds": [3, 120], "content": "<p>keep</p>", "zz": 1}]
    document["zz"] = {"b": 1, "a": [2, 1.0, 1e-9, "\u2028"]}
    return document


def _failing(handler: dict[str, Any]) -> dict[str, Any]:
    return {"onerror": [handler]}


@pytest.fixture
async def knot(new_scenario: Maker, tangled: dict[str, Any]) -> int:
    return int((await new_scenario(tangled))["id"])


SLEEP = {"module": "util:FunctionSleep", "mapper": {"duration": "5"}}


OPERATIONS: list[tuple[Op, set[int]]] = [
    ({"op": "set_mapper", "module": 62, "name": "value", "value": "n"}, {62}),
    ({"op": "set_param", "module": 40, "name": "zz", "value": 1}, {40}),
    ({"op": "set_filter", "module": 52, "filter": {"name": "F", "conditions": []}}, {52}),
    ({"op": "rename_module", "module": 90, "name": "Loose"}, {90}),
    ({"op": "remove_module", "module": 90}, {90}),
    ({"op": "remove_module", "module": 52}, {52}),
    ({"op": "set_error_handler", "module": 21, "handlers": None}, {40}),
    ({"op": "move_module", "module": 90, "after": 3}, {90}),
    ({"op": "remove_route", "router": 50, "route": 1}, {61, 62}),
    ({"op": "add_module", "module": SLEEP, "after": 62}, set()),
    ({"op": "add_module", "module": SLEEP, "after": 40}, set()),
    ({"op": "add_route", "router": 50, "flow": [SLEEP, SLEEP]}, set()),
]
"""Operations of every kind, each with the modules it may change."""


async def test_each_operation_leaves_every_other_module_to_the_last_byte(
    core: Server, knot: int, stored: Reader
) -> None:
    before = await stored(knot)
    old = _own(before["blueprint"])
    for op, touched in OPERATIONS:
        told = await core.call("scenario_patch", scenario_id=knot, ops=[op])
        after = await stored(knot)
        new = _own(after["blueprint"])
        kept = old.keys() - touched
        assert {number: new[number] for number in kept} == {n: old[n] for n in kept}, op
        assert new.keys() - old.keys() == set(told.data.get("new_module_ids") or ()), op
        for key in ("name", "zz"):
            assert json.dumps(after["blueprint"][key]) == json.dumps(before["blueprint"][key]), op
        metadata = after["blueprint"]["metadata"]
        assert metadata["notes"] == before["blueprint"]["metadata"]["notes"], op
        assert after["scheduling"] == before["scheduling"], op
        await core.apply("operation_undo", operation_id=told.data["operation_id"])
        back = await stored(knot)
        assert json.dumps(back["blueprint"]) == json.dumps(before["blueprint"]), op


def _own(document: dict[str, Any]) -> dict[int | None, str]:
    """Write down what each module holds itself, without place and nested modules."""
    nested = ("routes", "branches", "tools", "onerror")
    found: dict[int | None, str] = {}
    for visit in walk(document):
        own = {key: value for key, value in visit.module.items() if key not in nested}
        metadata = as_object(own.pop("metadata", None))
        own["metadata"] = {key: value for key, value in metadata.items() if key != "designer"}
        found[visit.id] = json.dumps(own)
    return found


async def test_new_ids_lie_beyond_orphans_nested_modules_and_never_on_a_note(
    core: Server, new_scenario: Maker, tangled: dict[str, Any], stored: Reader
) -> None:
    tangled["metadata"]["notes"][0]["moduleIds"] = [3, 91, 92]
    made = await new_scenario(tangled)
    ops: list[Op] = [
        {"op": "add_module", "module": SLEEP, "after": 3},
        {"op": "add_route", "router": 50, "flow": [SLEEP, SLEEP]},
    ]
    told = await core.call("scenario_patch", scenario_id=made["id"], ops=ops)
    assert told.data["new_module_ids"] == [93, 94, 95]
    places = [
        position(visit.module)
        for visit in walk((await stored(made["id"]))["blueprint"])
        if visit.id in {93, 94, 95}
    ]
    assert len(set(places)) == 3


BREAKING: list[tuple[Op, list[int]]] = [
    ({"op": "remove_module", "module": 3}, [17, 21, 62]),
    ({"op": "move_module", "module": 3, "route_of": 50, "route": 1}, [17, 21, 62]),
    ({"op": "remove_module", "module": 51}, [52]),
    ({"op": "move_module", "module": 51, "after": 52}, [52]),
    ({"op": "move_module", "module": 52, "after": 3}, [52]),
    ({"op": "set_mapper", "module": 22, "name": "value", "value": "{{21.v21}}"}, [22]),
    ({"op": "set_mapper", "module": 62, "name": "value", "value": "{{90.v90}}"}, [62]),
]
"""Operations that break references, each with the modules whose mappings then give nothing."""


async def test_every_reference_an_operation_breaks_is_told_with_its_module(
    core: Server, knot: int, stored: Reader, writes: Writes
) -> None:
    before = await stored(knot)
    await writes()
    for op, users in BREAKING:
        told = await core.call("scenario_patch", scenario_id=knot, ops=[op])
        assert told.error["code"] == "broken_references", op
        named = [one["problem"].split(" maps ")[0] for one in told.error["problems"]]
        assert named == [f"Module {user}" for user in users], op
    assert await writes() == []
    assert await stored(knot) == before


async def test_what_one_operation_breaks_another_of_the_same_patch_may_mend(
    core: Server, knot: int, stored: Reader
) -> None:
    ops: list[Op] = [
        {"op": "remove_module", "module": 51},
        {"op": "set_mapper", "module": 52, "name": "value", "value": "{{3.v3}}"},
        {"op": "move_module", "module": 52, "route_of": 50, "route": 1},
        {"op": "remove_route", "router": 50, "route": 0},
    ]
    told = await core.call("scenario_patch", scenario_id=knot, ops=ops)
    router = (await stored(knot))["blueprint"]["flow"][3]
    assert [[one["id"] for one in route["flow"]] for route in router["routes"]] == [[61, 52]]
    assert told.data["changed"] is True


async def test_a_patch_may_not_bind_what_the_team_lacks_or_what_is_of_another_type(
    core: Server, knot: int, connection: Callable[..., Awaitable[int]], writes: Writes
) -> None:
    wrong = await connection("Mailbox", "google-restricted")
    fields = [{"name": "__IMTCONN__", "type": "account:slack"}]
    module = {
        "module": "slack:CreateMessage",
        "version": 4,
        "parameters": {"__IMTCONN__": wrong},
        "metadata": {"parameters": fields},
    }
    ops: list[Op] = [
        {"op": "set_binding", "module": 3, "kind": "connection", "value": 999_999},
        {"op": "add_module", "module": module, "after": 3},
    ]
    await writes()
    told = await core.call("scenario_patch", scenario_id=knot, ops=ops)
    problems = [one["problem"] for one in told.error["problems"]]
    assert "999999: the team has none" in problems[0]
    assert "the module needs slack" in problems[1]
    assert await writes() == []


async def test_a_binding_that_was_missing_before_does_not_bar_other_edits(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder, stored: Reader
) -> None:
    dead = step(2, "slack:CreateMessage", version=4, parameters={"__IMTCONN__": 999_999})
    made = await new_scenario(blueprint(step(1), dead))
    op: Op = {"op": "set_mapper", "module": 1, "name": "value", "value": "2"}
    told = await core.call("scenario_patch", scenario_id=made["id"], ops=[op])
    assert told.data["changed"] is True
    again: Op = {"op": "set_mapper", "module": 2, "name": "text", "value": "Hi"}
    told = await core.call("scenario_patch", scenario_id=made["id"], ops=[again])
    assert (await stored(made["id"]))["blueprint"]["flow"][1]["mapper"]["text"] == "Hi"


@pytest.mark.parametrize(
    ("scheduling", "reason"),
    [
        ({"type": "indefinitely", "interval": 60}, "minimum of 15 minutes"),
        ({"type": "immediately"}, "instant trigger"),
        ({"type": "daily", "time": "25:00"}, "time of day"),
    ],
)
async def test_a_patch_may_not_set_a_schedule_that_cannot_work(
    core: Server,
    knot: int,
    company: Company,
    writes: Writes,
    scheduling: dict[str, Any],
    reason: str,
) -> None:
    ids = [one["id"] for one in (await company.get("/organizations"))["organizations"]]
    limits = {str(ident): {"interval": 15} for ident in ids}
    await company.control("PATCH", "/world", {"licenses": limits})
    await writes()
    op = {"op": "reschedule", "scheduling": scheduling}
    told = await core.call("scenario_patch", scenario_id=knot, ops=[op])
    assert reason in told.error["problems"][0]["problem"]
    assert await writes() == []


async def test_a_patch_that_reschedules_says_it_in_words(core: Server, knot: int) -> None:
    op = {"op": "reschedule", "scheduling": {"type": "daily", "time": "03:00"}}
    told = await core.call("scenario_patch", scenario_id=knot, ops=[op], dry_run=True)
    assert told.data["plan"]["diff"] == ["~ schedule: every 15 minutes -> daily at 03:00"]


async def test_an_edit_made_while_a_patch_is_being_prepared_is_not_overwritten(
    core: Server, knot: int, company: Company, stored: Reader, writes: Writes
) -> None:
    path = f"/scenarios/{knot}"
    read = await company.get(path)
    await company.control("POST", "/clock", {"advance": 5})
    await company.send("PATCH", path, {"description": "Edited in the browser"})
    as_read = {"method": "GET", "path": f"{path}$", "status": 200, "times": 1, "body": read}
    await company.control("POST", "/faults", as_read)
    before = await stored(knot)
    await writes()
    told = await core.call(
        "scenario_patch",
        scenario_id=knot,
        ops=[{"op": "rename_module", "module": 3, "name": "Late"}],
        expected_last_edit=read["scenario"]["lastEdit"],
    )
    assert told.error["code"] == "edited_meanwhile"
    assert await writes() == []
    assert await stored(knot) == before


async def test_a_save_tells_which_version_it_replaced(
    core: Server, knot: int, company: Company
) -> None:
    for name in ("First", "Second"):
        op = {"op": "rename_module", "module": 3, "name": name}
        told = await core.call("scenario_patch", scenario_id=knot, ops=[op])
    version = told.data["previous_version"]
    query = {"blueprintId": version}
    old = (await company.get(f"/scenarios/{knot}/blueprint", **query))["response"]["blueprint"]
    assert old["flow"][0]["metadata"]["designer"]["name"] == "First"


async def test_a_large_blueprint_is_patched_in_many_places_at_once(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder, stored: Reader
) -> None:
    made = await new_scenario(blueprint(*(step(number) for number in range(1, 1_400, 7))))
    before = (await stored(made["id"]))["blueprint"]
    ops: list[Op] = [
        {"op": "set_mapper", "module": number, "name": "value", "value": f"{number}"}
        for number in range(1, 1_400, 14)
    ]
    ops += [{"op": "add_module", "module": SLEEP, "after": 1_394}] * 50
    told = await core.call("scenario_patch", scenario_id=made["id"], ops=ops)
    assert told.data["new_module_ids"] == [*range(1_395, 1_445)]
    after = (await stored(made["id"]))["blueprint"]
    assert len(after["flow"]) == len(before["flow"]) + 50
    places = {one["metadata"]["designer"]["x"] for one in after["flow"]}
    assert len(places) == len(after["flow"])
    for old, new in zip(before["flow"], after["flow"][:200], strict=True):
        old["mapper"]["value"] = f"{old['id']}" if old["id"] % 14 == 1 else "1"
        assert json.dumps(new) == json.dumps(old)


async def test_a_binding_may_be_given_by_a_name_that_only_one_object_has(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    stored: Reader,
    writes: Writes,
    connection: Callable[..., Awaitable[int]],
) -> None:
    old, new = await connection("Old"), await connection("Sales Slack")
    twins = [await connection("Twin"), await connection("Twin")]
    restore = {"parameters": {"__IMTCONN__": {"label": "Old"}}}
    module = step(
        1,
        "slack:CreateMessage",
        version=4,
        parameters={"__IMTCONN__": old},
        metadata={"restore": restore},
    )
    made = await new_scenario(blueprint(module))
    await writes()
    for name, reason in (("Nobody's", "nothing named"), ("Twin", f"{twins[0]}, {twins[1]}")):
        op: Op = {"op": "set_binding", "module": 1, "value": name}
        told = await core.call("scenario_patch", scenario_id=made["id"], ops=[op])
        assert told.error["problems"][0]["path"] == "ops[0].value"
        assert reason in told.error["problems"][0]["problem"]
    assert await writes() == []
    op = {"op": "set_binding", "module": 1, "value": "sales slack"}
    await core.call("scenario_patch", scenario_id=made["id"], ops=[op])
    bound = (await stored(made["id"]))["blueprint"]["flow"][0]
    assert bound["parameters"]["__IMTCONN__"] == new
    assert bound["metadata"]["restore"]["parameters"]["__IMTCONN__"]["label"] == "Sales Slack"


async def test_a_patch_that_takes_the_webhook_away_says_that_nothing_starts_the_scenario(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Callable[..., Awaitable[int]],
) -> None:
    listener = step(1, "gateway:CustomWebHook", parameters={"hook": await hook()}, mapper={})
    document = blueprint(listener, step(2))
    made = await new_scenario(document, scheduling={"type": "immediately"})
    ops: list[Op] = [{"op": "remove_module", "module": 1}]
    told = await core.call("scenario_patch", scenario_id=made["id"], ops=ops, dry_run=True)
    assert any("nothing starts it" in line for line in told.data["plan"]["warnings"])
    ops.append({"op": "reschedule", "scheduling": {"type": "daily", "time": "03:00"}})
    told = await core.call("scenario_patch", scenario_id=made["id"], ops=ops)
    assert "warnings" not in told.data
