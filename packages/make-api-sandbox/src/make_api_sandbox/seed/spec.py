"""Field lists in a short form, one word a field: `email:email! name amount:number`.

`!` marks a required field; a field without a type is a text. Written out they are Make's field
objects (Make API reference, chapter 1.17).
"""

from make_api_sandbox.engine.values import Json

ARRAYS = {"rows": "array", "list": "array"}
"""`array` holds texts, `rows` collections, `list` anything."""


def fields(spec: str) -> list[Json]:
    """Write out fields given in the short form."""
    return [_field(word) for word in spec.split()]


def names(spec: str) -> list[str]:
    """The names of the fields alone."""
    return [split(word)[0] for word in spec.split()]


def split(word: str) -> tuple[str, str]:
    """Name and type of one field."""
    name, _, kind = word.rstrip("!").partition(":")
    return name, kind or "text"


def _field(word: str) -> Json:
    name, kind = split(word)
    field: dict[str, Json] = {"name": name, "type": ARRAYS.get(kind, kind), "label": _label(name)}
    if word.endswith("!"):
        field["required"] = True
    if kind == "array":
        field["spec"] = {"type": "text"}
    if kind == "rows":
        field["spec"] = []
    return field


def _label(name: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name.replace("_", " "))
    return words.strip().capitalize()
