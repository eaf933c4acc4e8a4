"""Filter operators: which exist, what they are called in words, and which one was meant.

Source: Make's filter operator reference (Make API reference, chapter 1.15).
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

_WORDS = {
    "equal": "equals",
    "notequal": "does not equal",
    "contain": "contains",
    "notcontain": "does not contain",
    "startwith": "starts with",
    "notstartwith": "does not start with",
    "endwith": "ends with",
    "notendwith": "does not end with",
    "pattern": "matches pattern",
    "notpattern": "does not match pattern",
    "greater": "is greater than",
    "less": "is less than",
    "greaterorequal": "is at least",
    "lessorequal": "is at most",
}
_ORDER = ("equal", "notequal", "greater", "less", "lessorequal", "greaterorequal")
_EARLIER = {
    "greater": "is later than",
    "less": "is earlier than",
    "greaterorequal": "is not earlier than",
    "lessorequal": "is not later than",
}
_LENGTH = {
    "equal": "has as many items as",
    "notequal": "has not as many items as",
    "greater": "has more items than",
    "less": "has fewer items than",
    "greaterorequal": "has at least as many items as",
    "lessorequal": "has at most as many items as",
}
_MEANT = {
    "startswith": "startwith",
    "endswith": "endwith",
    "contains": "contain",
    "equals": "equal",
    "before": "less",
    "after": "greater",
    "greaterthan": "greater",
    "lessthan": "less",
}
_LONE = {"exist": "exists", "notexist": "does not exist"}


@cache
def operators() -> dict[str, str]:
    """Give every operator with its words; those of texts also exist with `:ci` (ignoring case)."""
    found = dict(_LONE)
    for name in ("equal", "notequal"):
        found[f"boolean:{name}"] = _WORDS[name]
    for name in list(_WORDS)[:10]:
        found[f"text:{name}"] = _WORDS[name]
        found[f"text:{name}:ci"] = f"{_WORDS[name]} (ignoring case)"
    for kind in ("number", "semver", "date", "time"):
        words = _WORDS | _EARLIER if kind in ("date", "time") else _WORDS
        found |= {f"{kind}:{name}": words[name] for name in _ORDER}
    for name in ("contain", "notcontain"):
        found[f"array:{name}"] = _WORDS[name]
        found[f"array:{name}:ci"] = f"{_WORDS[name]} (ignoring case)"
    return found | {f"array:{name}": _LENGTH[name] for name in _ORDER}


def in_words(operator: str) -> str:
    """Say an operator in words; an unknown one is given as it is."""
    return operators().get(operator, operator)


def takes_value(operator: str) -> bool:
    """Tell whether an operator compares with a right side."""
    return operator not in _LONE


def nearest_operator(operator: str) -> str:
    """Name the operator that was probably meant, or "" when none is near."""
    kind, _, rest = operator.replace("numeric:", "number:").rpartition(":")
    guess = f"{kind}:{_MEANT.get(rest, rest)}" if kind else rest
    if operator in ("text:isempty", "text:isnotempty"):
        return "notexist" if operator == "text:isempty" else "exist"
    near = get_close_matches(guess, operators(), n=1, cutoff=0.7)
    return near[0] if near else ""
