"""Finds values for declared fields in what was said and in what tools returned.

Rules, in order: a member of the same name in a JSON object; `name: value`, `name is value`, or
`name value` where the value is quoted, or holds a digit; the first thing of the field's form
(address, URL, UUID, date, colour, option); the only number of the text for a number.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from make_api_sandbox.http.json_reading import read_json
from make_api_sandbox.shapes import JsonObject

FORMS = {
    "email": r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "url": r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]",
    "uuid": r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b",
    "date": r"\b\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?",
    "color": r"#[0-9a-fA-F]{6}\b",
}
"""How values of some types look in a text."""

NUMBER = r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])"
OPENING = re.compile(r"[{\[]")
NUMBERS = frozenset({"number", "integer", "uinteger", "port"})
TEXTS = frozenset({"text", "string", "any", "password", "filename"})
DEPTH = 8
"""How deep members of JSON objects are searched."""

GAP = r"\s{0,9}"
"""Between a name and its value; bounded, so that no text takes long to search."""

MOST_OPENINGS = 50
"""Brackets of a text that are tried as the beginning of an object."""

LONGEST_TEXT = 20_000
"""Characters of one text that are looked at."""


@dataclass
class Sources:
    """What values are taken from, the most telling first."""

    texts: list[str] = field(default_factory=list[str])
    objects: list[Any] = field(default_factory=list[Any])
    guess: bool = True
    """False to take a number or an option only where the text names the field."""

    @classmethod
    def of(
        cls, texts: Sequence[str], results: Sequence[Any] = (), *, guess: bool = True
    ) -> "Sources":
        """Sources of some texts, and of JSON objects within them."""
        read = [text[:LONGEST_TEXT] for text in texts]
        found = [one for text in read for one in objects_in(text)]
        return cls(read, [*results, *found], guess)


def fill(fields: Sequence[JsonObject], sources: Sources, depth: int = DEPTH) -> JsonObject:
    """Values for the fields that can be filled; the others are left out."""
    found = {str(one["name"]): value_for(one, sources, depth) for one in fields}
    return {name: value for name, value in found.items() if value is not None}


def value_for(one: JsonObject, sources: Sources, depth: int = DEPTH) -> Any:
    """A value for one field, or None."""
    for name in names_of(one):
        for thing in sources.objects:
            value = fitted(one, member(thing, name))
            if value is not None:
                return value
    spec = one.get("spec")
    if one.get("type") in ("collection", "dynamicCollection"):
        nested = cast("list[JsonObject]", spec) if isinstance(spec, list) and depth else []
        return fill(nested, sources, depth - 1) or None
    return _in_texts(one, sources)


def names_of(one: JsonObject) -> list[str]:
    """Names under which a field may be spoken of, as single words with spaces between."""
    return list(dict.fromkeys(words(str(n)) for n in (one.get("name"), one.get("label")) if n))


def words(name: str) -> str:
    """A name in plain lower-case words: `orderId`, `order_id` and `Order ID` are alike."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[^0-9a-z]+", " ", apart.lower()).strip()


# Objects


def objects_in(text: str) -> Iterator[Any]:
    """The JSON objects and lists that stand in a text, the first few of them."""
    decoder, at = json.JSONDecoder(), 0
    for _ in range(MOST_OPENINGS):
        opening = OPENING.search(text, at)
        if opening is None:
            return
        try:
            _, at = decoder.raw_decode(text, opening.start())
            yield read_json(text[opening.start() : at])
        except (ValueError, RecursionError):
            at = max(at, opening.end())


def member(thing: Any, name: str, depth: int = DEPTH) -> Any:
    """The member of this name in an object, its nested objects searched after its own members."""
    if isinstance(thing, list):
        nested = cast("list[Any]", thing)
    elif isinstance(thing, dict):
        own = cast("dict[str, Any]", thing)
        for key, value in own.items():
            if words(str(key)) == name:
                return value
        nested = list(own.values())
    else:
        return None
    found = (member(one, name, depth - 1) for one in nested) if depth else iter(())
    return next((value for value in found if value is not None), None)


# Texts


def _in_texts(one: JsonObject, sources: Sources) -> Any:
    risky = one.get("type") in (*NUMBERS, "select")
    rules = (_named,) if risky and not sources.guess else (_named, _formed)
    for text in sources.texts:
        for found in rules:
            value = fitted(one, found(one, text))
            if value is not None:
                return value
    return None


def _named(one: JsonObject, text: str) -> str | None:
    """The value that a text gives right behind the field's name."""
    loose = one.get("type") in TEXTS
    for name in names_of(one):
        spoken = r"[\s_-]{0,3}".join(map(re.escape, name.split()))
        said = rf"\b{spoken}\b(?![\"']){GAP}(?P<sign>[:=#]|\b(?:is|number|no\.?)\b)?{GAP}"
        value = r"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s,;]+))"
        for match in re.finditer(said + value, text, re.IGNORECASE):
            quoted = match["double"] or match["single"]
            bare = (match["bare"] or "").rstrip(".!?")
            if quoted or (bare and (match["sign"] or not loose or any(map(str.isdigit, bare)))):
                return quoted or bare
    return None


def _formed(one: JsonObject, text: str) -> str | None:
    """The first thing in a text that looks like a value of the field."""
    kind = str(one.get("type", "text"))
    if kind in NUMBERS:
        numbers = re.findall(NUMBER, text)
        return numbers[0] if len(numbers) == 1 else None
    if kind == "select":
        return _option(one, text)
    form = FORMS.get(kind) or next((FORMS[n] for n in names_of(one) if n in FORMS), None)
    match = re.search(form, text) if form else None
    return match[0] if match else None


def _option(one: JsonObject, text: str) -> str | None:
    said = f" {words(text)} "
    return next((v for v, names in _options(one) if any(f" {n} " in said for n in names)), None)


def _options(one: JsonObject) -> list[tuple[Any, list[str]]]:
    raw = one.get("options")
    listed = cast(JsonObject, raw).get("store") if isinstance(raw, dict) else raw
    options = cast("list[JsonObject]", listed) if isinstance(listed, list) else []
    return [
        (option.get("value"), [words(str(option[n])) for n in ("value", "label") if option.get(n)])
        for option in options
    ]


# Types


def fitted(one: JsonObject, value: Any) -> Any:
    """A value in the type of its field; None when it does not fit."""
    kind = str(one.get("type", "text"))
    if value is None or value == "":
        return None
    if kind in FITS:
        return FITS[kind](value)
    if kind in FORMS:
        return value if isinstance(value, str) and re.fullmatch(FORMS[kind], value) else None
    if kind == "select":
        return next((v for v, names in _options(one) if words(str(value)) in names), None)
    return value


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if number != number or abs(number) == float("inf"):
        return None
    return int(number) if number.is_integer() else number


def _whole(value: Any) -> int | None:
    number = _number(value)
    return number if isinstance(number, int) else None


def _unsigned(value: Any) -> int | None:
    number = _whole(value)
    return number if number is not None and number >= 0 else None


def _flag(value: Any) -> bool | None:
    known = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    return known.get(str(value).strip().lower())


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _collection(value: Any) -> JsonObject | None:
    return cast(JsonObject, value) if isinstance(value, dict) else None


FITS: dict[str, Callable[[Any], Any]] = {
    "number": _number,
    "integer": _whole,
    "uinteger": _unsigned,
    "port": _unsigned,
    "boolean": _flag,
    "text": _text,
    "string": _text,
    "json": _text,
    "array": _list,
    "collection": _collection,
    "dynamicCollection": _collection,
}
