"""Words: how the index cuts text, the same on every database.

The databases' own tokenizers disagree about hyphens, accents and addresses, so text is cut here
and they only match whole words.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 64


def words(text: str) -> list[str]:
    """Return the distinct words of a text, sorted.

    A word is a run of letters and digits, folded in case and stripped of accents; of longer runs
    (encoded data, mostly) the first 64 characters count.
    """
    return sorted({word[:_LONGEST] for word in _WORD.findall(_fold(text))})


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))
