"""Filters, routers, if-else and merge: which bundle goes where."""

from typing import Any

import pytest
from flows import blueprint, compose, iterate, module, run, trail, values, when
from make_api_sandbox.engine.execution import Status

pytestmark = pytest.mark.anyio

Json = Any


def router(ident: int, *routes: list[Json], **members: Json) -> dict[str, Json]:
    shown = [{"flow": flow} for flow in routes]
    return module(ident, "builtin:BasicRouter", mapper=None, routes=shown, **members)


def branch(*flow: Json, when: Json = None, merge: bool = False, **members: Json) -> Json:
    kind = {"type": "else"} if when is None else {"type": "condition"}
    conditions = {} if when is None else {"conditions": when["conditions"]}
    return {**kind, **conditions, "merge": merge, "flow": list(flow), **members}


def if_else(ident: int, *branches: Json) -> dict[str, Json]:
    return module(ident, "builtin:BasicIfElse", mapper=None, branches=list(branches))


def merge(ident: int, outputs: Json, **members: Json) -> dict[str, Json]:
    return module(ident, "builtin:BasicMerge", mapper=None, outputs=outputs, **members)


# Filters


@pytest.mark.parametrize(
    ("left", "operator", "right", "passes"),
    [
        ("x", "exist", None, True),
        ("", "exist", None, False),
        ("{{null}}", "notexist", None, True),
        ("x", "notexist", None, False),
        ("a", "text:equal", "a", True),
        ("a", "text:equal", "A", False),
        ("a", "text:equal:ci", "A", True),
        ("a", "text:notequal", "b", True),
        ("a", "text:notequal:ci", "A", False),
        ("abc", "text:contain", "b", True),
        ("abc", "text:contain:ci", "B", True),
        ("abc", "text:notcontain", "B", True),
        ("abc", "text:notcontain:ci", "B", False),
        ("abc", "text:startwith", "a", True),
        ("abc", "text:startwith:ci", "A", True),
        ("abc", "text:notstartwith", "b", True),
        ("abc", "text:notstartwith:ci", "A", False),
        ("abc", "text:endwith", "c", True),
        ("abc", "text:endwith:ci", "C", True),
        ("abc", "text:notendwith", "c", False),
        ("abc", "text:notendwith:ci", "b", True),
        ("abc", "text:pattern", "^a.c$", True),
        ("ABC", "text:pattern:ci", "^a.c$", True),
        ("abc", "text:notpattern", "^b", True),
        ("ABC", "text:notpattern:ci", "^a", False),
        ("12", "number:equal", "12.0", True),
        ("12", "number:notequal", "12", False),
        ("9", "number:less", "12", True),
        ("9", "number:greater", "12", False),
        ("12", "number:lessorequal", "12", True),
        ("12", "number:greaterorequal", "13", False),
        ("2026-03-01", "date:equal", "2026-03-01T00:00:00Z", True),
        ("2026-03-01", "date:notequal", "2026-03-02", True),
        ("2026-03-01", "date:less", "2026-03-02", True),
        ("2026-03-01", "date:greater", "2026-03-02", False),
        ("2026-03-01", "date:lessorequal", "2026-03-01", True),
        ("2026-03-01", "date:greaterorequal", "2026-03-02", False),
        ("09:30", "time:equal", "09:30", True),
        ("09:30", "time:notequal", "10:00", True),
        ("09:30", "time:less", "10:00", True),
        ("09:30", "time:greater", "10:00", False),
        ("09:30", "time:lessorequal", "09:30", True),
        ("09:30", "time:greaterorequal", "09:31", False),
        ("{{true}}", "boolean:equal", "true", True),
        ("{{true}}", "boolean:notequal", "{{true}}", False),
        ('{{split("a,b"; ",")}}', "array:contain", "b", True),
        ('{{split("a,b"; ",")}}', "array:contain:ci", "B", True),
        ('{{split("a,b"; ",")}}', "array:notcontain", "B", True),
        ('{{split("a,b"; ",")}}', "array:notcontain:ci", "B", False),
        ('{{split("a,b"; ",")}}', "array:equal", "2", True),
        ('{{split("a,b"; ",")}}', "array:notequal", "2", False),
        ('{{split("a,b"; ",")}}', "array:less", "3", True),
        ('{{split("a,b"; ",")}}', "array:greater", "1", True),
        ('{{split("a,b"; ",")}}', "array:lessorequal", "1", False),
        ('{{split("a,b"; ",")}}', "array:greaterorequal", "2", True),
    ],
)
async def test_every_operator_lets_through_what_it_says(
    left: str, operator: str, right: Json, passes: bool
) -> None:
    result = await run(
        blueprint(compose(1, "x"), compose(2, "in", filter=when(left, operator, right)))
    )
    assert (values(result, 2) == ["in"]) is passes
    assert result.status is Status.SUCCESS, result.error


async def test_conditions_of_a_group_must_all_hold_and_one_group_is_enough() -> None:
    yes, no = when("a", right="a")["conditions"][0][0], when("a", right="b")["conditions"][0][0]
    for conditions, passes in ([[yes, no]], False), ([[no], [yes, yes]], True), ([], True):
        gate = {"name": "gate", "conditions": conditions}
        result = await run(blueprint(compose(1, "x"), compose(2, "in", filter=gate)))
        assert (values(result, 2) == ["in"]) is passes


async def test_a_filter_on_the_first_module_has_nothing_to_filter() -> None:
    result = await run(blueprint(compose(1, "x", filter=when("a", right="b"))))
    assert values(result, 1) == ["x"]


async def test_a_blocked_bundle_passes_nothing_behind_the_filter_either() -> None:
    gate = when("{{1.value}}", right="b")
    flow = [iterate(1, ["a", "b"]), compose(2, "{{1.value}}", filter=gate), compose(3, "after")]
    result = await run(blueprint(*flow))
    assert (values(result, 3), result.operations) == (["after"], 3)


# Router


async def test_a_filter_on_the_router_is_a_gate_in_front_of_it() -> None:
    gate = when("{{1.value}}", right="b")
    flow = [iterate(1, ["a", "b"]), router(2, [compose(3, "{{1.value}}")], filter=gate)]
    assert values(await run(blueprint(*flow)), 3) == ["b"]


async def test_a_route_starts_after_the_one_before_has_finished_for_this_bundle() -> None:
    routes = [[compose(3, "{{1.value}}"), compose(4, "{{3.value}}+")], [compose(5, "{{1.value}}!")]]
    result = await run(blueprint(iterate(1, ["a", "b"]), router(2, *routes)))
    assert trail(result)[1:] == [(3, "a"), (4, "a+"), (5, "a!"), (3, "b"), (4, "b+"), (5, "b!")]


async def test_modules_behind_a_router_in_its_list_do_not_run() -> None:
    result = await run(blueprint(compose(1, "x"), router(2, [compose(3, "in")]), compose(4, "no")))
    assert [ident for ident, _ in trail(result)] == [1, 3]


@pytest.mark.parametrize("at", [0, 1, 2])
async def test_the_fallback_is_last_whatever_its_place(at: int) -> None:
    routes = [
        [compose(3, "a", filter=when("{{1.value}}", right="a"))],
        [compose(4, "b", filter=when("{{1.value}}", right="b"))],
    ]
    routes.insert(at, [compose(5, "rest")])
    flow = [iterate(1, ["a", "c"]), router(2, *routes, parameters={"else": at})]
    assert trail(await run(blueprint(*flow)))[1:] == [(3, "a"), (5, "rest")]


async def test_a_fallback_may_have_a_filter_of_its_own() -> None:
    closed = compose(4, "rest", filter=when("{{1.value}}", right="d"))
    routes = [[compose(3, "a", filter=when("{{1.value}}", right="a"))], [closed]]
    flow = [iterate(1, ["c", "d"]), router(2, *routes, parameters={"else": 1})]
    assert trail(await run(blueprint(*flow)))[1:] == [(4, "rest")]


async def test_a_fallback_beside_an_unfiltered_route_never_runs() -> None:
    flow = [
        compose(1, "x"),
        router(2, [compose(3, "a")], [compose(4, "b")], parameters={"else": 1}),
    ]
    assert [ident for ident, _ in trail(await run(blueprint(*flow)))] == [1, 3]


async def test_a_route_cannot_read_the_outputs_of_another_one() -> None:
    routes = [[compose(3, "secret")], [compose(4, "[{{3.value}}]")]]
    assert values(await run(blueprint(compose(1, "x"), router(2, *routes))), 4) == ["[]"]


# If-else and merge


async def test_branches_are_tried_in_order_and_the_first_match_wins() -> None:
    first, second = when("{{1.value}}", right="a"), when("{{1.value}}", "exist")
    branches = [branch(compose(3, "1"), when=first), branch(compose(4, "2"), when=second)]
    flow = [iterate(1, ["a", "b"]), if_else(2, *branches, branch(compose(5, "3")))]
    assert trail(await run(blueprint(*flow)))[1:] == [(3, "1"), (4, "2")]


async def test_branches_without_conditions_or_modules_are_switched_off() -> None:
    yes = when("a", right="a")
    empty = {"type": "condition", "merge": False, "conditions": [], "flow": [compose(3, "no")]}
    branches = [empty, branch(when=yes), branch(compose(4, "yes"), when=yes)]
    assert values(await run(blueprint(compose(1, "x"), if_else(2, *branches))), 4) == ["yes"]


async def test_if_else_may_stand_in_a_branch() -> None:
    inner = if_else(3, branch(compose(4, "in"), when=when("a", right="a")))
    flow = [compose(1, "x"), if_else(2, branch(inner, when=when("a", right="a")))]
    assert values(await run(blueprint(*flow)), 4) == ["in"]


async def test_branching_goes_on_behind_a_merge() -> None:
    both = [{"name": "v", "mappings": ["{{3.value}}"]}]
    flow = [
        compose(1, "x"),
        if_else(2, branch(compose(3, "3"), when=when("a", right="a"), merge=True)),
        merge(4, both),
        router(5, [compose(6, "{{4.v}}")], [compose(7, "{{4.v}}")]),
    ]
    assert trail(await run(blueprint(*flow)))[-2:] == [(6, "3"), (7, "3")]


async def test_mappings_of_a_merge_count_the_merging_branches_only() -> None:
    def one(ident: int, sign: str, *, merges: bool = True) -> Json:
        return branch(compose(ident, sign * 2), when=when("{{1.value}}", right=sign), merge=merges)

    flow = [
        iterate(1, ["a", "b", "c"]),
        if_else(2, one(3, "a"), one(4, "b", merges=False), one(5, "c")),
        merge(6, [{"name": "v", "mappings": ["{{3.value}}", "{{5.value}}"]}]),
        compose(7, "{{6.v}}"),
    ]
    assert values(await run(blueprint(*flow)), 7) == ["aa", "cc"]


async def test_branch_modules_are_out_of_scope_behind_the_merge() -> None:
    flow = [
        compose(1, "x"),
        if_else(2, branch(compose(3, "inside"), when=when("a", right="a"), merge=True)),
        merge(4, [{"name": "v", "mappings": ["kept"]}]),
        compose(5, "{{1.value}}[{{3.value}}]{{4.v}}"),
    ]
    assert values(await run(blueprint(*flow)), 5) == ["x[]kept"]


async def test_a_filter_of_the_merge_stops_the_bundle_of_its_branch() -> None:
    branches = [
        branch(compose(3, "3"), when=when("{{1.value}}", right="a"), merge=True),
        branch(compose(4, "4"), merge=True),
    ]
    outputs = [{"name": "v", "mappings": ["{{3.value}}", "{{4.value}}"]}]
    filters = [None, when("{{4.value}}", right="5")]
    flow = [iterate(1, ["a", "b"]), if_else(2, *branches), merge(5, outputs, filters=filters)]
    assert values(await run(blueprint(*flow, compose(6, "{{5.v}}"))), 6) == ["3"]


async def test_a_merge_without_outputs_passes_the_bundle_of_the_branch() -> None:
    flow = [
        compose(1, "x"),
        if_else(2, branch(compose(3, "from 3"), when=when("a", right="a"), merge=True)),
        merge(4, []),
        compose(5, "{{4.value}}"),
    ]
    assert values(await run(blueprint(*flow)), 5) == ["from 3"]


async def test_if_else_and_merge_count_operations_and_cost_nothing() -> None:
    flow = [
        compose(1, "x"),
        if_else(2, branch(compose(3, "3"), when=when("a", right="a"), merge=True)),
        merge(4, [{"name": "v", "mappings": ["{{3.value}}"]}]),
    ]
    result = await run(blueprint(*flow))
    assert (result.operations, result.centicredits) == (4, 200)
