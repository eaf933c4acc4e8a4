"""Rules about credits and time: C01–C05, C07–C14."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, as_object
from make_blueprint.lint.checking import Profile, lint
from make_blueprint.lint.surroundings import Hook, Plan, Surroundings

from tests.make_blueprint.generate import blueprint, module, router
from tests.make_blueprint.lint.judging import found, having, mended, places, value_at


def hook(number: int = 1) -> Module:
    return module(number, "gateway:CustomWebHook", parameters={"hook": 7})


def feeder(number: int, array: JsonValue = "{{1.items}}") -> Module:
    return module(number, "builtin:BasicFeeder", mapper={"array": array})


def search(
    number: int, limit: JsonValue = None, name: str = "airtable:ActionSearchRecords"
) -> Module:
    return module(number, name, version=3, mapper={"formula": "x", "maxResults": limit})


def repeater(number: int, times: JsonValue) -> Module:
    return module(number, "builtin:BasicRepeater", mapper={"start": "1", "repeats": times})


def collect(number: int, source: int) -> Module:
    fields: JsonObject = {"id": f"{{{{{source}.id}}}}"}
    return module(number, "builtin:BasicAggregator", parameters={"feeder": source}, mapper=fields)


def send(number: int, text: str = "Hello") -> Module:
    return module(number, "slack:CreateMessage", version=4, mapper={"text": text})


def get(number: int, url: str, method: str = "get") -> Module:
    fields: JsonObject = {"url": url, "method": method}
    return module(number, "http:MakeRequest", version=4, mapper=fields)


def only_if(made: Module, left: str, right: str = "x") -> Module:
    test: JsonObject = {"a": left, "o": "text:equal", "b": right}
    return having(made, filter={"name": "When", "conditions": [[test]]})


# C01


@pytest.mark.parametrize("loop", [feeder(2), search(2), repeater(2, 5)])
def test_one_message_an_item_is_told_once(loop: Module) -> None:
    document = blueprint(hook(), loop, send(3), send(4))
    (finding,) = found("C01", document)
    assert (finding.path, finding.severity) == ("flow[2]", "info")
    assert finding.evidence["loop"] == 2


@pytest.mark.parametrize(
    "flow",
    [
        [hook(), feeder(2), collect(3, 2), send(4)],
        [hook(), feeder(2), collect(3, 1), send(4)],
        [hook(), search(2, "1"), send(3)],
        [hook(), search(2, name="slack:SearchUser"), send(3)],
        [hook(), feeder(2), having(module(3), onerror=[send(4)])],
        [hook(), feeder(2), router(3, [collect(4, 2), send(5)])],
        [hook(), module(2, "regexp:Parser", parameters={"global": False}), send(3)],
    ],
)
def test_one_message_for_all_is_fine(flow: list[JsonValue]) -> None:
    assert places("C01", blueprint(*flow)) == []


def test_a_message_in_a_route_behind_a_loop_is_told() -> None:
    parser = module(2, "regexp:Parser", parameters={"global": True})
    document = blueprint(hook(), parser, router(3, [module(4)], [send(5)]))
    assert places("C01", document) == ["flow[2].routes[1].flow[0]"]


# C02


@pytest.mark.parametrize("array", ["{{`2`}}", "{{ 2.array }}"])
def test_an_iterator_over_single_items_is_found(array: str) -> None:
    source = search(2)
    as_object(source["metadata"])["interface"] = [{"name": "id"}, {"name": "tags"}]
    (finding,) = found("C02", blueprint(hook(), source, feeder(3, array)))
    assert (finding.path, finding.severity) == ("flow[2].mapper.array", "warning")
    assert finding.evidence == {"source": 2, "array": array}


@pytest.mark.parametrize(
    "array",
    ["{{2.tags}}", "{{split(2.text; 1)}}", "{{1.items}}", "{{now}}", "x {{`2`}}", [1], None],
)
def test_an_iterator_over_a_list_is_fine(array: JsonValue) -> None:
    source = search(2)
    as_object(source["metadata"])["interface"] = [{"name": "id"}, {"name": "tags"}]
    assert places("C02", blueprint(hook(), source, feeder(3, array))) == []


def test_an_iterator_over_lists_of_unknown_names_is_fine() -> None:
    assert places("C02", blueprint(hook(), search(2), feeder(3, "{{2.array}}"))) == []
    assert places("C02", blueprint(hook(), feeder(2), feeder(3, "{{2.tags}}"))) == []


# C03


def waiting(loop: Module, seconds: JsonValue = "30") -> Blueprint:
    return blueprint(hook(), loop, module(3, "util:FunctionSleep", mapper={"duration": seconds}))


def test_waiting_longer_than_a_run_is_found() -> None:
    (finding,) = found("C03", waiting(repeater(2, "100")))
    assert (finding.path, finding.severity) == ("flow[2]", "warning")
    assert finding.evidence == {"seconds": 30, "items": 100, "minutes": 40}
    short = Surroundings(plan=Plan(execution_minutes=5))
    assert [f.severity for f in found("C03", waiting(repeater(2, 11)), short)] == ["warning"]


def test_waiting_for_an_unknown_number_of_items_is_told() -> None:
    (finding,) = found("C03", waiting(feeder(2)))
    assert finding.severity == "info"
    assert "80 items" in finding.message


def test_waiting_that_fits_a_run_is_fine() -> None:
    assert places("C03", waiting(repeater(2, "10"))) == []
    assert places("C03", waiting(module(2))) == []
    assert places("C03", waiting(feeder(2), "{{1.pause}}")) == []


# C04


def test_a_filter_behind_modules_it_does_not_need_is_found() -> None:
    document = blueprint(
        hook(), get(2, "https://a.example"), module(3), only_if(send(4), "{{1.to}}")
    )
    (finding,) = found("C04", document)
    assert (finding.path, finding.severity) == ("flow[3].filter", "warning")
    assert finding.evidence == {"modules": [3, 2]}
    assert finding.remedy == "Move the filter to module 2."


def test_what_is_no_module_does_not_disturb_the_search() -> None:
    flow: list[JsonValue] = ["?", module(2), only_if(send(3), "{{1.to}}")]
    assert places("C04", blueprint(*flow)) == ["flow[2].filter"]


@pytest.mark.parametrize(
    "flow",
    [
        [hook(), module(2), only_if(send(3), "{{2.value}}")],
        [hook(), send(2), only_if(send(3), "{{1.to}}")],
        [hook(), module(2, "util:FunctionSleep"), only_if(send(3), "{{1.to}}")],
        [hook(), only_if(module(2), "{{1.a}}"), only_if(send(3), "{{1.to}}")],
        [hook(), having(module(2), onerror=[send(4)]), only_if(send(3), "{{1.to}}")],
        [hook(), module(2), only_if(send(3), "{{now}}")],
        [hook(), module(2), only_if(send(3), "{{1.at}}", "{{now}}")],
        [hook(), only_if(send(3), "{{1.to}}")],
        [hook(), module(2), only_if(collect(3, 1), "{{1.to}}")],
        [search(2), only_if(send(3), "{{9.to}}")],
        [hook(), router(2, [module(3), only_if(send(4), "{{1.to}}")])],
    ],
)
def test_a_filter_that_cannot_stand_earlier_is_fine(flow: list[JsonValue]) -> None:
    assert places("C04", blueprint(*flow)) == []


# C05


def setter(number: int, value: str = "x", scope: str = "roundtrip") -> Module:
    fields: JsonObject = {"name": f"v{number}", "value": value, "scope": scope}
    return module(number, "util:SetVariable2", mapper=fields)


def test_setters_in_a_row_are_told() -> None:
    document = blueprint(
        hook(), setter(2), setter(3), setter(4), setter(5, "{{4.v4}}"), setter(6), module(7)
    )
    first, second = found("C05", document)
    assert (first.path, first.severity) == ("flow[1]", "info")
    assert [first.evidence["modules"], second.evidence["modules"]] == [[2, 3, 4], [5, 6]]


def test_single_setters_are_fine() -> None:
    apart = [hook(), setter(2), module(3), setter(4), setter(5, scope="execution")]
    assert places("C05", blueprint(*apart)) == []
    assert places("C05", blueprint(hook(), setter(2), only_if(setter(3), "{{1.a}}"))) == []
    assert places("C05", blueprint(hook(), setter(2), router(3, [setter(4)]))) == []


# C07


@pytest.mark.parametrize("loop", [feeder(2), search(2)])
def test_reading_the_same_for_every_item_is_found(loop: Module) -> None:
    constant = [get(3, "https://a.example/{{1.id}}"), get(4, "https://a.example")]
    document = blueprint(hook(), loop, *constant, get(5, "https://b.example/{{2.id}}"))
    first, second = found("C07", document)
    assert (first.path, first.severity) == ("flow[2]", "warning")
    assert (second.path, second.evidence) == ("flow[3]", {"loop": 2})


@pytest.mark.parametrize(
    "flow",
    [
        [hook(), feeder(2), get(3, "https://a.example/{{2.id}}")],
        [hook(), feeder(2), module(3, mapper={"value": "{{2.a}}"}), get(4, "{{3.value}}")],
        [hook(), feeder(2), get(3, "https://a.example?t={{now}}")],
        [hook(), feeder(2), get(3, "https://a.example"), get(4, "https://a.example", "put")],
        [hook(), feeder(2), get(3, "https://a.example"), module(4, "util:FunctionSleep")],
        [hook(), repeater(2, 5), get(3, "https://a.example")],
        [hook(), feeder(2), collect(3, 2), get(4, "https://a.example")],
    ],
)
def test_reading_what_may_differ_is_fine(flow: list[JsonValue]) -> None:
    assert places("C07", blueprint(*flow)) == []


# C08, C09


def test_code_in_a_loop_is_found() -> None:
    known = blueprint(hook(), repeater(2, "20"), module(3, "code:ExecuteCode"))
    (finding,) = found("C08", known)
    assert (finding.path, finding.severity) == ("flow[2]", "warning")
    assert "at least 40 credits" in finding.message
    assert places("C08", blueprint(hook(), feeder(2), module(3, "code:ExecuteCode"))) == ["flow[2]"]
    assert places("C08", blueprint(hook(), module(3, "code:ExecuteCode"))) == []


def test_large_loops_are_found() -> None:
    (finding,) = found("C09", blueprint(hook(), repeater(2, "5000")))
    assert (finding.path, finding.severity) == ("flow[1]", "warning")
    nested = blueprint(hook(), search(2, "50"), feeder(3), repeater(4, 30))
    (finding,) = found("C09", nested)
    assert finding.evidence == {"loops": [2, 3, 4], "times": 1500}


def test_small_and_unknown_loops_are_fine() -> None:
    assert places("C09", blueprint(hook(), repeater(2, "1000"), feeder(3))) == []
    assert places("C09", blueprint(hook(), search(2, "5000"))) == []
    assert places("C09", blueprint(hook(), search(2, "5000"), feeder(3))) == []
    assert places("C09", blueprint(hook(), repeater(2, "{{1.n}}"))) == []


# C10


def cycles(number: JsonValue, first: Module | None = None) -> Blueprint:
    document = blueprint(first or hook(), send(2))
    as_object(value_at(document, "metadata", "scenario"))["roundtrips"] = number
    return document


@pytest.mark.parametrize("document", [cycles(10), cycles(0, search(1))])
def test_wrong_cycles_are_found_and_mended(document: Blueprint) -> None:
    (finding,) = found("C10", document)
    assert (finding.path, finding.severity) == ("metadata.scenario.roundtrips", "warning")
    assert value_at(mended("C10", document), "metadata", "scenario", "roundtrips") == 1


def test_sensible_cycles_are_fine() -> None:
    assert places("C10", cycles(1)) == []
    assert places("C10", cycles("{{x}}")) == []
    assert places("C10", cycles(10, search(1))) == []
    scheduled = Surroundings(scheduling={"type": "indefinitely", "interval": 900})
    assert places("C10", cycles(10), scheduled) == []


# C11


@pytest.mark.parametrize(("timeout", "right"), [("30000", "30"), (300000, 300)])
def test_a_timeout_in_milliseconds_is_found_and_mended(
    timeout: JsonValue, right: JsonValue
) -> None:
    made = get(2, "https://a.example")
    as_object(made["mapper"])["timeout"] = timeout
    document = blueprint(hook(), made)
    (finding,) = found("C11", document)
    assert (finding.path, finding.severity) == ("flow[1].mapper.timeout", "error")
    assert value_at(mended("C11", document), "flow", 1, "mapper", "timeout") == right


@pytest.mark.parametrize("timeout", ["301", 600, 400000])
def test_a_timeout_that_may_mean_anything_is_left(timeout: JsonValue) -> None:
    made = get(2, "https://a.example")
    as_object(made["mapper"])["timeout"] = timeout
    (finding,) = found("C11", blueprint(hook(), made))
    assert not finding.fixable


@pytest.mark.parametrize("timeout", ["300", "", None, "{{1.t}}"])
def test_a_timeout_in_bounds_is_fine(timeout: JsonValue) -> None:
    made = get(2, "https://a.example")
    as_object(made["mapper"])["timeout"] = timeout
    assert places("C11", blueprint(hook(), made)) == []


# C12


def test_a_request_to_a_webhook_of_the_team_is_told() -> None:
    url = "https://hook.eu1.make.com/abc"
    hooks = Surroundings(hooks={9: Hook("Orders", "gateway-webhook", 44, url), 10: Hook("Mail")})
    document = blueprint(hook(), get(2, f"{url}/?id={{{{1.id}}}}"), get(3, f"{url}d"))
    (finding,) = found("C12", document, hooks)
    assert (finding.path, finding.severity) == ("flow[1].mapper.url", "info")
    assert finding.evidence == {"hook": 9, "scenario": 44}
    assert found("C12", document, Surroundings(hooks={10: Hook("Mail")})) == []


# C13


def test_routes_that_end_alike_are_told() -> None:
    def route(start: int, *own: JsonValue) -> list[JsonValue]:
        text = module(start, mapper={"value": "{{1.text}}"})
        return [
            *own,
            only_if(text, "{{1.kind}}", str(start)),
            send(start + 1, f"{{{{{start}.value}}}}"),
        ]

    document = blueprint(hook(), router(2, route(3), route(5, module(9)), [module(7), send(8)]))
    (finding,) = found("C13", document)
    assert (finding.path, finding.severity) == ("flow[1].routes", "info")
    assert finding.evidence == {"routes": [0, 1]}


def test_routes_that_end_differently_are_fine() -> None:
    inner = router(7, [module(8)])
    routes = [[module(3), send(4, "a")], [module(5), send(6, "b")], [send(9)], [module(10), inner]]
    assert places("C13", blueprint(hook(), router(2, *routes))) == []


# C14


def costing(scheduling: JsonObject, *flow: JsonValue, credits: int | None = 10_000) -> list[str]:
    known = Surroundings(scheduling=scheduling, plan=Plan(monthly_credits=credits))
    return [finding.message for finding in found("C14", blueprint(*flow), known)]


MINUTE: JsonObject = {"type": "indefinitely", "interval": 60}


def test_a_schedule_that_takes_most_of_the_plan_is_told() -> None:
    known = Surroundings(scheduling=MINUTE, plan=Plan(monthly_credits=10_000))
    (finding,) = found("C14", blueprint(search(1), send(2)), known)
    assert (finding.path, finding.severity) == ("scheduling", "info")
    assert finding.evidence == {"runs": 40_320, "credits_a_run": 1, "plan": 10_000}


def test_only_modules_that_run_in_any_case_count() -> None:
    certain = [get(1, "https://a.example"), module(2), module(3, "code:ExecuteCode"), module(4)]
    assert "at least 5 credits" in costing(MINUTE, *certain)[0]
    filtered = [get(1, "https://a.example"), only_if(module(2), "{{1.a}}"), module(3)]
    assert "at least 1 credit take" in costing(MINUTE, *filtered)[0]
    handled = [having(get(1, "https://a.example"), onerror=[]), router(2, [module(3)])]
    assert "at least 1 credit take" in costing(MINUTE, *handled)[0]
    caught = [having(module(1), onerror=[module(9, "builtin:Ignore")]), module(2)]
    assert "at least 1 credit take" in costing(MINUTE, *caught)[0]
    inside = [router(1, [module(2)])]
    assert costing(MINUTE, *inside) == []


@pytest.mark.parametrize(
    ("scheduling", "runs"),
    [
        ({"type": "daily", "time": "05:00"}, 28),
        ({"type": "weekly", "days": [1, 3]}, 8),
        ({"type": "monthly", "days": [1, 15, 28]}, 3),
    ],
)
def test_runs_of_a_month_are_counted(scheduling: JsonObject, runs: int) -> None:
    (message,) = costing(scheduling, module(1), credits=1)
    assert message.startswith(f"{runs} runs")


@pytest.mark.parametrize(
    ("scheduling", "credits"),
    [
        ({"type": "indefinitely", "interval": 900}, 10_000),
        (MINUTE, None),
        ({"type": "on-demand"}, 1),
        ({"type": "indefinitely"}, 1),
        ({**MINUTE, "restrict": [{"days": [1]}]}, 1),
    ],
)
def test_a_schedule_that_fits_or_is_not_known_is_fine(
    scheduling: JsonObject, credits: int | None
) -> None:
    assert costing(scheduling, search(1), credits=credits) == []


def test_a_webhook_costs_only_what_is_sent_to_it() -> None:
    assert costing(MINUTE, hook(), credits=1) == []


def test_the_company_wastes_nothing(company_blueprints: list[Blueprint]) -> None:
    for document in company_blueprints:
        findings = lint(document, profile=Profile(frozenset({"C"}))).findings
        assert {finding.rule for finding in findings} <= {"C01"}
        assert all(finding.severity == "info" for finding in findings)
