"""XML as values, the way Make's XML app reads it: hardened against hostile documents."""

import re
from typing import cast
from xml.parsers import expat

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.values import Bundle, Value, number

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
