"""Functions: which ones an expression calls, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise

from make_blueprint import iml
from make_blueprint.document import JsonObject
from make_blueprint.iml.nodes import Call, Chain, Expression, Literal, Node
from make_blueprint.iml.nodes import Text as Plain
from make_blueprint.lint.rule import Hit, rule
from make_blueprint.lint.spelling import spelled_hit, spelling
from make_blueprint.lint.subject import Subject
from make_blueprint.lint.written import KEYWORDS, Edit, Written, edited
from make_blueprint.problem import Severity

_DAY_FUNCTIONS = ("startOfDay", "endOfDay", "beginningOfDay")
_DOUBTFUL = frozenset({"set", "escapeJSON"})
"""Names that the editor is reported to offer, though no reference lists them."""

_MEANT = {
    "coalesce": "ifempty",
    "iif": "if",
    "isempty": "ifempty",
    "concat": "+",
    "concatenate": "+",
    "len": "length",
    "size": "length",
    "count": "length",
    "substr": "substring",
    "tonumber": "parseNumber",
    "number": "parseNumber",
    "touppercase": "upper",
    "uppercase": "upper",
    "tolowercase": "lower",
    "lowercase": "lower",
    "avg": "average",
    "dateadd": "addDays",
    "todate": "parseDate",
    "urlencode": "encodeURL",
    "unique": "distinct",
}
_VISIBLE = frozenset(
    {"text", "message", "body", "subject", "html", "content", "title", "caption", "summary"}
)
_JOINT = re.compile(r"[T\s_,-]{1,3}")
_DATE_FORMAT = re.compile(r"[^HhkmsSAaZXx]*(?:YY|D|M)[^HhkmsSAaZXx]*")
_TIME_FORMAT = re.compile(r"[^YMDdEwWgGQ]*(?:[Hhk]|mm)[^YMDdEwWgGQ]*")
_HAS_HOURS = re.compile(r"[Hhk]")
_HAS_ZONE = re.compile(r"[ZXx]")


@rule("R11", "unknown-function", "warning")
def unknown_function(subject: Subject) -> Iterator[Hit]:
    """An expression calls a function that Make does not have.

    The run stops there. It may be a custom function of the team; where those are known and the
    name is not among them, this is an error. Names are case-sensitive, and `now`, `random` and
    the like are written without brackets.
    """
    for written in subject.formulas:
        for name in _unknown_calls(subject, written):
            if name not in _DAY_FUNCTIONS:
                text = f"There is no function `{name:.60}`."
                evidence: JsonObject = {"function": name[:60]}
                severity = _severity(subject)
                yield spelled_hit(written, text, _suggestion(name), evidence, severity=severity)


def _unknown_calls(subject: Subject, written: Written) -> Iterator[str]:
    custom = subject.surroundings.functions or frozenset[str]()
    for call in written.calls:
        name = call.text
        if name not in iml.builtin_functions() and name not in custom and name not in _DOUBTFUL:
            yield name


def _severity(subject: Subject) -> Severity:
    return "warning" if subject.surroundings.functions is None else "error"


@lru_cache(maxsize=256)
def _suggestion(name: str) -> str:
    if name in KEYWORDS:
        return f"Write `{name}` without brackets."
    known = {function.lower(): function for function in iml.builtin_functions()}
    meant = _MEANT.get(name.lower())
    near = get_close_matches(name.lower()[:40], known, n=1, cutoff=0.75)
    meant = known.get(name.lower()) or meant or (known[near[0]] if near else "")
    return f"Use `{meant}`." if meant else "Use a function that Make has."


@rule("R12", "no-such-date-function", "warning")
def no_such_date_function(subject: Subject) -> Iterator[Hit]:
    """An expression asks for the start or the end of a day with a function that does not exist.

    The day is written with `formatDate(…; "YYYY-MM-DD")`, and a fixed time is put behind it. As
    for other unknown functions, it is an error where the team's custom functions are known.
    """
    for written in subject.formulas:
        for name in _unknown_calls(subject, written):
            if name in _DAY_FUNCTIONS:
                text = f"There is no function `{name}`."
                time = "T23:59:59" if name == "endOfDay" else "T00:00:00"
                remedy = f'Write the date with `formatDate(…; "YYYY-MM-DD")` and add `{time}`.'
                evidence: JsonObject = {"function": name}
                severity = _severity(subject)
                yield spelled_hit(written, text, remedy, evidence, severity=severity)


def _with_separators(subject: Subject, written: Written) -> str:
    calls = [call for call in _short_numbers(written) if _is_certain(call)]
    ends = _ends(written) if calls else {}
    edits: list[Edit] = []
    for call in calls:
        end = ends[written.offset(call.position)]
        added = '; ","; "."' if len(call.arguments) == 2 else '; "."'
        edits.append((end, end, added))
    return edited(written.source, edits)


def _short_numbers(written: Written) -> list[Call]:
    """Give the calls of `formatNumber` that leave a separator to the default."""
    if not any(call.text == "formatNumber" for call in written.calls):
        return []
    return [
        node
        for node in written.nodes()
        if isinstance(node, Call) and node.name == "formatNumber" and len(node.arguments) in (2, 3)
    ]


def _is_certain(call: Call) -> bool:
    """Tell whether the separators in force are known, and not one and the same."""
    if len(call.arguments) == 2:
        return True
    comma = call.arguments[2]
    return isinstance(comma, Literal) and comma.value != "."


def _ends(written: Written) -> dict[int, int]:
    """Give where the closing bracket of each call stands, by where its name begins."""
    opened: list[int] = []
    ends: dict[int, int] = {}
    for before, token in pairwise(written.tokens):
        if token.kind == "operator" and token.text == "(":
            opened.append(before.start)
        elif token.kind == "operator" and token.text == ")" and opened:
            ends[opened.pop()] = token.start
    return ends


@rule("R16", "default-separators", "warning", fix=spelling(_with_separators))
def default_separators(subject: Subject) -> Iterator[Hit]:
    """A number is formatted without saying how decimals and thousands are separated.

    Without them Make writes `1.234,50`, which is rarely expected outside of Europe and cannot be
    read back as a number. The fix writes down the separators that are in force, so that nothing
    changes and everybody sees them.
    """
    for written in subject.formulas:
        for call in _short_numbers(written):
            fixable = _is_certain(call)
            text = "The separators of this number are left to the default, as in `1.234,50`."
            remedy = "Give both, the decimal separator first."
            evidence: JsonObject = {"arguments": len(call.arguments)}
            yield spelled_hit(written, text, remedy, evidence, fixable=fixable)


@rule("R17", "date-in-two-parts", "warning")
def date_in_two_parts(subject: Subject) -> Iterator[Hit]:
    """A date and its time are formatted apart and put together.

    One `formatDate` does both, `YYYY-MM-DDTHH:mm:ss`, and cannot get the day of one moment and
    the time of another.
    """
    for visit in subject.running:
        for text in subject.texts(visit):
            if text.text.count("formatDate") > 1 and _is_halved(text.text):
                written = Written(visit, text, "")
                message = "A date and its time are formatted by two calls of `formatDate`."
                yield spelled_hit(written, message, "Use one call with both in its format.")


def _is_halved(text: str) -> bool:
    try:
        parts = iml.parse(text).parts
    except iml.IMLError:
        return False
    items: list[Node] = []
    for part in parts:
        if isinstance(part, Plain):
            items.append(Literal(part.value))
        else:
            items += _summands(part)
    return any(_are_halves(*items[at : at + 3]) for at in range(len(items) - 2))


def _summands(part: Expression) -> list[Node]:
    node = part.node
    if isinstance(node, Chain) and all(operator == "+" for operator, _ in node.rest):
        return [node.first, *(operand for _, operand in node.rest)]
    return [node]


def _are_halves(date: Node, joint: Node, time: Node) -> bool:
    if not isinstance(joint, Literal) or not _JOINT.fullmatch(str(joint.value)):
        return False
    if not (isinstance(date, Call) and isinstance(time, Call)):
        return False
    if {date.name, time.name} != {"formatDate"} or min(map(_count, (date, time))) < 2:
        return False
    if date.arguments[:1] + date.arguments[2:] != time.arguments[:1] + time.arguments[2:]:
        return False
    return bool(_DATE_FORMAT.fullmatch(_format(date)) and _TIME_FORMAT.fullmatch(_format(time)))


def _count(call: Call) -> int:
    return len(call.arguments)


def _format(call: Call) -> str:
    pattern = call.arguments[1]
    return str(pattern.value)[:200] if isinstance(pattern, Literal) else ""


@rule("R18", "no-time-zone", "info")
def no_time_zone(subject: Subject) -> Iterator[Hit]:
    """A time that somebody will read is formatted without a time zone.

    It is then the zone of the organization, which the reader may not share. The third argument
    of `formatDate` names one, as in `Europe/Prague`.
    """
    for written in subject.formulas:
        if written.text.pointer[-1] not in _VISIBLE or "formatDate" not in written.source:
            continue
        if any(_lacks_zone(node) for node in written.nodes()):
            text = "The time is that of the organization's zone."
            yield spelled_hit(written, text, "Name the reader's time zone.")


def _lacks_zone(node: Node) -> bool:
    if not isinstance(node, Call) or node.name != "formatDate" or _count(node) != 2:
        return False
    told = _format(node)
    return bool(_HAS_HOURS.search(told)) and not _HAS_ZONE.search(told)
