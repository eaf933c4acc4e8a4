"""Expressions: how they are spelled."""

from __future__ import annotations

import re
from collections.abc import Iterator

from make_blueprint import iml
from make_blueprint.document import JsonObject
from make_blueprint.iml import scanner
from make_blueprint.iml.nodes import Name
from make_blueprint.lint.names import Run, bare_columns, covered, joined_names
from make_blueprint.lint.rule import Hit, at, rule
from make_blueprint.lint.spelling import spelled_hit, spelling
from make_blueprint.lint.subject import Subject
from make_blueprint.lint.written import (
    KEYWORDS,
    WORDS,
    Edit,
    Written,
    edited,
    explained,
    is_foreign,
    literal_parts,
)

_LONG = 4_000
_CLOSED = re.compile(r"""\{\{(?:[^{}"'`]++|"[^"]*+"|'[^']*+'|`[^`]*+`)*+\}\}""")
_UNCLOSED = re.compile(r"\{\{\s*(?:\d+\.[\w`$]|`\d|var\.|[A-Za-z]\w*\s*[(}])")
_HALF_OPEN = re.compile(r"(?<![{\w.])\{?\d+\.[A-Za-z_`$][\w.`$\[\]]*\}\}(?!\})")
_CURLY = frozenset("“”„‟«»‘’‚‛")
_STRAIGHTENED = re.compile(
    r""""[^"]*"|'[^']*'|`[^`]*`|[“”„‟«»](?P<double>[^“”„‟«»"]*)[“”„‟«»]"""
    r"""|[‘’‚‛](?P<single>[^‘’‚‛']*)[‘’‚‛]"""
)
_FOREIGN = re.compile(r"&&|\|\||==|\b(?:and|or)\b", re.IGNORECASE)
_DOUBLED = {"&&": "&", "||": "|", "==": "=", "===": "=", "!==": "!="}
_CHOICES = frozenset(
    {"asc", "desc", "hex", "base64", "latin1", "text", "binary", "UTC", "utf8"}
    | {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
    | {"january", "february", "march", "april", "may", "june", "july", "august"}
    | {"september", "october", "november", "december"}
)
_CODE_APPS = ("code", "regexp")
_INPUT = re.compile(r"\{\{\s*var\.input\.[^{}]+\}\}")


def _is_settled(subject: Subject, written: Written) -> bool:
    """Tell whether an expression parses once everything with one answer is spelled right."""
    for spell in (_straightened, _with_semicolons, _with_signs, _with_backticks):
        written = written.respelled(spell(subject, written))
    return written.node is not None


@rule("R06", "open-braces", "warning")
def open_braces(subject: Subject) -> Iterator[Hit]:
    """The braces around an expression do not match.

    What stands between them is then plain text and arrives as it is written. An expression
    begins with two braces and ends with two; a quotation mark inside it must be closed as well.
    """
    for visit in subject.running:
        if visit.app in _CODE_APPS:
            continue
        for place, text in subject.strings(visit):
            if place[0] == "parameters" or ("}}" not in text and "{{" not in text):
                continue
            rest = _CLOSED.sub("", text) if len(text) < _LONG else text
            if "{{" in rest and any(map(_UNCLOSED.search, literal_parts(text))):
                message = "An expression is begun and not ended; it is taken as plain text."
                yield at(visit, message, "Close it with `}}`.", place=place)
            elif "}}" in rest and any(map(_HALF_OPEN.search, literal_parts(text))):
                message = "An expression is ended and not begun; it is taken as plain text."
                yield at(visit, message, "Open it with `{{`.", place=place)


def _with_bundles(subject: Subject, written: Written) -> str:
    return f"{{{{`{written.source[2:-2].strip()}`}}}}" if _is_bundle(written) else written.source


def _is_bundle(written: Written) -> bool:
    """Tell whether an expression is only the id of a module in sight."""
    digits = written.source[2:-2].strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        return False
    return written.text.scope.sees(int(digits))


@rule("R07", "bare-bundle", "error", fix=spelling(_with_bundles))
def bare_bundle(subject: Subject) -> Iterator[Hit]:
    """A whole bundle is written as a plain number.

    A number between braces is a number. The bundle of a module is its id in backticks.
    """
    for written in subject.formulas:
        if written.source[2:3].isdigit() and _is_bundle(written):
            digits = written.source[2:-2].strip()
            text = f"This gives the number {digits}, not the bundle of module {digits}."
            yield spelled_hit(
                written, text, f"Write `{digits}` in backticks.", {"module": int(digits)}
            )


def _from_one(subject: Subject, written: Written) -> str:
    return edited(written.source, _zero_indexes(written))


def _zero_indexes(written: Written) -> list[Edit]:
    if "[" not in written.source:
        return []
    tokens = written.tokens
    return [
        (token.start, token.end, "1")
        for index, token in enumerate(tokens)
        if token.kind == "number"
        and not token.text.strip("0")
        and tokens[index - 1].text == "["
        and tokens[index + 1].text == "]"
        and written.ends_value(index - 2)
    ]


@rule("R08", "index-zero", "warning", fix=spelling(_from_one))
def index_zero(subject: Subject) -> Iterator[Hit]:
    """An item of a list is addressed with the index 0.

    Indexes count from 1, so this gives nothing.
    """
    for written in subject.formulas:
        if _zero_indexes(written):
            yield spelled_hit(written, "Items count from 1; there is no item 0.", "Use `[1]`.")


def _with_semicolons(subject: Subject, written: Written) -> str:
    return edited(written.source, [edit for edit, sure in _commas(written) if sure])


def _commas(written: Written) -> Iterator[tuple[Edit, bool]]:
    """Find the commas between arguments, each with whether it can only be that."""
    if "," not in written.source:
        return
    calls: list[_Arguments] = []
    for index, token in enumerate(written.tokens):
        if token.kind == "operator" and token.text in "([":
            name = written.tokens[index - 1] if token.text == "(" and index else None
            calls.append(_Arguments(name.text if name and written.is_call(index - 1) else ""))
        elif token.text in (")", "]") and token.kind == "operator" and calls:
            yield from calls.pop().edits()
        elif calls and token.text == ";":
            calls[-1].semicolons += 1
        elif calls and is_foreign(token) and token.text == ",":
            glued = (
                written.source[token.start - 1].isdigit() and written.source[token.end].isdigit()
            )
            calls[-1].commas.append((token.start, glued))
    for call in reversed(calls):
        yield from call.edits()


class _Arguments:
    """The separators of one call."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.semicolons = 0
        self.commas: list[tuple[int, bool]] = []

    def edits(self) -> Iterator[tuple[Edit, bool]]:
        """Give the commas; one between two digits may also be meant as a decimal point."""
        if not self.name:
            return
        known = iml.builtin_functions().get(self.name)
        count = 1 + self.semicolons + len(self.commas)
        fits = known is not None and (known.most is None or count <= known.most)
        for start, glued in self.commas:
            yield (start, start + 1, ";"), not glued or (fits and not self.semicolons)


@rule("R09", "comma-between-arguments", "error", fix=spelling(_with_semicolons))
def comma_between_arguments(subject: Subject) -> Iterator[Hit]:
    """Arguments of a function are separated by commas.

    They are separated by semicolons; with a comma the expression cannot be read. The fix leaves
    commas inside quoted texts alone.
    """
    for written in subject.formulas:
        commas = [] if written.fault is None else [*_commas(written)]
        if commas:
            fixable = all(sure for _, sure in commas) and _is_settled(subject, written)
            text, remedy = "A comma does not separate arguments.", "Write `;`."
            yield spelled_hit(written, text, remedy, {"commas": len(commas)}, fixable=fixable)


def _straightened(subject: Subject, written: Written) -> str:
    return _STRAIGHTENED.sub(_straight, written.source)


def _straight(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return f'"{match["double"]}"'
    return match[0] if match["single"] is None else f"'{match['single']}'"


def _has_curly(written: Written) -> bool:
    return not _CURLY.isdisjoint(written.source) and any(
        is_foreign(token) and token.text in _CURLY for token in written.tokens
    )


@rule("R10", "curly-quotes", "warning", fix=spelling(_straightened))
def curly_quotes(subject: Subject) -> Iterator[Hit]:
    """A text in an expression stands between typographic quotation marks.

    Word processors and chats put them in. Only straight ones delimit a text.
    """
    for written in subject.formulas:
        if _has_curly(written):
            text, remedy = "Curly quotes do not delimit a text.", "Write straight ones."
            yield spelled_hit(written, text, remedy, fixable=_is_settled(subject, written))


def _with_signs(subject: Subject, written: Written) -> str:
    return edited(written.source, _signs(written))


def _signs(written: Written) -> list[Edit]:
    """Find operators in another spelling than Make's."""
    if not _FOREIGN.search(written.source):
        return []
    names = covered(joined_names(written))
    found: list[Edit] = []
    for index, token in enumerate(written.tokens):
        sign = _DOUBLED.get(token.text) if token.kind == "operator" else _word(written, index)
        if sign and token.start not in names:
            found.append((token.start, token.end, sign))
    return found


def _word(written: Written, index: int) -> str | None:
    """Give the sign for a word that joins two values here."""
    token = written.tokens[index]
    sign = WORDS.get(token.text.lower()) if token.kind == "name" else None
    if sign is None or token.text in ("mod", "MOD") or written.is_step(index):
        return None
    return sign if written.ends_value(index - 1) and written.begins_value(index + 1) else None


@rule("R13", "foreign-operator", "warning", fix=spelling(_with_signs))
def foreign_operator(subject: Subject) -> Iterator[Hit]:
    """An operator is written as in another language.

    In expressions "and" is `&`, "or" is `|` and "equals" is `=`. Doubled signs are understood in
    custom apps; capital `AND` and `OR` nowhere.
    """
    for written in subject.formulas:
        signs = _signs(written)
        if signs:
            used = {written.source[start:end]: sign for start, end, sign in signs}
            remedy = ", ".join(f"`{sign}` for `{told}`" for told, sign in used.items())
            yield spelled_hit(
                written,
                f"{' and '.join(f'`{told}`' for told in used)} is no operator of Make.",
                f"Write {remedy}.",
                {"operators": [*used]},
                fixable=_is_settled(subject, written),
                severity="error" if any(map(str.isupper, used)) else None,
            )


def _with_backticks(subject: Subject, written: Written) -> str:
    runs = _unquoted(subject, written)
    edits = [
        (run.start, run.end, f"`{written.source[run.start : run.end]}`") for run in runs if run.sure
    ]
    return edited(written.source, edits)


def _unquoted(subject: Subject, written: Written) -> list[Run]:
    return [*joined_names(written, subject.by_id), *bare_columns(written, subject.by_id)]


@rule("R14", "name-without-backticks", "error", fix=spelling(_with_backticks))
def name_without_backticks(subject: Subject) -> Iterator[Hit]:
    """A field name with a blank, a sign or a leading digit has no backticks.

    Only letters, digits and underscores may stand without them; a hyphen is read as a minus. A
    column of a spreadsheet is a digit and needs them too.
    """
    for written in subject.formulas:
        runs = _unquoted(subject, written)
        settled = bool(runs) and _is_settled(subject, written)
        for run in runs:
            name = written.source[run.start : run.end][:80]
            text = f"The name `{name}` needs backticks."
            remedy = run.remedy or f"Put `{name}` in backticks."
            fixable = run.sure and settled
            severity = None if written.fault else "warning"
            evidence: JsonObject = {"field": name}
            yield spelled_hit(written, text, remedy, evidence, fixable=fixable, severity=severity)


@rule("R15", "no-module-id", "error")
def no_module_id(subject: Subject) -> Iterator[Hit]:
    """A name stands alone, without the module that gives the field.

    A field is addressed by the id of its module, as in `1.email`; there is no `trigger`, `input`
    or `item`. A text that is meant literally stands between quotation marks.
    """
    for written in subject.formulas:
        names = [
            (written.offset(node.position), node.name)
            for node in written.nodes()
            if isinstance(node, Name) and node.name not in KEYWORDS and node.name not in _CHOICES
        ]
        joined = covered(joined_names(written)) if names else frozenset[int]()
        for start, name in sorted(names):
            if start not in joined:
                text = f"`{name:.60}` is neither a module nor a variable."
                remedy = "Write the module's id in front, or put a text in quotation marks."
                yield spelled_hit(written, text, remedy, {"name": name[:60]})


@rule("R19", "expression-in-parameters", "warning")
def expression_in_parameters(subject: Subject) -> Iterator[Hit]:
    """A static setting of a module holds an expression.

    What stands under `parameters` is not evaluated: the braces are ignored or refused. Only an
    input of the scenario may stand there, as `{{var.input.connection}}` for a connection. In
    published files these are places to fill in.
    """
    for visit in subject.running:
        if visit.app in _CODE_APPS:
            continue
        for place, text in subject.strings(visit):
            if place[0] == "parameters" and "{{" in text and _has_expression(text):
                key = str(place[-1])
                message = f"`{key}` is static; an expression in it is not evaluated."
                yield at(visit, message, "Give it a fixed value.", place=place)


def _has_expression(text: str) -> bool:
    if _INPUT.fullmatch(text):
        return False
    return any(span.is_expression for span in scanner.split(text)[0])


@rule("R32", "unreadable-expression", "error")
def unreadable_expression(subject: Subject) -> Iterator[Hit]:
    """An expression cannot be read.

    A bracket is missing, or an operator has nothing on one side. What another rule explains
    better (commas, curly quotes, foreign operators, names without backticks) is not told again.
    """
    for written in subject.formulas:
        if written.fault is not None and not _is_explained(subject, written):
            position = written.start + written.fault.position
            text = f"The expression cannot be read: {explained(written.fault):.200}."
            yield spelled_hit(written, text, "Correct it.", {"position": position})


def _is_explained(subject: Subject, written: Written) -> bool:
    return bool(
        _has_curly(written) or [*_commas(written)] or _signs(written) or _unquoted(subject, written)
    )
