"""Write the manual of the lint rules, `docs/blueprint-rules.md`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path

from make_blueprint.lint.checking import rules
from make_blueprint.lint.rule import Rule

INTRODUCTION = """\
# Lint rules

{count} rules, {fixes} of them with a fix. `make-blueprint lint FILE…` judges by all of them;
`--select`, `--ignore` and `--severity` take an id, a name or the letter of a group, as does the
file `make-blueprint.toml`:

```toml
ignore = ["M", "single-route"]
fail-on = "warning"

[severity]
E03 = "warning"
```

An **error** is what Make refuses, what makes every run fail, or what loses data in silence; a
**warning** is a likely defect or a risk; **info** is worth knowing. Rules that need facts about the
account stay silent until they are told (`--surroundings FILE`).
"""


def wanted_files(root: Path) -> dict[Path, str | None]:
    """Give the page and what it should hold."""
    return {root / "docs" / "blueprint-rules.md": page()}


def page() -> str:
    """Write the whole page."""
    every = list(rules().values())
    fixes = sum(rule.fix is not None for rule in every)
    head = INTRODUCTION.format(count=len(every), fixes=fixes)
    return "\n".join([head, *_tables(), *_details()]).rstrip() + "\n"


def _tables() -> Iterator[str]:
    for module, found in _groups():
        yield f"## {_title(module)}"
        yield ""
        yield "| Rule | Severity | Fix | Finds |"
        yield "| --- | --- | --- | --- |"
        for rule in found:
            fix = "yes" if rule.fix else ""
            link = f"[{rule.id}](#{rule.name})"
            yield f"| {link} | {rule.severity} | {fix} | {_cell(rule.statement)} |"
        yield ""


def _details() -> Iterator[str]:
    yield "## Reasons and remedies"
    yield ""
    for rule in rules().values():
        yield f"### {rule.name}"
        yield ""
        yield f"{rule.id}, {rule.severity}. {rule.statement}"
        yield ""
        yield from _explained(rule)


def _explained(rule: Rule) -> Iterator[str]:
    if rule.explanation:
        yield rule.explanation
        yield ""
    if rule.needs:
        yield f"Needs to know: {', '.join(f'`{need}`' for need in rule.needs)}."
        yield ""


def _groups() -> Iterator[tuple[str, list[Rule]]]:
    """Give the rules by the module they stand in, in the order of their ids."""
    ordered = sorted(rules().values(), key=lambda rule: (_first_id(rule), rule.id))
    for name, found in groupby(ordered, key=lambda rule: rule.check.__module__):
        yield name, list(found)


def _first_id(rule: Rule) -> str:
    home = rule.check.__module__
    return min(other.id for other in rules().values() if other.check.__module__ == home)


def _title(module: str) -> str:
    text = (import_module(module).__doc__ or "").strip().partition("\n")[0]
    return text.rstrip(".")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
