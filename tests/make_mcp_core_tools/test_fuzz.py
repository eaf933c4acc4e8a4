"""Every tool, called with arguments made from its own schema, and with senseless ones.

Whatever comes in: a bounded answer, and for a refusal what to do next; never an internal error.
A refused change has sent nothing that changes Make, unless the answer says what was done.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from harness import Company, Server, Told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_api_sandbox.http.routing import discover
from make_mcp_base.definition import catalog
from make_mcp_base.definition.catalog import Entry
from make_mcp_core_tools import bundle
from schemas import values
from sharing import company_like, server_for

TOOLS = [entry for page in catalog.read(bundle) for entry in page.tools]
Call = dict[str, Any]
WIDEST = 90_000
"""Characters of the longest answer: some 20,000 tokens."""
ASKING = re.compile(
    r"(/connections/\d+/(test|scoped)|/organizations/\d+/scenarios/(executions|fulltext)"
    r"|/rpcs/.+|/scenarios/modules/consumptions|/ai-error-analysis|/functions/eval)$"
)
"""POST requests that change nothing (API reference, chapter 2)."""
API = "/api/v2"
ENDPOINTS = re.compile(
    "|".join(
        f"{spec.method} {API}{re.sub('{[^}]+}', '.+', spec.path)}"
        for spec in (route.spec for route in discover())
    ),
    re.DOTALL,  # an encoded line end is part of an id like any other character
)
"""Every operation of Make's API, as the sandbox serves them; its page COVERAGE.md lists them."""
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=60),
    st.sampled_from(["../../etc/passwd", "\u202e\u0000", "{{1.a}}", "9" * 400, "' OR 1=1 --"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


EVERY_CHECK = [
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.function_scoped_fixture,
    HealthCheck.large_base_example,
    HealthCheck.too_slow,
]
"""What hypothesis would complain of: schemas are not ours to make fast."""


@dataclass
class Bench:
    """A company and a server that all calls share."""

    company: Company
    server: Server

    async def changes(self) -> list[str]:
        """What changed something in Make since the last time this was asked."""
        log = (await self.company.control("GET", "/requests?limit=1000"))["requests"]
        await self.company.control("DELETE", "/requests")
        asked = [f"{one['method']} {one['path']}" for one in log if one["path"].startswith(API)]
        assert [one for one in asked if not ENDPOINTS.fullmatch(one)] == []
        return [
            f"{one['method']} {one['path']}"
            for one in log
            if one["method"] != "GET" and one["status"] < 300 and not ASKING.search(one["path"])
        ]


@asynccontextmanager
async def opened(seeded_world: Path, place: Path) -> AsyncGenerator[Bench]:
    async with company_like(seeded_world, place) as company:
        await company.control("PATCH", "/world", {"rate_limits": False})
        async with server_for(company) as server:
            yield Bench(company, server)


Check = Callable[[Entry, Call], None]


@pytest.fixture(scope="module")
def check(seeded_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Check]:
    """Checks one call; hypothesis draws outside the event loop, which its signals would end."""
    place = tmp_path_factory.mktemp("fuzz")
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(opened(seeded_world, place)) as bench,
    ):
        yield lambda entry, call: portal.call(checked, bench, entry, call)


def arguments(entry: Entry) -> st.SearchStrategy[Call]:
    """Arguments as the schema wants them, some replaced by others, some by senseless ones."""
    members: dict[str, Any] = entry.input_schema["properties"]
    quick = {name: 1 for name in members if name.endswith("_seconds")}
    known = {
        name: st.sampled_from([1, 2, 3, "1", 987_654_321, "No such thing"])
        for name in members
        if name.endswith("_id") and name != "plan_id"
    }
    spoilt = st.dictionaries(st.sampled_from([*members, "nonsense"]), ODD, max_size=2)

    def mixed(base: Call, ids: Call, odd: Call) -> Call:
        chosen = {name: value for name, value in ids.items() if name in base}
        return base | chosen | odd | {n: v for n, v in quick.items() if n not in odd or n in base}

    return st.builds(
        mixed,
        values(entry.input_schema),
        st.fixed_dictionaries(known),
        st.one_of(st.just({}), st.just({}), spoilt),
    )


async def checked(bench: Bench, entry: Entry, call: Call) -> None:
    sent = json.loads(json.dumps(call))
    await bench.changes()
    told = await bench.server.call(entry.name, **sent)
    _check_answer(told)
    changed = await bench.changes()
    if not entry.writes or (told.result.is_error and "Done before that" not in told.text):
        assert changed == [], told.text


def _check_answer(told: Told) -> None:
    assert len(told.text) <= WIDEST
    assert "Traceback" not in told.text
    if told.result.is_error:
        assert told.error["what"]
        assert told.error["next_step"]


@pytest.mark.parametrize("entry", TOOLS, ids=lambda entry: entry.name)
@settings(max_examples=3, derandomize=True, deadline=None, suppress_health_check=EVERY_CHECK)
@given(data=st.data())
def test_a_tool_answers_whatever_it_is_given(
    check: Check, entry: Entry, data: st.DataObject
) -> None:
    check(entry, data.draw(arguments(entry)))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("entry", TOOLS, ids=lambda entry: entry.name)
@settings(max_examples=200, deadline=None, suppress_health_check=EVERY_CHECK, print_blob=False)
@given(data=st.data())
def test_a_tool_answers_two_hundred_times(check: Check, entry: Entry, data: st.DataObject) -> None:
    check(entry, data.draw(arguments(entry)))
