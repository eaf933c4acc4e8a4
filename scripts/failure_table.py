"""Write the published failures and their tests: `docs/failures.md` and a table of the README."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

TABLE = re.compile(r"(<!-- failures -->\n).*?(<!-- /failures -->)", re.DOTALL)
NUMBERED = re.compile(r"test_f(\d+)_\w+")

INTRODUCTION = """\
# What agents run into, and the tests for each

Failure classes that Make's own public trackers count for its servers, and what happens here. Each
is proved by tests that go from an MCP client through the server to the sandbox. Sizes are the ones
published in the pull requests of Make's TypeScript SDK (2026). `poe catalog`
writes this page from the tests.
"""


@dataclass
class Failure:
    """One class of failures.

    Attributes:
        number: N of FN.
        tests: Where its tests are, as `file::name`, in the order of the files.
        told: What each `failure(…)` above one of them says, by argument.
    """

    number: int
    tests: list[str] = field(default_factory=list[str])
    told: list[dict[str, str]] = field(default_factory=list[dict[str, str]])


def failures(root: Path) -> list[Failure]:
    """Read the failures from the tests below a folder, by number.

    Raises:
        LookupError: If a number is left out, has no test or is not told exactly once, or if a test
            that tells a failure carries no number.
    """
    found: dict[int, Failure] = {}
    faults: list[str] = []
    for file in sorted((root / "tests").rglob("test_*.py")):
        for test, told in _tests(ast.parse(file.read_text("utf-8"))):
            place = f"{file.relative_to(root).as_posix()}::{test}"
            numbered = NUMBERED.fullmatch(test)
            if numbered is None:
                faults += [f"{place} tells a failure, and its name has no number."] * len(told)
                continue
            one = found.setdefault(int(numbered[1]), Failure(int(numbered[1])))
            one.tests.append(place)
            one.told += told
    faults += _faults(found)
    if faults:
        raise LookupError("\n".join(faults))
    return [found[number] for number in sorted(found)]


def _tests(module: ast.Module) -> Iterator[tuple[str, list[dict[str, str]]]]:
    for one in ast.walk(module):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            told = [_told(call) for call in one.decorator_list if _tells(call)]
            if told or NUMBERED.fullmatch(one.name):
                yield one.name, told


def _tells(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call):
        return False
    return isinstance(decorator.func, ast.Name) and decorator.func.id == "failure"


def _told(decorator: ast.expr) -> dict[str, str]:
    assert isinstance(decorator, ast.Call)
    named = {word.arg or "": ast.literal_eval(word.value) for word in decorator.keywords}
    return {"size": "", "what": ast.literal_eval(decorator.args[0]), **named}


def _faults(found: dict[int, Failure]) -> Iterator[str]:
    for number in range(1, max(found, default=0) + 1):
        one = found.get(number)
        if one is None:
            yield f"F{number} has no test; name one `test_f{number}_…`."
        elif len(one.told) != 1:
            yield f"F{number} is told {len(one.told)} times, not once, above: {one.tests}"


def page(every: Iterable[Failure]) -> str:
    """Write the whole page."""
    return "\n".join([INTRODUCTION, *_table(every, "#f{}"), *_lists(every)]).rstrip() + "\n"


def _table(every: Iterable[Failure], link: str) -> Iterator[str]:
    yield "| | failure | published size | here | tests |"
    yield "| --- | --- | --- | --- | --: |"
    for one in every:
        told = one.told[0]
        cells = [told["what"], told["size"], told["here"], str(len(one.tests))]
        yield f"| [F{one.number}]({link.format(one.number)}) | {' | '.join(map(_cell, cells))} |"


def _lists(every: Iterable[Failure]) -> Iterator[str]:
    for one in every:
        yield f"\n## F{one.number}\n"
        for test in one.tests:
            file, _, name = test.partition("::")
            yield f"- [`{name}`](../{file})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def wanted_files(root: Path) -> dict[Path, str | None]:
    """Give both files and what they should hold.

    Raises:
        LookupError: If the README has no place for the table.
    """
    every = failures(root)
    readme = (root / "README.md").read_text("utf-8")
    if not TABLE.search(readme):
        raise LookupError("No `<!-- failures -->` and `<!-- /failures -->` in the README.")
    rows = "\n".join(_table(every, "docs/failures.md#f{}")) + "\n"
    return {
        root / "docs" / "failures.md": page(every),
        root / "README.md": TABLE.sub(lambda place: place[1] + rows + place[2], readme),
    }
