"""Fields of data structures: is a structure sound, does a record fit it, what does a change break.

Types of fields: Make API reference, chapters 1.17 and 2.14.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from make_mcp_base.authoring import Document, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Fields = list[Document]

TYPES = ("boolean", "text", "number", "date", "buffer", "collection", "array")
"""Types Make takes in a data structure."""
_ALIASES = {
    "string": "text",
    "integer": "number",
    "bool": "boolean",
    "object": "collection",
    "datetime": "date",
    "list": "array",
}
_PYTHON: dict[str, type] = {
    "boolean": bool,
    "text": str,
    "buffer": str,
    "collection": dict,
    "array": list,
}
_DEEPEST = 20

# A structure


def spec_problems(spec: object, path: str = "spec", depth: int = 0) -> list[Problem]:
    """Say everything that is wrong with a list of fields; nothing when Make may take it."""
    if not isinstance(spec, list):
        return [Problem(path, "must be a list of fields.", "Each is {name, type, …}.")]
    if depth > _DEEPEST:
        return [Problem(path, f"is nested deeper than {_DEEPEST} levels.")]
    fields = cast("list[object]", spec)
    found = [
        p for at, one in enumerate(fields) for p in _field_problems(one, f"{path}[{at}]", depth)
    ]
    return found + list(_repeated(fields, path))


def _field_problems(field: object, path: str, depth: int, *, named: bool = True) -> list[Problem]:
    if not isinstance(field, dict):
        return [Problem(path, "must be a field, {name, type, …}.")]
    one = cast("Document", field)
    problems: list[Problem] = []
    if named and not (isinstance(one.get("name"), str) and one["name"]):
        problems.append(Problem(f"{path}.name", "is required."))
    kind = one.get("type")
    if kind not in TYPES:
        near = _ALIASES.get(str(kind).lower())
        fix = f"Did you mean `{near}`?" if near else f"Valid: {', '.join(TYPES)}."
        problems.append(Problem(f"{path}.type", f"“{kind}” is no type of field.", fix))
    return problems + _nested_problems(one, f"{path}.spec", depth)


def _nested_problems(field: Document, path: str, depth: int) -> list[Problem]:
    inner = field.get("spec")
    if field.get("type") == "collection" and inner is not None:
        return spec_problems(inner, path, depth + 1)
    if field.get("type") == "array" and inner is not None:
        if isinstance(inner, list):
            return spec_problems(cast("object", inner), path, depth + 1)
        return _field_problems(inner, path, depth + 1, named=False)
    return []


def _repeated(fields: Sequence[object], path: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for field in fields:
        name = str(cast("Document", field).get("name", "")) if isinstance(field, dict) else ""
        if name and name in seen:
            yield Problem(path, f"has two fields named “{name}”.")
        seen.add(name)


def item_field(field: Document) -> Document | None:
    """Give the field that the items of an array follow; None when it says nothing of them."""
    inner = field.get("spec")
    if isinstance(inner, list):
        return {"type": "collection", "spec": inner} if inner else None
    return cast("Document", inner) if isinstance(inner, dict) else None


# A record


def record_problems(
    data: object, spec: Fields, *, strangers: bool, partial: bool, path: str = "data"
) -> list[Problem]:
    """Say everything in which a record does not fit a structure.

    Args:
        data: The record's data.
        spec: The structure's fields.
        strangers: Whether members that the structure lacks count.
        partial: True for a change of some members: absent ones do not count then.
        path: Where the record stands in the arguments.
    """
    if not isinstance(data, dict):
        return [Problem(path, "must be an object.")]
    record = cast("Document", data)
    fields = {str(field.get("name")): field for field in spec}
    problems: list[Problem] = []
    if strangers:
        known = f"Known: {', '.join(fields)}." if fields else ""
        problems += [
            Problem(f"{path}.{name}", "is not in the data structure.", known)
            for name in record
            if name not in fields
        ]
    for name, field in fields.items():
        at = f"{path}.{name}"
        if record.get(name) is None:
            needed = field.get("required") and (name in record or not partial)
            problems += [Problem(at, "is required.")] if needed else []
        else:
            problems += value_problems(record[name], field, at, strangers=strangers)
    return problems


def value_problems(value: Any, field: Document, path: str, *, strangers: bool) -> list[Problem]:
    """Say everything in which one value does not fit its field."""
    kind = str(field.get("type"))
    if not _fits(value, kind):
        return [Problem(path, f"must be {_called(kind)}, not {_shown(value)}.", _fix(value, kind))]
    if kind == "collection" and isinstance(field.get("spec"), list):
        return record_problems(value, field["spec"], strangers=strangers, partial=False, path=path)
    item = item_field(field) if kind == "array" else None
    if item is None:
        return []
    return [
        problem
        for at, one in enumerate(cast("list[Any]", value))
        for problem in value_problems(one, item, f"{path}[{at}]", strangers=strangers)
    ]


def _fits(value: Any, kind: str) -> bool:
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "date":
        return isinstance(value, str) and is_date(value)
    return isinstance(value, _PYTHON.get(kind, object))


def is_date(text: str) -> bool:
    """Tell whether a text is an ISO 8601 date or moment."""
    if len(text) < 10 or text[4:5] != "-":
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def moment_of(text: str) -> float:
    """Give an ISO 8601 date or moment in seconds; without a zone it is taken as UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def is_same(found: Any, wanted: Any) -> bool:
    """Compare values; texts that are both moments by what they mean."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    both = isinstance(found, str) and isinstance(wanted, str) and is_date(found) and is_date(wanted)
    return moment_of(found) == moment_of(wanted) if both else bool(found == wanted)


def _called(kind: str) -> str:
    return "an ISO 8601 date" if kind == "date" else f"of type {kind}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _fix(value: Any, kind: str) -> str:
    if kind == "number" and isinstance(value, str):
        try:
            return f"Send {float(value):g} without quotes."
        except ValueError:
            return ""
    if kind == "boolean" and str(value).lower() in {"true", "false"}:
        return f"Send {str(value).lower()} without quotes."
    if kind == "text" and isinstance(value, int | float):
        return "Send it in quotes."
    return "Send it like 2026-03-31T08:00:00Z." if kind == "date" else ""


# A change


def breaking_changes(
    old: Fields, new: Fields, *, was_strict: bool, is_strict: bool, path: str = ""
) -> list[str]:
    """List what in a new structure no longer takes records that the old one took.

    Args:
        old: Fields until now.
        new: Fields from now on.
        was_strict: Whether members outside the structure were refused.
        is_strict: Whether they are from now on; only then a field that is gone is missed.
        path: Where these fields stand.
    """
    turns = is_strict and not was_strict and not path
    found = ["Members outside the structure are refused from now on."] if turns else []
    after = {str(field.get("name")): field for field in new}
    before = {str(field.get("name")): field for field in old}
    for name, field in before.items():
        at = f"{path}.{name}" if path else name
        if name in after:
            found += _field_changes(field, after[name], at, was_strict, is_strict)
        elif is_strict:
            found.append(f"{at} is gone.")
    for name, field in after.items():
        at = f"{path}.{name}" if path else name
        was = before.get(name)
        if field.get("required") and not (was and was.get("required")):
            found.append(f"{at} is required from now on.")
    return found


def _field_changes(
    old: Document, new: Document, path: str, was_strict: bool, is_strict: bool
) -> list[str]:
    was, now = str(old.get("type")), str(new.get("type"))
    if was != now:
        return [f"{path} was of type {was} and becomes {now}."]
    if was == "collection":
        return breaking_changes(
            old.get("spec") or [],
            new.get("spec") or [],
            was_strict=was_strict,
            is_strict=is_strict,
            path=path,
        )
    if was == "array":
        item, following = item_field(old), item_field(new)
        if item and following:
            return _field_changes(item, following, f"{path}[]", was_strict, is_strict)
        return [f"{path}[] follows a structure from now on."] if following else []
    return []
