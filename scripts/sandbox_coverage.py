"""Write which operations of Make the sandbox serves, `packages/make-api-sandbox/COVERAGE.md`.

python -m scripts.sandbox_coverage           # write it
python -m scripts.sandbox_coverage --check   # fail when it is stale
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from make_api_sandbox.contracts.coverage import Coverage, Standing, coverage
from make_api_sandbox.contracts.operations import Operation

PAGE = Path(__file__).parents[1] / "packages" / "make-api-sandbox" / "COVERAGE.md"

INTRODUCTION = """\
# Coverage

What the sandbox does with the {total} operations of Make's public API: {implemented} are
implemented, {refused} answer what an ordinary user gets who lacks the right (administration,
white-label and browser-session calls), {absent} are not served. The page is written from the routes
by `python -m scripts.sandbox_coverage`; what each answer looks like is stated in
`src/make_api_sandbox/contracts/*.contract`.

| Resource | Operations | Implemented | Refused | Not served |
| --- | ---: | ---: | ---: | ---: |"""

WORDS = {
    Standing.IMPLEMENTED: "implemented",
    Standing.REFUSED: "refused",
    Standing.NOT_SERVED: "**not served**",
}


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


def main() -> int:
    """Write the page, or with `--check` only compare it."""
    parser = argparse.ArgumentParser(description="Write which operations the sandbox serves.")
    parser.add_argument("--check", action="store_true", help="only look, exit 1 when stale")
    only_look = parser.parse_args().check
    text = page()
    if PAGE.exists() and PAGE.read_text("utf-8") == text:
        return 0
    sys.stderr.write(f"{'stale' if only_look else 'written'}: {PAGE.name}\n")
    if not only_look:
        PAGE.write_text(text, "utf-8")
    return int(only_look)


if __name__ == "__main__":
    sys.exit(main())
