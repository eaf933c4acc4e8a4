"""Bounds that keep one template from exhausting the process that evaluates it.

The steps of a regular expression are bounded in `backtracking`.
"""

from make_blueprint.iml.errors import Refused

MAX_TEMPLATE = 1_000_000
"""Characters of a template that holds expressions; plain text may be longer."""

MAX_REMEMBERED = 1_000
"""Characters of a text whose reading is kept for the next time; 4,096 texts are."""

MAX_DEPTH = 100
"""Levels of parentheses, calls, indexes and signs inside one expression."""

MAX_TEXT = 10_000_000
"""Characters of any text an evaluation makes."""

MAX_ITEMS = 1_000_000
"""Items of any array an evaluation makes."""

MAX_PATTERN = 2_000
"""Characters of a regular expression."""

MAX_PATTERN_INPUT = 200_000
"""Characters of the text a regular expression searches."""

MAX_DATE = 500
"""Characters of a text read as a date by a format, and of the format."""


def bounded_text(length: int) -> None:
    """Refuse a text of `length` characters when it is longer than `MAX_TEXT`."""
    if length > MAX_TEXT:
        raise Refused(f"the result is longer than {MAX_TEXT:,} characters")


def bounded_items(count: int) -> None:
    """Refuse an array of `count` items when it has more than `MAX_ITEMS`."""
    if count > MAX_ITEMS:
        raise Refused(f"the result has more than {MAX_ITEMS:,} items")
