"""Documents that are read once and kept: never a wrong answer, and no work done for nothing."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from pathlib import Path
from random import Random

import pytest
from harness import Company, Server
from make_mcp_base.authoring import Failure, Make, Output
from make_mcp_base.calls.reader import reader
from make_mcp_base.calls.remembering import Remembering
from make_mcp_base.client.failures import RateLimited
from make_mcp_base.store.sqlite import SqliteStore, open_sqlite

pytestmark = pytest.mark.anyio

KEYS = [str(number) for number in range(60)]
VERSIONS = dict.fromkeys(KEYS, "v1")


class Source:
    """What documents are read from, and which were asked for."""

    def __init__(self, fails_at: str = "", failure: Failure | None = None, length: int = 0) -> None:
        self.asked: list[str] = []
        self._more = "x" * length
        self._fails_at = fails_at
        self._failure = failure

    async def read(self, key: str) -> str:
        self.asked.append(key)
        if self._failure and key == self._fails_at:
            raise self._failure
        return f"document {key}{self._more}"


def by_digits(body: str) -> list[str]:
    """A document is found by the digits of its number."""
    return [letter for letter in body if letter.isdigit()]


@pytest.fixture
async def make(core: Server) -> Make:
    return await reader(core.kernel)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[SqliteStore]:
    opened = await open_sqlite(tmp_path / "own.sqlite3")
    yield opened
    await opened.close()


Look = Callable[..., Remembering]


@pytest.fixture
def look(make: Make, store: SqliteStore) -> Look:
    """Looks at documents, in a store of the test's own unless it brings another."""

    def looks(
        source: Source,
        versions: Mapping[str, str] = VERSIONS,
        wanted: Iterable[str] = (),
        *,
        whole: bool = True,
        kept_in: SqliteStore = store,
    ) -> Remembering:
        wishes = frozenset(wanted)
        return Remembering(
            make, kept_in, "test", "team:1", versions, source.read, by_digits, whole, wishes
        )

    return looks


async def test_wanted_documents_are_the_same_whether_read_or_kept(look: Look) -> None:
    expected = [key for key in KEYS if "4" in key]
    first, second = Source(), Source()
    assert [*await look(first, wanted=["4"]).documents()] == expected
    assert [*await look(second, wanted=["4"]).documents()] == expected
    assert sorted(first.asked) == sorted(KEYS)
    assert second.asked == []


async def test_documents_come_in_the_order_they_were_asked_for(look: Look) -> None:
    for seed in range(3):
        shuffled = dict.fromkeys(Random(seed).sample(KEYS, k=40), "v1")
        assert [*await look(Source(), shuffled, whole=False).documents()] == [*shuffled]


async def test_what_is_not_named_is_forgotten_only_when_all_are_named(look: Look) -> None:
    await look(Source()).documents()
    await look(Source(), {"1": "v1"}, whole=False).documents()
    kept = Source()
    await look(kept).documents()
    assert kept.asked == []
    await look(Source(), {"1": "v1"}).documents()
    again = Source()
    await look(again).documents()
    assert sorted(again.asked) == sorted(set(KEYS) - {"1"})


async def test_what_was_read_before_a_failure_is_kept(look: Look) -> None:
    failure = Failure("Away.", next_step="Wait.")
    first, again = Source("40", failure), Source()
    with pytest.raises(Failure):
        await look(first).documents()
    assert len(await look(again).documents()) == len(KEYS)
    assert set(again.asked) == set(KEYS) - set(first.asked) | {"40"}
    assert len(again.asked) < 25


async def test_a_long_wait_for_calls_ends_with_how_far_it_came(look: Look) -> None:
    spent = RateLimited("No call is left.", next_step="Wait.", wait_seconds=600)
    with pytest.raises(RateLimited) as refused:
        await look(Source("40", spent)).documents()
    assert "of 60 were read now and are kept" in refused.value.effect
    assert "goes on from there" in refused.value.next_step


async def test_on_a_full_disk_the_answer_is_whole_and_warns_once(
    look: Look, make: Make, tmp_path: Path
) -> None:
    small = await open_sqlite(tmp_path / "small.sqlite3", max_bytes=150_000)

    async def fill() -> None:
        for number in range(1_000):
            await small.cache_put(f"k{number}", b"x" * 3_000, 600)

    with pytest.raises(Failure):
        await fill()
    for _ in range(2):
        make.warnings.clear()
        documents = await look(Source(length=3_000), wanted=["4"], kept_in=small).documents()
        assert [*documents] == [key for key in KEYS if "4" in key]
        assert len(make.warnings) == 1
        assert "full" in make.warnings[0]
    await small.close()


async def test_a_store_that_is_lost_changes_no_answer(
    look: Look, make: Make, tmp_path: Path
) -> None:
    lost = await open_sqlite(tmp_path / "lost.sqlite3")
    await look(Source(), kept_in=lost).documents()
    await lost.close()
    source = Source()
    assert len(await look(source, wanted=["4"], kept_in=lost).documents()) == 15
    assert len(source.asked) == 60
    assert len(make.warnings) == 1


class Row(Output):
    id: int


@pytest.mark.parametrize("page", [1, 3, 7, 10_000])
async def test_a_list_is_whole_whatever_the_length_of_its_pages(
    make: Make, company: Company, page: int
) -> None:
    await company.control("PATCH", "/world", {"rate_limits": False})
    expected = [row["id"] for row in (await company.get("/scenarios", teamId=3))["scenarios"]]
    assert len(expected) > 7
    query = {"teamId": 3}
    rows = await make.all("/scenarios", query, key="scenarios", item=Row, page=page)
    assert [row.id for row in rows] == expected
