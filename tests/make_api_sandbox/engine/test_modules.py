"""What single modules do."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from make_api_sandbox.engine.execution import Execution, Start, Status
from make_api_sandbox.engine.memory import MemoryPorts
from make_api_sandbox.engine.ports import HttpRequest, HttpResponse, SubRun, Variables
from make_api_sandbox.engine.run import execute

pytestmark = pytest.mark.anyio

Json = Any
PEOPLE: dict[str, Any] = {
    "k1": {"name": "Ada", "age": 36, "address": {"city": "Oslo"}},
    "k2": {"name": "Bo", "age": 7, "address": {"city": "Rome {{1.age}}"}},
    "k3": {"name": "Cy", "age": 51},
}


def module(ident: int, slug: str, **members: Json) -> dict[str, Json]:
    return {"id": ident, "module": slug, "version": 1, **members}


async def run(
    *flow: dict[str, Json], around: MemoryPorts | None = None, **start: Json
) -> Execution:
    document: dict[str, Json] = {"flow": list(flow), "metadata": {}}
    return await execute(document, Start("e" * 32, **start), around or MemoryPorts())


async def outputs(
    slug: str, mapper: Json = None, around: MemoryPorts | None = None, **more: Json
) -> list[Any]:
    """Output bundles of one module."""
    result = await run(module(1, slug, mapper=mapper or {}, **more), around=around)
    assert result.status is Status.SUCCESS, result.error
    return list(result.records[0].returned)


def people() -> MemoryPorts:
    around = MemoryPorts()
    around.stores.stores[5] = json.loads(json.dumps(PEOPLE))
    return around


STORE = {"datastore": "5"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": [1, 2]}', [{"a": [1, 2]}]),
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ("[1, 2]", [{"value": 1}, {"value": 2}]),
        ('"word"', [{"value": "word"}]),
        ("[]", []),
    ],
)
async def test_parse_json_gives_one_bundle_per_item(text: str, expected: Json) -> None:
    assert await outputs("json:ParseJSON", {"json": text}) == expected


async def test_json_is_written_compact_or_indented() -> None:
    assert await outputs("json:CreateJSON", {"a": 1, "b": None}) == [{"json": '{"a":1,"b":null}'}]
    made = await outputs("json:TransformToJSON", {"object": {"a": [1]}}, parameters={"space": "2"})
    assert json.loads(made[0]["json"]) == {"a": [1]}
    assert "\n  " in made[0]["json"]


async def test_a_switch_answers_with_the_first_matching_case() -> None:
    cases = [{"pattern": "^a", "output": "starts"}, {"pattern": "abc", "output": "equals"}]
    mapper: dict[str, Any] = {"input": "abc", "casesTable": cases, "elseOutput": "other"}
    assert await outputs("util:Switcher", {**mapper, "useRegExpMatch": True}) == [
        {"output": "starts"}
    ]
    assert await outputs("util:Switcher", {**mapper, "useRegExpMatch": False}) == [
        {"output": "equals"}
    ]
    no = {**mapper, "input": "zzz", "useRegExpMatch": False}
    assert await outputs("util:Switcher", no) == [{"output": "other"}]


async def test_variables_live_for_a_run_and_increments_as_long_as_they_are_told() -> None:
    around = MemoryPorts()
    count = module(1, "util:FunctionIncrement", parameters={"reset": "scenario"}, mapper={})
    first = await run(count, around=around)
    second = await run(count, around=around)
    numbers = [each.records[0].returned[0]["i"] for each in (first, second)]
    assert numbers == [1, 2]


async def test_increments_count_within_a_run() -> None:
    rows = module(1, "builtin:BasicFeeder", mapper={"array": ["a", "b", "c"]})
    count = module(2, "util:FunctionIncrement", parameters={"reset": "execution"})
    result = await run(rows, count)
    assert [record.returned[0]["i"] for record in result.records[1:]] == [1, 2, 3]


async def test_custom_and_system_variables_are_readable() -> None:
    around = MemoryPorts(custom=Variables(organization={"vat": 21}, team={"lead": "Ada"}))
    text = "{{var.organization.vat}} {{var.team.lead}} {{var.scenario.name}} {{executionId}}"
    compose = module(1, "util:ComposeTransformer", mapper={"value": text})
    result = await run(compose, around=around, details={"name": "Orders"})
    assert result.records[0].returned == [{"value": f"21 Ada Orders {'e' * 32}"}]


async def test_now_is_the_time_of_the_run_after_its_sleeps() -> None:
    nap = module(1, "util:FunctionSleep", mapper={"duration": "90"})
    stamp = module(
        2, "util:ComposeTransformer", mapper={"value": '{{formatDate(now; "HH:mm:ss")}}'}
    )
    result = await run(nap, stamp)
    assert result.records[1].returned == [{"value": "09:01:30"}]
    assert result.duration == 90_000


async def test_a_basic_trigger_gives_a_bundle_per_item() -> None:
    values = [{"spec": [{"name": "n", "value": 1}]}, {"spec": [{"name": "n", "value": 2}]}]
    assert await outputs("util:BasicTrigger", parameters={"values": values}) == [{"n": 1}, {"n": 2}]


async def test_a_record_is_added_replaced_and_read_back() -> None:
    around = people()
    add = {"key": "k1", "overwrite": True, "data": {"name": "Eve"}}
    await outputs("datastore:AddRecord", add, around, parameters=STORE)
    read = await outputs("datastore:GetRecord", {"key": "k1"}, around, parameters=STORE)
    assert read == [{"name": "Eve"}]
    made = await outputs("datastore:AddRecord", {"data": {"name": "Flo"}}, around, parameters=STORE)
    key = made[0]["key"]
    assert (len(key), around.stores.stores[5][key]) == (12, {"name": "Flo"})


async def test_fields_beside_data_and_unknown_fields_are_dropped_silently() -> None:
    around = people()
    around.stores.structures[5] = [{"name": "name", "type": "text"}]
    mapper = {"key": "k9", "name": "lost", "data": {"name": "kept", "other": "lost"}}
    await outputs("datastore:AddRecord", mapper, around, parameters=STORE)
    assert around.stores.stores[5]["k9"] == {"name": "kept"}


async def test_an_update_leaves_empty_fields_alone_and_inserts_only_when_told() -> None:
    around = people()
    mapper: dict[str, Any] = {"key": "k2", "data": {"age": 8, "name": "{{null}}"}}
    await outputs("datastore:UpdateRecord", mapper, around, parameters=STORE)
    assert around.stores.stores[5]["k2"]["name"] == "Bo"
    assert around.stores.stores[5]["k2"]["age"] == 8
    missing = module(1, "datastore:UpdateRecord", parameters=STORE, mapper={**mapper, "key": "no"})
    assert (await run(missing, around=around)).status is Status.ERROR
    await outputs(
        "datastore:UpdateRecord", {**mapper, "key": "no", "upsert": True}, around, parameters=STORE
    )
    assert around.stores.stores[5]["no"]["age"] == 8


async def test_a_missing_record_is_an_empty_bundle() -> None:
    around = people()
    around.stores.structures[5] = [{"name": "name", "type": "text"}]
    read = await outputs("datastore:GetRecord", {"key": "none"}, around, parameters=STORE)
    assert read == [{"name": None}]
    exists = await outputs("datastore:ExistRecord", {"key": "none"}, around, parameters=STORE)
    assert exists == [{"exist": False}]


@pytest.mark.parametrize(
    ("conditions", "keys"),
    [
        ([[{"a": "age", "o": "number:greater", "b": "10"}]], ["k1", "k3"]),
        ([[{"a": "address.city", "o": "text:equal", "b": "Oslo"}]], ["k1"]),
        (
            [[{"a": "address", "o": "notexist"}], [{"a": "name", "o": "text:equal", "b": "Ada"}]],
            ["k1", "k3"],
        ),
        ([[{"a": "address.city", "o": "text:contain", "b": '{{"{{1."}}'}]], ["k2"]),
        ([], ["k1", "k2", "k3"]),
    ],
)
async def test_searches_test_fields_of_records(conditions: Json, keys: list[str]) -> None:
    found = await outputs(
        "datastore:SearchRecord", {"filter": conditions}, people(), parameters=STORE
    )
    assert [each["key"] for each in found] == keys
    assert [each["__IMTINDEX__"] for each in found] == list(range(1, len(keys) + 1))
    assert all(each["data"] == PEOPLE[each["key"]] for each in found)


async def test_searches_sort_limit_and_may_go_on_without_a_result() -> None:
    mapper = {"sort": [{"field": "age", "order": "desc"}], "mappAbleLimit": "2"}
    found = await outputs("datastore:SearchRecord", mapper, people(), parameters=STORE)
    assert [each["key"] for each in found] == ["k3", "k1"]
    none = {"filter": [[{"a": "age", "o": "number:less", "b": "0"}]]}
    assert await outputs("datastore:SearchRecord", none, people(), parameters=STORE) == []
    going_on = {**STORE, "continueWhenNoRes": True}
    marker = await outputs("datastore:SearchRecord", none, people(), parameters=going_on)
    assert marker == [{"__IMTLENGTH__": 0}]


async def test_deleting_and_counting_records() -> None:
    around = people()
    await outputs("datastore:DeleteRecord", {"key": "k2"}, around, parameters=STORE)
    assert await outputs("datastore:CountRecords", {}, around, parameters=STORE) == [{"count": 2}]
    await outputs("datastore:DeleteAllRecords", {}, around, parameters=STORE)
    assert around.stores.stores[5] == {}


class Service:
    """A service that remembers requests and gives one answer."""

    def __init__(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        self.requests: list[HttpRequest] = []
        self.answer = HttpResponse(status, (("Content-Type", content_type),), body)

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return self.answer


async def test_a_request_of_version_3_is_sent_and_its_answer_parsed() -> None:
    service = Service(200, b'{"ok": true}')
    mapper = {
        "url": "http://service.example.org/a b",
        "method": "post",
        "qs": [{"name": "q", "value": "1 2"}],
        "headers": [{"name": "x-one", "value": "1"}],
        "bodyType": "raw",
        "contentType": "application/json",
        "data": '{"n": 1}',
        "parseResponse": True,
    }
    made = await outputs("http:ActionSendData", mapper, MemoryPorts(sender=service))
    assert (made[0]["statusCode"], made[0]["data"]) == (200, {"ok": True})
    sent = service.requests[0]
    assert (sent.method, sent.url) == ("POST", "http://service.example.org/a%20b?q=1+2")
    assert ("x-one", "1") in sent.headers
    assert sent.body == b'{"n": 1}'


async def test_a_request_of_version_4_answers_headers_as_a_collection() -> None:
    service = Service(200, b"plain", "text/plain")
    mapper = {
        "url": "http://service.example.org/",
        "method": "post",
        "contentType": "json",
        "inputMethod": "jsonString",
        "jsonStringBodyContent": '{"n": 2}',
        "parseResponse": True,
    }
    made = await outputs("http:MakeRequest", mapper, MemoryPorts(sender=service))
    expected = {"data": "plain", "statusCode": 200, "headers": {"content-type": "text/plain"}}
    assert made == [expected]
    assert service.requests[0].body == b'{"n": 2}'


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, "RuntimeError"), (429, "RateLimitError"), (503, "ConnectionError")],
)
async def test_error_statuses_become_errors_when_asked_for(status: int, error: str) -> None:
    mapper = {"url": "http://service.example.org/", "method": "get"}
    around = MemoryPorts(sender=Service(status, b"no"))
    start = module(1, "util:ComposeTransformer", mapper={"value": "x"})
    strict = module(2, "http:ActionSendData", parameters={"handleErrors": True}, mapper=mapper)
    result = await run(start, strict, around=around)
    assert result.error is not None
    assert result.error.name == error
    lax = module(2, "http:ActionSendData", parameters={"handleErrors": False}, mapper=mapper)
    result = await run(start, lax, around=around)
    assert (result.status, result.records[1].returned[0]["statusCode"]) == (Status.SUCCESS, status)


async def test_webhook_bundles_are_delivered_in_order_and_answered() -> None:
    around = MemoryPorts()
    hook = module(1, "gateway:CustomWebHook", parameters={"hook": 3, "maxResults": 2})
    mapper = {"status": "201", "body": "{{1.n}}", "headers": [{"key": "x-a", "value": "b"}]}
    requests = ({"n": 1}, {"n": 2})
    result = await run(
        hook, module(2, "gateway:WebhookRespond", mapper=mapper), around=around, trigger=requests
    )
    assert [(r.status, r.body) for r in around.responses] == [(201, b"1"), (201, b"2")]
    assert around.responses[0].headers == (("x-a", "b"),)
    assert result.operations == 3


@pytest.mark.parametrize("inputs", [{"data": {"a": 1}}, {"a": 1}])
async def test_a_sub_scenario_gets_its_inputs_in_either_form(inputs: Json) -> None:
    around = MemoryPorts(answers={"SCN_7": SubRun("f" * 32, {"sum": 3})})
    call = module(
        1, "scenario-service:CallSubscenario", parameters={"scenario": "SCN_7"}, mapper=inputs
    )
    result = await run(call, around=around)
    assert around.calls == [("SCN_7", {"a": 1}, True)]
    assert result.records[0].returned == [{"sum": 3, "executionId": None}]
    assert (result.operations, result.centicredits) == (1, 0)


async def test_a_sub_scenario_that_is_not_awaited_answers_with_its_execution() -> None:
    around = MemoryPorts(answers={"7": SubRun("f" * 32)})
    mapper = {"scenario": 7, "shouldWaitForExecutionEnd": "false"}
    result = await run(module(1, "scenario-service:CallSubscenario", mapper=mapper), around=around)
    assert result.records[0].returned == [{"executionId": "f" * 32}]
    assert around.calls == [("7", {}, False)]


async def test_dates_travel_as_iso_text_in_json() -> None:
    mapper = {"object": {"at": '{{parseDate("2026-01-02"; "YYYY-MM-DD")}}'}}
    made = await outputs("json:TransformToJSON", mapper)
    at = datetime.fromisoformat(json.loads(made[0]["json"])["at"])
    assert at == datetime(2026, 1, 2, tzinfo=UTC)


async def test_text_is_matched_and_replaced_by_patterns() -> None:
    options = {"global": True, "sensitive": True, "multiline": False, "singleline": False}
    found = await outputs(
        "regexp:Parser",
        {"text": "a1 b2"},
        parameters={**options, "pattern": "([a-z])(?<digit>\\d)"},
    )
    assert [(m["$1"], m["digit"]) for m in found] == [("a", "1"), ("b", "2")]
    replaced = await outputs(
        "regexp:Replace", {**options, "text": "a1 b2", "pattern": "([a-z])\\d", "value": "$1!"}
    )
    assert replaced == [{"text": "a! b!"}]
