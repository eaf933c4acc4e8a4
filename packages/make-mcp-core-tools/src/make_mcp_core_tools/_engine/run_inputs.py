"""Inputs of a run held against the scenario's interface, every fault at once.

Fields: Make API reference, chapter 1.17. Make converts what it can (`"5"` for a number), so only
what it cannot convert is a fault here.
"""

from __future__ import annotations

import json
import math
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, cast

from make_mcp_base.authoring import Document, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from make_mcp_base.authoring import Json

Fields = list[Document]


def input_problems(fields: Fields, data: Document, path: str = "data") -> list[Problem]:
    """Find everything that is wrong with the inputs of a run.

    Args:
        fields: Inputs the scenario declares.
        data: Values by name.
        path: Where the values stand, for the problems.
    """
    named = {str(field["name"]): field for field in fields if field.get("name")}
    problems = [_missing(field, path) for field in named.values() if _lacks(field, data)]
    for name, value in data.items():
        if name not in named:
            problems.append(_unknown(name, list(named), path))
        elif value is not None:
            problems += _value_problems(named[name], value, f"{path}.{name}")
    return problems


def _lacks(field: Document, data: Document) -> bool:
    if field.get("required") is not True or field.get("default") not in (None, ""):
        return False
    return data.get(str(field["name"])) in (None, "")


def _missing(field: Document, path: str) -> Problem:
    text = f"is required ({field.get('type') or 'any'})."
    return Problem(f"{path}.{field['name']}", text, str(field.get("help") or ""))


def _unknown(name: str, names: Sequence[str], path: str) -> Problem:
    close = get_close_matches(name.lower(), [each.lower() for each in names], n=2, cutoff=0.5)
    near = [each for each in names if each.lower() in close]
    if near:
        fix = f"Did you mean {' or '.join(f'`{each}`' for each in near)}?"
    else:
        fix = f"Inputs: {', '.join(names)}." if names else "The scenario declares no inputs."
    return Problem(f"{path}.{name}", "is not an input of the scenario.", fix)


def _value_problems(field: Document, value: Json, path: str) -> list[Problem]:
    kind = str(field.get("type") or "any").partition(":")[0]
    if kind == "array":
        return _array_problems(field, value, path)
    if kind == "collection":
        return _collection_problems(field, value, path)
    if kind == "select":
        return _choice_problems(field, value, path)
    fits, wanted = _KINDS.get(kind, (_anything, ""))
    if fits(value):
        return []
    return [Problem(path, f"should be {wanted}, not {_shown(value)}.")]


def _array_problems(field: Document, value: Json, path: str) -> list[Problem]:
    if not isinstance(value, list):
        return [Problem(path, f"should be a list, not {_shown(value)}.")]
    spec = field.get("spec")
    problems: list[Problem] = []
    for number, item in enumerate(value):
        place = f"{path}[{number}]"
        if isinstance(spec, list):
            problems += _collection_problems({"spec": spec}, item, place)
        elif isinstance(spec, dict) and item is not None:
            problems += _value_problems(cast("Document", spec), item, place)
    return problems


def _collection_problems(field: Document, value: Json, path: str) -> list[Problem]:
    if not isinstance(value, dict):
        return [Problem(path, f"should be an object, not {_shown(value)}.")]
    spec = field.get("spec")
    return input_problems(cast("Fields", spec), value, path) if isinstance(spec, list) else []


def _choice_problems(field: Document, value: Json, path: str) -> list[Problem]:
    choices = list(_choices(field.get("options")))
    given: list[Json] = value if isinstance(value, list) and field.get("multiple") else [value]
    wrong = [each for each in given if choices and each not in choices]
    if not wrong:
        return []
    listed = ", ".join(json.dumps(each, ensure_ascii=False) for each in choices[:20])
    return [Problem(path, f"{_shown(wrong[0])} is not one of its values.", f"Use {listed}.")]


def _choices(options: object) -> Iterable[Json]:
    """Give the values of a select; none where they are fetched from somewhere else."""
    if isinstance(options, dict):
        options = cast("Document", options).get("store")
    for option in cast("list[object]", options) if isinstance(options, list) else []:
        if isinstance(option, dict):
            yield cast("Document", option).get("value")
        else:
            yield cast("Json", option)


def _anything(_value: Json) -> bool:
    return True


def _number(value: Json) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        try:
            return math.isfinite(float(value))
        except ValueError:
            return False
    return isinstance(value, (int, float))


def _integer(value: Json) -> bool:
    return _number(value) and float(cast("float", value)).is_integer()


def _uinteger(value: Json) -> bool:
    return _integer(value) and float(cast("float", value)) >= 0


def _boolean(value: Json) -> bool:
    return isinstance(value, bool) or value in ("true", "false", 0, 1, "0", "1")


def _text(value: Json) -> bool:
    return isinstance(value, (str, int, float, bool))


def _date(value: Json) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


_KINDS: dict[str, tuple[Callable[[Json], bool], str]] = {
    "number": (_number, "a number"),
    "integer": (_integer, "a whole number"),
    "uinteger": (_uinteger, "a whole number of at least 0"),
    "boolean": (_boolean, "true or false"),
    "date": (_date, "a date such as 2026-10-05T08:00:00Z"),
    "timestamp": (_date, "a date such as 2026-10-05T08:00:00Z"),
    "text": (_text, "text"),
    "email": (_text, "text"),
    "url": (_text, "text"),
    "uuid": (_text, "text"),
    "filename": (_text, "text"),
}


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:40]}…"
