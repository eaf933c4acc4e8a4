"""Names: field names in an expression that cannot stand without backticks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from make_blueprint.iml.scanner import Token
from make_blueprint.lint.written import WORDS, Written, is_foreign
from make_blueprint.outputs import output_field
from make_blueprint.walk import Visit

_DECIMAL = re.compile(r"\d\.\d")
_NO_PART = frozenset(",{}\\“”„‟«»‘’‚‛\"'`")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of an expression that is one name.

    Attributes:
        start: Offset of its first character in the expression.
        end: Offset behind its last character.
        sure: Whether nothing else can be meant.
        remedy: What to do where backticks are not the only answer, or "".
    """

    start: int
    end: int
    sure: bool = True
    remedy: str = ""


def joined_names(written: Written, modules: Mapping[int, Visit] | None = None) -> list[Run]:
    """Find field names that have blanks, signs or a leading digit.

    Args:
        written: The expression.
        modules: The modules by id, to look up which fields they give.
    """
    return [] if written.is_plain else [*_joined(written, modules or {})]


def covered(runs: Iterable[Run]) -> frozenset[int]:
    """Give the offsets that belong to a run."""
    return frozenset(offset for run in runs for offset in range(run.start, run.end))


def _joined(written: Written, modules: Mapping[int, Visit]) -> Iterator[Run]:
    tokens = written.tokens
    index = 1
    while index < len(tokens) - 1:
        token = tokens[index]
        if not written.is_step(index) or token.kind not in ("name", "number", "module"):
            index += 1
            continue
        last = index if token.kind == "module" else _extent(written, index)
        if token.kind != "name" and last == index:
            digits = token.text.rstrip(".")
            yield Run(token.start, token.start + len(digits), False, _one_of_two(digits))
        elif last > index:
            end = tokens[last].end
            yield Run(token.start, end, not _is_difference(written, index, end, modules))
        index = last + 1


def _one_of_two(digits: str) -> str:
    return (
        f"An item of a list is addressed as `[{digits}]`, counted from 1; a field of this name is "
        f"put in backticks."
    )


def _extent(written: Written, first: int) -> int:
    """Give the index of the last token that belongs to the name beginning at `first`."""
    last = first
    while (length := _next_part(written, last)) > 0:
        last += length
    return last


def _next_part(written: Written, last: int) -> int:
    """Tell how many tokens behind `last` go on with the name; 0 when it ends there."""
    tokens = written.tokens
    token = tokens[last + 1]
    glued = token.start == tokens[last].end
    if token.kind == "name":
        if token.text.lower() not in WORDS:
            return int(written.is_bare(last + 1))
        return 2 * _is_other_name(written, last + 2)
    if token.kind == "number":
        return int(not glued)
    if is_foreign(token):
        return int(token.text not in _NO_PART)
    if token.text == "-" and glued and tokens[last + 2].start == token.end:
        return 2 * _is_other_name(written, last + 2)
    if token.text == "(" and not glued:
        return _in_brackets(written, last + 2)
    return 0


def _is_other_name(written: Written, index: int) -> bool:
    return written.is_bare(index) and written.tokens[index].text.lower() not in WORDS


def _in_brackets(written: Written, first: int) -> int:
    """Count the tokens of `(EUR)` or `(in days)` behind a name; 0 for anything else."""
    tokens, index = written.tokens, first
    while written.is_bare(index) or (is_foreign(tokens[index]) and tokens[index].text != ","):
        index += 1
    return index - first + 2 if index > first and tokens[index].text == ")" else 0


def _is_difference(written: Written, index: int, end: int, modules: Mapping[int, Visit]) -> bool:
    """Tell whether `1.total-paid` may be the difference of two fields.

    So it may when the module gives a field `total` and none of the whole name.
    """
    root, token = written.tokens[index - 1], written.tokens[index]
    name = written.source[token.start : end]
    source = modules.get(int(root.text[:-1])) if root.kind == "module" else None
    if source is None or "-" not in name:
        return False
    return bool(output_field(source, [token.text])) and not output_field(source, [name])


def bare_columns(written: Written, modules: Mapping[int, Visit]) -> Iterator[Run]:
    """Find fields named by a digit right behind a module id, which read as a decimal number."""
    if not _DECIMAL.search(written.source):
        return
    for token, after in pairwise(written.tokens):
        module, _, digits = token.text.partition(".")
        if token.kind != "number" or not digits or len(module) > 15:
            continue
        if not written.text.scope.sees(int(module)):
            continue
        start = token.start + len(module) + 1
        glued = after.start == token.end
        if glued and after.kind == "name":
            yield Run(start, after.end)
        elif (glued and after.text in (".", "[")) or _is_column(written, modules, token):
            yield Run(start, token.end)


def _is_column(written: Written, modules: Mapping[int, Visit], token: Token) -> bool:
    """Tell whether a number that is the whole expression is a field its module gives."""
    module, _, digits = token.text.partition(".")
    source = modules.get(int(module))
    if source is None or written.source[2:-2].strip() != token.text:
        return False
    return source.app == "google-sheets" or bool(output_field(source, [digits]))
