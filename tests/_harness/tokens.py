"""Tokens as OpenAI's o200k vocabulary counts them, by a peer's library and not by ours."""

import json
import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it reads its data the old way
    from bpe_openai import get_encoding  # pyright: ignore[reportMissingTypeStubs] - ships none

_ENCODING = get_encoding("o200k_base")


def tokens(text: str) -> int:
    """Count the tokens of a text."""
    return len(_ENCODING.encode(text))


def compact(value: Any) -> str:
    """Write JSON as it goes over the wire."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
