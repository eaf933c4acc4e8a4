"""Words and terms: how the index cuts and writes text, the same on every database.

The databases' own tokenizers disagree about hyphens, accents and addresses, so text is cut here
and they only match whole words.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 64
# SQLite's tokenizer would cut at these characters or fold them, and PostgreSQL takes no NUL and
# neither takes half a surrogate pair. They are written as characters for private use; where a text
# holds one of those, the two are taken for the same.
_CUTS = [code for code in range(128) if not (chr(code).isdigit() or chr(code).islower())]
_HALVES = range(0xD800, 0xE000)
_WRITTEN = {code: 0xE000 + code for code in _CUTS} | {
    code: 0xF0000 + code - _HALVES.start for code in _HALVES
}


def words(text: str) -> list[str]:
    """Return the distinct words of a text, sorted.

    A word is a run of letters and digits, folded in case and stripped of accents; of longer runs
    (encoded data, mostly) the first 64 characters count.
    """
    return sorted({word[:_LONGEST] for word in _WORD.findall(_fold(text))})


def tokens(terms: Iterable[str]) -> list[str]:
    """Write terms so that every database keeps each whole and as it is; distinct and sorted.

    Of longer terms the first 64 characters count. Words, as `words` gives them, stay the same.
    """
    return sorted({term[:_LONGEST].translate(_WRITTEN) for term in terms if term})


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))
