"""What a custom function returns, told by Make's own engine.

Make has no endpoint that calls a function: `/functions/eval` runs the top level of a source and
gives the words of an error (API reference, chapter 2.18). A source that ends by throwing what the
function returned makes those words tell it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_blueprint.document import JsonValue

_MARK = "RETURNED:"
_DEFINED = re.compile(r"function\s+([A-Za-z_$][\w$]*)\s*\(")


class Returned(NamedTuple):
    """What a call gave; `known` is False when the words of the error do not hold it."""

    known: bool
    value: JsonValue = None


def calling(code: str, args: Sequence[JsonValue]) -> str | None:
    """Write a source that calls the first function of another one; None when it has none.

    Args:
        code: Source that defines a function.
        args: What to call it with.
    """
    found = _DEFINED.search(code)
    if found is None:
        return None
    given = ", ".join(json.dumps(one) for one in args)
    told = f"JSON.stringify({{ value: {found[1]}({given}) }})"
    return f'{code}\n;throw new Error("{_MARK}" + {told});\n'


def returned(error: str | None) -> Returned:
    """Read what a call returned from the words of the error it ended with."""
    _, mark, text = (error or "").partition(_MARK)
    if not mark:
        return Returned(known=False)
    try:
        answer, _ = cast("tuple[object, int]", json.JSONDecoder().raw_decode(text))
    except ValueError:
        return Returned(known=False)
    value = cast("dict[str, JsonValue]", answer).get("value") if isinstance(answer, dict) else None
    return Returned(known=isinstance(answer, dict), value=value)
