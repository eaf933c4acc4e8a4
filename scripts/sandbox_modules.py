"""Write which modules the sandbox performs, `packages/make-api-sandbox/MODULES.md`.

python -m scripts.sandbox_modules           # write it
python -m scripts.sandbox_modules --check   # fail when it is stale
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from make_api_sandbox.engine.standing import Standing, standings

PAGE = Path(__file__).parents[1] / "packages" / "make-api-sandbox" / "MODULES.md"

INTRODUCTION = """\
# Modules

What the {total} modules do when a scenario runs in the sandbox: {done} do their work, {sampled}
answer from the fields that the blueprint declares for them, always with the same sample, because
they speak to a service that is not part of the sandbox or are not documented well enough. Every
module that is not named here answers from samples too, but in the apps `builtin`, `gateway` and
`scenario-service` there are no others.

Not known by name, and therefore not here: the modules that write CSV, and the one that converts
encodings. The page is written from the code by `python -m scripts.sandbox_modules`.

| Module | Sandbox | |
| --- | --- | --- |"""


def page() -> str:
    """Write the whole page."""
    found = standings()
    done = sum(each.implemented for each in found)
    head = INTRODUCTION.format(total=len(found), done=done, sampled=len(found) - done)
    return "\n".join([head, *_rows(found)]) + "\n"


def _rows(found: list[Standing]) -> Iterator[str]:
    """Modules of an app stand together; those that do their work before the others."""
    for _, members in groupby(found, key=lambda each: each.slug.partition(":")[0]):
        for each in sorted(members, key=lambda one: (not one.implemented, one.slug)):
            word = "implemented" if each.implemented else "sample"
            yield f"| `{each.slug}` | {word} | {each.note} |"


def main() -> int:
    """Write the page, or with `--check` only compare it."""
    parser = argparse.ArgumentParser(description="Write which modules the sandbox performs.")
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
