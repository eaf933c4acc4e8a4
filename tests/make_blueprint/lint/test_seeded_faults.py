"""Faults put into sound scenarios are found; sound scenarios have no errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from make_api_sandbox.mount import mount
from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, as_object, clone
from make_blueprint.lint.checking import Finding, lint
from make_blueprint.lint.surroundings import Hook, Plan, Surroundings
from make_blueprint.walk import ROUTER, Visit, next_id, walk

Fault = Callable[[Blueprint, Random], bool]
"""Puts a fault in, unless the scenario has no place for it."""

WANTED = 0.95


class Company:
    """The scenarios of the sandbox's company that are fit to run, with their schedules."""

    def __init__(self) -> None:
        world = mount(":memory:").sandbox.world
        columns = "blueprint, scheduling, interface"
        rows = world.rows(f"SELECT {columns} FROM scenarios WHERE NOT is_invalid ORDER BY id")
        self.scenarios: list[tuple[Blueprint, Surroundings]] = []
        for row in rows:
            told = Surroundings(
                scheduling=row["scheduling"],
                interface=row["interface"],
                plan=Plan(minimum_interval=60),
                functions=frozenset(),
                hooks={number: Hook() for number in range(1, 100)},
            )
            self.scenarios.append((row["blueprint"], told))
        world.close()


@pytest.fixture(scope="module")
def company() -> Company:
    return Company()


def pick(document: Blueprint, random: Random, wanted: Callable[[Visit], bool]) -> Visit | None:
    """Choose a running module at random."""
    found = [visit for visit in walk(document) if not visit.in_orphan and wanted(visit)]
    return random.choice(found) if found else None


def any_module(visit: Visit) -> bool:
    return True


def with_mapper(visit: Visit) -> bool:
    return bool(as_object(visit.module.get("mapper")))


def settings(document: Blueprint) -> JsonObject:
    return as_object(as_object(document["metadata"])["scenario"])


def on(wanted: Callable[[Visit], bool], change: Callable[[Visit, Blueprint], None]) -> Fault:
    """Make a fault of one module."""

    def put_in(document: Blueprint, random: Random) -> bool:
        visit = pick(document, random, wanted)
        if visit is None:
            return False
        change(visit, document)
        return True

    return put_in


def whole(change: Callable[[Blueprint], None]) -> Fault:
    """Make a fault of the scenario."""

    def put_in(document: Blueprint, random: Random) -> bool:
        change(document)
        return True

    return put_in


def setting(key: str, value: JsonValue) -> Callable[[Visit, Blueprint], None]:
    """Set a member of the module."""

    def change(visit: Visit, document: Blueprint) -> None:
        visit.module[key] = value

    return change


def mapped(text: str) -> Callable[[Visit, Blueprint], None]:
    """Map a text in the module's first field."""

    def change(visit: Visit, document: Blueprint) -> None:
        mapper = as_object(visit.module["mapper"])
        mapper[next(iter(mapper))] = text

    return change


def is_type(*types: str) -> Callable[[Visit], bool]:
    return lambda visit: visit.type in types


def not_first(visit: Visit) -> bool:
    return visit.index > 0 and with_mapper(visit) and not visit.type.startswith("builtin:")


def has_condition(visit: Visit) -> bool:
    groups = as_list(as_object(visit.module.get("filter")).get("conditions"))
    return any(as_list(group) for group in groups)


def has_parameter(*names: str) -> Callable[[Visit], bool]:
    def wanted(visit: Visit) -> bool:
        parameters = as_object(visit.module.get("parameters"))
        return any(isinstance(parameters.get(name), int) for name in names)

    return wanted


def in_parameter(value: JsonValue, *names: str) -> Callable[[Visit, Blueprint], None]:
    def change(visit: Visit, document: Blueprint) -> None:
        parameters = as_object(visit.module["parameters"])
        name = next(name for name in names if isinstance(parameters.get(name), int))
        parameters[name] = value

    return change


def condition(key: str, value: JsonValue) -> Callable[[Visit, Blueprint], None]:
    def change(visit: Visit, document: Blueprint) -> None:
        groups = as_list(as_object(visit.module["filter"])["conditions"])
        first = as_object(next(as_list(group) for group in groups if group)[0])
        first[key] = value

    return change


def unwrap_conditions(visit: Visit, document: Blueprint) -> None:
    gate = as_object(visit.module["filter"])
    gate["conditions"] = as_list(as_list(gate["conditions"])[0])


def same_id(visit: Visit, document: Blueprint) -> None:
    visit.module["id"] = as_object(as_list(document["flow"])[0])["id"]


def lose(key: str) -> Callable[[Visit, Blueprint], None]:
    def change(visit: Visit, document: Blueprint) -> None:
        del visit.module[key]

    return change


def lose_layout(visit: Visit, document: Blueprint) -> None:
    del as_object(visit.module["metadata"])["designer"]


def own_output(visit: Visit, document: Blueprint) -> None:
    mapped(f"{{{{{visit.id}.value}}}}")(visit, document)


def map_later(visit: Visit, document: Blueprint) -> None:
    """Map a module that does not run before: one that is added at the end of another list."""
    number = next_id(document)
    chain: list[JsonValue] = [new_module(number)]
    orphans = as_object(as_object(document["metadata"])["designer"])
    orphans["orphans"] = [chain]
    mapped(f"{{{{{number}.value}}}}")(visit, document)


def new_module(number: int, name: str = "util:ComposeTransformer", **more: JsonValue) -> JsonObject:
    designer: JsonObject = {"x": 30 * number, "y": 1500}
    base: JsonObject = {"id": number, "module": name, "version": 1, "mapper": {"value": "x"}}
    return {**base, "metadata": {"designer": designer}, **more}


def append(name: str, **members: JsonValue) -> Callable[[Blueprint], None]:
    def change(document: Blueprint) -> None:
        flow = as_list(document["flow"])
        last = as_object(flow[-1])
        while last.get("module") == ROUTER:
            flow = as_list(as_object(as_list(last["routes"])[0])["flow"])
            last = as_object(flow[-1])
        flow.append(new_module(next_id(document), name, **members))

    return change


def after_router(visit: Visit, document: Blueprint) -> None:
    visit.container.append(new_module(next_id(document)))


def empty_route(visit: Visit, document: Blueprint) -> None:
    as_list(visit.module["routes"]).append({"flow": []})


def wrong_fallback(visit: Visit, document: Blueprint) -> None:
    visit.module["parameters"] = {"else": 9}


def break_without_store(visit: Visit, document: Blueprint) -> None:
    settings(document)["dlq"] = False
    handler = new_module(
        next_id(document),
        "builtin:Break",
        mapper={"retry": True, "count": "3", "interval": "15"},
    )
    visit.module["onerror"] = [handler]


def break_for_too_long(visit: Visit, document: Blueprint) -> None:
    settings(document)["dlq"] = True
    handler = new_module(
        next_id(document),
        "builtin:Break",
        mapper={"retry": True, "count": "99999", "interval": "15"},
    )
    visit.module["onerror"] = [handler]


def http_request(**mapper: JsonValue) -> Callable[[Blueprint], None]:
    """Append a request with a fault in its fields."""
    base: JsonObject = {"url": "https://example.com/", "method": "get", "timeout": "30"}
    return append(
        "http:ActionSendData",
        version=3,
        parameters={"handleErrors": True},
        mapper={**base, "serializeUrl": False, "parseResponse": True, **mapper},
    )


def record_beside_data(document: Blueprint) -> None:
    append(
        "datastore:AddRecord",
        parameters={"datastore": 1},
        mapper={"key": "a", "overwrite": True, "total": "5"},
    )(document)


def twice_the_aggregator(visit: Visit, document: Blueprint) -> None:
    feeder = as_object(visit.module["parameters"])["feeder"]
    again = new_module(next_id(document), "builtin:BasicAggregator", parameters={"feeder": feeder})
    visit.container.insert(visit.index + 1, again)


def is_aggregator(visit: Visit) -> bool:
    return "feeder" in as_object(visit.module.get("parameters"))


def lose_feeder(visit: Visit, document: Blueprint) -> None:
    del as_object(visit.module["parameters"])["feeder"]


def strange_feeder(visit: Visit, document: Blueprint) -> None:
    as_object(visit.module["parameters"])["feeder"] = 998


def second_trigger(document: Blueprint) -> None:
    append("gateway:CustomWebHook", parameters={"hook": 98})(document)


def answer_without_webhook(document: Blueprint) -> None:
    as_list(document["flow"])[0] = new_module(1, "util:BasicTrigger", parameters={"values": []})
    append("gateway:WebhookRespond", mapper={"status": "200"})(document)


def member(*keys: str, value: JsonValue) -> Callable[[Blueprint], None]:
    def change(document: Blueprint) -> None:
        holder = document
        for key in keys[:-1]:
            holder = as_object(holder[key])
        if value is None:
            del holder[keys[-1]]
        else:
            holder[keys[-1]] = value

    return change


FAULTS: dict[str, tuple[Fault, str]] = {
    "no name": (whole(member("name", value=None)), "S02"),
    "long name": (whole(member("name", value="x" * 121)), "S02"),
    "format version": (whole(member("metadata", "version", value=3)), "S03"),
    "no settings": (whole(member("metadata", "scenario", value=None)), "S04"),
    "empty flow": (whole(member("flow", value=[])), "S01"),
    "same id": (on(lambda v: v.index > 0, same_id), "S07"),
    "text as id": (on(any_module, setting("id", "seven")), "S07"),
    "no such name": (on(any_module, setting("module", "builtin:BasicScheduler")), "S09"),
    "name in another case": (on(any_module, setting("module", "gateway:CustomWebhook")), "S09"),
    "name without app": (on(any_module, setting("module", "Sleep")), "S08"),
    "no version": (on(any_module, lose("version")), "S10"),
    "invented version": (on(lambda v: v.app == "builtin", setting("version", 7)), "S11"),
    "no layout": (on(any_module, lose_layout), "S12"),
    "module after router": (on(is_type(ROUTER), after_router), "S18"),
    "empty route": (on(is_type(ROUTER), empty_route), "S15"),
    "mapper on router": (on(is_type(ROUTER), setting("mapper", {"x": "1"})), "S17"),
    "fallback that is not": (on(is_type(ROUTER), wrong_fallback), "S19"),
    "no feeder": (on(is_aggregator, lose_feeder), "S26"),
    "strange feeder": (on(is_aggregator, strange_feeder), "S27"),
    "second aggregator": (on(is_aggregator, twice_the_aggregator), "R31"),
    "second trigger": (whole(second_trigger), "S30"),
    "answer without webhook": (whole(answer_without_webhook), "S31"),
    "missing module": (on(not_first, mapped("{{999.value}}")), "R01"),
    "own output": (on(not_first, own_output), "R02"),
    "detached module": (on(not_first, map_later), "R02"),
    "open braces": (on(not_first, mapped("{{1.value")), "R06"),
    "whole bundle": (on(not_first, mapped("{{1}}")), "R07"),
    "index 0": (on(not_first, mapped("{{1.items[0].name}}")), "R08"),
    "commas": (on(not_first, mapped('{{ifempty(1.name, "none")}}')), "R09"),
    "typographic quotes": (on(not_first, mapped("{{ifempty(1.name; \u201cnone\u201d)}}")), "R10"),
    "unknown function": (on(not_first, mapped("{{uppercase(1.name)}}")), "R11"),
    "start of day": (on(not_first, mapped("{{startOfDay(now)}}")), "R12"),
    "double equals": (on(not_first, mapped('{{if(1.a == "b"; "c"; "d")}}')), "R13"),
    "bare name": (on(not_first, mapped("{{trigger.name}}")), "R15"),
    "operator": (on(has_condition, condition("o", "text:startswith")), "R25"),
    "bare conditions": (on(has_condition, unwrap_conditions), "R29"),
    "no connection": (
        on(has_parameter("__IMTCONN__", "account"), in_parameter("", "__IMTCONN__", "account")),
        "B01",
    ),
    "no hook": (on(has_parameter("hook"), in_parameter("", "hook")), "B05"),
    "hook to be created": (
        on(has_parameter("hook"), in_parameter({"type": "create"}, "hook")),
        "B07",
    ),
    "unknown hook": (on(has_parameter("hook"), in_parameter(4711, "hook")), "B02"),
    "placeholder": (
        on(
            has_parameter("__IMTCONN__", "account"),
            in_parameter("YOUR_CONNECTION_ID", "__IMTCONN__", "account"),
        ),
        "B12",
    ),
    "break without store": (on(not_first, break_without_store), "E01"),
    "break for too long": (on(not_first, break_for_too_long), "E08"),
    "token": (whole(http_request(data="Bearer sk-proj-" + "a1B2" * 12)), "D01"),
    "plain http": (whole(http_request(url="http://shop.example.com/orders")), "D04"),
    "certificate not checked": (whole(http_request(rejectUnauthorized=False)), "D05"),
    "milliseconds": (whole(http_request(timeout="30000")), "C11"),
    "record beside data": (whole(record_beside_data), "D08"),
    "no scope": (
        whole(append("util:SetVariable2", mapper={"name": "a", "value": "b"})),
        "B17",
    ),
    "no tier": (whole(append("ai-tools:Ask", version=2, mapper={"input": "Hi"})), "A01"),
}


def test_the_only_error_among_the_companys_scenarios_is_a_true_one(company: Company) -> None:
    errors = [
        (document["name"], each.rule, each.path)
        for document, told in company.scenarios
        for each in lint(document, told).findings
        if each.severity == "error"
    ]
    lost_reference = ("test copy (2) DO NOT USE", "R01", "flow[1].mapper.text")
    assert errors == [lost_reference]


def test_faults_put_into_sound_scenarios_are_found(company: Company) -> None:
    random = Random(20261122)
    missed: list[str] = []
    tried = 0
    for name, (fault, rule) in FAULTS.items():
        for document, told, before in chosen(company, random):
            faulty = clone(document)
            if not fault(faulty, random):
                continue
            tried += 1
            new = [each for each in lint(faulty, told).findings if seen(each) not in before]
            if rule not in {each.rule for each in new}:
                missed.append(f"{name} in {document['name']}: {sorted({e.rule for e in new})}")
    assert tried > 4 * len(FAULTS)
    assert len(missed) <= (1 - WANTED) * tried, "\n".join(missed)


def chosen(
    company: Company, random: Random
) -> Iterator[tuple[Blueprint, Surroundings, set[tuple[str, str]]]]:
    """Choose ten scenarios, each with what is found in it as it is."""
    for document, told in random.sample(company.scenarios, 10):
        yield document, told, {seen(each) for each in lint(document, told).findings}


def seen(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.path
