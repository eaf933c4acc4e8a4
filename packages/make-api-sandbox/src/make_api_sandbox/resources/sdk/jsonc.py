"""JSON with comments and trailing commas, in which the code of custom apps is written."""

import re
from typing import Any

from make_api_sandbox.http.json_reading import read_json

_TOKEN = re.compile(
    r"""
    (?P<text>"(?:[^"\\]|\\.)*")
    |(?P<comment>//[^\n]*|/\*.*?\*/)
    |,(?=(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*[\]}])
    """,
    re.VERBOSE | re.DOTALL,
)


def parse(source: str) -> Any:
    """The value of a section; an empty text is null.

    Raises:
        ValueError: It is no JSON, also without its comments and trailing commas.
    """
    plain = _TOKEN.sub(lambda found: found.group("text") or " ", source)
    return read_json(plain) if plain.strip() else None
