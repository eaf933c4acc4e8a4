"""XML as values and back, the way Make's XML app does: hardened against hostile documents."""

import re
from collections.abc import Iterator
from typing import cast
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.values import Bundle, Value, number, text

DEEPEST = 100
MOST_ELEMENTS = 200_000
LONGEST = 20_000_000
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)


def parse_xml(source: str, *, numbers_as_text: bool) -> Bundle:
    """Read a document: the root element's name with what it holds.

    An element with nothing but text is its text. One with attributes or elements is a collection:
    attributes under `_attributes`, every child under its name as an array (there may be several),
    text under `_value`. The names are those that mapping shows; that every child is an array is the
    likeliest reading, as it is not documented.

    Args:
        source: The document; document type declarations and entities are refused.
        numbers_as_text: Keep numbers as text instead of turning them into numbers.

    Raises:
        ModuleError: `BundleValidationError` when it is no well-formed XML or too large.
    """
    if len(source) > LONGEST:
        raise _invalid("the document is too long")
    reader = _Reader(numbers_as_text)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(source.encode(), True)
    except expat.ExpatError as error:
        raise _invalid(str(error)) from error
    return reader.root


DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
TAG = re.compile(r"[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?")
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def written_xml(values: Bundle) -> str:
    """Write values as a document, so that `parse_xml` reads them again.

    Args:
        values: The root element's name with what it holds; empty values are empty elements.

    Raises:
        ModuleError: `BundleValidationError` for no or several roots, for names that no element
            has and for characters that XML cannot hold.
    """
    elements = [piece for name, value in values.items() for piece in _elements(name, value, 0)]
    if len(elements) != 1:
        message = f"A document has one root element, not {len(elements)}."
        raise ModuleError("BundleValidationError", message)
    return DECLARATION + elements[0]


def _elements(name: str, value: Value, depth: int) -> Iterator[str]:
    if not TAG.fullmatch(name):
        raise ModuleError("BundleValidationError", f"'{name}' cannot name an element.")
    if depth >= DEEPEST:
        raise ModuleError("BundleValidationError", "The elements are nested too deeply.")
    for each in value if isinstance(value, list) else [value]:
        yield _element(name, each, depth)


def _element(name: str, value: Value, depth: int) -> str:
    if not isinstance(value, dict):
        return _tagged(name, "", _escaped(value))
    given = value.get("_attributes")
    attributes = "".join(
        f" {key}={quoteattr(_escaped(each, raw=True))}"
        for key, each in (given.items() if isinstance(given, dict) else ())
        if TAG.fullmatch(key)
    )
    inner = [_escaped(value.get("_value"))]
    for key, each in value.items():
        if key not in ("_attributes", "_value"):
            inner += _elements(key, each, depth + 1)
    return _tagged(name, attributes, "".join(inner))


def _tagged(name: str, attributes: str, inner: str) -> str:
    return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"


def _escaped(value: Value, *, raw: bool = False) -> str:
    source = text(value)
    if UNWRITABLE.search(source):
        raise ModuleError("BundleValidationError", "A text holds characters that XML cannot.")
    return source if raw else escape(source)


def _refuse_doctype(*_: object) -> None:
    raise _invalid("document type declarations are not allowed")


def _invalid(why: str) -> ModuleError:
    return ModuleError("BundleValidationError", f"Source is not valid XML: {why}.")


class _Reader:
    """Builds values while the document is read."""

    def __init__(self, numbers_as_text: bool) -> None:
        self.root: Bundle = {}
        self._numbers_as_text = numbers_as_text
        self._open: list[tuple[Bundle, dict[str, str], list[str]]] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise _invalid("it has too many elements, or they are nested too deeply")
        self._open.append(({}, attributes, []))

    def text(self, data: str) -> None:
        self._open[-1][2].append(data)

    def end(self, name: str) -> None:
        children, attributes, pieces = self._open.pop()
        content = self._typed("".join(pieces).strip())
        value: Value = content
        if attributes or children:
            value = dict(children)
            if attributes:
                value["_attributes"] = {key: self._typed(each) for key, each in attributes.items()}
            if content not in ("", None):
                value["_value"] = content
        if self._open:
            siblings = self._open[-1][0].setdefault(name, [])
            cast("list[Value]", siblings).append(value)
        else:
            self.root = {name: value}

    def _typed(self, source: str) -> Value:
        if self._numbers_as_text or len(source) > 15 or not NUMBER.fullmatch(source):
            return source
        return number(source)
