"""Write which modules the sandbox performs, `packages/make-api-sandbox/MODULES.md`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from make_api_sandbox.engine.standing import Standing, standings

INTRODUCTION = """\
# Modules

What the {total} modules do when a scenario runs in the sandbox: {done} do their work, {sampled}
answer from the fields that the blueprint declares for them, always with the same sample, because
they speak to a service that is not part of the sandbox or are not documented well enough. Every
module that is not named here answers from samples too, but in the apps `builtin`, `gateway` and
`scenario-service` there are no others.

Not known by name, and therefore not here: the modules that write CSV, and the one that converts
encodings. The page is written from the code by `poe catalog`.

| Module | Sandbox | |
| --- | --- | --- |"""


def wanted_files(root: Path) -> dict[Path, str | None]:
    """Give the page and what it should hold."""
    return {root / "packages" / "make-api-sandbox" / "MODULES.md": page()}


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
