"""What every store promises; each test runs on SQLite and on a real PostgreSQL."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pytest
from make_mcp_base.store.open import open_store
from make_mcp_base.store.port import (
    NewDocument,
    NewEntry,
    OperationState,
    Store,
    StoredPlan,
    StoreError,
)

pytestmark = pytest.mark.anyio


class Clock(Protocol):
    now: float


Step = Callable[..., NewEntry]

PLAN = StoredPlan(
    plan_id="plan-1",
    tool="team_delete",
    account="organization:7",
    arguments_digest="a1",
    fingerprint="f1",
    body='{"requests": []}',
    created=1_000.0,
    expires=1_900.0,
)


# Cache


async def test_a_cached_value_comes_back_until_it_expires(store: Store, clock: Clock) -> None:
    await store.cache_put("enums/zones", b"\x00\xff", 60)
    clock.now += 59
    assert await store.cache_get("enums/zones") == b"\x00\xff"
    clock.now += 1
    assert await store.cache_get("enums/zones") is None


async def test_a_second_value_replaces_the_first_and_its_lifetime(
    store: Store, clock: Clock
) -> None:
    await store.cache_put("k", b"old", 10)
    await store.cache_put("k", b"", 100)
    clock.now += 50
    assert await store.cache_get("k") == b""


async def test_dropping_a_prefix_takes_it_literally(store: Store) -> None:
    keys = ("a_b/1", "a_b/2", "axb/1", "a%b/1", "A_b/1")
    for key in keys:
        await store.cache_put(key, b"v", 60)
    await store.cache_drop("a_b/")
    left = [
        key for key in ("a_b/1", "a_b/2", "axb/1", "a%b/1", "A_b/1") if await store.cache_get(key)
    ]
    assert left == ["axb/1", "a%b/1", "A_b/1"]


async def test_dropping_the_empty_prefix_forgets_everything(store: Store) -> None:
    await store.cache_put("k", b"v", 60)
    await store.cache_drop("")
    assert await store.cache_get("k") is None


async def test_expired_values_are_swept_away(store: Store, clock: Clock) -> None:
    began = clock.now
    for number in range(200):
        await store.cache_put(f"page/{number}", b"x", 1)
        clock.now += 2
    clock.now = began  # whatever is still there has not expired yet, by this clock
    left = [n for n in range(200) if await store.cache_get(f"page/{n}")]
    assert 0 < len(left) <= 64


# Plans


async def test_a_plan_is_taken_exactly_once(store: Store) -> None:
    await store.plan_put(PLAN)
    assert await store.plan_get("plan-1") == PLAN
    taken = await store.plan_take("plan-1", 1_500.5)
    assert taken == replace(PLAN, used_at=1_500.5)
    assert await store.plan_take("plan-1", 1_500.5) is None
    assert await store.plan_get("plan-1") == taken


async def test_an_expired_plan_cannot_be_taken(store: Store) -> None:
    await store.plan_put(PLAN)
    assert await store.plan_take("plan-1", PLAN.expires) is None
    assert await store.plan_take("plan-1", PLAN.expires - 0.001) is not None


async def test_an_unknown_plan_is_none(store: Store) -> None:
    assert await store.plan_get("no") is None
    assert await store.plan_take("no", 1.0) is None


async def test_a_plan_id_cannot_be_used_for_a_second_plan(store: Store) -> None:
    await store.plan_put(PLAN)
    with pytest.raises(StoreError) as refusal:
        await store.plan_put(replace(PLAN, tool="team_create"))
    assert refusal.value.code == "store_conflict"
    assert await store.plan_get("plan-1") == PLAN


async def test_long_expired_plans_are_cleared_away(store: Store) -> None:
    await store.plan_put(PLAN)
    await store.plan_put(replace(PLAN, plan_id="plan-2", created=PLAN.expires + 90_000))
    assert await store.plan_get("plan-1") is None


async def test_fifty_tasks_that_want_one_plan_share_it_out_once(store: Store) -> None:
    await store.plan_put(PLAN)
    got = await asyncio.gather(*[store.plan_take("plan-1", 1_500) for _ in range(50)])
    assert sum(plan is not None for plan in got) == 1


# Journal


async def test_entries_are_numbered_and_chained(store: Store, step: Step) -> None:
    first = await store.journal_append(step())
    second = await store.journal_append(step(kind="intended"))
    assert (first.seq, second.seq) == (1, 2)
    assert first.previous_hash == "0" * 64
    assert second.previous_hash == first.hash
    assert await store.journal_scan(0, 10) == [first, second]


async def test_fifty_tasks_append_one_chain(store: Store, step: Step) -> None:
    await asyncio.gather(*[store.journal_append(step(f"op-{n}")) for n in range(50)])
    entries = await store.journal_scan(0, 100)
    assert [entry.seq for entry in entries] == list(range(1, 51))
    assert all(one.hash == other.previous_hash for one, other in pairwise(entries))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"b": 1, "a": [None, True, 1.5, {"deep": "x"}]},
        {"nul": "a\x00b", "surrogate": "\ud800", "emoji": "\U0001f600", "newline": "\u2028\n"},
        {"big": 2**70, "exact": 0.1},
    ],
)
async def test_a_body_comes_back_as_it_was(store: Store, step: Step, body: object) -> None:
    await store.journal_append(step(body=body, at=5))
    entry = (await store.journal_operation("op-1"))[0]
    assert entry.body == body
    assert entry.at == 5.0


async def test_a_body_that_is_no_json_is_refused_and_nothing_is_written(
    store: Store, step: Step
) -> None:
    with pytest.raises(ValueError, match="JSON"):
        await store.journal_append(step(body={"ratio": float("nan")}))
    assert await store.journal_scan(0, 10) == []
    assert (await store.journal_append(step())).seq == 1


async def test_an_operation_cannot_be_opened_twice(store: Store, step: Step) -> None:
    await store.journal_append(step())
    with pytest.raises(StoreError) as refusal:
        await store.journal_append(step())
    assert refusal.value.code == "store_conflict"
    assert refusal.value.next_step
    assert (await store.journal_append(step("op-2"))).seq == 2


async def test_an_operation_is_read_back_in_order_without_its_neighbours(
    store: Store, step: Step
) -> None:
    for operation, kind in (("a", "opened"), ("b", "opened"), ("a", "intended"), ("a", "done")):
        await store.journal_append(step(operation, kind))
    assert [entry.kind for entry in await store.journal_operation("a")] == [
        "opened",
        "intended",
        "done",
    ]
    assert await store.journal_operation("c") == []


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ("", "open"),
        ("intended done", "open"),
        ("closed", "done"),
        ("intended done closed", "done"),
        ("intended failed closed", "failed"),
        ("intended done intended failed closed", "partial"),
        ("intended unknown closed", "unknown"),
        ("intended closed", "unknown"),
        ("intended done closed undone", "undone"),
    ],
)
async def test_the_state_of_an_operation_follows_from_its_steps(
    store: Store, step: Step, kinds: str, state: OperationState
) -> None:
    for kind in ("opened", *kinds.split()):
        await store.journal_append(step(kind=kind))
    (row,) = await store.journal_operations(limit=10)
    assert row.state == state
    assert row.done == kinds.split().count("done")
    assert row.failed == kinds.split().count("failed")


async def test_operations_are_listed_newest_first_and_page_by_page(
    store: Store, step: Step
) -> None:
    for number in range(5):
        await store.journal_append(step(f"op-{number}"))
        await store.journal_append(step(f"op-{number}", "closed"))
    first = await store.journal_operations(limit=2)
    rest = await store.journal_operations(limit=9, before_seq=first[-1].seq)
    assert [row.operation_id for row in first + rest] == ["op-4", "op-3", "op-2", "op-1", "op-0"]


async def test_operations_are_filtered_by_tool_time_and_account(store: Store, step: Step) -> None:
    await store.journal_append(step("old", at=100.0))
    await store.journal_append(step("other-tool", tool="team_create", at=200.0))
    await store.journal_append(step("other-account", account="organization:8", at=200.0))
    await store.journal_append(step("new", at=200.0))

    async def found(**asked: object) -> list[str]:
        rows = await store.journal_operations(limit=9, **asked)  # pyright: ignore[reportArgumentType]  # filters of several types
        return [row.operation_id for row in rows]

    assert await found(tool="team_create") == ["other-tool"]
    assert await found(account="organization:8") == ["other-account"]
    assert await found(since=200.0, tool="scenario_update", account="organization:7") == ["new"]
    assert await found(tool="nothing") == []


async def test_a_scan_goes_on_where_it_stopped(store: Store, step: Step) -> None:
    for number in range(5):
        await store.journal_append(step(f"op-{number}"))
    assert [entry.seq for entry in await store.journal_scan(2, 2)] == [3, 4]
    assert await store.journal_scan(5, 2) == []


# Budget


async def test_no_window_ever_holds_more_than_the_limit(store: Store) -> None:
    rng = random.Random(11)
    now, given = 0.0, list[float]()
    for _ in range(300):
        now += rng.choice((0, 0.1, 0.7, 3))
        wait = await store.budget_take("o", 7, 10, now)
        if wait == 0:
            given.append(now)
        else:
            assert 0 < wait <= 10
    assert len(given) > 100
    for start in given:
        assert sum(start <= moment < start + 10 for moment in given) <= 7


async def test_after_the_wait_that_was_named_the_budget_gives(store: Store) -> None:
    for _ in range(3):
        assert await store.budget_take("o", 3, 60, 100.0) == 0
    wait = await store.budget_take("o", 3, 60, 130.0)
    assert wait == 30.0
    assert await store.budget_take("o", 3, 60, 130.0 + wait) == 0


async def test_budgets_of_two_keys_do_not_touch(store: Store) -> None:
    assert await store.budget_take("a", 1, 60, 0.0) == 0
    assert await store.budget_take("b", 1, 60, 0.0) == 0
    assert await store.budget_take("a", 1, 60, 0.0) > 0


async def test_a_smaller_limit_counts_what_was_given_under_the_larger(store: Store) -> None:
    for moment in range(5):
        await store.budget_take("o", 10, 60, float(moment))
    assert await store.budget_take("o", 3, 60, 5.0) == 57.0
    assert await store.budget_take("o", 10, 60, 5.0) == 0


async def test_a_block_holds_everybody_and_is_never_shortened(store: Store) -> None:
    await store.budget_block("o", 150.0)
    await store.budget_block("o", 120.0)
    assert await store.budget_take("o", 10, 60, 100.0) == 50.0
    assert await store.budget_take("p", 10, 60, 100.0) == 0
    assert await store.budget_take("o", 10, 60, 150.0) == 0


async def test_a_clock_that_was_set_back_does_not_lock_the_budget(store: Store) -> None:
    assert await store.budget_take("o", 1, 60, 9_999.0) == 0
    assert await store.budget_take("o", 1, 60, 100.0) == 0


@pytest.mark.parametrize(("limit", "window"), [(0, 60), (-1, 60), (1, 0)])
async def test_a_budget_without_size_is_a_mistake(store: Store, limit: int, window: float) -> None:
    with pytest.raises(ValueError, match="budget"):
        await store.budget_take("o", limit, window, 0.0)


# Secrets


async def test_a_secret_is_drawn_once_and_outlives_the_process(
    store: Store, address: str, tmp_path: Path
) -> None:
    drawn = await store.secret("plan-seal", 32)
    assert len(drawn) == 32
    assert len(set(drawn)) > 8
    second = await open_store(address, data_dir=tmp_path)
    assert await second.secret("plan-seal", 32) == drawn
    assert await second.secret("other", 32) != drawn
    await second.close()


async def test_a_secret_of_another_length_is_refused(store: Store) -> None:
    await store.secret("plan-seal", 32)
    with pytest.raises(StoreError) as refusal:
        await store.secret("plan-seal", 16)
    assert refusal.value.code == "store_conflict"


# Workspace index


async def test_a_document_is_kept_with_its_version(store: Store) -> None:
    await store.index_put("scenario", "team:1", "9", "v1", '{"name": "Orders"}')
    await store.index_put("scenario", "team:1", "9", "v2", '{"name": "Ledger\x00\ud800"}')
    await store.index_put("scenario", "team:2", "9", "v7", "{}")
    entry = await store.index_get("scenario", "team:1", "9")
    assert entry
    assert (entry.version, entry.body) == ("v2", '{"name": "Ledger\x00\ud800"}')
    assert await store.index_keys("scenario", "team:1") == {"9": "v2"}
    assert await store.index_get("hook", "team:1", "9") is None


async def test_dropping_takes_one_document_or_the_whole_scope(store: Store) -> None:
    for key in ("1", "2", "3"):
        await store.index_put("scenario", "team:1", key, "v", "orders")
    await store.index_put("scenario", "team:2", "1", "v", "orders")
    await store.index_drop("scenario", "team:1", "2")
    assert set(await store.index_keys("scenario", "team:1")) == {"1", "3"}
    await store.index_drop("scenario", "team:1")
    assert await store.index_keys("scenario", "team:1") == {}
    assert await store.index_search("scenario", "team:1", "orders", 9) == []
    assert len(await store.index_search("scenario", "team:2", "orders", 9)) == 1


DOCUMENTS = {
    "1": "Google Sheets: addRow https://hooks.example.com/in?id=77",
    "2": "google-sheets SEARCH_ROWS, Überweisung nach Köln",
    "3": "Slack; e-mail to ops@example.org -- 12.5 % off",
    "4": "İstanbul straße ﬁle 東京都 x" + "Q" * 5_000,
    "5": "",
}


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ("google", ["1", "2"]),
        ("GOOGLE sheets", ["1", "2"]),
        ("sheets addrow", ["1"]),
        ("rows", ["2"]),
        ("row", []),
        ("uberweisung koln", ["2"]),
        ("ÜBERWEISUNG", ["2"]),
        ("e-mail", ["3"]),
        ("ops@example.org", ["3"]),
        ("example", ["1", "3"]),
        ("12.5", ["3"]),
        ("77", ["1"]),
        ("istanbul strasse file", ["4"]),
        ("東京都", ["4"]),
        ("google OR slack", []),
        ('"google" NOT sheets*', []),
        ("google slack", []),
        ("--", []),
        ("", []),
    ],
)
async def test_whole_words_are_found(store: Store, asked: str, keys: list[str]) -> None:
    for key, text in DOCUMENTS.items():
        await store.index_put("scenario", "team:1", key, "v", "{}", text)
    found = await store.index_search("scenario", "team:1", asked, 9)
    assert [entry.key for entry in found] == keys


async def test_a_search_sees_the_present_text_and_respects_its_limit(store: Store) -> None:
    await store.index_put("scenario", "team:1", "a", "v1", "alpha")
    await store.index_put("scenario", "team:1", "a", "v2", "beta")
    await store.index_put("scenario", "team:1", "B", "v1", "beta")
    assert await store.index_search("scenario", "team:1", "alpha", 9) == []
    # Ordered byte by byte, on any database: capitals come first.
    both = await store.index_search("scenario", "team:1", "beta", 9)
    assert [entry.key for entry in both] == ["B", "a"]
    assert len(await store.index_search("scenario", "team:1", "beta", 1)) == 1


async def test_many_documents_are_put_read_and_dropped_at_once(store: Store) -> None:
    documents = [NewDocument(f"{number:03}", "v1", f"body {number}") for number in range(250)]
    await store.index_put_many("scenario", "team:1", documents)
    await store.index_put_many("scenario", "team:2", documents[:1])
    await store.index_put_many("scenario", "team:1", [])
    whole = await store.index_get_many("scenario", "team:1")
    assert {key: entry.body for key, entry in whole.items()} == {
        one.key: one.body for one in documents
    }
    some = await store.index_get_many("scenario", "team:1", ["007", "249", "999"])
    assert set(some) == {"007", "249"}
    assert await store.index_get_many("scenario", "team:1", []) == {}
    await store.index_drop_many("scenario", "team:1", [f"{n:03}" for n in range(120)])
    await store.index_drop_many("scenario", "team:1", [])
    assert set(await store.index_keys("scenario", "team:1")) == {one.key for one in documents[120:]}
    assert set(await store.index_keys("scenario", "team:2")) == {"000"}


TERMS = {
    "1": ["connection:12", "app:slack", "module:slack:createmessage", "{{1", "é/ß", "A"],
    "2": ["connection:1", "app:slack", "fn:formatDate", "{{ 1", "e/s", "a"],
    "3": ["connection:12", "\x00\ud800", "'\"", "\n", "東京", "x" * 500, "", "*"],
}


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ([], ["1", "2", "3"]),
        (["connection:12"], ["1", "3"]),
        (["connection:1"], ["2"]),
        (["connection"], []),
        (["app:slack", "connection:12"], ["1"]),
        (["fn:formatDate"], ["2"]),
        (["fn:formatdate"], []),
        (["{{1"], ["1"]),
        (["{{ 1"], ["2"]),
        (["é/ß"], ["1"]),
        (["A"], ["1"]),
        (["a"], ["2"]),
        (["\x00\ud800"], ["3"]),
        (["'\"", "\n", "*", "東京"], ["3"]),
        (["x" * 500], ["3"]),
        (["x" * 5], []),
        ([f"absent {number}" for number in range(400)], []),
    ],
)
async def test_a_selection_tells_who_has_all_the_terms_letter_by_letter(
    store: Store, asked: list[str], keys: list[str]
) -> None:
    documents = [NewDocument(key, f"v{key}", "{}", terms) for key, terms in TERMS.items()]
    await store.index_put_many("scenario", "team:1", documents)
    await store.index_put_many("hook", "team:1", documents[:1])
    held = await store.index_select("scenario", "team:1", asked)
    assert {key: one.version for key, one in held.items()} == {"1": "v1", "2": "v2", "3": "v3"}
    assert sorted(key for key, one in held.items() if one.matches) == keys
    assert await store.index_select("scenario", "team:2", asked) == {}


async def test_a_document_put_again_has_its_new_terms_only(store: Store) -> None:
    for terms in (["app:slack"], ["app:http"]):
        await store.index_put_many("scenario", "team:1", [NewDocument("1", "v", "{}", terms)])
    assert not (await store.index_select("scenario", "team:1", ["app:slack"]))["1"].matches
    assert (await store.index_select("scenario", "team:1", ["app:http"]))["1"].matches
    await store.index_drop_many("scenario", "team:1", ["1"])
    await store.index_put_many("scenario", "team:1", [NewDocument("2", "v", "{}")])
    assert not (await store.index_select("scenario", "team:1", ["app:http"]))["2"].matches


async def test_of_many_documents_none_is_kept_when_one_cannot_be(store: Store) -> None:
    documents = [NewDocument("1", "v", "{}"), NewDocument("2", "\ud800", "{}")]
    with pytest.raises(StoreError):
        await store.index_put_many("scenario", "team:1", documents)
    assert await store.index_keys("scenario", "team:1") == {}


# Leases


async def test_a_lease_has_one_holder_who_may_renew_it(store: Store, clock: Clock) -> None:
    assert await store.lease("rollup", "a", 30)
    assert not await store.lease("rollup", "b", 30)
    clock.now += 20
    assert await store.lease("rollup", "a", 30)
    clock.now += 20
    assert not await store.lease("rollup", "b", 30)


async def test_a_lease_passes_on_when_it_ends_or_is_given_back(store: Store, clock: Clock) -> None:
    assert await store.lease("rollup", "a", 30)
    await store.lease_release("rollup", "b")
    assert not await store.lease("rollup", "b", 30)
    await store.lease_release("rollup", "a")
    assert await store.lease("rollup", "b", 30)
    clock.now += 30
    assert await store.lease("rollup", "a", 30)


# The store itself


async def test_text_that_cannot_be_stored_is_refused_with_a_sentence(store: Store) -> None:
    with pytest.raises(StoreError) as refusal:
        await store.cache_put("half a pair: \ud800", b"v", 60)
    assert "surrogate" in str(refusal.value)
    await store.cache_put("k", b"v", 60)
    assert await store.cache_get("k") == b"v"


async def test_health_says_where_and_how_large(store: Store, address: str) -> None:
    health = await store.health()
    assert health.kind == ("postgresql" if "://" in address else "sqlite")
    assert health.schema_version == 1
    assert health.size_bytes > 4_096
    assert 0 < health.latency_ms < 1_000


async def test_a_closed_store_refuses_and_may_be_closed_again(address: str, tmp_path: Path) -> None:
    store = await open_store(address, data_dir=tmp_path)
    await store.close()
    await store.close()
    with pytest.raises(StoreError):
        await store.cache_get("k")


async def test_what_was_written_is_there_after_opening_again(
    address: str, tmp_path: Path, step: Step
) -> None:
    store = await open_store(address, data_dir=tmp_path)
    entry = await store.journal_append(step())
    await store.plan_put(PLAN)
    await store.close()
    again = await open_store(address, data_dir=tmp_path)
    assert await again.journal_scan(0, 9) == [entry]
    assert await again.plan_get(PLAN.plan_id) == PLAN
    await again.close()
