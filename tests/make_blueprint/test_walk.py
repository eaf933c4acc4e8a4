import pytest
from make_blueprint.document import Blueprint, JsonValue, Module
from make_blueprint.walk import find, next_id, walk

from tests.make_blueprint.generate import (
    blueprint,
    branch,
    chain,
    if_else,
    merge,
    module,
    router,
)


def upstream(document: Blueprint, number: int) -> tuple[int, ...]:
    visit = find(document, number)
    assert visit is not None
    assert all(visit.scope.sees(other) for other in visit.upstream)
    return visit.upstream


def aggregator(number: int, feeder: JsonValue, *handlers: JsonValue) -> Module:
    made = module(number, "builtin:BasicAggregator", parameters={"feeder": feeder})
    if handlers:
        made["onerror"] = list(handlers)
    return made


def detached(document: Blueprint, *orphans: JsonValue) -> Blueprint:
    document["metadata"] = {"designer": {"orphans": list(orphans)}}
    return document


def test_every_module_is_visited_in_walk_order_with_its_path() -> None:
    handled = module(3, onerror=[module(4, "builtin:Ignore")])
    agent = module(5, tools=[{"name": "look", "flow": [module(6)]}])
    split = if_else(8, branch(module(9), test={"a": "{{1.a}}", "o": "exist"}), branch(module(10)))
    document = blueprint(module(1), router(2, [handled, agent], [split, merge(11)]))
    detached(document, [module(12), module(13)], module(14))
    assert [(visit.id, visit.path, visit.role) for visit in walk(document)] == [
        (1, "flow[0]", "flow"),
        (2, "flow[1]", "flow"),
        (3, "flow[1].routes[0].flow[0]", "route"),
        (4, "flow[1].routes[0].flow[0].onerror[0]", "onerror"),
        (5, "flow[1].routes[0].flow[1]", "route"),
        (6, "flow[1].routes[0].flow[1].tools[0].flow[0]", "tool"),
        (8, "flow[1].routes[1].flow[0]", "route"),
        (9, "flow[1].routes[1].flow[0].branches[0].flow[0]", "branch"),
        (10, "flow[1].routes[1].flow[0].branches[1].flow[0]", "branch"),
        (11, "flow[1].routes[1].flow[1]", "route"),
        (12, "metadata.designer.orphans[0][0]", "orphan"),
        (13, "metadata.designer.orphans[0][1]", "orphan"),
        (14, "metadata.designer.orphans[1]", "orphan"),
    ]


def test_custom_apps_keep_their_prefix() -> None:
    visit = next(walk(blueprint(module(1, "app#acme-crm:findDeal", version=2))))
    assert (visit.app, visit.name, visit.version) == ("app#acme-crm", "findDeal", 2)


def test_a_module_sees_what_ran_before_it_and_not_the_other_route() -> None:
    document = blueprint(module(1), router(2, [module(3), module(4)], [module(5)]))
    assert upstream(document, 4) == (1, 2, 3)
    assert upstream(document, 5) == (1, 2)


def test_an_aggregator_sees_its_loop_and_closes_it() -> None:
    document = blueprint(module(1), module(2), module(3), aggregator(4, 2), module(5))
    assert upstream(document, 4) == (1, 2, 3)
    assert upstream(document, 5) == (1, 4)


def test_nested_loops_close_one_by_one() -> None:
    flow = (module(1), module(2), module(3), aggregator(4, 3), aggregator(5, "2"), module(6))
    document = blueprint(*flow)
    assert upstream(document, 5) == (1, 2, 4)
    assert upstream(document, 6) == (1, 5)


def test_a_loop_closed_on_a_route_stays_open_on_the_others() -> None:
    document = blueprint(
        module(1),
        module(2),
        module(3),
        router(4, [module(5), aggregator(6, 2), module(7)], [module(8), aggregator(9, 3)]),
    )
    assert upstream(document, 6) == (1, 2, 3, 4, 5)
    assert upstream(document, 7) == (1, 6)
    assert upstream(document, 8) == (1, 2, 3, 4)
    assert upstream(document, 9) == (1, 2, 3, 4, 8)


def test_a_loop_can_close_two_routers_deep() -> None:
    inner = router(4, [module(5), aggregator(6, 1), module(7)])
    document = blueprint(module(1), router(2, [module(3), inner]))
    assert upstream(document, 6) == (1, 2, 3, 4, 5)
    assert upstream(document, 7) == (6,)


def test_an_error_route_sees_the_failed_module_and_what_it_saw() -> None:
    document = blueprint(
        module(1, onerror=[module(2)]),
        module(3, onerror=[module(4), module(5)]),
        module(6),
    )
    assert upstream(document, 2) == (1,)
    assert upstream(document, 5) == (1, 3, 4)
    assert upstream(document, 6) == (1, 3)


def test_the_error_route_of_an_aggregator_still_sees_the_loop() -> None:
    document = blueprint(module(1), module(2), aggregator(3, 1, module(4)), module(5))
    assert upstream(document, 4) == (1, 2, 3)
    assert upstream(document, 5) == (3,)


def test_a_merge_sees_its_merging_branches_and_hides_them_from_what_follows() -> None:
    test: JsonValue = {"a": "{{1.a}}", "o": "exist"}
    split = if_else(
        2,
        branch(module(3), test=test),
        branch(module(4), merge=False, test=test),
        branch(module(5), module(6)),
    )
    document = blueprint(module(1), split, merge(7), module(8))
    assert upstream(document, 7) == (1, 2, 3, 5, 6)
    assert upstream(document, 8) == (1, 2, 7)
    visit = find(document, 7)
    assert visit is not None
    assert [scope.sees(6) for scope in visit.merging] == [False, True]


@pytest.mark.parametrize("feeder", [3, 4, 99, "x", None, True, -1])
def test_a_feeder_that_does_not_run_before_closes_nothing(feeder: JsonValue) -> None:
    document = blueprint(module(1), module(2), aggregator(3, feeder), aggregator(4, 3))
    assert upstream(document, 3) == (1, 2)
    assert upstream(document, 4) == (1, 2, 3)


def test_feeders_that_name_each_other_do_not_trap_the_walk() -> None:
    document = blueprint(aggregator(1, 2), aggregator(2, 1), aggregator(3, 3))
    assert [visit.upstream for visit in walk(document)] == [(), (1,), (2,)]


def test_members_that_are_no_modules_are_passed_over() -> None:
    broken = router(2, [module(3), "text", 7, None])
    broken["onerror"] = "nothing"
    document = blueprint(module(1), [], broken, 5)
    document["metadata"] = {"designer": {"orphans": "none"}}
    assert [visit.id for visit in walk(document)] == [1, 2, 3]
    assert list(walk({"flow": None, "metadata": []})) == []


def test_the_next_id_counts_orphans_and_ignores_what_is_no_number() -> None:
    document = blueprint(module(1), {"id": True, "module": "a:B"}, {"id": None, "module": "a:B"})
    assert next_id(document) == 2
    assert next_id(detached(document, [module(41)])) == 42
    assert next_id({}) == 1


def test_finding_gives_the_place_or_none() -> None:
    document = blueprint(module(1), router(2, [module(3)]))
    visit = find(document, 3)
    assert visit is not None
    assert visit.container[visit.index] is visit.module
    assert visit.parent is not None
    assert visit.parent.id == 2
    assert find(document, 4) is None


@pytest.mark.timeout(10)
def test_twenty_thousand_modules_are_walked_and_looked_up_in_linear_time() -> None:
    document = chain(20_000)
    visits = list(walk(document))
    seen = sum(visit.scope.sees(1) and visit.scope.sees(19_999) for visit in visits)
    assert visits[-1].path == "flow[19999]"
    assert seen == 1


@pytest.mark.timeout(15)
def test_thirty_thousand_nested_routers_neither_recurse_nor_explode() -> None:
    inner: list[JsonValue] = [module(1)]
    for number in range(2, 30_000):
        inner = [router(number, inner)]
    depth = sum(1 for _ in walk(blueprint(*inner)))
    assert depth == 29_999


def test_a_number_no_expression_can_write_is_no_id() -> None:
    visits = list(walk(blueprint(module(10**15 - 1), module(10**15))))
    assert [visit.id for visit in visits] == [10**15 - 1, None]
