"""Rules about inputs, outputs and answers: T06–T08, T12–T14, T16."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module
from make_blueprint.lint.surroundings import Surroundings

from tests.make_blueprint.generate import blueprint, branch, if_else, merge, module, router
from tests.make_blueprint.lint.forms import field, formed
from tests.make_blueprint.lint.judging import found, having, mended, places, value_at

START, RETURN = "scenario-service:StartSubscenario", "scenario-service:ReturnData"
TEST: JsonObject = {"a": "{{1.x}}", "o": "exist"}


def hook() -> Module:
    return module(1, "gateway:CustomWebHook", parameters={"hook": 7})


def respond(number: int) -> Module:
    return module(number, "gateway:WebhookRespond", mapper={"status": "200"})


def sleep(number: int, seconds: JsonValue) -> Module:
    return module(number, "util:FunctionSleep", mapper={"duration": seconds})


def give(number: int, *outputs: str, listed: list[JsonValue] | None = None) -> Module:
    """Make a Return data; what it lists in its form is given apart."""
    made = module(number, RETURN, mapper=dict.fromkeys(outputs, "x"), version=2)
    return formed(made, expect=listed)


def filtered(made: Module) -> Module:
    return having(made, filter={"conditions": [[TEST]]})


def declaring(
    *flow: Module, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = ()
) -> Blueprint:
    io: JsonObject = {
        "input_spec": [field(name) for name in inputs],
        "output_spec": [field(name) for name in outputs],
    }
    return blueprint(*flow, io=io)


# T06


def test_declared_inputs_must_be_taken_in() -> None:
    (finding,) = found("T06", declaring(module(1), inputs=("email", "note")))
    assert (finding.path, finding.severity) == ("flow[0].module", "warning")
    assert finding.message == "email, note are declared and never used."
    (finding,) = found("T06", declaring(module(1), inputs=("email",)))
    assert finding.message == "email is declared and never used."


def test_inputs_are_taken_in_by_the_start_or_by_name() -> None:
    assert not found("T06", declaring(module(1, START), inputs=("email",)))
    assert not found("T06", declaring(module(1)))
    assert not found("T06", declaring(inputs=("email",)))
    by_name = module(1, mapper={"value": "{{var.input.email}}"})
    assert not found("T06", declaring(by_name, inputs=("email",)))
    asked: JsonObject = {"a": "{{var.input.email}}", "o": "exist"}
    in_branch = if_else(1, branch(module(2), merge=False, test=asked))
    assert not found("T06", declaring(in_branch, inputs=("email",)))


# T07


def test_declared_outputs_need_a_return_data() -> None:
    (finding,) = found("T07", declaring(module(1), outputs=("total",)))
    assert (finding.path, finding.severity) == ("", "error")
    assert finding.message == "Nothing gives total."


def test_return_data_gives_exactly_the_declared_outputs() -> None:
    (finding,) = found("T07", declaring(give(1, "sum"), outputs=("total",)))
    assert (finding.path, finding.severity) == ("flow[0].mapper", "error")
    assert finding.message == "It does not give total and gives sum, not declared."
    assert finding.evidence == {"missing": ["total"], "undeclared": ["sum"]}
    assert not found("T07", declaring(give(1, "total"), outputs=("total",)))
    assert not found("T07", blueprint(give(1, "total")))


def test_outputs_that_another_return_data_gives_are_only_a_warning() -> None:
    ways = router(1, [give(2, "total")], [give(3, "total", "note")])
    (finding,) = found("T07", declaring(ways, outputs=("total", "note")))
    assert (finding.path, finding.severity) == ("flow[0].routes[0].flow[0].mapper", "warning")
    (finding,) = found("T07", declaring(give(1, "total", "more"), outputs=("total",)))
    assert finding.severity == "error"


def test_the_told_interface_counts() -> None:
    known = Surroundings(interface={"output": [{"name": "total"}]})
    assert found("T07", blueprint(give(1, "sum")), known)


# T08


def test_return_data_answers_no_webhook() -> None:
    (finding,) = found("T08", blueprint(hook(), give(2, "total")))
    assert (finding.path, finding.severity) == ("flow[1]", "warning")
    assert not found("T08", blueprint(module(1, START), give(2, "total")))


# T12


def test_a_fallback_route_without_answer_is_found() -> None:
    ways = router(2, [filtered(respond(3))], [filtered(respond(4))], [module(5)], else_=2)
    (finding,) = found("T12", blueprint(hook(), ways))
    assert (finding.path, finding.severity) == ("flow[1].routes[2]", "warning")


def test_a_branch_without_answer_is_found() -> None:
    ways = if_else(
        2,
        branch(respond(3), merge=False, test=TEST),
        branch(module(4), merge=False, test=TEST),
        having(branch(module(5), merge=False, test=TEST), disabled=True),
        branch(merge=False, test=TEST),
        branch(merge=False),
    )
    document = blueprint(hook(), ways)
    assert places("T12", document) == ["flow[1].branches[1]", "flow[1].branches[4]"]


def test_an_answer_deeper_on_the_way_is_an_answer() -> None:
    inner = router(4, [filtered(respond(5))], [respond(6)], else_=1)
    ways = router(2, [filtered(respond(3))], [inner], else_=1)
    assert not found("T12", blueprint(hook(), ways))


def test_an_answer_on_an_error_route_is_none_for_the_others() -> None:
    failing = module(5, onerror=[respond(6)])
    ways = router(2, [filtered(respond(3))], [failing], else_=1)
    assert places("T12", blueprint(hook(), ways)) == ["flow[1].routes[1]"]


@pytest.mark.parametrize(
    "flow",
    [
        [hook(), router(2, [filtered(respond(3))], [filtered(module(4))])],
        [hook(), router(2, [respond(3)], [module(4)], else_=1)],
        [hook(), router(2, [filtered(respond(3))], [module(4)], else_=5)],
        [hook(), router(2, [filtered(respond(3))], [module(4)], else_=True)],
        [hook(), router(2, [filtered(module(3))], [module(4)], else_=1)],
        [hook(), respond(5), router(2, [filtered(respond(3))], [module(4)], else_=1)],
        [module(1), router(2, [filtered(respond(3))], [module(4)], else_=1)],
        [
            hook(),
            if_else(2, branch(respond(3), test=TEST), branch(module(4))),
            merge(5),
            respond(6),
        ],
        [
            hook(),
            if_else(2, branch(respond(3), test=TEST), branch(module(4))),
            merge(5),
            router(6, [respond(7)]),
        ],
    ],
)
def test_where_an_answer_comes_or_may_come_nothing_is_said(flow: list[Module]) -> None:
    assert not found("T12", blueprint(*flow))


# T13, T14


def test_an_answer_after_three_minutes_of_sleep_is_late() -> None:
    document = blueprint(hook(), sleep(2, "100"), router(3, [sleep(4, 80), respond(5)]))
    (finding,) = found("T13", document)
    assert (finding.path, finding.severity) == ("flow[2].routes[0].flow[1]", "warning")
    assert finding.evidence == {"seconds": 180}


def test_an_answer_in_time_is_fine() -> None:
    assert not found("T13", blueprint(hook(), sleep(2, "179"), respond(3)))
    assert not found("T13", blueprint(hook(), sleep(2, "{{1.x}}"), respond(3)))
    assert not found("T13", blueprint(hook(), respond(3), sleep(2, 300)))
    assert not found("T13", blueprint(module(1), sleep(2, 300), respond(3)))
    assert not found("T13", blueprint(hook(), respond(3)))


def test_a_failed_sleep_delays_no_answer() -> None:
    failing = having(sleep(2, 300), onerror=[respond(3)])
    assert not found("T13", blueprint(hook(), failing))


def test_only_the_first_answer_of_a_way_is_sent() -> None:
    document = blueprint(hook(), respond(2), router(3, [respond(4)], [module(5)]))
    (finding,) = found("T14", document)
    assert (finding.path, finding.severity) == ("flow[2].routes[0].flow[0]", "warning")


def test_answers_on_different_ways_are_fine() -> None:
    assert not found("T14", blueprint(hook(), router(2, [respond(3)], [respond(4)])))
    assert not found("T14", blueprint(hook(), having(respond(2), onerror=[respond(3)])))


# T16


def test_return_data_lists_the_declared_outputs() -> None:
    document = declaring(
        give(1, "total", "note", listed=[field("note", "number")]), outputs=("total", "note")
    )
    (finding,) = found("T16", document)
    assert (finding.path, finding.severity) == ("flow[0].metadata.expect", "warning")
    after = mended("T16", document)
    assert value_at(after, "flow", 0, "metadata", "expect") == [
        field("note", "number"),
        field("total"),
    ]
    assert not found("T16", after)


def test_a_return_data_without_form_gets_one() -> None:
    document = declaring(give(1, "total"), outputs=("total",))
    assert value_at(mended("T16", document), "flow", 0, "metadata", "expect") == [field("total")]
    bare = give(1, "total")
    del bare["metadata"]
    after = mended("T16", declaring(bare, outputs=("total",)))
    assert value_at(after, "flow", 0, "metadata") == {"expect": [field("total")]}


def test_without_declared_outputs_a_form_cannot_be_made() -> None:
    (finding,) = found("T16", blueprint(give(1, "total")))
    assert not finding.fixable
    assert not found("T16", blueprint(give(1, "total", listed=[field("sum")])))
    assert not found("T16", blueprint(give(1, "total", listed=[field("total")])))


@pytest.mark.parametrize("metadata", ["odd", {"expect": "odd"}])
def test_a_form_of_another_kind_is_not_overwritten(metadata: JsonValue) -> None:
    odd = having(give(1, "total"), metadata=metadata)
    assert not found("T16", declaring(odd, outputs=("total",)))[0].fixable
