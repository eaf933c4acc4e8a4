"""What each kind of error does to a run that does not handle it, and to the scenario."""

from typing import Any

import pytest
from flows import blueprint, collect, compose, fail, iterate, module, ports, put, run, values, when
from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.execution import Execution, Limits, Start, Status
from make_api_sandbox.engine.memory import MemoryPorts, MemoryStores
from make_api_sandbox.engine.ports import ConnectionState, HttpRequest, HttpResponse
from make_api_sandbox.engine.run import execute
from make_api_sandbox.engine.values import Bundle

pytestmark = pytest.mark.anyio

Json = Any

EVERY_KIND = (
    "BundleValidationError",
    "ConnectionError",
    "DataError",
    "DataSizeLimitExceededError",
    "IncompleteDataError",
    "MaxFileSizeExceededError",
    "MaxResultsExceededError",
    "ModuleTimeoutError",
    "OperationsLimitExceededError",
    "OutOfSpaceError",
    "RateLimitError",
    "RuntimeError",
    "UnexpectedError",
)


def ask(ident: int = 2, *handler: Json, **members: Json) -> dict[str, Json]:
    onerror = {"onerror": list(handler)} if handler else {}
    mapper = {"url": "http://localhost/", "method": "get"}
    return module(
        ident,
        "http:ActionSendData",
        mapper=mapper,
        parameters={"handleErrors": True},
        **onerror,
        **members,
    )


def raising(name: str) -> MemoryPorts:
    """Surroundings in which every request fails with one kind of error."""

    async def send(_: HttpRequest) -> HttpResponse:
        raise ModuleError(name, "no")

    around = ports()
    around.sender = send
    return around


def shown(result: Execution) -> tuple[str, Status, bool, bool, int]:
    """Error, status, whether it counts, whether it switches off, and what is stored."""
    name = result.error.name if result.error else ""
    return name, result.status, result.counts_as_error, result.fatal, len(result.incompletes)


@pytest.mark.parametrize("name", EVERY_KIND)
async def test_an_error_without_a_handler_ends_the_run_unless_it_is_mild(name: str) -> None:
    flow = [iterate(1, ["a", "b"]), ask(), compose(3, "after")]
    result = await run(blueprint(*flow), raising(name))
    mild = name == "IncompleteDataError"
    fatal = name in ("OperationsLimitExceededError", "DataSizeLimitExceededError")
    status = Status.WARNING if mild else Status.ERROR
    assert shown(result) == (name, status, not mild, fatal, 0)
    assert [record.module_id for record in result.records] == ([1, 2, 2] if mild else [1, 2])


@pytest.mark.parametrize("name", EVERY_KIND)
async def test_the_first_module_warns_of_what_passes_by_itself(name: str) -> None:
    result = await run(blueprint(ask(1)), raising(name))
    passing = ("ConnectionError", "RateLimitError", "ModuleTimeoutError", "IncompleteDataError")
    assert result.status is (Status.WARNING if name in passing else Status.ERROR)


@pytest.mark.parametrize("name", EVERY_KIND)
async def test_storage_keeps_what_failed_and_retries_what_passes_by_itself(name: str) -> None:
    result = await run(blueprint(compose(1, "x"), ask(), dlq=True), raising(name))
    retried = ("ConnectionError", "RateLimitError", "ModuleTimeoutError")
    if name == "IncompleteDataError":
        assert shown(result) == (name, Status.WARNING, False, False, 0)
        return
    assert shown(result) == (name, Status.WARNING, False, False, 1)
    assert result.incompletes[0].retry is (name in retried)


async def test_the_first_module_stores_nothing_without_a_break() -> None:
    assert shown(await run(blueprint(fail(1), dlq=True)))[-1] == 0
    stop = module(2, "builtin:Break", mapper={"retry": False, "count": 1, "interval": 1})
    assert shown(await run(blueprint(fail(1, stop), dlq=True)))[-1] == 1


@pytest.mark.parametrize("state", [ConnectionState.EXPIRED, ConnectionState.MISSING])
async def test_a_failure_of_the_initialization_is_neither_caught_nor_stored(
    state: ConnectionState,
) -> None:
    around = ports()
    around.connections[7] = state
    ignore = module(3, "builtin:Ignore")
    use = module(2, "acme:read", mapper={}, parameters={"__IMTCONN__": 7}, onerror=[ignore])
    result = await run(blueprint(compose(1, "x"), use, dlq=True), around)
    assert (result.status, result.operations, result.incompletes) == (Status.ERROR, 0, [])


async def test_a_run_over_its_time_is_interrupted_and_stores_nothing() -> None:
    ignore = module(4, "builtin:Ignore")
    sleep = module(1, "util:FunctionSleep", mapper={"duration": 200})
    document = blueprint(sleep, compose(2, "x", onerror=[ignore]), dlq=True)
    result = await execute(document, Start("e" * 32), ports(), Limits(seconds=100))
    assert shown(result) == ("ExecutionInterruptedError", Status.WARNING, False, False, 0)


class FullStores(MemoryStores):
    """Data stores that take one record and then none, not even back."""

    def __init__(self) -> None:
        super().__init__({5: {"old": {"v": "before"}}})
        self.left = 1

    def put(self, store: int, key: str, record: Bundle) -> None:
        if self.left == 0:
            raise ModuleError("OutOfSpaceError", "The data store has no room left.")
        self.left -= 1
        super().put(store, key, record)


async def test_a_rollback_that_fails_is_an_inconsistency_and_switches_off() -> None:
    around = ports()
    around.stores = FullStores()
    document = blueprint(put(1, "old"), fail(2), autoCommit=False, dlq=False)
    result = await run(document, around)
    assert shown(result) == ("InconsistencyError", Status.ERROR, True, True, 0)


# Error routes


async def test_filters_and_routers_work_inside_an_error_route() -> None:
    routes = [
        {"flow": [compose(4, "data", filter=when("{{2.error.type}}", right="DataError"))]},
        {"flow": [compose(5, "bundle", filter=when("{{2.error.type}}", "text:contain", "Bundle"))]},
    ]
    router = module(3, "builtin:BasicRouter", mapper=None, routes=routes)
    result = await run(blueprint(compose(1, "x"), fail(2, router)))
    assert (values(result, 4), values(result, 5)) == ([], ["bundle"])
    assert result.status is Status.SUCCESS


async def test_an_error_that_no_route_accepts_ends_as_ignored() -> None:
    gate = when("{{2.error.type}}", right="DataError")
    flow = [iterate(1, ["a", "b"]), fail(2, compose(3, "no", filter=gate)), compose(4, "no")]
    result = await run(blueprint(*flow))
    assert (result.status, result.operations) == (Status.SUCCESS, 3)


@pytest.mark.parametrize(
    ("directive", "status", "stored", "attempts", "kept"),
    [
        ("Ignore", Status.SUCCESS, 0, 2, True),
        ("Break", Status.WARNING, 2, 2, True),
        ("Commit", Status.SUCCESS, 0, 1, True),
        ("Rollback", Status.ERROR, 0, 1, False),
    ],
)
async def test_each_directive_decides_on_the_others_the_status_and_the_writes(
    directive: str, status: Status, stored: int, attempts: int, kept: bool
) -> None:
    around = ports()
    mapper = {"retry": False, "count": 1, "interval": 1}
    handler = module(4, f"builtin:{directive}", mapper=mapper)
    flow = [iterate(1, ["a", "b"]), put(2, "{{1.value}}"), fail(3, handler)]
    result = await run(blueprint(*flow, autoCommit=False, dlq=True), around)
    assert (result.status, len(result.incompletes)) == (status, stored)
    assert [record.module_id for record in result.records].count(3) == attempts
    assert ("a" in around.stores.stores[5]) is kept
    assert result.counts_as_error is False


async def test_a_break_without_retry_waits_for_a_person() -> None:
    for retry in (False, True):
        handler = module(4, "builtin:Break", mapper={"retry": retry, "count": 2, "interval": 7})
        result = await run(blueprint(compose(1, "x"), fail(2, handler), dlq=True))
        [stored] = result.incompletes
        assert (stored.retry, stored.count, stored.interval) == (retry, 2, 7)
        assert stored.bundles[1] == {"value": "x"}


async def test_a_resumed_bundle_goes_on_and_others_too() -> None:
    handler = module(4, "builtin:Resume", mapper={"a": "instead of {{1.value}}"})
    flow = [iterate(1, ["x", "y"]), fail(2, handler), compose(3, "{{2.a}}")]
    result = await run(
        blueprint(
            *flow,
        )
    )
    assert values(result, 3) == ["instead of x", "instead of y"]
    assert result.status is Status.SUCCESS


async def test_an_aggregator_collects_what_was_not_ignored() -> None:
    handler = module(5, "builtin:Ignore")
    parse = module(2, "json:ParseJSON", mapper={"json": "{{1.value}}"}, onerror=[handler])
    flow = [iterate(1, ['{"a":1}', "{", '{"a":3}']), parse, collect(3, 1, "{{2.a}}")]
    assert values(await run(blueprint(*flow)), 3) == ["1,3"]


async def test_a_thrown_error_fails_and_a_thrown_warning_warns() -> None:
    for slug, status in ("ThrowError", Status.ERROR), ("ThrowWarning", Status.WARNING):
        thrown = module(2, f"builtin:{slug}", mapper={"message": "stop it"})
        result = await run(blueprint(compose(1, "x"), thrown, compose(3, "after")))
        assert result.error is not None
        assert (result.status, result.error.message) == (status, "stop it")
        assert values(result, 3) == (["after"] if slug == "ThrowWarning" else [])


@pytest.mark.parametrize(
    ("settings", "done"),
    [
        ({}, False),
        ({"autoCommitTriggerLast": False}, True),
        ({"autoCommitTriggerLast": False, "autoCommit": False}, False),
    ],
)
async def test_the_trigger_commits_last_unless_told_otherwise(settings: Json, done: bool) -> None:
    hook = module(1, "gateway:CustomWebHook", parameters={"hook": 3}, mapper={})
    start = Start("e" * 32, trigger=({"n": 1},))
    result = await execute(blueprint(hook, fail(2), **settings), start, ports())
    assert (result.status, result.trigger_done) == (Status.ERROR, done)
