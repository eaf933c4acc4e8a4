"""Iterators, aggregators and what is readable behind them; variables and operations."""

from typing import Any

import pytest
from flows import (
    assign,
    blueprint,
    collect,
    compose,
    fail,
    iterate,
    module,
    ports,
    put,
    run,
    trail,
    values,
    when,
)
from make_api_sandbox.engine.execution import Status

pytestmark = pytest.mark.anyio

Json = Any


async def test_any_module_with_several_outputs_is_an_iterator() -> None:
    parse = module(1, "json:ParseJSON", mapper={"json": '[{"a":"x"},{"a":"y"}]'})
    result = await run(blueprint(parse, compose(2, "{{1.a}}"), collect(3, 1, "{{2.value}}")))
    assert values(result, 3) == ["x,y"]


async def test_items_tell_their_number_and_how_many_there_are() -> None:
    flow = [iterate(1, ["a", "b"]), compose(2, "{{1.`__IMTINDEX__`}}/{{1.`__IMTLENGTH__`}}")]
    assert values(await run(blueprint(*flow)), 2) == ["1/2", "2/2"]


@pytest.mark.parametrize("array", [None, "", []])
async def test_an_empty_array_gives_no_bundle(array: Json) -> None:
    result = await run(blueprint(compose(1, "x"), iterate(2, array), compose(3, "no")))
    assert (values(result, 3), result.operations) == ([], 2)


async def test_an_inner_aggregator_emits_once_for_every_outer_bundle() -> None:
    flow = [
        iterate(1, [["a", "b"], ["c"]]),
        iterate(2, "{{1.value}}"),
        collect(3, 2, "{{2.value}}"),
        collect(4, 1, "<{{3.text}}>"),
    ]
    result = await run(blueprint(*flow))
    assert values(result, 3) == ["a,b", "c"]
    assert values(result, 4) == ["<a,b>,<c>"]


async def test_behind_an_aggregator_its_loop_is_out_of_scope_and_what_was_before_is_not() -> None:
    flow = [
        compose(1, "before"),
        iterate(2, ["a"]),
        compose(3, "inside"),
        collect(4, 2, "{{3.value}}"),
        compose(5, "{{1.value}}[{{2.value}}{{3.value}}]{{4.text}}"),
    ]
    assert values(await run(blueprint(*flow)), 5) == ["before[]inside"]


async def test_an_aggregator_whose_feeder_did_not_run_is_not_executed() -> None:
    feeder = iterate(2, ["a"], filter=when("a", right="b"))
    result = await run(blueprint(compose(1, "x"), feeder, collect(3, 2, "{{2.value}}")))
    assert 3 not in [record.module_id for record in result.records]


async def test_an_aggregator_whose_feeder_failed_and_was_ignored_is_not_executed() -> None:
    feeder = fail(2, module(4, "builtin:Ignore"))
    result = await run(blueprint(compose(1, "x"), feeder, collect(3, 2, "{{2.a}}")))
    assert 3 not in [record.module_id for record in result.records]
    assert result.status is Status.SUCCESS


async def test_an_aggregator_whose_feeder_gave_nothing_emits_an_empty_result() -> None:
    flow = [compose(1, "x"), iterate(2, []), collect(3, 2, "{{2.value}}"), compose(4, "on")]
    result = await run(blueprint(*flow))
    assert (values(result, 3), values(result, 4)) == ([""], ["on"])


async def test_the_first_of_two_aggregators_on_a_path_consumes_the_loop() -> None:
    flow = [iterate(1, ["a", "b"]), collect(2, 1, "{{1.value}}"), collect(3, 1, "{{2.text}}")]
    result = await run(blueprint(*flow))
    assert values(result, 2)[:1] == ["a,b"]
    assert "a,b" not in values(result, 3)


async def test_a_filter_on_an_aggregator_is_tested_for_every_bundle() -> None:
    gate = when("{{1.value}}", "text:notequal", "b")
    flow = [iterate(1, ["a", "b", "c"]), collect(2, 1, "{{1.value}}", filter=gate)]
    assert values(await run(blueprint(*flow)), 2) == ["a,c"]


async def test_a_target_changes_nothing_of_the_array() -> None:
    parameters = {"feeder": 1, "target": "3.attendees"}
    array = module(
        2, "builtin:BasicAggregator", parameters=parameters, mapper={"email": "{{1.value}}"}
    )
    result = await run(blueprint(iterate(1, ["a"]), array))
    assert result.records[-1].returned[0]["array"] == [{"email": "a"}]


async def test_a_variable_set_on_one_route_is_read_later_on_another() -> None:
    read = module(4, "util:GetVariable2", mapper={"name": "n"})
    routes = [{"flow": [assign(3, n="set")]}, {"flow": [read]}]
    flow = [compose(1, "x"), module(2, "builtin:BasicRouter", mapper=None, routes=routes)]
    assert values(await run(blueprint(*flow)), 4) == ["set"]


# Operations and credits


async def test_every_kind_of_module_counts_its_operations() -> None:
    around = ports()
    search = module(
        4, "datastore:SearchRecord", parameters={"datastore": 5, "limit": 9}, mapper={"filter": []}
    )
    flow = [
        iterate(1, ["a", "b"]),
        compose(2, "{{1.value}}"),
        collect(3, 1, "{{2.value}}"),
        search,
        put(5, "new", filter=when("a", right="b")),
    ]
    result = await run(blueprint(*flow), around)
    counted = dict.fromkeys(range(1, 6), 0)
    for record in result.records:
        counted[record.module_id] += record.operations
    assert counted == {1: 1, 2: 2, 3: 1, 4: 1, 5: 0}
    assert (result.operations, result.centicredits) == (5, 500)


async def test_directives_cost_nothing_and_modules_of_error_routes_do() -> None:
    handler = [compose(3, "noted"), module(4, "builtin:Ignore")]
    result = await run(blueprint(compose(1, "x"), fail(2, *handler)))
    assert [record.module_id for record in result.records] == [1, 2, 3]
    assert result.operations == 3


async def test_modules_of_the_scenarios_app_cost_no_credits() -> None:
    back = module(
        2,
        "scenario-service:ReturnData",
        mapper={"a": "{{1.value}}"},
        metadata={"expect": [{"name": "a", "type": "text"}]},
    )
    result = await run(blueprint(compose(1, "x"), back))
    assert (result.operations, result.centicredits) == (2, 100)


async def test_only_declared_outputs_are_returned() -> None:
    back = module(
        2,
        "scenario-service:ReturnData",
        mapper={"a": "1", "b": "2"},
        metadata={"expect": [{"name": "a", "type": "text"}]},
    )
    result = await run(blueprint(compose(1, "x"), back))
    assert dict(result.outputs or {}) == {"a": "1"}


async def test_a_confidential_run_keeps_no_data() -> None:
    result = await run(
        blueprint(compose(1, "secret"), compose(2, "{{1.value}}"), confidential=True)
    )
    assert [(record.received, record.returned) for record in result.records] == [({}, [])] * 2
    assert [record.bundles for record in result.records] == [1, 1]


async def test_a_sleep_is_at_most_five_minutes() -> None:
    for seconds, status in ("300", Status.SUCCESS), ("301", Status.ERROR):
        sleep = module(1, "util:FunctionSleep", mapper={"duration": seconds})
        assert (await run(blueprint(sleep))).status is status


async def test_a_response_has_at_most_sixteen_headers() -> None:
    for count, status in (16, Status.SUCCESS), (17, Status.ERROR):
        headers = [{"key": f"x-{at}", "value": "v"} for at in range(count)]
        mapper = {"status": "200", "body": "", "headers": headers}
        respond = module(1, "gateway:WebhookRespond", mapper=mapper)
        assert (await run(blueprint(compose(2, "x"), respond))).status is status


async def test_the_trail_of_nested_loops_is_depth_first() -> None:
    flow = [iterate(1, [["a", "b"], ["c"]]), iterate(2, "{{1.value}}"), compose(3, "{{2.value}}")]
    result = await run(blueprint(*flow))
    assert [ident for ident, _ in trail(result)] == [1, 2, 3, 3, 2, 3]
