"""Values made from a JSON Schema of the kind tools have: no more of the standard than they use."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import strategies as st

Schema = dict[str, Any]
_DEEPEST = 4


def values(schema: Schema, whole: Schema | None = None, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that fit a schema.

    Args:
        schema: What they fit.
        whole: Where its `$ref`s lead; itself when None.
        depth: How deep it stands; from some depth on only simple values are made.
    """
    root = schema if whole is None else whole
    if "$ref" in schema:
        return values(_referred(schema["$ref"], root), root, depth + 1)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([values(choice, root, depth) for choice in schema["anyOf"]])
    kinds = schema.get("type", ["string", "integer", "boolean"])
    if isinstance(kinds, list):
        given = cast("list[str]", kinds)
        return st.one_of([values(schema | {"type": kind}, root, depth) for kind in given])
    return _of_type(kinds, schema, root, depth)


def _of_type(kind: str, schema: Schema, root: Schema, depth: int) -> st.SearchStrategy[Any]:
    match kind:
        case "integer":
            least = schema.get("minimum", schema.get("exclusiveMinimum", -5))
            return st.integers(int(least), int(schema.get("maximum", max(least, 0) + 1000)))
        case "number":
            least = schema.get("minimum", -1000)
            return st.floats(least, schema.get("maximum", 1000 + max(least, 0)), allow_nan=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            fewest = schema.get("minItems", 0)
            items = values(schema.get("items", {}), root, depth + 1)
            return st.lists(
                items, min_size=fewest, max_size=fewest if depth > _DEEPEST else fewest + 2
            )
        case "object":
            return _object(schema, root, depth)
        case _:
            return _text(schema)


def _text(schema: Schema) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        pattern: str = schema["pattern"]
        return st.from_regex(pattern).map(_first_line)
    least = schema.get("minLength", 0)
    return st.text(min_size=least, max_size=min(schema.get("maxLength", 30), least + 30))


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _object(schema: Schema, root: Schema, depth: int) -> st.SearchStrategy[Any]:
    members: dict[str, Schema] = schema.get("properties", {})
    needed = [name for name in members if name in schema.get("required", ())]
    rest = [] if depth > _DEEPEST else [name for name in members if name not in needed]
    known = st.fixed_dictionaries(
        {name: values(members[name], root, depth + 1) for name in needed},
        optional={name: values(members[name], root, depth + 1) for name in rest},
    )
    if members or schema.get("additionalProperties") is False:
        return known
    return st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers(), max_size=2)


def _referred(pointer: str, root: Schema) -> Schema:
    found: Any = root
    for part in pointer.removeprefix("#/").split("/"):
        found = found[part]
    return cast("Schema", found)
