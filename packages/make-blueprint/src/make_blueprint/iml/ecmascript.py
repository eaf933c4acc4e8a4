r"""ECMAScript regular expressions on Python's `re`.

Make evaluates patterns with JavaScript's engine. This translates one into an equal Python pattern:
classes (`\d`, `\w`, `\b`, `\s`) keep JavaScript's meaning, `$` matches at the very end, a reference
to a group that took no part matches the empty text, and syntax that only Python knows (possessive
quantifiers, inline flags, atomic groups) is refused.

Differences that remain: look-behind must have a fixed width, `\p{...}` and the flags `v` and `y`
are refused, the flag `u` does not make escapes stricter, and groups inside a repetition keep their
last match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from make_blueprint.iml.backtracking import risk, searches
from make_blueprint.iml.errors import Refused
from make_blueprint.iml.limits import MAX_PATTERN, MAX_PATTERN_INPUT, bounded_text

_LINE_ENDS = r"\n\r\u2028\u2029"
_SPACES = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACES}
_NOT_CLASSES = {
    "D": r"\x00-/:-\U0010ffff",
    "W": r"\x00-/:-@\[-\^`{-\U0010ffff",
    "S": r"\x00-\x08\x0e-\x1f!-\x9f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e"
    r"\u2030-\u205e\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff",
}
_SETS = frozenset([*_CLASSES.values(), *_NOT_CLASSES.values()])
_WORD = "[A-Za-z0-9_]"
_EDGE = f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_NOT_EDGE = f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"
_CONTROLS = {"n": r"\n", "r": r"\r", "t": r"\t", "v": r"\v", "f": r"\f"}
_QUANTIFIER = re.compile(r"[*+?]|\{[0-9]+(?:,[0-9]*)?\}")
_GROUP = re.compile(r"\((?:\?(?:[:=!]|<[=!]|<(?P<name>[A-Za-z_$][\w$]*)>))?", re.ASCII)
_HEX = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})")
_UNICODE_HEX = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}")
_REPLACEMENT = re.compile(r"\$(?:\$|&|[0-9]{1,2})")
_SLASHED = re.compile(r"/(?P<pattern>.+)/(?P<flags>[a-z]*)", re.DOTALL)


def slashed(text: str) -> tuple[str, str] | None:
    """The pattern and flags of a text in the form `/pattern/flags`, else None.

    Without a closing slash, or with letters behind it that are no flags, the text is plain.
    """
    match = _SLASHED.fullmatch(text)
    if match is None or not set(match["flags"]) <= set("dgimsuvy"):
        return None
    return match["pattern"], match["flags"]


def has_named_group(pattern: str) -> bool:
    """Whether a pattern names one of its groups, which Make refuses in replacements."""
    return re.search(r"(?<!\\)\(\?<[A-Za-z_$]", pattern) is not None


@lru_cache(maxsize=512)
def compiled(pattern: str, flags: str = "") -> re.Pattern[str]:
    """Compile an ECMAScript pattern.

    Args:
        pattern: The pattern without slashes.
        flags: Any of `d g i m s u`; `d` and `g` change nothing here.

    Raises:
        Refused: The pattern is malformed, too long, or uses what is not supported.
    """
    if len(pattern) > MAX_PATTERN:
        raise Refused(f"the regular expression is longer than {MAX_PATTERN:,} characters")
    if set(flags) & set("vy"):
        raise Refused("the flags v and y of regular expressions are not supported")
    translated = _Translator(pattern, flags).whole()
    try:
        return re.compile(translated, re.IGNORECASE if "i" in flags else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise Refused(f"the regular expression {pattern!r} cannot be used: {error}") from error


@dataclass(frozen=True)
class Found:
    """One match.

    Args:
        text: The text searched.
        spans: Where the match (0) and its groups (1, 2 …) stand; (-1, -1) for a group without part.
        names: Numbers of the named groups.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    names: Mapping[str, int]

    @property
    def start(self) -> int:
        """Offset of its first character."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Offset behind its last character."""
        return self.spans[0][1]

    @property
    def groups(self) -> int:
        """How many groups the pattern has."""
        return len(self.spans) - 1

    def __getitem__(self, group: int) -> str | None:
        start, end = self.spans[group]
        return None if start < 0 or end < 0 else self.text[start:end]


MOST_RISK = 20.0
"""Power of two up to which a search is left to `re`, which takes milliseconds at worst."""


def matches(pattern: str, flags: str, text: str) -> Iterator[Found]:
    """Yield the matches in a text: all with the flag `g`, else the first.

    Python's own iteration looks for a longer match where it has found an empty one; JavaScript
    goes on to the next character, and so does this.

    Raises:
        Refused: As for `compiled`, the text is longer than regular expressions may search, or the
            search takes more than `backtracking.MAX_STEPS` steps.
    """
    if len(text) > MAX_PATTERN_INPUT:
        message = f"a regular expression may search {MAX_PATTERN_INPUT:,} characters at most"
        raise Refused(message)
    names = named_groups(pattern, flags)
    search = _search(compiled(pattern, flags), text)
    at = 0
    while at <= len(text) and (spans := search(at)) is not None:
        yield Found(text, tuple(spans), names)
        if "g" not in flags:
            return
        start, end = spans[0]
        at = end + (end == start)


def replaced(pattern: str, flags: str, text: str, replacement: str) -> str:
    """The text with its matches replaced: all with the flag `g`, else the first.

    In the replacement `$&` is the match, `$1` to `$99` a group and `$$` a dollar sign.

    Raises:
        Refused: As for `matches`, or the result is too long.
    """
    pieces: list[str] = []
    at = size = 0
    for match in matches(pattern, flags, text):
        expanded = _expanded(replacement, match)
        pieces += (text[at : match.start], expanded)
        size += len(expanded)
        bounded_text(size)
        at = match.end
    return "".join(pieces) + text[at:]


def _expanded(replacement: str, match: Found) -> str:
    return _REPLACEMENT.sub(lambda part: _insertion(part[0], match), replacement)


def _insertion(part: str, match: Found) -> str:
    if part in ("$$", "$&"):
        return "$" if part == "$$" else match[0] or ""
    for digits in (part[1:3], part[1:2]):
        if 1 <= int(digits) <= match.groups:
            return (match[int(digits)] or "") + part[1 + len(digits) :]
    return part


def _search(pattern: re.Pattern[str], text: str) -> Callable[[int], list[tuple[int, int]] | None]:
    """A function that finds the next match from a place on, as spans."""
    try:
        if risk(pattern, len(text)) > MOST_RISK:
            return searches(pattern, text)
    except RecursionError as error:
        raise Refused("the regular expression is nested too deeply") from error

    def find(at: int) -> list[tuple[int, int]] | None:
        match = pattern.search(text, at)
        return list(match.regs) if match is not None else None

    return find


@lru_cache(maxsize=512)
def named_groups(pattern: str, flags: str = "") -> Mapping[str, int]:
    """Numbers of the groups that a pattern names; raises as `compiled` does."""
    translator = _Translator(pattern, flags)
    translator.whole()
    return MappingProxyType(translator.names)


class _Translator:
    """One pattern being translated; `_at` is the offset of the next character."""

    def __init__(self, pattern: str, flags: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._groups = 0
        self.names: dict[str, int] = {}
        self._hex = _UNICODE_HEX if "u" in flags else _HEX
        self._end = rf"(?=[{_LINE_ENDS}]|\Z)" if "m" in flags else r"\Z"
        self._start = rf"(?:\A|(?<=[{_LINE_ENDS}]))" if "m" in flags else r"\A"
        self._any = r"[\s\S]" if "s" in flags else f"[^{_LINE_ENDS}]"

    def whole(self) -> str:
        pieces: list[str] = []
        while self._at < len(self._pattern):
            pieces.append(self._quantifier() or self._atom())
        return "".join(pieces)

    def _quantifier(self) -> str | None:
        match = _QUANTIFIER.match(self._pattern, self._at)
        if match is None:
            return None
        self._at = match.end()
        lazy = self._take("?")
        if _QUANTIFIER.match(self._pattern, self._at):
            raise self._refusal("nothing to repeat")
        return match[0] + lazy

    def _atom(self) -> str:
        character = self._pattern[self._at]
        if character == "(":
            return self._group()
        self._at += 1
        match character:
            case "\\":
                return self._escape()
            case "[":
                return self._class()
            case ".":
                return self._any
            case "^":
                return self._start
            case "$":
                return self._end
            case "|" | ")":
                return character
            case _:
                return re.escape(character)

    def _group(self) -> str:
        match = _GROUP.match(self._pattern, self._at)
        if match is None or self._pattern.startswith("?", match.end()):
            raise self._refusal("invalid group")
        self._at = match.end()
        if match[0] == "(":
            self._groups += 1
        elif match["name"]:
            self._groups += 1
            self.names[match["name"]] = self._groups
            return "("
        return match[0]

    def _escape(self) -> str:
        if self._at == len(self._pattern):
            raise self._refusal("a backslash at the end")
        character = self._pattern[self._at]
        if character in "123456789":
            return self._back_reference()
        if character == "k" and self._pattern.startswith("k<", self._at):
            return self._named_reference()
        if character in "bB":
            self._at += 1
            return _EDGE if character == "b" else _NOT_EDGE
        if character in _CLASSES or character in _NOT_CLASSES:
            self._at += 1
            return f"[{_CLASSES.get(character) or _NOT_CLASSES[character]}]"
        return self._character()

    def _back_reference(self) -> str:
        digits = re.compile("[0-9]{1,2}").match(self._pattern, self._at)
        number = int(digits[0]) if digits else 0
        self._at += len(str(number))
        if number > self._groups:
            raise self._refusal(f"there is no group {number} before the reference")
        return rf"(?({number})\{number})"

    def _named_reference(self) -> str:
        end = self._pattern.find(">", self._at)
        number = self.names.get(self._pattern[self._at + 2 : end])
        if number is None:
            raise self._refusal("the named group does not exist")
        self._at = end + 1
        return rf"(?({number})\{number})"

    def _character(self) -> str:
        """An escaped single character, inside or outside a class."""
        code = self._hex.match(self._pattern, self._at)
        if code is not None:
            self._at = code.end()
            point = int(next(filter(None, code.groups())), 16)
            if point > 0x10FFFF:
                raise self._refusal("the code point is out of range")
            return re.escape(chr(point))
        character = self._pattern[self._at]
        self._at += 1
        if character in "pP" and self._pattern.startswith("{", self._at):
            raise self._refusal("\\p{...} is not supported")
        if character == "c":
            return self._control()
        return r"\x00" if character == "0" else _CONTROLS.get(character) or re.escape(character)

    def _control(self) -> str:
        r"""The character of `\cJ`; before anything but a letter the backslash stands for itself."""
        letter = self._pattern[self._at : self._at + 1]
        if not (letter.isascii() and letter.isalpha()):
            self._at -= 1
            return r"\\"
        self._at += 1
        return re.escape(chr(ord(letter) % 32))

    def _class(self) -> str:
        negated = self._take("^")
        members: list[str] = []
        while self._at < len(self._pattern) and self._pattern[self._at] != "]":
            members.append(self._member(members[-1] if members else ""))
        if not self._take("]"):
            raise self._refusal("a class is not closed")
        if not members:
            return r"[\s\S]" if negated else "(?!)"
        return f"[{negated}{''.join(members)}]"

    def _member(self, before: str) -> str:
        character = self._pattern[self._at]
        self._at += 1
        if character == "-":
            return "-" if self._is_range(before) else r"\-"
        if character != "\\":
            return re.escape(character)
        if self._at == len(self._pattern):
            raise self._refusal("a backslash at the end")
        escaped = self._pattern[self._at]
        if escaped in _CLASSES or escaped in _NOT_CLASSES:
            self._at += 1
            return _CLASSES.get(escaped) or _NOT_CLASSES[escaped]
        if escaped == "b":
            self._at += 1
            return r"\x08"
        return self._character()

    def _is_range(self, before: str) -> bool:
        """Whether the dash just read joins the member before it to the one behind it."""
        follows = self._pattern[self._at : self._at + 2]
        joins_class = len(follows) == 2 and follows[0] == "\\" and follows[1] in "dwsDWS"
        return bool(before) and before not in _SETS and follows[:1] != "]" and not joins_class

    def _take(self, character: str) -> str:
        if self._pattern.startswith(character, self._at):
            self._at += 1
            return character
        return ""

    def _refusal(self, why: str) -> Refused:
        return Refused(f"the regular expression {self._pattern!r} cannot be used: {why}")
