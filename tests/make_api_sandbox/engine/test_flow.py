"""Order, filters, routes, branches and loops of a run."""

from typing import Any

import pytest
from make_api_sandbox.engine.execution import Execution, Limits, Start, Status
from make_api_sandbox.engine.memory import MemoryPorts
from make_api_sandbox.engine.run import execute

pytestmark = pytest.mark.anyio

Json = Any


def module(ident: int, slug: str, **members: Json) -> dict[str, Json]:
    return {"id": ident, "module": slug, "version": 1, **members}


def blueprint(*flow: dict[str, Json], **scenario: Json) -> dict[str, Json]:
    return {"name": "t", "flow": list(flow), "metadata": {"version": 1, "scenario": scenario}}


def compose(ident: int, value: str, **members: Json) -> dict[str, Json]:
    return module(ident, "util:ComposeTransformer", mapper={"value": value}, **members)


def iterate(ident: int, array: Json, **members: Json) -> dict[str, Json]:
    return module(ident, "builtin:BasicFeeder", mapper={"array": array}, **members)


def only(left: str, right: str) -> dict[str, Json]:
    return {"name": "", "conditions": [[{"a": left, "o": "text:equal", "b": right}]]}


async def run(document: dict[str, Json], **start: Json) -> Execution:
    return await execute(document, Start("e" * 32, **start), MemoryPorts())


def trail(execution: Execution) -> list[tuple[int, Json]]:
    """Every operation as (module id, first field of the first output)."""
    return [
        (record.module_id, next(iter(record.returned[0].values()), None))
        for record in execution.records
        if record.returned
    ]


async def test_bundles_go_depth_first_through_all_following_modules() -> None:
    result = await run(
        blueprint(iterate(1, ["a", "b"]), compose(2, "{{1.value}}!"), compose(3, "{{2.value}}?"))
    )
    assert trail(result)[1:] == [(2, "a!"), (3, "a!?"), (2, "b!"), (3, "b!?")]
    assert (result.status, result.operations, result.centicredits) == (Status.SUCCESS, 5, 500)


async def test_a_filter_drops_a_bundle_without_an_operation() -> None:
    result = await run(
        blueprint(
            iterate(1, ["a", "b", "a"]),
            compose(2, "{{1.value}}", filter=only("{{1.value}}", "b")),
            compose(3, "after"),
        )
    )
    assert trail(result)[1:] == [(2, "b"), (3, "after")]
    assert result.operations == 3


async def test_every_fitting_route_runs_in_order_and_the_router_is_free() -> None:
    router = module(
        2,
        "builtin:BasicRouter",
        mapper=None,
        routes=[
            {"flow": [compose(3, "x", filter=only("{{1.value}}", "no"))]},
            {"flow": [compose(4, "first")]},
            {"flow": [compose(5, "second", filter=only("{{1.value}}", "go"))]},
        ],
    )
    result = await run(blueprint(compose(1, "go"), router))
    assert trail(result) == [(1, "go"), (4, "first"), (5, "second")]
    assert result.operations == 3


@pytest.mark.parametrize(("value", "expected"), [("go", [3]), ("other", [4])])
async def test_the_fallback_route_runs_last_and_only_when_no_other_let_the_bundle_in(
    value: str, expected: list[int]
) -> None:
    router = module(
        2,
        "builtin:BasicRouter",
        parameters={"else": 0},
        routes=[
            {"flow": [compose(4, "fallback")]},
            {"flow": [compose(3, "route", filter=only("{{1.value}}", "go"))]},
        ],
    )
    result = await run(blueprint(compose(1, value), router))
    assert [record.module_id for record in result.records[1:]] == expected


@pytest.mark.parametrize(("value", "merged"), [("a", "from A"), ("b", "from else")])
async def test_if_else_takes_one_branch_and_merge_goes_on_with_it(value: str, merged: str) -> None:
    branches = [
        {
            "type": "condition",
            "merge": True,
            "conditions": [[{"a": "{{1.value}}", "o": "text:equal", "b": "a"}]],
            "flow": [compose(3, "from A")],
        },
        {"type": "else", "merge": True, "flow": [compose(4, "from else")]},
    ]
    merge = module(
        5,
        "builtin:BasicMerge",
        mapper=None,
        outputs=[{"name": "out", "mappings": ["{{3.value}}", "{{4.value}}"]}],
    )
    document = blueprint(
        compose(1, value),
        module(2, "builtin:BasicIfElse", mapper=None, branches=branches),
        merge,
        compose(6, "{{5.out}}{{3.value}}"),
    )
    result = await run(document)
    assert trail(result)[-1] == (6, merged)
    assert (result.operations, result.centicredits) == (5, 300)


async def test_without_a_matching_branch_the_bundle_ends() -> None:
    branch = {
        "type": "condition",
        "conditions": [[{"a": "1", "o": "text:equal", "b": "2"}]],
        "merge": True,
        "flow": [compose(3, "x")],
    }
    result = await run(
        blueprint(
            compose(1, "v"),
            module(2, "builtin:BasicIfElse", branches=[branch]),
            module(4, "builtin:BasicMerge", outputs=[]),
            compose(5, "after"),
        )
    )
    assert [record.module_id for record in result.records] == [1, 2]


def aggregate(ident: int, feeder: int, mapper: Json, **members: Json) -> dict[str, Json]:
    parameters = {"feeder": feeder}
    slug = "builtin:BasicAggregator"
    return module(ident, slug, parameters=parameters, mapper=mapper, **members)


async def test_an_aggregator_collects_one_operation_of_its_feeder() -> None:
    result = await run(
        blueprint(
            iterate(1, ["a", "b"]),
            iterate(2, ["{{1.value}}1", "{{1.value}}2"]),
            aggregate(3, 2, {"x": "{{2.value}}"}),
            compose(4, "{{1.value}}:{{length(3.array)}}:{{2.value}}"),
        )
    )
    values = [value for ident, value in trail(result) if ident == 4]
    assert values == ["a:2:", "b:2:"]
    collected = [value for ident, value in trail(result) if ident == 3]
    assert collected == [[{"x": "a1"}, {"x": "a2"}], [{"x": "b1"}, {"x": "b2"}]]
    assert result.operations == 1 + 2 + 2 + 2


async def test_an_aggregator_emits_once_even_when_a_filter_stopped_everything() -> None:
    blocked = compose(2, "x", filter=only("{{1.value}}", "nothing"))
    result = await run(
        blueprint(iterate(1, ["a", "b"]), blocked, aggregate(3, 1, {"x": "{{2.value}}"}))
    )
    assert trail(result)[-1] == (3, [])


async def test_stop_if_empty_keeps_an_aggregator_from_emitting_nothing() -> None:
    document = blueprint(
        iterate(1, []), aggregate(3, 1, {}, flags={"stopIfEmpty": True}), compose(4, "after")
    )
    result = await run(document)
    assert [record.module_id for record in result.records] == [1, 3]


async def test_group_by_emits_one_bundle_per_key_in_order_of_appearance() -> None:
    rows = [{"k": "b", "n": 1}, {"k": "a", "n": 2}, {"k": "b", "n": 3}]
    result = await run(
        blueprint(
            iterate(1, rows),
            aggregate(2, 1, {"n": "{{1.n}}"}, flags={"groupBy": "{{1.k}}"}),
            compose(3, '{{2.__IMTKEY__}}={{join(map(2.array; "n"); "+")}}'),
        )
    )
    assert [value for ident, value in trail(result) if ident == 3] == ["b=1+3", "a=2"]


@pytest.mark.parametrize(
    ("function", "expected"), [("sum", 6), ("avg", 2), ("count", 3), ("min", 1), ("max", 3)]
)
async def test_the_numeric_aggregator_computes(function: str, expected: float) -> None:
    parameters = {"feeder": 1, "fn": function}
    document = blueprint(
        iterate(1, ["1", 2, "3"]),
        module(
            2, "util:FunctionAggregator2", parameters=parameters, mapper={"value": "{{1.value}}"}
        ),
    )
    result = await run(document)
    assert result.records[-1].returned[0]["result"] == expected


async def test_the_text_aggregator_joins_with_its_separator() -> None:
    parameters = {"feeder": 1, "rowSeparator": "other", "otherRowSeparator": " / "}
    document = blueprint(
        iterate(1, ["x", "y"]),
        module(2, "util:TextAggregator", parameters=parameters, mapper={"value": "{{1.value}}"}),
    )
    assert trail(await run(document))[-1] == (2, "x / y")


async def test_aggregators_on_two_routes_share_one_feeder() -> None:
    routes = [
        {
            "flow": [
                compose(3, "{{1.value}}", filter=only("{{1.value}}", "a")),
                aggregate(4, 1, {"v": "{{3.value}}"}),
            ]
        },
        {"flow": [aggregate(5, 1, {"w": "{{1.value}}"})]},
    ]
    result = await run(
        blueprint(iterate(1, ["a", "b"]), module(2, "builtin:BasicRouter", routes=routes))
    )
    assert trail(result)[-2:] == [(4, [{"v": "a"}]), (5, [{"w": "a"}, {"w": "b"}])]


async def test_a_repeater_counts_by_its_step() -> None:
    mapper = {"start": "10", "repeats": "3", "step": "-2"}
    document = blueprint(module(1, "builtin:BasicRepeater", mapper=mapper), compose(2, "{{1.i}}"))
    assert [value for ident, value in trail(await run(document)) if ident == 2] == ["10", "8", "6"]


async def test_three_hundred_modules_in_a_row_run() -> None:
    chain = [compose(ident, f"{{{{{ident - 1}.value}}}}+") for ident in range(2, 301)]
    result = await run(blueprint(compose(1, ""), *chain))
    assert result.operations == 300
    assert trail(result)[-1] == (300, "+" * 299)


async def test_five_thousand_nested_routes_do_not_exhaust_the_stack() -> None:
    inner: list[dict[str, Json]] = [compose(1, "deep")]
    for ident in range(2, 5002):
        inner = [module(ident, "builtin:BasicRouter", routes=[{"flow": inner}])]
    result = await run(blueprint(*inner))
    assert trail(result) == [(1, "deep")]


async def test_a_run_ends_at_its_step_limit_with_a_warning() -> None:
    document = blueprint(iterate(1, list(range(50))), compose(2, "x"))
    result = await execute(document, Start("e" * 32), MemoryPorts(), Limits(steps=20))
    assert result.status is Status.WARNING
    assert result.error is not None
    assert result.error.name == "ExecutionInterruptedError"


async def test_sleeping_beyond_the_time_limit_interrupts_the_run() -> None:
    nap = module(1, "util:FunctionSleep", mapper={"duration": 200})
    document = blueprint(
        nap, module(2, "util:FunctionSleep", mapper={"duration": 200}), compose(3, "x")
    )
    result = await execute(document, Start("e" * 32), MemoryPorts(), Limits(seconds=300))
    assert [record.module_id for record in result.records] == [1, 2]
    assert result.status is Status.WARNING


async def test_roundtrips_repeat_the_cycle_and_forget_roundtrip_variables() -> None:
    get = module(1, "util:GetVariables", mapper={"variables": ["short", "long"]})
    short = {"variables": [{"name": "short", "value": "s"}], "scope": "roundtrip"}
    lasting = {"name": "long", "value": "l", "scope": "execution"}
    document = blueprint(
        get,
        module(2, "util:SetVariables", mapper=short),
        module(3, "util:SetVariable2", mapper=lasting),
        roundtrips=2,
    )
    result = await run(document)
    read = [record.returned[0] for record in result.records if record.module_id == 1]
    assert read == [{"short": None, "long": None}, {"short": None, "long": "l"}]


async def test_a_webhook_without_requests_is_a_check_run() -> None:
    hook = module(1, "gateway:CustomWebHook", parameters={"hook": 7, "maxResults": 2})
    result = await run(blueprint(hook, compose(2, "x")))
    assert (result.check_run, result.operations) == (True, 1)


async def test_outputs_are_the_declared_fields_of_return_data() -> None:
    metadata = {"expect": [{"name": "sum", "type": "number"}, {"name": "note", "type": "text"}]}
    document = blueprint(
        module(1, "scenario-service:StartSubscenario"),
        module(
            2,
            "scenario-service:ReturnData",
            mapper={"sum": "{{var.input.a + 1}}", "extra": "dropped"},
            metadata=metadata,
        ),
    )
    result = await run(document, inputs={"a": 2})
    assert result.outputs == {"sum": 3, "note": None}
    assert (result.operations, result.centicredits) == (2, 0)
