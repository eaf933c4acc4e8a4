"""Write which operations of Make the sandbox serves, `packages/make-api-sandbox/COVERAGE.md`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from make_api_sandbox.contracts.coverage import Coverage, Standing, coverage
from make_api_sandbox.contracts.operations import Operation

INTRODUCTION = """\
# Coverage

What the sandbox does with the {total} operations of Make's public API: {implemented} are
implemented, {refused} answer what an ordinary user gets who lacks the right (administration,
white-label and browser-session calls), {absent} are not served. The page is written from the routes
by `poe catalog`; what each answer looks like is stated in
`src/make_api_sandbox/contracts/*.contract`.

| Resource | Operations | Implemented | Refused | Not served |
| --- | ---: | ---: | ---: | ---: |"""

WORDS = {
    Standing.IMPLEMENTED: "implemented",
    Standing.REFUSED: "refused",
    Standing.NOT_SERVED: "**not served**",
}


def wanted_files(root: Path) -> dict[Path, str | None]:
    """Give the page and what it should hold."""
    return {root / "packages" / "make-api-sandbox" / "COVERAGE.md": page()}


def page() -> str:
    """Write the whole page."""
    found = coverage()
    return "\n".join([_introduction(found), *_totals(found), *_lists(found)]).rstrip() + "\n"


def _introduction(found: Coverage) -> str:
    count = Counter(found.standings.values())
    return INTRODUCTION.format(
        total=len(found.standings),
        implemented=count[Standing.IMPLEMENTED],
        refused=count[Standing.REFUSED],
        absent=count[Standing.NOT_SERVED],
    )


def _totals(found: Coverage) -> Iterator[str]:
    for resource, members in _resources(found):
        count = Counter(found.standings[one] for one in members)
        cells = [len(members), *(count[standing] or "" for standing in Standing)]
        yield f"| [{resource}](#{resource}) | {' | '.join(map(str, cells))} |"
    yield ""


def _lists(found: Coverage) -> Iterator[str]:
    for resource, members in _resources(found):
        yield f"## {resource}"
        yield ""
        yield "| Operation | Scope | Plan | Source | Sandbox |"
        yield "| --- | --- | --- | --- | --- |"
        for one in members:
            scope = f"`{one.scope}`" if one.scope else ""
            word = WORDS[found.standings[one]]
            name = f"`{one.method} {one.path}`"
            yield f"| {name} | {scope} | {one.plan} | {one.confidence} | {word} |"
        yield ""


def _resources(found: Coverage) -> Iterator[tuple[str, list[Operation]]]:
    for resource, members in groupby(found.standings, key=lambda one: one.resource):
        yield resource, list(members)
