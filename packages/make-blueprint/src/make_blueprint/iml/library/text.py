"""Text functions (Make help, string functions).

Positions and lengths count UTF-16 units, as JavaScript does; Make's pages do not say so.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

from make_blueprint.iml import ecmascript
from make_blueprint.iml.coercion import decoded, to_text
from make_blueprint.iml.errors import Refused
from make_blueprint.iml.library.registry import ArrayOr, Whole, function
from make_blueprint.iml.limits import bounded_items, bounded_text
from make_blueprint.iml.values import Value, identity

_BLANKS = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
# Letters with a stroke and ligatures, which Unicode does not decompose.
_BASE_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ħ": "h"}
    | {"Ħ": "H", "ı": "i", "ŧ": "t", "Ŧ": "T", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe"}
    | {"Œ": "OE", "þ": "th", "Þ": "Th"}
)
_HTML = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", 39: "&#39;"}
_MARKDOWN = {ord(sign): f"&#{ord(sign)};" for sign in "\\`*_{}[]()<>#+-.!|~"}
_PICTURE = "[\U0001f000-\U0001faff\u2600-\u27bf\u2300-\u23ff\u2b00-\u2bff\u2190-\u21ff\u3030\u303d]"
_MARKS = "[\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_PICTURE}{_MARKS}(?:\u200d{_PICTURE}{_MARKS})*"
)
_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


def to_units(text: str) -> str:
    """The text with every character outside the basic plane as its two surrogates."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(data[at] | data[at + 1] << 8) for at in range(0, len(data), 2))


def from_units(text: str) -> str:
    """The inverse of `to_units`; half of a character becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@function("ascii")
def ascii_(text: str, remove_diacritics: bool | None = None) -> Value:
    """The text without non-ASCII characters; optionally accented letters keep their base."""
    if remove_diacritics:
        text = unicodedata.normalize("NFD", text.translate(_BASE_LETTERS))
    return text.encode("ascii", "ignore").decode()


@function("capitalize")
def capitalize(text: str) -> Value:
    """The text with its first character in upper case."""
    return text[:1].upper() + text[1:]


@function("contains")
def contains(where: ArrayOr, what: Value) -> Value:
    """Whether a text contains a text, or an array a strictly equal item."""
    if isinstance(where, list):
        return identity(what) in {identity(item) for item in where}
    return to_text(what) in to_text(where)


@function("decodeURL")
def decode_url(text: str) -> Value:
    """The text with percent sequences decoded as UTF-8."""
    if _BROKEN_PERCENT.search(text):
        raise Refused("the text has a malformed percent sequence")
    return decoded(unquote_to_bytes(text))


@function("encodeURL")
def encode_url(text: str) -> Value:
    """The text percent-encoded for one component of a URL."""
    return quote(text, safe="!~*'()", errors="replace")


@function("escapeHTML")
def escape_html(text: str) -> Value:
    """The text with `<`, `>`, `&` and quotes as entities; that it takes `&` and quotes is ours."""
    return text.translate(_HTML)


@function("escapeMarkdown")
def escape_markdown(text: str) -> Value:
    """The text with Markdown's characters as numeric entities."""
    return text.translate(_MARKDOWN)


@function("indexOf")
def index_of(text: str, what: str, start: Whole | None = None) -> Value:
    """The position of a text in a text, counted from 0; -1 when it is absent."""
    units = to_units(text)
    begin = min(max(start or 0, 0), len(units))
    return units.find(to_units(what), begin)


@function("length")
def length(value: ArrayOr) -> Value:
    """The number of characters of a text, bytes of a buffer, or items of an array."""
    if isinstance(value, list | bytes):
        return len(value)
    return len(to_units(to_text(value)))


@function("lower")
def lower(text: str) -> Value:
    """The text in lower case."""
    return text.lower()


@function("upper")
def upper(text: str) -> Value:
    """The text in upper case."""
    return text.upper()


@function("replace")
def replace(text: str, search: str, replacement: str) -> Value:
    """Every occurrence of a text replaced, or the matches of a regex `/pattern/flags`.

    Without the flag `g` only the first match is replaced. In the replacement `$&` is the match and
    `$1` to `$99` a group.
    """
    regex = ecmascript.slashed(search)
    if regex is not None:
        return _replace_matches(text, *regex, replacement)
    occurrences = text.count(search)
    bounded_text(len(text) + occurrences * (len(replacement) - len(search)))
    return text.replace(search, replacement)


def _replace_matches(text: str, pattern: str, flags: str, replacement: str) -> str:
    if ecmascript.has_named_group(pattern):
        raise Refused("named groups cannot be used in a replacement")
    return ecmascript.replaced(pattern, flags, text, replacement)


@function("replaceEmojiCharacters")
def replace_emoji_characters(text: str, replacement: str | None = None) -> Value:
    """Every emoji replaced; without a replacement, removed."""
    bounded_text(len(text) * max(len(replacement or ""), 1))
    return _EMOJI.sub(lambda match: replacement or "", text)


@function("split")
def split(text: str, separator: str) -> Value:
    """The parts of a text between separators, blanks included; an empty separator parts letters."""
    bounded_items(text.count(separator))
    return list(text.split(separator)) if separator else list(text)


@function("startcase")
def startcase(text: str) -> Value:
    """Each word with its first letter in upper case and the rest in lower case."""
    return re.sub(r"\S+", lambda word: word[0][:1].upper() + word[0][1:].lower(), text)


@function("stripHTML")
def strip_html(text: str) -> Value:
    """The text without tags; entities stay."""
    kept: list[str] = []
    at = 0
    while (start := text.find("<", at)) >= 0 and (end := text.find(">", start)) >= 0:
        kept.append(text[at:start])
        at = end + 1
    return "".join(kept) + text[at:]


@function("substring")
def substring(text: str, start: Whole, end: Whole | None = None) -> Value:
    """The characters from `start` to before `end`, counted from 0.

    As in JavaScript, positions outside the text move to its ends and a larger start is swapped
    with the end.
    """
    units = to_units(text)
    first = min(max(start, 0), len(units))
    last = len(units) if end is None else min(max(end, 0), len(units))
    return from_units(units[min(first, last) : max(first, last)])


@function("toString")
def to_string(value: Value) -> Value:
    """Any value as text; a buffer is read as UTF-8."""
    return to_text(value)


@function("trim")
def trim(text: str) -> Value:
    """The text without blanks at both ends."""
    return text.strip(_BLANKS)
