"""Finding the `{{...}}` of a template, and the tokens inside them.

Scanning never fails: what cannot be a token becomes a token of kind `unknown`, so that references
can be listed in texts that do not parse.

Facts: a lone `{{` or `}}` is plain text; quoted texts and backticked names may contain braces; in
a run of opening braces the last two count, in a run of closing ones the first two.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_BRACES = re.compile(
    r""""[^"]*"|'[^']*'|`[^`]*`|(?P<quote>["'`])|(?P<open>\{(?=\{))|(?P<close>\}\})"""
)

_SIMPLE = re.compile(r"""\{\{[^{}"'`]*\}\}""")

_TOKENS = re.compile(
    r"""\s*(?:
      (?P<module>[0-9]{1,15}\.(?=[^\W\d]|[$`]))
    | (?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<text>"[^"]*(?:""[^"]*)*"|'[^']*(?:''[^']*)*')
    | (?P<quoted>`[^`]*`)
    | (?P<name>(?:[^\W\d]|\$)[\w$]*)
    | (?P<operator>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>=!&|()\[\];.])
    | (?P<unknown>\S)
    )""",
    re.VERBOSE,
)


class Span(NamedTuple):
    """A stretch of a template; an expression's stretch includes its braces."""

    start: int
    end: int
    is_expression: bool


class Token(NamedTuple):
    """One token; `kind` is module, number, text, quoted, name, operator, unknown or end."""

    kind: str
    text: str
    start: int
    end: int


def split(text: str) -> tuple[list[Span], list[int]]:
    """Divide a template into literal and expression spans.

    Returns:
        The spans in order, without empty literals, and the offsets of unclosed `{{`.
    """
    spans: list[Span] = []
    unclosed: list[int] = []
    written = searched = 0
    while (start := text.find("{{", searched)) >= 0:
        start, end, closed = _close(text, start)
        if not closed:
            unclosed.append(start)
            searched = end
            continue
        if start > written:
            spans.append(Span(written, start, False))
        spans.append(Span(start, end, True))
        written = searched = end
    if written < len(text):
        spans.append(Span(written, len(text), False))
    return spans, unclosed


def _close(text: str, start: int) -> tuple[int, int, bool]:
    """Find the end of the expression that opens at `start` or at a later, inner `{{`.

    Without a closing pair the returned end is where the search for another `{{` goes on: after the
    quote that is never closed, else at the end. Each kind of quote can fail once only, so scanning
    stays linear.
    """
    simple = _SIMPLE.match(text, start)
    if simple is not None:
        return start, simple.end(), True
    for match in _BRACES.finditer(text, start):
        match match.lastgroup:
            case "close":
                return start, match.end(), True
            case "open":
                start = match.start()
            case "quote":
                return start, match.end(), False
            case _:
                continue
    return start, len(text), False


def tokens(text: str, start: int, end: int) -> list[Token]:
    """List the tokens of `text[start:end]`, closed by one token of kind `end`."""
    last = start + len(text[start:end].rstrip())
    found: list[Token] = []
    for match in _TOKENS.finditer(text, start, last):
        kind = match.lastgroup or "unknown"
        found.append(Token(kind, match[kind], match.start(kind), match.end()))
    found.append(Token("end", "", end, end))
    return found


def unquote(text: str) -> str:
    """The value of a quoted text; doubled quotes stand for one, a backslash for itself."""
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)
