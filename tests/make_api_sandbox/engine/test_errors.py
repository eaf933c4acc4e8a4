"""Failures, their handlers, what is rolled back and what is kept."""

from typing import Any

import pytest
from make_api_sandbox.engine.execution import Execution, ResumePoint, Start, Status
from make_api_sandbox.engine.memory import MemoryPorts
from make_api_sandbox.engine.ports import ConnectionState
from make_api_sandbox.engine.run import execute

pytestmark = pytest.mark.anyio

Json = Any


def module(ident: int, slug: str, **members: Json) -> dict[str, Json]:
    return {"id": ident, "module": slug, "version": 1, **members}


def blueprint(*flow: dict[str, Json], **scenario: Json) -> dict[str, Json]:
    return {"name": "t", "flow": list(flow), "metadata": {"version": 1, "scenario": scenario}}


def compose(ident: int, value: str, **members: Json) -> dict[str, Json]:
    return module(ident, "util:ComposeTransformer", mapper={"value": value}, **members)


def parse(ident: int, text: str, **members: Json) -> dict[str, Json]:
    return module(ident, "json:ParseJSON", mapper={"json": text}, **members)


def rows(*texts: str) -> dict[str, Json]:
    return module(1, "builtin:BasicFeeder", mapper={"array": list(texts)})


def put(ident: int, key: str) -> dict[str, Json]:
    mapper = {"key": key, "overwrite": True, "data": {"v": key}}
    return module(ident, "datastore:AddRecord", parameters={"datastore": 5}, mapper=mapper)


def ports() -> MemoryPorts:
    made = MemoryPorts()
    made.stores.stores[5] = {"old": {"v": "before"}}
    return made


async def run(
    document: dict[str, Json], around: MemoryPorts | None = None, **start: Json
) -> Execution:
    return await execute(document, Start("e" * 32, **start), around or ports())


def ran(result: Execution) -> list[int]:
    return [record.module_id for record in result.records]


async def test_an_unhandled_error_ends_the_run_and_blames_the_module() -> None:
    result = await run(blueprint(rows("{", "{}"), parse(2, "{{1.value}}"), compose(3, "x")))
    assert (result.status, ran(result), result.counts_as_error) == (Status.ERROR, [1, 2], True)
    assert result.error is not None
    assert result.error.cause is not None
    cause = (result.error.cause.name, result.error.cause.app_name)
    assert (result.error.name, cause) == ("BundleValidationError", ("ParseJSON", "json"))


async def test_ignore_drops_the_bundle_and_the_next_one_follows() -> None:
    flow = [
        rows("{", '{"a": 1}'),
        parse(2, "{{1.value}}", onerror=[module(4, "builtin:Ignore")]),
        compose(3, "{{2.a}}"),
    ]
    result = await run(blueprint(*flow))
    assert (result.status, ran(result)) == (Status.SUCCESS, [1, 2, 2, 3])
    assert [record.status for record in result.records[1:3]] == [Status.ERROR, Status.SUCCESS]


async def test_an_error_route_without_a_directive_ignores() -> None:
    handler = [compose(4, "{{2.error.type}}: {{2.error.message}}")]
    result = await run(
        blueprint(rows("{"), parse(2, "{{1.value}}", onerror=handler), compose(3, "x"))
    )
    assert result.status is Status.SUCCESS
    text = "BundleValidationError: Source is not valid JSON."
    assert result.records[-1].returned == [{"value": text}]
    assert ran(result) == [1, 2, 4]


async def test_resume_goes_on_with_the_substitute() -> None:
    handler = [module(4, "builtin:Resume", mapper={"a": "saved {{1.value}}"})]
    flow = [
        rows("{", '{"a": "read"}'),
        parse(2, "{{1.value}}", onerror=handler),
        compose(3, "{{2.a}}"),
    ]
    result = await run(blueprint(*flow))
    values = [record.returned[0]["value"] for record in result.records if record.module_id == 3]
    assert (result.status, values) == (Status.SUCCESS, ["saved {", "read"])


async def test_an_aggregator_collects_resumed_bundles_too() -> None:
    handler = [module(4, "builtin:Resume", mapper={"a": 0})]
    aggregate = module(
        3, "builtin:BasicAggregator", parameters={"feeder": 1}, mapper={"a": "{{2.a}}"}
    )
    flow = [rows("{", '{"a": 7}'), parse(2, "{{1.value}}", onerror=handler), aggregate]
    result = await run(blueprint(*flow))
    assert result.records[-1].returned[0]["array"] == [{"a": 0}, {"a": 7}]


@pytest.mark.parametrize(
    ("directive", "status", "stored"),
    [("Commit", Status.SUCCESS, {"old", "new"}), ("Rollback", Status.ERROR, {"old"})],
)
async def test_commit_and_rollback_stop_the_run(
    directive: str, status: Status, stored: set[str]
) -> None:
    around = ports()
    flow = [
        rows("{", "{}"),
        put(5, "new"),
        parse(2, "{{1.value}}", onerror=[module(4, f"builtin:{directive}")]),
    ]
    result = await run(blueprint(*flow, autoCommit=False), around)
    assert (result.status, ran(result), result.counts_as_error) == (status, [1, 5, 2], False)
    assert set(around.stores.stores[5]) == stored


@pytest.mark.parametrize(("auto_commit", "stored"), [(True, "new"), (False, "before")])
async def test_auto_commit_decides_what_a_rollback_can_revert(
    auto_commit: bool, stored: str
) -> None:
    around = ports()
    write = module(
        1,
        "datastore:UpdateRecord",
        parameters={"datastore": 5},
        mapper={"key": "old", "data": {"v": "new"}},
    )
    result = await run(blueprint(write, parse(2, "{"), autoCommit=auto_commit), around)
    assert result.status is Status.ERROR
    assert around.stores.stores[5]["old"]["v"] == stored


async def test_break_stores_the_rest_and_goes_on_with_a_warning() -> None:
    handler = [module(4, "builtin:Break", mapper={"retry": True, "count": "3", "interval": "15"})]
    flow = [rows("{", "{}"), parse(2, "{{1.value}}", onerror=handler), compose(3, "x")]
    result = await run(blueprint(*flow, dlq=True))
    assert (result.status, ran(result)) == (Status.WARNING, [1, 2, 2, 3])
    left = result.incompletes[0]
    assert (left.module_id, left.retry, left.count, left.interval) == (2, True, 3, 15)
    assert left.bundles[1]["value"] == "{"


async def test_break_without_storage_is_an_error() -> None:
    handler = [module(4, "builtin:Break", mapper={"retry": True, "count": 3, "interval": 15})]
    result = await run(blueprint(rows("{"), parse(2, "{{1.value}}", onerror=handler)))
    assert (result.status, result.incompletes) == (Status.ERROR, [])


async def test_with_storage_an_unhandled_error_is_kept_unless_the_first_module_failed() -> None:
    later = await run(blueprint(compose(1, "x"), parse(2, "{"), dlq=True))
    assert (later.status, len(later.incompletes)) == (Status.WARNING, 1)
    first = await run(blueprint(parse(1, "{"), dlq=True))
    assert (first.status, first.incompletes) == (Status.ERROR, [])


async def test_a_failure_inside_an_error_route_ends_the_run() -> None:
    handler = [parse(4, "also {"), module(5, "builtin:Ignore")]
    result = await run(blueprint(rows("{", "{}"), parse(2, "{{1.value}}", onerror=handler)))
    assert (result.status, ran(result)) == (Status.ERROR, [1, 2, 4])


async def test_duplicate_keys_warn_and_the_next_bundle_follows() -> None:
    mapper: Json = {"key": "{{1.value}}", "overwrite": False, "data": {}}
    add = module(2, "datastore:AddRecord", parameters={"datastore": 5}, mapper=mapper)
    around = ports()
    result = await run(blueprint(rows("old", "new"), add), around)
    assert (result.status, ran(result)) == (Status.WARNING, [1, 2, 2])
    assert set(around.stores.stores[5]) == {"old", "new"}


async def test_connections_are_checked_before_the_first_module() -> None:
    around = ports()
    around.connections = {8: ConnectionState.EXPIRED}
    app = module(
        2, "acme:send", parameters={"__IMTCONN__": 8}, onerror=[module(3, "builtin:Ignore")]
    )
    expired = await run(blueprint(compose(1, "x"), app, dlq=True), around)
    assert (expired.status, ran(expired), expired.incompletes) == (Status.ERROR, [], [])
    assert expired.error is not None
    assert expired.error.name == "AccountValidationError"
    around.connections = {8: ConnectionState.BROKEN}
    broken = await run(blueprint(compose(1, "x"), app, dlq=True), around)
    assert (broken.status, ran(broken)) == (Status.SUCCESS, [1, 2])


async def test_a_temporary_failure_of_the_first_module_is_a_warning() -> None:
    request = {"url": "http://nowhere.example.org/", "method": "get"}
    result = await run(blueprint(module(1, "http:ActionSendData", mapper=request), compose(2, "x")))
    assert (result.status, result.counts_as_error) == (Status.WARNING, False)
    assert result.error is not None
    assert result.error.name == "ConnectionError"


async def test_mapped_values_are_converted_and_faults_listed_together() -> None:
    expect = [
        {"name": "amount", "type": "number", "required": True},
        {"name": "when", "type": "date"},
        {"name": "paid", "type": "boolean"},
    ]
    mapper = {"amount": "12", "paid": "true", "when": "2026-01-02"}
    good = await run(blueprint(module(1, "acme:book", mapper=mapper, metadata={"expect": expect})))
    received = good.records[0].received
    assert (received["amount"], received["paid"]) == (12, True)
    wrong = {"amount": "", "paid": "perhaps", "when": "someday"}
    bad = await run(blueprint(module(1, "acme:book", mapper=wrong, metadata={"expect": expect})))
    assert bad.error is not None
    assert bad.error.message == "Validation failed for 3 parameter(s)."


async def test_an_app_module_answers_with_the_fields_it_declares() -> None:
    interface = [
        {"name": "id", "type": "uinteger", "label": "ID"},
        {"name": "owner", "type": "collection", "spec": [{"name": "mail", "type": "email"}]},
        {"name": "tags", "type": "array", "spec": {"type": "text", "label": "Tag"}},
        {"name": "title", "type": "text", "label": "Title"},
    ]
    add = module(1, "acme:addDeal", mapper={"title": "Big one"}, metadata={"interface": interface})
    first, second = await run(blueprint(add)), await run(blueprint(add))
    expected = {
        "id": 1,
        "owner": {"mail": "sample@example.com"},
        "tags": ["Sample Tag"],
        "title": "Big one",
    }
    assert first.records[0].returned == second.records[0].returned == [expected]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"flow": None},
        {"flow": [None]},
        {"flow": [{"id": "x", "module": 3}]},
        {"flow": [compose(1, "a"), compose(1, "b")]},
        {"flow": [module(1, "builtin:Sleep")]},
        {"flow": [module(1, "builtin:BasicAggregator", parameters={"feeder": 9})]},
        {"flow": [compose(1, "{{upper(}}")]},
        {"flow": [compose(1, "{{nosuch(1)}}")]},
        {
            "flow": [
                compose(1, "x"),
                compose(2, "y", filter={"conditions": [[{"a": "1", "o": "zz"}]]}),
            ]
        },
        {"flow": [compose(1, "x"), compose(2, "y", filter={"conditions": ["odd", [3]]})]},
        {
            "flow": [
                module(1, "builtin:BasicRepeater", mapper={"start": "a", "repeats": 2, "step": 1})
            ]
        },
        {"flow": [module(1, "util:FunctionSleep", mapper={"duration": 301})]},
        {
            "flow": [
                module(1, "datastore:GetRecord", parameters={"datastore": 77}, mapper={"key": 1})
            ]
        },
        {"flow": [module(1, "http:MakeRequest", mapper={"url": "ftp://x", "method": "get"})]},
        {"flow": [module(1, "scenario-service:CallSubscenario", mapper={})]},
        {"flow": [parse(1, "[" * 100_000)]},
    ],
)
async def test_blueprints_that_cannot_work_fail_with_a_named_error(document: Json) -> None:
    result = await run(document)
    assert result.status is Status.ERROR
    assert result.error is not None
    assert result.error.name.endswith("Error")


async def test_a_retry_goes_on_at_the_failed_module() -> None:
    aggregate = module(
        4, "builtin:BasicAggregator", parameters={"feeder": 2}, mapper={"v": "{{3.a}}"}
    )
    flow = [
        compose(1, "head"),
        module(2, "builtin:BasicFeeder", mapper={"array": ["{", "{}"]}),
        parse(3, '{"a": "{{2.value}}"}'),
        aggregate,
        compose(5, "{{1.value}}:{{length(4.array)}}"),
    ]
    point = ResumePoint(3, {1: {"value": "head"}, 2: {"value": "again"}})
    result = await run(blueprint(*flow), resume=point)
    assert ran(result) == [3, 4, 5]
    assert result.records[1].returned[0]["array"] == [{"v": "again"}]
    assert result.records[2].returned == [{"value": "head:1"}]


async def test_a_retry_inside_a_merging_branch_goes_on_behind_the_merge() -> None:
    branches = [{"type": "else", "merge": True, "flow": [compose(3, "a"), compose(4, "b")]}]
    merge = module(5, "builtin:BasicMerge", outputs=[{"name": "o", "mappings": ["{{4.value}}"]}])
    flow = [compose(1, "x"), module(2, "builtin:BasicIfElse", branches=branches), merge]
    document = blueprint(*flow, compose(6, "{{5.o}}"))
    result = await run(document, resume=ResumePoint(4, {1: {"value": "x"}, 3: {"value": "a"}}))
    assert ran(result) == [4, 5, 6]
    assert result.records[-1].returned == [{"value": "b"}]
