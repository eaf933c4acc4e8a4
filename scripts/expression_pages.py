"""Write `docs/expressions.md`, the manual of the expression language, from its examples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from make_blueprint.iml import ERASE, IGNORE, Data, Function, Value, builtin_functions
from make_blueprint.iml.coercion import iso
from make_blueprint.iml.examples import filters, sample, syntax
from make_blueprint.iml.examples.functions import FAMILIES
from make_blueprint.iml.examples.sample import Example
from make_blueprint.iml.examples.syntax import Shown
from make_blueprint.operators import in_words

INTRODUCTION = """\
# Expressions

The values of a module's fields and the operands of filters are texts that may hold expressions in
double braces: `{{1.email}}`, `Hello {{upper(1.name)}}`. This page shows all they can hold, as
`make_blueprint.iml` reads and evaluates it. Every example is run by a test; the exact syntax is the
[grammar](../packages/make-blueprint/src/make_blueprint/iml/grammar.lark), which a test compares
with the parser.

Results are written as JSON; dates as their instant in UTC, buffers as hex in angle brackets.
"""
SAMPLE = """\
## The sample

All examples see one run. Module 1 watches a shop's orders, module 2 has found a spreadsheet row,
module 3 has asked a courier:
"""


def wanted_files(root: Path) -> dict[Path, str | None]:
    """Give the page and what it should hold."""
    return {root / "docs" / "expressions.md": page_text()}


def page_text() -> str:
    """Give what the page should hold."""
    sections = [
        [INTRODUCTION.rstrip("\n")],
        _sample(),
        _shown("## Texts and expressions", syntax.TEMPLATES),
        _shown("## References", syntax.REFERENCES),
        _shown("## Numbers and texts", syntax.LITERALS),
        _keywords(),
        _operators(),
        *(_family(heading, examples) for heading, examples in FAMILIES.items()),
        _filters(),
        _refused(),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _sample() -> list[str]:
    lines = [SAMPLE, "```json", "{"]
    for module, bundle in sample.BUNDLES.items():
        lines.append(f'  "{module}": {{')
        lines += [f"    {_text(name)}: {_json(value)}," for name, value in bundle.items()]
        lines[-1] = lines[-1].removesuffix(",")
        lines.append("  },")
    lines[-1] = lines[-1].removesuffix(",")
    lines += ["}", "```", ""]
    lines.append(f"It is {iso(sample.NOW)}, and the organization's time zone is {sample.ZONE}.")
    return lines


def _shown(heading: str, examples: Sequence[Shown]) -> list[str]:
    lines = [heading, "", "| text | gives | meaning |", "| --- | --- | --- |"]
    return lines + [
        _row(_code(one.text), _result(one.result), _escaped(one.meaning)) for one in examples
    ]


def _keywords() -> list[str]:
    lines = ["## Keywords and variables", "", "They are written without parentheses.", ""]
    lines += ["| name | is | example | gives |", "| --- | --- | --- | --- |"]
    return lines + [
        _row(_code(name), one.meaning, _code(one.text), _result(one.result))
        for name, one in syntax.KEYWORDS.items()
    ]


def _operators() -> list[str]:
    lines = ["## Operators", "", "From the strongest to the weakest; `-` as a sign and `!` are"]
    lines += ["stronger than all others.", ""]
    lines += ["| operators | example | gives | meaning |", "| --- | --- | --- | --- |"]
    for spellings, examples in syntax.OPERATORS.items():
        names = " ".join(_code(each) for each in spellings.split())
        for one in examples:
            lines.append(_row(names, _code(one.text), _result(one.result), _escaped(one.meaning)))
            names = ""
    return lines


def _family(heading: str, examples: Mapping[str, Sequence[Example]]) -> list[str]:
    lines = [f"## {heading}", "", "| function | gives | example | result |"]
    lines.append("| --- | --- | --- | --- |")
    for name, shown in examples.items():
        function = builtin_functions()[name]
        first, second = _code(function.signature), _escaped(_summary(function))
        for one in shown:
            lines.append(_row(first, second, _code(one.expression), _result(one.result)))
            first = second = ""
    return lines


def _summary(function: Function) -> str:
    text = function.summary
    return f"{text} Not on Make's reference pages." if function.undocumented else text


def _filters() -> list[str]:
    lines = ["## Filter operators", ""]
    lines += ['A condition is `{"a": …, "o": …, "b": …}`. Its operands are converted to the']
    lines += ["type the operator is named after. All of these hold:", ""]
    lines += ["| operator `o` | `a` | in words | `b` |", "| --- | --- | --- | --- |"]
    for code, (left, right) in filters.CONDITIONS.items():
        shown = "" if right is None else _code(right)
        lines.append(_row(_code(code), _code(left), in_words(code), shown))
    return lines


def _refused() -> list[str]:
    lines = ["## What is refused", "", "Errors name the place, with its line in a text of several."]
    lines += ["A call of an unknown function is not evaluated, and its result never guessed.", ""]
    lines += ["| text | message |", "| --- | --- |"]
    return lines + [_row(_code(text), _escaped(why)) for text, why in syntax.NOT_EXPRESSIONS]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _result(value: Value) -> str:
    if value is ERASE or value is IGNORE:
        return f"the keyword {_code(value.value)}"
    return _code(_json(value))


def _json(value: Data) -> str:
    match value:
        case datetime():
            return iso(value)
        case bytes():
            return f"<{value.hex(' ')}>"
        case dict():
            members = (f"{_text(name)}: {_json(each)}" for name, each in value.items())
            return f"{{{', '.join(members)}}}"
        case list():
            return f"[{', '.join(map(_json, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False).replace("\u00a0", r"\u00a0")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _code(text: str) -> str:
    """Write a text as code in a cell of a table, whatever signs it holds."""
    fence = "``" if "`" in text else "`"
    blank = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{blank}{text}{blank}{fence}".replace("|", "\\|")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
