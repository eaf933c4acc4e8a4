"""General functions (Make help, general functions)."""

from __future__ import annotations

from make_blueprint.iml.coercion import to_boolean, to_text
from make_blueprint.iml.library.registry import ArrayOr, Collection, Later, function
from make_blueprint.iml.paths import follow, item
from make_blueprint.iml.values import Value, equal, is_number


@function("get")
def get(source: ArrayOr, path: Value) -> Value:
    """The value at a dot path or number; arrays count from 1; null where nothing is."""
    if isinstance(source, list) and is_number(path):
        return item(source, path)
    return follow(source, to_text(path))


@function("if")
def if_(condition: Later, then: Later, otherwise: Later | None = None) -> Value:
    """The second argument when the first holds, else the third; only that one is evaluated."""
    if to_boolean(condition()):
        return then()
    return None if otherwise is None else otherwise()


@function("ifempty")
def ifempty(value: Later, otherwise: Later) -> Value:
    """The first argument unless it is null or the empty text, else the second.

    Zero, false, blanks and empty arrays are kept: the custom-app page says so, against a remark
    of the OEM edition.
    """
    found = value()
    return otherwise() if found is None or found == "" else found


@function("switch")
def switch(value: Later, first: Later, result: Later, *rest: Later) -> Value:
    """The result behind the first equal case, else a final unpaired argument, else null."""
    subject = value()
    branches = (first, result, *rest)
    for at in range(0, len(branches) - 1, 2):
        if equal(subject, branches[at]()):
            return branches[at + 1]()
    return branches[-1]() if len(branches) % 2 else None


@function("omit")
def omit(source: Collection, key: str, *keys: str) -> Value:
    """A copy of a collection without the named members."""
    dropped = {key, *keys}
    return {name: value for name, value in source.items() if name not in dropped}


@function("pick")
def pick(source: Collection, key: str, *keys: str) -> Value:
    """A copy of a collection with only the named members; absent ones are skipped."""
    return {name: source[name] for name in (key, *keys) if name in source}


@function("equal")
def equal_(left: Value, right: Value) -> Value:
    """Whether two values are strictly equal, like `=`; listed only by Make's skills."""
    return equal(left, right)
